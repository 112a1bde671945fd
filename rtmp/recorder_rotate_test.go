package rtmp

import (
	"bytes"
	"cmp"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/media"
)

func TestRecorderRotates(t *testing.T) {
	for _, c := range []struct {
		name    string
		options RecorderOptions
		starts  []uint32 // of each file's first frame
	}{
		{"by duration", RecorderOptions{RotateDuration: 3 * time.Second}, []uint32{0, 4000, 8000}},
		{"by each keyframe", RecorderOptions{RotateBytes: 1}, []uint32{0, 0, 2000, 4000, 6000, 8000}},
		{"never", RecorderOptions{RotateDuration: time.Hour, RotateBytes: 1 << 30}, []uint32{0}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tags := testFileTags(t, "sample-h264-aac.flv")
			c.options.Directory = t.TempDir()
			r := newTestRecorder(t, c.options)
			recordTags(t, r, tags)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			headers := []flv.Tag{tags[1], tags[2]} // AVC, AAC
			var all []flv.Tag
			for i, start := range c.starts {
				f := readRecorded(t, filepath.Join(c.options.Directory, rotatedName("stream", i+1)), nil)
				checkPositions(t, f)
				last := slices.MaxFunc(f.tags, func(a, b flv.Tag) int { return cmp.Compare(a.Timestamp, b.Timestamp) }).Timestamp
				if math.Round(f.duration*1000) != float64(last) {
					t.Errorf("file %d of %v s ends at %d ms", i+1, f.duration, last)
				}
				if i > 0 {
					if !strings.Contains(string(tags[0].Data), "duration") || strings.Contains(string(f.tags[0].Data), "duration") {
						t.Errorf("file %d has the duration of another: %q", i+1, f.tags[0].Data)
					}
					checkTags(t, f.tags[1:3], headers)
					f.tags = f.tags[3:]
					p := media.AppendPackets(nil, f.tags[0].Type, f.tags[0].Timestamp, f.tags[0].Data)[0]
					if !p.Keyframe() || p.Timestamp != 0 || len(f.times) > 0 && f.times[0] != 0 {
						t.Errorf("file %d begins with %v of %d, index %v", i+1, p.Kind, p.Timestamp, f.times)
					}
					for j := range f.tags { // as the stream has them
						f.tags[j].Timestamp += start
					}
				}
				all = append(all, f.tags...)
			}
			checkTags(t, all, tags)
			if files, _ := os.ReadDir(c.options.Directory); len(files) != len(c.starts) {
				t.Errorf("%d files", len(files))
			}
			if want := rotatedName("stream", len(c.starts)); filepath.Base(r.Path()) != want {
				t.Errorf("Path() = %s", r.Path())
			}
		})
	}
}

func rotatedName(base string, number int) string {
	if number == 1 {
		return base + ".flv"
	}
	return base + "-" + strconv.Itoa(number) + ".flv"
}

// The time of a later file: what comes late is at its beginning, data messages with no time of their own too, and a stream
// whose timestamps wrap around goes on.
func TestRecorderTimeOfLaterFiles(t *testing.T) {
	const start = 0xFFFFFF00
	r := newTestRecorder(t, RecorderOptions{RotateDuration: time.Second})
	first := r.Path()
	cue := "\x02\x00\x0aonCuePoint\x05"
	recordTags(t, r, []flv.Tag{
		rawTag(9, start-1500, avcKey), rawTag(9, start, avcKey), rawTag(8, start-20, aacFrame), rawTag(18, 0, cue),
		rawTag(8, start+20, aacFrame), rawTag(18, start+30, cue), rawTag(9, 744, avcKey),
	})
	r.Close()
	if f := readRecorded(t, first, nil); len(f.tags) != 1 || f.duration != 0 {
		t.Errorf("the first file: %d tags, %v s", len(f.tags), f.duration)
	}
	f := readRecorded(t, rotatedPath(first, 2), nil)
	checkTags(t, f.tags, []flv.Tag{
		rawTag(9, 0, avcKey), rawTag(8, 0, aacFrame), rawTag(18, 256, cue), rawTag(8, 20, aacFrame), rawTag(18, 30, cue),
	})
	if f.duration != 0.02 {
		t.Errorf("the second file: %v s", f.duration)
	}
	checkTags(t, readRecorded(t, rotatedPath(first, 3), nil).tags, []flv.Tag{rawTag(9, 0, avcKey)})
}

