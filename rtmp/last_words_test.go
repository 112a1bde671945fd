package rtmp

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// Close wakes sends and flushes at once, however long it delivers itself.
func TestCloseWakesSendsBeforeItsLingerIsOver(t *testing.T) {
	client := stuck(t, ClientOptions{SendTimeout: -1, Linger: 20 * time.Second, Timeouts: Timeouts{Write: time.Minute}})
	woken := make(chan error, 2)
	go func() { woken <- client.SendVideo(0, true, make([]byte, 1<<18)) }()
	go func() { woken <- client.Flush(-1) }()
	time.Sleep(50 * time.Millisecond)
	go client.Close()
	for range 2 {
		select {
		case err := <-woken:
			if err != ErrClosed {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("not woken")
		}
	}
	client.link.shut(ErrClosed) // the linger is not what is tested
}

// A write that fails loses what it was to write: Close says so.
func TestCloseSaysWhatAFailedWriteLost(t *testing.T) {
	client := stuck(t, ClientOptions{Timeouts: Timeouts{Write: 1500 * time.Millisecond}})
	waitFor(t, "the write to fail", func() bool { return client.Err() != nil })
	if client.link.unsent == 0 {
		t.Error("nothing was lost")
	}
	if err := client.Close(); !errors.Is(err, ErrTimeout) {
		t.Errorf("Close: %v", err)
	}
}

// A play that fails after media has come releases it.
func TestFailedPlayReleasesItsPackets(t *testing.T) {
	h := &buffer.HeapAllocator{}
	near, far := net.Pipe()
	conn := make(chan struct{})
	go func() {
		defer close(conn)
		e := engine.NewServer(engine.ServerConfig{AskPlay: true, Rand: randomness})
		p := make([]byte, 4096)
		for {
			n, err := far.Read(p)
			if err != nil {
				return
			}
			for in := p[:n]; len(in) > 0; {
				k, err := e.Receive(in, 0)
				if err != nil {
					return
				}
				in = in[k:]
				for event, ok := e.NextEvent(); ok; event, ok = e.NextEvent() {
					if event.Kind != engine.EventRequest {
						continue
					}
					// The header comes before the word that there is no such stream.
					far.Write(e.AppendOutput(nil))
					far.Write([]byte{4, 0, 0, 0, 0, 0, 3, media.TypeAudio, 1, 0, 0, 0, 0xAF, 0, 1})
					e.Reject(event.Request.ID, "", "")
				}
			}
			far.Write(e.AppendOutput(nil))
		}
	}()
	c, err := PlayConn(context.Background(), near, "rtmp://host/live/cam", &ClientOptions{Allocator: h, Linger: time.Millisecond})
	var status *StatusError
	if !errors.As(err, &status) || status.Code != message.CodePlayStreamNotFound {
		t.Fatal(c, err)
	}
	<-conn
	if n := h.InUse(); n != 0 {
		t.Errorf("%d bytes are left", n)
	}
}

// moving is an engine whose deadline moves away for ever, as that of a player does who takes what it gets and says
// nothing; still is one whose deadline has passed and stays.
type moving struct {
	protocol
	by, now  time.Duration
	advanced int
}

func (m *moving) Deadline() (time.Duration, bool) { return m.now, true }
func (m *moving) Advance(time.Duration) error     { m.now += m.by; m.advanced++; return nil }
func (m *moving) NextEvent() (engine.Event, bool) { return engine.Event{}, false }
func (m *moving) Unfinished() bool                { return false }
func (m *moving) OutputBytes() int                { return 0 }
func (m *moving) Closing() bool                   { return false }
func (m *moving) Phase() engine.Phase             { return engine.PhaseMedia }
func (m *moving) Counters() engine.Counters       { return engine.Counters{} }

// expiring is a transport whose every read times out, so many times.
type expiring struct {
	transport
	left int
}

func (e *expiring) read() ([]byte, error) {
	if e.left--; e.left < 0 {
		return nil, io.EOF
	}
	return nil, os.ErrDeadlineExceeded
}
func (e *expiring) setReadDeadline(time.Time) error { return nil }

// However often its deadline moves away, a connection is not given up for that; one that stands still would spin.
func TestDeadlinesMayMoveForEver(t *testing.T) {
	e := &moving{by: time.Second}
	if _, err := newLink(&expiring{left: 5000}, nil, e, 0, 0).read(); err != io.EOF || e.advanced != 5000 {
		t.Errorf("%v after %d deadlines", err, e.advanced)
	}
	e = &moving{}
	if _, err := newLink(&expiring{left: 5000}, nil, e, 0, 0).read(); !errors.Is(err, ErrTimeout) {
		t.Errorf("a deadline that stands still: %v", err)
	}
}
