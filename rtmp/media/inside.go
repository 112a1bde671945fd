package media

import "oxrtmp/rtmp/internal/wire"

// beginsInside reports whether a frame's own bytes say that it needs no earlier one. It is asked where the header does not
// tell: some senders of Enhanced RTMP leave the frame type 0. NAL units are taken to have lengths of four bytes, as all
// have whose configuration record is not known here.
func beginsInside(codec FourCC, data []byte) bool {
	switch codec {
	case AVC1:
		return anyUnit(data, func(unit []byte) bool { return unit[0]&0x1F == 5 }) // ISO/IEC 14496-10 table 7-1: IDR
	case HVC1:
		return anyUnit(data, func(unit []byte) bool { // ISO/IEC 23008-2 table 7-1: BLA, IDR, CRA
			t := unit[0] >> 1 & 0x3F
			return t >= 16 && t <= 21
		})
	case VVC1:
		return anyUnit(data, func(unit []byte) bool { // ISO/IEC 23090-3 table 5: IDR, CRA
			return len(unit) > 1 && unit[1]>>3 >= 7 && unit[1]>>3 <= 9
		})
	case AV01:
		return av1Begins(data)
	case VP09:
		return vp9Begins(data)
	case VP08:
		return len(data) > 0 && data[0]&1 == 0 // RFC 6386 §9.1
	}
	return false
}

// anyUnit reports whether a NAL unit is what is asked for.
func anyUnit(data []byte, is func(unit []byte) bool) bool {
	for c := wire.NewCursor(data); c.Len() > 0; {
		n, whole := c.Uint32()
		unit, ok := c.Bytes(int(n))
		if !whole || !ok {
			return false
		}
		if len(unit) > 0 && is(unit) {
			return true
		}
	}
	return false
}

// Types of OBUs. AV1 Bitstream & Decoding Process Specification §6.2.2.
const (
	obuFrameHeader = 3
	obuFrame       = 6
)

// av1Begins reports whether the first frame of a temporal unit is a key frame. AV1 §5.3 and §5.9.2.
func av1Begins(data []byte) bool {
	for c := wire.NewCursor(data); c.Len() > 0; {
		header, _ := c.Uint8()
		if header&4 != 0 {
			c.Uint8() // the extension
		}
		size := c.Len()
		if header&2 != 0 {
			size = leb128(&c)
		}
		body, ok := c.Bytes(size)
		if !ok {
			return false
		}
		switch header >> 3 & 0xF {
		case obuFrame, obuFrameHeader:
			return len(body) > 0 && body[0]>>5 == 0 // show_existing_frame 0, frame_type KEY_FRAME
		}
	}
	return false
}

// leb128 reads a size as OBUs have it; -1 if there is none. AV1 §4.10.5.
func leb128(c *wire.Cursor) (n int) {
	for shift := 0; shift < 35; shift += 7 {
		b, ok := c.Uint8()
		if !ok {
			break
		}
		n |= int(b&0x7F) << shift
		if b < 0x80 {
			return n
		}
	}
	return -1
}

// vp9Begins reports whether a frame is a key frame. VP9 Bitstream & Decoding Process Specification §6.2.
func vp9Begins(data []byte) bool {
	if len(data) == 0 || data[0]>>6 != 2 {
		return false
	}
	bits := data[0] << 2 // profile low, profile high
	if bits>>6 == 3 {
		bits <<= 1 // a reserved bit
	}
	return bits<<2>>6 == 0 // show_existing_frame 0, frame_type KEY_FRAME
}
