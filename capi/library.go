package main

// #include "bridge.h"
import "C"

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

// What the environment said when the library was loaded: what oxgo_runtime_configure goes back to.
var (
	firstProcessors = runtime.GOMAXPROCS(0)
	firstHeapLimit  = debug.SetMemoryLimit(-1)
)

//export oxgo_memory_limit
func oxgo_memory_limit(bytes C.uint64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	switch {
	case bytes == 0:
		blocks.limit.Store(defaultMemoryLimit)
	case bytes > math.MaxInt64:
		blocks.limit.Store(math.MaxInt64)
	default:
		blocks.limit.Store(int64(bytes))
	}
	return C.OXRTMP_OK
}

//export oxgo_runtime_configure
func oxgo_runtime_configure(options *C.oxrtmp_runtime_options) (status C.oxrtmp_status) {
	defer guard(&status)
	switch {
	case options.processors > 0:
		runtime.GOMAXPROCS(int(options.processors))
	case os.Getenv("GOMAXPROCS") != "":
		runtime.GOMAXPROCS(firstProcessors)
	default:
		runtime.SetDefaultGOMAXPROCS() // and it follows the control group again
	}
	limit := firstHeapLimit
	if options.heap_bytes > 0 {
		limit = int64(min(options.heap_bytes, math.MaxInt64))
	}
	debug.SetMemoryLimit(limit)
	return C.OXRTMP_OK
}

//export oxgo_library_statistics
func oxgo_library_statistics(info *C.oxrtmp_library_info) (status C.oxrtmp_status) {
	defer guard(&status)
	heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(heap)
	info.handles = C.uint32_t(liveHandles())
	info.payload_bytes = C.uint64_t(blocks.inUse.Load())
	info.heap_bytes = C.uint64_t(heap[0].Value.Uint64())
	info.goroutines = C.uint32_t(runtime.NumGoroutine())
	info.faults = C.uint32_t(faults.Load())
	info.processors = C.uint32_t(runtime.GOMAXPROCS(0))
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		info.heap_limit = C.uint64_t(limit)
	}
	return C.OXRTMP_OK
}
