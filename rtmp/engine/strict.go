package engine

import (
	"fmt"
	"strings"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// Strictness names departures from the specification that end a connection instead of being put up with. Encoders in use
// make most of them: 0, which puts up with all, is the default.
type Strictness uint32

// What not to put up with. The numbers do not change.
const (
	StrictHandshake  Strictness = 1 << 0 // a C2 that does not repeat S1: the peer has not waited for the handshake
	StrictConnect    Strictness = 1 << 1 // commands, such as releaseStream and FCPublish, before connect was accepted
	StrictAMF        Strictness = 1 << 2 // AMF0 without the ends of its objects, in commands and data
	StrictTimestamps Strictness = 1 << 3 // audio, or video, with a timestamp before that of the one before it
	StrictMetadata   Strictness = 1 << 4 // onMetaData a second time in a stream
	StrictApp        Strictness = 1 << 5 // a connect without an app
	StrictChunkSize  Strictness = 1 << 6 // a chunk size of 0, or above 65536
	StrictOrder      Strictness = 1 << 7 // commands and media out of the order of RTMP 1.0 §7.2
	StrictAll        Strictness = 1<<8 - 1
)

var strictNames = [...]string{"handshake", "connect", "amf", "timestamps", "metadata", "app", "chunk_size", "order"}

func (s Strictness) String() string {
	var list []string
	for i, name := range strictNames {
		if s&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}

// StrictError says what a peer did that a strict engine does not put up with.
type StrictError struct {
	Rule Strictness // one of them
	What string
}

func (e *StrictError) Error() string { return fmt.Sprintf("strict about %s: %s", e.Rule, e.What) }

// Is reports that every such error is ErrStrict.
func (e *StrictError) Is(target error) bool { return target == ErrStrict }

// strict ends the connection for a rule, if that is in force, and reports whether it is over.
func (c *core) strict(rule Strictness, broken bool, what string) bool {
	if c.strictness&rule == 0 || !broken {
		return false
	}
	c.fail(&StrictError{rule, what})
	return true
}

// strictCommand checks the place of a command among the others, and reports whether the connection is over.
//
// The order is that of RTMP 1.0 §7.2: connect once, then createStream; publish and play on a message stream that was
// created and does nothing yet; what concerns a stream on one that is there, or names one.
func (s *Server) strictCommand(c message.Command, streamID uint32) bool {
	if c.Name != "connect" && s.strict(StrictConnect, !s.connected, c.Name+" before connect") {
		return true
	}
	if s.strictness&StrictOrder == 0 {
		return false
	}
	st := s.stream(streamID)
	broken := false
	switch c.Name {
	case "connect":
		broken = s.connect != nil
	case "publish", "play":
		broken = st == nil || st.state != streamIdle
	case "play2", "pause", "pauseRaw", "seek", "receiveAudio", "receiveVideo":
		broken = st == nil || st.state != streamPlaying
	case "closeStream":
		broken = st == nil || st.state == streamIdle
	case "deleteStream":
		id, ok := message.ParseStreamID(c)
		broken = !ok || s.stream(id) == nil
	case "FCUnpublish":
		broken = s.publishing() == nil
	}
	return s.strict(StrictOrder, broken, fmt.Sprintf("%s on message stream %d", c.Name, streamID))
}

// strictAMF checks a command or data message.
func (c *core) strictAMF(m *chunk.Message) bool {
	if c.strictness&StrictAMF == 0 {
		return false
	}
	p := m.Payload.Bytes()
	if (m.TypeID == message.TypeCommandAMF3 || m.TypeID == message.TypeDataAMF3) && len(p) > 0 {
		p = p[1:]
	}
	_, err := amf.DecodeStrictAMF0(p, c.limits.amf(c.early))
	return err != nil && c.strict(StrictAMF, true, err.Error())
}

// strictMedia checks a media or data message, and reports whether the connection is over.
func (s *Server) strictMedia(m *chunk.Message, st *serverStream) bool {
	if st == nil || st.state != streamPublishing || st.id != m.StreamID {
		return s.strict(StrictOrder, true, fmt.Sprintf("media on message stream %d", m.StreamID))
	}
	switch m.TypeID {
	case message.TypeAudio, message.TypeVideo:
		last := &st.last[m.TypeID&1]
		if last.set && s.strict(StrictTimestamps, media.Before(m.Timestamp, last.at), fmt.Sprintf("%d after %d", m.Timestamp, last.at)) {
			return true
		}
		last.set, last.at = true, m.Timestamp
	case message.TypeData, message.TypeDataAMF3:
		if s.strictAMF(m) {
			return true
		}
		if s.strictness&StrictMetadata != 0 && media.AppendPackets(nil, m.TypeID, m.Timestamp, m.Payload.Bytes())[0].Kind == media.KindMetadata {
			if s.strict(StrictMetadata, st.described, "onMetaData again") {
				return true
			}
			st.described = true
		}
	}
	return false
}
