package engine

import (
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/internal/wire"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// maxAggregated bounds the messages in one aggregate message.
const maxAggregated = 4096

// aggregate delivers the messages inside an aggregate message (§7.1.6): FLV tags whose timestamps are moved so that
// the first has the aggregate's. A truncated tail ends it, and back pointers are not looked at. It takes the payload's
// reference.
func (c *core) aggregate(m chunk.Message, streamID uint32, clock *media.Unwrapper) {
	cursor := wire.NewCursor(m.Payload.Bytes())
	part := m
	var offset uint32
	delivered := false
	for i := range maxAggregated {
		head, ok := cursor.Bytes(11)
		if !ok {
			if cursor.Len() > 0 {
				c.counters.Faulty++
			}
			break
		}
		body, ok := cursor.Bytes(int(wire.Uint24(head[1:])))
		if !ok {
			c.counters.Faulty++
			break
		}
		timestamp := wire.Uint24(head[4:]) | uint32(head[7])<<24
		if i == 0 {
			offset = m.Timestamp - timestamp
		}
		part.TypeID, part.Timestamp = head[0]&0x1F, timestamp+offset
		switch part.TypeID {
		case message.TypeAudio, message.TypeVideo, message.TypeData, message.TypeDataAMF3:
			c.deliverOwn(part, streamID, clock, body)
			delivered = true
		default:
			c.counters.Unknown++
		}
		cursor.Bytes(4)
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
