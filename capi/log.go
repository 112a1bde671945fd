package main

// #include "bridge.h"
import "C"

import (
	"context"
	"log/slog"
	"time"

	"oxrtmp/capi/internal/queue"
)

// logSource emits the log records of what is attached to a queue.
type logSource struct {
	source
	attachment
	log   *queue.Log
	level slog.Level
}

// slogLevels are the levels of oxrtmp_log_level.
var slogLevels = [...]slog.Level{
	C.OXRTMP_LOG_ERROR: slog.LevelError, C.OXRTMP_LOG_WARNING: slog.LevelWarn,
	C.OXRTMP_LOG_INFO: slog.LevelInfo, C.OXRTMP_LOG_DEBUG: slog.LevelDebug,
}

func newLogSource(q *eventQueue, level uint32) *logSource {
	l := &logSource{log: queue.NewLog(time.Now()), level: slogLevels[level]}
	l.source.emitter, l.source.queue, l.source.of = l, q, &l.attachment
	q.add(&l.source) // a new queue is not closed
	return l
}

// OnReady implements emitter. A log lives as long as its queue.
func (l *logSource) OnReady(func()) {}

// emit implements emitter.
func (l *logSource) emit(s *source, out []C.oxrtmp_event) (n int, more bool) {
	for n < len(out) {
		r, ok := l.log.Take()
		if !ok {
			return n, false
		}
		e := &out[n]
		*e = C.oxrtmp_event{
			_type: C.OXRTMP_EVENT_LOG, source: C.uint64_t(r.Source), user_data: C.uint64_t(r.UserData),
			level: logLevel(r.Level), time_ns: monotonicAt(r.Time),
		}
		putArray(infoOf(e).text[:], r.Text)
		n++
	}
	return n, l.log.Len() > 0
}

func logLevel(l slog.Level) C.uint32_t {
	switch {
	case l >= slog.LevelError:
		return C.OXRTMP_LOG_ERROR
	case l >= slog.LevelWarn:
		return C.OXRTMP_LOG_WARNING
	case l >= slog.LevelInfo:
		return C.OXRTMP_LOG_INFO
	}
	return C.OXRTMP_LOG_DEBUG
}

// logger returns a logger whose records go to the log of the queue that the events go to when they are written.
func (a *attachment) logger() *slog.Logger {
	return slog.New(&logHandler{a, queue.LogText{Words: words}})
}

// logHandler implements slog.Handler.
type logHandler struct {
	attachment *attachment
	text       queue.LogText
}

// BoundsRecords implements rtmp.BoundedHandler: the queue's log has its own bounds.
func (h *logHandler) BoundsRecords() {}

func (h *logHandler) target() (*source, *logSource) {
	if s := h.attachment.current.Load(); s != nil {
		return s, s.queue.logs
	}
	return nil, nil
}

func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	_, l := h.target()
	return l != nil && level >= l.level
}

func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	if s, l := h.target(); l != nil {
		posted := l.log.Post(queue.Record{
			Time: r.Time, Level: r.Level, Source: uint64(s.id), UserData: s.userData.Load(), Text: h.text.Format(r),
		})
		if posted {
			l.place.Ready()
		}
	}
	return nil
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &logHandler{h.attachment, h.text.WithAttrs(attrs)}
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	return &logHandler{h.attachment, h.text.WithGroup(name)}
}
