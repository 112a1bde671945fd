package amf_test

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
)

// nested returns n containers in one another, with a null inside the last.
func nested(kind string, n int) []byte {
	var p []byte
	open, end := []byte{0x03, 0, 1, 'a'}, []byte{0, 0, 9}
	switch kind {
	case "strict array":
		open, end = []byte{0x0A, 0, 0, 0, 1}, nil
	case "ECMA array":
		open = []byte{0x08, 0, 0, 0, 1, 0, 1, 'a'}
	case "typed object":
		open = []byte{0x10, 0, 1, 'C', 0, 1, 'a'}
	}
	p = bytes.Repeat(open, n)
	p = append(p, 0x05)
	return append(p, bytes.Repeat(end, n)...)
}

// A44: 64 deep is permitted, 65 is not, and the limit can be moved.
func TestDepth(t *testing.T) {
	for _, kind := range []string{"object", "strict array", "ECMA array", "typed object"} {
		for _, c := range []struct {
			limit, depth int
			ok           bool
		}{
			{0, 64, true}, {0, 65, false}, {0, 10000, false},
			{2, 2, true}, {2, 3, false},
			{1 << 30, 1024, true}, {1 << 30, 1025, false}, {1 << 30, 1000000, false},
			{-1, 0, true}, {-1, 1, false},
		} {
			_, err := amf.DecodeAMF0(nested(kind, c.depth), amf.Limits{Depth: c.limit})
			if c.ok && err != nil || !c.ok && !errors.Is(err, amf.ErrDepth) || amf.IsLimit(err) == c.ok {
				t.Errorf("%s nested %d of %d: %v", kind, c.depth, c.limit, err)
			}
		}
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		name string
		hex  string
		n    int // values
	}{
		{"flat", "05 05 05", 3},
		{"properties", "03 0001 61 05 0001 62 05 000009", 3},
		{"elements", "0a 00000003 05 05 05", 4},
		{"reference", "0a 00000002 05 05 03 0001 61 07 0000 000009", 7},
		{"reference to itself", "0a 00000001 07 0000", 2},
	} {
		p := unhex(t, c.hex)
		if _, err := amf.DecodeAMF0(p, amf.Limits{Values: c.n}); err != nil {
			t.Errorf("%s: %v with %d", c.name, err, c.n)
		}
		if _, err := amf.DecodeAMF0(p, amf.Limits{Values: c.n - 1}); !errors.Is(err, amf.ErrValues) || !amf.IsLimit(err) {
			t.Errorf("%s: %v with %d", c.name, err, c.n-1)
		}
	}
	if _, err := amf.DecodeAMF0([]byte{5}, amf.Limits{Values: -1}); !errors.Is(err, amf.ErrValues) {
		t.Error(err)
	}
}

func TestBytes(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		n         int // bytes
	}{
		{"string", "02 0004 6c697665", 7},
		{"long string", "0c 00000004 6c697665", 9},
		{"objects", "03 0001 61 00 3ff0000000000000 000009 05", 17},
		{"reference", "03 0001 61 05 000009 070000", 11 + 8},
	} {
		p := unhex(t, c.hex)
		if _, err := amf.DecodeAMF0(p, amf.Limits{Bytes: c.n}); err != nil {
			t.Errorf("%s: %v with %d", c.name, err, c.n)
		}
		if _, err := amf.DecodeAMF0(p, amf.Limits{Bytes: c.n - 1}); !errors.Is(err, amf.ErrBytes) || !amf.IsLimit(err) {
			t.Errorf("%s: %v with %d", c.name, err, c.n-1)
		}
	}
}

// expansion returns n arrays of two, each but the first of two references to the one before: 2^n values in 11 n bytes.
func expansion(n int) []byte {
	p := []byte{0x0A, 0, 0, 0, 2, 5, 5}
	for i := range n - 1 {
		ref := []byte{7, byte(i >> 8), byte(i)}
		p = append(p, 0x0A, 0, 0, 0, 2)
		p = append(p, ref...)
		p = append(p, ref...)
	}
	return p
}

