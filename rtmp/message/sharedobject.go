package message

import (
	"math"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/wire"
)

// Events of shared objects. RTMP 1.0 §7.1.3.
const (
	SharedUse           = 1  // client: wants to use the object
	SharedRelease       = 2  // client: does not want to any more
	SharedRequestChange = 3  // client: wants a slot to have a value
	SharedChange        = 4  // server: slots have new values
	SharedSuccess       = 5  // server: what was requested of a slot is done
	SharedSendMessage   = 6  // both: a call of a handler of everybody's
	SharedStatus        = 7  // server: what was requested failed
	SharedClear         = 8  // server: forget all slots
	SharedRemove        = 9  // server: a slot is gone
	SharedRequestRemove = 10 // client: wants a slot gone
	SharedUseSuccess    = 11 // server: the object may be used
)

// SharedPersistent is the flag of a shared object that outlives its users.
const SharedPersistent = 2

// maxSharedEvents bounds the events of one message.
const maxSharedEvents = 256

// SharedObject is a shared object message: what happens to an object that many clients share. RTMP 1.0 §7.1.3 names the
// events, but not what is in them: that is as deployed.
type SharedObject struct {
	Name    string
	Version uint32
	Flags   uint32 // SharedPersistent, or 0
	Events  []SharedEvent
}

// SharedEvent is one event. Which fields have a meaning depends on Kind.
type SharedEvent struct {
	Kind uint8
	// Slots have one property for SharedRequestChange, any number for SharedChange.
	Slots []amf.Property
	// Name of the slot (SharedSuccess, SharedRemove, SharedRequestRemove) or handler (SharedSendMessage), or the
	// code of a SharedStatus.
	Name string
	// Level of a SharedStatus: LevelStatus, ….
	Level string
	// Arguments of the handler of a SharedSendMessage.
	Arguments []amf.Value
	// Data is what is in an event of another kind, or in one that could not be read, verbatim. If it is not nil, only it
	// is written.
	Data []byte
}

// ParseSharedObject parses the payload of a shared object message: type id 19, or 16, whose body begins with a format
// byte of 0, or without it. Only Data aliases p.
//
// The error is ErrLength when the message ends inside its head or an event, or has more than 256, with the events before
// that one, or one of package amf when l does not permit the values.
func ParseSharedObject(typeID uint8, p []byte, l amf.Limits) (o SharedObject, err error) {
	if typeID == TypeSharedObjectAMF3 && len(p) > 0 && p[0] == 0 {
		if o, err = parseSharedObject(p[1:], l); err == nil {
			return o, nil
		}
		if plain, err := parseSharedObject(p, l); err == nil { // the byte was part of the name's length
			return plain, nil
		}
		return o, err
	}
	return parseSharedObject(p, l)
}

func parseSharedObject(p []byte, l amf.Limits) (o SharedObject, err error) {
	c := wire.NewCursor(p)
	name, ok := sharedText(&c)
	fields, complete := c.Bytes(12)
	if !ok || !complete {
		return o, &Error{Field: "shared object", Err: ErrLength}
	}
	head := wire.NewCursor(fields)
	o.Name = name
	o.Version, _ = head.Uint32()
	o.Flags, _ = head.Uint32()
	if l.Values == 0 {
		l.Values = amf.DefaultLimits.Values
	}
	for c.Len() > 0 {
		if len(o.Events) == maxSharedEvents {
			return o, &Error{Field: "shared object events", Err: ErrLength}
		}
		kind, _ := c.Uint8()
		size, ok := c.Uint32()
		if !ok || uint64(size) > uint64(c.Len()) {
			return o, &Error{Field: "shared object event", Err: ErrLength}
		}
		data, _ := c.Bytes(int(size))
		e, err := parseSharedEvent(kind, data, &l)
		if amf.IsLimit(err) {
			return o, &Error{Field: "shared object event", Err: err}
		}
		if err != nil {
			e = SharedEvent{Kind: kind, Data: data}
		}
		o.Events = append(o.Events, e)
	}
	return o, nil
}

