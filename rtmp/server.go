package rtmp

import (
	"context"
	crand "crypto/rand"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"oxrtmp/rtmp/authmod"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/engine"
)

// ServerOptions says how a [Server] behaves. Its zero value, and nil, is a server with every default.
type ServerOptions struct {
	Limits   Limits   // zero fields: [engine.DefaultLimits]
	Timeouts Timeouts // zero fields: [engine.DefaultTimeouts]
	// ChunkSize is the chunk size of what the server sends, and of what encoders that follow it send: 1–65536 bytes,
	// default 4096.
	ChunkSize uint32
	// WindowAckSize and PeerBandwidth are announced to each peer, in bytes; default 5,000,000.
	WindowAckSize uint32
	PeerBandwidth uint32
	// ProxyFrom are the networks of load balancers, whose connections begin with a PROXY protocol header, version 1 or 2,
	// before TLS where there is TLS: the address in it is the peer's. A connection from there without one is ended, and so
	// is one from elsewhere with one.
	ProxyFrom []netip.Prefix
	// AskConnection, AskConnect and AskFCPublish raise a Request for each new connection (address only), for each
	// connect and for each FCPublish. Without them these are accepted unasked.
	AskConnection bool
	AskConnect    bool
	AskFCPublish  bool
	// Users are the names and passwords of those who may connect, who log in by LoginScheme (default LoginAdobe); others
	// are refused. Empty: everybody may. Where users are kept elsewhere, AskConnect and [Request.Login] do the same.
	Users       map[string]string
	LoginScheme LoginScheme
	// AskPlay raises a Request for each play. Without it, and without a Hub, players are told that there is no such
	// stream.
	AskPlay bool
	// PlayAnswer says how accepted plays begin; default as live streams do.
	PlayAnswer PlayAnswer
	// Hub gets every publish and play, without a Request, unless AskPublish or AskPlay wants to see them first: then
	// [Hub.Accept] hands them on.
	Hub        *Hub
	AskPublish bool
	// Hooks are called when something happens; default none.
	Hooks *Hooks
	// Events are the kinds of event that [Server.NextEvent] returns; default none. They must be taken.
	Events EventMask
	// AskMediaTag makes each ServerMediaTag event, which then is one of Events, a question: the message goes on once
	// [ServerEvent.Answer] says so, and what its connection sends after it waits.
	AskMediaTag bool
	// StatsInterval is the time between two ServerStats events of a stream; default 5 s.
	StatsInterval time.Duration
	// SendTimeout, NoWait and OutputBytes are for sending to players, as in [ClientOptions]: how long a send waits for
	// room, default 10 s, negative for ever; that it fails with ErrAgain instead; and how much may be queued for the
	// network before that, default 1 MiB.
	SendTimeout time.Duration
	NoWait      bool
	OutputBytes int
	// SendOnBWDone sends onBWDone after the answer to connect, as some servers do.
	SendOnBWDone bool
	// Enhanced says how the server speaks of Enhanced RTMP, and Capabilities what its answer to connect then says; default:
	// every codec of Enhanced RTMP v2, to be forwarded.
	Enhanced     EnhancedMode
	Capabilities *Capabilities
	// Strict says which departures from the specification end a connection; default none: encoders in use make most of
	// them. [StrictAll] is for tests of encoders.
	Strict Strictness
	// KeepBytes is how much of what each peer has sent last is kept, at most 1 MiB, for [Server.TakeFailure]; default
	// nothing. Stream names and passwords may be in it.
	KeepBytes int
	// AnswerCalls makes commands of a peer that the library does not know, and shared object messages, events of its
	// session, which must then be taken also of publishers; otherwise the former are refused.
	AnswerCalls bool
	// Linger bounds how long a connection that ends may take to deliver its last words; default 2 s.
	Linger time.Duration
	// KeepAlive is how long a TCP connection is silent before the kernel asks the peer for a sign of life; default 15 s, as
	// package net has it; negative: it never asks. UserTimeout is how long the peer may leave what was sent without an
	// acknowledgement before the kernel gives it up (TCP_USER_TIMEOUT, on Linux); default: the system's, a quarter of an
	// hour or so, of which Timeouts.Write and Idle wait for less. ReceiveBufferBytes and SendBufferBytes are the sizes of
	// the kernel's buffers (SO_RCVBUF, SO_SNDBUF); default: the system's, which change with need. They concern the caller's
	// own listeners and connections too.
	KeepAlive          time.Duration
	UserTimeout        time.Duration
	ReceiveBufferBytes int
	SendBufferBytes    int
	// TLS is for addresses that begin with rtmps://: the certificate that the server shows. See [Server.SetCertificate].
	TLS *TLSOptions
	// Allocator is where payloads live; default [buffer.Heap].
	Allocator buffer.Allocator
	// Logger gets records about connections; default none. Stream names do not appear in them, control characters are
	// escaped, and no more than 100 a second come: the next one says how many were suppressed.
	Logger *slog.Logger
}

