package engine

import (
	"io"
	"slices"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// ClientConfig says what a [Client] asks for. Rand and App must be set; every other field may be zero.
type ClientConfig struct {
	Limits        Limits
	Timeouts      Timeouts
	Allocator     buffer.Allocator // of message payloads; default buffer.Heap
	Rand          io.Reader        // for the random parts of the handshake
	Connect       message.Connect  // what connect says: App, TCURL, FlashVer, …
	BaseURL       string           // what requests to connect anew are relative to: the tcUrl without a login; default Connect.TCURL
	StreamName    string           // with its query, if it has one
	PublishType   string           // "live" (default), "record" or "append"
	Play          *PlayRequest     // play the stream instead of publishing it
	ChunkSize     uint32           // of what we send, 1–65536; default 4096
	WindowAckSize uint32           // default 5,000,000
	Digest        bool             // offer the digest handshake; a server without it is spoken to simply
	Shaken        bool             // the handshake was done elsewhere
	AnswerCalls   bool             // the application answers commands that the engine does not know; otherwise they are refused
	Enhanced      EnhancedMode
	Capabilities  *message.Capabilities // what connect says; nil: every codec, to be decoded (playing) or encoded, and all of capsEx
}

// Client is the calling side of one connection, which publishes or plays one stream.
type Client struct {
	core
	config    ClientConfig
	handshake *handshake.Client // nil once done
	step      deadline          // for the answer that the current phase waits for
	creating  float64           // the transaction of createStream
	publish   float64           // the transaction of publish or play
	streamID  uint32
	active    bool // publish or play was accepted, and has not ended
	clock     media.Unwrapper
}

// NewClient returns a client whose first output is at hand. Its connection begins, at time 0, with it.
func NewClient(c ClientConfig) *Client {
	c.Limits, c.Timeouts = c.Limits.WithDefaults(), c.Timeouts.WithDefaults()
	if c.Allocator == nil {
		c.Allocator = buffer.Heap
	}
	cl := &Client{config: c}
	cl.init(&cl.config.Limits, &cl.config.Timeouts, c.Allocator)
	cl.answersCalls = c.AnswerCalls
	if c.ChunkSize == 0 || c.ChunkSize > 65536 {
		cl.config.ChunkSize = 4096
	}
	if c.WindowAckSize == 0 {
		cl.config.WindowAckSize = 5_000_000
	}
	if c.BaseURL == "" {
		cl.config.BaseURL = c.Connect.TCURL
	}
	if c.PublishType == "" {
		cl.config.PublishType = "live"
	}
	if c.Shaken {
		cl.requestConnect()
	} else {
		cl.step = after(0, cl.timeouts.Handshake)
		cl.handshake = handshake.NewClient(handshake.Config{Rand: c.Rand, Digest: c.Digest})
		cl.out = cl.handshake.AppendOutput(cl.output())
	}
	return cl
}

// Receive takes bytes that arrived at now, the time since the connection began, and returns how many of them it
// consumed. It stops early when events wait to be taken, and after Limits.ReadChunks; the caller passes the rest again
// after that.
func (c *Client) Receive(p []byte, now time.Duration) (n int, err error) {
	if c.err != nil {
		return 0, c.err
	}
	c.now = now
	if len(p) > 0 {
		c.heard()
	}
	if c.handshake != nil {
		n, err = c.handshake.Receive(p)
		c.appendOutput(c.handshake.AppendOutput)
		if err != nil {
			return n, c.fail(err)
		}
		if !c.handshake.Done() {
			return n, nil
		}
		c.event(Event{Kind: EventHandshake, Handshake: c.handshake.Result()})
		c.handshake = nil
		c.requestConnect()
	}
	k, err := c.receive(p[n:], c.message, c.Paused)
	return n + k, err
}

// Paused reports that Receive consumes nothing for now: events wait to be taken, or the conversation is over.
func (c *Client) Paused() bool { return c.full() || c.closing }

// Deadline returns the time at which Advance must be called next, and false if there is none.
func (c *Client) Deadline() (time.Duration, bool) {
	if c.closing {
		return 0, false
	}
	d := c.step.earlier(c.callDeadline())
	if c.Playing() {
		d = d.earlier(c.idleDeadline())
	}
	return d.at, d.set
}

// Advance tells the time to an engine that has received nothing. It returns an error once a phase has lasted too long.
// A server that says nothing while it is sent media is in order, as most do; one that should send media is not.
func (c *Client) Advance(now time.Duration) error {
	if c.err != nil || c.closing {
		return c.err
	}
	c.now = now
	c.advanceCalls()
	if c.step.passed(now) {
		return c.fail(ErrTimeout)
	}
	if c.Playing() {
		return c.advanceIdle()
	}
	return nil
}

// Resume tells the time to a client whose caller has taken no input for a while, and takes some again: the pause is not
// held against the server.
func (c *Client) Resume(now time.Duration) {
	c.lastReceived += now - c.now
	c.step.at += now - c.now
	c.now = now
}

// StreamID returns the message stream id that createStream gave, or 0.
func (c *Client) StreamID() uint32 { return c.streamID }

// Publishing reports that publish was accepted and has not ended: media may be sent.
func (c *Client) Publishing() bool {
	return c.active && c.config.Play == nil && !c.closing && c.err == nil
}

// Playing reports that play was accepted and has not ended.
func (c *Client) Playing() bool {
	return c.active && c.config.Play != nil && !c.closing && c.err == nil
}

// requestConnect sends what follows the handshake: our chunk size, which the connect command already uses, and connect.
func (c *Client) requestConnect() {
	c.phase, c.step = PhaseConnect, after(c.now, c.timeouts.Connect)
	c.sendChunkSize(c.config.ChunkSize)
	connect := c.config.Connect
	if caps := c.capabilities(); !caps.IsZero() {
		var own amf.Object // the caller's stays as it is
		if connect.Properties != nil {
			own.Properties = slices.Clone(connect.Properties.Properties)
		}
		connect.Properties = &own
		connect.SetEnhanced(caps)
	}
	cmd := connect.Command()
	cmd.TransactionID = c.calls.nextTransaction()
	c.sendCommand(csidConnection, 0, cmd)
}

// capabilities returns what connect says that the client can do.
func (c *Client) capabilities() message.Capabilities {
	mask := uint32(message.CanEncode)
	if c.config.Play != nil {
		mask = message.CanDecode
	}
	return capabilities(c.config.Enhanced, c.config.Capabilities, mask)
}

func (c *Client) message(m chunk.Message) {
	switch m.TypeID {
	case message.TypeSetChunkSize, message.TypeAbort, message.TypeAcknowledgement, message.TypeUserControl,
		message.TypeWindowAckSize, message.TypeSetPeerBandwidth:
		c.control(m.TypeID, m.Payload.Bytes())
	case message.TypeCommand, message.TypeCommandAMF3:
		cmd, err := message.ParseCommand(m.TypeID, m.Payload.Bytes(), c.limits.amf(c.early))
		if err != nil {
			c.faulty()
		} else {
			c.command(cmd, m.StreamID)
		}
	case message.TypeAudio, message.TypeVideo, message.TypeData, message.TypeDataAMF3, message.TypeAggregate:
		c.media(m)
		return
	case message.TypeSharedObject, message.TypeSharedObjectAMF3:
		c.shared(m.TypeID, m.Payload.Bytes())
	default:
		c.unknown()
	}
	m.Payload.Release()
}

// media hands on what a playing client receives. Media may come before the server's word that the play has begun, with
// the sequence headers in it. Players' metadata and status come as data messages too.
func (c *Client) media(m chunk.Message) {
	if c.config.Play == nil || c.phase != PhasePlay && !c.Playing() {
		c.counters.Ignored++
		c.nothingForward()
		m.Payload.Release()
		return
	}
	if m.TypeID == message.TypeAggregate {
		c.aggregated(m, c.streamID, &c.clock)
		return
	}
	c.deliver(m, c.streamID, &c.clock)
}
