package handshake

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"testing"
)

// noise returns a source of random bytes that is the same for the same seed.
func noise(seed byte) io.Reader { return rand.NewChaCha8([32]byte{seed}) }

// peer is what Server and Client have in common.
type peer interface {
	Receive(p []byte) (int, error)
	AppendOutput(dst []byte) []byte
	Done() bool
	Result() Result
}

// feed gives p to x in pieces whose sizes next returns, and returns how many bytes x took, and its output.
func feed(t testing.TB, x peer, p []byte, next func() int) (n int, out []byte) {
	t.Helper()
	for n < len(p) && !x.Done() {
		piece := p[n:min(len(p), n+next())]
		k, err := x.Receive(piece)
		if err != nil {
			t.Fatalf("after %d bytes: %v", n, err)
		}
		if n += k; k < len(piece) && !x.Done() {
			t.Fatalf("took %d of %d bytes and is not done", k, len(piece))
		}
		out = x.AppendOutput(out)
	}
	return n, out
}

func whole() int { return 1 << 20 }
func one() int   { return 1 }

func pieces(seed uint64) func() int {
	r := rand.New(rand.NewPCG(seed, 1))
	return func() int { return 1 + r.IntN(r.IntN(1700)+1) }
}

// Both roles against each other, every combination of what they offer, in every kind of pieces.
func TestClientAndServer(t *testing.T) {
	splits := map[string]func() int{"whole": whole, "one": one, "random": pieces(7)}
	for name, next := range splits {
		for _, digest := range []bool{false, true} {
			c := NewClient(Config{Rand: noise(1), Time: 100, Digest: digest})
			s := NewServer(Config{Rand: noise(2), Time: 200})
			hello := c.AppendOutput(nil)
			if len(hello) != 1+Size || hello[0] != Version {
				t.Fatalf("%s: C0 C1 are %d bytes, first %d", name, len(hello), hello[0])
			}
			if again := c.AppendOutput(nil); len(again) != 0 {
				t.Fatalf("%s: output given twice", name)
			}
			_, answer := feed(t, s, hello, next)
			if len(answer) != 1+2*Size {
				t.Fatalf("%s: S0 S1 S2 are %d bytes", name, len(answer))
			}
			_, last := feed(t, c, answer, next)
			if len(last) != Size || !c.Done() || s.Done() {
				t.Fatalf("%s: C2 is %d bytes, client done %v, server done %v", name, len(last), c.Done(), s.Done())
			}
			if n, out := feed(t, s, append(last, "chunks"...), next); n != Size || len(out) != 0 || !s.Done() {
				t.Fatalf("%s: server took %d bytes of C2, output %d, done %v", name, n, len(out), s.Done())
			}
			want := Result{PeerVerified: true}
			if digest {
				want.Kind, want.Scheme = Digest, Scheme8
			}
			fromServer, fromClient := want, want
			fromServer.PeerTime, fromClient.PeerTime = 100, 200
			if digest {
				fromServer.PeerVersion, fromClient.PeerVersion = clientVersion, serverVersion
			}
			if got := s.Result(); got != fromServer {
				t.Errorf("%s: server found %+v, want %+v", name, got, fromServer)
			}
			if got := c.Result(); got != fromClient {
				t.Errorf("%s: client found %+v, want %+v", name, got, fromClient)
			}
		}
	}
}

// A3: all 1536 bytes come back unchanged, and S1 says "simple" to players that look at its fifth byte.
func TestSimpleAnswersAreExactEchoes(t *testing.T) {
	s := NewServer(Config{Rand: noise(3), Time: 0x01020304})
	c1 := make([]byte, Size)
	noise(4).Read(c1)
	copy(c1[4:], []byte{0, 0, 0, 0})
	_, out := feed(t, s, append([]byte{Version}, c1...), whole)
	if !bytes.Equal(out[1+Size:], c1) {
		t.Error("S2 is not C1")
	}
	if !bytes.Equal(out[1:9], []byte{1, 2, 3, 4, 0, 0, 0, 0}) {
		t.Errorf("S1 begins with %x", out[1:9])
	}
	c := NewClient(Config{Rand: noise(5)})
	hello := c.AppendOutput(nil)
	if !bytes.Equal(hello[5:9], []byte{0, 0, 0, 0}) {
		t.Errorf("version of a simple C1 is %x", hello[5:9])
	}
	s1 := make([]byte, Size)
	noise(6).Read(s1) // with a version that is not zero
	_, c2 := feed(t, c, append([]byte{Version}, s1...), whole)
	if !bytes.Equal(c2, s1) {
		t.Error("C2 is not S1")
	}
}

