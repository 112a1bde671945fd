package main

import (
	"sync"
	"testing"

	"oxrtmp/rtmp/buffer"
)

func TestClassOf(t *testing.T) {
	for _, c := range []struct{ size, class int }{
		{0, 0}, {1, 0}, {512, 0}, {513, 1}, {1024, 1}, {1025, 2}, {1 << 20, 11}, {1<<20 + 1, 12}, {1 << 24, 15},
	} {
		if got := classOf(c.size); got != c.class {
			t.Errorf("classOf(%d) = %d, want %d", c.size, got, c.class)
		}
	}
}

func TestBlocksAreCountedAndComeBack(t *testing.T) {
	before := blocks.inUse.Load()
	var held []*buffer.Buffer
	want := before
	for _, c := range []struct{ size, capacity int }{
		{0, 512}, {512, 512}, {513, 1024}, {100_000, 128 << 10}, {1 << 20, 1 << 20}, {1<<20 + 1, 1<<20 + 1}, {5 << 20, 5 << 20},
	} {
		b := blocks.Allocate(c.size)
		if b == nil || len(b.Bytes()) != c.size || b.Cap() != c.capacity {
			t.Fatalf("Allocate(%d) = %v", c.size, b)
		}
		for i := range b.Bytes() {
			b.Bytes()[i] = 0xA5
		}
		want += int64(c.capacity)
		held = append(held, b)
	}
	if got := blocks.inUse.Load(); got != want {
		t.Fatalf("in use %d, want %d", got, want)
	}
	for _, b := range held {
		b.Retain()
		b.Release()
		b.Release()
	}
	if got := blocks.inUse.Load(); got != before {
		t.Fatalf("in use %d after release, want %d", got, before)
	}
	b := blocks.Allocate(300)
	if b.Release(); b != blocks.Allocate(400) {
		t.Error("a free block of the class was not used again")
	}
	b.Release()
}

func TestMemoryLimit(t *testing.T) {
	blocks.limit.Store(blocks.inUse.Load() + 3000)
	defer blocks.limit.Store(defaultMemoryLimit)
	a, b := blocks.Allocate(1024), blocks.Allocate(1500)
	if a == nil {
		t.Fatal("refused below the limit")
	}
	if b != nil {
		t.Fatal("2048 bytes were given past the limit")
	}
	a.Release()
	if b = blocks.Allocate(1500); b == nil {
		t.Fatal("memory that was given back cannot be had again")
	}
	b.Release()
}

func TestBlocksConcurrently(t *testing.T) {
	before := blocks.inUse.Load()
	var group sync.WaitGroup
	for worker := range 8 {
		group.Go(func() {
			var held []*buffer.Buffer
			for i := range 20000 {
				size := 1 << (6 + (i+worker)%13)
				b := blocks.Allocate(size)
				b.Bytes()[0], b.Bytes()[size-1] = byte(worker), byte(worker)
				if held = append(held, b); len(held) == 50 {
					for _, b := range held {
						if p := b.Bytes(); p[0] != byte(worker) || p[len(p)-1] != byte(worker) {
							t.Error("a block was given to two")
						}
						b.Release()
					}
					held = held[:0]
				}
			}
			for _, b := range held {
				b.Release()
			}
		})
	}
	group.Wait()
	if got := blocks.inUse.Load(); got != before {
		t.Fatalf("in use %d, want %d", got, before)
	}
}

func BenchmarkAllocate(b *testing.B) {
	b.ReportAllocs()
	for range b.N {
		blocks.Allocate(1000).Release()
	}
}
