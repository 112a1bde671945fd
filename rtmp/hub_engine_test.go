package rtmp

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// moved is an engine joined to hubs, with a client that talks to it through memory.
type moved struct {
	t      *testing.T
	mu     sync.Mutex
	e      *HubEngine
	c      *engine.Client
	news   chan HubEngineNews
	got    []engine.Event // of the client
	seen   []engine.Event // of the engine
	answer func(*engine.Request)
	rest   []byte // input that the engine did not take
	now    time.Duration
}

func newMoved(t *testing.T, options *ServerOptions, play bool, name string) *moved {
	t.Helper()
	return newAnswered(t, options, play, name, nil)
}

// newAnswered is newMoved for an application that sees the requests.
func newAnswered(t *testing.T, options *ServerOptions, play bool, name string, answer func(*moved, *engine.Request)) *moved {
	t.Helper()
	m := &moved{t: t, news: make(chan HubEngineNews, 1<<16)}
	m.answer = func(r *engine.Request) { answer(m, r) }
	shaken := answer != nil // to have both
	var err error
	if m.e, err = NewHubEngine(options, shaken, &m.mu, func(n HubEngineNews) { m.news <- n }); err != nil {
		t.Fatal(err)
	}
	if m.c, err = clientEngine("rtmp://host/live/"+name, nil, play, shaken); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.e.Close()
		m.c.Close()
	})
	m.run()
	return m
}

// run carries bytes until neither side has any.
func (m *moved) run() {
	m.t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for more := true; more; {
		m.rest = m.c.AppendOutput(m.rest)
		n, err := m.e.Receive(m.rest, m.now)
		if err != nil && !m.e.Closing() {
			m.t.Fatal(err)
		}
		more = n > 0
		m.rest = m.rest[n:]
		for e, ok := m.e.NextEvent(); ok; e, ok = m.e.NextEvent() {
			if e.Kind == engine.EventRequest {
				m.answer(e.Request)
			}
			m.seen = append(m.seen, e)
			more = true
		}
		p := m.e.TakeOutput(nil)
		more = more || len(p) > 0
		for len(p) > 0 && !m.c.Closing() {
			k, err := m.c.Receive(p, m.now)
			if err != nil {
				m.t.Fatal(err)
			}
			for e, ok := m.c.NextEvent(); ok; e, ok = m.c.NextEvent() {
				m.got = append(m.got, e)
			}
			p = p[k:]
		}
	}
}

// until runs until the news that come have led to something.
func (m *moved) until(what string, done func() bool) {
	m.t.Helper()
	for timeout := time.After(10 * time.Second); ; {
		if m.run(); done() {
			return
		}
		select {
		case <-m.news:
		case <-timeout:
			m.t.Fatalf("waited in vain: %s", what)
		}
	}
}

func (m *moved) media() (list []string) {
	for _, e := range m.got {
		if e.Kind == engine.EventPacket && e.Packet.Type != media.TypeData {
			list = append(list, fmt.Sprintf("%d %s", e.Packet.Timestamp, e.Packet.Data))
		}
	}
	return list
}

func (m *moved) has(events []engine.Event, kind engine.EventKind) bool {
	for _, e := range events {
		if e.Kind == kind {
			return true
		}
	}
	return false
}

func (m *moved) send(timestamp uint32, key bool, data string) {
	m.t.Helper()
	frame := uint8(media.FrameInter)
	if key {
		frame = media.FrameKey
	}
	p := media.Packet{Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.AVC1, FrameType: frame, Timestamp: timestamp, Data: []byte(data)}
	if err := m.c.SendPacket(&p); err != nil {
		m.t.Fatal(err)
	}
	m.run()
}

