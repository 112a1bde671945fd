package main

// #include "bridge.h"
import "C"

import (
	"bytes"
	"crypto/rand"
	"slices"
	"sync"
	"unsafe"

	"oxrtmp/rtmp/handshake"
)

// heldHandshake is one side of a handshake, and what it has to send that was not taken yet.
type heldHandshake struct {
	mu     sync.Mutex
	side   handshakeSide
	output []byte
}

type handshakeSide interface {
	Receive(p []byte) (n int, err error)
	AppendOutput(dst []byte) []byte
	Done() bool
	Result() handshake.Result
}

func (h *heldHandshake) receive(p []byte) (n int, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.side.Receive(p)
}

// takeOutput moves as much output to p as fits there.
func (h *heldHandshake) takeOutput(p []byte) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.output = h.side.AppendOutput(h.output)
	n := copy(p, h.output)
	h.output = slices.Delete(h.output, 0, n)
	return n
}

func (h *heldHandshake) close() error { return nil }

//export oxgo_handshake_create
func oxgo_handshake_create(o *C.oxrtmp_handshake_options, out *C.oxrtmp_handshake) (status C.oxrtmp_status) {
	defer guard(&status)
	config := handshake.Config{Rand: rand.Reader, Time: uint32(o.time_ms), Digest: o.digest != 0}
	if o.random != nil {
		config.Rand = bytes.NewReader(bytes.Clone(bytesAt(o.random, o.random_size)))
	}
	h := new(heldHandshake)
	if o.client != 0 {
		h.side = handshake.NewClient(config)
	} else {
		h.side = handshake.NewServer(config)
	}
	return fail(open(handshakes, h, &out.id, (*heldHandshake).close))
}

//export oxgo_handshake_receive
func oxgo_handshake_receive(h C.oxrtmp_handshake, p *C.uint8_t, n C.size_t, consumed *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(handshakes, h.id, func(h *heldHandshake) error {
		n, err := h.receive(bytesAt(p, n))
		*consumed = C.size_t(n)
		return err
	})
}

//export oxgo_handshake_output
func oxgo_handshake_output(h C.oxrtmp_handshake, buf *C.uint8_t, capacity C.size_t, size *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(handshakes, h.id, func(h *heldHandshake) error {
		*size = C.size_t(h.takeOutput(bytesAt(buf, capacity)))
		return nil
	})
}

//export oxgo_handshake_result
func oxgo_handshake_result(h C.oxrtmp_handshake, out *C.oxrtmp_handshake_info) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(handshakes, h.id, func(h *heldHandshake) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		r := h.side.Result()
		out.done, out.digest, out.peer_verified = flag(h.side.Done()), flag(r.Kind == handshake.Digest), flag(r.PeerVerified)
		out.scheme, out.peer_time_ms = C.uint32_t(r.Scheme), C.uint32_t(r.PeerTime)
		for i, b := range r.PeerVersion {
			out.peer_version[i] = C.uint8_t(b)
		}
		return nil
	})
}

//export oxgo_handshake_close
func oxgo_handshake_close(h C.oxrtmp_handshake) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(handshakes, h.id, (*heldHandshake).close)
}

//export oxgo_handshake_offsets
func oxgo_handshake_offsets(p *C.uint8_t, scheme C.uint32_t, digest, key *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	packet := (*[handshake.Size]byte)(unsafe.Pointer(p))
	*digest = C.uint32_t(handshake.DigestOffset(packet, int(scheme)))
	*key = C.uint32_t(handshake.KeyOffset(packet, int(scheme)))
	return C.OXRTMP_OK
}
