package rtmp

import (
	"os"
	"syscall"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of tcp(7), which package syscall lacks.
const tcpUserTimeout = 18

func setSocketOption(fd uintptr, level, option, value int) error {
	return os.NewSyscallError("setsockopt", syscall.SetsockoptInt(int(fd), level, option, value))
}
