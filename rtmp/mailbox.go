package rtmp

import (
	"sync"
	"time"
)

// mailbox is an unbounded queue between goroutines; who fills it looks at its cost and stops in time. Several may
// wait to take; each item goes to one of them, in order.
type mailbox[T any] struct {
	mu    sync.Mutex
	ring  []T // length is 0 or a power of two
	head  int
	count int
	total int // cost of the items
	err   error
	ready chan struct{} // once somebody has waited: holds a token while there may be something to see
	done  chan struct{} // once somebody has asked for it: closed with the mailbox
	cost  func(*T) int
	// notify and feed, if set, are called when there is something to take where there was nothing, and when the mailbox
	// is closed: notify is the application's, feed that of the hub's stream which the mailbox feeds. They are called with
	// the mailbox locked: they must not wait, nor use the mailbox.
	notify func()
	feed   func()
}

func newMailbox[T any](cost func(*T) int) *mailbox[T] {
	return &mailbox[T]{cost: cost}
}

// put adds an item and returns the cost of all; false if the mailbox is closed.
func (m *mailbox[T]) put(item T) (total int, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return 0, false
	}
	if m.count == len(m.ring) {
		m.resize(max(4, 2*len(m.ring)))
	}
	slot := &m.ring[(m.head+m.count)&(len(m.ring)-1)] // a pointer to item itself would cost an allocation
	*slot = item
	m.count++
	m.total += m.cost(slot)
	if m.count == 1 {
		m.signal()
		m.tell()
	}
	return m.total, true
}

// take moves up to len(dst) items to dst. It waits for the first one as long as timeout says.
func (m *mailbox[T]) take(dst []T, timeout time.Duration) (int, error) {
	if len(dst) == 0 {
		return 0, nil
	}
	var timer *time.Timer
	for {
		m.mu.Lock()
		if n := min(len(dst), m.count); n > 0 {
			for i := range n {
				dst[i] = m.pop()
			}
			if m.count > 0 {
				m.signal()
			}
			m.mu.Unlock()
			return n, nil
		}
		if err := m.err; err != nil || timeout == 0 {
			m.mu.Unlock()
			if err == nil {
				err = ErrTimeout
			}
			return 0, err
		}
		ready, done := m.channels()
		m.mu.Unlock()
		var expired <-chan time.Time
		if timeout >= 0 {
			if timer == nil {
				timer = time.NewTimer(timeout)
				defer timer.Stop()
			}
			expired = timer.C
		}
		select {
		case <-ready:
		case <-done:
		case <-expired:
			timeout = 0
		}
	}
}

// channels returns what to wait for. The mailbox is locked.
func (m *mailbox[T]) channels() (ready, done <-chan struct{}) {
	if m.ready == nil {
		m.ready = make(chan struct{}, 1)
	}
	if m.done == nil {
		if m.done = make(chan struct{}); m.err != nil {
			close(m.done)
		}
	}
	return m.ready, m.done
}

// end returns what is closed when the mailbox is.
func (m *mailbox[T]) end() <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, done := m.channels()
	return done
}

// await waits until there is something to take, or expired is. It fails as take does, when there will be nothing any more,
// and with ErrTimeout.
func (m *mailbox[T]) await(expired <-chan time.Time) error {
	for {
		m.mu.Lock()
		if m.count > 0 || m.err != nil {
			defer m.mu.Unlock()
			if m.count > 0 {
				return nil
			}
			return m.err
		}
		ready, done := m.channels()
		m.mu.Unlock()
		select {
		case <-ready:
		case <-done:
		case <-expired:
			return ErrTimeout
		}
	}
}

// takeIf takes the first item, if there is one and it is wanted. It does not wait.
func (m *mailbox[T]) takeIf(wanted func(*T) bool) (item T, ok bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.count == 0 || !wanted(&m.ring[m.head]) {
		return item, false
	}
	return m.pop(), true
}

// pop removes the first item. The ring shrinks once it is empty.
func (m *mailbox[T]) pop() T {
	var none T
	slot := &m.ring[m.head]
	m.total -= m.cost(slot)
	item := *slot
	*slot = none
	m.head = (m.head + 1) & (len(m.ring) - 1)
	m.count--
	if m.count == 0 && len(m.ring) > 256 {
		m.resize(4)
	}
	return item
}

func (m *mailbox[T]) resize(size int) {
	ring := make([]T, size)
	for i := range m.count {
		ring[i] = m.ring[(m.head+i)&(len(m.ring)-1)]
	}
	m.ring, m.head = ring, 0
}

// full reports that the cost of all items is at least bound.
func (m *mailbox[T]) full(bound int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err == nil && m.total >= bound
}

// crowded reports that there are maxEvents items, or that they cost bound.
func (m *mailbox[T]) crowded(bound int) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err == nil && (m.count >= maxEvents || m.total >= bound)
}

// has reports whether an item is there of which is says so.
func (m *mailbox[T]) has(is func(*T) bool) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.count {
		if is(&m.ring[(m.head+i)&(len(m.ring)-1)]) {
			return true
		}
	}
	return false
}

// waiting reports that take would return at once.
func (m *mailbox[T]) waiting() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count > 0 || m.err != nil
}

// over returns what take fails with if it does not wait, or ErrTimeout if there is something to take.
func (m *mailbox[T]) over() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil && m.count == 0 {
		return m.err
	}
	return ErrTimeout
}

// reason returns what the mailbox was closed with, or nil.
func (m *mailbox[T]) reason() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// closed reports that nothing more can be put in.
func (m *mailbox[T]) closed() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err != nil
}

// length returns the number of items.
func (m *mailbox[T]) length() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count
}

// waitingCost returns the cost of all items.
func (m *mailbox[T]) waitingCost() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.total
}

// close makes take return err once what is in the mailbox has been taken, and put fail from now on. The first close
// counts.
func (m *mailbox[T]) close(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = err
		m.closeDone()
		m.tell()
	}
}

// abandon is close for a mailbox that nobody will take from: discard gets what is in it, and takers get err at once.
func (m *mailbox[T]) abandon(err error, discard func(T)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for m.count > 0 {
		discard(m.pop())
	}
	if m.err == nil {
		m.closeDone()
		m.tell()
	}
	m.err = err
}

func (m *mailbox[T]) closeDone() {
	if m.done != nil {
		close(m.done)
	}
}

// setNotify sets notify, and calls it if there is something to see already.
func (m *mailbox[T]) setNotify(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.notify = f; f != nil && (m.count > 0 || m.err != nil) {
		f()
	}
}

// setFeed is setNotify for feed.
func (m *mailbox[T]) setFeed(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.feed = f; m.count > 0 || m.err != nil {
		f()
	}
}

func (m *mailbox[T]) tell() {
	if m.notify != nil {
		m.notify()
	}
	if m.feed != nil {
		m.feed()
	}
}

func (m *mailbox[T]) signal() { give(m.ready) } // nil where nobody has waited

// give puts a token into a channel with room for one, unless one is there.
func give(tokens chan<- struct{}) {
	select {
	case tokens <- struct{}{}:
	default:
	}
}
