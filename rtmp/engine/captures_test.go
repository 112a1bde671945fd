package engine_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
)

const captures = "../../testdata/captures"

// tag is one message as the encoder's own FLV muxer wrote it into a file.
type tag struct {
	Type      uint8  `json:"type"`
	Timestamp uint32 `json:"timestamp"`
	Size      int    `json:"size"`
	SHA256    string `json:"sha256"`
}

func newTag(typ uint8, timestamp uint32, payload []byte) tag {
	sum := sha256.Sum256(payload)
	return tag{typ, timestamp, len(payload), hex.EncodeToString(sum[:])}
}

// replayed is what a server made of the bytes of a capture.
type replayed struct {
	requests  []string
	tags      []tag
	keyframes int
	malformed int
	ended     bool
	replies   int // bytes
	err       error
}

// replay feeds a server with recorded bytes in pieces of a size. Names are refused that accept says no to.
func replay(t *testing.T, data []byte, piece int, accept func(name string) bool) (r replayed) {
	t.Helper()
	s := engine.NewServer(engine.ServerConfig{Rand: rand.NewChaCha8([32]byte{7})})
	message := &media.Packet{} // the latest packet; those of one multitrack message share its payload
	for now := time.Duration(0); len(data) > 0; now += time.Millisecond {
		n, err := s.Receive(data[:min(piece, len(data))], now)
		if err != nil {
			r.err = err
			return r
		}
		data = data[n:]
		events := 0
		for e, ok := s.NextEvent(); ok; e, ok = s.NextEvent() {
			events++
			switch e.Kind {
			case engine.EventRequest:
				r.requests = append(r.requests, fmt.Sprint(e.Request.Kind, " ", e.Request.App, "/", e.Request.Name))
				if accept(e.Request.Name) {
					err = s.Accept(e.Request.ID)
				} else {
					err = s.Reject(e.Request.ID, "", "unauthorized")
				}
				if err != nil {
					t.Fatal(err)
				}
			case engine.EventPacket:
				p := e.Packet
				if p.Flags&media.FlagMalformed != 0 {
					r.malformed++
				}
				if p.Keyframe() {
					r.keyframes++
				}
				same := len(p.Raw) > 0 && len(message.Raw) > 0 && &p.Raw[0] == &message.Raw[0]
				switch {
				case p.Type == media.TypeData: // a file holds it without @setDataFrame
					r.tags = append(r.tags, newTag(p.Type, p.Timestamp, p.Data))
				case !same:
					r.tags = append(r.tags, newTag(p.Type, p.Timestamp, p.Raw))
				}
				message.Release()
				message = &p
			case engine.EventStreamEnd:
				r.ended = true
			}
		}
		out := s.AppendOutput(nil)
		r.replies += len(out)
		if n == 0 && events == 0 {
			return r // the conversation is over for the server
		}
	}
	message.Release()
	return r
}

