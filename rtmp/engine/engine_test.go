package engine

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

func noise() *rand.ChaCha8 { return rand.NewChaCha8([32]byte{1}) }

// pair joins a client and a server engine and hands bytes between them in pieces.
type pair struct {
	t      testing.TB
	c      *Client
	s      *Server
	now    time.Duration
	piece  int
	client []Event
	server []Event
	// decide answers a request; nil accepts.
	decide func(*Request)
}

func newPair(t testing.TB, cc ClientConfig, sc ServerConfig) *pair {
	cc.Rand, sc.Rand = noise(), noise()
	if cc.Connect.App == "" {
		cc.Connect = message.Connect{App: "live", TCURL: "rtmp://host/live", Type: "nonprivate"}
	}
	if cc.StreamName == "" {
		cc.StreamName = "key"
	}
	return &pair{t: t, c: NewClient(cc), s: NewServer(sc), piece: 1 << 20}
}

type side interface {
	Receive([]byte, time.Duration) (int, error)
	NextEvent() (Event, bool)
}

func (p *pair) feed(to side, b []byte, events *[]Event) error {
	for len(b) > 0 {
		part := b[:min(p.piece, len(b))]
		n, err := to.Receive(part, p.now)
		if err != nil {
			return err
		}
		b = b[n:]
		taken := 0
		for e, ok := to.NextEvent(); ok; e, ok = to.NextEvent() {
			taken++
			*events = append(*events, e)
			if e.Kind == EventRequest {
				if p.decide == nil {
					if err := p.s.Accept(e.Request.ID); err != nil {
						return err
					}
				} else {
					p.decide(e.Request)
				}
			}
		}
		if n == 0 && taken == 0 {
			return nil // paused or closing
		}
	}
	return nil
}

// run hands bytes over until both sides are silent.
func (p *pair) run() (clientErr, serverErr error) {
	for {
		up := p.c.AppendOutput(nil)
		if serverErr = p.feed(p.s, up, &p.server); serverErr != nil {
			return
		}
		down := p.s.AppendOutput(nil)
		if clientErr = p.feed(p.c, down, &p.client); clientErr != nil {
			return
		}
		if len(up)+len(down) == 0 {
			return
		}
	}
}

func (p *pair) mustRun() {
	p.t.Helper()
	if ce, se := p.run(); ce != nil || se != nil {
		p.t.Fatalf("client: %v, server: %v", ce, se)
	}
}

func kinds(events []Event) (k []EventKind) {
	for _, e := range events {
		k = append(k, e.Kind)
	}
	return
}

func find(events []Event, k EventKind) *Event {
	for i := range events {
		if events[i].Kind == k {
			return &events[i]
		}
	}
	return nil
}

func TestPublishConversation(t *testing.T) {
	for _, piece := range []int{1, 7, 1000, 1 << 20} {
		t.Run(fmt.Sprint("pieces of ", piece), func(t *testing.T) {
			p := newPair(t, ClientConfig{StreamName: "key?token=1"}, ServerConfig{AskConnect: true, AskFCPublish: true})
			p.piece = piece
			p.mustRun()
			if !p.c.Publishing() || p.s.Streams() != 1 {
				t.Fatalf("publishing %v, streams %d", p.c.Publishing(), p.s.Streams())
			}
			var requests []string
			for _, e := range p.server {
				if e.Kind == EventRequest {
					r := e.Request
					requests = append(requests, fmt.Sprint(r.Kind, " ", r.App, " ", r.Name, " ", r.Query, " ", r.PublishType))
				}
			}
			want := "[connect live    FCPublish live key token=1  publish live key token=1 live]"
			if fmt.Sprint(requests) != want {
				t.Fatalf("requests %v, want %v", requests, want)
			}
			p.server = nil
			big := bytes.Repeat([]byte{1, 2, 3}, 20000)
			p.c.SendMetadata(0, &amf.ECMAArray{Properties: []amf.Property{{Name: "width", Value: amf.Number(640)}}})
			p.c.SendMedia(message.TypeVideo, 0, []byte{0x17, 1, 0, 0, 40}, big)
			p.c.SendMedia(message.TypeAudio, 20, []byte{0xAF, 1}, []byte{9})
			p.c.SendMedia(message.TypeAudio, 40, nil, nil)
			p.mustRun()
			var got []string
			for _, e := range p.server {
				if k := e.Packet; e.Kind == EventPacket {
					got = append(got, fmt.Sprint(k.Type, k.Kind, k.Timestamp, len(k.Raw), k.PTS/1e6, k.Handler))
					if k.Type == message.TypeVideo && !bytes.Equal(k.Data, big) {
						t.Fatal("video changed on its way")
					}
					e.Packet.Release()
				}
			}
			if want := fmt.Sprint([]string{
				fmt.Sprint(18, media.KindMetadata, 0, 53, 0, "onMetaData"), fmt.Sprint(9, media.KindFrame, 0, 60005, 40, ""),
				fmt.Sprint(8, media.KindFrame, 20, 3, 20, ""), fmt.Sprint(8, media.KindSilence, 40, 0, 40, "")}); fmt.Sprint(got) != want {
				t.Fatalf("packets\n got %v\nwant %v", got, want)
			}
			p.c.End()
			p.mustRun()
			if e := find(p.server, EventStreamEnd); e == nil || e.Reason != "FCUnpublish" {
				t.Fatalf("after End: %v", kinds(p.server))
			}
		})
	}
}

