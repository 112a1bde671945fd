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
	offset uint32 // what is added since time last began
	last   uint32 // the latest timestamp given out
	used   bool
	begun  bool      // there was a frame
	change bool      // the next frame is the first of a new publisher,
	gap    uint32    // so long after the last message
	floor  uint32    // what the timestamps since time began do not fall below,
	guard  bool      // while they are near it
	types  [3]moment // of audio, video and data
}

// moment is where the messages of a type are. Muxers may send one type long after the other: each has a time of its own.
type moment struct {
	at     uint32 // the latest timestamp given out
	used   bool
	begun  bool   // there was a frame since the publisher began:
	in     uint32 // the latest timestamp of one,
	offset uint32 // and what is added to it
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
		t.change = false
		t.begin(t.last+1, t.last+t.gap-p.Timestamp)
	case t.Mode == TimestampsRebase && !t.begun:
		t.begin(0, -p.Timestamp)
	}
	t.begun = t.begun || frame
	var out uint32
	if t.Mode == TimestampsKeep {
		out = t.guarded(p.Timestamp + t.offset)
	} else {
		out = t.forward(t.moment(p.Type), p.Timestamp, frame)
	}
	if !t.used || int32(out-t.last) > 0 {
		t.last = out
	}
	t.used = true
	return out
}

// begin begins the time of a publisher.
func (t *Timeline) begin(floor, offset uint32) {
	t.guard, t.floor, t.offset = true, floor, offset
	for i := range t.types {
		t.types[i].begun = false
	}
}

// guarded returns a timestamp that does not lie before the publisher's beginning.
func (t *Timeline) guarded(out uint32) uint32 {
	if !t.guard {
		return out
	}
	ahead := int32(out - t.floor)
	if ahead < 0 {
		return t.floor
	}
	t.guard = ahead <= 10*maxBack
	return out
}

// moment returns where the messages of a type are.
func (t *Timeline) moment(typeID uint8) *moment {
	switch typeID {
	case media.TypeAudio:
		return &t.types[0]
	case media.TypeVideo:
		return &t.types[1]
	}
	return &t.types[2]
}

// forward returns a timestamp that does not go back among those of its type.
func (t *Timeline) forward(m *moment, in uint32, frame bool) uint32 {
	offset := t.offset
	if frame {
		t.follow(m, in)
	}
	if m.begun {
		offset = m.offset
	}
	out := in + offset
	if !frame {
		out = t.near(m, out)
	}
	if out = t.guarded(out); m.used && int32(out-m.at) < 0 {
		out = m.at
	}
	if frame || m.begun || m == &t.types[2] { // no header before the first frame
		m.at, m.used = out, true
	}
	return out
}

// follow finds what is to be added to a frame's timestamp. One that lies far back among those of its type begins the time
// anew. The other type goes on as before until it has begun anew too, and then with the same as this one.
func (t *Timeline) follow(m *moment, in uint32) {
	switch {
	case !m.begun:
		m.begun, m.offset = true, t.offset
	case m.offset != t.offset && t.outside(m, in+t.offset) <= t.outside(m, in+m.offset):
		m.offset = t.offset
	case int32(in-m.in) < -maxBack:
		t.offset = t.last + 1 - in
		m.offset = t.offset
	case int32(in-m.in) < 0:
		return
	}
	m.in = in
}

// outside returns how far a timestamp lies outside of what is between the latest of a type and that of the stream.
func (t *Timeline) outside(m *moment, out uint32) int32 {
	return max(int32(m.at-out), int32(out-t.last), 0)
}

// near returns the timestamp of what is no frame: that of what came before it where its own lies far from that.
func (t *Timeline) near(m *moment, out uint32) uint32 {
	last := t.last
	if m.begun {
		last = m.at
	}
	away := int32(out - last)
	if t.used && away < -maxBack || m.begun && away > maxBack {
		return last + 1
	}
	return out
}
