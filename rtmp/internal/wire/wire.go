// Package wire reads and writes the integers of RTMP, AMF and FLV: big-endian, 24 bits wide where the
// specifications say so, little-endian for the message stream id.
//
// Layer L0. It knows bytes only; every length check of the layers above goes through [Cursor].
package wire

import "encoding/binary"

// Uint24 returns the big-endian 24-bit integer at the start of b. It panics if b is shorter than 3 bytes.
func Uint24(b []byte) uint32 {
	_ = b[2]
	return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2])
}

// Int24 returns the big-endian two's-complement 24-bit integer at the start of b, as FLV composition times are stored.
func Int24(b []byte) int32 {
	return int32(Uint24(b)<<8) >> 8
}

// PutUint24 writes the low 24 bits of v to b, big-endian.
func PutUint24(b []byte, v uint32) {
	_ = b[2]
	b[0], b[1], b[2] = byte(v>>16), byte(v>>8), byte(v)
}

// AppendUint24 appends the low 24 bits of v, big-endian.
func AppendUint24(b []byte, v uint32) []byte {
	return append(b, byte(v>>16), byte(v>>8), byte(v))
}

// AppendUint16 appends v, big-endian.
func AppendUint16(b []byte, v uint16) []byte { return binary.BigEndian.AppendUint16(b, v) }

// AppendUint32 appends v, big-endian.
func AppendUint32(b []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(b, v) }

// AppendUint64 appends v, big-endian.
func AppendUint64(b []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(b, v) }

// Cursor reads forward through a byte slice and never past its end. Its methods return ok = false, and move nothing,
// when too few bytes are left. Slices it returns alias the input.
type Cursor struct {
	b   []byte
	off int
}

// NewCursor returns a cursor at the start of b.
func NewCursor(b []byte) Cursor { return Cursor{b: b} }

// Len returns the number of bytes not yet read.
func (c *Cursor) Len() int { return len(c.b) - c.off }

// Offset returns the number of bytes read.
func (c *Cursor) Offset() int { return c.off }

// Rest returns the unread bytes without moving.
func (c *Cursor) Rest() []byte { return c.b[c.off:] }

// Bytes reads n bytes.
func (c *Cursor) Bytes(n int) ([]byte, bool) {
	if n < 0 || n > c.Len() {
		return nil, false
	}
	p := c.b[c.off : c.off+n : c.off+n]
	c.off += n
	return p, true
}

// Peek returns the next byte without moving.
func (c *Cursor) Peek() (byte, bool) {
	if c.Len() < 1 {
		return 0, false
	}
	return c.b[c.off], true
}

// Uint8 reads one byte.
func (c *Cursor) Uint8() (uint8, bool) {
	v, ok := c.Peek()
	if ok {
		c.off++
	}
	return v, ok
}

// Uint16 reads a big-endian 16-bit integer.
func (c *Cursor) Uint16() (uint16, bool) {
	p, ok := c.Bytes(2)
	if !ok {
		return 0, false
	}
	return binary.BigEndian.Uint16(p), true
}

// Uint24 reads a big-endian 24-bit integer.
func (c *Cursor) Uint24() (uint32, bool) {
	p, ok := c.Bytes(3)
	if !ok {
		return 0, false
	}
	return Uint24(p), true
}

// Uint32 reads a big-endian 32-bit integer.
func (c *Cursor) Uint32() (uint32, bool) {
	p, ok := c.Bytes(4)
	if !ok {
		return 0, false
	}
	return binary.BigEndian.Uint32(p), true
}

// Uint64 reads a big-endian 64-bit integer.
func (c *Cursor) Uint64() (uint64, bool) {
	p, ok := c.Bytes(8)
	if !ok {
		return 0, false
	}
	return binary.BigEndian.Uint64(p), true
}
