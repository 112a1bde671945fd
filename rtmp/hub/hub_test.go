package hub

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
)

// frame makes a frame from a payload in hex, with "N*xx" for repeated bytes.
func frame(t testing.TB, alloc *buffer.HeapAllocator, typeID uint8, timestamp uint32, payload string) *Frame {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(payload, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	b := alloc.Allocate(len(p))
	copy(b.Bytes(), p)
	packets := media.AppendPackets(nil, typeID, timestamp, b.Bytes())
	for i := range packets {
		packets[i].Buffer = b.Retain()
	}
	b.Release()
	return NewFrame(alloc, packets, timestamp, 128)
}

const (
	videoHeader = "17 00 000000 0142c01e"
	videoKey    = "17 01 000000 00000001 65"
	videoInter  = "27 01 000000 00000001 41"
	audioHeader = "af 00 1210"
	audioFrame  = "af 01 21"
)

var metadata = hex.EncodeToString(amf.AppendValuesAMF0(nil, amf.String("@setDataFrame"), amf.String("onMetaData"), &amf.ECMAArray{}))

func dataFrame(handler string) string {
	return hex.EncodeToString(amf.AppendValuesAMF0(nil, amf.String("@setDataFrame"), amf.String(handler), amf.Number(1)))
}

func clearFrame(handler string) string {
	return hex.EncodeToString(amf.AppendValuesAMF0(nil, amf.String("@clearDataFrame"), amf.String(handler)))
}

// sent is a message of a test: type and payload, one a millisecond.
type sent struct {
	typeID  uint8
	payload string
}

// joined returns what a late player gets, and whether its video waits then.
func joined(c *Cache) (list []string, waits bool) {
	p := Player{Options: PlayerOptions{}.WithDefaults()}
	c.Join(&p, func(f *Frame) {
		list = append(list, fmt.Sprint(f.Info.Type, "@", f.Info.Timestamp, " ", f.Info.Kind))
	})
	return list, p.Waiting()
}

func TestJoin(t *testing.T) {
	opening := []sent{{18, metadata}, {8, audioHeader}, {9, videoHeader}, {9, videoInter}, {8, audioFrame}, {9, videoKey}, {9, videoInter}, {8, audioFrame}}
	for _, c := range []struct {
		name    string
		options CacheOptions
		stream  []sent
		want    string
		waits   bool
	}{
		{"everything since the keyframe, audio in between", CacheOptions{}, opening,
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header 9@5 frame 9@6 frame 8@7 frame]", false},
		{"the keyframe only", CacheOptions{Policy: CacheKeyframe}, opening,
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header 9@5 frame]", true},
		{"nothing but headers", CacheOptions{Policy: CacheOff}, opening,
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header]", true},
		{"a new keyframe begins anew", CacheOptions{}, append(opening, sent{9, videoKey}),
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header 9@8 frame]", false},
		{"too many frames: all go, and the next keyframe begins anew", CacheOptions{Frames: 3}, append(opening, sent{9, videoInter}),
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header]", true},
		{"after an overflow", CacheOptions{Frames: 3}, append(opening, sent{9, videoInter}, sent{9, videoInter}, sent{9, videoKey}),
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header 9@10 frame]", false},
		{"too many bytes", CacheOptions{Bytes: 2000}, opening,
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header]", true},
		{"later headers and metadata replace earlier ones", CacheOptions{}, []sent{{18, metadata}, {9, videoHeader}, {9, videoHeader}, {18, metadata}},
			"[18@3 metadata 9@2 sequence_header]", true},
		{"audio alone needs no keyframe", CacheOptions{}, []sent{{8, audioHeader}, {8, audioFrame}}, "[8@0 sequence_header]", false},
		{"an ended sequence has no header", CacheOptions{}, []sent{{9, videoHeader}, {9, "17 02 000000"}}, "[]", true},
		{"keyframes of Enhanced RTMP", CacheOptions{}, []sent{{9, "90 68766331 01"}, {9, "93 68766331 01"}, {9, "a3 68766331 01"}, {9, "93 68766331 02"}, {9, "a3 68766331 01"}},
			"[9@0 sequence_header 9@3 frame 9@4 frame]", false},
		{"a header for each track, one message for several", CacheOptions{}, []sent{{9, "96 20 61766331 00 000002 0164 68766331 01 000001 01"}, {9, "96 00 61766331 02 01"}},
			"[9@0 sequence_header 9@1 sequence_header]", true},
		{"a video header that changes makes the frames before it useless", CacheOptions{}, append(opening, sent{9, "17 00 000000 0164"}, sent{9, videoInter}),
			"[18@0 metadata 9@8 sequence_header 8@1 sequence_header]", true},
		{"the same video header again changes nothing", CacheOptions{}, append(opening, sent{9, videoHeader}),
			"[18@0 metadata 9@8 sequence_header 8@1 sequence_header 9@5 frame 9@6 frame 8@7 frame]", false},
		{"an audio header that changes, the audio before it", CacheOptions{}, append(opening, sent{8, "af 00 1190"}, sent{8, audioFrame}),
			"[18@0 metadata 9@2 sequence_header 8@8 sequence_header 9@5 frame 9@6 frame 8@9 frame]", false},
		{"video of a second track alone", CacheOptions{}, []sent{{9, keyOf1}, {9, interOf1}, {9, keyOf1}, {9, interOf1}},
			"[9@2 frame 9@3 frame]", false},
		{"the first track comes later", CacheOptions{}, []sent{{9, keyOf1}, {9, keyOf0}, {9, keyOf1}, {9, interOf0}},
			"[9@1 frame 9@2 frame 9@3 frame]", false},
		{"the first track has ended", CacheOptions{}, []sent{{9, keyOf0}, {9, keyOf1}, {9, "96 02 61763031 00"}, {9, interOf1}, {9, keyOf1}},
			"[9@4 frame]", false},
		{"the first track comes no more", CacheOptions{Frames: 2}, []sent{{9, keyOf0}, {9, keyOf1}, {9, interOf1}, {9, interOf1}, {9, keyOf1}},
			"[9@4 frame]", false},
		{"frames without bytes are frames", CacheOptions{}, []sent{{9, videoKey}, {9, "27 01 000000"}, {9, videoInter}},
			"[9@0 frame 9@1 frame 9@2 frame]", false},
		{"data that is set is kept, other data is passed on", CacheOptions{}, []sent{{18, dataFrame("onA")}, {18, dataFrame("onB")}, {9, videoKey}, {18, "02 0003 6f6e43"}},
			"[18@0 data 18@1 data 9@2 frame 18@3 data]", false},
		{"data that is set anew, and cleared", CacheOptions{}, []sent{{18, dataFrame("onA")}, {18, dataFrame("onB")}, {18, dataFrame("onA")}, {18, clearFrame("onB")}, {18, metadata}, {18, clearFrame("onMetaData")}},
			"[18@2 data]", false},
		{"what cannot be read is passed on between keyframes", CacheOptions{}, []sent{{9, videoKey}, {9, "9f 7a7a7a7a"}, {9, "17"}},
			"[9@0 frame 9@1 frame 9@2 frame]", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			alloc := &buffer.HeapAllocator{}
			cache := NewCache(c.options)
			for i, m := range c.stream {
				f := frame(t, alloc, m.typeID, uint32(i), m.payload)
				cache.Add(f)
				f.Release()
			}
			list, waits := joined(cache)
			if fmt.Sprint(list) != c.want || waits != c.waits {
				t.Errorf("\n got %v %v\nwant %v %v", list, waits, c.want, c.waits)
			}
			cache.Reset()
			if n := alloc.InUse(); n != 0 {
				t.Errorf("%d bytes held after Reset", n)
			}
			if list, _ := joined(cache); len(list) != 0 {
				t.Errorf("after Reset: %v", list)
			}
		})
	}
}

