package rtmp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"log/slog"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// collect takes a session's packets until it ends: the numbers of its frames, and what came before the first.
func collect(s *Session) (before []media.Kind, frames []uint64, firstIsKey bool) {
	for {
		p, err := s.NextPacket(20 * time.Second)
		if err != nil {
			return before, frames, firstIsKey
		}
		if p.Kind == media.KindFrame && p.Type == media.TypeVideo {
			if len(frames) == 0 {
				firstIsKey = p.Keyframe()
			}
			frames = append(frames, binary.BigEndian.Uint64(p.Data))
		} else if len(frames) == 0 {
			before = append(before, p.Kind)
		}
		p.Release()
	}
}

// A164, C23: a server asks its publishers to go elsewhere. Ours makes the connection, goes on to the next keyframe, and
// continues there with metadata, headers and that keyframe: no frame is lost, none comes twice.
func TestClientFollowsReconnect(t *testing.T) {
	first, second := bind(t, nil), bind(t, nil)
	client, session := published(t, first, &ClientOptions{FollowReconnects: true})
	type part struct {
		before []media.Kind
		frames []uint64
		key    bool
	}
	parts := make(chan part, 2)
	go func() {
		b, f, k := collect(session)
		parts <- part{b, f, k}
		r, err := second.Accept(20 * time.Second)
		if err != nil {
			parts <- part{}
			return
		}
		if r.StreamName() != "key" || r.Query() != "a=1" {
			t.Errorf("the other server is asked for %q, %q", r.StreamName(), r.Query())
		}
		s, _ := r.Accept()
		b, f, k = collect(s)
		parts <- part{b, f, k}
	}()
	client.SendMetadata(&message.Metadata{Width: 640})
	client.SendVideoSequenceHeader([]byte{1, 77, 64, 10, 0xFF, 0xE0, 0})
	client.SendAudioSequenceHeader([]byte{0x12, 0x10})
	const frames, gop = 300, 10
	for i := range uint64(frames) {
		if i == 105 {
			if n := first.RequestReconnect("rtmp://"+second.Addr()+"/live", "draining"); n != 1 {
				t.Fatalf("%d clients were asked", n)
			}
			for e := (ClientEvent{}); e.Kind != ClientReconnect; {
				var err error
				if e, err = client.NextEvent(10 * time.Second); err != nil {
					t.Fatal(err)
				}
			}
		}
		if i > 105 {
			time.Sleep(2 * time.Millisecond) // as an encoder would
		}
		if err := client.SendVideo(uint32(i*10), i%gop == 0, binary.BigEndian.AppendUint64(nil, i)); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
	client.Close()
	a, b := <-parts, <-parts
	if len(a.frames) == 0 || len(b.frames) == 0 || len(a.frames)%gop != 0 || !b.key {
		t.Fatalf("%d frames here and %d there, which begin with a keyframe: %v", len(a.frames), len(b.frames), b.key)
	}
	for i, n := range append(a.frames, b.frames...) {
		if n != uint64(i) {
			t.Fatalf("frame %d is number %d", i, n)
		}
	}
	if len(a.frames)+len(b.frames) != frames {
		t.Errorf("%d frames of %d", len(a.frames)+len(b.frames), frames)
	}
	if want := []media.Kind{media.KindMetadata, media.KindSequenceHeader, media.KindSequenceHeader}; len(b.before) != 3 || b.before[0] != want[0] || b.before[1] != want[1] {
		t.Errorf("before the first frame there came %v", b.before)
	}
}

// A client that cannot reach the other server stays where it is.
func TestClientStaysWhereItIs(t *testing.T) {
	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := nobody.Addr().String()
	nobody.Close()
	s := bind(t, nil)
	client, session := published(t, s, &ClientOptions{FollowReconnects: true})
	if err := session.RequestReconnect("rtmp://"+address+"/live", ""); err != nil {
		t.Fatal(err)
	}
	for e := (ClientEvent{}); e.Kind != ClientReconnect; {
		if e, err = client.NextEvent(10 * time.Second); err != nil {
			t.Fatal(err)
		}
		if e.Kind == ClientReconnect && e.URL != "rtmp://"+address+"/live" {
			t.Errorf("URL %q", e.URL)
		}
	}
	for i := range 20 {
		if err := client.SendVideo(uint32(i), true, []byte{0, 0, 0, 1, byte(i)}); err != nil {
			t.Fatal(err)
		}
		p, err := session.NextPacket(10 * time.Second)
		if err != nil || !bytes.Equal(p.Data, []byte{0, 0, 0, 1, byte(i)}) {
			t.Fatalf("%x, %v", p.Data, err)
		}
		p.Release()
	}
}

// A request to connect anew may lead to TLS: the client verifies the other server, by the system's authorities if it was not
// told of others.
func TestClientFollowsReconnectToTLS(t *testing.T) {
	ca := newAuthority(t)
	secure := bind(t, &ServerOptions{TLS: ca.issue(t, nil, "127.0.0.1")})
	if err := secure.Listen("rtmps://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	url := secure.Addrs()[1] + "/live"
	first := bind(t, nil)
	client, session := published(t, first, &ClientOptions{FollowReconnects: true, TLS: &TLSOptions{CAPEM: ca.pem}})
	if err := session.RequestReconnect(url, ""); err != nil {
		t.Fatal(err)
	}
	if there := accept(t, secure); there.TLS() == nil || client.Err() != nil {
		t.Error(there.TLS(), client.Err())
	}

	client, session = published(t, first, &ClientOptions{FollowReconnects: true})
	if err := session.RequestReconnect(url, ""); err != nil {
		t.Fatal(err)
	}
	expectEvent(t, client, ClientConnected)
	expectEvent(t, client, ClientReconnect)
	var untrusted *TLSError
	if e := expectEvent(t, client, ClientEnded); !errors.As(e.Err, &untrusted) {
		t.Error(e.Err)
	}
}

// A client without a configuration of TLS does not connect with TLS, and leaves nothing open.
func TestConnectWithoutTLS(t *testing.T) {
	near, far := net.Pipe()
	client, err := newClient(&unconnected{func() {}}, target{}, ClientOptions{Logger: slog.New(slog.DiscardHandler)}, false)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.connect(&target{scheme: "rtmps"}, func() (net.Conn, error) { return near, nil }); !errors.Is(err, errNoTLS) {
		t.Error(err)
	}
	far.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
}

// heldDial dials, the second time only once it is let.
type heldDial struct {
	dials atomic.Int32
	begun chan struct{}        // closed when the second dial has begun
	done  chan struct{}        // closed when it may go on
	ended chan context.Context // gets its context when it has ended
}

func newHeldDial() *heldDial {
	return &heldDial{begun: make(chan struct{}), done: make(chan struct{}), ended: make(chan context.Context, 1)}
}

func (d *heldDial) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if d.dials.Add(1) == 2 {
		defer func() { d.ended <- ctx }()
		close(d.begun)
		<-d.done
	}
	return new(net.Dialer).DialContext(context.Background(), network, address)
}

// A client that loses its connection while it makes the one to move to, or before it moves, goes where it was to move.
func TestClientIsLostWhileItMoves(t *testing.T) {
	for _, made := range []bool{false, true} {
		for _, video := range []bool{false, true} {
			if made && !video {
				continue // it moves at once
			}
			first, second := bind(t, nil), bind(t, nil)
			held := newHeldDial()
			o := persistent()
			o.FollowReconnects, o.Dial = true, held.dial
			client, session := published(t, first, o)
			expectEvent(t, client, ClientConnected)
			if err := client.SendVideo(0, video, []byte{0, 0, 0, 1, 1}); err != nil {
				t.Fatal(err)
			}
			if err := session.RequestReconnect("rtmp://"+second.Addr()+"/live", ""); err != nil {
				t.Fatal(err)
			}
			expectEvent(t, client, ClientReconnect)
			<-held.begun
			if made {
				close(held.done)
				waitFor(t, "the connection to move to", func() bool { return second.Connections() == 1 && client.readyToMove() })
			}
			session.conn.link.shut(&Error{Err: errors.New("cut")})
			expectEvent(t, client, ClientReconnecting)
			accept(t, second)
			expectEvent(t, client, ClientReconnected)
			if !made {
				close(held.done)
				if ctx := <-held.ended; ctx.Err() == nil {
					t.Error("the dialing goes on")
				}
			}
			waitFor(t, "the other connection to be closed", func() bool { return second.Statistics().Accepted == 2 && second.Connections() == 1 })
			if err := client.Err(); err != nil {
				t.Error(err)
			}
			client.Close()
		}
	}
}

// A client that cannot get to where it was sent, lost before or after it has left, comes back.
func TestClientComesBackFromWhereItCannotBe(t *testing.T) {
	for _, lost := range []bool{false, true} {
		first := bind(t, nil)
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				c.Close()
			}
		}()
		o := persistent()
		o.FollowReconnects = true
		client, session := published(t, first, o)
		expectEvent(t, client, ClientConnected)
		if err := client.SendVideo(0, true, []byte{0, 0, 0, 1, 1}); err != nil {
			t.Fatal(err)
		}
		if err := session.RequestReconnect("rtmp://"+listener.Addr().String()+"/live", ""); err != nil {
			t.Fatal(err)
		}
		expectEvent(t, client, ClientReconnect)
		waitFor(t, "the connection to move to", client.readyToMove)
		if lost {
			session.conn.link.shut(&Error{Err: errors.New("cut")})
		} else {
			go client.SendVideo(40, true, []byte{0, 0, 0, 1, 1})
		}
		expectEvent(t, client, ClientReconnecting)
		accept(t, first)
		expectEvent(t, client, ClientReconnected)
		listener.Close()
	}
}

