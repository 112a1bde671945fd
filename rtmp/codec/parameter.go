package codec

import (
	"fmt"
	mathbits "math/bits"

	"oxrtmp/rtmp/media"
)

// Parameter returns a track's codec as the codecs parameter of media types has it, such as "avc1.64001F", which browsers
// and playlists want: given a sequence header, or any packet of a codec that has no configuration record. It is "" for
// codecs that have no such name. The error wraps [ErrRecord]. RFC 6381; ISO/IEC 14496-15 annex E.
func Parameter(p *media.Packet) (string, error) {
	switch p.Codec {
	case media.AVC1, media.HVC1, media.VVC1, media.AV01, media.VP08, media.VP09, media.MP4A:
		if p.Kind != media.KindSequenceHeader || len(p.Data) == 0 || p.Flags&media.FlagMPEG2TS != 0 {
			return "", malformed("sequence header")
		}
		return parameterOf(p.Codec, p.Data)
	case media.Opus:
		return "opus", nil
	case media.FLAC:
		return "flac", nil
	case media.AC3, media.EC3:
		return p.Codec.String(), nil
	case media.MP3:
		return "mp4a.6B", nil
	}
	return "", nil
}

func parameterOf(c media.FourCC, data []byte) (string, error) {
	switch c {
	case media.AVC1:
		a, err := ParseAVC(data)
		return fmt.Sprintf("avc1.%02X%02X%02X", a.Profile, a.Compatibility, a.Level), err
	case media.HVC1:
		h, err := ParseHEVC(data)
		return h.parameter(), err
	case media.AV01:
		a, err := ParseAV1(data)
		tier := "M"
		if a.HighTier {
			tier = "H"
		}
		return fmt.Sprintf("av01.%d.%02d%s.%02d", a.Profile, a.Level, tier, a.BitDepth), err
	case media.VP08, media.VP09:
		v, err := ParseVP(data)
		return fmt.Sprintf("%s.%02d.%02d.%02d", c, v.Profile, v.Level, v.BitDepth), err
	case media.MP4A:
		a, err := ParseAAC(data)
		return fmt.Sprintf("mp4a.40.%d", a.ObjectType), err
	}
	return c.String(), nil // VVC, whose record is not read
}

func (h *HEVC) parameter() string {
	space := [...]string{"", "A", "B", "C"}[h.ProfileSpace&3]
	tier := "L"
	if h.HighTier {
		tier = "H"
	}
	s := fmt.Sprintf("hvc1.%s%d.%X.%s%d", space, h.Profile, mathbits.Reverse32(h.Compatibility), tier, h.Level)
	for constraints := h.Constraints << 16; constraints != 0; constraints <<= 8 {
		s += fmt.Sprintf(".%X", constraints>>56)
	}
	return s
}
