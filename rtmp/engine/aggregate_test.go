package engine

import (
	"fmt"
	"testing"

	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/message"
)

// An aggregate message is delivered as its parts, with their times moved to its own; what is cut short or unknown in it
// ends nothing.
func TestAggregates(t *testing.T) {
	f10 := vectors.Find(t, vectors.Load(t, "aggregate.json"), "F10").Bytes(t)
	for _, c := range []struct {
		name    string
		payload []byte
		want    string
		faulty  uint64
	}{
		{"two parts", f10, "[8@5000 af01aa 9@5020 2701000000bb]", 0},
		{"without its last back pointer", f10[:len(f10)-4], "[8@5000 af01aa 9@5020 2701000000bb]", 0},
		{"wrong back pointers", append(append(append([]byte(nil), f10[:14]...), 9, 9, 9, 9), f10[18:]...), "[8@5000 af01aa 9@5020 2701000000bb]", 0},
		{"cut in its second part", f10[:len(f10)-5], "[8@5000 af01aa]", 1},
		{"cut in a header", f10[:20], "[8@5000 af01aa]", 1},
		{"timestamps that use their upper byte", spell(t, "08 000001 000000 01 000000 2f 0000000c 08 000001 000010 01 000000 2f 0000000c"), "[8@5000 2f 8@5016 2f]", 0},
		{"an aggregate inside is left out", spell(t, "16 000001 000000 00 000000 2f 0000000c 08 000001 000001 00 000000 2f 0000000c"), "[8@5001 2f]", 0},
		{"empty", nil, "[]", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newTalk(t, ServerConfig{}).publishing()
			before := k.s.Counters().Faulty
			k.message(6, message.TypeAggregate, 1, 5000, c.payload)
			var got []string
			for _, e := range k.events {
				if e.Kind == EventPacket {
					got = append(got, fmt.Sprintf("%d@%d %x", e.Packet.Type, e.Packet.Timestamp, e.Packet.Raw))
				}
			}
			if fmt.Sprint(got) != c.want || k.s.Counters().Faulty-before != c.faulty {
				t.Errorf("%v, %d faulty, want %v, %d", got, k.s.Counters().Faulty-before, c.want, c.faulty)
			}
			k.events = release(k.events)
			if !k.heardMedia(1) {
				t.Error(k.err)
			}
		})
	}
}

// Both sides answer a ping at once, whatever they are doing, with the number that came.
func TestPingsAreAnswered(t *testing.T) {
	for _, config := range []ClientConfig{{}, {Play: &PlayRequest{}}} {
		p := newPair(t, config, ServerConfig{AskPlay: true})
		p.mustRun()
		for name, ping := range map[string]struct {
			send   func(uint32) error
			events *[]Event
		}{"client": {p.c.SendPing, &p.client}, "server": {p.s.SendPing, &p.server}} {
			*ping.events = nil
			if err := ping.send(4711); err != nil {
				t.Fatal(name, err)
			}
			p.mustRun()
			e := find(*ping.events, EventControl)
			if e == nil || e.Control.Event != message.EventPingResponse || e.Control.Timestamp != 4711 {
				t.Errorf("the %s heard %+v", name, e)
			}
		}
	}
}

// Of an aggregate message only as many events are made as are taken; nothing else is received before all were.
func TestAggregateAsItIsTaken(t *testing.T) {
	const parts = 1000
	k := newTalk(t, ServerConfig{}).publishing()
	var payload []byte
	for i := range parts {
		payload = message.AppendAggregated(payload, message.TypeVideo, uint32(i), []byte{0x27, 1, 0, 0, 0, byte(i)})
	}
	said := k.e.AppendMessage(nil, chunk.Header{ChunkStreamID: 6, Timestamp: 100, TypeID: message.TypeAggregate, StreamID: 1}, payload)
	n, err := k.s.Receive(said, k.now)
	if err != nil || n != len(said) || !k.s.Unfinished() || !k.s.Paused() {
		t.Fatal(n, len(said), err, k.s.Unfinished(), k.s.Paused())
	}
	for i := range parts {
		if k.s.Unfinished() {
			if n, err := k.s.Receive([]byte{3}, k.now); n != 0 || err != nil {
				t.Fatal("something was received:", n, err)
			}
		}
		if waiting := k.s.pendingEvents(); waiting > maxEvents {
			t.Fatal(waiting, "events wait")
		}
		e, ok := k.s.NextEvent()
		if !ok || e.Kind != EventPacket || e.Packet.Timestamp != 100+uint32(i) {
			t.Fatal(i, ok, e.Kind, e.Packet.Timestamp)
		}
		e.Packet.Release()
	}
	if _, ok := k.s.NextEvent(); ok || k.s.Unfinished() || k.s.Paused() {
		t.Error("it does not end", ok)
	}
}
