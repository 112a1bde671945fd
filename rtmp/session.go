package rtmp

import (
	"crypto/tls"
	"errors"
	"io"
	"sync"
	"syscall"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// Session is an accepted stream: one that a peer publishes to us, whose packets come by NextPacket, or one that a peer
// plays, to which we send.
type Session struct {
	reception
	sender
	conn     *serverConn
	request  *engine.Request
	streamID uint32
	begun    time.Time
	inbox    *mailbox[media.Packet]
	events   *mailbox[SessionEvent]

	mu     sync.Mutex
	reason string

	// Under the link's lock.
	closed bool
	over   error      // why the connection ended, if that ended the stream
	player *hubPlayer // of a played stream that a hub feeds
	taken  uint64     // packets of a played stream that had left when nothing waited
}

func newSession(r *Request) *Session {
	o := &r.conn.server.options
	s := &Session{
		conn: r.conn, request: r.info, streamID: r.info.StreamID, begun: time.Now(),
		inbox: newMailbox(packetCost), events: newMailbox((*SessionEvent).cost),
	}
	s.sender = sender{link: r.conn.link, to: s, bound: o.OutputBytes, timeout: o.SendTimeout, noWait: o.NoWait}
	return s
}

// receive takes a packet, which comes from the engine or has been told to hooks. The link is locked.
func (s *Session) receive(p media.Packet) {
	if _, ok := s.inbox.put(p); !ok {
		p.Release()
	}
}

// Kind returns RequestPublish or RequestPlay.
func (s *Session) Kind() RequestKind { return s.request.Kind }

// App returns the application the peer connected to. The accessors below are those of the [Request].
func (s *Session) App() string { return s.request.App }

// StreamName returns the published name without its query.
func (s *Session) StreamName() string { return s.request.Name }

// RawStreamName returns the published name as the peer sent it.
func (s *Session) RawStreamName() string { return s.request.RawName }

// Query returns the parameters of the stream name, the app and the tcUrl.
func (s *Session) Query() string { return s.request.Query }

// PublishType returns "live", "record" or "append", or what else the peer sent.
func (s *Session) PublishType() string { return s.request.PublishType }

// TCURL returns the URL that the peer says it connected to, or "".
func (s *Session) TCURL() string { return s.Connect().TCURL }

// PeerAddr returns the peer's address.
func (s *Session) PeerAddr() string { return s.conn.peer }

// Connection returns the connection's number on its server, from 1, as [ServerEvent] has it.
func (s *Session) Connection() uint64 { return s.conn.number }

// TLS returns what the peer and the server agreed upon, or nil where there is no TLS.
func (s *Session) TLS() *tls.ConnectionState { return s.conn.link.tlsState() }

// Connect returns the peer's connect command. It must not be changed.
func (s *Session) Connect() *message.Connect { return s.conn.engine.ConnectInfo() }

// NextPacket returns the next packet, which the caller releases. It waits for it as long as timeout says: negative for
// ever, 0 not at all. It fails with io.EOF when the peer has ended the stream (see [Session.EndReason]), ErrClosed
// after Close, ErrTimeout, or an [*Error]; what arrived before the end is returned first.
func (s *Session) NextPacket(timeout time.Duration) (media.Packet, error) {
	var p [1]media.Packet
	_, err := s.NextPackets(p[:], timeout)
	return p[0], err
}

// NextPackets is NextPacket for as many packets as there are, up to len(dst). It returns how many.
func (s *Session) NextPackets(dst []media.Packet, timeout time.Duration) (int, error) {
	if s.request.Kind == RequestPlay {
		return 0, engine.ErrState
	}
	n, err := s.inbox.take(dst, timeout)
	if n > 0 {
		s.conn.link.wake()
	}
	return n, err
}

// OnReady makes the session call ready when there are packets to take after there were none, or events of a played
// stream, and when the stream has ended: then NextPackets or NextEvent with timeout 0 takes them, or says how it ended.
// ready is called from any goroutine, also before OnReady returns; it must not wait, nor use the session. nil ends it.
func (s *Session) OnReady(ready func()) {
	if s.request.Kind == RequestPlay || s.conn.server.options.AnswerCalls {
		s.events.setNotify(ready)
	}
	if s.request.Kind != RequestPlay {
		s.inbox.setNotify(ready)
	}
}

// Ready reports that NextPackets, or NextEvent of a played stream, would return at once: there is something to take, or
// the stream has ended.
func (s *Session) Ready() bool {
	if s.request.Kind == RequestPlay {
		return s.events.waiting()
	}
	return s.inbox.waiting() || s.conn.server.options.AnswerCalls && s.events.waiting()
}

// Statistics returns what the stream did so far; Queued is what waits for the application, or of a played stream what
// has not left yet.
func (s *Session) Statistics() Statistics {
	if s.request.Kind == RequestPlay {
		r := s.sent.statistics(s.begun)
		r.Queued = int(s.conn.link.traffic.queued.Load())
		return r
	}
	r := s.received.statistics(s.begun)
	r.Queued = s.inbox.waitingCost()
	return r
}

// EndReason says in words why the stream ended, or "".
func (s *Session) EndReason() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reason
}

// endedBy ends the session from the peer's side. What has arrived can still be taken.
func (s *Session) endedBy(reason string, err error) {
	s.mu.Lock()
	if s.reason == "" {
		s.reason = reason
	}
	s.mu.Unlock()
	s.inbox.close(err)
	s.events.close(err)
}

// Close ends the stream: the peer is told so, packets not taken are released, and the connection ends with its last
// stream. Waiting calls return ErrClosed. After the peer itself has ended the stream, only what is left of it is
// released: the connection stays, so that the peer can publish again. Closing again has no effect.
func (s *Session) Close() error { return s.CloseWithStatus("", "") }

// CloseWithStatus is Close with an error status for the peer, such as NetStream.Publish.BadName, by which encoders
// know that they need not come back.
func (s *Session) CloseWithStatus(code, description string) error {
	defer s.conn.link.wake()
	defer s.events.abandon(ErrClosed, func(SessionEvent) {})
	defer s.inbox.abandon(ErrClosed, func(p media.Packet) { p.Release() })
	if player := s.shut(code, description); player != nil {
		player.stream.prune()
	}
	return nil
}

// shut ends the session's stream with a word to the peer, and returns its player, if it has one.
func (s *Session) shut(code, description string) *hubPlayer {
	c := s.conn
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	defer c.link.signalDrained()
	s.closed = true
	there := c.removeSession(s)
	if there {
		reason := description
		if reason == "" {
			reason = "closed by the application"
		}
		c.over(s, reason, nil)
	}
	if there && c.link.err == nil {
		if s.request.Kind == RequestPlay {
			c.engine.StopPlay(s.streamID, description)
		} else {
			c.engine.CloseStream(s.streamID, code, description)
		}
		if len(c.sessions) == 0 {
			c.engine.End()
			c.link.interruptRead()
		}
		c.link.flush()
	}
	return s.player
}

// isGone reports that the peer hung up or cut the connection: for a stream that is an end like any other.
func isGone(err error) bool { return errors.Is(err, io.EOF) || isReset(err) }

// isReset reports that the peer cut the connection.
func isReset(err error) bool {
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) ||
		errors.Is(err, io.ErrClosedPipe) // of net.Pipe
}
