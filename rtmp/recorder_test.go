package rtmp

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/media"
)

// flvTags reads the tags of FLV bytes, and where each begins.
func flvTags(t testing.TB, file []byte) (tags []flv.Tag, offsets []int64, err error) {
	t.Helper()
	r := flv.NewTagReader(bytes.NewReader(file))
	for {
		tag, err := r.ReadTag()
		if err != nil {
			return tags, offsets, r.End()
		}
		tag.Data = bytes.Clone(tag.Data)
		tags, offsets = append(tags, tag), append(offsets, r.Offset())
	}
}

func testFileTags(t testing.TB, name string) []flv.Tag {
	t.Helper()
	file, err := os.ReadFile(filepath.Join(vectors.Root(t), "testdata", "flv", name))
	if err != nil {
		t.Fatal(err)
	}
	tags, _, err := flvTags(t, file)
	if err != nil {
		t.Fatal(err)
	}
	return tags
}

// recorded is a file that a recorder wrote.
type recorded struct {
	tags             []flv.Tag // without the recorder's own
	offsets          []int64
	duration, size   float64
	times, positions []float64
	flags            byte
}

func readRecorded(t testing.TB, path string, want error) (f recorded) {
	t.Helper()
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	tags, offsets, err := flvTags(t, file)
	if !errors.Is(err, want) || len(tags) == 0 {
		t.Fatalf("%s: %d tags, %v", path, len(tags), err)
	}
	values, err := amf.DecodeAMF0(tags[0].Data, amf.Limits{})
	if err != nil || len(values) < 2 || tags[0].Type != flv.TagScript || values[0] != amf.String("onMetaData") {
		t.Fatalf("%s: first tag: %v, %v", path, values, err)
	}
	f = recorded{tags: tags[1:], offsets: offsets[1:], flags: file[4]}
	number := func(name string) float64 {
		v, _ := amf.Lookup(values[1], name)
		n, ok := v.(amf.Number)
		if !ok {
			t.Fatalf("%s: %s is %v", path, name, v)
		}
		return float64(n)
	}
	f.duration, f.size = number("duration"), number("filesize")
	if keyframes, ok := amf.Lookup(values[1], "keyframes"); ok {
		list := func(name string) (l []float64) {
			v, _ := amf.Lookup(keyframes, name)
			for _, n := range v.(*amf.StrictArray).Values {
				l = append(l, float64(n.(amf.Number)))
			}
			return l
		}
		f.times, f.positions = list("times"), list("filepositions")
	}
	if want == nil && f.size != 0 && f.size != float64(len(file)) {
		t.Errorf("%s: filesize %v, really %d", path, f.size, len(file))
	}
	return f
}

func newTestRecorder(t testing.TB, o RecorderOptions) *Recorder {
	t.Helper()
	if o.Directory == "" && o.Path == "" {
		o.Directory = t.TempDir()
	}
	r, err := NewRecorder(&o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

// recordTags passes tags on as the packets of messages.
func recordTags(t testing.TB, r *Recorder, tags []flv.Tag) {
	t.Helper()
	var packets []media.Packet
	for i, tag := range tags {
		packets = media.AppendPackets(packets[:0], tag.Type, tag.Timestamp, tag.Data)
		for j := range packets {
			if err := r.WritePacket(&packets[j]); err != nil {
				t.Fatalf("tag %d: %v", i, err)
			}
		}
	}
}

func checkTags(t testing.TB, got, want []flv.Tag) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d tags, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i].Type != want[i].Type || got[i].Timestamp != want[i].Timestamp || !bytes.Equal(got[i].Data, want[i].Data) {
			t.Fatalf("tag %d: type %d at %d, %d bytes; want type %d at %d, %d bytes", i, got[i].Type, got[i].Timestamp, len(got[i].Data),
				want[i].Type, want[i].Timestamp, len(want[i].Data))
		}
	}
}

func TestRecorderRealFiles(t *testing.T) {
	for _, c := range []struct {
		name     string
		duration float64
		times    []float64
	}{
		{"veovera-av1-opus-10s.flv", 10.001, nil},
		{"sample-h264-aac.flv", 10.052, []float64{0, 2, 4, 6, 8}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tags := testFileTags(t, c.name)
			r := newTestRecorder(t, RecorderOptions{Name: "live"})
			recordTags(t, r, tags)
			if err := r.Close(); err != nil {
				t.Fatal(err)
			}
			f := readRecorded(t, r.Path(), nil)
			checkTags(t, f.tags, tags)
			if f.duration != c.duration || f.size == 0 || f.flags != 5 || !slices.Equal(f.times, c.times) {
				t.Errorf("duration %v, size %v, flags %d, keyframes at %v", f.duration, f.size, f.flags, f.times)
			}
			checkPositions(t, f)
		})
	}
}