func TestRejections(t *testing.T) {
	for _, kind := range []RequestKind{RequestConnect, RequestFCPublish, RequestPublish} {
		t.Run(kind.String(), func(t *testing.T) {
			p := newPair(t, ClientConfig{}, ServerConfig{AskConnect: true, AskFCPublish: true})
			p.decide = func(r *Request) {
				if r.Kind == kind {
					p.s.Reject(r.ID, "", "not today")
				} else {
					p.s.Accept(r.ID)
				}
				if err := p.s.Accept(r.ID); !errors.Is(err, ErrNoRequest) {
					t.Errorf("a stale answer: %v", err)
				}
			}
			p.mustRun()
			e := find(p.client, EventRefused)
			if e == nil || e.Status.Description != "not today" || e.Status.Level != "error" || !p.s.Closing() || !p.c.Closing() {
				t.Fatalf("%+v, events %v", e, kinds(p.client))
			}
		})
	}
}

func TestDecisionDeadline(t *testing.T) {
	p := newPair(t, ClientConfig{}, ServerConfig{})
	p.decide = func(*Request) {}
	p.mustRun()
	due, ok := p.s.Deadline()
	if !ok || due != DefaultTimeouts.Decision || !p.s.Deciding() {
		t.Fatalf("deadline %v %v", due, ok)
	}
	if err := p.s.Advance(due - 1); err != nil || p.s.Closing() {
		t.Fatal("expired early")
	}
	if err := p.s.Advance(due); err != nil || !p.s.Closing() {
		t.Fatalf("not expired: %v", err)
	}
	p.mustRun()
	if e := find(p.client, EventRefused); e == nil || e.Phase != PhasePublish {
		t.Fatalf("the client heard %v", kinds(p.client))
	}
}

func TestServerDeadlines(t *testing.T) {
	s := NewServer(ServerConfig{Rand: noise()})
	if d, _ := s.Deadline(); d != DefaultTimeouts.Handshake {
		t.Fatalf("handshake deadline %v", d)
	}
	s.Receive([]byte{3}, 0)
	s.Receive(make([]byte, 100), 9*time.Second)
	if err := s.Advance(10 * time.Second); !errors.Is(err, ErrTimeout) {
		t.Fatalf("a slow handshake: %v", err)
	}
	if _, err := s.Receive([]byte{0}, 11*time.Second); !errors.Is(err, ErrTimeout) {
		t.Fatalf("after the end: %v", err)
	}

	p := newPair(t, ClientConfig{}, ServerConfig{})
	p.mustRun()
	if d, _ := p.s.Deadline(); d != DefaultTimeouts.FirstMedia {
		t.Fatalf("first media deadline %v", d)
	}
	p.now = time.Second
	p.c.SendMedia(message.TypeAudio, 0, nil, []byte{0xAF, 0, 0x12, 0x10})
	p.mustRun()
	d, _ := p.s.Deadline()
	if d != time.Second+DefaultTimeouts.Idle/2 {
		t.Fatalf("ping deadline %v", d)
	}
	if err := p.s.Advance(d); err != nil || p.s.OutputBytes() == 0 {
		t.Fatalf("no ping: %v", err)
	}
	if d, _ = p.s.Deadline(); d != time.Second+DefaultTimeouts.Idle {
		t.Fatalf("idle deadline %v", d)
	}
	if err := p.s.Advance(d); !errors.Is(err, ErrTimeout) {
		t.Fatalf("a silent publisher: %v", err)
	}
}

