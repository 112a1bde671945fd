package rtmp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// played connects a player to a server that asks for plays.
func played(t testing.TB, s *Server, o *ClientOptions) (*Client, *Session) {
	t.Helper()
	c, err := OpenPlay("rtmp://"+s.Addr()+"/live/key?a=1", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	session := accept(t, s)
	if e, err := c.NextEvent(5 * time.Second); err != nil || e.Kind != ClientConnected {
		t.Fatalf("%+v %v", e, err)
	}
	return c, session
}

// A stream that is over as soon as it began was played all the same, and what came is there.
func TestPlayThatEndsAtOnce(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true})
	for range 300 {
		sent := make(chan error, 1)
		go func() {
			request, err := s.Accept(5 * time.Second)
			if err != nil {
				sent <- err
				return
			}
			session, err := request.Accept()
			if err == nil {
				err = session.SendVideo(0, true, []byte("frame"))
				session.Close()
			}
			sent <- err
		}()
		c, err := Play(context.Background(), "rtmp://"+s.Addr()+"/live/key", nil)
		if err := <-sent; err != nil {
			t.Fatal(err)
		}
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for p, err := c.NextPacket(5 * time.Second); err != io.EOF; p, err = c.NextPacket(5 * time.Second) {
			if err != nil {
				t.Fatal(err)
			}
			if p.Type == media.TypeVideo {
				seen++
			}
			p.Release()
		}
		c.Close()
		if seen != 1 {
			t.Fatalf("%d frames", seen)
		}
	}
}

// A stream that runs ends the same for both sides, and both ways, whether the other one hangs up or is reset.
func TestStreamsEndWhenThePeerGoes(t *testing.T) {
	for name, end := range map[string]func(net.Conn){"hangs up": hangUp, "resets": reset} {
		for _, play := range []bool{false, true} {
			for _, server := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, play %v, server %v", name, play, server), func(t *testing.T) {
					c, session, near, far := over(t, play)
					gone, stays := near, error(nil)
					if server {
						gone = far
					}
					end(gone)
					send, next := session.SendAudio, c.NextPacket
					if !play {
						send, next = c.SendAudio, session.NextPacket
					}
					for deadline := time.Now().Add(5 * time.Second); stays == nil && time.Now().Before(deadline); {
						if play == server {
							_, stays = next(5 * time.Second)
						} else {
							stays = send(0, []byte("x"))
						}
					}
					if !errors.Is(stays, io.EOF) {
						t.Errorf("%v", stays)
					}
					var at *Error
					if server && (!errors.As(c.Err(), &at) || at.Phase != engine.PhaseMedia || !errors.Is(at, io.EOF) ||
						name == "resets" && !errors.Is(at, syscall.ECONNRESET) && !errors.Is(at, syscall.EPIPE)) {
						t.Errorf("of the client: %v", c.Err())
					}
				})
			}
		}
	}
}

// A connection that was found cut while something was sent ends its stream at once as it does later.
func TestCutSessionHasEnded(t *testing.T) {
	_, session, _, _ := over(t, true)
	l := session.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kill(atPhase(engine.PhaseMedia, os.NewSyscallError("send", syscall.EPIPE)))
	if err := session.state(); err != io.EOF {
		t.Errorf("%v", err)
	}
}

// over runs a stream over a connection whose ends it returns.
func over(t *testing.T, play bool) (c *Client, session *Session, near, far net.Conn) {
	t.Helper()
	s := bind(t, &ServerOptions{AskPlay: true})
	near, far = pair(t)
	if err := s.ServeConn(far); err != nil {
		t.Fatal(err)
	}
	open := PublishConn
	if play {
		open = PlayConn
	}
	opened := make(chan error, 1)
	go func() {
		var err error
		c, err = open(context.Background(), near, "rtmp://host/live/key", nil)
		opened <- err
	}()
	session = accept(t, s)
	if err := <-opened; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c, session, near, far
}

func TestPlayLoopback(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true})
	c, session := played(t, s, nil)
	if session.Kind() != RequestPlay || session.App() != "live" || session.StreamName() != "key" || session.Query() != "a=1" {
		t.Fatalf("%v %q %q %q", session.Kind(), session.App(), session.StreamName(), session.Query())
	}
	const frames = 2000
	go func() {
		session.SendMetadata(&message.Metadata{Width: 320})
		for i := range frames {
			payload := make([]byte, 8+i*13%30000)
			binary.BigEndian.PutUint64(payload, uint64(i))
			if err := session.SendVideo(uint32(i*40), i%50 == 0, payload); err != nil {
				t.Error(err)
				return
			}
		}
		session.Flush(5 * time.Second)
		session.Close()
	}()
	packets := make([]media.Packet, 16)
	for i := 0; i < frames; {
		n, err := c.NextPackets(packets, 5*time.Second)
		if err != nil {
			t.Fatalf("after %d packets: %v", i, err)
		}
		for _, p := range packets[:n] {
			if p.Type == media.TypeVideo {
				if got := binary.BigEndian.Uint64(p.Data); got != uint64(i) || p.Timestamp != uint32(i*40) {
					t.Fatalf("packet %d: number %d, timestamp %d", i, got, p.Timestamp)
				}
				i++
			}
			p.Release()
		}
	}
	if m, ok := c.Metadata(); !ok || m.Width != 320 {
		t.Fatalf("metadata %+v", m)
	}
	if _, err := c.NextPacket(5 * time.Second); err != io.EOF {
		t.Fatalf("at the end: %v", err)
	}
	if st := c.Statistics(); st.Video != frames || st.Keyframes != frames/50 {
		t.Fatalf("%+v", st)
	}
}

