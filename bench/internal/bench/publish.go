package bench

import (
	"bytes"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"sync"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/message"
)

// opening and plainOpening are what every publisher says in the same words: C0 and C1, then its chunk size and connect.
var opening, plainOpening = sync.OnceValues(func() (hello, connect []byte) { return open(true) }),
	sync.OnceValues(func() (hello, connect []byte) { return open(false) })

func open(enhanced bool) (hello, connect []byte) {
	hello = make([]byte, 1+handshake.Size)
	hello[0] = handshake.Version
	crand.Read(hello[1+8:])
	command := message.Connect{App: "live", TCURL: "rtmp://bench/live", Type: "nonprivate"}
	if enhanced {
		command.SetEnhanced(engine.AllCapabilities(message.CanEncode))
	}
	var e chunk.Encoder
	connect = e.AppendMessage(nil, chunk.Header{ChunkStreamID: 2, TypeID: message.TypeSetChunkSize}, message.AppendSetChunkSize(nil, chunkSize))
	e.SetChunkSize(chunkSize)
	return hello, appendCommand(&e, connect, 0, command.Command())
}

const chunkSize = 4096

func appendCommand(e *chunk.Encoder, dst []byte, streamID uint32, c message.Command) []byte {
	return e.AppendMessage(dst, chunk.Header{ChunkStreamID: 3, TypeID: message.TypeCommand, StreamID: streamID}, message.AppendCommand(nil, c))
}

// publisher says what [engine.Client] says, step by step, and waits for the same answers, but looks at nothing else of
// what it is told: so a load of many of them is not slower than the server.
type publisher struct {
	conn    net.Conn
	decoder *chunk.Decoder
	block   *[65536]byte
	rest    []byte // of block, not read yet
	out     []byte
}

// Publish drives a connection up to an accepted publish of live/NAME, and announces chunks of 4096 bytes.
func Publish(c net.Conn, name string) error { return publish(c, name, opening) }

// PublishPlainly is Publish for servers that do not understand what Enhanced RTMP adds to connect.
func PublishPlainly(c net.Conn, name string) error { return publish(c, name, plainOpening) }

func publish(c net.Conn, name string, opening func() (hello, connect []byte)) error {
	p := publisher{conn: c, decoder: chunk.NewDecoder(buffer.Heap, chunk.Limits{}), block: blocks.Get().(*[65536]byte)}
	defer blocks.Put(p.block)
	defer p.decoder.Close()
	hello, connect := opening()
	if _, err := c.Write(hello); err != nil {
		return err
	}
	if _, err := io.ReadFull(c, p.block[:1+2*handshake.Size]); err != nil {
		return err
	}
	p.out = append(append(p.out, p.block[1:1+handshake.Size]...), connect...)
	if _, err := p.answer(1); err != nil {
		return err
	}
	var e chunk.Encoder
	e.SetChunkSize(chunkSize)
	p.out = e.AppendMessage(p.out, chunk.Header{ChunkStreamID: 2, TypeID: message.TypeWindowAckSize}, message.AppendWindowAckSize(nil, 5_000_000))
	p.out = appendCommand(&e, p.out, 0, message.NewCommand("releaseStream", 2, amf.String(name)))
	p.out = appendCommand(&e, p.out, 0, message.NewCommand("FCPublish", 3, amf.String(name)))
	p.out = appendCommand(&e, p.out, 0, message.NewCommand("createStream", 4))
	created, err := p.answer(4)
	if err != nil {
		return err
	}
	id := uint32(math.Float64frombits(binary.BigEndian.Uint64(created[len(created)-8:]))) // the last value is a number
	p.out = appendCommand(&e, p.out, id, message.NewCommand("publish", 5, amf.String(name), amf.String("live")))
	status, err := p.command(func(payload []byte) bool { return bytes.HasPrefix(payload, onStatus) })
	if err == nil && !bytes.Contains(status, []byte(message.CodePublishStart)) {
		err = fmt.Errorf("publish: %q", status)
	}
	return err
}

// The beginnings of commands: a string, and the marker of the number behind it.
var (
	result   = []byte("\x02\x00\x07_result\x00")
	onStatus = []byte("\x02\x00\x08onStatus\x00")
)

var errNoAnswer = errors.New("the answer is not what it should be")

// answer sends p.out and waits for the _result of a transaction.
func (p *publisher) answer(transaction float64) ([]byte, error) {
	want := binary.BigEndian.AppendUint64(bytes.Clone(result), math.Float64bits(transaction))
	payload, err := p.command(func(payload []byte) bool { return bytes.HasPrefix(payload, want) })
	if err == nil && len(payload) < len(want)+8 {
		err = errNoAnswer
	}
	return payload, err
}

// command sends p.out and returns the first command that fits.
func (p *publisher) command(fits func(payload []byte) bool) ([]byte, error) {
	_, err := p.conn.Write(p.out)
	p.out = p.out[:0]
	for err == nil {
		if len(p.rest) == 0 {
			var n int
			if n, err = p.conn.Read(p.block[:]); err != nil {
				break
			}
			p.rest = p.block[:n]
		}
		m, n, ok, fault := p.decoder.Next(p.rest)
		p.rest = p.rest[n:]
		switch {
		case fault != nil:
			return nil, fault
		case !ok:
			continue
		}
		payload := m.Payload.Bytes()
		switch {
		case m.TypeID == message.TypeSetChunkSize && len(payload) >= 4:
			p.decoder.SetChunkSize(binary.BigEndian.Uint32(payload))
		case m.TypeID == message.TypeCommand && fits(payload):
			payload = bytes.Clone(payload)
			m.Payload.Release()
			return payload, nil
		case m.TypeID == message.TypeCommand && bytes.HasPrefix(payload, []byte("\x02\x00\x06_error")):
			err = fmt.Errorf("refused: %q", payload)
		}
		m.Payload.Release()
	}
	return nil, err
}