// The header of one track that comes after a message with those of several is the last of that track for who joins, too.
func TestJoinAfterHeadersOfSeveralTracks(t *testing.T) {
	const (
		both   = "96 10 61763031 00 000001 a0 01 000001 a1"
		first  = "96 00 61763031 00 b0"
		second = "96 00 61763031 01 b1"
	)
	for _, c := range []struct {
		name   string
		stream []string
		want   string
	}{
		{"both", []string{both}, "a0 a1"},
		{"the first again", []string{both, first}, "a0 a1 b0"},
		{"the second again", []string{both, second}, "a0 a1 b1"},
		{"each again", []string{both, second, first}, "b0 b1"},
		{"both again", []string{first, second, both, second, both}, "a0 a1"},
	} {
		alloc := &buffer.HeapAllocator{}
		cache := NewCache(CacheOptions{})
		for _, payload := range c.stream {
			f := frame(t, alloc, 9, 0, payload)
			cache.Add(f)
			f.Release()
		}
		var got []string
		cache.Join(new(Player), func(f *Frame) { f.each(func(p *media.Packet) { got = append(got, hex.EncodeToString(p.Data)) }) })
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
		if cache.Reset(); alloc.InUse() != 0 {
			t.Errorf("%s: %d bytes are held", c.name, alloc.InUse())
		}
	}
}

