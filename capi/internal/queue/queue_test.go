package queue

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// descriptor stands for the file descriptor of a queue: it checks that signal and reset come by turns.
type descriptor struct {
	t        testing.TB
	readable bool
}

func (d *descriptor) signal() {
	if d.readable {
		d.t.Error("signal of what is readable")
	}
	d.readable = true
}

func (d *descriptor) reset() {
	if !d.readable {
		d.t.Error("reset of what is not readable")
	}
	d.readable = false
}

// feed is something that events come from: numbers.
type feed struct {
	source *Source[*feed]
	items  []int
}

func newQueue(t testing.TB) (*Queue[*feed], *descriptor) {
	d := &descriptor{t: t}
	return New[*feed](d.signal, d.reset), d
}

func attach(t testing.TB, q *Queue[*feed]) *feed {
	f := &feed{}
	var err error
	if f.source, err = q.Attach(f); err != nil {
		t.Fatal(err)
	}
	return f
}

// put adds events and says so, as a mailbox does: only when there were none.
func (f *feed) put(items ...int) {
	f.items = append(f.items, items...)
	if len(f.items) == len(items) {
		f.source.Ready()
	}
}

// into returns a take function that appends to *got.
func into(got *[]int) func(f *feed, most int) (int, bool) {
	return func(f *feed, most int) (int, bool) {
		n := min(most, len(f.items))
		*got = append(*got, f.items[:n]...)
		f.items = f.items[n:]
		return n, len(f.items) > 0
	}
}

func drain(t testing.TB, q *Queue[*feed], most int) []int {
	t.Helper()
	var got []int
	n, err := q.Drain(most, into(&got))
	if err != nil || n != len(got) {
		t.Fatalf("Drain: %d, %v, with %d taken", n, err, len(got))
	}
	return got
}

func want(t testing.TB, got []int, wanted ...int) {
	t.Helper()
	if !slices.Equal(got, wanted) {
		t.Fatalf("got %v, want %v", got, wanted)
	}
}

// sequence returns n numbers from first on.
func sequence(first, n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = first + i
	}
	return s
}

func TestReadableExactlyWhileEventsWait(t *testing.T) {
	q, d := newQueue(t)
	a, b := attach(t, q), attach(t, q)
	steps := []struct {
		name     string
		do       func()
		readable bool
	}{
		{"at first", func() {}, false},
		{"an event", func() { a.put(1) }, true},
		{"another source", func() { b.put(2, 3) }, true},
		{"one taken", func() { want(t, drain(t, q, 1), 1) }, true},
		{"two taken", func() { want(t, drain(t, q, 1), 2) }, true},
		{"the last taken, just as many as asked for", func() { want(t, drain(t, q, 1), 3) }, false},
		{"nothing to take", func() { want(t, drain(t, q, 9)) }, false},
		{"a wake", func() { q.Wake() }, true},
		{"a second wake", func() { q.Wake() }, true},
		{"the wake seen", func() { want(t, drain(t, q, 9)) }, false},
		{"an event again", func() { a.put(4) }, true},
		{"its source detached", func() { a.source.Detach() }, false},
		{"detached again", func() { a.source.Detach() }, false},
		{"ready after that", func() { a.source.Ready() }, false},
		{"an event and a wake", func() { b.put(5); q.Wake() }, true},
		{"both taken", func() { want(t, drain(t, q, 9), 5) }, false},
		{"ready without an event", func() { b.source.Ready() }, true},
		{"found out", func() { want(t, drain(t, q, 9)) }, false},
	}
	for _, s := range steps {
		if s.do(); d.readable != s.readable {
			t.Fatalf("%s: readable is %v", s.name, d.readable)
		}
	}
}

func TestTurns(t *testing.T) {
	q, _ := newQueue(t)
	flood, quiet := attach(t, q), attach(t, q)
	flood.put(sequence(0, 3*Turn)...)
	quiet.put(1000)
	got := drain(t, q, 4*Turn)
	want(t, got, slices.Concat(sequence(0, Turn), []int{1000}, sequence(Turn, 2*Turn))...)
}

func TestTurnsAcrossDrains(t *testing.T) {
	q, _ := newQueue(t)
	a, b := attach(t, q), attach(t, q)
	a.put(sequence(0, 5)...)
	b.put(sequence(100, 5)...)
	want(t, drain(t, q, 2), 0, 1)
	want(t, drain(t, q, 2), 100, 101)
	want(t, drain(t, q, 3), 2, 3, 4)
	want(t, drain(t, q, 9), 102, 103, 104)
}

