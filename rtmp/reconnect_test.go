package rtmp

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// persistent lets a client come back at once.
func persistent() *ClientOptions {
	return &ClientOptions{Reconnect: &Reconnect{RetryMin: 20 * time.Millisecond, RetryMax: 100 * time.Millisecond}}
}

// expectEvent takes a client's next event.
func expectEvent(t *testing.T, c *Client, kind ClientEventKind) ClientEvent {
	t.Helper()
	e, err := c.NextEvent(10 * time.Second)
	if err != nil || e.Kind != kind {
		t.Fatalf("event %d, %v %v; want %d", e.Kind, e.Err, err, kind)
	}
	return e
}

// A publish outlives its connections: each new one begins with metadata and headers, then a keyframe.
func TestClientReconnects(t *testing.T) {
	const gop = 10
	s := bind(t, nil)
	address := s.Addr()
	c, session := published(t, s, persistent())
	expectEvent(t, c, ClientConnected)
	done := make(chan struct{})
	var failed atomic.Value
	go func() {
		defer close(done)
		send := func(err error) bool {
			if err != nil && err != ErrClosed {
				failed.Store(err)
			}
			return err == nil
		}
		send(c.SendMetadata(&message.Metadata{Width: 320}))
		send(c.SendVideoSequenceHeader([]byte{1, 2, 3, 4}))
		send(c.SendAudioSequenceHeader([]byte{0x12, 0x10}))
		for n := 0; send(c.SendVideo(uint32(n*5), n%gop == 0, numbered(n, 1000))) && send(c.SendAudio(uint32(n*5), numbered(n, 10))); n++ {
			time.Sleep(2 * time.Millisecond)
		}
	}()
	g := hear(session.NextPacket, 30)
	g.check(t, gop)
	for turn, cut := range map[string]func(){
		"the connection fails":   func() { session.conn.link.shut(&Error{Err: errors.New("cut")}) },
		"the server is closed":   func() { s.Close() },
		"the stream is ended":    func() { session.Close() },
		"the connection is mute": func() { c.link.mu.Lock(); c.link.broken(&Error{Err: ErrTimeout}); c.link.mu.Unlock() },
	} {
		cut()
		if e := expectEvent(t, c, ClientReconnecting); e.Err == nil {
			t.Errorf("%s: nobody knows why", turn)
		}
		if err := c.Err(); err != nil {
			t.Errorf("%s: %v", turn, err)
		}
		if turn == "the server is closed" {
			waitFor(t, "the address to be free", func() (ok bool) {
				var err error
				s, err = Bind(address, nil)
				return err == nil
			})
			defer s.Close()
		}
		session = accept(t, s)
		g := hear(session.NextPacket, 30)
		g.check(t, gop)
		expectEvent(t, c, ClientReconnected)
	}
	if n := c.Statistics(); n.Dropped == 0 || n.Packets < 120 {
		t.Errorf("%+v", n)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	<-done
	if err := failed.Load(); err != nil {
		t.Error(err)
	}
}

// The server's refusal ends a stream that is running; one that meets an attempt does not, within the bounds.
func TestClientReconnectIsRefused(t *testing.T) {
	s := bind(t, nil)
	o := persistent()
	o.Reconnect.Attempts = 3
	c, session := published(t, s, o)
	expectEvent(t, c, ClientConnected)
	session.conn.link.shut(&Error{Err: errors.New("cut")})
	expectEvent(t, c, ClientReconnecting)
	for range 2 {
		r, err := s.Accept(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		r.Reject("", "still published")
	}
	session = accept(t, s)
	expectEvent(t, c, ClientReconnected)

	session.CloseWithStatus(message.CodePublishBadName, "go away")
	var status *StatusError
	if e := expectEvent(t, c, ClientEnded); !errors.As(e.Err, &status) || status.Description != "go away" {
		t.Fatal(e.Err)
	}
	if err := c.SendAudio(1, []byte{1}); !errors.As(err, &status) {
		t.Error(err)
	}

	c, session = published(t, s, o)
	expectEvent(t, c, ClientConnected)
	session.conn.link.shut(&Error{Err: errors.New("cut")})
	expectEvent(t, c, ClientReconnecting)
	for range 3 {
		r, err := s.Accept(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		r.Reject("", "never again")
	}
	if e := expectEvent(t, c, ClientEnded); !errors.As(e.Err, &status) || status.Description != "never again" {
		t.Fatal(e.Err)
	}
	if err := c.Err(); !errors.As(err, &status) {
		t.Error(err)
	}
}

// Nothing that waits for a lost connection outlives Close; what was queued is told to be lost.
func TestClientClosesWhileAway(t *testing.T) {
	for _, d := range []time.Duration{0, 5 * time.Millisecond, 50 * time.Millisecond} {
		s, err := Bind("127.0.0.1:0", nil)
		if err != nil {
			t.Fatal(err)
		}
		o := persistent()
		o.OutputBytes, o.SendTimeout = 1000, -1
		c, _ := published(t, s, o)
		expectEvent(t, c, ClientConnected)
		s.Close()
		expectEvent(t, c, ClientReconnecting)
		if err := c.SendVideo(1, true, make([]byte, 100000)); err != nil {
			t.Error(err)
		}
		if err := c.Flush(5 * time.Second); err == nil || errors.Is(err, ErrTimeout) {
			t.Errorf("flushed to nobody: %v", err)
		}
		time.Sleep(d)
		begun := time.Now()
		if err := c.Close(); err == nil || errors.Is(err, ErrClosed) {
			t.Errorf("closed as if nothing was lost: %v", err)
		}
		if took := time.Since(begun); took > grace() {
			t.Errorf("closing took %v", took)
		}
	}
}

// A send that waits for room when the connection is lost does not wait any longer.
func TestClientIsLostWhileSendWaits(t *testing.T) {
	var dials atomic.Int32
	o := persistent()
	o.OutputBytes, o.SendTimeout, o.Timeouts = 1000, -1, Timeouts{Write: time.Minute}
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) > 1 {
			return nil, io.ErrUnexpectedEOF
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	s := bind(t, &ServerOptions{Limits: Limits{QueueBytes: 1}})
	c, session := published(t, s, o)
	expectEvent(t, c, ClientConnected)
	sent := make(chan error)
	go func() {
		var err error
		for i := 0; i < 100 && err == nil; i++ {
			err = c.SendVideo(uint32(i), true, make([]byte, 1<<20))
		}
		sent <- err
	}()
	time.Sleep(200 * time.Millisecond)
	session.conn.link.shut(&Error{Err: errors.New("cut")})
	select {
	case err := <-sent:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the send waits for a connection that is lost")
	}
	c.Close()
}

// Attempts come at growing distances, and no more of them than allowed.
func TestClientReconnectBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		s, err := NewServer(nil)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		s.ServeConn(far)
		var attempts []time.Time
		refused := errors.New("refused")
		c, err := OpenPublish("rtmp://host/live/key", &ClientOptions{
			Reconnect: &Reconnect{RetryMin: time.Second, RetryMax: 8 * time.Second, Attempts: 10},
			Dial: func(context.Context, string, string) (net.Conn, error) {
				if attempts = append(attempts, time.Now()); len(attempts) == 1 {
					return near, nil
				}
				return nil, refused
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		accept(t, s)
		expectEvent(t, c, ClientConnected)
		far.Close()
		expectEvent(t, c, ClientReconnecting)
		for {
			e, err := c.NextEvent(time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			if e.Kind == ClientEnded {
				if !errors.Is(e.Err, refused) {
					t.Error(e.Err)
				}
				break
			}
		}
		if len(attempts) != 11 {
			t.Errorf("%d attempts", len(attempts)-1)
		}
		bound := 2 * time.Second
		for i := 2; i < len(attempts); i++ {
			if waited := attempts[i].Sub(attempts[i-1]); waited < bound/2 || waited > bound {
				t.Errorf("waited %v before attempt %d, want %v to %v", waited, i, bound/2, bound)
			}
			bound = min(2*bound, 8*time.Second)
		}
		c.Close()
	})
}

// DropVideo: a network that takes too little costs video up to a keyframe, never audio, and no send waits; the
// application hears of it.
func TestClientDropsVideo(t *testing.T) {
	const gop = 10
	s := bind(t, &ServerOptions{Limits: Limits{QueueBytes: 64 << 10}})
	c, session := published(t, s, &ClientOptions{DropVideo: true, OutputBytes: 256 << 10, Timeouts: Timeouts{Write: time.Minute}})
	expectEvent(t, c, ClientConnected)
	n := 0
	send := func() {
		t.Helper()
		begun := time.Now()
		if err := c.SendVideo(uint32(n*40), n%gop == 0, numbered(n, 40000)); err != nil {
			t.Fatal(err)
		}
		if err := c.SendAudio(uint32(n*40), numbered(n, 20)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begun); took > grace() {
			t.Fatalf("sending took %v", took)
		}
		n++
	}
	for c.Statistics().Dropped < 100 {
		if send(); n > 5000 {
			t.Fatalf("nothing is dropped: %+v", c.Statistics())
		}
		time.Sleep(time.Millisecond)
	}
	if q := c.Statistics().Queued; q > 2*256<<10 {
		t.Errorf("%d bytes are queued", q)
	}
	expectEvent(t, c, ClientCongested)
	audio, last, gaps := 0, -1, 0
	for last < n-gop || audio < n-1 {
		p, err := session.NextPacket(50 * time.Millisecond)
		if err == ErrTimeout {
			send()
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		number := int(binary.BigEndian.Uint64(p.Data))
		switch {
		case p.Type == media.TypeAudio && number != audio:
			t.Fatalf("audio frame %d, want %d", number, audio)
		case p.Type == media.TypeAudio:
			audio++
		case number != last+1:
			if gaps++; !p.Keyframe() {
				t.Fatalf("frame %d follows %d and is no keyframe", number, last)
			}
			last = number
		default:
			last = number
		}
		p.Release()
	}
	if gaps == 0 {
		t.Error("nothing was dropped")
	}
	expectEvent(t, c, ClientRelieved)
}

func TestReconnectOptionsAreChecked(t *testing.T) {
	if _, err := OpenPublish("rtmp://host/live/key", &ClientOptions{Reconnect: &Reconnect{Attempts: -1}}); err == nil {
		t.Error("a negative number of attempts is taken")
	}
}
