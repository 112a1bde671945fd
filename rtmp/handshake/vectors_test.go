package handshake

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"testing"

	"oxrtmp/rtmp/internal/vectors"
)

type packetValue struct {
	Packet       string `json:"packet"`
	Base         int    `json:"base"`
	Time         uint32 `json:"time"`
	Version      string `json:"version"`
	DigestOffset int    `json:"digest_offset"`
	Digest       string `json:"digest"`
	KeyOffset    int    `json:"key_offset"`
	SHA256       string `json:"sha256"`
	Answers      string `json:"answers"`
	SigningKey   string `json:"signing_key"`
	Signature    string `json:"signature"`
}

func TestPacketVectors(t *testing.T) {
	vs := vectors.Load(t, "handshake.json")
	for i := range vs {
		v := &vs[i]
		b := v.Bytes(t)
		if len(b) != Size {
			continue // C0, below
		}
		t.Run(v.ID, func(t *testing.T) {
			var want packetValue
			v.Decode(t, &want)
			p := (*[Size]byte)(b)
			key, answering := playerKey, serverKey
			if want.Packet[0] == 'S' {
				key, answering = serverKey, playerKey
			}
			if want.Packet[1] == '2' {
				checkAnswer(t, p, vectors.Find(t, vs, want.Answers).Bytes(t), key, answering, want)
				return
			}
			checkPacket(t, p, key, want)
		})
	}
}

func checkPacket(t *testing.T, p *[Size]byte, key []byte, want packetValue) {
	text := key[:len(key)-len(keyTail)]
	scheme, digest := findDigest(p, text)
	if scheme != want.Base || hex.EncodeToString(digest) != want.Digest {
		t.Errorf("scheme %d, digest %x", scheme, digest)
	}
	if want.Base == 0 {
		return
	}
	if got := DigestOffset(p, scheme); got != want.DigestOffset {
		t.Errorf("digest at %d, want %d", got, want.DigestOffset)
	}
	if got := KeyOffset(p, scheme); want.KeyOffset != 0 && got != want.KeyOffset {
		t.Errorf("key at %d, want %d", got, want.KeyOffset)
	}
	clear(p[want.DigestOffset:][:digestSize])
	insertDigest(p, scheme, text)
	if sum := sha256.Sum256(p[:]); hex.EncodeToString(sum[:]) != want.SHA256 {
		t.Errorf("SHA-256 of the packet with its digest inserted is %x", sum)
	}
}

func checkAnswer(t *testing.T, p *[Size]byte, answered, key, other []byte, want packetValue) {
	_, digest := findDigest((*[Size]byte)(answered), other[:len(other)-len(keyTail)])
	signing := answerKey(key, digest)
	if hex.EncodeToString(signing) != want.SigningKey {
		t.Errorf("signing key %x", signing)
	}
	s := side{peer: new([Size]byte), config: Config{Rand: bytes.NewReader(p[:])}}
	if err := s.signAnswer(signing); err != nil {
		t.Fatal(err)
	}
	if *s.peer != *p || hex.EncodeToString(s.peer[Size-digestSize:]) != want.Signature {
		t.Errorf("signature %x", s.peer[Size-digestSize:])
	}
}

// unsigned returns the bytes before digests and signatures of the vectors' packets: mul*i + add.
func unsigned(mul, add, from, to int) []byte {
	var b []byte
	for i := from; i < to; i++ {
		b = append(b, byte(mul*i+add))
	}
	return b
}

// With the vectors' bytes as randomness, a server's output is the vectors' S1 and S2, byte for byte.
func TestServerMakesTheVectors(t *testing.T) {
	vs := vectors.Load(t, "handshake.json")
	for _, base := range []string{"-772", "-8"} {
		random := append(unsigned(11, 3, 8, Size), unsigned(5, 1, 0, Size-digestSize)...)
		s := NewServer(Config{Rand: bytes.NewReader(random), Time: 0x01020304})
		_, out := feed(t, s, append([]byte{3}, vectors.Find(t, vs, "C1"+base).Bytes(t)...), one)
		if !bytes.Equal(out[1:1+Size], vectors.Find(t, vs, "S1"+base).Bytes(t)) {
			t.Errorf("S1%s differs", base)
		}
		if !bytes.Equal(out[1+Size:], vectors.Find(t, vs, "S2"+base).Bytes(t)) {
			t.Errorf("S2%s differs", base)
		}
		feed(t, s, vectors.Find(t, vs, "C2"+base).Bytes(t), one)
		want := Result{Kind: Digest, Scheme: Scheme772, PeerVersion: [4]byte{0x80, 0, 7, 2}, PeerVerified: true}
		if base == "-8" {
			want.Scheme = Scheme8
		}
		if got := s.Result(); !s.Done() || got != want {
			t.Errorf("%s: done %v, %+v", base, s.Done(), got)
		}
	}
}

