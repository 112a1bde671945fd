package rtmp

import (
	"cmp"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// HubEngine is the protocol that a [Server] runs over a connection, as [ServerEngine] returns it, for callers that move
// the bytes themselves and want hubs to have its streams: what is published goes to the hub instead of coming as events,
// what is played is part of the output. Requests are given to a hub by Join; with ServerOptions.Hub those of publish and
// play are, unless AskPublish or AskPlay wants to see them. Events are to be taken after each Receive, as they lead
// packets to the hub; all else is that of [engine.Server].
//
// Whoever calls its methods, also those of the engine, holds its lock.
type HubEngine struct {
	*engine.Server
	lock    sync.Locker
	options *ServerOptions
	notify  func(HubEngineNews)
	stalled atomic.Bool // somebody waits for HubEngineInput
	paused  bool        // the last Receive took nothing, because a hub was behind
	streams []*engineStream
}

// HubEngineNews is what a hub tells the caller of a [HubEngine].
type HubEngineNews uint8

// The news.
const (
	HubEngineOutput HubEngineNews = iota // TakeOutput has something, where it had nothing of a hub
	HubEngineInput                       // Receive takes input again, and NextEvent goes on, after they did not because the hub was behind
)

// NewHubEngine returns an engine for a connection that begins now; shaken says that the handshake was done elsewhere. notify
// is called from any goroutine, with locks of the hub's held: it must not wait, nor use the engine. A nil options stands
// for the defaults.
func NewHubEngine(options *ServerOptions, shaken bool, lock sync.Locker, notify func(HubEngineNews)) (*HubEngine, error) {
	var o ServerOptions
	if options != nil {
		o = *options
	}
	server, err := ServerEngine(&o, shaken)
	if err != nil {
		return nil, err
	}
	return &HubEngine{Server: server, lock: lock, options: &o, notify: notify}, nil
}

// engineStream is a stream of an engine that a hub has: a publisher or a player.
type engineStream struct {
	of     *HubEngine
	id     uint32
	orders *mailbox[engineOrder]  // what the hub wants of the engine
	inbox  *mailbox[media.Packet] // of a publisher
	player *enginePlayer          // of a player
}

// engineOrder is a frame for a player, or else something that a stream is told.
type engineOrder struct {
	frame             *hub.Frame
	tell              func(s *engine.Server, id uint32, code, description string) error
	code, description string
}

func (o *engineOrder) cost() int {
	if o.frame == nil {
		return 0
	}
	return o.frame.Cost()
}

func (o *engineOrder) release() {
	if o.frame != nil {
		o.frame.Release()
	}
}

// What streams are told.
var (
	tellPublish = func(s *engine.Server, id uint32, _, description string) error {
		return s.NotifyPublish(id, description)
	}
	tellStop    = func(s *engine.Server, id uint32, _, description string) error { return s.StopPlay(id, description) }
	tellFail    = (*engine.Server).FailPlay
	tellClose   = (*engine.Server).CloseStream
	tellTooSlow = func(s *engine.Server, id uint32, code, description string) error {
		defer s.End()
		return s.FailPlay(id, code, description)
	}
)

// Join gives a publish or play request to a hub, as [Hub.Accept] does.
func (e *HubEngine) Join(h *Hub, r *engine.Request) error { return e.JoinMasked(h, r, h.options.Mask) }

// JoinMasked is Join for a player that gets what a mask leaves of the stream.
func (e *HubEngine) JoinMasked(h *Hub, r *engine.Request, mask hub.Mask) error {
	var err error
	switch r.Kind {
	case RequestPublish:
		err = e.publish(h, r)
	case RequestPlay:
		err = e.play(h, r, mask)
	default:
		err = e.Accept(r.ID)
	}
	if err != nil {
		code, description := refusal(err)
		e.Reject(r.ID, code, description)
	}
	return err
}

// publish makes a request's stream the source of one of the hub's.
func (e *HubEngine) publish(h *Hub, r *engine.Request) error {
	st, err := h.enter(streamKey{r.App, r.Name}, true)
	if err != nil {
		return err
	}
	defer st.mu.Unlock()
	if err := st.mayPublish(); err != nil {
		return err
	}
	if err := e.Accept(r.ID); err != nil {
		st.endIfEmpty()
		return err
	}
	s := e.add(r.StreamID)
	s.inbox = newMailbox(packetCost)
	st.begin(&hubSource{peer: "engine", take: s.take, inbox: s.inbox, lock: e.lock, end: s.end})
	return nil
}

// take hands packets to the hub.
func (s *engineStream) take(dst []media.Packet, timeout time.Duration) (int, error) {
	n, err := s.inbox.take(dst, timeout)
	s.of.tellRoom(s)
	return n, err
}

// end is called by the hub when the stream is not wanted any more.
func (s *engineStream) end(code, description string) {
	s.inbox.close(ErrClosed)
	s.orders.put(engineOrder{tell: tellClose, code: cmp.Or(code, message.CodePublishRejected), description: description})
	s.of.tellRoom(s)
}

// tellRoom says that input is taken again, if somebody waits for that.
func (e *HubEngine) tellRoom(s *engineStream) {
	if !s.inbox.full(publisherBytes) && e.stalled.Swap(false) {
		e.notify(HubEngineInput)
	}
}

// play joins a request's stream to one of the hub's. What is cached follows the answer.
func (e *HubEngine) play(h *Hub, r *engine.Request, mask hub.Mask) error {
	var ability *hub.Ability
	if h.options.Codecs != CodecsPass {
		ability = abilityOf(e.ConnectInfo(), e.Capabilities())
	}
	st, err := h.join(streamKey{r.App, r.Name})
	if err != nil {
		return err
	}
	defer st.mu.Unlock()
	if h.options.Codecs == CodecsRefuse {
		if codec := st.cache.Undecodable(ability); codec != 0 {
			return undecodable(codec)
		}
	}
	e.UseChunkSize(uint32(h.options.ChunkSize))
	if err := e.AcceptPlay(r.ID, e.options.PlayAnswer); err != nil {
		st.endIfEmpty()
		return err
	}
	s := e.add(r.StreamID)
	s.player = newEnginePlayer(st, s.orders, mask, ability)
	return nil
}

func (e *HubEngine) add(id uint32) *engineStream {
	s := &engineStream{of: e, id: id, orders: newMailbox((*engineOrder).cost)}
	s.orders.setNotify(func() { e.notify(HubEngineOutput) })
	e.streams = append(e.streams, s)
	return s
}

// leave takes a stream away from its hub.
func (e *HubEngine) leave(s *engineStream) {
	for i, o := range e.streams {
		if o == s {
			e.streams = append(e.streams[:i], e.streams[i+1:]...)
			break
		}
	}
	s.orders.setNotify(nil)
	s.orders.abandon(ErrClosed, func(o engineOrder) { o.release() })
	if s.inbox != nil {
		s.inbox.close(io.EOF)
	} else {
		s.player.leave()
	}
}

func (e *HubEngine) leaveAll() {
	for len(e.streams) > 0 {
		e.leave(e.streams[0])
	}
}

// behind reports that a hub has not taken what came before: no more input is wanted, until it tells.
func (e *HubEngine) behind() bool {
	for _, s := range e.streams {
		if s.inbox != nil && s.inbox.full(publisherBytes) {
			e.stalled.Store(true)
			if s.inbox.full(publisherBytes) { // still
				return true
			}
			e.stalled.Store(false)
		}
	}
	return false
}

// Receive is that of [engine.Server]. It takes nothing while a hub has to take what came before: HubEngineInput follows.
func (e *HubEngine) Receive(p []byte, now time.Duration) (int, error) {
	if e.behind() {
		e.paused = true
		return 0, nil
	}
	if e.paused {
		e.paused = false
		e.Resume(now)
	}
	n, err := e.Server.Receive(p, now)
	if err != nil {
		e.leaveAll()
	}
	return n, err
}

// Deadline is that of [engine.Server]. There is none while a hub is behind: the peer is not to blame.
func (e *HubEngine) Deadline() (time.Duration, bool) {
	if e.paused && !e.Deciding() {
		return 0, false
	}
	return e.Server.Deadline()
}

// Advance is that of [engine.Server].
func (e *HubEngine) Advance(now time.Duration) error {
	if e.paused && !e.Deciding() {
		e.Resume(now)
		return nil
	}
	err := e.Server.Advance(now)
	if err != nil {
		e.leaveAll()
	}
	return err
}

// NextEvent is that of [engine.Server], without the packets, and the requests, that are for a hub. While a hub has to take what
// came before it gives nothing more of a message with very many packets.
func (e *HubEngine) NextEvent() (engine.Event, bool) {
	for {
		if e.Unfinished() && e.behind() {
			e.paused = true
			return engine.Event{}, false
		}
		got, ok := e.Server.NextEvent()
		if !ok {
			return got, false
		}
		if got.Kind == engine.EventRequest && e.routes(got.Request.Kind) {
			e.Join(e.options.Hub, got.Request)
			continue
		}
		s := e.stream(got.StreamID)
		if s == nil {
			return got, true
		}
		switch got.Kind {
		case engine.EventPacket:
			if s.inbox == nil {
				return got, true
			}
			got.Packet.Arrival = time.Since(Epoch)
			if _, ok := s.inbox.put(got.Packet); !ok {
				got.Packet.Release()
			}
			continue
		case engine.EventStreamEnd:
			e.leave(s)
		case engine.EventPause, engine.EventUnpause, engine.EventReceiveOn, engine.EventReceiveOff:
			if s.player != nil {
				s.player.told(&got)
			}
		}
		return got, true
	}
}

// routes reports that the hub of the options gets requests of a kind.
func (e *HubEngine) routes(kind RequestKind) bool {
	o := e.options
	return o.Hub != nil && (kind == RequestPublish && !o.AskPublish || kind == RequestPlay && !o.AskPlay)
}

// stream returns the stream with an id that a hub has, or nil.
func (e *HubEngine) stream(id uint32) *engineStream {
	for _, s := range e.streams {
		if s.id == id {
			return s
		}
	}
	return nil
}

// outputTurn is how much output of hubs one TakeOutput makes, and a message more.
const outputTurn = 64 << 10

// TakeOutput is that of [engine.Server], with what hubs have for players.
func (e *HubEngine) TakeOutput(spare []byte) []byte {
	for _, s := range e.streams {
		var order [1]engineOrder
		for e.OutputBytes() < outputTurn {
			if n, _ := s.orders.take(order[:], 0); n == 0 {
				break
			}
			e.obey(s, &order[0])
		}
		if s.player != nil {
			s.player.wake()
		}
	}
	return e.Server.TakeOutput(spare)
}

// obey does what a hub wants. What fails is for a stream that has ended meanwhile, which its next event says.
func (e *HubEngine) obey(s *engineStream, o *engineOrder) {
	defer o.release()
	if o.frame != nil {
		e.SendMedia(s.id, o.frame.Info.Type, o.frame.Info.Timestamp, nil, o.frame.Payload())
		return
	}
	o.tell(e.Server, s.id, o.code, o.description)
}

// Close ends what hubs have of the engine, and releases what it holds.
func (e *HubEngine) Close() {
	e.leaveAll()
	e.Server.Close()
}
