// Command ingest measures how fast a stream can be taken in: by the Go package, through the C library, and by a bare
// TCP sink that reads the same writes and knows nothing of RTMP. All run in turn in one call, the server on one
// processor and the generator on the other, so that the ratios hold whatever the machine is doing.
//
//	ingest [-seconds N] [-rounds N] [-publishers N] [-size N] [-chunk N] [-only NAME] [-build DIR]
//	ingest -languages …
//
// It prints Gbit/s and CPU-seconds per Gbit of the server process, and both as a share of the bare sink's. With -languages it
// measures Python and Node beside C, pyrtmp and node-media-server, all of which count the packets that come; it
// prints packets too, each second and for each second of the server's processor, and how many times C's and the peer's of the
// same language that is. Their messages have one size (-size, 16384 bytes if it is not given).
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
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
	size := flag.Int("size", 0, "bytes of a video message; 0: a second of media again and again")
	chunks := flag.Int("chunk", usualChunk, "bytes of a chunk")
	languages := flag.Bool("languages", false, "measure Python and Node, beside their peers and C")
	only := flag.String("only", "", "measure the floor and what has this in its name")
	flag.Parse()

	self, err := os.Executable()
	if err != nil {
		fatal(err)
	}
	contenders := servers(self, *build)
	if *languages {
		contenders = inLanguages(*build)
		if *size == 0 {
			*size = 16384
		}
	}
	contenders = slices.DeleteFunc(contenders, func(c contender) bool { return c.name != contenders[0].name && !strings.Contains(c.name, *only) })
	results := make([][]result, len(contenders))
	for range *rounds {
		for i, c := range contenders {
			if _, err := exec.LookPath(c.command[0]); err != nil {
				fatal(fmt.Errorf("%s: %w", c.name, err))
			}
			r, err := measure(self, c, load{*seconds, *publishers, *size, *chunks})
			if err != nil {
				fatal(fmt.Errorf("%s: %w", c.name, err))
			}
			results[i] = append(results[i], r)
		}
	}
	what := "4 Mbit/s media"
	if *size > 0 {
		what = fmt.Sprintf("messages of %d bytes", *size)
	}
	fmt.Printf("ingest of %s, %d publisher(s), %d-byte chunks, medians of %d x %d s\n", what, *publishers, *chunks, *rounds, *seconds)
	if *languages {
		showLanguages(contenders, results)
	} else {
		show(contenders, results)
	}
}

func servers(self, build string) []contender {
	return []contender{
		{name: "bare sink (floor)", command: []string{build + "/bench/sink"}, raw: true},
		{name: "Go, batches", command: []string{self, "serve"}},
		{name: "Go, one by one", command: []string{self, "serve", "-batch", "1"}},
		{name: "C, batches", command: []string{build + "/bench/ingest", "64"}},
		{name: "C, one by one", command: []string{build + "/bench/ingest", "1"}},
	}
}

func inLanguages(build string) []contender {
	python, node := build+"/venv/bin/python", "node"
	return []contender{
		{name: "C, drain", command: []string{build + "/bench/ingest", "drain"}},
		{name: "C, queue", command: []string{build + "/bench/ingest", "queue"}},
		{name: "bare sink (floor)", command: []string{build + "/bench/sink"}, raw: true},
		{name: "pyrtmp", command: []string{python, "bench/python/ingest.py", "pyrtmp"}},
		{name: "Python", command: []string{python, "bench/python/ingest.py", "threads"}, peer: "pyrtmp"},
		{name: "Python, aio", command: []string{python, "bench/python/ingest.py", "aio"}, peer: "pyrtmp"},
		{name: "node-media-server", command: []string{node, "bench/node/ingest.mjs", "node-media-server"}},
		{name: "Node", command: []string{node, "bench/node/ingest.mjs", "oxrtmp"}, peer: "node-media-server"},
	}
}

func show(contenders []contender, results [][]result) {
	fmt.Printf("%-20s %10s %14s %10s %14s\n", "", "Gbit/s", "CPU-s/Gbit", "x floor", "CPU x floor")
	floor := median(results[0])
	for i, c := range contenders {
		m := median(results[i])
		fmt.Printf("%-20s %10.1f %14.4f %10.2f %14.2f\n", c.name, m.rate, m.cpu, m.rate/floor.rate, m.cpu/floor.cpu)
	}
}

func showLanguages(contenders []contender, results [][]result) {
	fmt.Printf("%-20s %10s %8s %10s %12s %10s %8s\n", "", "Gbit/s", "x C", "packets/s", "each CPU-s", "x peer", "CPU")
	c := median(results[0])
	peers := map[string]result{}
	for i, contender := range contenders {
		m := median(results[i])
		peers[contender.name] = m
		fmt.Printf("%-20s %10.2f %8.2f %10.0f %12.0f", contender.name, m.rate, m.rate/c.rate, m.packets, m.each)
		if peer, ok := peers[contender.peer]; ok {
			fmt.Printf(" %10.1f %8.1f", m.packets/peer.packets, m.each/peer.each)
		}
		fmt.Println()
	}
}

// median is made of the medians of each figure.
func median(rs []result) result {
	middle := func(figure func(result) float64) float64 {
		list := make([]float64, 0, len(rs))
		for _, r := range rs {
			list = append(list, figure(r))
		}
		slices.Sort(list)
		return list[len(list)/2]
	}
	return result{
		rate:    middle(func(r result) float64 { return r.rate }),
		cpu:     middle(func(r result) float64 { return r.cpu }),
		packets: middle(func(r result) float64 { return r.packets }),
		each:    middle(func(r result) float64 { return r.each }),
	}
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "ingest:", err)
	os.Exit(1)
}
