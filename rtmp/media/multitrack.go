package media

import (
	"errors"

	"oxrtmp/rtmp/internal/wire"
)

// TrackForm is how a multitrack message holds its tracks. Enhanced RTMP v2, "AvMultitrackType".
type TrackForm uint8

// The forms. Encoders send OneTrack, and not all readers know the others.
const (
	OneTrack             TrackForm = 0 // one track
	ManyTracks           TrackForm = 1 // tracks of one codec
	ManyTracksManyCodecs TrackForm = 2 // tracks of several codecs
)

// ErrTracks says that packets cannot be in one message: there are none, more than track ids, several for OneTrack, or
// they differ in type, kind, frame type, nanoseconds or (ManyTracks) codec.
var ErrTracks = errors.New("media: packets cannot share a multitrack message")

// FormOf returns the form of a multitrack message's payload; ok is false for other payloads.
func FormOf(typeID uint8, payload []byte) (form TrackForm, ok bool) {
	p := Packet{Type: typeID, Raw: payload}
	c, ok := p.enhancedHead()
	if !ok || !p.isMultitrack() {
		return 0, false
	}
	types, ok := c.Uint8()
	form = TrackForm(types >> 4)
	return form, ok && form <= ManyTracksManyCodecs
}

// enhancedHead reads what precedes the codec of an Enhanced RTMP payload. ok is false for other payloads, those without
// a codec, and those that are cut.
func (p *Packet) enhancedHead() (c wire.Cursor, ok bool) {
	c = wire.NewCursor(p.Raw)
	first, ok := c.Uint8()
	if !ok || !isEnhanced(p.Type, first) {
		return c, false
	}
	p.PacketType = first & 0x0F
	if p.Type == TypeVideo {
		p.FrameType = first >> 4 & 7
	}
	ok = skipModEx(&c, p)
	return c, ok && (p.FrameType != FrameCommand || p.PacketType == VideoPacketMetadata)
}

// Single returns the packet as one that is alone in its stream: on track 0, to be built without multitrack. It shares
// Data and Buffer with p, and has no Raw.
func (p *Packet) Single() Packet {
	s := *p
	s.Track, s.Raw = 0, nil
	if s.Flags&FlagMultitrack != 0 {
		s.Flags = s.Flags&^(FlagMultitrack|FlagContinued) | FlagEnhanced
		if s.Kind == KindMetadata {
			s.FrameType = 0 // what it usually is, and cannot be in a multitrack message
		}
	}
	return s
}

// AppendMultitrack appends the payload of one message that holds a packet of each of several tracks, which have the same
// time: their type, kind, frame type and NanoOffset must be the same, and for ManyTracks their codec. What it needs of
// them is what [AppendPayload] needs. It is the inverse of [AppendPackets] for multitrack messages, whose form [FormOf]
// tells.
//
// On error dst is returned unchanged.
func AppendMultitrack(dst []byte, form TrackForm, packets []Packet) ([]byte, error) {
	packetType, first, err := sharedHead(form, packets)
	if err != nil {
		return dst, err
	}
	multitrack := uint8(VideoPacketMultitrack)
	if packets[0].Type == TypeAudio {
		multitrack = AudioPacketMultitrack
	}
	out, err := appendModEx(dst, &packets[0], first, multitrack)
	if err != nil {
		return dst, err
	}
	out = append(out, uint8(form)<<4|packetType)
	if form != ManyTracksManyCodecs {
		out = wire.AppendUint32(out, uint32(packets[0].Codec))
	}
	for i := range packets {
		if out, err = appendTrack(out, form, &packets[i], packetType); err != nil {
			return dst, err
		}
	}
	return out, nil
}

// sharedHead returns the packet type and the first byte, without a packet type, that all packets have in common.
func sharedHead(form TrackForm, packets []Packet) (packetType, first uint8, err error) {
	n := len(packets)
	if n == 0 || n > maxTracks || form > ManyTracksManyCodecs || form == OneTrack && n != 1 {
		return 0, 0, ErrTracks
	}
	for i := range packets {
		p := &packets[i]
		own, ownFirst, err := p.enhancedTypes()
		switch {
		case err != nil:
			return 0, 0, err
		case i == 0:
			packetType, first = own, ownFirst
		case p.Type != packets[0].Type || p.Kind != packets[0].Kind || ownFirst != first || p.NanoOffset != packets[0].NanoOffset,
			form == ManyTracks && p.Codec != packets[0].Codec:
			return 0, 0, ErrTracks
		case own == packetType:
		case p.Kind == KindFrame: // with and without composition times: then all have them
			packetType = PacketCodedFrames
		default:
			return 0, 0, ErrTracks
		}
	}
	return packetType, first, nil
}

// enhancedTypes returns the packet type of a packet, and its first byte without one.
func (p *Packet) enhancedTypes() (packetType, first uint8, err error) {
	if p.Malformed() || p.Kind == KindCommand || p.Kind == KindSilence {
		return 0, 0, ErrKind
	}
	switch p.Type {
	case TypeAudio:
		packetType, err = p.audioPacketType()
		return packetType, enhancedSoundFormat << 4, err
	case TypeVideo:
		frameType, err := p.frameTypeToSend()
		if err != nil {
			return 0, 0, err
		}
		packetType, err = p.videoPacketType()
		return packetType, enhancedVideoBit | p.trackFrameType(frameType)<<4, err
	}
	return 0, 0, ErrKind
}

// appendTrack appends one track of a multitrack message.
func appendTrack(dst []byte, form TrackForm, p *Packet, packetType uint8) ([]byte, error) {
	if p.Codec == 0 || p.Flags&FlagEnhanced == 0 && p.Codec.private() {
		return nil, ErrCodec
	}
	if form == ManyTracksManyCodecs {
		dst = wire.AppendUint32(dst, uint32(p.Codec))
	}
	dst = append(dst, p.Track)
	size, composed := len(p.Data), p.composed(packetType)
	switch {
	case composed && !fitsInt24(p.Composition), !composed && p.Composition != 0:
		return nil, ErrComposition
	case composed:
		size += 3
	}
	if form != OneTrack {
		if size >= 1<<24 {
			return nil, ErrTracks
		}
		dst = wire.AppendUint24(dst, uint32(size))
	}
	if composed {
		dst = wire.AppendUint24(dst, uint32(p.Composition))
	}
	return append(dst, p.Data...), nil
}
