package main

// #include "bridge.h"
import "C"

import (
	"fmt"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// getPlay2 reads what a caller wants to be played instead.
func getPlay2(in *C.oxrtmp_play2) (p message.Play2, err error) {
	p = message.Play2{
		StreamName: goString(in.stream_name), OldStreamName: goString(in.old_stream_name), Transition: goString(in.transition),
		Start: message.PlayAny, Duration: -1, Offset: -1,
	}
	switch {
	case in.live_only != 0:
		p.Start = message.PlayLive
	case in.start_ms > 0:
		p.Start = float64(in.start_ms) / 1000
	}
	if in.duration_ms > 0 {
		p.Duration = float64(in.duration_ms) / 1000
	}
	if in.offset_ms > 0 {
		p.Offset = float64(in.offset_ms) / 1000
	}
	if p.StreamName == "" || len(p.StreamName) > 65535 {
		return p, fmt.Errorf("%w: play2->stream_name is empty or longer than 65535 bytes", errArgument)
	}
	if in.json != nil {
		text := []byte(goString(in.json))
		v, err := amf.ParseJSON(text, limitsToSend(C.size_t(len(text))))
		if err != nil {
			return p, fmt.Errorf("%w: %w", errArgument, err)
		}
		object, ok := v.(*amf.Object)
		if !ok {
			return p, fmt.Errorf("%w: play2->json is no JSON object", errArgument)
		}
		p.Properties = object
	}
	return p, nil
}

//export oxgo_client_play2
func oxgo_client_play2(h C.oxrtmp_client, in *C.oxrtmp_play2) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error {
		p, err := getPlay2(in)
		if err != nil {
			return err
		}
		return c.Play2(p)
	})
}

//export oxgo_engine_play2
func oxgo_engine_play2(h C.oxrtmp_engine, in *C.oxrtmp_play2) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		p, err := getPlay2(in)
		if err != nil {
			return err
		}
		return e.play(func(c *engine.Client) error { return c.Play2(p) })
	})
}

//export oxgo_request_play2_json
func oxgo_request_play2_json(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(requests, h.id, func(r *heldRequest) error { return putPlay2(r.Play(), buf, capacity, length) })
}

//export oxgo_session_play2_json
func oxgo_session_play2_json(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return putPlay2(s.Play(), buf, capacity, length) })
}

func putPlay2(p rtmp.PlayRequest, buf *C.char, capacity C.size_t, length *C.size_t) error {
	if p.Switch == nil {
		return errState
	}
	return putText(string(amf.AppendJSON(nil, p.Switch.Properties)), buf, capacity, length)
}
