package rtmp

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"testing"
	"time"

	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
)

// A170, A171, C5: a player that stops reading costs what its policy grants it, is dropped by it, and the other player gets
// everything in order meanwhile.
func TestHubPlayerThatStopsReading(t *testing.T) {
	const soft, hard = 256 << 10, 1 << 20
	for _, c := range []struct {
		name   string
		policy hub.SlowPolicy
		most   int // what it may cost
	}{{"drop", SlowDrop, hard}, {"disconnect", SlowDisconnect, soft}} {
		t.Run(c.name, func(t *testing.T) {
			memory, h, s := strained(t, HubOptions{Grace: -1, Cache: hub.CacheOptions{Policy: CacheOff},
				Player: hub.PlayerOptions{Slow: c.policy, SoftBytes: soft, HardBytes: hard}})
			publisher := publishTo(t, s, "cam")
			publisher.SendVideo(0, true, numbered(0, 8))
			waitFor(t, "the stream", func() bool { return frames(h) == 1 })
			p := newPlainPeer(t, s.Addr())
			p.conn.(*net.TCPConn).SetReadBuffer(16 << 10)
			p.command(1, playCommand("cam"))
			p.until("NetStream.Play.Start")
			waitFor(t, "the player", func() bool { return h.Streams()[0].Players == 1 })
			fast, err := h.Subscribe("live", "cam", hub.Mask{})
			if err != nil {
				t.Fatal(err)
			}
			defer fast.Close()
			held, next := int64(0), uint64(1)
			for n := 1; ; n++ {
				if n > 20000 { // 400 MB
					t.Fatal("the player is still there")
				}
				publisher.SendVideo(uint32(n), n%10 == 0, numbered(n, 20000))
				publisher.SendAudio(uint32(n), numbered(n, 1000))
				for next <= uint64(n) {
					packet, err := fast.NextPacket(10 * time.Second)
					if err != nil {
						t.Fatal(err)
					}
					if packet.Type == media.TypeAudio {
						if got := binary.BigEndian.Uint64(packet.Data); got != next {
							t.Fatalf("the other player got %d, want %d", got, next)
						}
						next++
					}
					packet.Release()
				}
				held = max(held, memory.InUse())
				players, err := h.Players("live", "cam")
				if err != nil {
					t.Fatal(err)
				}
				if len(players) == 1 {
					break
				}
				if queued := players[0].Sent.Queued; queued > c.most+64<<10 {
					t.Fatalf("%d bytes wait for it, want at most %d", queued, c.most)
				}
			}
			if held > int64(2*c.most+4<<20) { // blocks are up to twice what they hold; other queues
				t.Errorf("%d bytes were held", held)
			}
			if st := h.Statistics(); c.policy == SlowDrop && st.Dropped == 0 {
				t.Errorf("%+v", st)
			}
		})
	}
}

// held is a connection that may read a share of what another side has written, and all of it once it is free.
type held struct {
	net.Conn
	mu      sync.Mutex
	allowed int
	free    bool
	change  *sync.Cond
}

func (c *held) allow(n int, free bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.allowed += n
	c.free = c.free || free
	c.change.Broadcast()
}

func (c *held) Read(p []byte) (int, error) {
	c.mu.Lock()
	for c.allowed <= 0 && !c.free {
		c.change.Wait()
	}
	if !c.free {
		p = p[:min(len(p), c.allowed)]
	}
	c.mu.Unlock()
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.allowed -= n
	c.mu.Unlock()
	return n, err
}

// A170, C5: a player that takes 30 % of what the stream brings, more than its audio, gets every audio packet; of the
// video, runs that begin with keyframes.
func TestHubPlayerHeldToAThird(t *testing.T) {
	h, s := live(t, &HubOptions{Player: hub.PlayerOptions{SoftBytes: 256 << 10, HardBytes: 2 << 20}}, ServerOptions{})
	publisher := publishTo(t, s, "cam")
	publisher.SendVideo(0, true, numbered(0, 8))
	waitFor(t, "the stream", func() bool { return frames(h) == 1 })
	nc, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	nc.(*net.TCPConn).SetReadBuffer(32 << 10)
	link := &held{Conn: nc, allowed: 1 << 20}
	link.change = sync.NewCond(&link.mu)
	player, err := PlayConn(context.Background(), link, "rtmp://host/live/cam", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer player.Close()
	const total, video, audio = 3000, 20000, 400 // 60 MB
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		for n := 1; n <= total; n++ {
			publisher.SendVideo(uint32(n*10), n%25 == 0, numbered(n, video))
			publisher.SendAudio(uint32(n*10), numbered(n, audio))
			for seen := uint64(2 * n); h.Statistics().Received < seen; { // as fast as the hub takes it, no faster
				time.Sleep(100 * time.Microsecond)
			}
			link.allow((video+audio)*30/100, false)
		}
		link.allow(0, true)
	}()
	lastAudio, lastVideo, gaps, got := uint64(0), uint64(0), 0, 0
	for lastAudio < total {
		p, err := player.NextPacket(30 * time.Second)
		if err != nil {
			t.Fatalf("after audio %d: %v", lastAudio, err)
		}
		switch p.Type {
		case media.TypeAudio:
			if n := binary.BigEndian.Uint64(p.Data); n != lastAudio+1 {
				t.Fatalf("audio %d after %d", n, lastAudio)
			}
			lastAudio++
		case media.TypeVideo:
			n := binary.BigEndian.Uint64(p.Data)
			if n != lastVideo+1 && n != 0 {
				gaps++
				if !p.Keyframe() || n < lastVideo {
					t.Fatalf("video %d after %d, a keyframe: %v", n, lastVideo, p.Keyframe())
				}
			}
			lastVideo = n
			got++
		}
		p.Release()
	}
	<-sent
	dropped := h.Statistics().Dropped
	if gaps == 0 || dropped == 0 || got > total*2/3 {
		t.Errorf("%d of %d frames came, with %d gaps; %d dropped", got, total, gaps, dropped)
	}
}
