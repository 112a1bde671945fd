package handle

import (
	"errors"
	"sync"
	"sync/atomic"
)

var (
	// ErrInvalid is the answer to a number that is no live handle of this table.
	ErrInvalid = errors.New("handle: not a live handle of this kind")
	// ErrFull is the answer to an Insert when MaxSlots values are held.
	ErrFull = errors.New("handle: table is full")
)

// Table maps handles of one kind to values. Make one with [New]. All methods may be called from any goroutine; Acquire
// takes no lock.
type Table[T any] struct {
	kind Kind
	drop func(T)

	chunks atomic.Pointer[[]*chunk[T]] // grows by replacement; a chunk never moves

	mu   sync.Mutex
	free []uint32 // slots to use again, last in first out
	next uint32   // the first slot never used
	live int
}

const chunkSize = 256

type chunk[T any] [chunkSize]slot[T]

type slot[T any] struct {
	entry atomic.Pointer[Ref[T]]
	// issued is the highest generation given out for this slot; it only rises.
	issued atomic.Uint32
}

// Ref is a reference to a value of a table, to be released once.
type Ref[T any] struct {
	// Value is what was inserted.
	Value T

	id    ID
	table *Table[T]
	refs  atomic.Int64
}

// New returns an empty table for handles of kind k, which must not be zero. drop, if not nil, is called once for each
// removed value, after its last reference is released, on the goroutine that releases it.
func New[T any](k Kind, drop func(T)) *Table[T] {
	if k == 0 {
		panic("handle: kind 0")
	}
	t := &Table[T]{kind: k, drop: drop}
	t.chunks.Store(new([]*chunk[T]))
	return t
}

// Insert stores v and returns its handle. The error is ErrFull or nil.
func (t *Table[T]) Insert(v T) (ID, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	n, ok := t.takeSlot()
	if !ok {
		return 0, ErrFull
	}
	s := t.slotAt(n)
	generation := s.issued.Load() + 1
	e := &Ref[T]{Value: v, id: makeID(t.kind, generation, n), table: t}
	e.refs.Store(1)
	s.issued.Store(generation)
	s.entry.Store(e)
	t.live++
	return e.id, nil
}

// takeSlot returns a slot that holds nothing. The caller holds t.mu.
func (t *Table[T]) takeSlot() (uint32, bool) {
	if n := len(t.free); n > 0 {
		s := t.free[n-1]
		t.free = t.free[:n-1]
		return s, true
	}
	if t.next == MaxSlots {
		return 0, false
	}
	chunks := *t.chunks.Load()
	if int(t.next) == len(chunks)*chunkSize {
		grown := append(chunks[:len(chunks):len(chunks)], new(chunk[T]))
		t.chunks.Store(&grown)
	}
	t.next++
	return t.next - 1, true
}

// slotAt returns slot n, or nil if it was never used.
func (t *Table[T]) slotAt(n uint32) *slot[T] {
	chunks := *t.chunks.Load()
	if int(n/chunkSize) >= len(chunks) {
		return nil
	}
	return &chunks[n/chunkSize][n%chunkSize]
}

// Acquire returns a reference to the value behind id, which the caller must release. The error is ErrInvalid for a
// number that is no live handle of this table.
func (t *Table[T]) Acquire(id ID) (*Ref[T], error) {
	e := t.find(id)
	if e == nil || !e.retain() {
		return nil, ErrInvalid
	}
	return e, nil
}

func (t *Table[T]) find(id ID) *Ref[T] {
	if id.Kind() != t.kind {
		return nil
	}
	s := t.slotAt(id.slot())
	if s == nil {
		return nil
	}
	if e := s.entry.Load(); e != nil && e.id == id {
		return e
	}
	return nil
}

// Remove takes id out of use: from now on it is ErrInvalid. It returns a reference to the value, which the caller must
// release. Of several concurrent calls with the same id one succeeds, the others get ErrInvalid.
func (t *Table[T]) Remove(id ID) (*Ref[T], error) {
	e := t.find(id)
	if e == nil {
		return nil, ErrInvalid
	}
	s := t.slotAt(id.slot())
	if !s.entry.CompareAndSwap(e, nil) {
		return nil, ErrInvalid
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.live--
	if s.issued.Load() < maxGeneration { // else the slot is spent: its numbers would come round again
		t.free = append(t.free, id.slot())
	}
	return e, nil // the table's own reference passes to the caller
}

// Issued reports whether id was a handle of this table at some time, live or removed. It lets a second close of the
// same handle be told from nonsense.
func (t *Table[T]) Issued(id ID) bool {
	if id.Kind() != t.kind || id.generation() == 0 {
		return false
	}
	s := t.slotAt(id.slot())
	return s != nil && id.generation() <= s.issued.Load()
}

// Len returns how many handles are live.
func (t *Table[T]) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.live
}

// ID returns the handle that the reference was acquired with.
func (r *Ref[T]) ID() ID { return r.id }

// retain adds a reference unless the last one is gone.
func (r *Ref[T]) retain() bool {
	for {
		n := r.refs.Load()
		if n <= 0 {
			return false
		}
		if r.refs.CompareAndSwap(n, n+1) {
			return true
		}
	}
}

// Release gives a reference back. Releasing more often than acquiring panics.
func (r *Ref[T]) Release() {
	switch n := r.refs.Add(-1); {
	case n == 0:
		if r.table.drop != nil {
			r.table.drop(r.Value)
		}
	case n < 0:
		panic("handle: released more often than acquired")
	}
}
