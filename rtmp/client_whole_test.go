package rtmp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// plainServer accepts one connection, shakes hands, and gives each command to a script.
func plainServer(t *testing.T, script func(p *plainPeer, m said, c message.Command)) (address string, done chan error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	done = make(chan error, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			done <- err
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		hello := make([]byte, 1537)
		io.ReadFull(conn, hello)
		conn.Write(append(append([]byte{3}, make([]byte, 1536)...), hello[1:]...))
		io.ReadFull(conn, make([]byte, 1536))
		p := &plainPeer{version: [4]byte(hello[5:9]), t: t, conn: conn, decoder: chunk.NewDecoder(buffer.Heap, chunk.Limits{}), buf: make([]byte, 64<<10)}
		for {
			m, err := p.next()
			if err != nil {
				done <- err
				return
			}
			var c message.Command
			if m.TypeID == message.TypeCommand {
				c, _ = message.ParseCommand(m.TypeID, m.payload, amf.Limits{})
			}
			script(p, m, c)
		}
	}()
	return l.Addr().String(), done
}

// B11: the playing client is whole: play goes out on the stream that the server made, whatever its number, and the name
// is not in tcUrl; while it plays it follows Set Chunk Size, answers pings, and acknowledges what it has received.
func TestPlayingClientIsWhole(t *testing.T) {
	const streamID, frame, total = 7, 60000, 20
	var tcURL string
	var playedOn uint32
	var pong, acknowledged bool
	address, done := plainServer(t, func(p *plainPeer, m said, c message.Command) {
		status := func(code string) {
			p.command(streamID, message.NewStatus(code, "").Command())
		}
		control := func(typeID uint8, payload []byte) { p.send(typeID, 0, 0, payload) }
		switch {
		case c.Name == "connect":
			info, _ := message.ParseConnect(c)
			tcURL = info.TCURL
			control(message.TypeWindowAckSize, message.AppendWindowAckSize(nil, 100000))
			p.command(0, message.ConnectResult(c.TransactionID, 0))
		case c.Name == "createStream":
			p.command(0, message.Result(c.TransactionID, amf.Null{}, amf.Number(streamID)))
		case c.Name == "play":
			playedOn = m.StreamID
			status(message.CodePlayReset)
			status(message.CodePlayStart)
			control(message.TypeUserControl, message.AppendUserControl(nil, message.UserControl{Event: message.EventPingRequest, Timestamp: 4711}))
			for n := range total {
				size := uint32(1000 * (n + 1)) // another one for each frame
				control(message.TypeSetChunkSize, message.AppendSetChunkSize(nil, size))
				p.encoder.SetChunkSize(size)
				p.send(message.TypeVideo, streamID, uint32(n*40), append([]byte{0x27, 1, 0, 0, 0}, bytes.Repeat([]byte{byte(n)}, frame)...))
			}
		case m.TypeID == message.TypeUserControl:
			u, _ := message.ParseUserControl(m.payload)
			pong = pong || u.Event == message.EventPingResponse && u.Timestamp == 4711
		case m.TypeID == message.TypeAcknowledgement:
			acknowledged = true
		}
	})
	c, err := Play(context.Background(), "rtmp://"+address+"/live/secret?token=1", nil)
	if err != nil {
		t.Fatal(err)
	}
	for n := range total {
		p, err := c.NextPacket(10 * time.Second)
		if err != nil {
			t.Fatal(n, err)
		}
		if p.Type != media.TypeVideo || len(p.Data) != frame || p.Data[0] != byte(n) || p.Data[frame-1] != byte(n) {
			t.Errorf("frame %d: type %d, %d bytes of %d", n, p.Type, len(p.Data), p.Data[0])
		}
		p.Release()
	}
	c.Close()
	if err := <-done; err != io.EOF {
		t.Errorf("the server heard: %v", err)
	}
	if tcURL != "rtmp://"+address+"/live" || playedOn != streamID || !pong || !acknowledged {
		t.Errorf("tcUrl %q, played on %d, answered the ping: %v, acknowledged: %v", tcURL, playedOn, pong, acknowledged)
	}
}

// B11: a stream that is not there ends the play at once, with the server's words; so do other refusals.
func TestPlayingClientIsRefused(t *testing.T) {
	for _, code := range []string{message.CodePlayStreamNotFound, message.CodePlayFailed, message.CodeStreamFailed} {
		address, _ := plainServer(t, func(p *plainPeer, m said, c message.Command) {
			switch c.Name {
			case "connect":
				p.command(0, message.ConnectResult(c.TransactionID, 0))
			case "createStream":
				p.command(0, message.Result(c.TransactionID, amf.Null{}, amf.Number(1)))
			case "play":
				p.command(1, message.Status{Level: message.LevelError, Code: code, Description: "not here"}.Command())
			}
		})
		_, err := Play(context.Background(), "rtmp://"+address+"/live/none", nil)
		var status *StatusError
		if !errors.As(err, &status) || status.Code != code || status.Description != "not here" {
			t.Errorf("%s: %v", code, err)
		}
	}
}
