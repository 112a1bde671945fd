package hub

import (
	"fmt"
	"testing"

	"oxrtmp/rtmp/media"
)

func video(ts uint32) *media.Packet {
	return &media.Packet{Type: media.TypeVideo, Kind: media.KindFrame, Timestamp: ts}
}
func audio(ts uint32) *media.Packet {
	return &media.Packet{Type: media.TypeAudio, Kind: media.KindFrame, Timestamp: ts}
}
func header(ts uint32) *media.Packet {
	return &media.Packet{Type: media.TypeVideo, Kind: media.KindSequenceHeader, Timestamp: ts}
}
func data(ts uint32) *media.Packet {
	return &media.Packet{Type: media.TypeData, Kind: media.KindMetadata, Timestamp: ts}
}

// C33: what real publishers do to time, in each mode. The cases are those of streams that went wrong elsewhere: a
// publisher that restarts at 0, one whose timestamps jump back and forth between its tracks, one that begins at the
// wall clock, one that sends headers and metadata at 0 in between, one past the end of 32 bits.
func TestTimelineModes(t *testing.T) {
	const wall = 1700000000 // seconds taken for milliseconds
	for _, c := range []struct {
		name                     string
		in                       []*media.Packet
		keep, monotonic, rebased []uint32
	}{
		{"in order", []*media.Packet{data(0), header(0), video(100), audio(110), video(140)},
			[]uint32{0, 0, 100, 110, 140}, []uint32{0, 0, 100, 110, 140}, []uint32{0, 0, 0, 10, 40}},
		{"restarts at 0", []*media.Packet{video(50000), video(50040), video(0), audio(10), video(40), video(80)},
			[]uint32{50000, 50040, 0, 10, 40, 80}, []uint32{50000, 50040, 50041, 50051, 50081, 50121}, []uint32{0, 40, 41, 51, 81, 121}},
		{"goes back a little", []*media.Packet{video(1000), video(1040), video(1020), audio(1010), audio(1000), video(1080)},
			[]uint32{1000, 1040, 1020, 1010, 1000, 1080}, []uint32{1000, 1040, 1040, 1010, 1010, 1080}, []uint32{0, 40, 40, 10, 10, 80}},
		{"begins at the wall clock", []*media.Packet{header(0), video(wall), audio(wall + 5), header(0), video(wall + 40)},
			[]uint32{0, wall, wall + 5, 0, wall + 40}, []uint32{0, wall, wall + 5, wall + 1, wall + 40}, []uint32{0, 0, 5, 1, 40}},
		{"headers and metadata at 0 in between", []*media.Packet{video(90000), data(0), header(0), video(90040), audio(90050)},
			[]uint32{90000, 0, 0, 90040, 90050}, []uint32{90000, 90001, 90001, 90040, 90050}, []uint32{0, 1, 1, 40, 50}},
		{"past 32 bits", []*media.Packet{video(0xFFFFFFF0), audio(0xFFFFFFFA), video(24), audio(30)},
			[]uint32{0xFFFFFFF0, 0xFFFFFFFA, 24, 30}, []uint32{0xFFFFFFF0, 0xFFFFFFFA, 24, 30}, []uint32{0, 10, 40, 46}},
	} {
		for mode, want := range map[TimestampMode][]uint32{TimestampsKeep: c.keep, TimestampsMonotonic: c.monotonic, TimestampsRebase: c.rebased} {
			l := Timeline{Mode: mode}
			var got []uint32
			for _, p := range c.in {
				got = append(got, l.Map(p))
			}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s, mode %d: %d, want %d", c.name, mode, got, want)
			}
		}
	}
}

