package rtmp

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// worstLag is the longest that a sleep of this process lasted too long, so far, in nanoseconds: how busy the machine is.
var worstLag atomic.Int64

func init() {
	go func() {
		for {
			begun := time.Now()
			time.Sleep(5 * time.Millisecond)
			if lag := int64(time.Since(begun) - 5*time.Millisecond); lag > worstLag.Load() {
				worstLag.Store(lag)
			}
		}
	}()
}

// grace is how much longer than its timeout a call may take: 250 ms, and more on a machine that lets everybody wait.
func grace() time.Duration {
	g := 250 * time.Millisecond
	if raceEnabled { // everything is slower
		g = time.Second
	}
	return g + 10*time.Duration(worstLag.Load())
}

// dull is a server that plays its part up to a point, and what it does then.
type dull struct {
	until engine.Phase // it answers nothing from this phase on
	then  func(c net.Conn)
}

// What a dull server does when it has had enough.
var (
	mute      = func(c net.Conn) { io.Copy(io.Discard, c) } // takes everything, says nothing
	deaf      = func(net.Conn) { time.Sleep(time.Second) }  // neither
	hangUp    = func(c net.Conn) { c.Close() }
	reset     = func(c net.Conn) { c.(*net.TCPConn).SetLinger(0); c.Close() }
	halfClose = func(c net.Conn) { c.(*net.TCPConn).CloseWrite(); io.Copy(io.Discard, c) }
)

// serve runs the server on a connection.
func (d dull) serve(c net.Conn) {
	s := engine.NewServer(engine.ServerConfig{Rand: rand.NewChaCha8([32]byte{1})})
	defer s.Close()
	buf := make([]byte, 65536)
	answered := engine.PhaseNone // the phase of the latest answer
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		for p := buf[:n]; len(p) > 0; {
			n, err := s.Receive(p, 0)
			if err != nil {
				return
			}
			p = p[n:]
			for e, ok := s.NextEvent(); ok; e, ok = s.NextEvent() {
				if e.Kind == engine.EventRequest {
					s.Accept(e.Request.ID)
				}
				e.Packet.Release()
			}
		}
		out := s.AppendOutput(nil)
		if len(out) == 0 {
			continue
		}
		answered++ // the handshake, connect, createStream and publish are answered one after the other
		phase := []engine.Phase{engine.PhaseNone, engine.PhaseHandshake, engine.PhaseConnect, engine.PhaseCreateStream, engine.PhasePublish, engine.PhaseMedia}[min(int(answered), 5)]
		if phase >= d.until {
			d.then(c)
			return
		}
		c.Write(out)
	}
}

// listen accepts one connection after the other for f, and returns the URL of a stream there.
func listen(t testing.TB, f func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var conns []net.Conn
	accepted := make(chan struct{})
	go func() {
		defer close(accepted)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			conns = append(conns, c)
			go f(c)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-accepted
		for _, c := range conns {
			c.Close()
		}
	})
	return "rtmp://" + l.Addr().String() + "/live/key"
}

