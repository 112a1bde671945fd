package rtmp

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// readSize is how much is read from a connection at once. The block belongs to the connection only while bytes are in
// it: an idle connection holds none where its transport can wait without one.
const readSize = 64 << 10

var readBlocks = sync.Pool{New: func() any { return new([readSize]byte) }}

// transport is what a connection runs on: a socket, or any net.Conn. Read and write are for one goroutine each.
type transport interface {
	// read waits for bytes and returns them; they are valid until the next read or release.
	read() ([]byte, error)
	// release gives the bytes of the last read back.
	release()
	// write writes all of b, waiting no longer than idle for each step of progress; 0 waits for ever. It changes b.
	write(b net.Buffers, idle time.Duration) error
	// tryWrite writes as much of b as can be taken without waiting, which may be nothing, and returns how much. It is
	// not called while write runs.
	tryWrite(b net.Buffers) (int, error)
	setReadDeadline(t time.Time) error
	// closeWrite ends our direction, if the transport can, waiting no longer than within.
	closeWrite(within time.Duration) error
	close() error
	remoteAddr() net.Addr
}

func newTransport(c net.Conn) transport {
	if t, ok := c.(transport); ok { // tests bring one whose calls fail
		return t
	}
	if s, ok := c.(syscall.Conn); ok {
		if t := newSocket(c, s); t != nil {
			return t
		}
	}
	return &stream{c: c}
}

// stream is the transport over a net.Conn of any kind.
type stream struct {
	c     net.Conn
	block *[readSize]byte
}

func (s *stream) read() ([]byte, error) {
	if s.block == nil {
		s.block = readBlocks.Get().(*[readSize]byte)
	}
	for range 100 {
		if n, err := s.c.Read(s.block[:]); n > 0 {
			return s.block[:n], nil
		} else if err != nil {
			s.release()
			return nil, err
		}
	}
	s.release()
	return nil, io.ErrNoProgress
}

func (s *stream) release() {
	if s.block != nil {
		readBlocks.Put(s.block)
		s.block = nil
	}
}

func (s *stream) write(b net.Buffers, idle time.Duration) error {
	for _, p := range b {
		for len(p) > 0 {
			if idle > 0 {
				s.c.SetWriteDeadline(time.Now().Add(idle))
			}
			n, err := s.c.Write(p)
			p = p[n:]
			if n == 0 && err == nil {
				return io.ErrShortWrite
			}
			if err != nil && !(n > 0 && len(p) > 0 && errors.Is(err, os.ErrDeadlineExceeded)) {
				return err
			}
		}
	}
	return nil
}

// tryWrite writes nothing: any connection's Write may wait.
func (s *stream) tryWrite(net.Buffers) (int, error) { return 0, nil }

func (s *stream) setReadDeadline(t time.Time) error { return s.c.SetReadDeadline(t) }

func (s *stream) closeWrite(time.Duration) error {
	if c, ok := s.c.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return errors.ErrUnsupported
}

// close does not let a caller's TLS connection say good-bye: that may take long.
func (s *stream) close() error {
	if c, ok := s.c.(*tls.Conn); ok {
		return c.NetConn().Close()
	}
	return s.c.Close()
}

func (s *stream) remoteAddr() net.Addr { return s.c.RemoteAddr() }