// checkPositions checks that the index points at keyframes of its times.
func checkPositions(t testing.TB, f recorded) {
	t.Helper()
	for i, position := range f.positions {
		n := slices.Index(f.offsets, int64(position))
		if n < 0 {
			t.Fatalf("keyframe %d: no tag at %v", i, position)
		}
		p := media.AppendPackets(nil, f.tags[n].Type, f.tags[n].Timestamp, f.tags[n].Data)[0]
		if !p.Keyframe() || float64(p.Timestamp)/1000 != f.times[i] {
			t.Errorf("keyframe %d at %v s: %v of %v", i, f.times[i], p.Kind, p.Timestamp)
		}
	}
}

// rawTag is a short way to make tags.
func rawTag(typeID uint8, timestamp uint32, data string) flv.Tag {
	return flv.Tag{Type: typeID, Timestamp: timestamp, Data: []byte(data)}
}

const (
	testMetadata = "\x02\x00\x0aonMetaData\x08\x00\x00\x00\x00\x00\x00\x09"
	avcHeader    = "\x17\x00\x00\x00\x00\x01"
	avcKey       = "\x17\x01\x00\x00\x00\x00\x00\x00\x01\x65"
	avcInter     = "\x27\x01\x00\x00\x00\x00\x00\x00\x01\x41"
	aacHeader    = "\xaf\x00\x12\x10"
	aacFrame     = "\xaf\x01\x21"
)

// A file is whole at any moment: what is on the disk before Close are all tags up to the last keyframe or the last
// second, after a tag of the recorder's own that says nothing yet.
func TestRecorderUnfinished(t *testing.T) {
	r := newTestRecorder(t, RecorderOptions{})
	if f := readRecorded(t, r.Path(), nil); len(f.tags) != 0 || f.duration != 0 {
		t.Errorf("at first: %+v", f)
	}
	tags := []flv.Tag{rawTag(18, 0, testMetadata), rawTag(9, 0, avcHeader), rawTag(9, 0, avcKey), rawTag(9, 33, avcInter)}
	recordTags(t, r, tags[:1])
	checkTags(t, readRecorded(t, r.Path(), nil).tags, tags[:1])
	recordTags(t, r, tags[1:])
	f := readRecorded(t, r.Path(), nil)
	checkTags(t, f.tags, tags[:3])
	if f.duration != 0 || f.size != 0 || f.times != nil {
		t.Errorf("%+v", f)
	}
	more := []flv.Tag{rawTag(9, 999, avcInter), rawTag(8, 1000, aacFrame), rawTag(8, 1010, aacFrame)}
	recordTags(t, r, more)
	checkTags(t, readRecorded(t, r.Path(), nil).tags, append(slices.Clip(tags), more[:2]...))
}

// A recorder that is killed leaves a file that lacks at most what came after the last keyframe.
func TestRecorderKilled(t *testing.T) {
	const variable = "OXRTMP_TEST_RECORDER_KILLED"
	if path := os.Getenv(variable); path != "" {
		r := newTestRecorder(t, RecorderOptions{Path: path})
		recordTags(t, r, testFileTags(t, "sample-h264-aac.flv"))
		self, _ := os.FindProcess(os.Getpid())
		self.Kill()
		select {}
	}
	path := filepath.Join(t.TempDir(), "killed.flv")
	command := exec.Command(os.Args[0], "-test.run=^TestRecorderKilled$")
	command.Env = append(os.Environ(), variable+"="+path)
	if out, err := command.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Fatalf("%v\n%s", err, out)
	}
	file, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := flvTags(t, file)
	if err != nil && !errors.Is(err, flv.ErrTruncated) {
		t.Fatal(err)
	}
	want := testFileTags(t, "sample-h264-aac.flv")
	if len(got) < 2 {
		t.Fatalf("%d tags", len(got))
	}
	got = got[1:]
	checkTags(t, got, want[:len(got)])
	if last := got[len(got)-1].Timestamp; last < 9000 {
		t.Errorf("the last tag left is of %d ms", last)
	}
}

// What publishers wrap their metadata in is for servers; the value itself stays as it was, byte by byte.
func TestRecorderData(t *testing.T) {
	const set = "\x02\x00\x0d@setDataFrame"
	r := newTestRecorder(t, RecorderOptions{})
	recordTags(t, r, []flv.Tag{
		rawTag(18, 0, set+testMetadata),
		rawTag(18, 5, "\x02\x00\x0aonCuePoint\x05"),
		rawTag(15, 6, "\x00"+testMetadata),
		rawTag(18, 7, "\x03no name"),
		rawTag(8, 8, ""),
		rawTag(9, 9, "\x9f"),
	})
	r.Close()
	f := readRecorded(t, r.Path(), nil)
	checkTags(t, f.tags, []flv.Tag{
		rawTag(18, 0, testMetadata),
		rawTag(18, 5, "\x02\x00\x0aonCuePoint\x05"),
		rawTag(15, 6, "\x00"+testMetadata),
		rawTag(18, 7, "\x03no name"),
		rawTag(8, 8, ""),
		rawTag(9, 9, "\x9f"),
	})
}

