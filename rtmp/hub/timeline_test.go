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
			[]uint32{0, wall, wall + 5, 0, wall + 40}, []uint32{0, wall, wall + 5, wall + 6, wall + 40}, []uint32{0, 0, 5, 6, 40}},
		{"headers and metadata at 0 in between", []*media.Packet{video(90000), data(0), header(0), video(90040), audio(90050)},
			[]uint32{90000, 0, 0, 90040, 90050}, []uint32{90000, 90001, 90002, 90040, 90050}, []uint32{0, 1, 2, 40, 50}},
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
