package rtmp

import (
	"crypto/tls"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// RequestKind is what a peer asks for.
type RequestKind = engine.RequestKind

// The kinds of request. Only publish requests come unless [ServerOptions] asks for others.
const (
	RequestPublish    = engine.RequestPublish
	RequestPlay       = engine.RequestPlay
	RequestConnection = engine.RequestConnection
	RequestConnect    = engine.RequestConnect
	RequestFCPublish  = engine.RequestFCPublish
)

// PlayAnswer says how an accepted play begins.
type PlayAnswer = engine.PlayAnswer

// Request is a peer's wish. It waits for Accept or Reject, from any goroutine, until its deadline (Timeouts.Decision);
// past that it is rejected, and a late answer has no effect.
type Request struct {
	conn      *serverConn
	info      *engine.Request
	decided   chan bool // of a connection request
	session   *Session  // once accepted; under the link's lock
	announced bool      // the application has it, and it counts until it is answered; under the link's lock
}

// Kind returns what is asked for.
func (r *Request) Kind() RequestKind { return r.info.Kind }

// App returns the application the peer connected to, without its query and without slashes at its ends.
func (r *Request) App() string { return r.info.App }

// StreamName returns the name to publish or play, without its query and without slashes at its ends. It never contains a NUL
// byte.
func (r *Request) StreamName() string { return r.info.Name }

// RawStreamName returns the name as the peer sent it.
func (r *Request) RawStreamName() string { return r.info.RawName }

// Query returns the parameters "k=v&…" of the stream name, the app and the tcUrl, in this order.
func (r *Request) Query() string { return r.info.Query }

// PublishType returns "live", "record" or "append", or what else the peer sent.
func (r *Request) PublishType() string { return r.info.PublishType }

// Play returns what a play request asks for besides the stream.
func (r *Request) Play() PlayRequest {
	r.conn.link.mu.Lock()
	defer r.conn.link.mu.Unlock()
	return r.info.Play
}

// TCURL returns the URL that the peer says it connected to, or "".
func (r *Request) TCURL() string {
	if c := r.Connect(); c != nil {
		return c.TCURL
	}
	return ""
}

// PeerAddr returns the peer's address, "host:port" for TCP.
func (r *Request) PeerAddr() string { return r.conn.peer }

// Connection returns the connection's number on its server, from 1, as [ServerEvent] has it.
func (r *Request) Connection() uint64 { return r.conn.number }

// TLS returns what the peer and the server agreed upon, or nil where there is no TLS.
func (r *Request) TLS() *tls.ConnectionState { return r.conn.link.tlsState() }

// Connect returns the peer's connect command, nil in a connection request. It must not be changed.
func (r *Request) Connect() *message.Connect {
	if r.info.Kind == RequestConnection {
		return nil
	}
	return r.conn.engine.ConnectInfo()
}

// stale reports that an answer would come too late.
func (r *Request) stale() bool {
	l := r.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	return r.conn.pending != r || l.err != nil
}

// Accept grants the request. For publish and play it returns the session; for the other kinds, nil. It fails with ErrDecided
// when the request was decided before, or its deadline or connection has gone.
func (r *Request) Accept() (*Session, error) {
	return r.AcceptPlay(r.conn.server.options.PlayAnswer)
}

// AcceptPlay is Accept for a play request that is answered in another way than ServerOptions.PlayAnswer says.
func (r *Request) AcceptPlay(answer PlayAnswer) (*Session, error) {
	l := r.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	s, err := r.accept(answer)
	if err == nil {
		l.flush()
		l.wake()
	}
	return s, err
}

// accept is Accept with the link locked, and nothing sent yet.
func (r *Request) accept(a engine.PlayAnswer) (*Session, error) {
	l := r.conn.link
	if r.conn.pending != r || l.err != nil {
		return nil, ErrDecided
	}
	r.conn.await(nil)
	if r.info.Kind == RequestConnection {
		r.decided <- true
		return nil, nil
	}
	if err := r.tellTime(); err != nil {
		return nil, err
	}
	var s *Session
	if r.info.Kind == RequestPublish || r.info.Kind == RequestPlay {
		s = newSession(r)
		r.conn.sessions = append(r.conn.sessions, s)
		r.conn.show()
	}
	if err := r.conn.engine.AcceptPlay(r.info.ID, a); err != nil {
		if s != nil {
			r.conn.removeSession(s)
		}
		return nil, ErrDecided
	}
	r.session = s
	r.conn.granted(r, s)
	return s, nil
}

// abandon ends the connection of a request whose handler is gone, and releases what nobody will take.
func (r *Request) abandon(err error) {
	l := r.conn.link
	l.shut(err)
	l.mu.Lock()
	s := r.session
	l.mu.Unlock()
	if s != nil {
		s.Close()
	}
}

// Reject refuses the request: the peer is sent the status code and the description, and the connection ends. An empty
// code stands for the one that encoders obey at once, NetStream.Publish.BadName (for connect,
// NetConnection.Connect.Rejected). It fails with ErrDecided as Accept does.
func (r *Request) Reject(code, description string) error {
	return r.refuse(func(e *engine.Server) error { return e.Reject(r.info.ID, code, description) })
}

// Redirect refuses the request and tells the peer where to go instead: a tcUrl, rtmp://host[:port]/app. Clients that do
// not follow take it for a refusal. A connection request is only refused. It fails with ErrDecided as Accept does.
func (r *Request) Redirect(url, description string) error {
	return r.refuse(func(e *engine.Server) error { return e.Redirect(r.info.ID, url, description) })
}

// refuse answers with what tells the peer that the answer is no.
func (r *Request) refuse(tell func(*engine.Server) error) error {
	l := r.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.conn.pending != r || l.err != nil {
		return ErrDecided
	}
	r.conn.await(nil)
	if r.info.Kind == RequestConnection {
		r.decided <- false
		return nil
	}
	if err := r.tellTime(); err != nil {
		return err
	}
	if err := tell(r.conn.engine); err != nil {
		return ErrDecided
	}
	l.flush()
	l.wake()
	return nil
}

// tellTime tells the engine when the decision comes, which may be too late. The link is locked.
func (r *Request) tellTime() error {
	l := r.conn.link
	r.conn.engine.Advance(l.now())
	l.events()
	if l.flush(); r.conn.engine.Deciding() {
		return nil
	}
	l.wake()
	return ErrDecided
}
