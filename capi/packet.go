package main

// #include "bridge.h"
import "C"

import (
	"time"
	"unsafe"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// putPacket writes p to C and hands its buffer reference over: out.token is the address of the block, which
// ox_packets_own turns into a token. A packet whose bytes are not in a block of ours is copied into one. On error
// nothing is written, and p keeps its reference.
func putPacket(out *C.oxrtmp_packet, p *media.Packet) error {
	b := p.Buffer
	if b == nil || b.Foreign == nil {
		if b = copyToBlock(p); b == nil && len(p.Raw)+len(p.Data) > 0 {
			return errMemory
		}
		p.Release()
	} else {
		p.Buffer = nil
	}
	*out = describePacket(p)
	if b != nil {
		out.token = C.uint64_t(uintptr(b.Foreign))
	}
	return nil
}

// describePacket is p in C, its bytes where they are.
func describePacket(p *media.Packet) C.oxrtmp_packet {
	return C.oxrtmp_packet{
		data: pointerTo(p.Data), size: C.size_t(len(p.Data)),
		raw: pointerTo(p.Raw), raw_size: C.size_t(len(p.Raw)),
		dts_ns: C.int64_t(p.DTS), pts_ns: C.int64_t(p.PTS), arrival_ns: arrivalOf(p),
		timestamp_ms: C.uint32_t(p.Timestamp), composition_ms: C.int32_t(p.Composition),
		nano_offset_ns: C.uint32_t(p.NanoOffset), codec: C.uint32_t(p.Codec), flags: C.uint32_t(p.Flags),
		kind: C.uint8_t(p.Kind), _type: C.uint8_t(p.Type), track: C.uint8_t(p.Track),
		frame_type: C.uint8_t(p.FrameType), packet_type: C.uint8_t(p.PacketType),
		audio_header: C.uint8_t(p.AudioHeader),
	}
}

// arrivalOf is when the packet arrived, by CLOCK_MONOTONIC; 0 if it did not.
func arrivalOf(p *media.Packet) C.int64_t {
	if p.Arrival == 0 {
		return 0
	}
	return epoch + C.int64_t(p.Arrival)
}

// epoch is where arrivals are counted from.
var epoch = monotonicAt(rtmp.Epoch)

// putPackets writes packets to out, which has room for them, all or none. On error they are released.
func putPackets(out []C.oxrtmp_packet, packets []media.Packet) error {
	for i := range packets {
		if err := putPacket(&out[i], &packets[i]); err != nil {
			for j := range out[:i] {
				C.ox_packet_drop(&out[j])
			}
			for j := range packets {
				packets[j].Release()
			}
			return err
		}
	}
	clear(packets)
	return nil
}

// copyToBlock moves the bytes of p into a new block; nil if there are none, or no memory.
func copyToBlock(p *media.Packet) *buffer.Buffer {
	if len(p.Raw)+len(p.Data) == 0 {
		return nil
	}
	inside := within(p.Raw, p.Data)
	size := len(p.Raw)
	if inside < 0 {
		size += len(p.Data)
	}
	b := blocks.Allocate(size)
	if b == nil {
		return nil
	}
	to := b.Bytes()
	raw := to[:copy(to, p.Raw)]
	if inside < 0 {
		inside = len(raw)
		copy(to[inside:], p.Data)
	}
	p.Raw, p.Data = raw, to[inside:inside+len(p.Data)]
	return b
}

// within returns where part lies inside whole, or -1.
func within(whole, part []byte) int {
	if len(part) == 0 {
		return 0
	}
	offset := uintptr(unsafe.Pointer(unsafe.SliceData(part))) - uintptr(unsafe.Pointer(unsafe.SliceData(whole)))
	if len(whole) == 0 || offset > uintptr(len(whole)-len(part)) || len(part) > len(whole) {
		return -1
	}
	return int(offset)
}

func pointerTo(p []byte) *C.uint8_t {
	if len(p) == 0 {
		return nil
	}
	return (*C.uint8_t)(unsafe.Pointer(unsafe.SliceData(p)))
}

// getPacket reads a packet of the caller's. Its bytes are the caller's, valid for the call.
func getPacket(in *C.oxrtmp_packet) media.Packet {
	return media.Packet{
		Type: uint8(in._type), Kind: media.Kind(in.kind), Flags: media.Flags(in.flags), Codec: media.FourCC(in.codec),
		Track: uint8(in.track), FrameType: uint8(in.frame_type), PacketType: uint8(in.packet_type),
		AudioHeader: media.AudioHeader(in.audio_header), Timestamp: uint32(in.timestamp_ms),
		Composition: int32(in.composition_ms), NanoOffset: uint32(in.nano_offset_ns),
		DTS: int64(in.dts_ns), PTS: int64(in.pts_ns), Arrival: time.Duration(in.arrival_ns - epoch),
		Data: bytesAt(in.data, in.size), Raw: bytesAt(in.raw, in.raw_size),
	}
}

// packetData parses a data message for the functions that explain it.
func packetData(in *C.oxrtmp_packet) (message.Data, error) {
	if in._type != media.TypeData && in._type != media.TypeDataAMF3 {
		return message.Data{}, errState
	}
	return message.ParseData(uint8(in._type), bytesAt(in.data, in.size), amf.Limits{})
}

//export oxgo_packet_handler
func oxgo_packet_handler(in *C.oxrtmp_packet, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	d, err := packetData(in)
	if err != nil {
		return fail(err)
	}
	return fail(putText(d.Handler, buf, capacity, length))
}

//export oxgo_packet_json
func oxgo_packet_json(in *C.oxrtmp_packet, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	d, err := packetData(in)
	if err != nil {
		return fail(err)
	}
	values := &amf.StrictArray{Values: append([]amf.Value{amf.String(d.Handler)}, d.Values...)}
	return fail(putText(string(amf.AppendJSON(nil, values)), buf, capacity, length))
}
