package rtmp

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/message"
)

// plainPeer speaks the protocol to a server message by message, without an engine, and shows what comes and when.
type plainPeer struct {
	t       testing.TB
	conn    net.Conn
	encoder chunk.Encoder
	decoder *chunk.Decoder
	rest    []byte // received, not decoded
	arrived int    // how many reads there were
	buf     []byte
	version [4]byte // of the other side's first packet
}

// said is a message that a server sent, and with which read its last byte came.
type said struct {
	chunk.Header
	payload []byte
	read    int
}

// String names a message: commands and statuses by name and code, media by number, kind and size.
func (m said) String() string {
	switch m.TypeID {
	case message.TypeCommand:
		c, err := message.ParseCommand(m.TypeID, m.payload, amf.Limits{})
		if err != nil {
			return err.Error()
		}
		if info, ok := c.Info(); ok {
			return info.Code
		}
		return c.Name
	case message.TypeUserControl:
		u, _ := message.ParseUserControl(m.payload)
		return fmt.Sprintf("event %d", u.Event)
	case message.TypeData:
		d, _ := message.ParseData(m.TypeID, m.payload, amf.Limits{})
		if len(d.Values) > 0 {
			if s, ok := (message.Command{Arguments: d.Values}).Info(); ok && s.Code != "" {
				return d.Handler + " " + s.Code
			}
		}
		return d.Handler
	case message.TypeAudio, message.TypeVideo:
		return fmt.Sprintf("media %d", m.TypeID)
	}
	return fmt.Sprintf("type %d", m.TypeID)
}

// newPlainPeer shakes hands, connects to the app live, and creates a stream; startPlainPeer only shakes hands.
func newPlainPeer(t testing.TB, address string, properties ...amf.Property) *plainPeer {
	t.Helper()
	p := startPlainPeer(t, address)
	object := &amf.Object{Properties: append([]amf.Property{{Name: "app", Value: amf.String("live")}}, properties...)}
	p.command(0, message.Command{Name: "connect", TransactionID: 1, Object: object})
	p.until(message.CodeConnectSuccess)
	p.command(0, message.NewCommand("createStream", 2))
	p.until("_result")
	return p
}

func startPlainPeer(t testing.TB, address string) *plainPeer {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	p := &plainPeer{t: t, conn: conn, decoder: chunk.NewDecoder(buffer.Heap, chunk.Limits{}), buf: make([]byte, 4<<20)}
	conn.SetDeadline(time.Now().Add(20 * time.Second))
	conn.Write(append([]byte{3}, make([]byte, 1536)...))
	answer := make([]byte, 1+2*1536)
	if _, err := io.ReadFull(conn, answer); err != nil {
		t.Fatal(err)
	}
	conn.Write(answer[1 : 1+1536])
	return p
}

func (p *plainPeer) command(streamID uint32, c message.Command) {
	p.send(message.TypeCommand, streamID, 0, message.AppendCommand(nil, c))
}

func (p *plainPeer) send(typeID uint8, streamID, timestamp uint32, payload []byte) {
	p.t.Helper()
	h := chunk.Header{ChunkStreamID: 8, TypeID: typeID, StreamID: streamID, Timestamp: timestamp}
	if _, err := p.conn.Write(p.encoder.AppendMessage(nil, h, payload)); err != nil {
		p.t.Fatal(err)
	}
}

// next returns the next message. It follows the server's chunk size.
func (p *plainPeer) next() (said, error) {
	for {
		if len(p.rest) > 0 {
			m, n, ok, err := p.decoder.Next(p.rest)
			p.rest = p.rest[n:]
			if err != nil {
				return said{}, err
			}
			if ok {
				payload := bytes.Clone(m.Payload.Bytes())
				m.Payload.Release()
				if size, err := message.ParseSetChunkSize(payload); m.TypeID == message.TypeSetChunkSize && err == nil {
					p.decoder.SetChunkSize(size)
				}
				return said{Header: m.Header, payload: payload, read: p.arrived}, nil
			}
			continue
		}
		n, err := p.conn.Read(p.buf)
		if err != nil {
			return said{}, err
		}
		p.arrived++
		p.rest = p.buf[:n]
	}
}

// until takes messages up to one that is named so, and returns the names of all.
func (p *plainPeer) until(last string) (names []string) {
	p.t.Helper()
	p.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
	for {
		m, err := p.next()
		if err != nil {
			p.t.Fatalf("after %v: %v", names, err)
		}
		names = append(names, m.String())
		if m.String() == last {
			return names
		}
	}
}

// silent reports that nothing comes for a while.
func (p *plainPeer) silent(d time.Duration) (said, bool) {
	p.conn.SetReadDeadline(time.Now().Add(d))
	m, err := p.next()
	return m, err != nil
}
