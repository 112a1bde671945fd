package bench

import (
	"encoding/binary"
	"net"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/message"
)

// FrameBytes is the payload of a video frame: a header as H.264 has it, a number, the time it was sent, and noise.
const (
	FrameBytes = 16200 // 30 a second, with audio 4 Mbit/s
	numberAt   = 5
	SentAt     = 13
)

// Feed sends 30 frames a second, with audio, each message a write of its own.
func Feed(c net.Conn, number *atomic.Int64) {
	frame, audio := make([]byte, FrameBytes), make([]byte, 340)
	audio[0], audio[1] = 0xAF, 1
	begun := time.Now()
	for n := int64(0); ; n++ {
		time.Sleep(time.Until(begun.Add(time.Duration(n) * time.Second / 30)))
		frame[0], frame[1] = 0x27, 1
		if n%60 == 0 {
			frame[0] = 0x17
		}
		binary.BigEndian.PutUint64(frame[numberAt:], uint64(n))
		binary.BigEndian.PutUint64(frame[SentAt:], uint64(time.Now().UnixNano()))
		for _, m := range []struct {
			csid    uint32
			typeID  uint8
			payload []byte
		}{{6, message.TypeVideo, frame}, {4, message.TypeAudio, audio}} {
			h := chunk.Header{ChunkStreamID: m.csid, Timestamp: uint32(n * 1000 / 30), TypeID: m.typeID, StreamID: 1}
			if _, err := c.Write(chunk.AppendBody(chunk.AppendHeader(nil, h, len(m.payload)), h, m.payload, 4096)); err != nil {
				return
			}
		}
		number.Add(1)
	}
}
