package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/engine"
)

var errInjected = errors.New("injected")

// fault is what a faultyConn does wrong.
type fault int

const (
	failing   fault = iota // the n-th call, and every later one, fails
	timingOut              // with a timeout that no deadline asked for
	short                  // the n-th write takes half and fails, the n-th read gives half and ends the connection
	stalling               // the n-th call, and every later one, waits for its deadline, or until the connection is closed
	empty                  // the n-th call, and every later one, does nothing and reports no error
	panicking              // the n-th call panics
)

// faultyConn is a connection whose n-th read or write goes wrong.
type faultyConn struct {
	net.Conn
	reads, writes int // which one goes wrong; 0: none
	fault         fault
	most          int // bytes of one underlying read or write; 0: any

	mu          sync.Mutex
	read, wrote int
	triggered   bool
	closed      chan struct{}
	deadlines   [2]time.Time // for reading and writing
	moved       [2]chan struct{}
}

func newFaultyConn(c net.Conn) *faultyConn {
	return &faultyConn{Conn: c, closed: make(chan struct{}), moved: [2]chan struct{}{make(chan struct{}), make(chan struct{})}}
}

// due reports whether this call is one that goes wrong, and whether it is the first.
func (f *faultyConn) due(count *int, at int) (wrong, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	*count++
	wrong, first = at > 0 && *count >= at, *count == at
	f.triggered = f.triggered || wrong
	return wrong, first
}

func (f *faultyConn) wasTriggered() bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.triggered
}

func (f *faultyConn) Read(p []byte) (int, error) {
	wrong, first := f.due(&f.read, f.reads)
	if f.most > 0 {
		p = p[:min(len(p), f.most)]
	}
	if !wrong {
		return f.Conn.Read(p)
	}
	switch f.fault {
	case timingOut:
		return 0, os.ErrDeadlineExceeded
	case stalling:
		return 0, f.stall(0)
	case empty:
		return 0, nil
	case panicking:
		panic("read on purpose")
	case short:
		if first {
			return f.Conn.Read(p[:(len(p)+1)/2])
		}
		return 0, io.EOF
	}
	return 0, errInjected
}

func (f *faultyConn) Write(p []byte) (n int, err error) {
	wrong, first := f.due(&f.wrote, f.writes)
	if wrong {
		switch f.fault {
		case timingOut:
			return 0, os.ErrDeadlineExceeded
		case stalling:
			return 0, f.stall(1)
		case empty:
			return 0, nil
		case panicking:
			panic("write on purpose")
		case short:
			if first {
				n, _ = f.Conn.Write(p[:len(p)/2])
			}
		}
		return n, errInjected
	}
	for f.most > 0 && len(p)-n > f.most {
		k, err := f.Conn.Write(p[n : n+f.most])
		if n += k; err != nil {
			return n, err
		}
	}
	k, err := f.Conn.Write(p[n:])
	return n + k, err
}

// stall waits as a call does that nothing comes of.
func (f *faultyConn) stall(way int) error {
	for {
		f.mu.Lock()
		deadline, moved := f.deadlines[way], f.moved[way]
		f.mu.Unlock()
		var expired <-chan time.Time
		if !deadline.IsZero() {
			expired = time.After(time.Until(deadline))
		}
		select {
		case <-f.closed:
			return net.ErrClosed
		case <-expired:
			return os.ErrDeadlineExceeded
		case <-moved:
		}
	}
}

func (f *faultyConn) setDeadline(way int, t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.deadlines[way] = t
	close(f.moved[way])
	f.moved[way] = make(chan struct{})
}

func (f *faultyConn) SetReadDeadline(t time.Time) error {
	f.setDeadline(0, t)
	return f.Conn.SetReadDeadline(t)
}

func (f *faultyConn) SetWriteDeadline(t time.Time) error {
	f.setDeadline(1, t)
	return f.Conn.SetWriteDeadline(t)
}

func (f *faultyConn) Close() error {
	f.mu.Lock()
	select {
	case <-f.closed:
	default:
		close(f.closed)
	}
	f.mu.Unlock()
	return f.Conn.Close()
}