// A message stream that is published again begins anew: its time, and what a strict server has seen of it.
func TestPublishedAgain(t *testing.T) {
	k := newTalk(t, ServerConfig{Strict: StrictTimestamps | StrictMetadata}).publishing()
	metadata := amf.AppendValuesAMF0(nil, amf.String("onMetaData"), &amf.ECMAArray{})
	for range 2 {
		k.message(5, message.TypeData, 1, 0, metadata)
		k.message(4, message.TypeAudio, 1, 0xE0000000, []byte{0xAF, 1, 1})
		k.command(1, "closeStream", 0)
		k.events = release(k.events)
		k.command(1, "publish", 3, amf.String("key"), amf.String("live"))
		k.events = release(k.events)
	}
	k.message(4, message.TypeAudio, 1, 7, []byte{0xAF, 1, 1})
	if e := find(k.events, EventPacket); k.err != nil || e == nil || e.Packet.DTS != int64(7*time.Millisecond) {
		t.Error(k.err, e)
	}
	k.events = release(k.events)
}

// A conversation that is over has no deadline: what its caller waits for is its own affair.
func TestNoDeadlineAfterTheEnd(t *testing.T) {
	k := newTalk(t, ServerConfig{}).publishing()
	if _, ok := k.s.Deadline(); !ok {
		t.Fatal("there was none before")
	}
	k.s.End()
	if at, ok := k.s.Deadline(); !k.s.Closing() || ok {
		t.Error(k.s.Closing(), at)
	}
}

// Shared objects are nobody's before connect was accepted.
func TestSharedObjectBeforeConnect(t *testing.T) {
	k := newTalk(t, ServerConfig{AnswerCalls: true})
	o := message.AppendSharedObject(nil, message.SharedObject{Name: "o", Version: 1})
	k.message(3, message.TypeSharedObject, 0, 0, o)
	if e := find(k.events, EventSharedObject); e != nil || k.err != nil {
		t.Error(e, k.err)
	}
}

// Whatever is asked of an engine before its handshake is complete, nothing gets in between the handshake's bytes.
func TestNothingIsSaidBeforeTheHandshake(t *testing.T) {
	c := NewClient(ClientConfig{Rand: noise(), StreamName: "key", Play: &PlayRequest{}, Connect: message.Connect{App: "live"}})
	s := NewServer(ServerConfig{Rand: noise()})
	begun := c.OutputBytes()
	packet := media.Packet{Type: media.TypeAudio, Raw: []byte{0xAF, 1}}
	both := func(e *core) {
		e.SendPing(1)
		e.Notify(0, "a", nil)
		e.Call(0, time.Second, "a", nil)
		e.Answer(1, nil)
		e.Refuse(1, "", "")
		e.SendSharedObject(message.SharedObject{Name: "a"})
	}
	both(&c.core)
	both(&s.core)
	c.SendPacket(&packet)
	c.SendMetadata(0, nil)
	c.SetBufferLength(1)
	c.Pause(true, 0)
	c.Seek(0)
	c.ReceiveAudio(false)
	c.ReceiveVideo(false)
	c.Play2(message.Play2{})
	s.SendPacket(1, &packet)
	s.UseChunkSize(1000)
	s.NotifyPublish(1, "")
	s.StopPlay(1, "")
	s.FailPlay(1, "", "")
	s.CompletePlay(1)
	s.CloseStream(1, "", "")
	s.RequestReconnect("/live", "")
	s.Accept(1)
	s.Reject(1, "", "")
	c.End()
	s.End()
	if c.OutputBytes() != begun || s.OutputBytes() != 0 {
		t.Errorf("the client says %d bytes, not %d, the server %d", c.OutputBytes(), begun, s.OutputBytes())
	}
}
