package main

// #include "bridge.h"
import "C"

import (
	"time"
	"unsafe"

	"oxrtmp/rtmp"
)

//export oxgo_request_play
func oxgo_request_play(h C.oxrtmp_request, info *C.oxrtmp_play_info) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(requests, h.id, func(r *heldRequest) error { return putPlay(info, r.Play()) })
}

//export oxgo_session_kind
func oxgo_session_kind(h C.oxrtmp_session, kind *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error {
		*kind = C.uint32_t(s.Kind())
		return nil
	})
}

//export oxgo_session_play
func oxgo_session_play(h C.oxrtmp_session, info *C.oxrtmp_play_info) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return putPlay(info, s.Play()) })
}

func putPlay(out *C.oxrtmp_play_info, p rtmp.PlayRequest) error {
	out.reset, out.buffer_length_ms = flag(p.Reset), C.uint32_t(p.BufferLength)
	out.start, out.duration = C.double(p.Start), C.double(p.Duration)
	if s := p.Switch; s != nil {
		out.play2, out.offset = 1, C.double(s.Offset)
		putArray(out.transition[:], s.Transition)
	}
	return nil
}

//export oxgo_session_next_event
func oxgo_session_next_event(h C.oxrtmp_session, timeout C.int32_t, event *C.oxrtmp_event) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error {
		switch {
		case s.attached():
			return errBusy
		case !s.tells():
			return errState
		}
		e, err := s.NextEvent(duration(timeout))
		if err == nil {
			*event = C.oxrtmp_event{source: h.id, time_ns: monotonic()}
			putSessionEvent(event, &e)
		}
		return err
	})
}

//export oxgo_session_complete
func oxgo_session_complete(h C.oxrtmp_session) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return s.Complete() })
}

//export oxgo_session_ping
func oxgo_session_ping(h C.oxrtmp_session, timeout C.int32_t, rtt *C.int64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return ping(s.Ping, timeout, rtt) })
}

// ping measures a round trip.
func ping(send func(time.Duration) (time.Duration, error), timeout C.int32_t, rtt *C.int64_t) error {
	d, err := send(duration(timeout))
	*rtt = C.int64_t(d)
	return err
}

//export oxgo_client_play
func oxgo_client_play(url *C.char, o *C.oxrtmp_client_options, timeout C.int32_t, client *C.oxrtmp_client) (status C.oxrtmp_status) {
	defer guard(&status)
	ctx, cancel := contextFor(timeout)
	defer cancel()
	return newClient(o, client, func(o *rtmp.ClientOptions) (*rtmp.Client, error) {
		return rtmp.Play(ctx, goString(url), o)
	})
}

//export oxgo_client_play_fd
func oxgo_client_play_fd(fd C.int, url *C.char, o *C.oxrtmp_client_options, timeout C.int32_t, client *C.oxrtmp_client) (status C.oxrtmp_status) {
	defer guard(&status)
	return adoptClient(fd, url, o, timeout, client, rtmp.PlayConn)
}

//export oxgo_client_play_open
func oxgo_client_play_open(url *C.char, o *C.oxrtmp_client_options, h C.oxrtmp_queue, userData C.uint64_t, client *C.oxrtmp_client) (status C.oxrtmp_status) {
	defer guard(&status)
	return openClient(url, o, h, userData, client, rtmp.OpenPlay)
}

//export oxgo_client_next_packet
func oxgo_client_next_packet(h C.oxrtmp_client, timeout C.int32_t, out *C.oxrtmp_packet) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error {
		_, err := c.takePackets(unsafe.Slice(out, 1), c.NextPackets, timeout)
		return c.ended(err)
	})
}

//export oxgo_client_next_packets
func oxgo_client_next_packets(h C.oxrtmp_client, timeout C.int32_t, out *C.oxrtmp_packet, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error {
		n, err := c.takePackets(unsafe.Slice(out, int(min(most, 4096))), c.NextPackets, timeout)
		*count = C.size_t(n)
		return c.ended(err)
	})
}

//export oxgo_client_next_event
func oxgo_client_next_event(h C.oxrtmp_client, timeout C.int32_t, event *C.oxrtmp_event) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error {
		if c.attached() {
			return errBusy
		}
		e, err := c.NextEvent(duration(timeout))
		if err == nil {
			*event = C.oxrtmp_event{source: h.id, time_ns: monotonic()}
			putClientEvent(event, &e)
		}
		return c.ended(err)
	})
}

//export oxgo_client_pause
func oxgo_client_pause(h C.oxrtmp_client, pause C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return c.Pause(pause != 0) })
}

//export oxgo_client_seek
func oxgo_client_seek(h C.oxrtmp_client, position C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return c.Seek(time.Duration(position) * time.Millisecond) })
}

//export oxgo_client_receive_audio
func oxgo_client_receive_audio(h C.oxrtmp_client, on C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return c.ReceiveAudio(on != 0) })
}

//export oxgo_client_receive_video
func oxgo_client_receive_video(h C.oxrtmp_client, on C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return c.ReceiveVideo(on != 0) })
}

//export oxgo_client_set_buffer_length
func oxgo_client_set_buffer_length(h C.oxrtmp_client, length C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error {
		return c.SetBufferLength(time.Duration(length) * time.Millisecond)
	})
}

//export oxgo_client_metadata
func oxgo_client_metadata(h C.oxrtmp_client, out *C.oxrtmp_metadata) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return metadataOf(c, out) })
}

//export oxgo_client_metadata_tracks
func oxgo_client_metadata_tracks(h C.oxrtmp_client, out *C.oxrtmp_track_info, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return metadataTracks(c, out, most, count) })
}

//export oxgo_client_metadata_json
func oxgo_client_metadata_json(h C.oxrtmp_client, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return metadataJSON(c, buf, capacity, length) })
}

//export oxgo_client_metadata_raw
func oxgo_client_metadata_raw(h C.oxrtmp_client, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return metadataRaw(c, buf, capacity, length) })
}

//export oxgo_client_ping
func oxgo_client_ping(h C.oxrtmp_client, timeout C.int32_t, rtt *C.int64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return ping(c.Ping, timeout, rtt) })
}
