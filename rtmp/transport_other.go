//go:build !linux

package rtmp

import (
	"net"
	"syscall"
)

// newSocket returns nil: sockets are served as any other net.Conn.
func newSocket(net.Conn, syscall.Conn) transport { return nil }
