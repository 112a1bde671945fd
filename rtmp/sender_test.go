package rtmp

import (
	"testing"
	"time"

	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
)

// headerSender is what clients of both kinds and sessions have in common.
type headerSender interface {
	SendVideoSequenceHeader([]byte) error
	SendAudioSequenceHeader([]byte) error
	SendVideo(uint32, bool, []byte) error
	SendAudio(uint32, []byte) error
	SendData(uint32, []byte) error
}

// Headers at the beginning have timestamp 0, as encoders send them; later ones the time at which they come, so that it
// never goes back.
func TestTimestampsOfSequenceHeaders(t *testing.T) {
	data := []byte{2, 0, 1, 'x'}
	speak := func(t *testing.T, s headerSender) {
		t.Helper()
		for _, err := range []error{
			s.SendVideoSequenceHeader([]byte{1}), s.SendAudioSequenceHeader([]byte{0x12, 0x10}),
			s.SendVideo(5000, true, []byte{1}), s.SendAudio(5020, []byte{2}), s.SendData(0, data),
			s.SendVideoSequenceHeader([]byte{2}), s.SendAudioSequenceHeader([]byte{0x12, 0x10}), s.SendVideo(5040, true, []byte{1}),
			s.SendAudioSequenceHeader([]byte{0x12, 0x11}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	want := []uint32{0, 0, 5000, 5020, 5020, 5020, 5040, 5040}
	check := func(t *testing.T, next func() (media.Packet, error)) {
		t.Helper()
		for i, w := range want {
			p, err := next()
			for err == nil && p.Type == media.TypeData { // has its own, which changes nothing
				p.Release()
				p, err = next()
			}
			if err != nil {
				t.Fatal(err)
			}
			if p.Timestamp != w {
				t.Errorf("message %d has timestamp %d, want %d", i, p.Timestamp, w)
			}
			p.Release()
		}
	}
	t.Run("client", func(t *testing.T) {
		c, s := published(t, bind(t, nil), nil)
		speak(t, c)
		check(t, func() (media.Packet, error) { return s.NextPacket(10 * time.Second) })
	})
	t.Run("session", func(t *testing.T) {
		c, s := played(t, bind(t, &ServerOptions{AskPlay: true}), nil)
		speak(t, s)
		check(t, func() (media.Packet, error) { return c.NextPacket(10 * time.Second) })
	})
	t.Run("hub", func(t *testing.T) {
		h := newTestHub(t, nil)
		c, err := h.PublishClient("live", "x", nil)
		if err != nil {
			t.Fatal(err)
		}
		s, err := h.Subscribe("live", "x", hub.Mask{})
		if err != nil {
			t.Fatal(err)
		}
		speak(t, c)
		check(t, func() (media.Packet, error) { return s.NextPacket(10 * time.Second) })
	})
}
