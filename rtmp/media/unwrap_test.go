package media

import "testing"

func TestUnwrapper(t *testing.T) {
	var u Unwrapper
	const wrap = int64(1) << 32
	for i, c := range []struct {
		timestamp uint32
		want      int64
	}{
		{4294967290, 4294967290},
		{4294967295, 4294967295},
		{4, wrap + 4},           // A182: across the end
		{4294967290, wrap - 6},  // and back, for a late message of the other kind
		{10, wrap + 10},         //
		{10, wrap + 10},         // standing still
		{1 << 30, wrap + 1<<30}, //
		{1 << 31, wrap + 1<<31}, //
		{3 << 30, wrap + 3<<30}, //
		{20, 2*wrap + 20},       // a second time around
		{20 + 1<<31 - 1, 2*wrap + 20 + 1<<31 - 1},
	} {
		if got := u.Unwrap(c.timestamp); got != c.want {
			t.Errorf("%d: Unwrap(%d) = %d, want %d", i, c.timestamp, got, c.want)
		}
	}
	var back Unwrapper
	back.Unwrap(5)
	if got := back.Unwrap(4294967295); got != -1 {
		t.Errorf("one step back over 0: %d", got)
	}
}

func TestBefore(t *testing.T) {
	for _, c := range []struct {
		a, b uint32
		want bool
	}{{1, 2, true}, {2, 1, false}, {2, 2, false}, {4294967295, 0, true}, {0, 4294967295, false}, {0, 1<<31 - 1, true}, {0, 1<<31 + 1, false}} {
		if got := Before(c.a, c.b); got != c.want {
			t.Errorf("Before(%d, %d) = %v", c.a, c.b, got)
		}
	}
}
