package rtmp

import (
	"io"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
)

// notices are what a connection has to tell, to hooks and to the takers of its server's events, in order. A goroutine
// tells them, with nothing locked, while there are some. Server.Close does not wait for it, as a hook may call that.
type notices struct {
	watched   EventMask // what anybody wants to be told
	greeted   bool      // the connection was told of
	telling   bool      // the goroutine runs
	waiting   []notice
	spare     []notice
	cost      int // of those that wait, and of those that are being told:
	beingTold int
}

// notice is one thing to tell, and what follows from it once it is told.
type notice struct {
	ServerEvent
	then    noticeAction
	request *Request // of decide
}

type noticeAction uint8

const (
	nothing noticeAction = iota
	decide               // a hook decides request
	deliver              // Packet goes to Session, unless a hook drops it
	finish               // Session ends: Err is nil if it has been closed by us
)

// grantedKind is the event that tells of a granted request.
func grantedKind(kind RequestKind) ServerEventKind {
	switch kind {
	case RequestConnection:
		return ServerConnection
	case RequestConnect:
		return ServerConnect
	case RequestFCPublish:
		return ServerFCPublish
	case RequestPublish:
		return ServerPublish
	}
	return ServerPlay
}

// watches reports that an event would be told to somebody.
func (c *serverConn) watches(kind ServerEventKind) bool { return c.notices.watched.Has(kind) }

// tell queues a notice. The link is locked.
func (c *serverConn) tell(n notice) {
	n.Connection, n.Peer = c.number, c.peer
	if n.Kind != ServerConnection && n.Kind != ServerHandshake { // after which connect may have come in the same read
		if n.Connect = c.engine.ConnectInfo(); n.Connect != nil {
			n.App = c.engine.App()
		}
	}
	if s := n.Session; s != nil {
		n.App, n.StreamName = s.App(), s.StreamName()
	}
	c.notices.waiting = append(c.notices.waiting, n)
	c.notices.cost += eventCost(&n.ServerEvent)
	if !c.notices.telling {
		c.notices.telling = true
		c.server.tellers.Add(1)
		go c.tellAll()
	}
}

// behind reports that those who are told have too much before them. The link is locked.
func (c *serverConn) behind() bool {
	return c.notices.watched != 0 && (c.notices.cost >= c.server.options.Limits.QueueBytes || c.server.eventsFull())
}

// tellAll tells what there is to tell.
func (c *serverConn) tellAll() {
	defer c.recover()
	defer c.server.tellerDone()
	for told := []notice(nil); ; {
		list := c.nextNotices(told)
		if list == nil {
			return
		}
		for i := 0; i < len(list); {
			n := 1 // those of one message
			for list[i].then == deliver && i+n < len(list) && list[i+n].then == deliver && list[i+n].Packet.Flags&media.FlagContinued != 0 {
				n++
			}
			if list[i].then == deliver {
				c.tellMessage(list[i : i+n])
			} else {
				c.tellOne(&list[i])
			}
			i += n
		}
		told = list
	}
}

// nextNotices takes back those that were told, and returns the next ones, or nil when there are none.
func (c *serverConn) nextNotices(told []notice) []notice {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	n := &c.notices
	clear(told)
	n.spare = told[:0]
	list := n.waiting
	if len(list) == 0 {
		n.telling, n.waiting, n.spare, n.cost, n.beingTold = false, nil, nil, 0, 0
		c.link.wake()
		return nil
	}
	n.waiting = n.spare
	n.cost -= n.beingTold
	n.beingTold = n.cost
	c.link.wake()
	return list
}

