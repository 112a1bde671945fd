package rtmp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// diary counts what hooks are told, and keeps the order of each connection.
type diary struct {
	mu    sync.Mutex
	lines []string
}

func (d *diary) write(format string, values ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, values...))
}

func (d *diary) count(line string) (n int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, l := range d.lines {
		if l == line {
			n++
		}
	}
	return n
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, " ")
}

// hooks are all hooks, each of which writes its name.
func (d *diary) hooks() *Hooks {
	h := new(Hooks)
	for _, kind := range requestKinds {
		*h.request(kind) = func(*Request) error {
			d.write("%v", grantedKind(kind))
			return nil
		}
	}
	for kind := ServerConnection; kind <= ServerStats; kind++ {
		if f := h.event(kind); f != nil {
			*f = func(e *ServerEvent) {
				if e.Kind != kind {
					d.write("%v-in-the-hook-of-%v", e.Kind, kind)
				}
				d.write("%v", kind)
			}
		}
	}
	h.MediaTag = func(*ServerEvent) bool {
		d.write("media_tag")
		return true
	}
	return h
}

// enhanced is an H.265 frame with an Enhanced RTMP header; enhancedAudio is Opus.
var (
	enhanced      = []byte{0x93, 'h', 'v', 'c', '1', 1, 2, 3}
	enhancedAudio = []byte{0x91, 'O', 'p', 'u', 's', 1, 2, 3}
)

// A172, A173, A174, A198: every hook is called, in order, exactly once for each occurrence, however the peer goes.
func TestHooksFireOncePerOccurrence(t *testing.T) {
	const opening = "connection handshake_complete connect fc_publish publish metadata media_tag keyframe video_frame media_tag audio_frame " +
		"media_tag keyframe enhanced_video_frame media_tag enhanced_audio_frame media_tag"
	for _, end := range []string{"close", "cut", "kicked", "server", "hub"} {
		t.Run(end, func(t *testing.T) {
			h, err := NewHub(&HubOptions{Grace: -1})
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close()
			publisher, player := new(diary), new(diary)
			ps := bind(t, &ServerOptions{Hub: h, Hooks: publisher.hooks(), StatsInterval: time.Hour, Linger: 50 * time.Millisecond})
			ss := bind(t, &ServerOptions{Hub: h, Hooks: player.hooks(), StatsInterval: time.Hour, Linger: 50 * time.Millisecond})
			c := publishTo(t, ps, "cam")
			c.SendMetadata(&message.Metadata{Width: 16})
			c.SendVideo(0, true, numbered(0, 8))
			c.SendAudio(0, numbered(0, 8))
			c.SendPacket(&media.Packet{Type: media.TypeVideo, Raw: enhanced})
			c.SendPacket(&media.Packet{Type: media.TypeAudio, Raw: enhancedAudio})
			c.SendVideoSequenceHeader([]byte{1, 2, 3})
			c.Flush(5 * time.Second)
			waitFor(t, "the packets", func() bool { return frames(h) == 6 })
			p := playFrom(t, ss, "cam")
			p.Pause(true)
			p.Pause(true) // no other occurrence
			p.Pause(false)
			waitFor(t, "the end of the pause", func() bool { return player.count("unpause") == 1 })
			switch end {
			case "close":
				c.Close()
				p.Close()
			case "cut":
				c.link.shut(ErrClosed)
				p.link.shut(ErrClosed)
			case "kicked":
				sessionOf(ps).Close()
				sessionOf(ss).Close()
			case "server":
				ps.Close()
				ss.Close()
			case "hub":
				h.Close()
				p.Close()
			}
			waitFor(t, "the ends", func() bool { return publisher.count("disconnect")+player.count("disconnect") == 2 })
			ps.Close()
			ss.Close()
			if got, want := publisher.String(), opening+" publish_stop unpublish disconnect"; got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
			if got, want := player.String(), "connection handshake_complete connect play pause unpause play_stop disconnect"; got != want {
				t.Errorf("\n got %s\nwant %s", got, want)
			}
		})
	}
}

