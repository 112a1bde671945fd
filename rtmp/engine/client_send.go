package engine

import (
	"errors"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// ErrPayload is returned for media that fits into no message.
var ErrPayload = errors.New("engine: payload longer than 16 MiB - 1")

// ErrType is returned for a message that is no media.
var ErrType = errors.New("engine: neither audio nor video nor data")

// SendMedia sends an audio (8), video (9), data (18, 15) or aggregate (22) message whose payload is head followed by body.
// Both are borrowed for the call.
func (c *Client) SendMedia(typeID uint8, timestamp uint32, head, body []byte) error {
	if c.err != nil {
		return c.err
	}
	if !c.Publishing() {
		return ErrState
	}
	return c.sendMedia(c.streamID, typeID, timestamp, head, body)
}

// SendPacket sends a packet: its Raw payload as it is, or one built from its fields. Of a multitrack message split into
// several packets only the first is sent, as its Raw is the whole message. Metadata, and data that came inside
// @setDataFrame, goes out inside that.
func (c *Client) SendPacket(p *media.Packet) error {
	return sendPacket(p, dataPrefix(p), c.SendMedia)
}

// sendPacket sends a packet by send. prefix goes before the body of data messages.
func sendPacket(p *media.Packet, prefix []byte, send func(typeID uint8, timestamp uint32, head, body []byte) error) error {
	switch {
	case p.Flags&media.FlagContinued != 0 && p.Raw != nil:
		return nil
	case p.Type == media.TypeData && p.Data != nil:
		return send(p.Type, p.Timestamp, prefix, p.Data)
	case p.Raw != nil || p.Kind == media.KindSilence:
		return send(p.Type, p.Timestamp, nil, p.Raw)
	}
	payload, err := media.AppendPayload(nil, p)
	if err != nil {
		return err
	}
	return send(p.Type, p.Timestamp, nil, payload)
}

// sendMedia sends one media or data message on a stream. Messages of other types would change the connection.
func (c *core) sendMedia(streamID uint32, typeID uint8, timestamp uint32, head, body []byte) error {
	switch typeID {
	case message.TypeAudio, message.TypeVideo, message.TypeData, message.TypeDataAMF3, message.TypeAggregate:
	default:
		return ErrType
	}
	if len(head)+len(body) > chunk.MaxSize {
		return ErrPayload
	}
	h := chunk.Header{ChunkStreamID: mediaChunkStream(typeID), Timestamp: timestamp, TypeID: typeID, StreamID: streamID}
	size := c.encoder.MostSize(len(head) + len(body))
	c.out = c.encoder.AppendParts(c.outputFor(size), h, head, body)
	c.counters.PacketsSent++
	return nil
}

func mediaChunkStream(typeID uint8) uint32 {
	switch typeID {
	case message.TypeAudio:
		return csidAudio
	case message.TypeVideo:
		return csidVideo
	}
	return csidStream
}

// setDataFrame is what precedes metadata, and other data to be kept, on the way to a server, which keeps it for those who
// come later.
var setDataFrame = amf.AppendAMF0(nil, amf.String("@setDataFrame"))

func dataPrefix(p *media.Packet) []byte {
	if p.Handler == message.HandlerMetadata || p.Flags&media.FlagSetDataFrame != 0 {
		return setDataFrame
	}
	return nil
}

// SendMetadata sends an onMetaData message with the given value, normally an ECMA array.
func (c *Client) SendMetadata(timestamp uint32, v amf.Value) error {
	body := amf.AppendValuesAMF0(nil, amf.String(message.HandlerMetadata), v)
	return c.SendMedia(message.TypeData, timestamp, setDataFrame, body)
}
