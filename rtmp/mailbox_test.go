package rtmp

import (
	"io"
	"sync"
	"testing"
	"time"

	"oxrtmp/rtmp/media"
)

func TestMailboxDoesNotAllocate(t *testing.T) {
	m := newMailbox(packetCost)
	var got [16]media.Packet
	p := media.Packet{Raw: make([]byte, 100)}
	if n := testing.AllocsPerRun(100, func() {
		for range 16 {
			m.put(p)
		}
		m.take(got[:], 0)
	}); n > 0 {
		t.Fatalf("%v allocations", n)
	}
	if m.total != 0 {
		t.Fatalf("empty, and costs %d", m.total)
	}
}

// Whatever several takers do, each item is taken once, and one taker sees them in order.
func TestMailboxTakers(t *testing.T) {
	m := newMailbox(func(*int) int { return 1 })
	const items = 20000
	var mu sync.Mutex
	seen := make(map[int]bool)
	var takers sync.WaitGroup
	for range 4 {
		takers.Add(1)
		go func() {
			defer takers.Done()
			var got [7]int
			last := -1
			for {
				n, err := m.take(got[:], -1)
				if err == io.EOF {
					return
				}
				mu.Lock()
				for _, v := range got[:n] {
					if seen[v] || v < last {
						t.Errorf("item %d after %d, seen before: %v", v, last, seen[v])
					}
					seen[v], last = true, v
				}
				mu.Unlock()
			}
		}()
	}
	for i := range items {
		m.put(i)
	}
	m.close(io.EOF)
	takers.Wait()
	if len(seen) != items {
		t.Fatalf("%d of %d items arrived", len(seen), items)
	}
	if _, ok := m.put(1); ok {
		t.Fatal("put into a closed mailbox")
	}
}

func TestMailboxTimeouts(t *testing.T) {
	m := newMailbox(func(*int) int { return 1 })
	var got [1]int
	if _, err := m.take(got[:], 0); err != ErrTimeout {
		t.Fatal(err)
	}
	begun := time.Now()
	if _, err := m.take(got[:], 30*time.Millisecond); err != ErrTimeout || time.Since(begun) < 30*time.Millisecond {
		t.Fatal(err, time.Since(begun))
	}
	told := 0
	m.put(1)
	m.setNotify(func() { told++ })
	if told != 1 {
		t.Fatal("not told of what was there already")
	}
	m.put(2)
	if told != 1 {
		t.Fatal("told of more where there was something")
	}
	m.take(got[:], 0)
	m.take(got[:], 0)
	m.put(3)
	m.abandon(io.EOF, func(int) {})
	if told != 3 {
		t.Fatalf("told %d times", told)
	}
	if _, err := m.take(got[:], -1); err != io.EOF {
		t.Fatal(err)
	}
}
