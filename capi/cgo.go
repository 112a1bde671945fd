package main

// #cgo CFLAGS: -std=gnu11 -I${SRCDIR}/../include -fvisibility=hidden -Wall -Wextra
// #cgo LDFLAGS: -lpthread
// #include "bridge.h"
import "C"