// backlogged returns the URL of a listener that accepts nobody and whose queue is full: the system drops who comes.
func backlogged(t testing.TB) string {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := errors.Join(syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), syscall.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	a := net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: name.(*syscall.SockaddrInet4).Port}
	for range 8 {
		c, err := net.DialTimeout("tcp", a.String(), 50*time.Millisecond)
		if err != nil {
			return "rtmp://" + a.String() + "/live/key"
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("the queue of a listener does not fill up here")
	return ""
}

// C2, A122, OBS #4135: a server that does not answer, in any phase and any manner, costs no more than the phase's time.
func TestNoCallOutlivesItsTimeout(t *testing.T) {
	const bound = 150 * time.Millisecond
	timeouts := Timeouts{Dial: bound, Handshake: bound, Connect: bound, CreateStream: bound, Publish: bound}
	phases := []engine.Phase{engine.PhaseHandshake, engine.PhaseConnect, engine.PhaseCreateStream, engine.PhasePublish}
	type place struct {
		name  string
		url   string
		phase engine.Phase
		want  error // nil: any
	}
	places := []place{{"the queue of the listener is full", backlogged(t), engine.PhaseTCP, ErrTimeout}}
	for _, m := range []struct {
		name string
		then func(net.Conn)
		want error
	}{{"mute", mute, ErrTimeout}, {"deaf", deaf, ErrTimeout}, {"hangs up", hangUp, nil}, {"resets", reset, nil}, {"closes its half", halfClose, io.ErrUnexpectedEOF}} {
		for _, phase := range phases {
			places = append(places, place{m.name + " in " + phase.String(), listen(t, dull{phase, m.then}.serve), phase, m.want})
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	places = append(places, place{"nobody is there", "rtmp://" + l.Addr().String() + "/live/key", engine.PhaseTCP, syscall.ECONNREFUSED},
		place{"no such host", "rtmp://no-such-host.invalid/live/key", engine.PhaseResolve, nil})

	for _, p := range places {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			begun := time.Now()
			c, err := Publish(context.Background(), p.url, &ClientOptions{Timeouts: timeouts, Linger: bound})
			took := time.Since(begun)
			var e *Error
			if err == nil {
				c.Close()
				t.Fatal("published")
			}
			if !errors.As(err, &e) || e.Phase != p.phase || p.want != nil && !errors.Is(err, p.want) {
				t.Errorf("%v", err)
			}
			if p.want == ErrTimeout && !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Errorf("%v is no deadline", err)
			}
			if took > bound+grace() && p.phase != engine.PhaseResolve {
				t.Errorf("took %v", took)
			}
		})
		t.Run(p.name+", the caller gives up", func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			begun := time.Now()
			c, err := Publish(ctx, p.url, nil)
			if err == nil {
				c.Close()
				t.Fatal("published")
			}
			if took := time.Since(begun); took > 50*time.Millisecond+grace() {
				t.Errorf("took %v", took)
			}
		})
		t.Run(p.name+", closed meanwhile", func(t *testing.T) {
			t.Parallel()
			c, err := OpenPublish(p.url, nil)
			if err != nil {
				t.Fatal(err)
			}
			time.Sleep(50 * time.Millisecond)
			begun := time.Now()
			c.Close()
			if took := time.Since(begun); took > grace() {
				t.Errorf("took %v", took)
			}
			if err := c.Err(); err != ErrClosed {
				t.Errorf("%v", err)
			}
		})
	}
}

// stuck publishes to a server that reads no more, and fills every queue on the way.
func stuck(t *testing.T, o ClientOptions) *Client {
	t.Helper()
	s := bind(t, &ServerOptions{Limits: Limits{QueueBytes: 1000}})
	if o.Linger == 0 {
		o.Linger = 100 * time.Millisecond
	}
	timeout := o.SendTimeout
	o.SendTimeout, o.OutputBytes = 100*time.Millisecond, 1<<20
	c, _ := published(t, s, &o)
	for deadline := time.Now().Add(10 * time.Second); ; {
		err := c.SendVideo(0, true, make([]byte, 1<<18))
		if err == ErrTimeout { // unless the kernel finds room yet, as it does when it probes the other end's window
			queued := c.link.traffic.queued.Load()
			if err = c.Flush(600 * time.Millisecond); err == ErrTimeout && c.link.traffic.queued.Load() == queued {
				break
			}
		}
		if err != nil && err != ErrTimeout || time.Now().After(deadline) {
			t.Fatalf("the queues do not fill: %v", err)
		}
	}
	c.timeout = timeout
	return c
}

