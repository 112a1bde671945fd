package bench

import (
	"flag"
	"fmt"
	"io"
	"os"

	"oxrtmp/rtmp"
)

// Serve is a server with a hub and nothing else. It prints its address and ends with its standard input.
func Serve(args []string) error {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	coalesce := flags.Duration("coalesce", 0, "")
	flags.Parse(args)
	hub, err := rtmp.NewHub(&rtmp.HubOptions{Coalesce: *coalesce})
	if err != nil {
		return err
	}
	server, err := rtmp.Bind("127.0.0.1:0", &rtmp.ServerOptions{Hub: hub})
	if err != nil {
		return err
	}
	fmt.Println("listening on", server.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
