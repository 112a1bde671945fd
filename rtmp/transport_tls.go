package rtmp

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/engine"
)

// secure is the transport of a connection with TLS, on top of the one that carries its records: what it sends leaves
// as that one sends, and while it waits for bytes it holds no block.
type secure struct {
	records records
	conn    *tls.Conn
	client  bool
	block   *[readSize]byte
	shaken  atomic.Bool // the handshake is done
}

func newSecure(lower transport, config *tls.Config, client bool) *secure {
	s := &secure{records: records{lower: lower}, client: client}
	if client {
		s.conn = tls.Client(&s.records, config)
	} else {
		s.conn = tls.Server(&s.records, config)
	}
	return s
}

// secure does the handshake of TLS, where the transport has it, within a time; negative is for ever. It is called by
// the receiver's goroutine, before run. The engine's time begins when it returns.
func (l *link) secure(within time.Duration) error {
	s, ok := l.transport.(*secure)
	if !ok {
		return nil
	}
	l.enter(engine.PhaseTLS)
	defer l.enter(engine.PhaseNone)
	err := s.handshake(within)
	switch {
	case err == nil:
		return nil
	case l.isDead():
		return l.deadError()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return &Error{Phase: engine.PhaseTLS, Err: ErrTimeout}
	}
	number, remote, ok := alertOf(err, s.client)
	if s.client && !ok {
		err = notTLS(err)
	}
	return &Error{Phase: engine.PhaseTLS, Err: &TLSError{Alert: number, Remote: remote, Err: err}}
}

// notTLS says of the failure of a client's handshake what it mostly means: the URL's port is one without TLS.
func notTLS(err error) error {
	var header tls.RecordHeaderError
	switch {
	case errors.As(err, &header):
		return notTLSError{"the peer answered the TLS handshake with something else: does it speak TLS there?", err}
	case isGone(err):
		return notTLSError{"the peer ended the connection during the TLS handshake: does it speak TLS there?", err}
	}
	return err
}

// notTLSError puts err in other words.
type notTLSError struct {
	text string
	err  error
}

func (e notTLSError) Error() string { return e.text }
func (e notTLSError) Unwrap() error { return e.err }

// enter begins a phase before the engine's own, or ends it: PhaseNone.
func (l *link) enter(p Phase) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.before = p; p == engine.PhaseNone {
		l.begun = time.Now()
	}
}

// tlsState returns what was agreed upon in the handshake, or nil where there is no TLS, or not yet.
func (l *link) tlsState() *tls.ConnectionState {
	l.mu.Lock()
	s, ok := l.transport.(*secure)
	l.mu.Unlock()
	if !ok || !s.shaken.Load() { // to ask sooner would wait for the handshake
		return nil
	}
	state := s.conn.ConnectionState()
	return &state
}

// handshake does the handshake of TLS within a time.
func (s *secure) handshake(within time.Duration) error {
	if within >= 0 {
		s.records.lower.setReadDeadline(time.Now().Add(within))
	}
	s.records.idle.Store(int64(max(0, within)))
	s.records.waits = true
	err := s.conn.Handshake()
	s.records.waits = false
	if err != nil {
		s.records.lower.release()
	}
	s.shaken.Store(err == nil)
	return err
}

// read returns what there is, of several records, up to a block full.
func (s *secure) read() ([]byte, error) {
	for {
		if s.block == nil {
			s.block = readBlocks.Get().(*[readSize]byte)
		}
		n := 0
		var err error
		for n < len(s.block) && err == nil {
			var more int
			more, err = s.conn.Read(s.block[n:])
			n += more
		}
		if n > 0 { // an error that lasts comes again
			return s.block[:n], nil
		}
		s.release()
		if err == errDry {
			err = s.records.fill()
		}
		if err != nil {
			return nil, tlsFailure(err, s.client)
		}
	}
}

// release gives the block with what was read back. One with records that have not been looked at yet may stay.
func (s *secure) release() {
	if s.block != nil {
		readBlocks.Put(s.block)
		s.block = nil
	}
}

// recordSize is how much one record holds, at most.
const recordSize = 16 << 10

// write puts small pieces into one record.
func (s *secure) write(b net.Buffers, idle time.Duration) error {
	s.records.idle.Store(int64(idle))
	var block *[readSize]byte
	defer func() {
		if block != nil {
			readBlocks.Put(block)
		}
	}()
	for len(b) > 0 {
		p := b[0]
		if len(b) == 1 || len(p) >= recordSize {
			b = b[1:]
		} else {
			if block == nil {
				block = readBlocks.Get().(*[readSize]byte)
			}
			n := 0
			for len(b) > 0 && n < recordSize {
				part := copy(block[n:recordSize], b[0])
				b = advance(b, part)
				n += part
			}
			p = block[:n]
		}
		if _, err := s.conn.Write(p); err != nil {
			return tlsFailure(err, s.client)
		}
	}
	return nil
}

// tryWrite writes nothing: a record cannot be sent in part.
func (s *secure) tryWrite(net.Buffers) (int, error) { return 0, nil }

func (s *secure) setReadDeadline(t time.Time) error { return s.records.lower.setReadDeadline(t) }

// closeWrite says good-bye by the alert close_notify.
func (s *secure) closeWrite(within time.Duration) error {
	s.records.idle.Store(int64(max(within, time.Millisecond)))
	if err := s.conn.CloseWrite(); err != nil {
		return err
	}
	s.records.lower.closeWrite(within) // the peer has our word, whether or not this can be done
	return nil
}

// close ends the connection without a word: to say one may take long.
func (s *secure) close() error { return s.records.lower.close() }

func (s *secure) roundTrip() (rtt, variation time.Duration, resent uint64, ok bool) {
	if k, is := s.records.lower.(roundTrip); is {
		return k.roundTrip()
	}
	return 0, 0, 0, false
}

func (s *secure) remoteAddr() net.Addr { return s.records.lower.remoteAddr() }

// records is what a tls.Conn takes for its connection: the transport below, which it must not wait for after the
// handshake. Deadlines are the transport's.
type records struct {
	lower transport
	rest  []byte       // what was read and not taken yet
	waits bool         // reading waits
	idle  atomic.Int64 // how long a write waits for each step of progress; 0 for ever
}

// dryError says that there are no bytes now. A tls.Conn goes on after it, as it is temporary.
type dryError struct{}

func (dryError) Error() string   { return "rtmp: no bytes yet" }
func (dryError) Timeout() bool   { return false }
func (dryError) Temporary() bool { return true }

var errDry = error(dryError{})

// fill waits for bytes.
func (r *records) fill() (err error) {
	r.rest, err = r.lower.read()
	return err
}

func (r *records) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		if !r.waits {
			return 0, errDry
		}
		if err := r.fill(); err != nil {
			return 0, err
		}
	}
	n := copy(p, r.rest)
	if r.rest = r.rest[n:]; len(r.rest) == 0 {
		r.lower.release()
	}
	return n, nil
}

// Write is called by one goroutine at a time: tls.Conn sees to that.
func (r *records) Write(p []byte) (int, error) {
	if err := r.lower.write(net.Buffers{p}, time.Duration(r.idle.Load())); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (r *records) Close() error                     { return r.lower.close() }
func (r *records) LocalAddr() net.Addr              { return nil }
func (r *records) RemoteAddr() net.Addr             { return r.lower.remoteAddr() }
func (r *records) SetDeadline(time.Time) error      { return nil }
func (r *records) SetReadDeadline(time.Time) error  { return nil }
func (r *records) SetWriteDeadline(time.Time) error { return nil }
