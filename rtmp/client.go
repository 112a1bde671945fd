package rtmp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/engine"
)

// ClientOptions says how a [Client] connects and sends. Its zero value, and nil, is every default.
type ClientOptions struct {
	Limits   Limits   // zero fields: [engine.DefaultLimits]
	Timeouts Timeouts // zero fields: [engine.DefaultTimeouts]
	// App, StreamName and TCURL replace what the URL says, where its split at the last '/' is not the server's.
	App        string
	StreamName string
	TCURL      string
	// FlashVer is how the client calls itself; default "FMLE/3.0 (compatible; oxrtmp)", which servers know.
	FlashVer string
	SWFURL   string // default none
	PageURL  string // default none
	// PublishType is "live" (default), "record" or "append".
	PublishType string
	// ChunkSize is the chunk size of what is sent: 1–65536 bytes, default 4096.
	ChunkSize uint32
	// DigestHandshake offers the digest handshake, which some old servers demand.
	DigestHandshake bool
	// SendTimeout bounds how long a send waits for room; default 10 s, negative for ever.
	SendTimeout time.Duration
	// NoWait makes sends fail with ErrAgain, with nothing taken, instead of waiting for room.
	NoWait bool
	// OutputBytes is how much may be queued for the network before a send waits; default 1 MiB. One message goes
	// through however long it is.
	OutputBytes int
	// Linger bounds how long Close delivers what is queued; default 2 s.
	Linger time.Duration
	// Dial connects instead of a net.Dialer.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Allocator is where received payloads live; default [buffer.Heap].
	Allocator buffer.Allocator
	// Logger gets records about the connection; default none. Stream names do not appear in them.
	Logger *slog.Logger
}

const defaultFlashVer = "FMLE/3.0 (compatible; oxrtmp)"

func (o *ClientOptions) withDefaults() (ClientOptions, error) {
	var r ClientOptions
	if o != nil {
		r = *o
	}
	if r.ChunkSize > 65536 {
		return r, errors.New("rtmp: ClientOptions.ChunkSize is above 65536")
	}
	switch r.PublishType {
	case "", "live", "record", "append":
	default:
		return r, errors.New("rtmp: ClientOptions.PublishType is none of live, record, append")
	}
	r.Limits, r.Timeouts = r.Limits.WithDefaults(), r.Timeouts.WithDefaults()
	if r.FlashVer == "" {
		r.FlashVer = defaultFlashVer
	}
	if r.SendTimeout == 0 {
		r.SendTimeout = 10 * time.Second
	}
	if r.OutputBytes <= 0 {
		r.OutputBytes = 1 << 20
	}
	if r.Linger <= 0 {
		r.Linger = 2 * time.Second
	}
	if r.Logger == nil {
		r.Logger = slog.New(slog.DiscardHandler)
	}
	return r, nil
}

// Client is an outgoing connection that publishes one stream.
type Client struct {
	options ClientOptions
	target  target
	link    *link
	engine  *engine.Client // the link's; under its lock
	begun   time.Time
	events  *mailbox[ClientEvent]

	goroutines sync.WaitGroup

	// Under the link's lock.
	ready     chan struct{} // closed once the publish is accepted or has failed
	settled   bool          // ready is closed
	outcome   error         // why it failed, or what ended it later
	closed    bool
	awaitRoom bool // a send failed with ErrAgain: say when there is room
	sent      Statistics
}

// ClientEventKind says what a [ClientEvent] tells.
type ClientEventKind uint8

// The client's events. Their numbers do not change.
const (
	ClientConnected ClientEventKind = 1 // the server has accepted: media may be sent
	ClientFailed    ClientEventKind = 2 // it has not, or was not reached: Err says why
	ClientEnded     ClientEventKind = 3 // the stream ended after it was accepted: Err says why
	ClientWritable  ClientEventKind = 4 // there is room again after ErrAgain
)

// ClientEvent is something that happened to a [Client].
type ClientEvent struct {
	Kind ClientEventKind
	Err  error
}

