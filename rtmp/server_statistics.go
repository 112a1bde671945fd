package rtmp

import (
	"errors"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/engine"
)

// ServerStatistics describe a server and its connections. What is counted is counted since the server began, of
// connections that have ended too.
type ServerStatistics struct {
	Duration           time.Duration // since the server began
	Connections        int           // that are open,
	Publishers         int           // streams that are published to the server,
	Players            int           // and those that are played from it
	Accepted           uint64        // connections that were let in
	RefusedConnections uint64        // connections not let in as Limits.Connections were open,
	RefusedAddress     uint64        // or Limits.ConnectionsPerAddress of their address
	RefusedHandshakes  uint64        // or as Limits.Handshakes were begun: those of ServeConn; others wait
	RefusedProxy       uint64        // connections without the PROXY header that they had to have, or with a bad one
	AcceptErrors       uint64        // failures to accept, as for want of descriptors
	Ended              uint64        // connections that have ended: all that were let in and are not open,
	TimedOut           uint64        // of these, by a deadline of ours,
	Failed             uint64        // by another error than that,
	FailedIn           [10]uint64    // the latter two, by the phase they were in
	Panics             uint64        // panics that ended a connection or a handler
	LogSuppressed      uint64        // log records that were too many
	BytesReceived      uint64        // of RTMP, without what TLS adds
	BytesSent          uint64
	Counters           Counters       // of all connections
	Hub                *HubStatistics // nil: there is none
	List               []ConnectionStatistics
}

// serverCounts is what a server counts of what it does not let happen.
type serverCounts struct {
	refusedTotal, refusedAddress, refusedHandshakes, badProxy, acceptErrors atomic.Uint64
	panics, suppressed, timedOut, failed                                    atomic.Uint64
	failedIn                                                                [10]atomic.Uint64
}

// ended counts how a connection has ended, and reports whether by a deadline or an error.
func (s *serverCounts) ended(err error) bool {
	if err == nil || isGone(err) || errors.Is(err, ErrClosed) || err == errClosing {
		return false
	}
	var at *Error
	phase := engine.PhaseNone
	if errors.As(err, &at) && int(at.Phase) < len(s.failedIn) {
		phase = at.Phase
	}
	s.failedIn[phase].Add(1)
	if errors.Is(err, ErrTimeout) || errors.Is(err, os.ErrDeadlineExceeded) {
		s.timedOut.Add(1)
	} else {
		s.failed.Add(1)
	}
	return true
}

// pastConns is what connections have done that have ended.
type pastConns struct {
	count, received, sent uint64
	counters              Counters
}

func (p *pastConns) add(t *traffic) {
	p.count++
	p.received += t.received.Load()
	p.sent += t.sent.Load()
	c := t.counters.load()
	addCounters(&p.counters, &c)
}

// shownConn is what can be known of a connection without its link's lock, which media wait for.
type shownConn struct {
	peer     string
	sessions []*Session
}

// show publishes who the peer is and what its sessions are. The link is locked, or nobody knows it yet.
func (c *serverConn) show() {
	c.shown.Store(&shownConn{c.peer, append([]*Session(nil), c.sessions...)})
}

// Statistics describe the server now. No connection waits for it, however often it is called.
func (s *Server) Statistics() ServerStatistics {
	s.mu.Lock()
	open := make([]*serverConn, 0, len(s.conns))
	for c := range s.conns {
		open = append(open, c)
	}
	past, accepted := s.past, s.admitted
	s.mu.Unlock()
	n := &s.counts
	all := ServerStatistics{
		Duration: time.Since(s.begun), Connections: len(open), Accepted: accepted, Ended: past.count,
		RefusedConnections: n.refusedTotal.Load(), RefusedAddress: n.refusedAddress.Load(), RefusedHandshakes: n.refusedHandshakes.Load(), RefusedProxy: n.badProxy.Load(),
		AcceptErrors: n.acceptErrors.Load(), TimedOut: n.timedOut.Load(), Failed: n.failed.Load(), Panics: n.panics.Load(),
		LogSuppressed: n.suppressed.Load(), BytesReceived: past.received, BytesSent: past.sent, Counters: past.counters,
		List: make([]ConnectionStatistics, 0, len(open)),
	}
	for i := range all.FailedIn {
		all.FailedIn[i] = n.failedIn[i].Load()
	}
	for _, c := range open {
		i := c.statistics()
		all.BytesReceived += i.BytesReceived
		all.BytesSent += i.BytesSent
		addCounters(&all.Counters, &i.Counters)
		for _, st := range i.Streams {
			if st.Kind == RequestPlay {
				all.Players++
			} else {
				all.Publishers++
			}
		}
		all.List = append(all.List, i)
	}
	if s.options.Hub != nil {
		h := s.options.Hub.Statistics()
		all.Hub = &h
	}
	return all
}

// statistics describe the connection.
func (c *serverConn) statistics() ConnectionStatistics {
	i := c.link.traffic.statistics()
	shown := c.shown.Load()
	i.Number, i.Peer, i.Duration = c.number, shown.peer, time.Since(c.accepted)
	for _, s := range shown.sessions {
		i.Streams = append(i.Streams, StreamStatistics{s.streamID, s.Kind(), s.App(), s.StreamName(), s.Statistics()})
	}
	return i
}

// ConnectionStatistics describe the session's connection, with all its streams.
func (s *Session) ConnectionStatistics() ConnectionStatistics { return s.conn.statistics() }

// ConnectionStatistics describe the client's connection, the latest one if it was made again, and its stream.
func (c *Client) ConnectionStatistics() ConnectionStatistics {
	i := c.link.traffic.statistics()
	i.Duration = time.Since(c.begun)
	if p := c.link.traffic.transport.Load(); p != nil {
		i.Peer, _ = peerOf((*p).remoteAddr())
	}
	kind := RequestPublish
	if c.play != nil {
		kind = RequestPlay
	}
	app, _, _ := strings.Cut(c.aim.app, "?")
	name, _, _ := strings.Cut(c.aim.name, "?")
	i.Streams = []StreamStatistics{{1, kind, app, name, c.Statistics()}}
	return i
}
