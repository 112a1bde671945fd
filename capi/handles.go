package main

// #include "bridge.h"
import "C"

import (
	"oxrtmp/capi/internal/handle"
	"oxrtmp/rtmp"
)

// Kinds of handles: the highest byte of the number. They do not change.
const (
	kindServer    handle.Kind = 1
	kindRequest   handle.Kind = 2
	kindSession   handle.Kind = 3
	kindClient    handle.Kind = 4
	kindRecorder  handle.Kind = 5
	kindFLVReader handle.Kind = 6
	kindQueue     handle.Kind = 7
	kindEngine    handle.Kind = 8
	kindHub       handle.Kind = 9
	kindRelay     handle.Kind = 10
	kindQuestion  handle.Kind = 11 // of a MEDIA_TAG event; never seen as a handle

	kindHandshake handle.Kind = 32
	kindDecoder   handle.Kind = 33
	kindEncoder   handle.Kind = 34
)

// The tables are the only global state of the library besides its memory.
var (
	servers    = handle.New[*heldServer](kindServer, nil)
	requests   = handle.New[*heldRequest](kindRequest, nil)
	sessions   = handle.New[*heldSession](kindSession, nil)
	clients    = handle.New[*heldClient](kindClient, nil)
	recorders  = handle.New[*rtmp.Recorder](kindRecorder, nil)
	queues     = handle.New[*eventQueue](kindQueue, (*eventQueue).free)
	hubs       = handle.New[*rtmp.Hub](kindHub, nil)
	relays     = handle.New[*heldRelay](kindRelay, nil)
	questions  = handle.New[*rtmp.ServerEvent](kindQuestion, nil)
	engines    = handle.New[*heldEngine](kindEngine, nil)
	flvReaders = handle.New[*flvReader](kindFLVReader, (*flvReader).free)
	handshakes = handle.New[*heldHandshake](kindHandshake, nil)
	decoders   = handle.New[*heldDecoder](kindDecoder, nil)
	encoders   = handle.New[*heldEncoder](kindEncoder, nil)
)

// liveHandles returns how many handles of all kinds are live.
func liveHandles() int {
	return servers.Len() + requests.Len() + sessions.Len() + clients.Len() + queues.Len() + recorders.Len() + flvReaders.Len() +
		engines.Len() + questions.Len() + hubs.Len() + relays.Len() + handshakes.Len() + decoders.Len() + encoders.Len()
}

// with calls f on the value behind a handle and records its error.
func with[T any](table *handle.Table[T], id C.uint64_t, f func(T) error) C.oxrtmp_status {
	ref, err := table.Acquire(handle.ID(id))
	if err != nil {
		return fail(err)
	}
	defer ref.Release()
	return fail(f(ref.Value))
}

// closing takes a handle out of use and calls f on its value. To close what was closed before is no error.
func closing[T any](table *handle.Table[T], id C.uint64_t, f func(T) error) C.oxrtmp_status {
	ref, err := table.Remove(handle.ID(id))
	if err != nil {
		if table.Issued(handle.ID(id)) {
			return C.OXRTMP_OK
		}
		return fail(err)
	}
	defer ref.Release()
	return fail(f(ref.Value))
}

// open gives v a handle. If that fails it undoes v by f.
func open[T any](table *handle.Table[T], v T, id *C.uint64_t, f func(T) error) error {
	n, err := table.Insert(v)
	if err != nil {
		f(v)
		return err
	}
	*id = C.uint64_t(n)
	return nil
}
