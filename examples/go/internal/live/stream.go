package live

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
)

// Source is what a stream's figures come from: a session, or a client that plays.
type Source interface{ Statistics() rtmp.Statistics }

// Stream is a stream as a [Display] shows it.
type Stream struct {
	Name   string // "app/name", fit to be printed
	source Source
	// Players, if set, says how many play the stream.
	Players func() int

	media       bool  // whether there were frames, and
	first, last int64 // the least and greatest of its decoding times, in ns

	shown rtmp.Statistics // those of line
	line  string          // the live line
}

// NewStream returns a stream of a name, "app/name", which asks source for its figures.
func NewStream(name string, source Source) *Stream {
	return &Stream{source: source, Name: Printable(name)}
}

// OfSession returns the stream of a session.
func OfSession(session *rtmp.Session) *Stream {
	return NewStream(session.App()+"/"+session.StreamName(), session)
}

// Printable replaces what a peer could use to write on the terminal, or to break a word in two.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return r
		}
		return '_'
	}, s)
}

// Extend makes the stream as long as p says. One goroutine calls it, and then Summary.
func (s *Stream) Extend(p *media.Packet) {
	if p.Kind != media.KindFrame { // headers that late players get are older
		return
	}
	if !s.media {
		s.media, s.first, s.last = true, p.DTS, p.DTS
	}
	s.first, s.last = min(s.first, p.DTS), max(s.last, p.DTS)
}

// Duration returns how long the stream is, by what Extend was told.
func (s *Stream) Duration() time.Duration { return time.Duration(s.last - s.first) }

// Summary returns the figures for the line at the stream's end.
func (s *Stream) Summary() string {
	n := s.source.Statistics()
	return fmt.Sprintf("packets=%d audio=%d video=%d data=%d bytes=%d keyframes=%d malformed=%d duration_ms=%d",
		n.Packets, n.Audio, n.Video, n.Data, n.Bytes, n.Keyframes, n.Malformed, s.Duration().Milliseconds())
}

// update makes the live line, with the rates since the last call.
func (s *Stream) update() {
	now := s.source.Statistics()
	var kbits, fps float64
	if seconds := (now.Duration - s.shown.Duration).Seconds(); seconds > 0 {
		kbits = float64(now.Bytes-s.shown.Bytes) * 8 / 1000 / seconds
		fps = float64(now.Video-s.shown.Video) / seconds
	}
	s.shown = now
	up := int(now.Duration / time.Second)
	s.line = fmt.Sprintf("%-24.24s %d:%02d:%02d %9d packets %8.0f kbit/s %6.1f fps",
		s.Name, up/3600, up/60%60, up%60, now.Packets, kbits, fps)
	if s.Players != nil {
		s.line += fmt.Sprintf(" %5d playing", s.Players())
	}
}
