package chunk

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"

	"oxrtmp/rtmp/buffer"
)

// unhex reads hex with blanks; "N*xx" repeats a byte.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	var b []byte
	for _, f := range strings.Fields(s) {
		if n, x, ok := strings.Cut(f, "*"); ok {
			var count int
			fmt.Sscan(n, &count)
			v, err := hex.DecodeString(x)
			if err != nil {
				t.Fatal(err)
			}
			b = append(b, bytes.Repeat(v, count)...)
			continue
		}
		v, err := hex.DecodeString(f)
		if err != nil {
			t.Fatal(err)
		}
		b = append(b, v...)
	}
	return b
}

type decoded struct {
	Header
	payload string // hex
}

// decode feeds p in pieces and applies Set Chunk Size as an engine would.
func decode(p []byte, piece int, l Limits) (out []decoded, d *Decoder, err error) {
	d = NewDecoder(buffer.Heap, l)
	for len(p) > 0 {
		part := p[:min(piece, len(p))]
		p = p[len(part):]
		for len(part) > 0 {
			m, n, ok, err := d.Next(part)
			if err != nil {
				return out, d, err
			}
			part = part[n:]
			if !ok {
				continue
			}
			b := m.Payload.Bytes()
			switch {
			case m.TypeID == 1 && len(b) >= 4:
				d.SetChunkSize(uint32(b[0])<<24 | uint32(b[1])<<16 | uint32(b[2])<<8 | uint32(b[3]))
			case m.TypeID == 2 && len(b) >= 4:
				d.Abort(uint32(b[2])<<8 | uint32(b[3]))
			}
			out = append(out, decoded{m.Header, hex.EncodeToString(b)})
			m.Payload.Release()
		}
	}
	return out, d, nil
}

