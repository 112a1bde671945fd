package codec

import (
	"oxrtmp/rtmp/internal/wire"
	"oxrtmp/rtmp/media"
)

// HEVC is an HEVCDecoderConfigurationRecord (hvcC). ISO/IEC 14496-15 §8.3.3.1.
type HEVC struct {
	ProfileSpace  uint8
	HighTier      bool
	Profile       uint8
	Compatibility uint32
	Constraints   uint64 // 48 bits
	Level         uint8  // 30 times the level's number

	MinSpatialSegmentation uint16
	Parallelism            uint8
	ChromaFormat           uint8 // 0 monochrome, 1 4:2:0, 2 4:2:2, 3 4:4:4
	LumaDepth, ChromaDepth uint8 // bits
	AverageFrameRate       uint16
	ConstantFrameRate      uint8
	TemporalLayers         uint8
	TemporalIDNested       bool
	LengthSize             int // bytes of the length before each NAL unit: 1, 2 or 4

	Arrays []HEVCArray
}

// HEVCArray are the NAL units of one type.
type HEVCArray struct {
	Complete bool // there are no others in the stream
	Type     uint8
	Units    [][]byte
}

// ParseHEVC reads an hvcC record. The NAL units alias p. Bytes after the record are ignored.
func ParseHEVC(p []byte) (h HEVC, err error) {
	c := wire.NewCursor(p)
	head, ok := c.Bytes(23)
	if !ok || head[0] != 1 {
		return h, malformed("hvcC")
	}
	h.ProfileSpace, h.HighTier, h.Profile = head[1]>>6, head[1]&0x20 != 0, head[1]&0x1F
	fields := wire.NewCursor(head[2:])
	h.Compatibility, _ = fields.Uint32()
	for _, b := range head[6:12] {
		h.Constraints = h.Constraints<<8 | uint64(b)
	}
	h.Level = head[12]
	h.MinSpatialSegmentation = uint16(head[13]&0x0F)<<8 | uint16(head[14])
	h.Parallelism, h.ChromaFormat = head[15]&3, head[16]&3
	h.LumaDepth, h.ChromaDepth = head[17]&7+8, head[18]&7+8
	h.AverageFrameRate = uint16(head[19])<<8 | uint16(head[20])
	h.ConstantFrameRate, h.TemporalLayers, h.TemporalIDNested = head[21]>>6, head[21]>>3&7, head[21]&4 != 0
	if h.LengthSize = int(head[21]&3) + 1; h.LengthSize == 3 {
		return h, malformed("hvcC: length size")
	}
	for range head[22] {
		array, ok := c.Bytes(3)
		if !ok {
			return h, malformed("hvcC")
		}
		a := HEVCArray{Complete: array[0]&0x80 != 0, Type: array[0] & 0x3F}
		if a.Units, ok = readSets(&c, int(array[1])<<8|int(array[2]), true); !ok {
			return h, malformed("hvcC")
		}
		h.Arrays = append(h.Arrays, a)
	}
	return h, nil
}

// Units returns the NAL units of a type.
func (h *HEVC) Units(unitType uint8) (units [][]byte) {
	for _, a := range h.Arrays {
		if a.Type == unitType {
			units = append(units, a.Units...)
		}
	}
	return units
}

// Append appends the record. It fails if there are more arrays or units than can be counted, a unit is above 65,535
// bytes, or the length size is none.
func (h *HEVC) Append(dst []byte) ([]byte, error) {
	if len(h.Arrays) > 255 || h.LengthSize != 1 && h.LengthSize != 2 && h.LengthSize != 4 {
		return dst, malformed("hvcC")
	}
	profile := h.ProfileSpace<<6 | h.Profile&0x1F
	if h.HighTier {
		profile |= 0x20
	}
	out := wire.AppendUint32(append(dst, 1, profile), h.Compatibility)
	out = wire.AppendUint16(out, uint16(h.Constraints>>32))
	out = wire.AppendUint32(out, uint32(h.Constraints))
	out = wire.AppendUint16(append(out, h.Level), 0xF000|h.MinSpatialSegmentation&0x0FFF)
	out = append(out, 0xFC|h.Parallelism&3, 0xFC|h.ChromaFormat&3, 0xF8|(h.LumaDepth-8)&7, 0xF8|(h.ChromaDepth-8)&7)
	out = wire.AppendUint16(out, h.AverageFrameRate)
	last := h.ConstantFrameRate<<6 | h.TemporalLayers&7<<3 | uint8(h.LengthSize-1)
	if h.TemporalIDNested {
		last |= 4
	}
	out = append(out, last, uint8(len(h.Arrays)))
	for _, a := range h.Arrays {
		if len(a.Units) > 0xFFFF {
			return dst, malformed("hvcC")
		}
		kind := a.Type & 0x3F
		if a.Complete {
			kind |= 0x80
		}
		var ok bool
		if out, ok = appendSets(wire.AppendUint16(append(out, kind), uint16(len(a.Units))), a.Units, true); !ok {
			return dst, malformed("hvcC")
		}
	}
	return out, nil
}

