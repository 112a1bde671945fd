package bench

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Contender is a server that is measured beside others.
type Contender struct {
	Name  string
	Start func() (*Server, error)
	Raw   bool // it speaks no RTMP
}

// Load is what a program of ours has done to a server.
type Load struct {
	Said              string  // the program's last line: its figures
	CPU               float64 // seconds of the server's while it worked
	EmptyKiB, FullKiB int     // KiB of the server resident before the program began, and when it was ready
}

// Measure starts a server and on processor 1 a program that loads it: "SELF load ARGUMENTS [WHAT] ADDRESS", with -raw
// before WHAT for a server that speaks no RTMP. It says "ready", waits for a line, works, and says one line more.
func (c Contender) Measure(self, what string, arguments ...string) (l Load, err error) {
	s, err := c.Start()
	if err != nil {
		return l, err
	}
	defer s.Stop()
	arguments = append([]string{"-c", "1", self, "load"}, arguments...)
	if c.Raw {
		arguments = append(arguments, "-raw")
	}
	if what != "" {
		arguments = append(arguments, what)
	}
	load := exec.Command("taskset", append(arguments, s.Address)...)
	load.Stderr = os.Stderr
	control, err := load.StdinPipe()
	if err != nil {
		return l, err
	}
	out, err := load.StdoutPipe()
	if err != nil {
		return l, err
	}
	if l.EmptyKiB, err = ResidentKiB(s.PID); err != nil {
		return l, err
	}
	if err := load.Start(); err != nil {
		return l, err
	}
	defer load.Process.Kill()
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		return l, fmt.Errorf("the load did not get ready: %q", lines.Text())
	}
	if l.FullKiB, err = ResidentKiB(s.PID); err != nil {
		return l, err
	}
	before, err := CPUSeconds(s.PID)
	if err != nil {
		return l, err
	}
	io.WriteString(control, "go\n")
	if !lines.Scan() {
		return l, fmt.Errorf("no result")
	}
	after, err := CPUSeconds(s.PID)
	if err != nil {
		return l, err
	}
	l.Said, l.CPU = lines.Text(), after-before
	return l, load.Wait()
}

// Figures reads the line of figures that the program has said.
func (l Load) Figures(to ...any) error {
	if _, err := fmt.Fscan(strings.NewReader(l.Said), to...); err != nil {
		return fmt.Errorf("result %q: %w", l.Said, err)
	}
	return nil
}