// References are charged for what they repeat, in each of the three limits.
func TestReferenceExpansion(t *testing.T) {
	p := expansion(1000)
	if _, err := amf.DecodeAMF0(p, amf.Limits{Depth: 1 << 20}); !errors.Is(err, amf.ErrValues) {
		t.Errorf("values: %v", err)
	}
	if _, err := amf.DecodeAMF0(p, amf.Limits{Depth: 1 << 20, Values: 1 << 30, Bytes: 1 << 20}); !errors.Is(err, amf.ErrBytes) {
		t.Errorf("bytes: %v", err)
	}
	if _, err := amf.DecodeAMF0(p, amf.Limits{Depth: 10}); !errors.Is(err, amf.ErrDepth) {
		t.Errorf("depth: %v", err)
	}
	values, err := amf.DecodeAMF0(expansion(10), amf.Limits{Depth: 10})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := strings.Count(string(amf.AppendJSON(nil, values[9])), "null"), 1<<10; got != want {
		t.Errorf("%d leaves, want %d", got, want)
	}
}

// allocated returns how many bytes f allocates: the least of several runs, as the runtime allocates now and then too.
func allocated(f func()) uint64 {
	least := ^uint64(0)
	for range 5 {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// Hostile inputs cost memory in proportion to what is permitted, not to what they promise.
func TestHostileMemory(t *testing.T) {
	var large []byte
	large = append(large, 0x03)
	for i := range 100000 {
		large = append(large, fmt.Sprintf("\x00\x06%06d\x05", i)...)
	}
	for _, c := range []struct {
		name   string
		p      []byte
		limits amf.Limits
		err    error
		most   uint64
	}{
		{"10,000 objects in one another", nested("object", 10000), amf.Limits{}, amf.ErrDepth, 64 << 10},
		{"1,000,000 arrays in one another", nested("strict array", 1000000), amf.Limits{}, amf.ErrDepth, 64 << 10},
		{"100,000 properties", large, amf.Limits{}, amf.ErrValues, 16 << 20},
		{"100,000 properties before login", large, amf.Limits{Values: 512}, amf.ErrValues, 128 << 10},
		{"array of 2^32-1", unhex(t, "0a ffffffff 05"), amf.Limits{}, amf.ErrTruncated, 4 << 10},
		{"array of more than is permitted", append(unhex(t, "0a 000f4240"), make([]byte, 1000000)...), amf.Limits{}, amf.ErrValues, 4 << 10},
		{"ECMA array of 2^32-1", unhex(t, "08 ffffffff 000009"), amf.Limits{}, nil, 4 << 10},
		{"long string of 2^32-1", unhex(t, "0c ffffffff 61"), amf.Limits{}, amf.ErrTruncated, 4 << 10},
		{"XML of 2^31", unhex(t, "0f 80000000 61"), amf.Limits{}, amf.ErrTruncated, 4 << 10},
		{"expanding references", expansion(10000), amf.Limits{Depth: 1024}, amf.ErrValues, 64 << 10},
		{"a million nulls", bytes.Repeat([]byte{5}, 1000000), amf.Limits{}, amf.ErrValues, 8 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			got := allocated(func() { _, err = amf.DecodeAMF0(c.p, c.limits) })
			if !errors.Is(err, c.err) {
				t.Errorf("error %v, want %v", err, c.err)
			}
			if got > c.most {
				t.Errorf("%d bytes allocated, at most %d expected", got, c.most)
			}
		})
	}
}

// Cost per property does not grow with their number.
func TestLargeObjectIsLinear(t *testing.T) {
	build := func(n int) []byte {
		p := []byte{0x08, 0, 0, 0, 0}
		for i := range n {
			p = append(p, fmt.Sprintf("\x00\x06%06d\x01\x01", i)...)
		}
		return append(p, 0, 0, 9)
	}
	limits := amf.Limits{Values: 1 << 20}
	cost := func(n int) float64 {
		p := build(n)
		return float64(allocated(func() {
			values, err := amf.DecodeAMF0(p, limits)
			if err != nil {
				t.Fatal(err)
			}
			if properties, _ := amf.Properties(values[0]); len(properties) != n {
				t.Fatalf("%d properties of %d", len(properties), n)
			}
		})) / float64(n)
	}
	small, large := cost(5000), cost(500000)
	if large > 3*small {
		t.Errorf("%.0f bytes for each of 500,000 properties, %.0f for each of 5,000", large, small)
	}
}