// What a cache counts is what its frames hold: blocks, and packets of tracks of which a message may have very many.
func TestCacheCountsWhatItHolds(t *testing.T) {
	packet := int(reflect.TypeFor[media.Packet]().Size())
	if packet > packetBytes {
		t.Errorf("a packet has %d bytes, %d are counted", packet, packetBytes)
	}
	tracks := func(frameType byte, n int) string {
		payload := []byte{0x80 | frameType<<4 | 6, 1<<4 | 1, 'a', 'v', '0', '1'}
		for i := range n {
			payload = append(payload, byte(i), 0, 0, 0)
		}
		return hex.EncodeToString(payload)
	}
	const most = 1 << 20
	for _, n := range []int{1, 255} {
		alloc := &buffer.HeapAllocator{}
		cache := NewCache(CacheOptions{Bytes: most})
		held := 0
		add := func(frameType byte) {
			f := frame(t, alloc, 9, 0, tracks(frameType, n))
			cache.Add(f)
			if cost := f.Cost(); cost < f.Size()+(n-1)*packet {
				t.Fatalf("%d tracks cost %d bytes in a queue", n, cost)
			}
			f.Release()
			held = int(alloc.InUse()) + cache.Frames()*(n-1)*packet
			if b := cache.Bytes(); b > most || b < held || b > held+cache.Frames()*(frameBytes+n*(packetBytes-packet)+packetBytes) {
				t.Fatalf("%d tracks: %d frames hold %d bytes, counted as %d", n, cache.Frames(), held, b)
			}
		}
		for add(1); cache.Frames() > 0; { // until there are too many
			add(2)
		}
		cache.Reset()
	}
}

func TestFrameBytes(t *testing.T) {
	alloc := &buffer.HeapAllocator{}
	f := frame(t, alloc, 9, 70000, videoKey+strings.Repeat("ab", 300))
	for _, id := range []uint32{1, 3} {
		wire, _ := f.Wire()
		if id != 1 {
			head, rest := f.Head(id)
			wire = append(head, rest...)
		}
		d := chunk.NewDecoder(alloc, chunk.Limits{})
		m, n, ok, err := d.Next(wire)
		if err != nil || !ok || n != len(wire) || m.Header != (chunk.Header{ChunkStreamID: csidVideo, Timestamp: 70000, TypeID: 9, StreamID: id}) ||
			!bytes.Equal(m.Payload.Bytes(), f.Info.Raw) {
			t.Fatalf("stream %d: %+v, ok %v, %d of %d bytes, %v", id, m.Header, ok, n, len(wire), err)
		}
		m.Payload.Release()
	}
	f.Release()
	if alloc.InUse() != 0 {
		t.Fatalf("%d bytes held", alloc.InUse())
	}
}

func TestPlayersGetMetadataWithoutSetDataFrame(t *testing.T) {
	alloc := &buffer.HeapAllocator{}
	f := frame(t, alloc, 18, 0, metadata)
	wire, _ := f.Wire()
	if want := amf.AppendValuesAMF0(nil, amf.String("onMetaData"), &amf.ECMAArray{}); !bytes.Equal(wire[12:], want) {
		t.Fatalf("%x, want %x", wire[12:], want)
	}
}

// C29: data goes out byte for byte, but for @setDataFrame.
func TestDataBytes(t *testing.T) {
	name, value := amf.String("onTextData"), amf.String("hello")
	plain := amf.AppendValuesAMF0(nil, name, value)
	set := amf.AppendValuesAMF0(nil, amf.String("@setDataFrame"), name, value)
	stray := amf.AppendValuesAMF0(nil, amf.Number(7), name, value)
	format := func(p []byte) []byte { return append([]byte{0}, p...) }
	for _, c := range []struct {
		typeID   uint8
		in, want []byte
	}{
		{18, plain, plain}, {18, set, plain}, {18, stray, stray}, {18, []byte{9, 9}, []byte{9, 9}},
		{15, format(plain), format(plain)}, {15, format(set), format(plain)}, {15, plain, plain}, {15, set, plain},
	} {
		alloc := &buffer.HeapAllocator{}
		f := frame(t, alloc, c.typeID, 5, hex.EncodeToString(c.in))
		d := chunk.NewDecoder(alloc, chunk.Limits{})
		wire, _ := f.Wire()
		m, _, ok, err := d.Next(wire)
		if err != nil || !ok || m.Timestamp != 5 || m.TypeID != c.typeID || !bytes.Equal(m.Payload.Bytes(), c.want) {
			t.Errorf("type %d, %x: %x, want %x", c.typeID, c.in, m.Payload.Bytes(), c.want)
		}
		m.Payload.Release()
		f.Release()
	}
}

