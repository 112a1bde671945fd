package engine

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/internal/vectors"
)

// fuzzLimits are small, so that mutations reach them.
var fuzzLimits = Limits{
	MessageBytes: 1 << 20, PartialBytes: 1 << 20, EarlyMessageBytes: 8 << 10, EarlyPartialBytes: 16 << 10, ChunkStreams: 16,
	MessageStreams: 4, AMFDepth: 16, AMFValues: 2000, EarlyAMFValues: 300, NameBytes: 200, IdleMessages: 50, PendingCalls: 4,
	ReadChunks: 5,
}

// whole is what came of a session: what happened, what was said, and why it ended.
type whole struct {
	events []string
	out    []byte
	err    string
}

func (w whole) equal(o whole) bool {
	return slices.Equal(w.events, o.events) && bytes.Equal(w.out, o.out) && w.err == o.err
}

// engineOf is what both sides have in common.
type engineOf interface {
	side
	AppendOutput([]byte) []byte
	Close()
	Err() error
}

// session feeds an engine with bytes in pieces and answers its requests. It fails the test if memory is held beyond
// bound, or not released in the end.
func session(t *testing.T, e engineOf, h *buffer.HeapAllocator, p []byte, piece, bound int) (w whole) {
	defer func() {
		if e.Close(); h.InUse() != 0 {
			t.Fatalf("%d bytes are not released", h.InUse())
		}
	}()
	for len(p) > 0 {
		n, err := e.Receive(p[:min(piece, len(p))], time.Second)
		p = p[n:]
		taken := 0
		for v, ok := e.NextEvent(); ok; v, ok = e.NextEvent() {
			taken++
			w.events = append(w.events, describe(&v))
			if s, ok := e.(*Server); ok && v.Kind == EventRequest {
				if strings.HasPrefix(v.Request.Name, "no") {
					s.Reject(v.Request.ID, "", "no")
				} else {
					s.Accept(v.Request.ID)
				}
			}
			v.Packet.Release()
		}
		w.out = e.AppendOutput(w.out)
		if held := int(h.InUse()); held > bound {
			t.Fatalf("%d bytes are held", held)
		}
		if err != nil {
			w.err = err.Error()
			if _, again := e.Receive([]byte{1}, time.Second); again != err || e.Err() != err {
				t.Fatalf("after %v: %v, %v", err, again, e.Err())
			}
			return w
		}
		if n == 0 && taken == 0 {
			return w // it is over
		}
	}
	return w
}

// sameHoweverSplit runs sessions over the same bytes, whole and in pieces.
func sameHoweverSplit(t *testing.T, p []byte, piece uint16, run func(piece int) whole) {
	first := run(len(p) + 1)
	for _, n := range []int{int(piece)%4096 + 1, 1} {
		if n == 1 && len(p) > 1000 {
			continue
		}
		if other := run(n); !first.equal(other) {
			t.Fatalf("whole: %q\n%v\n%x\nin pieces of %d: %q\n%v\n%x", first.err, first.events, first.out, n, other.err, other.events, other.out)
		}
	}
}

