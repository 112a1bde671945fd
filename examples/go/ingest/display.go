package main

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

// display prints lines, and on a terminal keeps a block of live lines below them, one per stream.
type display struct {
	out  *os.File
	live bool

	mu      sync.Mutex
	streams []*stream
	drawn   int // how many live lines stand on the screen
}

func newDisplay(out *os.File, quiet bool) *display {
	info, err := out.Stat()
	return &display{out: out, live: !quiet && err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// printf prints a line that stays, above the live ones.
func (d *display) printf(format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.draw(fmt.Sprintf(format, args...) + "\n")
}

func (d *display) add(s *stream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams = append(d.streams, s)
	d.draw("")
}

func (d *display) remove(s *stream) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.streams = slices.DeleteFunc(d.streams, func(other *stream) bool { return other == s })
	d.draw("")
}

// refresh brings the live lines up to date once a second.
func (d *display) refresh(ctx context.Context) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			d.mu.Lock()
			for _, s := range d.streams {
				s.update()
			}
			d.draw("")
			d.mu.Unlock()
		}
	}
}

// draw replaces the block on the screen by text and the block as it is now, in one write.
func (d *display) draw(text string) {
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