// TestCaptures replays what real encoders sent, in pieces of several sizes: the server comes to the tags that the
// encoder wrote into a file at the same time.
func TestCaptures(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(captures, "*.bin"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no captures: %v", err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".bin")
		if strings.HasPrefix(name, "obs-") || strings.HasPrefix(name, "gortmplib-") {
			continue // below: they have no list of tags
		}
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := os.ReadFile(strings.TrimSuffix(file, ".bin") + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var want []tag
		if err := json.Unmarshal(list, &want); err != nil || len(want) < 50 {
			t.Fatalf("%s: %d tags, %v", name, len(want), err)
		}
		for _, piece := range []int{1, 13, 4096, len(data)} {
			t.Run(fmt.Sprintf("%s in pieces of %d", name, piece), func(t *testing.T) {
				r := replay(t, data, piece, func(string) bool { return true })
				if r.err != nil {
					t.Fatal(r.err)
				}
				if got := fmt.Sprint(r.requests); got != "[publish live/test]" {
					t.Errorf("requests %s", got)
				}
				if r.malformed != 0 {
					t.Errorf("%d packets malformed", r.malformed)
				}
				if hangsUp := name == "ffmpeg-8-1-multitrack"; r.ended == hangsUp {
					t.Errorf("ended by command: %v", r.ended)
				}
				for i := range min(len(want), len(r.tags)) {
					if r.tags[i] != want[i] {
						t.Fatalf("tag %d: got %+v, want %+v", i, r.tags[i], want[i])
					}
				}
				if len(r.tags) != len(want) {
					t.Fatalf("%d tags, want %d", len(r.tags), len(want))
				}
			})
		}
	}
}

// TestCapturesOfOBS replays OBS Studio with the right stream key and with a wrong one.
func TestCapturesOfOBS(t *testing.T) {
	for name, want := range map[string]string{"obs-29-publish": "secret", "obs-29-refused": "wrong"} {
		data, err := os.ReadFile(filepath.Join(captures, name+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		var first []tag
		for _, piece := range []int{len(data), 4096, 13, 1} {
			r := replay(t, data, piece, func(name string) bool { return name == "secret" })
			if r.err != nil {
				t.Fatalf("%s in pieces of %d: %v", name, piece, r.err)
			}
			if got := fmt.Sprint(r.requests); got != "[publish live/"+want+"]" {
				t.Fatalf("%s in pieces of %d: requests %s", name, piece, got)
			}
			if want != "secret" {
				if len(r.tags) != 0 {
					t.Fatalf("%s: %d tags from a refused publisher", name, len(r.tags))
				}
				continue
			}
			if r.malformed != 0 || !r.ended || r.replies < 3000 {
				t.Fatalf("%s in pieces of %d: %+v", name, piece, r)
			}
			if first == nil {
				first = r.tags
			} else if !slices.Equal(first, r.tags) {
				t.Fatalf("%s: pieces of %d make other tags", name, piece)
			}
			checkOBS(t, r.tags)
		}
	}
}

// checkOBS demands what two seconds of OBS at 30 frames and 48,000 samples per second hold.
func checkOBS(t *testing.T, tags []tag) {
	t.Helper()
	count := map[uint8]int{}
	for i, g := range tags {
		count[g.Type]++
		if i > 0 && g.Timestamp+200 < tags[i-1].Timestamp {
			t.Fatalf("timestamp %d after %d", g.Timestamp, tags[i-1].Timestamp)
		}
	}
	if count[media.TypeVideo] < 60 || count[media.TypeAudio] < 80 || count[media.TypeData] < 1 {
		t.Fatalf("tags by type: %v", count)
	}
}

// TestCapturesOfGortmplib replays MediaMTX's library, which gives no video frame of Enhanced RTMP a frame type: the
// keyframes are found all the same, as otherwise nobody's video would begin.
func TestCapturesOfGortmplib(t *testing.T) {
	for name, want := range map[string]int{"gortmplib-1-0-hevc-aac": 4, "gortmplib-1-0-av1-aac": 2} {
		data, err := os.ReadFile(filepath.Join(captures, name+".bin"))
		if err != nil {
			t.Fatal(err)
		}
		r := replay(t, data, 4096, func(name string) bool { return name == "test" })
		if r.err != nil || r.malformed != 0 || len(r.tags) < 190 {
			t.Fatalf("%s: %d tags, %d malformed, %v", name, len(r.tags), r.malformed, r.err)
		}
		if r.keyframes != want {
			t.Errorf("%s: %d keyframes, want %d", name, r.keyframes, want)
		}
	}
}

// TestCapturesCutShort ends each conversation at many places: an error at most, and nothing made up.
func TestCapturesCutShort(t *testing.T) {
	err := fs.WalkDir(os.DirFS(captures), ".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".bin") {
			return err
		}
		data, err := os.ReadFile(filepath.Join(captures, path))
		if err != nil {
			return err
		}
		whole := replay(t, data, len(data), func(string) bool { return true })
		for cut := 0; cut < len(data); cut += 1 + cut/3 {
			part := replay(t, data[:cut], 1500, func(string) bool { return true })
			if part.err != nil {
				return fmt.Errorf("%s cut at %d: %w", path, cut, part.err)
			}
			if len(part.tags) > len(whole.tags) || !slices.Equal(part.tags, whole.tags[:len(part.tags)]) {
				return errors.New(path + ": the part holds what the whole does not")
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
