package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net"
	"os"
	"runtime/debug"
	"sync/atomic"
	"syscall"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
)

// Publish connects to a URL, rtmp://host[:port]/app/name[?query], and publishes there. It returns once the server has
// accepted, and fails with an [*Error] that names the phase: around a [*StatusError] when the server refused, around
// ErrTimeout when a phase lasted too long, or when ctx has ended. A nil options stands for the defaults.
func Publish(ctx context.Context, url string, options *ClientOptions) (*Client, error) {
	c, err := OpenPublish(url, options)
	if err != nil {
		return nil, err
	}
	return c.accepted(ctx)
}

// OpenPublish is Publish that returns at once. Whether the server accepted comes as an event, see [Client.NextEvent];
// until then nothing can be sent. Its error says that the URL or the options are not valid.
func OpenPublish(url string, options *ClientOptions) (*Client, error) {
	return open(url, options, false)
}

// Play connects to a URL, rtmp://host[:port]/app/name[?query], and plays the stream there: packets come by
// [Client.NextPacket]. It returns and fails as [Publish] does.
func Play(ctx context.Context, url string, options *ClientOptions) (*Client, error) {
	c, err := OpenPlay(url, options)
	if err != nil {
		return nil, err
	}
	return c.accepted(ctx)
}

// OpenPlay is Play that returns at once, as [OpenPublish] does.
func OpenPlay(url string, options *ClientOptions) (*Client, error) { return open(url, options, true) }

func open(url string, options *ClientOptions, play bool) (*Client, error) {
	o, t, err := prepare(url, options)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	c, err := newClient(&unconnected{cancel}, t, o, play)
	if err != nil {
		cancel()
		return nil, err
	}
	c.again = newAgain(&t, &o, true)
	c.goroutines.Add(1)
	go c.run(func() (net.Conn, error) {
		defer cancel()
		return dial(ctx, &t, &o)
	})
	return c, nil
}

// PublishConn is Publish over a connection of the caller's, before its first byte. The client closes it, also when
// PublishConn fails. For a rtmps:// URL the client speaks TLS over it, unless it is a [*tls.Conn].
func PublishConn(ctx context.Context, nc net.Conn, url string, options *ClientOptions) (*Client, error) {
	return openConn(ctx, nc, url, options, false)
}

// PlayConn is Play over a connection of the caller's, before its first byte. The client closes it, also when PlayConn
// fails.
func PlayConn(ctx context.Context, nc net.Conn, url string, options *ClientOptions) (*Client, error) {
	return openConn(ctx, nc, url, options, true)
}

func openConn(ctx context.Context, nc net.Conn, url string, options *ClientOptions, play bool) (*Client, error) {
	o, t, err := prepare(url, options)
	if err != nil {
		nc.Close()
		return nil, err
	}
	c, err := newClient(&unconnected{func() { nc.Close() }}, t, o, play)
	if err != nil {
		nc.Close()
		return nil, err
	}
	c.again = newAgain(&t, &o, o.Dial != nil)
	c.goroutines.Add(1)
	go c.run(func() (net.Conn, error) { return nc, nil })
	return c.accepted(ctx)
}

func prepare(url string, options *ClientOptions) (o ClientOptions, t target, err error) {
	if o, err = options.withDefaults(); err != nil {
		return o, t, err
	}
	if t, err = parseURL(url); err != nil {
		return o, t, err
	}
	if o.App != "" {
		t.app = o.App
	}
	if o.StreamName != "" {
		t.name = o.StreamName
	}
	return o, t, nil
}

// accepted waits for the server's word. A client that failed is closed; one that was accepted may have ended since.
func (c *Client) accepted(ctx context.Context) (*Client, error) {
	late := false
	select {
	case <-c.ready:
	case <-ctx.Done():
		late = true
		err := ctx.Err()
		if errors.Is(err, context.DeadlineExceeded) {
			err = ErrTimeout
		}
		c.fail(&Error{Phase: c.link.phase(), Err: err})
	}
	c.link.mu.Lock()
	err, failed := c.outcome, c.failed || late
	c.link.mu.Unlock()
	if failed {
		c.link.shut(err)
		c.goroutines.Wait()
		c.inbox.abandon(err, func(p media.Packet) { p.Release() })
		return nil, err
	}
	return c, nil
}

