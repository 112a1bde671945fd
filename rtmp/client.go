package rtmp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// ClientOptions says how a [Client] connects and sends. Its zero value, and nil, is every default.
type ClientOptions struct {
	Limits   Limits   // of what the server may cost; zero fields: [engine.DefaultLimits]. OutputBytes below is for ours
	Timeouts Timeouts // zero fields: [engine.DefaultTimeouts]
	// App, StreamName and TCURL replace what the URL says, where its split at the last '/' is not the server's.
	App        string
	StreamName string
	TCURL      string
	// FlashVer is how the client calls itself; default "FMLE/3.0 (compatible; oxrtmp)", which servers know.
	FlashVer string
	SWFURL   string // default none
	PageURL  string // default none
	// User and Password log in where the server asks for it (see package authmod); they replace those of the URL.
	// Without TLS, whoever listens can try passwords against what is sent.
	User     string
	Password string
	// FollowRedirects makes the client go where the server sends it instead, up to five times in a row, but not from TLS
	// to a connection without it.
	FollowRedirects bool
	// FollowReconnects makes the client obey a server that asks it to connect anew, as one does that is about to end. It
	// makes the new connection first; one that publishes video then goes on until its next keyframe, for which sending
	// waits until the stream is published there, with its metadata and headers. What was sent before is not lost. With
	// Reconnect, one that is lost on the way tries the new server first, and then both in turn until one accepts.
	FollowReconnects bool
	// PublishType is "live" (default), "record" or "append".
	PublishType string
	// Play says what a playing client asks for. Its zero value is the live stream of that name, or else the recorded
	// one, all of it.
	Play PlayOptions
	// ChunkSize is the chunk size of what is sent: 1–65536 bytes, default 4096.
	ChunkSize uint32
	// Enhanced says how the client speaks of Enhanced RTMP, and Capabilities what its connect then says; default: every
	// codec of Enhanced RTMP v2, to be encoded by one that publishes and to be decoded by one that plays.
	Enhanced     EnhancedMode
	Capabilities *Capabilities
	// AnswerCalls makes commands of the server that the library does not know, and shared object messages, events of the
	// client; otherwise the former are refused.
	AnswerCalls bool
	// DigestHandshake offers the digest handshake, which some old servers demand.
	DigestHandshake bool
	// SendTimeout bounds how long a send waits for room; default 10 s, negative for ever.
	SendTimeout time.Duration
	// NoWait makes sends fail with ErrAgain, with nothing taken, instead of waiting for room.
	NoWait bool
	// OutputBytes is how much may be queued for the network before a send waits; default 1 MiB. One message goes
	// through however long it is.
	OutputBytes int
	// DropVideo lets a publishing client drop video instead of waiting for room: once half of OutputBytes is queued all up to
	// the next keyframe, and keyframes too when it is three quarters. Audio, headers and data wait as ever. Statistics count
	// what was dropped.
	DropVideo bool
	// Reconnect lets a publishing client make its connection again when it is lost after the server had accepted. Sends
	// succeed meanwhile and what they are given is dropped. The new connection begins with the metadata and headers that
	// were sent last; video goes on with its next keyframe. A refusal by the server ends a stream that is running.
	Reconnect *Reconnect
	// Linger bounds how long Close delivers what is queued; default 2 s.
	Linger time.Duration
	// KeepAlive, UserTimeout, ReceiveBufferBytes and SendBufferBytes are for the TCP connection, as in [ServerOptions].
	KeepAlive          time.Duration
	UserTimeout        time.Duration
	ReceiveBufferBytes int
	SendBufferBytes    int
	// TLS is for URLs that begin with rtmps://: whom to trust. nil stands for the system's authorities.
	TLS *TLSOptions
	// Dial connects instead of a net.Dialer. A [*tls.Conn] is taken to be what a rtmps:// URL wants.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
	// Allocator is where received payloads live; default [buffer.Heap].
	Allocator buffer.Allocator
	// Logger gets records about the connection, as that of [ServerOptions] does; default none.
	Logger *slog.Logger
}

