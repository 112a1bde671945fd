package rtmp

import (
	"errors"
	"io"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// HubClient is a client without a connection: the application publishes into a stream of a hub by it, or plays one from
// there. Its methods are those of [Client], so that what works with the one works with the other.
type HubClient struct {
	reception
	options ClientOptions
	begun   time.Time
	events  *mailbox[ClientEvent]
	closed  atomic.Bool

	publisher *HubPublisher // nil: it plays
	awaitRoom atomic.Bool   // a send failed with ErrAgain: say when there is room
	sent      tally

	subscriber *HubSubscriber // nil: it publishes
	told       atomic.Bool    // that the stream has ended
}

// PublishClient is [Hub.Publish] for a client. Of the options, SendTimeout, NoWait and OutputBytes have a meaning; nil
// stands for the defaults.
func (h *Hub) PublishClient(app, name string, options *ClientOptions) (*HubClient, error) {
	c, err := newHubClient(options)
	if err != nil {
		return nil, err
	}
	if c.publisher, err = h.Publish(app, name); err != nil {
		return nil, err
	}
	c.publisher.bound = c.options.OutputBytes
	c.publisher.room.setNotify(c.roomChanged)
	return c, nil
}

// PlayClient is [Hub.Subscribe] for a client. A nil options stands for the defaults.
func (h *Hub) PlayClient(app, name string, mask hub.Mask, options *ClientOptions) (*HubClient, error) {
	c, err := newHubClient(options)
	if err != nil {
		return nil, err
	}
	if c.subscriber, err = h.Subscribe(app, name, mask); err != nil {
		return nil, err
	}
	return c, nil
}

func newHubClient(options *ClientOptions) (*HubClient, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	return &HubClient{options: o, begun: time.Now(), events: newMailbox((*ClientEvent).cost)}, nil
}

// roomChanged is called, with the publisher's room locked, when something was taken from it, and when it has ended.
func (c *HubClient) roomChanged() {
	switch {
	case c.closed.Load():
	case c.publisher.inbox.closed():
		c.events.put(ClientEvent{Kind: ClientEnded, Err: &Error{Phase: engine.PhaseMedia, Err: io.EOF}})
		c.events.close(io.EOF)
	default:
		c.tellRoom()
	}
}

func (c *HubClient) tellRoom() {
	if c.awaitRoom.Swap(false) && !c.events.has(func(e *ClientEvent) bool { return e.Kind == ClientWritable }) {
		c.events.put(ClientEvent{Kind: ClientWritable})
	}
}

// SendVideoSequenceHeader is that of [Client].
func (c *HubClient) SendVideoSequenceHeader(config []byte) error {
	return c.SendPacket(&media.Packet{
		Type: media.TypeVideo, Kind: media.KindSequenceHeader, Codec: media.AVC1, FrameType: media.FrameKey,
		Timestamp: c.lastTime(), Data: config,
	})
}

// SendAudioSequenceHeader is that of [Client].
func (c *HubClient) SendAudioSequenceHeader(config []byte) error {
	return c.SendPacket(&media.Packet{
		Type: media.TypeAudio, Kind: media.KindSequenceHeader, Codec: media.MP4A, Timestamp: c.lastTime(), Data: config,
	})
}

// lastTime is the timestamp of the audio or video sent last.
func (c *HubClient) lastTime() uint32 {
	return c.sent.clock.Load()
}

// SendVideo is that of [Client].
func (c *HubClient) SendVideo(timestamp uint32, keyframe bool, nalus []byte) error {
	return c.SendVideoAt(timestamp, 0, keyframe, nalus)
}

// SendVideoAt is that of [Client].
func (c *HubClient) SendVideoAt(timestamp uint32, composition int32, keyframe bool, nalus []byte) error {
	frame := uint8(media.FrameInter)
	if keyframe {
		frame = media.FrameKey
	}
	return c.SendPacket(&media.Packet{
		Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.AVC1, FrameType: frame, Timestamp: timestamp,
		Composition: composition, Data: nalus,
	})
}

// SendAudio is that of [Client].
func (c *HubClient) SendAudio(timestamp uint32, frame []byte) error {
	return c.SendPacket(&media.Packet{
		Type: media.TypeAudio, Kind: media.KindFrame, Codec: media.MP4A, Timestamp: timestamp, Data: frame,
	})
}

// SendMetadata is that of [Client].
func (c *HubClient) SendMetadata(m *message.Metadata) error { return c.SendMetadataValue(m.Value()) }

// SendMetadataValue is that of [Client].
func (c *HubClient) SendMetadataValue(v amf.Value) error {
	d := message.Data{Handler: message.HandlerMetadata, Set: true, Values: []amf.Value{v}}
	return c.SendData(0, message.AppendData(nil, d))
}

// SendData is that of [Client].
func (c *HubClient) SendData(timestamp uint32, body []byte) error {
	if body == nil {
		body = []byte{}
	}
	return c.SendPacket(&media.Packet{Type: media.TypeData, Timestamp: timestamp, Raw: body})
}

// SendPacket is that of [Client].
func (c *HubClient) SendPacket(p *media.Packet) error {
	if c.publisher == nil {
		return c.refusal(engine.ErrState)
	}
	timeout := c.options.SendTimeout
	if c.options.NoWait {
		timeout = 0
	}
	err := c.publisher.SendPacket(p, timeout)
	switch {
	case err == nil:
		c.sent.packet(understood(p), payloadSize(p))
	case err == ErrTimeout && c.options.NoWait:
		c.awaitRoom.Store(true)
		if !c.publisher.inbox.full(c.publisher.bound) { // since then
			c.tellRoom()
		}
		return ErrAgain
	case err == ErrClosed:
		return c.refusal(io.EOF)
	}
	return err
}

// refusal is ErrClosed after Close, and else err.
func (c *HubClient) refusal(err error) error {
	if c.closed.Load() {
		return ErrClosed
	}
	return err
}

// Flush waits until the hub has taken everything sent so far, as long as timeout says.
func (c *HubClient) Flush(timeout time.Duration) error {
	p := c.publisher
	if p == nil {
		return c.refusal(nil)
	}
	begun := time.Now()
	var token [1]struct{}
	for p.inbox.length() > 0 && !p.inbox.closed() {
		left := timeout
		if timeout > 0 {
			left = max(0, timeout-time.Since(begun))
		}
		if _, err := p.room.take(token[:], left); err == ErrTimeout {
			return err
		}
	}
	if p.inbox.closed() {
		return c.refusal(io.EOF)
	}
	p.room.put(token[0]) // who waits for room goes on by it
	return nil
}

// NextPacket is that of [Client].
func (c *HubClient) NextPacket(timeout time.Duration) (media.Packet, error) {
	var p [1]media.Packet
	_, err := c.NextPackets(p[:], timeout)
	return p[0], err
}

// NextPackets is that of [Client]. It fails with ErrLimit when the hub has ended a subscriber that was too slow.
func (c *HubClient) NextPackets(dst []media.Packet, timeout time.Duration) (int, error) {
	if c.subscriber == nil {
		return 0, c.refusal(engine.ErrState)
	}
	n, err := c.subscriber.NextPackets(dst, timeout)
	for i := range dst[:n] {
		c.note(&dst[i])
	}
	return n, err
}

// NextEvent is that of [Client]: of a client that publishes it tells that there is room, and of each how it ended.
func (c *HubClient) NextEvent(timeout time.Duration) (ClientEvent, error) {
	if c.subscriber == nil {
		var e [1]ClientEvent
		_, err := c.events.take(e[:], timeout)
		return e[0], err
	}
	var expired <-chan time.Time
	if timeout >= 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	inbox := c.subscriber.inbox
	select {
	case <-inbox.end():
	case <-expired:
	}
	if err := inbox.reason(); err != nil {
		return c.endOfPlay(err)
	}
	return ClientEvent{}, ErrTimeout
}

// endOfPlay is the event of the end, once.
func (c *HubClient) endOfPlay(err error) (ClientEvent, error) {
	if c.closed.Load() {
		return ClientEvent{}, ErrClosed
	}
	if c.told.Swap(true) {
		return ClientEvent{}, err
	}
	return ClientEvent{Kind: ClientEnded, Err: &Error{Phase: engine.PhasePlay, Err: err}}, nil
}

// Poll is that of [Client].
func (c *HubClient) Poll(dst []media.Packet) (int, ClientEvent, error) {
	if c.subscriber == nil {
		e, err := c.NextEvent(0)
		return 0, e, err
	}
	n, err := c.NextPackets(dst, 0)
	if err == nil || err == ErrTimeout {
		return n, ClientEvent{}, err
	}
	e, err := c.endOfPlay(err)
	return 0, e, err
}

// OnReady is that of [Client].
func (c *HubClient) OnReady(ready func()) {
	if c.subscriber != nil {
		c.subscriber.OnReady(ready)
		return
	}
	c.events.setNotify(ready)
}

// Ready is that of [Client].
func (c *HubClient) Ready() bool {
	if c.subscriber != nil {
		return c.subscriber.inbox.length() > 0 || c.subscriber.inbox.closed() && !c.told.Load()
	}
	return c.events.waiting()
}

// Pause makes the hub leave out what comes until it is called again; then headers come, and video from a keyframe on.
func (c *HubClient) Pause(pause bool) error {
	return c.want(func(p *hub.Player) { p.Paused = pause }, !pause)
}

// ReceiveAudio says whether audio is wanted.
func (c *HubClient) ReceiveAudio(want bool) error {
	return c.want(func(p *hub.Player) { p.NoAudio = !want }, want)
}

// ReceiveVideo says whether video is wanted.
func (c *HubClient) ReceiveVideo(want bool) error {
	return c.want(func(p *hub.Player) { p.NoVideo = !want }, want)
}

// want changes what a subscriber gets. If that is more, the headers come again and video from the next keyframe on.
func (c *HubClient) want(change func(*hub.Player), more bool) error {
	s := c.subscriber
	if s == nil {
		return c.refusal(engine.ErrState)
	}
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	if s.ended {
		return c.refusal(io.EOF)
	}
	if change(&s.state); more && !s.state.Paused {
		s.state.Restart()
		s.stream.cache.Headers(func(f *hub.Frame) {
			if s.state.Wants(f) {
				s.put(f)
			}
		})
	}
	return nil
}

// Seek fails: a hub's streams are live.
func (c *HubClient) Seek(time.Duration) error { return c.refusal(errors.ErrUnsupported) }

// SetBufferLength fails: there is no server to tell.
func (c *HubClient) SetBufferLength(time.Duration) error { return c.refusal(errors.ErrUnsupported) }

// Play2 is not supported: another stream is another client.
func (c *HubClient) Play2(message.Play2) error { return c.refusal(errors.ErrUnsupported) }

// Ping fails: there is no server to answer.
func (c *HubClient) Ping(time.Duration) (time.Duration, error) {
	return 0, c.refusal(errors.ErrUnsupported)
}

// PeerAddr returns "".
func (c *HubClient) PeerAddr() string { return "" }

// Statistics is that of [Client].
func (c *HubClient) Statistics() Statistics {
	if c.publisher != nil {
		s := c.sent.statistics(c.begun)
		s.Queued = c.publisher.inbox.waitingCost()
		return s
	}
	s := c.received.statistics(c.begun)
	s.Queued = c.subscriber.inbox.waitingCost()
	return s
}

// ConnectionStatistics has nothing to tell but how long the client has been there: it has no connection.
func (c *HubClient) ConnectionStatistics() ConnectionStatistics {
	return ConnectionStatistics{Duration: time.Since(c.begun)}
}

// Close ends the stream that is published, after what was sent, or leaves the one that is played. Waiting calls return
// ErrClosed. Closing again has no effect.
func (c *HubClient) Close() error {
	if c.closed.Swap(true) {
		return nil
	}
	c.events.abandon(ErrClosed, func(ClientEvent) {})
	if c.publisher != nil {
		return c.publisher.Close()
	}
	return c.subscriber.Close()
}
