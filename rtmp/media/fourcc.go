package media

import "fmt"

// FourCC names a codec by four ASCII characters, the first in the highest byte, as Enhanced RTMP and onMetaData carry
// it. 0 is no codec. Codecs that only have a number in FLV headers have names of our own, which never appear on the
// wire; the table is at [VideoCodec] and [AudioCodec]. Any other value is a codec this package does not know, which
// parses and builds like those it does.
type FourCC uint32

// Codecs with a FourCC in Enhanced RTMP v2. AVC1, HVC1, AV01, MP3 and MP4A also have a number in legacy headers.
const (
	AVC1 FourCC = 'a'<<24 | 'v'<<16 | 'c'<<8 | '1' // H.264
	HVC1 FourCC = 'h'<<24 | 'v'<<16 | 'c'<<8 | '1' // H.265
	VVC1 FourCC = 'v'<<24 | 'v'<<16 | 'c'<<8 | '1' // H.266
	AV01 FourCC = 'a'<<24 | 'v'<<16 | '0'<<8 | '1' // AV1
	VP08 FourCC = 'v'<<24 | 'p'<<16 | '0'<<8 | '8'
	VP09 FourCC = 'v'<<24 | 'p'<<16 | '0'<<8 | '9'

	MP4A FourCC = 'm'<<24 | 'p'<<16 | '4'<<8 | 'a' // AAC
	Opus FourCC = 'O'<<24 | 'p'<<16 | 'u'<<8 | 's'
	FLAC FourCC = 'f'<<24 | 'L'<<16 | 'a'<<8 | 'C'
	AC3  FourCC = 'a'<<24 | 'c'<<16 | '-'<<8 | '3'
	EC3  FourCC = 'e'<<24 | 'c'<<16 | '-'<<8 | '3' // Enhanced AC-3
	MP3  FourCC = '.'<<24 | 'm'<<16 | 'p'<<8 | '3'
)

// Our names for video codecs that only have a number in legacy headers.
const (
	JPEG          FourCC = 'j'<<24 | 'p'<<16 | 'e'<<8 | 'g'
	SorensonH263  FourCC = 'f'<<24 | 'l'<<16 | 'v'<<8 | '1'
	ScreenVideo   FourCC = 'f'<<24 | 's'<<16 | 'v'<<8 | '1'
	ScreenVideo2  FourCC = 'f'<<24 | 's'<<16 | 'v'<<8 | '2'
	VP6           FourCC = 'v'<<24 | 'p'<<16 | '6'<<8 | 'f'
	VP6Alpha      FourCC = 'v'<<24 | 'p'<<16 | '6'<<8 | 'a'
	H263          FourCC = 'h'<<24 | '2'<<16 | '6'<<8 | '3'
	MPEG4Visual   FourCC = 'm'<<24 | 'p'<<16 | '4'<<8 | 'v'
	videoReserved FourCC = 'f'<<24 | 'v'<<16 | '0'<<8 | '0' // and the decimal number in the last two characters
)

// Our names for audio codecs that only have a number in legacy headers.
const (
	PCMPlatform    FourCC = 'p'<<24 | 'c'<<16 | 'm'<<8 | 'p' // linear PCM in the byte order of the sender, in practice little-endian
	PCMLittle      FourCC = 'p'<<24 | 'c'<<16 | 'm'<<8 | 'l' // linear PCM, little-endian
	ADPCM          FourCC = 's'<<24 | 'w'<<16 | 'f'<<8 | 'a' // Flash ADPCM
	Nellymoser     FourCC = 'n'<<24 | 'm'<<16 | 'o'<<8 | 's'
	Nellymoser16   FourCC = 'n'<<24 | 'm'<<16 | '1'<<8 | '6' // 16 kHz mono
	Nellymoser8    FourCC = 'n'<<24 | 'm'<<16 | '0'<<8 | '8' // 8 kHz mono
	ALaw           FourCC = 'a'<<24 | 'l'<<16 | 'a'<<8 | 'w' // G.711 A-law
	MuLaw          FourCC = 'u'<<24 | 'l'<<16 | 'a'<<8 | 'w' // G.711 µ-law
	Speex          FourCC = 's'<<24 | 'p'<<16 | 'e'<<8 | 'x'
	DeviceSpecific FourCC = 'd'<<24 | 'e'<<16 | 'v'<<8 | 's'
	audioReserved  FourCC = 'f'<<24 | 'a'<<16 | '0'<<8 | '0' // and the decimal number in the last two characters
)

// reserved names number id, at most 15, of a family of unassigned numbers: fv10, fa12.
func reserved(family FourCC, id FourCC) FourCC { return family + id/10<<8 + id%10 }

