// Soak lets publishers, players, takeovers, relays and hostile peers come and go on a server with a hub, for as long as it
// is told, and looks from time to time, when everybody has left, whether memory, goroutines or descriptors have grown.
//
//	go run ./tests/soak -for 30m
//
// Players check that frames come in order and whole. The exit code is 1 when something has grown, came out of order, or did
// not go on.
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	length := flag.Duration("for", 30*time.Minute, "how long")
	flag.Parse()
	if err := run(*length, func(format string, a ...any) { fmt.Printf(format+"\n", a...) }); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
	fmt.Println("soak: flat")
}
