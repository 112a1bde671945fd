package rtmp

import (
	"errors"
	"io"
	"sync"
	"time"

	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// HubPublisher publishes into a stream of a hub without a connection: the application is the publisher.
type HubPublisher struct {
	inbox *mailbox[media.Packet]
	room  *mailbox[struct{}]
	hub   *Hub
	bound int

	mu    sync.Mutex // keeps packets in order
	clock media.Unwrapper
}

// publisherBytes is how much may wait in a [HubPublisher].
const publisherBytes = 1 << 20

// Publish begins to publish a stream. It fails with ErrPublished if there is a publisher that must not be replaced,
// and ErrClosed.
func (h *Hub) Publish(app, name string) (*HubPublisher, error) {
	st := h.enter(streamKey{app, name}, true)
	if st == nil {
		return nil, ErrClosed
	}
	defer st.mu.Unlock()
	if err := st.mayPublish(); err != nil {
		return nil, err
	}
	p := &HubPublisher{inbox: newMailbox(packetCost), room: newMailbox(func(*struct{}) int { return 1 }), hub: h, bound: publisherBytes}
	st.begin(&hubSource{
		peer: "application", take: p.take, inbox: p.inbox, lock: &p.mu, end: func(string, string) { p.end(ErrClosed) },
	})
	return p, nil
}

func (p *HubPublisher) take(dst []media.Packet, timeout time.Duration) (int, error) {
	n, err := p.inbox.take(dst, timeout)
	if n > 0 && !p.room.full(1) {
		p.room.put(struct{}{})
	}
	return n, err
}

// SendPacket publishes a packet: its Raw payload, or one built from its fields. The memory is borrowed for the call.
// It waits up to timeout for room, negative for ever, 0 not at all, and fails with ErrTimeout, or ErrClosed when the
// stream has ended.
func (p *HubPublisher) SendPacket(packet *media.Packet, timeout time.Duration) error {
	payload := packet.Raw
	if payload != nil && packet.Flags&media.FlagContinued != 0 { // it went out with the first of its message
		return nil
	}
	if payload == nil && packet.Kind != media.KindSilence {
		var err error
		if payload, err = media.AppendPayload(nil, packet); err != nil {
			return err
		}
	}
	return p.Send(packet.Type, packet.Timestamp, payload, timeout)
}

// Send publishes a message of a type, 8 audio, 9 video or 18 data, as SendPacket does.
func (p *HubPublisher) Send(typeID uint8, timestamp uint32, payload []byte, timeout time.Duration) error {
	switch typeID {
	case media.TypeAudio, media.TypeVideo, media.TypeData, media.TypeDataAMF3:
	default:
		return errType
	}
	if len(payload) > chunk.MaxSize {
		return engine.ErrPayload
	}
	if err := p.waitRoom(timeout); err != nil {
		return err
	}
	b := p.hub.alloc.Allocate(len(payload))
	if b == nil {
		return ErrLimit
	}
	copy(b.Bytes(), payload)
	p.mu.Lock()
	defer p.mu.Unlock()
	defer b.Release()
	ms := p.clock.Unwrap(timestamp)
	for _, packet := range media.AppendPackets(nil, typeID, timestamp, b.Bytes()) {
		packet.SetTime(ms)
		packet.Buffer = b.Retain()
		if _, ok := p.inbox.put(packet); !ok {
			packet.Release()
			return ErrClosed
		}
	}
	return nil
}

// errType refuses messages that would mean something else to players than media.
var errType = errors.New("rtmp: neither audio nor video nor data")

// SendMetadata publishes metadata, which players that come later get first.
func (p *HubPublisher) SendMetadata(m *message.Metadata, timeout time.Duration) error {
	d := message.Data{Handler: message.HandlerMetadata, Set: true}
	d.Values = append(d.Values, m.Value())
	return p.Send(message.TypeData, 0, message.AppendData(nil, d), timeout)
}

func (p *HubPublisher) waitRoom(timeout time.Duration) error {
	var token [1]struct{}
	for p.inbox.full(p.bound) {
		begun := time.Now()
		if _, err := p.room.take(token[:], timeout); err != nil {
			return err
		}
		if !p.inbox.full(p.bound) { // others may wait too
			p.room.put(token[0])
		}
		if timeout > 0 {
			timeout = max(0, timeout-time.Since(begun))
		}
	}
	if p.inbox.closed() {
		return ErrClosed
	}
	return nil
}

func (p *HubPublisher) end(err error) {
	p.inbox.close(err)
	p.room.close(ErrClosed)
}

// Close ends the stream, after what was sent.
func (p *HubPublisher) Close() error {
	p.end(io.EOF)
	return nil
}

// HubSubscriber takes a stream of a hub in, without a connection.
type HubSubscriber struct {
	stream *hubStream
	inbox  *mailbox[media.Packet]
	state  hub.Player // under the stream's lock
	ended  bool       // under the stream's lock
}

// Subscribe joins a stream as a player does: headers and cached frames come first. A subscriber that does not take its
// packets loses video up to a keyframe, as a slow player does. It fails with ErrNoStream, and ErrClosed.
func (h *Hub) Subscribe(app, name string, mask hub.Mask) (*HubSubscriber, error) {
	st := h.enter(streamKey{app, name}, h.options.WaitForPublisher)
	if st == nil {
		return nil, ErrNoStream
	}
	defer st.mu.Unlock()
	s := &HubSubscriber{stream: st, inbox: newMailbox(packetCost)}
	s.state.Options, s.state.Mask = h.options.Player, mask
	begin := st.cache.Join(func(f *hub.Frame) {
		if s.state.Wants(f) {
			s.put(f)
		}
	})
	s.state.Begin(begin, s.inbox.waitingCost())
	st.sinks = append(st.sinks, s)
	return s, nil
}

// NextPackets takes packets, which the caller releases, as [Session.NextPackets] does.
func (s *HubSubscriber) NextPackets(dst []media.Packet, timeout time.Duration) (int, error) {
	return s.inbox.take(dst, timeout)
}

// NextPacket is NextPackets for one.
func (s *HubSubscriber) NextPacket(timeout time.Duration) (media.Packet, error) {
	var p [1]media.Packet
	_, err := s.inbox.take(p[:], timeout)
	return p[0], err
}

// OnReady is that of [Session.OnReady].
func (s *HubSubscriber) OnReady(ready func()) { s.inbox.setNotify(ready) }

// Close leaves the stream.
func (s *HubSubscriber) Close() error {
	s.stream.mu.Lock()
	s.ended = true
	s.stream.removeGone()
	s.stream.endIfEmpty()
	s.stream.mu.Unlock()
	s.inbox.abandon(ErrClosed, func(p media.Packet) { p.Release() })
	return nil
}

func (s *HubSubscriber) alive() bool { return !s.ended }

func (s *HubSubscriber) send(st *hubStream, frames []*hub.Frame) bool {
	if s.ended {
		return false
	}
	for _, f := range frames {
		queued := s.inbox.waitingCost()
		if queued == 0 {
			s.state.Drained()
		}
		switch s.state.Decide(f, queued) {
		case hub.Send:
			s.put(f)
			st.sent.Add(1)
		case hub.Drop:
			st.lost.Add(1)
		case hub.Disconnect:
			s.ended = true
			s.inbox.close(ErrLimit)
			return false
		}
	}
	return true
}

func (s *HubSubscriber) put(f *hub.Frame) {
	for _, p := range append([]media.Packet{f.Info}, f.Tracks...) {
		p.Buffer = f.Info.Buffer.Retain()
		if _, ok := s.inbox.put(p); !ok {
			p.Release()
		}
	}
}

func (s *HubSubscriber) restart(*hubStream) { s.state.Begin(hub.BeginAtKeyframe, 0) }

func (s *HubSubscriber) stop(string) {
	s.ended = true
	s.inbox.close(io.EOF)
}
