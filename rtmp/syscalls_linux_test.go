//go:build amd64 || arm64

package rtmp

import (
	"errors"
	"fmt"
	"net"
	"runtime"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// faultySocket is a socket whose system calls go wrong: the same code as without, but for the kernel.
type faultySocket struct {
	*net.TCPConn
	*socket
}

// SetReadDeadline and the others are net.Conn's.
func (s faultySocket) SetReadDeadline(t time.Time) error { return s.TCPConn.SetReadDeadline(t) }

func newFaultySocket(t *testing.T, c net.Conn, f interrupter) net.Conn {
	t.Helper()
	s := newSocket(c, c.(*net.TCPConn)).(*socket)
	s.fault = f
	return faultySocket{c.(*net.TCPConn), s}
}

// Every sendmsg and every read of a session's sockets goes wrong in turn, on either side: what ends a connection ends it,
// and somebody hears of it; what the kernel may do at any time, such as taking one byte, changes nothing.
func TestEverySystemCallGoesWrongInTurn(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), descriptors()
	for _, f := range []struct {
		name  string
		write bool
		fatal bool
		do    func(call, n int) (most int, err syscall.Errno)
	}{
		{"sendmsg: EPIPE", true, true, func(call, n int) (int, syscall.Errno) { return 1 << 20, syscall.EPIPE }},
		{"sendmsg: ENOBUFS", true, true, func(call, n int) (int, syscall.Errno) { return 1 << 20, syscall.ENOBUFS }},
		{"sendmsg: half, then ECONNRESET", true, true, func(call, n int) (int, syscall.Errno) {
			if call == n {
				return 7, 0
			}
			return 1 << 20, syscall.ECONNRESET
		}},
		{"sendmsg: EINTR", true, false, func(call, n int) (int, syscall.Errno) {
			if call < n+3 {
				return 1 << 20, syscall.EINTR
			}
			return 1 << 20, 0
		}},
		{"sendmsg: a byte at a time", true, false, func(call, n int) (int, syscall.Errno) { return 1, 0 }},
		{"sendmsg: once one byte", true, false, func(call, n int) (int, syscall.Errno) {
			if call == n {
				return 1, 0
			}
			return 1 << 20, 0
		}},
		{"read: ECONNRESET", false, true, func(call, n int) (int, syscall.Errno) { return 1 << 20, syscall.ECONNRESET }},
		{"read: EIO", false, true, func(call, n int) (int, syscall.Errno) { return 1 << 20, syscall.EIO }},
		{"read: EINTR", false, false, func(call, n int) (int, syscall.Errno) {
			if call < n+3 {
				return 1 << 20, syscall.EINTR
			}
			return 1 << 20, 0
		}},
		{"read: a byte at a time", false, false, func(call, n int) (int, syscall.Errno) { return 1, 0 }},
	} {
		linger := 10 * time.Second // nothing is lost, however busy the machine is
		if f.fatal {
			linger = time.Second
		}
		for _, server := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, server %v", f.name, server), func(t *testing.T) {
				well := 0
				for n := 1; well < 2 && n < 100; n++ { // how many calls a session takes depends on the scheduler
					var calls, triggered atomic.Int64
					near, far := pair(t)
					at := interrupter(func(write bool) (int, syscall.Errno) {
						if write != f.write {
							return 1 << 20, 0
						}
						if call := int(calls.Add(1)); call >= n {
							triggered.Add(1)
							return f.do(call, n)
						}
						return 1 << 20, 0
					})
					if server {
						far = newFaultySocket(t, far, at)
					} else {
						near = newFaultySocket(t, near, at)
					}
					e := streamOver(t, near, far, ClientOptions{Linger: linger}, ServerOptions{Linger: linger})
					fine := e.client == nil && e.server == nil && e.packets == streamFrames
					switch {
					case triggered.Load() == 0:
						if well++; !fine {
							t.Fatalf("nothing went wrong before call %d, and yet: %+v", n, e)
						}
					case !f.fatal && !fine:
						t.Fatalf("call %d: %+v", n, e)
					case f.fatal && e.client == nil && e.server == nil && e.packets != streamFrames:
						t.Fatalf("call %d went wrong and nobody heard of it: %+v", n, e)
					}
					if e.took > 20*time.Second {
						t.Fatalf("call %d: took %v", n, e.took)
					}
					if !f.fatal && n > 6 { // from some call on is as good as from a later one
						break
					}
				}
			})
		}
	}
	waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
	waitFor(t, "descriptors to be closed", func() bool { return descriptors() <= files })
}

// A socket that hardly takes anything, as its peer reads slowly: everything arrives, in order.
func TestSocketsThatAreAlwaysFull(t *testing.T) {
	near, far := pair(t)
	near.(*net.TCPConn).SetWriteBuffer(1)
	far.(*net.TCPConn).SetReadBuffer(1)
	if e := streamOver(t, near, far, ClientOptions{}, ServerOptions{}); e.client != nil || e.server != nil || e.packets != streamFrames {
		t.Fatalf("%+v", e)
	}
}

// The error of a system call is the one that callers see, with its phase.
func TestErrorsOfSystemCallsAreHandedOn(t *testing.T) {
	near, far := pair(t)
	near = newFaultySocket(t, near, func(write bool) (int, syscall.Errno) {
		if write {
			return 1, syscall.ENOBUFS
		}
		return 1 << 20, 0
	})
	e := streamOver(t, near, far, ClientOptions{}, ServerOptions{Timeouts: Timeouts{Handshake: time.Second}})
	var at *Error
	if !errors.As(e.client, &at) || !errors.Is(e.client, syscall.ENOBUFS) {
		t.Fatalf("%v", e.client)
	}
}
