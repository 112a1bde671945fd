package codec

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/internal/wire"
	"oxrtmp/rtmp/media"
)

// What FFmpeg 5.1.9 wrote into MP4, Ogg and FLAC files of the streams in testdata/codec, and of others like them.
const (
	avcC     = "014d400affe10019674d400aeca393c4446022000003000200000300641e244b2c01000468ce0fc8"
	hvcC     = "0102200000009000000000001ef000fcfdfafa00000f03a00001001840010c01ffff02200000030090000003000003001eba0240a10001002b42010102200000030090000003000003001ea03881071110d96e92930bc05a020000030002000003003210a2000100064401c073c189"
	av1C     = "81000c000a0a000000032e1c4daf9004"
	vpcC     = "01000000030aa60202020000"
	opusHead = "4f707573486561640106380180bb000000000104020004010203" + "05"
	flac     = "664c614300000022120012000004b20004b20ac440f00000113a970a8602eaca9fdde598307ea787674b"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func file(t testing.TB, name string) []byte {
	t.Helper()
	p, err := os.ReadFile(filepath.Join(vectors.Root(t), "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// packets returns the audio and video packets of an FLV file.
func packets(t testing.TB, name string) (all []media.Packet) {
	t.Helper()
	p := file(t, name)[13:]
	for len(p) > 0 {
		size := int(wire.Uint24(p[1:]))
		if p[0] == media.TypeAudio || p[0] == media.TypeVideo {
			all = media.AppendPackets(all, p[0], wire.Uint24(p[4:]), p[11:11+size])
		}
		p = p[11+size+4:]
	}
	return all
}

func header(codec media.FourCC, data []byte) *media.Packet {
	return &media.Packet{Kind: media.KindSequenceHeader, Codec: codec, Data: data}
}

// A131, A133: what real configuration records say, as ffprobe has it.
func TestDescribe(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      Info
	}{
		{"H.264", avcC, Info{Codec: media.AVC1, Profile: 77, Level: 10, Width: 98, Height: 50, BitDepth: 8, LengthSize: 4}},
		{"H.265", hvcC, Info{Codec: media.HVC1, Profile: 2, Level: 30, Width: 98, Height: 50, BitDepth: 10, LengthSize: 4}},
		{"AV1", av1C, Info{Codec: media.AV01, Width: 98, Height: 50, BitDepth: 8}},
		{"VP9", vpcC, Info{Codec: media.VP09, Profile: 3, Level: 10, BitDepth: 10}},
		{"VP9, bare", vpcC[8:], Info{Codec: media.VP09, Profile: 3, Level: 10, BitDepth: 10}},
		{"H.266", "ff00650000", Info{Codec: media.VVC1, LengthSize: 4}},
		{"AAC LC", "1210", Info{Codec: media.MP4A, Profile: 2, SampleRate: 44100, Channels: 2}},
		{"HE-AAC", "2b118800", Info{Codec: media.MP4A, Profile: 5, SampleRate: 48000, Channels: 2}},
		{"AAC, its own rate", "17800bb810", Info{Codec: media.MP4A, Profile: 2, SampleRate: 6000, Channels: 2}},
		{"Opus 5.1", opusHead, Info{Codec: media.Opus, SampleRate: 48000, Channels: 6}},
		{"Opus without a header", "", Info{Codec: media.Opus}},
		{"FLAC", flac, Info{Codec: media.FLAC, SampleRate: 44100, Channels: 1, BitDepth: 16}},
		{"AC-3", "", Info{Codec: media.AC3}},
	} {
		got, err := Describe(header(c.want.Codec, unhex(t, c.hex)))
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
	descriptor := header(media.AV01, unhex(t, "8004 81000c00"))
	descriptor.Flags |= media.FlagMPEG2TS
	if got, err := Describe(descriptor); err != nil || got.BitDepth != 8 {
		t.Errorf("AV1 descriptor: %+v, %v", got, err)
	}
	if _, err := Describe(&media.Packet{Kind: media.KindFrame, Codec: media.AVC1}); err == nil {
		t.Error("a frame was described")
	}
	for _, p := range packets(t, "flv/veovera-av1-opus-10s.flv") {
		if p.Kind != media.KindSequenceHeader {
			continue
		}
		got, err := Describe(&p)
		want := Info{Codec: media.Opus, SampleRate: 48000, Channels: 1}
		switch {
		case len(p.Data) == 0: // the first one is
			want = Info{Codec: media.AV01}
		case p.Codec == media.AV01: // its onMetaData says 980 and 540 too
			want = Info{Codec: media.AV01, Profile: 1, Level: 4, Width: 980, Height: 540, BitDepth: 8}
		}
		if err != nil || got != want {
			t.Errorf("%v of the lab's file: %+v, %v; want %+v", p.Codec, got, err, want)
		}
	}
}

// Every record cut at every byte is an error or says less, and never a panic.
func TestRecordsCut(t *testing.T) {
	for codec, s := range map[media.FourCC]string{
		media.AVC1: avcC, media.HVC1: hvcC, media.AV01: av1C, media.VP09: vpcC, media.MP4A: "1210", media.FLAC: flac, media.Opus: opusHead,
	} {
		p := unhex(t, s)
		for n := 1; n < len(p); n++ {
			_, err := Describe(header(codec, p[:n]))
			whole := map[media.FourCC]int{media.AV01: 4, media.VP09: 8}[codec] // what the record can do with
			if err == nil && n != whole && codec != media.AV01 && codec != media.VP09 {
				t.Errorf("%v, %d of %d bytes: no error", codec, n, len(p))
			}
			if err != nil && !errors.Is(err, ErrRecord) {
				t.Errorf("%v, %d bytes: %v", codec, n, err)
			}
		}
	}
}

// The records are written as they were read.
func TestRecordsRoundTrip(t *testing.T) {
	a, err := ParseAVC(unhex(t, avcC))
	if got, e := a.Append(nil); err != nil || e != nil || hex.EncodeToString(got) != avcC {
		t.Errorf("avcC %x, %v, %v", got, err, e)
	}
	high := a
	high.Profile, high.Extended, high.ChromaFormat, high.LumaDepth, high.ChromaDepth = 100, true, 1, 8, 8
	high.SPSExt = [][]byte{{0x6D, 1}}
	p, _ := high.Append(nil)
	if got, err := ParseAVC(p); err != nil || !reflect.DeepEqual(got, high) {
		t.Errorf("extended avcC: %+v, %v", got, err)
	}
	if got, err := ParseAVC(p[:len(p)-8]); err != nil || got.Extended {
		t.Errorf("extended avcC without its tail: %+v, %v", got, err)
	}
	h, err := ParseHEVC(unhex(t, hvcC))
	if got, e := h.Append(nil); err != nil || e != nil || hex.EncodeToString(got) != hvcC {
		t.Errorf("hvcC %x, %v, %v", got, err, e)
	}
	one, err := ParseAV1(unhex(t, av1C))
	if got := one.Append(nil); err != nil || hex.EncodeToString(got) != av1C {
		t.Errorf("av1C %x, %v", got, err)
	}
	v, err := ParseVP(unhex(t, vpcC))
	if got := v.Append(nil); err != nil || hex.EncodeToString(got) != vpcC {
		t.Errorf("vpcC %x, %v", got, err)
	}
	if got := v.AppendBare(nil); hex.EncodeToString(got) != vpcC[8:] {
		t.Errorf("bare vpcC %x", got)
	}
	o, err := ParseOpus(unhex(t, opusHead))
	if got := o.Append(nil); err != nil || hex.EncodeToString(got) != opusHead || o.PreSkip != 312 || o.Streams != 4 {
		t.Errorf("OpusHead %x, %+v, %v", got, o, err)
	}
	f, err := ParseFLAC(unhex(t, flac))
	if got := f.AppendBare(nil); err != nil || hex.EncodeToString(got) != flac[16:] || f.Samples != 4410 {
		t.Errorf("STREAMINFO %x, %+v, %v", got, f, err)
	}
	for _, form := range [][]byte{f.AppendBare(nil), f.Append(nil), f.Append(nil)[4:]} {
		if got, err := ParseFLAC(form); err != nil || got != f {
			t.Errorf("%d bytes of STREAMINFO: %+v, %v", len(form), got, err)
		}
	}
	for _, s := range []string{"1210", "1190", "17800bb810", "1214"} {
		a, err := ParseAAC(unhex(t, s))
		if got, e := a.Append(nil); err != nil || e != nil || hex.EncodeToString(got) != s {
			t.Errorf("AudioSpecificConfig %s: %x, %v, %v", s, got, err, e)
		}
	}
}

// units returns the NAL units of a byte stream.
func units(p []byte) (all [][]byte) {
	for u := range AnnexB(p) {
		all = append(all, u)
	}
	return all
}

// A132: the byte stream that FFmpeg made of a stream with lengths holds the same units; parameter sets make the record
// that FFmpeg wrote; each form becomes the other.
func TestH264BothForms(t *testing.T) {
	stream := units(file(t, "codec/h264.h264"))
	built, err := NewAVC(stream...)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := built.Append(nil); err != nil || hex.EncodeToString(got) != avcC {
		t.Errorf("the record is %x, %v; want %s", got, err, avcC)
	}
	next, frames := 0, 0
	for _, p := range packets(t, "codec/h264.flv") {
		if p.Kind != media.KindFrame {
			continue
		}
		frames++
		random := false
		var own [][]byte
		for unit, err := range NALUs(p.Data, 4) {
			if err != nil {
				t.Fatal(err)
			}
			own = append(own, unit)
			random = random || IsRandomAccess(media.AVC1, unit)
			for IsParameterSet(media.AVC1, stream[next]) { // FFmpeg puts them before each key frame
				next++
			}
			if !bytes.Equal(unit, stream[next]) {
				t.Fatalf("frame %d: unit %x…, want %x…", frames, unit[:4], stream[next][:4])
			}
			next++
		}
		if random != p.Keyframe() {
			t.Errorf("frame %d: key frame %v, by its units %v", frames, p.Keyframe(), random)
		}
		annexB, err := ToAnnexB(nil, p.Data, 4)
		if err != nil || !reflect.DeepEqual(units(annexB), own) || !IsAnnexB(annexB) || IsAnnexB(p.Data) {
			t.Errorf("frame %d as a byte stream: %v", frames, err)
		}
		if back, err := FromAnnexB(nil, annexB, 4); err != nil || !bytes.Equal(back, p.Data) {
			t.Errorf("frame %d and back: %v", frames, err)
		}
	}
	if frames != 8 || next != len(stream) {
		t.Errorf("%d frames, %d of %d units", frames, next, len(stream))
	}
}

// The same for H.265.
func TestH265BothForms(t *testing.T) {
	stream := units(file(t, "codec/hevc.hevc"))
	built, err := NewHEVC(stream...)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := built.Append(nil); err != nil || hex.EncodeToString(got) != hvcC {
		t.Errorf("the record is %x, %v; want\n%s", got, err, hvcC)
	}
	random := 0
	for _, u := range stream {
		if IsRandomAccess(media.HVC1, u) {
			random++
		}
	}
	if random != 2 {
		t.Errorf("%d random access points, want 2", random)
	}
	withLengths, err := FromAnnexB(nil, file(t, "codec/hevc.hevc"), 2)
	if err != nil {
		t.Fatal(err)
	}
	var again [][]byte
	for u, err := range NALUs(withLengths, 2) {
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, u)
	}
	if !reflect.DeepEqual(again, stream) {
		t.Error("the units differ")
	}
}

func TestNALUsErrors(t *testing.T) {
	for _, c := range []struct {
		hex   string
		size  int
		units int
		err   error
	}{
		{"00000001 65 00000002 41", 4, 1, ErrRecord},
		{"00000001 65 0000", 4, 1, ErrRecord},
		{"ffffffff 65", 4, 0, ErrRecord},
		{"0001 65 0000", 2, 2, nil},
		{"01 65", 3, 0, ErrLengthSize},
		{"", 4, 0, nil},
	} {
		n := 0
		var last error
		for _, err := range NALUs(unhex(t, c.hex), c.size) {
			if last = err; err == nil {
				n++
			}
		}
		if n != c.units || !errors.Is(last, c.err) {
			t.Errorf("%s: %d units, %v", c.hex, n, last)
		}
	}
	if _, err := FromAnnexB(nil, append([]byte{0, 0, 1}, bytes.Repeat([]byte{1}, 256)...), 1); !errors.Is(err, ErrLengthSize) {
		t.Errorf("a unit of 256 bytes: %v", err)
	}
	if _, err := FromAnnexB(nil, nil, 3); !errors.Is(err, ErrLengthSize) { // although there is no unit
		t.Error(err)
	}
	for s, want := range map[string]string{
		"000001 65 88 000001 41": "6588 41", "00000001 65 0000 000001 41 0000": "65 41", "ffff 000001 65": "65", "000001 000001 65": "65", "65 88": "",
	} {
		var got []string
		for u := range AnnexB(unhex(t, s)) {
			got = append(got, hex.EncodeToString(u))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", s, got, want)
		}
	}
}

// A134: FFmpeg's ADTS stream has the frames and the configuration of its FLV file, and is what is written from those.
func TestADTS(t *testing.T) {
	stream := file(t, "codec/aac.adts")
	var written []byte
	var config AAC
	rest, frames := stream, 0
	for _, p := range packets(t, "codec/aac.flv") {
		if p.Kind == media.KindSequenceHeader {
			var err error
			if config, err = ParseAAC(p.Data); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if len(p.Data) == 0 {
			continue
		}
		frame, h, after, err := CutADTS(rest)
		if err != nil || !bytes.Equal(frame, p.Data) || h.Config != config || h.Blocks != 1 {
			t.Fatalf("frame %d: %+v, %v; config %+v", frames, h, err, config)
		}
		if written, err = AppendADTS(written, &config, p.Data); err != nil {
			t.Fatal(err)
		}
		rest, frames = after, frames+1
	}
	if frames < 9 || len(rest) != 0 {
		t.Fatalf("%d frames, %d bytes left", frames, len(rest))
	}
	for at := 0; at < len(stream); { // FFmpeg says it was MPEG-4 and copied; that bit means nothing here
		a, _ := ParseADTS(stream[at:])
		b, err := ParseADTS(written[at:])
		if err != nil || a != b || !bytes.Equal(stream[at+7:at+a.FrameSize], written[at+7:at+a.FrameSize]) {
			t.Fatalf("at %d: %+v, %+v, %v", at, a, b, err)
		}
		at += a.FrameSize
	}
	if asc, err := config.Append(nil); err != nil || hex.EncodeToString(asc) != "1190" {
		t.Errorf("config %x, %v", asc, err)
	}
	for _, bad := range []string{"", "fff1", "fff94c800bbffc", "fff1fc800bbffc", "fff14c8000dffc", "aff14c800bbffc"} {
		if h, err := ParseADTS(unhex(t, bad)); err == nil && bad != "fff94c800bbffc" {
			t.Errorf("%s: %+v", bad, h)
		}
	}
	if _, _, _, err := CutADTS(stream[:20]); !errors.Is(err, ErrRecord) {
		t.Errorf("a cut frame: %v", err)
	}
	for _, a := range []AAC{{ObjectType: 5, SampleRate: 48000}, {ObjectType: 2, SampleRate: 6000}, {ObjectType: 2, SampleRate: 48000, ChannelConfig: 8}} {
		if _, err := AppendADTS(nil, &a, nil); err == nil {
			t.Errorf("%+v has an ADTS header", a)
		}
	}
	he := AAC{ObjectType: 5, CoreObjectType: 2, SampleRate: 24000, ChannelConfig: 2, ExtensionSampleRate: 48000}
	if p, err := AppendADTS(nil, &he, []byte{1}); err != nil || p[2] != 0x58 {
		t.Errorf("HE-AAC: %x, %v", p, err)
	}
}

// D39: H.265 sent with H.264's number is told by its record.
func TestDetect(t *testing.T) {
	for s, want := range map[string]media.FourCC{avcC: media.AVC1, hvcC: media.HVC1, av1C: 0, "": 0, "01": 0, "1210": 0, avcC[:40]: 0, hvcC[:60]: 0} {
		if got := Detect(unhex(t, s)); got != want {
			t.Errorf("%.20s: %v, want %v", s, got, want)
		}
	}
	p := media.AppendPackets(nil, media.TypeVideo, 0, append([]byte{0x17, 0, 0, 0, 0}, unhex(t, hvcC)...))[0]
	if p.Codec != media.AVC1 || Detect(p.Data) != media.HVC1 {
		t.Errorf("%v, %v", p.Codec, Detect(p.Data))
	}
}

// A186: what a decoder is opened with.
func TestNameAndExtradata(t *testing.T) {
	for c, want := range map[media.FourCC]string{media.AVC1: "h264", media.HVC1: "hevc", media.Opus: "opus", media.EC3: "eac3", media.Speex: "speex", 7: ""} {
		if got := Name(c); got != want {
			t.Errorf("%v: %q, want %q", c, got, want)
		}
	}
	full := unhex(t, flac)
	if got := Extradata(media.FLAC, full); hex.EncodeToString(got) != flac[16:] {
		t.Errorf("FLAC: %x", got)
	}
	if got := Extradata(media.VP09, unhex(t, vpcC)); got != nil {
		t.Errorf("VP9: %x", got)
	}
	if got := Extradata(media.AVC1, unhex(t, avcC)); hex.EncodeToString(got) != avcC {
		t.Errorf("H.264: %x", got)
	}
}
