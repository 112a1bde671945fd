package hub

import "oxrtmp/rtmp/media"

// TimestampMode says which timestamps players see. In every mode those of a publisher that takes over go on where the
// last ones were.
type TimestampMode uint8

// The modes. Their numbers do not change.
const (
	TimestampsKeep      TimestampMode = 0 // the first publisher's, whatever they do
	TimestampsMonotonic TimestampMode = 1 // its too, but those of audio, and those of video, never go back
	TimestampsRebase    TimestampMode = 2 // as monotonic, from 0 with the first frame
)

// maxBack is how far time may go back, in milliseconds, before it is taken to start anew rather than to be out of order.
const maxBack = 1000

// Timeline gives the messages of a stream the timestamps that players see. Its zero value keeps them.
type Timeline struct {
	Mode   TimestampMode
	offset uint32
	last   uint32 // the latest timestamp given out
	used   bool
	begun  bool      // there was a frame
	change bool      // the next frame is the first of a new publisher,
	gap    uint32    // so long after the last message
	floor  uint32    // what a new publisher's timestamps do not fall below,
	guard  bool      // while they are near it
	types  [3]moment // of audio, video and data
}

// moment is the latest timestamp of a type.
type moment struct {
	at   uint32
	used bool
}

// Takeover tells that another publisher begins, so many milliseconds after the last message.
func (t *Timeline) Takeover(gap uint32) {
	if t.used {
		t.change, t.gap = true, max(1, gap)
	}
}

// Map returns the timestamp that players see for a message, in milliseconds modulo 2^32. What is no frame, as headers
// and metadata often have 0 for their time, decides nothing.
func (t *Timeline) Map(p *media.Packet) uint32 {
	frame := p.Kind == media.KindFrame && (p.Type == media.TypeAudio || p.Type == media.TypeVideo)
	switch {
	case t.change && !frame, t.Mode == TimestampsRebase && !t.begun && !frame:
		return t.last
	case t.change:
		t.change, t.guard, t.floor = false, true, t.last+1
		t.offset = t.last + t.gap - p.Timestamp
	case t.Mode == TimestampsRebase && !t.begun:
		t.offset = -p.Timestamp
	}
	t.begun = t.begun || frame
	out := p.Timestamp + t.offset
	if t.guard {
		if ahead := int32(out - t.floor); ahead < 0 {
			out = t.floor
		} else if ahead > 10*maxBack {
			t.guard = false
		}
	}
	if t.Mode != TimestampsKeep && t.used {
		out = t.forward(p.Type, out, frame)
	}
	if !t.used || int32(out-t.last) > 0 {
		t.last = out
	}
	t.used = true
	return out
}

// forward returns a timestamp that does not go back. A frame that lies far back begins the time anew.
func (t *Timeline) forward(typeID uint8, out uint32, frame bool) uint32 {
	if int32(out-t.last) < -maxBack {
		if frame {
			t.offset += t.last + 1 - out
		}
		out = t.last + 1
	}
	m := &t.types[2]
	switch typeID {
	case media.TypeAudio:
		m = &t.types[0]
	case media.TypeVideo:
		m = &t.types[1]
	}
	if m.used && int32(out-m.at) < 0 {
		out = m.at
	}
	m.at, m.used = out, true
	return out
}
