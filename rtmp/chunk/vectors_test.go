package chunk

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"

	"oxrtmp/rtmp/internal/vectors"
)

// described is what chunk.json says of a header, or of the messages that chunks are.
type described struct {
	Csid, Timestamp, Length, Msid uint32
	Type                          uint8
	Payload                       any    // the number of bytes that follow a header
	ChunkSize                     uint32 `json:"chunk_size"`
	Messages                      []struct {
		Csid, Timestamp, Msid uint32
		Type                  uint8
		Payload               string
	}
}

// TestVectorHeaders reads each header of the specification after those that come before it, with bytes for payload.
func TestVectorHeaders(t *testing.T) {
	file := vectors.Load(t, "chunk.json")
	for _, v := range file {
		var want described
		v.Decode(t, &want)
		if want.Messages != nil {
			continue
		}
		var wire []byte
		arrived := 0 // payload bytes of the message that the last header belongs to
		for _, id := range append(v.After, v.ID) {
			part := vectors.Find(t, file, id)
			var h described
			part.Decode(t, &h)
			n := int(h.Payload.(float64))
			wire = append(append(wire, part.Bytes(t)...), bytes.Repeat([]byte{0xAB}, n)...)
			if arrived += n; id != v.ID && arrived == int(h.Length) {
				arrived = 0
			}
		}
		for _, piece := range []int{1, 5, len(wire)} {
			got, d, err := decode(wire, piece, Limits{})
			if err != nil {
				t.Errorf("%s in pieces of %d: %v", v.ID, piece, err)
				continue
			}
			if arrived < int(want.Length) { // the message goes on
				if d.PartialBytes() == 0 {
					t.Errorf("%s: nothing is pending", v.ID)
				}
				continue
			}
			last := got[len(got)-1]
			if h := (Header{want.Csid, want.Timestamp, want.Type, want.Msid}); last.Header != h || len(last.payload) != 2*int(want.Length) {
				t.Errorf("%s in pieces of %d: %+v with %d bytes, want %+v with %d", v.ID, piece, last.Header, len(last.payload)/2, h, want.Length)
			}
		}
	}
}

// TestVectorMessages reads the messages of chunk.json from their chunks; what is written of them is read alike.
func TestVectorMessages(t *testing.T) {
	for _, v := range vectors.Load(t, "chunk.json") {
		var want described
		v.Decode(t, &want)
		if want.Messages == nil {
			continue
		}
		var list []decoded
		var e Encoder
		e.SetChunkSize(want.ChunkSize)
		var wire []byte
		for _, m := range want.Messages {
			h := Header{m.Csid, m.Timestamp, m.Type, m.Msid}
			list = append(list, decoded{h, m.Payload})
			payload, err := hex.DecodeString(m.Payload)
			if err != nil {
				t.Fatal(err)
			}
			wire = e.AppendMessage(wire, h, payload)
		}
		for name, p := range map[string][]byte{"the vector": v.Bytes(t), "what we write": wire} {
			for _, piece := range []int{1, 7, len(p)} {
				if got, _, err := decode(p, piece, Limits{}); err != nil || fmt.Sprint(got) != fmt.Sprint(list) {
					t.Errorf("%s, %s in pieces of %d: %v\n got %v\nwant %v", v.ID, name, piece, err, got, list)
				}
			}
		}
	}
}
