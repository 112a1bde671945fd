package main

// #include "bridge.h"
import "C"

import (
	"sync"
	"time"
	"unsafe"

	"oxrtmp/capi/internal/queue"
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

//export oxgo_session_app
func oxgo_session_app(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, peer.App, buf, capacity, length)
}

//export oxgo_session_stream_name
func oxgo_session_stream_name(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, peer.StreamName, buf, capacity, length)
}

//export oxgo_session_raw_stream_name
func oxgo_session_raw_stream_name(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, peer.RawStreamName, buf, capacity, length)
}

//export oxgo_session_query
func oxgo_session_query(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, peer.Query, buf, capacity, length)
}

//export oxgo_session_publish_type
func oxgo_session_publish_type(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, peer.PublishType, buf, capacity, length)
}

//export oxgo_session_tc_url
func oxgo_session_tc_url(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, peer.TCURL, buf, capacity, length)
}

//export oxgo_session_peer_address
func oxgo_session_peer_address(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, peer.PeerAddr, buf, capacity, length)
}

//export oxgo_session_flash_version
func oxgo_session_flash_version(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, flashVersion, buf, capacity, length)
}

//export oxgo_session_swf_url
func oxgo_session_swf_url(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, swfURL, buf, capacity, length)
}

//export oxgo_session_page_url
func oxgo_session_page_url(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, pageURL, buf, capacity, length)
}

//export oxgo_session_encoder
func oxgo_session_encoder(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, encoder, buf, capacity, length)
}

//export oxgo_session_connect_json
func oxgo_session_connect_json(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, connectJSON, buf, capacity, length)
}

//export oxgo_session_connection
func oxgo_session_connection(h C.oxrtmp_session, connection *C.uint64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error {
		*connection = C.uint64_t(s.Connection())
		return nil
	})
}

//export oxgo_session_user
func oxgo_session_user(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(sessions, h.id, user, buf, capacity, length)
}

//export oxgo_session_connect
func oxgo_session_connect(h C.oxrtmp_session, info *C.oxrtmp_connect_info) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(p *heldSession) error { return putConnect(info, p) })
}

// batches are where packets wait on their way from a session to C. They are small: each call that waits has one.
var batches = sync.Pool{New: func() any { return new(packetBatch) }}

type packetBatch [queue.Turn]media.Packet

//export oxgo_session_next_packet
func oxgo_session_next_packet(h C.oxrtmp_session, timeout C.int32_t, out *C.oxrtmp_packet) (status C.oxrtmp_status) {
	defer guard(&status)
	_, status = nextPackets(h, timeout, unsafe.Slice(out, 1))
	return status
}

//export oxgo_session_next_packets
func oxgo_session_next_packets(h C.oxrtmp_session, timeout C.int32_t, out *C.oxrtmp_packet, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	n, status := nextPackets(h, timeout, unsafe.Slice(out, int(min(most, 4096))))
	*count = C.size_t(n)
	return status
}

func nextPackets(h C.oxrtmp_session, timeout C.int32_t, out []C.oxrtmp_packet) (n int, status C.oxrtmp_status) {
	status = with(sessions, h.id, func(s *heldSession) (err error) {
		n, err = s.takePackets(out, s.NextPackets, timeout)
		return err
	})
	return n, status
}

// takePackets is takePackets for what may have a queue.
func (a *attachment) takePackets(out []C.oxrtmp_packet, take func([]media.Packet, time.Duration) (int, error), timeout C.int32_t) (int, error) {
	if a.attached() {
		return 0, errBusy
	}
	return takePackets(out, take, duration(timeout))
}

// takePackets writes the packets that take returns to out. It waits for the first.
func takePackets(out []C.oxrtmp_packet, take func([]media.Packet, time.Duration) (int, error), timeout time.Duration) (n int, err error) {
	batch := batches.Get().(*packetBatch)
	defer batches.Put(batch)
	for n < len(out) {
		some := batch[:min(len(batch), len(out)-n)]
		got, err := take(some, timeout)
		if got == 0 && n > 0 {
			return n, nil // what the error is comes with the next call
		}
		if err == nil {
			err = putPackets(out[n:], some[:got])
		}
		if err != nil {
			for i := range out[:n] {
				C.ox_packet_drop(&out[i])
			}
			return 0, err
		}
		if n += got; got < len(some) {
			break
		}
		timeout = 0
	}
	return n, nil
}

// incoming is what has had metadata: a session that is published, a client that plays.
type incoming interface {
	Metadata() (message.Metadata, bool)
	MetadataValue() (amf.Value, bool)
	RawMetadata() []byte
}

func metadataOf(from incoming, out *C.oxrtmp_metadata) error {
	m, ok := from.Metadata()
	if !ok {
		return errNothing
	}
	putMetadata(out, &m)
	return nil
}

func metadataTracks(from incoming, out *C.oxrtmp_track_info, most C.size_t, count *C.size_t) error {
	m, ok := from.Metadata()
	if !ok {
		return errNothing
	}
	tracks := len(m.VideoTracks) + len(m.AudioTracks)
	*count = C.size_t(tracks)
	if *count > most {
		return errBuffer
	}
	putTracks(unsafe.Slice(out, tracks), &m)
	return nil
}

func metadataJSON(from incoming, buf *C.char, capacity C.size_t, length *C.size_t) error {
	v, ok := from.MetadataValue()
	if !ok {
		return errNothing
	}
	return putText(string(amf.AppendJSON(nil, v)), buf, capacity, length)
}

func metadataRaw(from incoming, buf *C.uint8_t, capacity C.size_t, length *C.size_t) error {
	raw := from.RawMetadata()
	if len(raw) == 0 {
		return errNothing
	}
	return putBytes(raw, buf, capacity, length)
}

//export oxgo_session_metadata
func oxgo_session_metadata(h C.oxrtmp_session, out *C.oxrtmp_metadata) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return metadataOf(s, out) })
}

//export oxgo_session_metadata_tracks
func oxgo_session_metadata_tracks(h C.oxrtmp_session, out *C.oxrtmp_track_info, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return metadataTracks(s, out, most, count) })
}

//export oxgo_session_metadata_json
func oxgo_session_metadata_json(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return metadataJSON(s, buf, capacity, length) })
}

//export oxgo_session_metadata_raw
func oxgo_session_metadata_raw(h C.oxrtmp_session, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return metadataRaw(s, buf, capacity, length) })
}

//export oxgo_session_statistics
func oxgo_session_statistics(h C.oxrtmp_session, out *C.oxrtmp_statistics) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error {
		putStatistics(out, s.Statistics())
		return nil
	})
}

//export oxgo_session_end_reason
func oxgo_session_end_reason(h C.oxrtmp_session, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return putText(s.EndReason(), buf, capacity, length) })
}

//export oxgo_session_close
func oxgo_session_close(h C.oxrtmp_session) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(sessions, h.id, (*heldSession).close)
}

//export oxgo_session_close_with_status
func oxgo_session_close_with_status(h C.oxrtmp_session, code, description *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(sessions, h.id, func(s *heldSession) error {
		s.detach(s)
		return s.CloseWithStatus(rejection(code), goString(description))
	})
}

// rejection is the code for a stream that is ended from this side: the caller's, or one that encoders obey.
func rejection(code *C.char) string {
	if c := goString(code); c != "" {
		return c
	}
	return message.CodePublishRejected
}
