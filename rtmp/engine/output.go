package engine

import (
	"math/bits"
	"sync"
)

// Output is appended to blocks that are powers of two and come from pools: memory that a connection sends from again and
// again is neither grown nor touched for the first time by each message. A connection has one only while something waits
// to be sent.

const (
	outputBlock = 4 << 10 // what output begins in holds all that a server says in a handshake, or in answer to connect
	mostBlock   = 2 << 20 // larger ones are the garbage collector's
)

var (
	outputs      = sync.Pool{New: func() any { return new([outputBlock]byte) }}
	largeOutputs [10]sync.Pool // of *[]byte, by the logarithm of their size, from that of outputBlock on
)

// blockClass is where blocks for n bytes are in largeOutputs.
func blockClass(n int) int { return bits.Len(uint(n-1)) - bits.Len(outputBlock-1) }

// newBlock returns an empty block for n bytes.
func newBlock(n int) []byte {
	switch {
	case n <= outputBlock:
		return outputs.Get().(*[outputBlock]byte)[:0]
	case n > mostBlock:
		return make([]byte, 0, n)
	}
	class := blockClass(n)
	if p, _ := largeOutputs[class].Get().(*[]byte); p != nil {
		return (*p)[:0]
	}
	return make([]byte, 0, outputBlock<<class)
}

// Recycle takes memory back that TakeOutput gave out, and reports whether it was wanted. Nobody may use it any more then.
func Recycle(p []byte) bool {
	n := cap(p)
	switch {
	case n == outputBlock:
		outputs.Put((*[outputBlock]byte)(p[:outputBlock]))
	case n > outputBlock && n <= mostBlock && n&(n-1) == 0:
		largeOutputs[blockClass(n)].Put(&p)
	default:
		return false
	}
	return true
}

// output is where output is appended.
func (c *core) output() []byte {
	if c.out == nil {
		return newBlock(0)
	}
	return c.out
}

// outputFor is output with room for n bytes.
func (c *core) outputFor(n int) []byte {
	if cap(c.out)-len(c.out) >= n {
		return c.out
	}
	p := append(newBlock(len(c.out)+n), c.out...)
	Recycle(c.out)
	c.out = nil
	return p
}

// appendOutput appends what more gives, which may be nothing.
func (c *core) appendOutput(more func(dst []byte) []byte) {
	if c.out = more(c.output()); len(c.out) == 0 && Recycle(c.out) {
		c.out = nil
	}
}

// AppendOutput appends what must be sent now, and forgets it.
func (c *core) AppendOutput(dst []byte) []byte {
	if len(c.out) == 0 {
		return dst
	}
	dst = append(dst, c.out...)
	if Recycle(c.out) || cap(c.out) > 64<<10 {
		c.out = nil
	}
	c.out = c.out[:0]
	return dst
}

// TakeOutput returns what must be sent now and forgets it. spare is memory for the output to come, or nil: two buffers
// that change places spare a copy.
func (c *core) TakeOutput(spare []byte) []byte {
	p := c.out
	c.out = spare[:0]
	return p
}

// OutputBytes returns how much output waits for AppendOutput.
func (c *core) OutputBytes() int { return len(c.out) }
