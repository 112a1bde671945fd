package main

import (
	"strconv"

	"oxrtmp/bench/internal/bench"
)

// measure runs a load against a contender, which says a count and two times in ms.
func measure(c bench.Contender, self, what string) (result, error) {
	load, err := c.Measure(self, what, "-seconds", strconv.Itoa(*seconds), "-idle", strconv.Itoa(*idle))
	if err != nil {
		return result{}, err
	}
	var count, mid, high float64
	if err := load.Figures(&count, &mid, &high); err != nil {
		return result{}, err
	}
	switch what {
	case "idle":
		return result{3: float64(load.FullKiB-load.EmptyKiB) / count}, nil
	case "join":
		return result{count, mid, high, load.CPU * 1000 / count}, nil
	}
	return result{count / float64(*seconds), mid, high, load.CPU * 1000 / count}, nil
}
