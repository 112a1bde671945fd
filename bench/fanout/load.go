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
	"oxrtmp/rtmp/message"
)

// sampled is how many players decode what they get, to tell how late it is; the others count bytes.
const sampled = 10

// video is the payload of a frame: a header as H.264 has it, a number, the time it was sent, and noise.
const (
	frameBytes = 16200 // 30 a second, with audio 4 Mbit/s
	numberAt   = 5
	sentAt     = 13
)

// load publishes one stream and plays it many times. It says "ready" once everybody plays, and after a line on its
// standard input measures.
func load(args []string) {
	flags := flag.NewFlagSet("load", flag.ExitOnError)
	seconds := flags.Int("seconds", 5, "")
	players := flags.Int("players", 50, "")
	raw := flags.Bool("raw", false, "")
	flags.Parse(args)
	address := flags.Arg(0)

	publisher, err := bench.Dial(address)
	if err != nil {
		fatal(err)
	}
	if *raw {
		publisher.Write([]byte("P"))
	} else if err := bench.Publish(publisher); err != nil {
		fatal(err)
	}
	go io.Copy(io.Discard, publisher)
	var number atomic.Int64
	go publish(publisher, &number)
	time.Sleep(200 * time.Millisecond)

	var delivered atomic.Int64
	var measuring atomic.Bool
	samples := make([]sample, min(sampled, *players))
	for i := range *players {
		c, err := bench.Dial(address)
		if err != nil {
			fatal(err)
		}
		var rest []byte
		if *raw {
			c.Write([]byte("S"))
		} else if rest, err = bench.Play(c); err != nil {
			fatal(err)
		}
		if i < len(samples) {
			go samples[i].run(c, rest, &delivered, &measuring)
		} else {
			go count(c, &delivered)
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

// publish sends 30 frames a second, with audio, each message a write of its own.
func publish(c net.Conn, number *atomic.Int64) {
	frame, audio := make([]byte, frameBytes), make([]byte, 340)
	audio[0], audio[1] = 0xAF, 1
	begun := time.Now()
	for n := int64(0); ; n++ {
		time.Sleep(time.Until(begun.Add(time.Duration(n) * time.Second / 30)))
		frame[0], frame[1] = 0x27, 1
		if n%60 == 0 {
			frame[0] = 0x17
		}
		binary.BigEndian.PutUint64(frame[numberAt:], uint64(n))
		binary.BigEndian.PutUint64(frame[sentAt:], uint64(time.Now().UnixNano()))
		for _, m := range []struct {
			csid    uint32
			typeID  uint8
			payload []byte
		}{{6, message.TypeVideo, frame}, {4, message.TypeAudio, audio}} {
			h := chunk.Header{ChunkStreamID: m.csid, Timestamp: uint32(n * 1000 / 30), TypeID: m.typeID, StreamID: 1}
			if _, err := c.Write(chunk.AppendBody(chunk.AppendHeader(nil, h, len(m.payload)), h, m.payload, 4096)); err != nil {
				return
			}
		}
		number.Add(1)
	}
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

func (s *sample) run(c net.Conn, rest []byte, delivered *atomic.Int64, measuring *atomic.Bool) {
	d := chunk.NewDecoder(buffer.Heap, chunk.Limits{})
	d.SetChunkSize(4096)
	p := make([]byte, 65536)
	for {
		for len(rest) > 0 {
			m, n, ok, err := d.Next(rest)
			if err != nil {
				fatal(err)
			}
			if rest = rest[n:]; ok {
				if b := m.Payload.Bytes(); m.TypeID == message.TypeVideo && len(b) == frameBytes && measuring.Load() {
					sent := time.Unix(0, int64(binary.BigEndian.Uint64(b[sentAt:])))
					s.mu.Lock()
					s.late = append(s.late, float64(time.Since(sent).Microseconds())/1000)
					s.mu.Unlock()
				}
				m.Payload.Release()
			}
		}
		n, err := c.Read(p)
		if err != nil {
			return
		}
		delivered.Add(int64(n))
		rest = p[:n]
	}
}
