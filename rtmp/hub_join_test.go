package rtmp

import (
	"encoding/binary"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// A166, C4: a stream has a keyframe every 10 s. Who joins in between gets the answer to its play, the headers and the
// first frame it can decode in one write, under the policies that keep one; without a cache it waits for the next one.
func TestHubFirstFrameComesWithPlayStart(t *testing.T) {
	for _, c := range []struct {
		policy hub.CachePolicy
		first  uint32 // timestamp of the first frame
		count  int    // frames that come at once
	}{{CacheGOP, 10000, 100}, {CacheKeyframe, 10000, 1}, {CacheOff, 20000, 0}} {
		h, s := live(t, &HubOptions{Cache: hub.CacheOptions{Policy: c.policy}}, ServerOptions{})
		publisher := publishTo(t, s, "cam")
		publisher.SendMetadata(&message.Metadata{Width: 16})
		publisher.SendVideoSequenceHeader([]byte{1})
		publisher.SendAudioSequenceHeader([]byte{0x12, 0x10})
		n := 0
		send := func(to int) {
			for ; n < to; n++ {
				publisher.SendVideo(uint32(n*40), n%250 == 0, numbered(n, 100))
			}
			waitFor(t, "the frames", func() bool { return frames(h) == uint64(n+3) })
		}
		send(350)
		p := newPlainPeer(t, s.Addr())
		p.command(1, playCommand("cam"))
		var order []string
		start, frame := 0, said{}
		for frame.payload == nil {
			m, err := p.next()
			if err != nil {
				t.Fatal(err)
			}
			switch {
			case m.String() == message.CodePlayStart:
				start = m.read
			case m.TypeID == message.TypeVideo && m.payload[1] == media.AVCNALU:
				frame = m
				continue
			}
			order = append(order, m.String())
			if c.policy == CacheOff && n == 350 {
				send(600)
			}
		}
		if frame.Timestamp != c.first || frame.payload[0]>>4 != media.FrameKey {
			t.Errorf("policy %d: the first frame is at %d, type %d", c.policy, frame.Timestamp, frame.payload[0]>>4)
		}
		if c.policy == CacheOff {
			continue
		}
		if frame.read != start {
			t.Errorf("policy %d: Play.Start came with read %d, the first frame with read %d", c.policy, start, frame.read)
		}
		if got, want := strings.Join(order, ", "), "event 0, NetStream.Play.Reset, NetStream.Play.Start, |RtmpSampleAccess, onMetaData, media 9, media 8"; got != want {
			t.Errorf("policy %d: %s, want %s", c.policy, got, want)
		}
		count := 1
		for _, quiet := p.silent(time.Second); !quiet; _, quiet = p.silent(time.Second) {
			count++
		}
		if count != c.count {
			t.Errorf("policy %d: %d frames at once, want %d", c.policy, count, c.count)
		}
	}
}

// A88, A95, C48: 10,000 times players join and leave, in every way; nothing is left of them.
func TestHubTenThousandJoinsAndLeaves(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	memory := &buffer.HeapAllocator{}
	h, err := NewHub(nil)
	if err != nil {
		t.Fatal(err)
	}
	h.alloc = memory
	s := bind(t, &ServerOptions{Hub: h, Allocator: memory, Linger: 100 * time.Millisecond, Limits: Limits{IdleMessages: 1 << 20}})
	c := publishTo(t, s, "cam")
	c.SendVideoSequenceHeader([]byte{1})
	c.SendVideo(0, true, make([]byte, 2000))
	waitFor(t, "the stream", func() bool { return frames(h) == 2 })
	done := make(chan struct{})
	go func() {
		for n := uint32(1); ; n++ {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				c.SendVideo(n*40, n%25 == 0, make([]byte, 2000))
			}
		}
	}()
	const total, workers, connections = 10000, 4, 200
	finished := make(chan error, workers)
	for range workers {
		go func() {
			finished <- func() error {
				joins := 0
				for k := 0; joins < total/workers; k++ {
					p := newPlainPeer(t, s.Addr())
					each := total / connections
					for i := range each {
						p.command(1, playCommand("cam"))
						p.until("media 9")
						if joins++; i == each-1 {
							break
						}
						switch i % 3 {
						case 0:
							p.command(1, message.NewCommand("closeStream", 0))
						case 1: // play goes on with another play
						case 2:
							p.command(0, message.NewCommand("deleteStream", 0, amf.Number(1)))
							p.command(0, message.NewCommand("createStream", 3))
						}
					}
					if k%2 == 0 { // a reset, not an end
						p.conn.(*net.TCPConn).SetLinger(0)
					}
					p.conn.Close()
				}
				return nil
			}()
		}()
	}
	for range workers {
		<-finished
	}
	close(done)
	waitFor(t, "the players to leave", func() bool { return h.Streams()[0].Players == 0 && s.Connections() == 1 })
	if list, err := h.Players("live", "cam"); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
	c.Close()
	nothingLeft(t, memory, h, s, goroutines)
}

