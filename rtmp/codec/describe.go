package codec

import (
	"oxrtmp/rtmp/media"
)

// Info is what a sequence header says of a track. A zero field is one that it does not say.
type Info struct {
	Codec         media.FourCC
	Profile       int
	Level         int
	Width, Height int // pixels that are shown
	BitDepth      int
	SampleRate    int // Hz, of the output
	Channels      int
	LengthSize    int // bytes of the length before each NAL unit
}

// Describe reads what a sequence header (its kind, codec and data) says of its track. The error wraps [ErrRecord]; the
// codec is set even so. A sequence header without data says nothing, which is no error: some senders begin with one. Codecs without a configuration record, and VVC's, of which only the length size is read, say
// nothing more. A sequence header in the form of an MPEG-2 transport stream's descriptor is read as well.
func Describe(p *media.Packet) (i Info, err error) {
	i.Codec = p.Codec
	if p.Kind != media.KindSequenceHeader {
		return i, malformed("sequence header")
	}
	if len(p.Data) == 0 {
		return i, nil
	}
	switch data := p.Data; p.Codec {
	case media.AVC1:
		err = i.avc(data)
	case media.HVC1:
		err = i.hevc(data)
	case media.VVC1:
		err = i.vvc(data)
	case media.AV01:
		if p.Flags&media.FlagMPEG2TS != 0 {
			return i, i.av1Descriptor(data)
		}
		err = i.av1(data)
	case media.VP08, media.VP09:
		v, failure := ParseVP(data)
		err = failure
		i.Profile, i.Level, i.BitDepth = int(v.Profile), int(v.Level), int(v.BitDepth)
	case media.MP4A:
		err = i.aac(data)
	case media.Opus:
		o, failure := ParseOpus(data)
		err = failure
		if i.Channels = int(o.Channels); failure == nil {
			i.SampleRate = 48000
		}
	case media.FLAC:
		f, failure := ParseFLAC(data)
		err = failure
		i.SampleRate, i.Channels, i.BitDepth = f.SampleRate, int(f.Channels), int(f.BitDepth)
	}
	return i, err
}

func (i *Info) avc(data []byte) error {
	a, err := ParseAVC(data)
	if err != nil {
		return err
	}
	i.Profile, i.Level, i.LengthSize = int(a.Profile), int(a.Level), a.LengthSize
	if len(a.SPS) == 0 {
		return malformed("avcC without SPS")
	}
	s, err := parseAVCSPS(a.SPS[0])
	i.Width, i.Height, i.BitDepth = s.width, s.height, int(s.luma)
	return err
}

func (i *Info) hevc(data []byte) error {
	h, err := ParseHEVC(data)
	if err != nil {
		return err
	}
	i.Profile, i.Level, i.LengthSize, i.BitDepth = int(h.Profile), int(h.Level), h.LengthSize, int(h.LumaDepth)
	units := h.Units(HEVCSPS)
	if len(units) == 0 {
		return malformed("hvcC without SPS")
	}
	s, err := parseHEVCSPS(units[0])
	i.Width, i.Height = s.width, s.height
	return err
}

// vvc reads the first byte of a VvcDecoderConfigurationRecord. ISO/IEC 14496-15 §11.2.4.2.
func (i *Info) vvc(data []byte) error {
	if data[0]&0xF8 != 0xF8 {
		return malformed("vvcC")
	}
	i.LengthSize = int(data[0]>>1&3) + 1
	return nil
}

func (i *Info) av1(data []byte) (err error) {
	a, err := ParseAV1(data)
	if err != nil {
		return err
	}
	i.Profile, i.Level, i.BitDepth = int(a.Profile), int(a.Level), int(a.BitDepth)
	if len(a.OBUs) > 0 {
		i.Width, i.Height, err = a.FrameSize()
	}
	return err
}

// av1Descriptor reads an AV1 video descriptor: a tag, a length, and what av1C begins with.
func (i *Info) av1Descriptor(data []byte) error {
	if len(data) < 6 || data[0] != 0x80 || data[1] < 4 {
		return malformed("AV1 video descriptor")
	}
	return i.av1(data[2:6])
}

func (i *Info) aac(data []byte) error {
	a, err := ParseAAC(data)
	if err != nil {
		return err
	}
	i.Profile, i.Channels, i.SampleRate = int(a.ObjectType), a.Channels(), a.SampleRate
	if a.ExtensionSampleRate != 0 {
		i.SampleRate = a.ExtensionSampleRate
	}
	return nil
}

// Detect returns which of H.264 and H.265 a configuration record belongs to, 0 for neither. Old encoders send H.265 with
// H.264's number.
func Detect(record []byte) media.FourCC {
	if h, err := ParseHEVC(record); err == nil && len(h.Units(HEVCSPS)) > 0 &&
		record[13]&0xF0 == 0xF0 && record[15]&0xFC == 0xFC && record[16]&0xFC == 0xFC {
		return media.HVC1
	}
	if a, err := ParseAVC(record); err == nil && len(a.SPS) > 0 && record[4]&0xFC == 0xFC && record[5]&0xE0 == 0xE0 &&
		NALUType(media.AVC1, a.SPS[0]) == AVCSPS {
		return media.AVC1
	}
	return 0
}

// Name returns what FFmpeg calls the decoder of a codec, "" where it has none.
func Name(c media.FourCC) string { return names[c] }

var names = map[media.FourCC]string{
	media.AVC1: "h264", media.HVC1: "hevc", media.VVC1: "vvc", media.AV01: "av1", media.VP08: "vp8", media.VP09: "vp9",
	media.SorensonH263: "flv", media.ScreenVideo: "flashsv", media.ScreenVideo2: "flashsv2", media.VP6: "vp6f",
	media.VP6Alpha: "vp6a", media.H263: "h263", media.MPEG4Visual: "mpeg4", media.JPEG: "mjpeg",
	media.MP4A: "aac", media.Opus: "opus", media.FLAC: "flac", media.AC3: "ac3", media.EC3: "eac3", media.MP3: "mp3",
	media.PCMPlatform: "pcm_s16le", media.PCMLittle: "pcm_s16le", media.ADPCM: "adpcm_swf", media.Nellymoser: "nellymoser",
	media.Nellymoser16: "nellymoser", media.Nellymoser8: "nellymoser", media.ALaw: "pcm_alaw", media.MuLaw: "pcm_mulaw",
	media.Speex: "speex",
}

// Extradata returns what FFmpeg's decoder of a codec wants as extradata, given the data of a sequence header: the record
// itself, but for FLAC the bare STREAMINFO block, and nothing for VP8 and VP9, whose decoders want none. The result may
// alias data.
func Extradata(c media.FourCC, data []byte) []byte {
	switch c {
	case media.VP08, media.VP09:
		return nil
	case media.FLAC:
		if f, err := ParseFLAC(data); err == nil {
			return f.AppendBare(nil)
		}
	}
	return data
}
