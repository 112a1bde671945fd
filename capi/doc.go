// Command capi is the C face of the library: built with -buildmode=c-shared it is libxrtmp.so.
//
// Layer L5. There is no protocol here. Each public function oxrtmp_x of include/oxrtmp.h is defined in a C file, which
// checks its arguments and whether the process is a forked child, and calls the one Go function oxgo_x of the Go file of
// the same name: guard against panics, look up the handle, convert in, one call into package rtmp, convert out.
//
//	library.c  library.go    version, memory limit, statistics
//	server.c   server.go     and request, session, client, metadata, flv
//	status.c   status.go     names and texts; Go errors to statuses; the last error of each thread
//	queue.c    queue.go      the queue and its descriptor
//	           held.go       what handles stand for, and the events that come from it
//	           attachment.go the tie between a handle and a queue
//	           log.go        log records as events
//	handshake.c authmod.c chunk.c amf.c message.c media.c   and .go: the parts of the protocol on the caller's buffers
//	packet.c   packet.go     packets in C memory: tokens, release, retain; conversion from and to media.Packet
//	memory.c   memory.go     the blocks that payloads live in, allocated by Go and released by either side
//	options.c                structs that begin with their size
//	guard.c aftergo.c        signals and fork
//	internal/handle          numbers for Go values
//	internal/queue           the list of what has events, and the log, without cgo
//
// The functions that need no Go (release, retain, names, version) are C alone. capi/build makes the library.
package main

func main() {}
