// Demo starts an RTMP server on localhost, for publishers and players, publishes a sample clip to it in a loop, and shows
// a live line per stream.
//
//	make run
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"

	"oxrtmp/examples/go/internal/live"
	"oxrtmp/examples/go/internal/replay"
	"oxrtmp/examples/go/internal/station"
	"oxrtmp/rtmp"
	"oxrtmp/testdata"
)

var (
	listen = flag.String("listen", "localhost:1935", "serve on `address`")
	bare   = flag.Bool("bare", false, "no sample stream")
)

func main() {
	flag.Parse()
	if err := demo(); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// demo serves until a signal comes.
func demo() error {
	hub, err := rtmp.NewHub(nil)
	if err != nil {
		return err
	}
	defer hub.Close()
	screen := live.NewDisplay(os.Stdout, false)
	screen.Plain()
	s := station.Station{Hub: hub, Screen: screen}
	server, err := rtmp.Bind(*listen, &rtmp.ServerOptions{Hub: hub, AskPublish: true, AskPlay: true, Hooks: s.Hooks()})
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%w; another port: make run FLAGS='-listen localhost:1936'", err)
	} else if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()

	greet(screen, server)
	go screen.Refresh(ctx)

	var sample sync.WaitGroup
	if !*bare {
		sample.Go(func() { publishSample(ctx, screen, "rtmp://"+server.Addr()+"/live/demo") })
	}
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends the process
		server.Close()
	})
	err = server.HandleRequests(s.Serve)
	sample.Wait()
	if errors.Is(err, rtmp.ErrClosed) {
		err = nil
	}
	return err
}

// greet says how to publish to this server, and how to play from it.
func greet(screen *live.Display, server *rtmp.Server) {
	place := *listen
	if host, port, ok := strings.Cut(place, ":"); ok && port == "1935" {
		place = host // RTMP's own port need not be named
	}
	screen.Printf("listening on %s", strings.Join(server.Addrs(), " and "))
	screen.Printf("")
	screen.Printf("  ffmpeg   ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://%s/live/test", place)
	screen.Printf("  OBS      Settings, Stream: Service Custom, Server rtmp://%s/live, Stream Key test", place)
	if !*bare {
		screen.Printf("  ffplay   ffplay rtmp://%s/live/demo", place)
	}
	screen.Printf("")
	screen.Printf("Ctrl-C ends.")
	screen.Printf("")
}

// publishSample publishes the sample clip in a loop, through a socket like any other publisher.
func publishSample(ctx context.Context, screen *live.Display, url string) {
	client, err := rtmp.Publish(ctx, url, nil)
	if err != nil {
		screen.Printf("sample: %v", err)
		return
	}
	defer client.Close()
	context.AfterFunc(ctx, func() { client.Close() })
	sender := replay.Sender{Client: client}
	for err == nil {
		err = sender.SendFile(ctx, bytes.NewReader(testdata.SampleFLV))
	}
	if ctx.Err() == nil {
		screen.Printf("sample: %v", err)
	}
}