// PlayOptions are what a play command says besides the stream's name.
type PlayOptions struct {
	// LiveOnly asks for a live stream only. Start, in seconds, asks for a recorded one from there on, if it is above 0.
	LiveOnly bool
	Start    float64
	Duration float64 // seconds; 0: all of it
	// BufferLength is what the server is told about the client's buffer; default 1 s.
	BufferLength time.Duration
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
	for _, f := range [...]struct{ name, value string }{
		{"App", r.App}, {"StreamName", r.StreamName}, {"TCURL", r.TCURL}, {"FlashVer", r.FlashVer}, {"SWFURL", r.SWFURL}, {"PageURL", r.PageURL},
		{"User", r.User}, {"Password", r.Password},
	} {
		if len(f.value) > 65535 || strings.IndexByte(f.value, 0) >= 0 {
			return r, errors.New("rtmp: ClientOptions." + f.name + " contains a NUL byte or is longer than 65535 bytes")
		}
	}
	if err := r.tuning().check(); err != nil {
		return r, err
	}
	r.Limits, r.Timeouts = r.Limits.WithDefaults(), r.Timeouts.WithDefaults()
	var err error
	if r.Reconnect, err = r.Reconnect.withDefaults(); err != nil {
		return r, err
	}
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
	r.Logger = calmed(r.Logger, nil)
	return r, nil
}

// tuning is how the socket is set up.
func (o *ClientOptions) tuning() tuning {
	return tuning{o.KeepAlive, o.UserTimeout, o.ReceiveBufferBytes, o.SendBufferBytes}
}

// Client is an outgoing connection that publishes one stream, by its Send methods, or plays one, by NextPacket.
type Client struct {
	reception
	sender
	options ClientOptions
	aim     target              // what the caller asked for
	target  target              // where it is by now, with the link locked
	secure  *tls.Config         // nil: no TLS
	engine  *engine.Client      // the link's; under its lock
	play    *engine.PlayRequest // nil: the client publishes
	begun   time.Time
	events  *mailbox[ClientEvent]
	inbox   *mailbox[media.Packet] // what a playing client received
	taken   atomic.Uint64          // packets taken from there

	goroutines sync.WaitGroup

	// Under the link's lock.
	ready    chan struct{} // closed once the publish or play is accepted or has failed
	settled  bool          // ready is closed
	failed   bool          // it was closed by a failure
	arrived  uint64        // packets put into inbox
	outcome  error         // why it failed, or what ended it later
	closed   bool
	again    again
	retrying retrying
	moving   *move // not nil: the server asked to connect anew
	video    bool  // a keyframe was sent
}

// ClientEventKind says what a [ClientEvent] tells.
type ClientEventKind uint8

// The client's events. Their numbers do not change.
const (
	ClientConnected ClientEventKind = 1 // the server has accepted: media may be sent, or comes
	ClientFailed    ClientEventKind = 2 // it has not, or was not reached: Err says why
	ClientEnded     ClientEventKind = 3 // the stream ended after it was accepted: Err says why
	ClientWritable  ClientEventKind = 4 // there is room again after ErrAgain
	ClientStatus    ClientEventKind = 5 // the server told something else: Status
	ClientControl   ClientEventKind = 6 // a user control event came: Control

	ClientCall         ClientEventKind = 7 // with AnswerCalls: the server calls a procedure: Call, CallID
	ClientSharedObject ClientEventKind = 8 // with AnswerCalls: a shared object message came: SharedObject
	// With ClientOptions.Reconnect:
	ClientReconnecting ClientEventKind = 9  // the connection is lost: Err says why; it is made again
	ClientReconnected  ClientEventKind = 10 // the server has accepted again
	// With ClientOptions.Reconnect or DropVideo:
	ClientCongested ClientEventKind = 11 // half of OutputBytes is queued
	ClientRelieved  ClientEventKind = 12 // it is no more than a quarter again

	ClientReconnect ClientEventKind = 13 // the server asks the client to connect anew: URL, Status. See FollowReconnects
	ClientReply     ClientEventKind = 14 // what StartCall began has ended: CallID, Values or Err
)

// ClientEvent is something that happened to a [Client].
type ClientEvent struct {
	Kind    ClientEventKind
	Err     error
	Status  message.Status
	Control message.UserControl

	Call         *message.Command
	CallID       uint32 // for Answer and Refuse; 0: no answer is wanted. Of a ClientReply what StartCall returned
	Values       []amf.Value
	SharedObject *message.SharedObject
	URL          string // the tcUrl to connect to

	after uint64 // how many packets came before it
	size  int    // bytes of the message that said so
}

func (e *ClientEvent) cost() int { return e.size }