// sessionOf returns a session of a server, nil if there is none.
func sessionOf(s *Server) *Session {
	for _, c := range s.connections() {
		c.link.mu.Lock()
		list := c.sessions
		c.link.mu.Unlock()
		if len(list) > 0 {
			return list[0]
		}
	}
	return nil
}

// A connection whose handshake fails is told of, and so is its end; one that a limit refuses is not.
func TestHooksOfAConnectionThatSaysNothing(t *testing.T) {
	d := new(diary)
	s := bind(t, &ServerOptions{Hooks: d.hooks(), Limits: Limits{Connections: 1}})
	first, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the first", func() bool { return d.count("connection") == 1 })
	second, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	second.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := second.Read(make([]byte, 1)); err == nil {
		t.Fatal("a connection above the limit was served")
	}
	second.Close()
	first.Write([]byte("GET / HTTP/1.1\r\n\r\n"))
	waitFor(t, "the end", func() bool { return d.count("disconnect") == 1 })
	first.Close()
	if got := d.String(); got != "connection disconnect" {
		t.Error(got)
	}
}

// A172, A198: connection, connect, fc_publish, publish and play can be refused, in the hook's words.
func TestHooksRefuse(t *testing.T) {
	refusal := &StatusError{Code: "NetStream.Play.Failed", Description: "not you"}
	for _, kind := range requestKinds {
		h, err := NewHub(&HubOptions{WaitForPublisher: true})
		if err != nil {
			t.Fatal(err)
		}
		d := new(diary)
		hooks := d.hooks()
		*hooks.request(kind) = func(r *Request) error {
			if r.PeerAddr() == "" || kind == RequestPlay && (r.App() != "live" || r.StreamName() != "cam") {
				t.Errorf("%v: %q %q of %q", kind, r.App(), r.StreamName(), r.PeerAddr())
			}
			return fmt.Errorf("wrapped: %w", refusal)
		}
		s := bind(t, &ServerOptions{Hub: h, Hooks: hooks, Linger: 50 * time.Millisecond})
		url := "rtmp://" + s.Addr() + "/live/cam"
		if kind == RequestPlay {
			_, err = Play(context.Background(), url, nil)
		} else {
			_, err = Publish(context.Background(), url, nil)
		}
		var status *StatusError
		switch {
		case err == nil:
			t.Errorf("%v: accepted", kind)
		case kind != RequestConnection && (!errors.As(err, &status) || status.Code != refusal.Code || status.Description != refusal.Description):
			t.Errorf("%v: %v", kind, err)
		}
		ended := 1
		if kind == RequestConnection {
			ended = 0
		}
		waitFor(t, "the end", func() bool { return s.Connections() == 0 && d.count("disconnect") == ended })
		s.Close()
		if got := d.String(); strings.Contains(got, "stop") || strings.Contains(got, "unpublish") {
			t.Errorf("%v: %s", kind, got)
		}
		if n := len(h.Streams()); n != 0 {
			t.Errorf("%v: %d streams", kind, n)
		}
		h.Close()
	}
}

// An error of a hook's own is the description of the usual status.
func TestHookErrorsAreDescriptions(t *testing.T) {
	s := bind(t, &ServerOptions{Hooks: &Hooks{Publish: func(*Request) error { return errors.New("key expired") }}})
	_, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/cam", nil)
	var status *StatusError
	if !errors.As(err, &status) || status.Code != message.CodePublishBadName || status.Description != "key expired" {
		t.Fatal(err)
	}
}

