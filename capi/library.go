package main

// #include "bridge.h"
import "C"

import (
	"math"
	"runtime"
	"runtime/metrics"
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
	return C.OXRTMP_OK
}
