package rtmp

import (
	"bytes"
	"errors"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
)

// upkeep is what keeps a publish going that the network does not carry: it says which messages are dropped, and keeps
// what a new connection must begin with. It is under the link's lock.
type upkeep struct {
	drops   bool  // video is dropped instead of waiting for room
	keeps   bool  // metadata and headers are kept
	away    error // why there is no connection now; nil: there is one
	crowded bool
	waiting hub.Tracks // of the video, left out each up to a keyframe of its own
	first   uint8      // the lowest of them,
	seen    bool       // if there was one

	data    amf.Value // the latest metadata, if it was given as a value
	headers []header
	joined  []byte // memory for looking at messages
	packets []media.Packet
}

// header is a message that stands until others of the same kind have come for each of its tracks.
type header struct {
	typeID uint8
	kind   media.Kind
	tracks hub.Tracks   // those for which none has come
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

// unit is what is known of a message: for video that of the lowest of its tracks, and of which tracks it has frames and
// keyframes.
type unit struct {
	kind              unitKind
	track             uint8
	tracks, keyframes hub.Tracks
}

// drop reports that a message is not to be sent, when queued of bound bytes wait already. Half of the queue is for what is
// not dropped lightly, a quarter for what is never dropped.
func (u *upkeep) drop(m unit, queued, bound int) bool {
	most := bound / 2
	if m.kind == unitKeyframe {
		most = bound / 4 * 3
	}
	switch {
	case u.away != nil:
		return true
	case m.kind == unitOther:
		return false
	case u.drops && queued >= most:
		u.waiting.AddAll(&m.tracks)
		return true
	case m.kind == unitInter && u.waiting.Has(m.track):
		return true
	}
	u.waiting.RemoveAll(&m.keyframes)
	return false
}

// begins reports that the video may begin with a message.
func (u *upkeep) begins(m unit) bool { return m.kind == unitKeyframe && m.track == u.first }

// found sends what a new connection begins with. Video goes on with its next keyframe.
func (u *upkeep) found(to outlet) error {
	u.away, u.waiting = nil, hub.EveryTrack()
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

func (u *upkeep) metadata(v amf.Value) unit {
	if u.keeps {
		u.data = v
		u.forget(media.TypeData, media.KindMetadata, 0)
	}
	return unit{}
}

// message looks at a message that was given as bytes.
func (u *upkeep) message(typeID uint8, timestamp uint32, head, body []byte) unit {
	u.joined = append(append(u.joined[:0], head...), body...)
	u.packets = media.AppendPackets(u.packets[:0], typeID, timestamp, u.joined)
	m := u.packet(&u.packets[0])
	for i := range u.packets[1:] {
		m.add(u.packet(&u.packets[i+1]))
	}
	return m
}

// add adds what is known of another track of a message.
func (m *unit) add(o unit) {
	if o.kind != unitOther && o.track < m.track {
		m.kind, m.track = o.kind, o.track
	}
	m.tracks.AddAll(&o.tracks)
	m.keyframes.AddAll(&o.keyframes)
}

func (u *upkeep) packet(p *media.Packet) (m unit) {
	switch {
	case p.Kind == media.KindSequenceHeader, p.Kind == media.KindMetadata:
		if u.keeps {
			u.keep(p)
		}
	case p.Type == media.TypeVideo && p.Kind == media.KindFrame:
		m.kind, m.track = unitInter, p.Track
		m.tracks.Add(p.Track)
		if p.Keyframe() {
			m.kind = unitKeyframe
			m.keyframes.Add(p.Track)
		}
		if !u.seen || p.Track < u.first {
			u.first, u.seen = p.Track, true
		}
	}
	return m
}

// keep notes a packet that a new connection begins with.
func (u *upkeep) keep(p *media.Packet) {
	if p.Type == media.TypeData {
		u.data = nil
	}
	u.forget(p.Type, p.Kind, p.Track)
	last := len(u.headers) - 1
	switch {
	case p.Flags&media.FlagContinued != 0: // the first of its message brings the whole of it
		if last >= 0 && bytes.Equal(u.headers[last].packet.Raw, p.Raw) {
			u.headers[last].tracks.Add(p.Track)
		}
		return
	case last+1 >= maxHeaders:
		return
	}
	kept := *p
	kept.Buffer = nil
	kept.Raw, kept.Data = bytes.Clone(p.Raw), bytes.Clone(p.Data)
	h := header{typeID: p.Type, kind: p.Kind, packet: kept}
	h.tracks.Add(p.Track)
	if p.Type == media.TypeData { // metadata comes first
		u.headers = append([]header{h}, u.headers...)
		return
	}
	u.headers = append(u.headers, h)
}

// forget drops what has been said of a track, unless it is said of others too.
func (u *upkeep) forget(typeID uint8, kind media.Kind, track uint8) {
	rest := u.headers[:0]
	for _, h := range u.headers {
		if h.typeID == typeID && h.kind == kind {
			h.tracks.Remove(track)
		}
		if h.tracks != (hub.Tracks{}) {
			rest = append(rest, h)
		}
	}
	clear(u.headers[len(rest):])
	u.headers = rest
}
