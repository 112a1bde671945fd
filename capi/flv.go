package main

// #include "bridge.h"
import "C"

import (
	"oxrtmp/capi/internal/handle"
	"oxrtmp/rtmp"
)

//export oxgo_recorder_open
func oxgo_recorder_open(path *C.char, o *C.oxrtmp_recorder_options, recorder *C.oxrtmp_recorder) (status C.oxrtmp_status) {
	defer guard(&status)
	options := recorderOptions(o)
	options.Path = goString(path)
	return newRecorder(options, recorder)
}

//export oxgo_recorder_open_in
func oxgo_recorder_open_in(directory, name *C.char, o *C.oxrtmp_recorder_options, recorder *C.oxrtmp_recorder) (status C.oxrtmp_status) {
	defer guard(&status)
	options := recorderOptions(o)
	options.Directory, options.Name = goString(directory), goString(name)
	return newRecorder(options, recorder)
}

func recorderOptions(o *C.oxrtmp_recorder_options) *rtmp.RecorderOptions {
	return &rtmp.RecorderOptions{
		IndexBytes: int(o.index_bytes), RotateBytes: int64(o.rotate_bytes),
		RotateDuration: milliseconds(o.rotate_duration_ms),
	}
}

func newRecorder(o *rtmp.RecorderOptions, recorder *C.oxrtmp_recorder) C.oxrtmp_status {
	r, err := rtmp.NewRecorder(o)
	if err != nil {
		return failSetup(err)
	}
	return fail(open(recorders, r, &recorder.id, (*rtmp.Recorder).Close))
}

//export oxgo_recorder_write
func oxgo_recorder_write(h C.oxrtmp_recorder, in *C.oxrtmp_packet) (status C.oxrtmp_status) {
	defer guard(&status)
	ref, err := recorders.Acquire(handle.ID(h.id))
	if err != nil {
		return fail(err)
	}
	defer ref.Release()
	p := getPacket(in)
	return failSetup(ref.Value.WritePacket(&p))
}

//export oxgo_recorder_path
func oxgo_recorder_path(h C.oxrtmp_recorder, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(recorders, h.id, func(r *rtmp.Recorder) error { return putText(r.Path(), buf, capacity, length) })
}

//export oxgo_recorder_close
func oxgo_recorder_close(h C.oxrtmp_recorder) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(recorders, h.id, (*rtmp.Recorder).Close)
}

//export oxgo_flv_reader_open
func oxgo_flv_reader_open(path *C.char, reader *C.oxrtmp_flv_reader) (status C.oxrtmp_status) {
	defer guard(&status)
	r, err := openFLV(goString(path))
	if err != nil {
		return fail(err)
	}
	return fail(open(flvReaders, r, &reader.id, (*flvReader).close))
}

//export oxgo_flv_reader_create
func oxgo_flv_reader_create(reader *C.oxrtmp_flv_reader) (status C.oxrtmp_status) {
	defer guard(&status)
	return fail(open(flvReaders, new(flvReader), &reader.id, (*flvReader).close))
}

//export oxgo_flv_reader_feed
func oxgo_flv_reader_feed(h C.oxrtmp_flv_reader, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(flvReaders, h.id, func(r *flvReader) error { return r.feed(bytesAt(p, n)) })
}

//export oxgo_flv_reader_next_packet
func oxgo_flv_reader_next_packet(h C.oxrtmp_flv_reader, out *C.oxrtmp_packet) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(flvReaders, h.id, func(r *flvReader) error {
		p, err := r.next()
		if err != nil {
			return err
		}
		if err = putPacket(out, &p); err != nil {
			p.Release()
		}
		return err
	})
}

//export oxgo_flv_reader_close
func oxgo_flv_reader_close(h C.oxrtmp_flv_reader) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(flvReaders, h.id, (*flvReader).close)
}