var conversations = []struct {
	name string
	hex  string
	want []decoded
}{
	{"interleaved messages on two chunk streams",
		"04 000010 000082 08 01000000 128*aa  06 000011 000081 09 01000000 128*bb  c4 aabb  c6 cc",
		[]decoded{
			{Header{4, 0x10, 8, 1}, strings.Repeat("aa", 128) + "aabb"},
			{Header{6, 0x11, 9, 1}, strings.Repeat("bb", 128) + "cc"},
		}},
	{"type 3 after type 0 adds the timestamp, as FMLE means it",
		"04 00001a 000001 08 01000000 01  c4 02",
		[]decoded{{Header{4, 26, 8, 1}, "01"}, {Header{4, 52, 8, 1}, "02"}}},
	{"a fresh chunk stream begins with type 1, as librtmp's pings do",
		"42 000000 000006 04 000300000001",
		[]decoded{{Header{2, 0, 4, 0}, "000300000001"}}},
	{"a delta that goes back, on the one chunk stream of OBS",
		"04 000410 000001 08 01000000 01  44 ffffff 000001 09 fffffff0 02",
		[]decoded{{Header{4, 0x410, 8, 1}, "01"}, {Header{4, 0x400, 9, 1}, "02"}}},
	{"empty messages, on a fresh and a used chunk stream",
		"04 000005 000000 08 01000000  84 000007  c4  44 000001 000001 08 ff",
		[]decoded{{Header{4, 5, 8, 1}, ""}, {Header{4, 12, 8, 1}, ""}, {Header{4, 19, 8, 1}, ""}, {Header{4, 20, 8, 1}, "ff"}}},
	{"extended timestamp repeated on the continuation",
		"06 ffffff 000082 09 01000000 01000000 128*bb  c6 01000000 ccdd",
		[]decoded{{Header{6, 0x1000000, 9, 1}, strings.Repeat("bb", 128) + "ccdd"}}},
	{"extended timestamp not repeated on the continuation",
		"06 ffffff 000090 09 01000000 01000000 128*bb  c6 16*cc",
		[]decoded{{Header{6, 0x1000000, 9, 1}, strings.Repeat("bb", 128) + strings.Repeat("cc", 16)}}},
	{"once seen as not repeated, short last chunks do not wait for more",
		"06 ffffff 000090 09 01000000 01000000 128*bb  c6 16*cc  06 ffffff 000081 09 01000000 01000010 128*bb  c6 dd",
		[]decoded{{Header{6, 0x1000000, 9, 1}, strings.Repeat("bb", 128) + strings.Repeat("cc", 16)},
			{Header{6, 0x1000010, 9, 1}, strings.Repeat("bb", 128) + "dd"}}},
	{"extended timestamp at exactly 0xFFFFFF, none just below",
		"06 ffffff 000001 09 01000000 00ffffff 01  06 fffffe 000001 09 01000000 02",
		[]decoded{{Header{6, 0xFFFFFF, 9, 1}, "01"}, {Header{6, 0xFFFFFE, 9, 1}, "02"}}},
	{"a type 3 message after an extended delta repeats the delta",
		"06 000000 000001 09 01000000 00  46 ffffff 000001 09 01000000 01  c6 01000000 02",
		[]decoded{{Header{6, 0, 9, 1}, "00"}, {Header{6, 0x1000000, 9, 1}, "01"}, {Header{6, 0x2000000, 9, 1}, "02"}}},
	{"timestamps wrap at 2^32",
		"06 ffffff 000001 09 01000000 fffffff6 01  86 000014 02",
		[]decoded{{Header{6, 0xFFFFFFF6, 9, 1}, "01"}, {Header{6, 10, 9, 1}, "02"}}},
	{"Set Chunk Size takes effect in the middle of another chunk stream's message",
		"06 000000 000190 09 01000000 128*bb  02 000000 000004 01 00000000 00000110  c6 272*cc",
		[]decoded{{Header{2, 0, 1, 0}, "00000110"}, {Header{6, 0, 9, 1}, strings.Repeat("bb", 128) + strings.Repeat("cc", 272)}}},
	{"Set Chunk Size with bit 31 set, then a message that needs it",
		"02 000000 000004 01 00000000 80000100  06 000000 000100 09 01000000 256*bb",
		[]decoded{{Header{2, 0, 1, 0}, "80000100"}, {Header{6, 0, 9, 1}, strings.Repeat("bb", 256)}}},
	{"Set Chunk Size 0 changes nothing, 1 is obeyed",
		"02 000000 000004 01 00000000 00000000  02 000000 000004 01 00000000 00000001  04 000000 000003 08 01000000 01 c4 02 c4 03",
		[]decoded{{Header{2, 0, 1, 0}, "00000000"}, {Header{2, 0, 1, 0}, "00000001"}, {Header{4, 0, 8, 1}, "010203"}}},
	{"Set Chunk Size in the same bytes as the reply that needs it",
		"02 000000 000004 01 00000000 00001000  03 000000 0000c8 14 00000000 200*02",
		[]decoded{{Header{2, 0, 1, 0}, "00001000"}, {Header{3, 0, 20, 0}, strings.Repeat("02", 200)}}},
	{"Abort drops the incomplete message and keeps the header",
		"06 000000 000090 09 01000000 128*bb  02 000000 000004 02 00000000 00000006  86 00000a 128*cc c6 16*cc",
		[]decoded{{Header{2, 0, 2, 0}, "00000006"}, {Header{6, 10, 9, 1}, strings.Repeat("cc", 144)}}},
	{"the same complete header goes on with the message",
		"06 000005 000082 09 01000000 128*bb  06 000005 000082 09 01000000 ccdd",
		[]decoded{{Header{6, 5, 9, 1}, strings.Repeat("bb", 128) + "ccdd"}}},
	{"another complete header drops the message and starts anew",
		"06 000005 000082 09 01000000 128*bb  06 000006 000001 09 01000000 ee",
		[]decoded{{Header{6, 6, 9, 1}, "ee"}}},
	{"a type 1 header with the same length and type goes on",
		"06 000005 000082 09 01000000 128*bb  46 000000 000082 09 ccdd",
		[]decoded{{Header{6, 5, 9, 1}, strings.Repeat("bb", 128) + "ccdd"}}},
	{"chunk stream ids in one, two and three bytes",
		"3f 000000 000001 08 01000000 01  00 00 000000 000001 08 01000000 02  00 ff 000000 000001 08 01000000 03" +
			"01 0001 000000 000001 08 01000000 04  01 ffff 000000 000001 08 01000000 05  01 0000 000001 000001 08 01000000 06",
		[]decoded{{Header{63, 0, 8, 1}, "01"}, {Header{64, 0, 8, 1}, "02"}, {Header{319, 0, 8, 1}, "03"},
			{Header{320, 0, 8, 1}, "04"}, {Header{65599, 0, 8, 1}, "05"}, {Header{64, 1, 8, 1}, "06"}}},
	{"the message stream id is little-endian",
		"04 000000 000001 08 39300000 01",
		[]decoded{{Header{4, 0, 8, 12345}, "01"}}},
}

