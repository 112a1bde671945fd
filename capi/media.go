package main

// #include "bridge.h"
import "C"

import (
	"unsafe"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/media"
)

//export oxgo_packet_parse
func oxgo_packet_parse(typeID, timestamp C.uint32_t, p *C.uint8_t, n C.size_t, out *C.oxrtmp_packet, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	batch := batches.Get().(*packetBatch)
	defer batches.Put(batch)
	packets := media.AppendPackets(batch[:0], uint8(typeID), uint32(timestamp), bytesAt(p, n))
	defer clear(packets)
	*count = C.size_t(len(packets))
	if *count > most {
		return fail(errBuffer)
	}
	to := unsafe.Slice(out, len(packets))
	for i := range packets {
		packets[i].SetTime(int64(timestamp))
		to[i] = describePacket(&packets[i])
	}
	return C.OXRTMP_OK
}

//export oxgo_packet_build
func oxgo_packet_build(in *C.oxrtmp_packet, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	p := getPacket(in)
	return build(buf, capacity, length, func(dst []byte) ([]byte, error) { return media.AppendPayload(dst, &p) })
}

//export oxgo_color_info_parse
func oxgo_color_info_parse(p *C.uint8_t, n C.size_t, out *C.oxrtmp_color_info) (status C.oxrtmp_status) {
	defer guard(&status)
	info, err := media.ParseColorInfo(bytesAt(p, n), amf.Limits{})
	if err != nil {
		return fail(err)
	}
	if c := info.Config; c != nil {
		out.sections |= C.OXRTMP_COLOR_CONFIG
		out.bit_depth, out.color_primaries = C.uint32_t(c.BitDepth), C.uint32_t(c.ColorPrimaries)
		out.transfer_characteristics, out.matrix_coefficients = C.uint32_t(c.TransferCharacteristics), C.uint32_t(c.MatrixCoefficients)
	}
	if l := info.Light; l != nil {
		out.sections |= C.OXRTMP_COLOR_LIGHT
		out.max_frame_average_light, out.max_light = C.double(l.MaxFrameAverage), C.double(l.Max)
	}
	if d := info.Display; d != nil {
		out.sections |= C.OXRTMP_COLOR_DISPLAY
		out.red_x, out.red_y, out.green_x, out.green_y = C.double(d.RedX), C.double(d.RedY), C.double(d.GreenX), C.double(d.GreenY)
		out.blue_x, out.blue_y = C.double(d.BlueX), C.double(d.BlueY)
		out.white_point_x, out.white_point_y = C.double(d.WhitePointX), C.double(d.WhitePointY)
		out.max_luminance, out.min_luminance = C.double(d.MaxLuminance), C.double(d.MinLuminance)
	}
	return C.OXRTMP_OK
}

//export oxgo_color_info_build
func oxgo_color_info_build(in *C.oxrtmp_color_info, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	var info media.ColorInfo
	if in.sections&C.OXRTMP_COLOR_CONFIG != 0 {
		info.Config = &media.ColorConfig{
			BitDepth: uint8(in.bit_depth), ColorPrimaries: uint8(in.color_primaries),
			TransferCharacteristics: uint8(in.transfer_characteristics), MatrixCoefficients: uint8(in.matrix_coefficients),
		}
	}
	if in.sections&C.OXRTMP_COLOR_LIGHT != 0 {
		info.Light = &media.ContentLight{MaxFrameAverage: float64(in.max_frame_average_light), Max: float64(in.max_light)}
	}
	if in.sections&C.OXRTMP_COLOR_DISPLAY != 0 {
		info.Display = &media.MasteringDisplay{
			RedX: float64(in.red_x), RedY: float64(in.red_y), GreenX: float64(in.green_x), GreenY: float64(in.green_y),
			BlueX: float64(in.blue_x), BlueY: float64(in.blue_y),
			WhitePointX: float64(in.white_point_x), WhitePointY: float64(in.white_point_y),
			MaxLuminance: float64(in.max_luminance), MinLuminance: float64(in.min_luminance),
		}
	}
	return fail(putBytes(media.AppendColorInfo(nil, &info), buf, capacity, length))
}

//export oxgo_flv_header
func oxgo_flv_header(audio, video C.uint32_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return fail(putBytes(flv.AppendHeader(nil, audio != 0, video != 0), buf, capacity, length))
}

//export oxgo_flv_tag
func oxgo_flv_tag(in *C.oxrtmp_packet, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	p := getPacket(in)
	scratch := scratches.Get().(*[]byte)
	defer keepScratch(scratch)
	payload, err := flv.Payload(&p, scratch)
	if err != nil {
		return failSetup(err)
	}
	return build(buf, capacity, length, func(dst []byte) ([]byte, error) {
		return flv.AppendTag(dst, flv.Tag{Type: p.Type, Timestamp: p.Timestamp, Encrypted: p.Flags&media.FlagEncrypted != 0, Data: payload})
	})
}

//export oxgo_flv_envelope_parse
func oxgo_flv_envelope_parse(typeID C.uint32_t, p *C.uint8_t, n C.size_t, out *C.oxrtmp_flv_envelope) (status C.oxrtmp_status) {
	defer guard(&status)
	e, err := flv.ParseEnvelope(flv.Tag{Type: uint8(typeID), Encrypted: true, Data: bytesAt(p, n)})
	if err != nil {
		return fail(err)
	}
	*out = C.oxrtmp_flv_envelope{
		head: pointerTo(e.Head), head_size: C.size_t(len(e.Head)), params: pointerTo(e.Params), params_size: C.size_t(len(e.Params)),
		filter: (*C.char)(unsafe.Add(unsafe.Pointer(p), len(e.Head)+1)), // behind the number of filters
		iv:     pointerTo(e.IV), body: pointerTo(e.Body), body_size: C.size_t(len(e.Body)), encrypted: flag(e.Encrypted),
	}
	return C.OXRTMP_OK
}

//export oxgo_flv_envelope_build
func oxgo_flv_envelope_build(in *C.oxrtmp_flv_envelope, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	e := flv.Envelope{
		Head: bytesAt(in.head, in.head_size), Filter: goString(in.filter), Encrypted: in.encrypted != 0,
		Body: bytesAt(in.body, in.body_size),
	}
	if in.filter == nil {
		e.Filter = flv.FilterEncryption
	}
	switch {
	case in.params != nil:
		e.Params = bytesAt(in.params, in.params_size)
	case e.Filter != flv.FilterEncryption && e.Filter != flv.FilterSelective:
		e.Params = []byte{}
	}
	if in.iv != nil {
		e.IV = bytesAt(in.iv, flv.IVSize)
	}
	return build(buf, capacity, length, e.Append)
}
