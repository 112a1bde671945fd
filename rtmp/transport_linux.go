//go:build amd64 || arm64

package rtmp

import (
	"io"
	"math"
	"net"
	"os"
	"syscall"
	"time"
	"unsafe"
)

// socket is the transport over a TCP or Unix socket. It waits for readability before it takes a block to read into,
// and sends with MSG_NOSIGNAL, so that a peer that has gone never raises SIGPIPE in the host's process.
type socket struct {
	c        net.Conn
	raw      syscall.RawConn
	block    *[readSize]byte
	deadline time.Time   // for writing
	fault    interrupter // nil: none

	// The callbacks that the runtime calls when the socket is ready, made once, and their operands. Reading and writing
	// go on at the same time and share none of them.
	readNow   func(fd uintptr) bool
	readCount int
	readErr   error
	writeNow  func(fd uintptr) bool
	tryNow    func(fd uintptr)
	out       net.Buffers
	wrote     int
	writeErr  error
}

// interrupter is what tests have a system call do: fail, or not, and then take or give at most so many bytes.
type interrupter func(write bool) (most int, err syscall.Errno)

func (f interrupter) on(write bool) (most int, err syscall.Errno) {
	if f == nil {
		return math.MaxInt, 0
	}
	return f(write)
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
	t.readNow, t.writeNow, t.tryNow = t.tryRead, t.writeOnce, func(fd uintptr) { t.writeOnce(fd) }
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
		most, errno := s.fault.on(false)
		if s.readCount, s.readErr = -1, errno; errno == 0 {
			s.readCount, s.readErr = syscall.Read(int(fd), s.block[:min(most, readSize)])
		}
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

func (s *socket) write(b net.Buffers, idle time.Duration) error {
	for len(b) > 0 {
		if idle > 0 {
			// Moving the deadline at each write would cost as much as the write: it is kept between 1 and 1.25
			// times idle away.
			if now := time.Now(); s.deadline.Sub(now) < idle || s.deadline.Sub(now) > idle+idle/4 {
				s.deadline = now.Add(idle + idle/4)
				s.c.SetWriteDeadline(s.deadline)
			}
		}
		s.out = b
		if err := s.raw.Write(s.writeNow); err != nil {
			return err
		}
		if s.writeErr != nil {
			return os.NewSyscallError("send", s.writeErr)
		}
		b = advance(b, s.wrote)
	}
	s.out = nil
	return nil
}

// writeOnce is called by the runtime when the socket takes output.
func (s *socket) writeOnce(fd uintptr) bool {
	s.wrote, s.writeErr = 0, nil
	for {
		n, errno := s.send(fd)
		switch errno {
		case 0:
			s.wrote = n
		case syscall.EINTR:
			continue
		default:
			s.writeErr = errno
		}
		return errno != syscall.EAGAIN
	}
}

func (s *socket) tryWrite(b net.Buffers) (int, error) {
	total := 0
	for len(b) > 0 {
		s.out = b
		if err := s.raw.Control(s.tryNow); err != nil {
			return total, err
		}
		switch s.writeErr {
		case nil:
		case syscall.EAGAIN:
			s.out = nil
			return total, nil
		default:
			return total, os.NewSyscallError("send", s.writeErr)
		}
		total += s.wrote
		b = advance(b, s.wrote)
	}
	s.out = nil
	return total, nil
}

// maxVectors is how many pieces one sendmsg takes.
const maxVectors = 64

// send sends the first pieces of s.out, without SIGPIPE.
func (s *socket) send(fd uintptr) (int, syscall.Errno) {
	first := s.out[0]
	most, errno := s.fault.on(true)
	switch {
	case errno != 0:
		return 0, errno
	case len(s.out) == 1 || most < len(first):
		return sendOne(fd, first[:min(most, len(first))])
	}
	return sendAll(fd, s.out)
}

// sendOne is sendto. It needs less of the stack than sendAll: a goroutine keeps what it once needed.
func sendOne(fd uintptr, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.Syscall6(syscall.SYS_SENDTO, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

// sendAll is sendmsg.
func sendAll(fd uintptr, b net.Buffers) (int, syscall.Errno) {
	var vectors [maxVectors]syscall.Iovec
	count := 0
	for _, p := range b {
		if len(p) == 0 {
			continue
		}
		vectors[count].Base = unsafe.SliceData(p)
		vectors[count].SetLen(len(p))
		if count++; count == maxVectors {
			break
		}
	}
	message := syscall.Msghdr{Iov: &vectors[0], Iovlen: uint64(count)}
	n, _, errno := syscall.Syscall(syscall.SYS_SENDMSG, fd, uintptr(unsafe.Pointer(&message)), syscall.MSG_NOSIGNAL)
	return int(n), errno
}

// advance removes the first n bytes of b.
func advance(b net.Buffers, n int) net.Buffers {
	for len(b) > 0 && n >= len(b[0]) {
		n -= len(b[0])
		b = b[1:]
	}
	if n > 0 {
		b[0] = b[0][n:]
	}
	return b
}

// roundTrip asks the kernel (TCP_INFO).
func (s *socket) roundTrip() (rtt, variation time.Duration, resent uint64, ok bool) {
	if _, tcp := s.c.(*net.TCPConn); !tcp {
		return 0, 0, 0, false
	}
	var info syscall.TCPInfo
	err := s.raw.Control(func(fd uintptr) {
		size := uint32(unsafe.Sizeof(info))
		_, _, errno := syscall.Syscall6(syscall.SYS_GETSOCKOPT, fd, syscall.IPPROTO_TCP, syscall.TCP_INFO,
			uintptr(unsafe.Pointer(&info)), uintptr(unsafe.Pointer(&size)), 0)
		ok = errno == 0
	})
	if err != nil || !ok {
		return 0, 0, 0, false
	}
	return time.Duration(info.Rtt) * time.Microsecond, time.Duration(info.Rttvar) * time.Microsecond, uint64(info.Total_retrans), true
}

func (s *socket) setReadDeadline(t time.Time) error { return s.c.SetReadDeadline(t) }

func (s *socket) closeWrite(time.Duration) error {
	return s.c.(interface{ CloseWrite() error }).CloseWrite()
}

func (s *socket) close() error         { return s.c.Close() }
func (s *socket) remoteAddr() net.Addr { return s.c.RemoteAddr() }
