package main

// #include "bridge.h"
import "C"

import (
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/capi/internal/handle"
	"oxrtmp/capi/internal/queue"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
)

// emitter is what events come from.
type emitter interface {
	// OnReady sets what is called, under a lock of the emitter's, when there is something to emit.
	OnReady(func())
	// emit writes events to out, without waiting, and reports how many, and whether there are more. One goroutine at a
	// time calls it for a source.
	emit(s *source, out []C.oxrtmp_event) (n int, more bool)
}

// source is an emitter in a queue.
type source struct {
	emitter  emitter
	queue    *eventQueue
	place    *queue.Source[*source]
	of       *attachment
	id       C.uint64_t
	userData atomic.Uint64
}

// attachment is the tie of a handle to a queue. The zero value is none.
type attachment struct {
	mu      sync.Mutex
	current atomic.Pointer[source]
	closed  atomic.Bool
}

var errBusy = errors.New("capi: its events go to a queue")

// attached reports that the events go to a queue.
func (a *attachment) attached() bool { return a.current.Load() != nil }

func (a *attachment) isClosed() bool { return a.closed.Load() }

// attach makes the events of e, whose handle is id, go to q, or nowhere if that is nil.
func (a *attachment) attach(e emitter, id C.uint64_t, q *eventQueue, userData uint64) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.isClosed() {
		return handle.ErrInvalid
	}
	if s := a.current.Load(); s != nil && s.queue == q {
		s.userData.Store(userData)
		return nil
	}
	a.drop(e)
	if q == nil {
		return nil
	}
	s := &source{emitter: e, queue: q, of: a, id: id}
	s.userData.Store(userData)
	if err := q.add(s); err != nil {
		return err
	}
	a.current.Store(s)
	e.OnReady(s.place.Ready)
	return nil
}

// detach ends the events of e for good: its handle is closed.
func (a *attachment) detach(e emitter) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.closed.Store(true)
	a.drop(e)
}

// forget ends the tie to a queue that is destroyed.
func (a *attachment) forget(s *source) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.current.Load() == s {
		a.drop(s.emitter)
	}
}

// drop ends the tie, if there is one. The attachment is locked.
func (a *attachment) drop(e emitter) {
	if s := a.current.Load(); s != nil {
		e.OnReady(nil)
		s.place.Detach()
		a.current.Store(nil)
	}
}

// finish takes a source that has no more events out of its queue.
func (s *source) finish() { s.place.Detach() }

// event begins an event of the source.
func (s *source) event(e *C.oxrtmp_event, kind C.uint32_t) *C.oxrtmp_event {
	*e = C.oxrtmp_event{
		_type: kind, source: s.id, user_data: C.uint64_t(s.userData.Load()), time_ns: monotonic(),
	}
	return e
}

// packet writes an event with a packet, whose reference it takes. Without memory for it the event says so instead.
func (s *source) packet(e *C.oxrtmp_event, p *media.Packet, now C.int64_t) {
	*e = C.oxrtmp_event{
		_type: C.OXRTMP_EVENT_PACKET, source: s.id, user_data: C.uint64_t(s.userData.Load()), time_ns: now,
	}
	if err := putPacket(packetOf(e), p); err != nil {
		e.status = statusOf(err)
		p.Release()
	}
	*p = media.Packet{}
}

// putEnd fills the event of an end: err says why, unless reason does.
func putEnd(e *C.oxrtmp_event, status C.oxrtmp_status, err error, reason string) {
	e.status = status
	info := infoOf(e)
	var placed *rtmp.Error
	var refusal *rtmp.StatusError
	if errors.As(err, &placed) {
		e.phase = C.uint32_t(placed.Phase)
		err = placed.Err
	}
	text := reason
	if text == "" && err != nil {
		text = inConnection(err)
	}
	if errors.As(err, &refusal) {
		putArray(info.code[:], printable(refusal.Code))
		text = refusal.Description
	}
	putArray(info.text[:], printable(text))
}

// monotonic is the time of CLOCK_MONOTONIC, in nanoseconds.
func monotonic() C.int64_t { return monotonicAt(time.Now()) }

// monotonicAt converts a time that was read from the clock in this process.
func monotonicAt(t time.Time) C.int64_t { return clockThen + C.int64_t(t.Sub(timeThen)) }

var (
	clockThen = C.ox_monotonic()
	timeThen  = time.Now()
)