// Hooks come before requests: what they let pass is asked for elsewhere, what they decide is not.
func TestHooksAndRequests(t *testing.T) {
	s := bind(t, &ServerOptions{AskConnection: true, AskConnect: true, AskFCPublish: true, AskPlay: true, Hooks: &Hooks{
		Connection: func(*Request) error { return nil },
		Connect:    func(*Request) error { return nil },
		FCPublish: func(r *Request) error {
			if _, err := r.Accept(); err != nil {
				t.Error(err)
			}
			return nil
		},
		Publish: func(*Request) error { return nil },
	}})
	var kinds []RequestKind
	done := make(chan struct{})
	go func() {
		defer close(done)
		for range 3 {
			r, err := s.Accept(10 * time.Second)
			if err != nil {
				t.Error(err)
				return
			}
			kinds = append(kinds, r.Kind())
			if _, err := r.Accept(); err != nil {
				t.Error(err)
			}
		}
	}()
	publishTo(t, s, "cam")
	<-done
	if got, want := fmt.Sprint(kinds), fmt.Sprint([]RequestKind{RequestConnection, RequestConnect, RequestPublish}); got != want {
		t.Errorf("requests %s, want %s", got, want)
	}
}

// A175: a message that MediaTag drops reaches nobody: not the session, not the hub, no other hook, and frees its memory.
func TestMediaTagDrops(t *testing.T) {
	memory := &buffer.HeapAllocator{}
	d := new(diary)
	hooks := d.hooks()
	hooks.MediaTag = func(e *ServerEvent) bool {
		return e.Packet.Type != media.TypeVideo || e.Packet.Timestamp%2 == 0
	}
	s := bind(t, &ServerOptions{Hooks: hooks, Allocator: memory})
	c, session := published(t, s, nil)
	const messages, tracks = 200, 3
	go func() {
		for i := range messages {
			c.SendPacket(&media.Packet{Type: media.TypeVideo, Timestamp: uint32(i), Raw: manyTracks(tracks)})
		}
		c.SendAudio(messages+1, []byte("end"))
	}()
	n := 0
	for {
		p, err := session.NextPacket(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		end := p.Type == media.TypeAudio
		if !end && p.Timestamp != uint32(n/tracks*2) {
			t.Fatalf("packet %d at %d", n, p.Timestamp)
		}
		p.Release()
		if end {
			break
		}
		n++
	}
	if n != messages/2*tracks || d.count("enhanced_video_frame")+d.count("video_frame") != n {
		t.Errorf("%d packets, %d frames told, want %d", n, d.count("enhanced_video_frame"), messages/2*tracks)
	}
	c.Close()
	session.Close()
	s.Close()
	waitFor(t, "all memory", func() bool { return memory.InUse() == 0 })
}

// A subscriber and a player of the hub get each message whole although hooks stand between.
func TestHooksKeepMessagesWhole(t *testing.T) {
	const messages, tracks = 300, 5
	d := new(diary)
	h, s := live(t, nil, ServerOptions{Hooks: d.hooks()})
	c := publishTo(t, s, "cam")
	player := playFrom(t, s, "cam")
	go func() {
		for i := range messages {
			c.SendPacket(&media.Packet{Type: media.TypeVideo, Timestamp: uint32(i), Raw: manyTracks(tracks)})
		}
		c.SendVideo(messages, true, numbered(1, 8))
	}()
	n := 0
	for {
		p, err := player.NextPacket(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		end := p.Timestamp == messages
		if p.Type == media.TypeVideo && !end {
			n++
		}
		p.Release()
		if end {
			break
		}
	}
	if n != messages*tracks {
		t.Errorf("%d tracks, want %d", n, messages*tracks)
	}
	_ = h
}

// From inside of every hook everything may be called: nothing hangs, nothing is told twice.
func TestHooksMayCallEverything(t *testing.T) {
	kinds := []ServerEventKind{ServerHandshake, ServerConnect, ServerPublish, ServerPlay, ServerMetadata, ServerMediaTag, ServerVideoFrame,
		ServerAudioFrame, ServerKeyframe, ServerPause, ServerUnpause, ServerPublishStop, ServerUnpublish, ServerPlayStop, ServerDisconnect, ServerStats}
	for _, kind := range kinds {
		t.Run(kind.String(), func(t *testing.T) {
			memory, h, s := strained(t, HubOptions{Grace: -1})
			var server *Server
			var once sync.Once
			everything := make(chan struct{})
			act := func(session *Session) {
				once.Do(func() {
					if session != nil {
						session.Statistics()
						session.Ping(0)
						session.Close()
					}
					h.Streams()
					server.Connections()
					h.Close()
					server.Close()
					close(everything)
				})
			}
			hooks := new(Hooks)
			if f := hooks.event(kind); f != nil {
				*f = func(e *ServerEvent) { act(e.Session) }
			}
			switch kind {
			case ServerConnect:
				hooks.Connect = func(r *Request) error { act(nil); return nil }
			case ServerPublish:
				hooks.Publish = func(r *Request) error { r.Accept(); act(r.session); return nil }
			case ServerPlay:
				hooks.Play = func(r *Request) error { h.Accept(r); act(r.session); return nil }
			case ServerMediaTag:
				hooks.MediaTag = func(e *ServerEvent) bool { act(e.Session); return true }
			}
			s.Close()
			server = bind(t, &ServerOptions{Hub: h, Hooks: hooks, Allocator: memory, StatsInterval: 5 * time.Millisecond, Linger: 50 * time.Millisecond})
			url := "rtmp://" + server.Addr() + "/live/cam"
			if c, err := Publish(context.Background(), url, nil); err == nil {
				c.SendMetadata(&message.Metadata{Width: 1})
				c.SendVideo(0, true, []byte{1})
				c.SendAudio(0, []byte{1})
				c.Flush(time.Second)
				if p, err := Play(context.Background(), url, nil); err == nil {
					p.Pause(true)
					p.Pause(false)
					time.Sleep(20 * time.Millisecond)
					p.Close()
				}
				c.Close()
			}
			select {
			case <-everything:
			case <-time.After(20 * time.Second):
				t.Fatal("a hook hangs, or was not called")
			}
			waitFor(t, "all memory", func() bool { return memory.InUse() == 0 })
		})
	}
}

// A hook that takes its time holds up its own connection only, and what waits behind it is bounded.
func TestSlowHooksHoldTheirConnectionUp(t *testing.T) {
	memory := &buffer.HeapAllocator{}
	release := make(chan struct{})
	var told atomic.Int64
	s := bind(t, &ServerOptions{Allocator: memory, Limits: Limits{QueueBytes: 64 << 10}, Hooks: &Hooks{VideoFrame: func(e *ServerEvent) {
		if e.StreamName == "slow" {
			<-release
		} else {
			told.Add(1)
		}
	}}})
	go s.HandleRequests(func(r *Request) {
		session, err := r.Accept()
		for err == nil {
			var p media.Packet
			if p, err = session.NextPacket(-1); err == nil {
				p.Release()
			}
		}
	})
	slow, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/slow", &ClientOptions{NoWait: true})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	for n := 0; n < 2000 && slow.SendVideo(0, true, make([]byte, 10000)) == nil; n++ { // 20 MB, unless it is held up
	}
	fast := publishTo(t, s, "fast")
	for range 50 {
		if err := fast.SendVideo(0, true, make([]byte, 100)); err != nil {
			t.Fatal(err)
		}
	}
	fast.Close()
	waitFor(t, "the fast one", func() bool { return told.Load() == 50 })
	if used := memory.InUse(); used > 2<<20 {
		t.Errorf("%d bytes wait behind a hook", used)
	}
	close(release)
	slow.Close()
	s.Close()
	waitFor(t, "all memory", func() bool { return memory.InUse() == 0 })
}

// A panic in a hook ends its connection, and its ends are told all the same.
func TestPanicInAHookEndsItsConnectionOnly(t *testing.T) {
	d := new(diary)
	hooks := d.hooks()
	hooks.MediaTag = func(e *ServerEvent) bool {
		if e.StreamName == "bad" {
			panic("on purpose")
		}
		return true
	}
	memory := &buffer.HeapAllocator{}
	_, s := live(t, &HubOptions{Grace: -1}, ServerOptions{Hooks: hooks, Allocator: memory})
	good, bad := publishTo(t, s, "good"), publishTo(t, s, "bad")
	bad.SendVideo(0, true, []byte{1})
	waitFor(t, "the end of the bad one", func() bool {
		return d.count("publish_stop") == 1 && d.count("unpublish") == 1 && d.count("disconnect") == 1
	})
	if err := good.SendVideo(0, true, []byte{1}); err != nil {
		t.Error(err)
	}
	waitFor(t, "the good one", func() bool { return d.count("keyframe") == 1 })
	good.Close()
	s.Close()
	waitFor(t, "all memory", func() bool { return memory.InUse() == 0 })
}

// A198: stats_update comes for each stream, with its statistics, until the stream ends.
func TestStatsUpdate(t *testing.T) {
	var mu sync.Mutex
	var updates []Statistics
	s := bind(t, &ServerOptions{StatsInterval: 10 * time.Millisecond, Hooks: &Hooks{StatsUpdate: func(e *ServerEvent) {
		mu.Lock()
		defer mu.Unlock()
		updates = append(updates, *e.Statistics)
	}}})
	c, session := published(t, s, nil)
	c.SendVideo(40, true, make([]byte, 100))
	last := func() (st Statistics, n int) {
		mu.Lock()
		defer mu.Unlock()
		if n = len(updates); n > 0 {
			st = updates[n-1]
		}
		return st, n
	}
	waitFor(t, "an update", func() bool { st, _ := last(); return st.Video == 1 && st.Keyframes == 1 && st.Timestamp == 40 })
	session.Close()
	time.Sleep(30 * time.Millisecond)
	_, n := last()
	time.Sleep(50 * time.Millisecond)
	if _, more := last(); more != n {
		t.Errorf("%d updates of a closed stream", more-n)
	}
	c.Close()
}

// A198: what hooks are told comes as events too, of the kinds that are asked for, to be taken anywhere.
func TestServerEvents(t *testing.T) {
	memory := &buffer.HeapAllocator{}
	_, s := live(t, &HubOptions{Grace: -1}, ServerOptions{Events: AllEvents, StatsInterval: time.Hour, Allocator: memory})
	c := publishTo(t, s, "cam")
	c.SendVideo(5, true, numbered(7, 8))
	p := playFrom(t, s, "cam")
	f := nextVideo(t, p)
	f.Release()
	p.Close()
	c.Close()
	got := map[uint64]string{}
	for n := 0; n < 2; {
		e, err := s.NextEvent(10 * time.Second)
		if err != nil {
			t.Fatal(got, err)
		}
		switch e.Kind {
		case ServerDisconnect:
			n++
		case ServerKeyframe:
			if e.Session == nil || e.App != "live" || e.StreamName != "cam" || e.Peer == "" || binary.BigEndian.Uint64(e.Packet.Data) != 7 {
				t.Errorf("%+v", e)
			}
		case ServerPublish, ServerPlay, ServerPublishStop, ServerPlayStop:
			if e.Session == nil || e.Connect == nil || e.StreamName != "cam" {
				t.Errorf("%+v", e)
			}
		}
		got[e.Connection] += e.Kind.String() + " "
		e.Packet.Release()
	}
	want := map[uint64]string{
		1: "connection handshake_complete connect fc_publish publish media_tag keyframe video_frame publish_stop unpublish disconnect ",
		2: "connection handshake_complete connect play play_stop disconnect ",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("\n got %v\nwant %v", got, want)
	}
	if _, err := s.NextEvent(0); err != ErrTimeout {
		t.Error(err)
	}
	s.Close()
	if _, err := s.NextEvent(-1); err != ErrClosed {
		t.Error(err)
	}
	waitFor(t, "all memory", func() bool { return memory.InUse() == 0 })
}

// Events that nobody takes hold the connections up, and are all there once they are taken.
func TestServerEventsAreNotDropped(t *testing.T) {
	memory := &buffer.HeapAllocator{}
	s := bind(t, &ServerOptions{Events: ServerMediaTag.Mask(), Allocator: memory, Limits: Limits{QueueBytes: 64 << 10}})
	go func() {
		r, err := s.Accept(-1)
		if err != nil {
			return
		}
		session, err := r.Accept()
		for err == nil {
			var p media.Packet
			if p, err = session.NextPacket(-1); err == nil {
				p.Release()
			}
		}
	}()
	c := publishTo(t, s, "cam")
	const total = 1000
	sent := make(chan error, 1)
	go func() {
		for i := range total {
			if err := c.SendVideo(0, false, numbered(i, 10000)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	waitFor(t, "the connection to be held up", func() bool { return s.stalled.Load() })
	if used := memory.InUse(); used > 2<<20 {
		t.Errorf("%d bytes wait as events", used)
	}
	for i := range total {
		e, err := s.NextEvent(10 * time.Second)
		if err != nil {
			t.Fatal(i, err)
		}
		if n := binary.BigEndian.Uint64(e.Packet.Data); n != uint64(i) {
			t.Fatalf("message %d, want %d", n, i)
		}
		e.Packet.Release()
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
	c.Close()
	s.Close()
	waitFor(t, "all memory", func() bool { return memory.InUse() == 0 })
}

// A176: several sets of hooks in turn; who refuses or drops has the last word.
func TestChainedHooks(t *testing.T) {
	d := new(diary)
	set := func(name string, refuse, keep bool) *Hooks {
		return &Hooks{
			Publish: func(*Request) error {
				d.write("publish-%s", name)
				if refuse {
					return errors.New("no")
				}
				return nil
			},
			MediaTag:    func(*ServerEvent) bool { d.write("tag-%s", name); return keep },
			PublishStop: func(*ServerEvent) { d.write("stop-%s", name) },
		}
	}
	chain := ChainHooks(set("a", false, true), new(Hooks), set("b", false, false), set("c", true, true))
	if chain.Connect != nil || chain.Keyframe != nil {
		t.Error("hooks that nobody has")
	}
	if err := chain.Publish(&Request{conn: newTestConn(t)}); err != nil || d.String() != "publish-a" {
		t.Errorf("a request that has been decided meanwhile goes on: %v %v", err, d)
	}
	d.lines = nil
	_, s := live(t, nil, ServerOptions{Hooks: ChainHooks(set("a", false, true), set("b", false, false), set("c", false, true))})
	c := publishTo(t, s, "cam")
	c.SendVideo(0, true, []byte{1})
	c.Close()
	waitFor(t, "the end", func() bool { return d.count("stop-c") == 1 })
	if got := d.String(); got != "publish-a publish-b publish-c tag-a tag-b stop-a stop-b stop-c" {
		t.Error(got)
	}
	d.lines = nil
	_, s = live(t, nil, ServerOptions{Hooks: ChainHooks(set("a", true, true), set("b", false, true))})
	if _, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/cam", nil); err == nil || d.String() != "publish-a" {
		t.Error(err, d)
	}
}

func newTestConn(t *testing.T) *serverConn {
	s, err := NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	return newServerConn(s, near, false)
}

// A176: the logging hooks write everything down, without the whole of a stream's name.
func TestLogHooks(t *testing.T) {
	var mu sync.Mutex
	var log bytes.Buffer
	handler := slog.NewTextHandler(lockedWriter{&mu, &log}, &slog.HandlerOptions{Level: slog.LevelDebug})
	_, s := live(t, nil, ServerOptions{Hooks: LogHooks(slog.New(handler)), StatsInterval: time.Hour})
	c := publishTo(t, s, "secret-key")
	c.SendVideo(0, true, []byte{1})
	c.Close()
	text := func() string {
		mu.Lock()
		defer mu.Unlock()
		return log.String()
	}
	waitFor(t, "the end", func() bool { return strings.Contains(text(), "msg=disconnect") })
	for _, name := range []string{"connection", "handshake_complete", "connect", "fc_publish", "publish", "media_tag", "keyframe", "video_frame", "publish_stop", "unpublish"} {
		if strings.Count(text(), "msg="+name+" ") != 1 {
			t.Errorf("%s: %d records", name, strings.Count(text(), "msg="+name+" "))
		}
	}
	if strings.Contains(text(), "secret-key") || !strings.Contains(text(), "stream=se…") {
		t.Error(text())
	}
}
