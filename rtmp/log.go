package rtmp

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode"
	"unicode/utf8"
)

// Masked is a stream's name as it may be shown: its first two characters and an ellipsis, or of a short one the ellipsis
// alone, as names are often the keys by which streams are published.
func Masked(name string) string {
	if len(name) <= 4 {
		return "…"
	}
	_, first := utf8.DecodeRuneInString(name)
	_, second := utf8.DecodeRuneInString(name[first:])
	return name[:first+second] + "…"
}

// hidden reports that a character is not to be seen in a text.
func hidden(r rune) bool { return r == utf8.RuneError || !unicode.IsPrint(r) }

// escaped makes control characters, and bytes that are no text, visible: a peer's words do not become lines of their own.
func escaped(s string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	quoted := strconv.Quote(s)
	return strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`)
}

// logRate is how many records a second a logger of ours takes, after a burst of as many. What is over it is counted.
const logRate = 100

// calmHandler hands records on: no more than logRate, and without control characters that come from a peer.
type calmHandler struct {
	slog.Handler
	calm *calm
}

// calm is what the handlers of one logger share.
type calm struct {
	suppressed *atomic.Uint64 // of all time

	mu    sync.Mutex
	pace  pace
	since uint64 // suppressed since the record before
}

// BoundedHandler is a [slog.Handler] that bounds by itself how many records it takes, and escapes what is in them: it
// gets everything.
type BoundedHandler interface {
	slog.Handler
	BoundsRecords()
}

// calmed returns a logger for records about peers, that counts in suppressed what it does not hand on. nil stands for a
// logger that does nothing.
func calmed(l *slog.Logger, suppressed *atomic.Uint64) *slog.Logger {
	if l == nil {
		return slog.New(slog.DiscardHandler)
	}
	switch l.Handler().(type) {
	case *calmHandler, BoundedHandler:
		return l
	}
	if suppressed == nil {
		suppressed = new(atomic.Uint64)
	}
	return slog.New(&calmHandler{l.Handler(), &calm{suppressed: suppressed}})
}

// take reports whether a record may come now, and how many were suppressed since the one before.
func (c *calm) take(now time.Time) (since uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pace.take(now, logRate) > 0 {
		c.since++
		c.suppressed.Add(1)
		return 0, false
	}
	since, c.since = c.since, 0
	return since, true
}

// Handle implements [slog.Handler]. Where the application's handler panics the record is lost, and nothing else.
func (h *calmHandler) Handle(ctx context.Context, r slog.Record) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("rtmp: a log handler panicked: %v", p)
		}
	}()
	since, ok := h.calm.take(time.Now())
	if !ok {
		return nil
	}
	clean := slog.NewRecord(r.Time, r.Level, escaped(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(cleanAttr(a))
		return true
	})
	if since > 0 {
		clean.AddAttrs(slog.Uint64("suppressed", since))
	}
	return h.Handler.Handle(ctx, clean)
}

// WithAttrs implements [slog.Handler].
func (h *calmHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	clean := make([]slog.Attr, len(attrs))
	for i, a := range attrs {
		clean[i] = cleanAttr(a)
	}
	return &calmHandler{h.Handler.WithAttrs(clean), h.calm}
}

// WithGroup implements [slog.Handler].
func (h *calmHandler) WithGroup(name string) slog.Handler {
	return &calmHandler{h.Handler.WithGroup(name), h.calm}
}

// cleanAttr escapes a value that is or becomes a text. A stack is ours, and has lines.
func cleanAttr(a slog.Attr) slog.Attr {
	switch a.Value.Kind() {
	case slog.KindString:
		if a.Key != "stack" {
			a.Value = slog.StringValue(escaped(a.Value.String()))
		}
	case slog.KindAny:
		if a.Value.Any() == nil {
			break
		}
		if text := fmt.Sprint(a.Value.Any()); strings.IndexFunc(text, hidden) >= 0 {
			a.Value = slog.StringValue(escaped(text))
		}
	}
	return a
}
