package amf_test

import (
	"testing"

	"oxrtmp/rtmp/amf"
)

func benchmarkMetadata() *amf.ECMAArray {
	return &amf.ECMAArray{Properties: object(
		"duration", amf.Number(0), "fileSize", amf.Number(0), "width", amf.Number(1920), "height", amf.Number(1080),
		"videocodecid", amf.Number(7), "videodatarate", amf.Number(6000), "framerate", amf.Number(60),
		"audiocodecid", amf.Number(10), "audiodatarate", amf.Number(160), "audiosamplerate", amf.Number(48000),
		"audiosamplesize", amf.Number(16), "audiochannels", amf.Number(2), "stereo", amf.Boolean(true),
		"encoder", amf.String("obs-output module (libobs version 30.0.0)"),
	).Properties}
}

func BenchmarkDecodeAMF0(b *testing.B) {
	p := amf.AppendAMF0(nil, benchmarkMetadata())
	b.SetBytes(int64(len(p)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := amf.DecodeAMF0(p, amf.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendAMF0(b *testing.B) {
	v := benchmarkMetadata()
	var p []byte
	b.ReportAllocs()
	for b.Loop() {
		p = amf.AppendAMF0(p[:0], v)
	}
	b.SetBytes(int64(len(p)))
}
