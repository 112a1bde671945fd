package queue

import (
	"errors"
	"sync"
	"time"
)

var (
	// ErrClosed is the answer to every call after Close.
	ErrClosed = errors.New("queue: closed")
	// ErrTimeout is the answer to a Wait whose time is over.
	ErrTimeout = errors.New("queue: timeout")
)

// Turn is how many events a drain takes from a source before it goes on to the next one.
const Turn = 64

// Queue is a list of sources that have events. Make one with [New]. All methods may be called from any goroutine.
type Queue[T any] struct {
	signal, reset func()

	mu       sync.Mutex
	sources  map[*Source[T]]struct{} // all that are attached
	first    *Source[T]              // the list of those that are ready
	last     *Source[T]
	lit      bool // signal was called, and reset was not since
	woken    bool // Wake was called, and nobody has returned for it yet
	isClosed bool

	ready chan struct{} // holds a token while there may be something for a waiter
	done  chan struct{} // closed with the queue
}

// Source is the place of something in a queue that events come from.
type Source[T any] struct {
	// Value is what was attached.
	Value T

	queue *Queue[T]
	// Guarded by the queue's lock:
	next, previous *Source[T] // in the list
	state          state
}

type state uint8

const (
	idle   state = iota
	listed       // in the list
	served       // a drain takes from it
	called       // a drain takes from it, and it became ready meanwhile
	gone         // detached
)

// New returns an empty queue. signal is called when something comes to wait, events or a wake, where nothing did, and
// reset when nothing waits any more; both under the queue's lock, by turns, and not after Close. They must not wait, nor
// use the queue. Either may be nil.
func New[T any](signal, reset func()) *Queue[T] {
	return &Queue[T]{
		signal: signal, reset: reset, sources: make(map[*Source[T]]struct{}),
		ready: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

// Attach makes v a source of the queue. The error is ErrClosed or nil.
func (q *Queue[T]) Attach(v T) (*Source[T], error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isClosed {
		return nil, ErrClosed
	}
	s := &Source[T]{Value: v, queue: q}
	q.sources[s] = struct{}{}
	return s, nil
}

// Ready says that the source has events. It does not wait, and may be called under any lock but the queue's.
func (s *Source[T]) Ready() {
	q := s.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	switch s.state {
	case idle:
		q.push(s)
		q.update()
	case served:
		s.state = called
	}
}

// Detach takes the source out of its queue: no later drain takes from it. A drain on another goroutine may be at it.
// Detaching again has no effect.
func (s *Source[T]) Detach() {
	q := s.queue
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.state == listed {
		q.unlink(s)
	}
	s.state = gone
	delete(q.sources, s)
	q.update()
}

// Drain takes events from the sources that have some, at most [Turn] from one at a time, at most max in all, and returns
// how many. It does not wait. take gets up to most events from a source; it returns how many, and whether the source has
// more. It is called without a lock, for one source by one goroutine at a time. A pending wake is over with a drain.
// The error is ErrClosed when the queue was closed before.
func (q *Queue[T]) Drain(max int, take func(v T, most int) (n int, more bool)) (int, error) {
	n, _, err := q.drain(max, take)
	return n, err
}

// Wait is Drain that waits for the first event, as long as timeout says: negative for ever, 0 not at all. It returns 0
// and no error for a wake, ErrTimeout, or ErrClosed, also when the queue is closed meanwhile.
func (q *Queue[T]) Wait(timeout time.Duration, max int, take func(v T, most int) (n int, more bool)) (int, error) {
	var expired <-chan time.Time
	if timeout > 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	for {
		n, woken, err := q.drain(max, take)
		if n > 0 || woken || err != nil {
			return n, err
		}
		if timeout == 0 {
			return 0, ErrTimeout
		}
		select {
		case <-q.ready:
		case <-q.done:
		case <-expired:
			timeout = 0
		}
	}
}

func (q *Queue[T]) drain(max int, take func(v T, most int) (n int, more bool)) (total int, woken bool, err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isClosed {
		return 0, false, ErrClosed
	}
	woken, q.woken = q.woken, false
	defer q.update()
	for total < max && q.first != nil {
		s := q.first
		q.unlink(s)
		s.state = served
		total += q.serve(s, min(max-total, Turn), take)
	}
	return total, woken, nil
}

// serve takes from a source with the queue unlocked. It is called and returns with the queue locked, also by a panic,
// after which the source counts as having no more.
func (q *Queue[T]) serve(s *Source[T], most int, take func(v T, most int) (n int, more bool)) (n int) {
	more := false
	q.mu.Unlock()
	defer func() {
		q.mu.Lock()
		switch {
		case s.state == called, s.state == served && more:
			q.push(s)
		case s.state == served:
			s.state = idle
		}
	}()
	n, more = take(s.Value, most)
	return n
}

// Wake ends one wait, or the next one, without an event.
func (q *Queue[T]) Wake() error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isClosed {
		return ErrClosed
	}
	q.woken = true
	q.update()
	return nil
}

// Close ends all waits with ErrClosed, detaches all sources, and returns what they were attached for; nothing when the
// queue was closed before.
func (q *Queue[T]) Close() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.isClosed {
		return nil
	}
	q.isClosed = true
	close(q.done)
	values := make([]T, 0, len(q.sources))
	for s := range q.sources {
		s.state, s.previous, s.next = gone, nil, nil
		values = append(values, s.Value)
	}
	q.sources, q.first, q.last = nil, nil, nil
	return values
}

// push puts a source at the end of the list. The queue is locked.
func (q *Queue[T]) push(s *Source[T]) {
	s.state, s.previous, s.next = listed, q.last, nil
	if q.last == nil {
		q.first = s
	} else {
		q.last.next = s
	}
	q.last = s
}

// unlink takes a source out of the list. The queue is locked.
func (q *Queue[T]) unlink(s *Source[T]) {
	if s.previous == nil {
		q.first = s.next
	} else {
		s.previous.next = s.next
	}
	if s.next == nil {
		q.last = s.previous
	} else {
		s.next.previous = s.previous
	}
	s.previous, s.next = nil, nil
}

// update makes signal and waiters agree with what waits. The queue is locked.
func (q *Queue[T]) update() {
	if q.isClosed {
		return
	}
	waits := q.first != nil || q.woken
	if waits {
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
	if waits == q.lit {
		return
	}
	q.lit = waits
	if f := q.signal; waits && f != nil {
		f()
	}
	if f := q.reset; !waits && f != nil {
		f()
	}
}
