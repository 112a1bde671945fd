package handshake

import (
	"bytes"
	"crypto/hmac"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"
	"sync"
)

const (
	// Size is the length in bytes of C1, S1, C2 and S2 each.
	Size = 1536
	// Version is what C0 and S0 hold: the one version of RTMP in use. RTMP 1.0 §5.2.2.
	Version = 3
)

// Kind tells the two handshakes apart.
type Kind uint8

const (
	Simple Kind = iota // answers repeat the packets
	Digest             // packets hold digests, answers are signed
)

// String returns "simple" or "digest".
func (k Kind) String() string {
	if k == Digest {
		return "digest"
	}
	return "simple"
}

// Config is what a side needs from outside, since it has no clock and no randomness of its own.
type Config struct {
	// Rand fills the random parts, at most 3032 bytes per connection. They are not secrets, but should differ between
	// connections. Required: NewServer and NewClient panic without it. If it fails, so does the handshake.
	Rand io.Reader
	// Time is the sender's clock in milliseconds, with any epoch. It goes into C1 or S1; 0 is as good as any.
	Time uint32
	// Digest makes a client offer the digest handshake, which old media servers require. A server ignores it and
	// does what the client does.
	Digest bool
}

// Result is what a finished handshake has found out.
type Result struct {
	Kind Kind
	// Scheme is where the digest's block begins in the peer's packet, [Scheme772] or [Scheme8]; 0 for Simple. A server
	// answers in the scheme of the client.
	Scheme int
	// PeerVersion is bytes 4 to 7 of the peer's C1 or S1: zero in the simple handshake, else a version of Flash Player
	// or of a media server, or what older implementations put there.
	PeerVersion [4]byte
	// PeerTime is the peer's clock in milliseconds as C1 or S1 gave it.
	PeerTime uint32
	// PeerVerified tells that the peer's answer was right: a repetition of our packet (the second time field aside,
	// which the peer may set) or a valid signature. Many working peers fail this.
	PeerVerified bool
}

// ErrVersion is what [errors.Is] finds in every [VersionError].
var ErrVersion = errors.New("handshake: not RTMP version 3")

// VersionError reports a first byte other than [Version]. The connection is to be closed without an answer.
type VersionError struct {
	Version byte
	// Looks names the protocol that begins with this byte: "RTMPE", "TLS ClientHello", "HTTP", "PROXY protocol v1 or
	// HTTP POST", "PROXY protocol v2", "SRS proxy header"; or is empty.
	Looks string
}

func (e *VersionError) Error() string {
	if e.Looks == "" {
		return fmt.Sprintf("handshake: first byte 0x%02x, not RTMP version 3", e.Version)
	}
	return fmt.Sprintf("handshake: first byte 0x%02x looks like %s, not RTMP version 3", e.Version, e.Looks)
}

func (e *VersionError) Unwrap() error { return ErrVersion }

func versionError(b byte) error {
	e := &VersionError{Version: b}
	switch b {
	case 0x06, 0x08, 0x09:
		e.Looks = "RTMPE"
	case 0x16:
		e.Looks = "TLS ClientHello"
	case 'G', 'H': // GET, HEAD; a server's HTTP/1.1
		e.Looks = "HTTP"
	case 'P':
		e.Looks = "PROXY protocol v1 or HTTP POST"
	case 0x0D:
		e.Looks = "PROXY protocol v2"
	case 0xF3:
		e.Looks = "SRS proxy header"
	}
	return e
}

// side is the part that both roles share: our packet goes out, the peer's comes in and is answered, the peer's answer
// comes in and is compared.
type side struct {
	config  Config
	respond func(*side) error // called when the peer's packet is complete: makes our answer, and a server's own packet
	phase   phase
	got     int         // bytes received of the packet that phase waits for
	own     *[Size]byte // C1 or S1; kept to compare the peer's answer with
	peer    *[Size]byte // the peer's S1 or C1 as it arrives, then our answer to it until it is taken

	packetDue, answerDue bool // what AppendOutput has to give

	echo      bool      // the peer's answer repeats own, so far
	mac       hash.Hash // over the signed part of the peer's answer; nil unless own holds a digest
	signature [digestSize]byte
	result    Result
	err       error
}

// packets are room for C1, S1 and the answers to them, for as long as a handshake needs it.
var packets = sync.Pool{New: func() any { return new([Size]byte) }}

type phase uint8

const (
	waitVersion phase = iota
	waitPacket
	waitAnswer
	finished
)

