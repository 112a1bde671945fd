package queue

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// box is a mailbox in small: it calls ready under its lock.
type box struct {
	mu     sync.Mutex
	items  []int
	ready  func()
	source *Source[*box]
}

func (b *box) put(n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.items = append(b.items, n); len(b.items) == 1 && b.ready != nil {
		b.ready()
	}
}

func (b *box) take(most int) ([]int, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := min(most, len(b.items))
	taken := b.items[:n:n]
	b.items = b.items[n:]
	return taken, len(b.items) > 0
}

// attach puts the box into a queue, as a mailbox's setNotify does.
func (b *box) attach(q *Queue[*box]) error {
	s, err := q.Attach(b)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.source, b.ready = s, s.Ready
	if len(b.items) > 0 {
		b.ready()
	}
	return nil
}

func (b *box) detach() {
	b.mu.Lock()
	b.ready = nil
	b.mu.Unlock()
	b.source.Detach()
}

// TestStress has many producers, two readers, and wakes: every number comes, once, in its source's order.
func TestStress(t *testing.T) {
	const boxes, each = 50, 2000
	var readable atomic.Int32
	q := New[*box](func() { readable.Add(1) }, func() { readable.Add(-1) })
	all := make([]*box, boxes)
	next := make([]int, boxes) // by take, which serves one box at a time
	index := map[*box]int{}
	for i := range all {
		all[i] = &box{}
		index[all[i]] = i
		if err := all[i].attach(q); err != nil {
			t.Fatal(err)
		}
	}
	var producers, readers sync.WaitGroup
	for _, b := range all {
		producers.Add(1)
		go func() {
			defer producers.Done()
			for n := range each {
				b.put(n)
			}
		}()
	}
	var taken atomic.Int64
	for range 2 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			for taken.Load() < boxes*each {
				n, err := q.Wait(time.Second, 100, func(b *box, most int) (int, bool) {
					items, more := b.take(most)
					for _, item := range items {
						if i := index[b]; item != next[i] {
							t.Errorf("box %d: %d after %d", i, item, next[i]-1)
						} else {
							next[i]++
						}
					}
					return len(items), more
				})
				if err != nil && taken.Load() < boxes*each {
					t.Errorf("Wait: %v with %d taken", err, taken.Load())
					return
				}
				taken.Add(int64(n))
				q.Wake()
			}
		}()
	}
	producers.Wait()
	readers.Wait()
	if n := taken.Load(); n != boxes*each {
		t.Fatalf("%d of %d", n, boxes*each)
	}
	q.Drain(1, func(*box, int) (int, bool) { return 0, false }) // the last wake
	if n := readable.Load(); n != 0 {
		t.Fatalf("readable: %d", n)
	}
}

// TestStressTies attaches, detaches and closes while producers and a reader are at work. What is left in the boxes and
// what was taken is all there was.
func TestStressTies(t *testing.T) {
	const boxes, each = 8, 3000
	all := make([]*box, boxes)
	for i := range all {
		all[i] = &box{}
	}
	var producers sync.WaitGroup
	for _, b := range all {
		producers.Add(1)
		go func() {
			defer producers.Done()
			for n := range each {
				b.put(n)
			}
		}()
	}
	var taken int64
	for round := 0; round < 100; round++ {
		q := New[*box](nil, nil)
		for _, b := range all {
			if err := b.attach(q); err != nil {
				t.Fatal(err)
			}
		}
		done := make(chan int64)
		go func() {
			var sum int64
			for {
				n, err := q.Wait(-1, 50, func(b *box, most int) (int, bool) {
					items, more := b.take(most)
					return len(items), more
				})
				sum += int64(n)
				if err != nil {
					done <- sum
					return
				}
			}
		}()
		for i, b := range all {
			if i%2 == round%2 {
				b.detach()
			}
		}
		for _, b := range q.Close() {
			b.detach()
		}
		taken += <-done
	}
	producers.Wait()
	for _, b := range all {
		taken += int64(len(b.items))
	}
	if taken != boxes*each {
		t.Fatalf("%d of %d", taken, boxes*each)
	}
}

// FuzzOperations compares the queue with a model of it: a list of sources, and what each holds.
func FuzzOperations(f *testing.F) {
	f.Add([]byte{0, 8, 16, 3, 1, 4, 0, 2, 3})
	f.Add([]byte{0, 0, 1, 9, 3, 67, 131, 2, 10, 5, 4})
	f.Fuzz(func(t *testing.T, operations []byte) {
		q, d := newQueue(t)
		var feeds []*feed
		var order []*feed // the model's list
		woken, number := false, 0
		for range 4 {
			feeds = append(feeds, attach(t, q))
		}
		for _, op := range operations {
			f, arg := feeds[op>>3&3], int(op>>5)
			switch op & 7 {
			case 0, 1, 2: // an event, or several
				if len(f.items) == 0 && f.source != nil {
					order = append(order, f)
				}
				items := sequence(number, arg+1)
				number += len(items)
				if f.source == nil {
					f.items = append(f.items, items...)
				} else {
					f.put(items...)
				}
			case 3, 4: // a drain
				var wanted []int
				for most := arg + 1; most > 0 && len(order) > 0; {
					first := order[0]
					order = order[1:]
					n := min(most, len(first.items), Turn)
					wanted = append(wanted, first.items[:n]...)
					if most -= n; n < len(first.items) {
						order = append(order, first)
					}
				}
				want(t, drain(t, q, arg+1), wanted...)
				woken = false
			case 5:
				q.Wake()
				woken = true
			case 6: // another place for the source, with what it holds
				if f.source != nil {
					f.source.Detach()
					for i := range order {
						if order[i] == f {
							order = append(order[:i:i], order[i+1:]...)
							break
						}
					}
					f.source = nil
				}
			case 7:
				if f.source == nil {
					f.source, _ = q.Attach(f)
					if len(f.items) > 0 {
						f.source.Ready()
						order = append(order, f)
					}
				}
			}
			if d.readable != (woken || len(order) > 0) {
				t.Fatalf("readable is %v, woken %v, %d sources wait", d.readable, woken, len(order))
			}
		}
	})
}