// NewHEVC returns the record for the parameter sets among NAL units, each once and in their order, with lengths of four
// bytes. It fails when there is no SPS that can be read, no VPS, or no PPS.
func NewHEVC(units ...[]byte) (h HEVC, err error) {
	for _, kind := range [...]uint8{HEVCVPS, HEVCSPS, HEVCPPS} {
		a := HEVCArray{Complete: true, Type: kind}
		for _, unit := range units {
			if NALUType(media.HVC1, unit) == int(kind) {
				a.Units = addSet(a.Units, unit)
			}
		}
		if len(a.Units) == 0 {
			return HEVC{}, malformed("parameter sets")
		}
		h.Arrays = append(h.Arrays, a)
	}
	s, err := parseHEVCSPS(h.Arrays[1].Units[0])
	if err != nil {
		return HEVC{}, err
	}
	h.ProfileSpace, h.HighTier, h.Profile = uint8(s.profile>>5), s.tier != 0, uint8(s.profile&0x1F)
	h.Compatibility, h.Constraints, h.Level = uint32(s.compatibility), s.constraints, uint8(s.level)
	h.ChromaFormat, h.LumaDepth, h.ChromaDepth = s.chroma, s.luma, s.chromaDepth
	h.TemporalLayers, h.TemporalIDNested, h.LengthSize = s.layers, s.nested, 4
	return h, nil
}

// parseHEVCSPS reads a sequence parameter set up to the bit depths. Its profile has the profile space above bit 4.
// ISO/IEC 23008-2 §7.3.2.2.1.
func parseHEVCSPS(unit []byte) (s sps, err error) {
	b := bits{p: unescape(unit)}
	b.skip(16 + 4)
	sublayers := int(b.read(3))
	s.layers, s.nested = uint8(sublayers+1), b.flag()
	space := b.read(2)
	s.tier = int(b.read(1))
	s.profile = int(space<<5 | b.read(5))
	s.compatibility = uint64(b.read(32))
	s.constraints = uint64(b.read(16))<<32 | uint64(b.read(32))
	s.level = int(b.read(8))
	skipSublayers(&b, sublayers)
	b.ue()
	if s.chroma = uint8(b.ue()); s.chroma == 3 {
		b.skip(1)
	}
	width, height := uint64(b.ue()), uint64(b.ue())
	if b.flag() { // conformance window
		x, y := uint64(1), uint64(1)
		if s.chroma == 1 || s.chroma == 2 {
			x = 2
		}
		if s.chroma == 1 {
			y = 2
		}
		width -= min(width, x*(uint64(b.ue())+uint64(b.ue())))
		height -= min(height, y*(uint64(b.ue())+uint64(b.ue())))
	}
	s.luma, s.chromaDepth = uint8(b.ue())+8, uint8(b.ue())+8
	if b.bad || s.chroma > 3 || width == 0 || height == 0 || width > 1<<16 || height > 1<<16 {
		return s, malformed("SPS")
	}
	s.width, s.height = int(width), int(height)
	return s, nil
}

// skipSublayers skips the profiles and levels of n sublayers. ISO/IEC 23008-2 §7.3.3.
func skipSublayers(b *bits, n int) {
	if n == 0 {
		return
	}
	present := b.read(16)
	for i := range n {
		if present>>(15-2*i)&1 == 1 {
			b.skip(88)
		}
		if present>>(14-2*i)&1 == 1 {
			b.skip(8)
		}
	}
}
