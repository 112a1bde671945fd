package codec

import (
	"bytes"
	"encoding/binary"

	"oxrtmp/rtmp/internal/wire"
)

// OpusHead is the identification header of an Opus stream. RFC 7845 §5.1.
type OpusHead struct {
	Version    uint8
	Channels   uint8
	PreSkip    uint16 // samples at 48 kHz
	SampleRate uint32 // of the original, Hz; Opus itself is always at 48 kHz
	Gain       int16  // in 1/256 dB
	Family     uint8  // of the channel mapping
	Streams    uint8  // families other than 0,
	Coupled    uint8
	Mapping    []byte // a channel's place in the streams
}

var opusMagic = []byte("OpusHead")

// ParseOpus reads an OpusHead. Bytes after it are ignored; Mapping aliases p.
func ParseOpus(p []byte) (o OpusHead, err error) {
	c := wire.NewCursor(p)
	head, ok := c.Bytes(19)
	if !ok || !bytes.HasPrefix(head, opusMagic) {
		return o, malformed("OpusHead")
	}
	o.Version, o.Channels = head[8], head[9]
	o.PreSkip = binary.LittleEndian.Uint16(head[10:])
	o.SampleRate = binary.LittleEndian.Uint32(head[12:])
	o.Gain, o.Family = int16(binary.LittleEndian.Uint16(head[16:])), head[18]
	if o.Family != 0 {
		streams, ok := c.Bytes(2)
		if ok {
			o.Streams, o.Coupled = streams[0], streams[1]
			o.Mapping, ok = c.Bytes(int(o.Channels))
		}
		if !ok {
			return OpusHead{}, malformed("OpusHead")
		}
	}
	return o, nil
}

// Append appends the OpusHead. Of families other than 0 Mapping must have a byte for each channel.
func (o *OpusHead) Append(dst []byte) []byte {
	dst = append(append(dst, opusMagic...), o.Version, o.Channels)
	dst = binary.LittleEndian.AppendUint16(dst, o.PreSkip)
	dst = binary.LittleEndian.AppendUint32(dst, o.SampleRate)
	dst = append(binary.LittleEndian.AppendUint16(dst, uint16(o.Gain)), o.Family)
	if o.Family != 0 {
		dst = append(append(dst, o.Streams, o.Coupled), o.Mapping...)
	}
	return dst
}

// FLAC is a STREAMINFO block. RFC 9639 §8.2.
type FLAC struct {
	MinBlock, MaxBlock uint16 // samples
	MinFrame, MaxFrame uint32 // bytes; 0 unknown
	SampleRate         int    // Hz
	Channels, BitDepth uint8
	Samples            uint64 // 0 unknown
	MD5                [16]byte
}

// flacHead is what the specification of Enhanced RTMP has before the block: the magic, and the block's header.
var flacHead = []byte{'f', 'L', 'a', 'C', 0x80, 0, 0, 34}

// ParseFLAC reads a STREAMINFO block: bare, as FFmpeg sends it, behind the block's header, or behind "fLaC" and that, as the
// specification of Enhanced RTMP has it.
func ParseFLAC(p []byte) (f FLAC, err error) {
	magic := bytes.HasPrefix(p, flacHead[:4])
	if magic {
		p = p[4:]
	}
	if magic || len(p) >= 38 && p[0]&0x7F == 0 && p[1] == 0 && p[2] == 0 && p[3] == 34 {
		p = p[min(len(p), 4):]
	}
	if len(p) < 34 {
		return f, malformed("STREAMINFO")
	}
	b := bits{p: p}
	f.MinBlock, f.MaxBlock = uint16(b.read(16)), uint16(b.read(16))
	f.MinFrame, f.MaxFrame = b.read(24), b.read(24)
	f.SampleRate = int(b.read(20))
	f.Channels, f.BitDepth = uint8(b.read(3))+1, uint8(b.read(5))+1
	f.Samples = uint64(b.read(4))<<32 | uint64(b.read(32))
	copy(f.MD5[:], p[18:34])
	if f.SampleRate == 0 {
		return FLAC{}, malformed("STREAMINFO")
	}
	return f, nil
}

// Append appends the block behind "fLaC" and its header, as the specification of Enhanced RTMP has it.
func (f *FLAC) Append(dst []byte) []byte { return f.AppendBare(append(dst, flacHead...)) }

// AppendBare appends the 34 bytes of the block alone, as FFmpeg sends it and some readers need it.
func (f *FLAC) AppendBare(dst []byte) []byte {
	dst = wire.AppendUint16(wire.AppendUint16(dst, f.MinBlock), f.MaxBlock)
	dst = wire.AppendUint24(wire.AppendUint24(dst, f.MinFrame), f.MaxFrame)
	dst = wire.AppendUint64(dst, uint64(f.SampleRate)<<44|uint64(f.Channels-1)&7<<41|uint64(f.BitDepth-1)&31<<36|f.Samples&(1<<36-1))
	return append(dst, f.MD5[:]...)
}