// Packets that were not parsed from a message are built.
func TestRecorderBuilds(t *testing.T) {
	r := newTestRecorder(t, RecorderOptions{})
	p := media.Packet{Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.AVC1, Flags: media.FlagKeyframe, Timestamp: 40, Data: []byte("\x00\x00\x00\x01\x65")}
	if err := r.WritePacket(&p); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []media.Packet{
		{Type: 22, Raw: []byte{1}},
		{Type: media.TypeVideo, Kind: media.KindFrame},
		{Type: media.TypeVideo, Raw: make([]byte, flv.MaxTagSize+1)},
	} {
		if err := r.WritePacket(&bad); err == nil {
			t.Errorf("type %d recorded", bad.Type)
		}
	}
	if err := r.Close(); err != nil { // what cannot be recorded does no harm
		t.Fatal(err)
	}
	checkTags(t, readRecorded(t, r.Path(), nil).tags, []flv.Tag{rawTag(9, 40, avcKey)})
}

// Timestamps stay as they are; duration and index do not mind that they wrap, nor that metadata has timestamp 0.
func TestRecorderTimestamps(t *testing.T) {
	tags := []flv.Tag{rawTag(18, 0, testMetadata), rawTag(9, 4294966296, avcKey), rawTag(9, 1000, avcKey), rawTag(18, 0, testMetadata), rawTag(9, 3000, avcInter)}
	r := newTestRecorder(t, RecorderOptions{})
	recordTags(t, r, tags)
	r.Close()
	f := readRecorded(t, r.Path(), nil)
	checkTags(t, f.tags, tags)
	if f.duration != 4 || !slices.Equal(f.times, []float64{4294966.296, 4294968.296}) {
		t.Errorf("duration %v, keyframes at %v", f.duration, f.times)
	}
}

func TestRecorderNeverOverwrites(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "a", "b") // created
	var paths []string
	for range 3 {
		paths = append(paths, filepath.Base(newTestRecorder(t, RecorderOptions{Directory: directory, Name: "live/x"}).Path()))
	}
	if !slices.Equal(paths, []string{"live_x.flv", "live_x-2.flv", "live_x-3.flv"}) {
		t.Error(paths)
	}
	target := filepath.Join(directory, "target")
	if err := os.Symlink(target, filepath.Join(directory, "link.flv")); err != nil {
		t.Fatal(err)
	}
	if r := newTestRecorder(t, RecorderOptions{Path: filepath.Join(directory, "link.flv")}); filepath.Base(r.Path()) != "link-2.flv" {
		t.Error(r.Path())
	}
	for range 4 {
		newTestRecorder(t, RecorderOptions{Directory: directory, Name: "many"})
	}
	for n := 5; n <= maxFileNumber; n++ { // the rest need not be recorders
		if err := os.Symlink(target, filepath.Join(directory, "many-"+strconv.Itoa(n)+".flv")); err != nil {
			t.Fatal(err)
		}
	}
	clock := func() time.Time { return time.Unix(1, 5) }
	if r := newTestRecorder(t, RecorderOptions{Directory: directory, Name: "many", Clock: clock}); filepath.Base(r.Path()) != "many-1000000005.flv" {
		t.Error(r.Path())
	}
	if _, err := NewRecorder(&RecorderOptions{Directory: directory, Name: "many", Clock: clock}); !errors.Is(err, os.ErrExist) {
		t.Errorf("no free name: %v", err)
	}
	if _, err := NewRecorder(&RecorderOptions{Directory: filepath.Join(directory, "live_x.flv")}); err == nil {
		t.Error("a file taken for a directory")
	}
}

