package handshake

import "crypto/hmac"

// serverVersion is S1's version field in the digest handshake. FFmpeg's player checks digests only from 3 up.
var serverVersion = [4]byte{4, 5, 0, 1}

// Server is the accepting side of a handshake. Make one by [NewServer].
type Server struct{ side side }

// NewServer returns a server that waits for C0. It panics if c.Rand is nil.
func NewServer(c Config) *Server {
	return &Server{side: newSide(c, respondAsServer)}
}

// Receive takes bytes from the client, in pieces of any size, and returns how many it consumed: all of p, or less if the
// handshake ended within p, because bytes after C2 belong to the chunk stream. S0, S1 and S2 are due once C1 is complete.
// It does not retain p.
//
// The error is a [*VersionError], with the version byte not consumed, or one of Config.Rand's. Every later call returns
// the same error and consumes nothing.
func (s *Server) Receive(p []byte) (n int, err error) { return s.side.receive(p) }

// AppendOutput appends to dst the bytes that are now to be sent, each once.
func (s *Server) AppendOutput(dst []byte) []byte { return s.side.appendOutput(dst) }

// Done reports whether the client's C2 has been received in full.
func (s *Server) Done() bool { return s.side.phase == finished }

// Result returns what the handshake found out. It is complete once Done reports true.
func (s *Server) Result() Result { return s.side.result }

// respondAsServer makes S1 and S2 when C1 is complete.
func respondAsServer(s *side) error {
	var scheme int
	var digest []byte
	if s.result.PeerVersion != [4]byte{} {
		scheme, digest = findDigest(s.peer, playerKey[:playerText])
	}
	s.packetDue, s.answerDue = true, true
	if scheme == 0 {
		return s.newPacket([4]byte{}) // and S2 is C1 as it came
	}
	s.result.Kind, s.result.Scheme = Digest, scheme
	if err := s.newPacket(serverVersion); err != nil {
		return err
	}
	own := insertDigest(s.own, scheme, serverKey[:serverText])
	s.mac = hmac.New(newHash, answerKey(playerKey, own))
	return s.signAnswer(answerKey(serverKey, digest))
}
