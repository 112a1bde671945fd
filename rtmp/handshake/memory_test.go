package handshake

import (
	"runtime"
	"testing"
)

// A side that waits for its peer holds at most 4 KiB, wherever in the handshake that is.
func TestMemoryAtRest(t *testing.T) {
	const bound, count = 4096, 500
	digest := NewClient(Config{Rand: noise(1), Digest: true}).AppendOutput(nil)
	answer := NewServer(Config{Rand: noise(2)})
	answer.Receive(digest)
	hello := answer.AppendOutput(nil)
	for _, tc := range []struct {
		name  string
		limit int64
		make  func() peer
		input []byte
		drain bool
	}{
		{"new server", 512, func() peer { return NewServer(Config{Rand: zeros{}}) }, nil, true},
		{"server within C1", bound, func() peer { return NewServer(Config{Rand: zeros{}}) }, digest[:900], true},
		{"server, output not taken", bound, func() peer { return NewServer(Config{Rand: zeros{}}) }, digest, false},
		{"server, output taken", bound * 3 / 4, func() peer { return NewServer(Config{Rand: zeros{}}) }, digest, true},
		{"server done", 512, func() peer { return NewServer(Config{Rand: zeros{}}) }, append(digest, hello[:Size]...), true},
		{"server after an error", 512, func() peer { return NewServer(Config{Rand: zeros{}}) }, []byte{6}, true},
		{"new client", bound, func() peer { return NewClient(Config{Rand: zeros{}, Digest: true}) }, nil, false},
		{"client within S1", bound, func() peer { return NewClient(Config{Rand: zeros{}, Digest: true}) }, hello[:900], true},
		{"client, C2 not taken", bound, func() peer { return NewClient(Config{Rand: zeros{}, Digest: true}) }, hello[:2000], false},
		{"client done", 512, func() peer { return NewClient(Config{Rand: zeros{}, Digest: true}) }, hello, true},
	} {
		out := make([]byte, 0, 4096)
		held := make([]peer, count)
		before := heap()
		for i := range held {
			held[i] = tc.make()
			held[i].Receive(tc.input)
			if tc.drain {
				out = held[i].AppendOutput(out[:0])
			}
		}
		each := (heap() - before) / count
		runtime.KeepAlive(held)
		if each > tc.limit {
			t.Errorf("%s holds %d bytes, more than %d", tc.name, each, tc.limit)
		}
		t.Logf("%s: %d bytes", tc.name, each)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}
