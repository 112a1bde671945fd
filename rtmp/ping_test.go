package rtmp

import (
	"io"
	"net"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

func TestPing(t *testing.T) {
	s := bind(t, nil)
	c, session := published(t, s, nil)
	for name, ping := range map[string]func(time.Duration) (time.Duration, error){"client": c.Ping, "session": session.Ping} {
		for range 3 {
			if rtt, err := ping(5 * time.Second); err != nil || rtt <= 0 {
				t.Errorf("%s: %v %v", name, rtt, err)
			}
		}
	}
	done := make(chan error)
	go func() {
		for {
			if _, err := session.Ping(-1); err != nil {
				done <- err
				return
			}
		}
	}()
	c.Close()
	if err := <-done; err == nil {
		t.Fatal("a ping to nobody was answered")
	}
}

// A peer that answers no ping is no reason to wait. Before the handshake there is nobody to ping.
func TestPingUnanswered(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	s := bind(t, nil)
	if err := s.ServeConn(near); err != nil {
		t.Fatal(err)
	}
	e := engine.NewClient(engine.ClientConfig{Rand: randomness, StreamName: "key", Connect: message.Connect{App: "live"}})
	if err := e.SendPing(1); err != engine.ErrState {
		t.Fatal(err)
	}
	go io.Copy(far, &talk{e: e, from: far})
	session := accept(t, s)
	if _, err := session.Ping(50 * time.Millisecond); err != ErrTimeout {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { session.Close() })
	if _, err := session.Ping(-1); err != ErrClosed {
		t.Fatal(err)
	}
}

// talk is the output of a client's engine up to its publish, as its input comes; after that it says no more.
type talk struct {
	e    *engine.Client
	from io.Reader
}

func (k *talk) Read(p []byte) (int, error) {
	for {
		if out := k.e.AppendOutput(nil); len(out) > 0 && !k.e.Publishing() {
			return copy(p, out), nil
		}
		b := make([]byte, 4096)
		n, err := k.from.Read(b)
		if err != nil {
			return 0, err
		}
		k.e.Receive(b[:n], 0)
		for _, ok := k.e.NextEvent(); ok; _, ok = k.e.NextEvent() {
		}
	}
}
