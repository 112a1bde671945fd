package engine

import (
	"testing"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/message"
)

// A part of an aggregate message that somebody keeps does not keep the rest of it: junk around a small part is gone
// once the message has been read.
func TestAggregatePartsKeepOnlyThemselves(t *testing.T) {
	h := &buffer.HeapAllocator{}
	k := newTalk(t, ServerConfig{Allocator: h}).publishing()
	payload := spell(t, "08 000001 000000 00 000000 2f 0000000c")
	payload = append(payload, make([]byte, 1<<20)...) // parts of type 0
	k.message(6, message.TypeAggregate, 1, 0, payload)
	e := find(k.events, EventPacket)
	if e == nil {
		t.Fatal("no packet")
	}
	if n := e.Packet.Buffer.Cap(); n > 1024 {
		t.Errorf("one byte keeps %d", n)
	}
	k.events = release(k.events)
}
