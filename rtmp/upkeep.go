package rtmp

import (
	"bytes"
	"errors"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
)

// upkeep is what keeps a publish going that the network does not carry: it says which messages are dropped, and keeps
// what a new connection must begin with. It is under the link's lock.
type upkeep struct {
	drops   bool  // video is dropped instead of waiting for room
	keeps   bool  // metadata and headers are kept
	away    error // why there is no connection now; nil: there is one
	waiting bool  // video is left out up to a keyframe
	crowded bool

	data    amf.Value // the latest metadata, if it was given as a value
	headers []header
	joined  []byte // memory for looking at messages
	packets []media.Packet
}

// header is a message that stands until another one of the same kind comes.
type header struct {
	typeID uint8
	kind   media.Kind
	track  uint8
	packet media.Packet // its memory is its own
}

// maxHeaders bounds how many are kept.
const maxHeaders = 64

// errAway says that there is no connection to send to.
var errAway = errors.New("rtmp: connecting again")

// unitKind is what a message is to a publish that must leave something out.
type unitKind uint8

const (
	unitOther unitKind = iota
	unitKeyframe
	unitInter // a video frame that is not the first to be decoded
)

// drop reports that a message is not to be sent, when queued of bound bytes wait already. Half of the queue is for what is
// not dropped lightly, a quarter for what is never dropped.
func (u *upkeep) drop(kind unitKind, queued, bound int) bool {
	switch {
	case u.away != nil:
		return true
	case kind == unitKeyframe:
		u.waiting = u.drops && queued >= bound/4*3
		return u.waiting
	case kind == unitInter && u.drops && queued >= bound/2:
		u.waiting = true
	}
	return kind == unitInter && u.waiting
}

// found sends what a new connection begins with. Video goes on with its next keyframe.
func (u *upkeep) found(to outlet) error {
	u.away, u.waiting = nil, true
	if u.data != nil {
		if err := to.putMetadata(u.data); err != nil {
			return err
		}
	}
	for i := range u.headers {
		if err := to.putPacket(&u.headers[i].packet); err != nil {
			return err
		}
	}
	return nil
}

func (u *upkeep) metadata(v amf.Value) unitKind {
	if u.keeps {
		u.data = v
		u.forget(media.TypeData, media.KindMetadata, 0)
	}
	return unitOther
}

// message looks at a message that was given as bytes.
func (u *upkeep) message(typeID uint8, timestamp uint32, head, body []byte) unitKind {
	u.joined = append(append(u.joined[:0], head...), body...)
	u.packets = media.AppendPackets(u.packets[:0], typeID, timestamp, u.joined)
	kind := unitOther
	for i := range u.packets {
		if k := u.packet(&u.packets[i]); i == 0 {
			kind = k
		}
	}
	return kind
}

func (u *upkeep) packet(p *media.Packet) unitKind {
	switch {
	case p.Kind == media.KindSequenceHeader, p.Kind == media.KindMetadata:
		if u.keeps {
			u.keep(p)
		}
	case p.Type != media.TypeVideo || p.Kind != media.KindFrame:
	case p.Keyframe():
		return unitKeyframe
	default:
		return unitInter
	}
	return unitOther
}

// keep notes a packet that a new connection begins with.
func (u *upkeep) keep(p *media.Packet) {
	if p.Type == media.TypeData {
		u.data = nil
	}
	u.forget(p.Type, p.Kind, p.Track)
	if len(u.headers) >= maxHeaders || p.Flags&media.FlagContinued != 0 {
		return // the first of its message brings the whole of it
	}
	kept := *p
	kept.Buffer = nil
	kept.Raw, kept.Data = bytes.Clone(p.Raw), bytes.Clone(p.Data)
	h := header{typeID: p.Type, kind: p.Kind, track: p.Track, packet: kept}
	if p.Type == media.TypeData { // metadata comes first
		u.headers = append([]header{h}, u.headers...)
		return
	}
	u.headers = append(u.headers, h)
}

func (u *upkeep) forget(typeID uint8, kind media.Kind, track uint8) {
	rest := u.headers[:0]
	for _, h := range u.headers {
		if h.typeID != typeID || h.kind != kind || h.track != track {
			rest = append(rest, h)
		}
	}
	clear(u.headers[len(rest):])
	u.headers = rest
}
