package main

// #include "memory.h"
import "C"

import (
	"math/bits"
	"sync"
	"sync/atomic"
	"unsafe"

	"oxrtmp/rtmp/buffer"
)

// defaultMemoryLimit bounds all payloads of the process until oxrtmp_memory_limit is called.
const defaultMemoryLimit = 2 << 30

// blockAllocator is the [buffer.Allocator] whose memory C can hold and release. See memory.h for the whole picture; this
// is Go's part of it, the few free blocks of each class that Allocate takes from without leaving Go.
type blockAllocator struct {
	inUse *atomic.Int64 // in C's memory: both sides count
	limit atomic.Int64

	classes [C.OX_CLASSES]blockClass
	buffers bufferTable
}

type blockClass struct {
	mu   sync.Mutex
	free []*buffer.Buffer
}

// blocks is where all payloads of servers, clients and readers come from.
var blocks = newBlockAllocator()

func newBlockAllocator() *blockAllocator {
	a := &blockAllocator{inUse: (*atomic.Int64)(unsafe.Pointer(C.ox_bytes_in_use()))}
	a.limit.Store(defaultMemoryLimit)
	return a
}

// classOf returns the size class for size bytes; C.OX_LARGE or more is none of the pooled ones.
func classOf(size int) int {
	if size <= 1<<C.OX_CLASS_SHIFT {
		return 0
	}
	return bits.Len(uint(size-1)) - C.OX_CLASS_SHIFT
}

// batch returns how many blocks of a class move between Go and C at once: 256 KiB worth.
func batch(class int) int {
	return max(1, min(C.OX_BATCH, 256<<10>>(C.OX_CLASS_SHIFT+class)))
}

// refsOf returns the count of a buffer made here, which is the first field of its block.
func refsOf(b *buffer.Buffer) *atomic.Int32 { return (*atomic.Int32)(b.Foreign) }

// Allocate implements [buffer.Allocator].
func (a *blockAllocator) Allocate(size int) *buffer.Buffer {
	class := classOf(size)
	capacity := int64(size)
	if class < C.OX_LARGE {
		capacity = 1 << (C.OX_CLASS_SHIFT + class)
	}
	if a.inUse.Add(capacity) > a.limit.Load() {
		a.inUse.Add(-capacity)
		return nil
	}
	var b *buffer.Buffer
	if class < C.OX_LARGE {
		b = a.take(class)
	} else {
		b = a.large(size)
	}
	if b == nil {
		a.inUse.Add(-capacity)
		return nil
	}
	b.Resize(size)
	refsOf(b).Store(1)
	return b
}

func (a *blockAllocator) take(class int) *buffer.Buffer {
	c := &a.classes[class]
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.free) == 0 {
		a.refill(class)
	}
	n := len(c.free)
	if n == 0 {
		return nil
	}
	b := c.free[n-1]
	c.free = c.free[:n-1]
	return b
}

// refill takes a batch of blocks from C. The caller holds the class's lock.
func (a *blockAllocator) refill(class int) {
	var views [C.OX_BATCH]C.ox_block_view
	n := int(C.ox_blocks_take(C.uint32_t(class), &views[0], C.uint32_t(batch(class))))
	c := &a.classes[class]
	for i := range views[:n] {
		c.free = append(c.free, a.buffers.get(&views[i], 1<<(C.OX_CLASS_SHIFT+class), a))
	}
}

func (a *blockAllocator) large(size int) *buffer.Buffer {
	v := C.ox_block_large(C.size_t(size))
	if v.block == nil {
		return nil
	}
	return newBuffer(&v, size, a)
}

// Free implements [buffer.Allocator]: the last reference was Go's.
func (a *blockAllocator) Free(b *buffer.Buffer) {
	a.inUse.Add(-int64(b.Cap()))
	class := classOf(b.Cap())
	if class >= C.OX_LARGE {
		C.ox_block_free((*C.ox_block)(b.Foreign))
		return
	}
	c := &a.classes[class]
	c.mu.Lock()
	defer c.mu.Unlock()
	c.free = append(c.free, b)
	if n := batch(class); len(c.free) > 2*n {
		var spilled [C.OX_BATCH]*C.ox_block
		for i := range n {
			spilled[i] = (*C.ox_block)(c.free[len(c.free)-1-i].Foreign)
		}
		c.free = c.free[:len(c.free)-n]
		C.ox_blocks_give(&spilled[0], C.uint32_t(n))
	}
}

// newBuffer makes the buffer for a block.
func newBuffer(v *C.ox_block_view, capacity int, owner buffer.Allocator) *buffer.Buffer {
	data := unsafe.Slice((*byte)(unsafe.Pointer(v.data)), capacity)
	b := buffer.New(data, owner, (*atomic.Int32)(unsafe.Pointer(v.block)))
	b.Foreign = unsafe.Pointer(v.block)
	return b
}

// bufferTable keeps the buffers of pooled blocks by the blocks' numbers, so that a block that comes back from C costs no
// new one.
type bufferTable struct {
	mu      sync.Mutex
	buffers []*buffer.Buffer
}

func (t *bufferTable) get(v *C.ox_block_view, capacity int, owner buffer.Allocator) *buffer.Buffer {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := int(v.index)
	if n < len(t.buffers) {
		b := t.buffers[n]
		if b != nil && unsafe.Pointer(unsafe.SliceData(b.Bytes())) == unsafe.Pointer(v.data) && b.Cap() == capacity {
			return b
		}
	} else {
		t.buffers = append(t.buffers, make([]*buffer.Buffer, n+1-len(t.buffers))...)
	}
	b := newBuffer(v, capacity, owner)
	t.buffers[n] = b
	return b
}
