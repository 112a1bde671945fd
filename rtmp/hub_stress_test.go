package rtmp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
)

// strained is a hub behind a server whose every block is counted.
func strained(t *testing.T, ho HubOptions) (*buffer.HeapAllocator, *Hub, *Server) {
	t.Helper()
	memory := &buffer.HeapAllocator{}
	h, err := NewHub(&ho)
	if err != nil {
		t.Fatal(err)
	}
	h.alloc = memory
	s := bind(t, &ServerOptions{Hub: h, Allocator: memory, Linger: 100 * time.Millisecond, Timeouts: Timeouts{Write: 2 * time.Second}})
	return memory, h, s
}

// nothingLeft closes everything and fails if a block, a connection, a stream or a goroutine is left.
func nothingLeft(t *testing.T, memory *buffer.HeapAllocator, h *Hub, s *Server, goroutines int) {
	t.Helper()
	h.Close()
	s.Close()
	if n := len(h.Streams()); n != 0 {
		t.Errorf("%d streams are left", n)
	}
	waitFor(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines+2 })
	waitFor(t, fmt.Sprintf("%d bytes to be released", memory.InUse()), func() bool { return memory.InUse() == 0 })
}

// publishing sends video to a stream, with a keyframe every few frames, until done is closed or the stream is lost.
func publishing(c *Client, done <-chan struct{}, size int) {
	config, body := []byte{1, 2, 3, 4}, make([]byte, size)
	c.SendVideoSequenceHeader(config)
	for n := 0; ; n++ {
		select {
		case <-done:
			return
		default:
		}
		if c.SendVideo(uint32(n*10), n%8 == 0, body) != nil || c.SendAudio(uint32(n*10), body[:min(16, size)]) != nil {
			return
		}
		time.Sleep(time.Millisecond)
	}
}

// Players come and go, properly or not, subscribers too, while publishers take over from one another; then everything
// is closed under load. All that was held is released.
func TestHubUnderStrain(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	memory, h, s := strained(t, HubOptions{Takeover: TakeoverReplace, Grace: 50 * time.Millisecond, WaitForPublisher: true,
		Player: hub.PlayerOptions{SoftBytes: 64 << 10, HardBytes: 256 << 10}})
	const length = 1500 * time.Millisecond
	done := make(chan struct{})
	var all sync.WaitGroup
	var joins, takeovers, packets atomic.Int64
	during := func(f func(r *rand.Rand)) {
		all.Add(1)
		seed := rand.Uint64()
		go func() {
			defer all.Done()
			for r := rand.New(rand.NewPCG(seed, 1)); ; {
				select {
				case <-done:
					return
				default:
					f(r)
				}
			}
		}()
	}
	url := func(r *rand.Rand) string { return fmt.Sprintf("rtmp://%s/live/%d", s.Addr(), r.IntN(2)) }
	options := &ClientOptions{Allocator: memory, Linger: 10 * time.Millisecond, SendTimeout: time.Second}
	for range 2 {
		during(func(r *rand.Rand) {
			c, err := Publish(context.Background(), url(r), options)
			if err != nil {
				return
			}
			takeovers.Add(1)
			over := make(chan struct{})
			time.AfterFunc(time.Duration(r.IntN(100))*time.Millisecond, func() { close(over) })
			publishing(c, over, 20000)
			if r.IntN(2) == 0 {
				c.link.shut(ErrClosed) // without good-bye
			}
			c.Close()
		})
	}
	during(func(r *rand.Rand) {
		p, err := h.Publish("live", "1")
		if err != nil {
			return
		}
		for n := range r.IntN(50) {
			p.Send(media.TypeVideo, uint32(n), manyTracks(3), time.Millisecond)
		}
		time.Sleep(10 * time.Millisecond)
		p.Close()
	})
	for range 6 {
		during(func(r *rand.Rand) {
			c, err := Play(context.Background(), url(r), options)
			if err != nil {
				return
			}
			joins.Add(1)
			for range r.IntN(20) {
				p, err := c.NextPacket(20 * time.Millisecond)
				if err != nil {
					break
				}
				packets.Add(1)
				p.Release()
			}
			switch r.IntN(3) {
			case 0:
				c.link.shut(ErrClosed)
			case 1:
				time.Sleep(time.Duration(r.IntN(50)) * time.Millisecond) // without reading
			}
			c.Close()
		})
	}
	during(func(r *rand.Rand) {
		sub, err := h.Subscribe("live", "0", hub.Mask{})
		if err != nil {
			return
		}
		joins.Add(1)
		for range r.IntN(20) {
			p, err := sub.NextPacket(time.Millisecond)
			if err == nil {
				p.Release()
			}
		}
		sub.Close()
	})
	during(func(r *rand.Rand) { h.Streams(); time.Sleep(time.Millisecond) })
	time.Sleep(length)
	if joins.Load() < 20 || takeovers.Load() < 2 || packets.Load() < 20 {
		t.Errorf("%d joins, %d publishers, %d packets: nothing was tested", joins.Load(), takeovers.Load(), packets.Load())
	}
	t.Logf("%d joins, %d publishers, %d packets", joins.Load(), takeovers.Load(), packets.Load())
	h.Close() // while all of it goes on
	time.Sleep(20 * time.Millisecond)
	s.Close()
	close(done)
	all.Wait()
	nothingLeft(t, memory, h, s, goroutines)
}

