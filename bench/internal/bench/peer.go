package bench

import (
	crand "crypto/rand"
	"errors"
	"net"
	"sync"
	"sync/atomic"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// Peer is a client on a connection: an engine, and nothing of the library around it.
type Peer struct {
	Received atomic.Int64 // bytes

	conn   net.Conn
	engine *engine.Client
	block  *[65536]byte
	rest   []byte // of block, not read yet
}

// blocks are what clients read into. A load that connects all the time would spend a tenth of its time on new ones.
var blocks = sync.Pool{New: func() any { return new([65536]byte) }}

// Play drives a connection up to an accepted play of live/NAME.
func Play(c net.Conn, name string) (*Peer, error) {
	p := &Peer{conn: c, block: blocks.Get().(*[65536]byte), engine: engine.NewClient(engine.ClientConfig{
		Rand: crand.Reader, StreamName: name, ChunkSize: chunkSize, Play: &engine.PlayRequest{Start: message.PlayLive},
		Connect: message.Connect{App: "live", TCURL: "rtmp://bench/live", Type: "nonprivate"},
	})}
	for {
		e, err := p.next()
		switch {
		case err != nil:
			return nil, err
		case e.Kind == engine.EventRefused:
			return nil, errors.New(e.Status.Code)
		case e.Kind == engine.EventPlaying:
			return p, nil
		}
		e.Packet.Release()
	}
}

// Next returns the next packet, which the caller releases.
func (p *Peer) Next() (media.Packet, error) {
	for {
		e, err := p.next()
		if err != nil || e.Kind == engine.EventPacket {
			return e.Packet, err
		}
	}
}

func (p *Peer) next() (engine.Event, error) {
	for {
		if e, ok := p.engine.NextEvent(); ok {
			return e, nil
		}
		if len(p.rest) > 0 {
			n, err := p.engine.Receive(p.rest, 0)
			if err != nil {
				return engine.Event{}, err
			}
			p.rest = p.rest[n:]
			continue
		}
		if out := p.engine.AppendOutput(nil); len(out) > 0 {
			if _, err := p.conn.Write(out); err != nil {
				return engine.Event{}, err
			}
		}
		n, err := p.conn.Read(p.block[:])
		if err != nil {
			return engine.Event{}, err
		}
		p.Received.Add(int64(n))
		p.rest = p.block[:n]
	}
}
