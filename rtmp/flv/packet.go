package flv

import (
	"fmt"

	"oxrtmp/rtmp/media"
)

// AppendPackets appends the packets of a tag, as [media.AppendPackets] does those of a message; there are none of a type
// that RTMP does not have. An encrypted tag is one packet with [media.FlagEncrypted], whose Data [ParseEnvelope] takes
// apart. What the packets point to is t.Data.
func AppendPackets(dst []media.Packet, t Tag) []media.Packet {
	switch t.Type {
	case TagAudio, TagVideo, TagScript, TagScriptAMF3:
	default:
		return dst
	}
	if t.Encrypted { // the bytes after the first are not what they seem
		return append(dst, media.Packet{
			Type: t.Type, Kind: media.KindFrame, Flags: media.FlagMalformed | media.FlagEncrypted, Timestamp: t.Timestamp,
			Data: t.Data, Raw: t.Data,
		})
	}
	return media.AppendPackets(dst, t.Type, t.Timestamp, t.Data)
}

// TagType returns the first byte of a tag for a packet: its type, with [EncryptedBit] if it is encrypted.
func TagType(p *media.Packet) uint8 {
	if p.Flags&media.FlagEncrypted != 0 {
		return p.Type | EncryptedBit
	}
	return p.Type
}

// Payload returns the tag data for a packet: Raw of audio and video as it is, or what [media.AppendPayload] makes of a
// packet that has none, and of data messages without @setDataFrame, which belongs to the wire. Of an encrypted packet it
// is Raw. The result is p.Raw, or memory of *scratch, which it reuses and lets grow.
//
// The error is one of package media, ErrTagSize, or says that the type has no place in a file.
func Payload(p *media.Packet, scratch *[]byte) ([]byte, error) {
	payload := p.Raw
	switch {
	case p.Flags&media.FlagEncrypted != 0 && payload == nil:
		return nil, fmt.Errorf("flv: an encrypted packet without its bytes: %w", ErrEnvelope)
	case p.Flags&media.FlagEncrypted != 0:
		return payload, nil
	}
	switch p.Type {
	case media.TypeAudio, media.TypeVideo:
		if payload != nil {
			break
		}
		var err error
		if payload, err = media.AppendPayload((*scratch)[:0], p); err != nil {
			return nil, fmt.Errorf("flv: %w", err)
		}
		*scratch = payload
	case media.TypeData, media.TypeDataAMF3:
		bare := *p
		bare.Flags &^= media.FlagSetDataFrame
		var err error
		if payload, err = media.AppendPayload((*scratch)[:0], &bare); err != nil {
			return nil, fmt.Errorf("flv: %w", err)
		}
		*scratch = payload
	default:
		return nil, fmt.Errorf("flv: message type %d has no place in a file", p.Type)
	}
	if len(payload) > MaxTagSize {
		return nil, fmt.Errorf("flv: %w: %d bytes", ErrTagSize, len(payload))
	}
	return payload, nil
}
