package engine

import (
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// defaultBufferLength is what a playing client says it buffers, in milliseconds, if it was told nothing else.
const defaultBufferLength = 1000

// requestPlay asks for the stream. Early limits end here: headers may come before the server's word.
func (c *Client) requestPlay() {
	p := c.config.Play
	c.phase, c.step = PhasePlay, after(c.now, c.timeouts.Publish)
	c.decoder.SetLimits(c.limits.chunk(false))
	length := p.BufferLength
	if length == 0 {
		length = defaultBufferLength
	}
	c.sayBufferLength(length)
	c.publish = c.calls.nextTransaction()
	arguments := []amf.Value{amf.String(c.config.StreamName), amf.Number(p.Start)}
	if p.Duration > 0 || p.Reset {
		duration := p.Duration
		if duration <= 0 {
			duration = -1
		}
		arguments = append(arguments, amf.Number(duration), amf.Boolean(p.Reset))
	}
	c.sendCommand(csidClient, c.streamID, message.NewCommand("play", c.publish, arguments...))
}

// SetBufferLength tells the server how many milliseconds the client buffers.
func (c *Client) SetBufferLength(milliseconds uint32) error {
	if err := c.mayPlay(); err != nil {
		return err
	}
	c.sayBufferLength(milliseconds)
	return nil
}

func (c *Client) sayBufferLength(milliseconds uint32) {
	c.sendUserControl(message.UserControl{Event: message.EventSetBufferLength, StreamID: c.streamID, BufferLength: milliseconds})
}

// Pause asks the server to stop sending, or to go on, from a position in milliseconds.
func (c *Client) Pause(pause bool, position uint32) error {
	return c.playCommand("pause", amf.Boolean(pause), amf.Number(position))
}

// Seek asks for another position, in milliseconds, of a recorded stream.
func (c *Client) Seek(position uint32) error { return c.playCommand("seek", amf.Number(position)) }

// ReceiveAudio says whether the client wants audio.
func (c *Client) ReceiveAudio(want bool) error {
	return c.playCommand("receiveAudio", amf.Boolean(want))
}

// ReceiveVideo says whether the client wants video.
func (c *Client) ReceiveVideo(want bool) error {
	return c.playCommand("receiveVideo", amf.Boolean(want))
}

// mayPlay reports whether a stream is played.
func (c *Client) mayPlay() error {
	if c.err != nil {
		return c.err
	}
	if !c.Playing() {
		return ErrState
	}
	return nil
}

func (c *Client) playCommand(name string, arguments ...amf.Value) error {
	if err := c.mayPlay(); err != nil {
		return err
	}
	c.sendCommand(csidClient, c.streamID, message.NewCommand(name, 0, arguments...))
	return nil
}

// Play2 asks for another stream in the place of the one that plays, normally the same content at another bit rate. The
// server answers with NetStream.Play.Transition.
func (c *Client) Play2(p message.Play2) error {
	if err := c.mayPlay(); err != nil {
		return err
	}
	return c.sendLong(csidClient, c.streamID, p.Command())
}