// readyToMove reports that a client waits for a keyframe to move with.
func (c *Client) readyToMove() bool {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return c.moving != nil && c.moving.conn != nil
}

// A client that is lost at the moment when it would have moved goes back to where it was.
func TestClientIsLostAsItMoves(t *testing.T) {
	s := bind(t, nil)
	client, _ := published(t, s, persistent())
	near, far := net.Pipe()
	client.link.mu.Lock()
	client.moving = &move{to: &target{}, cancel: func() {}, conn: near, begun: true}
	client.again.next = client.moving.to
	client.link.mu.Unlock()
	if !client.lose(io.EOF) {
		t.Fatal("it does not come back")
	}
	far.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := far.Read(make([]byte, 1)); err != io.EOF || client.moves() || client.again.next != nil {
		t.Errorf("%v; it moves: %v, to %v", err, client.moves(), client.again.next)
	}
}

// A client that has logged in logs in anew where it goes, be it the same server; nobody is told of its first login.
func TestClientFollowsReconnectAndLogsIn(t *testing.T) {
	for _, elsewhere := range []bool{false, true} {
		for _, scheme := range []LoginScheme{LoginAdobe, LoginLimelight} {
			users := &ServerOptions{Users: map[string]string{"alice": "s3cret"}, LoginScheme: scheme}
			first, second, reference := bind(t, users), bind(t, users), ""
			there, want := first, "rtmp://"+first.Addr()+"/live"
			if elsewhere {
				there, reference, want = second, "//"+second.Addr()+"/live", "rtmp://"+second.Addr()+"/live"
			}
			client, err := OpenPublish("rtmp://alice:s3cret@"+first.Addr()+"/live/key", &ClientOptions{FollowReconnects: true})
			if err != nil {
				t.Fatal(err)
			}
			session := accept(t, first)
			expectEvent(t, client, ClientConnected)
			if err := session.RequestReconnect(reference, ""); err != nil {
				t.Fatal(err)
			}
			if e := expectEvent(t, client, ClientReconnect); e.URL != want {
				t.Errorf("URL %q, want %q", e.URL, want)
			}
			moved := accept(t, there)
			if moved.User() != "alice" || moved.App() != "live" || moved.StreamName() != "key" {
				t.Errorf("%q publishes %q to %q", moved.User(), moved.StreamName(), moved.App())
			}
			if err := client.SendAudio(7, []byte("there")); err != nil {
				t.Fatal(err)
			}
			p, err := moved.NextPacket(10 * time.Second)
			if err != nil {
				t.Fatal(err)
			}
			p.Release()
			client.Close()
		}
	}
}

