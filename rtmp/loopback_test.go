package rtmp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

func bind(t testing.TB, o *ServerOptions) *Server {
	t.Helper()
	s, err := Bind("127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// accept takes the next request and accepts it.
func accept(t testing.TB, s *Server) *Session {
	t.Helper()
	r, err := s.Accept(5 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	session, err := r.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// pair returns both ends of a TCP connection.
func pair(t *testing.T) (near, far net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if near, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if far, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	return near, far
}

// published connects a client to a server.
func published(t testing.TB, s *Server, o *ClientOptions) (*Client, *Session) {
	t.Helper()
	type result struct {
		c   *Client
		err error
	}
	done := make(chan result, 1)
	go func() {
		c, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/key?a=1", o)
		done <- result{c, err}
	}()
	session := accept(t, s)
	r := <-done
	if r.err != nil {
		t.Fatal(r.err)
	}
	t.Cleanup(func() { r.c.Close() })
	return r.c, session
}

func TestLoopback(t *testing.T) {
	s := bind(t, nil)
	c, session := published(t, s, nil)
	if session.App() != "live" || session.StreamName() != "key" || session.RawStreamName() != "key?a=1" || session.Query() != "a=1" ||
		session.PublishType() != "live" || session.TCURL() != "rtmp://"+s.Addr()+"/live" || !strings.HasPrefix(session.PeerAddr(), "127.0.0.1:") {
		t.Fatalf("app %q name %q raw %q query %q type %q tcUrl %q peer %q", session.App(), session.StreamName(), session.RawStreamName(),
			session.Query(), session.PublishType(), session.TCURL(), session.PeerAddr())
	}
	if e := session.Connect().Encoder(); e != message.EncoderOxrtmp {
		t.Fatalf("encoder %q", e)
	}
	const frames = 3000
	go func() {
		c.SendMetadata(&message.Metadata{Width: 640})
		for i := range frames {
			payload := make([]byte, 8+i*7%60000)
			binary.BigEndian.PutUint64(payload, uint64(i))
			if err := c.SendVideo(uint32(i*33), i%60 == 0, payload); err != nil {
				t.Error(err)
				return
			}
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	p, err := session.NextPacket(time.Second)
	if err != nil || p.Kind != media.KindMetadata {
		t.Fatalf("first packet %v, %v", p.Kind, err)
	}
	if m, ok := session.Metadata(); !ok || m.Width != 640 {
		t.Fatalf("metadata %+v", m)
	}
	p.Release()
	packets := make([]media.Packet, 16)
	for i := 0; i < frames; {
		n, err := session.NextPackets(packets, 5*time.Second)
		if err != nil {
			t.Fatalf("after %d packets: %v", i, err)
		}
		for _, p := range packets[:n] {
			if got := binary.BigEndian.Uint64(p.Data); got != uint64(i) || p.Timestamp != uint32(i*33) || len(p.Data) != 8+i*7%60000 {
				t.Fatalf("packet %d: number %d, timestamp %d, %d bytes", i, got, p.Timestamp, len(p.Data))
			}
			p.Release()
			i++
		}
	}
	if _, err := session.NextPacket(5 * time.Second); err != io.EOF || session.EndReason() != "FCUnpublish" {
		t.Fatalf("at the end: %v, reason %q", err, session.EndReason())
	}
	if st := session.Statistics(); st.Video != frames || st.Keyframes != frames/60 || st.KeyInterval != 60*33*time.Millisecond {
		t.Fatalf("%+v", st)
	}
}

func TestRejectReachesTheClient(t *testing.T) {
	s := bind(t, nil)
	go s.HandleRequests(func(r *Request) { r.Reject("", "no, "+r.StreamName()) })
	_, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/key", nil)
	var e *Error
	var status *StatusError
	if !errors.As(err, &e) || e.Phase != engine.PhasePublish || !errors.As(err, &status) ||
		status.Code != message.CodePublishBadName || status.Description != "no, key" {
		t.Fatal(err)
	}
}

func TestPanicInAHandlerEndsItsSessionOnly(t *testing.T) {
	s := bind(t, nil)
	go s.HandleRequests(func(r *Request) {
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
			if bytes.Contains(p.Data, []byte("boom")) {
				panic("on purpose")
			}
			p.Release()
		}
	})
	url := "rtmp://" + s.Addr() + "/live/key"
	victim, err := Publish(context.Background(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	other, err := Publish(context.Background(), url, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	victim.SendAudio(0, []byte("boom"))
	for deadline := time.Now().Add(5 * time.Second); victim.Err() == nil; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the panicking handler's connection lives")
		}
	}
	if err := other.SendAudio(0, []byte("fine")); err != nil || other.Flush(time.Second) != nil {
		t.Fatal(err)
	}
	waitFor(t, "the victim's connection to be forgotten", func() bool { return s.Connections() == 1 })
}

func TestCloseWakesWaits(t *testing.T) {
	s := bind(t, nil)
	_, session := published(t, s, nil)
	for name, f := range map[string]struct{ wait, end func() error }{
		"accept":      {func() error { _, err := s.Accept(-1); return err }, func() error { return s.Close() }},
		"next packet": {func() error { _, err := session.NextPacket(-1); return err }, func() error { return session.Close() }},
	} {
		woken := make(chan error, 1)
		go func() { woken <- f.wait() }()
		time.Sleep(20 * time.Millisecond)
		if name == "accept" {
			defer func() {
				f.end()
				select {
				case err := <-woken:
					if !errors.Is(err, ErrClosed) {
						t.Errorf("accept: %v", err)
					}
				case <-time.After(250 * time.Millisecond):
					t.Error("accept was not woken")
				}
			}()
			continue
		}
		f.end()
		select {
		case err := <-woken:
			if !errors.Is(err, ErrClosed) {
				t.Errorf("%s: %v", name, err)
			}
		case <-time.After(250 * time.Millisecond):
			t.Errorf("%s was not woken", name)
		}
	}
}

func TestServeConnOverMemory(t *testing.T) {
	s, err := NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	near, far := net.Pipe()
	if err := s.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	go func() {
		c, err := PublishConn(context.Background(), near, "rtmp://host/live/key", nil)
		if err != nil {
			t.Error(err)
			return
		}
		c.SendAudio(5, []byte("frame"))
		c.Close()
	}()
	session := accept(t, s)
	p, err := session.NextPacket(time.Second)
	if err != nil || string(p.Data) != "frame" || p.Timestamp != 5 {
		t.Fatalf("%q %v", p.Data, err)
	}
	p.Release()
}

func TestNothingIsLeftBehind(t *testing.T) {
	before := runtime.NumGoroutine()
	s := bind(t, nil)
	for range 200 {
		c, session := published(t, s, nil)
		c.SendAudio(0, []byte("x"))
		c.Close()
		for {
			p, err := session.NextPacket(time.Second)
			if err != nil {
				break
			}
			p.Release()
		}
		session.Close()
	}
	s.Close()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > before; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines, %d before\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
	}
}

func TestOpenPublishReportsByEvents(t *testing.T) {
	s := bind(t, nil)
	c, err := OpenPublish("rtmp://"+s.Addr()+"/live/key", &ClientOptions{NoWait: true, OutputBytes: 1 << 16})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendAudio(0, []byte("early")); err == nil {
		t.Fatal("sent before the publish was accepted")
	}
	ready := make(chan struct{}, 100)
	c.OnReady(func() { ready <- struct{}{} })
	session := accept(t, s)
	<-ready
	if e, err := c.NextEvent(0); err != nil || e.Kind != ClientConnected {
		t.Fatalf("%+v %v", e, err)
	}
	frame := make([]byte, 10000)
	for err == nil {
		err = c.SendAudio(0, frame)
	}
	if err != ErrAgain {
		t.Fatalf("a full queue: %v", err)
	}
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for {
			p, err := session.NextPacket(-1)
			if err != nil {
				return
			}
			p.Release()
		}
	}()
	if e, err := c.NextEvent(5 * time.Second); err != nil || e.Kind != ClientWritable {
		t.Fatalf("%+v %v", e, err)
	}
	if err := c.SendAudio(0, frame); err != nil {
		t.Fatal(err)
	}
	s.Close()
	<-stop
	if e, err := c.NextEvent(5 * time.Second); err != nil || e.Kind != ClientEnded || e.Err == nil {
		t.Fatalf("%+v %v", e, err)
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	c, err = OpenPublish("rtmp://"+l.Addr().String()+"/live/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	var failed *Error
	if e, err := c.NextEvent(5 * time.Second); err != nil || e.Kind != ClientFailed || !errors.As(e.Err, &failed) || failed.Phase != engine.PhaseTCP {
		t.Fatalf("%+v %v", e, err)
	}
	c.Close()
	if _, err := c.NextEvent(-1); err != ErrClosed {
		t.Fatal(err)
	}
}