// The same for a client, whose digest is in the first block; the server's may be in either.
func TestClientMakesTheVectors(t *testing.T) {
	vs := vectors.Load(t, "handshake.json")
	for _, base := range []string{"-772", "-8"} {
		random := append(unsigned(7, 3, 8, Size), unsigned(3, 2, 0, Size-digestSize)...)
		c := NewClient(Config{Rand: bytes.NewReader(random), Digest: true})
		if c1 := c.AppendOutput(nil); !bytes.Equal(c1[1:], vectors.Find(t, vs, "C1-8").Bytes(t)) {
			t.Error("C1-8 differs")
		}
		_, c2 := feed(t, c, append([]byte{3}, vectors.Find(t, vs, "S1"+base).Bytes(t)...), one)
		if !bytes.Equal(c2, vectors.Find(t, vs, "C2"+base).Bytes(t)) {
			t.Errorf("C2%s differs", base)
		}
		feed(t, c, vectors.Find(t, vs, "S2-8").Bytes(t), one)
		if got := c.Result(); !c.Done() || !got.PeerVerified || got.Kind != Digest {
			t.Errorf("S1%s: done %v, %+v", base, c.Done(), got)
		}
	}
}

// A8: a version without a digest is answered as in the simple handshake.
func TestJunkVersion(t *testing.T) {
	c1 := vectors.Find(t, vectors.Load(t, "handshake.json"), "C1-junk").Bytes(t)
	s := NewServer(Config{Rand: noise(1)})
	_, out := feed(t, s, append([]byte{3}, c1...), pieces(1))
	if !bytes.Equal(out[5:9], make([]byte, 4)) || !bytes.Equal(out[1+Size:], c1) {
		t.Errorf("S1 begins with %x, S2 repeats C1: %v", out[1:9], bytes.Equal(out[1+Size:], c1))
	}
	if got := s.Result(); got.Kind != Simple || got.Scheme != 0 || got.PeerVersion != [4]byte{9, 0, 0x7c, 2} {
		t.Errorf("%+v", got)
	}
}

func TestFirstByte(t *testing.T) {
	n := 0
	for _, v := range vectors.Load(t, "handshake.json") {
		var want struct {
			Packet string
			Looks  string
		}
		v.Decode(t, &want)
		if want.Packet != "C0" || v.Hex == "03" {
			continue
		}
		n++
		checkVersionError(t, v.Bytes(t)[0], want.Looks)
	}
	if n < 8 {
		t.Errorf("only %d first bytes in the vectors", n)
	}
	checkVersionError(t, 0, "")
	checkVersionError(t, 4, "")
	checkVersionError(t, 0xFF, "")
}

func checkVersionError(t *testing.T, first byte, looks string) {
	t.Helper()
	for _, x := range []peer{NewServer(Config{Rand: noise(1)}), NewClient(Config{Rand: noise(1)})} {
		n, err := x.Receive([]byte{first, 'E', 'T'})
		var v *VersionError
		if !errors.As(err, &v) || !errors.Is(err, ErrVersion) || v.Version != first || v.Looks != looks || n != 0 {
			t.Errorf("first byte %#02x: took %d, %v, want one that looks like %q", first, n, err, looks)
		}
		if out := x.AppendOutput(nil); len(out) != 0 {
			t.Errorf("first byte %#02x: %d bytes of output", first, len(out))
		}
		if n, again := x.Receive([]byte{3}); n != 0 || again != err {
			t.Errorf("first byte %#02x: later %d, %v", first, n, again)
		}
	}
}

func TestSchemesAreChecked(t *testing.T) {
	for _, f := range []func(*[Size]byte, int) int{DigestOffset, KeyOffset} {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("scheme 0 did not panic")
				}
			}()
			f(new([Size]byte), 0)
		}()
	}
	p := new([Size]byte)
	for i := range p {
		p[i] = 0xFF // pointers of 4*255 = 1020
	}
	for _, scheme := range []int{Scheme772, Scheme8} {
		if got, want := DigestOffset(p, scheme), scheme+4+1020-728; got != want {
			t.Errorf("scheme %d: digest at %d, want %d", scheme, got, want)
		}
		if got, want := KeyOffset(p, scheme), 780-scheme+1020-632; got != want {
			t.Errorf("scheme %d: key at %d, want %d", scheme, got, want)
		}
	}
}
