package media

import (
	"errors"

	"oxrtmp/rtmp/internal/wire"
)

// ModExTimestampOffsetNano is the type of a ModEx entry with nanoseconds to add to the presentation time, in 24 bits.
// Enhanced RTMP v2, "ModEx".
const ModExTimestampOffsetNano = 0

// ModEx is an entry before the packet type of an Enhanced RTMP payload, which says something more about it.
type ModEx struct {
	Type uint8  // 0 to 15; only ModExTimestampOffsetNano has a meaning so far
	Data []byte // 1 to 65,536 bytes
}

// ErrModEx says that a payload has no place for ModEx entries, or that an entry fits into none.
var ErrModEx = errors.New("media: ModEx entry or payload without a place for one")

// isEnhanced reports whether the first byte of a payload begins an Enhanced RTMP header.
func isEnhanced(typeID, first uint8) bool {
	return typeID == TypeAudio && first>>4 == enhancedSoundFormat || typeID == TypeVideo && first&enhancedVideoBit != 0
}

// AppendModExEntries appends the ModEx entries of a payload, in order, and returns them; ok is false when it is cut
// inside them. Other payloads have none. Data aliases payload. [AppendPackets] sums the nanoseconds up in NanoOffset; of
// all others this is the way to them.
func AppendModExEntries(dst []ModEx, typeID uint8, payload []byte) (entries []ModEx, ok bool) {
	c := wire.NewCursor(payload)
	first, ok := c.Uint8()
	if !ok || !isEnhanced(typeID, first) {
		return dst, true
	}
	for packetType := first & 0x0F; packetType == PacketModEx; {
		data, types, ok := readModEx(&c)
		if !ok {
			return dst, false
		}
		dst = append(dst, ModEx{Type: types >> 4, Data: data})
		packetType = types & 0x0F
	}
	return dst, true
}

// readModEx reads an entry: its data, and the byte with its type and the packet type that follows.
func readModEx(c *wire.Cursor) (data []byte, types uint8, ok bool) {
	short, ok := c.Uint8()
	size := int(short) + 1
	if ok && size == 256 {
		var long uint16
		long, ok = c.Uint16()
		size = int(long) + 1
	}
	if !ok {
		return nil, 0, false
	}
	if data, ok = c.Bytes(size); !ok {
		return nil, 0, false
	}
	types, ok = c.Uint8()
	return data, types, ok
}

// AppendWithModEx appends an Enhanced RTMP payload of audio or video (as [AppendPayload] and [AppendMultitrack] make it)
// with ModEx entries before those that it has. On error dst is returned unchanged. Send such payloads only to peers that
// said that they read them.
func AppendWithModEx(dst []byte, typeID uint8, payload []byte, entries ...ModEx) ([]byte, error) {
	if len(payload) == 0 || !isEnhanced(typeID, payload[0]) {
		return dst, ErrModEx
	}
	if len(entries) == 0 {
		return append(dst, payload...), nil
	}
	out := append(dst, payload[0]&0xF0|PacketModEx)
	for i, e := range entries {
		n := len(e.Data)
		if e.Type > 0x0F || n == 0 || n > 1<<16 {
			return dst, ErrModEx
		}
		if n < 256 {
			out = append(out, uint8(n-1))
		} else {
			out = wire.AppendUint16(append(out, 0xFF), uint16(n-1))
		}
		out = append(out, e.Data...)
		next := uint8(PacketModEx)
		if i == len(entries)-1 {
			next = payload[0] & 0x0F
		}
		out = append(out, e.Type<<4|next)
	}
	return append(out, payload[1:]...), nil
}
