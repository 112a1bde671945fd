package rtmp

import (
	"bytes"
	"errors"
	"math"
	"net"
	"reflect"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
)

// pipes makes n connections without an address for a server to adopt, and returns how many it took.
func pipes(t *testing.T, s *Server, n int) (taken int) {
	t.Helper()
	for range n {
		near, far := net.Pipe()
		t.Cleanup(func() { near.Close() })
		switch err := s.ServeConn(far); err {
		case nil:
			taken++
		case ErrLimit:
		default:
			t.Fatal(err)
		}
	}
	return taken
}

// fixed is a net.Conn with an address of its own.
type fixed struct{ net.Conn }

func (fixed) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 1} }

// Each limit of a server, and of a link: below it and at it all goes well, one more is refused, or waits. What the engine
// holds to is in its own TestLimitsAreExact; limitsOfTheEngine names it, so that no field is forgotten.
func TestServerLimitsAreExact(t *testing.T) {
	limitsOfTheEngine := "MessageBytes PartialBytes EarlyMessageBytes EarlyPartialBytes ChunkStreams MessageStreams AMFDepth AMFValues " +
		"EarlyAMFValues NameBytes IdleMessages PendingCalls ReadChunks"
	const limit = 4
	cases := map[string]func(t *testing.T, s *Server, n int) (taken int){
		"Connections": pipes,
		"ConnectionsPerAddress": func(t *testing.T, s *Server, n int) (taken int) {
			for range n {
				near, far := net.Pipe()
				t.Cleanup(func() { near.Close() })
				if s.ServeConn(fixed{far}) == nil {
					taken++
				}
			}
			return taken
		},
		"Handshakes": pipes,
		"PendingRequests": func(t *testing.T, s *Server, n int) (taken int) {
			clients := make([]*Client, n)
			for i := range clients {
				c, err := OpenPublish("rtmp://"+s.Addr()+"/live/key", nil)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { c.Close() })
				clients[i] = c
				waitFor(t, "an answer or none", func() bool {
					c.link.mu.Lock()
					defer c.link.mu.Unlock()
					return c.failed || s.requests.length() == min(i+1, limit) && c.engine.Phase() == engine.PhasePublish
				})
			}
			waitFor(t, "refusals", func() bool {
				failed := 0
				for _, c := range clients {
					c.link.mu.Lock()
					if c.failed {
						failed++
					}
					c.link.mu.Unlock()
				}
				return failed == max(0, n-limit)
			})
			return s.requests.length()
		},
	}
	fields := reflect.TypeOf(Limits{})
	for i := range fields.NumField() {
		name := fields.Field(i).Name
		use, here := cases[name]
		switch {
		case strings.Contains(" "+limitsOfTheEngine+" ", " "+name+" "), name == "OutputBytes", name == "QueueBytes": // below
			continue
		case !here:
			t.Errorf("Limits.%s is not tested at its limit", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{limit - 1, limit, limit + 1} {
				var l Limits
				reflect.ValueOf(&l).Elem().FieldByName(name).SetInt(limit)
				s := bind(t, &ServerOptions{Limits: l})
				if taken := use(t, s, n); taken != min(n, limit) {
					t.Errorf("%d: %d were taken", n, taken)
				}
				s.Close()
			}
		})
	}
}

// Limits.QueueBytes: a connection is read from while fewer bytes wait.
func TestQueueBytesIsExact(t *testing.T) {
	const limit = 5000
	for _, n := range []int{limit - 1, limit, limit + 1} {
		c := &serverConn{server: &Server{options: ServerOptions{Limits: Limits{QueueBytes: limit}}}, engine: engine.NewServer(engine.ServerConfig{Rand: randomness})}
		session := &Session{inbox: newMailbox(func(*media.Packet) int { return n })}
		session.inbox.put(media.Packet{})
		if c.sessions = []*Session{session}; c.blocked() != (n >= limit) {
			t.Errorf("%d bytes wait of %d: blocked: %v", n, limit, c.blocked())
		}
	}
}

// talker is an engine with output that nobody takes.
type talker struct {
	moving
	output int
}

func (e *talker) Receive(p []byte, _ time.Duration) (int, error) { return len(p), nil }
func (e *talker) OutputBytes() int                               { return e.output }

