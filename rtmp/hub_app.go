package rtmp

import (
	"io"
	"sync"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/engine"
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
	st, err := h.enter(streamKey{app, name}, true)
	if err != nil {
		return nil, err
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
		return engine.ErrType
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

// SendMetadata publishes metadata, which players that come later get first.
func (p *HubPublisher) SendMetadata(m *message.Metadata, timeout time.Duration) error {
	d := message.Data{Handler: message.HandlerMetadata, Set: true}
	d.Values = append(d.Values, m.Value())
	return p.Send(message.TypeData, 0, message.AppendData(nil, d), timeout)
}

// SetDataFrame publishes data under a handler's name, which players that come later get too, until it is cleared or set
// anew.
func (p *HubPublisher) SetDataFrame(handler string, values []amf.Value, timeout time.Duration) error {
	return p.Send(message.TypeData, 0, message.AppendData(nil, message.Data{Handler: handler, Set: true, Values: values}), timeout)
}

// ClearDataFrame makes players that come later get nothing under a handler's name, onMetaData among them.
func (p *HubPublisher) ClearDataFrame(handler string, timeout time.Duration) error {
	return p.Send(message.TypeData, 0, message.AppendData(nil, message.Data{Handler: handler, Clear: true}), timeout)
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

// Done is closed when the publisher has ended: another one has taken over, the hub was closed, or Close was called.
func (p *HubPublisher) Done() <-chan struct{} { return p.inbox.end() }

// Close ends the stream, after what was sent.
func (p *HubPublisher) Close() error {
	p.end(io.EOF)
	return nil
}
