package rtmp

import (
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// SendVideoSequenceHeader sends an AVCDecoderConfigurationRecord (avcC), which decoders need before the first frame.
// config is borrowed for the call.
func (c *Client) SendVideoSequenceHeader(config []byte) error {
	return c.sendAVC(0, media.FrameKey, media.AVCSequenceHeader, 0, config)
}

// SendAudioSequenceHeader sends an AudioSpecificConfig, which decoders need before the first AAC frame. config is
// borrowed for the call.
func (c *Client) SendAudioSequenceHeader(config []byte) error {
	return c.sendAAC(0, media.AACSequenceHeader, config)
}

// SendVideo sends one H.264 access unit at a time in milliseconds: its NAL units, each behind its length in as many
// bytes as the configuration record says. nalus is borrowed for the call.
func (c *Client) SendVideo(timestamp uint32, keyframe bool, nalus []byte) error {
	return c.SendVideoAt(timestamp, 0, keyframe, nalus)
}

// SendVideoAt is SendVideo for streams with B-frames: timestamp is the decoding time, and composition what must be
// added for presentation, in milliseconds, -8388608 to 8388607.
func (c *Client) SendVideoAt(timestamp uint32, composition int32, keyframe bool, nalus []byte) error {
	frame := byte(media.FrameInter)
	if keyframe {
		frame = media.FrameKey
	}
	return c.sendAVC(timestamp, frame, media.AVCNALU, composition, nalus)
}

func (c *Client) sendAVC(timestamp uint32, frame, packetType byte, composition int32, body []byte) error {
	head := [5]byte{frame<<4 | 7, packetType, byte(composition >> 16), byte(composition >> 8), byte(composition)}
	return c.sendMedia(message.TypeVideo, timestamp, head[:], body)
}

// SendAudio sends one raw AAC frame, without ADTS header, at a time in milliseconds. frame is borrowed for the call.
func (c *Client) SendAudio(timestamp uint32, frame []byte) error {
	return c.sendAAC(timestamp, media.AACRaw, frame)
}

func (c *Client) sendAAC(timestamp uint32, packetType byte, body []byte) error {
	head := [2]byte{0xAF, packetType}
	return c.sendMedia(message.TypeAudio, timestamp, head[:], body)
}

// SendMetadata sends the stream's metadata as onMetaData, which servers keep for players.
func (c *Client) SendMetadata(m *message.Metadata) error { return c.SendMetadataValue(m.Value()) }

// SendMetadataValue is SendMetadata for any AMF value, normally an ECMA array.
func (c *Client) SendMetadataValue(v amf.Value) error {
	return c.withRoom(func() error {
		err := c.engine.SendMetadata(0, v)
		if err == nil {
			c.count(message.TypeData, 0, 0)
		}
		return err
	})
}

// SendData sends a data message (type 18): AMF0 values, the first of which is the handler's name. body is borrowed
// for the call.
func (c *Client) SendData(timestamp uint32, body []byte) error {
	return c.sendMedia(message.TypeData, timestamp, nil, body)
}

func (c *Client) sendMedia(typeID uint8, timestamp uint32, head, body []byte) error {
	return c.withRoom(func() error {
		err := c.engine.SendMedia(typeID, timestamp, head, body)
		if err == nil {
			c.count(typeID, len(head)+len(body), timestamp)
		}
		return err
	})
}

// SendPacket sends a packet as it was received or read: its Raw payload, or if it has none a payload built from its
// fields. The packet and its memory are borrowed for the call.
func (c *Client) SendPacket(p *media.Packet) error {
	return c.withRoom(func() error {
		err := c.engine.SendPacket(p)
		if err == nil {
			c.count(p.Type, len(p.Raw), p.Timestamp)
		}
		return err
	})
}

// SendPackets sends packets in order and returns how many were taken. With an error it is fewer than all.
func (c *Client) SendPackets(packets []media.Packet) (int, error) {
	for i := range packets {
		if err := c.SendPacket(&packets[i]); err != nil {
			return i, err
		}
	}
	return len(packets), nil
}

// withRoom calls send, which gives the engine one message, once there is room in the output queue.
func (c *Client) withRoom(send func() error) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if err := c.waitRoom(); err != nil {
		return err
	}
	if err := send(); err != nil {
		if ended := c.state(); ended != nil {
			return ended
		}
		return err
	}
	c.link.flush()
	return nil
}

// waitRoom waits until the output queue takes a message. The link is locked.
func (c *Client) waitRoom() error {
	if err := c.state(); err != nil || c.link.queued() < c.options.OutputBytes {
		return err
	}
	if c.options.NoWait {
		c.awaitRoom = true
		return ErrAgain
	}
	if err := c.link.waitQueued(c.options.OutputBytes-1, c.options.SendTimeout); err == ErrTimeout {
		return err
	}
	return c.state()
}

// count is called with the link locked.
func (c *Client) count(typeID uint8, size int, timestamp uint32) {
	s := &c.sent
	s.Packets++
	s.Bytes += uint64(size)
	s.Timestamp = timestamp
	switch typeID {
	case message.TypeAudio:
		s.Audio++
	case message.TypeVideo:
		s.Video++
	default:
		s.Data++
	}
}

// Statistics returns what was sent so far; Queued is what has not left yet.
func (c *Client) Statistics() Statistics {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	s := c.sent
	s.Duration = time.Since(c.begun)
	s.Queued = c.link.queued()
	return s
}

// PeerAddr returns the server's address, or "" while the client is connecting.
func (c *Client) PeerAddr() string {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if a := c.link.transport.remoteAddr(); a != nil {
		return a.String()
	}
	return ""
}
