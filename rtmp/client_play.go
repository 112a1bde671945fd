package rtmp

import (
	"errors"
	"strings"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// PlayRequest is what a player asks for besides the stream.
type PlayRequest = engine.PlayRequest

func (o *PlayOptions) request() *engine.PlayRequest {
	r := &engine.PlayRequest{Start: message.PlayAny, Duration: o.Duration, BufferLength: uint32(o.BufferLength.Milliseconds())}
	switch {
	case o.LiveOnly:
		r.Start = message.PlayLive
	case o.Start > 0:
		r.Start = o.Start
	}
	return r
}

// NextPacket returns the next packet of a stream that is played, which the caller releases. It waits for it as long as
// timeout says: negative for ever, 0 not at all. It fails with io.EOF when the server has ended the stream or has gone
// (see [Client.Err]), ErrClosed after Close, ErrTimeout, or an [*Error]; what arrived before the end is returned first.
func (c *Client) NextPacket(timeout time.Duration) (media.Packet, error) {
	var p [1]media.Packet
	_, err := c.NextPackets(p[:], timeout)
	return p[0], err
}

// NextPackets is NextPacket for as many packets as there are, up to len(dst). It returns how many.
func (c *Client) NextPackets(dst []media.Packet, timeout time.Duration) (int, error) {
	if c.play == nil {
		return 0, engine.ErrState
	}
	n, err := c.inbox.take(dst, timeout)
	if n > 0 {
		c.taken.Add(uint64(n))
		c.link.wake()
	}
	return n, err
}

// Poll returns what comes next, in the order in which it came, without waiting: packets to dst, which the caller
// releases, or an event if their number is 0. It fails with ErrTimeout when there is nothing yet, and otherwise as
// NextEvent does. One goroutine at a time may call it; dst is not empty.
func (c *Client) Poll(dst []media.Packet) (int, ClientEvent, error) {
	here := uint64(c.inbox.length()) // an event that comes from now on comes after these
	taken := c.taken.Load()
	e, ok := c.events.takeIf(func(e *ClientEvent) bool {
		if e.after > taken {
			here = min(here, e.after-taken)
		}
		return e.after <= taken
	})
	switch {
	case ok:
		return 0, e, nil
	case here > 0:
		n, err := c.NextPackets(dst[:min(uint64(len(dst)), here)], 0)
		return n, e, err
	}
	return 0, e, c.events.over()
}

// SetBufferLength tells the server how much the client buffers.
func (c *Client) SetBufferLength(length time.Duration) error {
	return c.ask(func() error { return c.engine.SetBufferLength(uint32(max(0, length.Milliseconds()))) })
}

// Pause asks the server to stop sending, or to go on.
func (c *Client) Pause(pause bool) error {
	return c.ask(func() error { return c.engine.Pause(pause, c.received.timestamp.Load()) })
}

// Seek asks for another position of a recorded stream.
func (c *Client) Seek(position time.Duration) error {
	return c.ask(func() error { return c.engine.Seek(uint32(max(0, position.Milliseconds()))) })
}

// Play2 asks for another stream in the place of the one that plays, normally the same content at another bit rate. The
// server answers with NetStream.Play.Transition, a [ClientStatus], and goes on in the same stream of packets; when it has no
// such stream the play ends. A client that connects anew goes on with the new one.
func (c *Client) Play2(p message.Play2) error {
	if p.StreamName == "" || len(p.StreamName) > 65535 || strings.IndexByte(p.StreamName, 0) >= 0 {
		return errors.New("rtmp: Play2.StreamName is empty, contains a NUL byte or is longer than 65535 bytes")
	}
	return c.ask(func() error {
		err := c.engine.Play2(p)
		if err == nil {
			c.target.name = p.StreamName
			c.play.Start, c.play.Duration = p.Start, p.Duration
			if m := c.moving; m != nil && !m.begun {
				m.to.name = p.StreamName
			}
		}
		return err
	})
}

// ReceiveAudio tells the server whether audio is wanted.
func (c *Client) ReceiveAudio(want bool) error {
	return c.ask(func() error { return c.engine.ReceiveAudio(want) })
}

// ReceiveVideo tells the server whether video is wanted.
func (c *Client) ReceiveVideo(want bool) error {
	return c.ask(func() error { return c.engine.ReceiveVideo(want) })
}

// ask sends a command of a player.
func (c *Client) ask(send func() error) error { return c.link.notify(c.state, send) }
