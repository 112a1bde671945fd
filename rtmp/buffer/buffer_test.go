package buffer

import (
	"bytes"
	"sync"
	"testing"
)

func TestReleaseReturnsTheBlockOnce(t *testing.T) {
	h := &HeapAllocator{}
	b := h.Allocate(300)
	if len(b.Bytes()) != 300 || b.Cap() != 512 || h.InUse() != 512 {
		t.Fatalf("len %d cap %d in use %d", len(b.Bytes()), b.Cap(), h.InUse())
	}
	b.Retain()
	b.Release()
	if h.InUse() != 512 {
		t.Fatal("freed while a reference was held")
	}
	b.Release()
	if h.InUse() != 0 {
		t.Fatalf("in use %d after the last release", h.InUse())
	}
	defer func() {
		if recover() == nil {
			t.Fatal("a release too many did not panic")
		}
	}()
	b.Release()
}

func TestMaxRefuses(t *testing.T) {
	h := &HeapAllocator{Max: 1024}
	a := h.Allocate(1024)
	if a == nil {
		t.Fatal("refused within its bound")
	}
	if h.Allocate(1) != nil {
		t.Fatal("went past its bound")
	}
	a.Release()
	if h.Allocate(600) == nil {
		t.Fatal("refused after the release")
	}
}

func TestGrowKeepsTheBytes(t *testing.T) {
	h := &HeapAllocator{}
	b := h.Allocate(4)
	copy(b.Bytes(), "abcd")
	b = Grow(h, b, 4, 200)
	if b.Cap() != 256 {
		t.Fatal("left a block that was large enough")
	}
	b = Grow(h, b, 4, 70000)
	if !bytes.Equal(b.Bytes()[:4], []byte("abcd")) || len(b.Bytes()) != 70000 {
		t.Fatalf("grown to %d bytes, %q", len(b.Bytes()), b.Bytes()[:4])
	}
	if h.InUse() != 131072 {
		t.Fatalf("in use %d: the old block was kept", h.InUse())
	}
	b.Release()
}

func TestConcurrentReferences(t *testing.T) {
	h := &HeapAllocator{}
	b := h.Allocate(10)
	var wg sync.WaitGroup
	for range 8 {
		b.Retain()
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 1000 {
				b.Retain().Release()
			}
			b.Release()
		}()
	}
	wg.Wait()
	b.Release()
	if h.InUse() != 0 {
		t.Fatalf("in use %d", h.InUse())
	}
}
