package chunk

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand"
	"strings"
	"testing"
)

func TestEncoderHeaders(t *testing.T) {
	type message struct {
		h       Header
		payload string
	}
	for _, c := range []struct {
		name     string
		messages []message
		want     string
	}{
		{"types 0, 1, 2, 3", []message{
			{Header{4, 1000, 8, 1}, "aa"}, {Header{4, 1020, 8, 1}, "bbbb"}, {Header{4, 1043, 8, 1}, "cccc"}, {Header{4, 1066, 8, 1}, "dddd"}},
			"04 0003e8 000001 08 01000000 aa  44 000014 000002 08 bbbb  84 000017 cccc  c4 dddd"},
		{"no type 3 right after type 0", []message{
			{Header{4, 0, 8, 1}, "aa"}, {Header{4, 0, 8, 1}, "bb"}, {Header{4, 0, 8, 1}, "cc"}},
			"04 000000 000001 08 01000000 aa  84 000000 bb  c4 cc"},
		{"type 0 when time goes back", []message{{Header{4, 20, 8, 1}, "aa"}, {Header{4, 19, 8, 1}, "bb"}},
			"04 000014 000001 08 01000000 aa  04 000013 000001 08 01000000 bb"},
		{"type 0 for another message stream", []message{{Header{4, 20, 8, 1}, "aa"}, {Header{4, 20, 8, 2}, "bb"}},
			"04 000014 000001 08 01000000 aa  04 000014 000001 08 02000000 bb"},
		{"extended timestamps always type 0", []message{{Header{4, 0xFFFFFE, 8, 1}, "aa"}, {Header{4, 0xFFFFFF, 8, 1}, "bb"}, {Header{4, 0x1000000, 8, 1}, "cc"}},
			"04 fffffe 000001 08 01000000 aa  04 ffffff 000001 08 01000000 00ffffff bb  04 ffffff 000001 08 01000000 01000000 cc"},
		{"a delta of 2^24-1 is sent as a timestamp", []message{{Header{4, 0, 8, 1}, "aa"}, {Header{4, 0xFFFFFF, 8, 1}, "bb"}},
			"04 000000 000001 08 01000000 aa  04 ffffff 000001 08 01000000 00ffffff bb"},
		{"empty message", []message{{Header{4, 1, 8, 1}, ""}}, "04 000001 000000 08 01000000"},
		{"two- and three-byte chunk stream ids", []message{{Header{64, 0, 8, 1}, "aa"}, {Header{319, 0, 8, 1}, "aa"}, {Header{320, 0, 8, 1}, "aa"}, {Header{65599, 0, 8, 1}, "aa"}},
			"00 00 000000 000001 08 01000000 aa  00 ff 000000 000001 08 01000000 aa  01 0001 000000 000001 08 01000000 aa  01 ffff 000000 000001 08 01000000 aa"},
		{"continuations repeat the extended timestamp", []message{{Header{6, 0x1000000, 9, 1}, strings.Repeat("ab", 200)}},
			"06 ffffff 0000c8 09 01000000 01000000 128*ab  c6 01000000 72*ab"},
		{"continuations on a three-byte id", []message{{Header{65599, 0, 9, 1}, strings.Repeat("ab", 129)}},
			"01 ffff 000000 000081 09 01000000 128*ab  c1 ffff ab"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var e Encoder
			var got []byte
			for _, m := range c.messages {
				p, _ := hex.DecodeString(m.payload)
				size := len(got) + e.Size(m.h, len(p))
				if got = e.AppendMessage(got, m.h, p); len(got) != size {
					t.Errorf("%v: Size gives %d bytes, then there are %d", m.h, size, len(got))
				}
			}
			if want := unhex(t, c.want); !bytes.Equal(got, want) {
				t.Fatalf("\n got %x\nwant %x", got, want)
			}
		})
	}
}

