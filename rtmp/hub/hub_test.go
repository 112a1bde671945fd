package hub

import (
	"bytes"
	"encoding/hex"
	"fmt"
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

// stream is the messages of a test: type and payload, one a millisecond.
type message struct {
	typeID  uint8
	payload string
}

func joined(c *Cache) (list []string, b Beginning) {
	b = c.Join(func(f *Frame) {
		list = append(list, fmt.Sprint(f.Info.Type, "@", f.Info.Timestamp, " ", f.Info.Kind))
	})
	return list, b
}

func TestJoin(t *testing.T) {
	opening := []message{{18, metadata}, {8, audioHeader}, {9, videoHeader}, {9, videoInter}, {8, audioFrame}, {9, videoKey}, {9, videoInter}, {8, audioFrame}}
	for _, c := range []struct {
		name    string
		options CacheOptions
		stream  []message
		want    string
		begin   Beginning
	}{
		{"everything since the keyframe, audio in between", CacheOptions{}, opening,
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header 9@5 frame 9@6 frame 8@7 frame]", BeginNow},
		{"the keyframe only", CacheOptions{Policy: CacheKeyframe}, opening,
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header 9@5 frame]", BeginAtKeyframe},
		{"nothing but headers", CacheOptions{Policy: CacheOff}, opening,
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header]", BeginAtKeyframe},
		{"a new keyframe begins anew", CacheOptions{}, append(opening, message{9, videoKey}),
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header 9@8 frame]", BeginNow},
		{"too many frames: all go, and the next keyframe begins anew", CacheOptions{Frames: 3}, append(opening, message{9, videoInter}),
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header]", BeginAtKeyframe},
		{"after an overflow", CacheOptions{Frames: 3}, append(opening, message{9, videoInter}, message{9, videoInter}, message{9, videoKey}),
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header 9@10 frame]", BeginNow},
		{"too many bytes", CacheOptions{Bytes: 58}, opening,
			"[18@0 metadata 9@2 sequence_header 8@1 sequence_header]", BeginAtKeyframe},
		{"later headers and metadata replace earlier ones", CacheOptions{}, []message{{18, metadata}, {9, videoHeader}, {9, videoHeader}, {18, metadata}},
			"[18@3 metadata 9@2 sequence_header]", BeginAtKeyframe},
		{"audio alone needs no keyframe", CacheOptions{}, []message{{8, audioHeader}, {8, audioFrame}}, "[8@0 sequence_header]", BeginNow},
		{"an ended sequence has no header", CacheOptions{}, []message{{9, videoHeader}, {9, "17 02 000000"}}, "[]", BeginAtKeyframe},
		{"keyframes of Enhanced RTMP", CacheOptions{}, []message{{9, "90 68766331 01"}, {9, "93 68766331 01"}, {9, "a3 68766331 01"}, {9, "93 68766331 02"}, {9, "a3 68766331 01"}},
			"[9@0 sequence_header 9@3 frame 9@4 frame]", BeginNow},
		{"a header for each track, one message for several", CacheOptions{}, []message{{9, "96 20 61766331 00 000002 0164 68766331 01 000001 01"}, {9, "96 00 61766331 02 01"}},
			"[9@0 sequence_header 9@1 sequence_header]", BeginAtKeyframe},
		{"what cannot be read is passed on between keyframes", CacheOptions{}, []message{{9, videoKey}, {9, "9f 7a7a7a7a"}, {9, "17"}},
			"[9@0 frame 9@1 frame 9@2 frame]", BeginNow},
	} {
		t.Run(c.name, func(t *testing.T) {
			alloc := &buffer.HeapAllocator{}
			cache := NewCache(c.options)
			for i, m := range c.stream {
				f := frame(t, alloc, m.typeID, uint32(i), m.payload)
				cache.Add(f)
				f.Release()
			}
			list, begin := joined(cache)
			if fmt.Sprint(list) != c.want || begin != c.begin {
				t.Errorf("\n got %v %d\nwant %v %d", list, begin, c.want, c.begin)
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
		if err != nil || !ok || n != len(wire) || m.Header != (chunk.Header{ChunkStreamID: 6, Timestamp: 70000, TypeID: 9, StreamID: id}) ||
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
		{"waits for a keyframe, audio and headers flow", Player{Options: options, waiting: true}, []step{
			{9, videoInter, 0, Skip}, {8, audioFrame, 0, Send}, {9, videoHeader, 0, Send}, {9, videoKey, 0, Send}, {9, videoInter, 0, Send}}},
		{"slow: video drops to the next keyframe, audio flows", Player{Options: options}, []step{
			{9, videoInter, 100, Send}, {9, videoInter, 101, Drop}, {8, audioFrame, 500, Send}, {9, videoInter, 0, Skip},
			{9, videoKey, 200, Drop}, {9, videoKey, 50, Send}, {9, videoInter, 50, Send}}},
		{"hopeless", Player{Options: options}, []step{{8, audioFrame, 1001, Disconnect}}},
		{"slow is enough to be disconnected", Player{Options: PlayerOptions{Slow: SlowDisconnect, SoftBytes: 100, HardBytes: 1000}}, []step{
			{9, videoInter, 100, Send}, {8, audioFrame, 101, Disconnect}}},
		{"the burst of the beginning does not count", Player{Options: options, burst: 5000}, []step{
			{9, videoInter, 5100, Send}, {9, videoInter, 5101, Drop}, {8, audioFrame, 6000, Send}, {8, audioFrame, 6001, Disconnect}}},
		{"paused", Player{Options: options, Paused: true}, []step{{9, videoKey, 0, Skip}, {8, audioFrame, 5000, Skip}}},
		{"no video, then some again", Player{Options: options, NoVideo: true}, []step{{9, videoKey, 0, Skip}, {8, audioFrame, 0, Send}}},
		{"no audio", Player{Options: options, NoAudio: true}, []step{{8, audioFrame, 0, Skip}, {9, videoInter, 0, Send}}},
		{"what cannot be read is sent", Player{Options: options, waiting: true}, []step{{9, "9f 7a7a7a7a", 0, Send}, {9, "17", 200, Drop}, {9, "17", 0, Send}}},
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

func TestTimelineDoesNotGoBack(t *testing.T) {
	var l Timeline
	for _, ts := range []uint32{1000, 1040, 1020, 1080} {
		if got := l.Map(ts); got != ts {
			t.Fatalf("the first publisher's %d became %d", ts, got)
		}
	}
	l.Takeover(500)
	if got := []uint32{l.Map(7), l.Map(47), l.Map(27)}; fmt.Sprint(got) != "[1580 1620 1600]" {
		t.Fatal(got)
	}
	l.Takeover(0)
	if got := l.Map(1 << 31); got != 1621 {
		t.Fatal(got)
	}
	l.Map(1<<31 + 1<<31 - 1) // the far end of the clock
	l.Takeover(10)
	if got, last := l.Map(0), l.last; got != last {
		t.Fatal(got, last)
	}
}
