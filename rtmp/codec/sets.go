package codec

import (
	"errors"
	"fmt"

	"oxrtmp/rtmp/media"
)

// ErrCodec says that a codec has no parameter sets that [ParameterSets] knows.
var ErrCodec = errors.New("parameter sets are known of H.264 and H.265 only")

// ParameterSets appends the NAL units of a configuration record of H.264 (media.AVC1) or H.265 (media.HVC1) as a byte
// stream, each behind 00 00 00 01, as a raw file or decoder wants them before the first frame: of avcC the SPS, their
// extensions and the PPS, of hvcC all units in the record's order, which are VPS, SPS, PPS and often SEI. It is the inverse
// of [NewAVC] and [NewHEVC], as [ToAnnexB] is of [FromAnnexB]. Empty units are left out, and nothing is appended for a
// record without units, whose stream has them in its frames. The error wraps [ErrRecord], or [ErrCodec] for another
// codec; dst is unchanged then. An extended part of avcC that is cut is ignored, as [ParseAVC] does.
func ParameterSets(dst []byte, codec media.FourCC, record []byte) ([]byte, error) {
	switch codec {
	case media.AVC1:
		a, err := ParseAVC(record)
		if err != nil {
			return dst, err
		}
		return appendUnits(appendUnits(appendUnits(dst, a.SPS), a.SPSExt), a.PPS), nil
	case media.HVC1:
		h, err := ParseHEVC(record)
		if err != nil {
			return dst, err
		}
		for _, array := range h.Arrays {
			dst = appendUnits(dst, array.Units)
		}
		return dst, nil
	}
	return dst, fmt.Errorf("codec: %v: %w", codec, ErrCodec)
}

// appendUnits appends units as a byte stream.
func appendUnits(dst []byte, units [][]byte) []byte {
	for _, unit := range units {
		dst = appendUnit(dst, unit)
	}
	return dst
}
