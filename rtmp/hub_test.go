package rtmp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// live starts a server with a hub and nothing else.
func live(t testing.TB, ho *HubOptions, so ServerOptions) (*Hub, *Server) {
	t.Helper()
	h, err := NewHub(ho)
	if err != nil {
		t.Fatal(err)
	}
	so.Hub = h
	s := bind(t, &so)
	t.Cleanup(func() { h.Close() })
	return h, s
}

func publishTo(t testing.TB, s *Server, name string) *Client {
	t.Helper()
	c, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/"+name, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func playFrom(t testing.TB, s *Server, name string) *Client {
	t.Helper()
	c, err := Play(context.Background(), "rtmp://"+s.Addr()+"/live/"+name, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// numbered is a frame that says its number.
func numbered(n, size int) []byte {
	p := make([]byte, max(8, size))
	binary.BigEndian.PutUint64(p, uint64(n))
	return p
}

// expect takes packets until one fits, and fails on one of the same type that does not.
func nextVideo(t testing.TB, c *Client) media.Packet {
	t.Helper()
	for {
		p, err := c.NextPacket(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if p.Type == media.TypeVideo && p.Kind == media.KindFrame {
			return p
		}
		p.Release()
	}
}

func waitFor(t testing.TB, what string, f func() bool) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("waited in vain: ", what)
		}
	}
}

func frames(h *Hub) (n uint64) {
	for _, i := range h.Streams() {
		n += i.Received.Packets
	}
	return n
}

func TestHubEverybodyGetsEverythingInOrder(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	c := publishTo(t, s, "cam")
	c.SendMetadata(&message.Metadata{Width: 1280})
	c.SendVideoSequenceHeader([]byte{1, 2, 3, 4})
	c.SendAudioSequenceHeader([]byte{0x12, 0x10})
	waitFor(t, "headers", func() bool { return frames(h) == 3 })
	players, total := 500, 100
	if raceEnabled {
		players = 150
	}
	type outcome struct {
		player int
		err    error
	}
	done := make(chan outcome, players)
	var clients []*Client
	for range players {
		clients = append(clients, playFrom(t, s, "cam"))
	}
	for i, p := range clients {
		go func() {
			var kinds []string
			for n := 0; n < total; {
				packet, err := p.NextPacket(20 * time.Second)
				if err != nil {
					done <- outcome{i, fmt.Errorf("after %d frames: %w", n, err)}
					return
				}
				if packet.Kind != media.KindFrame {
					kinds = append(kinds, fmt.Sprint(packet.Type, packet.Kind, packet.Handler))
				} else if got := binary.BigEndian.Uint64(packet.Data); got != uint64(n) || packet.Timestamp != uint32(n*33) {
					done <- outcome{i, fmt.Errorf("frame %d at %d, want %d", got, packet.Timestamp, n)}
					return
				} else {
					n++
				}
				packet.Release()
			}
			if want := "[18 data|RtmpSampleAccess 18 metadataonMetaData 9 sequence_header 8 sequence_header]"; fmt.Sprint(kinds) != want {
				done <- outcome{i, fmt.Errorf("before the media %v, want %v", kinds, want)}
				return
			}
			done <- outcome{i, nil}
		}()
	}
	for i := range total {
		if err := c.SendVideo(uint32(i*33), i%30 == 0, numbered(i, 1000+i%7*500)); err != nil {
			t.Fatal(err)
		}
	}
	for range players {
		if o := <-done; o.err != nil {
			t.Errorf("player %d: %v", o.player, o.err)
		}
	}
	if i := h.Streams()[0]; i.Players != players || i.App != "live" || i.Name != "cam" || i.Publisher == "" || i.Received.Video != uint64(total+1) {
		t.Errorf("%+v", i)
	}
}

