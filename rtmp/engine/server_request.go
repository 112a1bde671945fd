package engine

import (
	"errors"
	"strings"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

var errNameLength = errors.New("name too long")

func (s *Server) newRequest(kind RequestKind, streamID uint32, transaction float64) *Request {
	s.requestID++
	r := &Request{
		ID: s.requestID, Kind: kind, StreamID: streamID, transaction: transaction,
		App: s.app, RawApp: s.connect.App, deadline: after(s.now, s.timeouts.Decision),
	}
	_, urlQuery, _ := strings.Cut(s.connect.TCURL, "?")
	r.Query = joinQueries(s.appQuery, urlQuery)
	return r
}

// nameRequest puts a stream name into a request. A name with a NUL byte, or longer than permitted, is refused here:
// the application never sees it.
func (s *Server) nameRequest(r *Request, raw string) bool {
	if hasNUL(raw) || len(raw) > s.limits.NameBytes {
		s.reject(r, "", "bad name")
		return false
	}
	var query string
	r.RawName = raw
	r.Name, query = splitName(raw)
	r.Query = joinQueries(query, r.Query)
	return true
}

// ask raises a request. Until it is decided nothing more is taken from the peer.
func (s *Server) ask(r *Request) {
	s.request, s.asked = r, s.now
	s.event(Event{Kind: EventRequest, StreamID: r.StreamID, Request: r})
}

func (s *Server) onPublish(c message.Command, streamID uint32) {
	if wanted, ok := amf.AsBoolean(c.Argument(0)); ok && !wanted { // how Flash ends a publish
		s.onCloseStream(streamID)
		return
	}
	raw, kind := message.ParsePublish(c)
	st := s.streamFor(streamID)
	if st == nil {
		s.refuseCall(c, "too many streams")
		return
	}
	if st.state != streamIdle {
		s.counters.RequestsRejected++
		s.nothingForward()
		s.sendStatus(st.id, message.LevelError, message.CodePublishBadName, "publishing already")
		return
	}
	r := s.newRequest(RequestPublish, st.id, c.TransactionID)
	r.PublishType = kind
	if s.nameRequest(r, raw) {
		s.phase = PhasePublish
		s.ask(r)
	}
}

// streamFor returns the stream that publish or play means: its own, the one created last for an id that was never
// given out, or one made for it. It returns nil when there are too many.
func (s *Server) streamFor(id uint32) *serverStream {
	if st := s.stream(id); st != nil {
		return st
	}
	if len(s.streams) > 0 {
		return s.streams[len(s.streams)-1]
	}
	return s.createStream()
}

// take returns the pending request if it is the one with this id. What its decision took, as far as the time is known,
// is not held against the peer.
func (s *Server) take(id uint32) (*Request, error) {
	if s.err != nil {
		return nil, s.err
	}
	if s.request == nil || s.request.ID != id {
		return nil, ErrNoRequest
	}
	r := s.request
	s.request = nil
	s.forgive(s.now - s.asked)
	return r, nil
}

// Accept grants a request; a play with the usual answer. The deadlines that follow count from the time last told, so a
// caller that took its time calls Advance before; the same holds for Reject.
func (s *Server) Accept(id uint32) error { return s.AcceptPlay(id, PlayAnswer{}) }

// AcceptPlay grants a request; if it is for play, the way a says.
func (s *Server) AcceptPlay(id uint32, a PlayAnswer) error {
	r, err := s.take(id)
	if err != nil {
		return err
	}
	switch r.Kind {
	case RequestConnect:
		s.acceptConnect(r)
	case RequestFCPublish:
		s.acceptFCPublish(r)
	case RequestPublish:
		s.acceptPublish(r)
	case RequestPlay:
		s.acceptPlay(r, a)
	}
	return nil
}

func (s *Server) acceptPublish(r *Request) {
	st := s.stream(r.StreamID)
	if st == nil {
		return
	}
	*st = serverStream{id: st.id, state: streamPublishing, name: r.Name}
	st.firstDue = after(s.now, s.timeouts.FirstMedia)
	s.setup = never
	s.settled()
	s.sendUserControl(message.UserControl{Event: message.EventStreamBegin, StreamID: st.id})
	s.sendStatus(st.id, message.LevelStatus, message.CodePublishStart, "Started publishing.")
}

// Reject refuses a request, with a status code and a description for the peer, and ends the connection once that is
// sent; after a refused play it stays, for another try. An empty code stands for the one that peers obey:
// NetConnection.Connect.Rejected for connect, NetStream.Play.StreamNotFound for play, NetStream.Publish.BadName
// otherwise.
func (s *Server) Reject(id uint32, code, description string) error {
	r, err := s.take(id)
	if err != nil {
		return err
	}
	s.reject(r, code, description)
	return nil
}

// Redirect refuses a request because what it asks for is elsewhere: at a tcUrl, rtmp://host[:port]/app. Clients that
// know what that means connect there; for others it is a refusal. The connection ends once that is sent.
func (s *Server) Redirect(id uint32, url, description string) error {
	r, err := s.take(id)
	if err != nil {
		return err
	}
	if r.Kind == RequestConnect {
		s.counters.RequestsRejected++
		s.sendCommand(csidConnection, 0, message.ErrorReply(r.transaction, message.Redirection(url, "", description)))
	} else {
		s.counters.RequestsRejected++
		status := message.Redirection(url, strings.TrimSuffix(url, "/")+"/"+r.RawName, description)
		s.sendCommand(csidStream, 0, status.Command())
	}
	s.closing = true
	return nil
}

func (s *Server) reject(r *Request, code, description string) {
	usual := message.CodePublishBadName
	switch r.Kind {
	case RequestConnect:
		usual = message.CodeConnectRejected
	case RequestPlay:
		usual = message.CodePlayStreamNotFound
	}
	if code == "" {
		code = usual
	}
	if r.Kind == RequestConnect {
		s.refuseConnect(r.transaction, code, description)
		return
	}
	s.counters.RequestsRejected++
	s.sendStatus(r.StreamID, message.LevelError, code, description)
	if r.Kind == RequestPlay {
		s.nothingForward() // it may try again, though not for ever
		return
	}
	s.closing = true
}

// expire rejects the pending request because nobody decided it.
func (s *Server) expire() {
	r := s.request
	s.request = nil
	s.counters.RequestsExpired++
	s.reject(r, "", "no decision in time")
	s.event(Event{Kind: EventExpired, StreamID: r.StreamID, Request: r})
}

// CloseStream ends a publishing stream from our side and tells the peer; an empty code says that it ended well.
// Whether the connection goes too is the caller's to decide.
func (s *Server) CloseStream(streamID uint32, code, description string) error {
	st := s.stream(streamID)
	if s.err != nil || st == nil || st.state == streamIdle {
		return ErrState
	}
	level := message.LevelError
	if code == "" {
		level, code, description = message.LevelStatus, message.CodeUnpublishSuccess, "Stream closed."
	}
	s.sendUserControl(message.UserControl{Event: message.EventStreamEOF, StreamID: st.id})
	s.sendStatus(st.id, level, code, description)
	s.end(st, code)
	return nil
}

// Streams returns how many streams are publishing.
func (s *Server) Streams() int {
	n := 0
	for _, st := range s.streams {
		if st.state != streamIdle {
			n++
		}
	}
	return n
}

// End ends the conversation from our side. The caller sends the output and closes the connection.
func (s *Server) End() {
	s.endAll("closed")
	s.closing = true
}
