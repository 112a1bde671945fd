package rtmp

import (
	"bytes"
	"testing"
	"time"

	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
)

// Whoever takes a hub's stream gets each track of a multitrack message with its bytes: a subscriber, and by a push another
// server, which gets no message besides.
func TestSubscribersGetEveryTrack(t *testing.T) {
	target := bind(t, nil)
	h := newTestHub(t, nil)
	p, err := h.Publish("live", "cam")
	if err != nil {
		t.Fatal(err)
	}
	s, err := h.Subscribe("live", "cam", hub.Mask{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := h.Push("live", "cam", "rtmp://"+target.Addr()+"/live/cam", soon())
	if err != nil {
		t.Fatal(err)
	}
	session := accept(t, target)
	reaches(t, r, RelayRunning)
	for i := range 3 {
		tracks := []media.Packet{
			{Type: media.TypeAudio, Kind: media.KindFrame, Codec: media.Opus, Track: 0, Data: []byte("first")},
			{Type: media.TypeAudio, Kind: media.KindFrame, Codec: media.Opus, Track: 1, Data: []byte("second")},
			{Type: media.TypeAudio, Kind: media.KindFrame, Codec: media.Opus, Track: 7, Data: []byte("third")},
		}
		payload, err := media.AppendMultitrack(nil, media.ManyTracks, tracks)
		if err != nil {
			t.Fatal(err)
		}
		at := uint32(i) * 20
		if err := p.Send(media.TypeAudio, at, payload, time.Second); err != nil {
			t.Fatal(err)
		}
		for _, want := range tracks {
			for who, next := range map[string]func(time.Duration) (media.Packet, error){"subscriber": s.NextPacket, "target": session.NextPacket} {
				got, err := next(5 * time.Second)
				if err != nil {
					t.Fatal(err)
				}
				if got.Track != want.Track || !bytes.Equal(got.Data, want.Data) || !bytes.Equal(got.Raw, payload) || got.Timestamp != at {
					t.Errorf("%s, message %d, track %d: track %d at %d, %q, %q", who, i, want.Track, got.Track, got.Timestamp, got.Data, got.Raw)
				}
				got.Release()
			}
		}
	}
}
