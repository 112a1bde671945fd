package media

import (
	"errors"
	"fmt"

	"oxrtmp/rtmp/internal/wire"
)

// Why a packet cannot be built.
var (
	// ErrKind is a kind that the packet's type or codec has no form for, such as a sequence header of MP3.
	ErrKind = errors.New("media: no such kind of packet for this type and codec")
	// ErrCodec is a codec that has no form on the wire: 0, or one of our own names where a FourCC is needed.
	ErrCodec = errors.New("media: codec cannot be sent in this form")
	// ErrFrameType is a frame type above 7, or one that contradicts the kind: a frame that says it is a command.
	ErrFrameType = errors.New("media: frame type out of range or against the kind")
	// ErrComposition is a composition time beyond 24 bits, or one for a codec without a field for it.
	ErrComposition = errors.New("media: composition time cannot be sent")
	// ErrNanoOffset is a nanosecond offset above 999999.
	ErrNanoOffset = errors.New("media: nanosecond offset out of range")
)

// AppendPayload appends the message payload for p. It is the inverse of [AppendPackets]: a packet that was parsed from
// a single-track message gives the same bytes again, but for ModEx entries other than one nanosecond offset, and for
// values or format bytes before a data message's handler. A track of a multitrack message gives a message of its own
// (multitrack type OneTrack; see [AppendMultitrack] for several in one, [AppendWithModEx] for other ModEx entries).
//
// What it needs of p: Type, Kind, Codec and Data, and for frames of video [FlagKeyframe] or FrameType, and Composition.
// The header is a legacy one where the codec has one, but Enhanced RTMP
//   - with [FlagEnhanced] or [FlagMultitrack], or if Track or NanoOffset is not 0,
//   - for H.265 and AV1 without [FlagUnofficialID],
//   - for what only it has: color information, channel layouts, commands without a codec.
//
// PacketType counts only among those that Kind permits. FrameType 0 stands for the usual one if Raw is nil (packets
// that were not parsed), else for itself. AudioHeader counts if its format is that of Codec, else the usual one is
// taken: 0x2F for MP3, 0xAF for AAC, 44.1 kHz 16 bit stereo for PCM.
//
// If Data is nil and Raw is not, and for malformed packets, the payload is Raw or Data as it is.
//
// On error dst is returned unchanged, and the error is one of this package's, wrapped.
func AppendPayload(dst []byte, p *Packet) ([]byte, error) {
	if p.Data == nil && p.Raw != nil {
		return append(dst, p.Raw...), nil
	}
	if p.Malformed() {
		return append(dst, p.Data...), nil
	}
	var (
		out []byte
		err error
	)
	switch p.Type {
	case TypeAudio:
		out, err = appendAudio(dst, p)
	case TypeVideo:
		out, err = appendVideo(dst, p)
	case TypeData, TypeDataAMF3:
		out, err = appendData(dst, p)
	default:
		err = ErrKind
	}
	if err != nil {
		return dst, fmt.Errorf("%w (type %d, %v, %v)", err, p.Type, p.Kind, p.Codec)
	}
	return out, nil
}

// wantsEnhanced reports whether the packet has anything that a legacy header cannot carry, or asks for Enhanced RTMP.
func (p *Packet) wantsEnhanced() bool {
	return p.Flags&(FlagEnhanced|FlagMultitrack) != 0 || p.Track != 0 || p.NanoOffset != 0 || p.Kind == KindMetadata
}

func appendAudio(dst []byte, p *Packet) ([]byte, error) {
	if p.Kind == KindSilence {
		return dst, nil
	}
	format, legacy := p.Codec.SoundFormat()
	if !legacy || p.wantsEnhanced() {
		return appendEnhancedAudio(dst, p)
	}
	h := p.AudioHeader
	if audioCodecs[h.Format()] != p.Codec {
		h = defaultAudioHeader(format)
	}
	dst = append(dst, byte(h))
	if p.Codec == MP4A {
		switch p.Kind {
		case KindSequenceHeader:
			dst = append(dst, AACSequenceHeader)
		case KindFrame:
			dst = append(dst, AACRaw)
		default:
			return nil, ErrKind
		}
	} else if p.Kind != KindFrame {
		return nil, ErrKind
	}
	return append(dst, p.Data...), nil
}

