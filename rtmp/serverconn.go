package rtmp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// serverConn is one accepted connection: the owner of its link, and of what happens on its streams.
type serverConn struct {
	server    *Server
	link      *link
	engine    *engine.Server // the link's; under its lock
	address   netip.Addr     // the peer's, if it has an IP address
	peer      string         // under the link's lock until the connection is asked for
	balancer  net.Conn       // not nil: who is behind it comes first
	number    uint64         // on its server, from 1
	handshake handshake.Result
	user      string     // who has logged in; under the link's lock until connect is accepted
	pending   *Request   // under the link's lock
	sessions  []*Session // under the link's lock
	notices   notices    // under the link's lock
	accepted  time.Time
	shown     atomic.Pointer[shownConn]
}

func newServerConn(s *Server, nc net.Conn, secure bool) *serverConn {
	c := &serverConn{server: s, engine: s.engines.NewServer(), accepted: time.Now()}
	t := newTransport(nc)
	if secure {
		t = newSecure(t, s.certificates.config, false)
	}
	if c.peer, c.address = peerOf(t.remoteAddr()); s.isBalancer(c.address) {
		c.balancer, c.address = nc, netip.Addr{}
	}
	c.link = newLink(t, c, c.engine, s.options.Limits.OutputBytes, s.options.Timeouts.Write)
	c.link.lingerFor = s.options.Linger
	if s.options.KeepBytes > 0 {
		c.link.keeper = &keeper{most: s.options.KeepBytes}
	}
	c.show()
	c.notices.watched = s.watched
	c.link.goFunc = func(f func()) {
		s.goroutines.Add(1) // the connection's own goroutine runs: Close is still waiting
		go func() {
			defer s.goroutines.Done()
			defer c.recover()
			f()
		}()
	}
	return c
}

// run serves the connection until it ends.
func (c *serverConn) run() {
	var err error
	defer c.recover() // where the end panics
	defer func() {
		if p := recover(); p != nil {
			err = c.panicked(p)
		}
		c.ended(err)
	}()
	if err = c.unproxy(); err != nil {
		return
	}
	if err = c.askConnection(); err != nil {
		return
	}
	if err = c.link.secure(c.server.options.Timeouts.Handshake); err != nil {
		return
	}
	err = c.link.run()
}

// recover ends the connection of a goroutine that panics.
func (c *serverConn) recover() {
	if p := recover(); p != nil {
		c.panicked(p)
	}
}

func (c *serverConn) panicked(p any) error {
	err := &Error{Phase: engine.PhaseNone, Err: errPanic}
	c.server.counts.panics.Add(1)
	c.server.options.Logger.Error("a connection panicked", "panic", p, "stack", string(debug.Stack()))
	c.link.shut(err)
	return err
}

// askConnection waits for the decision about a new connection, before a byte is read, if anybody is to be asked.
func (c *serverConn) askConnection() error {
	r := &Request{conn: c, info: &engine.Request{Kind: engine.RequestConnection}, decided: make(chan bool, 1)}
	if h := c.server.options.Hooks; !c.server.options.AskConnection && (h == nil || h.Connection == nil) {
		c.welcome(r)
		return nil
	}
	c.askLocking(r)
	defer c.setPending(nil)
	var expired <-chan time.Time
	if d := c.server.options.Timeouts.Decision; d >= 0 {
		timer := time.NewTimer(d)
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case ok := <-r.decided:
		if ok {
			c.link.begun = time.Now() // what the decision took is not the peer's
			c.welcome(r)
			return nil
		}
	case <-expired:
	case <-c.link.dead:
	}
	return errClosing
}

func (c *serverConn) askLocking(r *Request) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.ask(r)
}

// welcome notes that the connection was let in.
func (c *serverConn) welcome(r *Request) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.granted(r, nil)
}

func (c *serverConn) setPending(r *Request) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.await(r)
}

// await makes r, which may be nil, the request that waits for its answer, in the place of the one before. The link is
// locked.
func (c *serverConn) await(r *Request) {
	if c.pending != nil && c.pending.announced {
		c.server.unanswered.Add(-1)
	}
	c.pending = r
}

// announce puts a request where the application finds it, unless too many wait for their answers, taken or not. The link
// is locked, and r is what it waits for.
func (c *serverConn) announce(r *Request) error {
	most := c.server.options.Limits.PendingRequests
	if c.server.requests.full(most) { // also with those of peers who have left
		return ErrLimit
	}
	if c.server.unanswered.Add(1) > int64(most) {
		c.server.unanswered.Add(-1)
		return ErrLimit
	}
	r.announced = true
	if _, ok := c.server.requests.put(r); !ok {
		return ErrClosed
	}
	return nil
}

// ended settles everything once the connection is over. err is nil for an end as it should be.
func (c *serverConn) ended(err error) {
	defer c.server.forget(c)
	c.link.shut(err)
	reason, over := "connection closed by the peer", io.EOF
	switch {
	case err == nil, isGone(err):
	case errors.Is(err, ErrClosed):
		reason, over = "server closed", err
	default:
		reason, over = inWords(err), err
	}
	for _, s := range c.allOver(err, reason, over) {
		if s.player != nil {
			defer s.player.stream.prune()
		}
	}
	level := slog.LevelInfo
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, ErrClosed) || err == errClosing {
		level = slog.LevelDebug
	}
	c.server.options.Logger.Log(context.Background(), level, "connection ended", "peer", c.peer, "error", err)
	if failed := c.server.counts.ended(err); failed && c.link.keeper != nil {
		f := Failure{Connection: c.number, Peer: c.peer, Err: err}
		f.Offset, f.Bytes = c.link.keeper.bytes()
		c.server.keepFailure(f)
	}
}