// tellOne tells a notice that is not of a packet.
func (c *serverConn) tellOne(n *notice) {
	defer c.recover()
	s := n.Session
	switch n.then {
	case decide:
		c.decide(n.request)
	case finish:
		kind, then := ServerPublishStop, ServerUnpublish
		if s.Kind() == RequestPlay {
			kind, then = ServerPlayStop, 0
		}
		err := n.Err
		n.Err = nil
		c.emit(kind, n)
		if err != nil {
			s.endedBy(n.Reason, err)
		}
		if then != 0 {
			c.emit(then, n)
		}
	default:
		if n.Kind == ServerStats {
			st := s.Statistics()
			n.Statistics = &st
		}
		c.emit(n.Kind, n)
	}
}

// tellMessage tells the packets of one message, and hands them on.
func (c *serverConn) tellMessage(list []notice) {
	kept := false
	defer func() {
		for i := range list {
			if kept {
				continue
			}
			list[i].Packet.Release()
		}
	}()
	defer c.recover()
	first := &list[0]
	if t := first.Packet.Type; t == media.TypeAudio || t == media.TypeVideo {
		if !c.emit(ServerMediaTag, first) {
			return
		}
	}
	for i := range list {
		c.tellPacket(&list[i])
	}
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	kept = true
	for i := range list {
		first.Session.receive(list[i].Packet)
	}
}

func (c *serverConn) tellPacket(n *notice) {
	p := &n.Packet
	enhanced := p.Flags&media.FlagEnhanced != 0
	switch {
	case p.Type != media.TypeAudio && p.Type != media.TypeVideo:
		if p.Kind == media.KindMetadata {
			c.emit(ServerMetadata, n)
		}
	case p.Kind != media.KindFrame || p.Malformed():
	case p.Type == media.TypeAudio && enhanced:
		c.emit(ServerEnhancedAudioFrame, n)
	case p.Type == media.TypeAudio:
		c.emit(ServerAudioFrame, n)
	default:
		if p.Keyframe() {
			c.emit(ServerKeyframe, n)
		}
		kind := ServerVideoFrame
		if enhanced {
			kind = ServerEnhancedVideoFrame
		}
		c.emit(kind, n)
	}
}

// emit tells an event: to its hook, then to those who take the server's events. false: the hook drops it.
func (c *serverConn) emit(kind ServerEventKind, n *notice) bool {
	if !c.watches(kind) {
		return true
	}
	n.Kind = kind
	o := &c.server.options
	if h := o.Hooks; h != nil {
		if kind == ServerMediaTag {
			if h.MediaTag != nil && !h.MediaTag(&n.ServerEvent) {
				return false
			}
		} else if f := h.event(kind); f != nil && *f != nil {
			(*f)(&n.ServerEvent)
		}
	}
	return !o.Events.Has(kind) || c.put(n.ServerEvent)
}

// put adds an event to the server's, and waits for the answer if it is a question. false: the message is dropped.
func (c *serverConn) put(e ServerEvent) bool {
	if e.Packet.Buffer != nil {
		e.Packet.Buffer.Retain()
	}
	asks := e.Kind == ServerMediaTag && c.server.options.AskMediaTag
	if asks {
		e.answer = make(chan bool, 1)
	}
	if _, ok := c.server.events.put(e); !ok {
		e.Packet.Release()
		return true
	}
	if !asks {
		return true
	}
	select {
	case pass := <-e.answer:
		return pass
	case <-c.server.done:
		return true // to sessions that are closed
	}
}

// decide puts a request to its hook, if there is one, and passes it on.
func (c *serverConn) decide(r *Request) {
	if h := c.server.options.Hooks; h != nil && h.asked(r.info.Kind) {
		if err := (*h.request(r.info.Kind))(r); err != nil {
			refuse(r, err)
			return
		}
	}
	if !r.stale() {
		c.route(r)
	}
}

// route passes a request on that no hook refused: to the application, to the hub, or to nobody who would object.
func (c *serverConn) route(r *Request) {
	s, kind := c.server, r.info.Kind
	switch {
	case s.asks(kind):
		if err := c.announceUnlocked(r); err != nil {
			r.Reject("", "the server is busy")
		}
	case kind == RequestPlay && s.options.Hub == nil:
		r.Reject("", "no such stream")
	case kind == RequestPublish || kind == RequestPlay:
		s.options.Hub.Accept(r)
	default:
		r.Accept()
	}
}

