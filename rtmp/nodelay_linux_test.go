//go:build amd64 || arm64

package rtmp

import (
	"syscall"
	"testing"
)

// C37: what is sent leaves at once: both sides' sockets have TCP_NODELAY.
func TestNoDelay(t *testing.T) {
	_, s := live(t, nil, ServerOptions{})
	c := publishTo(t, s, "cam")
	noDelay := func(side string, t2 transport) {
		socket, ok := t2.(*socket)
		if !ok {
			t.Fatalf("%s: no socket", side)
		}
		socket.raw.Control(func(fd uintptr) {
			if v, err := syscall.GetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_NODELAY); err != nil || v == 0 {
				t.Errorf("%s: %d %v", side, v, err)
			}
		})
	}
	noDelay("client", c.link.transport)
	noDelay("server", s.connections()[0].link.transport)
}
