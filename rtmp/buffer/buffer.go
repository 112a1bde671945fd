// Package buffer holds message bytes with a reference count, and where they come from.
//
// Layer L0. A message is assembled once into a [Buffer]; every later holder (a packet in a queue, a player's output,
// a C caller) retains and releases that same memory, so payload bytes are copied once between kernel and application.
package buffer

import (
	"sync/atomic"
	"unsafe"
)

// Buffer is a block of bytes with a reference count. It is born with one reference; the holder of the last one gives
// it back by Release. Retain and Release may be called from any goroutine. Who may write the bytes is for the holders
// to agree; by convention only the creator, and only before it hands the buffer on.
type Buffer struct {
	data  []byte
	refs  *atomic.Int32
	owner Allocator
	count atomic.Int32 // what refs points to, unless the allocator keeps the count elsewhere
	// Foreign is the allocator's own mark, for memory that is not Go's. The library never reads it.
	Foreign unsafe.Pointer
}

// Allocator hands out buffers and takes them back. Implementations must be safe for concurrent use.
type Allocator interface {
	// Allocate returns a buffer of length size (its capacity may be larger) and one reference, or nil when the
	// allocator's bound does not permit it. The bytes are undefined.
	Allocate(size int) *Buffer
	// Free takes a buffer back whose last reference is gone.
	Free(b *Buffer)
}

// New returns a buffer over data, with one reference. refs is where the count lives, for memory that others than Go
// also release; nil keeps it in the Buffer. owner.Free is called at the last Release; a nil owner leaves data to the
// garbage collector.
func New(data []byte, owner Allocator, refs *atomic.Int32) *Buffer {
	b := &Buffer{data: data, owner: owner, refs: refs}
	if refs == nil {
		b.refs = &b.count
	}
	b.refs.Store(1)
	return b
}

// Bytes returns the buffer's bytes, valid while the caller holds a reference.
func (b *Buffer) Bytes() []byte { return b.data }

// Cap returns how many bytes the block can hold.
func (b *Buffer) Cap() int { return cap(b.data) }

// Resize sets the length, within the block's capacity. It panics beyond it.
func (b *Buffer) Resize(n int) { b.data = b.data[:n] }

// Retain adds a reference and returns b.
func (b *Buffer) Retain() *Buffer {
	b.refs.Add(1)
	return b
}

// Release drops a reference; the last one gives the block back to its allocator. Releasing more often than retaining
// is a programmer's error and panics.
func (b *Buffer) Release() {
	switch n := b.refs.Add(-1); {
	case n == 0:
		if b.owner != nil {
			b.owner.Free(b)
		}
	case n < 0:
		panic("buffer: released more often than retained")
	}
}

// Grow returns a buffer of length size that begins with b's first keep bytes: b itself if its block is large enough,
// else a new one from alloc, with b released. It returns nil, with b untouched, if alloc refuses.
func Grow(alloc Allocator, b *Buffer, keep, size int) *Buffer {
	if size <= cap(b.data) {
		b.data = b.data[:size]
		return b
	}
	g := alloc.Allocate(size)
	if g == nil {
		return nil
	}
	copy(g.data, b.data[:keep])
	b.Release()
	return g
}
