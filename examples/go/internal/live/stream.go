package live

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
)

// Stream is a publisher as a [Display] shows it.
type Stream struct {
	Name    string // "app/name", fit to be printed
	session *rtmp.Session

	media       bool  // whether there was audio or video, and
	first, last int64 // the least and greatest of its decoding times, in ns

	shown rtmp.Statistics // those of line
	line  string          // the live line
}

// NewStream returns the stream of a session, which it asks for its statistics.
func NewStream(session *rtmp.Session) *Stream {
	s := &Stream{session: session, Name: printable(session.App() + "/" + session.StreamName())}
	s.update()
	return s
}

// printable replaces what a peer could use to write on the terminal, or to break a word in two.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return r
		}
		return '_'
	}, s)
}

// Extend makes the stream as long as p says. One goroutine calls it, and then Summary.
func (s *Stream) Extend(p *media.Packet) {
	if p.Type != media.TypeAudio && p.Type != media.TypeVideo {
		return
	}
	if !s.media {
		s.media, s.first, s.last = true, p.DTS, p.DTS
	}
	s.first, s.last = min(s.first, p.DTS), max(s.last, p.DTS)
}

// Summary returns the figures for the line at the stream's end.
func (s *Stream) Summary() string {
	n := s.session.Statistics()
	return fmt.Sprintf("packets=%d audio=%d video=%d data=%d bytes=%d keyframes=%d malformed=%d duration_ms=%d",
		n.Packets, n.Audio, n.Video, n.Data, n.Bytes, n.Keyframes, n.Malformed, (s.last-s.first)/1e6)
}

// update makes the live line, with the rates since the last call.
func (s *Stream) update() {
	now := s.session.Statistics()
	var kbits, fps float64
	if seconds := (now.Duration - s.shown.Duration).Seconds(); seconds > 0 {
		kbits = float64(now.Bytes-s.shown.Bytes) * 8 / 1000 / seconds
		fps = float64(now.Video-s.shown.Video) / seconds
	}
	s.shown = now
	up := int(now.Duration / time.Second)
	s.line = fmt.Sprintf("%-24.24s %d:%02d:%02d %9d packets %8.0f kbit/s %6.1f fps",
		s.Name, up/3600, up/60%60, up%60, now.Packets, kbits, fps)
}