// A publisher that takes over goes on where the last one was, whatever it begins with.
func TestTimelineDoesNotGoBack(t *testing.T) {
	for _, mode := range []TimestampMode{TimestampsKeep, TimestampsMonotonic} {
		l := Timeline{Mode: mode}
		for _, ts := range []uint32{1000, 1040, 1080} {
			if got := l.Map(video(ts)); got != ts {
				t.Fatalf("the first publisher's %d became %d", ts, got)
			}
		}
		l.Takeover(500)
		got := []uint32{l.Map(data(0)), l.Map(header(0)), l.Map(video(70000)), l.Map(video(70040)), l.Map(audio(70020))}
		if fmt.Sprint(got) != "[1080 1080 1580 1620 1600]" {
			t.Fatal(got)
		}
		l.Takeover(0)
		if got := []uint32{l.Map(video(1 << 31)), l.Map(audio(1<<31 - 30)), l.Map(video(1<<31 + 40))}; fmt.Sprint(got) != "[1621 1621 1661]" {
			t.Fatal(got)
		}
		for ts := uint32(0); ts < 20000; ts += 1000 {
			l.Map(video(1<<31 + 40 + ts))
		}
		last := l.last
		l.Takeover(10)
		if got := l.Map(video(0)); got != last+10 {
			t.Fatal(got, last)
		}
	}
}

// skewed maps frames of video, 40 ms apart, each followed by one of audio whose time lies behind by lag; times are where
// the video's begins and ends. It returns what players see of both.
func skewed(l *Timeline, begin, end, lag uint32) (videos, audios []uint32) {
	for ts := begin; ts < end; ts += 40 {
		videos = append(videos, l.Map(video(ts)))
		audios = append(audios, l.Map(audio(ts-lag)))
	}
	return videos, audios
}

// Audio that a muxer sends long after the video of the same time does not begin the time anew.
func TestTimelineSkew(t *testing.T) {
	for _, c := range []struct {
		mode         TimestampMode
		video, audio uint32 // after three seconds
	}{{TimestampsMonotonic, 12960, 11460}, {TimestampsRebase, 2960, 1460}} {
		l := Timeline{Mode: c.mode}
		videos, audios := skewed(&l, 10000, 13000, 1500)
		if v, a := videos[len(videos)-1], audios[len(audios)-1]; v != c.video || a != c.audio {
			t.Errorf("mode %d: video %d, audio %d, want %d, %d", c.mode, v, a, c.video, c.audio)
		}
		forward(t, videos)
		forward(t, audios)
		if header := l.Map(&media.Packet{Type: media.TypeAudio, Kind: media.KindSequenceHeader}); header != c.audio+1 {
			t.Errorf("mode %d: an audio header in between has %d, want %d", c.mode, header, c.audio+1)
		}
	}
}

// forward fails unless timestamps are those of a stream that goes on: none back, none far ahead.
func forward(t *testing.T, list []uint32) {
	t.Helper()
	for i, ts := range list[1:] {
		if step := int32(ts - list[i]); step < 0 || step > 100 {
			t.Fatalf("%d after %d", ts, list[i])
		}
	}
}

// Where time begins anew it does so once, by as much for audio as for video, whichever comes first and however far they
// lie apart.
func TestTimelineBeginsAnewOnce(t *testing.T) {
	const lag = 1500
	for _, mode := range []TimestampMode{TimestampsMonotonic, TimestampsRebase} {
		l := Timeline{Mode: mode}
		videos, audios := skewed(&l, 10000, 20000, lag)
		last := videos[len(videos)-1]
		for ts := uint32(0); ts < 5000; ts += 40 { // audio of the old time comes for a while
			videos = append(videos, l.Map(video(ts)))
			old := 20000 + ts - lag
			if ts >= lag {
				old = ts - lag
			}
			audios = append(audios, l.Map(audio(old)))
		}
		forward(t, videos)
		forward(t, audios)
		if v, a := videos[len(videos)-1], audios[len(audios)-1]; v != last+1+4960 || a != v-lag {
			t.Errorf("mode %d: video %d, audio %d after %d", mode, v, a, last)
		}
		last = l.last
		a, v := l.Map(audio(0)), l.Map(video(0)) // audio first
		if a != last+1 || v != a {
			t.Errorf("mode %d: video %d, audio %d after %d", mode, v, a, last)
		}
	}
}

// Video that begins anew alone, beside audio that goes on, moves neither far.
func TestTimelineOfOneTypeBeginsAnew(t *testing.T) {
	l := Timeline{Mode: TimestampsMonotonic}
	videos, audios := skewed(&l, 50000, 52000, 0)
	for ts := uint32(0); ts < 20000; ts += 40 {
		videos = append(videos, l.Map(video(ts)))
		audios = append(audios, l.Map(audio(52000+ts)))
	}
	forward(t, videos)
	forward(t, audios)
}