func TestDecoderAnySplit(t *testing.T) {
	for _, c := range conversations {
		t.Run(c.name, func(t *testing.T) {
			p := unhex(t, c.hex)
			for _, piece := range []int{1, 2, 3, 5, 7, 13, 64, 127, 129, 1 << 20} {
				got, d, err := decode(p, piece, Limits{})
				if err != nil {
					t.Fatalf("in pieces of %d: %v", piece, err)
				}
				if fmt.Sprint(got) != fmt.Sprint(c.want) {
					t.Fatalf("in pieces of %d:\n got %v\nwant %v", piece, got, c.want)
				}
				if d.PartialBytes() != 0 || d.Offset() != int64(len(p)) {
					t.Fatalf("in pieces of %d: %d partial bytes, offset %d of %d", piece, d.PartialBytes(), d.Offset(), len(p))
				}
			}
		})
	}
}

func TestDecoderFaults(t *testing.T) {
	for _, c := range []struct {
		name string
		hex  string
		l    Limits
		want error
	}{
		{"type 3 without predecessor", "c4", Limits{}, ErrNoPredecessor},
		{"type 2 without predecessor", "84 000000", Limits{}, ErrNoPredecessor},
		{"type 1 changes the length in mid-message", "06 000005 000082 09 01000000 128*bb  46 000000 000083 09", Limits{}, ErrHeaderChange},
		{"message too long", "06 000005 000082 09 01000000", Limits{MessageBytes: 0x81}, ErrMessageSize},
		{"too many chunk streams", "04 000000 000000 08 01000000 05 000000 000000 08 01000000", Limits{ChunkStreams: 1}, ErrChunkStreams},
		{"too many partial bytes", "04 000000 0000ff 08 01000000 128*00 05 000000 0000ff 08 01000000 128*00", Limits{PartialBytes: 400}, ErrPartialBytes},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := unhex(t, c.hex)
			for _, piece := range []int{1, 1 << 20} {
				_, d, err := decode(p, piece, c.l)
				var e *Error
				if !errors.Is(err, c.want) || !errors.As(err, &e) {
					t.Fatalf("in pieces of %d: error %v, want %v", piece, err, c.want)
				}
				if _, _, _, again := d.Next([]byte{0}); again != err {
					t.Fatalf("after the error: %v, want the same error", again)
				}
				d.Close()
				if d.PartialBytes() != 0 {
					t.Fatalf("%d partial bytes after Close", d.PartialBytes())
				}
			}
		})
	}
}

func TestDecoderLimitsAreInclusive(t *testing.T) {
	if _, _, err := decode(unhex(t, "06 000005 000082 09 01000000 128*bb c6 0000"), 9, Limits{MessageBytes: 0x82}); err != nil {
		t.Fatalf("a message of exactly the limit: %v", err)
	}
	if _, _, err := decode(unhex(t, "04 000000 000000 08 01000000 05 000000 000000 08 01000000"), 9, Limits{ChunkStreams: 2}); err != nil {
		t.Fatalf("as many chunk streams as permitted: %v", err)
	}
}

func TestDecoderAllocatesWhatArrives(t *testing.T) {
	h := &buffer.HeapAllocator{}
	d := NewDecoder(h, Limits{})
	d.SetChunkSize(1 << 24)
	p := unhex(t, "06 000000 ffffff 09 01000000")
	if _, _, _, err := d.Next(p); err != nil {
		t.Fatal(err)
	}
	if n := h.InUse(); n > 4<<10 {
		t.Fatalf("a header of 12 bytes costs %d bytes", n)
	}
	sent := 0
	for sent < 4<<20 {
		if _, _, _, err := d.Next(make([]byte, 10000)); err != nil {
			t.Fatal(err)
		}
		if sent += 10000; h.InUse() > int64(4*sent) {
			t.Fatalf("%d bytes received hold %d", sent, h.InUse())
		}
	}
	d.Close()
	if h.InUse() != 0 {
		t.Fatalf("%d bytes held after Close", h.InUse())
	}
}

func TestDecoderLongestMessage(t *testing.T) {
	payload := bytes.Repeat([]byte{1, 2, 3, 4, 5}, 0xFFFFFF/5)
	var e Encoder
	e.SetChunkSize(65536)
	d := NewDecoder(buffer.Heap, Limits{})
	d.SetChunkSize(65536)
	m, n, ok, err := d.Next(e.AppendMessage(nil, Header{6, 1 << 24, 9, 1}, payload))
	if err != nil || !ok || !bytes.Equal(m.Payload.Bytes(), payload) {
		t.Fatalf("ok %v, %d bytes consumed, %v", ok, n, err)
	}
}