func TestHubLatePlayer(t *testing.T) {
	for _, c := range []struct {
		policy hub.CachePolicy
		first  int // the first frame a player gets that comes after frame 12
	}{{CacheGOP, 10}, {CacheKeyframe, 10}, {CacheOff, 20}} {
		h, s := live(t, &HubOptions{Cache: hub.CacheOptions{Policy: c.policy}}, ServerOptions{})
		p := publishTo(t, s, "cam")
		send := func(from, to int) {
			for i := from; i < to; i++ {
				p.SendVideo(uint32(i*40), i%10 == 0, numbered(i, 100))
			}
		}
		send(0, 13)
		waitFor(t, "frames", func() bool { return frames(h) == 13 })
		player := playFrom(t, s, "cam")
		send(13, 25)
		var got []uint64
		for len(got) == 0 || got[len(got)-1] < 24 {
			f := nextVideo(t, player)
			got = append(got, binary.BigEndian.Uint64(f.Data))
			f.Release()
		}
		want := map[hub.CachePolicy]string{CacheGOP: "[10 11 12 13 14 15 16 17 18 19 20 21 22 23 24]",
			CacheKeyframe: "[10 20 21 22 23 24]", CacheOff: "[20 21 22 23 24]"}[c.policy]
		if fmt.Sprint(got) != want {
			t.Errorf("policy %d: %v, want %v", c.policy, got, want)
		}
	}
}

func TestHubWithoutAStream(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	_, err := Play(context.Background(), "rtmp://"+s.Addr()+"/live/none", nil)
	var status *StatusError
	if !errors.As(err, &status) || status.Code != message.CodePlayStreamNotFound {
		t.Fatal(err)
	}
	if n := len(h.Streams()); n != 0 {
		t.Fatalf("%d streams", n)
	}
}

func TestHubWaitForPublisher(t *testing.T) {
	h, s := live(t, &HubOptions{WaitForPublisher: true}, ServerOptions{})
	player := playFrom(t, s, "cam")
	c := publishTo(t, s, "cam")
	c.SendVideo(5, true, numbered(7, 10))
	f := nextVideo(t, player)
	f.Release()
	player.Close()
	c.Close()
	other := playFrom(t, s, "nobody")
	waitFor(t, "a stream that waits", func() bool { return len(h.Streams()) == 2 })
	other.Close()
	waitFor(t, "it to go with its player", func() bool { return len(h.Streams()) == 1 })
}

func TestHubSecondPublisher(t *testing.T) {
	_, s := live(t, nil, ServerOptions{})
	publishTo(t, s, "cam")
	_, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/cam", nil)
	var status *StatusError
	if !errors.As(err, &status) || status.Code != message.CodePublishBadName {
		t.Fatal(err)
	}
}

// A publisher goes silent without a word, and comes back under the same name: the players stay, and time goes on.
func TestHubTakeover(t *testing.T) {
	for _, policy := range []Takeover{TakeoverReplace, TakeoverIfSilent} {
		_, s := live(t, &HubOptions{Takeover: policy, SilentAfter: time.Second}, ServerOptions{})
		old := publishTo(t, s, "cam")
		old.SendVideo(100000, true, numbered(1, 10))
		player := playFrom(t, s, "cam")
		f := nextVideo(t, player)
		last := f.Timestamp
		f.Release()
		if policy == TakeoverIfSilent {
			old.SendVideo(100040, false, numbered(2, 10))
			f = nextVideo(t, player)
			last = f.Timestamp
			f.Release()
			if _, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/cam", nil); err == nil {
				t.Fatal("took over from a publisher that was not silent")
			}
			time.Sleep(1100 * time.Millisecond)
		}
		c := publishTo(t, s, "cam")
		c.SendVideo(0, false, numbered(3, 10)) // not before a keyframe
		c.SendVideoSequenceHeader([]byte{1})
		c.SendVideo(40, true, numbered(4, 10))
		f = nextVideo(t, player)
		if n := binary.BigEndian.Uint64(f.Data); n != 4 || int32(f.Timestamp-last) <= 0 || f.Timestamp-last > 5000 {
			t.Fatalf("frame %d at %d after %d", n, f.Timestamp, last)
		}
		f.Release()
		waitFor(t, "the old publisher to be told", func() bool { return old.Err() != nil })
		var status *StatusError
		if !errors.As(old.Err(), &status) || status.Code != message.CodePublishBadName {
			t.Fatal(old.Err())
		}
	}
}

func TestHubGrace(t *testing.T) {
	h, s := live(t, &HubOptions{Grace: 300 * time.Millisecond}, ServerOptions{})
	c := publishTo(t, s, "cam")
	c.SendVideo(0, true, numbered(1, 10))
	player := playFrom(t, s, "cam")
	f := nextVideo(t, player)
	f.Release()
	c.Close()
	time.Sleep(50 * time.Millisecond)
	c = publishTo(t, s, "cam")
	c.SendVideo(0, true, numbered(2, 10))
	f = nextVideo(t, player)
	if binary.BigEndian.Uint64(f.Data) != 2 {
		t.Fatal("lost the publisher that came back in time")
	}
	f.Release()
	c.Close()
	if _, err := player.NextPacket(10 * time.Second); err != io.EOF {
		t.Fatalf("after the grace period: %v", err)
	}
	waitFor(t, "the stream to go", func() bool { return len(h.Streams()) == 0 })
}

