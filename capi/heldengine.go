package main

// #include "bridge.h"
import "C"

import (
	"cmp"
	"io"
	"math"
	"sync"
	"time"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/message"
)

// heldEngine is what an engine's handle stands for: the protocol of one side of a connection, for one caller at a time.
type heldEngine struct {
	attachment
	news engineNews

	mu       sync.Mutex
	id       C.uint64_t
	protocol protocol
	server   *engine.Server    // the protocol, if it is the accepting side,
	joins    *rtmp.HubEngine   // whose streams hubs may have,
	client   *engine.Client    // or the calling one
	plays    engine.PlayAnswer // accepting: how plays begin
	position uint32            // calling: the timestamp of the last packet
	called   bool              // calls of the peer's and shared objects are events
	now      time.Duration
	output   []byte // taken from the engine, not yet from here
	spare    []byte
	sent     int // bytes of output that have been taken
	closed   bool
}

// protocol is what both sides have.
type protocol interface {
	Receive(p []byte, now time.Duration) (int, error)
	NextEvent() (engine.Event, bool)
	TakeOutput(spare []byte) []byte
	Deadline() (time.Duration, bool)
	Advance(now time.Duration) error
	Closing() bool
	Counters() engine.Counters
	Phase() engine.Phase
	Err() error
	End()
	Close()
	Call(streamID uint32, timeout time.Duration, name string, object amf.Value, arguments ...amf.Value) (uint32, error)
	Notify(streamID uint32, name string, object amf.Value, arguments ...amf.Value) error
	Answer(id uint32, object amf.Value, values ...amf.Value) error
	Refuse(id uint32, code, description string) error
	SendSharedObject(o message.SharedObject) error
}

// milliseconds converts a time; one that is out of range is as far as there is room to add to.
func milliseconds(ms C.int64_t) time.Duration {
	const most = math.MaxInt64 / 2 / int64(time.Millisecond)
	return time.Duration(max(-most, min(int64(ms), most))) * time.Millisecond
}

// placed gives an error of the engine the form that errors of connections have.
func placed(err error) error {
	if e, ok := err.(*engine.Error); ok {
		return &rtmp.Error{Phase: e.Phase, Err: e.Err}
	}
	return err
}

// receive gives bytes to the engine until it waits for an event to be taken or a request to be answered.
func (h *heldEngine) receive(p []byte, now time.Duration) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = max(h.now, now)
	if h.closed || h.protocol.Closing() {
		return 0, rtmp.ErrClosed
	}
	n, err := h.protocol.Receive(p, h.now)
	return n, placed(err)
}

func (h *heldEngine) advance(now time.Duration) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = max(h.now, now)
	if h.closed {
		return rtmp.ErrClosed
	}
	return placed(h.protocol.Advance(h.now))
}

// deadline returns the time for advance in milliseconds, rounded up, or -1.
func (h *heldEngine) deadline() C.int64_t {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, ok := h.protocol.Deadline()
	if !ok || h.closed || h.protocol.Err() != nil {
		return -1
	}
	return C.int64_t((d + time.Millisecond - 1) / time.Millisecond)
}

// takeOutput moves bytes to be sent to p.
func (h *heldEngine) takeOutput(p []byte) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for n < len(p) {
		if h.sent == len(h.output) {
			h.output, h.spare, h.sent = h.protocol.TakeOutput(h.spare), h.output[:0], 0
			if len(h.output) == 0 {
				break
			}
		}
		k := copy(p[n:], h.output[h.sent:])
		n, h.sent = n+k, h.sent+k
	}
	return n
}

// publish calls send, of the calling side, which must be publishing.
func (h *heldEngine) publish(send func() error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.client == nil || h.closed || !h.client.Publishing() {
		return errState
	}
	return placed(send())
}

// play calls ask, of the calling side, which must be playing.
func (h *heldEngine) play(ask func(*engine.Client) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.client == nil || h.closed || !h.client.Playing() {
		return errState
	}
	return placed(ask(h.client))
}

// serve calls do with the accepting side.
func (h *heldEngine) serve(do func(*engine.Server) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.server == nil || h.closed {
		return errState
	}
	return placed(do(h.server))
}