// maxEvents bounds the events of a client or session that nobody takes, as Limits.QueueBytes does their bytes; past it, those
// that only inform are dropped.
const maxEvents = 256

// NextEvent returns the next event. It waits for it as long as timeout says: negative for ever, 0 not at all. It fails
// with ErrTimeout, ErrClosed after Close, and after the event that says how the stream ended with io.EOF or why it did.
// Events need not be taken: what waits is bounded.
func (c *Client) NextEvent(timeout time.Duration) (ClientEvent, error) {
	var e [1]ClientEvent
	_, err := c.events.take(e[:], timeout)
	return e[0], err
}

// OnReady makes the client call ready when there are events or packets to take after there were none, and when the
// stream has ended or the client is closed: then Poll takes them. ready is called from any goroutine, also before
// OnReady returns; it must not wait, nor use the client. nil ends it.
func (c *Client) OnReady(ready func()) {
	c.events.setNotify(ready)
	c.inbox.setNotify(ready)
}

// Ready reports that Poll would find something: events, packets, or that there will be no more of them.
func (c *Client) Ready() bool { return c.events.waiting() || c.inbox.length() > 0 }

// fail notes why the publish failed or ended, once.
func (c *Client) fail(err error) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.settle(err)
}

func (c *Client) settle(err error) {
	switch {
	case !c.settled && err == nil:
		c.put(ClientEvent{Kind: ClientConnected})
	case !c.settled:
		c.put(ClientEvent{Kind: ClientFailed, Err: err})
	case c.outcome == nil:
		c.put(ClientEvent{Kind: ClientEnded, Err: err})
	}
	if c.outcome == nil {
		c.outcome = err
	}
	if c.outcome != nil {
		c.inbox.close(ended(c.outcome))
		c.events.close(ended(c.outcome))
	}
	if !c.settled {
		c.settled, c.failed = true, err != nil
		close(c.ready)
	}
}

// ended is how the end of a client looks to those who take its packets: an end by the server, whether it says so or just
// goes, is no fault.
func ended(err error) error {
	if e, ok := err.(*Error); ok && errors.Is(e.Err, io.EOF) && e.Phase == engine.PhaseMedia {
		return io.EOF
	}
	return err
}

// handle takes an event of the engine.
func (c *Client) handle(e engine.Event) {
	switch e.Kind {
	case engine.EventPublishing, engine.EventPlaying:
		c.again.redirects, c.retrying.other = 0, nil
		if c.moving != nil && c.moving.begun {
			c.moved()
			return
		}
		if c.away() {
			c.returned()
			return
		}
		c.settle(nil)
		c.link.keeps = c.returns()
	case engine.EventReconnect:
		c.asked(&e)
	case engine.EventRefused:
		var err error = &StatusError{Level: e.Status.Level, Code: e.Status.Code, Description: e.Status.Description}
		if !c.settled || c.away() || c.moving != nil && c.moving.begun {
			err = c.refused(&e)
		}
		if err != nil && c.away() { // the server may not have noticed yet that the connection before is lost
			c.retrying.said = &Error{Phase: e.Phase, Err: err}
		} else if err != nil {
			c.settle(&Error{Phase: e.Phase, Err: err})
		}
		c.link.signalDrained()
	case engine.EventStreamEnd:
		if err := (&Error{Phase: c.engine.Phase(), Err: io.EOF}); c.returns() {
			c.retrying.said = err
		} else {
			c.settle(err)
		}
		c.link.signalDrained()
	case engine.EventPacket:
		e.Packet.Arrival = time.Since(Epoch)
		c.note(&e.Packet)
		c.arrived++ // before it can be taken
		if _, ok := c.inbox.put(e.Packet); !ok {
			c.arrived--
			e.Packet.Release()
		}
	case engine.EventStatus:
		c.inform(ClientEvent{Kind: ClientStatus, Status: e.Status, size: e.Size})
	case engine.EventReply:
		c.link.replied(&e)
	case engine.EventCommand, engine.EventSharedObject:
		c.told(&e)
	case engine.EventControl:
		c.link.pong(&e)
		c.inform(ClientEvent{Kind: ClientControl, Control: e.Control, size: e.Size})
	}
}

// inform tells a player what the server said besides; publishers have never wanted to know.
func (c *Client) inform(e ClientEvent) {
	if c.play != nil && c.settled && !c.events.crowded(c.options.Limits.QueueBytes) {
		c.put(e)
	}
}

