package rtmp

import (
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// sender is the sending half of a stream: what a [Client] that publishes and a [Session] that is played share.
type sender struct {
	link    *link
	to      outlet
	bound   int // of output that waits, before a send does
	timeout time.Duration
	noWait  bool

	// Under the link's lock.
	awaitRoom bool // a send failed with ErrAgain: say when there is room
	sent      tally
	head      []byte  // of the message being sent
	upkeep    *upkeep // not nil: video is dropped instead of waiting, or a lost connection is made again
}

// outlet is where a sender's messages go. Its methods are called with the link locked.
type outlet interface {
	state() error // why nothing can be sent
	putMedia(typeID uint8, timestamp uint32, head, body []byte) error
	putPacket(p *media.Packet) error
	putMetadata(v amf.Value) error
	writable() // there is room again
	congested(on bool)
	// boundary is called before a message is sent, with whether it is a keyframe. It may wait.
	boundary(keyframe bool) error
}

// SendVideoSequenceHeader sends an AVCDecoderConfigurationRecord (avcC), which decoders need before the first frame, and
// before the next one when it changes. It has the timestamp of the audio or video that was sent last, 0 if there was none;
// SendPacket sends one with another timestamp. config is borrowed for the call.
func (s *sender) SendVideoSequenceHeader(config []byte) error {
	head := [5]byte{media.FrameKey<<4 | 7, media.AVCSequenceHeader}
	return s.sendMedia(message.TypeVideo, nil, head[:], config)
}

// SendAudioSequenceHeader sends an AudioSpecificConfig, which decoders need before the first AAC frame, with a timestamp as
// SendVideoSequenceHeader has it. config is borrowed for the call.
func (s *sender) SendAudioSequenceHeader(config []byte) error {
	head := [2]byte{0xAF, media.AACSequenceHeader}
	return s.sendMedia(message.TypeAudio, nil, head[:], config)
}

// SendVideo sends one H.264 access unit at a time in milliseconds: its NAL units, each behind its length in as many
// bytes as the configuration record says. nalus is borrowed for the call.
func (s *sender) SendVideo(timestamp uint32, keyframe bool, nalus []byte) error {
	return s.SendVideoAt(timestamp, 0, keyframe, nalus)
}

// SendVideoAt is SendVideo for streams with B-frames: timestamp is the decoding time, and composition what must be
// added for presentation, in milliseconds, -8388608 to 8388607.
func (s *sender) SendVideoAt(timestamp uint32, composition int32, keyframe bool, nalus []byte) error {
	frame := byte(media.FrameInter)
	if keyframe {
		frame = media.FrameKey
	}
	head := [5]byte{frame<<4 | 7, media.AVCNALU, byte(composition >> 16), byte(composition >> 8), byte(composition)}
	return s.sendMedia(message.TypeVideo, &timestamp, head[:], nalus)
}

// SendAudio sends one raw AAC frame, without ADTS header, at a time in milliseconds. frame is borrowed for the call.
func (s *sender) SendAudio(timestamp uint32, frame []byte) error {
	head := [2]byte{0xAF, media.AACRaw}
	return s.sendMedia(message.TypeAudio, &timestamp, head[:], frame)
}

// SendMetadata sends the stream's metadata as onMetaData; a server keeps it for its players.
func (s *sender) SendMetadata(m *message.Metadata) error { return s.SendMetadataValue(m.Value()) }

// SendMetadataValue is SendMetadata for any AMF value, normally an ECMA array.
func (s *sender) SendMetadataValue(v amf.Value) error {
	return s.withRoom(func() unit { return s.upkeep.metadata(v) }, func() error {
		err := s.to.putMetadata(v)
		if err == nil {
			s.sent.add(message.TypeData, 0, 0, false, false)
		}
		return err
	})
}

// SendData sends a data message (type 18): AMF0 values, the first of which is the handler's name. body is borrowed
// for the call.
func (s *sender) SendData(timestamp uint32, body []byte) error {
	return s.sendMedia(message.TypeData, &timestamp, nil, body)
}

// sendMedia sends a message. Without a timestamp it has that of the audio or video before it.
func (s *sender) sendMedia(typeID uint8, at *uint32, head, body []byte) error {
	time := func() uint32 {
		if at == nil {
			return s.sent.clock.Load()
		}
		return *at
	}
	return s.withRoom(func() unit { return s.upkeep.message(typeID, time(), head, body) }, func() error {
		s.head = append(s.head[:0], head...) // head itself would have to be allocated
		err := s.to.putMedia(typeID, time(), s.head, body)
		if err == nil {
			frame, keyframe := pictured(typeID, head, body)
			s.sent.add(typeID, len(head)+len(body), time(), frame, keyframe)
		}
		return err
	})
}

// SendPacket sends a packet as it was received or read: its Raw payload, or if it has none a payload built from its
// fields. The packet and its memory are borrowed for the call.
func (s *sender) SendPacket(p *media.Packet) error {
	seen := understood(p)
	return s.withRoom(func() unit { return s.upkeep.packet(seen) }, func() error {
		err := s.to.putPacket(p)
		if err == nil {
			s.sent.packet(seen, payloadSize(p))
		}
		return err
	})
}

// SendPackets sends packets in order and returns how many were taken. With an error it is fewer than all.
func (s *sender) SendPackets(packets []media.Packet) (int, error) {
	for i := range packets {
		if err := s.SendPacket(&packets[i]); err != nil {
			return i, err
		}
	}
	return len(packets), nil
}

// withRoom calls send, which gives the engine one message, once there is room in the output queue, unless the message is
// one to be dropped: look says what it is.
func (s *sender) withRoom(look func() unit, send func() error) error {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	keyframe := false
	if s.upkeep != nil {
		if err := s.to.state(); err != nil {
			return err
		}
		m := look()
		if s.upkeep.drop(m, s.link.queued(), s.bound) {
			s.sent.dropped.Add(1)
			return nil
		}
		keyframe = s.upkeep.begins(m)
	}
	err := s.waitRoom()
	if err == nil {
		err = s.to.boundary(keyframe)
	}
	switch {
	case err == errAway:
		s.sent.dropped.Add(1)
		return nil
	case err != nil:
		return err
	}
	if err := send(); err != nil {
		if ended := s.to.state(); ended != nil {
			return ended
		}
		return err
	}
	if u := s.upkeep; u != nil && !u.crowded && s.link.queued() >= s.bound/2 {
		u.crowded = true
		s.to.congested(true)
	}
	s.link.sealLarge()
	s.link.flush()
	return nil
}

// over is why there is no room to be waited for. The link is locked.
func (s *sender) over() error {
	if s.upkeep != nil && s.upkeep.away != nil {
		return errAway
	}
	return s.to.state()
}

// waitRoom waits until the output queue takes a message. The link is locked.
func (s *sender) waitRoom() error {
	if err := s.to.state(); err != nil || s.link.queued() < s.bound {
		return err
	}
	if s.noWait {
		s.awaitRoom = true
		return ErrAgain
	}
	if err := s.link.waitQueued(s.bound-1, s.timeout, s.over); err == ErrTimeout || err == errAway {
		return err
	}
	return s.to.state()
}

// pictured reports whether a message is a video frame, and whether it is a keyframe.
func pictured(typeID uint8, head, body []byte) (frame, keyframe bool) {
	switch {
	case typeID != message.TypeVideo:
		return false, false
	case len(head) > 1:
		return head[1] == media.AVCNALU, head[1] == media.AVCNALU && head[0]>>4 == media.FrameKey
	}
	packets := media.AppendPackets(nil, typeID, 0, body)
	return packets[0].Kind == media.KindFrame, packets[0].Keyframe()
}

// payloadSize is the length of a packet's message, or what is known of it.
func payloadSize(p *media.Packet) int {
	if len(p.Raw) == 0 {
		return len(p.Data)
	}
	return len(p.Raw)
}

// drained says that there is room again, if a send was told there was none. The link is locked.
func (s *sender) drained() {
	if u := s.upkeep; u != nil && u.crowded && s.link.queued() <= s.bound/4 {
		u.crowded = false
		s.to.congested(false)
	}
	if s.awaitRoom && s.link.queued() <= s.bound/2 {
		s.awaitRoom = false
		s.to.writable()
	}
}

// Flush waits until everything sent so far has been handed to the network, as long as timeout says. While a lost
// connection is made again it fails with why it was lost.
func (s *sender) Flush(timeout time.Duration) error {
	s.link.mu.Lock()
	defer s.link.mu.Unlock()
	if err := s.to.state(); err != nil {
		return err
	}
	err := s.link.waitQueued(0, timeout, s.over)
	switch {
	case s.upkeep != nil && s.upkeep.away != nil && s.to.state() == nil:
		return s.upkeep.away
	case err == ErrTimeout:
		return err
	}
	return s.to.state()
}
