package codec

import (
	"bytes"

	"oxrtmp/rtmp/internal/wire"
)

// VP is a VPCodecConfigurationRecord (vpcC), of VP8 and VP9.
type VP struct {
	Profile, Level    uint8 // level 10 is 1.0; 0 unknown
	BitDepth          uint8
	ChromaSubsampling uint8 // 0, 1: 4:2:0; 2: 4:2:2; 3: 4:4:4
	FullRange         bool
	// ColorPrimaries, TransferCharacteristics and MatrixCoefficients are code points of ITU-T H.273.
	ColorPrimaries, TransferCharacteristics, MatrixCoefficients uint8
	InitData                                                    []byte // none for VP8 and VP9
}

// vpBox is the version and the flags of the box around the record in MP4 files.
var vpBox = []byte{1, 0, 0, 0}

// ParseVP reads a vpcC record: as the specification of Enhanced RTMP has it, or behind the version and flags of its box,
// as it is deployed. InitData aliases p.
func ParseVP(p []byte) (v VP, err error) {
	if len(p) >= 12 && bytes.HasPrefix(p, vpBox) {
		p = p[4:]
	}
	c := wire.NewCursor(p)
	head, ok := c.Bytes(8)
	if ok {
		v.InitData, ok = c.Bytes(int(head[6])<<8 | int(head[7]))
	}
	if !ok {
		return VP{}, malformed("vpcC")
	}
	v.Profile, v.Level = head[0], head[1]
	v.BitDepth, v.ChromaSubsampling, v.FullRange = head[2]>>4, head[2]>>1&7, head[2]&1 != 0
	v.ColorPrimaries, v.TransferCharacteristics, v.MatrixCoefficients = head[3], head[4], head[5]
	if len(v.InitData) == 0 {
		v.InitData = nil
	}
	return v, nil
}

// Append appends the record behind version and flags, as FFmpeg writes and others read it.
func (v *VP) Append(dst []byte) []byte { return v.AppendBare(append(dst, vpBox...)) }

// AppendBare appends the record as the specification of Enhanced RTMP has it. Init data above 65,535 bytes is cut there.
func (v *VP) AppendBare(dst []byte) []byte {
	third := v.BitDepth<<4 | v.ChromaSubsampling&7<<1
	if v.FullRange {
		third |= 1
	}
	dst = append(dst, v.Profile, v.Level, third, v.ColorPrimaries, v.TransferCharacteristics, v.MatrixCoefficients)
	data := v.InitData[:min(len(v.InitData), 0xFFFF)]
	return append(wire.AppendUint16(dst, uint16(len(data))), data...)
}
