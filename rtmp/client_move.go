package rtmp

import (
	"context"
	"net"
	"time"

	"oxrtmp/rtmp/engine"
)

// move is how a client follows a server's request to connect anew. It is under the link's lock.
type move struct {
	to     *target
	cancel context.CancelFunc // ends the dialing
	conn   net.Conn           // to there, once it is made,
	made   time.Time          // which was then
	begun  bool               // the old conversation is over
	left   bool               // and its connection closed
}

// asked takes the request of a server to connect anew. The link is locked.
func (c *Client) asked(e *engine.Event) {
	if !c.events.crowded(c.options.Limits.QueueBytes) {
		c.put(ClientEvent{Kind: ClientReconnect, URL: e.URL, Status: e.Status})
	}
	if !c.options.FollowReconnects || !c.again.dials || c.moving != nil || !c.settled || c.closed {
		return
	}
	to, err := c.target.redirected(e.URL)
	if err != nil {
		c.options.Logger.Warn("cannot connect anew", "error", err)
		return
	}
	ctx, cancel := context.WithCancel(context.Background())
	m := &move{to: to, cancel: cancel}
	c.moving, c.retrying.other = m, to
	c.link.goFunc(func() { c.prepare(ctx, m) })
}

// prepare makes the connection that a client is to move to. If that fails, the client stays where it is; if it is not
// there any more, nobody moves.
func (c *Client) prepare(ctx context.Context, m *move) {
	defer m.cancel()
	c.link.goFunc(func() {
		select {
		case <-c.link.dead:
			m.cancel()
		case <-ctx.Done():
		}
	})
	conn, err := dial(ctx, m.to, &c.options)
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	lost := c.moving != m // meanwhile
	if lost || err != nil || c.closed || c.link.err != nil || c.engine.Closing() {
		if err == nil {
			conn.Close()
		}
		c.options.Logger.Warn("cannot connect anew", "host", m.to.host, "error", err)
		if !lost {
			c.moving = nil
		}
		return
	}
	m.conn, m.made = conn, time.Now()
	if c.play != nil || !c.video {
		c.depart()
	}
}

// depart ends the conversation with the old server: the receiver then begins one with the new. The link is locked.
func (c *Client) depart() {
	c.moving.begun, c.again.next = true, c.moving.to
	c.again.freshLogin()
	c.link.keeps = true
	c.engine.End()
	c.link.flush()
	c.link.interruptRead()
}

// boundary lets a client that is to move do so before a keyframe, and everything that is sent meanwhile wait. The link is
// locked.
func (c *Client) boundary(keyframe bool) error {
	c.video = c.video || keyframe
	m := c.moving
	if m == nil {
		return nil
	}
	if keyframe && !m.begun && m.conn != nil {
		c.depart()
	}
	if !m.begun {
		return nil
	}
	if c.noWait {
		c.awaitRoom = true
		return ErrAgain
	}
	if err := c.link.waitFor(func() bool { return c.moving != m }, c.timeout, c.over); err == ErrTimeout {
		return err
	}
	return c.over()
}

// takeMade takes the connection that was made to move to, if there is one, and reports whether nobody wants it any more. One
// that has waited long for a keyframe is not taken: the server would soon end it, as nothing was said. A move that has not
// begun ends: the server has sent the client elsewhere since.
func (c *Client) takeMade() (conn net.Conn, closed bool) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	m := c.moving
	switch {
	case m == nil || c.closed:
		return nil, c.closed
	case !m.begun:
		c.abandon()
		return nil, false
	}
	conn, m.conn = m.conn, nil
	if conn != nil && time.Since(m.made) > maxSilent {
		conn.Close()
		conn = nil
	}
	return conn, false
}

// maxSilent is how long a connection may be there without a word; servers wait 10 s and more for a handshake.
const maxSilent = 5 * time.Second

// moves reports that the old conversation was ended to begin a new one.
func (c *Client) moves() bool {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return c.moving != nil && c.moving.begun
}

// moved is called once the new server has accepted: it gets metadata and headers, and then what waits. The link is locked.
func (c *Client) moved() {
	c.moving = nil
	c.link.keeps = c.returns()
	if c.away() {
		c.returned()
		return
	}
	if c.upkeep != nil {
		if err := c.upkeep.found(c); err != nil {
			c.link.broken(err)
			return
		}
		c.upkeep.waiting.Remove(c.upkeep.first) // the next frame is the keyframe that waits
	}
	c.link.signalDrained()
	c.drained() // there may be nothing to send that says so
}

// begin takes the engine of the next conversation, with a target, and ends it where the client was closed meanwhile. The link
// is locked.
func (c *Client) begin(e *engine.Client, to *target) {
	if c.moving != nil && !c.moving.left {
		c.moving.left = true
		old := c.target
		c.retrying.other = &old
	}
	c.engine, c.target = e, *to
	if c.closed {
		c.drop()
	}
}

// drop ends a client between two conversations: what is queued is nothing of the stream. The link is locked.
func (c *Client) drop() {
	c.link.kill(ErrClosed)
	c.link.unsent = 0
}

// stay ends the move of a client that has not moved: it closes the connection that was made for it, or is being made.
func (c *Client) stay() {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.abandon()
}

// abandon is stay with the link locked.
func (c *Client) abandon() {
	m := c.moving
	if m == nil {
		return
	}
	m.cancel()
	if m.conn != nil {
		m.conn.Close()
	}
	c.moving, c.again.next = nil, nil
}

// RequestReconnect asks the peer to connect anew, to a URL without the stream's name, which may be relative to the one
// that it used ("//other.example/live", "/live"), or, if it is empty, to the same: for a server that is about to end. The
// session goes on until the peer ends it. The error is engine.ErrNoReconnect for a peer that did not say that it knows
// such requests. Enhanced RTMP v2, "Reconnect Request".
func (s *Session) RequestReconnect(tcURL, description string) error {
	return s.conn.link.notify(s.state, func() error { return s.conn.engine.RequestReconnect(tcURL, description) })
}

// RequestReconnect is [Session.RequestReconnect] for every peer of the server. It returns how many were asked: those that
// know such requests.
func (s *Server) RequestReconnect(tcURL, description string) int {
	asked := 0
	for _, c := range s.connections() {
		alive := func() error { return c.link.err }
		if c.link.notify(alive, func() error { return c.engine.RequestReconnect(tcURL, description) }) == nil {
			asked++
		}
	}
	return asked
}
