// Package bench is what the benchmarks share: the client's side of conversations without a library's help in the way,
// and the kernel's account of a process.
package bench

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"
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

// ResidentKiB is how much memory of a process is resident.
func ResidentKiB(pid int) (int, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	_, rest, found := strings.Cut(string(b), "\nVmRSS:")
	if !found {
		return 0, fmt.Errorf("no VmRSS: %s", b)
	}
	return strconv.Atoi(strings.Fields(rest)[0])
}
