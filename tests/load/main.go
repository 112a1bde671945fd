// Load publishes many streams of numbered packets, for tests of what receives them.
//
//	go run ./tests/load -streams 500 -fps 30 -kbits 1000 -seconds 10 rtmp://127.0.0.1:1935/load
//
// Stream i is published as URL/i. Its video packets are frames whose first eight bytes are the stream's number and the
// packet's, big-endian; the rest is filled with a byte that follows from both. The last line of the output says what was
// sent. The exit code is 1 when a stream could not be published or broke.
package main

import (
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp"
)

var (
	streams = flag.Int("streams", 500, "how many streams")
	fps     = flag.Int("fps", 30, "packets per second of each; 0: as fast as it goes")
	kbits   = flag.Int("kbits", 1000, "bits per second of each, in thousands")
	size    = flag.Int("size", 0, "bytes of each packet, instead of -kbits")
	seconds = flag.Float64("seconds", 10, "for how long")
	count   = flag.Int("count", 0, "packets of each, instead of -seconds")
	delay   = flag.Duration("delay", 2*time.Millisecond, "between the beginnings of two streams")
)

var packets, failures atomic.Int64

func main() {
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: load [flags] URL")
		flag.PrintDefaults()
		os.Exit(2)
	}
	if *count == 0 {
		*count = int(*seconds * float64(*fps))
	}
	if *size == 0 {
		*size = *kbits * 1000 / 8 / max(1, *fps)
	}
	*size = max(8, *size)

	begun := time.Now()
	var all sync.WaitGroup
	for i := range *streams {
		all.Go(func() {
			if err := publish(fmt.Sprintf("%s/%d", flag.Arg(0), i), uint32(i)); err != nil {
				failures.Add(1)
				fmt.Fprintf(os.Stderr, "load: stream %d: %v\n", i, err)
			}
		})
		time.Sleep(*delay)
	}
	all.Wait()
	fmt.Printf("sent streams=%d packets=%d failures=%d seconds=%.1f\n", *streams, packets.Load(), failures.Load(), time.Since(begun).Seconds())
	if failures.Load() > 0 {
		os.Exit(1)
	}
}

// publish sends one stream to its end.
func publish(url string, number uint32) error {
	client, err := rtmp.Publish(context.Background(), url, &rtmp.ClientOptions{Linger: 10 * time.Second})
	if err != nil {
		return err
	}
	payload := make([]byte, *size)
	begun := time.Now()
	for n := range uint32(*count) {
		var ms uint32
		if *fps > 0 {
			due := time.Duration(n) * time.Second / time.Duration(*fps)
			time.Sleep(time.Until(begun.Add(due)))
			ms = uint32(due / time.Millisecond)
		} else {
			ms = n
		}
		fill(payload, number, n)
		if err := client.SendVideo(ms, n%30 == 0, payload); err != nil {
			client.Close()
			return fmt.Errorf("packet %d: %w", n, err)
		}
		packets.Add(1)
	}
	return client.Close()
}

func fill(payload []byte, stream, packet uint32) {
	binary.BigEndian.PutUint32(payload, stream)
	binary.BigEndian.PutUint32(payload[4:], packet)
	rest := payload[8:]
	for i := range rest {
		rest[i] = byte(stream + packet)
	}
}
