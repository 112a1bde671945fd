package codec

import (
	"bytes"
	"errors"
	"iter"
	"math"

	"oxrtmp/rtmp/internal/wire"
	"oxrtmp/rtmp/media"
)

// ErrLengthSize is a length size other than 1, 2 and 4, or a NAL unit too long for it.
var ErrLengthSize = errors.New("codec: the length size is not 1, 2 or 4, or too small for a NAL unit")

// NALUs walks the NAL units of an access unit in which each follows its length, in lengthSize bytes: 1, 2 or 4, as the
// configuration record says. It yields each with nil, and ends with nil and an error where the payload is cut, or the
// length size is none. Empty units are yielded too. The units alias p.
func NALUs(p []byte, lengthSize int) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		if !isLengthSize(lengthSize) {
			yield(nil, ErrLengthSize)
			return
		}
		for len(p) > 0 {
			if len(p) < lengthSize {
				yield(nil, malformed("NAL unit"))
				return
			}
			n := uint64(0)
			for _, b := range p[:lengthSize] {
				n = n<<8 | uint64(b)
			}
			p = p[lengthSize:]
			if n > uint64(len(p)) {
				yield(nil, malformed("NAL unit"))
				return
			}
			if !yield(p[:n:n], nil) {
				return
			}
			p = p[n:]
		}
	}
}

func isLengthSize(n int) bool { return n == 1 || n == 2 || n == 4 }

var startCode = []byte{0, 0, 1}

// AnnexB walks the NAL units of a byte stream: each follows a start code, 00 00 01, with any number of zeros before it.
// Bytes before the first start code are skipped, and so are empty units. The units alias p. ISO/IEC 14496-10 Annex B.
func AnnexB(p []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		begin := bytes.Index(p, startCode)
		for begin >= 0 {
			p = p[begin+3:]
			unit := p
			if begin = bytes.Index(p, startCode); begin >= 0 {
				unit = p[:begin]
			}
			unit = bytes.TrimRight(unit, "\x00") // of the start code that follows, and after the last unit
			if len(unit) > 0 && !yield(unit) {
				return
			}
		}
	}
}

// IsAnnexB reports whether an access unit looks like a byte stream: it begins with a start code and is no sequence of
// units with lengths of four bytes. Some encoders send such where lengths belong.
func IsAnnexB(p []byte) bool {
	if !bytes.HasPrefix(p, startCode) && !bytes.HasPrefix(p, []byte{0, 0, 0, 1}) {
		return false
	}
	for _, err := range NALUs(p, 4) {
		if err != nil {
			return true
		}
	}
	return false
}

// ToAnnexB appends an access unit with lengths as a byte stream, each unit behind 00 00 00 01. On error dst has the units
// before what is wrong.
func ToAnnexB(dst, p []byte, lengthSize int) ([]byte, error) {
	for unit, err := range NALUs(p, lengthSize) {
		if err != nil {
			return dst, err
		}
		dst = appendUnit(dst, unit)
	}
	return dst, nil
}

// appendUnit appends a unit, unless it is empty, behind 00 00 00 01.
func appendUnit(dst, unit []byte) []byte {
	if len(unit) == 0 {
		return dst
	}
	return append(append(dst, 0, 0, 0, 1), unit...)
}

// FromAnnexB appends the NAL units of a byte stream, each behind its length in lengthSize bytes: 1, 2 or 4. On error dst
// has the units before the one that is too long.
func FromAnnexB(dst, p []byte, lengthSize int) ([]byte, error) {
	if !isLengthSize(lengthSize) {
		return dst, ErrLengthSize
	}
	for unit := range AnnexB(p) {
		var err error
		if dst, err = AppendNALU(dst, unit, lengthSize); err != nil {
			return dst, err
		}
	}
	return dst, nil
}

// AppendNALU appends a NAL unit behind its length in lengthSize bytes: 1, 2 or 4.
func AppendNALU(dst, unit []byte, lengthSize int) ([]byte, error) {
	n := len(unit)
	switch {
	case lengthSize == 4 && n <= math.MaxUint32>>1:
		dst = wire.AppendUint32(dst, uint32(n))
	case lengthSize == 2 && n <= math.MaxUint16:
		dst = wire.AppendUint16(dst, uint16(n))
	case lengthSize == 1 && n <= math.MaxUint8:
		dst = append(dst, byte(n))
	default:
		return dst, ErrLengthSize
	}
	return append(dst, unit...), nil
}

// Types of NAL units. ISO/IEC 14496-10 table 7-1 and 23008-2 table 7-1.
const (
	AVCIDR = 5
	AVCSEI = 6
	AVCSPS = 7
	AVCPPS = 8
	AVCAUD = 9

	HEVCBLAWLP = 16 // the first of the types of random access points,
	HEVCCRA    = 21 // and the last that is in use
	HEVCVPS    = 32
	HEVCSPS    = 33
	HEVCPPS    = 34
	HEVCAUD    = 35
	HEVCSEI    = 39 // before the pictures; 40 after them
)

// NALUType returns the type of a NAL unit of H.264 (media.AVC1) or H.265 (media.HVC1), -1 for an empty unit and other
// codecs.
func NALUType(codec media.FourCC, unit []byte) int {
	switch {
	case len(unit) == 0:
	case codec == media.AVC1:
		return int(unit[0] & 0x1F)
	case codec == media.HVC1:
		return int(unit[0] >> 1 & 0x3F)
	}
	return -1
}

// IsRandomAccess reports whether decoding can begin with a NAL unit: IDR of H.264, IDR, BLA and CRA of H.265.
func IsRandomAccess(codec media.FourCC, unit []byte) bool {
	t := NALUType(codec, unit)
	return codec == media.AVC1 && t == AVCIDR || codec == media.HVC1 && t >= HEVCBLAWLP && t <= HEVCCRA
}

// IsParameterSet reports whether a NAL unit belongs into the configuration record: SPS and PPS, and VPS of H.265.
func IsParameterSet(codec media.FourCC, unit []byte) bool {
	t := NALUType(codec, unit)
	return codec == media.AVC1 && (t == AVCSPS || t == AVCPPS) || codec == media.HVC1 && t >= HEVCVPS && t <= HEVCPPS
}
