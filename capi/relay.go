package main

// #include "bridge.h"
import "C"

import (
	"time"

	"oxrtmp/rtmp"
)

// heldRelay is what a relay's handle stands for.
type heldRelay struct {
	*rtmp.Relay
	attachment
}

// emit implements emitter.
func (h *heldRelay) emit(s *source, out []C.oxrtmp_event) (n int, more bool) {
	for ; n < len(out); n++ {
		got, err := h.NextEvent(0)
		if err != nil {
			return n, false
		}
		putRelayEvent(s.event(&out[n], C.OXRTMP_EVENT_RELAY), &got)
	}
	return n, h.Ready()
}

func putRelayEvent(out *C.oxrtmp_event, e *rtmp.RelayEvent) {
	out._type, out.value = C.OXRTMP_EVENT_RELAY, C.uint32_t(e.State)
	putEnd(out, statusOfSetup(e.Err), e.Err, "")
}

func (h *heldRelay) close() error {
	h.detach(h)
	return h.Close()
}

//export oxgo_hub_push
func oxgo_hub_push(h C.oxrtmp_hub, app, name, url *C.char, o *C.oxrtmp_relay_options, relay *C.oxrtmp_relay) (status C.oxrtmp_status) {
	defer guard(&status)
	return newRelay(h, app, name, url, o, relay, (*rtmp.Hub).Push)
}

//export oxgo_hub_pull
func oxgo_hub_pull(h C.oxrtmp_hub, app, name, url *C.char, o *C.oxrtmp_relay_options, relay *C.oxrtmp_relay) (status C.oxrtmp_status) {
	defer guard(&status)
	return newRelay(h, app, name, url, o, relay, (*rtmp.Hub).Pull)
}

func newRelay(h C.oxrtmp_hub, app, name, url *C.char, o *C.oxrtmp_relay_options, relay *C.oxrtmp_relay,
	create func(*rtmp.Hub, string, string, string, *rtmp.RelayOptions) (*rtmp.Relay, error)) C.oxrtmp_status {
	var setup error
	status := with(hubs, h.id, func(h *rtmp.Hub) (err error) {
		var r *rtmp.Relay
		if r, setup = create(h, goString(app), goString(name), goString(url), relayOptions(o)); setup != nil {
			return nil
		}
		return open(relays, &heldRelay{Relay: r}, &relay.id, (*heldRelay).close)
	})
	if setup != nil {
		return failSetup(setup)
	}
	return status
}

// relayOptions converts options that are complete: the C side has filled them up.
func relayOptions(o *C.oxrtmp_relay_options) *rtmp.RelayOptions {
	ms := func(n C.uint32_t) time.Duration { return time.Duration(n) * time.Millisecond }
	return &rtmp.RelayOptions{
		Client: *clientOptions(o.client), RetryMin: ms(o.retry_min_ms), RetryMax: ms(o.retry_max_ms),
		Attempts: int(o.attempts), OnDemand: o.on_demand != 0, IdleAfter: ms(o.idle_after_ms), Mask: getMask(o.mask),
	}
}

//export oxgo_relay_statistics
func oxgo_relay_statistics(h C.oxrtmp_relay, out *C.oxrtmp_relay_info) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(relays, h.id, func(r *heldRelay) error {
		s := r.Statistics()
		out.pull, out.state, out.status = flag(s.Pull), C.uint32_t(s.State), statusOfSetup(s.Err)
		out.since_ns, out.connections, out.retries = C.int64_t(s.Since), C.uint64_t(s.Connections), C.uint64_t(s.Retries)
		out.bytes, out.packets = C.uint64_t(s.Stream.Bytes), C.uint64_t(s.Stream.Packets)
		out.audio_packets, out.video_packets = C.uint64_t(s.Stream.Audio), C.uint64_t(s.Stream.Video)
		out.data_packets, out.queued_bytes = C.uint64_t(s.Stream.Data), C.uint64_t(s.Stream.Queued)
		out.frames_dropped = C.uint64_t(s.Dropped)
		if s.Err != nil {
			putArray(out.text[:], printable(words(s.Err)))
		}
		return nil
	})
}

//export oxgo_relay_next_event
func oxgo_relay_next_event(h C.oxrtmp_relay, timeout C.int32_t, event *C.oxrtmp_event) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(relays, h.id, func(r *heldRelay) error {
		if r.attached() {
			return errBusy
		}
		e, err := r.NextEvent(duration(timeout))
		if err == nil {
			*event = C.oxrtmp_event{source: h.id, time_ns: monotonic()}
			putRelayEvent(event, &e)
		}
		return err
	})
}

//export oxgo_relay_set_queue
func oxgo_relay_set_queue(h C.oxrtmp_relay, q C.oxrtmp_queue, userData C.uint64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(relays, h.id, func(r *heldRelay) error { return setQueue(&r.attachment, r, h.id, q, userData) })
}

//export oxgo_relay_close
func oxgo_relay_close(h C.oxrtmp_relay) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(relays, h.id, (*heldRelay).close)
}
