package rtmp

import (
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// An application publishes into a hub and subscribes to it; peers see no difference.
func TestHubApplication(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	if _, err := h.Subscribe("live", "cam", hub.Mask{}); err != ErrNoStream {
		t.Fatal(err)
	}
	p, err := h.Publish("live", "cam")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Publish("live", "cam"); !errors.Is(err, ErrPublished) {
		t.Fatal(err)
	}
	p.SendMetadata(&message.Metadata{Width: 64}, time.Second)
	video := func(n int) []byte {
		first := byte(0x27)
		if n%10 == 0 {
			first = 0x17
		}
		return append([]byte{first, 1, 0, 0, 0}, numbered(n, 50000)...)
	}
	for n := range 5 {
		if err := p.Send(media.TypeVideo, uint32(n*40), video(n), time.Second); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "the first frames", func() bool { return frames(h) == 6 })
	all, err := h.Subscribe("live", "cam", hub.Mask{})
	if err != nil {
		t.Fatal(err)
	}
	keys, err := h.Subscribe("live", "cam", hub.Mask{KeyframesOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	player := playFrom(t, s, "cam")
	go func() {
		for n := 5; n < 100; n++ {
			if err := p.Send(media.TypeVideo, uint32(n*40), video(n), 5*time.Second); err != nil {
				t.Error(err)
			}
			time.Sleep(time.Millisecond)
		}
		p.Close()
	}()
	check := func(next func(time.Duration) (media.Packet, error), step int) {
		t.Helper()
		for n := 0; n < 100; {
			packet, err := next(5 * time.Second)
			if err != nil {
				t.Fatalf("at %d: %v", n, err)
			}
			if packet.Type == media.TypeVideo {
				if got := binary.BigEndian.Uint64(packet.Data); got != uint64(n) || packet.DTS != int64(n)*40e6 {
					t.Fatalf("frame %d at %d ns, want %d", got, packet.DTS, n)
				}
				n += step
			}
			packet.Release()
		}
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		check(keys.NextPacket, 10)
	}()
	check(all.NextPacket, 1)
	check(player.NextPacket, 1)
	<-done
	keys.Close()
	if _, err := keys.NextPacket(-1); err != ErrClosed {
		t.Fatal(err)
	}
	h.Close()
	if _, err := all.NextPacket(5 * time.Second); err != io.EOF {
		t.Fatal(err)
	}
	if err := p.Send(media.TypeVideo, 0, video(0), 0); err != ErrClosed {
		t.Fatal(err)
	}
}