func TestSafeFileName(t *testing.T) {
	long := strings.Repeat("é", 100)
	for name, want := range map[string]string{
		"":                       "stream",
		"cam-1_a.b":              "cam-1_a.b",
		"..":                     "_.",
		"../../etc/passwd":       "_._.._etc_passwd",
		`a\b/c:d*e?f"g<h>i|j`:    "a_b_c_d_e_f_g_h_i_j",
		".hidden":                "_hidden",
		"a\x00b\nc\x7f":          "a_b_c_",
		"key?token=1&x=%2e":      "key_token_1_x__2e",
		"caméra 日本":              "caméra_日本",
		"\xff\xfe":               "__",
		"right\u202eto left":     "right_to_left",
		"con":                    "_con",
		"COM7.x":                 "_COM7.x",
		"lpt":                    "lpt",
		"com10":                  "com10",
		"nul.":                   "_nul.",
		long:                     long[:128],
		strings.Repeat("a", 300): strings.Repeat("a", 128),
	} {
		got := safeFileName(name)
		if got != want {
			t.Errorf("safeFileName(%q) = %q, want %q", name, got, want)
		}
		if !filepath.IsLocal(got) || filepath.Base(got) != got {
			t.Errorf("safeFileName(%q) = %q is not local", name, got)
		}
	}
}

func FuzzSafeFileName(f *testing.F) {
	f.Add("../a\x00b")
	f.Add("NUL.txt")
	f.Add("NUL." + strings.Repeat("x", 200))
	f.Fuzz(func(t *testing.T, name string) {
		got := safeFileName(name)
		if got == "" || len(got) > maxFileName+1 || !filepath.IsLocal(got) || filepath.Base(got) != got || got[0] == '.' ||
			strings.ContainsAny(got, "/\\:\x00") || len(got) <= maxFileName && safeFileName(got) != got {
			t.Errorf("safeFileName(%q) = %q", name, got)
		}
	})
}

func TestRecorderClosed(t *testing.T) {
	r := newTestRecorder(t, RecorderOptions{})
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.WritePacket(&media.Packet{Type: 8}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

// An error of the file system stays, and the descriptor does not.
func TestRecorderFails(t *testing.T) {
	r := newTestRecorder(t, RecorderOptions{RotateBytes: 1})
	os.RemoveAll(filepath.Dir(r.Path())) // so that no next file can be created
	p := media.AppendPackets(nil, 9, 0, []byte(avcKey))[0]
	err := r.WritePacket(&p)
	if !errors.Is(err, os.ErrNotExist) || !strings.HasPrefix(err.Error(), "rtmp: recorder: ") {
		t.Fatal(err)
	}
	if again := r.WritePacket(&p); again != err {
		t.Errorf("again: %v", again)
	}
	if again := r.Close(); again != err {
		t.Errorf("Close: %v", again)
	}
	if again := r.Close(); again != nil {
		t.Errorf("second Close: %v", again)
	}
	r = newTestRecorder(t, RecorderOptions{})
	r.file.f.Close() // as a full disk would, this fails every write
	if err := r.WritePacket(&p); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
	if r.file != nil {
		t.Error("the file is not given up")
	}
	r = newTestRecorder(t, RecorderOptions{})
	r.file.f.Close()
	if err := r.Close(); err == nil {
		t.Error("Close hides that nothing could be written")
	}
}

func TestRecorderCloseWhileWriting(t *testing.T) {
	r := newTestRecorder(t, RecorderOptions{RotateBytes: 100 << 10})
	tags := testFileTags(t, "sample-h264-aac.flv")
	var wg sync.WaitGroup
	started := make(chan struct{})
	wg.Go(func() {
		for i := 0; ; i++ {
			tag := tags[i%len(tags)]
			p := media.AppendPackets(nil, tag.Type, tag.Timestamp, tag.Data)[0]
			if err := r.WritePacket(&p); err != nil {
				if !errors.Is(err, os.ErrClosed) {
					t.Error(err)
				}
				return
			}
			if i == 100 {
				close(started)
			}
		}
	})
	<-started
	_ = r.Path()
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	wg.Wait()
	readRecorded(t, r.Path(), nil)
}

// Headers that would be too much to keep are recorded, but do not come back.
func TestRecorderBoundsHeaders(t *testing.T) {
	r := newTestRecorder(t, RecorderOptions{RotateBytes: 1})
	big := rawTag(9, 0, avcHeader+strings.Repeat("x", maxHeaderBytes))
	recordTags(t, r, []flv.Tag{rawTag(8, 0, aacHeader), big, rawTag(9, 0, avcKey)})
	r.Close()
	checkTags(t, readRecorded(t, r.Path(), nil).tags, []flv.Tag{rawTag(8, 0, aacHeader), rawTag(9, 0, avcKey)})
}

func BenchmarkRecorder(b *testing.B) {
	r := newTestRecorder(b, RecorderOptions{Directory: b.TempDir()})
	payload := append([]byte(avcInter), make([]byte, 4000)...)
	packets := media.AppendPackets(nil, 9, 0, payload)
	b.SetBytes(int64(len(payload)))
	b.ReportAllocs()
	for b.Loop() {
		packets[0].Timestamp++
		if err := r.WritePacket(&packets[0]); err != nil {
			b.Fatal(err)
		}
	}
}
