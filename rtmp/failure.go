package rtmp

import (
	"bytes"
)

// Failure is what is known of a connection that has ended by a deadline or an error: enough to tell why, and, if all of
// its bytes were kept, to have it happen again: [engine.Server] gets them as they came.
type Failure struct {
	Connection uint64 // its number on the server
	Peer       string
	Err        error
	Offset     uint64 // how many bytes came before those that were kept
	Bytes      []byte // the last of what the peer sent, handshake included, without TLS: ServerOptions.KeepBytes
}

// maxFailures is how many are kept until they are taken.
const maxFailures = 16

// TakeFailure returns what was kept of the oldest failed connection that was not taken yet; false if there is none. The
// latest 16 are kept, of servers with ServerOptions.KeepBytes.
func (s *Server) TakeFailure() (Failure, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failures) == 0 {
		return Failure{}, false
	}
	f := s.failures[0]
	s.failures[0] = Failure{}
	s.failures = s.failures[1:]
	return f, true
}

func (s *Server) keepFailure(f Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.failures) == maxFailures {
		s.failures[0] = Failure{}
		s.failures = s.failures[1:]
	}
	s.failures = append(s.failures, f)
}

// keeper keeps the last bytes of a connection. It is the receiver's.
type keeper struct {
	most  int
	kept  []byte // a ring once it is full
	head  int    // where the oldest byte is
	total uint64
}

func (k *keeper) add(p []byte) {
	k.total += uint64(len(p))
	p = p[max(0, len(p)-k.most):]
	if n := min(len(p), k.most-len(k.kept)); n > 0 {
		k.kept = append(k.kept, p[:n]...)
		p = p[n:]
	}
	for len(p) > 0 {
		n := copy(k.kept[k.head:], p)
		p = p[n:]
		k.head = (k.head + n) % k.most
	}
}

// bytes returns what was kept, and how much came before it.
func (k *keeper) bytes() (offset uint64, p []byte) {
	p = append(bytes.Clone(k.kept[k.head:]), k.kept[:k.head]...)
	return k.total - uint64(len(p)), p
}
