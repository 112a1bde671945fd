package live

import (
	"fmt"
	"strings"
	"sync"
	"time"
	"unicode"

	"oxrtmp/rtmp/media"
)

// Stream counts what a publisher sends. The display reads it while packets are counted.
type Stream struct {
	Name    string // "app/name", fit to be printed
	started time.Time

	mu                sync.Mutex
	audio, video      int // packets
	data, malformed   int
	bytes             int64
	frames, keyframes int   // of video
	first, last       int64 // DTS of audio and video, in ns

	updated    time.Time // when line was made, and the counts then
	bytesThen  int64
	framesThen int
	line       string // what a terminal shows; the display's
}

// NewStream returns a stream that has counted nothing yet.
func NewStream(app, name string) *Stream {
	now := time.Now()
	s := &Stream{Name: printable(app + "/" + name), started: now, updated: now}
	s.update(now)
	return s
}

// printable replaces what a peer could use to write on the terminal, or to break a line into other words.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) && !unicode.IsSpace(r) {
			return r
		}
		return '_'
	}, s)
}

// Count counts a packet.
func (s *Stream) Count(p *media.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes += int64(len(p.Data))
	if p.Malformed() {
		s.malformed++
	}
	switch p.Type {
	case media.TypeAudio:
		s.audio++
	case media.TypeVideo:
		s.video++
		if p.Kind == media.KindFrame {
			s.frames++
		}
		if p.Keyframe() {
			s.keyframes++
		}
	default:
		s.data++
		return // its timestamps do not make the stream longer
	}
	if s.audio+s.video == 1 {
		s.first, s.last = p.DTS, p.DTS
	}
	s.first, s.last = min(s.first, p.DTS), max(s.last, p.DTS)
}

// Summary returns the counts for the line at the stream's end.
func (s *Stream) Summary() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("packets=%d audio=%d video=%d data=%d bytes=%d keyframes=%d malformed=%d duration_ms=%d",
		s.audio+s.video+s.data, s.audio, s.video, s.data, s.bytes, s.keyframes, s.malformed, (s.last-s.first)/1e6)
}

// update makes the stream's live line, with the rates since it was last made.
func (s *Stream) update(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	seconds := now.Sub(s.updated).Seconds()
	var kbits, fps float64
	if seconds > 0 {
		kbits = float64(s.bytes-s.bytesThen) * 8 / 1000 / seconds
		fps = float64(s.frames-s.framesThen) / seconds
	}
	s.updated, s.bytesThen, s.framesThen = now, s.bytes, s.frames
	up := int(now.Sub(s.started).Seconds())
	s.line = fmt.Sprintf("%-24.24s %d:%02d:%02d %9d packets %8.0f kbit/s %6.1f fps",
		s.Name, up/3600, up/60%60, up%60, s.audio+s.video+s.data, kbits, fps)
}
