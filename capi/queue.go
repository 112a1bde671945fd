package main

// #include "bridge.h"
import "C"

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"unicode"
	"unsafe"

	"oxrtmp/capi/internal/handle"
	"oxrtmp/capi/internal/queue"
)

// eventQueue is what a queue's handle stands for: the queue, and its descriptor, an eventfd.
type eventQueue struct {
	*queue.Queue[*source]
	fd   int
	logs *logSource
}

func newEventQueue(level uint32) (*eventQueue, error) {
	fd, _, errno := syscall.RawSyscall(syscall.SYS_EVENTFD2, 0, syscall.O_CLOEXEC|syscall.O_NONBLOCK, 0)
	if errno != 0 {
		return nil, os.NewSyscallError("eventfd", errno)
	}
	q := &eventQueue{fd: int(fd)}
	q.Queue = queue.New[*source](q.signal, q.reset)
	if level != C.OXRTMP_LOG_NONE {
		q.logs = newLogSource(q, level)
	}
	return q, nil
}

// signal makes the descriptor readable. Like reset it neither waits nor fails: the descriptor does not block, and its
// count is 0 or 1.
func (q *eventQueue) signal() {
	one := uint64(1)
	syscall.RawSyscall(syscall.SYS_WRITE, uintptr(q.fd), uintptr(unsafe.Pointer(&one)), unsafe.Sizeof(one))
}

// reset makes the descriptor unreadable.
func (q *eventQueue) reset() {
	var count uint64
	syscall.RawSyscall(syscall.SYS_READ, uintptr(q.fd), uintptr(unsafe.Pointer(&count)), unsafe.Sizeof(count))
}

// free closes the descriptor, after the last call that uses the queue.
func (q *eventQueue) free() { syscall.Close(q.fd) }

// add gives a source its place in the queue.
func (q *eventQueue) add(s *source) (err error) {
	s.place, err = q.Attach(s)
	return err
}

// destroy unties all sources.
func (q *eventQueue) destroy() error {
	for _, s := range q.Close() {
		s.of.forget(s)
	}
	return nil
}

// emitTo returns what takes the events of one source after the other to out, and counts them: a fault in one source does
// not lose the events of those before.
func emitTo(out []C.oxrtmp_event, count *C.size_t) func(s *source, most int) (int, bool) {
	return func(s *source, most int) (n int, more bool) {
		n, more = s.emitter.emit(s, out[:most])
		out = out[n:]
		*count += C.size_t(n)
		return n, more
	}
}

//export oxgo_queue_create
func oxgo_queue_create(o *C.oxrtmp_queue_options, out *C.oxrtmp_queue) (status C.oxrtmp_status) {
	defer guard(&status)
	q, err := newEventQueue(uint32(o.log_level))
	if err != nil {
		return failAs(C.OXRTMP_E_IO, err)
	}
	return fail(open(queues, q, &out.id, func(q *eventQueue) error { q.free(); return nil }))
}

//export oxgo_queue_fd
func oxgo_queue_fd(h C.oxrtmp_queue, fd *C.int) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(queues, h.id, func(q *eventQueue) error {
		*fd = C.int(q.fd)
		return nil
	})
}

//export oxgo_queue_drain
func oxgo_queue_drain(h C.oxrtmp_queue, events *C.oxrtmp_event, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(queues, h.id, func(q *eventQueue) error {
		_, err := q.Drain(int(most), emitTo(unsafe.Slice(events, int(most)), count))
		return err
	})
}

//export oxgo_queue_wait
func oxgo_queue_wait(h C.oxrtmp_queue, timeout C.int32_t, events *C.oxrtmp_event, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(queues, h.id, func(q *eventQueue) error {
		_, err := q.Wait(duration(timeout), int(most), emitTo(unsafe.Slice(events, int(most)), count))
		return err
	})
}

//export oxgo_queue_wake
func oxgo_queue_wake(h C.oxrtmp_queue) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(queues, h.id, (*eventQueue).Wake)
}

//export oxgo_queue_destroy
func oxgo_queue_destroy(h C.oxrtmp_queue) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(queues, h.id, (*eventQueue).destroy)
}

//export oxgo_server_set_queue
func oxgo_server_set_queue(h C.oxrtmp_server, q C.oxrtmp_queue, userData C.uint64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error { return setQueue(&s.attachment, s, h.id, q, userData) })
}

//export oxgo_session_set_queue
func oxgo_session_set_queue(h C.oxrtmp_session, q C.oxrtmp_queue, userData C.uint64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(sessions, h.id, func(s *heldSession) error { return setQueue(&s.attachment, s, h.id, q, userData) })
}

//export oxgo_client_set_queue
func oxgo_client_set_queue(h C.oxrtmp_client, q C.oxrtmp_queue, userData C.uint64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return setQueue(&c.attachment, c, h.id, q, userData) })
}

//export oxgo_server_shutdown_start
func oxgo_server_shutdown_start(h C.oxrtmp_server, timeout C.int32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		return s.ending.start(&s.attachment, func() error {
			ctx, cancel := contextFor(timeout)
			defer cancel()
			return s.Shutdown(ctx)
		})
	})
}

//export oxgo_client_close_start
func oxgo_client_close_start(h C.oxrtmp_client) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return c.ending.start(&c.attachment, c.finish) })
}

// setQueue ties a handle to a queue, or with no queue ends its tie.
func setQueue(a *attachment, e emitter, id C.uint64_t, h C.oxrtmp_queue, userData C.uint64_t) error {
	return withQueue(h, func(q *eventQueue) error { return a.attach(e, id, q, uint64(userData)) })
}

// withQueue calls f with the queue behind h, nil if that is no handle.
func withQueue(h C.oxrtmp_queue, f func(*eventQueue) error) error {
	if h.id == 0 {
		return f(nil)
	}
	ref, err := queues.Acquire(handle.ID(h.id))
	if err != nil {
		return err
	}
	defer ref.Release()
	if err := f(ref.Value); !errors.Is(err, queue.ErrClosed) {
		return err
	}
	return handle.ErrInvalid
}

func packetOf(e *C.oxrtmp_event) *C.oxrtmp_packet { return (*C.oxrtmp_packet)(unsafe.Pointer(&e.u)) }
func infoOf(e *C.oxrtmp_event) *C.oxrtmp_event_info {
	return (*C.oxrtmp_event_info)(unsafe.Pointer(&e.u))
}

// printable replaces control characters, so that a peer's words cannot forge lines of a log, nor steer a terminal.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return '?'
		}
		return r
	}, s)
}