// Limits.OutputBytes: a peer that makes us answer, and does not read, is given up past it.
func TestOutputBytesIsExact(t *testing.T) {
	const limit = 5000
	for _, n := range []int{limit - 1, limit, limit + 1} {
		l := newLink(&expiring{}, &serverConn{server: &Server{}, engine: engine.NewServer(engine.ServerConfig{Rand: randomness})}, &talker{output: n}, limit, 0)
		l.writing = true // it does not get anywhere
		if _, _, err := l.step([]byte{1}); errors.Is(err, errOutput) != (n > limit) {
			t.Errorf("%d bytes of %d: %v", n, limit, err)
		}
	}
}

// Handshakes beyond the limit wait for their turn, and then are let in.
func TestHandshakesWaitTheirTurn(t *testing.T) {
	s := bind(t, &ServerOptions{Limits: Limits{Handshakes: 10}})
	begun := time.Now()
	var open []net.Conn
	for range 13 {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		open = append(open, c)
	}
	waitFor(t, "all of them", func() bool { return s.Connections() == len(open) })
	if took := time.Since(begun); took < 290*time.Millisecond {
		t.Errorf("three more than ten a second were let in after %v", took)
	}

	s = bind(t, &ServerOptions{Limits: Limits{Handshakes: 1}})
	for range 3 {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
	}
	waitFor(t, "the first", func() bool { return s.Connections() == 1 })
	begun = time.Now()
	if s.Close(); time.Since(begun) > 500*time.Millisecond+grace() {
		t.Errorf("Close waited %v for those that wait", time.Since(begun))
	}
}

func TestPace(t *testing.T) {
	var p pace
	now := time.Now()
	for i := range 5 {
		if wait := p.take(now, 5); wait != 0 {
			t.Fatalf("number %d of a burst waits %v", i+1, wait)
		}
	}
	if wait := p.take(now, 5); wait != 200*time.Millisecond {
		t.Errorf("one more waits %v", wait)
	}
	now = now.Add(200 * time.Millisecond)
	if p.take(now, 5) != 0 || p.take(now, 5) == 0 {
		t.Error("not one after a fifth of a second")
	}
	now = now.Add(time.Hour)
	for range 5 {
		if p.take(now, 5) != 0 {
			t.Fatal("no burst after an hour")
		}
	}
	if p.take(now, 5) == 0 {
		t.Error("an hour of silence makes a larger burst")
	}
}

// slice is an engine that takes few bytes at a time.
type slice struct {
	moving
	l     *link
	calls int
	free  bool // between the calls the link was not locked
}

func (e *slice) Receive(p []byte, _ time.Duration) (int, error) {
	e.calls++
	go func() { // somebody else's turn
		e.l.mu.Lock()
		e.free = true
		e.l.mu.Unlock()
	}()
	return min(len(p), 10), nil
}

// What an engine does not take at once it is given later, with the link free for others in between.
func TestReadChunksLetsOthersHaveTheirTurn(t *testing.T) {
	e := &slice{}
	e.l = newLink(&expiring{}, &serverConn{server: &Server{}, engine: engine.NewServer(engine.ServerConfig{Rand: randomness})}, e, math.MaxInt, 0)
	if err := e.l.input(make([]byte, 95)); err != nil || e.calls != 10 {
		t.Errorf("%v after %d calls", err, e.calls)
	}
	waitFor(t, "the others' turn", func() bool {
		e.l.mu.Lock()
		defer e.l.mu.Unlock()
		return e.free
	})

	// And nothing is lost by it.
	s := bind(t, &ServerOptions{Limits: Limits{ReadChunks: 1}})
	c, session := published(t, s, &ClientOptions{ChunkSize: 1})
	frame := bytes.Repeat([]byte("frame"), 5000)
	for i := range 5 {
		if err := c.SendVideo(uint32(i), true, frame); err != nil {
			t.Fatal(err)
		}
	}
	for range 5 {
		p, err := session.NextPacket(10 * time.Second)
		if err != nil || !bytes.Equal(p.Data, frame) {
			t.Fatalf("%d bytes, %v", len(p.Data), err)
		}
		p.Release()
	}
}