// A publisher that sets its clock back makes no file in which all is at one time, and that never ends.
func TestRecorderClockSetBack(t *testing.T) {
	r := newTestRecorder(t, RecorderOptions{RotateDuration: time.Second})
	first := r.Path()
	recordTags(t, r, []flv.Tag{
		rawTag(9, 100_000, avcKey), rawTag(9, 101_000, avcKey), rawTag(9, 101_500, avcKey),
		rawTag(9, 0, avcKey), rawTag(8, 100, aacFrame), rawTag(18, 150, "\x02\x00\x0aonCuePoint\x05"), rawTag(9, 400, avcKey), rawTag(9, 600, avcKey),
	})
	r.Close()
	f := readRecorded(t, rotatedPath(first, 2), nil)
	checkTags(t, f.tags, []flv.Tag{
		rawTag(9, 0, avcKey), rawTag(9, 500, avcKey), rawTag(9, 500, avcKey), rawTag(8, 600, aacFrame),
		rawTag(18, 650, "\x02\x00\x0aonCuePoint\x05"), rawTag(9, 900, avcKey),
	})
	if f.duration != 0.9 {
		t.Errorf("the second file: %v s", f.duration)
	}
	checkTags(t, readRecorded(t, rotatedPath(first, 3), nil).tags, []flv.Tag{rawTag(9, 0, avcKey)})
}

