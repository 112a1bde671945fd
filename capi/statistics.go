package main

// #include "bridge.h"
import "C"

import (
	"errors"
	"unsafe"

	"oxrtmp/rtmp"
)

//export oxgo_server_json
func oxgo_server_json(h C.oxrtmp_server, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		all := s.Statistics()
		return putText(string(all.AppendJSON(nil)), buf, capacity, length)
	})
}

//export oxgo_server_prometheus
func oxgo_server_prometheus(h C.oxrtmp_server, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		all := s.Statistics()
		return putText(string(all.AppendPrometheus(nil)), buf, capacity, length)
	})
}

//export oxgo_session_connection_statistics
func oxgo_session_connection_statistics(h C.oxrtmp_session, out *C.oxrtmp_connection_statistics) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error {
		putConnectionStatistics(out, s.ConnectionStatistics())
		return nil
	})
}

//export oxgo_client_connection_statistics
func oxgo_client_connection_statistics(h C.oxrtmp_client, out *C.oxrtmp_connection_statistics) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error {
		putConnectionStatistics(out, c.ConnectionStatistics())
		return nil
	})
}

func putConnectionStatistics(out *C.oxrtmp_connection_statistics, s rtmp.ConnectionStatistics) {
	out.phase, out.number, out.duration_ns = C.uint32_t(s.Phase), C.uint64_t(s.Number), C.int64_t(s.Duration)
	out.bytes_received, out.bytes_sent, out.queued_bytes = C.uint64_t(s.BytesReceived), C.uint64_t(s.BytesSent), C.uint64_t(s.Queued)
	out.rtt_ns, out.rtt_variation_ns, out.ping_rtt_ns = C.int64_t(s.RTT), C.int64_t(s.RTTVariation), C.int64_t(s.PingRTT)
	out.resent_segments = C.uint64_t(s.Resent)
	c := &s.Counters
	out.messages_received, out.packets_received = C.uint64_t(c.MessagesReceived), C.uint64_t(c.PacketsReceived)
	out.malformed, out.ignored = C.uint64_t(c.Malformed), C.uint64_t(c.Ignored)
	out.unknown, out.faulty = C.uint64_t(c.Unknown), C.uint64_t(c.Faulty)
}

//export oxgo_server_take_failure
func oxgo_server_take_failure(h C.oxrtmp_server, out *C.oxrtmp_failure, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		f, ok := s.TakeFailure()
		if !ok {
			return rtmp.ErrAgain
		}
		cut := max(0, len(f.Bytes)-int(min(capacity, 1<<30)))
		kept := f.Bytes[cut:]
		if len(kept) > 0 {
			copy(unsafe.Slice((*byte)(buf), len(kept)), kept)
		}
		if length != nil {
			*length = C.size_t(len(kept))
		}
		var at *rtmp.Error
		if errors.As(f.Err, &at) {
			out.phase = C.uint32_t(at.Phase)
		}
		out.status = C.int32_t(statusOf(f.Err))
		out.connection, out.offset = C.uint64_t(f.Connection), C.uint64_t(f.Offset)+C.uint64_t(cut)
		putArray(out.peer[:], f.Peer)
		putArray(out.text[:], printable(words(f.Err)))
		return nil
	})
}
