package main

// #cgo CFLAGS: -std=gnu11 -I${SRCDIR}/../include -fvisibility=hidden -Wall -Wextra
// #cgo LDFLAGS: -lpthread
// #include "bridge.h"
import "C"

// See aftergo.c.
func init() { C.ox_after_go() }
