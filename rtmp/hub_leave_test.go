package rtmp

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

// A player whose request's handler panics after the hub has accepted it leaves its stream.
func TestHubPlayerOfAPanickedHandlerLeaves(t *testing.T) {
	h, s := live(t, &HubOptions{WaitForPublisher: true}, ServerOptions{AskPlay: true})
	go s.HandleRequests(func(r *Request) {
		if err := h.Accept(r); err != nil {
			t.Error(err)
		}
		panic("a handler's")
	})
	for range 20 {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		if c, err := Play(ctx, "rtmp://"+s.Addr()+"/live/cam", nil); err == nil {
			c.Close()
		}
		cancel()
	}
	waitFor(t, "the stream to go", func() bool { return len(h.Streams()) == 0 })
}

// Of the listeners of localhost none stays open when the server has been closed.
func TestListenAfterCloseLeavesNoListener(t *testing.T) {
	s, err := NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	s.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	if err := s.Listen("localhost:" + port); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	for _, host := range []string{"127.0.0.1", "::1"} {
		if c, err := net.Dial("tcp", net.JoinHostPort(host, port)); err == nil {
			c.Close()
			t.Errorf("%s listens", host)
		}
	}
}