// Server accepts peers on its listeners and hands their wishes out as requests.
type Server struct {
	options      ServerOptions
	begun        time.Time
	engines      *engine.Service
	requests     *mailbox[*Request]
	certificates *certificates
	logins       authmod.Verifier
	events       *mailbox[ServerEvent]
	watched      EventMask    // what somebody wants to be told
	stalled      atomic.Bool  // connections wait for events to be taken
	tellers      atomic.Int64 // goroutines that tell what happened
	unanswered   atomic.Int64 // requests that the application has, or can take
	finished     atomic.Bool  // Close has ended all other goroutines

	mu         sync.Mutex
	closed     bool
	listeners  []net.Listener
	addresses  []string
	conns      map[*serverConn]struct{}
	perAddress map[netip.Addr]int
	counts     serverCounts
	failures   []Failure // the latest
	past       pastConns // connections that have ended
	arrivals   pace
	refusals   pace // records about them
	admitted   uint64
	idle       chan struct{} // not nil: closed when no connection is open
	done       chan struct{} // closed with the server
	goroutines sync.WaitGroup
}

// NewServer returns a server that listens nowhere yet. A nil options stands for the defaults.
func NewServer(options *ServerOptions) (*Server, error) {
	s := &Server{
		begun: time.Now(),
		conns: make(map[*serverConn]struct{}), perAddress: make(map[netip.Addr]int),
		requests: newMailbox(func(**Request) int { return 1 }), events: newMailbox(eventCost), done: make(chan struct{}),
		logins: authmod.Verifier{Rand: randomness},
	}
	if options != nil {
		s.options = *options
	}
	if err := s.options.complete(); err != nil {
		return nil, err
	}
	if s.options.AskMediaTag {
		s.options.Events |= ServerMediaTag.Mask()
	}
	s.engines = engine.NewService(s.engineConfig())
	s.options.Logger = calmed(s.options.Logger, &s.counts.suppressed)
	s.watched = s.options.Events & AllEvents
	if h := s.options.Hooks; h != nil {
		s.watched |= h.told()
	}
	var err error
	if s.certificates, err = newCertificates(s.options.TLS); err != nil {
		return nil, err
	}
	return s, nil
}

// complete checks the options and fills the defaults in.
func (o *ServerOptions) complete() error {
	if o.ChunkSize > 65536 {
		return errors.New("rtmp: ServerOptions.ChunkSize is above 65536")
	}
	if o.KeepBytes < 0 || o.KeepBytes > 1<<20 {
		return errors.New("rtmp: ServerOptions.KeepBytes is not between 0 and 1048576")
	}
	if o.Strict&^StrictAll != 0 {
		return errors.New("rtmp: ServerOptions.Strict has unknown rules")
	}
	if err := o.tuning().check(); err != nil {
		return err
	}
	o.Limits, o.Timeouts = o.Limits.WithDefaults(), o.Timeouts.WithDefaults()
	if o.LoginScheme == authmod.None {
		o.LoginScheme = LoginAdobe
	}
	if o.Linger <= 0 {
		o.Linger = 2 * time.Second
	}
	if o.SendTimeout == 0 {
		o.SendTimeout = 10 * time.Second
	}
	if o.OutputBytes <= 0 {
		o.OutputBytes = 1 << 20
	}
	if o.StatsInterval <= 0 {
		o.StatsInterval = 5 * time.Second
	}
	if o.Allocator == nil {
		o.Allocator = buffer.Heap
	}
	return nil
}

// tuning is how sockets are set up.
func (o *ServerOptions) tuning() tuning {
	return tuning{o.KeepAlive, o.UserTimeout, o.ReceiveBufferBytes, o.SendBufferBytes}
}

