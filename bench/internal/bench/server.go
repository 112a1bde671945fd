package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Server is a running server that is measured.
type Server struct {
	Address string
	PID     int // of the process whose time and memory count
	Stop    func()
}

// Program starts a server of ours on processor 0: a command that prints "listening on ADDRESS" and ends with its standard
// input.
func Program(command ...string) func() (*Server, error) {
	return func() (*Server, error) {
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
		return &Server{address, p.Process.Pid, stop}, nil
	}
}

// StartNginx starts Debian's nginx with its RTMP module, one worker, in a directory of its own.
func StartNginx() (*Server, error) {
	dir, err := os.MkdirTemp("", "bench")
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
	s := &Server{address, p.Process.Pid, func() { p.Process.Kill(); p.Wait(); os.RemoveAll(dir) }}
	for range 100 {
		if c, err := net.Dial("tcp", address); err == nil {
			c.Close()
			return s, nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	s.Stop()
	return nil, fmt.Errorf("nginx does not listen: %s", said.String())
}