// dial connects. Several addresses of a host are tried side by side. Looking the host up and connecting have a timeout
// each; a Dial function of the caller's has both together.
func dial(ctx context.Context, t *target, o *ClientOptions) (net.Conn, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	bound := o.Timeouts.Resolve
	if o.Dial != nil {
		bound = together(bound, o.Timeouts.Dial)
	}
	timer := time.AfterFunc(together(bound, 0), func() { cancel(ErrTimeout) })
	defer timer.Stop()
	connect := o.Dial
	var resolved atomic.Bool
	if connect == nil {
		dialer := net.Dialer{
			Timeout: together(o.Timeouts.Resolve, o.Timeouts.Dial), // shared among the addresses
			ControlContext: func(context.Context, string, string, syscall.RawConn) error {
				if !resolved.Swap(true) { // the first socket is there
					timer.Reset(together(o.Timeouts.Dial, 0))
				}
				return nil
			},
		}
		connect = dialer.DialContext
	}
	c, err := connect(ctx, "tcp", t.address())
	if err == nil {
		return c, nil
	}
	phase := engine.PhaseTCP
	var call *os.SyscallError // the socket could not be made: the address was known by then
	if o.Dial == nil && !resolved.Load() && !errors.As(err, &call) {
		phase = engine.PhaseResolve
	}
	var timeout net.Error
	if context.Cause(ctx) == ErrTimeout || errors.Is(err, context.DeadlineExceeded) || errors.As(err, &timeout) && timeout.Timeout() {
		err = ErrTimeout
	}
	return nil, &Error{Phase: phase, Err: err}
}

// together adds two timeouts, of which a negative one is none.
func together(a, b time.Duration) time.Duration {
	if a < 0 || b < 0 {
		return math.MaxInt64
	}
	return a + b
}

// unconnected is the transport of a client that is still dialing: it can only be closed.
type unconnected struct{ cancel context.CancelFunc }

func (u *unconnected) read() ([]byte, error)                  { return nil, net.ErrClosed }
func (u *unconnected) release()                               {}
func (u *unconnected) write(net.Buffers, time.Duration) error { return net.ErrClosed }
func (u *unconnected) tryWrite(net.Buffers) (int, error)      { return 0, net.ErrClosed }
func (u *unconnected) setReadDeadline(time.Time) error        { return nil }
func (u *unconnected) closeWrite(time.Duration) error         { return net.ErrClosed }
func (u *unconnected) close() error                           { u.cancel(); return nil }
func (u *unconnected) remoteAddr() net.Addr                   { return nil }

func newClient(transport transport, t target, o ClientOptions, play bool) (*Client, error) {
	c := &Client{
		options: o, aim: t, target: t, begun: time.Now(), ready: make(chan struct{}),
		events: newMailbox((*ClientEvent).cost), inbox: newMailbox(packetCost),
	}
	if play {
		c.play = o.Play.request()
	}
	if t.scheme == "rtmps" || o.TLS != nil || o.FollowRedirects || o.FollowReconnects {
		var err error
		if c.secure, err = clientTLS(o.TLS); err != nil {
			return nil, err
		}
	}
	c.engine = engine.NewClient(clientConfig(&o, &t, c.play))
	c.link = newLink(transport, c, c.engine, math.MaxInt, o.Timeouts.Write) // the output is ours: the senders bound it
	c.sender = sender{link: c.link, to: c, bound: o.OutputBytes, timeout: o.SendTimeout, noWait: o.NoWait, upkeep: newUpkeep(&o, play)}
	c.link.lingerFor = o.Linger
	c.link.renew = c.renew
	c.link.goFunc = func(f func()) {
		c.goroutines.Add(1)
		go func() {
			defer c.goroutines.Done()
			defer c.recover()
			f()
		}()
	}
	return c, nil
}

// errNoTLS refuses to connect with TLS where nothing says whom to trust.
var errNoTLS = errors.New("there is no configuration of TLS")

// connect makes the connection to a target and lets the conversation begin.
func (c *Client) connect(to *target, dial func() (net.Conn, error)) error {
	nc, err := dial()
	if err != nil {
		return err
	}
	ours := true
	defer func() {
		if ours { // it fails or panics before
			nc.Close()
		}
	}()
	if err := c.options.tuning().apply(nc); err != nil {
		c.options.Logger.Warn("socket options", "error", err)
	}
	t := newTransport(nc)
	if _, done := nc.(*tls.Conn); to.scheme == "rtmps" && !done {
		if c.secure == nil {
			return &Error{Phase: engine.PhaseTLS, Err: errNoTLS}
		}
		config := c.secure.Clone()
		if config.ServerName == "" {
			config.ServerName = to.host
		}
		t = newSecure(t, config, true)
	}
	ours = false // the link's
	if err := c.link.connected(t); err != nil {
		return err
	}
	if err := c.link.secure(c.options.Timeouts.Handshake); err != nil {
		return err
	}
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.link.flush()
	return nil
}

// run connects and then runs the conversation until it ends.
func (c *Client) run(dial func() (net.Conn, error)) {
	defer c.goroutines.Done()
	defer c.stay()
	defer c.recover()
	if err := c.connect(&c.target, dial); err != nil {
		c.link.shut(err)
		c.fail(err)
		return
	}
	err := c.link.run()
	if err == nil {
		err = ErrClosed
	}
	c.fail(c.lost(err))
}

func (c *Client) recover() {
	if p := recover(); p != nil {
		c.options.Logger.Error("a connection panicked", "panic", p, "stack", string(debug.Stack()))
		err := &Error{Phase: engine.PhaseNone, Err: errPanic}
		c.link.shut(err)
		c.fail(err)
	}
}
