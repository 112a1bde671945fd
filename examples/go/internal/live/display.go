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

// Display prints lines, and on a terminal keeps a block of live lines below them, one per stream.
// Its methods may be called from any goroutine.
type Display struct {
	out   *os.File
	live  bool
	every time.Duration // between live lines where there is no terminal; 0: none

	mu      sync.Mutex
	streams []*Stream
	drawn   int // how many live lines stand on the screen
}

// NewDisplay returns a display on out. Quiet ones show no live lines.
func NewDisplay(out *os.File, quiet bool) *Display {
	info, err := out.Stat()
	return &Display{out: out, live: !quiet && err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// Plain makes a display that is not on a terminal print the live lines one below the other, once per period.
func (d *Display) Plain(period time.Duration) {
	if !d.live {
		d.every = period
	}
}

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
	printed := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			d.mu.Lock()
			for _, s := range d.streams {
				s.update(now)
			}
			var text strings.Builder
			if d.every > 0 && now.Sub(printed) >= d.every {
				printed = now
				for _, s := range d.streams {
					text.WriteString(s.line + "\n")
				}
			}
			d.draw(text.String())
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
		for _, s := range d.streams {
			b.WriteString("\x1b[?7l" + s.line + "\x1b[?7h\n") // cut, not wrapped, where the terminal is narrow
		}
		d.drawn = len(d.streams)
	}
	if b.Len() > 0 {
		d.out.WriteString(b.String())
	}
}
