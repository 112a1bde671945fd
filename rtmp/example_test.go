package rtmp_test

import (
	"fmt"
	"log"

	"oxrtmp/rtmp"
)

// A server with TLS beside one without, for publishers and players; what is published as live/show goes on to another
// server too, and what that has as live/news can be played here.
func ExampleHub_Push() {
	hub, err := rtmp.NewHub(nil)
	if err != nil {
		log.Fatal(err)
	}
	defer hub.Close()
	server, err := rtmp.Bind("localhost:1935", &rtmp.ServerOptions{
		Hub: hub,
		TLS: &rtmp.TLSOptions{CertificateFile: "cert.pem", KeyFile: "key.pem"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	if err := server.Listen("rtmps://:443"); err != nil {
		log.Fatal(err)
	}
	push, err := hub.Push("live", "show", "rtmps://other.example/live/key", nil)
	if err != nil {
		log.Fatal(err)
	}
	if _, err := hub.Pull("live", "news", "rtmps://other.example/live/news", &rtmp.RelayOptions{OnDemand: true}); err != nil {
		log.Fatal(err)
	}
	for {
		event, err := push.NextEvent(-1)
		if err != nil {
			break
		}
		fmt.Println(event.State, event.Err)
	}
}
