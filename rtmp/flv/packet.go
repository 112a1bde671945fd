package flv

import (
	"fmt"

	"oxrtmp/rtmp/media"
)

// Payload returns the tag data for a packet: Raw of audio and video as it is, or what [media.AppendPayload] makes of a
// packet that has none, and of data messages without @setDataFrame, which belongs to the wire. The result is p.Raw, or
// memory of *scratch, which it reuses and lets grow.
//
// The error is one of package media, ErrTagSize, or says that the type has no place in a file.
func Payload(p *media.Packet, scratch *[]byte) ([]byte, error) {
	payload := p.Raw
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
