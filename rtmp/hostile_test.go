package rtmp

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/message"
)

// captured returns the bytes that a real encoder sent.
func captured(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../testdata/captures", name+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// drain takes the packets of every stream that is published to a server, until it is closed. It returns at once; what it
// returns is closed when all is done.
func drain(s *Server) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.HandleRequests(func(r *Request) {
			session, err := r.Accept()
			if err != nil {
				return
			}
			defer session.Close()
			for {
				p, err := session.NextPacket(-1)
				if err != nil {
					return
				}
				p.Release()
			}
		})
	}()
	return done
}

// silentFrom sends the first bytes of a conversation to a server and then nothing, and returns when the server hangs
// up, in seconds on the clock of the bubble.
func silentFrom(t *testing.T, p []byte, each time.Duration) (ended time.Duration) {
	t.Helper()
	s, err := NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	drain(s)
	near, far := net.Pipe()
	begun := time.Now()
	if err := s.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() {
		defer close(over)
		io.Copy(io.Discard, near)
		ended = time.Since(begun)
	}()
	for len(p) > 0 {
		n := len(p)
		if each > 0 {
			n = 1
			time.Sleep(each)
		}
		if _, err := near.Write(p[:n]); err != nil {
			break
		}
		p = p[n:]
	}
	<-over
	near.Close()
	s.Close()
	return ended
}

// A13, B3, C32: a peer that falls silent at any byte of its conversation is hung up on by the deadline of that phase,
// and one that sends a byte now and then gains nothing.
func TestSilenceAtAnyByte(t *testing.T) {
	p := captured(t, "obs-29-publish")
	const handshake = 1 + 2*1536
	whole := len(p)
	var at []int
	for i := 0; i < handshake; i += 61 {
		at = append(at, i)
	}
	for i := handshake; i < handshake+900; i += 13 {
		at = append(at, i)
	}
	at = append(at, handshake-1, whole/2, whole-1000)
	seen := map[time.Duration]int{}
	for _, n := range at {
		synctest.Test(t, func(t *testing.T) {
			ended := silentFrom(t, p[:n], 0)
			seen[ended]++
			if n <= handshake && ended != 10*time.Second || ended > time.Minute {
				t.Errorf("silent after %d bytes: hung up on after %v", n, ended)
			}
		})
	}
	// connect or handshake, the setup, first media, idle
	for _, d := range []time.Duration{10 * time.Second, 30 * time.Second, 20 * time.Second, 60 * time.Second} {
		if seen[d] == 0 {
			t.Errorf("nobody was hung up on after %v: %v", d, seen)
		}
		delete(seen, d)
	}
	if len(seen) != 0 {
		t.Errorf("odd deadlines: %v", seen)
	}
	synctest.Test(t, func(t *testing.T) {
		if ended := silentFrom(t, p[:handshake], time.Second); ended != 10*time.Second {
			t.Errorf("a byte a second: hung up on after %v", ended)
		}
	})
}

// A slow application is not the peer's fault: a stream that waits for it longer than any deadline goes on.
func TestApplicationMayPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, err := NewServer(&ServerOptions{Limits: Limits{QueueBytes: 20000}})
		if err != nil {
			t.Fatal(err)
		}
		near, far := net.Pipe()
		if err := s.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		const frames = 100
		sent := make(chan error, 1)
		go func() {
			c, err := PublishConn(context.Background(), near, "rtmp://host/live/key", &ClientOptions{OutputBytes: 10000, SendTimeout: -1, Timeouts: Timeouts{Write: -1}, Linger: time.Hour})
			for i := 0; err == nil && i < frames; i++ {
				err = c.SendVideo(uint32(i), true, make([]byte, 5000))
			}
			if err == nil {
				err = c.Close()
			}
			sent <- err
		}()
		session := accept(t, s)
		for i := range frames {
			if i%20 == 10 {
				time.Sleep(5 * time.Minute)
			}
			p, err := session.NextPacket(10 * time.Second)
			if err != nil || p.Timestamp != uint32(i) {
				t.Fatalf("packet %d: timestamp %d, %v", i, p.Timestamp, err)
			}
			p.Release()
		}
		if _, err := session.NextPacket(time.Second); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
		if err := <-sent; err != nil {
			t.Errorf("the publisher: %v", err)
		}
		session.Close()
		s.Close()
	})
}

