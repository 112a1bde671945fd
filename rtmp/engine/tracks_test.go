package engine

import (
	"fmt"
	"testing"

	"oxrtmp/rtmp/message"
)

// tracksOf publishes messages and returns what comes of them, each as one line.
func tracksOf(t *testing.T, messages []string) (got []string) {
	t.Helper()
	k := newTalk(t, ServerConfig{}).publishing()
	for i, m := range messages {
		p := spell(t, m)
		typeID := uint8(message.TypeVideo)
		if p[0] == 0xAF || p[0] == 0x95 {
			typeID = message.TypeAudio
		}
		k.message(4, typeID, 1, uint32(i), p)
	}
	for i := range k.events {
		if e := &k.events[i]; e.Kind == EventPacket {
			p := &e.Packet
			got = append(got, fmt.Sprintf("%d %v track %d %v %x %+d", p.Type, p.Codec, p.Track, p.Kind, p.Data, p.Composition))
			if p.NanoOffset != 0 {
				got[len(got)-1] += fmt.Sprintf(" ms %d ns", p.NanoOffset)
			}
		}
	}
	k.events = release(k.events)
	if k.err != nil || !k.heardMedia(1) {
		t.Fatal(k.err)
	}
	return got
}

// C10, D38: what OBS sends with several tracks, spelled by hand after Enhanced RTMP v2, "Multitrack Streaming via Enhanced
// RTMP". Track 0 has legacy headers, the others are messages of one track each; its connect says nothing of
// capabilities.
func TestTracksOfOBS(t *testing.T) {
	got := tracksOf(t, []string{
		"17 00 000000 01640020 ffe1", // H.264, track 0: configuration
		"96 00 61766331 01 0164001f", // and tracks 1 to 3
		"96 00 61766331 02 0164001e",
		"96 00 68766331 03 01016000",
		"af 00 1190", // AAC, track 0
		"95 00 6d703461 01 1190",
		"95 04 6d703461 01 01 02 00000003", // channel layout
		"17 01 000042 00000001 65",
		"96 01 61766331 01 000042 00000001 65",
		"96 03 61766331 02 00000001 65", // no composition time
		"96 03 68766331 03 00000001 26",
		"af 01 2110",
		"95 01 6d703461 01 2111",
		"a6 01 61766331 01 fffffe 00000001 41", // an inter frame that is shown before it is decoded
		"17 02 000000",
		"96 02 61766331 01",
		"95 02 6d703461 01",
	})
	expect(t, "tracks", got,
		"9 avc1 track 0 sequence_header 01640020ffe1 +0",
		"9 avc1 track 1 sequence_header 0164001f +0",
		"9 avc1 track 2 sequence_header 0164001e +0",
		"9 hvc1 track 3 sequence_header 01016000 +0",
		"8 mp4a track 0 sequence_header 1190 +0",
		"8 mp4a track 1 sequence_header 1190 +0",
		"8 mp4a track 1 metadata 010200000003 +0",
		"9 avc1 track 0 frame 0000000165 +66",
		"9 avc1 track 1 frame 0000000165 +66",
		"9 avc1 track 2 frame 0000000165 +0",
		"9 hvc1 track 3 frame 0000000126 +0",
		"8 mp4a track 0 frame 2110 +0",
		"8 mp4a track 1 frame 2111 +0",
		"9 avc1 track 1 frame 0000000141 -2",
		"9 avc1 track 0 sequence_end  +0",
		"9 avc1 track 1 sequence_end  +0",
		"8 mp4a track 1 sequence_end  +0",
	)
}

// B12: several tracks in one message, of one codec and of several, by the specification's tables: sizes of three bytes
// before each track, the composition time inside the track, ModEx before all of it.
func TestTracksInOneMessage(t *testing.T) {
	got := tracksOf(t, []string{
		"96 10 61766331 00 000002 aabb 01 000003 ccddee", // two configurations
		"96 11 61766331 00 000005 000010 aabb 07 000004 000000 cc",
		"96 21 61766331 00 000005 000010 aabb 68766331 01 000004 000021 dd 61763031 02 000001 ee",
		"95 21 6d703461 00 000002 1234 4f707573 05 000001 56",
		"97 02 00bc61 06 11 61766331 00 000004 000000 aa 01 000004 000000 bb", // +48225 ns, then two tracks
	})
	expect(t, "tracks", got,
		"9 avc1 track 0 sequence_header aabb +0",
		"9 avc1 track 1 sequence_header ccddee +0",
		"9 avc1 track 0 frame aabb +16",
		"9 avc1 track 7 frame cc +0",
		"9 avc1 track 0 frame aabb +16",
		"9 hvc1 track 1 frame dd +33",
		"9 av01 track 2 frame ee +0",
		"8 mp4a track 0 frame 1234 +0",
		"8 Opus track 5 frame 56 +0",
		"9 avc1 track 0 frame aa +0 ms 48225 ns",
		"9 avc1 track 1 frame bb +0 ms 48225 ns",
	)
}
