package message

import "oxrtmp/rtmp/internal/wire"

// parseUint32 reads the payload of the four control messages that are one 32-bit integer.
func parseUint32(field string, p []byte) (uint32, error) {
	c := wire.NewCursor(p)
	v, ok := c.Uint32()
	if !ok { // bytes past the four are nobody's: a peer whose message we ignored would be misread from then on
		return 0, &Error{Field: field, Err: ErrLength}
	}
	return v, nil
}

// ParseSetChunkSize returns the largest chunk payload, in bytes, that the sender uses from its next chunk on. Bit 31
// is masked. 0 is returned as it is: it is no legal size, ignore the message. The error is ErrLength, for fewer than four bytes. RTMP 1.0 §5.4.1.
func ParseSetChunkSize(p []byte) (size uint32, err error) {
	size, err = parseUint32("set chunk size", p)
	return size &^ (1 << 31), err
}

// AppendSetChunkSize appends the payload of a Set Chunk Size message, with bit 31 masked.
func AppendSetChunkSize(dst []byte, size uint32) []byte {
	return wire.AppendUint32(dst, size&^(1<<31))
}

// ParseAbort returns the id of the chunk stream whose incomplete message is given up. The error is ErrLength.
// RTMP 1.0 §5.4.2.
func ParseAbort(p []byte) (chunkStreamID uint32, err error) { return parseUint32("abort", p) }

// AppendAbort appends the payload of an Abort message.
func AppendAbort(dst []byte, chunkStreamID uint32) []byte {
	return wire.AppendUint32(dst, chunkStreamID)
}

// ParseAcknowledgement returns how many bytes the sender has received, modulo 2^32. The error is ErrLength.
// RTMP 1.0 §5.4.3.
func ParseAcknowledgement(p []byte) (sequence uint32, err error) {
	return parseUint32("acknowledgement", p)
}

// AppendAcknowledgement appends the payload of an Acknowledgement message.
func AppendAcknowledgement(dst []byte, sequence uint32) []byte {
	return wire.AppendUint32(dst, sequence)
}

// ParseWindowAckSize returns after how many bytes the sender wants an acknowledgement. 0 is no legal window: ignore
// the message. The error is ErrLength. RTMP 1.0 §5.4.4.
func ParseWindowAckSize(p []byte) (size uint32, err error) {
	return parseUint32("window acknowledgement size", p)
}

// AppendWindowAckSize appends the payload of a Window Acknowledgement Size message.
func AppendWindowAckSize(dst []byte, size uint32) []byte { return wire.AppendUint32(dst, size) }

// LimitType says how a peer bandwidth binds. RTMP 1.0 §5.4.5.
type LimitType uint8

const (
	LimitHard    LimitType = 0 // limit the output to this window
	LimitSoft    LimitType = 1 // limit the output to the smaller of this and the present window
	LimitDynamic LimitType = 2 // LimitHard if the limit before was that, otherwise of no effect
)

// String returns "hard", "soft", "dynamic" or "reserved".
func (t LimitType) String() string {
	switch t {
	case LimitHard:
		return "hard"
	case LimitSoft:
		return "soft"
	case LimitDynamic:
		return "dynamic"
	}
	return "reserved"
}

// ParseSetPeerBandwidth returns the window, in bytes, to which the sender wants our unacknowledged output limited, and
// how that binds. Without the limit type, as some peers send it, it is LimitHard. The error is ErrLength. RTMP 1.0 §5.4.5.
func ParseSetPeerBandwidth(p []byte) (size uint32, t LimitType, err error) {
	c := wire.NewCursor(p)
	size, ok := c.Uint32()
	limit, _ := c.Uint8()
	if !ok {
		return 0, 0, &Error{Field: "set peer bandwidth", Err: ErrLength}
	}
	return size, LimitType(limit), nil
}

// AppendSetPeerBandwidth appends the payload of a Set Peer Bandwidth message.
func AppendSetPeerBandwidth(dst []byte, size uint32, t LimitType) []byte {
	return append(wire.AppendUint32(dst, size), byte(t))
}

// BandwidthLimiter keeps the output window that a peer sets by its Set Peer Bandwidth messages. The zero value has no
// window yet. Not safe for concurrent use.
type BandwidthLimiter struct {
	window uint32
	hard   bool // the last limit that had an effect was LimitHard
}

// Window returns the window in bytes, 0 while there is none.
func (b *BandwidthLimiter) Window() uint32 { return b.window }

// Apply takes one Set Peer Bandwidth message and returns the window that holds from now on. When it changed, the peer
// expects a Window Acknowledgement Size message with it. Reserved limit types, and a size of 0, have no effect.
func (b *BandwidthLimiter) Apply(size uint32, t LimitType) (window uint32, changed bool) {
	before := b.window
	switch {
	case size == 0:
	case t == LimitHard, t == LimitDynamic && b.hard:
		b.window, b.hard = size, true
	case t == LimitSoft:
		b.hard = false
		if b.window == 0 || size < b.window {
			b.window = size
		}
	}
	return b.window, b.window != before
}
