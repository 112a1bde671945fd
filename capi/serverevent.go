package main

// #include "bridge.h"
import "C"

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
	"unsafe"

	"oxrtmp/capi/internal/handle"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
)

// told takes the next event of the server, without waiting, and writes it.
func (h *heldServer) told(s *source, out *C.oxrtmp_event) error {
	e, err := h.NextEvent(0)
	if err == nil {
		putServerEvent(s.event(out, C.OXRTMP_EVENT_SERVER), &e)
	}
	return err
}

// putServerEvent fills an event with what a server tells, whose references it takes.
func putServerEvent(out *C.oxrtmp_event, e *rtmp.ServerEvent) {
	out.value = C.uint32_t(e.Kind)
	if e.Err != nil {
		putEnd(out, statusOf(e.Err), e.Err, e.Reason)
		*infoOf(out) = C.oxrtmp_event_info{} // its words are below
	}
	told := (*C.oxrtmp_server_event)(unsafe.Pointer(&out.u))
	told.connection, told.position_ms = C.uint64_t(e.Connection), C.uint32_t(e.Position.Milliseconds())
	empty := (*C.char)(unsafe.Pointer(&C.ox_empty))
	told.peer, told.app, told.stream_name, told.text = empty, empty, empty, empty
	if !putTexts(told, e) {
		out.status = C.OXRTMP_E_MEMORY
	}
	if e.Asks() {
		question := &rtmp.ServerEvent{}
		*question = *e
		question.Packet = media.Packet{}
		if open(questions, question, &out.request.id, func(*rtmp.ServerEvent) error { return nil }) != nil {
			e.Answer(true)
		}
	}
	if e.Packet.Type == 0 {
		return
	}
	if err := putPacket(&told.packet, &e.Packet); err != nil {
		out.status = statusOf(err)
		e.Packet.Release()
	}
}

// putTexts writes what an event has besides numbers to a block, behind its statistics; false: there is no memory for it.
// told.token is then the block's address, which ox_events_own turns into a token.
func putTexts(told *C.oxrtmp_server_event, e *rtmp.ServerEvent) bool {
	size := 0
	if e.Statistics != nil {
		size = int(unsafe.Sizeof(C.oxrtmp_statistics{}))
	}
	texts := [...]string{e.Peer, e.App, e.StreamName, printable(e.Reason)}
	at := size
	for _, t := range texts {
		size += len(t) + 1
	}
	b := blocks.Allocate(size)
	if b == nil {
		return false
	}
	to := b.Bytes()
	if e.Statistics != nil {
		statistics := (*C.oxrtmp_statistics)(unsafe.Pointer(&to[0]))
		*statistics = C.oxrtmp_statistics{struct_size: C.uint32_t(at)}
		putStatistics(statistics, *e.Statistics)
		told.statistics = statistics
	}
	places := [...]**C.char{&told.peer, &told.app, &told.stream_name, &told.text}
	for i, t := range texts {
		*places[i] = (*C.char)(unsafe.Pointer(&to[at]))
		at += copy(to[at:], t)
		to[at] = 0
		at++
	}
	told.token = C.uint64_t(uintptr(b.Foreign))
	return true
}

//export oxgo_server_next_event
func oxgo_server_next_event(h C.oxrtmp_server, timeout C.int32_t, event *C.oxrtmp_event) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		if s.attached() {
			return errBusy
		}
		e, err := s.NextEvent(duration(timeout))
		if err != nil {
			return err
		}
		*event = C.oxrtmp_event{_type: C.OXRTMP_EVENT_SERVER, source: h.id, time_ns: monotonic()}
		putServerEvent(event, &e)
		return nil
	})
}

//export oxgo_event_release
func oxgo_event_release(question C.uint64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return answerQuestion(question, true)
}

//export oxgo_event_drop
func oxgo_event_drop(question C.uint64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return answerQuestion(question, false)
}

// answerQuestion answers a MEDIA_TAG event whose message waits, once.
func answerQuestion(id C.uint64_t, pass bool) C.oxrtmp_status {
	ref, err := questions.Remove(handle.ID(id))
	if err != nil {
		return fail(err)
	}
	defer ref.Release()
	ref.Value.Answer(pass)
	return C.OXRTMP_OK
}

//export oxgo_server_kick
func oxgo_server_kick(h C.oxrtmp_server, connection C.uint64_t, code, description *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		return s.Kick(uint64(connection), goString(code), goString(description))
	})
}

// Close closes the server. What it has still to tell goes to its queue, or else nowhere.
func (h *heldServer) Close() error {
	err := h.Server.Close()
	if h.closed.Store(true); !h.attached() {
		h.discard()
	}
	return err
}

// discard releases what nobody will take.
func (h *heldServer) discard() {
	if h.silent {
		return
	}
	go func() {
		defer func() {
			if recover() != nil {
				faults.Add(1)
			}
		}()
		for {
			e, err := h.NextEvent(-1)
			if err != nil {
				return
			}
			e.Packet.Release()
		}
	}()
}

// OnReady implements emitter.
func (h *heldServer) OnReady(ready func()) {
	h.Server.OnReady(ready)
	h.OnEvents(ready)
	if ready == nil && h.closed.Load() {
		h.discard()
	}
}

// tellingOptions converts those of the options that are about events, logins and load balancers.
func tellingOptions(o *C.oxrtmp_server_options, to *rtmp.ServerOptions) error {
	to.Events, to.AskMediaTag = rtmp.EventMask(o.events), o.ask_media_tag != 0
	to.StatsInterval = time.Duration(o.stats_interval_ms) * time.Millisecond
	to.LoginScheme = loginScheme(o.login_scheme)
	if o.user_count > 0 {
		to.Users = make(map[string]string, int(o.user_count))
		for _, u := range unsafe.Slice(o.users, int(o.user_count)) {
			to.Users[goString(u.name)] = goString(u.password)
		}
	}
	for _, text := range strings.FieldsFunc(goString(o.proxy_from), func(r rune) bool { return r == ',' || r == ' ' }) {
		network, err := parseNetwork(text)
		if err != nil {
			return fmt.Errorf("%w: proxy_from: %q is no network", errArgument, text)
		}
		to.ProxyFrom = append(to.ProxyFrom, network)
	}
	return nil
}

// parseNetwork reads "address/bits", or an address that stands for itself.
func parseNetwork(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	network, err := netip.ParsePrefix(text)
	return network.Masked(), err
}

func loginScheme(scheme C.uint32_t) rtmp.LoginScheme {
	if scheme == C.OXRTMP_LOGIN_LLNW {
		return rtmp.LoginLimelight
	}
	return rtmp.LoginAdobe
}
