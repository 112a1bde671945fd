package rtmp

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// rounds runs a test of changed conversations with 5,000 seeds, or 200,000 in `make torture`. One that fails names its
// seed; OXRTMP_SEED runs that alone.
func rounds(t *testing.T, run func(t *testing.T, seed uint64)) {
	if s := os.Getenv("OXRTMP_SEED"); s != "" {
		var seed uint64
		if _, err := fmt.Sscan(s, &seed); err != nil {
			t.Fatal(err)
		}
		run(t, seed)
		return
	}
	n := 5000
	switch {
	case os.Getenv("OXRTMP_TORTURE") != "":
		n = 200_000
	case raceEnabled:
		n = 500
	}
	for seed := range uint64(n) {
		func() {
			defer func() {
				if p := recover(); p != nil {
					t.Fatalf("seed %d: %v\n%s", seed, p, debug.Stack())
				}
			}()
			run(t, seed)
		}()
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

// tappedConn keeps what is read from it.
type tappedConn struct {
	net.Conn
	mu   sync.Mutex
	read []byte
}

func (c *tappedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.mu.Lock()
	c.read = append(c.read, p[:n]...)
	c.mu.Unlock()
	return n, err
}

func (c *tappedConn) taken() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read
}

// conversationsOfOurs records what our own server says to a client that publishes and to one that plays, and what the
// player says: no encoder plays.
func conversationsOfOurs(t *testing.T) (answers, player []recording) {
	t.Helper()
	h, err := NewHub(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	s, err := NewServer(&ServerOptions{Hub: h})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	connect := func() (near, far *tappedConn) {
		a, b := net.Pipe()
		near, far = &tappedConn{Conn: a}, &tappedConn{Conn: b}
		if err := s.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		return near, far
	}
	near, _ := connect()
	c, err := PublishConn(context.Background(), near, "rtmp://host/live/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	send := func(i int) {
		if err := c.SendVideo(uint32(i*40), i%10 == 0, make([]byte, 300+i*17)); err != nil {
			t.Fatal(err)
		}
	}
	c.SendMetadata(&message.Metadata{Width: 640})
	send(0)
	waitFor(t, "the stream", func() bool { return frames(h) >= 2 })
	playing, played := connect()
	p, err := PlayConn(context.Background(), playing, "rtmp://host/live/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		send(i + 1)
	}
	for range 25 {
		packet, err := p.NextPacket(5 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		packet.Release()
	}
	c.Close()
	p.Close()
	answers = []recording{conversationOf(t, "answers to a publisher", near.taken()), conversationOf(t, "answers to a player", playing.taken())}
	return answers, []recording{conversationOf(t, "a player", played.taken())}
}

// peak is an allocator that knows how much was held at once.
type peak struct {
	buffer.HeapAllocator
	most atomic.Int64
}

func (p *peak) Allocate(size int) *buffer.Buffer {
	b := p.HeapAllocator.Allocate(size)
	for now := p.InUse(); ; {
		if most := p.most.Load(); now <= most || p.most.CompareAndSwap(most, now) {
			return b
		}
	}
}

// spoken is what an engine makes of a conversation.
type spoken struct {
	events     int
	heard, out uint64 // sums of what happened and of what was answered
	err        string
}

// speakTo gives an engine a conversation in pieces, and accepts what it asks for.
func speakTo(e protocol, pieces [][]byte) (s spoken) {
	heard, out := fnv.New64a(), fnv.New64a()
	defer func() { s.heard, s.out = heard.Sum64(), out.Sum64() }()
	note := func(numbers ...uint64) {
		for _, n := range numbers {
			binary.Write(heard, binary.BigEndian, n)
		}
	}
	for _, p := range pieces {
		for len(p) > 0 {
			n, err := e.Receive(p, time.Second)
			taken := 0
			for v, ok := e.NextEvent(); ok; v, ok = e.NextEvent() {
				taken++
				note(uint64(v.Kind), uint64(v.StreamID), uint64(v.Packet.Timestamp), uint64(v.Packet.Flags))
				heard.Write(v.Packet.Raw)
				if server, ok := e.(*engine.Server); ok && v.Kind == engine.EventRequest {
					io.WriteString(heard, v.Request.Name)
					server.Accept(v.Request.ID)
				}
				v.Packet.Release()
			}
			s.events += taken
			out.Write(e.TakeOutput(nil))
			if err != nil {
				s.err = err.Error()
				return s
			}
			if p = p[n:]; n == 0 && taken == 0 {
				return s // it is over
			}
		}
	}
	return s
}

// Conversations of real encoders, changed: engines of either side come to the same result in whatever pieces they get
// them, hold no more than their limits, and give everything back.
func TestChangedConversationsWithEngines(t *testing.T) {
	const most = 60000
	limits := Limits{PartialBytes: 4 << 20, MessageBytes: 2 << 20, IdleMessages: 200}
	captures := recordings(t)
	answers, player := conversationsOfOurs(t)
	spokenTo := append(captures, player...)
	var events, failed int
	rounds(t, func(t *testing.T, seed uint64) {
		h := &peak{}
		client := seed%5 == 4
		from, shaken := spokenTo, 0
		if client {
			from, shaken = answers, 1+2*handshake.Size
		}
		m := newMutator(seed, from)
		p := m.conversation(most, 1+2*handshake.Size)
		p = p[min(shaken, len(p)):]
		make := func() protocol {
			random := rand.NewChaCha8([32]byte{1})
			if client {
				c := engine.ClientConfig{Rand: random, Shaken: true, Allocator: h, Limits: limits, StreamName: "key", Connect: message.Connect{App: "live"}}
				if seed%2 == 0 {
					c.Play = &engine.PlayRequest{Start: -2}
				}
				return engine.NewClient(c)
			}
			return engine.NewServer(engine.ServerConfig{Rand: random, Allocator: h, Limits: limits, AskPlay: true})
		}
		whole, parts := make(), make()
		first := speakTo(whole, [][]byte{p})
		whole.Close()
		second := speakTo(parts, m.pieces(p))
		parts.Close()
		if first != second {
			t.Errorf("whole: %+v; in pieces: %+v", first, second)
		}
		if h.InUse() != 0 {
			t.Errorf("%d bytes are not released", h.InUse())
		}
		if most := h.most.Load(); most > 16<<20 {
			t.Errorf("%d bytes were held", most)
		}
		events += first.events
		if first.err != "" {
			failed++
		}
	})
	if t.Logf("%d events, %d conversations failed", events, failed); events == 0 {
		t.Error("nothing was understood")
	}
}

// victim is a server that is spoken to over memory, and what it holds.
type victim struct {
	*Server
	heap *peak
	done <-chan struct{}
	hub  *Hub
}

func newVictim(t *testing.T, withHub bool) *victim {
	t.Helper()
	v := &victim{heap: &peak{}}
	o := ServerOptions{Allocator: v.heap, Linger: 200 * time.Millisecond, Limits: Limits{QueueBytes: 64 << 10, PartialBytes: 4 << 20, MessageBytes: 2 << 20}}
	var err error
	if withHub {
		if v.hub, err = NewHub(&HubOptions{Allocator: v.heap}); err != nil {
			t.Fatal(err)
		}
		o.Hub = v.hub
	}
	if v.Server, err = NewServer(&o); err != nil {
		t.Fatal(err)
	}
	v.done = drain(v.Server)
	return v
}

// connect opens a connection over memory. Nothing takes longer on it than a hang would.
func (v *victim) connect(t *testing.T) net.Conn {
	t.Helper()
	near, far := net.Pipe()
	near.SetDeadline(time.Now().Add(20 * time.Second))
	if err := v.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	return near
}

// publish sees to it that a normal publisher is served.
func (v *victim) publish(t *testing.T, name string) {
	near := v.connect(t)
	c, err := PublishConn(context.Background(), near, "rtmp://host/live/"+name, &ClientOptions{Linger: 5 * time.Second})
	if err == nil {
		if err = c.SendVideo(0, true, []byte("fine")); err == nil {
			err = c.Close()
		}
	}
	if err != nil {
		t.Errorf("the next publisher: %v", err)
	}
	near.Close()
}

// rest waits until no connection is open.
func (v *victim) rest(t *testing.T) {
	if idle := v.whenIdle(); idle != nil {
		select {
		case <-idle:
		case <-time.After(20 * time.Second):
			p := make([]byte, 1<<20)
			t.Fatalf("a connection does not end\n%s", p[:runtime.Stack(p, true)])
		}
	}
}

// Conversations of real encoders, changed, with whole servers: after each of them a normal publisher is served, nothing
// hangs, and nothing is left: no memory, no goroutine.
func TestChangedConversationsWithServers(t *testing.T) {
	const most = 60000
	_, player := conversationsOfOurs(t)
	from := append(recordings(t), player...)
	goroutines := runtime.NumGoroutine()
	victims := []*victim{newVictim(t, false), newVictim(t, true)}
	count := 0
	rounds(t, func(t *testing.T, seed uint64) {
		v := victims[seed%2]
		m := newMutator(seed, from)
		p := m.conversation(most, 1+2*handshake.Size)
		near := v.connect(t)
		read := make(chan struct{})
		go func() {
			defer close(read)
			io.Copy(io.Discard, near)
		}()
		begun := time.Now()
		for _, piece := range m.pieces(p) {
			if _, err := near.Write(piece); err != nil {
				if os.IsTimeout(err) {
					t.Errorf("the server neither reads nor hangs up")
				}
				break
			}
		}
		near.Close()
		<-read
		v.publish(t, fmt.Sprint("after-", seed))
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("took %v", took)
		}
		v.rest(t)
		count++
	})
	for _, v := range victims {
		v.Close()
		<-v.done
		if v.hub != nil {
			v.hub.Close()
		}
		if n := v.heap.InUse(); n != 0 {
			t.Errorf("%d bytes are not released", n)
		}
		if most := v.heap.most.Load(); most > 32<<20 {
			t.Errorf("%d bytes were held at once", most)
		}
	}
	waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
	t.Logf("%d conversations", count)
}

// The answers of a server, changed, to whole clients: whatever it says before it hangs up, a client ends, says why, and
// leaves nothing.
func TestChangedConversationsWithClients(t *testing.T) {
	const most = 20000
	answers, _ := conversationsOfOurs(t)
	goroutines := runtime.NumGoroutine()
	connected := 0
	rounds(t, func(t *testing.T, seed uint64) {
		h := &peak{}
		play := seed%2 == 1
		m := newMutator(seed, answers[seed%2:seed%2+1])
		p := m.conversation(most, 1+2*handshake.Size)
		near, far := net.Pipe()
		far.SetDeadline(time.Now().Add(20 * time.Second))
		var server sync.WaitGroup
		server.Go(func() { io.Copy(io.Discard, far) })
		server.Go(func() {
			for _, piece := range m.pieces(p) {
				if _, err := far.Write(piece); err != nil {
					break
				}
			}
			far.Close()
		})
		begun := time.Now()
		o := ClientOptions{Allocator: h, Linger: 50 * time.Millisecond, Limits: Limits{MessageBytes: 2 << 20, PartialBytes: 4 << 20}}
		var c *Client
		var err error
		if play {
			c, err = PlayConn(context.Background(), near, "rtmp://host/live/key", &o)
		} else {
			c, err = PublishConn(context.Background(), near, "rtmp://host/live/key", &o)
		}
		if err == nil {
			connected++
			for i := 0; err == nil; i++ {
				if play {
					var packet media.Packet
					packet, err = c.NextPacket(10 * time.Second)
					packet.Release()
				} else if err = c.SendVideo(uint32(i), i%10 == 0, make([]byte, 1000)); err == nil {
					err = c.Flush(10 * time.Second)
				}
			}
			if err == ErrTimeout {
				t.Errorf("the client does not notice that the server has gone")
			}
			c.Close()
		}
		server.Wait()
		if took := time.Since(begun); took > 15*time.Second {
			t.Errorf("took %v: %v", took, err)
		}
		if n := h.InUse(); n != 0 {
			t.Errorf("%d bytes are not released", n)
		}
		if most := h.most.Load(); most > 16<<20 {
			t.Errorf("%d bytes were held", most)
		}
	})
	if t.Logf("%d clients got to send or receive", connected); connected == 0 {
		t.Error("no client got anywhere")
	}
	waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
}