// The same for decisions, of every kind: the peer has its time after them.
func TestDecisionsMayTakeTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const slow = 10 * time.Minute
		s, err := NewServer(&ServerOptions{AskConnection: true, AskConnect: true, AskFCPublish: true, Timeouts: Timeouts{Decision: slow + time.Second}})
		if err != nil {
			t.Fatal(err)
		}
		near, far := net.Pipe()
		if err := s.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		published := make(chan *Client, 1)
		go func() {
			never := Timeouts{Handshake: -1, Connect: -1, CreateStream: -1, Publish: -1, Write: -1}
			c, err := PublishConn(context.Background(), near, "rtmp://host/live/key", &ClientOptions{Timeouts: never})
			if err != nil {
				t.Error(err)
			}
			published <- c
		}()
		var session *Session
		for _, kind := range []RequestKind{RequestConnection, RequestConnect, RequestFCPublish, RequestPublish} {
			r, err := s.Accept(time.Second)
			if err != nil || r.Kind() != kind {
				t.Fatalf("%v request: %v", kind, err)
			}
			time.Sleep(slow)
			if session, err = r.Accept(); err != nil || (session != nil) != (kind == RequestPublish) {
				t.Fatalf("%v: session %v, %v", kind, session != nil, err)
			}
			if _, err := r.Accept(); err != ErrDecided || r.Reject("", "") != ErrDecided {
				t.Fatalf("%v was decided twice: %v", kind, err)
			}
		}
		c := <-published
		time.Sleep(19 * time.Second)
		if err := c.SendAudio(7, []byte("x")); err != nil {
			t.Fatal(err)
		}
		if p, err := session.NextPacket(time.Second); err != nil || p.Timestamp != 7 {
			t.Fatalf("%v", err)
		} else {
			p.Release()
		}
		c.Close()
		s.Close()
	})
}

// B3, C39: what nobody decides in time is refused, with a word to the peer, and a late answer has no effect.
func TestDecisionsThatDoNotCome(t *testing.T) {
	for _, kind := range []RequestKind{RequestConnection, RequestConnect, RequestFCPublish, RequestPublish} {
		synctest.Test(t, func(t *testing.T) {
			s, err := NewServer(&ServerOptions{AskConnection: true, AskConnect: true, AskFCPublish: true})
			if err != nil {
				t.Fatal(err)
			}
			near, far := net.Pipe()
			s.ServeConn(far)
			refused := make(chan error, 1)
			go func() {
				_, err := PublishConn(context.Background(), near, "rtmp://host/live/key", &ClientOptions{Timeouts: Timeouts{Handshake: time.Minute, Connect: time.Minute, CreateStream: time.Minute, Publish: time.Minute, Write: time.Minute}})
				refused <- err
			}()
			for {
				r, err := s.Accept(time.Second)
				if err != nil {
					t.Fatal(err)
				}
				if r.Kind() != kind {
					r.Accept()
					continue
				}
				begun := time.Now()
				err = <-refused
				var status *StatusError
				if took := time.Since(begun); err == nil || took != 10*time.Second || kind != RequestConnection && !errors.As(err, &status) {
					t.Errorf("%v: %v after %v", kind, err, took)
				}
				if _, err := r.Accept(); err != ErrDecided || r.Reject("", "") != ErrDecided {
					t.Errorf("%v: a late answer: %v", kind, err)
				}
				break
			}
			s.Close()
		})
	}
}

