package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"oxrtmp/rtmp"
)

// serve is a server with a hub and nothing else.
func serve(args []string) {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	coalesce := flags.Duration("coalesce", 0, "")
	flags.Parse(args)
	hub, err := rtmp.NewHub(&rtmp.HubOptions{Coalesce: *coalesce})
	if err != nil {
		fatal(err)
	}
	server, err := rtmp.Bind("127.0.0.1:0", &rtmp.ServerOptions{Hub: hub})
	if err != nil {
		fatal(err)
	}
	fmt.Println("listening on", server.Addr())
	io.Copy(io.Discard, os.Stdin)
}
