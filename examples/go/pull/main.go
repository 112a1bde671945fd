// Pull plays a stream from an RTMP server and writes it to an FLV file.
//
//	go run ./examples/go/pull rtmp://localhost/live/test test.flv
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"oxrtmp/examples/go/internal/live"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
)

var (
	seconds = flag.Float64("seconds", 0, "end after so many `seconds` of the stream; 0: with the stream")
	quiet   = flag.Bool("quiet", false, "no live line")
	follow  = flag.Bool("follow", false, "go on at another server when this one asks for it, as one does that is about to end")

	ca       = flag.String("ca", "", "`file` of the authorities that a rtmps server's certificate is checked by; empty: the system's")
	insecure = flag.Bool("insecure", false, "do not check it")
)

func main() {
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: pull [-seconds SECONDS] [-quiet] [-follow] [-ca FILE] [-insecure] URL FILE")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() != 2 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := pull(ctx, flag.Arg(0), flag.Arg(1)); err != nil {
		fmt.Fprintln(os.Stderr, "pull:", err) // names the phase, and the server's code and description
		os.Exit(1)
	}
}

// pull plays and records until the stream ends, -seconds have passed or a signal comes.
func pull(ctx context.Context, url, path string) error {
	options := &rtmp.ClientOptions{FollowReconnects: *follow, TLS: &rtmp.TLSOptions{CAFile: *ca, Insecure: *insecure}}
	client, err := rtmp.Play(ctx, url, options)
	if err != nil {
		return err
	}
	defer client.Close()
	recorder, err := rtmp.NewRecorder(&rtmp.RecorderOptions{Path: path}) // beside a file that exists, not over it
	if err != nil {
		return err
	}
	screen := live.NewDisplay(os.Stdout, *quiet)
	stream := live.NewStream(name(url), client)
	screen.Printf("playing %s from %s", stream.Name, client.PeerAddr())
	screen.Add(stream)
	go screen.Refresh(ctx)

	context.AfterFunc(ctx, func() { client.Close() })
	err = receive(client, recorder, stream)
	reason := "ended"
	switch {
	case ctx.Err() != nil:
		reason, err = "interrupted", nil
	case errors.Is(err, io.EOF):
		err = nil
	case err != nil:
		reason = err.Error()
	}
	err = errors.Join(err, recorder.Close())
	screen.Remove(stream)
	screen.Printf("end %s %s file=%s reason=%s", stream.Name, stream.Summary(), recorder.Path(), reason)
	return err
}

// receive records packets until there are no more, io.EOF, or enough of them, nil.
func receive(client *rtmp.Client, recorder *rtmp.Recorder, stream *live.Stream) error {
	packets := make([]media.Packet, 64)
	enough := false
	for !enough {
		n, err := client.NextPackets(packets, -1)
		for i := range packets[:n] {
			p := &packets[i]
			stream.Extend(p)
			enough = enough || *seconds > 0 && stream.Duration() >= time.Duration(*seconds*float64(time.Second))
			if err == nil && !enough {
				err = recorder.WritePacket(p)
			}
			p.Release()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// name returns what stands behind the host in a URL, without the query.
func name(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	_, rest, _ = strings.Cut(rest, "/")
	rest, _, _ = strings.Cut(rest, "?")
	return rest
}
