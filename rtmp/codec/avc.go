package codec

import (
	"bytes"
	"slices"

	"oxrtmp/rtmp/internal/wire"
	"oxrtmp/rtmp/media"
)

// AVC is an AVCDecoderConfigurationRecord (avcC). ISO/IEC 14496-15 §5.3.3.1.
type AVC struct {
	Profile, Compatibility, Level uint8
	LengthSize                    int // bytes of the length before each NAL unit: 1, 2 or 4
	SPS, PPS                      [][]byte
	// Extended: the record has what follows for profiles from High on. Many writers leave it out.
	Extended     bool
	ChromaFormat uint8 // 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4
	LumaDepth    uint8 // bits
	ChromaDepth  uint8
	SPSExt       [][]byte
}

// maxSets bounds the parameter sets of a kind.
const maxSets = 256

// ParseAVC reads an avcC record. The parameter sets alias p. Bytes after the record, and an extended part that is cut, are
// ignored.
func ParseAVC(p []byte) (a AVC, err error) {
	c := wire.NewCursor(p)
	head, ok := c.Bytes(5)
	if !ok || head[0] != 1 {
		return a, malformed("avcC")
	}
	a.Profile, a.Compatibility, a.Level = head[1], head[2], head[3]
	if a.LengthSize = int(head[4]&3) + 1; a.LengthSize == 3 {
		return a, malformed("avcC: length size")
	}
	n, ok := c.Uint8()
	if a.SPS, ok = readSets(&c, int(n&0x1F), ok); ok {
		n, ok = c.Uint8()
		a.PPS, ok = readSets(&c, int(n), ok)
	}
	if !ok {
		return a, malformed("avcC")
	}
	if extra, ok := c.Bytes(4); ok && hasExtension(a.Profile) {
		if a.SPSExt, ok = readSets(&c, int(extra[3]), true); ok {
			a.Extended = true
			a.ChromaFormat, a.LumaDepth, a.ChromaDepth = extra[0]&3, extra[1]&7+8, extra[2]&7+8
		}
	}
	return a, nil
}

// hasExtension reports whether records of a profile have an extended part.
func hasExtension(profile uint8) bool {
	return profile == 100 || profile == 110 || profile == 122 || profile == 144 || profile == 244
}

// readSets reads n parameter sets, each behind its length in 16 bits.
func readSets(c *wire.Cursor, n int, ok bool) (sets [][]byte, _ bool) {
	for ; ok && n > 0; n-- {
		var size uint16
		var set []byte
		if size, ok = c.Uint16(); ok {
			if set, ok = c.Bytes(int(size)); ok {
				sets = append(sets, set)
			}
		}
	}
	return sets, ok
}

// Append appends the record. It fails if there are more sets than can be counted, or one is above 65,535 bytes, or the
// length size is none.
func (a *AVC) Append(dst []byte) ([]byte, error) {
	if len(a.SPS) > 31 || len(a.PPS) > 255 || len(a.SPSExt) > 255 || a.LengthSize != 1 && a.LengthSize != 2 && a.LengthSize != 4 {
		return dst, malformed("avcC")
	}
	out := append(dst, 1, a.Profile, a.Compatibility, a.Level, 0xFC|uint8(a.LengthSize-1), 0xE0|uint8(len(a.SPS)))
	out, ok := appendSets(out, a.SPS, true)
	out, ok = appendSets(append(out, uint8(len(a.PPS))), a.PPS, ok)
	if a.Extended {
		out = append(out, 0xFC|a.ChromaFormat&3, 0xF8|(a.LumaDepth-8)&7, 0xF8|(a.ChromaDepth-8)&7, uint8(len(a.SPSExt)))
		out, ok = appendSets(out, a.SPSExt, ok)
	}
	if !ok {
		return dst, malformed("avcC")
	}
	return out, nil
}

func appendSets(dst []byte, sets [][]byte, ok bool) ([]byte, bool) {
	for _, set := range sets {
		if len(set) > 0xFFFF {
			return dst, false
		}
		dst = append(wire.AppendUint16(dst, uint16(len(set))), set...)
	}
	return dst, ok
}

