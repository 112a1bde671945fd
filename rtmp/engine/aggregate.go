package engine

import (
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// maxAggregated bounds the messages in one aggregate message.
const maxAggregated = 4096

// aggregate delivers the messages inside an aggregate message (§7.1.6). A truncated tail ends it. It takes the payload's
// reference.
func (c *core) aggregate(m chunk.Message, streamID uint32, clock *media.Unwrapper) {
	reader := message.NewAggregateReader(m.Timestamp, m.Payload.Bytes())
	part := m
	delivered := false
	for range maxAggregated {
		inner, ok, err := reader.Next()
		if err != nil {
			c.counters.Faulty++
		}
		if !ok {
			break
		}
		part.TypeID, part.Timestamp = inner.TypeID, inner.Timestamp
		switch part.TypeID {
		case message.TypeAudio, message.TypeVideo, message.TypeData, message.TypeDataAMF3:
			c.deliverOwn(part, streamID, clock, inner.Payload)
			delivered = true
		default:
			c.counters.Unknown++
		}
	}
	if !delivered {
		c.nothingForward()
	}
	m.Payload.Release()
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
