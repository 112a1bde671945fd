package rtmp

import (
	"io"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// SessionEventKind says what a [SessionEvent] tells.
type SessionEventKind uint8

// The events of a session. Their numbers do not change.
const (
	SessionPause    SessionEventKind = 1 // the player pauses: what is sent from now on is left out
	SessionUnpause  SessionEventKind = 2 // the player goes on: it needs sequence headers and a keyframe
	SessionSeek     SessionEventKind = 3 // the player wants to be at Position of a recorded stream
	SessionReceive  SessionEventKind = 4 // the player wants packets of Type, or no longer: On
	SessionWritable SessionEventKind = 5 // there is room again after ErrAgain
	SessionBuffer   SessionEventKind = 6 // the player says how much it buffers: Buffer

	SessionCall         SessionEventKind = 7 // with AnswerCalls, of every session: the peer calls a procedure: Call, CallID
	SessionSharedObject SessionEventKind = 8 // with AnswerCalls, of every session: a shared object message came: SharedObject
	SessionReply        SessionEventKind = 9 // what StartCall began has ended: CallID, Values or Err
)

// SessionEvent is something that a player did, or that the peer of any session said.
type SessionEvent struct {
	Kind     SessionEventKind
	Position time.Duration
	Type     uint8 // media.TypeAudio or media.TypeVideo
	On       bool
	Buffer   time.Duration

	Call         *message.Command
	CallID       uint32 // for Answer and Refuse; 0: no answer is wanted. Of a SessionReply what StartCall returned
	Values       []amf.Value
	Err          error
	SharedObject *message.SharedObject

	size int // bytes of the message that said so
}

func (e *SessionEvent) cost() int { return e.size }

// Play returns what the player asked for. BufferLength is what it said last.
func (s *Session) Play() PlayRequest {
	s.conn.link.mu.Lock()
	defer s.conn.link.mu.Unlock()
	return s.request.Play
}

// NextEvent returns the next event of a played stream, or, with ServerOptions.AnswerCalls, of any. It waits for it as long as timeout says: negative for ever, 0
// not at all. It fails with ErrTimeout, io.EOF when the player has left, or ErrClosed after Close.
func (s *Session) NextEvent(timeout time.Duration) (SessionEvent, error) {
	var e [1]SessionEvent
	_, err := s.events.take(e[:], timeout)
	return e[0], err
}

func (s *Session) inform(e SessionEvent) {
	if !s.events.crowded(s.conn.server.options.Limits.QueueBytes) {
		s.events.put(e)
	}
}

// Complete ends a played stream because all of it has been sent: the player hears NetStream.Play.Complete. The connection
// stays, so that it can play something else.
func (s *Session) Complete() error {
	return s.leave(func() { s.conn.engine.CompletePlay(s.streamID) })
}

// leave ends a played stream in the way that tell tells the player.
func (s *Session) leave(tell func()) error {
	player, err := s.left(tell)
	if player != nil {
		player.stream.prune()
	}
	return err
}

func (s *Session) left(tell func()) (*hubPlayer, error) {
	l := s.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := s.state(); err != nil {
		return nil, err
	}
	if s.request.Kind != RequestPlay {
		return nil, engine.ErrState
	}
	tell() // the engine's event of the end removes the session
	l.events()
	l.flush()
	return s.player, nil
}

// state is why nothing can be sent. The link is locked.
func (s *Session) state() error {
	switch {
	case s.closed:
		return ErrClosed
	case s.over != nil:
		return s.over
	case s.conn.session(s.streamID) != s:
		return io.EOF
	}
	if err := s.conn.link.err; !isGone(err) {
		return err
	}
	return io.EOF
}

func (s *Session) putMedia(typeID uint8, timestamp uint32, head, body []byte) error {
	return s.conn.engine.SendMedia(s.streamID, typeID, timestamp, head, body)
}

func (s *Session) putPacket(p *media.Packet) error {
	return s.conn.engine.SendPacket(s.streamID, p)
}

func (s *Session) putMetadata(v amf.Value) error {
	return s.putMedia(message.TypeData, 0, nil, amf.AppendValuesAMF0(nil, amf.String(message.HandlerMetadata), v))
}

func (s *Session) congested(bool) {}

func (s *Session) boundary(bool) error { return nil }

func (s *Session) writable() {
	if !s.events.has(func(e *SessionEvent) bool { return e.Kind == SessionWritable }) {
		s.events.put(SessionEvent{Kind: SessionWritable})
	}
}
