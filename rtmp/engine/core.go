package engine

import (
	"sync"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// Chunk stream ids of what we send. No receiver depends on them but for 2 and 3.
const (
	csidControl    = 2
	csidConnection = 3 // NetConnection commands and all replies
	csidAudio      = 4
	csidStream     = 5 // stream status and data
	csidVideo      = 6
	csidClient     = 8 // the client's stream commands
)

// maxEvents bounds the events of one Receive; the caller takes them and goes on.
const maxEvents = 64

// core is what both sides of a connection share: messages in and out, and the protocol control messages.
type core struct {
	limits    *Limits // complete, as are the timeouts, and perhaps shared with other connections
	timeouts  *Timeouts
	now       time.Duration
	phase     Phase
	decoder   *chunk.Decoder
	encoder   chunk.Encoder
	alloc     buffer.Allocator
	out       []byte
	events    []Event
	taken     int // events already taken from the front
	packets   []media.Packet
	size      int        // of the message that is being handled
	aggregate *aggregate // not nil: its parts come before anything else
	counters  Counters
	idle      rate
	closing   bool
	early     bool // no publish or play has been accepted yet
	err       error

	peerWindow   uint32 // the peer wants an Acknowledgement after so many bytes; 0: it did not ask
	acknowledged uint64
	ownWindow    uint32 // the Window Acknowledgement Size last sent
	limiter      message.BandwidthLimiter
	peerAck      uint32
	bufferLength uint32 // the last Set Buffer Length of the peer, ms

	calls            calls
	strictness       Strictness
	answersCalls     bool // the application answers commands that we do not know
	peerCapabilities message.Capabilities

	lastReceived time.Duration
	pinged       bool // since lastReceived
}

func (c *core) init(l *Limits, t *Timeouts, alloc buffer.Allocator) {
	c.limits, c.timeouts, c.alloc = l, t, alloc
	c.early = true
	c.phase = PhaseHandshake
	c.decoder = chunk.NewDecoder(c.alloc, c.limits.chunk(true))
}

// NextEvent takes the next event, if there is one. What it points to is the caller's.
func (c *core) NextEvent() (Event, bool) {
	if c.taken == len(c.events) && c.aggregate != nil {
		c.events, c.taken = c.events[:0], 0
		c.deliverParts()
	}
	if c.taken == len(c.events) {
		if cap(c.events) == maxEvents {
			eventBlocks.Put((*[maxEvents]Event)(c.events[:maxEvents]))
		}
		if cap(c.packets) > 2*maxEvents { // after one message of very many parts
			c.packets = nil
		}
		c.events, c.taken = nil, 0
		return Event{}, false
	}
	e := c.events[c.taken]
	c.events[c.taken] = Event{}
	c.taken++
	return e, true
}

func (c *core) pendingEvents() int { return len(c.events) - c.taken }

// Unfinished reports that NextEvent goes on with a message of which some events were taken: a caller who has had enough for
// now takes the others later.
func (c *core) Unfinished() bool { return c.aggregate != nil && c.err == nil }

// full reports that events must be taken before there may be more.
func (c *core) full() bool { return c.aggregate != nil || c.pendingEvents() >= maxEvents }

func (c *core) event(e Event) {
	e.Size = c.size
	if c.events == nil {
		c.events = eventBlocks.Get().(*[maxEvents]Event)[:0]
	}
	c.events = append(c.events, e)
}

// eventBlocks are where events wait. A connection has one only while there are some.
var eventBlocks = sync.Pool{New: func() any { return new([maxEvents]Event) }}

// Closing reports that the conversation is over: the caller sends what output there is and closes the connection.
func (c *core) Closing() bool { return c.closing }

// Phase returns where in its life the connection is.
func (c *core) Phase() Phase { return c.phase }

// Counters returns what the connection did so far.
func (c *core) Counters() Counters { return c.counters }

// Err returns the error that ended the engine, or nil.
func (c *core) Err() error { return c.err }

// Close releases what the engine holds: incomplete messages and events not taken.
func (c *core) Close() {
	c.decoder.Close()
	c.endAggregate()
	for e, ok := c.NextEvent(); ok; e, ok = c.NextEvent() {
		e.Packet.Release()
	}
	c.out = nil
}

func (c *core) fail(err error) error {
	if c.err == nil {
		c.err = &Error{Phase: c.phase, Err: err}
	}
	return c.err
}

func (c *core) send(csid uint32, typeID uint8, streamID, timestamp uint32, payload []byte) {
	c.out = c.encoder.AppendMessage(c.output(), chunk.Header{ChunkStreamID: csid, Timestamp: timestamp, TypeID: typeID, StreamID: streamID}, payload)
}

func (c *core) sendCommand(csid, streamID uint32, cmd message.Command) {
	p := payloads.Get().(*[]byte)
	*p = message.AppendCommand((*p)[:0], cmd)
	c.sendPayload(csid, streamID, p)
}

// sendLong is sendCommand for what the application says, which may fit into no message.
func (c *core) sendLong(csid, streamID uint32, cmd message.Command) error {
	p := message.AppendCommand(nil, cmd)
	if len(p) > chunk.MaxSize {
		return ErrPayload
	}
	c.send(csid, message.TypeCommand, streamID, 0, p)
	return nil
}

// sendPayload sends a command whose payload is in a slice of payloads, and gives that back.
func (c *core) sendPayload(csid, streamID uint32, p *[]byte) {
	c.send(csid, message.TypeCommand, streamID, 0, *p)
	if cap(*p) <= maxPayload {
		payloads.Put(p)
	}
}

// payloads is room to put commands together in, for as long as that takes; what is longer than maxPayload is not kept.
var payloads = sync.Pool{New: func() any { p := make([]byte, 0, 1<<10); return &p }}

const maxPayload = 4 << 10

func (c *core) sendUserControl(u message.UserControl) {
	c.send(csidControl, message.TypeUserControl, 0, 0, message.AppendUserControl(nil, u))
}

func (c *core) sendWindow(window uint32) {
	c.ownWindow = window
	c.send(csidControl, message.TypeWindowAckSize, 0, 0, message.AppendWindowAckSize(nil, window))
}

func (c *core) sendChunkSize(size uint32) {
	c.send(csidControl, message.TypeSetChunkSize, 0, 0, message.AppendSetChunkSize(nil, size))
	c.encoder.SetChunkSize(size)
}

// receive decodes messages from p until handle says stop, or there were Limits.ReadChunks, and acknowledges what was received.
func (c *core) receive(p []byte, handle func(chunk.Message), paused func() bool) (n int, err error) {
	c.decoder.SetTurn(c.limits.ReadChunks)
	for n < len(p) && !paused() && !c.decoder.TurnOver() {
		m, k, ok, err := c.decoder.Next(c.withinWindow(p[n:]))
		n += k
		c.counters.BytesReceived += uint64(k)
		if err != nil {
			return n, c.fail(err)
		}
		if ok {
			c.counters.MessagesReceived++
			c.handle(m, handle)
			c.deliverParts()
			if c.err != nil {
				return n, c.err
			}
		}
		c.acknowledge()
	}
	return n, nil
}

// handle has a message handled, which releases it, and releases it where that panics.
func (c *core) handle(m chunk.Message, handle func(chunk.Message)) {
	panicked := true
	defer func() {
		if panicked {
			m.Payload.Release()
		}
	}()
	c.size = len(m.Payload.Bytes())
	handle(m)
	c.size = 0
	panicked = false
}

// smallestWindow bounds how often acknowledgements are sent, whatever the peer asks for.
const smallestWindow = 4096

// withinWindow cuts p where the window that the peer wants acknowledged is full, so that an acknowledgement says the
// same however the bytes arrive.
func (c *core) withinWindow(p []byte) []byte {
	if c.peerWindow == 0 {
		return p
	}
	left := c.acknowledged + uint64(max(c.peerWindow, smallestWindow)) - c.counters.BytesReceived
	return p[:min(uint64(len(p)), left)]
}

// acknowledge tells the peer, once a full window, how much has arrived (§5.4.3).
func (c *core) acknowledge() {
	if c.peerWindow == 0 || c.counters.BytesReceived-c.acknowledged < uint64(max(c.peerWindow, smallestWindow)) {
		return
	}
	c.acknowledged = c.counters.BytesReceived
	c.send(csidControl, message.TypeAcknowledgement, 0, 0, message.AppendAcknowledgement(nil, uint32(c.acknowledged)))
}

// nothingForward accounts a message that brings nothing forward.
func (c *core) nothingForward() {
	if !c.idle.take(c.now, c.limits.IdleMessages) {
		c.fail(ErrFlood)
	}
}

func (c *core) unknown() {
	c.counters.Unknown++
	c.nothingForward()
}

func (c *core) faulty() {
	c.counters.Faulty++
	c.nothingForward()
}

// control handles a protocol control or user control message (types 1 to 6), whatever its chunk and message stream.
func (c *core) control(typeID uint8, p []byte) {
	switch typeID {
	case message.TypeSetChunkSize:
		size, err := message.ParseSetChunkSize(p)
		if c.strict(StrictChunkSize, err != nil || size == 0 || size > 65536, "Set Chunk Size") {
			return
		}
		if err != nil || size == 0 {
			c.faulty()
			return
		}
		c.decoder.SetChunkSize(size)
		c.event(Event{Kind: EventChunkSize, Value: size})
	case message.TypeAbort:
		if id, err := message.ParseAbort(p); err == nil {
			c.decoder.Abort(id)
		} else {
			c.counters.Faulty++
		}
	case message.TypeAcknowledgement:
		if seq, err := message.ParseAcknowledgement(p); err != nil {
			c.faulty()
		} else if seq != c.peerAck {
			c.peerAck = seq
			c.event(Event{Kind: EventAcknowledged, Value: seq})
			return
		}
	case message.TypeUserControl:
		c.userControl(p)
	case message.TypeWindowAckSize:
		if window, err := message.ParseWindowAckSize(p); err == nil && window != 0 {
			c.peerWindow = window
		} else {
			c.counters.Faulty++
		}
	case message.TypeSetPeerBandwidth:
		if size, limit, err := message.ParseSetPeerBandwidth(p); err == nil {
			if window, changed := c.limiter.Apply(size, limit); changed && window != c.ownWindow {
				c.sendWindow(window)
			}
		} else {
			c.counters.Faulty++
		}
	}
	c.nothingForward()
}

func (c *core) userControl(p []byte) {
	u, err := message.ParseUserControl(p)
	if err != nil {
		c.counters.Faulty++
		return
	}
	switch u.Event {
	case message.EventPingRequest:
		c.sendUserControl(message.UserControl{Event: message.EventPingResponse, Timestamp: u.Timestamp})
		return
	case message.EventStreamBegin, message.EventStreamEOF, message.EventStreamDry, message.EventSetBufferLength,
		message.EventStreamIsRecorded, message.EventPingResponse, message.EventBufferEmpty, message.EventBufferReady:
	default:
		c.counters.Unknown++
	}
	u.Data = append([]byte(nil), u.Data...)
	if u.Event == message.EventSetBufferLength {
		c.bufferLength = u.BufferLength
	}
	c.event(Event{Kind: EventControl, Control: u})
}

// SendPing asks the peer for a sign of life. The answer comes as a control event with the same timestamp. It fails with
// ErrState before the handshake is complete and once the conversation is over.
func (c *core) SendPing(timestamp uint32) error {
	if c.err != nil || c.closing || c.phase == PhaseHandshake {
		return ErrState
	}
	c.sendUserControl(message.UserControl{Event: message.EventPingRequest, Timestamp: timestamp})
	return nil
}

// deliver turns a media or data message into packet events of a stream. It takes the payload's reference.
func (c *core) deliver(m chunk.Message, streamID uint32, clock *media.Unwrapper) {
	c.deliverPart(m, streamID, clock, m.Payload.Bytes())
	m.Payload.Release()
}

// deliverPart is deliver for a payload that is part of m's buffer, or all of it. Each packet retains the buffer.
func (c *core) deliverPart(m chunk.Message, streamID uint32, clock *media.Unwrapper, payload []byte) {
	c.packets = media.AppendPackets(c.packets[:0], m.TypeID, m.Timestamp, payload)
	ms := clock.Unwrap(m.Timestamp)
	for i := range c.packets {
		p := &c.packets[i]
		p.SetTime(ms)
		p.Buffer = m.Payload.Retain()
		c.counters.PacketsReceived++
		if p.Flags&media.FlagMalformed != 0 {
			c.counters.Malformed++
		}
		c.event(Event{Kind: EventPacket, StreamID: streamID, Packet: *p})
		*p = media.Packet{}
	}
	if len(payload) == 0 {
		c.nothingForward()
	}
}

// settled lifts the early limits: a publish or play was accepted.
func (c *core) settled() {
	c.early = false
	c.phase = PhaseMedia
	c.decoder.SetLimits(c.limits.chunk(false))
}

// idleDeadline returns when the silence of the peer next matters: for a ping, then for the end.
func (c *core) idleDeadline() deadline {
	if c.timeouts.Idle < 0 {
		return never
	}
	if !c.pinged {
		return at(c.lastReceived + c.timeouts.Idle/2)
	}
	return at(c.lastReceived + c.timeouts.Idle)
}

// advanceIdle pings a silent peer, and gives it up in the end.
func (c *core) advanceIdle() error {
	if !c.idleDeadline().passed(c.now) {
		return nil
	}
	if !c.pinged {
		c.pinged = true
		c.SendPing(uint32(c.now / time.Millisecond))
		return nil
	}
	return c.fail(ErrTimeout)
}

func (c *core) heard() {
	c.lastReceived, c.pinged = c.now, false
}

// deadline is a moment since the beginning of the connection, or none.
type deadline struct {
	set bool
	at  time.Duration
}

var never = deadline{}

func at(t time.Duration) deadline { return deadline{true, t} }

// after is a deadline d after t; a negative d is none.
func after(t, d time.Duration) deadline {
	if d < 0 {
		return never
	}
	return at(t + d)
}

func (d deadline) passed(now time.Duration) bool { return d.set && now >= d.at }

func (d deadline) earlier(o deadline) deadline {
	if !d.set || o.set && o.at < d.at {
		return o
	}
	return d
}
