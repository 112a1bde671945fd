package rtmp

import (
	"io"
	"net"
	"testing"
	"time"

	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// A timer that fires in the middle of a chunk, here for a ping, loses none of the bytes that came before it.
func TestTimersLoseNoBytes(t *testing.T) {
	near, far := net.Pipe()
	defer far.Close()
	s := bind(t, &ServerOptions{Timeouts: Timeouts{Idle: 200 * time.Millisecond, FirstMedia: -1}})
	if err := s.ServeConn(near); err != nil {
		t.Fatal(err)
	}
	e := engine.NewClient(engine.ClientConfig{Rand: randomness, StreamName: "key", Connect: message.Connect{App: "live"}})
	go io.Copy(far, &talk{e: e, from: far})
	session := accept(t, s)
	payload := []byte{0xAF, 1, 1, 2, 3, 4, 5, 6, 7, 8}
	h := chunk.Header{ChunkStreamID: 4, Timestamp: 70, TypeID: message.TypeAudio, StreamID: 1}
	wire := chunk.AppendBody(chunk.AppendHeader(nil, h, len(payload)), h, payload, 4096)
	for _, b := range wire {
		far.Write([]byte{b})
		time.Sleep(20 * time.Millisecond) // pings are due in between
	}
	p, err := session.NextPacket(5 * time.Second)
	if err != nil || string(p.Raw) != string(payload) || p.Timestamp != 70 {
		t.Fatalf("%x at %d, %v", p.Raw, p.Timestamp, err)
	}
	p.Release()
}
