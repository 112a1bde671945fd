package rtmp

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// soon lets relays try again at once.
func soon() *RelayOptions {
	return &RelayOptions{RetryMin: 20 * time.Millisecond, RetryMax: 100 * time.Millisecond, IdleAfter: 50 * time.Millisecond}
}

// reaches waits until a relay is in a state.
func reaches(t testing.TB, r *Relay, state RelayState) {
	t.Helper()
	waitFor(t, "the relay to be "+state.String(), func() bool { return r.Statistics().State == state })
}

// broadcast publishes a numbered stream with metadata and headers into a hub: video, with a keyframe every gop frames, and
// audio. It returns how to end it.
func broadcast(t testing.TB, h *Hub, name string, gop int) (stop func()) {
	t.Helper()
	p, err := h.Publish("live", name)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Add(1)
	go func() {
		defer ended.Done()
		defer p.Close()
		p.SendMetadata(&message.Metadata{Width: 320}, time.Second)
		p.Send(media.TypeVideo, 0, []byte{0x17, 0, 0, 0, 0, 1, 2, 3, 4}, time.Second)
		p.Send(media.TypeAudio, 0, []byte{0xAF, 0, 0x12, 0x10}, time.Second)
		for n := 0; ; n++ {
			frame := append([]byte{0x27, 1, 0, 0, 0}, numbered(n, 1000)...)
			if n%gop == 0 {
				frame[0] = 0x17
			}
			if p.Send(media.TypeVideo, uint32(n*5), frame, time.Second) != nil ||
				p.Send(media.TypeAudio, uint32(n*5), append([]byte{0xAF, 1}, numbered(n, 10)...), time.Second) != nil {
				return
			}
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return sync.OnceFunc(func() { close(done); ended.Wait() })
}

// received is what one connection of a relay brought: the video frames' numbers, in order.
type heard struct {
	metadata, headers bool // came before the first frame
	keyframe          bool // the first frame is one
	frames            []int
	err               error
}

// hear takes a stream until it has n frames, or ends.
func hear(next func(time.Duration) (media.Packet, error), n int) (g heard) {
	video, audio := false, false
	for len(g.frames) < n {
		p, err := next(10 * time.Second)
		if err != nil {
			g.err = err
			break
		}
		switch {
		case p.Kind == media.KindMetadata:
			g.metadata = g.metadata || len(g.frames) == 0
		case p.Kind == media.KindSequenceHeader && p.Type == media.TypeVideo:
			video = true
		case p.Kind == media.KindSequenceHeader:
			audio = true
		case p.Type == media.TypeVideo:
			if len(g.frames) == 0 {
				g.keyframe, g.headers = p.Keyframe(), video && audio
			}
			g.frames = append(g.frames, int(binary.BigEndian.Uint64(p.Data)))
		}
		p.Release()
	}
	return g
}

func (g *heard) check(t testing.TB, gop int) {
	t.Helper()
	if !g.metadata || !g.headers || !g.keyframe || g.frames[0]%gop != 0 {
		t.Errorf("metadata %v, headers %v, keyframe %v, first frame %v", g.metadata, g.headers, g.keyframe, g.frames[:1])
	}
	for i := range g.frames {
		if g.frames[i] != g.frames[0]+i {
			t.Fatalf("frame %d follows %d", g.frames[i], g.frames[i-1])
		}
	}
}

func newTestHub(t testing.TB, o *HubOptions) *Hub {
	t.Helper()
	h, err := NewHub(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// A126: a push begins with its publisher and ends with it; the target gets everything from the last keyframe on.
func TestPush(t *testing.T) {
	target := bind(t, nil)
	h := newTestHub(t, &HubOptions{Grace: -1})
	r, err := h.Push("live", "here", "rtmp://"+target.Addr()+"/other/there", soon())
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Statistics(); s.State != RelayIdle || s.Pull || s.App != "live" || s.Name != "here" || s.URL != "rtmp://"+target.Addr()+"/other/there" {
		t.Fatalf("%+v", s)
	}
	for turn := range 2 {
		stop := broadcast(t, h, "here", 10)
		session := accept(t, target)
		if session.App() != "other" || session.StreamName() != "there" {
			t.Fatalf("%q %q", session.App(), session.StreamName())
		}
		g := hear(session.NextPacket, 50)
		g.check(t, 10)
		s := r.Statistics()
		if s.State != RelayRunning || s.Connections != uint64(turn+1) || s.Stream.Video < 50 || s.Stream.Bytes < 50*1000 || s.Err != nil || s.Retries != 0 || s.Dropped != 0 {
			t.Errorf("%+v", s)
		}
		stop()
		if g := hear(session.NextPacket, 1<<30); g.err.Error() != "EOF" {
			t.Error(g.err)
		}
		session.Close()
		reaches(t, r, RelayIdle)
	}
	for _, want := range []RelayState{RelayConnecting, RelayRunning, RelayIdle, RelayConnecting, RelayRunning, RelayIdle} {
		if e, err := r.NextEvent(5 * time.Second); err != nil || e.State != want || e.Err != nil {
			t.Fatalf("%+v %v, want %v", e, err, want)
		}
	}
	if len(h.Relays()) != 1 || h.Relays()[0] != r {
		t.Error(h.Relays())
	}
	r.Close()
	if e, err := r.NextEvent(0); err != nil || e.State != RelayClosed {
		t.Errorf("%+v %v", e, err)
	}
	if _, err := r.NextEvent(-1); err != ErrClosed {
		t.Error(err)
	}
	if s := r.Statistics(); s.State != RelayClosed || s.Connections != 2 || s.Stream.Video < 100 || len(h.Relays()) != 0 {
		t.Errorf("%+v", s)
	}
}

// A126: the target is restarted: the push comes back with metadata and headers at a keyframe, with at most one GOP lost;
// other targets see nothing of it.
func TestPushTargetRestarts(t *testing.T) {
	const gop = 20
	ca := newAuthority(t)
	own := ca.issue(t, nil, "127.0.0.1")
	for _, c := range []struct {
		name   string
		scheme string
		cache  hub.CachePolicy
	}{{"rtmp", "rtmp://", CacheGOP}, {"rtmps", "rtmps://", CacheGOP}, {"without a cache", "rtmp://", CacheOff}} {
		t.Run(c.name, func(t *testing.T) {
			serve := func(address string) (s *Server) {
				waitFor(t, "the address to be free", func() (ok bool) {
					var err error
					s, err = Bind(c.scheme+address, &ServerOptions{TLS: own})
					return err == nil
				})
				t.Cleanup(func() { s.Close() })
				return s
			}
			target := serve("127.0.0.1:0")
			other := bind(t, nil)
			h := newTestHub(t, &HubOptions{Cache: hub.CacheOptions{Policy: c.cache}})
			defer broadcast(t, h, "key", gop)()
			o := soon()
			o.Client.TLS = &TLSOptions{CAPEM: ca.pem}
			address, _ := cutScheme(target.Addr())
			r, err := h.Push("live", "key", c.scheme+address+"/live/key", o)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.Push("live", "key", "rtmp://"+other.Addr()+"/live/key", soon()); err != nil {
				t.Fatal(err)
			}
			undisturbed := make(chan heard)
			bystander := accept(t, other)
			go func() { undisturbed <- hear(bystander.NextPacket, 200) }()

			before := hear(accept(t, target).NextPacket, 50)
			target.Close()
			reaches(t, r, RelayWaiting)
			if err := r.Statistics().Err; err == nil {
				t.Error("nobody knows why")
			}
			restarted := serve(address)
			session := accept(t, restarted)
			after := hear(session.NextPacket, 50)
			before.check(t, gop)
			after.check(t, gop)
			last := before.frames[len(before.frames)-1]
			t.Logf("last frame before %d, first one after %d; %d retries", last, after.frames[0], r.Statistics().Retries)
			if r.Statistics().Connections != 2 || r.Statistics().Retries == 0 {
				t.Errorf("%+v", r.Statistics())
			}
			all := <-undisturbed
			all.check(t, gop)
		})
	}
}

// What is lost is what came while nobody was there: with a cache the next connection begins at or before the keyframe that
// preceded it.
func TestPushLosesAtMostOneGOP(t *testing.T) {
	const gop = 10
	target := bind(t, nil)
	h := newTestHub(t, nil)
	p, err := h.Publish("live", "key")
	if err != nil {
		t.Fatal(err)
	}
	send := func(n int) {
		t.Helper()
		frame := append([]byte{0x27, 1, 0, 0, 0}, numbered(n, 100)...)
		if n%gop == 0 {
			frame[0] = 0x17
		}
		if err := p.Send(media.TypeVideo, uint32(n*40), frame, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	r, err := h.Push("live", "key", "rtmp://"+target.Addr()+"/live/key", soon())
	if err != nil {
		t.Fatal(err)
	}
	session := accept(t, target)
	reaches(t, r, RelayRunning)
	for n := range 25 {
		send(n)
	}
	if g := hear(session.NextPacket, 25); g.frames[0] != 0 || g.frames[24] != 24 {
		t.Fatal(g.frames, g.err)
	}
	session.conn.link.shut(&Error{Err: errors.New("cut")})
	session = accept(t, target)
	waitFor(t, "the second connection", func() bool { return r.Statistics().Connections == 2 })
	for n := 25; n < 28; n++ {
		send(n)
	}
	if g := hear(session.NextPacket, 8); g.frames[0] != 20 || g.frames[7] != 27 || !g.keyframe {
		t.Fatal(g.frames)
	}
}

// A target that does not read loses video up to a keyframe, costs what is configured, and holds up nobody; when it reads
// again it goes on at a keyframe.
func TestPushTargetIsSlow(t *testing.T) {
	const gop = 10
	target := bind(t, &ServerOptions{Limits: Limits{QueueBytes: 64 << 10}})
	h := newTestHub(t, &HubOptions{Player: hub.PlayerOptions{SoftBytes: 128 << 10, HardBytes: 64 << 20}})
	p, err := h.Publish("live", "key")
	if err != nil {
		t.Fatal(err)
	}
	o := soon()
	o.Client.OutputBytes = 64 << 10
	o.Client.Timeouts.Write = time.Minute
	r, err := h.Push("live", "key", "rtmp://"+target.Addr()+"/live/key", o)
	if err != nil {
		t.Fatal(err)
	}
	frame := make([]byte, 40000)
	n := 0
	send := func() {
		t.Helper()
		b := append([]byte{0x27, 1, 0, 0, 0}, frame...)
		if n%gop == 0 {
			b[0] = 0x17
		}
		binary.BigEndian.PutUint64(b[5:], uint64(n))
		if err := p.Send(media.TypeVideo, uint32(n*40), b, 5*time.Second); err != nil {
			t.Fatal(err)
		}
		n++
	}
	send()
	session := accept(t, target)
	for r.Statistics().Dropped < 50 {
		if send(); n > 5000 {
			t.Fatalf("nothing is dropped: %+v", r.Statistics())
		}
		time.Sleep(time.Millisecond)
	}
	if s := r.Statistics(); s.Stream.Queued > 1<<20 || s.State != RelayRunning {
		t.Fatalf("%+v", s)
	}
	gaps := 0
	for last := -1; gaps == 0 || last < n-gop; {
		q, err := session.NextPacket(50 * time.Millisecond)
		if err == ErrTimeout {
			send()
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if q.Type == media.TypeVideo && q.Kind == media.KindFrame {
			number := int(binary.BigEndian.Uint64(q.Data))
			if last >= 0 && number != last+1 {
				if gaps++; !q.Keyframe() {
					t.Fatalf("frame %d follows %d and is no keyframe", number, last)
				}
			}
			last = number
		}
		q.Release()
	}
	if gaps == 0 {
		t.Error("nothing was dropped")
	}
}

// A relay whose target takes nothing is closed within its Linger.
func TestPushCloseWhileStuck(t *testing.T) {
	target := bind(t, &ServerOptions{Limits: Limits{QueueBytes: 1}})
	h := newTestHub(t, nil)
	defer broadcast(t, h, "key", 10)()
	o := soon()
	o.Client.OutputBytes, o.Client.Linger = 1, 100*time.Millisecond
	o.Client.Timeouts.Write = time.Minute
	r, err := h.Push("live", "key", "rtmp://"+target.Addr()+"/live/key", o)
	if err != nil {
		t.Fatal(err)
	}
	accept(t, target)
	time.Sleep(200 * time.Millisecond)
	begun := time.Now()
	if r.Close(); time.Since(begun) > 100*time.Millisecond+grace() {
		t.Errorf("took %v", time.Since(begun))
	}
}

// A126: a pull is there always; when its source comes back the players are still there, see headers, a keyframe and
// timestamps that go on.
func TestPull(t *testing.T) {
	const gop = 10
	origin, source := live(t, &HubOptions{Grace: -1}, ServerOptions{})
	stop := broadcast(t, origin, "there", gop)
	edge, server := live(t, nil, ServerOptions{})
	r, err := edge.Pull("live", "here", "rtmp://"+source.Addr()+"/live/there", soon())
	if err != nil {
		t.Fatal(err)
	}
	reaches(t, r, RelayRunning)
	player := playFrom(t, server, "here")
	var last uint32
	next := func(timeout time.Duration) (media.Packet, error) {
		p, err := player.NextPacket(timeout)
		if err == nil && p.Type == media.TypeVideo && p.Kind == media.KindFrame {
			if p.Timestamp < last {
				t.Errorf("timestamp %d after %d", p.Timestamp, last)
			}
			last = p.Timestamp
		}
		return p, err
	}
	first := hear(next, 30)
	first.check(t, gop)
	stop()
	reaches(t, r, RelayWaiting)
	stop = broadcast(t, origin, "there", gop)
	defer stop()
	reaches(t, r, RelayRunning)
	for { // what was on its way
		p, err := next(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		begins := p.Kind == media.KindSequenceHeader && p.Type == media.TypeVideo
		p.Release()
		if begins {
			break
		}
	}
	second := hear(next, 30)
	if !second.keyframe || second.frames[0]%gop != 0 {
		t.Errorf("%+v", second)
	}
	if s := r.Statistics(); s.Connections != 2 || s.Stream.Video == 0 || !s.Pull {
		t.Errorf("%+v", s)
	}
	if s := edge.Streams(); len(s) != 1 || s[0].Publisher != source.Addr() {
		t.Errorf("%+v", s)
	}
}

// A push brings what a publisher has set to be kept so that the other server keeps it too, until it is cleared.
func TestPushOfDataFrames(t *testing.T) {
	far, server := live(t, nil, ServerOptions{})
	h := newTestHub(t, nil)
	p, err := h.Publish("live", "cam")
	if err != nil {
		t.Fatal(err)
	}
	set := func(handler string) {
		t.Helper()
		if err := p.SetDataFrame(handler, []amf.Value{amf.Number(1)}, time.Second); err != nil {
			t.Fatal(err)
		}
	}
	set("onEarly")
	if _, err := h.Push("live", "cam", "rtmp://"+server.Addr()+"/live/there", soon()); err != nil {
		t.Fatal(err)
	}
	keeps := func(want ...string) {
		t.Helper()
		waitFor(t, fmt.Sprint(want), func() bool {
			frames, _ := far.DataFrames("live", "there")
			var got []string
			for _, f := range frames {
				got = append(got, f.Handler)
			}
			return slices.Equal(got, want)
		})
	}
	keeps("onEarly")
	set("onMetaData")
	set("onLate")
	keeps("onEarly", "onMetaData", "onLate")
	if err := p.Send(media.TypeData, 0, message.AppendData(nil, message.Data{Handler: "onText", Values: []amf.Value{amf.Number(1)}}), time.Second); err != nil {
		t.Fatal(err)
	}
	if err := p.ClearDataFrame("onEarly", time.Second); err != nil {
		t.Fatal(err)
	}
	keeps("onMetaData", "onLate")
}

// The end of a pulled stream comes after all that was sent before it, also where players take it slowly.
func TestPullDeliversTheEnd(t *testing.T) {
	const frames = 200
	origin, source := live(t, &HubOptions{Grace: -1}, ServerOptions{})
	p, err := origin.Publish("live", "there")
	if err != nil {
		t.Fatal(err)
	}
	send := func(n int) {
		t.Helper()
		frame := append([]byte{0x17, 1, 0, 0, 0}, numbered(n, 3000)...)
		if err := p.Send(media.TypeVideo, uint32(n), frame, 5*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	send(0)
	edge := newTestHub(t, &HubOptions{WaitForPublisher: true, Player: hub.PlayerOptions{Slow: hub.SlowBlock, SoftBytes: 16 << 10}})
	player, err := edge.Subscribe("live", "here", hub.Mask{})
	if err != nil {
		t.Fatal(err)
	}
	defer player.Close()
	r, err := edge.Pull("live", "here", "rtmp://"+source.Addr()+"/live/there", soon())
	if err != nil {
		t.Fatal(err)
	}
	reaches(t, r, RelayRunning)
	for n := 1; n < frames; n++ {
		send(n)
	}
	p.Close()
	waitFor(t, "all to arrive", func() bool { return r.Statistics().Stream.Video == frames })
	time.Sleep(100 * time.Millisecond) // for the end to be noticed
	if g := hear(player.NextPacket, frames); len(g.frames) != frames || g.frames[frames-1] != frames-1 {
		t.Fatalf("%d frames of %d: %v", len(g.frames), frames, g.err)
	}
	reaches(t, r, RelayWaiting)
	if err := r.Statistics().Err; !errors.Is(err, io.EOF) {
		t.Error(err)
	}
}

// A126: a pull on demand begins with the first player, serves further ones by the same connection, and ends after the last.
func TestPullOnDemand(t *testing.T) {
	const gop = 10
	origin, source := live(t, nil, ServerOptions{})
	defer broadcast(t, origin, "there", gop)()
	edge, server := live(t, nil, ServerOptions{})
	o := soon()
	o.OnDemand = true
	r, err := edge.Pull("live", "here", "rtmp://"+source.Addr()+"/live/there", o)
	if err != nil {
		t.Fatal(err)
	}
	for turn := range 3 {
		time.Sleep(20 * time.Millisecond)
		if s := r.Statistics(); s.State != RelayIdle || source.Connections() != 0 || len(edge.Streams()) != 0 {
			t.Fatalf("turn %d: %+v, %d connections, %v", turn, s, source.Connections(), edge.Streams())
		}
		first := playFrom(t, server, "here")
		g := hear(first.NextPacket, 20)
		g.check(t, gop)
		second := playFrom(t, server, "here")
		g = hear(second.NextPacket, 20)
		g.check(t, gop)
		first.Close()
		time.Sleep(4 * o.IdleAfter)
		if s := r.Statistics(); s.State != RelayRunning || s.Connections != uint64(turn+1) || source.Connections() != 1 {
			t.Fatalf("turn %d: %+v, %d connections", turn, s, source.Connections())
		}
		if turn == 1 { // the application may be the player
			s, err := edge.Subscribe("live", "here", hub.Mask{})
			if err != nil {
				t.Fatal(err)
			}
			second.Close()
			time.Sleep(4 * o.IdleAfter)
			g = hear(s.NextPacket, 20)
			g.check(t, gop)
			s.Close()
		}
		second.Close()
		reaches(t, r, RelayIdle)
		waitFor(t, "the connection to end", func() bool { return source.Connections() == 0 })
	}
}

// Who waits for a stream on demand whose source is not there is told so in the end, and a later player makes no attempt of
// its own before the relay's shortest wait is over.
func TestPullOnDemandWithoutSource(t *testing.T) {
	_, source := live(t, nil, ServerOptions{})
	edge, server := live(t, &HubOptions{Grace: 300 * time.Millisecond}, ServerOptions{})
	o := soon()
	o.OnDemand, o.RetryMin, o.RetryMax = true, 10*time.Second, 10*time.Second
	r, err := edge.Pull("live", "here", "rtmp://"+source.Addr()+"/live/nobody", o)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		player := playFrom(t, server, "here")
		begun := time.Now()
		if g := hear(player.NextPacket, 1); g.err != io.EOF || time.Since(begun) > o.RetryMin/2 {
			t.Fatalf("%v after %v", g.err, time.Since(begun))
		}
		player.Close()
		var status *StatusError
		if s := r.Statistics(); s.State != RelayWaiting || s.Connections != 0 || s.Retries != 0 || !errors.As(s.Err, &status) || status.Code != message.CodePlayStreamNotFound {
			t.Errorf("%+v", s)
		}
	}
}

// A pull gives way to a publisher, and comes back after it.
func TestPullGivesWay(t *testing.T) {
	origin, source := live(t, nil, ServerOptions{})
	defer broadcast(t, origin, "there", 10)()
	edge, server := live(t, &HubOptions{Takeover: TakeoverReplace}, ServerOptions{})
	r, err := edge.Pull("live", "here", "rtmp://"+source.Addr()+"/live/there", soon())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		reaches(t, r, RelayRunning)
		c := publishTo(t, server, "here")
		reaches(t, r, RelayIdle)
		if source.Connections() != 0 && r.Statistics().State != RelayIdle {
			t.Error("it plays what nobody takes")
		}
		c.Close()
	}
	reaches(t, r, RelayRunning)
}

// Failures in a row make a relay wait longer each time, within its bounds, and at random; it gives up when it is told to.
func TestRelayBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, err := NewHub(nil)
		if err != nil {
			t.Fatal(err)
		}
		var attempts []time.Time
		refused := errors.New("refused")
		r, err := h.Pull("live", "key", "rtmp://host.invalid/live/key", &RelayOptions{
			RetryMin: time.Second, RetryMax: 20 * time.Second, Attempts: 60,
			Client: ClientOptions{Dial: func(context.Context, string, string) (net.Conn, error) {
				attempts = append(attempts, time.Now())
				return nil, refused
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		<-r.done
		if len(attempts) != 60 {
			t.Fatalf("%d attempts", len(attempts))
		}
		bound, same := time.Second, 0
		for i := 1; i < len(attempts); i++ {
			waited := attempts[i].Sub(attempts[i-1])
			if waited < bound/2 || waited > bound {
				t.Errorf("waited %v before attempt %d, want %v to %v", waited, i, bound/2, bound)
			}
			if i > 1 && waited == attempts[i-1].Sub(attempts[i-2]) {
				same++
			}
			bound = min(2*bound, 20*time.Second)
		}
		if same > 2 {
			t.Errorf("%d waits are no different from those before", same)
		}
		s := r.Statistics()
		if s.State != RelayClosed || !errors.Is(s.Err, refused) || s.Retries != 59 || s.Connections != 0 {
			t.Errorf("%+v", s)
		}
		var e *Error
		if !errors.As(s.Err, &e) || e.Phase != engine.PhaseTCP {
			t.Error(s.Err)
		}
		h.Close()
	})
}

// A player that comes while a pull on demand waits after many failures does not wait for that to be over; however many
// come, attempts are as far apart as after a first failure.
func TestPullOnDemandTriesForWhoComes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, err := NewHub(&HubOptions{Grace: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		attempts := make(chan time.Time, 1000)
		const least = 2 * time.Second
		_, err = h.Pull("live", "key", "rtmp://host.invalid/live/key", &RelayOptions{
			OnDemand: true, RetryMin: least, RetryMax: time.Hour,
			Client: ClientOptions{Dial: func(context.Context, string, string) (net.Conn, error) {
				attempts <- time.Now()
				return nil, errors.New("refused")
			}},
		})
		if err != nil {
			t.Fatal(err)
		}
		come := func() {
			t.Helper()
			if _, err := h.Subscribe("live", "key", hub.Mask{}); err != nil {
				t.Fatal(err)
			}
		}
		come()
		for range 8 { // the next one is minutes away
			<-attempts
		}
		time.Sleep(least)
		begun := time.Now()
		come()
		last := <-attempts
		if waited := last.Sub(begun); waited != 0 {
			t.Errorf("the attempt for who comes is %v later", waited)
		}
		for range 100 {
			come()
			time.Sleep(least / 10)
		}
		n := 0
		for ; len(attempts) > 0; n++ {
			at := <-attempts
			if passed := at.Sub(last); passed < least/2 {
				t.Errorf("two attempts within %v", passed)
			}
			last = at
		}
		if n < 9 || n > 20 {
			t.Errorf("%d attempts for players of 10 times the shortest wait", n)
		}
		h.Close()
	})
}

// What a target says when it refuses is known, and it is asked again.
func TestPushIsRefused(t *testing.T) {
	target := bind(t, nil)
	h := newTestHub(t, nil)
	defer broadcast(t, h, "key", 10)()
	r, err := h.Push("live", "key", "rtmp://"+target.Addr()+"/live/key", soon())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		request, err := target.Accept(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		request.Reject("", "not you")
	}
	var status *StatusError
	waitFor(t, "the refusal", func() bool { return errors.As(r.Statistics().Err, &status) })
	if status.Description != "not you" {
		t.Error(status)
	}
	accept(t, target)
	reaches(t, r, RelayRunning)
	if err := r.Statistics().Err; err != nil {
		t.Error(err)
	}
}

func TestRelayOptionsAreChecked(t *testing.T) {
	h := newTestHub(t, nil)
	for _, c := range []struct {
		url string
		o   *RelayOptions
	}{
		{"http://host/live/key", nil},
		{"rtmp://host/live/key", &RelayOptions{OnDemand: true}},
		{"rtmp://host/live/key", &RelayOptions{Client: ClientOptions{ChunkSize: 1 << 20}}},
		{"rtmps://host/live/key", &RelayOptions{Client: ClientOptions{TLS: &TLSOptions{CAFile: "/nonexistent"}}}},
	} {
		if _, err := h.Push("live", "key", c.url, c.o); err == nil {
			t.Errorf("%s %+v is taken", c.url, c.o)
		}
	}
	h.Close()
	if _, err := h.Pull("live", "key", "rtmp://host/live/key", nil); err != ErrClosed {
		t.Error(err)
	}
	if n := len(h.Relays()); n != 0 {
		t.Errorf("%d relays are left", n)
	}
}

// Relays that are closed in every state, by themselves or with their hub, leave no goroutine, no connection, no memory.
func TestRelaysLeaveNothing(t *testing.T) {
	goroutines := runtime.NumGoroutine()
	memory, h, s := strained(t, HubOptions{})
	far := &buffer.HeapAllocator{}
	target, err := NewHub(nil)
	if err != nil {
		t.Fatal(err)
	}
	target.alloc = far
	there, err := Bind("127.0.0.1:0", &ServerOptions{Hub: target, Allocator: far, Linger: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	deaf, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stop := broadcast(t, h, "key", 10)
	stopThere := broadcast(t, target, "far", 10)
	urls := []string{"rtmp://" + there.Addr() + "/live/", "rtmp://" + deaf.Addr().String() + "/live/", "rtmp://127.0.0.1:1/live/"}
	for round := range 60 {
		o := soon()
		o.Client.Linger = 50 * time.Millisecond
		var relays []*Relay
		for i, url := range urls {
			push, err := h.Push("live", "key", fmt.Sprintf("%s%d-%d", url, round, i), o)
			if err != nil {
				t.Fatal(err)
			}
			pull, err := h.Pull("live", fmt.Sprintf("%d-%d", round, i), url+"far", o)
			if err != nil {
				t.Fatal(err)
			}
			relays = append(relays, push, pull)
		}
		time.Sleep(time.Duration(round) * time.Millisecond / 2)
		if round%10 == 9 {
			continue // the hub closes these
		}
		var closed sync.WaitGroup
		for _, r := range relays {
			closed.Add(1)
			go func() { defer closed.Done(); r.Close() }()
		}
		closed.Wait()
	}
	begun := time.Now()
	h.Close()
	if took := time.Since(begun); took > grace() {
		t.Errorf("closing the hub took %v", took)
	}
	if n := len(h.Relays()); n != 0 {
		t.Errorf("%d relays are left", n)
	}
	stop()
	stopThere()
	deaf.Close()
	nothingLeft(t, far, target, there, 1<<30)
	nothingLeft(t, memory, h, s, goroutines)
}
