package rtmp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
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

	goroutines sync.WaitGroup

	// Under the link's lock.
	ready   chan struct{} // closed once the publish is accepted or has failed
	settled bool          // ready is closed
	outcome error         // why it failed, or what ended it later
	closed  bool
	sent    Statistics
}

// Publish connects to a URL, rtmp://host[:port]/app/name[?query], and publishes there. It returns once the server has
// accepted, and fails with an [*Error] that names the phase: around a [*StatusError] when the server refused, around
// ErrTimeout when a phase lasted too long, or when ctx has ended. A nil options stands for the defaults.
func Publish(ctx context.Context, url string, options *ClientOptions) (*Client, error) {
	o, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	t, err := parseURL(url)
	if err != nil {
		return nil, err
	}
	if t.scheme != "rtmp" {
		return nil, &Error{Phase: engine.PhaseTLS, Err: errors.ErrUnsupported}
	}
	c, err := dial(ctx, &t, &o)
	if err != nil {
		return nil, err
	}
	return publish(ctx, c, t, o)
}

// PublishConn is Publish over a connection of the caller's, before its first byte. The client closes it, also when
// PublishConn fails.
func PublishConn(ctx context.Context, c net.Conn, url string, options *ClientOptions) (*Client, error) {
	o, err := options.withDefaults()
	if err == nil {
		var t target
		if t, err = parseURL(url); err == nil {
			return publish(ctx, c, t, o)
		}
	}
	c.Close()
	return nil, err
}

func dial(ctx context.Context, t *target, o *ClientOptions) (net.Conn, error) {
	bound := o.Timeouts.Dial
	if o.Timeouts.Resolve >= 0 && bound >= 0 {
		bound += o.Timeouts.Resolve
	}
	if bound >= 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, bound)
		defer cancel()
	}
	connect := o.Dial
	if connect == nil {
		connect = new(net.Dialer).DialContext
	}
	c, err := connect(ctx, "tcp", t.address())
	if err == nil {
		return c, nil
	}
	phase := engine.PhaseTCP
	var lookup *net.DNSError
	if errors.As(err, &lookup) {
		phase = engine.PhaseResolve
	}
	var timeout net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		err = ErrTimeout
	}
	return nil, &Error{Phase: phase, Err: err}
}

// publish runs the conversation up to the accepted publish.
func publish(ctx context.Context, nc net.Conn, t target, o ClientOptions) (*Client, error) {
	c := newClient(nc, t, o)
	c.goroutines.Add(1)
	go c.run()
	select {
	case <-c.ready:
	case <-ctx.Done():
		err := ctx.Err()
		if errors.Is(err, context.DeadlineExceeded) {
			err = ErrTimeout
		}
		c.fail(&Error{Phase: c.link.phase(), Err: err})
	}
	c.link.mu.Lock()
	err := c.outcome
	c.link.mu.Unlock()
	if err != nil {
		c.link.shut(err)
		c.goroutines.Wait()
		return nil, err
	}
	return c, nil
}

func newClient(nc net.Conn, t target, o ClientOptions) *Client {
	if o.App != "" {
		t.app = o.App
	}
	if o.StreamName != "" {
		t.name = o.StreamName
	}
	tcURL := o.TCURL
	if tcURL == "" {
		tcURL = t.tcURL()
	}
	e := engine.NewClient(engine.ClientConfig{
		Limits: o.Limits, Timeouts: o.Timeouts, Allocator: o.Allocator, Rand: randomness,
		Connect: message.Connect{
			App: t.app, TCURL: tcURL, FlashVer: o.FlashVer, SWFURL: o.SWFURL, PageURL: o.PageURL, Type: "nonprivate",
			Capabilities: 15, AudioCodecs: 0x0FFF, VideoCodecs: 0xFF, VideoFunction: 1,
		},
		StreamName: t.name, PublishType: o.PublishType, ChunkSize: o.ChunkSize, Digest: o.DigestHandshake,
	})
	c := &Client{options: o, target: t, engine: e, begun: time.Now(), ready: make(chan struct{})}
	c.link = newLink(newTransport(nc), c, e, o.Limits, o.Timeouts)
	c.link.lingerFor = o.Linger
	c.link.goFunc = func(f func()) {
		c.goroutines.Add(1)
		go func() {
			defer c.goroutines.Done()
			defer c.recover()
			f()
		}()
	}
	return c
}

func (c *Client) run() {
	defer c.goroutines.Done()
	defer c.recover()
	c.link.mu.Lock()
	c.link.flush()
	c.link.mu.Unlock()
	err := c.link.run()
	if errors.Is(err, io.EOF) {
		err = &Error{Phase: c.link.phase(), Err: io.ErrUnexpectedEOF}
	}
	if err == nil {
		err = ErrClosed
	}
	c.fail(err)
}

func (c *Client) recover() {
	if p := recover(); p != nil {
		c.options.Logger.Error("a connection panicked", "panic", p, "stack", string(debug.Stack()))
		err := &Error{Phase: engine.PhaseNone, Err: errPanic}
		c.link.shut(err)
		c.fail(err)
	}
}

// fail notes why the publish failed or ended, once.
func (c *Client) fail(err error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.settle(err)
}

func (c *Client) settle(err error) {
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
	dead := c.link.err
	if dead == nil {
		c.engine.End()
		c.link.flush()
		c.link.interruptRead()
	}
	c.link.signalDrained()
	c.link.mu.Unlock()
	c.goroutines.Wait()
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if dead == nil && c.link.unsent > 0 {
		return &Error{Phase: engine.PhaseMedia, Err: os.ErrDeadlineExceeded}
	}
	return nil
}