// Video frames of one of two tracks, and of both.
const (
	interOf0, keyOf0 = "a6 01 61763031 00 01", "96 01 61763031 00 01"
	interOf1, keyOf1 = "a6 01 61763031 01 01", "96 01 61763031 01 01"
	interOfBoth      = "a6 11 61763031 00 000001 01 01 000001 01"
	keyOfBoth        = "96 11 61763031 01 000001 01 00 000001 01"
)

// A keyframe of one track does not let frames of another one through that have none to begin with.
func TestEachTrackWaitsForItsKeyframe(t *testing.T) {
	alloc := &buffer.HeapAllocator{}
	type step struct {
		payload string
		queued  int
		want    Verdict
	}
	all := Player{Options: PlayerOptions{SoftBytes: 100, HardBytes: 1000}}
	second := all
	second.Mask.Track = 2
	for name, begin := range map[string]func(*Player){
		"late": func(p *Player) { p.Restart() }, "lost": func(p *Player) { p.Lost() },
	} {
		for _, c := range []struct {
			name  string
			p     Player
			steps []step
		}{
			{"both", all, []step{{interOf0, 0, Skip}, {keyOf1, 0, Send}, {interOf0, 0, Skip}, {interOf1, 0, Send}, {interOfBoth, 0, Skip},
				{keyOf0, 0, Send}, {interOf0, 0, Send}, {interOfBoth, 0, Send}}},
			{"together", all, []step{{interOfBoth, 0, Skip}, {keyOfBoth, 0, Send}, {interOf1, 0, Send}, {interOf0, 0, Send}}},
			{"slow", all, []step{{keyOf0, 0, Send}, {keyOf1, 0, Send}, {interOf0, 101, Drop}, {interOf1, 0, Send}, {interOf0, 0, Skip},
				{keyOf1, 0, Send}, {interOf0, 0, Skip}, {interOfBoth, 101, Drop}, {keyOf0, 0, Send}, {interOf1, 0, Skip}}},
			{"the second", second, []step{{keyOf0, 0, Skip}, {interOf1, 0, Skip}, {keyOf1, 0, Send}, {interOf1, 0, Send}}},
		} {
			begin(&c.p)
			for i, s := range c.steps {
				f := frame(t, alloc, 9, 0, s.payload)
				if got := c.p.Decide(f, s.queued); got != s.want {
					t.Errorf("%s, %s, step %d: verdict %d, want %d", name, c.name, i, got, s.want)
				}
				f.Release()
			}
			if c.p.Waiting() {
				t.Errorf("%s, %s: waits", name, c.name)
			}
		}
	}
}

// A late player gets of each track what follows a keyframe of its own, from the cache and later.
func TestEachTrackJoinsAtItsKeyframe(t *testing.T) {
	alloc := &buffer.HeapAllocator{}
	for _, c := range []struct {
		name         string
		policy       CachePolicy
		before       []string
		late, follow string // which of the messages come
	}{
		{"the second's keyframe is not kept", CacheGOP, []string{keyOf1, keyOf0, interOf1, interOf0}, "[1 3]", "[0 2 3]"},
		{"it comes within", CacheGOP, []string{keyOf0, interOf1, keyOf1, interOf1}, "[0 2 3]", "[0 1 2 3]"},
		{"both at once", CacheGOP, []string{keyOfBoth, interOf1, interOf0}, "[0 1 2]", "[0 1 2 3]"},
		{"the first's keyframe only", CacheKeyframe, []string{keyOf1, keyOf0, interOf0}, "[1]", "[2 3]"},
	} {
		cache := NewCache(CacheOptions{Policy: c.policy})
		p := Player{Options: PlayerOptions{}.WithDefaults()}
		for i, payload := range c.before {
			f := frame(t, alloc, 9, uint32(i), payload)
			cache.Add(f)
			f.Release()
		}
		var late, follow []uint32
		cache.Join(&p, func(f *Frame) { late = append(late, f.Info.Timestamp) })
		for i, payload := range []string{interOf0, interOf1, keyOf1, interOf1} {
			f := frame(t, alloc, 9, uint32(i), payload)
			if p.Decide(f, 0) == Send {
				follow = append(follow, f.Info.Timestamp)
			}
			f.Release()
		}
		if fmt.Sprint(late) != c.late || fmt.Sprint(follow) != c.follow {
			t.Errorf("%s: %v then %v, want %s then %s", c.name, late, follow, c.late, c.follow)
		}
		cache.Reset()
	}
}