// NextEvent returns the next event. It waits for it as long as timeout says: negative for ever, 0 not at all. It fails
// with ErrTimeout, or ErrClosed after Close. Events need not be taken: there are few.
func (c *Client) NextEvent(timeout time.Duration) (ClientEvent, error) {
	var e [1]ClientEvent
	_, err := c.events.take(e[:], timeout)
	return e[0], err
}

// OnReady makes the client call ready when there are events to take after there were none, and when it is closed: then
// NextEvent with timeout 0 takes them. ready is called from any goroutine, also before OnReady returns; it must not
// wait, nor use the client. nil ends it.
func (c *Client) OnReady(ready func()) { c.events.setNotify(ready) }

// Ready reports that NextEvent would return at once: there are events to take, or the client is closed.
func (c *Client) Ready() bool { return c.events.waiting() }

// fail notes why the publish failed or ended, once.
func (c *Client) fail(err error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.settle(err)
}

func (c *Client) settle(err error) {
	switch {
	case !c.settled && err == nil:
		c.events.put(ClientEvent{Kind: ClientConnected})
	case !c.settled:
		c.events.put(ClientEvent{ClientFailed, err})
	case c.outcome == nil:
		c.events.put(ClientEvent{ClientEnded, err})
	}
	if c.outcome == nil {
		c.outcome = err
	}
	if !c.settled {
		c.settled = true
		close(c.ready)
	}
}

// handle takes an event of the engine.
func (c *Client) handle(e engine.Event) {
	switch e.Kind {
	case engine.EventPublishing:
		c.settle(nil)
	case engine.EventRefused:
		c.settle(&Error{Phase: e.Phase, Err: &StatusError{Level: e.Status.Level, Code: e.Status.Code, Description: e.Status.Description}})
		c.link.signalDrained()
	case engine.EventStreamEnd:
		c.settle(&Error{Phase: engine.PhaseMedia, Err: io.EOF})
		c.link.signalDrained()
	}
}

// blocked reports false: a client takes what comes.
func (c *Client) blocked() bool { return false }

// drained says that there is room again, to a sender that was told there was none. The link is locked.
func (c *Client) drained() {
	if c.awaitRoom && c.link.queued() <= c.options.OutputBytes/2 {
		c.awaitRoom = false
		c.events.put(ClientEvent{Kind: ClientWritable})
	}
}

// Err returns why the stream ended: nil while it is published, ErrClosed after Close, else an [*Error].
func (c *Client) Err() error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return c.state()
}

// state is Err with the link locked.
func (c *Client) state() error {
	switch {
	case c.closed:
		return ErrClosed
	case c.outcome != nil:
		return c.outcome
	}
	return c.link.err
}

// Flush waits until everything sent so far has been handed to the network, as long as timeout says.
func (c *Client) Flush(timeout time.Duration) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if err := c.state(); err != nil {
		return err
	}
	if err := c.link.waitQueued(0, timeout); err != nil {
		return err
	}
	return nil
}

// Close ends the stream: what is queued and the good-byes are delivered within Linger, then the connection is closed.
// Waiting calls return ErrClosed. Closing again has no effect. The error says that something queued was lost.
func (c *Client) Close() error {
	c.link.mu.Lock()
	if c.closed {
		c.link.mu.Unlock()
		c.goroutines.Wait()
		return nil
	}
	c.closed = true
	c.events.abandon(ErrClosed, func(ClientEvent) {})
	dead := c.link.err
	switch {
	case dead != nil:
	case !c.settled: // nothing was sent yet
		c.link.kill(ErrClosed)
	default:
		c.engine.End()
		c.link.flush()
		c.link.interruptRead()
	}
	c.link.signalDrained()
	c.link.mu.Unlock()
	c.goroutines.Wait()
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if dead == nil && c.sent.Packets > 0 && c.link.unsent > 0 {
		return &Error{Phase: engine.PhaseMedia, Err: os.ErrDeadlineExceeded}
	}
	return nil
}
