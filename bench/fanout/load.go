package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/bench/internal/bench"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// sampled is how many players decode what they get, to tell how late it is; the others count bytes.
const sampled = 10

// load publishes one stream and plays it many times. It says "ready" once everybody plays, and after a line on its
// standard input measures.
func load(args []string) {
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	seconds := flags.Int("seconds", 5, "")
	players := flags.Int("players", 50, "")
	raw := flags.Bool("raw", false, "")
	stuck := flags.Int("stuck", 0, "")
	flags.Parse(args)
	address := flags.Arg(0)

	publisher, err := bench.Dial(address)
	if err != nil {
		fatal(err)
	}
	if *raw {
		publisher.Write([]byte("P"))
	} else if err := bench.Publish(publisher, "bench"); err != nil {
		fatal(err)
	}
	go io.Copy(io.Discard, publisher)
	var number atomic.Int64
	go bench.Feed(publisher, &number)
	time.Sleep(200 * time.Millisecond)

	var delivered atomic.Int64
	var measuring atomic.Bool
	samples := make([]sample, min(sampled, *players))
	for i := range *players {
		c, err := bench.Dial(address)
		if err != nil {
			fatal(err)
		}
		if *raw {
			c.Write([]byte("S"))
			if i < len(samples) {
				go samples[i].read(c, &delivered, &measuring)
			} else {
				go count(c, &delivered)
			}
			continue
		}
		player, err := bench.Play(c, "bench")
		if err != nil {
			fatal(err)
		}
		if i < len(samples) {
			go samples[i].play(player, &delivered, &measuring)
		} else {
			go count(c, &delivered)
		}
	}
	for range *stuck {
		if err := stopReading(address); err != nil {
			fatal(err)
		}
	}
	time.Sleep(500 * time.Millisecond)
	fmt.Println("ready")
	bufio.NewScanner(os.Stdin).Scan()
	delivered.Store(0)
	measuring.Store(true)
	first := number.Load()
	time.Sleep(time.Duration(*seconds) * time.Second)
	measuring.Store(false)
	total := delivered.Load()
	sent := int(number.Load() - first)
	var late []float64
	lost := 0
	for i := range samples {
		s := &samples[i]
		s.mu.Lock()
		late = append(late, s.late...)
		lost += max(0, sent-len(s.late)-5) // a few are on their way at either end
		s.mu.Unlock()
	}
	slices.Sort(late)
	if len(late) == 0 {
		fatal(fmt.Errorf("no frame arrived"))
	}
	fmt.Println(total, late[len(late)/2], late[len(late)*99/100], lost)
}

// unread are the connections of players that no longer read, which would be closed if they were collected.
var unread []net.Conn

// stopReading plays and, once its play was answered, reads no more, with little room for what comes all the same.
func stopReading(address string) error {
	c, err := bench.Dial(address)
	if err != nil {
		return err
	}
	unread = append(unread, c)
	c.(*net.TCPConn).SetReadBuffer(4096)
	_, err = bench.Play(c, "bench")
	return err
}

func count(c net.Conn, delivered *atomic.Int64) {
	p := make([]byte, 65536)
	for {
		n, err := c.Read(p)
		if err != nil {
			return
		}
		delivered.Add(int64(n))
	}
}

// sample is a player that decodes.
type sample struct {
	mu   sync.Mutex
	late []float64 // ms, of each frame while measuring
}

// note takes a video frame in.
func (s *sample) note(frame []byte) {
	sent := time.Unix(0, int64(binary.BigEndian.Uint64(frame[bench.SentAt:])))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.late = append(s.late, float64(time.Since(sent).Microseconds())/1000)
}

func (s *sample) play(p *bench.Peer, delivered *atomic.Int64, measuring *atomic.Bool) {
	for seen := p.Received.Load(); ; {
		packet, err := p.Next()
		if err != nil {
			return
		}
		if packet.Type == media.TypeVideo && len(packet.Raw) == bench.FrameBytes && measuring.Load() {
			s.note(packet.Raw)
		}
		packet.Release()
		now := p.Received.Load()
		delivered.Add(now - seen)
		seen = now
	}
}

// read is play without a conversation before it.
func (s *sample) read(c net.Conn, delivered *atomic.Int64, measuring *atomic.Bool) {
	d := chunk.NewDecoder(buffer.Heap, chunk.Limits{})
	d.SetChunkSize(4096)
	p := make([]byte, 65536)
	for {
		n, err := c.Read(p)
		if err != nil {
			return
		}
		delivered.Add(int64(n))
		for rest := p[:n]; len(rest) > 0; {
			m, k, ok, err := d.Next(rest)
			if err != nil {
				fatal(err)
			}
			if rest = rest[k:]; ok {
				if b := m.Payload.Bytes(); m.TypeID == message.TypeVideo && len(b) == bench.FrameBytes && measuring.Load() {
					s.note(b)
				}
				m.Payload.Release()
			}
		}
	}
}
