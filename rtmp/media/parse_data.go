package media

import "oxrtmp/rtmp/internal/wire"

// Data handlers that mean something here.
const (
	handlerMetadata = "onMetaData"
	handlerSet      = "@setDataFrame"
	handlerClear    = "@clearDataFrame"
)

// AMF markers that may stand before or at a data message's handler.
const (
	amf0Number     = 0x00
	amf0Boolean    = 0x01
	amf0String     = 0x02
	amf0Null       = 0x05
	amf0Undefined  = 0x06
	amf0LongString = 0x0C
	amf0AMF3       = 0x11
	amf3String     = 0x06
)

// parseData reads a data message up to the name of its handler; the values after it are left to others. Message type 15
// has a format byte 0 before it, which some senders omit. RTMP 1.0 §7.1.2.
func parseData(p *Packet) bool {
	if p.Type != TypeData && p.Type != TypeDataAMF3 {
		return false
	}
	c := wire.NewCursor(p.Raw)
	if b, _ := c.Peek(); p.Type == TypeDataAMF3 && b == 0 {
		c.Uint8()
	}
	name, start, ok := readName(&c, p.Type)
	if ok && string(name) == handlerSet {
		p.Flags |= FlagSetDataFrame
		name, start, ok = readName(&c, p.Type)
	}
	if !ok {
		return false
	}
	p.Handler, p.Data = intern(name), p.Raw[start:]
	if p.Handler == handlerMetadata {
		p.Kind = KindMetadata
	}
	return true
}

// intern returns name as a string without allocating it if it is a usual one.
func intern(name []byte) string {
	switch string(name) {
	case handlerMetadata:
		return handlerMetadata
	case handlerClear:
		return handlerClear
	case "onTextData":
		return "onTextData"
	case "onCuePoint":
		return "onCuePoint"
	}
	return string(name)
}

// readName reads the next string, and returns where its marker stands. Numbers, booleans and nulls before it are
// skipped: some cameras send them.
func readName(c *wire.Cursor, typeID uint8) (name []byte, start int, ok bool) {
	for {
		start = c.Offset()
		marker, ok := c.Uint8()
		if !ok {
			return nil, 0, false
		}
		skip := 0
		switch marker {
		case amf0String:
			n, ok := c.Uint16()
			if !ok {
				return nil, 0, false
			}
			name, ok = c.Bytes(int(n))
			return name, start, ok
		case amf0LongString:
			n, ok := c.Uint32()
			if !ok || uint64(n) > uint64(c.Len()) {
				return nil, 0, false
			}
			name, ok = c.Bytes(int(n))
			return name, start, ok
		case amf0AMF3:
			if b, _ := c.Uint8(); b != amf3String {
				return nil, 0, false
			}
			name, ok = readAMF3String(c)
			return name, start, ok
		case amf0Undefined: // in AMF3, the same number is a string
			if typeID == TypeDataAMF3 {
				name, ok = readAMF3String(c)
				return name, start, ok
			}
		case amf0Number:
			skip = 8
		case amf0Boolean:
			skip = 1
		case amf0Null:
		default:
			return nil, 0, false
		}
		if _, ok := c.Bytes(skip); !ok {
			return nil, 0, false
		}
	}
}

// readAMF3String reads a string's length, in the low bits of a variable-length integer whose lowest bit is 1 (0 would
// be a reference, and nothing is there yet to refer to), and its bytes.
func readAMF3String(c *wire.Cursor) (s []byte, ok bool) {
	var n uint32
	for i := 0; ; i++ {
		b, ok := c.Uint8()
		if !ok {
			return nil, false
		}
		if i == 3 {
			n = n<<8 | uint32(b)
			break
		}
		n = n<<7 | uint32(b&0x7F)
		if b&0x80 == 0 {
			break
		}
	}
	if n&1 == 0 {
		return nil, false
	}
	return c.Bytes(int(n >> 1))
}
