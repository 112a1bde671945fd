package codec

import (
	"bytes"
	"encoding/hex"
	"errors"
	"testing"

	"oxrtmp/rtmp/media"
)

// Of H.264 High: with the extended part, from FFmpeg 5.1.9, and without, from GStreamer (testdata/captures).
const (
	highAVCC = "0164000affe1001a6764000aacd947278888c044000003000400000300c83c48965801000468ef8fcbfdf8f800"
	bareAVCC = "01f4000affe1001e67f4000a90d9b28417f1380b50606064000003000400000300f23c48965801000468ce3192"
)

// A131: the bundled clips' records give the byte streams that FFmpeg made of them, and become the same records again.
func TestParameterSets(t *testing.T) {
	records := map[string]media.FourCC{avcC: media.AVC1, highAVCC: media.AVC1, hvcC: media.HVC1}
	for _, name := range []string{"flv/sample-h264-aac.flv", "codec/h264.flv"} {
		for _, p := range packets(t, name) {
			if p.Kind == media.KindSequenceHeader && p.Codec == media.AVC1 {
				records[hex.EncodeToString(p.Data)] = p.Codec
			}
		}
	}
	if len(records) != 4 { // h264.flv has avcC
		t.Errorf("%d records", len(records))
	}
	for record, c := range records {
		sets, err := ParameterSets([]byte("before"), c, unhex(t, record))
		if err != nil || !bytes.HasPrefix(sets, []byte("before\x00\x00\x00\x01")) {
			t.Fatalf("%s: %x, %v", record, sets, err)
		}
		if again := recordFor(t, c, units(sets)); again != record {
			t.Errorf("%v: the record is\n%s, was\n%s", c, again, record)
		}
	}
	for name, record := range map[string]string{"codec/h264.h264": avcC, "codec/hevc.hevc": hvcC} {
		sets, err := ParameterSets(nil, records[record], unhex(t, record))
		if stream := file(t, name); err != nil || bytes.Count(stream, sets) != 2 { // before each of its keyframes
			t.Errorf("%s has %d times %x, %v", name, bytes.Count(stream, sets), sets, err)
		}
	}
}

func recordFor(t *testing.T, c media.FourCC, units [][]byte) string {
	t.Helper()
	var p []byte
	if a, err := NewAVC(units...); c == media.AVC1 && err == nil {
		p, _ = a.Append(nil)
	}
	if h, err := NewHEVC(units...); c == media.HVC1 && err == nil {
		p, _ = h.Append(nil)
	}
	return hex.EncodeToString(p)
}

// All units come, in the order that decoders want: extensions of SPS, and SEI of H.265, whose record has an order of its own.
func TestParameterSetsOrder(t *testing.T) {
	for _, c := range []struct {
		codec        media.FourCC
		record, want string
	}{
		{media.AVC1, "01640000ffe1 0001 67 02 0001 68 0002 6801 fdf8f801 0001 6d", "0000000167 000000016d 0000000168 000000016801"},
		{media.AVC1, "014d0000ffe2 0001 67 0000 00", "0000000167"}, // an empty set, and no PPS
		{media.AVC1, "014d0000ffe0 00", ""},
		{media.AVC1, bareAVCC, "00000001" + bareAVCC[16:76] + "00000001" + bareAVCC[82:]},
		{media.HVC1, hvcC[:44] + "02 a7 0001 0003 4e0105 a0 0002 0003 400101 0002 4001", "000000014e0105 00000001400101 000000014001"},
		{media.HVC1, hvcC[:44] + "00", ""},
	} {
		got, err := ParameterSets(nil, c.codec, unhex(t, c.record))
		if err != nil || !bytes.Equal(got, unhex(t, c.want)) {
			t.Errorf("%s: %x, %v; want %s", c.record, got, err, c.want)
		}
	}
}

// A record that is cut at any byte is an error and leaves dst as it was; one of another codec says so.
func TestParameterSetsErrors(t *testing.T) {
	for c, s := range map[media.FourCC]string{media.AVC1: avcC, media.HVC1: hvcC} {
		p := unhex(t, s)
		for n := range p {
			if got, err := ParameterSets([]byte("x"), c, p[:n]); !errors.Is(err, ErrRecord) || string(got) != "x" {
				t.Errorf("%v, %d of %d bytes: %x, %v", c, n, len(p), got, err)
			}
		}
	}
	extended := unhex(t, "01640000ffe1 0001 67 01 0001 68 fdf8f801 0001 6d")
	for n := 13; n < len(extended); n++ { // after the PPS, as ParseAVC reads it
		if got, err := ParameterSets(nil, media.AVC1, extended[:n]); err != nil || !bytes.Equal(got, unhex(t, "0000000167 0000000168")) {
			t.Errorf("%d of %d bytes: %x, %v", n, len(extended), got, err)
		}
	}
	for _, s := range []string{"", "00" + avcC[2:], avcC[:8] + "fe" + avcC[10:]} { // nothing, another version, lengths of 3 bytes
		if _, err := ParameterSets(nil, media.AVC1, unhex(t, s)); !errors.Is(err, ErrRecord) {
			t.Errorf("%.10s: %v", s, err)
		}
	}
	for _, c := range []media.FourCC{media.AV01, media.VP09, media.VP08, media.VVC1, media.MP4A, 0} {
		if got, err := ParameterSets(nil, c, unhex(t, avcC)); !errors.Is(err, ErrCodec) || got != nil {
			t.Errorf("%v: %x, %v", c, got, err)
		}
	}
	_, err := ParameterSets(nil, media.AV01, nil)
	if want := "codec: av01: parameter sets are known of H.264 and H.265 only"; err == nil || err.Error() != want {
		t.Errorf("%v; want %s", err, want)
	}
}
