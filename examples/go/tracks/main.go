// Tracks publishes several audio and video tracks as one stream, and writes the tracks one wants of such a stream to an
// FLV file that any player knows (Enhanced RTMP v2, "Multitrack").
//
//	go run ./examples/go/tracks camera-1.flv camera-2.flv rtmp://localhost/live/test     publishes
//	go run ./examples/go/tracks -video 1 -audio none rtmp://localhost/live/test out.flv  plays and selects
//	go run ./examples/go/tracks -video 1 -listen localhost:1935 out.flv                  waits for a publisher, and selects
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/codec"
	"oxrtmp/rtmp/media"
)

var (
	fast    = flag.Bool("fast", false, "publish as fast as the server takes it")
	listen  = flag.String("listen", "", "select from the first publisher that comes to `address`")
	seconds = flag.Float64("seconds", 0, "select so many `seconds` of the stream; 0: all of it")

	ca       = flag.String("ca", "", "`file` of the authorities that a rtmps server's certificate is checked by; empty: the system's")
	insecure = flag.Bool("insecure", false, "do not check it")

	video = choice("video", "select the video track of this `number`, or none")
	audio = choice("audio", "select the audio track of this `number`, or none")
)

const none = -1

// choice defines a flag that is a track's number or "none"; its default is track 0.
func choice(name, usage string) *int {
	value := new(int)
	flag.Func(name, usage, func(word string) error {
		if word == "none" {
			*value = none
			return nil
		}
		n, err := strconv.ParseUint(word, 10, 8)
		*value = int(n)
		return err
	})
	return value
}

func main() {
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: tracks [-fast] [-ca FILE] [-insecure] FILE... URL")
		fmt.Fprintln(os.Stderr, "       tracks [-video N|none] [-audio N|none] [-seconds SECONDS] [-ca FILE] [-insecure] URL FILE")
		fmt.Fprintln(os.Stderr, "       tracks [-video N|none] [-audio N|none] [-seconds SECONDS] -listen ADDRESS FILE")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "tracks:", err) // names the phase, and the server's code and description
		os.Exit(1)
	}
}

// run does what the arguments say: which of them is a URL tells whether to publish or to play.
func run(ctx context.Context, args []string) error {
	last := len(args) - 1
	switch {
	case *listen != "" && last == 0:
		return selectPublished(ctx, *listen, args[0])
	case *listen == "" && last == 1 && isURL(args[0]):
		return selectPlayed(ctx, args[0], args[1])
	case *listen == "" && last >= 1 && isURL(args[last]):
		return publish(ctx, args[:last], args[last])
	}
	flag.Usage()
	os.Exit(2)
	return nil
}

func isURL(word string) bool { return strings.Contains(word, "://") }

func clientOptions() *rtmp.ClientOptions {
	return &rtmp.ClientOptions{TLS: &rtmp.TLSOptions{CAFile: *ca, Insecure: *insecure}}
}

// trackID names a track: audio and video are numbered each for themselves.
type trackID struct {
	typ    uint8 // media.TypeAudio or TypeVideo
	number uint8
}

func (id trackID) String() string {
	if id.typ == media.TypeVideo {
		return fmt.Sprintf("video %d", id.number)
	}
	return fmt.Sprintf("audio %d", id.number)
}

// describe says what a track is made of, by its sequence header or, where it has none, by its codec: "h264 320x180".
func describe(p *media.Packet) string {
	info, err := codec.Describe(p)
	text := codec.Name(p.Codec)
	if text == "" {
		text = p.Codec.String()
	}
	switch {
	case err != nil || p.Kind != media.KindSequenceHeader:
		return text
	case info.Width > 0:
		text += fmt.Sprintf(" %dx%d", info.Width, info.Height)
	case info.SampleRate > 0:
		text += fmt.Sprintf(" %d Hz %d channels", info.SampleRate, info.Channels)
	}
	return text
}

// introduces reports whether a packet tells what its track is: the headers without data that some senders begin with do not.
func introduces(p *media.Packet) bool {
	return p.Codec != 0 && (p.Kind == media.KindFrame || p.Kind == media.KindSequenceHeader && len(p.Data) > 0)
}

var errNoTrack = errors.New("the stream has no such track")
