package rtmp

import (
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

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
// timeout says: negative for ever, 0 not at all. It fails with io.EOF when the server has ended the stream, ErrClosed
// after Close, ErrTimeout, or an [*Error]; what arrived before the end is returned first.
func (c *Client) NextPacket(timeout time.Duration) (media.Packet, error) {
	var p [1]media.Packet
	_, err := c.NextPackets(p[:], timeout)
	return p[0], err
}

// NextPackets is NextPacket for as many packets as there are, up to len(dst). It returns how many.
func (c *Client) NextPackets(dst []media.Packet, timeout time.Duration) (int, error) {
	n, err := c.inbox.take(dst, timeout)
	if n > 0 {
		c.link.wake()
	}
	return n, err
}

// Pause asks the server to stop sending, or to go on.
func (c *Client) Pause(pause bool) error {
	return c.ask(func() error { return c.engine.Pause(pause, c.received().Timestamp) })
}

// Seek asks for another position of a recorded stream.
func (c *Client) Seek(position time.Duration) error {
	return c.ask(func() error { return c.engine.Seek(uint32(max(0, position.Milliseconds()))) })
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
func (c *Client) ask(send func() error) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if err := c.state(); err != nil {
		return err
	}
	err := send()
	c.link.flush()
	return err
}
