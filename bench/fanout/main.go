// Command fanout measures what it costs to send one live stream to many players: by the hub, by nginx-rtmp from Debian,
// and by a bare relay that hands bytes on and knows nothing of RTMP. The server runs on one processor, the publisher and
// the players on the other; all in turn in one call, so that the ratios hold whatever the machine is doing.
//
//	fanout [-seconds N] [-rounds N] [-players 50,200,500] [-beside 500] [-build DIR]
//
// It prints CPU-seconds of the server per Gbit delivered, and how late frames arrive; then how late they arrive at the
// others when one of the players no longer reads.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"oxrtmp/bench/internal/bench"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "load":
			load(os.Args[2:])
			return
		case "serve":
			if err := bench.Serve(os.Args[2:]); err != nil {
				fatal(err)
			}
			return
		}
	}
	seconds := flag.Int("seconds", 5, "length of a measurement")
	rounds := flag.Int("rounds", 3, "how often each is measured; the medians count")
	players := flag.String("players", "50,200,500", "how many")
	beside := flag.Int("beside", 500, "players beside one that no longer reads")
	build := flag.String("build", "build", "where the C programs are")
	flag.Parse()
	self, err := os.Executable()
	if err != nil {
		fatal(err)
	}
	contenders := []bench.Contender{
		{Name: "nginx-rtmp", Start: bench.StartNginx},
		{Name: "bare relay (floor)", Start: bench.Program(*build + "/bench/relay"), Raw: true},
		{Name: "hub", Start: bench.Program(self, "serve")},
		{Name: "hub, 50 ms coalesced", Start: bench.Program(self, "serve", "-coalesce", "50ms")},
	}
	fmt.Printf("fan-out of one stream of 4 Mbit/s, 4096-byte chunks, medians of %d x %d s\n", *rounds, *seconds)
	fmt.Printf("%-28s %8s %14s %10s %8s %8s %8s\n", "", "players", "CPU-s/Gbit", "x nginx", "p50 ms", "p99 ms", "lost")
	for _, n := range strings.Split(*players, ",") {
		count, err := strconv.Atoi(n)
		if err != nil {
			fatal(err)
		}
		results := make([][]result, len(contenders))
		for range *rounds {
			for i, c := range contenders {
				r, err := measure(c, self, *seconds, count)
				if err != nil {
					fatal(fmt.Errorf("%s: %w", c.Name, err))
				}
				results[i] = append(results[i], r)
			}
		}
		peer := median(results[0])
		for i, c := range contenders {
			r := median(results[i])
			fmt.Printf("%-28s %8d %14.4f %10.2f %8.1f %8.1f %8d\n", c.Name, count, r.cpu, r.cpu/peer.cpu, r.p50, r.p99, r.lost)
		}
	}
	besideOneThatIsStuck(self, contenders[2], 2*(*seconds), *rounds, *beside)
}

// besideOneThatIsStuck measures the hub's players with and without one more that no longer reads, for long enough that
// the hub has to queue for it, and to drop.
func besideOneThatIsStuck(self string, hub bench.Contender, seconds, rounds, players int) {
	var without, with []result
	for range rounds {
		for _, m := range []struct {
			stuck string
			into  *[]result
		}{{"0", &without}, {"1", &with}} {
			r, err := measure(hub, self, seconds, players, "-stuck", m.stuck)
			if err != nil {
				fatal(err)
			}
			*m.into = append(*m.into, r)
		}
	}
	a, b := median(without), median(with)
	fmt.Printf("\n%d players beside one that no longer reads, medians of %d x %d s\n", players, rounds, seconds)
	fmt.Printf("%-28s %8s %8s %8s\n", "", "p50 ms", "p99 ms", "lost")
	fmt.Printf("%-28s %8.1f %8.1f %8d\n", "without it", a.p50, a.p99, a.lost)
	fmt.Printf("%-28s %8.1f %8.1f %8d\n", "with it", b.p50, b.p99, b.lost)
	fmt.Printf("%-28s %8.2f %8.2f\n", "x without it", b.p50/a.p50, b.p99/a.p99)
}

// median takes the median of each figure, but all that was lost.
func median(rs []result) result {
	var cpu, p50, p99 []float64
	lost := 0
	for _, r := range rs {
		cpu, p50, p99, lost = append(cpu, r.cpu), append(p50, r.p50), append(p99, r.p99), lost+r.lost
	}
	for _, list := range [][]float64{cpu, p50, p99} {
		slices.Sort(list)
	}
	return result{cpu[len(cpu)/2], p50[len(p50)/2], p99[len(p99)/2], lost}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "fanout:", err)
	os.Exit(1)
}