// breakable is a connection whose writes fail once it is broken; reads wait.
type breakable struct {
	net.Conn
	broken atomic.Bool
}

func (b *breakable) Write(p []byte) (int, error) {
	if b.broken.Load() {
		return 0, errInjected
	}
	return b.Conn.Write(p)
}

// A client that has the connection to move to moves also when the old one takes no good-bye.
func TestClientMovesFromWhatIsBroken(t *testing.T) {
	first, second := bind(t, nil), bind(t, nil)
	var old *breakable
	client, session := published(t, first, &ClientOptions{
		FollowReconnects: true, Linger: time.Hour,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			nc, err := new(net.Dialer).DialContext(ctx, network, address)
			if old == nil && err == nil {
				old = &breakable{Conn: nc}
				return old, nil
			}
			return nc, err
		},
	})
	if err := client.SendVideo(0, true, []byte{0, 0, 0, 1, 1}); err != nil {
		t.Fatal(err)
	}
	if err := client.Flush(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	if err := session.RequestReconnect("rtmp://"+second.Addr()+"/live", ""); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the connection to move to", client.readyToMove)
	old.broken.Store(true)
	sent := make(chan error, 1)
	go func() { sent <- client.SendVideo(40, true, []byte{0, 0, 0, 1, 2}) }()
	moved := accept(t, second)
	if err := <-sent; err != nil {
		t.Error(err)
	}
	p, err := moved.NextPacket(10 * time.Second)
	if err != nil || !p.Keyframe() {
		t.Fatalf("%x, %v", p.Data, err)
	}
	p.Release()
	old.Close()
}