// A peer that asks and never reads the answers is cut off by the write timeout, and costs little until then.
func TestPeerThatNeverReads(t *testing.T) {
	h := &buffer.HeapAllocator{}
	s := bind(t, &ServerOptions{Allocator: h, Timeouts: Timeouts{Write: 300 * time.Millisecond}, Limits: Limits{IdleMessages: 1e9, OutputBytes: 100000}})
	drain(s)
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.(*net.TCPConn).SetReadBuffer(4096)
	p := captured(t, "obs-29-publish")
	if _, err := c.Write(p[:1+2*1536+883]); err != nil {
		t.Fatal(err)
	}
	var e chunk.Encoder
	pings := []byte{}
	for i := range 2000 {
		pings = e.AppendMessage(pings, chunk.Header{ChunkStreamID: 7, TypeID: message.TypeUserControl}, message.AppendUserControl(nil, message.UserControl{Event: message.EventPingRequest, Timestamp: uint32(i)}))
	}
	begun := time.Now()
	for err == nil {
		c.SetWriteDeadline(time.Now().Add(20 * time.Second))
		if _, err = c.Write(pings); time.Since(begun) > time.Minute {
			t.Fatal("the server answers for ever")
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("the server neither reads nor hangs up")
	}
	waitFor(t, "the connection to end", func() bool { return s.Connections() == 0 })
}

// descriptors counts the open file descriptors of this process, or returns 0 where that is not possible.
func descriptors() int {
	list, _ := os.ReadDir("/proc/self/fd")
	return len(list)
}

// C6, C17: connections that end in every way, at random moments, leave no goroutine, descriptor or memory.
func TestRandomEndsLeaveNothing(t *testing.T) {
	h := &buffer.HeapAllocator{}
	goroutines, files := runtime.NumGoroutine(), descriptors()
	s := bind(t, &ServerOptions{Allocator: h, Linger: 100 * time.Millisecond})
	drained := drain(s)
	p := captured(t, "ffmpeg-5-1-h264-aac")
	p = p[:20000]
	var conns sync.WaitGroup
	gate := make(chan struct{}, 50)
	for i := range 500 {
		conns.Add(1)
		gate <- struct{}{}
		go func() {
			defer func() { <-gate; conns.Done() }()
			r := rand.New(rand.NewPCG(1, uint64(i)))
			c, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Error(err)
				return
			}
			if r.IntN(2) == 0 {
				go io.Copy(io.Discard, c)
			}
			for q := p[:r.IntN(len(p))]; len(q) > 0; {
				n := min(len(q), 1+r.IntN(4000))
				if _, err := c.Write(q[:n]); err != nil {
					break
				}
				q = q[n:]
			}
			switch r.IntN(5) {
			case 0:
				c.(*net.TCPConn).SetLinger(0)
			case 1:
				c.(*net.TCPConn).CloseWrite()
				c.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
				io.Copy(io.Discard, c)
			case 2:
				c.Write(make([]byte, 5000)) // nonsense
			case 3:
				var e chunk.Encoder
				c.Write(e.AppendMessage(nil, chunk.Header{ChunkStreamID: 3, TypeID: message.TypeCommand}, message.AppendCommand(nil, message.NewCommand("close", 0))))
			}
			c.Close()
		}()
	}
	conns.Wait()
	waitFor(t, "the connections to end", func() bool { return s.Connections() == 0 })
	s.Close()
	<-drained
	if h.InUse() != 0 {
		t.Errorf("%d bytes are not released", h.InUse())
	}
	waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
	waitFor(t, "descriptors to be closed", func() bool { return descriptors() <= files })
}