// announceUnlocked is announce with the link unlocked, for a request that may have been decided meanwhile.
func (c *serverConn) announceUnlocked(r *Request) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.pending != r {
		return nil
	}
	return c.announce(r)
}

// granted tells that a request was accepted. The link is locked.
func (c *serverConn) granted(r *Request, s *Session) {
	kind := grantedKind(r.info.Kind)
	if kind == ServerConnection {
		c.notices.greeted = true
	}
	if c.server.options.Events.Has(kind) {
		c.tell(notice{ServerEvent: ServerEvent{Kind: kind, App: r.info.App, StreamName: r.info.Name, Session: s}})
	}
}

// tellPause tells that a player pauses or goes on. The link is locked.
func (c *serverConn) tellPause(s *Session, e *engine.Event) {
	kind := ServerPause
	switch e.Kind {
	case engine.EventPause:
	case engine.EventUnpause:
		kind = ServerUnpause
	default:
		return
	}
	if c.watches(kind) {
		position := time.Duration(e.Value) * time.Millisecond
		c.tell(notice{ServerEvent: ServerEvent{Kind: kind, Session: s, Position: position}})
	}
}

// over ends a session that has left the connection, and tells so, once. err is nil after our own Close. The link is
// locked.
func (c *serverConn) over(s *Session, reason string, err error) {
	const ends = 1<<ServerPublishStop | 1<<ServerUnpublish | 1<<ServerPlayStop | mediaEvents
	if c.notices.watched&ends != 0 {
		c.tell(notice{ServerEvent: ServerEvent{Session: s, Reason: reason, Err: err}, then: finish})
	} else if err != nil {
		s.endedBy(reason, err)
	}
}

// gone tells that the connection has ended. The link is locked.
func (c *serverConn) gone(err error) {
	if !c.notices.greeted || !c.watches(ServerDisconnect) {
		return
	}
	e := ServerEvent{Kind: ServerDisconnect, Reason: "the peer has gone"}
	switch {
	case err == nil:
		e.Reason = "the conversation is over"
	case err != io.EOF && !isReset(err):
		e.Err, e.Reason = err, inWords(err)
	}
	c.tell(notice{ServerEvent: e})
}

// tellerDone notes that a goroutine has told everything. After the server's end the last one ends its events.
func (s *Server) tellerDone() {
	if s.tellers.Add(-1) == 0 && s.finished.Load() {
		s.events.close(ErrClosed)
	}
}

// tellStats tells the statistics of every stream from time to time.
func (s *Server) tellStats() {
	ticker := time.NewTicker(s.options.StatsInterval)
	defer ticker.Stop()
	for {
		select {
		case <-s.done:
			return
		case <-ticker.C:
		}
		for _, c := range s.connections() {
			c.tellStats()
		}
	}
}

// tellStats tells the statistics of the connection's streams, unless what was told before is not taken yet.
func (c *serverConn) tellStats() {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.behind() || c.link.err != nil {
		return
	}
	for _, s := range c.sessions {
		c.tell(notice{ServerEvent: ServerEvent{Kind: ServerStats, Session: s}})
	}
}

// ask has a request decided: by a hook, by the receiver as route says, or by the application. The link is locked.
func (c *serverConn) ask(r *Request) {
	c.await(r)
	s, kind := c.server, r.info.Kind
	switch {
	case s.options.Hooks != nil && s.options.Hooks.asked(kind), s.options.Events != 0:
		c.tell(notice{then: decide, request: r}) // after the events that came before it
	case !s.asks(kind):
		c.link.decision = func() { c.route(r) }
	default:
		if err := c.announce(r); err != nil {
			c.await(nil)
			if kind == RequestConnection {
				r.decided <- false
			} else {
				c.engine.Reject(r.info.ID, "", "the server is busy")
			}
		}
	}
}
