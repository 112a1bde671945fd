package main

// #include "bridge.h"
import "C"

import (
	"unsafe"

	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/media"
)

//export oxgo_packet_parse
func oxgo_packet_parse(typeID, timestamp C.uint32_t, p *C.uint8_t, n C.size_t, out *C.oxrtmp_packet, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	packets := media.AppendPackets(nil, uint8(typeID), uint32(timestamp), bytesAt(p, n))
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
	payload, err := media.AppendPayload(nil, &p)
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(payload, buf, capacity, length))
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
	var scratch []byte
	payload, err := flv.Payload(&p, &scratch)
	if err != nil {
		return failSetup(err)
	}
	tag, err := flv.AppendTag(nil, flv.Tag{Type: p.Type, Timestamp: p.Timestamp, Data: payload})
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(tag, buf, capacity, length))
}