// A34: an encoder may be told to refer to nothing.
func TestFullHeaders(t *testing.T) {
	var e Encoder
	h := Header{4, 10, 8, 1}
	first := e.AppendMessage(nil, h, []byte("x"))
	e.SetFullHeaders(true)
	for range 2 {
		if got := e.AppendMessage(nil, h, []byte("x")); !bytes.Equal(got, first) || e.Size(h, 1) != len(first) {
			t.Errorf("%x, want %x; size %d", got, first, e.Size(h, 1))
		}
	}
	e.SetFullHeaders(false)
	if got := e.AppendMessage(nil, h, []byte("x")); got[0]>>6 != 2 {
		t.Errorf("%x is a complete header still", got)
	}
}

func TestForgetMakesTheNextHeaderComplete(t *testing.T) {
	var e Encoder
	e.AppendMessage(nil, Header{4, 10, 8, 1}, []byte{1})
	e.Forget(4)
	got := e.AppendMessage(nil, Header{4, 20, 8, 1}, []byte{1})
	if want := unhex(t, "04 000014 000001 08 01000000 01"); !bytes.Equal(got, want) {
		t.Fatalf("%x, want %x", got, want)
	}
}

func TestHeaderAndBodyMakeAMessage(t *testing.T) {
	for _, ts := range []uint32{0, 0xFFFFFF, 1 << 31} {
		payload := bytes.Repeat([]byte{7}, 300)
		h := Header{70, ts, 9, 3}
		var e Encoder
		want := e.AppendMessage(nil, h, payload)
		got := AppendBody(AppendHeader(nil, h, len(payload)), h, payload, DefaultSize)
		if !bytes.Equal(got, want) {
			t.Fatalf("timestamp %d: %x, want %x", ts, got, want)
		}
		for cut := range payload {
			var e Encoder
			if got := e.AppendParts(nil, h, payload[:cut], payload[cut:]); !bytes.Equal(got, want) {
				t.Fatalf("timestamp %d, in parts of %d and %d: %x, want %x", ts, cut, len(payload)-cut, got, want)
			}
		}
	}
}

// What the encoder writes, the decoder reads, for timestamps around every boundary and any chunk size.
func TestEncoderRoundTrip(t *testing.T) {
	r := rand.New(rand.NewSource(1))
	for round := range 200 {
		var e Encoder
		size := []uint32{1, 2, 127, 128, 129, 4096, 65536, 0xFFFFFF, 0x7FFFFFFF}[r.Intn(9)]
		wire := e.AppendMessage(nil, Header{2, 0, 1, 0}, []byte{byte(size >> 24), byte(size >> 16), byte(size >> 8), byte(size)})
		e.SetChunkSize(size)
		want := []decoded{{Header{2, 0, 1, 0}, fmt.Sprintf("%08x", size)}}
		ts := []uint32{0, 16777214, 1<<31 - 1, 1<<32 - 40}[r.Intn(4)]
		for range 30 {
			ts += []uint32{0, 1, 20, 20, 20, 33, 0xFFFFFF, 1 << 25, ^uint32(9)}[r.Intn(9)]
			h := Header{[]uint32{3, 4, 64, 320}[r.Intn(4)], ts, uint8(8 + r.Intn(2)), uint32(r.Intn(2))}
			payload := make([]byte, []int{0, 1, 5, 5, 127, 128, 129, 500}[r.Intn(8)])
			r.Read(payload)
			wire = e.AppendMessage(wire, h, payload)
			want = append(want, decoded{h, hex.EncodeToString(payload)})
		}
		got, _, err := decode(wire, 1+r.Intn(300), Limits{})
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("round %d, chunk size %d: %v\n got %v\nwant %v", round, size, err, got, want)
		}
	}
}

func TestMostSize(t *testing.T) {
	for _, size := range []int{1, 128, 4096} {
		for _, length := range []int{0, 1, 127, 128, 129, 8192, 70_000} {
			for _, id := range []uint32{3, 70, 400} {
				for _, timestamp := range []uint32{0, 0xFFFFFF} {
					var e Encoder
					e.SetChunkSize(uint32(size))
					h := Header{ChunkStreamID: id, Timestamp: timestamp, TypeID: 9, StreamID: 1}
					got := len(e.AppendMessage(nil, h, make([]byte, length)))
					if most := e.MostSize(length); got > most || most > length+18+length/size*7 {
						t.Errorf("chunks of %d, payload of %d: %d bytes, at most %d", size, length, got, most)
					}
				}
			}
		}
	}
}
