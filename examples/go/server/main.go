// Server is a live server: what publishers send goes to everybody who plays it. It shows a line per stream, and records
// FLV files if it is told to.
//
//	go run ./examples/go/server -listen localhost:1935 -record /tmp
//	ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
//	ffplay rtmp://localhost/live/test
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"oxrtmp/examples/go/internal/live"
	"oxrtmp/examples/go/internal/station"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/hub"
)

var (
	listen = flag.String("listen", "127.0.0.1:1935", "serve on `addresses`, separated by commas; rtmps://host:port for TLS")
	key    = flag.String("key", "", "the one stream `name` that may be published; empty: any")
	record = flag.String("record", "", "write every stream to an FLV file in `directory`")
	quiet  = flag.Bool("quiet", false, "no live lines")
	check  = flag.String("check", "", "only ask whether a server answers at `URL`, as rtmp://127.0.0.1/live/any, and end")

	certificate = flag.String("tls-cert", "", "`file` of the certificate for addresses that begin with rtmps://; SIGHUP reads it again")
	keyFile     = flag.String("tls-key", "", "`file` of its private key")

	cache    = choice("cache", "what late players get: `gop`, keyframe or off", "gop", "keyframe", "off")
	slow     = choice("slow", "what happens to slow players: `drop` video, disconnect or block", "drop", "disconnect", "block")
	codecs   = choice("codecs", "players that have not said that they decode a stream: `pass`, refuse, or filter: get what they decode", "pass", "refuse", "filter")
	takeover = choice("takeover", "a second publisher of a name: `reject`, replace, or silent: replace a silent one", "reject", "replace", "silent")
	grace    = flag.Int("grace-ms", 10000, "players stay for so many `ms` when their publisher has gone; 0: not at all")
	coalesce = flag.Int("coalesce-ms", 0, "hold packets back for so many `ms`, to send several at once")
	wait     = flag.Bool("wait", false, "players may wait for a publisher")

	connections = flag.Int("connections", 10000, "serve so `many` connections at most")
	perAddress  = flag.Int("connections-per-address", 5000, "and so `many` from one address")
	drain       = flag.String("drain", "", "when a signal ends it, ask everybody to go on at `URL`, as rtmp://b.example/live, and wait 10 s for them")

	idle = flag.Int("idle-ms", 60000, "end those that are silent for so many `ms`, and take nothing")

	events    = flag.Bool("events", false, "show everything that happens")
	users     = flag.String("users", "", "who may connect, as `name:password,...`; empty: everybody")
	login     = choice("login", "how they log in: `adobe` or llnw", "adobe", "llnw")
	proxyFrom = flag.String("proxy-from", "", "`networks` of load balancers with PROXY protocol, as 10.0.0.0/8,192.0.2.1/32")
)

// choice defines a flag that is one of several words; its value is the word's index.
func choice(name, usage string, words ...string) *int {
	value := new(int)
	flag.Func(name, usage, func(word string) error {
		for i := range words {
			if words[i] == word {
				*value = i
				return nil
			}
		}
		return fmt.Errorf("none of %s", strings.Join(words, ", "))
	})
	return value
}