// Bind returns a server that listens on a TCP address, "host:port", or "rtmps://host:port" for TLS. An empty host listens
// on every address of the machine, "localhost" on both loopback addresses where there are two, and port 0 takes a free
// port. A nil options stands for the defaults.
func Bind(address string, options *ServerOptions) (*Server, error) {
	s, err := NewServer(options)
	if err != nil {
		return nil, err
	}
	if err := s.Listen(address); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// Listen adds the listeners of a TCP address, as [Bind] reads it. A server may listen with TLS and without.
func (s *Server) Listen(address string) error {
	address, secure := cutScheme(address)
	if secure && s.certificates.none() {
		return &Error{Phase: engine.PhaseTLS, Err: errNoCertificate}
	}
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return &Error{Phase: engine.PhaseTCP, Err: err}
	}
	if host != "localhost" {
		l, err := net.Listen("tcp", address)
		if err != nil {
			return &Error{Phase: engine.PhaseTCP, Err: err}
		}
		return s.serve(l, secure)
	}
	// A client that is told localhost may try ::1 or 127.0.0.1 first. The machine may lack either, but if another
	// program has the port on one of them, clients would end up there.
	given := port != "0"
	var listeners []net.Listener
	var failure error
	for _, host := range [...]string{"127.0.0.1", "::1"} {
		l, err := net.Listen("tcp", net.JoinHostPort(host, port))
		switch {
		case err == nil:
			listeners = append(listeners, l)
			_, port, _ = net.SplitHostPort(l.Addr().String())
		case failure == nil || errors.Is(err, syscall.EADDRINUSE):
			failure = err
		}
	}
	if len(listeners) == 0 || given && errors.Is(failure, syscall.EADDRINUSE) {
		for _, l := range listeners {
			l.Close()
		}
		return &Error{Phase: engine.PhaseTCP, Err: failure}
	}
	for _, l := range listeners {
		if e := s.serve(l, secure); e != nil { // it is closed, as the others will be
			err = e
		}
	}
	return err
}

// schemeTLS begins addresses with TLS.
const schemeTLS = "rtmps://"

// cutScheme takes rtmp:// or rtmps:// off an address, and reports whether it was the latter.
func cutScheme(address string) (rest string, secure bool) {
	if rest, secure = strings.CutPrefix(address, schemeTLS); secure {
		return rest, true
	}
	return strings.TrimPrefix(address, "rtmp://"), false
}

// Serve adopts a listener of the caller's: the server accepts from it, and closes it when the server closes. It
// returns at once.
func (s *Server) Serve(l net.Listener) error { return s.serve(l, false) }

// ServeTLS is Serve for a listener whose connections begin with a TLS handshake, which is the server's to do.
func (s *Server) ServeTLS(l net.Listener) error { return s.serve(l, true) }

func (s *Server) serve(l net.Listener, secure bool) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		l.Close()
		return ErrClosed
	}
	s.listeners = append(s.listeners, l)
	address := l.Addr().String()
	if secure {
		address = schemeTLS + address
	}
	s.addresses = append(s.addresses, address)
	s.mu.Unlock()
	if !s.start(func() { s.acceptFrom(l, secure) }) {
		l.Close()
		return ErrClosed
	}
	return nil
}

// ServeConn adopts an accepted connection of the caller's, before its first byte is read. The server closes it. It
// returns at once, with ErrLimit where a connection of the server's own would be refused or would have to wait.
func (s *Server) ServeConn(c net.Conn) error { return s.serveConn(c, false) }

// ServeTLSConn is ServeConn for a connection that begins with a TLS handshake, which is the server's to do.
func (s *Server) ServeTLSConn(c net.Conn) error { return s.serveConn(c, true) }

func (s *Server) serveConn(c net.Conn, secure bool) error {
	err := ErrLimit
	if s.newcomer() == 0 {
		err = s.admit(c, secure)
	} else {
		s.counts.refusedHandshakes.Add(1)
	}
	if err != nil {
		c.Close()
	}
	return err
}

// Addr returns the first address the server listens on, such as "127.0.0.1:1935", or "". One with TLS begins with
// rtmps://.
func (s *Server) Addr() string {
	if a := s.Addrs(); len(a) > 0 {
		return a[0]
	}
	return ""
}

// Addrs returns every address the server listens on.
func (s *Server) Addrs() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.addresses...)
}

// start runs f on a goroutine that Close waits for; false when the server is closed.
func (s *Server) start(f func()) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.goroutines.Add(1)
	go func() {
		defer s.goroutines.Done()
		f()
	}()
	return true
}

