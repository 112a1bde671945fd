package amf

import (
	"math"
	"slices"
	"unsafe"

	"oxrtmp/rtmp/internal/wire"
)

// reader is what the decoders of both formats have in common: the input, what it has cost so far, and where the parts
// of open containers wait. An AMF3 value inside AMF0 is read by the reader of its surroundings.
type reader struct {
	input    []byte // of AMF0: all of it, or nil if its strings do not share memory
	cur      wire.Cursor
	limits   Limits
	external Resolver
	borrow   bool // texts and bytes alias the input
	values   int  // decoded so far, with what references repeat
	extra    int  // bytes that references repeat
	depth    int  // containers open
	reach    int  // greatest depth inside the container that is open

	properties []Property // stack of the properties of the containers that are open
	items      []Value    // stack of the elements of the arrays that are open
}

// entry is an object of a reference table, and what one more copy of it costs.
type entry struct {
	value                 Value // nil while it is being decoded
	values, bytes, height int
}

// frame is a container that is being decoded: its place in the table, and what had been spent before it.
type frame struct{ index, start, values, outer int }

func newReader(p []byte, l Limits) reader {
	return reader{cur: wire.NewCursor(p), limits: l.withDefaults()}
}

func (r *reader) fail(err error) error { return &Error{Offset: r.cur.Offset(), Err: err} }

// take reads n bytes, of the input and of the limit. A negative n is a length that int cannot hold.
func (r *reader) take(n int) ([]byte, error) {
	if n < 0 || n > r.cur.Len() {
		return nil, r.fail(ErrTruncated)
	}
	if n > r.bytesLeft() {
		return nil, r.fail(ErrBytes)
	}
	p, _ := r.cur.Bytes(n)
	return p, nil
}

// bytesLeft returns how many bytes more may be read or repeated.
func (r *reader) bytesLeft() int { return r.limits.Bytes - r.extra - r.cur.Offset() }

// string makes a text of bytes of the input.
func (r *reader) string(p []byte) string {
	if r.borrow {
		return unsafe.String(unsafe.SliceData(p), len(p))
	}
	return string(p)
}

// bytes makes a list of its own of bytes of the input.
func (r *reader) bytes(p []byte) []byte {
	if r.borrow {
		return p[:len(p):len(p)]
	}
	return append([]byte{}, p...)
}

func (r *reader) uint16() (uint16, error) {
	p, err := r.take(2)
	if err != nil {
		return 0, err
	}
	return uint16(p[0])<<8 | uint16(p[1]), nil
}

func (r *reader) uint32() (uint32, error) {
	p, err := r.take(4)
	if err != nil {
		return 0, err
	}
	return uint32(p[0])<<24 | uint32(p[1])<<16 | uint32(p[2])<<8 | uint32(p[3]), nil
}

func (r *reader) float64() (float64, error) {
	p, err := r.take(8)
	if err != nil {
		return 0, err
	}
	c := wire.NewCursor(p)
	bits, _ := c.Uint64()
	return math.Float64frombits(bits), nil
}

// count checks that n elements of at least size bytes can follow and may be decoded.
func (r *reader) count(n, size int) error {
	if n > r.cur.Len()/size {
		return r.fail(ErrTruncated)
	}
	if n > r.limits.Values-r.values {
		return r.fail(ErrValues)
	}
	return nil
}

// open begins a container whose marker stands at the given offset. It takes its place in the table before what is
// inside it does. Like shut it is no part of the functions that call each other for nested containers, so that these need
// little of the stack.
//
//go:noinline
func (r *reader) open(table *[]entry, marker int) (f frame, err error) {
	if r.depth >= r.limits.Depth {
		return f, &Error{Offset: marker, Err: ErrDepth}
	}
	f = frame{index: len(*table), start: marker + r.extra, values: r.values - 1, outer: r.reach}
	*table = append(*table, entry{})
	r.depth++
	r.reach = r.depth
	return f, nil
}

// shut ends a container: from now on references to it are resolved.
//
//go:noinline
func (r *reader) shut(table []entry, f frame, v Value) {
	r.depth--
	table[f.index] = entry{
		value:  v,
		values: r.values - f.values,
		bytes:  r.cur.Offset() + r.extra - f.start,
		height: r.reach - r.depth,
	}
	r.reach = max(r.reach, f.outer)
}

// repeat returns the object of that index for a reference whose marker stands at the given offset, and charges what it
// costs again.
func (r *reader) repeat(table []entry, index, marker int) (Value, error) {
	if index >= len(table) {
		return nil, &Error{Offset: marker, Err: ErrReference}
	}
	e := &table[index]
	switch {
	case e.value == nil:
		return Reference(index), nil
	case e.height > r.limits.Depth-r.depth:
		return nil, &Error{Offset: marker, Err: ErrDepth}
	case e.values-1 > r.limits.Values-r.values:
		return nil, &Error{Offset: marker, Err: ErrValues}
	case e.bytes > r.bytesLeft():
		return nil, &Error{Offset: marker, Err: ErrBytes}
	}
	r.values += e.values - 1
	r.extra += e.bytes
	r.reach = max(r.reach, r.depth+e.height)
	return e.value, nil
}

// cut takes what lies above base off the stack, and returns it in memory of its own, of just that size.
func cut[T any](stack *[]T, base int) []T {
	top := (*stack)[base:]
	if len(top) == 0 {
		return nil
	}
	own := slices.Clone(top)
	clear(top)
	*stack = (*stack)[:base]
	return own
}
