// Package live shows what the example programs receive: a line per stream, kept up to date on a terminal.
package live

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// maxLive is how many live lines there are at most, so that they fit on a screen.
const maxLive = 20

// Display prints lines, and on a terminal keeps a block of live lines below them, one per stream. Its methods may be
// called from any goroutine.
type Display struct {
	out   *os.File
	live  bool
	plain bool // live lines where there is no terminal, one below the other

	mu      sync.Mutex
	streams []*Stream
	drawn   int // how many live lines stand on the screen
}

// NewDisplay returns a display on out. A quiet one shows no live lines.
func NewDisplay(out *os.File, quiet bool) *Display {
	info, err := out.Stat()
	return &Display{out: out, live: !quiet && err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// Plain makes the display show live lines also where out is no terminal: every second, one below the other.
func (d *Display) Plain() { d.plain = !d.live }

// Printf prints a line that stays, above the live ones.
func (d *Display) Printf(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.draw(fmt.Sprintf(format, args...) + "\n")
}

// Add begins to show a stream.
func (d *Display) Add(s *Stream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams = append(d.streams, s)
	s.update()
	d.draw("")
}

// Remove ends it.
func (d *Display) Remove(s *Stream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams = slices.DeleteFunc(d.streams, func(other *Stream) bool { return other == s })
	d.draw("")
}

// Refresh brings the live lines up to date once a second, until ctx is done.
func (d *Display) Refresh(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			d.mu.Lock()
			text := ""
			for _, s := range d.streams {
				s.update()
				if d.plain {
					text += s.line + "\n"
				}
			}
			d.draw(text)
			d.mu.Unlock()
		}
	}
}

// draw replaces the block on the screen by text and the block as it is now, in one write.
func (d *Display) draw(text string) {
	var b strings.Builder
	if d.drawn > 0 {
		fmt.Fprintf(&b, "\x1b[%dA\r\x1b[J", d.drawn) // to the block's first line, and clear from there
	}
	b.WriteString(text)
	d.drawn = 0
	if d.live {
		for _, s := range d.streams[:min(len(d.streams), maxLive)] {
			b.WriteString("\x1b[?7l" + s.line + "\x1b[?7h\n") // cut, not wrapped, where the terminal is narrow
			d.drawn++
		}
	}
	if b.Len() > 0 {
		d.out.WriteString(b.String())
	}
}