// videoCodecs has the codec for each legacy video codec id.
var videoCodecs = [16]FourCC{
	0: reserved(videoReserved, 0), 1: JPEG, 2: SorensonH263, 3: ScreenVideo,
	4: VP6, 5: VP6Alpha, 6: ScreenVideo2, 7: AVC1,
	8: H263, 9: MPEG4Visual, 10: reserved(videoReserved, 10), 11: reserved(videoReserved, 11),
	12: HVC1, 13: AV01, 14: reserved(videoReserved, 14), 15: reserved(videoReserved, 15),
}

// audioCodecs has the codec for each sound format; 0 for 9, which announces an Enhanced RTMP header.
var audioCodecs = [16]FourCC{
	0: PCMPlatform, 1: ADPCM, 2: MP3, 3: PCMLittle,
	4: Nellymoser16, 5: Nellymoser8, 6: Nellymoser, 7: ALaw,
	8: MuLaw, 9: 0, 10: MP4A, 11: Speex,
	12: reserved(audioReserved, 12), 13: reserved(audioReserved, 13), 14: MP3, 15: DeviceSpecific,
}

// VideoCodec returns the codec for a video codec number: a legacy codec id (below 16), or a FourCC, which is returned
// as it is. onMetaData's videocodecid holds either.
//
//	id  codec            FourCC      id  codec                 FourCC
//	 1  JPEG             jpeg         7  H.264                 avc1
//	 2  Sorenson H.263   flv1         8  H.263, unofficial     h263
//	 3  Screen video     fsv1         9  MPEG-4, unofficial    mp4v
//	 4  VP6              vp6f        12  H.265, unofficial     hvc1
//	 5  VP6 with alpha   vp6a        13  AV1, unofficial       av01
//	 6  Screen video 2   fsv2         0, 10, 11, 14, 15        fv00, fv10, fv11, fv14, fv15
func VideoCodec(number uint32) FourCC {
	if number < 16 {
		return videoCodecs[number]
	}
	return FourCC(number)
}

// AudioCodec returns the codec for an audio codec number: a legacy sound format (below 16), or a FourCC, which is
// returned as it is. onMetaData's audiocodecid holds either. Sound format 9 is no codec and gives 0.
//
//	id  codec                  FourCC      id  codec               FourCC
//	 0  PCM, platform endian   pcmp         7  G.711 A-law         alaw
//	 1  ADPCM                  swfa         8  G.711 µ-law         ulaw
//	 2  MP3                    .mp3        10  AAC                 mp4a
//	 3  PCM, little-endian     pcml        11  Speex               spex
//	 4  Nellymoser 16 kHz      nm16        14  MP3 8 kHz           .mp3
//	 5  Nellymoser 8 kHz       nm08        15  device specific     devs
//	 6  Nellymoser             nmos        12, 13                  fa12, fa13
func AudioCodec(number uint32) FourCC {
	if number < 16 {
		return audioCodecs[number]
	}
	return FourCC(number)
}

// VideoID returns the codec's legacy video codec id, if it has one.
func (c FourCC) VideoID() (id uint8, ok bool) { return find(&videoCodecs, c) }

// SoundFormat returns the codec's legacy sound format, if it has one; for MP3 it is 2.
func (c FourCC) SoundFormat() (format uint8, ok bool) { return find(&audioCodecs, c) }

func find(table *[16]FourCC, c FourCC) (uint8, bool) {
	if c == 0 {
		return 0, false
	}
	for i, t := range table {
		if t == c {
			return uint8(i), true
		}
	}
	return 0, false
}

// private reports whether c is a name of our own, which must not be sent.
func (c FourCC) private() bool {
	switch c {
	case AVC1, HVC1, AV01, MP3, MP4A:
		return false
	}
	_, video := c.VideoID()
	_, audio := c.SoundFormat()
	return video || audio
}

// hasComposition reports whether the codec's frames carry a composition time: after the packet type in Enhanced RTMP,
// and in the five-byte header of AVC in legacy form. MPEG-4 and AV1 have the latter only.
func (c FourCC) hasComposition() bool { return c == AVC1 || c == HVC1 || c == VVC1 }

// hasAVCHeader reports whether the legacy header of the codec is that of AVC: a packet type and a composition time.
func (c FourCC) hasAVCHeader() bool {
	return c == AVC1 || c == HVC1 || c == AV01 || c == MPEG4Visual
}

// ParseFourCC returns the codec whose name is s: four bytes, in the case that the specification uses ("Opus", "fLaC").
func ParseFourCC(s string) (c FourCC, ok bool) {
	if len(s) != 4 {
		return 0, false
	}
	return FourCC(s[0])<<24 | FourCC(s[1])<<16 | FourCC(s[2])<<8 | FourCC(s[3]), true
}

// String returns the four characters, "none" for 0, and the hexadecimal number if they are not all printable ASCII.
func (c FourCC) String() string {
	if c == 0 {
		return "none"
	}
	b := [4]byte{byte(c >> 24), byte(c >> 16), byte(c >> 8), byte(c)}
	for _, x := range b {
		if x < 0x20 || x > 0x7E {
			return fmt.Sprintf("0x%08x", uint32(c))
		}
	}
	return string(b[:])
}
