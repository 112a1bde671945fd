package chunk

import (
	"errors"
	"fmt"
	"testing"

	"oxrtmp/rtmp/buffer"
)

// FuzzDecoder demands that no bytes make the decoder panic, hold more than its limits, or depend on how its input was
// split.
func FuzzDecoder(f *testing.F) {
	for _, c := range conversations {
		f.Add(unhex(f, c.hex), uint8(7))
	}
	limits := Limits{MessageBytes: 1 << 20, PartialBytes: 1 << 20, ChunkStreams: 8}
	f.Fuzz(func(t *testing.T, p []byte, piece uint8) {
		whole, d, err := decode(p, len(p)+1, limits)
		if d.PartialBytes() > limits.PartialBytes+1<<20 {
			t.Fatalf("%d partial bytes", d.PartialBytes())
		}
		d.Close()
		parts, d, err2 := decode(p, int(piece)+1, limits)
		d.Close()
		if fmt.Sprint(whole) != fmt.Sprint(parts) || !sameFault(err, err2) {
			t.Fatalf("whole: %v %v\nparts: %v %v", whole, err, parts, err2)
		}
	})
}

func sameFault(a, b error) bool {
	var x, y *Error
	return errors.As(a, &x) == errors.As(b, &y) && (x == nil || *x == *y)
}

// FuzzEncoder demands that whatever is encoded is decoded again, and was of the size that Size said.
func FuzzEncoder(f *testing.F) {
	f.Add(uint32(4), uint32(0xFFFFFF), uint32(20), uint16(128), []byte("payload"))
	f.Fuzz(func(t *testing.T, id, timestamp, delta uint32, size uint16, payload []byte) {
		id = MinStreamID + id%(MaxStreamID-MinStreamID+1)
		var e Encoder
		e.SetChunkSize(uint32(size) + 1)
		d := NewDecoder(buffer.Heap, Limits{})
		d.SetChunkSize(uint32(size) + 1)
		for range 4 {
			h := Header{id, timestamp, 9, 1}
			size := e.Size(h, len(payload))
			wire := e.AppendMessage(nil, h, payload)
			if len(wire) != size {
				t.Fatalf("%v: Size is %d, then there are %d bytes", h, size, len(wire))
			}
			m, _, ok, err := d.Next(wire)
			if err != nil || !ok || m.Header != h || string(m.Payload.Bytes()) != string(payload) {
				t.Fatalf("%v: ok %v, %v, got %v", h, ok, err, m.Header)
			}
			m.Payload.Release()
			timestamp += delta
		}
	})
}
