package engine

import (
	"io"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// ServerConfig says how a [Server], or each of a [Service], behaves. Rand must be set; every other field may be zero.
type ServerConfig struct {
	Limits        Limits
	Timeouts      Timeouts
	Allocator     buffer.Allocator // of message payloads; default buffer.Heap
	Rand          io.Reader        // for the random parts of the handshake
	ChunkSize     uint32           // of what we send, 1–65536; default 4096
	WindowAckSize uint32           // default 5,000,000
	PeerBandwidth uint32           // default 5,000,000
	AskConnect    bool             // raise a request for connect; otherwise every connect is accepted
	AskFCPublish  bool             // raise a request for FCPublish; otherwise every FCPublish is accepted
	AskPlay       bool             // raise a request for play; otherwise every play finds no stream
	SendOnBWDone  bool             // send onBWDone after the answer to connect
	Shaken        bool             // the handshake was done elsewhere
	Strict        Strictness       // what not to put up with; default nothing
	AnswerCalls   bool             // the application answers commands that the engine does not know; otherwise they are refused
	Enhanced      EnhancedMode
	Capabilities  *message.Capabilities // what the answer to connect says; nil: every codec, to be forwarded, and all of capsEx
}

// Service makes the [Server] of each connection of one configuration. What they have in common is there once. It may be
// used by several goroutines at a time.
type Service struct {
	config ServerConfig
	answer message.ConnectAnswer
}

// NewService returns a service with a configuration, which is copied.
func NewService(c ServerConfig) *Service {
	c.Limits, c.Timeouts = c.Limits.WithDefaults(), c.Timeouts.WithDefaults()
	if c.Allocator == nil {
		c.Allocator = buffer.Heap
	}
	if c.ChunkSize == 0 || c.ChunkSize > 65536 {
		c.ChunkSize = 4096
	}
	if c.WindowAckSize == 0 {
		c.WindowAckSize = 5_000_000
	}
	if c.PeerBandwidth == 0 {
		c.PeerBandwidth = 5_000_000
	}
	return &Service{config: c, answer: message.NewConnectAnswer(capabilities(c.Enhanced, c.Capabilities, message.CanForward))}
}

// Server is the accepting side of one connection.
type Server struct {
	core
	service   *Service
	handshake *handshake.Server // nil once done
	setup     deadline          // by which a publish or play must be accepted
	step      deadline          // by which the handshake, then connect, must be done
	asked     time.Duration     // when the latest request was raised
	connect   *message.Connect  // nil before connect
	connected bool              // connect was accepted
	app       string
	appQuery  string
	streams   []*serverStream
	lastID    uint32
	request   *Request // the one that waits for a decision
	requestID uint32
}

type streamState uint8

const (
	streamIdle streamState = iota
	streamPublishing
	streamPlaying
)

type serverStream struct {
	id       uint32
	state    streamState
	name     string // as published
	clock    media.Unwrapper
	media    bool // something was received since the publish
	firstDue deadline

	paused  bool // of a player: it wants nothing,
	noAudio bool // no audio,
	noVideo bool // no video

	// For strict engines.
	described bool // onMetaData came
	last      [2]struct {
		set bool
		at  uint32
	} // timestamps of audio and video
}

// NewServer is [Service.NewServer] for a service of its own.
func NewServer(c ServerConfig) *Server { return NewService(c).NewServer() }

// NewServer returns a server that waits for a handshake. Its connection begins, at time 0, with it.
func (service *Service) NewServer() *Server {
	c := &service.config
	s := &Server{service: service}
	s.init(&c.Limits, &c.Timeouts, c.Allocator)
	s.answersCalls, s.strictness = c.AnswerCalls, c.Strict
	s.setup = after(0, s.timeouts.Setup)
	if c.Shaken {
		s.phase, s.step = PhaseConnect, after(0, s.timeouts.Connect)
	} else {
		s.step = after(0, s.timeouts.Handshake)
		s.handshake = handshake.NewServer(handshake.Config{Rand: c.Rand})
	}
	return s
}

// Resume tells the time to a server whose caller has taken no input for a while, and takes some again: the pause is not
// held against the peer.
func (s *Server) Resume(now time.Duration) {
	s.forgive(now - s.now)
	s.now = now
}

// forgive moves every deadline of the peer.
func (s *Server) forgive(pause time.Duration) {
	s.lastReceived += pause
	s.setup.at += pause
	s.step.at += pause
	for _, st := range s.streams {
		st.firstDue.at += pause
	}
}

// Receive takes bytes that arrived at now, the time since the connection began, and returns how many of them it
// consumed. It stops early when a request waits for its decision or events wait to be taken, and after
// Limits.ReadChunks; the caller passes the rest again after that.
func (s *Server) Receive(p []byte, now time.Duration) (n int, err error) {
	if s.err != nil {
		return 0, s.err
	}
	s.now = now
	if len(p) > 0 {
		s.heard()
	}
	if s.handshake != nil {
		n, err = s.handshake.Receive(p)
		s.appendOutput(s.handshake.AppendOutput)
		if err != nil {
			return n, s.fail(err)
		}
		if !s.handshake.Done() {
			return n, nil
		}
		if s.shaken(); s.err != nil {
			return n, s.err
		}
	}
	k, err := s.receive(p[n:], s.message, s.Paused)
	return n + k, err
}

// shaken begins what follows the handshake.
func (s *Server) shaken() {
	result := s.handshake.Result()
	if s.strict(StrictHandshake, !result.PeerVerified, "C2 does not repeat S1") {
		return
	}
	s.event(Event{Kind: EventHandshake, Handshake: result})
	s.handshake, s.phase = nil, PhaseConnect
	s.step = after(s.now, s.timeouts.Connect)
}

// Paused reports that Receive consumes nothing for now: a request waits for its decision, events wait to be taken, or
// the conversation is over.
func (s *Server) Paused() bool {
	return s.request != nil || s.full() || s.closing
}

// Deciding reports that a request waits for its decision.
func (s *Server) Deciding() bool { return s.request != nil }

// Deadline returns the time at which Advance must be called next, and false if there is none.
func (s *Server) Deadline() (time.Duration, bool) {
	if s.closing {
		return 0, false
	}
	d := s.setup.earlier(s.step).earlier(s.callDeadline())
	if s.request != nil {
		d = s.request.deadline.earlier(s.callDeadline())
	} else if s.handshake == nil {
		d = d.earlier(s.idleDeadline())
		for _, st := range s.streams {
			if st.state == streamPublishing && !st.media {
				d = d.earlier(st.firstDue)
			}
		}
	}
	return d.at, d.set
}

// Advance tells the time to an engine that has received nothing. It rejects a request that was not decided in time,
// pings a silent peer, and returns an error once a phase has lasted too long.
func (s *Server) Advance(now time.Duration) error {
	if s.err != nil || s.closing {
		return s.err
	}
	s.now = now
	s.advanceCalls()
	if s.request != nil {
		if s.request.deadline.passed(now) {
			s.expire()
		}
		return nil
	}
	if s.setup.passed(now) || s.step.passed(now) {
		return s.fail(ErrTimeout)
	}
	if s.handshake != nil {
		return nil
	}
	for _, st := range s.streams {
		if st.state == streamPublishing && !st.media && st.firstDue.passed(now) {
			return s.fail(ErrTimeout)
		}
	}
	return s.advanceIdle()
}

// App returns the application the peer connected to, without its query and without slashes at its ends.
func (s *Server) App() string { return s.app }

// ConnectInfo returns the peer's connect command, or nil before it.
func (s *Server) ConnectInfo() *message.Connect { return s.connect }

// message handles one message and takes its payload's reference.
func (s *Server) message(m chunk.Message) {
	switch m.TypeID {
	case message.TypeAudio, message.TypeVideo, message.TypeData, message.TypeDataAMF3, message.TypeAggregate:
		s.media(m)
		return
	case message.TypeSetChunkSize, message.TypeAbort, message.TypeAcknowledgement, message.TypeUserControl,
		message.TypeWindowAckSize, message.TypeSetPeerBandwidth:
		s.control(m.TypeID, m.Payload.Bytes())
	case message.TypeCommand, message.TypeCommandAMF3:
		cmd, err := message.ParseCommand(m.TypeID, m.Payload.Bytes(), s.limits.amf(s.early))
		switch {
		case s.strictAMF(&m):
		case err != nil:
			s.faulty()
		case !s.strictCommand(cmd, m.StreamID):
			s.command(cmd, m.StreamID)
		}
	case message.TypeSharedObject, message.TypeSharedObjectAMF3:
		if !s.connected {
			s.unknown()
			break
		}
		s.shared(m.TypeID, m.Payload.Bytes())
	default:
		s.unknown()
		s.transportStream(&m)
	}
	m.Payload.Release()
}

// transportStream ends a connection on which an MPEG transport stream is published, and says so. FFmpeg with -f mpegts at
// an RTMP URL takes what it is given for FLV tags: messages of types that there are not.
func (s *Server) transportStream(m *chunk.Message) {
	st := s.stream(m.StreamID)
	if st == nil || st.state != streamPublishing || st.media || !holdsTransportStream(m.Payload.Bytes()) {
		return
	}
	s.sendStatus(st.id, message.LevelError, message.CodePublishRejected, ErrMPEGTS.Error())
	s.fail(ErrMPEGTS)
}

// holdsTransportStream reports whether packets of 188 bytes that begin with 0x47 follow one another. ISO 13818-1 §2.4.3.2.
func holdsTransportStream(p []byte) bool {
	const packet, sync, least = 188, 0x47, 4
	for i := 0; i < packet && i+least*packet <= len(p); i++ {
		if p[i] == sync && p[i+packet] == sync && p[i+2*packet] == sync && p[i+3*packet] == sync {
			return true
		}
	}
	return false
}

// media hands a packet on if its stream is publishing; a message stream that was never created stands for the one
// published last, as some cameras send 0.
func (s *Server) media(m chunk.Message) {
	st := s.stream(m.StreamID)
	if s.strictness != 0 && s.strictMedia(&m, st) {
		m.Payload.Release()
		return
	}
	if st == nil {
		st = s.publishing()
	}
	if st == nil || st.state != streamPublishing {
		s.counters.Ignored++
		if s.early || len(m.Payload.Bytes()) == 0 { // later it may be on its way to a stream that has just ended
			s.nothingForward()
		}
		m.Payload.Release()
		return
	}
	if !st.media {
		st.media = true
	}
	if m.TypeID == message.TypeAggregate {
		s.aggregated(m, st.id, &st.clock)
		return
	}
	s.deliver(m, st.id, &st.clock)
}

func (s *Server) stream(id uint32) *serverStream {
	for _, st := range s.streams {
		if st.id == id {
			return st
		}
	}
	return nil
}

// publishing returns the stream published last.
func (s *Server) publishing() *serverStream {
	for i := len(s.streams) - 1; i >= 0; i-- {
		if s.streams[i].state == streamPublishing {
			return s.streams[i]
		}
	}
	return nil
}
