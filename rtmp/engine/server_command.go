package engine

import (
	"strings"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// command answers one command. What arrives before connect was accepted is refused, but costs no connection.
func (s *Server) command(c message.Command, streamID uint32) {
	if c.Name == "connect" {
		s.onConnect(c)
		return
	}
	if !s.connected {
		s.refuseCall(c, "connect first")
		return
	}
	switch c.Name {
	case "releaseStream":
		s.reply(c, amf.Undefined{})
	case "FCPublish":
		s.onFCPublish(c)
	case "FCUnpublish":
		s.onFCUnpublish(c)
	case "createStream":
		s.onCreateStream(c)
	case "pause", "pauseRaw", "seek", "receiveAudio", "receiveVideo":
		s.playCommand(c, streamID)
	case "publish":
		s.onPublish(c, streamID)
	case "play":
		s.onPlay(c, streamID)
	case "play2":
		s.onPlay2(c, streamID)
	case "deleteStream":
		s.onDeleteStream(c)
	case "closeStream":
		s.onCloseStream(streamID)
	case "close":
		s.endAll("close")
		s.closing = true
	case "getStreamLength":
		s.reply(c, amf.Number(0))
	case "_checkbw":
		s.reply(c, amf.Undefined{})
	case "FCSubscribe":
		s.onFCSubscribe(c)
	case "FCUnsubscribe":
		s.reply(c, amf.Undefined{})
	case "_result", "_error":
		if !s.answered(c) {
			s.nothingForward()
		}
	case "onStatus":
		s.nothingForward()
	default:
		s.called(c, streamID)
	}
}

// reply answers a command that wants an answer.
func (s *Server) reply(c message.Command, value amf.Value) {
	s.nothingForward()
	if c.TransactionID != 0 {
		s.sendCommand(csidConnection, 0, message.Result(c.TransactionID, amf.Null{}, value))
	}
}

func (s *Server) refuseCall(c message.Command, description string) {
	s.nothingForward()
	if c.TransactionID != 0 {
		s.sendCallFailed(c.TransactionID, description)
	}
}

// sendStatus sends onStatus on a message stream. A refusal is an error whatever level its code usually has.
func (s *Server) sendStatus(streamID uint32, level, code, description string) {
	s.sendCommand(csidStream, streamID, message.Status{Level: level, Code: code, Description: description}.Command())
}

func (s *Server) onConnect(c message.Command) {
	if s.connect != nil {
		s.refuseCall(c, "connected already")
		return
	}
	info, err := message.ParseConnect(c)
	s.connect = &info
	if err == nil && (len(info.App) > s.limits.NameBytes || len(info.TCURL) > s.limits.NameBytes) {
		err = errNameLength
	}
	if err != nil {
		s.refuseConnect(c.TransactionID, message.CodeConnectRejected, strings.TrimPrefix(err.Error(), "message: "))
		return
	}
	if err == nil && strings.Trim(info.App, "/") == "" && s.strict(StrictApp, true, "connect without an app") {
		return
	}
	if s.service.config.Enhanced != EnhancedOff {
		s.peerCapabilities = info.Enhanced()
	}
	if s.service.config.Enhanced == EnhancedRequired && s.peerCapabilities.IsZero() {
		s.refuseConnect(c.TransactionID, message.CodeConnectRejected, "Enhanced RTMP is required.")
		return
	}
	s.app, s.appQuery = info.AppName()
	s.app = withoutInstance(s.app)
	r := s.newRequest(RequestConnect, 0, c.TransactionID)
	if !s.service.config.AskConnect {
		s.acceptConnect(r)
		return
	}
	s.ask(r)
}

// acceptConnect answers connect: everything in one write.
func (s *Server) acceptConnect(r *Request) {
	s.connected, s.phase, s.step = true, PhaseCreateStream, never
	s.sendWindow(s.service.config.WindowAckSize)
	s.send(csidControl, message.TypeSetPeerBandwidth, 0, 0, message.AppendSetPeerBandwidth(nil, s.service.config.PeerBandwidth, message.LimitDynamic))
	s.sendUserControl(message.UserControl{Event: message.EventStreamBegin})
	p := payloads.Get().(*[]byte)
	*p = s.service.answer.Append((*p)[:0], r.transaction, s.connect.ObjectEncoding)
	s.sendPayload(csidConnection, 0, p)
	s.sendChunkSize(s.service.config.ChunkSize)
	if s.service.config.SendOnBWDone {
		s.sendCommand(csidConnection, 0, message.Command{Name: "onBWDone", Object: amf.Null{}})
	}
}

func (s *Server) refuseConnect(transaction float64, code, description string) {
	s.counters.RequestsRejected++
	s.sendCommand(csidConnection, 0, message.ErrorReply(transaction, message.NewStatus(code, description)))
	s.closing = true
}

func (s *Server) onFCPublish(c message.Command) {
	raw := argumentString(c)
	r := s.newRequest(RequestFCPublish, 0, c.TransactionID)
	if !s.nameRequest(r, raw) {
		return
	}
	if !s.service.config.AskFCPublish {
		s.acceptFCPublish(r)
		return
	}
	s.ask(r)
}

// acceptFCPublish answers with _result and with onFCPublish: different encoders wait for one or the other.
func (s *Server) acceptFCPublish(r *Request) {
	s.nothingForward()
	if r.transaction != 0 {
		s.sendCommand(csidConnection, 0, message.Result(r.transaction, amf.Null{}, amf.Undefined{}))
	}
	c := message.NewStatus(message.CodePublishStart, r.Name).Command()
	c.Name, c.TransactionID = "onFCPublish", r.transaction
	s.sendCommand(csidConnection, 0, c)
}

func (s *Server) onFCUnpublish(c message.Command) {
	name, _ := splitName(argumentString(c))
	f := message.NewStatus(message.CodeUnpublishSuccess, name).Command()
	f.Name = "onFCUnpublish"
	s.sendCommand(csidConnection, 0, f)
	s.reply(c, amf.Undefined{})
	for _, st := range s.streams {
		if st.state == streamPublishing && (st.name == name || name == "") {
			s.sendStatus(st.id, message.LevelStatus, message.CodeUnpublishSuccess, "Stopped publishing.")
			s.end(st, "FCUnpublish")
		}
	}
}

// onFCSubscribe answers players of content delivery networks, which wait for onFCSubscribe before they play.
func (s *Server) onFCSubscribe(c message.Command) {
	name, _ := splitName(argumentString(c))
	f := message.NewStatus(message.CodePlayStart, name).Command()
	f.Name = "onFCSubscribe"
	s.sendCommand(csidConnection, 0, f)
	s.reply(c, amf.Undefined{})
}

// RequestReconnect asks the client to connect anew, to tcURL, which may be relative to the client's, or, if it is empty,
// to the same; this connection goes on until the client ends it. The error is ErrNoReconnect for a client that did not
// say that it understands this. Enhanced RTMP v2, "Reconnect Request".
func (s *Server) RequestReconnect(tcURL, description string) error {
	if err := s.mayCall(); err != nil {
		return err
	}
	if s.peerCapabilities.Ex&message.CapsReconnect == 0 {
		return ErrNoReconnect
	}
	s.sendCommand(csidConnection, 0, message.ReconnectRequest(tcURL, description).Command())
	return nil
}

func (s *Server) onCreateStream(c message.Command) {
	st := s.createStream()
	if st == nil {
		s.refuseCall(c, "too many streams")
		return
	}
	s.reply(c, amf.Number(st.id))
}

func (s *Server) createStream() *serverStream {
	if len(s.streams) >= s.limits.MessageStreams {
		return nil
	}
	s.lastID++
	st := &serverStream{id: s.lastID}
	s.streams = append(s.streams, st)
	return st
}

func (s *Server) onDeleteStream(c message.Command) {
	s.nothingForward()
	id, ok := message.ParseStreamID(c)
	if !ok {
		id = s.streamNamed(c)
	}
	for i, st := range s.streams {
		if st.id == id {
			s.end(st, "deleteStream")
			s.streams = append(s.streams[:i], s.streams[i+1:]...)
			return
		}
	}
}

// streamNamed returns the stream published under the name that a command carries, as some clients name a stream
// where its id belongs, or 0.
func (s *Server) streamNamed(c message.Command) uint32 {
	name, _ := splitName(argumentString(c))
	for _, st := range s.streams {
		if name != "" && st.name == name {
			return st.id
		}
	}
	return 0
}

// onCloseStream ends what a message stream does; the stream may be used again. Some clients send it on stream 0.
func (s *Server) onCloseStream(streamID uint32) {
	s.nothingForward()
	st := s.stream(streamID)
	if st == nil {
		st = s.publishing()
	}
	if st == nil {
		st = s.playing()
	}
	if st != nil {
		s.end(st, "closeStream")
	}
}

// end ends the publishing or playing of a stream.
func (s *Server) end(st *serverStream, reason string) {
	if st.state == streamIdle {
		return
	}
	st.state, st.name = streamIdle, ""
	s.event(Event{Kind: EventStreamEnd, StreamID: st.id, Reason: reason})
	if s.Streams() == 0 {
		s.setup = after(s.now, s.timeouts.Setup)
	}
}

func (s *Server) endAll(reason string) {
	for _, st := range s.streams {
		s.end(st, reason)
	}
}

// argumentString returns the first argument if it is a string.
func argumentString(c message.Command) string {
	s, _ := amf.AsString(c.Argument(0))
	return s
}

func hasNUL(s string) bool { return strings.IndexByte(s, 0) >= 0 }
