// Another Go library, for a process that has ours too: see late.c.
package main

import "C"

//export other_sum
func other_sum(n C.int) C.int {
	sums := make(chan C.int)
	for i := C.int(1); i <= n; i++ {
		go func() { sums <- i }()
	}
	total := C.int(0)
	for range n {
		total += <-sums
	}
	return total
}

func main() {}
