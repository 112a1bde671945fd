package main

// #include "bridge.h"
import "C"

import (
	"errors"
	"time"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// caller is what calls and is called: sessions, and clients that have a connection.
type caller interface {
	Call(timeout time.Duration, name string, arguments ...amf.Value) ([]amf.Value, error)
	StartCall(timeout time.Duration, name string, arguments ...amf.Value) (uint32, error)
	Notify(name string, arguments ...amf.Value) error
	Answer(callID uint32, values ...amf.Value) error
	Refuse(callID uint32, code, description string) error
	SendSharedObject(message.SharedObject) error
}

// caller returns the connection of a client, which one inside a hub has not.
func (h *heldClient) caller() (caller, error) {
	if c, ok := h.carrier.(caller); ok {
		return c, nil
	}
	return nil, errors.ErrUnsupported
}

// withValues reads AMF0 values of the caller's for use.
func withValues(p *C.uint8_t, n C.size_t, use func(values []amf.Value) error) error {
	values, err := amf.DecodeAMF0(bytesAt(p, n), limitsToSend(n))
	if err != nil {
		return err
	}
	return use(values)
}

// makeCall makes a call and writes its answer, whose memory ox_packets_own makes the caller's.
func makeCall(c caller, name *C.char, p *C.uint8_t, n C.size_t, timeout C.int32_t, out *C.oxrtmp_packet) error {
	return withValues(p, n, func(values []amf.Value) error {
		answer, err := c.Call(duration(timeout), goString(name), values...)
		if err != nil {
			return err
		}
		return putMessage(out, message.TypeCommand, amf.AppendValuesAMF0(nil, answer...))
	})
}

// putMessage writes a packet over bytes that are no media.
func putMessage(out *C.oxrtmp_packet, typeID uint8, body []byte) error {
	return putPacket(out, &media.Packet{Type: typeID, Data: body, Raw: body})
}

//export oxgo_client_call
func oxgo_client_call(h C.oxrtmp_client, name *C.char, p *C.uint8_t, n C.size_t, timeout C.int32_t, out *C.oxrtmp_packet) (status C.oxrtmp_status) {
	defer guard(&status)
	return withCaller(h, func(c caller) error { return makeCall(c, name, p, n, timeout, out) })
}

//export oxgo_session_call
func oxgo_session_call(h C.oxrtmp_session, name *C.char, p *C.uint8_t, n C.size_t, timeout C.int32_t, out *C.oxrtmp_packet) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return makeCall(s, name, p, n, timeout, out) })
}

func withCaller(h C.oxrtmp_client, use func(caller) error) C.oxrtmp_status {
	return with(clients, h.id, func(held *heldClient) error {
		c, err := held.caller()
		if err != nil {
			return err
		}
		return use(c)
	})
}

func startCall(c caller, name *C.char, p *C.uint8_t, n C.size_t, timeout C.int32_t, id *C.uint32_t) error {
	return withValues(p, n, func(values []amf.Value) error {
		number, err := c.StartCall(duration(timeout), goString(name), values...)
		*id = C.uint32_t(number)
		return err
	})
}

//export oxgo_client_call_start
func oxgo_client_call_start(h C.oxrtmp_client, name *C.char, p *C.uint8_t, n C.size_t, timeout C.int32_t, id *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return withCaller(h, func(c caller) error { return startCall(c, name, p, n, timeout, id) })
}

//export oxgo_session_call_start
func oxgo_session_call_start(h C.oxrtmp_session, name *C.char, p *C.uint8_t, n C.size_t, timeout C.int32_t, id *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error {
		if !s.tells() {
			return errState
		}
		return startCall(s, name, p, n, timeout, id)
	})
}

//export oxgo_client_notify
func oxgo_client_notify(h C.oxrtmp_client, name *C.char, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return withCaller(h, func(c caller) error { return notifyPeer(c, name, p, n) })
}

//export oxgo_session_notify
func oxgo_session_notify(h C.oxrtmp_session, name *C.char, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return notifyPeer(s, name, p, n) })
}

func notifyPeer(c caller, name *C.char, p *C.uint8_t, n C.size_t) error {
	return withValues(p, n, func(values []amf.Value) error { return c.Notify(goString(name), values...) })
}

//export oxgo_client_answer
func oxgo_client_answer(h C.oxrtmp_client, id C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return withCaller(h, func(c caller) error { return answerCall(c, id, p, n) })
}

//export oxgo_session_answer
func oxgo_session_answer(h C.oxrtmp_session, id C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return answerCall(s, id, p, n) })
}

func answerCall(c caller, id C.uint32_t, p *C.uint8_t, n C.size_t) error {
	return withValues(p, n, func(values []amf.Value) error { return c.Answer(uint32(id), values...) })
}

//export oxgo_client_refuse
func oxgo_client_refuse(h C.oxrtmp_client, id C.uint32_t, code, description *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return withCaller(h, func(c caller) error { return c.Refuse(uint32(id), goString(code), goString(description)) })
}

//export oxgo_session_refuse
func oxgo_session_refuse(h C.oxrtmp_session, id C.uint32_t, code, description *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error {
		return s.Refuse(uint32(id), goString(code), goString(description))
	})
}

// tells reports that events of the session come, besides its packets.
func (h *heldSession) tells() bool { return h.Kind() == rtmp.RequestPlay || h.called }

// putCall fills an event with a call of the peer's. Its command is written anew, with the number to answer it by as its
// transaction. Without memory for it the status says so.
func putCall(out *C.oxrtmp_event, id uint32, c *message.Command) {
	out._type, out.value = C.OXRTMP_EVENT_CALL, C.uint32_t(id)
	command := *c
	command.TransactionID = float64(id)
	putBody(out, message.TypeCommand, message.AppendCommand(nil, command))
}

// putReply fills an event with the answer to a call of ours.
func putReply(out *C.oxrtmp_event, id uint32, values []amf.Value, err error) {
	out._type, out.value = C.OXRTMP_EVENT_REPLY, C.uint32_t(id)
	if err != nil {
		putEnd(out, statusOf(err), err, "")
		return
	}
	putBody(out, message.TypeCommand, amf.AppendValuesAMF0(nil, values...))
}

// putBody gives an event a packet over bytes that are no media.
func putBody(out *C.oxrtmp_event, typeID uint8, body []byte) {
	if err := putMessage(packetOf(out), typeID, body); err != nil {
		out.status = statusOf(err)
	}
}
