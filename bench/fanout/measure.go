package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"

	"oxrtmp/bench/internal/bench"
)

type contender struct {
	name  string
	start func() (*bench.Server, error)
	raw   bool // it speaks no RTMP
}

type result struct {
	cpu      float64 // CPU-seconds per Gbit delivered
	p50, p99 float64 // ms
	lost     int     // frames that the sampled players did not get
}

func measure(self string, c contender, seconds, players int) (result, error) {
	s, err := c.start()
	if err != nil {
		return result{}, err
	}
	defer s.Stop()
	args := []string{"-c", "1", self, "load", "-seconds", strconv.Itoa(seconds), "-players", strconv.Itoa(players)}
	if c.raw {
		args = append(args, "-raw")
	}
	load := exec.Command("taskset", append(args, s.Address)...)
	load.Stderr = os.Stderr
	control, err := load.StdinPipe()
	if err != nil {
		return result{}, err
	}
	out, err := load.StdoutPipe()
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
	var r result
	var delivered float64
	if _, err := fmt.Sscan(lines.Text(), &delivered, &r.p50, &r.p99, &r.lost); err != nil {
		return result{}, fmt.Errorf("result %q: %w", lines.Text(), err)
	}
	r.cpu = (after - before) / (delivered * 8 / 1e9)
	return r, load.Wait()
}
