package rtmp

import (
	"crypto/tls"
	"errors"
	"net"
	"syscall"
	"time"
)

// tuning is what options ask of a TCP socket. A zero field leaves it as it is.
type tuning struct {
	keepAlive   time.Duration
	userTimeout time.Duration
	receive     int
	send        int
}

// check refuses what no system could do.
func (t tuning) check() error {
	switch {
	case t.userTimeout < 0:
		return errors.New("rtmp: UserTimeout is negative")
	case t.userTimeout > 0 && tcpUserTimeout == 0:
		return errors.New("rtmp: this system has no UserTimeout")
	case t.receive < 0:
		return errors.New("rtmp: ReceiveBufferBytes is negative")
	case t.send < 0:
		return errors.New("rtmp: SendBufferBytes is negative")
	}
	return nil
}

// apply sets a connection's socket up, if it has a TCP socket.
func (t tuning) apply(nc net.Conn) error {
	if c, ok := nc.(*tls.Conn); ok {
		nc = c.NetConn()
	}
	c, ok := nc.(*net.TCPConn)
	if !ok || t == (tuning{}) {
		return nil
	}
	var failures []error
	try := func(err error) { failures = append(failures, err) }
	switch {
	case t.keepAlive < 0:
		try(c.SetKeepAlive(false))
	case t.keepAlive > 0:
		try(c.SetKeepAliveConfig(net.KeepAliveConfig{Enable: true, Idle: max(t.keepAlive, time.Second)}))
	}
	if t.userTimeout > 0 {
		try(setUserTimeout(c, t.userTimeout))
	}
	if t.receive > 0 {
		try(c.SetReadBuffer(t.receive))
	}
	if t.send > 0 {
		try(c.SetWriteBuffer(t.send))
	}
	return errors.Join(failures...)
}

func setUserTimeout(c *net.TCPConn, d time.Duration) error {
	raw, err := c.SyscallConn()
	if err != nil {
		return err
	}
	ms := int(min(max(d/time.Millisecond, 1), 1<<31-1))
	var failure error
	if err := raw.Control(func(fd uintptr) { failure = setSocketOption(fd, syscall.IPPROTO_TCP, tcpUserTimeout, ms) }); err != nil {
		return err
	}
	return failure
}
