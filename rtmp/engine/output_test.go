package engine

import "testing"

func TestBlocksOfOutput(t *testing.T) {
	for _, n := range []int{0, 1, outputBlock, outputBlock + 1, 2 * outputBlock, 100_000, mostBlock - 1, mostBlock, mostBlock + 1} {
		for range 2 { // the second one may be the first again
			p := newBlock(n)
			if len(p) != 0 || cap(p) < n || n <= mostBlock && cap(p) >= 2*max(n, outputBlock) {
				t.Errorf("newBlock(%d): %d of %d bytes", n, len(p), cap(p))
			}
			if got, want := Recycle(append(p, 1)), n <= mostBlock; got != want {
				t.Errorf("Recycle of %d bytes: %v", n, got)
			}
		}
	}
	for _, n := range []int{0, 100, outputBlock - 1, 3 * outputBlock, 2 * mostBlock} {
		if Recycle(make([]byte, 0, n)) {
			t.Errorf("took %d bytes, which is no block", n)
		}
	}
}

func TestOutputGrowsByWholeBlocks(t *testing.T) {
	var c core
	c.out = append(c.outputFor(3), "abc"...)
	for _, n := range []int{10, outputBlock, 10 * outputBlock, mostBlock} {
		if c.out = c.outputFor(n); string(c.out) != "abc" || cap(c.out)-len(c.out) < n {
			t.Errorf("outputFor(%d): %d of %d bytes", n, len(c.out), cap(c.out))
		}
	}
}