// C17: a server that is closed under load ends everything, at once, and every call knows why.
func TestCloseUnderLoad(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), descriptors()
	h := &buffer.HeapAllocator{}
	for round := range 5 {
		s, err := Bind("127.0.0.1:0", &ServerOptions{Allocator: h})
		if err != nil {
			t.Fatal(err)
		}
		ends := make(chan error, 100)
		served := make(chan error, 1)
		go func() {
			served <- s.HandleRequests(func(r *Request) {
				session, err := r.Accept()
				for err == nil {
					if p, e := session.NextPacket(-1); e == nil {
						p.Release()
					} else {
						err = e
					}
				}
				ends <- err
				if session != nil {
					session.Close()
				}
			})
		}()
		clients := make([]*Client, 10)
		var sending sync.WaitGroup
		all := make(chan struct{})
		for i := range clients {
			if clients[i], err = Publish(context.Background(), "rtmp://"+s.Addr()+"/live/key", &ClientOptions{Linger: 50 * time.Millisecond}); err != nil {
				t.Fatal(err)
			}
			sending.Add(1)
			go func() {
				defer sending.Done()
				<-all
				for err := error(nil); err == nil; {
					err = clients[i].SendVideo(0, true, make([]byte, 20000))
				}
			}()
		}
		close(all)
		time.Sleep(20 * time.Millisecond)
		begun := time.Now()
		if round%2 == 0 {
			s.Close()
		} else {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			if err := s.Shutdown(ctx); err != context.DeadlineExceeded {
				t.Errorf("shutdown: %v", err)
			}
			cancel()
		}
		if took := time.Since(begun); took > 4*grace() {
			t.Errorf("closing took %v", took)
		}
		if err := <-served; err != ErrClosed {
			t.Errorf("HandleRequests: %v", err)
		}
		for range clients {
			if err := <-ends; err != ErrClosed {
				t.Errorf("a session ended with %v", err)
			}
		}
		if _, err := s.Accept(0); err != ErrClosed || s.Listen("127.0.0.1:0") != ErrClosed {
			t.Errorf("a closed server: %v", err)
		}
		sending.Wait()
		for _, c := range clients {
			c.Close()
		}
	}
	if h.InUse() != 0 {
		t.Errorf("%d bytes are not released", h.InUse())
	}
	waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
	waitFor(t, "descriptors to be closed", func() bool { return descriptors() <= files })
}

// A177, B9: limits on connections, in total and by address; and what is below and at them.
func TestConnectionLimits(t *testing.T) {
	for _, c := range []struct {
		limits  Limits
		address bool // whether the connections have addresses
		want    int
	}{
		{Limits{Connections: 3}, true, 3},
		{Limits{Connections: 3}, false, 3},
		{Limits{ConnectionsPerAddress: 2}, true, 2},
		{Limits{ConnectionsPerAddress: 2}, false, 6}, // they have no address to count by
	} {
		s := bind(t, &ServerOptions{Limits: c.limits})
		var open []net.Conn
		refused := 0
		for range 6 {
			if c.address {
				conn, err := net.Dial("tcp", s.Addr())
				if err != nil {
					t.Fatal(err)
				}
				open = append(open, conn)
				continue
			}
			near, far := net.Pipe()
			open = append(open, near)
			if err := s.ServeConn(far); err == ErrLimit {
				refused++
			} else if err != nil {
				t.Fatal(err)
			}
		}
		if c.address {
			for _, conn := range open { // refused ones are closed at once
				conn.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
				if _, err := conn.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
					refused++
				}
			}
		}
		if s.Connections() != c.want || refused != 6-c.want {
			t.Errorf("%+v: %d connections, %d refused", c.limits, s.Connections(), refused)
		}
		for _, conn := range open {
			conn.Close()
		}
		waitFor(t, "the connections to end", func() bool { return s.Connections() == 0 })
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		waitFor(t, "a place that is free again", func() bool { return s.Connections() == 1 })
		conn.Close()
	}
}

