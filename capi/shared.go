package main

// #include "bridge.h"
import "C"

import (
	"fmt"
	"unsafe"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// sharedValues is a shared object message as AMF0 values: name, version, flags, and an object for each event.
func sharedValues(o *message.SharedObject) []byte {
	values := []amf.Value{amf.String(o.Name), amf.Number(o.Version), amf.Number(o.Flags)}
	for i := range o.Events {
		e := &o.Events[i]
		event := new(amf.Object)
		event.Set("kind", amf.Number(e.Kind))
		if e.Data != nil {
			event.Set("data", amf.ByteArray(e.Data))
		} else {
			putSharedEvent(event, e)
		}
		values = append(values, event)
	}
	return amf.AppendValuesAMF0(nil, values...)
}

func putSharedEvent(event *amf.Object, e *message.SharedEvent) {
	switch e.Kind {
	case message.SharedRequestChange, message.SharedChange:
		event.Set("slots", &amf.Object{Properties: e.Slots})
	case message.SharedSendMessage:
		event.Set("name", amf.String(e.Name))
		event.Set("arguments", &amf.StrictArray{Values: e.Arguments})
	case message.SharedStatus:
		event.Set("name", amf.String(e.Name))
		event.Set("level", amf.String(e.Level))
	case message.SharedSuccess, message.SharedRemove, message.SharedRequestRemove:
		event.Set("name", amf.String(e.Name))
	}
}

// sharedObject is the inverse of sharedValues.
func sharedObject(p []byte) (o message.SharedObject, err error) {
	values, err := amf.DecodeAMF0(p, limitsToSend(C.size_t(len(p))))
	if err != nil {
		return o, err
	}
	if len(values) < 3 {
		return o, fmt.Errorf("%w: a shared object has a name, a version and flags", errArgument)
	}
	name, ok := amf.AsString(values[0])
	version, number := asUint32(values[1])
	flags, number2 := asUint32(values[2])
	if !ok || !number || !number2 {
		return o, fmt.Errorf("%w: a shared object's name, version or flags", errArgument)
	}
	o = message.SharedObject{Name: name, Version: version, Flags: flags}
	for _, v := range values[3:] {
		e, err := sharedEvent(v)
		if err != nil {
			return o, err
		}
		o.Events = append(o.Events, e)
	}
	return o, nil
}

func asUint32(v amf.Value) (uint32, bool) {
	n, ok := amf.AsNumber(v)
	whole, fits := whole[uint32](C.double(n))
	return whole, ok && fits
}

func sharedEvent(v amf.Value) (e message.SharedEvent, err error) {
	properties, ok := amf.Properties(v)
	if !ok {
		return e, fmt.Errorf("%w: an event of a shared object is no object", errArgument)
	}
	for _, p := range properties {
		ok := false
		switch p.Name {
		case "kind":
			var kind uint32
			kind, ok = asUint32(p.Value)
			ok = ok && kind <= 0xFF
			e.Kind = uint8(kind)
		case "name":
			e.Name, ok = amf.AsString(p.Value)
		case "level":
			e.Level, ok = amf.AsString(p.Value)
		case "slots":
			e.Slots, ok = amf.Properties(p.Value)
		case "arguments":
			var list *amf.StrictArray
			if list, ok = p.Value.(*amf.StrictArray); ok {
				e.Arguments = list.Values
			}
		case "data":
			var data amf.ByteArray
			data, ok = p.Value.(amf.ByteArray)
			e.Data = data
		}
		if !ok {
			return e, fmt.Errorf("%w: %q in an event of a shared object", errArgument, p.Name)
		}
	}
	return e, nil
}

//export oxgo_shared_object_parse
func oxgo_shared_object_parse(typeID C.uint32_t, p *C.uint8_t, n C.size_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	o, err := message.ParseSharedObject(uint8(typeID), bytesAt(p, n), amf.Limits{})
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(sharedValues(&o), buf, capacity, length))
}

//export oxgo_shared_object_build
func oxgo_shared_object_build(p *C.uint8_t, n C.size_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	o, err := sharedObject(bytesAt(p, n))
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(message.AppendSharedObject(nil, o), buf, capacity, length))
}

//export oxgo_client_send_shared_object
func oxgo_client_send_shared_object(h C.oxrtmp_client, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return withCaller(h, func(c caller) error { return sendShared(c, p, n) })
}

//export oxgo_session_send_shared_object
func oxgo_session_send_shared_object(h C.oxrtmp_session, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return sendShared(s, p, n) })
}

func sendShared(c caller, p *C.uint8_t, n C.size_t) error {
	o, err := sharedObject(bytesAt(p, n))
	if err != nil {
		return err
	}
	return c.SendSharedObject(o)
}

//export oxgo_aggregate_parse
func oxgo_aggregate_parse(timestamp C.uint32_t, p *C.uint8_t, n C.size_t, out *C.oxrtmp_aggregated, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	r := message.NewAggregateReader(uint32(timestamp), bytesAt(p, n))
	to := unsafe.Slice(out, int(most))
	for found := 0; ; found++ {
		m, ok, err := r.Next()
		switch {
		case err != nil:
			return fail(err)
		case !ok:
			*count = C.size_t(found)
			if found > len(to) {
				return fail(errBuffer)
			}
			return C.OXRTMP_OK
		case found < len(to):
			to[found] = C.oxrtmp_aggregated{
				_type: C.uint32_t(m.TypeID), timestamp_ms: C.uint32_t(m.Timestamp),
				data: pointerTo(m.Payload), size: C.size_t(len(m.Payload)),
			}
		}
	}
}

//export oxgo_aggregate_build
func oxgo_aggregate_build(in *C.oxrtmp_aggregated, n C.size_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	var p []byte
	for _, m := range unsafe.Slice(in, int(n)) {
		p = message.AppendAggregated(p, uint8(m._type), uint32(m.timestamp_ms), bytesAt(m.data, m.size))
	}
	return fail(putBytes(p, buf, capacity, length))
}