// One player that does not read costs no more than its bound, and nobody else anything.
func TestHubSlowPlayer(t *testing.T) {
	h, s := live(t, &HubOptions{Player: hub.PlayerOptions{SoftBytes: 1 << 16, HardBytes: 1 << 18}}, ServerOptions{})
	c := publishTo(t, s, "cam")
	c.SendVideo(0, true, numbered(0, 1000))
	waitFor(t, "the stream", func() bool { return frames(h) == 1 })
	slow, err := Play(context.Background(), "rtmp://"+s.Addr()+"/live/cam", &ClientOptions{Limits: Limits{QueueBytes: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	fast := playFrom(t, s, "cam")
	const total = 2000
	for i := range total {
		if i > 0 {
			c.SendVideo(uint32(i*40), i%10 == 0, numbered(i, 20000))
			c.SendAudio(uint32(i*40), numbered(i, 100))
		}
		f := nextVideo(t, fast)
		if n := binary.BigEndian.Uint64(f.Data); n != uint64(i) {
			t.Fatalf("frame %d, want %d", n, i)
		}
		f.Release()
	}
	if i := h.Streams()[0]; i.Dropped == 0 && i.Players == 2 {
		t.Fatalf("nothing was dropped: %+v", i)
	}
	// Once it reads, what video it gets begins with a keyframe, and it gets all audio, unless it was hopeless.
	var audio, video uint64
	waits := false
	for {
		p, err := slow.NextPacket(2 * time.Second)
		if err != nil {
			break
		}
		switch {
		case p.Type == media.TypeAudio:
			n := binary.BigEndian.Uint64(p.Data)
			if n != audio+1 {
				t.Fatalf("audio %d after %d", n, audio)
			}
			audio = n
		case p.Type == media.TypeVideo:
			n := binary.BigEndian.Uint64(p.Data)
			if n > video+1 && !p.Keyframe() {
				t.Fatalf("inter frame %d after frame %d", n, video)
			}
			waits = waits || n > video+1
			video = n
		}
		p.Release()
	}
	if !waits && audio == total-1 && video == total-1 {
		t.Fatal("the slow player got everything")
	}
}

func TestHubPausedPlayer(t *testing.T) {
	_, s := live(t, nil, ServerOptions{})
	c := publishTo(t, s, "cam")
	c.SendVideoSequenceHeader([]byte{9})
	c.SendVideo(0, true, numbered(0, 10))
	player := playFrom(t, s, "cam")
	f := nextVideo(t, player)
	f.Release()
	player.Pause(true)
	for e, err := player.NextEvent(5 * time.Second); e.Status.Code != message.CodePauseNotify; e, err = player.NextEvent(5 * time.Second) {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.SendVideo(40, false, numbered(1, 10))
	c.Flush(time.Second)
	time.Sleep(20 * time.Millisecond)
	player.Pause(false)
	for e, err := player.NextEvent(5 * time.Second); e.Status.Code != message.CodeUnpauseNotify; e, err = player.NextEvent(5 * time.Second) {
		if err != nil {
			t.Fatal(err)
		}
	}
	c.SendVideo(80, false, numbered(2, 10))
	c.SendVideo(120, true, numbered(3, 10))
	p, err := player.NextPacket(5 * time.Second)
	if err != nil || p.Kind != media.KindSequenceHeader {
		t.Fatalf("%v %v, want the header again", p.Kind, err)
	}
	p.Release()
	f = nextVideo(t, player)
	if n := binary.BigEndian.Uint64(f.Data); n != 3 {
		t.Fatalf("frame %d", n)
	}
	f.Release()
}

func TestHubCloseTellsEverybody(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	c := publishTo(t, s, "cam")
	c.SendVideo(0, true, numbered(0, 10))
	player := playFrom(t, s, "cam")
	f := nextVideo(t, player)
	f.Release()
	h.Close()
	if _, err := player.NextPacket(5 * time.Second); err != io.EOF {
		t.Fatal(err)
	}
	waitFor(t, "the publisher to be told", func() bool { return c.Err() != nil })
	if _, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/cam", nil); err == nil {
		t.Fatal("published into a closed hub")
	}
}