// Requests that nobody takes, or takes and does not answer, are bounded: past that, peers are told so.
func TestPendingRequestLimit(t *testing.T) {
	s := bind(t, &ServerOptions{Limits: Limits{PendingRequests: 3}})
	var clients []*Client
	for range 5 {
		c, err := OpenPublish("rtmp://"+s.Addr()+"/live/key", nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		clients = append(clients, c)
	}
	refused := 0
	for refused < 2 {
		for _, c := range clients {
			if e, err := c.NextEvent(20 * time.Millisecond); err == nil && e.Kind == ClientFailed {
				var status *StatusError
				if !errors.As(e.Err, &status) || !strings.Contains(status.Description, "busy") {
					t.Fatalf("%v", e.Err)
				}
				refused++
			}
		}
	}
	var taken []*Request
	for range 3 {
		r, err := s.Accept(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, r)
	}
	if _, err := s.Accept(0); err != ErrTimeout {
		t.Fatalf("a fourth request: %v", err)
	}
	// They count until they are answered, whatever the answer, or their peers have gone.
	url := "rtmp://" + s.Addr() + "/live/key"
	ends := []func(){func() { taken[0].Accept() }, func() { taken[1].Reject("", "") }, func() {
		for _, c := range clients {
			c.Close()
		}
		waitFor(t, "the connections to end", func() bool { return s.unanswered.Load() < 3 })
	}}
	for i, end := range ends {
		var status *StatusError
		if _, err := Publish(context.Background(), url, nil); !errors.As(err, &status) || !strings.Contains(status.Description, "busy") {
			t.Fatalf("past the limit: %v", err)
		}
		end()
		c, err := OpenPublish(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := s.Accept(10 * time.Second); err != nil { // the next one is not answered either
			t.Fatalf("after end %d: %v", i, err)
		}
	}
	for _, r := range taken {
		r.Reject("", "")
	}
	s.Close()
	if n := s.unanswered.Load(); n != 0 {
		t.Errorf("%d requests count for ever", n)
	}
}

// The memory of a connection before it publishes stays below 64 KiB, with its goroutine and everything.
func TestMemoryOfIdleConnections(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	const conns = 300
	p := captured(t, "obs-29-publish")
	for _, c := range []struct {
		name string
		send []byte
	}{{"nothing sent", nil}, {"in the handshake", p[:1000]}, {"after the handshake", p[:1+2*1536]}, {"connected", p[:1+2*1536+219]}, {"waiting for a decision", p[:1+2*1536+382]}, {"waiting with more that was sent", p[:1+2*1536+3000]}} {
		s := bind(t, &ServerOptions{Timeouts: Timeouts{Decision: time.Minute}})
		open := make([]net.Conn, conns)
		memory := func() int64 {
			var m runtime.MemStats
			runtime.GC()
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc + m.StackInuse)
		}
		before := memory()
		for i := range open {
			conn, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.Write(c.send)
			open[i] = conn
		}
		waitFor(t, "the connections", func() bool { return s.Connections() == conns })
		time.Sleep(100 * time.Millisecond)
		each := (memory() - before) / conns
		if t.Logf("%s: %d bytes", c.name, each); each > 64<<10 {
			t.Errorf("%s: %d bytes", c.name, each)
		}
		s.Close()
	}
}

// B3, C32: two thousand peers that fall silent at all places of their conversations do not hold up the one that
// publishes.
func TestSilentPeersHoldUpNobody(t *testing.T) {
	s := bind(t, nil)
	drain(s)
	p := captured(t, "obs-29-publish")
	for i := range 2000 {
		c, err := net.Dial("tcp", s.Addr())
		if errors.Is(err, syscall.EMFILE) {
			t.Logf("only %d peers: no more descriptors", i)
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write(p[:i*2])
	}
	best := time.Hour
	for range 5 {
		begun := time.Now()
		c, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/key", nil)
		if err != nil {
			t.Fatal(err)
		}
		best = min(best, time.Since(begun))
		c.Close()
	}
	if best > 50*time.Millisecond+grace()-250*time.Millisecond {
		t.Errorf("a publish takes %v", best)
	}
}
