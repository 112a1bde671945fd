package media

import (
	"fmt"
	"time"

	"oxrtmp/rtmp/buffer"
)

// Message types that this package parses. RTMP 1.0 §7.1.
const (
	TypeAudio    = 8
	TypeVideo    = 9
	TypeDataAMF3 = 15
	TypeData     = 18
)

// Kind says what a packet is for. The numbers are part of the ABI.
type Kind uint8

const (
	// KindSequenceHeader is what a decoder of the track needs first: avcC, AudioSpecificConfig, OpusHead, ….
	KindSequenceHeader Kind = 1
	// KindFrame is one access unit. It is also the kind of audio and video that could not be parsed.
	KindFrame Kind = 2
	// KindSequenceEnd says that no further frame of the track's sequence follows.
	KindSequenceEnd Kind = 3
	// KindMetadata describes the stream or a track: an onMetaData message (type 18 or 15), a video metadata packet
	// such as colorInfo (type 9, [FlagColorInfo]), or an audio channel layout (type 8, [FlagMultichannelConfig]).
	KindMetadata Kind = 4
	// KindData is a data message with another handler than onMetaData.
	KindData Kind = 5
	// KindCommand is a video command; see [Packet.Command].
	KindCommand Kind = 6
	// KindSilence is an audio message without bytes: play out what is there, then be silent.
	KindSilence Kind = 7
)

var kindNames = [...]string{
	KindSequenceHeader: "sequence_header", KindFrame: "frame", KindSequenceEnd: "sequence_end",
	KindMetadata: "metadata", KindData: "data", KindCommand: "command", KindSilence: "silence",
}

// String returns the kind's name in lower case, as every language of the library spells it.
func (k Kind) String() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Flags are properties of a packet, or'ed. The numbers are part of the ABI.
type Flags uint32

const (
	// FlagKeyframe marks a video frame that can be decoded without earlier ones: frame types 1 and 4, and where a sender
	// leaves it 0, as some do in Enhanced RTMP, a frame whose own bytes say so. Sequence headers and ends do not have
	// it, whatever frame type they carry: a cache may start a group of pictures at every packet with this flag, and at
	// no other.
	FlagKeyframe Flags = 1 << 0
	// FlagEnhanced marks an Enhanced RTMP header. For [AppendPayload] it asks for one where a legacy header exists.
	FlagEnhanced Flags = 1 << 1
	// FlagMalformed marks a payload whose header cannot be read. Codec is 0, Data is all of Raw.
	FlagMalformed Flags = 1 << 2
	// FlagDisposable marks a video frame that no other one refers to (frame type 3).
	FlagDisposable Flags = 1 << 3
	// FlagMultitrack marks a packet that came in a multitrack message. Raw is that whole message.
	FlagMultitrack Flags = 1 << 4
	// FlagMPEG2TS marks a sequence header in the form of an MPEG-2 transport stream's descriptor (AV1).
	FlagMPEG2TS Flags = 1 << 5
	// FlagMultichannelConfig marks the [KindMetadata] packet that holds an audio track's channel layout.
	FlagMultichannelConfig Flags = 1 << 6
	// FlagColorInfo marks the [KindMetadata] packet that holds a video track's metadata: AMF names and values.
	FlagColorInfo Flags = 1 << 7
	// FlagContinued marks every packet of a multitrack message but the first. Who forwards or stores messages by
	// Raw takes packets without it.
	FlagContinued Flags = 1 << 8
	// FlagSetDataFrame marks a data message that came inside @setDataFrame. Data begins after it, Raw does not.
	// [AppendPayload] wraps Data in @setDataFrame if it is set.
	FlagSetDataFrame Flags = 1 << 9
	// FlagUnofficialID marks a legacy header with one of the numbers that vendors agreed on among themselves:
	// 12 for H.265 and 13 for AV1. [AppendPayload] writes those only if it is set, else Enhanced RTMP.
	FlagUnofficialID Flags = 1 << 10
	// FlagEncrypted marks a packet of a file whose Raw is in the encryption envelope of FLV 10.1 Annex F. It has
	// FlagMalformed too. Writers of files mark its tag.
	FlagEncrypted Flags = 1 << 11
)

// Video frame types, the upper bits of a video header's first byte. FLV 10.1 §E.4.3.1.
const (
	FrameKey          = 1
	FrameInter        = 2
	FrameDisposable   = 3 // an inter frame that no other one refers to
	FrameGeneratedKey = 4 // a key frame made by a server
	FrameCommand      = 5
)

// AVC packet types of legacy headers. FLV 10.1 §E.4.3.2.
const (
	AVCSequenceHeader = 0
	AVCNALU           = 1
	AVCEndOfSequence  = 2
)

// AAC packet types of legacy headers. FLV 10.1 §E.4.2.2.
const (
	AACSequenceHeader = 0
	AACRaw            = 1
)

