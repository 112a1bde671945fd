// Push sends an FLV file to an RTMP server, in real time.
//
//	go run ./examples/go/push clip.flv rtmp://localhost/live/test
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/media"
)

var (
	fast = flag.Bool("fast", false, "send as fast as the server takes it")
	loop = flag.Bool("loop", false, "begin again at the end of the file, until interrupted")
)

func main() {
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: push [-fast] [-loop] FILE URL")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := push(ctx, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "push:", err) // names the phase, and the server's code and description
		os.Exit(1)
	}
}

// push publishes the file and prints what was sent. A signal ends it early, but in order.
func push(ctx context.Context, path, url string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	client, err := rtmp.Publish(ctx, url, nil)
	if err != nil {
		return err
	}
	s := sender{client: client, started: time.Now()}
	err = s.sendFile(ctx, file)
	for err == nil && *loop {
		if _, err = file.Seek(0, io.SeekStart); err == nil {
			s.shift += s.last - s.first + 40 // the next pass begins one frame after the last tag
			err = s.sendFile(ctx, file)
		}
	}
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	closed := client.Close() // sends what is queued
	fmt.Printf("sent packets=%d bytes=%d seconds=%.1f\n", s.tags, s.bytes, time.Since(s.started).Seconds())
	return cmp.Or(err, closed)
}

// sender sends the tags of a file, once or several times in sequence.
type sender struct {
	client  *rtmp.Client
	started time.Time

	first, last uint32 // timestamps of the file's first and latest tag, in ms
	shift       uint32 // what is added to them in this pass through the file
	clock       media.Unwrapper
	packets     []media.Packet

	tags  int
	bytes int64
}

// sendFile sends all tags of the file, each when it is due.
func (s *sender) sendFile(ctx context.Context, file io.Reader) error {
	reader := flv.NewTagReader(file)
	for ctx.Err() == nil {
		tag, err := reader.ReadTag()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if tag.Encrypted {
			continue // RTMP has no word for it
		}
		if s.tags == 0 {
			s.first = tag.Timestamp
		}
		s.last = tag.Timestamp
		if err := s.wait(ctx, tag.Timestamp-s.first+s.shift); err != nil {
			return err
		}
		s.packets = media.AppendPackets(s.packets[:0], tag.Type, tag.Timestamp+s.shift, tag.Data)
		if _, err := s.client.SendPackets(s.packets); err != nil {
			return err
		}
		s.tags++
		s.bytes += int64(len(tag.Data))
	}
	return ctx.Err()
}

// wait waits until so many milliseconds, modulo 2^32, have passed since the start.
func (s *sender) wait(ctx context.Context, ms uint32) error {
	if *fast {
		return nil
	}
	due := s.started.Add(time.Duration(s.clock.Unwrap(ms)) * time.Millisecond)
	select {
	case <-time.After(time.Until(due)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