func TestReadyWhileServed(t *testing.T) {
	q, d := newQueue(t)
	f := attach(t, q)
	f.put(1)
	var got []int
	take := into(&got)
	n, err := q.Drain(1, func(f *feed, most int) (int, bool) {
		n, more := take(f, most)
		f.put(2) // its source had none: it calls Ready
		return n, more
	})
	if n != 1 || err != nil || !d.readable {
		t.Fatalf("Drain: %d, %v, readable %v", n, err, d.readable)
	}
	want(t, drain(t, q, 9), 2)
}

func TestDetachWhileServed(t *testing.T) {
	q, d := newQueue(t)
	f := attach(t, q)
	f.put(1, 2)
	n, err := q.Drain(1, func(f *feed, most int) (int, bool) {
		f.source.Detach()
		f.source.Ready()
		return 1, true
	})
	if n != 1 || err != nil || d.readable {
		t.Fatalf("Drain: %d, %v, readable %v", n, err, d.readable)
	}
	want(t, drain(t, q, 9))
}

func TestPanicWhileServed(t *testing.T) {
	q, d := newQueue(t)
	a, b := attach(t, q), attach(t, q)
	a.put(1)
	b.put(2)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		q.Drain(9, func(*feed, int) (int, bool) { panic("take") })
	}()
	if !d.readable {
		t.Error("not readable with an event left")
	}
	want(t, drain(t, q, 9), 2)
	a.source.Ready()
	want(t, drain(t, q, 9), 1)
}

func TestWait(t *testing.T) {
	q, _ := newQueue(t)
	f := attach(t, q)
	var got []int
	if n, err := q.Wait(0, 9, into(&got)); n != 0 || err != ErrTimeout {
		t.Fatalf("poll: %d, %v", n, err)
	}
	begun := time.Now()
	if n, err := q.Wait(20*time.Millisecond, 9, into(&got)); n != 0 || err != ErrTimeout {
		t.Fatalf("timeout: %d, %v", n, err)
	}
	if took := time.Since(begun); took < 20*time.Millisecond || took > time.Second {
		t.Fatalf("the timeout took %v", took)
	}
	q.Wake()
	if n, err := q.Wait(-1, 9, into(&got)); n != 0 || err != nil {
		t.Fatalf("wake: %d, %v", n, err)
	}
	if n, err := q.Wait(0, 9, into(&got)); n != 0 || err != ErrTimeout {
		t.Fatalf("after the wake: %d, %v", n, err)
	}
	time.AfterFunc(10*time.Millisecond, func() { f.put(7) })
	if n, err := q.Wait(-1, 9, into(&got)); n != 1 || err != nil {
		t.Fatalf("event: %d, %v", n, err)
	}
	want(t, got, 7)
}

func TestWakeEndsOneWait(t *testing.T) {
	q, _ := newQueue(t)
	returned := make(chan error, 2)
	for range 2 {
		go func() {
			_, err := q.Wait(-1, 9, nil)
			returned <- err
		}()
	}
	for range 2 {
		if err := q.Wake(); err != nil {
			t.Fatal(err)
		}
		select {
		case err := <-returned:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(5 * time.Second):
			t.Fatal("no wait returned")
		}
	}
}

func TestClose(t *testing.T) {
	q, d := newQueue(t)
	a, b := attach(t, q), attach(t, q)
	waited := make(chan error)
	go func() {
		_, err := q.Wait(-1, 9, func(*feed, int) (int, bool) { return 0, false })
		waited <- err
	}()
	b.source.Detach()
	if left := q.Close(); len(left) != 1 || left[0] != a {
		t.Fatalf("Close returned %v", left)
	}
	if err := <-waited; !errors.Is(err, ErrClosed) {
		t.Fatalf("Wait: %v", err)
	}
	a.put(1) // its queue is gone: nothing happens
	a.source.Detach()
	if d.readable {
		t.Error("signalled after Close")
	}
	if left := q.Close(); left != nil {
		t.Errorf("the second Close returned %v", left)
	}
	if _, err := q.Attach(a); err != ErrClosed {
		t.Errorf("Attach: %v", err)
	}
	if _, err := q.Drain(1, nil); err != ErrClosed {
		t.Errorf("Drain: %v", err)
	}
	if err := q.Wake(); err != ErrClosed {
		t.Errorf("Wake: %v", err)
	}
}

func TestCloseWhileServed(t *testing.T) {
	q, _ := newQueue(t)
	f := attach(t, q)
	f.put(1, 2)
	n, err := q.Drain(9, func(f *feed, most int) (int, bool) {
		q.Close()
		return 1, true
	})
	if n != 1 || err != nil {
		t.Fatalf("Drain: %d, %v: what was taken is lost", n, err)
	}
}

func TestNoCallbacks(t *testing.T) {
	q := New[*feed](nil, nil)
	f := attach(t, q)
	f.put(1)
	want(t, drain(t, q, 9), 1)
}
