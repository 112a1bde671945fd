package rtmp

import (
	"time"

	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// ServerEventKind says what a [ServerEvent] tells.
type ServerEventKind uint8

// The events of a server. Their numbers do not change. Those of one connection come in order. What was granted is
// followed by its end exactly once, however the connection ends: ServerConnection by ServerDisconnect, ServerPublish by
// ServerPublishStop and ServerUnpublish, ServerPlay by ServerPlayStop.
const (
	ServerConnection         ServerEventKind = 1  // a peer was let in, before its first byte is read
	ServerHandshake          ServerEventKind = 2  // its handshake is complete
	ServerConnect            ServerEventKind = 3  // its connect was granted
	ServerDisconnect         ServerEventKind = 4  // it is gone: Reason, Err
	ServerFCPublish          ServerEventKind = 5  // its FCPublish was granted: StreamName
	ServerPublish            ServerEventKind = 6  // its publish was granted: Session
	ServerPublishStop        ServerEventKind = 7  // nothing more comes of what it published: Session, Reason
	ServerUnpublish          ServerEventKind = 8  // and the session has ended by that, so that its name is free
	ServerPlay               ServerEventKind = 9  // its play was granted: Session
	ServerPlayStop           ServerEventKind = 10 // it plays no longer: Session, Reason
	ServerPause              ServerEventKind = 11 // a player pauses: Session, Position
	ServerUnpause            ServerEventKind = 12 // and goes on: Session, Position
	ServerMetadata           ServerEventKind = 13 // onMetaData came: Session, Packet
	ServerMediaTag           ServerEventKind = 14 // an audio or video message came: Session, Packet (its first)
	ServerVideoFrame         ServerEventKind = 15 // a video frame with a legacy header: Session, Packet
	ServerAudioFrame         ServerEventKind = 16 // an audio frame with a legacy header: Session, Packet
	ServerEnhancedVideoFrame ServerEventKind = 17 // a video frame of Enhanced RTMP: Session, Packet
	ServerEnhancedAudioFrame ServerEventKind = 18 // an audio frame of Enhanced RTMP: Session, Packet
	ServerKeyframe           ServerEventKind = 19 // a video frame that needs no earlier one, before it is told as a frame: Session, Packet
	ServerStats              ServerEventKind = 20 // StatsInterval has passed for a stream: Session, Statistics
)

// Mask returns the mask with this kind only.
func (k ServerEventKind) Mask() EventMask { return 1 << k }

// EventMask is a set of kinds of event: those of it are or'ed.
type EventMask uint32

// Has reports that a kind is in the set.
func (m EventMask) Has(k ServerEventKind) bool { return m&k.Mask() != 0 }

// AllEvents is every kind of event, mediaEvents those of packets.
const (
	AllEvents   EventMask = 1<<(ServerStats+1) - 2
	mediaEvents EventMask = 1<<ServerMetadata | 1<<ServerMediaTag | 1<<ServerVideoFrame | 1<<ServerAudioFrame |
		1<<ServerEnhancedVideoFrame | 1<<ServerEnhancedAudioFrame | 1<<ServerKeyframe
)

// ServerEvent is something that happened on a connection of a [Server].
type ServerEvent struct {
	Kind       ServerEventKind
	Connection uint64 // the connection's number on its server, from 1
	Peer       string // its address, "host:port" for TCP
	App        string // of the connect, empty before
	StreamName string // without its query; of events of streams and of FCPublish
	// Session is the stream's, nil where there is none.
	Session *Session
	// Packet is what came. The receiver of an event that [Server.NextEvent] returns releases it; to a hook it is lent
	// for the call.
	Packet     media.Packet
	Position   time.Duration
	Statistics *Statistics
	Reason     string // in words
	Err        error  // of a disconnect: nil after an end as it should be
	// Connect is the peer's connect command, nil before it. It must not be changed.
	Connect *message.Connect
	answer  chan bool // of a ServerMediaTag that is a question
}

// Asks reports that the event is a question: see ServerOptions.AskMediaTag.
func (e *ServerEvent) Asks() bool { return e.answer != nil }

// Answer lets the message of a ServerMediaTag event go on, or drops it. The first answer counts, to the event or a copy
// of it; the Packet is to be released all the same. It does nothing to an event that is no question.
func (e *ServerEvent) Answer(pass bool) {
	select {
	case e.answer <- pass:
	default:
	}
}

// eventCost is what an event that waits counts against Limits.QueueBytes.
func eventCost(e *ServerEvent) int {
	const own = 1 << 10
	if e.Packet.Buffer == nil {
		return own
	}
	return own + packetCost(&e.Packet)
}

// NextEvent returns the next event of the kinds in ServerOptions.Events; its Packet is the caller's to release. It waits
// as long as timeout says: negative for ever, 0 not at all. It fails with ErrTimeout, or ErrClosed once the server is
// closed and every event was taken. No event is dropped: while more than Limits.QueueBytes wait, the server's connections
// are not read.
func (s *Server) NextEvent(timeout time.Duration) (ServerEvent, error) {
	var e [1]ServerEvent
	_, err := s.NextEvents(e[:], timeout)
	return e[0], err
}

// NextEvents is NextEvent for as many events as there are, up to len(dst). It returns how many.
func (s *Server) NextEvents(dst []ServerEvent, timeout time.Duration) (int, error) {
	n, err := s.events.take(dst, timeout)
	if n > 0 && !s.events.full(s.options.Limits.QueueBytes) && s.stalled.CompareAndSwap(true, false) {
		for _, c := range s.connections() {
			c.link.wake()
		}
	}
	return n, err
}

// OnEvents makes the server call ready when there are events to take after there were none, and when no further ones
// come, as [Server.OnReady] does for requests. nil ends it.
func (s *Server) OnEvents(ready func()) { s.events.setNotify(ready) }

// EventsReady reports that NextEvent would return at once.
func (s *Server) EventsReady() bool { return s.events.waiting() }

// WaitingEvents returns how many events there are to take.
func (s *Server) WaitingEvents() int { return s.events.length() }

// Kick ends a connection, by its number. Its streams end as by [Session.CloseWithStatus]: code is an error status such as
// NetStream.Publish.BadName, by which encoders know that they need not come back, and by default one of those. A request
// that waits is rejected with it, and a connection that has neither is cut. It fails with ErrGone when there is no such
// connection any more.
func (s *Server) Kick(connection uint64, code, description string) error {
	for _, c := range s.connections() {
		if c.number == connection {
			return c.kick(code, description)
		}
	}
	return ErrGone
}

func (c *serverConn) kick(code, description string) error {
	c.link.mu.Lock()
	sessions, pending := append([]*Session(nil), c.sessions...), c.pending
	c.link.mu.Unlock()
	for _, s := range sessions {
		s.CloseWithStatus(code, description)
	}
	switch {
	case pending != nil:
		pending.Reject(code, description)
	case len(sessions) == 0:
		c.link.shut(errClosing)
	}
	return nil
}

// eventsFull reports that the application is behind with its events; NextEvents then wakes the connections.
func (s *Server) eventsFull() bool {
	if !s.events.full(s.options.Limits.QueueBytes) {
		return false
	}
	s.stalled.Store(true)
	return s.events.full(s.options.Limits.QueueBytes)
}

func (s *Server) connections() []*serverConn {
	s.mu.Lock()
	defer s.mu.Unlock()
	conns := make([]*serverConn, 0, len(s.conns))
	for c := range s.conns {
		conns = append(conns, c)
	}
	return conns
}

var eventNames = [...]string{
	ServerConnection: "connection", ServerHandshake: "handshake_complete", ServerConnect: "connect",
	ServerDisconnect: "disconnect", ServerFCPublish: "fc_publish", ServerPublish: "publish",
	ServerPublishStop: "publish_stop", ServerUnpublish: "unpublish", ServerPlay: "play", ServerPlayStop: "play_stop",
	ServerPause: "pause", ServerUnpause: "unpause", ServerMetadata: "metadata", ServerMediaTag: "media_tag",
	ServerVideoFrame: "video_frame", ServerAudioFrame: "audio_frame", ServerEnhancedVideoFrame: "enhanced_video_frame",
	ServerEnhancedAudioFrame: "enhanced_audio_frame", ServerKeyframe: "keyframe", ServerStats: "stats_update",
}

// String returns the kind's name in lower case, as every language of the library spells it.
func (k ServerEventKind) String() string {
	if k >= ServerConnection && int(k) < len(eventNames) {
		return eventNames[k]
	}
	return "unknown event"
}