func TestServerSaysNothingBeforeAllOfC1(t *testing.T) {
	s := NewServer(Config{Rand: noise(1)})
	hello := NewClient(Config{Rand: noise(2)}).AppendOutput(nil)
	if _, out := feed(t, s, hello[:Size], whole); len(out) != 0 {
		t.Errorf("%d bytes of output, C1 incomplete", len(out))
	}
	if _, out := feed(t, s, hello[Size:], whole); len(out) != 1+2*Size {
		t.Errorf("%d bytes of output, C1 complete", len(out))
	}
}

// C2 may be due and taken before S2 arrives, as servers that write S2 separately make it.
func TestClientAnswersBeforeS2(t *testing.T) {
	c := NewClient(Config{Rand: noise(1)})
	c1 := c.AppendOutput(nil)[1:]
	s1 := bytes.Repeat([]byte{9}, Size)
	if _, out := feed(t, c, append([]byte{Version}, s1...), whole); !bytes.Equal(out, s1) || c.Done() {
		t.Errorf("%d bytes of C2, done %v", len(out), c.Done())
	}
	if _, out := feed(t, c, c1, one); len(out) != 0 || !c.Done() || !c.Result().PeerVerified {
		t.Errorf("output %d, done %v, %+v", len(out), c.Done(), c.Result())
	}
}

// The output may be taken late, or the whole conversation may be known before: nothing is lost.
func TestOutputTakenAtTheEnd(t *testing.T) {
	hello := NewClient(Config{Rand: noise(1), Digest: true}).AppendOutput(nil)
	late, early := NewServer(Config{Rand: noise(2)}), NewServer(Config{Rand: noise(2)})
	feed(t, early, hello, whole)
	all := append(slices.Clone(hello), bytes.Repeat([]byte{7}, Size+5)...)
	n, err := late.Receive(all)
	if n != 1+2*Size || err != nil || !late.Done() || late.Result().PeerVerified {
		t.Fatalf("took %d, %v, done %v, %+v", n, err, late.Done(), late.Result())
	}
	out := late.AppendOutput([]byte("before"))
	s := NewServer(Config{Rand: noise(2)})
	if _, want := feed(t, s, hello, one); !bytes.Equal(out, append([]byte("before"), want...)) {
		t.Error("output taken at the end differs")
	}
	if n, err := late.Receive([]byte("chunk")); n != 0 || err != nil {
		t.Errorf("Receive after the end: %d, %v", n, err)
	}
}

// A peer's answer is reported, never enforced.
func TestWrongAnswersAreTolerated(t *testing.T) {
	for _, digest := range []bool{false, true} {
		for _, tc := range []struct {
			name   string
			change func(echo []byte)
			want   bool
		}{
			{"echo", func([]byte) {}, true},
			{"own clock in the second field", func(p []byte) { copy(p[4:], []byte{1, 2, 3, 4}) }, true},
			{"other time", func(p []byte) { p[3]++ }, false},
			{"other first random byte", func(p []byte) { p[8]++ }, false},
			{"other last byte", func(p []byte) { p[Size-1]++ }, false},
			{"zeros", func(p []byte) { clear(p) }, false},
		} {
			hello := NewClient(Config{Rand: noise(1), Digest: digest}).AppendOutput(nil)
			s := NewServer(Config{Rand: noise(2), Time: 77})
			_, out := feed(t, s, hello, whole)
			c2 := slices.Clone(out[1 : 1+Size])
			tc.change(c2)
			feed(t, s, c2, pieces(3))
			if got := s.Result(); !s.Done() || got.PeerVerified != tc.want || (got.Kind == Digest) != digest {
				t.Errorf("digest %v, %s: done %v, %+v", digest, tc.name, s.Done(), got)
			}
		}
	}
}

