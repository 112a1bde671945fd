package handshake

import "crypto/hmac"

// clientVersion is C1's version field when a digest is offered: that of Flash Player 10.
var clientVersion = [4]byte{0x80, 0, 7, 2}

// Client is the connecting side of a handshake. Make one by [NewClient].
type Client struct{ side side }

// NewClient returns a client whose C0 and C1 are due at once. It panics if c.Rand is nil; a failure of c.Rand is
// reported by Receive.
func NewClient(c Config) *Client {
	s := newSide(c, respondAsClient)
	var version [4]byte
	if c.Digest {
		version = clientVersion
	}
	if err := s.newPacket(version); err != nil {
		s.fail(err)
		return &Client{side: s}
	}
	if c.Digest {
		own := insertDigest(s.own, Scheme8, playerKey[:playerText])
		s.mac = hmac.New(newHash, answerKey(serverKey, own))
	}
	s.packetDue = true
	return &Client{side: s}
}

// Receive takes bytes from the server, in pieces of any size, and returns how many it consumed: all of p, or less if the
// handshake ended within p, because bytes after S2 belong to the chunk stream. C2 is due once S1 is complete; S2 may
// come before or after it is sent. It does not retain p.
//
// The error is a [*VersionError], with the version byte not consumed, or one of Config.Rand's. Every later call returns
// the same error and consumes nothing.
func (c *Client) Receive(p []byte) (n int, err error) { return c.side.receive(p) }

// AppendOutput appends to dst the bytes that are now to be sent, each once.
func (c *Client) AppendOutput(dst []byte) []byte { return c.side.appendOutput(dst) }

// Done reports whether the server's S2 has been received in full. C2 may still be due then.
func (c *Client) Done() bool { return c.side.phase == finished }

// Result returns what the handshake found out. It is complete once Done reports true.
func (c *Client) Result() Result { return c.side.result }

// respondAsClient makes C2 when S1 is complete: signed if both sides use digests, else S1 repeated.
func respondAsClient(s *side) error {
	s.answerDue = true
	if !s.config.Digest || s.result.PeerVersion == [4]byte{} {
		return nil
	}
	scheme, digest := findDigest(s.peer, serverKey[:serverText])
	if scheme == 0 {
		return nil
	}
	s.result.Kind, s.result.Scheme = Digest, scheme
	return s.signAnswer(answerKey(playerKey, digest))
}