func main() {
	flag.Parse()
	run := serve
	if *check != "" {
		run = answers
	}
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// serve serves publishers and players until a signal comes.
func serve() error {
	h, err := rtmp.NewHub(hubOptions())
	if err != nil {
		return err
	}
	defer h.Close()
	screen := live.NewDisplay(os.Stdout, *quiet)
	s := station.Station{Hub: h, Screen: screen, Key: *key, Record: *record}
	options := &rtmp.ServerOptions{
		Hub: h, AskPublish: true, AskPlay: true, Hooks: s.Hooks(),
		Limits:   rtmp.Limits{Connections: *connections, ConnectionsPerAddress: *perAddress},
		Timeouts: rtmp.Timeouts{Idle: time.Duration(*idle) * time.Millisecond},
	}
	if *events {
		options.Events = rtmp.AllEvents &^ rtmp.ServerStats.Mask()
	}
	if err := identify(options); err != nil {
		return err
	}
	if *certificate != "" {
		options.TLS = &rtmp.TLSOptions{CertificateFile: *certificate, KeyFile: *keyFile}
	}
	server, err := rtmp.NewServer(options)
	if err != nil {
		return err
	}
	defer server.Close()
	for _, address := range strings.Split(*listen, ",") {
		if err := server.Listen(address); err != nil {
			return err
		}
	}
	screen.Printf("listening on %s", strings.Join(server.Addrs(), ", "))
	if *events {
		go show(server, screen)
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, func() {
		stop() // a second signal ends the process
		if *drain != "" {
			leave(server, screen)
		}
		server.Close()
	})
	go screen.Refresh(ctx)
	if options.TLS != nil {
		go reload(ctx, server, options.TLS, screen)
	}

	if err = server.HandleRequests(s.Serve); errors.Is(err, rtmp.ErrClosed) {
		return nil
	}
	return err
}

// leave sends everybody who knows such requests to another server, and gives them time to go.
func leave(server *rtmp.Server, screen *live.Display) {
	screen.Printf("draining: %d asked to go to %s", server.RequestReconnect(*drain, "this server is about to end"), *drain)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	server.Shutdown(ctx) // its error says that some stayed
}

// answers tells whether a server answers at the URL of -check. A refusal is an answer.
func answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Second)
	defer cancel()
	client, err := rtmp.Play(ctx, *check, nil)
	if refused := (*rtmp.StatusError)(nil); errors.As(err, &refused) {
		return nil
	}
	if err != nil {
		return err
	}
	return client.Close()
}

// show shows everything that happens, until the server is closed.
func show(server *rtmp.Server, screen *live.Display) {
	for {
		e, err := server.NextEvent(-1)
		if err != nil {
			return
		}
		screen.Printf("event %v %d %s", e.Kind, e.Connection, live.Printable(e.App+"/"+e.StreamName))
		e.Packet.Release()
	}
}

// identify sets who may connect, and who says whom it connects for.
func identify(o *rtmp.ServerOptions) error {
	o.LoginScheme = [...]rtmp.LoginScheme{rtmp.LoginAdobe, rtmp.LoginLimelight}[*login]
	o.Users = make(map[string]string)
	for _, user := range words(*users) {
		name, password, ok := strings.Cut(user, ":")
		if !ok || name == "" {
			return fmt.Errorf("-users: %q is no name:password", user)
		}
		o.Users[name] = password
	}
	for _, text := range words(*proxyFrom) {
		network, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("-proxy-from: %w", err)
		}
		o.ProxyFrom = append(o.ProxyFrom, network)
	}
	return nil
}

// words splits a list with commas.
func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' })
}

// reload reads the certificate again whenever SIGHUP comes: the next connections get it, those that are open stay.
func reload(ctx context.Context, server *rtmp.Server, options *rtmp.TLSOptions, screen *live.Display) {
	hangUp := make(chan os.Signal, 1)
	signal.Notify(hangUp, syscall.SIGHUP)
	defer signal.Stop(hangUp)
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangUp:
		}
		if err := server.SetCertificate("", options); err != nil {
			screen.Printf("the certificate stays as it is: %v", err)
		} else {
			screen.Printf("the certificate is new")
		}
	}
}

func hubOptions() *rtmp.HubOptions {
	o := &rtmp.HubOptions{
		Cache:            hub.CacheOptions{Policy: hub.CachePolicy(*cache)},
		Player:           hub.PlayerOptions{Slow: hub.SlowPolicy(*slow)},
		Codecs:           rtmp.CodecPolicy(*codecs),
		Takeover:         rtmp.Takeover(*takeover),
		Grace:            time.Duration(*grace) * time.Millisecond,
		Coalesce:         time.Duration(*coalesce) * time.Millisecond,
		WaitForPublisher: *wait,
	}
	if *grace == 0 {
		o.Grace = -1
	}
	return o
}
