package rtmp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
	"unicode"

	"oxrtmp/rtmp/media"
)

// rawHandler writes records as they are, as handlers do that leave the escaping to others.
type rawHandler struct {
	mu    *sync.Mutex
	lines *[]string
	attrs []slog.Attr
}

func newRawHandler() *rawHandler { return &rawHandler{mu: new(sync.Mutex), lines: new([]string)} }

func (h *rawHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h *rawHandler) WithGroup(string) slog.Handler            { return h }
func (h *rawHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &rawHandler{h.mu, h.lines, append(h.attrs[:len(h.attrs):len(h.attrs)], attrs...)}
}

func (h *rawHandler) Handle(_ context.Context, r slog.Record) error {
	line := r.Level.String() + " " + r.Message
	add := func(a slog.Attr) bool {
		line += fmt.Sprintf(" %s=%v", a.Key, a.Value)
		return true
	}
	for _, a := range h.attrs {
		add(a)
	}
	r.Attrs(add)
	h.mu.Lock()
	defer h.mu.Unlock()
	*h.lines = append(*h.lines, line)
	return nil
}

func (h *rawHandler) all() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]string(nil), *h.lines...)
}

// Nothing of what a peer says makes a line of its own, or an escape sequence, in a log.
func TestLogsAreEscaped(t *testing.T) {
	h := newRawHandler()
	l := calmed(slog.New(h), nil)
	if calmed(l, nil) != l {
		t.Error("a calm logger is made calm again")
	}
	const evil = "a\nINFO fake\r\x1b[31m\x00\xff\u202e"
	l.With("before", evil).Info(evil, "text", evil, "error", errors.New(evil), "other", fmt.Errorf("fine"), "number", 7, "nothing", nil, "quoted", `"a" b\c`)
	want := `INFO a\nINFO fake\r\x1b[31m\x00\xff\u202e before=a\nINFO fake\r\x1b[31m\x00\xff\u202e text=a\nINFO fake\r\x1b[31m\x00\xff\u202e ` +
		`error=a\nINFO fake\r\x1b[31m\x00\xff\u202e other=fine number=7 nothing=<nil> quoted="a" b\c`
	if got := h.all(); len(got) != 1 || got[0] != want {
		t.Errorf("%q\nwant %q", got, want)
	}
}

// No more records than logRate a second, after a burst of as many; the next one says how many there were too many.
func TestLogsAreLimited(t *testing.T) {
	h := newRawHandler()
	var suppressed atomic.Uint64
	l := calmed(slog.New(h), &suppressed)
	for range 10 * logRate {
		l.Info("x")
	}
	came := len(h.all())
	if came < logRate || came > 2*logRate || suppressed.Load() != uint64(10*logRate-came) {
		t.Fatalf("%d records, %d suppressed", came, suppressed.Load())
	}
	time.Sleep(3 * time.Second / logRate)
	l.Info("then")
	lines := h.all()
	if last := lines[len(lines)-1]; last != fmt.Sprintf("INFO then suppressed=%d", 10*logRate-came) {
		t.Errorf("%q after %d of %d", last, came, 10*logRate)
	}
}

// A server under attack says little, and what it says is on a line: at most a record for each connection that ended, and
// one a second about those that it refuses. Names do not appear.
func TestServersLogLittle(t *testing.T) {
	h := newRawHandler()
	s := bind(t, &ServerOptions{Logger: slog.New(h), Limits: Limits{ConnectionsPerAddress: 5}, Timeouts: Timeouts{Handshake: 10 * time.Second}})
	go s.HandleRequests(func(r *Request) { r.Reject("", "no\nlines\x1b") })
	for range 3 {
		Publish(context.Background(), "rtmp://"+s.Addr()+"/live/secret%0akey", nil)
	}
	var open []net.Conn
	dial := func() net.Conn {
		c, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, c)
		return c
	}
	waitFor(t, "room", func() bool { return s.Connections() == 0 })
	for range 5 { // they are silent, and there is no room for others
		dial()
	}
	waitFor(t, "five", func() bool { return s.Connections() == 5 })
	for range 45 {
		dial()
	}
	waitFor(t, "refusals", func() bool { return s.Statistics().RefusedAddress == 45 })
	for _, c := range open[:5] {
		c.Write([]byte("\x47\n\n\n\x1b[31mGET / HTTP"))
	}
	waitFor(t, "the ends", func() bool { return s.Connections() == 0 })
	refusals := 0
	lines := h.all()
	for _, line := range lines {
		if strings.ContainsFunc(line, unicode.IsControl) || strings.Contains(line, "secret") {
			t.Errorf("%q", line)
		}
		if strings.Contains(line, "connection refused limit=ConnectionsPerAddress peer=127.0.0.1:") {
			refusals++
		}
	}
	st := s.Statistics()
	if ended := len(lines) - refusals; refusals < 1 || refusals > 10 || ended > int(st.Ended) {
		t.Errorf("%d records about refusals of %d, %d of %d ends:\n%s", refusals, st.RefusedAddress, ended, st.Ended, strings.Join(lines, "\n"))
	}
	for _, c := range open {
		c.Close()
	}
}

// What is suppressed is counted.
func TestSuppressedLogsAreCounted(t *testing.T) {
	var log bytes.Buffer
	s := bind(t, &ServerOptions{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for range 5 * logRate {
		s.options.Logger.Info("x")
	}
	if n := s.Statistics().LogSuppressed; n < 3*logRate || n > 4*logRate {
		t.Errorf("%d suppressed of %d", n, 5*logRate)
	}
}

// panickyHandler is a handler of an application's that panics at every record.
type panickyHandler struct{ *rawHandler }

func (h panickyHandler) Handle(ctx context.Context, r slog.Record) error {
	h.rawHandler.Handle(ctx, r)
	panic("on purpose")
}

// A logger that panics ends nothing.
func TestLoggerThatPanics(t *testing.T) {
	h := panickyHandler{newRawHandler()}
	s := bind(t, &ServerOptions{Logger: slog.New(h)})
	done := make(chan error, 1)
	go func() {
		done <- s.HandleRequests(func(r *Request) {
			if r.StreamName() == "bad" {
				panic("a handler's")
			}
			if session, err := r.Accept(); err == nil {
				defer session.Close()
				for err == nil {
					var p media.Packet
					p, err = session.NextPacket(-1)
					p.Release()
				}
			}
		})
	}()
	for _, name := range []string{"bad", "good"} {
		c, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/"+name, nil)
		if (err == nil) != (name == "good") {
			t.Fatalf("%s: %v", name, err)
		}
		if c != nil {
			c.Close()
		}
	}
	waitFor(t, "the connections to end", func() bool { return s.Connections() == 0 })
	s.Close()
	if err := <-done; err != ErrClosed || len(h.all()) < 2 {
		t.Errorf("%v, %q", err, h.all())
	}
}