// Packet types of Enhanced RTMP headers. 4 and above differ between video and audio.
const (
	PacketSequenceStart = 0
	PacketCodedFrames   = 1
	PacketSequenceEnd   = 2
	PacketCodedFramesX  = 3 // video: coded frames with composition time 0

	VideoPacketMetadata             = 4
	VideoPacketMPEG2TSSequenceStart = 5
	VideoPacketMultitrack           = 6

	AudioPacketMultichannelConfig = 4
	AudioPacketMultitrack         = 5

	PacketModEx = 7
)

// Packet is one unit of media: a frame, a configuration, or a data message. [AppendPackets] fills it from a message.
//
// A Packet is a plain value. Data and Raw alias the memory it was parsed from; they are valid while Buffer's reference
// is held, or, where Buffer is nil, as long as the owner of that memory says.
type Packet struct {
	// Type is the RTMP message type: 8 audio, 9 video, 18 or 15 data.
	Type  uint8
	Kind  Kind
	Flags Flags
	// Codec is 0 for data messages, silence, malformed payloads, and Enhanced RTMP commands.
	Codec FourCC
	// Track is 0 for messages without multitrack.
	Track uint8
	// FrameType is the video header's frame type; 0 for audio and data.
	FrameType uint8
	// PacketType is the AVC or AAC packet type, or the Enhanced RTMP packet type after multitrack and ModEx.
	PacketType uint8
	// AudioHeader is the first byte of a legacy audio payload; 0 in all other packets.
	AudioHeader AudioHeader
	// Timestamp is the decoding time in milliseconds modulo 2^32, as on the wire.
	Timestamp uint32
	// Composition is presentation time minus decoding time in milliseconds, -8388608 to 8388607.
	Composition int32
	// NanoOffset is added to the presentation time, in nanoseconds, 0 to 999999: the sum of the message's ModEx
	// entries.
	NanoOffset uint32
	// DTS and PTS are the decoding and presentation time in nanoseconds, without wrap-around. They are set by the
	// owner of the stream, not by this package.
	DTS, PTS int64
	// Arrival is when the message's last byte was read, on a monotonic clock; set where there is one.
	Arrival time.Duration
	// Handler is the name of the function a data message is addressed to, such as onMetaData; "" in all others.
	Handler string
	// Data is the codec's bytes without any header; of a data message, everything from its handler's name on.
	Data []byte
	// Raw is the whole message payload as it came. All packets of one multitrack message share it.
	Raw []byte
	// Buffer is one reference to what Data and Raw point into; nil if the memory is the caller's own.
	Buffer *buffer.Buffer
}

// Release gives the packet's buffer reference back, and forgets Data and Raw. It does nothing for packets without a
// buffer or on the second call. The packet must not be in use by another goroutine.
func (p *Packet) Release() {
	if p.Buffer == nil {
		return
	}
	b := p.Buffer
	p.Buffer, p.Data, p.Raw = nil, nil, nil
	b.Release()
}

// Keyframe reports whether the packet has [FlagKeyframe].
func (p *Packet) Keyframe() bool { return p.Flags&FlagKeyframe != 0 }

// Malformed reports whether the packet has [FlagMalformed].
func (p *Packet) Malformed() bool { return p.Flags&FlagMalformed != 0 }

// Video commands. FLV 10.1 §E.4.3.1.
const (
	CommandStartSeek = 0 // a client-side seek begins
	CommandEndSeek   = 1 // and ends
)

// Command returns the command of a [KindCommand] packet. ok is false for other packets, and for a legacy header that
// has room for none.
func (p *Packet) Command() (command uint8, ok bool) {
	if p.Kind != KindCommand {
		return 0, false
	}
	i := 0
	if p.Flags&FlagEnhanced == 0 && p.Codec.hasAVCHeader() && len(p.Data) > 1 {
		i = 4 // after the packet type and composition time
	}
	if i >= len(p.Data) {
		return 0, false
	}
	return p.Data[i], true
}

// AudioHeader is the first byte of a legacy audio payload: format, rate, size and channels. For AAC, Speex, Nellymoser
// and G.711 only the format means anything. FLV 10.1 §E.4.2.1.
type AudioHeader uint8

// Format returns the sound format, 0 to 15.
func (h AudioHeader) Format() uint8 { return uint8(h >> 4) }

// SampleRate returns the rate in Hz that the header names: 5512, 11025, 22050 or 44100.
func (h AudioHeader) SampleRate() int { return [4]int{5512, 11025, 22050, 44100}[h>>2&3] }

// SampleSize returns 8 or 16 bits.
func (h AudioHeader) SampleSize() int { return 8 + 8*int(h>>1&1) }

// Channels returns 1 or 2.
func (h AudioHeader) Channels() int { return 1 + int(h&1) }
