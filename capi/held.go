package main

// #include "bridge.h"
import "C"

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/capi/internal/queue"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// What handles stand for: the thing itself, and its tie to a queue.
type (
	heldServer struct {
		*rtmp.Server
		attachment
		ending ending      // by oxrtmp_server_shutdown_start
		silent bool        // it tells nothing
		closed atomic.Bool // and what it has to tell goes nowhere without a queue
		before int         // events to be emitted before the next request, whose place is known if that is not negative
		calls  bool        // its option answer_calls

		emitting sync.Mutex // held by emit: when the queue changes, a drain of the one before may still run
		over     bool       // SERVER_CLOSED was emitted
	}
	heldRequest struct {
		wish
		// accept grants it. A session that results goes to q, or where the options say.
		accept func(q *eventQueue, o *C.oxrtmp_session_options, session *C.oxrtmp_session) error
	}
	heldSession struct {
		*rtmp.Session
		attachment
		called bool        // calls of the peer's are events
		told   atomic.Bool // STREAM_END was emitted
	}
	heldClient struct {
		carrier
		attachment
		ending ending // by oxrtmp_client_close_start
	}
)

// carrier is what carries a client's stream: a connection, or a place in a hub.
type carrier interface {
	outgoing
	incoming
	NextPackets(dst []media.Packet, timeout time.Duration) (int, error)
	NextEvent(timeout time.Duration) (rtmp.ClientEvent, error)
	Poll(dst []media.Packet) (int, rtmp.ClientEvent, error)
	OnReady(func())
	Ready() bool
	Pause(bool) error
	Seek(time.Duration) error
	Play2(message.Play2) error
	ReceiveAudio(bool) error
	ReceiveVideo(bool) error
	SetBufferLength(time.Duration) error
	Ping(timeout time.Duration) (time.Duration, error)
	Statistics() rtmp.Statistics
	ConnectionStatistics() rtmp.ConnectionStatistics
	PeerAddr() string
	Close() error
}

// wish is a request of a peer of a server, or of an engine.
type wish interface {
	peer
	Kind() rtmp.RequestKind
	Play() rtmp.PlayRequest
	Reject(code, description string) error
	Redirect(url, description string) error
}

// ending is a close that runs on a goroutine of its own, and its result, to be told by an event.
type ending struct {
	started, done atomic.Bool
	status        C.oxrtmp_status // valid when done
	told          atomic.Bool
}

// start runs end, once, and then tells the queue that a's events go to. Without a queue there is nothing to tell.
func (e *ending) start(a *attachment, end func() error) error {
	if !a.attached() {
		return errState
	}
	if e.started.Swap(true) {
		return nil
	}
	go func() {
		defer func() {
			if recover() != nil {
				faults.Add(1)
				e.status = C.OXRTMP_E_INTERNAL
			}
			e.done.Store(true)
			if s := a.current.Load(); s != nil {
				s.place.Ready()
			}
		}()
		e.status = statusOf(end())
	}()
	return nil
}

// emit implements emitter: what the server tells, requests behind what was told before them, and the end of the server.
func (h *heldServer) emit(s *source, out []C.oxrtmp_event) (n int, more bool) {
	h.emitting.Lock()
	defer h.emitting.Unlock()
	for n < len(out) {
		if h.before < 0 && h.Ready() {
			h.before = h.WaitingEvents()
		}
		if h.before != 0 {
			err := h.told(s, &out[n])
			switch {
			case err == nil:
				n++
				h.before = max(-1, h.before-1)
				continue
			case h.before < 0:
				return n, false
			}
		}
		h.before = -1
		r, err := h.Accept(0)
		if err == rtmp.ErrTimeout {
			continue
		}
		if err != nil {
			k, more := h.emitLast(s, out[n:])
			return n + k, more
		}
		e := s.event(&out[n], C.OXRTMP_EVENT_REQUEST)
		if h.openRequest(r, &e.request) == nil {
			n++
		}
	}
	return n, h.Ready() || h.EventsReady()
}

// emitLast is emit for a server that has ended.
func (h *heldServer) emitLast(s *source, out []C.oxrtmp_event) (n int, more bool) {
	for ; n < len(out); n++ {
		switch err := h.told(s, &out[n]); {
		case err == nil:
		case err == rtmp.ErrTimeout, h.ending.started.Load() && !h.ending.done.Load():
			return n, false
		default:
			s.finish()
			if h.over { // told by a queue that it had before
				return n, false
			}
			h.over = true
			s.event(&out[n], C.OXRTMP_EVENT_SERVER_CLOSED).status = h.ending.status
			return n + 1, false
		}
	}
	return n, true
}

// openRequest gives a request of the server a handle. If that fails the request is rejected.
func (h *heldServer) openRequest(r *rtmp.Request, request *C.oxrtmp_request) error {
	held := &heldRequest{r, func(q *eventQueue, o *C.oxrtmp_session_options, session *C.oxrtmp_session) error {
		return h.accept(r, q, o, session)
	}}
	return open(requests, held, &request.id, func(r *heldRequest) error { return r.Reject("", "") })
}

// accept grants a request of the server.
func (h *heldServer) accept(r *rtmp.Request, q *eventQueue, o *C.oxrtmp_session_options, session *C.oxrtmp_session) error {
	s, err := r.Accept()
	if err != nil || s == nil {
		return err
	}
	held := &heldSession{Session: s, called: h.calls}
	if err := open(sessions, held, &session.id, (*heldSession).close); err != nil {
		return err
	}
	return h.attachSession(held, session.id, q, o)
}

