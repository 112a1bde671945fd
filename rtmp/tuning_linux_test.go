package rtmp

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// socketOption asks the kernel.
func socketOption(t *testing.T, nc transport, level, option int) int {
	t.Helper()
	raw, err := nc.(*socket).c.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	var value int
	if control := raw.Control(func(fd uintptr) { value, err = syscall.GetsockoptInt(int(fd), level, option) }); control != nil || err != nil {
		t.Fatal(control, err)
	}
	return value
}

// A196: the kernel is told what the options say, for both sides' sockets; without them nothing changes.
func TestSocketOptions(t *testing.T) {
	const silence = 7 * time.Second
	for _, c := range []struct {
		name                    string
		keepAlive               time.Duration
		userTimeout             time.Duration
		receive, send           int
		asks, idle, gives       int
		receivesMore, sendsMore int
	}{
		{name: "defaults", asks: 1, idle: 15},
		{name: "all of them", keepAlive: silence, userTimeout: 12345 * time.Millisecond, receive: 50000, send: 60000,
			asks: 1, idle: 7, gives: 12345, receivesMore: 50000, sendsMore: 60000},
		{name: "no sign of life is asked for", keepAlive: -1, idle: 15},
		{name: "less than a second", keepAlive: 1, userTimeout: 1, asks: 1, idle: 1, gives: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bind(t, &ServerOptions{KeepAlive: c.keepAlive, UserTimeout: c.userTimeout, ReceiveBufferBytes: c.receive, SendBufferBytes: c.send})
			client, _ := published(t, s, &ClientOptions{KeepAlive: c.keepAlive, UserTimeout: c.userTimeout, ReceiveBufferBytes: c.receive, SendBufferBytes: c.send})
			for side, nc := range map[string]transport{"client": client.link.transport, "server": s.connections()[0].link.transport} {
				if got := socketOption(t, nc, syscall.SOL_SOCKET, syscall.SO_KEEPALIVE); got != c.asks {
					t.Errorf("%s: SO_KEEPALIVE is %d, want %d", side, got, c.asks)
				}
				if got := socketOption(t, nc, syscall.IPPROTO_TCP, syscall.TCP_KEEPIDLE); got != c.idle {
					t.Errorf("%s: TCP_KEEPIDLE is %d s, want %d", side, got, c.idle)
				}
				if got := socketOption(t, nc, syscall.IPPROTO_TCP, tcpUserTimeout); got != c.gives {
					t.Errorf("%s: TCP_USER_TIMEOUT is %d ms, want %d", side, got, c.gives)
				}
				// The kernel doubles what it is told.
				if got := socketOption(t, nc, syscall.SOL_SOCKET, syscall.SO_RCVBUF); c.receivesMore > 0 && got != 2*c.receivesMore {
					t.Errorf("%s: SO_RCVBUF is %d, want %d", side, got, 2*c.receivesMore)
				}
				if got := socketOption(t, nc, syscall.SOL_SOCKET, syscall.SO_SNDBUF); c.sendsMore > 0 && got != 2*c.sendsMore {
					t.Errorf("%s: SO_SNDBUF is %d, want %d", side, got, 2*c.sendsMore)
				}
			}
		})
	}
	for _, o := range []ServerOptions{{UserTimeout: -1}, {ReceiveBufferBytes: -1}, {SendBufferBytes: -1}} {
		if _, err := NewServer(&o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
		if _, err := OpenPublish("rtmp://127.0.0.1:1/live/x", &ClientOptions{UserTimeout: o.UserTimeout, ReceiveBufferBytes: o.ReceiveBufferBytes, SendBufferBytes: o.SendBufferBytes}); err == nil {
			t.Errorf("%+v is accepted by a client", o)
		}
	}
}

// A process that is out of descriptors goes on to accept when there are some again, and does not spin meanwhile.
func TestAcceptWithoutDescriptors(t *testing.T) {
	var mu sync.Mutex
	var log bytes.Buffer
	s := bind(t, &ServerOptions{Logger: slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, nil))})
	failures := func() int {
		mu.Lock()
		defer mu.Unlock()
		return strings.Count(log.String(), "too many open files")
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: 0, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	restore := func() { syscall.Setrlimit(syscall.RLIMIT_NOFILE, &old) }
	defer restore()
	to := syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}, Port: s.listeners[0].Addr().(*net.TCPAddr).Port}
	if err := syscall.Connect(fd, &to); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "an accept that fails", func() bool { return failures() > 0 })
	time.Sleep(300 * time.Millisecond)
	if n := failures(); n > 12 {
		t.Errorf("%d tries within 0.3 s", n)
	}
	restore()
	waitFor(t, "the connection", func() bool { return s.Connections() == 1 })
	published(t, s, nil)
}