// closeStream ends what a stream plays or publishes.
func (h *heldEngine) closeStream(id uint32, code, description string) error {
	return h.serve(func(s *engine.Server) error {
		stop := func() error { return s.StopPlay(id, description) }
		if code != "" {
			stop = func() error { return s.FailPlay(id, code, description) }
		}
		if stop() == nil { // it is a player's
			return nil
		}
		return s.CloseStream(id, cmp.Or(code, message.CodePublishRejected), description)
	})
}

func (h *heldEngine) end() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.protocol.End()
	}
	return nil
}

func (h *heldEngine) close() error {
	h.detach(h)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	h.protocol.Close()
	return nil
}

// engineNews is what a hub has told an engine and its queue has not.
type engineNews struct {
	mu      sync.Mutex
	waiting [2]bool // by rtmp.HubEngineNews
	ready   func()
}

// engineEvents are the events of the news.
var engineEvents = [...]C.uint32_t{rtmp.HubEngineOutput: C.OXRTMP_EVENT_OUTPUT_READY, rtmp.HubEngineInput: C.OXRTMP_EVENT_WRITABLE}

// tell takes news of a hub. It may be called under any lock but the news's.
func (h *heldEngine) tell(n rtmp.HubEngineNews) {
	h.news.mu.Lock()
	defer h.news.mu.Unlock()
	h.news.waiting[n] = true
	if h.news.ready != nil {
		h.news.ready()
	}
}

// OnReady implements emitter.
func (h *heldEngine) OnReady(ready func()) {
	h.news.mu.Lock()
	defer h.news.mu.Unlock()
	h.news.ready = ready
	if ready != nil && (h.news.waiting[0] || h.news.waiting[1]) {
		ready()
	}
}

// emit implements emitter.
func (h *heldEngine) emit(s *source, out []C.oxrtmp_event) (n int, more bool) {
	h.news.mu.Lock()
	defer h.news.mu.Unlock()
	for i, waits := range h.news.waiting {
		switch {
		case !waits:
		case n == len(out):
			return n, true
		default:
			h.news.waiting[i] = false
			s.event(&out[n], engineEvents[i])
			n++
		}
	}
	return n, false
}

// next writes the next event that has a form in C.
func (h *heldEngine) next(out *C.oxrtmp_event) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	for !h.closed {
		e, ok := h.protocol.NextEvent()
		if !ok {
			break
		}
		*out = C.oxrtmp_event{source: h.id, time_ns: C.int64_t(h.now), stream_id: C.uint32_t(e.StreamID), value: C.uint32_t(e.Value)}
		if h.put(out, &e) {
			return nil
		}
		e.Packet.Release()
	}
	*out = C.oxrtmp_event{}
	return errNothing
}

// put fills an event; false for one that C has no word for.
func (h *heldEngine) put(out *C.oxrtmp_event, e *engine.Event) bool {
	switch e.Kind {
	case engine.EventHandshake:
		out._type = C.OXRTMP_EVENT_HANDSHAKE
		putInfo(out, "", e.Handshake.Kind.String())
	case engine.EventRequest:
		out._type = C.OXRTMP_EVENT_REQUEST
		return h.openRequest(e.Request, &out.request) == nil
	case engine.EventPacket:
		h.position = e.Packet.Timestamp
		out._type = C.OXRTMP_EVENT_PACKET
		if err := putPacket(packetOf(out), &e.Packet); err != nil {
			out.status = statusOf(err)
			e.Packet.Release()
		}
	case engine.EventStreamEnd:
		out._type, out.status = C.OXRTMP_EVENT_STREAM_END, statusOf(io.EOF)
		putInfo(out, "", e.Reason)
	case engine.EventPublishing, engine.EventPlaying:
		out._type = C.OXRTMP_EVENT_CONNECTED
		putInfo(out, e.Status.Code, e.Status.Description)
	case engine.EventRefused:
		out._type, out.phase = C.OXRTMP_EVENT_FAILED, C.uint32_t(e.Phase)
		out.status = statusOfRefusal(&rtmp.StatusError{Code: e.Status.Code, Description: e.Status.Description})
		putInfo(out, e.Status.Code, e.Status.Description)
	case engine.EventStatus, engine.EventConnected:
		out._type = C.OXRTMP_EVENT_STATUS
		putInfo(out, e.Status.Code, e.Status.Description)
	case engine.EventCommand:
		if h.called {
			putCall(out, e.Value, e.Command)
			break
		}
		out._type = C.OXRTMP_EVENT_COMMAND
		putInfo(out, e.Command.Name, "")
	case engine.EventReply:
		values, err := rtmp.CallResult(e.Command)
		putReply(out, e.Value, values, err)
	case engine.EventSharedObject:
		if !h.called {
			return false
		}
		out._type = C.OXRTMP_EVENT_SHARED_OBJECT
		putBody(out, message.TypeSharedObject, sharedValues(e.SharedObject))
	case engine.EventReconnect:
		out._type = C.OXRTMP_EVENT_RECONNECT
		putInfo(out, e.Status.Code, e.URL)
	case engine.EventControl:
		out.stream_id = putControl(out, &e.Control)
	case engine.EventAcknowledged:
		out._type = C.OXRTMP_EVENT_ACKNOWLEDGED
	case engine.EventChunkSize:
		out._type = C.OXRTMP_EVENT_CHUNK_SIZE
	default:
		return putPlayerEvent(out, e)
	}
	return true
}

