// Ingest accepts RTMP publishers, checks their key, shows a live line per stream and records FLV files.
//
//	go run ./examples/go/ingest -listen localhost:1935 -key test -record /tmp
//	ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"oxrtmp/examples/go/internal/live"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
)

var (
	listen = flag.String("listen", "127.0.0.1:1935", "accept publishers on `address`")
	key    = flag.String("key", "", "the one stream `name` that may be published; empty: any")
	record = flag.String("record", "", "write every stream to an FLV file in `directory`")
	once   = flag.Bool("once", false, "end after the first stream")
	quiet  = flag.Bool("quiet", false, "no live lines")
)

func main() {
	flag.Parse()
	if err := ingest(); err != nil {
		fmt.Fprintln(os.Stderr, "ingest:", err)
		os.Exit(1)
	}
}

// ingest serves publishers until a signal comes, or with -once until the first stream has ended.
func ingest() error {
	server, err := rtmp.Bind(*listen, nil)
	if err != nil {
		return err
	}
	screen := live.NewDisplay(os.Stdout, *quiet)
	screen.Printf("listening on %s", strings.Join(server.Addrs(), ", "))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends the process
		server.Close()
	})
	go screen.Refresh(ctx)

	err = server.HandleRequests(func(request *rtmp.Request) {
		if serve(request, screen) && *once {
			stop()
		}
	})
	if errors.Is(err, rtmp.ErrClosed) {
		return nil
	}
	return err
}

// serve answers one request and receives its stream to the end. It reports whether there was one.
func serve(request *rtmp.Request, screen *live.Display) bool {
	if *key != "" && subtle.ConstantTimeCompare([]byte(request.StreamName()), []byte(*key)) == 0 {
		request.Reject("NetStream.Publish.BadName", "unauthorized")
		return false
	}
	session, err := request.Accept()
	if err != nil {
		return false // the publisher has gone
	}
	defer session.Close()

	s := live.OfSession(session)
	screen.Printf("publish %s from %s (%s)", s.Name, session.PeerAddr(), session.Connect().Encoder())
	screen.Add(s)
	path, reason := receive(session, s)
	screen.Remove(s)
	screen.Printf("end %s %s file=%s reason=%s", s.Name, s.Summary(), path, reason)
	return true
}

// receive takes packets, and records them, until the stream ends. It returns the file's path, if any, and why it ended.
func receive(session *rtmp.Session, s *live.Stream) (path, reason string) {
	var recorder *rtmp.Recorder
	if *record != "" {
		var err error
		recorder, err = rtmp.NewRecorder(&rtmp.RecorderOptions{Directory: *record, Name: session.StreamName()})
		if err != nil {
			return "", err.Error()
		}
		path = recorder.Path()
		defer func() {
			if err := recorder.Close(); err != nil {
				reason = err.Error()
			}
		}()
	}
	packets := make([]media.Packet, 64)
	for {
		n, err := session.NextPackets(packets, -1)
		for i := range packets[:n] {
			p := &packets[i]
			s.Extend(p)
			if recorder != nil && err == nil {
				err = recorder.WritePacket(p)
			}
			p.Release()
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return path, session.EndReason()
		default:
			return path, err.Error()
		}
	}
}
