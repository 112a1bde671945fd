package main

// #include "bridge.h"
import "C"

import (
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/engine"
)

// talk calls use with the protocol.
func (h *heldEngine) talk(use func(protocol) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return rtmp.ErrClosed
	}
	return placed(use(h.protocol))
}

//export oxgo_engine_call
func oxgo_engine_call(h C.oxrtmp_engine, name *C.char, p *C.uint8_t, n C.size_t, timeout C.int32_t, id *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return withValues(p, n, func(values []amf.Value) error {
			return e.talk(func(x protocol) error {
				number, err := x.Call(0, duration(timeout), goString(name), nil, values...)
				*id = C.uint32_t(number)
				return err
			})
		})
	})
}

//export oxgo_engine_notify
func oxgo_engine_notify(h C.oxrtmp_engine, name *C.char, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return withValues(p, n, func(values []amf.Value) error {
			return e.talk(func(x protocol) error { return x.Notify(0, goString(name), nil, values...) })
		})
	})
}

//export oxgo_engine_answer
func oxgo_engine_answer(h C.oxrtmp_engine, id C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return withValues(p, n, func(values []amf.Value) error {
			return e.talk(func(x protocol) error { return x.Answer(uint32(id), nil, values...) })
		})
	})
}

//export oxgo_engine_refuse
func oxgo_engine_refuse(h C.oxrtmp_engine, id C.uint32_t, code, description *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return e.talk(func(x protocol) error { return x.Refuse(uint32(id), goString(code), goString(description)) })
	})
}

//export oxgo_engine_request_reconnect
func oxgo_engine_request_reconnect(h C.oxrtmp_engine, url, description *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return e.serve(func(s *engine.Server) error { return s.RequestReconnect(goString(url), goString(description)) })
	})
}

//export oxgo_engine_send_shared_object
func oxgo_engine_send_shared_object(h C.oxrtmp_engine, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		o, err := sharedObject(bytesAt(p, n))
		if err != nil {
			return err
		}
		return e.talk(func(x protocol) error { return x.SendSharedObject(o) })
	})
}
