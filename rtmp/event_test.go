package rtmp

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// A175: with AskMediaTag the taker of events says which messages go on, each before the next one is asked about.
func TestMediaTagQuestions(t *testing.T) {
	memory := &buffer.HeapAllocator{}
	s := bind(t, &ServerOptions{AskMediaTag: true, Events: ServerVideoFrame.Mask(), Allocator: memory})
	c, session := published(t, s, nil)
	const total = 100
	for i := range total {
		if err := c.SendVideo(uint32(i), false, numbered(i, 8)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range total {
		e, err := s.NextEvent(10 * time.Second)
		if err != nil || e.Kind != ServerMediaTag || !e.Asks() || e.Packet.Timestamp != uint32(i) {
			t.Fatalf("%d: %v %v", i, e.Kind, err)
		}
		if n := s.WaitingEvents(); n != 0 {
			t.Fatalf("%d events behind a question", n)
		}
		copied := e
		copied.Answer(i%2 == 0)
		e.Answer(i%2 != 0) // too late
		e.Packet.Release()
		if i%2 != 0 {
			continue
		}
		e, err = s.NextEvent(10 * time.Second)
		if err != nil || e.Kind != ServerVideoFrame || e.Asks() || e.Packet.Timestamp != uint32(i) {
			t.Fatalf("%d: %v %v", i, e.Kind, err)
		}
		e.Answer(false) // is no question
		e.Packet.Release()
		p, err := session.NextPacket(10 * time.Second)
		if err != nil || p.Timestamp != uint32(i) {
			t.Fatal(i, p.Timestamp, err)
		}
		p.Release()
	}
	// The end waits behind a question, and the server's end answers it.
	c.SendVideo(total, false, numbered(total, 8))
	c.Close()
	e, err := s.NextEvent(10 * time.Second)
	if err != nil || !e.Asks() {
		t.Fatal(e.Kind, err)
	}
	if _, err := session.NextPacket(20 * time.Millisecond); err != ErrTimeout {
		t.Fatal(err)
	}
	s.Close()
	e.Packet.Release()
	for err == nil { // the frame may be told after all
		if e, err = s.NextEvent(10 * time.Second); err == nil {
			e.Packet.Release()
		}
	}
	if err != ErrClosed {
		t.Fatal(err)
	}
	session.Close()
	waitFor(t, "all memory", func() bool { return memory.InUse() == 0 })
}

// A request comes after the events that came before it.
func TestRequestsComeAfterEvents(t *testing.T) {
	s := bind(t, &ServerOptions{Events: AllEvents, AskConnection: true, AskConnect: true, StatsInterval: time.Hour})
	go Publish(context.Background(), "rtmp://"+s.Addr()+"/live/cam", nil)
	events := make([]ServerEvent, 16)
	for _, want := range []string{"[]", "[connection handshake_complete]", "[connect fc_publish]"} {
		r, err := s.Accept(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if r.Connection() != 1 {
			t.Errorf("connection %d", r.Connection())
		}
		n, _ := s.NextEvents(events, 0)
		got := make([]ServerEventKind, n)
		for i := range got {
			got[i] = events[i].Kind
		}
		if fmt.Sprint(got) != want {
			t.Errorf("before %v: %v, want %s", r.Kind(), got, want)
		}
		if session, err := r.Accept(); err != nil || session != nil && session.Connection() != 1 {
			t.Fatal(err)
		}
	}
}

// A kick ends a connection whatever it is about, in words that its peer hears.
func TestKick(t *testing.T) {
	s := bind(t, &ServerOptions{Events: ServerPublish.Mask() | ServerDisconnect.Mask(), AskPublish: true})
	next := func(kind ServerEventKind) uint64 {
		t.Helper()
		e, err := s.NextEvent(10 * time.Second)
		if err != nil || e.Kind != kind {
			t.Fatal(e.Kind, err)
		}
		return e.Connection
	}
	c, session := published(t, s, nil)
	number := next(ServerPublish)
	if err := s.Kick(number, "NetStream.Publish.BadName", "you again"); err != nil {
		t.Fatal(err)
	}
	var status *StatusError
	for err := error(nil); ; {
		if err = c.SendVideo(0, true, numbered(0, 8)); err == nil {
			time.Sleep(time.Millisecond)
			continue
		}
		if !errors.As(err, &status) || status.Code != "NetStream.Publish.BadName" || status.Description != "you again" {
			t.Fatal(err)
		}
		break
	}
	if _, err := session.NextPacket(0); err != ErrClosed {
		t.Error(err)
	}
	if next(ServerDisconnect) != number {
		t.Error("another connection has ended")
	}
	waitFor(t, "the connection to be gone", func() bool { return s.Kick(number, "", "") == ErrGone })

	refused := make(chan error, 1)
	go func() {
		_, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/cam", nil)
		refused <- err
	}()
	r, err := s.Accept(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Kick(r.Connection(), "", "not now"); err != nil {
		t.Fatal(err)
	}
	if err := <-refused; !errors.As(err, &status) || status.Code != message.CodePublishBadName || status.Description != "not now" {
		t.Error(err)
	}
	if next(ServerDisconnect) != r.Connection() {
		t.Error("another connection has ended")
	}

	silent, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	waitFor(t, "the silent connection", func() bool { return s.Kick(3, "", "") == nil })
	silent.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := silent.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
	next(ServerDisconnect)
}

// Where nobody listens events cost a packet nothing: no allocation, and no goroutine tells anything.
func TestUnwatchedPacketsCostNothing(t *testing.T) {
	s := bind(t, nil)
	c, session := published(t, s, nil)
	if err := c.SendVideo(0, true, numbered(0, 8)); err != nil {
		t.Fatal(err)
	}
	p, err := session.NextPacket(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Release()
	sc := session.conn
	sc.link.mu.Lock()
	defer sc.link.mu.Unlock()
	n := testing.AllocsPerRun(1000, func() {
		p.Buffer.Retain()
		sc.take(session, &p)
		var taken [1]media.Packet
		session.inbox.take(taken[:], 0)
		taken[0].Release()
	})
	if n != 0 || sc.notices.telling || sc.notices.waiting != nil || s.tellers.Load() != 0 {
		t.Errorf("%v allocations for a packet; telling: %v", n, sc.notices.telling)
	}
}

// Why a connection or a stream has ended is told in words for readers, without the names of packages.
func TestReasonsAreInWords(t *testing.T) {
	events := ServerPublishStop.Mask() | ServerDisconnect.Mask()
	told := func(s *Server, want string) {
		t.Helper()
		if e, err := s.NextEvent(10 * time.Second); err != nil || e.Reason != want {
			t.Errorf("%v: %q, want %q; %v", e.Kind, e.Reason, want, err)
		}
	}
	impatient := bind(t, &ServerOptions{Events: events, Timeouts: Timeouts{Handshake: 50 * time.Millisecond}})
	mute, err := net.Dial("tcp", impatient.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	told(impatient, "handshake: the peer did not answer in time")

	s := bind(t, &ServerOptions{Events: events, Timeouts: Timeouts{FirstMedia: 50 * time.Millisecond}})
	stranger, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	io.WriteString(stranger, "GET / HTTP/1.0\r\n\r\n")
	told(s, "handshake: first byte 0x47 looks like HTTP, not RTMP version 3")
	c, session := published(t, s, nil)
	defer c.Close()
	told(s, "media: the peer did not answer in time")
	told(s, "media: the peer did not answer in time")
	if reason := session.EndReason(); reason != "media: the peer did not answer in time" {
		t.Error(reason)
	}
}