// A client that is dead closes the connection to which it would have moved.
func TestClientDiesAsItMoves(t *testing.T) {
	s := bind(t, nil)
	client, _ := published(t, s, nil)
	client.link.shut(ErrClosed)
	client.goroutines.Wait()
	near, far := net.Pipe()
	if err := client.redial(&target{}, near); err != ErrClosed {
		t.Error(err)
	}
	far.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := far.Read(make([]byte, 1)); err != io.EOF {
		t.Error(err)
	}
}

// A client that is closed while it moves, here to a server that sends it to one that does not answer, has lost nothing.
func TestCloseWhileItMoves(t *testing.T) {
	first, second := bind(t, nil), bind(t, &ServerOptions{AskConnect: true})
	var dials atomic.Int32
	begun := make(chan struct{})
	client, session := published(t, first, &ClientOptions{
		FollowReconnects: true, FollowRedirects: true, Timeouts: Timeouts{Resolve: -1, Dial: -1},
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials.Add(1) == 3 {
				close(begun)
				<-ctx.Done()
				return nil, ctx.Err()
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	})
	if err := client.SendAudio(0, []byte{1}); err != nil {
		t.Fatal(err)
	}
	if err := session.RequestReconnect("rtmp://"+second.Addr()+"/live", ""); err != nil {
		t.Fatal(err)
	}
	redirect(t, second, "rtmp://192.0.2.1/live")
	<-begun
	if err := client.Close(); err != nil {
		t.Error(err)
	}
}

// A client that is closed between the end of a conversation and the next one does not begin that.
func TestCloseBeforeNextConversation(t *testing.T) {
	client, err := newClient(&unconnected{func() {}}, target{}, ClientOptions{Logger: slog.New(slog.DiscardHandler)}, false)
	if err != nil {
		t.Fatal(err)
	}
	client.settle(nil)
	client.moving = &move{to: &target{}, cancel: func() {}, begun: true}
	client.shut()
	near, far := net.Pipe()
	if err := client.redial(client.moving.to, near); err != ErrClosed {
		t.Error(err)
	}
	far.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := far.Read(make([]byte, 1)); err != io.EOF || client.link.unsent != 0 {
		t.Errorf("%v; %d bytes are told to be lost", err, client.link.unsent)
	}
}

// lostAndAsked is a client whose first server, to which it comes back, asks it to move on before it answers its request.
func lostAndAsked(t *testing.T, first *Server, video bool, url string) (*Client, *Request) {
	t.Helper()
	o := persistent()
	o.FollowReconnects, o.FollowRedirects, o.Linger = true, true, 100*time.Millisecond
	client, session := published(t, first, o)
	expectEvent(t, client, ClientConnected)
	if err := client.SendVideo(0, video, []byte{0, 0, 0, 1, 1}); err != nil {
		t.Fatal(err)
	}
	session.conn.link.shut(&Error{Err: errors.New("cut")})
	expectEvent(t, client, ClientReconnecting)
	r, err := first.Accept(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the client to be asked", func() bool { return first.RequestReconnect(url, "") > 0 })
	expectEvent(t, client, ClientReconnect)
	return client, r
}

// A client that is away when it moves has come back where it goes.
func TestClientMovesWhileAway(t *testing.T) {
	first, second := bind(t, nil), bind(t, nil)
	client, _ := lostAndAsked(t, first, false, "rtmp://"+second.Addr()+"/live")
	accept(t, second)
	expectEvent(t, client, ClientReconnected)
}

// A client that is redirected before it has moved goes where it was sent last.
func TestClientIsRedirectedBeforeItMoves(t *testing.T) {
	first, second, third := bind(t, nil), bind(t, nil), bind(t, nil)
	client, r := lostAndAsked(t, first, true, "rtmp://"+second.Addr()+"/live")
	waitFor(t, "the connection to move to", client.readyToMove)
	if err := r.Redirect("rtmp://"+third.Addr()+"/live", ""); err != nil {
		t.Fatal(err)
	}
	accept(t, third)
	expectEvent(t, client, ClientReconnected)
	waitFor(t, "the other connection to be closed", func() bool { return second.Statistics().Accepted == 1 && second.Connections() == 0 })
}

// A send that is told to try again while a client moves can do so once it has moved, also if it has sent no headers.
func TestClientIsWritableWhereItMoves(t *testing.T) {
	first, second := bind(t, nil), bind(t, nil)
	client, session := published(t, first, &ClientOptions{FollowReconnects: true, NoWait: true})
	frame := media.Packet{
		Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.VP08, Flags: media.FlagEnhanced | media.FlagKeyframe, Data: []byte{1, 2, 3},
	}
	if err := client.SendPacket(&frame); err != nil {
		t.Fatal(err)
	}
	if err := session.RequestReconnect("rtmp://"+second.Addr()+"/live", ""); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the connection to move to", client.readyToMove)
	accepted := make(chan *Session, 1)
	go func() {
		r, err := second.Accept(20 * time.Second)
		if err != nil {
			close(accepted)
			return
		}
		s, _ := r.Accept()
		accepted <- s
	}()
	err := client.SendPacket(&frame)
	for err == ErrAgain {
		e, failed := client.NextEvent(10 * time.Second)
		if failed != nil {
			t.Fatal(failed)
		}
		if e.Kind == ClientWritable {
			err = client.SendPacket(&frame)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	moved := <-accepted
	if moved == nil {
		t.Fatal("nobody came")
	}
	p, err := moved.NextPacket(10 * time.Second)
	if err != nil || !p.Keyframe() {
		t.Fatalf("%x, %v", p.Data, err)
	}
	p.Release()
}

// What a player asks of a server that it has not reached yet, as it moves, does not keep it from getting there.
func TestPlayerAsksWhileItMoves(t *testing.T) {
	ask := &ServerOptions{AskConnect: true, AskPlay: true}
	first, second, third := bind(t, &ServerOptions{AskPlay: true}), bind(t, ask), bind(t, &ServerOptions{AskPlay: true})
	var dials atomic.Int32
	begun, asked := make(chan struct{}), make(chan struct{})
	client, session := askedToPlay(t, first, &ClientOptions{
		FollowReconnects: true, FollowRedirects: true,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			if dials.Add(1) == 3 {
				close(begun)
				select {
				case <-asked:
				case <-ctx.Done():
				}
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	})
	if err := session.RequestReconnect("rtmp://"+second.Addr()+"/live", ""); err != nil {
		t.Fatal(err)
	}
	redirect(t, second, "rtmp://"+third.Addr()+"/live")
	<-begun
	if err := client.Pause(true); err != engine.ErrState {
		t.Error(err)
	}
	time.Sleep(10 * time.Millisecond)
	close(asked)
	accept(t, third)
	if err := client.Err(); err != nil {
		t.Error(err)
	}
}

// A client that does not follow is not asked: it does not say that it knows such requests.
func TestReconnectIsNotAskedOfOthers(t *testing.T) {
	s := bind(t, nil)
	_, session := published(t, s, nil)
	if err := session.RequestReconnect("", ""); err != engine.ErrNoReconnect {
		t.Errorf("%v", err)
	}
	if n := s.RequestReconnect("", ""); n != 0 {
		t.Errorf("%d were asked", n)
	}
}

// A playing client follows at once.
func TestPlayerFollowsReconnect(t *testing.T) {
	first, second := bind(t, &ServerOptions{AskPlay: true}), bind(t, &ServerOptions{AskPlay: true})
	sessions := make(chan *Session, 2)
	for _, s := range []*Server{first, second} {
		go func() {
			r, err := s.Accept(20 * time.Second)
			if err != nil {
				return
			}
			session, err := r.Accept()
			if err == nil {
				sessions <- session
			}
		}()
	}
	client, err := Play(context.Background(), "rtmp://"+first.Addr()+"/live/key", &ClientOptions{FollowReconnects: true})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	if err := (<-sessions).RequestReconnect("//"+second.Addr()+"/live", ""); err != nil {
		t.Fatal(err)
	}
	var there *Session
	select {
	case there = <-sessions:
	case <-time.After(20 * time.Second):
		t.Fatal("the player did not follow")
	}
	if there.StreamName() != "key" || there.App() != "live" {
		t.Errorf("it plays %q of %q", there.StreamName(), there.App())
	}
	if err := there.SendAudio(7, []byte("there")); err != nil {
		t.Fatal(err)
	}
	for {
		p, err := client.NextPacket(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		data := string(p.Data)
		typeID := p.Type
		p.Release()
		if typeID == media.TypeAudio {
			if data != "there" {
				t.Errorf("%q", data)
			}
			return
		}
	}
}

// A connection that was made to move to and has waited long for a keyframe is made afresh: the server has ended it by now,
// or will soon.
func TestClientMovesAfterALongWait(t *testing.T) {
	first, second := bind(t, nil), bind(t, &ServerOptions{Timeouts: Timeouts{Handshake: 100 * time.Millisecond}})
	client, session := published(t, first, &ClientOptions{FollowReconnects: true})
	go func() {
		for p, err := session.NextPacket(-1); err == nil; p, err = session.NextPacket(-1) {
			p.Release()
		}
	}()
	first.RequestReconnect("rtmp://"+second.Addr()+"/live", "")
	if err := client.SendVideo(0, true, []byte{1}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the connection to move to", func() bool { return client.readyToMove() })
	client.link.mu.Lock()
	client.moving.made = client.moving.made.Add(-time.Minute)
	client.link.mu.Unlock()
	waitFor(t, "the other server to end it", func() bool { return second.Statistics().Accepted == 1 && second.Connections() == 0 })
	go client.SendVideo(40, true, []byte{2})
	moved := accept(t, second)
	p, err := moved.NextPacket(10 * time.Second)
	if err != nil || p.Timestamp != 40 {
		t.Error(p.Timestamp, err)
	}
	p.Release()
	client.Close()
}