// NewAVC returns the record for the parameter sets among NAL units, each once and in their order, with lengths of four
// bytes. It fails when there is no SPS that can be read, or no PPS.
func NewAVC(units ...[]byte) (a AVC, err error) {
	for _, unit := range units {
		switch NALUType(media.AVC1, unit) {
		case AVCSPS:
			a.SPS = addSet(a.SPS, unit)
		case AVCPPS:
			a.PPS = addSet(a.PPS, unit)
		}
	}
	if len(a.SPS) == 0 || len(a.PPS) == 0 || len(a.SPS[0]) < 4 {
		return AVC{}, malformed("parameter sets")
	}
	s, err := parseAVCSPS(a.SPS[0])
	if err != nil {
		return AVC{}, err
	}
	a.Profile, a.Compatibility, a.Level, a.LengthSize = a.SPS[0][1], a.SPS[0][2], a.SPS[0][3], 4
	if a.Extended = hasExtension(a.Profile); a.Extended {
		a.ChromaFormat, a.LumaDepth, a.ChromaDepth = s.chroma, s.luma, s.chromaDepth
	}
	return a, nil
}

// addSet adds a parameter set that is not there yet.
func addSet(sets [][]byte, set []byte) [][]byte {
	if len(sets) >= maxSets || slices.ContainsFunc(sets, func(s []byte) bool { return bytes.Equal(s, set) }) {
		return sets
	}
	return append(sets, set)
}

// sps is what is of interest in a sequence parameter set.
type sps struct {
	width, height              int
	chroma, luma, chromaDepth  uint8
	profile, tier, level       int
	compatibility, constraints uint64
	layers                     uint8
	nested                     bool
}

// parseAVCSPS reads a sequence parameter set. ISO/IEC 14496-10 §7.3.2.1.1.
func parseAVCSPS(unit []byte) (s sps, err error) {
	b := bits{p: unescape(unit)}
	b.skip(8)
	s.profile = int(b.read(8))
	b.skip(8)
	s.level = int(b.read(8))
	b.ue()
	s.chroma, s.luma, s.chromaDepth = 1, 8, 8
	switch s.profile {
	case 100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135:
		parseAVCHigh(&b, &s)
	}
	b.ue() // frame numbers
	switch b.ue() {
	case 0:
		b.ue()
	case 1:
		b.skip(1)
		b.se()
		b.se()
		for n := b.ue(); n > 0 && !b.bad; n-- {
			b.se()
		}
	}
	b.ue() // reference frames
	b.skip(1)
	width, height := (uint64(b.ue())+1)*16, (uint64(b.ue())+1)*16
	fields := uint64(1)
	if !b.flag() {
		fields = 2
		b.skip(1)
	}
	height *= fields
	b.skip(1)
	if b.flag() { // cropping
		x, y := uint64(1), fields
		if s.chroma == 1 || s.chroma == 2 {
			x = 2
		}
		if s.chroma == 1 {
			y *= 2
		}
		width -= min(width, x*(uint64(b.ue())+uint64(b.ue())))
		height -= min(height, y*(uint64(b.ue())+uint64(b.ue())))
	}
	if b.bad || width == 0 || height == 0 || width > 1<<16 || height > 1<<16 {
		return s, malformed("SPS")
	}
	s.width, s.height = int(width), int(height)
	return s, nil
}

// parseAVCHigh reads what profiles from High on have.
func parseAVCHigh(b *bits, s *sps) {
	s.chroma = uint8(b.ue())
	if s.chroma == 3 {
		b.skip(1)
	}
	s.luma, s.chromaDepth = uint8(b.ue())+8, uint8(b.ue())+8
	b.skip(1)
	if !b.flag() { // scaling lists
		return
	}
	lists := 8
	if s.chroma == 3 {
		lists = 12
	}
	for i := range lists {
		if !b.flag() {
			continue
		}
		size := 16
		if i >= 6 {
			size = 64
		}
		last, next := int32(8), int32(8)
		for range size {
			if next != 0 {
				next = (last + b.se() + 256) % 256
			}
			if next != 0 {
				last = next
			}
		}
	}
}