// defaultAudioHeader returns the header that senders write for a format whose other bits mean nothing, and 44.1 kHz,
// 16 bit, stereo for the rest.
func defaultAudioHeader(format uint8) AudioHeader {
	switch audioCodecs[format] {
	case Nellymoser16, Nellymoser8, ALaw, MuLaw, Speex:
		return AudioHeader(format<<4 | 0x02)
	}
	return AudioHeader(format<<4 | 0x0F)
}

func appendEnhancedAudio(dst []byte, p *Packet) ([]byte, error) {
	packetType, err := p.audioPacketType()
	if err != nil {
		return nil, err
	}
	if dst, err = appendEnhancedHeader(dst, p, enhancedSoundFormat<<4, packetType); err != nil {
		return nil, err
	}
	return append(dst, p.Data...), nil
}

// audioPacketType returns the Enhanced RTMP packet type for the packet's kind.
func (p *Packet) audioPacketType() (uint8, error) {
	switch p.Kind {
	case KindSequenceHeader:
		return PacketSequenceStart, nil
	case KindFrame:
		return PacketCodedFrames, nil
	case KindSequenceEnd:
		return PacketSequenceEnd, nil
	case KindMetadata:
		return AudioPacketMultichannelConfig, nil
	}
	return 0, ErrKind
}

func appendVideo(dst []byte, p *Packet) ([]byte, error) {
	frameType, err := p.frameTypeToSend()
	if err != nil {
		return nil, err
	}
	id, legacy := p.Codec.VideoID()
	if id >= 12 && p.Flags&FlagUnofficialID == 0 && !p.Codec.private() {
		legacy = false
	}
	if !legacy || p.wantsEnhanced() || p.Flags&FlagMPEG2TS != 0 {
		return appendEnhancedVideo(dst, p, frameType)
	}
	dst = append(dst, frameType<<4|id)
	if p.Kind == KindCommand {
		return append(dst, p.Data...), nil
	}
	if p.Codec.hasAVCHeader() {
		packetType := uint8(0)
		switch p.Kind {
		case KindSequenceHeader:
			packetType = AVCSequenceHeader
		case KindFrame:
			packetType = AVCNALU
		case KindSequenceEnd:
			packetType = AVCEndOfSequence
		default:
			return nil, ErrKind
		}
		if !fitsInt24(p.Composition) {
			return nil, ErrComposition
		}
		dst = append(dst, packetType)
		dst = wire.AppendUint24(dst, uint32(p.Composition))
	} else if p.Kind != KindFrame {
		return nil, ErrKind
	} else if p.Composition != 0 {
		return nil, ErrComposition
	}
	return append(dst, p.Data...), nil
}

// frameTypeToSend returns the frame type for the header, filled in if the packet leaves it open.
func (p *Packet) frameTypeToSend() (uint8, error) {
	f := p.FrameType
	if f == 0 && p.Raw == nil {
		switch {
		case p.Kind == KindCommand, p.Kind == KindMetadata: // what readers expect of metadata
			f = FrameCommand
		case p.Kind != KindFrame, p.Keyframe():
			f = FrameKey
		case p.Flags&FlagDisposable != 0:
			f = FrameDisposable
		default:
			f = FrameInter
		}
	}
	if f > 7 || p.Kind != KindMetadata && (f == FrameCommand) != (p.Kind == KindCommand) {
		return 0, ErrFrameType
	}
	if p.Kind == KindCommand && len(p.Data) == 0 {
		return 0, ErrKind
	}
	return f, nil
}

// trackFrameType returns the frame type for the header of a multitrack message: one that says command would be read as
// that, whatever its tracks are. Enhanced RTMP v2, "ExVideoTagHeader".
func (p *Packet) trackFrameType(frameType uint8) uint8 {
	if p.Kind == KindMetadata && frameType == FrameCommand {
		return FrameKey
	}
	return frameType
}

