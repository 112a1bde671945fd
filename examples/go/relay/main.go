// Relay is a live server for one stream, which it sends to other servers as well. The stream comes from a publisher, or
// with -from from another server.
//
//	go run ./examples/go/relay -listen localhost:1935 -stream live/test rtmp://a.example/live/key rtmps://b.example/live/key
//	ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/signal"
	"path"
	"strings"
	"sync"
	"syscall"
	"time"

	"oxrtmp/rtmp"
)

var (
	listen   = flag.String("listen", "127.0.0.1:1935", "serve on `addresses`, separated by commas; rtmps://host:port for TLS")
	stream   = flag.String("stream", "live/test", "the `app/name` that may be published and played")
	from     = flag.String("from", "", "play the stream from a `URL` instead of waiting for a publisher")
	onDemand = flag.Bool("on-demand", false, "only while somebody plays it here")
	idle     = flag.Int("idle-ms", 10000, "and so many `ms` longer")

	retryMin = flag.Int("retry-min-ms", 1000, "wait so many `ms` after a connection failed, and after each further one twice as long")
	retryMax = flag.Int("retry-max-ms", 30000, "up to so many `ms`")

	certificate = flag.String("tls-cert", "", "`file` of the certificate for addresses that begin with rtmps://")
	keyFile     = flag.String("tls-key", "", "`file` of its private key")
	ca          = flag.String("ca", "", "`file` of the authorities that a rtmps server's certificate is checked by; empty: the system's")
	insecure    = flag.Bool("insecure", false, "do not check it")
)

func main() {
	flag.Usage = func() {
		fmt.Fprintln(os.Stderr, "usage: relay [FLAGS] URL...")
		flag.PrintDefaults()
	}
	flag.Parse()
	if err := relay(); err != nil {
		fmt.Fprintln(os.Stderr, "relay:", err)
		os.Exit(1)
	}
}

// relay serves the stream and sends it on until a signal comes.
func relay() error {
	hub, err := rtmp.NewHub(nil)
	if err != nil {
		return err
	}
	defer hub.Close()
	server, err := serve(hub)
	if err != nil {
		return err
	}
	defer server.Close()

	var told sync.WaitGroup
	defer told.Wait()
	relays, err := connect(hub)
	for name, r := range relays {
		told.Add(1)
		go func() { defer told.Done(); tell(name, r) }()
		defer r.Close()
	}
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends the process
		server.Close()
	})
	err = server.HandleRequests(func(request *rtmp.Request) {
		if request.App()+"/"+request.StreamName() != *stream || request.Kind() == rtmp.RequestPublish && *from != "" {
			request.Reject("", "not here")
			return
		}
		hub.Accept(request)
	})
	if errors.Is(err, rtmp.ErrClosed) {
		return nil
	}
	return err
}

func serve(hub *rtmp.Hub) (*rtmp.Server, error) {
	options := &rtmp.ServerOptions{Hub: hub, AskPublish: true, AskPlay: true}
	if *certificate != "" {
		options.TLS = &rtmp.TLSOptions{CertificateFile: *certificate, KeyFile: *keyFile}
	}
	server, err := rtmp.NewServer(options)
	if err != nil {
		return nil, err
	}
	for _, address := range strings.Split(*listen, ",") {
		if err := server.Listen(address); err != nil {
			server.Close()
			return nil, err
		}
	}
	fmt.Printf("listening on %s\n", strings.Join(server.Addrs(), ", "))
	return server, nil
}

// connect begins the relays. It returns those that have begun, by what they are called, also when there is an error.
func connect(hub *rtmp.Hub) (map[string]*rtmp.Relay, error) {
	app, name := path.Split(*stream)
	app = strings.TrimSuffix(app, "/")
	options := rtmp.RelayOptions{
		RetryMin: time.Duration(*retryMin) * time.Millisecond,
		RetryMax: time.Duration(*retryMax) * time.Millisecond,
		Client:   rtmp.ClientOptions{TLS: &rtmp.TLSOptions{CAFile: *ca, Insecure: *insecure}},
	}
	relays := make(map[string]*rtmp.Relay)
	for i, url := range flag.Args() {
		r, err := hub.Push(app, name, url, &options)
		if err != nil {
			return relays, err
		}
		relays[fmt.Sprintf("push %d to %s", i+1, host(url))] = r
	}
	if *from == "" {
		return relays, nil
	}
	options.OnDemand, options.IdleAfter = *onDemand, time.Duration(*idle)*time.Millisecond
	r, err := hub.Pull(app, name, *from, &options)
	if err == nil {
		relays["pull from "+host(*from)] = r
	}
	return relays, err
}

// tell prints each state that a relay comes to, and at the end what it has done.
func tell(name string, r *rtmp.Relay) {
	for e, err := r.NextEvent(-1); err == nil; e, err = r.NextEvent(-1) {
		if e.Err != nil {
			fmt.Printf("%s: %s: %v\n", name, e.State, e.Err)
		} else {
			fmt.Printf("%s: %s\n", name, e.State)
		}
	}
	s := r.Statistics()
	fmt.Printf("%s: connections=%d retries=%d packets=%d bytes=%d dropped=%d\n",
		name, s.Connections, s.Retries, s.Stream.Packets, s.Stream.Bytes, s.Dropped)
}

// host is what of a URL may be shown: its path is a secret.
func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return "?"
	}
	return u.Scheme + "://" + u.Host
}