// FuzzServer demands of whole sessions with a server that nothing panics, that memory is bounded and released, and that
// the split of the input changes neither events nor output. The input is what follows the handshake.
func FuzzServer(f *testing.F) {
	files, err := filepath.Glob("../../testdata/captures/*.bin")
	if err != nil || len(files) == 0 {
		f.Fatalf("no captures: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		b = b[1+2*handshake.Size:]
		f.Add(b[:min(len(b), 6000)], uint16(100), uint8(0))
	}
	for _, c := range scripts {
		f.Add(spell(f, c.send), uint16(7), uint8(3))
	}
	prefix := spell(f, scripts[0].send)
	for _, name := range []string{"control.json", "commands.json", "chunk.json"} {
		for _, v := range vectors.Load(f, name) {
			f.Add(v.Bytes(f), uint16(3), uint8(1))
			f.Add(append(slices.Clone(prefix), v.Bytes(f)...), uint16(3), uint8(2))
		}
	}
	for _, name := range []string{"video.json", "audio.json", "negative.json", "aggregate.json"} {
		for _, v := range vectors.Load(f, name) {
			typeID := uint32(22)
			switch name {
			case "audio.json":
				typeID = 8
			case "video.json", "negative.json":
				typeID = 9
			}
			body := v.Bytes(f)
			head := []byte{5, 0, 0, 0, 0, byte(len(body) >> 8), byte(len(body)), byte(typeID), 1, 0, 0, 0}
			f.Add(slices.Concat(prefix[:len(prefix)-82], head, body), uint16(50), uint8(0))
		}
	}
	f.Fuzz(func(t *testing.T, p []byte, piece uint16, options uint8) {
		sameHoweverSplit(t, p, piece, func(n int) whole {
			h := &buffer.HeapAllocator{}
			s := NewServer(ServerConfig{Rand: noise(), Shaken: true, Allocator: h, Limits: fuzzLimits,
				AskConnect: options&1 != 0, AskFCPublish: options&2 != 0, AskPlay: options&4 != 0})
			return session(t, s, h, p, n, 2*fuzzLimits.PartialBytes+(64<<10)+maxAggregated*256)
		})
	})
}

// FuzzClient is FuzzServer for the other side, up to and past an accepted publish or play.
func FuzzClient(f *testing.F) {
	size := "02 000000 000000 01 00000000 00001000\n"
	f.Add(sized(f, size+connected+created+granted), uint16(5), false)
	f.Add(sized(f, size+connected+created+granted+"06 000000 000000 09 01000000 17 00 000000 01640028\n"), uint16(5), true)
	f.Add(sized(f, size+"03 000000 000000 14 00000000 02 '_error' 00 3ff0000000000000 05 03 'level' 02 'error' 000009\n"), uint16(5), false)
	f.Add(sized(f, size+connected+"03 000000 000000 14 00000000 02 'close' 00 0000000000000000 05\n"), uint16(5), false)
	for _, name := range []string{"control.json", "commands.json"} {
		for _, v := range vectors.Load(f, name) {
			f.Add(v.Bytes(f), uint16(3), false)
			f.Add(append(sized(f, size+connected+created+granted), v.Bytes(f)...), uint16(3), true)
		}
	}
	f.Fuzz(func(t *testing.T, p []byte, piece uint16, play bool) {
		sameHoweverSplit(t, p, piece, func(n int) whole {
			h := &buffer.HeapAllocator{}
			c := ClientConfig{Rand: noise(), Shaken: true, Allocator: h, Limits: fuzzLimits, StreamName: "key"}
			if play {
				c.Play = &PlayRequest{Start: -2}
			}
			return session(t, NewClient(c), h, p, n, 2*fuzzLimits.PartialBytes+(64<<10)+maxAggregated*256)
		})
	})
}

// FuzzTwoSides lets a client and a server talk to each other while bytes on the way change: neither may panic, hang or
// keep memory.
func FuzzTwoSides(f *testing.F) {
	f.Add([]byte{}, uint16(1000))
	f.Add([]byte{0, 100, 7, 1, 200, 255}, uint16(17))
	f.Fuzz(func(t *testing.T, changes []byte, piece uint16) {
		h := &buffer.HeapAllocator{}
		p := newPair(t, ClientConfig{Allocator: h}, ServerConfig{Allocator: h})
		p.piece = int(piece) + 1
		var sent [2]int
		feed := func(to side, b []byte, events *[]Event, way int) error {
			for i := 0; i+3 <= len(changes); i += 3 {
				at := int(binary.BigEndian.Uint16(changes[i:]))&0x7FFF - sent[way]
				if int(changes[i]>>7) == way && at >= 0 && at < len(b) {
					b[at] ^= changes[i+2]
				}
			}
			sent[way] += len(b)
			return p.feed(to, b, events)
		}
		var err error
		for round := 0; err == nil && round < 100; round++ {
			if p.c.Publishing() && round%7 == 0 {
				p.c.SendMedia(9, uint32(round), nil, make([]byte, 300))
			}
			up := p.c.AppendOutput(nil)
			if err = feed(p.s, up, &p.server, 0); err != nil {
				break
			}
			down := p.s.AppendOutput(nil)
			err = feed(p.c, down, &p.client, 1)
			if len(up)+len(down) == 0 {
				break
			}
		}
		if len(changes) == 0 && (err != nil || !p.c.Publishing()) {
			t.Fatalf("nothing was changed: %v", err)
		}
		p.c.Close()
		p.s.Close()
		release(p.server)
		if release(p.client); h.InUse() != 0 {
			t.Fatalf("%d bytes are not released", h.InUse())
		}
	})
}
