package codec

import (
	"testing"

	"oxrtmp/rtmp/media"
)

// A186: codecs as media types name them.
func TestParameter(t *testing.T) {
	for _, c := range []struct {
		codec     media.FourCC
		hex, want string
	}{
		{media.AVC1, avcC, "avc1.4D400A"},
		{media.HVC1, hvcC, "hvc1.2.4.L30.90"},
		{media.VVC1, "ff00650000", "vvc1"},
		{media.AV01, av1C, "av01.0.00M.08"},
		{media.VP09, vpcC, "vp09.03.10.10"},
		{media.MP4A, "1210", "mp4a.40.2"},
		{media.MP4A, "2b118800", "mp4a.40.5"},
		{media.Opus, "", "opus"},
		{media.FLAC, flac, "flac"},
		{media.AC3, "", "ac-3"},
		{media.EC3, "", "ec-3"},
		{media.MP3, "", "mp4a.6B"},
		{media.Speex, "", ""},
	} {
		if got, err := Parameter(header(c.codec, unhex(t, c.hex))); err != nil || got != c.want {
			t.Errorf("%v: %q, %v; want %q", c.codec, got, err, c.want)
		}
	}
	for _, p := range []*media.Packet{
		{Kind: media.KindFrame, Codec: media.AVC1, Data: []byte{1}}, header(media.AVC1, nil), header(media.HVC1, []byte{1, 2}),
	} {
		if got, err := Parameter(p); err == nil || got != "" && p.Kind == media.KindFrame {
			t.Errorf("%v: %q", p, got)
		}
	}
}
