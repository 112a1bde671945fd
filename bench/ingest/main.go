// Command ingest measures how fast a stream can be taken in: by the Go package, through the C library, and by a bare
// TCP sink that reads the same writes and knows nothing of RTMP. All run in turn in one call, the server on one
// processor and the generator on the other, so that the ratios hold whatever the machine is doing.
//
//	ingest [-seconds N] [-rounds N] [-publishers N] [-only NAME] [-build DIR]
//
// It prints Gbit/s and CPU-seconds per Gbit of the server process, and both as a share of the bare sink's.
package main

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "generate":
			generate(os.Args[2:])
			return
		case "serve":
			serve(os.Args[2:])
			return
		}
	}
	seconds := flag.Int("seconds", 3, "length of a measurement")
	rounds := flag.Int("rounds", 3, "how often each is measured; the median counts")
	build := flag.String("build", "build", "where the C programs are")
	publishers := flag.Int("publishers", 1, "connections at once")
	only := flag.String("only", "", "measure the floor and what has this in its name")
	flag.Parse()

	self, err := os.Executable()
	if err != nil {
		fatal(err)
	}
	contenders := []contender{
		{name: "bare sink (floor)", command: []string{*build + "/bench/sink"}, raw: true},
		{name: "Go, batches", command: []string{self, "serve"}},
		{name: "Go, one by one", command: []string{self, "serve", "-batch", "1"}},
		{name: "C, batches", command: []string{*build + "/bench/ingest", "64"}},
		{name: "C, one by one", command: []string{*build + "/bench/ingest", "1"}},
	}
	contenders = slices.DeleteFunc(contenders, func(c contender) bool { return !c.raw && !strings.Contains(c.name, *only) })
	results := make([][]result, len(contenders))
	for range *rounds {
		for i, c := range contenders {
			if _, err := os.Stat(c.command[0]); err != nil {
				fatal(fmt.Errorf("%s: %w", c.name, err))
			}
			r, err := measure(self, c, *seconds, *publishers)
			if err != nil {
				fatal(fmt.Errorf("%s: %w", c.name, err))
			}
			results[i] = append(results[i], r)
		}
	}
	fmt.Printf("ingest, %d publisher(s), 4096-byte chunks, medians of %d x %d s\n", *publishers, *rounds, *seconds)
	fmt.Printf("%-20s %10s %14s %10s %14s\n", "", "Gbit/s", "CPU-s/Gbit", "x floor", "CPU x floor")
	floor := median(results[0])
	for i, c := range contenders {
		m := median(results[i])
		fmt.Printf("%-20s %10.1f %14.4f %10.2f %14.2f\n", c.name, m.rate, m.cpu, m.rate/floor.rate, m.cpu/floor.cpu)
	}
}

func median(rs []result) result {
	rates, cpus := make([]float64, len(rs)), make([]float64, len(rs))
	for i, r := range rs {
		rates[i], cpus[i] = r.rate, r.cpu
	}
	slices.Sort(rates)
	slices.Sort(cpus)
	return result{rates[len(rs)/2], cpus[len(rs)/2]}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "ingest:", err)
	os.Exit(1)
}