func putInfo(out *C.oxrtmp_event, code, text string) {
	info := infoOf(out)
	putArray(info.code[:], printable(code))
	putArray(info.text[:], printable(text))
}

// openRequest gives a request of the engine a handle. If that fails the request is rejected. The engine is locked.
func (h *heldEngine) openRequest(r *engine.Request, out *C.oxrtmp_request) error {
	w := &engineRequest{info: r, of: h, connect: h.server.ConnectInfo()}
	held := &heldRequest{w, func(*eventQueue, *C.oxrtmp_session_options, *C.oxrtmp_session) error { return w.accept() }}
	return open(requests, held, &out.id, func(*heldRequest) error { return h.server.Reject(r.ID, "", "") })
}

// engineRequest is a wish of an engine's peer.
type engineRequest struct {
	info    *engine.Request
	of      *heldEngine
	connect *message.Connect
}

func (r *engineRequest) App() string               { return r.info.App }
func (r *engineRequest) StreamName() string        { return r.info.Name }
func (r *engineRequest) RawStreamName() string     { return r.info.RawName }
func (r *engineRequest) Query() string             { return r.info.Query }
func (r *engineRequest) PublishType() string       { return r.info.PublishType }
func (r *engineRequest) TCURL() string             { return connect(r).TCURL }
func (r *engineRequest) PeerAddr() string          { return "" }
func (r *engineRequest) Connect() *message.Connect { return r.connect }
func (r *engineRequest) Kind() rtmp.RequestKind    { return r.info.Kind }
func (r *engineRequest) Play() rtmp.PlayRequest    { return r.info.Play }

func (r *engineRequest) accept() error {
	return r.answer(func(s *engine.Server) error { return s.AcceptPlay(r.info.ID, r.of.plays) })
}

// join gives the request to a hub; a nil mask stands for the hub's own.
func (r *engineRequest) join(h *rtmp.Hub, mask *hub.Mask) error {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	switch {
	case r.of.closed:
		return rtmp.ErrDecided
	case mask == nil:
		return placed(r.of.joins.Join(h, r.info))
	}
	return placed(r.of.joins.JoinMasked(h, r.info, *mask))
}

// Reject refuses the request.
func (r *engineRequest) Reject(code, description string) error {
	return r.answer(func(s *engine.Server) error { return s.Reject(r.info.ID, code, description) })
}

// Redirect refuses the request and says where to go instead.
func (r *engineRequest) Redirect(url, description string) error {
	return r.answer(func(s *engine.Server) error { return s.Redirect(r.info.ID, url, description) })
}

func (r *engineRequest) answer(f func(*engine.Server) error) error {
	r.of.mu.Lock()
	defer r.of.mu.Unlock()
	if r.of.closed {
		return rtmp.ErrDecided
	}
	return placed(f(r.of.server))
}
