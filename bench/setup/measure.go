package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"oxrtmp/bench/internal/bench"
)

type contender struct {
	name  string
	start func() (*bench.Server, error)
	flags []string // of the load
}

// measure starts a server and runs a load against it. The load says "ready", waits for a line, and ends with one that
// holds a count and two times in ms.
func (c contender) measure(self, what string) (result, error) {
	s, err := c.start()
	if err != nil {
		return result{}, err
	}
	defer s.Stop()
	args := append([]string{"-c", "1", self, "load", "-seconds", strconv.Itoa(*seconds), "-idle", strconv.Itoa(*idle)}, c.flags...)
	load := exec.Command("taskset", append(args, what, s.Address)...)
	load.Stderr = os.Stderr
	control, err := load.StdinPipe()
	if err != nil {
		return result{}, err
	}
	out, err := load.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	emptyKiB, err := bench.ResidentKiB(s.PID)
	if err != nil {
		return result{}, err
	}
	if err := load.Start(); err != nil {
		return result{}, err
	}
	defer load.Process.Kill()
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		return result{}, fmt.Errorf("the load did not get ready: %q", lines.Text())
	}
	fullKiB, err := bench.ResidentKiB(s.PID)
	if err != nil {
		return result{}, err
	}
	before, err := bench.CPUSeconds(s.PID)
	if err != nil {
		return result{}, err
	}
	io.WriteString(control, "go\n")
	if !lines.Scan() {
		return result{}, fmt.Errorf("no result")
	}
	after, err := bench.CPUSeconds(s.PID)
	if err != nil {
		return result{}, err
	}
	var count, mid, high float64
	if _, err := fmt.Fscan(strings.NewReader(lines.Text()), &count, &mid, &high); err != nil {
		return result{}, fmt.Errorf("result %q: %w", lines.Text(), err)
	}
	switch what {
	case "idle":
		return result{3: float64(fullKiB-emptyKiB) / count}, load.Wait()
	case "join":
		return result{count, mid, high, (after - before) * 1000 / count}, load.Wait()
	}
	return result{count / float64(*seconds), mid, high, (after - before) * 1000 / count}, load.Wait()
}