// What an engine's peer publishes reaches the players of a hub: those of other engines, of servers, and the application.
func TestHubEngines(t *testing.T) {
	h, s := live(t, &HubOptions{ChunkSize: 777}, ServerOptions{})
	options := &ServerOptions{Hub: h}
	p := newMoved(t, options, false, "cam")
	if !p.c.Publishing() {
		t.Fatal("the hub did not accept")
	}
	p.c.SendMetadata(0, (&message.Metadata{Width: 64}).Value())
	p.send(40, true, "key")
	waitFor(t, "the frames", func() bool { return frames(h) == 2 })
	late := newMoved(t, options, true, "cam")
	remote := playFrom(t, s, "cam")
	p.send(80, false, "inter")
	late.until("frames", func() bool { return len(late.media()) == 2 })
	if got := fmt.Sprint(late.media()); got != "[40 key 80 inter]" {
		t.Fatal(got)
	}
	for _, want := range []string{"key", "inter"} {
		for {
			got, err := remote.NextPacket(5 * time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if got.Type == media.TypeVideo {
				if string(got.Data) != want {
					t.Fatalf("%q", got.Data)
				}
				got.Release()
				break
			}
			got.Release()
		}
	}
	if i := h.Streams()[0]; i.Publisher != "engine" || i.Players != 2 {
		t.Fatalf("%+v", i)
	}
	if second := newMoved(t, options, false, "cam"); second.c.Publishing() || !second.has(second.got, engine.EventRefused) {
		t.Fatal("a second publisher was let in")
	}
	if missing := newMoved(t, options, true, "none"); !missing.has(missing.got, engine.EventRefused) {
		t.Fatal("a stream that is not there is played")
	}

	// A player that pauses and goes on begins with a keyframe.
	late.got = nil
	late.c.Pause(true, 0)
	late.run()
	p.send(120, false, "unseen")
	late.c.Pause(false, 0)
	late.run()
	p.send(160, false, "undecodable")
	p.send(200, true, "key 2")
	late.until("a keyframe", func() bool { return len(late.media()) > 0 })
	if got := fmt.Sprint(late.media()); got != "[200 key 2]" {
		t.Fatal(got)
	}
	h.Close()
	late.until("the end", func() bool { return late.has(late.seen, engine.EventStreamEnd) })
	p.until("the end", func() bool { return p.has(p.seen, engine.EventStreamEnd) })
}

// An application that sees the requests decides which hub gets them, and what of it.
func TestHubEngineJoins(t *testing.T) {
	h, err := NewHub(&HubOptions{Takeover: TakeoverReplace})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	open := func(play bool, answer func(m *moved, r *engine.Request)) *moved {
		t.Helper()
		return newAnswered(t, &ServerOptions{AskPlay: true}, play, "cam", answer)
	}
	p := open(false, func(m *moved, r *engine.Request) { m.e.Join(h, r) })
	l := open(true, func(m *moved, r *engine.Request) { m.e.JoinMasked(h, r, hub.Mask{NoVideo: true}) })
	p.send(0, true, "video")
	p.c.SendPacket(&media.Packet{Type: media.TypeAudio, Kind: media.KindFrame, Codec: media.MP4A, Timestamp: 5, Data: []byte("audio")})
	p.run()
	l.until("audio", func() bool { return len(l.media()) == 1 })
	if got := fmt.Sprint(l.media()); got != "[5 audio]" {
		t.Fatal(got)
	}
	q := open(false, func(m *moved, r *engine.Request) { m.e.Join(h, r) })
	p.until("the takeover", func() bool { return p.has(p.seen, engine.EventStreamEnd) })
	q.c.SendPacket(&media.Packet{Type: media.TypeAudio, Kind: media.KindFrame, Codec: media.MP4A, Timestamp: 1000, Data: []byte("more")})
	q.run()
	l.until("more", func() bool { return len(l.media()) == 2 })

	// An engine that is closed leaves.
	l.mu.Lock()
	l.e.Close()
	l.mu.Unlock()
	if i := h.Streams()[0]; i.Players != 0 {
		t.Fatalf("%+v", i)
	}
}

// A player whose output is not taken loses video, and is given up in the end; one under SlowBlock holds its publisher up.
func TestHubEngineSlow(t *testing.T) {
	h, err := NewHub(&HubOptions{Player: hub.PlayerOptions{SoftBytes: 10_000, HardBytes: 40_000}, Cache: hub.CacheOptions{Policy: hub.CacheOff}})
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	options := &ServerOptions{Hub: h}
	p, l := newMoved(t, options, false, "cam"), newMoved(t, options, true, "cam")
	frame := string(make([]byte, 1000))
	for i := range 30 {
		p.send(uint32(i), i == 0, frame)
	}
	waitFor(t, "dropped frames", func() bool { return h.Statistics().Dropped > 10 })
	for i := range 60 { // audio flows, up to the hard bound
		p.c.SendPacket(&media.Packet{Type: media.TypeAudio, Kind: media.KindFrame, Codec: media.MP4A, Timestamp: uint32(i), Data: []byte(frame)})
		p.run()
	}
	waitFor(t, "the player's end", func() bool { return h.Statistics().Players == 0 })
	l.until("the end", func() bool { return l.e.Closing() })
	if !l.has(l.got, engine.EventRefused) {
		t.Error("the player does not know why")
	}
}

// publisherAndSlowPlayer returns two engines of a hub whose publisher waits for slow players.
func publisherAndSlowPlayer(t *testing.T) (publisher, player *moved) {
	h, err := NewHub(&HubOptions{Player: hub.PlayerOptions{Slow: hub.SlowBlock, SoftBytes: 10_000}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	options := &ServerOptions{Hub: h}
	return newMoved(t, options, false, "cam"), newMoved(t, options, true, "cam")
}

func TestHubEngineBlocks(t *testing.T) {
	p, l := publisherAndSlowPlayer(t)
	const size, count = 100_000, 40
	for i := range count {
		p.send(uint32(i), i == 0, string(make([]byte, size)))
	}
	if len(p.rest) == 0 {
		t.Fatal("the engine took everything")
	}
	p.mu.Lock()
	p.now = time.Hour // which is not the peer's fault
	_, due := p.e.Deadline()
	err := p.e.Advance(p.now)
	p.mu.Unlock()
	if due || err != nil {
		t.Fatal(due, err)
	}
	for timeout := time.After(20 * time.Second); len(l.media()) < count; l.run() {
		select {
		case <-l.news:
		case n := <-p.news:
			if n != HubEngineInput {
				t.Fatal(n)
			}
			p.run()
		case <-timeout:
			t.Fatalf("%d of %d", len(l.media()), count)
		}
	}
	if len(p.rest) != 0 || p.e.Err() != nil {
		t.Fatal(len(p.rest), p.e.Err())
	}
}

// A message with very many packets is gone through as fast as the hub takes them.
func TestHubEngineBlocksInAnAggregate(t *testing.T) {
	p, l := publisherAndSlowPlayer(t)
	const parts, count = 100, 100 * 256
	frame := tracksOfNothing()
	if err := p.c.SendMedia(message.TypeAggregate, 0, nil, aggregateOf(parts, frame)); err != nil {
		t.Fatal(err)
	}
	if p.run(); !p.e.Unfinished() {
		t.Fatal("the engine went through everything")
	}
	packets := func() (n int) {
		for _, e := range l.got {
			if e.Kind == engine.EventPacket {
				n++
			}
		}
		return n
	}
	for timeout := time.After(20 * time.Second); packets() < count; l.run() {
		select {
		case <-l.news:
		case <-p.news:
			p.run()
		case <-timeout:
			t.Fatalf("%d of %d", packets(), count)
		}
	}
	p.until("the end of the message", func() bool { return !p.e.Unfinished() })
	if p.e.Err() != nil {
		t.Fatal(p.e.Err())
	}
}

// Engines join and leave on many goroutines, closed and ended in the middle, while others publish and take over.
func TestHubEnginesComeAndGo(t *testing.T) {
	h, err := NewHub(&HubOptions{Takeover: TakeoverReplace, WaitForPublisher: true, Grace: -1, Player: hub.PlayerOptions{SoftBytes: 5000}})
	if err != nil {
		t.Fatal(err)
	}
	options := &ServerOptions{Hub: h}
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for round := range 30 {
				comeAndGo(t, options, n < 2, (n+round)%3)
			}
		}()
	}
	wg.Wait()
	waitFor(t, "every engine to leave", func() bool {
		s := h.Statistics()
		return s.Players == 0 && s.Publishers == 0
	})
	h.Close()
}

// comeAndGo publishes or plays through an engine for a while, and then ends in one of three ways.
func comeAndGo(t *testing.T, options *ServerOptions, publish bool, end int) {
	m := newMoved(t, options, !publish, "cam")
	frame := string(make([]byte, 1000))
	for i := range 20 {
		if publish && m.c.Publishing() && !m.e.Closing() {
			m.send(uint32(i), i%5 == 0, frame)
		}
		if i%4 == end { // the others lag behind
			m.run()
		}
	}
	m.mu.Lock()
	switch end {
	case 0:
		m.c.End()
	case 1:
		m.e.End()
	}
	m.mu.Unlock()
	if end == 0 {
		m.run()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.e.Close()
	m.c.Close()
}