// attachSession sends the events of an accepted session where its options, or else its server, say.
func (h *heldServer) attachSession(s *heldSession, id C.uint64_t, q *eventQueue, o *C.oxrtmp_session_options) error {
	userData := uint64(o.user_data)
	inherited := h.current.Load()
	switch {
	case q != nil:
	case o.no_queue != 0 || inherited == nil:
		return nil
	default:
		q = inherited.queue
		if userData == 0 {
			userData = inherited.userData.Load()
		}
	}
	err := s.attachment.attach(s, id, q, userData)
	if errors.Is(err, queue.ErrClosed) { // destroyed at this moment: the session goes on without it, as it would a moment later
		return nil
	}
	return err
}

// emit implements emitter: packets, or what the player does, and the end of the stream.
func (h *heldSession) emit(s *source, out []C.oxrtmp_event) (n int, more bool) {
	if h.Kind() == rtmp.RequestPlay {
		return h.emitPlayer(s, out)
	}
	if h.called {
		if n = h.emitTold(s, out); n == len(out) {
			return n, h.Ready()
		}
		packets, more := h.emitPackets(s, out[n:])
		return n + packets, more
	}
	return h.emitPackets(s, out)
}

// emitTold writes what the peer of a published stream says besides its packets. The end is left to those.
func (h *heldSession) emitTold(s *source, out []C.oxrtmp_event) (n int) {
	for ; n < len(out); n++ {
		got, err := h.NextEvent(0)
		if err != nil {
			break
		}
		putSessionEvent(s.event(&out[n], C.OXRTMP_EVENT_NONE), &got)
	}
	return n
}

func (h *heldSession) emitPackets(s *source, out []C.oxrtmp_event) (n int, more bool) {
	batch := batches.Get().(*packetBatch)
	defer batches.Put(batch)
	n, err := h.NextPackets(batch[:min(len(out), len(batch))], 0) // a drain asks for no more than a turn
	switch {
	case n > 0:
		now := monotonic()
		for i := range batch[:n] {
			s.packet(&out[i], &batch[i], now)
		}
		return n, h.Ready()
	case err == rtmp.ErrTimeout:
		return 0, false
	}
	return h.emitEnd(s, &out[0], err), false
}

func (h *heldSession) emitPlayer(s *source, out []C.oxrtmp_event) (n int, more bool) {
	for ; n < len(out); n++ {
		got, err := h.NextEvent(0)
		if err == rtmp.ErrTimeout {
			return n, false
		}
		if err != nil {
			return n + h.emitEnd(s, &out[n], err), false
		}
		putSessionEvent(s.event(&out[n], C.OXRTMP_EVENT_NONE), &got)
	}
	return n, h.Ready()
}

// emitEnd writes the last event, once, unless the handle is closed, and returns how many that is.
func (h *heldSession) emitEnd(s *source, out *C.oxrtmp_event, err error) int {
	s.finish()
	if s.of.isClosed() || h.told.Swap(true) {
		return 0
	}
	putEnd(s.event(out, C.OXRTMP_EVENT_STREAM_END), statusOf(err), err, h.EndReason())
	return 1
}

// emit implements emitter. Once the client closes, that it is closed is all there is.
func (h *heldClient) emit(s *source, out []C.oxrtmp_event) (n int, more bool) {
	if h.ending.started.Load() {
		return h.emitClosed(s, &out[0]), false
	}
	batch := batches.Get().(*packetBatch)
	defer batches.Put(batch)
	for n < len(out) {
		packets, got, err := h.Poll(batch[:min(len(out)-n, len(batch))])
		switch {
		case err != nil:
			return n, false
		case packets == 0:
			putClientEvent(s.event(&out[n], C.OXRTMP_EVENT_NONE), &got)
			n++
			continue
		}
		now := monotonic()
		for i := range batch[:packets] {
			s.packet(&out[n], &batch[i], now)
			n++
		}
	}
	return n, h.Ready()
}

// emitClosed writes the last event, once, when what close_start began is done, and returns how many that is.
func (h *heldClient) emitClosed(s *source, out *C.oxrtmp_event) int {
	if !h.ending.done.Load() || h.ending.told.Swap(true) {
		return 0
	}
	s.event(out, C.OXRTMP_EVENT_CLIENT_CLOSED).status = h.ending.status
	return 1
}

// close ends the session. Its events end before.
func (h *heldSession) close() error {
	h.detach(h)
	return h.Close()
}

// ended is err, or for io.EOF how the server has ended the stream, where it is known.
func (h *heldClient) ended(err error) error {
	if c, ok := h.carrier.(*rtmp.Client); ok && err == io.EOF {
		if why := c.Err(); errors.Is(why, io.EOF) {
			return why
		}
	}
	return err
}

// close ends the client. Its events end before.
func (h *heldClient) close() error {
	h.detach(h)
	return h.finish()
}

// finish is Close, whose timeout is that of the call: not a peer that was silent while the client was open.
func (h *heldClient) finish() error {
	err := h.Close()
	if errors.Is(err, rtmp.ErrTimeout) {
		return fmt.Errorf("%w: some of what was sent has not left", rtmp.ErrTimeout)
	}
	return err
}
