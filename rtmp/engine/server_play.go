package engine

import (
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// PlayRequest is what a play command asks for besides the stream.
type PlayRequest struct {
	Start        float64 // message.PlayAny, message.PlayLive, or an offset; clients mix seconds and milliseconds
	Duration     float64 // in the same unit; -1: all of it
	Reset        bool    // what was to be played before is dropped
	BufferLength uint32  // milliseconds that the player wants to hold; 0: it did not say
	// Switch is what a play2 command asked for: the stream is to take the place of the one that plays. Nil for play.
	Switch *message.Play2
}

// PlayAnswer says how an accepted play begins.
type PlayAnswer struct {
	Recorded       bool // a recorded stream: say so
	NoSampleAccess bool // leave |RtmpSampleAccess out, which lets Flash players read samples
	DataStart      bool // send NetStream.Data.Start as data, as some servers do; FFmpeg shows an empty stream for it
}

func (s *Server) onPlay(c message.Command, streamID uint32) {
	raw, start, duration, reset := message.ParsePlay(c)
	s.askPlay(c, streamID, raw, PlayRequest{Start: start, Duration: duration, Reset: reset == nil || *reset})
}

// onPlay2 treats play2 as a play of the stream that it names.
func (s *Server) onPlay2(c message.Command, streamID uint32) {
	p := message.ParsePlay2(c)
	s.askPlay(c, streamID, p.StreamName, PlayRequest{Start: p.Start, Duration: p.Duration, Switch: &p})
}

func (s *Server) askPlay(c message.Command, streamID uint32, raw string, p PlayRequest) {
	if !s.service.config.AskPlay {
		s.nothingForward()
		s.counters.RequestsRejected++
		s.sendStatus(streamID, message.LevelError, message.CodePlayStreamNotFound, "no such stream")
		return
	}
	st := s.streamFor(streamID)
	switch {
	case st == nil:
		s.refuseCall(c, "too many streams")
		return
	case st.state == streamPublishing:
		s.counters.RequestsRejected++
		s.nothingForward()
		s.sendStatus(st.id, message.LevelError, message.CodePlayFailed, "publishing already")
		return
	case st.state == streamPlaying: // another stream instead
		s.end(st, c.Name)
	}
	r := s.newRequest(RequestPlay, st.id, c.TransactionID)
	r.Play = p
	r.Play.BufferLength = s.bufferLength
	if s.nameRequest(r, raw) {
		s.phase = PhasePlay
		s.ask(r)
	}
}

// acceptPlay begins a play: everything a player waits for in one write.
func (s *Server) acceptPlay(r *Request, a PlayAnswer) {
	st := s.stream(r.StreamID)
	if st == nil {
		return
	}
	st.state, st.name = streamPlaying, r.Name
	st.paused, st.noAudio, st.noVideo = false, false, false
	s.setup = never
	s.settled()
	if a.Recorded {
		s.sendUserControl(message.UserControl{Event: message.EventStreamIsRecorded, StreamID: st.id})
	}
	s.sendUserControl(message.UserControl{Event: message.EventStreamBegin, StreamID: st.id})
	if r.Play.Switch != nil {
		s.sendStatus(st.id, message.LevelStatus, message.CodePlayTransition, r.Name)
	}
	if r.Play.Reset {
		s.sendStatus(st.id, message.LevelStatus, message.CodePlayReset, "Playing and resetting.")
	}
	s.sendStatus(st.id, message.LevelStatus, message.CodePlayStart, "Started playing.")
	if !a.NoSampleAccess {
		s.send(csidStream, message.TypeData, st.id, 0, sampleAccess)
	}
	if a.DataStart {
		info := &amf.Object{Properties: []amf.Property{{Name: "code", Value: amf.String(message.CodeDataStart)}}}
		s.send(csidStream, message.TypeData, st.id, 0, amf.AppendValuesAMF0(nil, amf.String("onStatus"), info))
	}
}

var sampleAccess = amf.AppendValuesAMF0(nil, amf.String("|RtmpSampleAccess"), amf.Boolean(true), amf.Boolean(true))

// SendMedia sends an audio (8), video (9) or data (18, 15) message to a playing stream: head followed by body, both
// borrowed for the call. What the player has paused or does not want is left out, and counts as sent.
func (s *Server) SendMedia(streamID uint32, typeID uint8, timestamp uint32, head, body []byte) error {
	if s.err != nil {
		return s.err
	}
	st := s.stream(streamID)
	if st == nil || st.state != streamPlaying || s.closing {
		return ErrState
	}
	if st.paused || st.noAudio && typeID == message.TypeAudio || st.noVideo && typeID == message.TypeVideo {
		return nil
	}
	return s.sendMedia(streamID, typeID, timestamp, head, body)
}

// SendPacket is SendMedia for a packet as it was received or read. Metadata goes out as players expect it, without
// @setDataFrame.
func (s *Server) SendPacket(streamID uint32, p *media.Packet) error {
	if p.Type == media.TypeDataAMF3 && p.Flags&media.FlagSetDataFrame != 0 && p.Data != nil {
		format := []byte{0}
		if len(p.Raw) > 0 && p.Raw[0] != 0 { // it came without
			format = nil
		}
		return s.SendMedia(streamID, p.Type, p.Timestamp, format, p.Data)
	}
	return sendPacket(p, nil, func(typeID uint8, timestamp uint32, head, body []byte) error {
		return s.SendMedia(streamID, typeID, timestamp, head, body)
	})
}

// StopPlay tells the player of a stream that its publisher has ended. The connection stays, for another play.
func (s *Server) StopPlay(streamID uint32, description string) error {
	st := s.stream(streamID)
	if s.err != nil || st == nil || st.state != streamPlaying {
		return ErrState
	}
	s.sendStatus(st.id, message.LevelStatus, message.CodePlayUnpublishNotify, description)
	s.sendStatus(st.id, message.LevelStatus, message.CodePlayStop, description)
	s.sendUserControl(message.UserControl{Event: message.EventStreamEOF, StreamID: st.id})
	s.end(st, "stop")
	return nil
}

// FailPlay tells the player of a stream that it cannot have it any longer, and why. The connection stays.
func (s *Server) FailPlay(streamID uint32, code, description string) error {
	st := s.stream(streamID)
	if s.err != nil || st == nil || st.state != streamPlaying {
		return ErrState
	}
	s.sendStatus(st.id, message.LevelError, code, description)
	s.sendUserControl(message.UserControl{Event: message.EventStreamEOF, StreamID: st.id})
	s.end(st, code)
	return nil
}

// CompletePlay tells the player of a stream that all of a recorded stream has been sent.
func (s *Server) CompletePlay(streamID uint32) error {
	st := s.stream(streamID)
	if s.err != nil || st == nil || st.state != streamPlaying {
		return ErrState
	}
	info := message.NewStatus(message.CodePlayComplete, "").Value()
	s.send(csidStream, message.TypeData, st.id, 0, amf.AppendValuesAMF0(nil, amf.String("onPlayStatus"), info))
	s.sendStatus(st.id, message.LevelStatus, message.CodePlayStop, "Stopped playing.")
	s.sendUserControl(message.UserControl{Event: message.EventStreamEOF, StreamID: st.id})
	s.end(st, "complete")
	return nil
}

// NotifyPublish tells the player of a stream that a publisher has come, or come back.
func (s *Server) NotifyPublish(streamID uint32, description string) error {
	st := s.stream(streamID)
	if s.err != nil || st == nil || st.state != streamPlaying {
		return ErrState
	}
	s.sendStatus(st.id, message.LevelStatus, message.CodePlayPublishNotify, description)
	return nil
}

// playCommand answers pause, seek, receiveAudio and receiveVideo.
func (s *Server) playCommand(c message.Command, streamID uint32) {
	s.nothingForward()
	st := s.stream(streamID)
	if st == nil || st.state != streamPlaying {
		st = s.playing()
	}
	if st == nil {
		s.refuseCall(c, "nothing is playing")
		return
	}
	switch c.Name {
	case "pause", "pauseRaw":
		s.onPause(st, c)
	case "seek":
		s.onSeek(st, c)
	case "receiveAudio":
		s.onReceive(st, &st.noAudio, message.TypeAudio, message.ParseReceive(c))
	case "receiveVideo":
		s.onReceive(st, &st.noVideo, message.TypeVideo, message.ParseReceive(c))
	}
}

func (s *Server) onPause(st *serverStream, c message.Command) {
	pause, position := message.ParsePause(c)
	kind, code := EventUnpause, message.CodeUnpauseNotify
	if pause {
		kind, code = EventPause, message.CodePauseNotify
	}
	s.sendStatus(st.id, message.LevelStatus, code, "")
	if st.paused == pause {
		return
	}
	st.paused = pause
	if !pause {
		s.sendUserControl(message.UserControl{Event: message.EventStreamBegin, StreamID: st.id})
	}
	s.event(Event{Kind: kind, StreamID: st.id, Value: milliseconds(position)})
}

func (s *Server) onSeek(st *serverStream, c message.Command) {
	position, err := message.ParseSeek(c)
	if err != nil {
		s.counters.Faulty++
		s.sendStatus(st.id, message.LevelError, message.CodeSeekInvalidTime, "no position")
		return
	}
	s.sendStatus(st.id, message.LevelStatus, message.CodeSeekNotify, "Seeking.")
	s.sendUserControl(message.UserControl{Event: message.EventStreamBegin, StreamID: st.id})
	s.sendStatus(st.id, message.LevelStatus, message.CodePlayStart, "Started playing.")
	s.event(Event{Kind: EventSeek, StreamID: st.id, Value: milliseconds(position)})
}

func (s *Server) onReceive(st *serverStream, off *bool, typeID uint8, want bool) {
	changed := *off == want
	*off = !want
	if want {
		s.sendStatus(st.id, message.LevelStatus, message.CodeSeekNotify, "Seeking.")
		s.sendStatus(st.id, message.LevelStatus, message.CodePlayStart, "Started playing.")
	}
	if changed {
		kind := EventReceiveOff
		if want {
			kind = EventReceiveOn
		}
		s.event(Event{Kind: kind, StreamID: st.id, Value: uint32(typeID)})
	}
}

// playing returns the stream that has been playing longest.
func (s *Server) playing() *serverStream {
	for _, st := range s.streams {
		if st.state == streamPlaying {
			return st
		}
	}
	return nil
}

func milliseconds(v float64) uint32 {
	if v >= 0 && v <= 0xFFFFFFFF {
		return uint32(v)
	}
	return 0
}

// UseChunkSize makes what follows be cut into chunks of size bytes, 1–65536, and tells the peer. Before the handshake is
// complete it has no effect.
func (s *Server) UseChunkSize(size uint32) {
	if s.err == nil && s.phase != PhaseHandshake && s.encoder.ChunkSize() != int(size) {
		s.sendChunkSize(size)
	}
}

// ChunkSize returns the size of the chunks that what is sent is cut into.
func (s *Server) ChunkSize() int { return s.encoder.ChunkSize() }

// Progress tells the engine that the peer has taken output at now: a player that says nothing, but reads, lives.
func (s *Server) Progress(now time.Duration) {
	s.now = now
	s.heard()
}
