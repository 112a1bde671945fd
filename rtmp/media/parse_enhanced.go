package media

import "oxrtmp/rtmp/internal/wire"

// maxTracks bounds the packets of one message: there are no more track ids.
const maxTracks = 256

// maxNanoOffset is one nanosecond less than the unit of Timestamp.
const maxNanoOffset = 999999

// parseEnhanced reads the payload of the last packet of dst, which begins with an Enhanced RTMP header, into that
// packet and, for several tracks, further ones. On failure dst has packets to be discarded.
// Enhanced RTMP v2, "ExVideoTagHeader" and "ExAudioTagHeader".
func parseEnhanced(dst []Packet) ([]Packet, bool) {
	n := len(dst) - 1
	p := &dst[n]
	c := wire.NewCursor(p.Raw)
	first, _ := c.Uint8()
	p.Flags |= FlagEnhanced
	p.PacketType = first & 0x0F
	if p.Type == TypeVideo {
		p.FrameType = first >> 4 & 7
	}
	if !skipModEx(&c, p) {
		return dst, false
	}
	if p.FrameType == FrameCommand && p.PacketType != VideoPacketMetadata {
		p.Kind, p.Data = KindCommand, c.Rest()
		return dst, len(p.Data) > 0
	}
	if p.isMultitrack() {
		p.Flags |= FlagMultitrack
		return parseTracks(dst, &c)
	}
	codec, ok := c.Uint32()
	p.Codec = FourCC(codec)
	return dst, ok && p.setBody(c.Rest())
}

// isMultitrack reports whether the packet type says that tracks follow. Audio and video use different numbers.
func (p *Packet) isMultitrack() bool {
	if p.Type == TypeAudio {
		return p.PacketType == AudioPacketMultitrack
	}
	return p.PacketType == VideoPacketMultitrack
}

// skipModEx reads the ModEx entries that precede the real packet type, which is left in p.PacketType.
// Entries of unknown types, and nanosecond offsets too short or too large to be one, mean nothing.
func skipModEx(c *wire.Cursor, p *Packet) bool {
	for p.PacketType == PacketModEx {
		data, types, ok := readModEx(c)
		if !ok {
			return false
		}
		if types>>4 == ModExTimestampOffsetNano && len(data) >= 3 {
			if nano := wire.Uint24(data); nano <= maxNanoOffset {
				p.NanoOffset = min(p.NanoOffset+nano, maxNanoOffset)
			}
		}
		p.PacketType = types & 0x0F
	}
	return true
}

// parseTracks reads the tracks of a multitrack message, from the byte with its type on, into the last packet of dst
// and further ones.
func parseTracks(dst []Packet, c *wire.Cursor) ([]Packet, bool) {
	n := len(dst) - 1
	types, ok := c.Uint8()
	form := TrackForm(types >> 4)
	if !ok || form > ManyTracksManyCodecs {
		return dst, false
	}
	common := dst[n]
	common.PacketType = types & 0x0F
	if common.isMultitrack() || common.PacketType == PacketModEx {
		return dst, false
	}
	if form != ManyTracksManyCodecs {
		codec, ok := c.Uint32()
		if !ok {
			return dst, false
		}
		common.Codec = FourCC(codec)
	}
	dst = dst[:n]
	for {
		p := common
		var body []byte
		if body, ok = p.readTrack(c, form); !ok || !p.setBody(body) {
			return dst, false
		}
		dst = append(dst, p)
		if form == OneTrack || c.Len() == 0 {
			return dst, true
		}
		if len(dst)-n == maxTracks {
			return dst, false
		}
		common.Flags |= FlagContinued
	}
}

// readTrack reads what precedes a track's body, and the body.
func (p *Packet) readTrack(c *wire.Cursor, form TrackForm) (body []byte, ok bool) {
	if form == ManyTracksManyCodecs {
		codec, ok := c.Uint32()
		if !ok {
			return nil, false
		}
		p.Codec = FourCC(codec)
	}
	if p.Track, ok = c.Uint8(); !ok {
		return nil, false
	}
	if form == OneTrack {
		return c.Rest(), true
	}
	size, ok := c.Uint24()
	if !ok {
		return nil, false
	}
	return c.Bytes(int(size))
}

// setBody sets what the packet type, the codec and the body say. It fails for reserved packet types, for codec 0, and
// if the composition time is cut.
func (p *Packet) setBody(body []byte) bool {
	p.Data = body
	if p.Codec == 0 {
		return false
	}
	switch p.PacketType {
	case PacketSequenceStart:
		p.Kind = KindSequenceHeader
		return true
	case PacketCodedFrames:
		p.Kind = KindFrame
	case PacketSequenceEnd:
		p.Kind = KindSequenceEnd
		return true
	default:
		if p.Type == TypeAudio {
			p.Kind = KindMetadata
			p.Flags |= FlagMultichannelConfig
			return p.PacketType == AudioPacketMultichannelConfig
		}
		if ok := p.setVideoKind(); !ok {
			return false
		}
	}
	if p.Type != TypeVideo {
		return true
	}
	if p.PacketType == PacketCodedFrames && p.Codec.hasComposition() {
		if len(body) < 3 {
			return false
		}
		p.Composition, p.Data = wire.Int24(body), body[3:]
	}
	p.setFrameFlags()
	return true
}

// setVideoKind sets the kind for the packet types that only video has.
func (p *Packet) setVideoKind() bool {
	switch p.PacketType {
	case PacketCodedFramesX:
		p.Kind = KindFrame
	case VideoPacketMetadata:
		p.Kind = KindMetadata
		p.Flags |= FlagColorInfo
	case VideoPacketMPEG2TSSequenceStart:
		p.Kind = KindSequenceHeader
		p.Flags |= FlagMPEG2TS
	default:
		return false
	}
	return true
}
