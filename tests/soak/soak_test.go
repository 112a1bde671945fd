package main

import (
	"testing"
	"time"
)

// C6, C17: 20 seconds of what `make soak` does for 30 minutes.
func TestSoak(t *testing.T) {
	if err := run(20*time.Second, t.Logf); err != nil {
		t.Fatal(err)
	}
}