// C2, obs #6374: a server that never reads makes sends wait for as long as they may, and no longer; Close wakes them.
func TestServerThatNeverReads(t *testing.T) {
	const bound = 200 * time.Millisecond
	frame := make([]byte, 1<<18)
	for _, c := range []struct {
		name    string
		options ClientOptions
		call    func(*Client) error
		want    error
		least   time.Duration
		most    time.Duration
	}{
		{"send", ClientOptions{SendTimeout: bound}, func(c *Client) error { return c.SendVideo(0, true, frame) }, ErrTimeout, bound, bound + grace()},
		{"send packet", ClientOptions{SendTimeout: bound}, func(c *Client) error { return c.SendMetadata(&message.Metadata{Width: 1}) }, ErrTimeout, bound, bound + grace()},
		{"flush", ClientOptions{}, func(c *Client) error { return c.Flush(bound) }, ErrTimeout, bound, bound + grace()},
		{"flush that polls", ClientOptions{}, func(c *Client) error { return c.Flush(0) }, ErrTimeout, 0, grace()},
		{"send until the write timeout", ClientOptions{SendTimeout: -1, Timeouts: Timeouts{Write: 8 * bound}},
			func(c *Client) error { return c.SendVideo(0, true, frame) }, ErrTimeout, 0, 10*bound + grace()},
		{"flush until the write timeout", ClientOptions{Timeouts: Timeouts{Write: 8 * bound}}, func(c *Client) error { return c.Flush(-1) }, ErrTimeout, 0, 10*bound + grace()},
		{"close", ClientOptions{Linger: bound}, func(c *Client) error { return c.Close() }, ErrTimeout, bound, bound + grace()},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := stuck(t, c.options)
			begun := time.Now()
			err := c.call(client)
			if took := time.Since(begun); !errors.Is(err, c.want) || took < c.least-5*time.Millisecond || took > c.most {
				t.Errorf("%v after %v, want %v between %v and %v", err, took, c.want, c.least, c.most)
			}
		})
	}
	for name, call := range map[string]func(*Client) error{
		"send": func(c *Client) error { return c.SendVideo(0, true, frame) }, "flush": func(c *Client) error { return c.Flush(-1) },
	} {
		t.Run(name+" is woken by close", func(t *testing.T) {
			t.Parallel()
			client := stuck(t, ClientOptions{SendTimeout: -1, Linger: bound})
			woken := make(chan error, 1)
			go func() { woken <- call(client) }()
			time.Sleep(50 * time.Millisecond)
			begun := time.Now()
			go client.Close()
			select {
			case err := <-woken:
				if took := time.Since(begun); err != ErrClosed || took > grace() {
					t.Errorf("%v after %v", err, took)
				}
			case <-time.After(5 * time.Second):
				t.Fatal("not woken")
			}
		})
	}
}

// C44, OBS #4135: a server that goes away in mid-stream is reported by the next call and by Err, once what it said
// before has been read.
func TestServerGoesAway(t *testing.T) {
	for name, then := range map[string]func(net.Conn){"hangs up": hangUp, "resets": reset} {
		c, err := Publish(context.Background(), listen(t, dull{engine.PhaseMedia, then}.serve), nil)
		if err != nil {
			t.Fatal(err)
		}
		// What is sent makes the server answer nothing: it has to be pinged for that.
		c.link.mu.Lock()
		c.engine.SendPing(1)
		c.link.flush()
		c.link.mu.Unlock()
		for deadline := time.Now().Add(5 * time.Second); err == nil; time.Sleep(time.Millisecond) {
			if err = c.SendAudio(0, []byte("x")); time.Now().After(deadline) {
				t.Fatal("nobody noticed")
			}
		}
		var e *Error
		if !errors.As(err, &e) || e.Phase != engine.PhaseMedia || !errors.Is(err, io.EOF) || !errors.Is(c.Err(), io.EOF) || !isReset(c.Err()) {
			t.Errorf("%s: %v, then %v", name, err, c.Err())
		}
		begun := time.Now()
		if c.Close(); time.Since(begun) > grace() || c.SendAudio(0, nil) != ErrClosed || c.Flush(-1) != ErrClosed || c.Err() != ErrClosed {
			t.Errorf("%s: after Close: %v", name, c.Err())
		}
	}
}

// A Dial function that waits for ever is bounded by the two timeouts it stands for.
func TestDialFunctionIsBounded(t *testing.T) {
	waits := func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	begun := time.Now()
	_, err := Publish(context.Background(), "rtmp://host/live/key", &ClientOptions{Dial: waits, Timeouts: Timeouts{Resolve: 100 * time.Millisecond, Dial: 100 * time.Millisecond}})
	var e *Error
	if took := time.Since(begun); !errors.As(err, &e) || e.Phase != engine.PhaseTCP || !errors.Is(err, ErrTimeout) || took > 200*time.Millisecond+grace() || took < 200*time.Millisecond {
		t.Fatalf("%v after %v", err, took)
	}
}
