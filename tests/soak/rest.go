package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"oxrtmp/rtmp"
)

// station is a server with its hub.
type station struct {
	server *rtmp.Server
	hub    *rtmp.Hub
}

func newStation() (*station, error) {
	hub, err := rtmp.NewHub(&rtmp.HubOptions{Takeover: rtmp.TakeoverReplace, Grace: 50 * time.Millisecond})
	if err != nil {
		return nil, err
	}
	server, err := rtmp.Bind("127.0.0.1:0", &rtmp.ServerOptions{Hub: hub, Linger: 200 * time.Millisecond,
		Limits: rtmp.Limits{Handshakes: 100000}})
	if err != nil {
		return nil, err
	}
	return &station{server, hub}, nil
}

func (s *station) url(name string) string { return "rtmp://" + s.server.Addr() + "/live/" + name }

func (s *station) close() {
	s.server.Close()
	s.hub.Close()
}

// figures are what must not grow.
type figures struct {
	heap, resident          uint64 // bytes
	goroutines, descriptors int
}

func (f figures) String() string {
	return fmt.Sprintf("heap %.1f MiB, resident %.1f MiB, %d goroutines, %d descriptors",
		float64(f.heap)/(1<<20), float64(f.resident)/(1<<20), f.goroutines, f.descriptors)
}

func measure() (f figures) {
	runtime.GC()
	runtime.GC() // what pools still hold
	debug.FreeOSMemory()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	f.heap, f.goroutines = m.HeapAlloc, runtime.NumGoroutine()
	list, _ := os.ReadDir("/proc/self/fd")
	f.descriptors = len(list)
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.ParseUint(strings.Fields(rest)[0], 10, 64)
			f.resident = kib << 10
		}
	}
	return f
}

// rest waits until everybody has left, and measures what is left.
func (c *churn) rest() (figures, error) {
	for _, s := range []*station{c.near, c.far} {
		for begun := time.Now(); s.server.Connections() > 0 || len(s.hub.Streams()) > 0; time.Sleep(5 * time.Millisecond) {
			if time.Since(begun) > 15*time.Second {
				return figures{}, fmt.Errorf("%d connections and %d streams do not end", s.server.Connections(), len(s.hub.Streams()))
			}
		}
	}
	time.Sleep(50 * time.Millisecond) // goroutines end
	return measure(), nil
}

// Growth that is no leak: memory is held in pieces, and maps keep their room.
const (
	heapSlack     = 1 << 20
	residentSlack = 8 << 20
)

// run lets the churn go on for so long, in stretches, and compares what is left after each with what was left after the
// first ones, by when everything has been used.
func run(length time.Duration, report func(format string, a ...any)) error {
	var c churn
	var err error
	if c.near, err = newStation(); err != nil {
		return err
	}
	defer c.near.close()
	if c.far, err = newStation(); err != nil {
		return err
	}
	defer c.far.close()
	const stretches = 12
	var settled figures
	for i := range stretches {
		var before [workers]uint64
		for kind := range before {
			before[kind] = c.done[kind].Load()
		}
		c.goOn(uint64(i), length/stretches)
		now, err := c.rest()
		if err != nil {
			return err
		}
		report("%2d of %d: %v; %s", i+1, stretches, now, c.counts())
		if err := c.faults.err(); err != nil {
			return err
		}
		for kind := range c.done {
			if c.done[kind].Load() == before[kind] {
				return fmt.Errorf("no %s any more", names[kind])
			}
		}
		switch {
		case i < stretches/4: // warming up
			settled = figures{max(settled.heap, now.heap), max(settled.resident, now.resident), max(settled.goroutines, now.goroutines), max(settled.descriptors, now.descriptors)}
		case now.heap > settled.heap+heapSlack, now.resident > settled.resident+residentSlack,
			now.goroutines > settled.goroutines, now.descriptors > settled.descriptors:
			return fmt.Errorf("grown: settled at %v; after %v of %v: %v", settled, i+1, stretches, now)
		}
	}
	if c.frames.Load() == 0 {
		return fmt.Errorf("no player got a frame")
	}
	return nil
}

func (c *churn) counts() string {
	parts := make([]string, 0, workers+1)
	for kind := range c.done {
		parts = append(parts, fmt.Sprintf("%d %s", c.done[kind].Load(), names[kind]))
	}
	return strings.Join(append(parts, fmt.Sprintf("%d frames checked", c.frames.Load())), ", ")
}
