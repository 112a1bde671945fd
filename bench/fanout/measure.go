package main

import (
	"strconv"

	"oxrtmp/bench/internal/bench"
)

type result struct {
	cpu      float64 // CPU-seconds per Gbit delivered
	p50, p99 float64 // ms
	lost     int     // frames that the sampled players did not get
}

// measure runs a load against a contender, which says the bytes delivered, two times in ms and what was lost.
func measure(c bench.Contender, self string, seconds, players int, flags ...string) (r result, err error) {
	flags = append(flags, "-seconds", strconv.Itoa(seconds), "-players", strconv.Itoa(players))
	load, err := c.Measure(self, "", flags...)
	if err != nil {
		return r, err
	}
	var delivered float64
	if err := load.Figures(&delivered, &r.p50, &r.p99, &r.lost); err != nil {
		return r, err
	}
	r.cpu = load.CPU / (delivered * 8 / 1e9)
	return r, nil
}