// Thousands join and leave a stream; nobody stays behind in it.
func TestHubThousandsJoinAndLeave(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	memory, h, s := strained(t, HubOptions{})
	c, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/cam", nil)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Add(1)
	go func() { defer all.Done(); publishing(c, done, 2000) }()
	waitFor(t, "the first frames", func() bool { return frames(h) > 10 })
	total := 10000
	if raceEnabled || testing.Short() {
		total = 2000
	}
	var left atomic.Int64
	left.Store(int64(total))
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for left.Add(-1) >= 0 {
				sub, err := h.Subscribe("live", "cam", hub.Mask{})
				if err != nil {
					t.Error(err)
					return
				}
				if p, err := sub.NextPacket(5 * time.Second); err != nil {
					t.Error(err)
				} else {
					p.Release()
				}
				sub.Close()
			}
		}()
	}
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range total / 100 {
				player, err := Play(context.Background(), "rtmp://"+s.Addr()+"/live/cam", &ClientOptions{Linger: time.Millisecond})
				if err != nil {
					t.Error(err)
					return
				}
				if p, err := player.NextPacket(5 * time.Second); err != nil {
					t.Error(err)
				} else {
					p.Release()
				}
				player.Close()
			}
		}()
	}
	waitFor(t, "everybody to leave", func() bool {
		infos := h.Streams()
		return left.Load() < 0 && len(infos) == 1 && infos[0].Players == 0
	})
	close(done)
	all.Wait()
	c.Close()
	nothingLeft(t, memory, h, s, goroutines)
}

// A server that closes while its streams run ends everybody; the hub goes on with another server.
func TestServerClosesUnderAHub(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	memory, h, s := strained(t, HubOptions{Grace: -1})
	other, err := Bind("127.0.0.1:0", &ServerOptions{Hub: h, Allocator: memory})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	defer close(done)
	c := publishTo(t, s, "cam")
	go publishing(c, done, 5000)
	kept := publishTo(t, other, "kept")
	go publishing(kept, done, 5000)
	waitFor(t, "both streams", func() bool { return frames(h) > 20 && len(h.Streams()) == 2 })
	players := []*Client{playFrom(t, other, "cam"), playFrom(t, s, "cam"), playFrom(t, s, "kept")}
	stays := playFrom(t, other, "kept")
	s.Close()
	for i, p := range players {
		for {
			packet, err := p.NextPacket(10 * time.Second)
			packet.Release()
			if err == ErrTimeout {
				t.Fatalf("player %d was not told", i)
			}
			if err != nil {
				if i == 0 && err != io.EOF {
					t.Errorf("the player on the other server: %v", err)
				}
				break
			}
		}
	}
	for range 100 {
		p, err := stays.NextPacket(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		p.Release()
	}
	for _, p := range append(players, stays, c, kept) {
		p.Close()
	}
	other.Close()
	nothingLeft(t, memory, h, s, goroutines+2)
}

// A player that reads less than the stream brings is held to its bounds from the first byte on, although it began with
// more than its connection takes at once.
func TestHubSlowFromTheBeginning(t *testing.T) {
	memory, h, s := strained(t, HubOptions{Player: hub.PlayerOptions{SoftBytes: 64 << 10, HardBytes: 512 << 10}})
	c, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/cam", nil)
	if err != nil {
		t.Fatal(err)
	}
	c.SendVideo(0, true, make([]byte, 7<<20)) // the burst
	waitFor(t, "the burst", func() bool { return frames(h) == 1 })
	nc, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	nc.(*net.TCPConn).SetReadBuffer(8 << 10)
	trickle := &trickling{Conn: nc}
	player, err := PlayConn(context.Background(), trickle, "rtmp://host/live/cam", nil)
	if err != nil {
		t.Fatal(err)
	}
	trickle.slow.Store(true)
	body := bytes.Repeat([]byte{1}, 64<<10)
	for n := 1; n <= 1000; n++ { // 64 MiB, of audio, which is not dropped
		if err := c.SendAudio(uint32(n), body); err != nil {
			t.Fatal(err)
		}
		if h.Streams()[0].Players == 0 {
			break
		}
		if used := memory.InUse(); used > 100<<20 {
			t.Fatalf("%d bytes are held for a player that cannot follow", used)
		}
	}
	waitFor(t, "the player to be given up", func() bool { return h.Streams()[0].Players == 0 })
	player.Close()
	c.Close()
	h.Close()
	s.Close()
	waitFor(t, "all memory to be released", func() bool { return memory.InUse() == 0 })
}

// trickling is a connection that reads little by little once it is slow.
type trickling struct {
	net.Conn
	slow atomic.Bool
}

func (s *trickling) Read(p []byte) (int, error) {
	if s.slow.Load() {
		time.Sleep(10 * time.Millisecond)
		p = p[:min(len(p), 1000)]
	}
	return s.Conn.Read(p)
}
