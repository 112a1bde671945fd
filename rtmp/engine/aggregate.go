package engine

import (
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// maxAggregated bounds the messages in one aggregate message.
const maxAggregated = 4096

// aggregate is an aggregate message whose parts are not all delivered yet: that happens as their events are taken, as it
// may have very many.
type aggregate struct {
	message  chunk.Message // with the reference to its payload
	reader   message.AggregateReader
	streamID uint32
	clock    *media.Unwrapper
	parts    int  // read so far
	media    bool // some of them were
}

// aggregated begins to deliver the messages inside an aggregate message (§7.1.6). It takes the payload's reference.
func (c *core) aggregated(m chunk.Message, streamID uint32, clock *media.Unwrapper) {
	c.aggregate = &aggregate{
		message: m, reader: message.NewAggregateReader(m.Timestamp, m.Payload.Bytes()), streamID: streamID, clock: clock,
	}
}

// deliverParts delivers parts of the aggregate message until events enough wait to be taken.
func (c *core) deliverParts() {
	for c.aggregate != nil && c.pendingEvents() < maxEvents && c.err == nil {
		if !c.deliverNext(c.aggregate) {
			c.endAggregate()
		}
	}
}

// deliverNext delivers the next part, and reports whether there was one. A truncated tail ends the message.
func (c *core) deliverNext(a *aggregate) bool {
	inner, ok, err := a.reader.Next()
	if err != nil {
		c.counters.Faulty++
	}
	if a.parts++; !ok || a.parts > maxAggregated {
		if !a.media {
			c.nothingForward()
		}
		return false
	}
	part := a.message
	part.TypeID, part.Timestamp = inner.TypeID, inner.Timestamp
	switch part.TypeID {
	case message.TypeAudio, message.TypeVideo, message.TypeData, message.TypeDataAMF3:
		a.media = true
		c.deliverOwn(part, a.streamID, a.clock, inner.Payload)
	default:
		c.counters.Unknown++
	}
	return true
}

// endAggregate releases the aggregate message, if there is one.
func (c *core) endAggregate() {
	if a := c.aggregate; a != nil {
		c.aggregate = nil
		a.message.Payload.Release()
	}
}

// deliverOwn delivers a part in a buffer of its own, so that who keeps it does not keep the whole aggregate, which is
// far more than the part counts for. A part that is most of its aggregate shares it.
func (c *core) deliverOwn(part chunk.Message, streamID uint32, clock *media.Unwrapper, body []byte) {
	if len(body) > part.Payload.Cap()/2 {
		c.deliverPart(part, streamID, clock, body)
		return
	}
	part.Payload = c.alloc.Allocate(len(body))
	if part.Payload == nil {
		c.fail(chunk.ErrMemory)
		return
	}
	copy(part.Payload.Bytes(), body)
	c.deliver(part, streamID, clock)
}