// parseSharedEvent reads the data of an event, and takes the values in it off the limits.
func parseSharedEvent(kind uint8, data []byte, l *amf.Limits) (e SharedEvent, err error) {
	e.Kind = kind
	c := wire.NewCursor(data)
	ok := true
	switch kind {
	case SharedUse, SharedRelease, SharedClear, SharedUseSuccess:
	case SharedRequestChange, SharedChange:
		for first := true; c.Len() > 0 && (first || kind == SharedChange); first = false {
			var slot amf.Property
			if slot, err = sharedSlot(&c, l); err != nil {
				return e, err
			}
			e.Slots = append(e.Slots, slot)
		}
		ok = kind == SharedChange || len(e.Slots) == 1
	case SharedSuccess, SharedRemove, SharedRequestRemove:
		if c.Len() > 0 || kind != SharedSuccess {
			e.Name, ok = sharedText(&c)
		}
	case SharedStatus:
		if e.Name, ok = sharedText(&c); ok {
			e.Level, ok = sharedText(&c)
		}
	case SharedSendMessage:
		return parseSharedMessage(data, l)
	default:
		e.Data = data
	}
	if !ok {
		return e, ErrLength
	}
	return e, nil
}

// parseSharedMessage reads a call: the name of the handler as an AMF string, as most write it, or without a marker.
func parseSharedMessage(data []byte, l *amf.Limits) (e SharedEvent, err error) {
	e.Kind = SharedSendMessage
	c := wire.NewCursor(data)
	if first, _ := c.Peek(); first == 0x02 {
		c.Uint8()
	}
	var ok bool
	if e.Name, ok = sharedText(&c); !ok {
		return e, ErrName
	}
	e.Arguments, err = amf.DecodeAMF0(c.Rest(), *l)
	for _, v := range e.Arguments {
		spend(l, v)
	}
	return e, err
}

func sharedSlot(c *wire.Cursor, l *amf.Limits) (slot amf.Property, err error) {
	name, ok := sharedText(c)
	if !ok {
		return slot, ErrLength
	}
	v, n, err := amf.DecodeValueAMF0(c.Rest(), *l)
	if err != nil {
		return slot, err
	}
	c.Bytes(n)
	spend(l, v)
	return amf.Property{Name: name, Value: v}, nil
}

// spend takes a value off the limits, which hold for a whole message.
func spend(l *amf.Limits, v amf.Value) {
	if l.Values -= amf.Count(v); l.Values <= 0 {
		l.Values = -1
	}
}

// sharedText reads a string with a 16-bit length.
func sharedText(c *wire.Cursor) (string, bool) {
	n, ok := c.Uint16()
	if !ok {
		return "", false
	}
	p, ok := c.Bytes(int(n))
	return string(p), ok
}

// AppendSharedObject appends the payload of a type 19 message. Texts above 65,535 bytes are cut there.
func AppendSharedObject(dst []byte, o SharedObject) []byte {
	dst = appendSharedText(dst, o.Name)
	dst = wire.AppendUint32(dst, o.Version)
	dst = wire.AppendUint32(dst, o.Flags)
	dst = wire.AppendUint32(dst, 0)
	for i := range o.Events {
		dst = append(dst, o.Events[i].Kind)
		start := len(dst)
		dst = appendSharedEvent(append(dst, 0, 0, 0, 0), &o.Events[i])
		wire.AppendUint32(dst[:start], uint32(len(dst)-start-4)) // in place
	}
	return dst
}

func appendSharedEvent(dst []byte, e *SharedEvent) []byte {
	if e.Data != nil {
		return append(dst, e.Data...)
	}
	switch e.Kind {
	case SharedRequestChange, SharedChange:
		for i := range e.Slots {
			dst = appendSharedText(dst, e.Slots[i].Name)
			dst = amf.AppendAMF0(dst, e.Slots[i].Value)
		}
	case SharedSuccess:
		if e.Name != "" {
			dst = appendSharedText(dst, e.Name)
		}
	case SharedRemove, SharedRequestRemove:
		dst = appendSharedText(dst, e.Name)
	case SharedStatus:
		dst = appendSharedText(dst, e.Name)
		dst = appendSharedText(dst, e.Level)
	case SharedSendMessage:
		dst = appendSharedText(append(dst, 0x02), e.Name)
		dst = amf.AppendValuesAMF0(dst, e.Arguments...)
	}
	return dst
}

func appendSharedText(dst []byte, s string) []byte {
	s = s[:min(len(s), math.MaxUint16)]
	return append(wire.AppendUint16(dst, uint16(len(s))), s...)
}
