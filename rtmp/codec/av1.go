package codec

import "oxrtmp/rtmp/internal/wire"

// AV1 is an AV1CodecConfigurationRecord (av1C).
type AV1 struct {
	Profile, Level uint8
	HighTier       bool
	BitDepth       uint8 // 8, 10 or 12
	Monochrome     bool
	SubsamplingX   bool
	SubsamplingY   bool
	SamplePosition uint8
	DelayPresent   bool
	DelayMinusOne  uint8
	OBUs           []byte // the sequence header OBU, normally
}

// ParseAV1 reads an av1C record. OBUs aliases p.
func ParseAV1(p []byte) (a AV1, err error) {
	c := wire.NewCursor(p)
	head, ok := c.Bytes(4)
	if !ok || head[0] != 0x81 {
		return a, malformed("av1C")
	}
	a.Profile, a.Level = head[1]>>5, head[1]&0x1F
	a.HighTier = head[2]&0x80 != 0
	switch head[2] >> 5 & 3 {
	case 0, 1:
		a.BitDepth = 8
	case 2:
		a.BitDepth = 10
	case 3:
		a.BitDepth = 12
	}
	a.Monochrome, a.SubsamplingX, a.SubsamplingY = head[2]&0x10 != 0, head[2]&8 != 0, head[2]&4 != 0
	a.SamplePosition = head[2] & 3
	if a.DelayPresent = head[3]&0x10 != 0; a.DelayPresent {
		a.DelayMinusOne = head[3] & 0x0F
	}
	a.OBUs = c.Rest()
	return a, nil
}

// Append appends the record.
func (a *AV1) Append(dst []byte) []byte {
	third := a.SamplePosition & 3
	for _, f := range [...]struct {
		set bool
		bit uint8
	}{{a.HighTier, 0x80}, {a.BitDepth > 8, 0x40}, {a.BitDepth == 12, 0x20}, {a.Monochrome, 0x10}, {a.SubsamplingX, 8}, {a.SubsamplingY, 4}} {
		if f.set {
			third |= f.bit
		}
	}
	delay := uint8(0)
	if a.DelayPresent {
		delay = 0x10 | a.DelayMinusOne&0x0F
	}
	dst = append(dst, 0x81, a.Profile<<5|a.Level&0x1F, third, delay)
	return append(dst, a.OBUs...)
}

// FrameSize returns the largest frame that the record's sequence header permits. AV1 §5.5.1.
func (a *AV1) FrameSize() (width, height int, err error) {
	for p := a.OBUs; len(p) > 0; {
		b := bits{p: p}
		kind := b.read(8)
		if kind&4 != 0 { // an extension
			b.skip(8)
		}
		size := uint64(b.left() / 8)
		if kind&2 != 0 {
			size = b.leb128()
		}
		if b.bad || size > uint64(b.left()/8) {
			break
		}
		start := b.at / 8
		if kind>>3&0x0F == 1 {
			return sequenceSize(p[start : start+int(size)])
		}
		p = p[start+int(size):]
	}
	return 0, 0, malformed("AV1 sequence header")
}

// sequenceSize reads a sequence header up to the size of frames.
func sequenceSize(p []byte) (width, height int, err error) {
	b := bits{p: p}
	b.skip(3 + 1)
	if b.flag() { // a reduced header
		b.skip(5)
	} else {
		skipOperatingPoints(&b)
	}
	x, y := int(b.read(4))+1, int(b.read(4))+1
	width, height = int(b.read(x))+1, int(b.read(y))+1
	if b.bad {
		return 0, 0, malformed("AV1 sequence header")
	}
	return width, height, nil
}

// skipOperatingPoints skips timing, decoder model and operating points.
func skipOperatingPoints(b *bits) {
	model, delayBits := false, 0
	if b.flag() { // timing
		b.skip(32 + 32)
		if b.flag() {
			b.uvlc()
		}
		if model = b.flag(); model {
			delayBits = int(b.read(5)) + 1
			b.skip(32 + 5 + 5)
		}
	}
	initial := b.flag()
	for n := b.read(5) + 1; n > 0; n-- {
		b.skip(12)
		if b.read(5) > 7 {
			b.skip(1)
		}
		if model && b.flag() {
			b.skip(2*delayBits + 1)
		}
		if initial && b.flag() {
			b.skip(4)
		}
	}
}

// uvlc skips a variable-length code. AV1 §4.10.3.
func (b *bits) uvlc() {
	zeros := 0
	for !b.bad && !b.flag() {
		zeros++
	}
	if zeros < 32 {
		b.skip(zeros)
	}
}
