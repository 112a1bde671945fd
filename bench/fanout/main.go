// Command fanout measures what it costs to send one live stream to many players: by the hub, by nginx-rtmp from Debian,
// and by a bare relay that hands bytes on and knows nothing of RTMP. The server runs on one processor, the publisher and
// the players on the other; all in turn in one call, so that the ratios hold whatever the machine is doing.
//
//	fanout [-seconds N] [-players 50,200,500] [-build DIR]
//
// It prints CPU-seconds of the server per Gbit delivered, and how late frames arrive.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "load":
			load(os.Args[2:])
			return
		case "serve":
			serve(os.Args[2:])
			return
		}
	}
	seconds := flag.Int("seconds", 5, "length of a measurement")
	players := flag.String("players", "50,200,500", "how many")
	build := flag.String("build", "build", "where the C programs are")
	flag.Parse()
	self, err := os.Executable()
	if err != nil {
		fatal(err)
	}
	fmt.Printf("fan-out of one stream of 4 Mbit/s, 4096-byte chunks, %d s each\n", *seconds)
	fmt.Printf("%-28s %8s %14s %10s %8s %8s %8s\n", "", "players", "CPU-s/Gbit", "x nginx", "p50 ms", "p99 ms", "lost")
	for _, n := range strings.Split(*players, ",") {
		count, err := strconv.Atoi(n)
		if err != nil {
			fatal(err)
		}
		peer := 0.0
		for _, c := range []contender{
			{name: "nginx-rtmp", start: startNginx},
			{name: "bare relay (floor)", start: program(*build + "/bench/relay"), raw: true},
			{name: "hub", start: program(self, "serve")},
			{name: "hub, 50 ms coalesced", start: program(self, "serve", "-coalesce", "50ms")},
		} {
			r, err := measure(self, c, *seconds, count)
			if err != nil {
				fatal(fmt.Errorf("%s: %w", c.name, err))
			}
			if peer == 0 {
				peer = r.cpu
			}
			fmt.Printf("%-28s %8d %14.4f %10.2f %8.1f %8.1f %8d\n", c.name, count, r.cpu, r.cpu/peer, r.p50, r.p99, r.lost)
		}
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "fanout:", err)
	os.Exit(1)
}