// A7: a client that offers a digest works with a server that does not know of any.
func TestDigestClientFallsBack(t *testing.T) {
	for name, version := range map[string][4]byte{"zero version": {}, "junk version": {1, 0, 5, 4}} {
		c := NewClient(Config{Rand: noise(1), Digest: true})
		c1 := c.AppendOutput(nil)[1:]
		s1 := make([]byte, Size)
		noise(2).Read(s1)
		copy(s1[4:], version[:])
		_, c2 := feed(t, c, slices.Concat([]byte{Version}, s1, c1), pieces(1))
		if !bytes.Equal(c2, s1) {
			t.Errorf("%s: C2 is not S1", name)
		}
		if got, want := c.Result(), (Result{PeerVersion: version, PeerTime: c.Result().PeerTime, PeerVerified: true}); got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

// What FFmpeg's publisher does: a digest in C1, and a plain echo as C2.
func TestDigestClientThatEchoes(t *testing.T) {
	c1 := new([Size]byte)
	noise(9).Read(c1[8:])
	copy(c1[4:], []byte{9, 0, 0x7c, 2})
	insertDigest(c1, Scheme8, playerKey[:playerText])
	s := NewServer(Config{Rand: noise(1)})
	_, out := feed(t, s, append([]byte{Version}, c1[:]...), whole)
	feed(t, s, out[1:1+Size], whole)
	want := Result{Kind: Digest, Scheme: Scheme8, PeerVersion: [4]byte{9, 0, 0x7c, 2}, PeerVerified: true}
	if got := s.Result(); !s.Done() || got != want {
		t.Errorf("done %v, %+v", s.Done(), got)
	}
}

// signedPacket returns a packet with a valid digest and the given version, after the byte that says RTMP.
func signedPacket(version [4]byte, key []byte) []byte {
	p := new([Size]byte)
	noise(9).Read(p[8:])
	copy(p[4:], version[:])
	insertDigest(p, Scheme772, key[:len(key)-len(keyTail)])
	return append([]byte{Version}, p[:]...)
}

// A digest counts only where both sides want it: the version of the packet is not zero, and the client offered one.
func TestDigestNotAskedFor(t *testing.T) {
	s := NewServer(Config{Rand: noise(1)})
	c1 := signedPacket([4]byte{}, playerKey)
	if _, out := feed(t, s, c1, whole); !bytes.Equal(out[1+Size:], c1[1:]) || s.Result().Kind != Simple {
		t.Errorf("server, version zero: %+v", s.Result())
	}
	for _, tc := range []struct {
		name    string
		version [4]byte
		offer   bool
		want    Kind
	}{
		{"version zero", [4]byte{}, true, Simple},
		{"not offered", serverVersion, false, Simple},
		{"offered", serverVersion, true, Digest},
	} {
		c := NewClient(Config{Rand: noise(2), Digest: tc.offer})
		c.AppendOutput(nil)
		s1 := signedPacket(tc.version, serverKey)
		_, c2 := feed(t, c, s1, whole)
		if got := c.Result(); got.Kind != tc.want || bytes.Equal(c2, s1[1:]) != (tc.want == Simple) {
			t.Errorf("client, %s: %+v", tc.name, got)
		}
	}
}

var errDry = errors.New("out of randomness")

type dry struct{ left int }

func (d *dry) Read(p []byte) (int, error) {
	if d.left < len(p) {
		return 0, errDry
	}
	d.left -= len(p)
	return len(p), nil
}

func TestRandFails(t *testing.T) {
	digest := append([]byte{}, NewClient(Config{Rand: noise(1), Digest: true}).AppendOutput(nil)...)
	for name, x := range map[string]peer{
		"client":       NewClient(Config{Rand: &dry{}}),
		"server":       NewServer(Config{Rand: &dry{}}),
		"server in S2": NewServer(Config{Rand: &dry{left: Size}}),
	} {
		_, err := x.Receive(digest)
		if !errors.Is(err, errDry) {
			t.Errorf("%s: %v", name, err)
		}
		if n, again := x.Receive([]byte{3}); n != 0 || again != err {
			t.Errorf("%s: later %d, %v", name, n, again)
		}
		if out := x.AppendOutput(nil); len(out) != 0 || x.Done() {
			t.Errorf("%s: %d bytes of output after the error, done %v", name, len(out), x.Done())
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("a config without Rand did not panic")
		}
	}()
	NewServer(Config{})
}
