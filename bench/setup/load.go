package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"runtime/debug"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/bench/internal/bench"
)

const (
	atOnce  = 50
	joining = 100
)

// load does what is measured: see [measure].
func load(args []string) {
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	seconds := flags.Int("seconds", 5, "")
	idle := flags.Int("idle", 2000, "")
	raw := flags.Bool("raw", false, "")
	flags.Parse(args)
	what, address := flags.Arg(0), flags.Arg(1)
	debug.SetGCPercent(400) // it is not the load that is measured
	l := &loader{address: address, raw: *raw, until: time.Duration(*seconds) * time.Second}
	switch what {
	case "publish":
		l.begin()
		l.many(func(worker, n int) error { return l.once(fmt.Sprintf("bench-%d-%d", worker, n), bench.Publish) })
	case "play":
		l.feed()
		l.begin()
		l.many(func(int, int) error {
			return l.once("bench", func(c net.Conn, name string) error { _, err := bench.Play(c, name); return err })
		})
	case "join":
		l.feed()
		l.begin()
		l.join()
	case "idle":
		l.idle(*idle)
		time.Sleep(time.Second) // what is left of the beginning goes
		l.begin()
		fmt.Println(*idle, 0, 0)
		return
	}
	slices.Sort(l.times)
	n := len(l.times)
	if n == 0 {
		fatal(fmt.Errorf("nothing came through"))
	}
	high := 0.99
	if what == "join" {
		high = 0.95
	}
	fmt.Println(n, l.times[n/2], l.times[int(float64(n)*high)])
}

type loader struct {
	address string
	raw     bool // the server speaks no RTMP
	until   time.Duration

	mu    sync.Mutex
	times []float64 // ms
	kept  []net.Conn
}

// begin says that the load is ready and waits for the word.
func (l *loader) begin() {
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
}

func (l *loader) took(d time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times = append(l.times, float64(d.Microseconds())/1000)
}

// many runs f again and again, so many at once, until the time is over.
func (l *loader) many(f func(worker, n int) error) {
	end := time.Now().Add(l.until)
	var all sync.WaitGroup
	for worker := range atOnce {
		all.Go(func() {
			for n := 0; time.Now().Before(end); n++ {
				begun := time.Now()
				if err := f(worker, n); err != nil {
					fatal(err)
				}
				l.took(time.Since(begun))
			}
		})
	}
	all.Wait()
}

// idle lets so many publishers in, which stay.
func (l *loader) idle(count int) {
	var all sync.WaitGroup
	var next atomic.Int64
	for range atOnce {
		all.Go(func() {
			for i := next.Add(1); i <= int64(count); i = next.Add(1) {
				c, err := bench.Dial(l.address)
				if err == nil {
					err = bench.Publish(c, fmt.Sprintf("bench-%d", i))
				}
				if err != nil {
					fatal(err)
				}
				l.mu.Lock()
				l.kept = append(l.kept, c)
				l.mu.Unlock()
			}
		})
	}
	all.Wait()
}

// once connects, converses and cuts the connection, so that no port waits for its second use.
func (l *loader) once(name string, converse func(net.Conn, string) error) error {
	c, err := bench.Dial(l.address)
	if err != nil {
		return err
	}
	c.(*net.TCPConn).SetLinger(0)
	defer c.Close()
	return converse(c, name)
}

// feed publishes a stream of 4 Mbit/s, as live/bench.
func (l *loader) feed() {
	c, err := bench.Dial(l.address)
	if err != nil {
		fatal(err)
	}
	if l.raw {
		c.Write([]byte("P"))
	} else if err := bench.Publish(c, "bench"); err != nil {
		fatal(err)
	}
	go io.Copy(io.Discard, c)
	go bench.Feed(c, new(atomic.Int64))
	time.Sleep(500 * time.Millisecond)
}

// join lets players come at intervals that have nothing to do with the stream's. Their time is from the first packet of
// the connection to the first keyframe, of a bare relay to the first byte.
func (l *loader) join() {
	var all sync.WaitGroup
	for range joining {
		all.Go(func() {
			begun := time.Now()
			c, err := bench.Dial(l.address)
			if err != nil {
				fatal(err)
			}
			if err := l.first(c); err != nil {
				fatal(err)
			}
			l.took(time.Since(begun))
			io.Copy(io.Discard, c)
		})
		time.Sleep(17 * time.Millisecond)
	}
	for deadline := time.Now().Add(l.until + 10*time.Second); ; time.Sleep(10 * time.Millisecond) {
		l.mu.Lock()
		n := len(l.times)
		l.mu.Unlock()
		if n == joining {
			return
		}
		if time.Now().After(deadline) {
			fatal(fmt.Errorf("only %d players have joined", n))
		}
	}
}

// first waits for the first frame.
func (l *loader) first(c net.Conn) error {
	p := make([]byte, 65536)
	if l.raw {
		c.Write([]byte("S"))
		_, err := c.Read(p)
		return err
	}
	player, err := bench.Play(c, "bench")
	if err != nil {
		return err
	}
	for {
		packet, err := player.Next()
		if err != nil {
			return err
		}
		key := packet.Keyframe() && len(packet.Raw) == bench.FrameBytes
		packet.Release()
		if key {
			return nil
		}
	}
}