// allOver ends the sessions of a connection that is over because of err, and returns them.
func (c *serverConn) allOver(err error, reason string, over error) []*Session {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	sessions := c.sessions
	c.sessions = nil
	c.await(nil)
	c.show()
	for _, s := range sessions {
		s.over = over
		c.over(s, reason, over)
	}
	c.gone(err)
	return sessions
}

// handle takes an event of the engine.
func (c *serverConn) handle(e engine.Event) {
	switch e.Kind {
	case engine.EventHandshake:
		c.handshake = e.Handshake
		if c.watches(ServerHandshake) {
			c.tell(notice{ServerEvent: ServerEvent{Kind: ServerHandshake}})
		}
	case engine.EventPacket:
		if s := c.session(e.StreamID); s != nil {
			e.Packet.Arrival = time.Since(Epoch)
			s.note(&e.Packet)
			c.take(s, &e.Packet)
		} else {
			e.Packet.Release()
		}
	case engine.EventRequest:
		if e.Request.Kind == RequestConnect && !c.admit(e.Request) {
			return
		}
		c.ask(&Request{conn: c, info: e.Request})
	case engine.EventExpired:
		c.await(nil)
	case engine.EventStreamEnd:
		if s := c.session(e.StreamID); s != nil {
			c.removeSession(s)
			c.over(s, e.Reason, io.EOF)
			c.link.signalDrained()
			if s.player != nil {
				c.link.goFunc(s.player.stream.prune)
			}
		}
	case engine.EventPause, engine.EventUnpause, engine.EventSeek, engine.EventReceiveOn, engine.EventReceiveOff:
		if s := c.session(e.StreamID); s != nil {
			if s.player != nil {
				s.player.told(&e)
			}
			s.inform(sessionEvent(&e))
			c.tellPause(s, &e)
		}
	case engine.EventReply:
		c.link.replied(&e)
	case engine.EventCommand, engine.EventSharedObject:
		c.told(&e)
	case engine.EventControl:
		c.link.pong(&e)
		if e.Control.Event == message.EventSetBufferLength {
			c.buffers(e.Control.StreamID, e.Control.BufferLength)
		}
	default:
		if e.Packet.Buffer != nil {
			e.Packet.Release()
		}
	}
}

// take hands a packet to its session, where somebody wants to be told of packets by way of those.
func (c *serverConn) take(s *Session, p *media.Packet) {
	if c.notices.watched&mediaEvents != 0 {
		c.tell(notice{ServerEvent: ServerEvent{Session: s, Packet: *p}, then: deliver})
	} else {
		s.receive(*p)
	}
}

// blocked reports that a request waits for its decision, or a session for its packets to be taken.
func (c *serverConn) blocked() bool {
	if c.engine.Deciding() || c.behind() {
		return true
	}
	for _, s := range c.sessions {
		if s.inbox.full(c.server.options.Limits.QueueBytes) {
			return true
		}
	}
	return false
}

// drained tells the senders that there is room. That the peer takes the media it is sent is a sign of life; that it
// takes our pings is none.
func (c *serverConn) drained() {
	for _, s := range c.sessions {
		if s.request.Kind != engine.RequestPlay {
			continue
		}
		if s.sent.packets() != s.taken {
			c.engine.Progress(c.link.now())
		}
		s.sender.drained()
		if c.link.queued() == 0 {
			s.taken = s.sent.packets()
			if s.player != nil {
				s.player.state.Drained()
			}
		}
	}
}

// buffers notes how many milliseconds the player of a stream says it buffers. Some name no stream, or another one.
func (c *serverConn) buffers(streamID, length uint32) {
	s := c.session(streamID)
	for i := 0; s == nil && i < len(c.sessions); i++ {
		if c.sessions[i].request.Kind == RequestPlay {
			s = c.sessions[i]
		}
	}
	if s == nil || s.request.Kind != RequestPlay || s.request.Play.BufferLength == length {
		return
	}
	s.request.Play.BufferLength = length
	s.inform(SessionEvent{Kind: SessionBuffer, Buffer: time.Duration(length) * time.Millisecond})
}

func sessionEvent(e *engine.Event) SessionEvent {
	position := time.Duration(e.Value) * time.Millisecond
	switch e.Kind {
	case engine.EventPause:
		return SessionEvent{Kind: SessionPause, Position: position}
	case engine.EventUnpause:
		return SessionEvent{Kind: SessionUnpause, Position: position}
	case engine.EventSeek:
		return SessionEvent{Kind: SessionSeek, Position: position}
	}
	return SessionEvent{Kind: SessionReceive, Type: uint8(e.Value), On: e.Kind == engine.EventReceiveOn}
}

func (c *serverConn) session(streamID uint32) *Session {
	for _, s := range c.sessions {
		if s.streamID == streamID {
			return s
		}
	}
	return nil
}

// removeSession reports whether the session was there: its stream had not ended.
func (c *serverConn) removeSession(s *Session) bool {
	for i, o := range c.sessions {
		if o == s {
			c.sessions = append(c.sessions[:i], c.sessions[i+1:]...)
			c.show()
			return true
		}
	}
	return false
}

// packetCost is what a waiting packet counts against Limits.QueueBytes: the block that holds its message, if it is not
// one of many parts of it, and the packet's own room in the queue.
func packetCost(p *media.Packet) int {
	const own = 400 // twice the packet, as the ring doubles, and what describes the block
	size := len(p.Raw)
	if p.Flags&media.FlagContinued != 0 {
		return own
	}
	if b := p.Buffer; b != nil && (size > b.Cap()/2 || b.Cap() <= 256) {
		size = b.Cap()
	}
	return size + own
}
