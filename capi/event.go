package main

// #include "bridge.h"
import "C"

import (
	"errors"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// putClientEvent fills an event with what happened to a client.
func putClientEvent(out *C.oxrtmp_event, e *rtmp.ClientEvent) {
	switch e.Kind {
	case rtmp.ClientConnected:
		out._type = C.OXRTMP_EVENT_CONNECTED
	case rtmp.ClientFailed:
		out._type = C.OXRTMP_EVENT_FAILED
		putEnd(out, statusOfSetup(e.Err), e.Err, "")
	case rtmp.ClientEnded:
		out._type = C.OXRTMP_EVENT_CLIENT_END
		putEnd(out, statusOf(e.Err), e.Err, "")
	case rtmp.ClientWritable:
		out._type = C.OXRTMP_EVENT_WRITABLE
	case rtmp.ClientReconnecting:
		out._type = C.OXRTMP_EVENT_RECONNECTING
		putEnd(out, statusOf(e.Err), e.Err, "")
	case rtmp.ClientReconnected:
		out._type = C.OXRTMP_EVENT_RECONNECTED
	case rtmp.ClientCongested:
		out._type = C.OXRTMP_EVENT_CONGESTED
	case rtmp.ClientRelieved:
		out._type = C.OXRTMP_EVENT_RELIEVED
	case rtmp.ClientReconnect:
		out._type = C.OXRTMP_EVENT_RECONNECT
		putInfo(out, e.Status.Code, e.URL)
	case rtmp.ClientStatus:
		out._type = C.OXRTMP_EVENT_STATUS
		putInfo(out, e.Status.Code, e.Status.Description)
	case rtmp.ClientCall:
		putCall(out, e.CallID, e.Call)
	case rtmp.ClientReply:
		putReply(out, e.CallID, e.Values, e.Err)
	case rtmp.ClientSharedObject:
		out._type = C.OXRTMP_EVENT_SHARED_OBJECT
		putBody(out, message.TypeSharedObject, sharedValues(e.SharedObject))
	case rtmp.ClientControl:
		out.stream_id = putControl(out, &e.Control)
	}
}

// putControl fills an event with a user control event and returns the stream that it names.
func putControl(out *C.oxrtmp_event, u *message.UserControl) C.uint32_t {
	out._type, out.value = C.OXRTMP_EVENT_CONTROL, C.uint32_t(u.Event)
	return C.uint32_t(u.StreamID)
}

// statusOfSetup is statusOf for a client that does not come to its stream: whether a phase or the whole took too long is
// the same to the caller.
func statusOfSetup(err error) C.oxrtmp_status {
	if errors.Is(err, rtmp.ErrTimeout) {
		return C.OXRTMP_E_TIMEOUT
	}
	return statusOf(err)
}

// putSessionEvent fills an event with what a player did.
func putSessionEvent(out *C.oxrtmp_event, e *rtmp.SessionEvent) {
	out.value = C.uint32_t(e.Position.Milliseconds())
	switch e.Kind {
	case rtmp.SessionPause:
		out._type = C.OXRTMP_EVENT_PAUSE
	case rtmp.SessionUnpause:
		out._type = C.OXRTMP_EVENT_UNPAUSE
	case rtmp.SessionSeek:
		out._type = C.OXRTMP_EVENT_SEEK
	case rtmp.SessionReceive:
		out._type, out.value, out.on = C.OXRTMP_EVENT_RECEIVE, C.uint32_t(e.Type), flag(e.On)
	case rtmp.SessionBuffer:
		out._type, out.value = C.OXRTMP_EVENT_BUFFER_LENGTH, C.uint32_t(e.Buffer.Milliseconds())
	case rtmp.SessionCall:
		putCall(out, e.CallID, e.Call)
	case rtmp.SessionReply:
		putReply(out, e.CallID, e.Values, e.Err)
	case rtmp.SessionSharedObject:
		out._type = C.OXRTMP_EVENT_SHARED_OBJECT
		putBody(out, message.TypeSharedObject, sharedValues(e.SharedObject))
	case rtmp.SessionWritable:
		out._type = C.OXRTMP_EVENT_WRITABLE
	}
}

// putPlayerEvent is putSessionEvent for an event of an engine, whose value is at its place; false for another one.
func putPlayerEvent(out *C.oxrtmp_event, e *engine.Event) bool {
	switch e.Kind {
	case engine.EventPause:
		out._type = C.OXRTMP_EVENT_PAUSE
	case engine.EventUnpause:
		out._type = C.OXRTMP_EVENT_UNPAUSE
	case engine.EventSeek:
		out._type = C.OXRTMP_EVENT_SEEK
	case engine.EventReceiveOn, engine.EventReceiveOff:
		out._type, out.on = C.OXRTMP_EVENT_RECEIVE, flag(e.Kind == engine.EventReceiveOn)
	default:
		return false
	}
	return true
}
