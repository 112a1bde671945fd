// Package bench is what the benchmarks share: the client's side of conversations without a library's help in the way,
// and the kernel's account of a process.
package bench

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	crand "crypto/rand"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// Dial connects, with the usual congestion control: one that paces would measure its own timers.
func Dial(address string) (net.Conn, error) {
	return (&net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		var err error
		if err := raw.Control(func(fd uintptr) {
			err = syscall.SetsockoptString(int(fd), syscall.IPPROTO_TCP, syscall.TCP_CONGESTION, "cubic")
		}); err != nil {
			return err
		}
		return err
	}}).Dial("tcp", address)
}

// Publish drives a connection up to an accepted publish of live/bench, and announces chunks of 4096 bytes.
func Publish(c net.Conn) error { _, err := converse(c, nil); return err }

// Play drives a connection up to an accepted play of live/bench. It returns what was received past the server's word.
func Play(c net.Conn) (rest []byte, err error) {
	return converse(c, &engine.PlayRequest{Start: message.PlayLive})
}

func converse(c net.Conn, play *engine.PlayRequest) (rest []byte, err error) {
	e := engine.NewClient(engine.ClientConfig{
		Rand: crand.Reader, StreamName: "bench", ChunkSize: 4096, Play: play,
		Connect: message.Connect{App: "live", TCURL: "rtmp://bench/live", Type: "nonprivate"},
	})
	p := make([]byte, 65536)
	for !e.Publishing() && !e.Playing() {
		if _, err := c.Write(e.AppendOutput(nil)); err != nil {
			return nil, err
		}
		n, err := c.Read(p)
		if err != nil {
			return nil, err
		}
		for rest = p[:n]; len(rest) > 0 && !e.Publishing() && !e.Playing(); {
			k, err := e.Receive(rest, 0)
			if err != nil {
				return nil, err
			}
			rest = rest[k:]
			for ev, ok := e.NextEvent(); ok; ev, ok = e.NextEvent() {
				ev.Packet.Release()
				if ev.Kind == engine.EventRefused {
					return nil, errors.New(ev.Status.Code)
				}
			}
		}
	}
	return rest, nil
}

// CPUSeconds is what a process and its threads have used, by the kernel's account.
func CPUSeconds(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	f := strings.Fields(rest)
	user, err1 := strconv.ParseFloat(f[11], 64)
	system, err2 := strconv.ParseFloat(f[12], 64)
	if err1 != nil || err2 != nil {
		return 0, fmt.Errorf("unreadable: %s", b)
	}
	return (user + system) / 100, nil // USER_HZ is 100 on every Linux
}
