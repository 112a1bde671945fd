package main

// #include "bridge.h"
import "C"

import (
	"fmt"
	"unsafe"

	"oxrtmp/rtmp/codec"
	"oxrtmp/rtmp/media"
)

//export oxgo_codec_describe
func oxgo_codec_describe(in *C.oxrtmp_packet, out *C.oxrtmp_codec_info) (status C.oxrtmp_status) {
	defer guard(&status)
	p := getPacket(in)
	i, err := codec.Describe(&p)
	if err != nil {
		return fail(err)
	}
	out.codec, out.profile, out.level = C.uint32_t(i.Codec), C.uint32_t(i.Profile), C.uint32_t(i.Level)
	out.width, out.height, out.bit_depth = C.uint32_t(i.Width), C.uint32_t(i.Height), C.uint32_t(i.BitDepth)
	out.sample_rate, out.channels = C.uint32_t(i.SampleRate), C.uint32_t(i.Channels)
	out.length_size = C.uint32_t(i.LengthSize)
	putArray(out.name[:], codec.Name(i.Codec))
	if parameter, err := codec.Parameter(&p); err == nil {
		putArray(out.parameter[:], parameter)
	}
	return C.OXRTMP_OK
}

//export oxgo_codec_extradata
func oxgo_codec_extradata(fourCC C.uint32_t, p *C.uint8_t, n C.size_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return fail(putBytes(codec.Extradata(media.FourCC(fourCC), bytesAt(p, n)), buf, capacity, length))
}

//export oxgo_codec_detect
func oxgo_codec_detect(p *C.uint8_t, n C.size_t, fourCC *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	*fourCC = C.uint32_t(codec.Detect(bytesAt(p, n)))
	return C.OXRTMP_OK
}

//export oxgo_nalu_parse
func oxgo_nalu_parse(fourCC, lengthSize C.uint32_t, p *C.uint8_t, n C.size_t, out *C.oxrtmp_nalu, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	to := unsafe.Slice(out, int(most))
	found := 0
	put := func(unit []byte) {
		if found < len(to) {
			c := media.FourCC(fourCC)
			to[found] = C.oxrtmp_nalu{
				data: pointerTo(unit), size: C.size_t(len(unit)), _type: C.int32_t(codec.NALUType(c, unit)),
				random_access: flag(codec.IsRandomAccess(c, unit)), parameter_set: flag(codec.IsParameterSet(c, unit)),
			}
		}
		found++
	}
	if lengthSize == 0 {
		for unit := range codec.AnnexB(bytesAt(p, n)) {
			put(unit)
		}
	} else {
		for unit, err := range codec.NALUs(bytesAt(p, n), int(lengthSize)) {
			if err != nil {
				return fail(err)
			}
			put(unit)
		}
	}
	*count = C.size_t(found)
	if found > len(to) {
		return fail(errBuffer)
	}
	return C.OXRTMP_OK
}

//export oxgo_nalu_from_annexb
func oxgo_nalu_from_annexb(p *C.uint8_t, n C.size_t, lengthSize C.uint32_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	out, err := codec.FromAnnexB(nil, bytesAt(p, n), int(lengthSize))
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(out, buf, capacity, length))
}

//export oxgo_nalu_to_annexb
func oxgo_nalu_to_annexb(p *C.uint8_t, n C.size_t, lengthSize C.uint32_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	out, err := codec.ToAnnexB(nil, bytesAt(p, n), int(lengthSize))
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(out, buf, capacity, length))
}

//export oxgo_codec_record
func oxgo_codec_record(fourCC C.uint32_t, p *C.uint8_t, n C.size_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	var units [][]byte
	for unit := range codec.AnnexB(bytesAt(p, n)) {
		units = append(units, unit)
	}
	record, err := recordOf(media.FourCC(fourCC), units)
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(record, buf, capacity, length))
}

func recordOf(c media.FourCC, units [][]byte) ([]byte, error) {
	switch c {
	case media.AVC1:
		a, err := codec.NewAVC(units...)
		if err != nil {
			return nil, err
		}
		return a.Append(nil)
	case media.HVC1:
		h, err := codec.NewHEVC(units...)
		if err != nil {
			return nil, err
		}
		return h.Append(nil)
	}
	return nil, fmt.Errorf("%w: %v has no such record", errArgument, c)
}

//export oxgo_codec_parameter_sets
func oxgo_codec_parameter_sets(fourCC C.uint32_t, p *C.uint8_t, n C.size_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	sets, err := codec.ParameterSets(nil, media.FourCC(fourCC), bytesAt(p, n))
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(sets, buf, capacity, length))
}

//export oxgo_adts_parse
func oxgo_adts_parse(p *C.uint8_t, n C.size_t, out *C.oxrtmp_adts) (status C.oxrtmp_status) {
	defer guard(&status)
	frame, h, _, err := codec.CutADTS(bytesAt(p, n))
	if err != nil {
		return fail(err)
	}
	config, err := h.Config.Append(nil)
	if err != nil {
		return fail(err)
	}
	out.data, out.size, out.frame_size = pointerTo(frame), C.size_t(len(frame)), C.uint32_t(h.FrameSize)
	out.sample_rate, out.channels = C.uint32_t(h.Config.SampleRate), C.uint32_t(h.Config.Channels())
	out.profile = C.uint32_t(h.Config.ObjectType)
	out.config_size = C.uint32_t(copy(unsafe.Slice((*byte)(unsafe.Pointer(&out.config)), len(out.config)), config))
	return C.OXRTMP_OK
}

//export oxgo_adts_build
func oxgo_adts_build(asc *C.uint8_t, ascSize C.size_t, p *C.uint8_t, n C.size_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	a, err := codec.ParseAAC(bytesAt(asc, ascSize))
	if err != nil {
		return fail(err)
	}
	out, err := codec.AppendADTS(nil, &a, bytesAt(p, n))
	if err != nil {
		return fail(err)
	}
	return fail(putBytes(out, buf, capacity, length))
}