// ending is how a stream over a faulty connection went.
type ending struct {
	client, server error // nil: to its end
	packets        int   // that arrived
	took           time.Duration
}

const streamFrames = 4

// streamOver publishes a few frames from a client to a server over connections of the test's own. It fails the test if
// memory is left, and never returns if a call hangs.
func streamOver(t *testing.T, near, far net.Conn, co ClientOptions, so ServerOptions) (e ending) {
	t.Helper()
	url := "rtmp://host/live/key"
	if so.TLS != nil {
		url = "rtmps://host/live/key"
	}
	h := &buffer.HeapAllocator{}
	so.Allocator, co.Allocator = h, h
	s, err := NewServer(&so)
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	var served sync.WaitGroup
	served.Add(1)
	handle := func(r *Request) {
		defer served.Done()
		session, err := r.Accept()
		if err != nil {
			e.server = err
			return
		}
		defer session.Close()
		for {
			p, err := session.NextPacket(-1)
			if err != nil {
				if err != io.EOF || e.packets < streamFrames {
					e.server = fmt.Errorf("after %d packets: %w", e.packets, err)
				}
				return
			}
			e.packets++
			p.Release()
		}
	}
	handled := make(chan struct{})
	go func() {
		defer close(handled)
		s.HandleRequests(handle)
	}()
	if err := s.serveConn(far, so.TLS != nil); err != nil {
		t.Fatal(err)
	}
	c, err := PublishConn(context.Background(), near, url, &co)
	if err == nil {
		for i := range streamFrames {
			if err = c.SendVideo(uint32(i), i == 0, make([]byte, 9000)); err != nil {
				break
			}
		}
		err = errors.Join(err, c.Close())
		served.Wait() // a request came before the publish was accepted
	}
	e.client, e.took = err, time.Since(begun)
	s.Close()
	<-handled
	if n := h.InUse(); n != 0 {
		t.Errorf("%d bytes are not released", n)
	}
	return e
}

// Every read and every write of a session fails in turn, on either side and in several ways: the callers hear of it,
// within the timeouts, and nothing is left.
func TestEveryReadAndWriteGoesWrongInTurn(t *testing.T) { everyCallGoesWrong(t, nil, nil) }

// The same with TLS in between.
func TestEveryReadAndWriteGoesWrongUnderTLS(t *testing.T) {
	ca := newAuthority(t)
	everyCallGoesWrong(t, &TLSOptions{CAPEM: ca.pem}, ca.issue(t, nil, "host"))
}

func everyCallGoesWrong(t *testing.T, client, server *TLSOptions) {
	timeouts := Timeouts{Handshake: time.Second, Connect: time.Second, CreateStream: time.Second, Publish: time.Second,
		Setup: 3 * time.Second, FirstMedia: time.Second, Idle: 2 * time.Second, Write: time.Second}
	for _, f := range []struct {
		name string
		fault
	}{{"fails", failing}, {"times out", timingOut}, {"is cut short", short}, {"stalls", stalling}, {"does nothing", empty}, {"panics", panicking}} {
		for _, way := range []string{"read of the server", "write of the server", "read of the client", "write of the client"} {
			t.Run(way+" "+f.name, func(t *testing.T) {
				n, well := 1, 0
				for ; well < 3 && n < 200; n++ { // how many calls a session takes depends on the scheduler
					var e ending
					triggered := false
					synctest.Test(t, func(t *testing.T) {
						a, b := net.Pipe()
						near, far := newFaultyConn(a), newFaultyConn(b)
						side := near
						if way[len(way)-6:] == "server" {
							side = far
						}
						if side.fault = f.fault; way[0] == 'r' {
							side.reads = n
						} else {
							side.writes = n
						}
						e = streamOver(t, near, far, ClientOptions{Timeouts: timeouts, SendTimeout: 2 * time.Second, TLS: client}, ServerOptions{Timeouts: timeouts, TLS: server})
						triggered = side.wasTriggered()
					})
					if e.took > 8*time.Second {
						t.Fatalf("call %d: took %v", n, e.took)
					}
					switch {
					case !triggered:
						if well++; e.client != nil || e.server != nil || e.packets != streamFrames {
							t.Fatalf("nothing went wrong before call %d, and yet: %+v", n, e)
						}
					case e.client == nil && e.server == nil && e.packets != streamFrames:
						t.Fatalf("call %d went wrong and nobody heard of it: %+v", n, e)
					}
				}
				if n < 5 || well < 3 {
					t.Fatalf("only %d calls", n)
				}
			})
		}
	}
}

