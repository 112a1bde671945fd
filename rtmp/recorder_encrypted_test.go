package rtmp

import (
	"os"
	"slices"
	"testing"

	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/media"
)

// A137: what is encrypted is recorded as it is, with its mark; what a packet says no more of than its bytes is found in the
// index all the same.
func TestRecorderEncrypted(t *testing.T) {
	r := newTestRecorder(t, RecorderOptions{Directory: t.TempDir()})
	tag := flv.Tag{Type: flv.TagVideo, Timestamp: 40, Encrypted: true, Data: []byte("\x17\x01\x00\x00\x00\x01SE\x00\x00\x00\x01\x00body")}
	packets := flv.AppendPackets(nil, tag)
	key := media.Packet{Type: media.TypeVideo, Timestamp: 80, Raw: []byte{0x17, 1, 0, 0, 0, 'k'}}
	second := media.Packet{Type: media.TypeVideo, Timestamp: 120, Raw: []byte{0x17, 1, 0, 0, 0, 's'}}
	packets = append(packets, key, second)
	for i := range packets {
		if err := r.WritePacket(&packets[i]); err != nil {
			t.Fatal(err)
		}
	}
	path := r.Path()
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tags := flv.NewTagReader(f)
	index, err := tags.ReadTag()
	if err != nil || index.Type != flv.TagScript {
		t.Fatalf("%+v, %v", index, err)
	}
	for i, want := range []flv.Tag{tag, {Type: flv.TagVideo, Timestamp: 80, Data: key.Raw}, {Type: flv.TagVideo, Timestamp: 120, Data: second.Raw}} {
		got, err := tags.ReadTag()
		if err != nil || got.Type != want.Type || got.Encrypted != want.Encrypted || string(got.Data) != string(want.Data) || got.Timestamp != want.Timestamp {
			t.Errorf("tag %d: %+v, %v", i, got, err)
		}
	}
	if times := readRecorded(t, path, nil).times; !slices.Equal(times, []float64{0.08, 0.12}) {
		t.Errorf("keyframes at %v", times)
	}
}
