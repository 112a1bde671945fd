package main

// #include "bridge.h"
import "C"

import (
	"fmt"
	"time"
	"unsafe"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// outgoing is what sends: a client that publishes, a session that is played.
type outgoing interface {
	SendVideoSequenceHeader(config []byte) error
	SendAudioSequenceHeader(config []byte) error
	SendVideo(timestamp uint32, keyframe bool, nalus []byte) error
	SendVideoAt(timestamp uint32, composition int32, keyframe bool, nalus []byte) error
	SendAudio(timestamp uint32, frame []byte) error
	SendMetadata(*message.Metadata) error
	SendMetadataValue(amf.Value) error
	SendData(timestamp uint32, body []byte) error
	SendPacket(*media.Packet) error
	Flush(timeout time.Duration) error
}

// sending calls f on what is behind the handle of a client, or of a session.
func sending(h C.ox_sender, f func(outgoing) error) C.oxrtmp_status {
	if h.session {
		return with(sessions, h.id, func(s *heldSession) error { return f(s) })
	}
	return with(clients, h.id, func(c *heldClient) error { return f(c) })
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
	text := []byte(goString(json))
	v, err := amf.ParseJSON(text, limitsToSend(C.size_t(len(text))))
	if err != nil {
		return fmt.Errorf("%w: %w", errArgument, err)
	}
	object, ok := v.(*amf.Object)
	if !ok {
		return fmt.Errorf("%w: metadata is no JSON object", errArgument)
	}
	return to.SendMetadataValue(&amf.ECMAArray{Properties: object.Properties})
}

//export oxgo_send_video_sequence_header
func oxgo_send_video_sequence_header(h C.ox_sender, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error { return to.SendVideoSequenceHeader(bytesAt(p, n)) })
}

//export oxgo_send_audio_sequence_header
func oxgo_send_audio_sequence_header(h C.ox_sender, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error { return to.SendAudioSequenceHeader(bytesAt(p, n)) })
}

//export oxgo_send_video
func oxgo_send_video(h C.ox_sender, timestamp, keyframe C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error {
		return to.SendVideo(uint32(timestamp), keyframe != 0, bytesAt(p, n))
	})
}

//export oxgo_send_video_at
func oxgo_send_video_at(h C.ox_sender, timestamp C.uint32_t, composition C.int32_t, keyframe C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error {
		return to.SendVideoAt(uint32(timestamp), int32(composition), keyframe != 0, bytesAt(p, n))
	})
}

//export oxgo_send_audio
func oxgo_send_audio(h C.ox_sender, timestamp C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error { return to.SendAudio(uint32(timestamp), bytesAt(p, n)) })
}

//export oxgo_send_metadata
func oxgo_send_metadata(h C.ox_sender, m *C.oxrtmp_metadata) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error { return to.SendMetadata(getMetadata(m)) })
}

//export oxgo_send_metadata_json
func oxgo_send_metadata_json(h C.ox_sender, json *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error { return sendMetadataJSON(to, json) })
}

//export oxgo_send_data
func oxgo_send_data(h C.ox_sender, timestamp C.uint32_t, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error { return to.SendData(uint32(timestamp), bytesAt(p, n)) })
}

//export oxgo_send_packet
func oxgo_send_packet(h C.ox_sender, in *C.oxrtmp_packet) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error { return sendPacket(to, in) })
}

//export oxgo_send_packets
func oxgo_send_packets(h C.ox_sender, in *C.oxrtmp_packet, count C.size_t, sent *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error { return sendPackets(to, in, count, sent) })
}

//export oxgo_flush
func oxgo_flush(h C.ox_sender, timeout C.int32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return sending(h, func(to outgoing) error { return to.Flush(duration(timeout)) })
}
