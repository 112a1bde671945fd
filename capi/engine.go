package main

// #include "bridge.h"
import "C"

import (
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/engine"
)

// shaken reads the flags of the functions that make engines.
func shaken(flags C.uint32_t) bool { return flags&C.OXRTMP_ENGINE_SHAKEN != 0 }

//export oxgo_engine_server_create
func oxgo_engine_server_create(o *C.oxrtmp_server_options, flags C.uint32_t, out *C.oxrtmp_engine) (status C.oxrtmp_status) {
	defer guard(&status)
	return withHub(o.hub, func(h *rtmp.Hub) C.oxrtmp_status {
		options := serverOptions(o)
		options.Hub, options.AskPublish = h, o.ask_publish != 0
		held := &heldEngine{plays: options.PlayAnswer, called: options.AnswerCalls}
		e, err := rtmp.NewHubEngine(options, shaken(flags), &held.mu, held.tell)
		if err != nil {
			return failSetup(err)
		}
		held.protocol, held.server, held.joins = e, e.Server, e
		return newEngine(held, out)
	})
}

//export oxgo_engine_publish_create
func oxgo_engine_publish_create(url *C.char, o *C.oxrtmp_client_options, flags C.uint32_t, out *C.oxrtmp_engine) (status C.oxrtmp_status) {
	defer guard(&status)
	return newClientEngine(o, flags, url, out, rtmp.PublishEngine)
}

//export oxgo_engine_play_create
func oxgo_engine_play_create(url *C.char, o *C.oxrtmp_client_options, flags C.uint32_t, out *C.oxrtmp_engine) (status C.oxrtmp_status) {
	defer guard(&status)
	return newClientEngine(o, flags, url, out, rtmp.PlayEngine)
}

func newClientEngine(o *C.oxrtmp_client_options, flags C.uint32_t, url *C.char, out *C.oxrtmp_engine,
	make func(string, *rtmp.ClientOptions, bool) (*engine.Client, error)) C.oxrtmp_status {
	options := clientOptions(o)
	e, err := make(goString(url), options, shaken(flags))
	if err != nil {
		return failSetup(err)
	}
	return newEngine(&heldEngine{protocol: e, client: e, called: options.AnswerCalls}, out)
}

func newEngine(h *heldEngine, out *C.oxrtmp_engine) C.oxrtmp_status {
	err := open(engines, h, &out.id, (*heldEngine).close)
	h.id = out.id
	return fail(err)
}

//export oxgo_engine_set_queue
func oxgo_engine_set_queue(h C.oxrtmp_engine, q C.oxrtmp_queue, userData C.uint64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error { return setQueue(&e.attachment, e, h.id, q, userData) })
}

//export oxgo_engine_receive
func oxgo_engine_receive(h C.oxrtmp_engine, now C.int64_t, p *C.uint8_t, n C.size_t, consumed *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		n, err := e.receive(bytesAt(p, n), milliseconds(now))
		*consumed = C.size_t(n)
		return err
	})
}

//export oxgo_engine_next_event
func oxgo_engine_next_event(h C.oxrtmp_engine, event *C.oxrtmp_event) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error { return e.next(event) })
}

//export oxgo_engine_output
func oxgo_engine_output(h C.oxrtmp_engine, buf *C.uint8_t, capacity C.size_t, size *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		*size = C.size_t(e.takeOutput(bytesAt(buf, capacity)))
		return nil
	})
}

//export oxgo_engine_deadline
func oxgo_engine_deadline(h C.oxrtmp_engine, deadline *C.int64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		*deadline = e.deadline()
		return nil
	})
}

//export oxgo_engine_advance
func oxgo_engine_advance(h C.oxrtmp_engine, now C.int64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error { return e.advance(milliseconds(now)) })
}

//export oxgo_engine_send_packet
func oxgo_engine_send_packet(h C.oxrtmp_engine, in *C.oxrtmp_packet) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		p := getPacket(in)
		return e.publish(func() error { return e.client.SendPacket(&p) })
	})
}

//export oxgo_engine_send_metadata
func oxgo_engine_send_metadata(h C.oxrtmp_engine, m *C.oxrtmp_metadata) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return e.publish(func() error { return e.client.SendMetadata(0, getMetadata(m).Value()) })
	})
}

//export oxgo_engine_send_packet_to
func oxgo_engine_send_packet_to(h C.oxrtmp_engine, id C.uint32_t, in *C.oxrtmp_packet) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		p := getPacket(in)
		return e.serve(func(s *engine.Server) error { return s.SendPacket(uint32(id), &p) })
	})
}

//export oxgo_engine_complete
func oxgo_engine_complete(h C.oxrtmp_engine, id C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return e.serve(func(s *engine.Server) error { return s.CompletePlay(uint32(id)) })
	})
}

//export oxgo_engine_close_stream
func oxgo_engine_close_stream(h C.oxrtmp_engine, id C.uint32_t, code, description *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return e.closeStream(uint32(id), goString(code), goString(description))
	})
}

//export oxgo_engine_pause
func oxgo_engine_pause(h C.oxrtmp_engine, pause C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return e.play(func(c *engine.Client) error { return c.Pause(pause != 0, e.position) })
	})
}

//export oxgo_engine_seek
func oxgo_engine_seek(h C.oxrtmp_engine, position C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return e.play(func(c *engine.Client) error { return c.Seek(uint32(position)) })
	})
}

//export oxgo_engine_receive_audio
func oxgo_engine_receive_audio(h C.oxrtmp_engine, on C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return e.play(func(c *engine.Client) error { return c.ReceiveAudio(on != 0) })
	})
}

//export oxgo_engine_receive_video
func oxgo_engine_receive_video(h C.oxrtmp_engine, on C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return e.play(func(c *engine.Client) error { return c.ReceiveVideo(on != 0) })
	})
}

//export oxgo_engine_set_buffer_length
func oxgo_engine_set_buffer_length(h C.oxrtmp_engine, length C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		return e.play(func(c *engine.Client) error { return c.SetBufferLength(uint32(length)) })
	})
}

//export oxgo_engine_end
func oxgo_engine_end(h C.oxrtmp_engine) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, (*heldEngine).end)
}

//export oxgo_engine_closing
func oxgo_engine_closing(h C.oxrtmp_engine, closing *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		*closing = flag(e.protocol.Closing() || e.protocol.Err() != nil)
		return nil
	})
}

//export oxgo_engine_statistics
func oxgo_engine_statistics(h C.oxrtmp_engine, out *C.oxrtmp_engine_counters) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(engines, h.id, func(e *heldEngine) error {
		e.mu.Lock()
		defer e.mu.Unlock()
		putCounters(out, e.protocol.Counters())
		out.phase = C.uint32_t(e.protocol.Phase())
		return nil
	})
}

func putCounters(out *C.oxrtmp_engine_counters, c rtmp.Counters) {
	out.bytes_received, out.messages_received = C.uint64_t(c.BytesReceived), C.uint64_t(c.MessagesReceived)
	out.packets_received, out.packets_sent = C.uint64_t(c.PacketsReceived), C.uint64_t(c.PacketsSent)
	out.malformed, out.ignored = C.uint64_t(c.Malformed), C.uint64_t(c.Ignored)
	out.unknown, out.faulty = C.uint64_t(c.Unknown), C.uint64_t(c.Faulty)
	out.requests_rejected, out.requests_expired = C.uint64_t(c.RequestsRejected), C.uint64_t(c.RequestsExpired)
}

//export oxgo_engine_close
func oxgo_engine_close(h C.oxrtmp_engine) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(engines, h.id, (*heldEngine).close)
}