func TestPlayerCommandsReachTheSession(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true})
	c, session := played(t, s, nil)
	next := func() SessionEvent {
		t.Helper()
		e, err := session.NextEvent(5 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	c.Pause(true)
	if e := next(); e.Kind != SessionPause {
		t.Fatalf("%+v", e)
	}
	session.SendAudio(1, []byte("paused"))
	c.Pause(false)
	if e := next(); e.Kind != SessionUnpause {
		t.Fatalf("%+v", e)
	}
	c.Seek(2 * time.Second)
	if e := next(); e.Kind != SessionSeek || e.Position != 2*time.Second {
		t.Fatalf("%+v", e)
	}
	c.ReceiveVideo(false)
	if e := next(); e.Kind != SessionReceive || e.Type != media.TypeVideo || e.On {
		t.Fatalf("%+v", e)
	}
	session.SendVideo(2, true, []byte("unwanted"))
	if err := session.SendAudio(3, []byte("wanted")); err != nil {
		t.Fatal(err)
	}
	for {
		p, err := c.NextPacket(5 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if p.Type == media.TypeAudio || p.Type == media.TypeVideo {
			if string(p.Data) != "wanted" {
				t.Fatalf("%q", p.Data)
			}
			break
		}
	}
	if b := session.Play().BufferLength; b != 1000 {
		t.Fatalf("a buffer of %d ms", b)
	}
	c.SetBufferLength(3 * time.Second)
	if e := next(); e.Kind != SessionBuffer || e.Buffer != 3*time.Second {
		t.Fatalf("%+v", e)
	}
	if b := session.Play().BufferLength; b != 3000 {
		t.Fatalf("a buffer of %d ms", b)
	}
	if _, err := session.NextPacket(0); err != engine.ErrState {
		t.Fatal(err)
	}
	c.Close()
	if _, err := session.NextEvent(5 * time.Second); err != io.EOF {
		t.Fatal(err)
	}
	if err := session.SendAudio(4, []byte("late")); err != io.EOF {
		t.Fatal(err)
	}
}

// Poll keeps packets and events in the order in which they came.
func TestPollKeepsTheOrder(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true})
	c, err := OpenPlay("rtmp://"+s.Addr()+"/live/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	ready := make(chan struct{}, 1)
	c.OnReady(func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	})
	session := accept(t, s)
	const rounds = 200
	go func() { // after every third frame something else is said
		for i := range rounds {
			session.SendAudio(uint32(i), []byte{byte(i)})
			if i%3 == 2 {
				session.conn.link.mu.Lock()
				session.conn.engine.NotifyPublish(session.streamID, strconv.Itoa(i))
				session.conn.link.flush()
				session.conn.link.mu.Unlock()
			}
		}
		session.Close()
	}()
	var happened []string
	packets := make([]media.Packet, 16)
	for {
		n, e, err := c.Poll(packets)
		for _, p := range packets[:n] {
			if p.Type == media.TypeAudio {
				happened = append(happened, fmt.Sprint("packet ", p.Timestamp))
			}
			p.Release()
		}
		switch {
		case err == ErrTimeout:
			select {
			case <-ready:
				continue
			case <-time.After(10 * time.Second):
				t.Fatal("nothing comes")
			}
		case err != nil:
			t.Fatal(err)
		case e.Kind == ClientStatus && e.Status.Code == message.CodePlayPublishNotify:
			happened = append(happened, "status "+e.Status.Description)
		}
		if e.Kind == ClientEnded {
			break
		}
	}
	var wanted []string
	for i := range rounds {
		wanted = append(wanted, fmt.Sprint("packet ", i))
		if i%3 == 2 {
			wanted = append(wanted, fmt.Sprint("status ", i))
		}
	}
	if !slices.Equal(happened, wanted) {
		t.Fatalf("%q", happened)
	}
	if _, err := c.NextEvent(-1); err != io.EOF {
		t.Fatal(err)
	}
	if _, _, err := c.Poll(packets); err != io.EOF {
		t.Fatal(err)
	}
	c.Close()
	if _, _, err := c.Poll(packets); err != ErrClosed {
		t.Fatal(err)
	}
}

// A player that does not read costs what its output may queue, and a send to it says so in time.
func TestSendingToAPlayerThatDoesNotRead(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true, OutputBytes: 1 << 16, SendTimeout: 50 * time.Millisecond})
	c, session := played(t, s, &ClientOptions{Limits: Limits{QueueBytes: 1 << 10}})
	frame := make([]byte, 50000)
	var err error
	for begun := time.Now(); err == nil && time.Since(begun) < 10*time.Second; {
		err = session.SendVideo(0, true, frame)
	}
	if err != ErrTimeout {
		t.Fatal(err)
	}
	if st := session.Statistics(); st.Queued > 1<<16+2*len(frame) {
		t.Fatalf("%d bytes queued", st.Queued)
	}
	go func() {
		for {
			p, err := c.NextPacket(-1)
			if err != nil {
				return
			}
			p.Release()
		}
	}()
	if err := session.Flush(5 * time.Second); err != nil {
		t.Fatal(err)
	}
}

func TestPlayWithoutAStream(t *testing.T) {
	s := bind(t, nil)
	_, err := Play(context.Background(), "rtmp://"+s.Addr()+"/live/key", nil)
	var e *Error
	var status *StatusError
	if !errors.As(err, &e) || e.Phase != engine.PhasePlay || !errors.As(err, &status) || status.Code != message.CodePlayStreamNotFound {
		t.Fatal(err)
	}
}