func appendEnhancedVideo(dst []byte, p *Packet, frameType uint8) ([]byte, error) {
	if p.Flags&FlagMultitrack != 0 || p.Track != 0 {
		frameType = p.trackFrameType(frameType)
	}
	first := enhancedVideoBit | frameType<<4
	packetType, err := p.videoPacketType()
	if err != nil {
		return nil, err
	}
	if p.Kind == KindCommand {
		dst, err = appendModEx(dst, p, first, packetType)
	} else {
		dst, err = appendEnhancedHeader(dst, p, first, packetType)
	}
	if err != nil {
		return nil, err
	}
	if p.composed(packetType) {
		if !fitsInt24(p.Composition) {
			return nil, ErrComposition
		}
		dst = wire.AppendUint24(dst, uint32(p.Composition))
	} else if p.Composition != 0 {
		return nil, ErrComposition
	}
	return append(dst, p.Data...), nil
}

// composed reports whether a composition time precedes the packet's data.
func (p *Packet) composed(packetType uint8) bool {
	return p.Type == TypeVideo && p.Kind == KindFrame && packetType == PacketCodedFrames && p.Codec.hasComposition()
}

// videoPacketType returns the Enhanced RTMP packet type for the packet's kind.
func (p *Packet) videoPacketType() (uint8, error) {
	switch p.Kind {
	case KindSequenceHeader:
		if p.Flags&FlagMPEG2TS != 0 {
			return VideoPacketMPEG2TSSequenceStart, nil
		}
		return PacketSequenceStart, nil
	case KindFrame:
		if p.Composition != 0 || p.PacketType == PacketCodedFrames {
			return PacketCodedFrames, nil
		}
		if p.PacketType == PacketCodedFramesX || p.Codec.hasComposition() {
			return PacketCodedFramesX, nil
		}
		return PacketCodedFrames, nil
	case KindSequenceEnd:
		return PacketSequenceEnd, nil
	case KindMetadata:
		return VideoPacketMetadata, nil
	case KindCommand: // the packet type means nothing then, but two would change what follows
		if t := p.PacketType; t <= 0x0F && t != VideoPacketMetadata && t != PacketModEx {
			return t, nil
		}
		return 0, nil
	}
	return 0, ErrKind
}

// appendEnhancedHeader appends the header up to the body, or to the composition time. first is the first byte without
// its packet type.
func appendEnhancedHeader(dst []byte, p *Packet, first, packetType uint8) ([]byte, error) {
	if p.Codec == 0 || p.Flags&FlagEnhanced == 0 && p.Codec.private() {
		return nil, ErrCodec
	}
	if p.Flags&FlagMultitrack == 0 && p.Track == 0 {
		dst, err := appendModEx(dst, p, first, packetType)
		if err != nil {
			return nil, err
		}
		return wire.AppendUint32(dst, uint32(p.Codec)), nil
	}
	multitrack := uint8(VideoPacketMultitrack)
	if p.Type == TypeAudio {
		multitrack = AudioPacketMultitrack
	}
	dst, err := appendModEx(dst, p, first, multitrack)
	if err != nil {
		return nil, err
	}
	dst = append(dst, uint8(OneTrack)<<4|packetType)
	dst = wire.AppendUint32(dst, uint32(p.Codec))
	return append(dst, p.Track), nil
}

// appendModEx appends the first byte and, if there is a nanosecond offset, the ModEx entry for it.
func appendModEx(dst []byte, p *Packet, first, packetType uint8) ([]byte, error) {
	switch {
	case p.NanoOffset > maxNanoOffset:
		return nil, ErrNanoOffset
	case p.NanoOffset == 0:
		return append(dst, first|packetType), nil
	}
	dst = append(dst, first|PacketModEx, 3-1)
	dst = wire.AppendUint24(dst, p.NanoOffset)
	return append(dst, ModExTimestampOffsetNano<<4|packetType), nil
}

// appendData appends a data message: Data with its handler's name, which nothing here looks into.
func appendData(dst []byte, p *Packet) ([]byte, error) {
	if p.Kind != KindData && p.Kind != KindMetadata {
		return nil, ErrKind
	}
	if p.Type == TypeDataAMF3 {
		dst = append(dst, 0)
	}
	if p.Flags&FlagSetDataFrame != 0 {
		dst = append(dst, amf0String, 0, byte(len(handlerSet)))
		dst = append(dst, handlerSet...)
	}
	return append(dst, p.Data...), nil
}

func fitsInt24(v int32) bool { return v >= -1<<23 && v < 1<<23 }