func newSide(c Config, respond func(*side) error) side {
	if c.Rand == nil {
		panic("handshake: Config.Rand is nil")
	}
	return side{config: c, respond: respond, echo: true}
}

// receive consumes bytes of p until the handshake is complete, and returns how many.
func (s *side) receive(p []byte) (n int, err error) {
	for s.err == nil && s.phase != finished && n < len(p) {
		switch s.phase {
		case waitVersion:
			if p[n] != Version {
				s.fail(versionError(p[n]))
				return n, s.err
			}
			n++
			s.phase = waitPacket
		case waitPacket:
			n += s.receivePacket(p[n:])
		case waitAnswer:
			n += s.receiveAnswer(p[n:])
		}
	}
	return n, s.err
}

func (s *side) receivePacket(p []byte) int {
	if s.peer == nil {
		s.peer = packets.Get().(*[Size]byte)
	}
	n := copy(s.peer[s.got:], p)
	if s.got += n; s.got < Size {
		return n
	}
	copy(s.result.PeerVersion[:], s.peer[4:8])
	s.result.PeerTime = uint32(s.peer[0])<<24 | uint32(s.peer[1])<<16 | uint32(s.peer[2])<<8 | uint32(s.peer[3])
	if err := s.respond(s); err != nil {
		s.fail(err)
		return n
	}
	s.phase, s.got = waitAnswer, 0
	return n
}

func (s *side) receiveAnswer(p []byte) int {
	p = p[:min(len(p), Size-s.got)]
	if s.echo {
		s.echo = repeats(p, s.own[:], s.got)
	}
	if from := max(s.got, Size-digestSize); s.got+len(p) > from {
		copy(s.signature[from-(Size-digestSize):], p[from-s.got:])
	}
	if signed := Size - digestSize - s.got; s.mac != nil && signed > 0 {
		s.mac.Write(p[:min(len(p), signed)])
	}
	if s.got += len(p); s.got == Size {
		s.result.PeerVerified = s.echo || s.mac != nil && hmac.Equal(s.mac.Sum(nil), s.signature[:])
		s.phase, s.mac = finished, nil
		s.release()
	}
	return len(p)
}

// repeats reports that p is what own holds from at on, but for bytes 4 to 7, the peer's clock. RTMP 1.0 §5.2.4.
func repeats(p, own []byte, at int) bool {
	if at < 4 {
		k := min(len(p), 4-at)
		if !bytes.Equal(p[:k], own[at:at+k]) {
			return false
		}
		p, at = p[k:], at+k
	}
	if at < 8 {
		k := min(len(p), 8-at)
		p, at = p[k:], at+k
	}
	return bytes.Equal(p, own[at:at+len(p)])
}

// appendOutput appends what is due and drops what is needed no longer.
func (s *side) appendOutput(dst []byte) []byte {
	if s.packetDue {
		dst = slices.Grow(dst, 1+2*Size) // the answer mostly goes with it
		dst = append(append(dst, Version), s.own[:]...)
		s.packetDue = false
	}
	if s.answerDue {
		dst = append(dst, s.peer[:]...)
		s.answerDue = false
		packets.Put(s.peer)
		s.peer = nil
	}
	s.release()
	return dst
}

func (s *side) release() {
	if s.phase == finished && !s.packetDue && s.own != nil {
		packets.Put(s.own)
		s.own = nil
	}
}

func (s *side) fail(err error) {
	s.err = err
	s.own, s.peer, s.mac = nil, nil, nil
	s.packetDue, s.answerDue = false, false
}

// newPacket makes our C1 or S1 without a digest.
func (s *side) newPacket(version [4]byte) error {
	s.own = packets.Get().(*[Size]byte)
	t := s.config.Time
	s.own[0], s.own[1], s.own[2], s.own[3] = byte(t>>24), byte(t>>16), byte(t>>8), byte(t)
	copy(s.own[4:8], version[:])
	return s.fill(s.own[8:])
}

// signAnswer replaces the peer's packet by our answer in the digest handshake: random, signed with key.
func (s *side) signAnswer(key []byte) error {
	if err := s.fill(s.peer[:Size-digestSize]); err != nil {
		return err
	}
	h := hmac.New(newHash, key)
	h.Write(s.peer[:Size-digestSize])
	h.Sum(s.peer[:Size-digestSize])
	return nil
}

func (s *side) fill(p []byte) error {
	if _, err := io.ReadFull(s.config.Rand, p); err != nil {
		return fmt.Errorf("handshake: random bytes: %w", err)
	}
	return nil
}
