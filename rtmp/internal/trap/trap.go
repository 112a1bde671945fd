// Package trap is where functions panic that a test wants to. Nothing calls it but sources that tests/panics has
// prepared: a call of At at the beginning of every function. Its layer is that of the tests.
package trap

import (
	"sync"
	"sync/atomic"
)

var (
	calls atomic.Uint64
	armed atomic.Pointer[shot]

	mu   sync.Mutex
	seen = make(map[string]int)
)

// shot is one panic to come.
type shot struct {
	place string
	left  atomic.Int64 // calls of place until it comes, that one included
	fired atomic.Bool
}

// Panic is what At panics with.
type Panic struct{ Place string }

func (p Panic) String() string { return "injected at " + p.Place }

// At is called where a function begins.
func At(place string) {
	calls.Add(1)
	s := armed.Load()
	switch {
	case s == nil:
	case s.place == place:
		if s.left.Add(-1) == 0 {
			s.fired.Store(true)
			panic(Panic{place})
		}
	case s.place == "":
		mu.Lock()
		defer mu.Unlock()
		seen[place]++
	}
}

// Calls returns how many calls of At there were: while it stays the same nothing runs.
func Calls() uint64 { return calls.Load() }

// Watch counts the calls of each place until Seen.
func Watch() {
	mu.Lock()
	defer mu.Unlock()
	clear(seen)
	armed.Store(&shot{})
}

// Seen ends Watch and returns what it has counted.
func Seen() map[string]int {
	armed.Store(nil)
	mu.Lock()
	defer mu.Unlock()
	counted := make(map[string]int, len(seen))
	for place, n := range seen {
		counted[place] = n
	}
	return counted
}

// Arm makes the n-th call of a place panic, once. What it returns ends that, and reports whether it has happened.
func Arm(place string, n int) (disarm func() bool) {
	s := &shot{place: place}
	s.left.Store(int64(n))
	armed.Store(s)
	return func() bool {
		armed.Store(nil)
		return s.fired.Load()
	}
}
