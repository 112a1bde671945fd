package codec

// AAC is an AudioSpecificConfig. ISO/IEC 14496-3 §1.6.2.1.
type AAC struct {
	ObjectType    uint8 // 1 Main, 2 LC, 3 SSR, 4 LTP, 5 SBR (HE-AAC), 29 PS (HE-AAC v2), …
	SampleRate    int   // Hz, of the core
	ChannelConfig uint8 // 1 to 6: so many channels, 7: eight, 0: the stream says
	// ExtensionSampleRate is the sample rate of the output, and CoreObjectType what is inside, where the object type is 5
	// or 29; else 0.
	ExtensionSampleRate int
	CoreObjectType      uint8
	ShortFrames         bool // frames of 960 samples instead of 1024
}

var aacRates = [...]int{96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350}

// ParseAAC reads an AudioSpecificConfig up to the length of frames. What follows is ignored.
func ParseAAC(p []byte) (a AAC, err error) {
	b := bits{p: p}
	a.ObjectType = aacObjectType(&b)
	a.SampleRate = aacRate(&b)
	a.ChannelConfig = uint8(b.read(4))
	core := a.ObjectType
	if core == 5 || core == 29 {
		a.ExtensionSampleRate = aacRate(&b)
		a.CoreObjectType = aacObjectType(&b)
		core = a.CoreObjectType
	}
	if b.bad || a.SampleRate == 0 || a.ObjectType == 0 {
		return AAC{}, malformed("AudioSpecificConfig")
	}
	switch core {
	case 1, 2, 3, 4, 6, 7, 17, 19, 20, 21, 22, 23:
		a.ShortFrames = b.flag() // false where the config ends before it
	}
	return a, nil
}

func aacObjectType(b *bits) uint8 {
	if t := b.read(5); t != 31 {
		return uint8(t)
	}
	return uint8(32 + b.read(6))
}

func aacRate(b *bits) int {
	i := b.read(4)
	switch {
	case i == 15:
		return int(b.read(24))
	case int(i) < len(aacRates):
		return aacRates[i]
	}
	return 0
}

// Append appends the config of AAC Main, LC, SSR or LTP (object types 1 to 4), without extensions. It fails for others.
func (a *AAC) Append(dst []byte) ([]byte, error) {
	if a.ObjectType < 1 || a.ObjectType > 4 || a.ChannelConfig > 15 || a.SampleRate <= 0 || a.SampleRate >= 1<<24 {
		return dst, malformed("AudioSpecificConfig")
	}
	tail := uint64(a.ChannelConfig) << 3 // and three flags
	if a.ShortFrames {
		tail |= 4
	}
	for i, rate := range aacRates {
		if rate == a.SampleRate {
			v := uint64(a.ObjectType)<<11 | uint64(i)<<7 | tail
			return append(dst, byte(v>>8), byte(v)), nil
		}
	}
	v := uint64(a.ObjectType)<<35 | 15<<31 | uint64(a.SampleRate)<<7 | tail
	return append(dst, byte(v>>32), byte(v>>24), byte(v>>16), byte(v>>8), byte(v)), nil
}

// Channels returns how many channels there are, 0 where only the stream says.
func (a *AAC) Channels() int {
	switch c := a.ChannelConfig; {
	case c == 7, c == 12, c == 14:
		return 8
	case c == 11:
		return 7
	case c == 13:
		return 24
	case c <= 6:
		return int(c)
	}
	return 0
}

// ADTS is the header of one AAC frame in a stream that has no other configuration. ISO/IEC 13818-7 §6.2.
type ADTS struct {
	Config     AAC
	HeaderSize int // 7, or 9 with a checksum
	FrameSize  int // header included
	Blocks     int // raw data blocks, normally 1
}

// ParseADTS reads the header at the start of p. It fails when there is none, and when p is cut in the header; the frame
// itself may be cut.
func ParseADTS(p []byte) (h ADTS, err error) {
	b := bits{p: p}
	if b.read(12) != 0xFFF {
		return h, malformed("ADTS")
	}
	b.skip(1)
	layer := b.read(2)
	h.HeaderSize = 7
	if !b.flag() {
		h.HeaderSize = 9
	}
	h.Config.ObjectType = uint8(b.read(2)) + 1
	h.Config.SampleRate = aacRate(&b)
	b.skip(1)
	h.Config.ChannelConfig = uint8(b.read(3))
	b.skip(4)
	h.FrameSize = int(b.read(13))
	b.skip(11)
	h.Blocks = int(b.read(2)) + 1
	if b.bad || layer != 0 || h.Config.SampleRate == 0 || h.FrameSize < h.HeaderSize {
		return ADTS{}, malformed("ADTS")
	}
	return h, nil
}

// CutADTS returns the raw AAC frame at the start of p, its header, and what follows. The frames alias p.
func CutADTS(p []byte) (frame []byte, h ADTS, rest []byte, err error) {
	if h, err = ParseADTS(p); err != nil {
		return nil, h, p, err
	}
	if h.FrameSize > len(p) {
		return nil, h, p, malformed("ADTS")
	}
	return p[h.HeaderSize:h.FrameSize:h.FrameSize], h, p[h.FrameSize:], nil
}

// AppendADTS appends a raw AAC frame behind an ADTS header without a checksum. It fails for what the header has no form
// for: object types other than 1 to 4 (of HE-AAC the core counts), rates that are not in the table, more than 7 as channel
// configuration, and frames above 8184 bytes.
func AppendADTS(dst []byte, a *AAC, frame []byte) ([]byte, error) {
	object := a.ObjectType
	if a.CoreObjectType != 0 {
		object = a.CoreObjectType
	}
	rate := -1
	for i, r := range aacRates {
		if r == a.SampleRate {
			rate = i
		}
	}
	size := len(frame) + 7
	if object < 1 || object > 4 || rate < 0 || a.ChannelConfig > 7 || size >= 1<<13 {
		return dst, malformed("ADTS")
	}
	dst = append(dst, 0xFF, 0xF1, (object-1)<<6|uint8(rate)<<2|a.ChannelConfig>>2,
		a.ChannelConfig<<6|uint8(size>>11), uint8(size>>3), uint8(size<<5)|0x1F, 0xFC)
	return append(dst, frame...), nil
}
