package main

// #include "bridge.h"
import "C"

import (
	"fmt"
	"unsafe"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
)

// outgoing is what takes packets: a client that publishes, a session that is played.
type outgoing interface {
	SendPacket(*media.Packet) error
	SendMetadataValue(amf.Value) error
}

func sendPacket(to outgoing, in *C.oxrtmp_packet) error {
	p := getPacket(in)
	return to.SendPacket(&p)
}

// sendPackets sends count packets and counts those that were taken.
func sendPackets(to outgoing, in *C.oxrtmp_packet, count C.size_t, sent *C.size_t) error {
	for packets := unsafe.Slice(in, int(count)); len(packets) > 0; packets = packets[1:] {
		if err := sendPacket(to, &packets[0]); err != nil {
			return err
		}
		*sent++
	}
	return nil
}

func sendMetadataJSON(to outgoing, json *C.char) error {
	v, err := amf.ParseJSON([]byte(goString(json)), amf.Limits{})
	if err != nil {
		return fmt.Errorf("%w: %w", errArgument, err)
	}
	object, ok := v.(*amf.Object)
	if !ok {
		return fmt.Errorf("%w: metadata is no JSON object", errArgument)
	}
	return to.SendMetadataValue(&amf.ECMAArray{Properties: object.Properties})
}

//export oxgo_session_send_video_sequence_header
func oxgo_session_send_video_sequence_header(h C.oxrtmp_session, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return s.SendVideoSequenceHeader(bytesAt(p, n)) })
}

//export oxgo_session_send_audio_sequence_header
func oxgo_session_send_audio_sequence_header(h C.oxrtmp_session, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return s.SendAudioSequenceHeader(bytesAt(p, n)) })
}

//export oxgo_session_send_video
func oxgo_session_send_video(h C.oxrtmp_session, timestamp, keyframe C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error {
		return s.SendVideo(uint32(timestamp), keyframe != 0, bytesAt(p, n))
	})
}

//export oxgo_session_send_video_at
func oxgo_session_send_video_at(h C.oxrtmp_session, timestamp C.uint32_t, composition C.int32_t, keyframe C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error {
		return s.SendVideoAt(uint32(timestamp), int32(composition), keyframe != 0, bytesAt(p, n))
	})
}

//export oxgo_session_send_audio
func oxgo_session_send_audio(h C.oxrtmp_session, timestamp C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return s.SendAudio(uint32(timestamp), bytesAt(p, n)) })
}

//export oxgo_session_send_metadata
func oxgo_session_send_metadata(h C.oxrtmp_session, m *C.oxrtmp_metadata) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return s.SendMetadata(getMetadata(m)) })
}

//export oxgo_session_send_metadata_json
func oxgo_session_send_metadata_json(h C.oxrtmp_session, json *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return sendMetadataJSON(s, json) })
}

//export oxgo_session_send_data
func oxgo_session_send_data(h C.oxrtmp_session, timestamp C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return s.SendData(uint32(timestamp), bytesAt(p, n)) })
}

//export oxgo_session_send_packet
func oxgo_session_send_packet(h C.oxrtmp_session, in *C.oxrtmp_packet) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return sendPacket(s, in) })
}

//export oxgo_session_send_packets
func oxgo_session_send_packets(h C.oxrtmp_session, in *C.oxrtmp_packet, count C.size_t, sent *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return sendPackets(s, in, count, sent) })
}

//export oxgo_session_flush
func oxgo_session_flush(h C.oxrtmp_session, timeout C.int32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return s.Flush(duration(timeout)) })
}