// C38: one stream of very many players; everybody gets everything in order, and the work is shared.
func TestHubManyPlayers(t *testing.T) {
	players, total := 1000, 60
	if raceEnabled {
		players = 300
	}
	h, s := live(t, &HubOptions{Player: hub.PlayerOptions{SoftBytes: 8 << 20}}, ServerOptions{})
	c := publishTo(t, s, "cam")
	c.SendVideo(0, true, numbered(0, 8))
	waitFor(t, "the stream", func() bool { return frames(h) == 1 })
	done := make(chan error, players)
	var clients []*Client
	for range players {
		clients = append(clients, playFrom(t, s, "cam"))
	}
	for _, p := range clients {
		go func() {
			done <- func() error {
				for n := 0; n < total; {
					packet, err := p.NextPacket(60 * time.Second)
					if err != nil {
						return err
					}
					if packet.Type == media.TypeVideo {
						if got := binary.BigEndian.Uint64(packet.Data); got != uint64(n) {
							return fmt.Errorf("frame %d, want %d", got, n)
						}
						n++
					}
					packet.Release()
				}
				return nil
			}()
		}()
	}
	for i := 1; i < total; i++ {
		if err := c.SendVideo(uint32(i*40), i%25 == 0, numbered(i, 2000)); err != nil {
			t.Fatal(err)
		}
	}
	for range players {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if st := h.Statistics(); st.Dropped != 0 || st.Players != players {
		t.Errorf("%+v", st)
	}
}

// C37: a hub that may hold frames back sends several at once; one that may not sends each as it comes.
func TestHubCoalesces(t *testing.T) {
	for _, c := range []struct {
		window time.Duration
		fits   func(reads int) bool
	}{{0, func(n int) bool { return n > 5 }}, {500 * time.Millisecond, func(n int) bool { return n <= 5 }}} {
		h, s := live(t, &HubOptions{Coalesce: c.window}, ServerOptions{})
		publisher := publishTo(t, s, "cam")
		publisher.SendVideo(0, true, numbered(0, 8))
		waitFor(t, "the stream", func() bool { return frames(h) == 1 })
		p := newPlainPeer(t, s.Addr())
		p.command(1, playCommand("cam"))
		p.until("media 9")
		before := p.arrived
		const total = 20
		for n := 1; n <= total; n++ {
			publisher.SendVideo(uint32(n), false, numbered(n, 8))
			if c.window == 0 { // it is there before the next one is sent
				p.until("media 9")
			}
		}
		for n := 1; c.window > 0 && n <= total; n++ {
			p.until("media 9")
		}
		if reads := p.arrived - before; !c.fits(reads) {
			t.Errorf("a window of %v: %d frames in %d reads", c.window, total, reads)
		}
	}
}