func TestDecide(t *testing.T) {
	alloc := &buffer.HeapAllocator{}
	type step struct {
		typeID  uint8
		payload string
		queued  int
		want    Verdict
	}
	options := PlayerOptions{SoftBytes: 100, HardBytes: 1000}
	for _, c := range []struct {
		name  string
		p     Player
		steps []step
	}{
		{"waits for a keyframe, audio and headers flow", Player{Options: options, waiting: EveryTrack()}, []step{
			{9, videoInter, 0, Skip}, {8, audioFrame, 0, Send}, {9, videoHeader, 0, Send}, {9, videoKey, 0, Send}, {9, videoInter, 0, Send}}},
		{"slow: video drops to the next keyframe, audio flows", Player{Options: options}, []step{
			{9, videoInter, 100, Send}, {9, videoInter, 101, Drop}, {8, audioFrame, 500, Send}, {9, videoInter, 0, Skip},
			{9, videoKey, 200, Drop}, {9, videoKey, 50, Send}, {9, videoInter, 50, Send}}},
		{"hopeless", Player{Options: options}, []step{{8, audioFrame, 1001, Disconnect}}},
		{"its stream waits for it, however much waits", Player{Options: PlayerOptions{Slow: SlowBlock, SoftBytes: 100, HardBytes: 1000}}, []step{
			{9, videoInter, 101, Send}, {8, audioFrame, 5000, Send}}},
		{"slow is enough to be disconnected", Player{Options: PlayerOptions{Slow: SlowDisconnect, SoftBytes: 100, HardBytes: 1000}}, []step{
			{9, videoInter, 100, Send}, {8, audioFrame, 101, Disconnect}}},
		{"the burst of the beginning does not count", Player{Options: options, burst: 5000}, []step{
			{9, videoInter, 5100, Send}, {9, videoInter, 5101, Drop}, {8, audioFrame, 6000, Send}, {8, audioFrame, 6001, Disconnect}}},
		{"paused", Player{Options: options, Paused: true}, []step{{9, videoKey, 0, Skip}, {8, audioFrame, 5000, Skip}}},
		{"no video, then some again", Player{Options: options, NoVideo: true}, []step{{9, videoKey, 0, Skip}, {8, audioFrame, 0, Send}}},
		{"no audio", Player{Options: options, NoAudio: true}, []step{{8, audioFrame, 0, Skip}, {9, videoInter, 0, Send}}},
		{"what cannot be read is sent", Player{Options: options, waiting: EveryTrack()}, []step{{9, "9f 7a7a7a7a", 0, Send}, {9, "17", 200, Drop}, {9, "17", 0, Send}}},
		{"keyframes only", Player{Options: options, Mask: Mask{KeyframesOnly: true}}, []step{
			{9, videoInter, 0, Skip}, {9, videoKey, 0, Send}, {8, audioFrame, 0, Send}}},
		{"one codec only", Player{Options: options, Mask: Mask{Codecs: []media.FourCC{media.AVC1}}}, []step{
			{9, videoKey, 0, Send}, {8, audioFrame, 0, Skip}, {18, metadata, 0, Send}}},
		{"one track only", Player{Options: options, Mask: Mask{Track: 2}}, []step{
			{9, videoKey, 0, Skip}, {9, "96 01 61766331 01 000000 bb", 0, Send}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for i, s := range c.steps {
				f := frame(t, alloc, s.typeID, 0, s.payload)
				if got := c.p.Decide(f, s.queued); got != s.want {
					t.Errorf("step %d: verdict %d, want %d", i, got, s.want)
				}
				f.Release()
			}
		})
	}
}
