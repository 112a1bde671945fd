package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"oxrtmp/bench/internal/bench"
)

// contender is a server to measure. It prints "listening on ADDR", serves until its standard input ends, and then
// prints how many payload bytes it took, in how many packets.
type contender struct {
	name    string
	command []string
	raw     bool   // it speaks no RTMP
	peer    string // the name of the one that it is compared with besides
}

type result struct {
	rate    float64 // Gbit/s of payload
	cpu     float64 // CPU-seconds of the server per Gbit
	packets float64 // each second
	each    float64 // packets for each CPU-second of the server
}

// load is what a server gets.
type load struct {
	seconds, publishers int
	size                int // of a message, in bytes; 0: media
	chunk               int
}

// measure runs a contender on processor 0 against the generator on processor 1.
func measure(self string, c contender, l load) (result, error) {
	server := exec.Command("taskset", append([]string{"-c", "0"}, c.command...)...)
	server.Stderr = os.Stderr
	stop, err := server.StdinPipe()
	if err != nil {
		return result{}, err
	}
	out, err := server.StdoutPipe()
	if err != nil {
		return result{}, err
	}
	if err := server.Start(); err != nil {
		return result{}, err
	}
	defer server.Process.Kill()
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		return result{}, fmt.Errorf("no first line")
	}
	address, ok := strings.CutPrefix(lines.Text(), "listening on ")
	if !ok {
		return result{}, fmt.Errorf("first line %q", lines.Text())
	}
	args := []string{"-c", "1", self, "generate", "-seconds", strconv.Itoa(l.seconds), "-publishers", strconv.Itoa(l.publishers),
		"-size", strconv.Itoa(l.size), "-chunk", strconv.Itoa(l.chunk)}
	if c.raw {
		args = append(args, "-raw")
	}
	before, err := bench.CPUSeconds(server.Process.Pid)
	if err != nil {
		return result{}, err
	}
	begun := time.Now()
	generator := exec.Command("taskset", append(args, address)...)
	generator.Stderr = os.Stderr
	if err := generator.Run(); err != nil {
		return result{}, fmt.Errorf("generator: %w", err)
	}
	elapsed := time.Since(begun).Seconds()
	after, err := bench.CPUSeconds(server.Process.Pid)
	if err != nil {
		return result{}, err
	}
	stop.Close()
	if !lines.Scan() {
		return result{}, fmt.Errorf("no last line")
	}
	var bytes, packets float64
	if _, err := fmt.Sscan(lines.Text(), &bytes, &packets); err != nil {
		return result{}, fmt.Errorf("last line %q: %w", lines.Text(), err)
	}
	if c.raw && l.size > 0 {
		packets = bytes / float64(len(encoder{l.chunk}.frames(l.size)[0]))
	}
	server.Wait()
	gbit, cpu := bytes*8/1e9, after-before
	return result{gbit / elapsed, cpu / gbit, packets / elapsed, packets / cpu}, nil
}
