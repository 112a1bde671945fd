package handle

import (
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
)

type thing struct {
	n       int
	dropped atomic.Int32
}

func newTable() *Table[*thing] {
	return New(3, func(v *thing) { v.dropped.Add(1) })
}

func mustInsert(t *testing.T, tab *Table[*thing], v *thing) ID {
	t.Helper()
	id, err := tab.Insert(v)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestIDLayout(t *testing.T) {
	id := makeID(0xAB, 0x01020304, 0x050607)
	if id != 0xAB01020304050607 {
		t.Fatalf("id = %#x", uint64(id))
	}
	if id.Kind() != 0xAB || id.generation() != 0x01020304 || id.slot() != 0x050607 {
		t.Fatalf("parts = %#x %#x %#x", id.Kind(), id.generation(), id.slot())
	}
}

func TestInsertAcquireRemove(t *testing.T) {
	tab := newTable()
	v := &thing{n: 7}
	id := mustInsert(t, tab, v)
	ref, err := tab.Acquire(id)
	if err != nil || ref.Value != v || ref.ID() != id {
		t.Fatalf("Acquire = %v, %v", ref, err)
	}
	removed, err := tab.Remove(id)
	if err != nil || removed.Value != v {
		t.Fatalf("Remove = %v, %v", removed, err)
	}
	removed.Release()
	if v.dropped.Load() != 0 {
		t.Fatal("dropped while a call was inside")
	}
	if _, err := tab.Acquire(id); !errors.Is(err, ErrInvalid) {
		t.Fatalf("Acquire after Remove: %v", err)
	}
	if _, err := tab.Remove(id); !errors.Is(err, ErrInvalid) {
		t.Fatalf("second Remove: %v", err)
	}
	ref.Release()
	if v.dropped.Load() != 1 || tab.Len() != 0 {
		t.Fatalf("dropped %d times, %d live", v.dropped.Load(), tab.Len())
	}
	defer func() {
		if recover() == nil {
			t.Error("a release too many did not panic")
		}
	}()
	ref.Release()
}

func TestSlotIsUsedAgainUnderAnotherNumber(t *testing.T) {
	tab := newTable()
	seen := map[ID]bool{}
	for range 1000 {
		id := mustInsert(t, tab, &thing{})
		if seen[id] {
			t.Fatalf("%#x given out twice", uint64(id))
		}
		if id.slot() != 0 {
			t.Fatalf("slot %d: a free slot was left unused", id.slot())
		}
		seen[id] = true
		ref, _ := tab.Remove(id)
		ref.Release()
	}
}

func TestSpentSlotIsRetired(t *testing.T) {
	tab := newTable()
	id := mustInsert(t, tab, &thing{})
	tab.slotAt(0).issued.Store(maxGeneration - 1)
	ref, _ := tab.Remove(id)
	ref.Release()
	last := mustInsert(t, tab, &thing{})
	if last.slot() != 0 || last.generation() != maxGeneration {
		t.Fatalf("id = %#x", uint64(last))
	}
	ref, _ = tab.Remove(last)
	ref.Release()
	if next := mustInsert(t, tab, &thing{}); next.slot() != 1 || next.generation() != 1 {
		t.Fatalf("id = %#x after a slot was spent", uint64(next))
	}
}

func TestForeignNumbers(t *testing.T) {
	tab := newTable()
	id := mustInsert(t, tab, &thing{})
	other := New[*thing](4, nil)
	otherID := mustInsert(t, other, &thing{})
	stale := mustInsert(t, tab, &thing{})
	ref, _ := tab.Remove(stale)
	ref.Release()
	for _, c := range []struct {
		name   string
		id     ID
		issued bool
	}{
		{"zero", 0, false},
		{"all ones", ^ID(0), false},
		{"other kind", otherID, false},
		{"generation 0", makeID(3, 0, 0), false},
		{"later generation", id + 1<<slotBits, false},
		{"slot never used", makeID(3, 1, 2), false},
		{"slot far away", makeID(3, 1, MaxSlots-1), false},
		{"stale", stale, true},
	} {
		if _, err := tab.Acquire(c.id); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: Acquire: %v", c.name, err)
		}
		if _, err := tab.Remove(c.id); !errors.Is(err, ErrInvalid) {
			t.Errorf("%s: Remove: %v", c.name, err)
		}
		if got := tab.Issued(c.id); got != c.issued {
			t.Errorf("%s: Issued = %v", c.name, got)
		}
	}
	if !tab.Issued(id) {
		t.Error("a live handle counts as never issued")
	}
}

