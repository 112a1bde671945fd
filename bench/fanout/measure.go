package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"oxrtmp/bench/internal/bench"
)

type contender struct {
	name  string
	start func() (*server, error)
	raw   bool // it speaks no RTMP
}

// server is a running contender.
type server struct {
	address string
	pid     int // of the process whose time counts
	stop    func()
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
	defer s.stop()
	args := []string{"-c", "1", self, "load", "-seconds", strconv.Itoa(seconds), "-players", strconv.Itoa(players)}
	if c.raw {
		args = append(args, "-raw")
	}
	load := exec.Command("taskset", append(args, s.address)...)
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
	before, err := bench.CPUSeconds(s.pid)
	if err != nil {
		return result{}, err
	}
	io.WriteString(control, "go\n")
	if !lines.Scan() {
		return result{}, fmt.Errorf("no result")
	}
	after, err := bench.CPUSeconds(s.pid)
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

// program starts a contender that prints its address and ends with its standard input.
func program(command ...string) func() (*server, error) {
	return func() (*server, error) {
		p := exec.Command("taskset", append([]string{"-c", "0"}, command...)...)
		p.Stderr = os.Stderr
		in, err := p.StdinPipe()
		if err != nil {
			return nil, err
		}
		out, err := p.StdoutPipe()
		if err != nil {
			return nil, err
		}
		if err := p.Start(); err != nil {
			return nil, err
		}
		stop := func() { in.Close(); p.Process.Kill(); p.Wait() }
		lines := bufio.NewScanner(out)
		lines.Scan()
		address, ok := strings.CutPrefix(lines.Text(), "listening on ")
		if !ok {
			stop()
			return nil, fmt.Errorf("first line %q", lines.Text())
		}
		return &server{address, p.Process.Pid, stop}, nil
	}
}

// startNginx starts Debian's nginx with its RTMP module, one worker, in a directory of its own.
func startNginx() (*server, error) {
	dir, err := os.MkdirTemp("", "fanout")
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String()
	l.Close()
	module, err := filepath.Glob("/usr/lib/nginx/modules/ngx_rtmp_module.so")
	if err != nil || len(module) == 0 {
		return nil, fmt.Errorf("nginx's RTMP module is missing (Debian: libnginx-mod-rtmp)")
	}
	config := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf("load_module %s;\ndaemon off;\nmaster_process off;\npid %s/pid;\nerror_log %s/error.log;\n"+
		"events { worker_connections 4096; }\nrtmp { access_log off; server { listen %s; chunk_size 4096; application live { live on; } } }\n",
		module[0], dir, dir, address)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	var said bytes.Buffer
	p := exec.Command("taskset", "-c", "0", "nginx", "-p", dir, "-e", dir+"/error.log", "-c", config)
	p.Stderr = &said
	if err := p.Start(); err != nil {
		return nil, err
	}
	s := &server{address, p.Process.Pid, func() { p.Process.Kill(); p.Wait(); os.RemoveAll(dir) }}
	for range 100 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return s, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.stop()
	return nil, fmt.Errorf("nginx does not listen: %s", said.String())
}