// put adds an event behind the packets that came before it. The link is locked.
func (c *Client) put(e ClientEvent) {
	e.after = c.arrived
	c.events.put(e)
}

// blocked reports that packets wait to be taken.
func (c *Client) blocked() bool { return c.inbox.full(c.options.Limits.QueueBytes) }

func (c *Client) writable() {
	if !c.events.has(func(e *ClientEvent) bool { return e.Kind == ClientWritable }) {
		c.put(ClientEvent{Kind: ClientWritable})
	}
}

func (c *Client) putMedia(typeID uint8, timestamp uint32, head, body []byte) error {
	return c.engine.SendMedia(typeID, timestamp, head, body)
}

func (c *Client) putPacket(p *media.Packet) error { return c.engine.SendPacket(p) }

func (c *Client) putMetadata(v amf.Value) error { return c.engine.SendMetadata(0, v) }

// Err returns why the stream ended: nil while it runs, ErrClosed after Close, else an [*Error], which wraps io.EOF where
// the server has ended the stream or has gone.
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
	case c.link.err != nil:
		return c.lost(c.link.err)
	}
	return nil
}

// lost is what the end of the link is to the application. It ends a stream that runs as the server's word does.
func (c *Client) lost(err error) error {
	if err == io.EOF {
		err = &Error{Phase: c.engine.Phase(), Err: io.ErrUnexpectedEOF}
	}
	e, ok := err.(*Error)
	if !ok || e.Phase != engine.PhaseMedia || !isReset(err) || errors.Is(err, io.EOF) {
		return err
	}
	return &Error{Phase: e.Phase, Err: goneError{e.Err}}
}

// lingerSlack is how much longer than Linger Close may take where the receiver does not end by itself: one that answers a
// peer of TLS waits for a peer that does not read.
const lingerSlack = 100 * time.Millisecond

// Close ends the stream: what is queued and the good-byes are delivered within Linger, then the connection is closed.
// Waiting calls return ErrClosed. Closing again has no effect. The error says that something queued was lost.
func (c *Client) Close() error {
	state, away, first := c.shut()
	late := time.AfterFunc(max(c.options.Linger, c.options.Linger+lingerSlack), func() { c.link.shut(nil) })
	defer late.Stop()
	c.goroutines.Wait()
	if !first {
		return nil
	}
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if away != nil {
		return away
	}
	if c.sent.packets() == 0 || c.link.unsent == 0 {
		return nil
	}
	if state == nil {
		state = &Error{Phase: engine.PhaseMedia, Err: ErrTimeout}
	}
	return state
}

// shut lets the conversation end, if it is the first to do so, and returns how the stream was doing, and why it was
// without a connection.
func (c *Client) shut() (state, away error, first bool) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return nil, nil, false
	}
	asked := false
	defer func() {
		if !asked { // it panics, and will not end by itself
			c.link.kill(ErrClosed)
		}
	}()
	c.events.abandon(ErrClosed, func(ClientEvent) {})
	c.inbox.abandon(ErrClosed, func(p media.Packet) { p.Release() })
	state = c.state()
	if c.away() && c.link.err == nil {
		away = c.upkeep.away
	}
	c.closed, c.link.keeps = true, false
	switch {
	case c.link.err != nil:
	case !c.settled, c.away(): // nothing can be sent
		c.link.kill(ErrClosed)
	case c.moving != nil && c.moving.left:
		c.drop()
	default:
		c.engine.End()
		c.link.flush()
		c.link.interruptRead()
	}
	c.link.signalDrained()
	asked = true
	return state, away, true
}

// Statistics returns what was sent, or of a stream that is played what was received; Queued is what has not left, or
// not been taken, yet.
func (c *Client) Statistics() Statistics {
	if c.play == nil {
		s := c.sent.statistics(c.begun)
		s.Queued = int(c.link.traffic.queued.Load())
		return s
	}
	s := c.received.statistics(c.begun)
	s.Queued = c.inbox.waitingCost()
	return s
}

// TLS returns what the server and the client agreed upon, or nil where there is no TLS, or not yet.
func (c *Client) TLS() *tls.ConnectionState { return c.link.tlsState() }

// PeerAddr returns the server's address, or "" while the client is connecting.
func (c *Client) PeerAddr() string {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if a := c.link.transport.remoteAddr(); a != nil {
		return a.String()
	}
	return ""
}