func TestFull(t *testing.T) {
	tab := newTable()
	tab.next = MaxSlots
	if _, err := tab.Insert(&thing{}); !errors.Is(err, ErrFull) {
		t.Fatalf("err = %v", err)
	}
}

// Eight goroutines acquire, remove and insert at once: each value is dropped exactly once, never while it is held, and
// an acquired reference always leads to the value it was issued for.
func TestConcurrentRemove(t *testing.T) {
	var inserted, dropped atomic.Int64
	tab := New(1, func(v *thing) {
		if v.dropped.Add(1) != 1 {
			t.Error("dropped twice")
		}
		dropped.Add(1)
	})
	var board [16]atomic.Uint64 // the handles in play
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 20000 {
				cell := &board[rand.N(len(board))]
				id := ID(cell.Load())
				switch rand.N(4) {
				case 0:
					if r, err := tab.Remove(id); err == nil {
						r.Release()
					}
				case 1:
					n, _ := tab.Insert(&thing{})
					inserted.Add(1)
					if old := ID(cell.Swap(uint64(n))); old != 0 {
						if r, err := tab.Remove(old); err == nil {
							r.Release()
						}
					}
				default:
					if r, err := tab.Acquire(id); err == nil {
						if r.Value.dropped.Load() != 0 || r.ID() != id {
							t.Error("a held value was dropped, or is another")
						}
						r.Release()
					}
				}
			}
		})
	}
	group.Wait()
	for i := range board {
		if r, err := tab.Remove(ID(board[i].Load())); err == nil {
			r.Release()
		}
	}
	if tab.Len() != 0 || inserted.Load() != dropped.Load() {
		t.Fatalf("%d live, %d inserted, %d dropped", tab.Len(), inserted.Load(), dropped.Load())
	}
}

// FuzzTable replays any sequence of inserts, removes and lookups against a plain map.
func FuzzTable(f *testing.F) {
	f.Add([]byte{0, 0, 1, 0, 2, 0, 0, 1, 1}, uint64(0))
	f.Add([]byte{0, 1, 0, 2}, uint64(1)<<56)
	f.Fuzz(func(t *testing.T, ops []byte, number uint64) {
		tab := newTable()
		live := map[ID]*thing{}
		var all []ID
		for i, op := range ops {
			switch {
			case op%3 == 0:
				v := &thing{n: i}
				id := mustInsert(t, tab, v)
				if live[id] != nil {
					t.Fatalf("%#x is given out twice", uint64(id))
				}
				live[id] = v
				all = append(all, id)
			case len(all) > 0:
				id := all[int(op/3)%len(all)]
				r, err := tab.Acquire(id)
				if (err == nil) != (live[id] != nil) {
					t.Fatalf("Acquire(%#x): %v", uint64(id), err)
				}
				if err == nil && r.Value != live[id] {
					t.Fatalf("%#x leads to another value", uint64(id))
				}
				if err == nil {
					r.Release()
				}
				if op%3 == 1 && err == nil {
					r, _ = tab.Remove(id)
					r.Release()
					delete(live, id)
				}
			}
		}
		if _, err := tab.Acquire(ID(number)); err == nil && live[ID(number)] == nil {
			t.Fatalf("%#x is no handle and was found", number)
		}
		if tab.Len() != len(live) {
			t.Fatalf("Len = %d, want %d", tab.Len(), len(live))
		}
	})
}

func BenchmarkAcquire(b *testing.B) {
	tab := newTable()
	id, _ := tab.Insert(&thing{})
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			r, err := tab.Acquire(id)
			if err != nil {
				b.Fatal(err)
			}
			r.Release()
		}
	})
}
