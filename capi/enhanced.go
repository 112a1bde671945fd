package main

// #include "bridge.h"
import "C"

import (
	"encoding/binary"
	"errors"
	"unsafe"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// codecName is the name that capabilities have for a codec.
func codecName(c C.uint32_t) string {
	if c == C.OXRTMP_CODEC_ANY {
		return message.AnyCodec
	}
	return string(binary.BigEndian.AppendUint32(nil, uint32(c)))
}

func codecOf(name string) C.uint32_t {
	if name == message.AnyCodec {
		return C.OXRTMP_CODEC_ANY
	}
	return C.uint32_t(binary.BigEndian.Uint32([]byte(name)))
}

// capabilities converts what the caller says of itself; NULL stays nil.
func capabilities(in *C.oxrtmp_capabilities) *rtmp.Capabilities {
	if in == nil {
		return nil
	}
	c := &rtmp.Capabilities{Ex: uint32(in.caps_ex)}
	for _, codec := range in.fourccs[:in.fourcc_count] {
		c.FourCCs = append(c.FourCCs, codecName(codec))
	}
	for _, info := range in.video[:in.video_count] {
		c.SetVideo(codecName(info.codec), uint32(info.mask))
	}
	for _, info := range in.audio[:in.audio_count] {
		c.SetAudio(codecName(info.codec), uint32(info.mask))
	}
	return c
}

// putCapabilities writes as much as there is room for.
func putCapabilities(out *C.oxrtmp_capabilities, c rtmp.Capabilities) {
	out.caps_ex = C.uint32_t(c.Ex)
	for _, name := range c.FourCCs[:min(len(c.FourCCs), len(out.fourccs))] {
		out.fourccs[out.fourcc_count] = codecOf(name)
		out.fourcc_count++
	}
	out.video_count = putMasks(out.video[:], c.Video)
	out.audio_count = putMasks(out.audio[:], c.Audio)
}

func putMasks(out []C.oxrtmp_codec_mask, infos []message.FourCCInfo) (n C.uint32_t) {
	for _, info := range infos[:min(len(infos), len(out))] {
		out[n] = C.oxrtmp_codec_mask{codec: codecOf(info.Name), mask: C.uint32_t(info.Mask)}
		n++
	}
	return n
}

// capable is who knows what its peer can do.
type capable interface{ Capabilities() rtmp.Capabilities }

func putPeerCapabilities(out *C.oxrtmp_capabilities, of any) error {
	c, ok := of.(capable)
	if !ok {
		return errors.ErrUnsupported
	}
	putCapabilities(out, c.Capabilities())
	return nil
}

//export oxgo_request_capabilities
func oxgo_request_capabilities(h C.oxrtmp_request, out *C.oxrtmp_capabilities) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(requests, h.id, func(r *heldRequest) error { return putPeerCapabilities(out, r.wish) })
}

//export oxgo_session_capabilities
func oxgo_session_capabilities(h C.oxrtmp_session, out *C.oxrtmp_capabilities) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return putPeerCapabilities(out, s.Session) })
}

//export oxgo_client_capabilities
func oxgo_client_capabilities(h C.oxrtmp_client, out *C.oxrtmp_capabilities) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return putPeerCapabilities(out, c.carrier) })
}

//export oxgo_capabilities_all
func oxgo_capabilities_all(mask C.uint32_t, out *C.oxrtmp_capabilities) (status C.oxrtmp_status) {
	defer guard(&status)
	putCapabilities(out, rtmp.AllCapabilities(uint32(mask)))
	return C.OXRTMP_OK
}

//export oxgo_capabilities_intersect
func oxgo_capabilities_intersect(own, peer, out *C.oxrtmp_capabilities) (status C.oxrtmp_status) {
	defer guard(&status)
	putCapabilities(out, capabilities(own).Intersect(*capabilities(peer)))
	return C.OXRTMP_OK
}

//export oxgo_session_request_reconnect
func oxgo_session_request_reconnect(h C.oxrtmp_session, url, description *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error {
		return s.RequestReconnect(goString(url), goString(description))
	})
}

//export oxgo_server_request_reconnect
func oxgo_server_request_reconnect(h C.oxrtmp_server, url, description *C.char, asked *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		*asked = C.uint32_t(s.RequestReconnect(goString(url), goString(description)))
		return nil
	})
}

//export oxgo_multitrack_build
func oxgo_multitrack_build(form C.uint32_t, in *C.oxrtmp_packet, n C.size_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	packets := make([]media.Packet, 0, int(n))
	for i := range unsafe.Slice(in, int(n)) {
		packets = append(packets, getPacket(&unsafe.Slice(in, int(n))[i]))
	}
	payload, err := media.AppendMultitrack(nil, media.TrackForm(min(form, 0xFF)), packets)
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(payload, buf, capacity, length))
}

//export oxgo_multitrack_form
func oxgo_multitrack_form(typeID C.uint32_t, p *C.uint8_t, n C.size_t, form *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	f, ok := media.FormOf(uint8(typeID), bytesAt(p, n))
	if !ok {
		return fail(media.ErrTracks)
	}
	*form = C.uint32_t(f)
	return C.OXRTMP_OK
}

//export oxgo_modex_parse
func oxgo_modex_parse(typeID C.uint32_t, p *C.uint8_t, n C.size_t, out *C.oxrtmp_modex, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	entries, ok := media.AppendModExEntries(nil, uint8(typeID), bytesAt(p, n))
	if !ok {
		return fail(media.ErrModEx)
	}
	*count = C.size_t(len(entries))
	if *count > most {
		return fail(errBuffer)
	}
	to := unsafe.Slice(out, int(most))
	for i, e := range entries {
		to[i] = C.oxrtmp_modex{_type: C.uint32_t(e.Type), data: pointerTo(e.Data), size: C.size_t(len(e.Data))}
	}
	return C.OXRTMP_OK
}

//export oxgo_modex_build
func oxgo_modex_build(typeID C.uint32_t, p *C.uint8_t, n C.size_t, in *C.oxrtmp_modex, count C.size_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	var entries []media.ModEx
	for _, e := range unsafe.Slice(in, int(count)) {
		entries = append(entries, media.ModEx{Type: uint8(min(e._type, 0xFF)), Data: bytesAt(e.data, e.size)})
	}
	payload, err := media.AppendWithModEx(nil, uint8(typeID), bytesAt(p, n), entries...)
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(payload, buf, capacity, length))
}

//export oxgo_channels_parse
func oxgo_channels_parse(p *C.uint8_t, n C.size_t, out *C.oxrtmp_channels) (status C.oxrtmp_status) {
	defer guard(&status)
	m, err := media.ParseMultichannelConfig(bytesAt(p, n))
	if err != nil {
		return fail(err)
	}
	out.order, out.count, out.mask = C.uint32_t(m.Order), C.uint32_t(m.Count), C.uint32_t(m.Mask)
	for i, c := range m.Channels() {
		out.channels[i] = C.uint8_t(c)
	}
	return C.OXRTMP_OK
}

//export oxgo_channels_build
func oxgo_channels_build(in *C.oxrtmp_channels, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	m := media.MultichannelConfig{Order: uint8(in.order), Count: uint8(in.count), Mask: uint32(in.mask)}
	if m.Order == media.ChannelsCustom {
		for _, c := range in.channels[:in.count] {
			m.Mapping = append(m.Mapping, media.Channel(c))
		}
	}
	return fail(putBytes(media.AppendMultichannelConfig(nil, &m), buf, capacity, length))
}
