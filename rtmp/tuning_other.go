//go:build !linux

package rtmp

import "errors"

// tcpUserTimeout of 0 says that there is no such socket option.
const tcpUserTimeout = 0

func setSocketOption(uintptr, int, int, int) error { return errors.ErrUnsupported }
