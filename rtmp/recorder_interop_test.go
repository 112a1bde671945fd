package rtmp

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/flv"
)

// probed is what ffprobe says of a file.
type probed struct {
	Streams []struct {
		Type    string `json:"codec_type"`
		Codec   string `json:"codec_name"`
		Packets string `json:"nb_read_packets"`
	}
	Format struct {
		Duration string
		Tags     map[string]string
	}
	Packets []struct {
		PTS string `json:"pts_time"`
	}
}

// probe runs ffprobe, which must be installed, and must have nothing to complain of.
func probe(t *testing.T, path string, arguments ...string) (p probed) {
	t.Helper()
	command := exec.Command("ffprobe", append(append([]string{"-v", "warning", "-of", "json"}, arguments...), path)...)
	var complaints strings.Builder
	command.Stderr = &complaints
	out, err := command.Output()
	if err != nil || complaints.Len() > 0 {
		t.Fatalf("ffprobe %s: %v\n%s", path, err, &complaints)
	}
	if err := json.Unmarshal(out, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// checkProbed checks packet counts by codec, and returns the duration.
func checkProbed(t *testing.T, path string, want map[string]string) (duration float64) {
	t.Helper()
	p := probe(t, path, "-count_packets", "-show_streams", "-show_format")
	if len(p.Streams) != len(want) {
		t.Errorf("%s: %d streams", path, len(p.Streams))
	}
	for _, s := range p.Streams {
		if want[s.Codec] != s.Packets {
			t.Errorf("%s: %s %s: %s packets, want %s", path, s.Type, s.Codec, s.Packets, want[s.Codec])
		}
	}
	duration, err := strconv.ParseFloat(p.Format.Duration, 64)
	if err != nil {
		t.Error(err)
	}
	return duration
}

func TestInteropRecorderFFprobe(t *testing.T) {
	tags := testFileTags(t, "sample-h264-aac.flv")
	all := map[string]string{"h264": "300", "aac": "432"}
	r := newTestRecorder(t, RecorderOptions{})
	recordTags(t, r, tags)

	r.Close()
	if d := checkProbed(t, r.Path(), all); d < 10.05 || d > 10.1 {
		t.Errorf("duration %v", d)
	}
	p := probe(t, r.Path(), "-select_streams", "v", "-show_packets", "-read_intervals", "6.5%+#1")
	if len(p.Packets) != 1 || p.Packets[0].PTS != "6.067000" {
		t.Errorf("seeking to 6.5 s: %+v", p.Packets)
	}

	// Of each file of a rotation, the duration is its own: whether the publisher's metadata says that of a whole stream, or
	// 0 as of a live one, or none.
	none := string(amf.AppendValuesAMF0(nil, amf.String("onMetaData"), &amf.ECMAArray{Properties: []amf.Property{{Name: "duration", Value: amf.Number(0)}}}))
	for _, metadata := range []string{string(tags[0].Data), testMetadata, none} {
		r = newTestRecorder(t, RecorderOptions{RotateDuration: 3 * time.Second})
		recordTags(t, r, append([]flv.Tag{rawTag(18, 0, metadata)}, tags[1:]...))
		r.Close()
		last := slices.IndexFunc(tags, func(tag flv.Tag) bool { return tag.Type == flv.TagVideo && tag.Timestamp == 8000 })
		audio := 0
		for _, tag := range tags[last:] {
			if tag.Type == flv.TagAudio {
				audio++
			}
		}
		if d := checkProbed(t, r.Path(), map[string]string{"h264": "60", "aac": strconv.Itoa(audio)}); d < 2.05 || d > 2.1 {
			t.Errorf("last file after rotation: duration %v", d)
		}
	}

	r = newTestRecorder(t, RecorderOptions{})
	recordTags(t, r, tags[:500])
	p = probe(t, r.Path(), "-count_packets", "-show_streams", "-show_format") // not closed
	if len(p.Streams) != 2 {
		t.Errorf("unfinished file: %+v", p)
	}
}
