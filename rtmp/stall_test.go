package rtmp

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/handshake"
)

// stallWith runs a client against a server that says the first bytes of answers, reads so many bytes (negative: all), and
// then neither ends nor goes on. It returns how long the client took, and its error.
func stallWith(answers []byte, reads int64) (took time.Duration, err error) {
	near, far := net.Pipe()
	var peer sync.WaitGroup
	peer.Add(2)
	go func() {
		defer peer.Done()
		if reads < 0 {
			io.Copy(io.Discard, far)
			return
		}
		io.CopyN(io.Discard, far, reads)
	}()
	go func() {
		defer peer.Done()
		far.Write(answers)
	}()
	begun := time.Now()
	c, err := PublishConn(context.Background(), near, "rtmp://host/live/key", nil)
	for i := 0; err == nil && i < 200; i++ {
		err = c.SendVideo(uint32(i*40), i%10 == 0, make([]byte, 20000))
	}
	if c != nil {
		err = errors.Join(err, c.Close())
	}
	took = time.Since(begun)
	near.Close()
	far.Close()
	peer.Wait()
	return took, err
}

// offsets are places in n bytes: those where the handshake begins and ends, and some between and after.
func offsets(n int) (list []int) {
	for i := 0; i < n; i++ {
		if i < 4 || i > 1+2*handshake.Size-4 && i < 1+2*handshake.Size+20 || i%31 == 0 {
			list = append(list, i)
		}
	}
	return list
}

// A server that stalls at any byte of its answers holds a client up for as long as the phase's timeout says; one that
// stops reading at any byte, for as long as the write timeout does.
func TestServersThatStallAtAnyByte(t *testing.T) {
	answers, _ := conversationsOfOurs(t)
	p := answers[0].bytes
	granted := 0 // how many bytes of answers let a client publish
	for _, n := range append(offsets(len(p)), len(p)) {
		synctest.Test(t, func(t *testing.T) {
			took, err := stallWith(p[:n], -1)
			if err == nil {
				granted++
			} else if granted > 0 {
				t.Errorf("after %d bytes: %v", n, err)
			} else if !errors.Is(err, os.ErrDeadlineExceeded) || took != 10*time.Second {
				t.Errorf("after %d bytes: %v after %v", n, err, took)
			}
		})
	}
	if granted == 0 {
		t.Error("the client never gets to publish")
	}
	for _, n := range offsets(6000) {
		synctest.Test(t, func(t *testing.T) {
			took, err := stallWith(p, int64(n))
			if err == nil || took > 13*time.Second {
				t.Errorf("%d bytes read: %v after %v", n, err, took)
			}
		})
	}
}

// steadyConn refuses deadlines that follow the wall clock, which may be set, instead of the monotonic one.
type steadyConn struct {
	net.Conn
	t   *testing.T
	set *atomic.Int64
}

func (c steadyConn) check(at time.Time) {
	if c.set.Add(1); !at.IsZero() && at.After(time.Unix(1000, 0)) && at == at.Round(0) {
		c.t.Errorf("a deadline follows the wall clock: %v", at)
	}
}

func (c steadyConn) SetReadDeadline(at time.Time) error {
	c.check(at)
	return c.Conn.SetReadDeadline(at)
}

func (c steadyConn) SetWriteDeadline(at time.Time) error {
	c.check(at)
	return c.Conn.SetWriteDeadline(at)
}

func (c steadyConn) SetDeadline(at time.Time) error {
	c.check(at)
	return c.Conn.SetDeadline(at)
}

// A machine whose clock is set, back or forward, ends no connection: deadlines are on the monotonic clock, with TLS and
// without.
func TestDeadlinesDoNotFollowTheWallClock(t *testing.T) {
	ca := newAuthority(t)
	for _, tls := range []bool{false, true} {
		var co ClientOptions
		var so ServerOptions
		if tls {
			co.TLS, so.TLS = &TLSOptions{CAPEM: ca.pem}, ca.issue(t, nil, "host")
		}
		a, b := net.Pipe()
		var near, far atomic.Int64
		e := streamOver(t, steadyConn{a, t, &near}, steadyConn{b, t, &far}, co, so)
		if e.client != nil || e.server != nil || near.Load() == 0 || far.Load() == 0 {
			t.Errorf("TLS %v: %+v, %d and %d deadlines", tls, e, near.Load(), far.Load())
		}
	}
}

// An engine whose caller's clock jumps an hour forward or back, between any two messages, neither fails nor waits for
// ever: what comes is a sign of life, whenever it comes, and no deadline is beyond what the timeouts say.
func TestClockJumps(t *testing.T) {
	r := recordings(t)[2]
	for _, jump := range []time.Duration{time.Hour, -time.Hour} {
		for at := range r.marks {
			s := engine.NewServer(engine.ServerConfig{Rand: randomness})
			now, from := 2*time.Hour, 0
			for i, mark := range r.marks {
				if i == at {
					now += jump
				}
				for p := r.bytes[from:mark]; len(p) > 0; {
					n, err := s.Receive(p, now)
					if err != nil {
						t.Fatalf("%v at message %d: %v", jump, at, err)
					}
					p = p[n:]
					for e, ok := s.NextEvent(); ok; e, ok = s.NextEvent() {
						if e.Kind == engine.EventRequest {
							s.Accept(e.Request.ID)
						}
						e.Packet.Release()
					}
					s.TakeOutput(nil)
				}
				from = mark
			}
			if deadline, ok := s.Deadline(); !ok || deadline > now+time.Minute {
				t.Fatalf("%v at message %d: the next deadline is in %v", jump, at, deadline-now)
			}
			s.Close()
		}
	}
}