// Accept returns the next request. It waits for one as long as timeout says: negative for ever, 0 not at all. It fails
// with ErrTimeout, or ErrClosed once the server is closed.
func (s *Server) Accept(timeout time.Duration) (*Request, error) {
	var r [1]*Request
	for {
		begun := time.Now()
		if _, err := s.requests.take(r[:], timeout); err != nil {
			return nil, err
		}
		if !r[0].stale() {
			return r[0], nil
		}
		if timeout > 0 {
			timeout = max(0, timeout-time.Since(begun))
		}
	}
}

// OnReady makes the server call ready when there are requests to take after there were none, and when it is closed:
// then Accept with timeout 0 takes them. ready is called from any goroutine, also before OnReady returns; it must not
// wait, nor use the server. nil ends it.
func (s *Server) OnReady(ready func()) { s.requests.setNotify(ready) }

// Ready reports that there are requests to take, which may turn out to have expired, or that the server is closed.
func (s *Server) Ready() bool { return s.requests.waiting() }

// HandleRequests calls handler for each request, each on a goroutine of its own, until the server is closed. A request
// that its handler neither accepts nor rejects is rejected when the handler returns. A panic in a handler ends the
// request's connection, is logged, and nothing else. HandleRequests returns when every handler has returned.
func (s *Server) HandleRequests(handler func(*Request)) error {
	var handlers sync.WaitGroup
	defer handlers.Wait()
	for {
		r, err := s.Accept(-1)
		if err != nil {
			return err
		}
		handlers.Add(1)
		go func() {
			defer handlers.Done()
			defer func() {
				if p := recover(); p != nil {
					s.counts.panics.Add(1)
					s.options.Logger.Error("a request handler panicked", "panic", p)
					r.abandon(&Error{Phase: engine.PhaseNone, Err: errPanic})
				}
			}()
			handler(r)
			r.Reject("", "")
		}()
	}
}

// errPanic ends a connection whose code panicked.
var errPanic = errors.New("internal error")

// Close closes the listeners and every connection, without good-byes, and waits for their goroutines, but not for hooks.
// What is open fails with ErrClosed.
func (s *Server) Close() error {
	s.mu.Lock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
	listeners := s.listeners
	s.listeners = nil
	s.mu.Unlock()
	s.requests.abandon(ErrClosed, func(*Request) {})
	for _, l := range listeners {
		l.Close()
	}
	for _, c := range s.connections() {
		c.link.shut(ErrClosed)
	}
	s.goroutines.Wait()
	s.finished.Store(true)
	if s.tellers.Load() == 0 {
		s.events.close(ErrClosed)
	}
	return nil
}

// Shutdown closes the listeners, waits until the connections have ended or ctx is done, and then closes the server.
// Its error is ctx's, if connections had to be cut.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	listeners := s.listeners
	s.listeners = nil
	s.mu.Unlock()
	for _, l := range listeners {
		l.Close()
	}
	var err error
	for idle := s.whenIdle(); idle != nil && err == nil; idle = s.whenIdle() {
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-s.done:
			err = ErrClosed
		case <-idle:
		}
	}
	s.Close()
	return err
}

// whenIdle returns what is closed when no connection is open any more, or nil when none is.
func (s *Server) whenIdle() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.conns) == 0 {
		return nil
	}
	if s.idle == nil {
		s.idle = make(chan struct{})
	}
	return s.idle
}

// Connections returns how many connections are open.
func (s *Server) Connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// asks reports that the application wants to see requests of a kind.
func (s *Server) asks(kind RequestKind) bool {
	o := &s.options
	switch kind {
	case RequestConnection:
		return o.AskConnection
	case RequestConnect:
		return o.AskConnect
	case RequestFCPublish:
		return o.AskFCPublish
	case RequestPublish:
		return o.AskPublish || o.Hub == nil
	}
	return o.AskPlay
}

// engineConfig makes engines ask about all that anybody wants to decide or to be told.
func (s *Server) engineConfig() engine.ServerConfig {
	o := &s.options
	config := serverConfig(o)
	config.AskConnect = config.AskConnect || o.Events.Has(ServerConnect)
	config.AskFCPublish = config.AskFCPublish || o.Events.Has(ServerFCPublish)
	if h := o.Hooks; h != nil {
		config.AskConnect = config.AskConnect || h.Connect != nil
		config.AskFCPublish = config.AskFCPublish || h.FCPublish != nil
		config.AskPlay = config.AskPlay || h.Play != nil
	}
	return config
}

// randomness is where handshakes take their random bytes from.
var randomness io.Reader = crand.Reader
