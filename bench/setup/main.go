// Command setup measures what it costs to begin: how many publishers and players a server lets in per second when 50 come
// at once, how soon one of a hundred players that join a stream has its first frame, and what a publisher costs that
// sends nothing. By the hub, by nginx-rtmp from Debian and, for joining, by a bare relay that hands bytes on. The server
// runs on one processor, everybody else on the other; all in turn in one call.
//
//	setup [-seconds N] [-rounds N] [-idle N] [-only WHAT] [-build DIR]
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"

	"oxrtmp/bench/internal/bench"
)

var (
	seconds = flag.Int("seconds", 5, "length of a measurement")
	rounds  = flag.Int("rounds", 3, "how often each is measured; the medians count")
	idle    = flag.Int("idle", 2000, "publishers that send nothing")
	only    = flag.String("only", "", "publish, play, join or idle; empty: all of them")
	build   = flag.String("build", "build", "where the C programs are")
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
	flag.Parse()
	self, err := os.Executable()
	if err != nil {
		fatal(err)
	}
	nginx := bench.Contender{Name: "nginx-rtmp", Start: bench.StartNginx}
	hub := bench.Contender{Name: "hub", Start: bench.Program(self, "serve")}
	relay := bench.Contender{Name: "bare relay (floor)", Start: bench.Program(*build + "/bench/relay"), Raw: true}

	fmt.Printf("setting up, medians of %d x %d s\n", *rounds, *seconds)
	for _, t := range []struct {
		what, title string
		columns     []string
		contenders  []bench.Contender
	}{
		{"publish", "connect+publish, 50 at once", []string{"/s", "p50 ms", "p99 ms", "CPU-ms"}, []bench.Contender{nginx, hub}},
		{"play", "connect+play, 50 at once", []string{"/s", "p50 ms", "p99 ms", "CPU-ms"}, []bench.Contender{nginx, hub}},
		{"join", "100 players join one stream", []string{"joins", "p50 ms", "p95 ms", "CPU-ms"}, []bench.Contender{relay, nginx, hub}},
		{"idle", fmt.Sprintf("%d idle publishers", *idle), []string{"", "", "", "KiB each"}, []bench.Contender{nginx, hub}},
	} {
		if *only == "" || *only == t.what {
			row(t.title, t.columns...)
			table(self, t.what, t.contenders...)
		}
	}
}

// row prints the head of a table whose last column tells how the first and last figures compare with the first row's.
func row(title string, columns ...string) {
	fmt.Printf("%-28s", title)
	for _, c := range columns {
		fmt.Printf(" %10s", c)
	}
	fmt.Printf("   x the first row\n")
}

func table(self, what string, contenders ...bench.Contender) {
	results := make([][]result, len(contenders))
	for range *rounds {
		for i, c := range contenders {
			r, err := measure(c, self, what)
			if err != nil {
				fatal(fmt.Errorf("%s: %s: %w", what, c.Name, err))
			}
			results[i] = append(results[i], r)
		}
	}
	first := median(results[0])
	for i, c := range contenders {
		r := median(results[i])
		fmt.Printf("%-28s", c.Name)
		for _, figure := range r {
			fmt.Printf(" %10.2f", figure)
		}
		fmt.Printf("  ")
		for j, figure := range r {
			if first[j] > 0 {
				fmt.Printf(" %6.2f", figure/first[j])
			}
		}
		fmt.Println()
	}
	fmt.Println()
}

// result is the four figures of a row.
type result [4]float64

func median(rs []result) result {
	var m result
	for i := range m {
		list := make([]float64, 0, len(rs))
		for _, r := range rs {
			list = append(list, r[i])
		}
		slices.Sort(list)
		m[i] = list[len(list)/2]
	}
	return m
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "setup:", err)
	os.Exit(1)
}
