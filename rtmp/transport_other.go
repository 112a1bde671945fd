//go:build !linux || !(amd64 || arm64)

package rtmp

import (
	"net"
	"syscall"
)

// maxVectors is how many pieces are handed to a transport at once.
const maxVectors = 64

// newSocket returns nil: sockets are served as any other net.Conn.
func newSocket(net.Conn, syscall.Conn) transport { return nil }
