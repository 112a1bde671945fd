package media

import "oxrtmp/rtmp/internal/wire"

// AppendPackets parses one message payload and appends its packets: one, or one per track of a multitrack message, in
// the order they stand there.
//
// It never fails and never drops a payload: what cannot be parsed becomes one packet of [KindFrame] (data messages:
// [KindData]) with [FlagMalformed], Codec 0 and all of the payload as Data. That includes a video message without
// bytes; an audio message without bytes is [KindSilence]. An unknown FourCC or legacy codec number is not malformed.
//
// Data and Raw alias payload. Buffer, DTS, PTS and Arrival are left zero. No memory is allocated beyond what dst needs
// to grow, and for the names of unusual data handlers.
func AppendPackets(dst []Packet, typeID uint8, timestamp uint32, payload []byte) []Packet {
	n := len(dst)
	dst = append(dst, Packet{Type: typeID, Kind: KindFrame, Timestamp: timestamp, Raw: payload})
	p, ok := &dst[n], false
	switch {
	case typeID == TypeAudio && len(payload) == 0:
		p.Kind, p.Data, ok = KindSilence, payload, true
	case typeID == TypeAudio && isEnhanced(typeID, payload[0]):
		dst, ok = parseEnhanced(dst)
	case typeID == TypeAudio:
		ok = parseLegacyAudio(p)
	case typeID == TypeVideo && len(payload) > 0 && isEnhanced(typeID, payload[0]):
		dst, ok = parseEnhanced(dst)
	case typeID == TypeVideo:
		ok = parseLegacyVideo(p)
	default:
		p.Kind = KindData
		ok = parseData(p)
	}
	if !ok {
		kind := KindFrame
		if typeID != TypeAudio && typeID != TypeVideo {
			kind = KindData
		}
		dst = append(dst[:n], Packet{Type: typeID, Kind: kind, Flags: FlagMalformed, Timestamp: timestamp, Data: payload, Raw: payload})
	}
	return dst
}

// What the first byte of an Enhanced RTMP payload has: a sound format that was reserved, and the highest bit, which
// no legacy frame type reaches.
const (
	enhancedSoundFormat = 9
	enhancedVideoBit    = 0x80
)

// parseLegacyAudio reads an audio payload of at least one byte. FLV 10.1 §E.4.2.
func parseLegacyAudio(p *Packet) bool {
	p.AudioHeader = AudioHeader(p.Raw[0])
	p.Codec = audioCodecs[p.AudioHeader.Format()]
	p.Data = p.Raw[1:]
	if p.Codec != MP4A {
		return true
	}
	if len(p.Data) == 0 {
		return false
	}
	p.PacketType, p.Data = p.Data[0], p.Data[1:]
	switch p.PacketType {
	case AACSequenceHeader:
		p.Kind = KindSequenceHeader
	case AACRaw:
	default:
		return false
	}
	return true
}

// parseLegacyVideo reads a video payload. FLV 10.1 §E.4.3.
func parseLegacyVideo(p *Packet) bool {
	c := wire.NewCursor(p.Raw)
	first, ok := c.Uint8()
	if !ok {
		return false
	}
	id := first & 0x0F
	p.FrameType, p.Codec = first>>4, videoCodecs[id]
	if id >= 12 && (p.Codec == HVC1 || p.Codec == AV01) {
		p.Flags |= FlagUnofficialID
	}
	if p.FrameType == FrameCommand {
		// Codecs differ in where the command stands, and senders in whether they know: Command finds it.
		p.Kind, p.Data = KindCommand, c.Rest()
		return len(p.Data) > 0
	}
	if p.Codec.hasAVCHeader() {
		packetType, _ := c.Uint8()
		composition, ok := c.Bytes(3)
		if !ok || packetType > AVCEndOfSequence {
			return false
		}
		p.PacketType, p.Composition = packetType, wire.Int24(composition)
		p.Kind = [...]Kind{KindSequenceHeader, KindFrame, KindSequenceEnd}[packetType]
	}
	p.Data = c.Rest()
	p.setFrameFlags()
	return true
}

// setFrameFlags derives the flags of a video frame from its frame type, or where that is none from Data.
func (p *Packet) setFrameFlags() {
	if p.Kind != KindFrame {
		return
	}
	switch p.FrameType {
	case FrameKey, FrameGeneratedKey:
		p.Flags |= FlagKeyframe
	case FrameDisposable:
		p.Flags |= FlagDisposable
	case 0:
		if beginsInside(p.Codec, p.Data) {
			p.Flags |= FlagKeyframe
		}
	}
}
