package message

import (
	"oxrtmp/rtmp/internal/wire"
)

// aggregateTag is the size of what precedes each message inside an aggregate message, and the back pointer after it.
const (
	aggregateTag  = 11
	aggregateBack = 4
)

// AppendAggregated appends one audio, video or data message to the payload of an aggregate message (type id 22): all of
// them belong to one message stream, and the aggregate message has the timestamp of the first. The result is dst
// itself when payload is above 16 MiB − 1 byte. RTMP 1.0 §7.1.6; FLV 10.1 §E.4.1.
func AppendAggregated(dst []byte, typeID uint8, timestamp uint32, payload []byte) []byte {
	if len(payload) >= 1<<24 {
		return dst
	}
	dst = append(dst, typeID)
	dst = wire.AppendUint24(dst, uint32(len(payload)))
	dst = wire.AppendUint24(dst, timestamp)
	dst = append(dst, byte(timestamp>>24), 0, 0, 0)
	dst = append(dst, payload...)
	return wire.AppendUint32(dst, uint32(aggregateTag+len(payload)))
}

// Aggregated is one message inside an aggregate message.
type Aggregated struct {
	TypeID    uint8
	Timestamp uint32
	Payload   []byte // aliases the aggregate's
}

// AggregateReader reads the messages inside an aggregate message.
type AggregateReader struct {
	cursor wire.Cursor
	base   uint32 // the aggregate's timestamp, then what is added to those inside
	begun  bool
}

// NewAggregateReader returns a reader of the payload of an aggregate message with the given timestamp.
func NewAggregateReader(timestamp uint32, payload []byte) AggregateReader {
	return AggregateReader{cursor: wire.NewCursor(payload), base: timestamp}
}

// Next returns the next message, its timestamp moved so that the first one has the aggregate's. ok is false at the end;
// the error is ErrLength when the payload ends inside a message. Back pointers are not looked at, and may be missing.
func (r *AggregateReader) Next() (m Aggregated, ok bool, err error) {
	if r.cursor.Len() == 0 {
		return m, false, nil
	}
	head, ok := r.cursor.Bytes(aggregateTag)
	if ok {
		m.Payload, ok = r.cursor.Bytes(int(wire.Uint24(head[1:])))
	}
	if !ok {
		r.cursor = wire.Cursor{}
		return Aggregated{}, false, &Error{Field: "aggregate", Err: ErrLength}
	}
	m.TypeID = head[0] & 0x1F
	m.Timestamp = wire.Uint24(head[4:]) | uint32(head[7])<<24
	if !r.begun {
		r.begun = true
		r.base -= m.Timestamp
	}
	m.Timestamp += r.base
	if _, ok := r.cursor.Bytes(aggregateBack); !ok {
		r.cursor.Bytes(r.cursor.Len())
	}
	return m, true, nil
}
