// Push sends an FLV file to an RTMP server, in real time.
//
//	go run ./examples/go/push clip.flv rtmp://localhost/live/test
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"oxrtmp/examples/go/internal/replay"
	"oxrtmp/rtmp"
)

var (
	fast = flag.Bool("fast", false, "send as fast as the server takes it")
	loop = flag.Bool("loop", false, "begin again at the end of the file, until interrupted")

	follow = flag.Bool("follow", false, "go on at another server when this one asks for it, as one does that is about to end")

	ca       = flag.String("ca", "", "`file` of the authorities that a rtmps server's certificate is checked by; empty: the system's")
	insecure = flag.Bool("insecure", false, "do not check it")
)

func main() {
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: push [-fast] [-loop] [-follow] [-ca FILE] [-insecure] FILE URL")
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
	options := &rtmp.ClientOptions{FollowReconnects: *follow, TLS: &rtmp.TLSOptions{CAFile: *ca, Insecure: *insecure}}
	client, err := rtmp.Publish(ctx, url, options)
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { client.Close() }) // also ends a send that waits for a server that does not read
	s := replay.Sender{Client: client, Fast: *fast}
	err = s.SendFile(ctx, file)
	for err == nil && *loop {
		if _, err = file.Seek(0, io.SeekStart); err == nil {
			err = s.SendFile(ctx, file)
		}
	}
	if ctx.Err() != nil {
		err = nil // a signal, not a fault
	}
	closed := client.Close() // sends what is queued
	fmt.Printf("sent packets=%d bytes=%d seconds=%.1f\n", s.Tags, s.Bytes, s.Seconds())
	return cmp.Or(err, closed)
}
