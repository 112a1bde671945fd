package buffer

import (
	"math/bits"
	"sync"
	"sync/atomic"
)

// Heap is the allocator over Go's heap: blocks in powers of two from 256 bytes to 1 MiB are pooled, larger ones go to
// the garbage collector.
var Heap Allocator = &HeapAllocator{}

const (
	minClass = 8  // 256 bytes
	maxClass = 20 // 1 MiB
)

// HeapAllocator pools blocks of Go memory by size. Its zero value is ready to use and bounded only by memory.
type HeapAllocator struct {
	// Max bounds the bytes handed out and not yet released; 0 means no bound. Set it before first use.
	Max   int64
	inUse atomic.Int64
	pools [maxClass + 1]sync.Pool
}

// InUse returns the bytes handed out and not yet released, by block size.
func (h *HeapAllocator) InUse() int64 { return h.inUse.Load() }

// Allocate returns a block of at least size bytes, or nil past Max.
func (h *HeapAllocator) Allocate(size int) *Buffer {
	class := sizeClass(size)
	block := size
	if class <= maxClass {
		block = 1 << class
	}
	if n := h.inUse.Add(int64(block)); h.Max > 0 && n > h.Max {
		h.inUse.Add(-int64(block))
		return nil
	}
	if class <= maxClass {
		if b, _ := h.pools[class].Get().(*Buffer); b != nil {
			b.data = b.data[:size]
			b.refs.Store(1)
			return b
		}
	}
	return New(make([]byte, size, block), h, nil)
}

// Free takes a block back.
func (h *HeapAllocator) Free(b *Buffer) {
	h.inUse.Add(-int64(cap(b.data)))
	if class := sizeClass(cap(b.data)); class <= maxClass && cap(b.data) == 1<<class {
		h.pools[class].Put(b)
	}
}

func sizeClass(size int) int {
	if size <= 1<<minClass {
		return minClass
	}
	return bits.Len(uint(size - 1))
}
