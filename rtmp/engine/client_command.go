package engine

import (
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// command handles one command of the server. Answers count only for the transaction that is being waited for: servers
// refuse releaseStream and FCPublish, or answer them late, without any harm.
func (c *Client) command(cmd message.Command, streamID uint32) {
	switch cmd.Name {
	case "_result":
		c.onResult(cmd)
	case "_error":
		c.onError(cmd, streamID)
	case "onStatus":
		if s, ok := cmd.Info(); ok {
			c.onStatus(s, streamID)
		} else {
			c.faulty()
		}
	case "close":
		c.finish("close")
	case "_onbwcheck":
		c.nothingForward()
		if cmd.TransactionID != 0 {
			c.sendCommand(csidConnection, 0, message.Result(cmd.TransactionID, nil, amf.Number(c.counters.MessagesReceived)))
		}
	case "onBWDone", "onFCPublish", "onFCUnpublish", "onFCSubscribe", "_checkbw", "_onbwdone":
		c.nothingForward()
	default:
		c.called(cmd, streamID)
	}
}

func (c *Client) onResult(cmd message.Command) {
	switch {
	case c.phase == PhaseConnect && (cmd.TransactionID == 1 || cmd.TransactionID == 0):
		s, _ := cmd.Info()
		if s.Level == message.LevelError {
			c.refused(s)
			return
		}
		if c.config.Enhanced != EnhancedOff {
			c.peerCapabilities = cmd.Enhanced()
		}
		if c.config.Enhanced == EnhancedRequired && c.peerCapabilities.IsZero() {
			c.refused(message.NewStatus(message.CodeConnectRejected, "the server does not know Enhanced RTMP"))
			return
		}
		c.requestStream(s)
	case c.phase == PhaseCreateStream && cmd.TransactionID == c.creating:
		id, ok := message.ParseStreamID(cmd)
		if !ok {
			c.refused(message.NewStatus(message.CodeCallFailed, "the answer to createStream has no stream id"))
			return
		}
		if c.streamID = id; c.config.Play != nil {
			c.requestPlay()
		} else {
			c.requestPublish()
		}
	case c.answered(cmd):
	default:
		c.nothingForward() // publish is answered by onStatus; some servers send a _result as well
	}
}

// onError ends what is waited for. There are servers that refuse publish and play with transaction 0, on the stream.
func (c *Client) onError(cmd message.Command, streamID uint32) {
	s, _ := cmd.Info()
	opening := c.phase == PhasePublish || c.phase == PhasePlay
	switch {
	case c.phase == PhaseConnect && (cmd.TransactionID == 1 || cmd.TransactionID == 0),
		c.phase == PhaseCreateStream && cmd.TransactionID == c.creating,
		opening && cmd.TransactionID == c.publish,
		opening && !c.active && cmd.TransactionID == 0 && streamID == c.streamID:
		c.refused(s)
	case c.answered(cmd):
	default:
		c.nothingForward()
	}
}

// requestStream asks for a message stream, as publishers always have: the two commands before createStream matter to
// some servers, and none is waited for.
func (c *Client) requestStream(s message.Status) {
	c.event(Event{Kind: EventConnected, Status: s})
	c.phase, c.step = PhaseCreateStream, after(c.now, c.timeouts.CreateStream)
	c.sendWindow(c.config.WindowAckSize)
	if c.config.Play == nil {
		name := amf.String(c.config.StreamName)
		c.sendCommand(csidConnection, 0, message.NewCommand("releaseStream", c.calls.nextTransaction(), name))
		c.sendCommand(csidConnection, 0, message.NewCommand("FCPublish", c.calls.nextTransaction(), name))
	}
	c.creating = c.calls.nextTransaction()
	c.sendCommand(csidConnection, 0, message.NewCommand("createStream", c.creating))
}

func (c *Client) requestPublish() {
	c.phase, c.step = PhasePublish, after(c.now, c.timeouts.Publish)
	c.publish = c.calls.nextTransaction()
	c.sendCommand(csidClient, c.streamID, message.NewCommand("publish", c.publish, amf.String(c.config.StreamName), amf.String(c.config.PublishType)))
}

// onStatus acts on a status of the server, whatever stream it names: some servers use 0.
func (c *Client) onStatus(s message.Status, streamID uint32) {
	if url, ok := s.Reconnect(c.config.BaseURL); ok {
		c.nothingForward()
		c.event(Event{Kind: EventReconnect, StreamID: streamID, Status: s, URL: url})
		return
	}
	switch {
	case c.Playing() && (s.Code == message.CodeSeekFailed || s.Code == message.CodeSeekInvalidTime): // the play goes on
		c.nothingForward()
		c.event(Event{Kind: EventStatus, StreamID: streamID, Status: s})
	case s.Level == message.LevelError || message.LevelOf(s.Code) == message.LevelError:
		c.refused(s)
	case s.Code == message.CodePublishStart && c.phase == PhasePublish:
		c.begin(EventPublishing, s)
	case (s.Code == message.CodePlayStart || s.Code == message.CodePlayPublishNotify) && c.phase == PhasePlay:
		c.begin(EventPlaying, s)
	case s.Code == message.CodeUnpublishSuccess && c.Publishing() && (streamID == c.streamID || streamID == 0),
		(s.Code == message.CodePlayStop || s.Code == message.CodePlayUnpublishNotify) && c.Playing():
		c.finish(s.Code)
	default:
		c.nothingForward()
		c.event(Event{Kind: EventStatus, StreamID: streamID, Status: s})
	}
}

// begin opens the stream for media.
func (c *Client) begin(kind EventKind, s message.Status) {
	c.active, c.step = true, never
	c.settled()
	c.event(Event{Kind: kind, StreamID: c.streamID, Status: s})
}

// refused ends the conversation because the server said no.
func (c *Client) refused(s message.Status) {
	c.event(Event{Kind: EventRefused, StreamID: c.streamID, Phase: c.phase, Status: s})
	c.closing, c.active, c.step = true, false, never
}

// finish ends the conversation because the server ended the stream.
func (c *Client) finish(reason string) {
	c.event(Event{Kind: EventStreamEnd, StreamID: c.streamID, Reason: reason})
	c.closing, c.active, c.step = true, false, never
}

// End says good-bye: it ends the stream and the conversation. The caller sends the output and closes the connection.
func (c *Client) End() {
	if c.err != nil || c.closing {
		return
	}
	if c.streamID != 0 {
		if c.config.Play == nil {
			c.sendCommand(csidConnection, 0, message.NewCommand("FCUnpublish", c.calls.nextTransaction(), amf.String(c.config.StreamName)))
		}
		c.sendCommand(csidConnection, 0, message.NewCommand("deleteStream", c.calls.nextTransaction(), amf.Number(c.streamID)))
	}
	c.closing, c.active, c.step = true, false, never
}