// Metadata of a file that is pushed speaks of that file.
func TestRecorderMetadataOfLaterFiles(t *testing.T) {
	object := func(array bool, names ...string) []byte {
		var properties []amf.Property
		for _, name := range names {
			properties = append(properties, amf.Property{Name: name, Value: amf.Number(7)})
		}
		if array {
			return amf.AppendValuesAMF0(nil, amf.String("onMetaData"), &amf.ECMAArray{Properties: properties})
		}
		return amf.AppendValuesAMF0(nil, amf.String("onMetaData"), &amf.Object{Properties: properties})
	}
	for _, c := range []struct{ in, want []byte }{
		{object(true, "duration", "width", "filesize", "keyframes", "encoder"), object(true, "width", "encoder")},
		{object(false, "width", "fileSize"), object(false, "width")},
		{append([]byte{0}, object(true, "duration", "width")...), append([]byte{0}, object(true, "width")...)},
		{object(true), object(true)},
		{[]byte("\x02\x00\x0aonMetaData\x05"), []byte("\x02\x00\x0aonMetaData\x05")},
		{[]byte("\x02\x00\x0aonMetaData\x08\x00"), []byte("\x02\x00\x0aonMetaData\x08\x00")},
		{nil, nil},
	} {
		if got := withoutExtent(slices.Clone(c.in)); !bytes.Equal(got, c.want) {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}

func rotatedPath(first string, number int) string {
	return filepath.Join(filepath.Dir(first), rotatedName("stream", number))
}

// Without video, a file may begin with any audio frame; with video, it may not.
func TestRecorderRotatesAudio(t *testing.T) {
	r := newTestRecorder(t, RecorderOptions{RotateDuration: time.Second})
	header, frame := rawTag(8, 0, aacHeader), rawTag(8, 1500, aacFrame)
	recordTags(t, r, []flv.Tag{header, rawTag(8, 0, aacFrame), frame})
	second := r.Path()
	recordTags(t, r, []flv.Tag{rawTag(9, 3000, avcInter), rawTag(8, 3000, aacFrame), rawTag(8, 5000, aacFrame)})
	if r.Path() != second || filepath.Base(second) != "stream-2.flv" {
		t.Errorf("paths %s and %s", second, r.Path())
	}
	r.Close()
	frame.Timestamp = 0 // a later file has a time of its own
	f := readRecorded(t, second, nil)
	checkTags(t, f.tags[:2], []flv.Tag{header, frame})
	if f.duration != 3.5 || f.flags != 5 {
		t.Errorf("duration %v, flags %d", f.duration, f.flags)
	}
	if first := readRecorded(t, filepath.Join(filepath.Dir(second), "stream.flv"), nil); first.flags != 4 {
		t.Errorf("flags %d of a file without video", first.flags)
	}
}

// A stream whose video has ended, or does not come any more, is rotated at its audio frames, up to the next keyframe of what
// there is then; a clock that jumps is no reason to.
func TestRecorderRotatesWhatIsLeft(t *testing.T) {
	const end = "\x17\x02\x00\x00\x00"
	second := func(payload string) string { return "\x96\x01avc1\x01" + payload }
	key, inter := second("\x00\x00\x00\xaa"), "\xa6\x01avc1\x01\x00\x00\x00\xaa"
	for _, c := range []struct {
		name string
		tags []flv.Tag
		want []int // how many there are in each file, headers of later files left out
	}{
		{"it ends", []flv.Tag{rawTag(9, 0, avcHeader), rawTag(9, 0, avcKey), rawTag(8, 2000, aacFrame), rawTag(9, 2001, end), rawTag(8, 2002, aacFrame), rawTag(8, 4000, aacFrame)}, []int{4, 1, 1}},
		{"and comes again", []flv.Tag{rawTag(9, 0, avcKey), rawTag(9, 1, end), rawTag(9, 2000, avcInter), rawTag(8, 2001, aacFrame), rawTag(9, 2002, avcKey), rawTag(8, 4000, aacFrame)}, []int{4, 2}},
		{"it comes no more", []flv.Tag{rawTag(9, 0, avcKey), rawTag(8, 5000, aacFrame), rawTag(8, 10_000, aacFrame), rawTag(8, 10_001, aacFrame), rawTag(8, 12_000, aacFrame), rawTag(9, 12_001, avcInter), rawTag(8, 14_000, aacFrame)}, []int{3, 1, 3}},
		{"the first track ends", []flv.Tag{rawTag(9, 0, avcKey), rawTag(9, 0, key), rawTag(9, 2000, key), rawTag(9, 2001, end), rawTag(8, 2002, aacFrame), rawTag(9, 2003, inter), rawTag(9, 4000, key)}, []int{4, 2, 1}},
		{"the first track comes no more", []flv.Tag{rawTag(9, 0, avcKey), rawTag(9, 0, key), rawTag(9, 5000, key), rawTag(9, 10_000, key), rawTag(9, 10_001, key)}, []int{4, 1}},
		{"the second track ends", []flv.Tag{rawTag(9, 0, avcKey), rawTag(9, 0, key), rawTag(9, 1, "\x96\x02avc1\x01"), rawTag(8, 2000, aacFrame), rawTag(9, 2001, avcKey)}, []int{4, 1}},
		{"the clock jumps", []flv.Tag{rawTag(9, 100_000, avcKey), rawTag(8, 900_000, aacFrame), rawTag(9, 900_001, avcInter), rawTag(8, 901_000, aacFrame), rawTag(8, 0, aacFrame), rawTag(9, 20, avcInter), rawTag(8, 2000, aacFrame)}, []int{7}},
	} {
		r := newTestRecorder(t, RecorderOptions{RotateDuration: time.Second})
		first := r.Path()
		recordTags(t, r, c.tags)
		r.Close()
		var got []int
		for n := 1; ; n++ {
			if _, err := os.Stat(rotatedPath(first, n)); err != nil {
				break
			}
			got = append(got, len(readRecorded(t, rotatedPath(first, n), nil).tags))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: files of %v tags, want %v", c.name, got, c.want)
		}
	}
}

// A message with several tracks is written once as it came; later files get a header for each track.
func TestRecorderTracks(t *testing.T) {
	start := rawTag(9, 0, "\x96\x20avc1\x00\x00\x00\x02\x01\x64hvc1\x01\x00\x00\x01\x01")
	key := rawTag(9, 0, "\x96\x11avc1\x00\x00\x00\x04\x00\x00\x00\xaa\x01\x00\x00\x04\x00\x00\x00\xbb")
	other := rawTag(9, 500, "\x96\x01avc1\x01\x00\x00\x00\xbb") // a keyframe, but of track 1
	late := key
	late.Timestamp = 2000
	r := newTestRecorder(t, RecorderOptions{RotateDuration: 400 * time.Millisecond})
	first := r.Path()
	recordTags(t, r, []flv.Tag{start, key, other, late})
	r.Close()
	checkTags(t, readRecorded(t, first, nil).tags, []flv.Tag{start, key, other})
	f := readRecorded(t, r.Path(), nil)
	late.Timestamp = 0 // a later file has a time of its own
	checkTags(t, f.tags, []flv.Tag{rawTag(9, 0, "\x96\x00avc1\x00\x01\x64"), rawTag(9, 0, "\x96\x00hvc1\x01\x01"), late})
}