// Reads and writes of one byte give what whole ones do.
func TestOneByteAtATime(t *testing.T) {
	ca := newAuthority(t)
	trust, own := &TLSOptions{CAPEM: ca.pem}, ca.issue(t, nil, "host")
	for _, most := range []int{1, 2, 1000} {
		synctest.Test(t, func(t *testing.T) {
			a, b := net.Pipe()
			near, far := newFaultyConn(a), newFaultyConn(b)
			near.most, far.most = most, most
			if e := streamOver(t, near, far, ClientOptions{}, ServerOptions{}); e.client != nil || e.server != nil || e.packets != streamFrames {
				t.Fatalf("%d bytes at a time: %+v", most, e)
			}
		})
		synctest.Test(t, func(t *testing.T) {
			a, b := net.Pipe()
			near, far := newFaultyConn(a), newFaultyConn(b)
			near.most, far.most = most, most
			if e := streamOver(t, near, far, ClientOptions{TLS: trust}, ServerOptions{TLS: own}); e.client != nil || e.server != nil || e.packets != streamFrames {
				t.Fatalf("TLS, %d bytes at a time: %+v", most, e)
			}
		})
	}
}

// badAllocator refuses its n-th block, or panics there.
type badAllocator struct {
	buffer.HeapAllocator
	mu     sync.Mutex
	count  int
	at     int
	panics bool
}

func (b *badAllocator) Allocate(size int) *buffer.Buffer {
	b.mu.Lock()
	b.count++
	bad := b.count == b.at
	b.mu.Unlock()
	if bad && b.panics {
		panic("allocation on purpose")
	}
	if bad {
		return nil
	}
	return b.HeapAllocator.Allocate(size)
}

// An allocator that refuses, or panics, at the n-th block ends one connection; the next is served.
func TestEveryAllocationGoesWrongInTurn(t *testing.T) {
	for _, panics := range []bool{false, true} {
		for at := 1; at < 12; at++ {
			a := &badAllocator{at: at, panics: panics}
			s := bind(t, &ServerOptions{Allocator: a, Timeouts: Timeouts{Setup: time.Second}})
			drained := drain(s)
			url := "rtmp://" + s.Addr() + "/live/key"
			victim, err := Publish(context.Background(), url, nil)
			for i := 0; err == nil && i < 100; i++ {
				if err = victim.SendAudio(uint32(i), make([]byte, 100)); err == nil {
					err = victim.Flush(time.Second)
				}
				time.Sleep(time.Millisecond)
			}
			if victim != nil {
				victim.Close()
			}
			if err == nil {
				t.Errorf("block %d, panic %v: nobody heard of it", at, panics)
			}
			next, err := Publish(context.Background(), url, nil)
			if err == nil {
				if err = next.SendAudio(0, []byte("fine")); err == nil {
					err = next.Close()
				}
			}
			if err != nil {
				t.Errorf("block %d, panic %v: the next connection: %v", at, panics, err)
			}
			s.Close()
			<-drained
			if n := a.InUse(); n != 0 {
				t.Errorf("block %d, panic %v: %d bytes are not released", at, panics, n)
			}
		}
	}
}

// The phase of an error says where a connection broke.
func TestErrorsNameThePhase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := net.Pipe()
		near := newFaultyConn(a)
		near.reads = 1
		e := streamOver(t, near, b, ClientOptions{}, ServerOptions{})
		var at *Error
		if !errors.As(e.client, &at) || at.Phase != engine.PhaseHandshake || !errors.Is(e.client, errInjected) {
			t.Fatalf("%v", e.client)
		}
	})
}
