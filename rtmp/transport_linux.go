package rtmp

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// socket is the transport over a TCP or Unix socket. It waits for readability before it takes a block to read into,
// and sends with MSG_NOSIGNAL, so that a peer that has gone never raises SIGPIPE in the host's process.
type socket struct {
	c        net.Conn
	raw      syscall.RawConn
	block    *[readSize]byte
	deadline time.Time // for writing

	// The callbacks that the runtime calls when the socket is ready, made once, and their operands. Reading and writing
	// go on at the same time and share none of them.
	readNow   func(fd uintptr) bool
	readCount int
	readErr   error
	writeNow  func(fd uintptr) bool
	out       []byte
	wrote     int
	writeErr  error
}

// newSocket returns nil if c is no stream socket that the runtime polls.
func newSocket(c net.Conn, s syscall.Conn) transport {
	switch c.(type) {
	case *net.TCPConn, *net.UnixConn:
	default:
		return nil
	}
	raw, err := s.SyscallConn()
	if err != nil {
		return nil
	}
	t := &socket{c: c, raw: raw}
	t.readNow, t.writeNow = t.tryRead, t.tryWrite
	return t
}

func (s *socket) read() ([]byte, error) {
	if err := s.raw.Read(s.readNow); err != nil {
		s.release()
		return nil, err
	}
	switch {
	case s.readErr != nil:
		s.release()
		return nil, os.NewSyscallError("read", s.readErr)
	case s.readCount == 0:
		s.release()
		return nil, io.EOF
	}
	return s.block[:s.readCount], nil
}

func (s *socket) tryRead(fd uintptr) bool {
	if s.block == nil {
		s.block = readBlocks.Get().(*[readSize]byte)
	}
	for {
		s.readCount, s.readErr = syscall.Read(int(fd), s.block[:])
		switch s.readErr {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			s.release()
			return false
		}
		return true
	}
}

func (s *socket) release() {
	if s.block != nil {
		readBlocks.Put(s.block)
		s.block = nil
	}
}

func (s *socket) write(p []byte, idle time.Duration) error {
	for len(p) > 0 {
		if idle > 0 {
			// Moving the deadline at each write would cost as much as the write: it is kept between 1 and 1.25
			// times idle away.
			if now := time.Now(); s.deadline.Sub(now) < idle {
				s.deadline = now.Add(idle + idle/4)
				s.c.SetWriteDeadline(s.deadline)
			}
		}
		s.out = p
		if err := s.raw.Write(s.writeNow); err != nil {
			return err
		}
		if s.writeErr != nil {
			return os.NewSyscallError("sendmsg", s.writeErr)
		}
		p = p[s.wrote:]
	}
	s.out = nil
	return nil
}

func (s *socket) tryWrite(fd uintptr) bool {
	for {
		s.wrote, s.writeErr = syscall.SendmsgN(int(fd), s.out, nil, nil, syscall.MSG_NOSIGNAL)
		switch s.writeErr {
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
			return false
		}
		return true
	}
}

func (s *socket) setReadDeadline(t time.Time) error { return s.c.SetReadDeadline(t) }

func (s *socket) closeWrite() error {
	return s.c.(interface{ CloseWrite() error }).CloseWrite()
}

func (s *socket) close() error         { return s.c.Close() }
func (s *socket) remoteAddr() net.Addr { return s.c.RemoteAddr() }
