package rtmp

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
)

// A peer that never says a word is given up by both sides when the handshake has lasted too long.
func TestSilenceFromTheStart(t *testing.T) {
	timeouts := Timeouts{Handshake: 100 * time.Millisecond}
	s := bind(t, &ServerOptions{Timeouts: timeouts})
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	begun := time.Now()
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) > 2*time.Second {
		t.Errorf("the server: %v after %v", err, time.Since(begun))
	}

	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	begun = time.Now()
	_, err = Publish(context.Background(), "rtmp://"+l.Addr().String()+"/live/key", &ClientOptions{Timeouts: timeouts})
	var e *Error
	if !errors.As(err, &e) || e.Phase != engine.PhaseHandshake || !errors.Is(err, ErrTimeout) || time.Since(begun) > 2*time.Second {
		t.Errorf("the client: %v after %v", err, time.Since(begun))
	}
}
