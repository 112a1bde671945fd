package message

import "oxrtmp/rtmp/internal/wire"

// User control events. RTMP 1.0 §7.1.7, and 31 and 32, which servers send to players.
const (
	EventStreamBegin      = 0
	EventStreamEOF        = 1
	EventStreamDry        = 2
	EventSetBufferLength  = 3
	EventStreamIsRecorded = 4
	EventPingRequest      = 6
	EventPingResponse     = 7
	EventBufferEmpty      = 31
	EventBufferReady      = 32
)

// UserControl is a user control message. Which fields have a meaning depends on Event.
type UserControl struct {
	Event uint16
	// StreamID is the message stream meant: all events named here but the pings.
	StreamID uint32
	// Timestamp, in milliseconds of the clock of the one who pings: EventPingRequest; EventPingResponse repeats it.
	Timestamp uint32
	// BufferLength, in milliseconds, is how much the player keeps: EventSetBufferLength.
	BufferLength uint32
	// Data is what follows the event number of any other event, verbatim.
	Data []byte
}

// ParseUserControl parses the payload of a user control message. An unknown event is no error, its bytes are in Data,
// which aliases p; bytes after those of a known event are ignored. When p is too short the error is ErrLength, and
// Event is set if it is there: ignore the message. RTMP 1.0 §7.1.7.
func ParseUserControl(p []byte) (UserControl, error) {
	c := wire.NewCursor(p)
	event, ok := c.Uint16()
	u := UserControl{Event: event}
	if !ok {
		return u, &Error{Field: "user control", Err: ErrLength}
	}
	switch event {
	case EventStreamBegin, EventStreamEOF, EventStreamDry, EventStreamIsRecorded, EventBufferEmpty, EventBufferReady:
		u.StreamID, ok = c.Uint32()
	case EventPingRequest, EventPingResponse:
		u.Timestamp, ok = c.Uint32()
	case EventSetBufferLength:
		if ok = c.Len() >= 8; ok {
			u.StreamID, _ = c.Uint32()
			u.BufferLength, _ = c.Uint32()
		}
	default:
		u.Data = c.Rest()
	}
	if !ok {
		return u, &Error{Field: "user control", Err: ErrLength}
	}
	return u, nil
}

// AppendUserControl appends the payload of a user control message.
func AppendUserControl(dst []byte, u UserControl) []byte {
	dst = wire.AppendUint16(dst, u.Event)
	switch u.Event {
	case EventStreamBegin, EventStreamEOF, EventStreamDry, EventStreamIsRecorded, EventBufferEmpty, EventBufferReady:
		return wire.AppendUint32(dst, u.StreamID)
	case EventPingRequest, EventPingResponse:
		return wire.AppendUint32(dst, u.Timestamp)
	case EventSetBufferLength:
		dst = wire.AppendUint32(dst, u.StreamID)
		return wire.AppendUint32(dst, u.BufferLength)
	}
	return append(dst, u.Data...)
}