func TestDecoderDoesNotAllocateForMedia(t *testing.T) {
	var e Encoder
	payload := make([]byte, 4000)
	d := NewDecoder(buffer.Heap, Limits{})
	wire := e.AppendMessage(nil, Header{6, 0, 9, 1}, payload)
	if avg := testing.AllocsPerRun(200, func() {
		for p := wire; len(p) > 0; {
			m, n, ok, err := d.Next(p)
			if err != nil {
				t.Fatal(err)
			}
			if p = p[n:]; ok {
				m.Payload.Release()
			}
		}
	}); avg > 0.1 {
		t.Fatalf("%v allocations a message", avg)
	}
}

// A turn ends before the first chunk that is too many, wherever the input is cut and whatever the headers are.
func TestDecoderTurns(t *testing.T) {
	payload := bytes.Repeat([]byte("twelve bytes"), 10)
	for _, c := range []struct {
		name string
		size uint32
		Header
	}{
		{"tiny", 1, Header{6, 0, 9, 1}}, {"short", 7, Header{6, 0, 9, 1}}, {"an id of two bytes", 7, Header{100, 0, 9, 1}},
		{"extended timestamps", 7, Header{6, 1 << 24, 9, 1}},
	} {
		var e Encoder
		e.SetChunkSize(c.size)
		wire := e.AppendMessage(nil, c.Header, payload)
		chunks := (len(payload) + int(c.size) - 1) / int(c.size)
		for _, turn := range []int{1, 2, 5, chunks - 1, chunks, chunks + 1} {
			for _, piece := range []int{1, 2, 3, len(wire)} {
				d := NewDecoder(buffer.Heap, Limits{})
				d.SetChunkSize(c.size)
				turns := 1
				d.SetTurn(turn)
				for p := wire; ; {
					m, n, ok, err := d.Next(p[:min(piece, len(p))])
					if err != nil {
						t.Fatal(err)
					}
					if p = p[n:]; ok {
						if len(p) != 0 || !bytes.Equal(m.Payload.Bytes(), payload) {
							t.Fatalf("%s: %d bytes left", c.name, len(p))
						}
						break
					}
					if n == 0 && !d.TurnOver() {
						t.Fatalf("%s: nothing consumed in the middle of a turn", c.name)
					}
					if d.TurnOver() {
						if _, n, _, _ := d.Next(p); n != 0 {
							t.Fatalf("%s: %d bytes consumed after the turn", c.name, n)
						}
						turns++
						d.SetTurn(turn)
					}
				}
				if want := (chunks + turn - 1) / turn; turns != want {
					t.Errorf("%s: %d chunks by %d took %d turns, want %d", c.name, chunks, turn, turns, want)
				}
				d.Close()
			}
		}
	}
}

// What a mebibyte of payload costs, by the size of its chunks. One byte per chunk is legal, and must not be a weapon, whatever
// the headers are.
func BenchmarkDecoder(b *testing.B) {
	for _, c := range []struct {
		name string
		size uint32
		Header
	}{
		{"chunks of 1", 1, Header{6, 0, 9, 1}}, {"chunks of 1, ids of 3 bytes", 1, Header{1000, 0, 9, 1}},
		{"chunks of 1, extended timestamps", 1, Header{6, 1 << 24, 9, 1}},
		{"chunks of 16", 16, Header{6, 0, 9, 1}}, {"chunks of 128", 128, Header{6, 0, 9, 1}},
		{"chunks of 4096", 4096, Header{6, 0, 9, 1}}, {"chunks of 65536", 65536, Header{6, 0, 9, 1}},
	} {
		b.Run(c.name, func(b *testing.B) {
			var e Encoder
			e.SetChunkSize(c.size)
			wire := e.AppendMessage(nil, c.Header, make([]byte, 1<<20))
			d := NewDecoder(buffer.Heap, Limits{})
			d.SetChunkSize(c.size)
			b.SetBytes(1 << 20)
			for b.Loop() {
				for p := wire; len(p) > 0; {
					m, n, ok, err := d.Next(p[:min(len(p), 65536)])
					if err != nil {
						b.Fatal(err)
					}
					if p = p[n:]; ok {
						m.Payload.Release()
					}
				}
			}
		})
	}
}
