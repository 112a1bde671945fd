package message_test

import (
	"bytes"
	"encoding/hex"
	"testing"

	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/message"
)

// A138: the vectors of aggregate.json, taken apart and put together.
func TestVectorsAggregate(t *testing.T) {
	for _, v := range vectors.Load(t, "aggregate.json") {
		var want struct {
			Timestamp uint32
			Messages  []struct {
				Type      uint8
				Timestamp uint32
				Payload   string
			}
		}
		v.Decode(t, &want)
		p := v.Bytes(t)
		reader := message.NewAggregateReader(want.Timestamp, p)
		var built []byte
		for i, w := range want.Messages {
			m, ok, err := reader.Next()
			if !ok || err != nil || m.TypeID != w.Type || m.Timestamp != w.Timestamp || hex.EncodeToString(m.Payload) != w.Payload {
				t.Fatalf("%s: message %d: %+v, %v, %v; want %+v", v.ID, i, m, ok, err, w)
			}
			// The times inside the vector begin at 100, as the times inside an aggregate message may.
			built = message.AppendAggregated(built, m.TypeID, m.Timestamp-want.Timestamp+100, m.Payload)
		}
		if m, ok, err := reader.Next(); ok || err != nil {
			t.Errorf("%s: another message %+v, %v", v.ID, m, err)
		}
		if !bytes.Equal(built, p) {
			t.Errorf("%s: built %x, want %x", v.ID, built, p)
		}
		for n := range len(p) {
			reader, messages := message.NewAggregateReader(0, p[:n]), 0
			var err error
			for ok := true; ok; {
				if _, ok, err = reader.Next(); ok {
					messages++
				}
			}
			if end := n >= 14 && n <= 18; (err == nil) != (n == 0 || end || n >= len(p)-4) {
				t.Errorf("%s, %d bytes: %d messages, %v", v.ID, n, messages, err)
			}
		}
	}
}

// Times above 24 bits, and the wrap of the clock inside an aggregate message.
func TestAggregateTimes(t *testing.T) {
	p := message.AppendAggregated(nil, message.TypeAudio, 0xFFFFFFF0, []byte{1})
	p = message.AppendAggregated(p, message.TypeVideo, 0x10, nil)
	reader := message.NewAggregateReader(0xFFFFFFFF, p)
	first, _, _ := reader.Next()
	second, ok, err := reader.Next()
	if first.Timestamp != 0xFFFFFFFF || second.Timestamp != 0x1F || !ok || err != nil {
		t.Errorf("%d, %d, %v, %v", first.Timestamp, second.Timestamp, ok, err)
	}
	if got := message.AppendAggregated([]byte("x"), 9, 0, make([]byte, 1<<24)); string(got) != "x" {
		t.Error("a payload too long for its length was written")
	}
}
