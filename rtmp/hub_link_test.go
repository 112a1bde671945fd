package rtmp

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"oxrtmp/rtmp/media"
)

// mutable is a proxy in front of a server whose links can go mute: nothing passes any more, and nobody is told.
type mutable struct {
	listener net.Listener
	mu       sync.Mutex
	gate     *sync.Cond
	mute     bool
	conns    []net.Conn
}

func newMutable(t testing.TB, to string) *mutable {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m := &mutable{listener: l}
	m.gate = sync.NewCond(&m.mu)
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", to)
			if err != nil {
				near.Close()
				return
			}
			m.mu.Lock()
			m.conns = append(m.conns, near, far)
			m.mu.Unlock()
			go m.pass(near, far)
			go m.pass(far, near)
		}
	}()
	t.Cleanup(func() {
		l.Close()
		m.set(false)
		for _, c := range m.conns {
			c.Close()
		}
	})
	return m
}

// pass forwards what is read, unless the link is mute by then: then it is gone, the end of the connection too.
func (m *mutable) pass(from, to net.Conn) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		m.mu.Lock()
		mute := m.mute
		m.mu.Unlock()
		if mute {
			return
		}
		if n > 0 {
			to.Write(buf[:n])
		}
		if err != nil {
			to.Close()
			return
		}
	}
}

func (m *mutable) set(mute bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mute = mute
}

// C7: a publisher's link goes mute, without a FIN, and it comes back under the same name by another link. Under every
// policy that lets it, and within the grace period once its old connection was given up, the players stay: they get the
// headers, a keyframe, and time goes on.
func TestHubPublisherComesBackFromAMuteLink(t *testing.T) {
	for _, c := range []struct {
		name    string
		hub     HubOptions
		idle    time.Duration
		retries bool // the newcomer is refused until the old one is given up
	}{
		{"replace", HubOptions{Takeover: TakeoverReplace}, 0, false},
		{"replace if silent", HubOptions{Takeover: TakeoverIfSilent, SilentAfter: 300 * time.Millisecond}, 0, true},
		{"reject, and the grace period", HubOptions{Grace: time.Minute}, 700 * time.Millisecond, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, s := live(t, &c.hub, ServerOptions{Timeouts: Timeouts{Idle: c.idle}})
			players := bind(t, &ServerOptions{Hub: h}) // with the usual deadlines
			proxy := newMutable(t, s.Addr())
			publish := func(address string) (*Client, error) {
				return Publish(context.Background(), "rtmp://"+address+"/live/cam", &ClientOptions{Linger: time.Millisecond})
			}
			old, err := publish(proxy.listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer old.Close()
			old.SendVideoSequenceHeader([]byte{1})
			old.SendVideo(700000, true, numbered(1, 8))
			waitFor(t, "the stream", func() bool { return frames(h) == 2 })
			player := playFrom(t, players, "cam")
			f := nextVideo(t, player)
			last := f.Timestamp
			f.Release()
			proxy.set(true)
			old.SendVideo(700040, false, numbered(2, 8)) // nobody gets it
			comeback, err := publish(s.Addr())
			for deadline := time.Now().Add(20 * time.Second); err != nil && c.retries && time.Now().Before(deadline); comeback, err = publish(s.Addr()) {
				time.Sleep(20 * time.Millisecond)
			}
			if err != nil {
				t.Fatal(err)
			}
			defer comeback.Close()
			comeback.SendVideo(0, false, numbered(3, 8)) // cannot be decoded
			comeback.SendVideoSequenceHeader([]byte{2})
			comeback.SendAudioSequenceHeader([]byte{0x12, 0x10})
			for i := range 10 {
				comeback.SendAudio(uint32(i*40), numbered(i, 8))
				comeback.SendVideo(uint32(i*40), i == 1, numbered(10+i, 8))
			}
			var kinds []media.Kind
			decodable := false
			for video := 0; video < 9; {
				p, err := player.NextPacket(10 * time.Second)
				if err != nil {
					t.Fatalf("the player did not stay: %v", err)
				}
				if int32(p.Timestamp-last) < 0 {
					t.Errorf("time goes back from %d to %d", last, p.Timestamp)
				}
				if int32(p.Timestamp-last) > 60000 {
					t.Errorf("time jumps from %d to %d", last, p.Timestamp)
				}
				last = p.Timestamp
				if p.Type == media.TypeVideo {
					kinds = append(kinds, p.Kind)
					decodable = decodable || p.Kind == media.KindFrame && p.Keyframe()
					if n := binary.BigEndian.Uint64(append(p.Data, make([]byte, 8)...)); p.Kind == media.KindFrame && n != uint64(11+video) {
						t.Fatalf("frame %d", n)
					}
					if p.Kind == media.KindFrame {
						video++
						if !decodable {
							t.Error("a frame before the keyframe")
						}
					}
				}
				p.Release()
			}
			if kinds[0] != media.KindSequenceHeader {
				t.Errorf("%v first, want the header", kinds[0])
			}
			if i := h.Streams(); len(i) != 1 || i[0].Players != 1 {
				t.Errorf("%+v", i)
			}
		})
	}
}

// A player that says nothing at all, no acknowledgement, no answer to a ping, but takes what it gets, stays as long as
// there is something to take.
func TestHubSilentPlayerLives(t *testing.T) {
	h, err := NewHub(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	const idle = time.Second
	s := bind(t, &ServerOptions{Hub: h, Timeouts: Timeouts{Idle: idle}})
	publisher := bind(t, &ServerOptions{Hub: h})
	c := publishTo(t, publisher, "cam")
	c.SendVideo(0, true, []byte{1})
	waitFor(t, "the stream", func() bool { return frames(h) == 1 })
	p := newPlainPeer(t, s.Addr())
	p.command(1, playCommand("cam"))
	stop := make(chan struct{})
	go func() {
		for n := uint32(1); ; n++ {
			select {
			case <-stop:
				return
			case <-time.After(10 * time.Millisecond):
				c.SendVideo(n*10, true, []byte{1})
			}
		}
	}()
	p.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for begun := time.Now(); time.Since(begun) < 4*idle; {
		if _, err := p.next(); err != nil {
			t.Fatalf("ended after %v: %v", time.Since(begun), err)
		}
	}
	close(stop)
	for { // without anything to take its silence counts
		if _, err := p.next(); err != nil {
			if err != io.EOF && !isReset(err) {
				t.Errorf("a silent player of a silent stream: %v", err)
			}
			return
		}
	}
}
