package handshake_test

import (
	"crypto/rand"
	"fmt"

	"oxrtmp/rtmp/handshake"
)

// The two sides of a connection, with the network between them left out.
func Example() {
	client := handshake.NewClient(handshake.Config{Rand: rand.Reader})
	server := handshake.NewServer(handshake.Config{Rand: rand.Reader})

	server.Receive(client.AppendOutput(nil)) // C0 C1
	client.Receive(server.AppendOutput(nil)) // S0 S1 S2
	tail := append(client.AppendOutput(nil), "first chunk"...)
	n, err := server.Receive(tail) // C2, and what follows in the same segment

	fmt.Println(err, server.Done(), client.Done())
	fmt.Printf("%s, %q is for the chunk stream\n", server.Result().Kind, tail[n:])
	// Output:
	// <nil> true true
	// simple, "first chunk" is for the chunk stream
}
