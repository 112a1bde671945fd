package rtmp

import (
	"net"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/engine"
)

// output is what a link has to send, in order: buffers of its engine, and wire bytes of frames that many links share.
type output struct {
	pieces []piece
	head   int // pieces before it have been sent
	size   int // bytes
	list   net.Buffers
}

type piece struct {
	p     []byte
	owner *buffer.Buffer // holds p, and is released once p is sent, unless it is nil
	whole []byte         // not nil: p is an engine's buffer, and this all of it
}

func (o *output) empty() bool { return o.head == len(o.pieces) }

// add appends bytes. owner holds them, and its reference is taken; nil leaves them to the garbage collector.
func (o *output) add(p []byte, owner *buffer.Buffer) {
	o.pieces = append(o.pieces, piece{p: p, owner: owner})
	o.size += len(p)
}

// addEngine appends a buffer of the engine's, to be had back once it is sent.
func (o *output) addEngine(p []byte) {
	o.pieces = append(o.pieces, piece{p: p, whole: p})
	o.size += len(p)
}

// vectors returns the first bytes to send, in as many pieces as one system call takes. They are valid until sent.
func (o *output) vectors() net.Buffers {
	o.list = o.list[:0]
	for i := o.head; i < len(o.pieces) && len(o.list) < maxVectors; i++ {
		o.list = append(o.list, o.pieces[i].p)
	}
	return o.list
}

// sent removes n bytes, and returns an engine's buffer that is free by it, if there is one that is not anybody's.
func (o *output) sent(n int) (free []byte) {
	o.size -= n
	for o.head < len(o.pieces) {
		first := &o.pieces[o.head]
		if n < len(first.p) {
			first.p = first.p[n:]
			break
		}
		n -= len(first.p)
		if first.owner != nil {
			first.owner.Release()
		} else if first.whole != nil && !engine.Recycle(first.whole) {
			free = first.whole
		}
		*first = piece{}
		o.head++
	}
	if o.empty() {
		o.pieces, o.head = o.pieces[:0], 0
		if cap(o.pieces) > 1024 {
			o.pieces = nil
		}
	} else if o.head > 256 && o.head > len(o.pieces)/2 {
		n := copy(o.pieces, o.pieces[o.head:])
		clear(o.pieces[n:])
		o.pieces, o.head = o.pieces[:n], 0
	}
	return free
}

// drop forgets everything.
func (o *output) drop() {
	for _, p := range o.pieces[o.head:] {
		if p.owner != nil {
			p.owner.Release()
		}
	}
	*o = output{}
}
