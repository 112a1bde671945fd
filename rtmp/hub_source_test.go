package rtmp

import (
	"errors"
	"io"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
)

// manyTracks is one video message with that many tracks.
func manyTracks(n int) []byte {
	p := []byte{0x96, 0x11, 'a', 'v', 'c', '1'}
	for i := range n {
		p = append(append(p, byte(i), 0, 0, 8), make([]byte, 8)...)
	}
	return p
}

// A message of several tracks goes to players once, and to subscribers with all of its tracks, however its packets are
// taken from the publisher.
func TestHubMessageOfManyTracks(t *testing.T) {
	const messages, tracks = 300, 5
	h, s := live(t, nil, ServerOptions{})
	c := publishTo(t, s, "cam")
	waitFor(t, "the stream", func() bool { return len(h.Streams()) == 1 })
	sub, err := h.Subscribe("live", "cam", hub.Mask{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	player := playFrom(t, s, "cam")
	go func() {
		for i := range messages {
			c.SendPacket(&media.Packet{Type: media.TypeVideo, Timestamp: uint32(i), Raw: manyTracks(tracks)})
		}
		c.SendVideo(messages, true, numbered(1, 8))
	}()
	for name, next := range map[string]func(time.Duration) (media.Packet, error){"subscriber": sub.NextPacket, "player": player.NextPacket} {
		first, all := 0, 0
		for {
			p, err := next(10 * time.Second)
			if err != nil {
				t.Fatal(name, err)
			}
			end := p.Timestamp == messages
			if !end && p.Type == media.TypeVideo && p.Flags&media.FlagContinued == 0 {
				first++
			}
			p.Release()
			if end {
				break
			}
			if p.Type == media.TypeVideo {
				all++
			}
		}
		if first != messages || all != messages*tracks {
			t.Errorf("the %s got %d messages of %d tracks in all, want %d of %d", name, first, all, messages, messages*tracks)
		}
	}
}

// Who passes packets of a stream on into a hub passes each message once.
func TestHubPublisherPassesMessagesOnOnce(t *testing.T) {
	h, _ := live(t, nil, ServerOptions{})
	p, err := h.Publish("live", "cam")
	if err != nil {
		t.Fatal(err)
	}
	sub, err := h.Subscribe("live", "cam", hub.Mask{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	packets := media.AppendPackets(nil, media.TypeVideo, 0, manyTracks(3))
	for i := range packets {
		if err := p.SendPacket(&packets[i], 0); err != nil {
			t.Fatal(err)
		}
	}
	p.Close()
	n := 0
	for {
		got, err := sub.NextPacket(10 * time.Second)
		if err != nil {
			break
		}
		got.Release()
		if n++; n == 3 {
			h.Close()
		}
	}
	if n != 3 {
		t.Errorf("%d tracks, want 3", n)
	}
}

// What no message can carry is refused before any player sees it.
func TestHubPublisherRefuses(t *testing.T) {
	h, _ := live(t, nil, ServerOptions{})
	p, err := h.Publish("live", "cam")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Send(media.TypeVideo, 0, make([]byte, 1<<24), 0); !errors.Is(err, engine.ErrPayload) {
		t.Errorf("a payload too long: %v", err)
	}
	if err := p.Send(1, 0, []byte{0, 0, 0, 1}, 0); err == nil {
		t.Error("a control message went through")
	}
	if n := frames(h); n != 0 {
		t.Errorf("%d frames", n)
	}
}

// A publisher that has ended does not stand in the way of the next one, whether its last packets have gone out or not.
func TestHubPublisherComesBackAtOnce(t *testing.T) {
	h, _ := live(t, nil, ServerOptions{})
	for i := range 200 {
		p, err := h.Publish("live", "cam")
		if err != nil {
			t.Fatalf("round %d: %v", i, err)
		}
		for n := range 3 {
			if err := p.Send(media.TypeVideo, uint32(n), []byte{0x17, 1, 0, 0, 0, 1}, 0); err != nil {
				t.Fatal(err)
			}
		}
		p.Close()
	}
	sub, err := h.Subscribe("live", "cam", hub.Mask{})
	if err != nil {
		t.Fatal(err)
	}
	h.Close()
	for {
		p, err := sub.NextPacket(10 * time.Second)
		if err != nil {
			if err != io.EOF {
				t.Error(err)
			}
			return
		}
		p.Release()
	}
}
