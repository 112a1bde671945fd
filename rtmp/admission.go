package rtmp

import (
	"errors"
	"net"
	"runtime/debug"
	"sync"
	"time"

	"oxrtmp/rtmp/engine"
)

// pace lets so many things happen a second, after a burst of as many.
type pace struct {
	mu   sync.Mutex
	next time.Time // when they would have happened one by one
}

// take counts one more thing at now, and returns 0, or else how long it must wait: it is not counted then.
func (p *pace) take(now time.Time, perSecond int) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	interval := time.Second / time.Duration(perSecond)
	if p.next.Before(now) {
		p.next = now
	}
	if wait := p.next.Sub(now) - (time.Second - interval); wait > 0 {
		return wait
	}
	p.next = p.next.Add(interval)
	return 0
}

// acceptFrom accepts until the listener is closed. A shortage, as of descriptors, makes it wait a little; so do more
// handshakes than permitted: who comes next waits in the kernel's backlog.
func (s *Server) acceptFrom(l net.Listener, secure bool) {
	pause := 5 * time.Millisecond
	for {
		c, err := l.Accept()
		if err != nil {
			if errors.Is(err, net.ErrClosed) {
				return
			}
			s.counts.acceptErrors.Add(1)
			s.options.Logger.Warn("accept", "error", err)
			if !s.sleep(pause) {
				return
			}
			pause = min(2*pause, time.Second)
			continue
		}
		pause = 5 * time.Millisecond
		for wait := s.newcomer(); wait > 0; wait = s.newcomer() {
			if !s.sleep(wait) {
				c.Close()
				return
			}
		}
		if err := s.admit(c, secure); err != nil {
			c.Close()
		}
	}
}

// newcomer counts a connection that is to be let in, and returns how long it must wait for that.
func (s *Server) newcomer() time.Duration {
	return s.arrivals.take(time.Now(), s.options.Limits.Handshakes)
}

// sleep reports false when the server was closed meanwhile.
func (s *Server) sleep(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.done:
		return false
	}
}

// admit starts a connection, unless a limit is reached. A panic costs no more than that connection.
func (s *Server) admit(nc net.Conn, secure bool) (err error) {
	defer func() {
		if p := recover(); p != nil {
			s.counts.panics.Add(1)
			s.options.Logger.Error("a connection panicked", "panic", p, "stack", string(debug.Stack()))
			err = &Error{Phase: engine.PhaseNone, Err: errPanic}
		}
	}()
	if err := s.options.tuning().apply(nc); err != nil {
		s.options.Logger.Warn("socket options", "error", err)
	}
	c := newServerConn(s, nc, secure)
	refused, err := s.place(c)
	if refused != "" {
		s.tellRefusal(refused, c.peer)
	}
	return err
}

// place gives a connection its place among the others and starts it, or says which limit it is refused by.
func (s *Server) place(c *serverConn) (limit string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return "", ErrClosed
	case len(s.conns) >= s.options.Limits.Connections:
		s.counts.refusedTotal.Add(1)
		return "Connections", ErrLimit
	case c.address.IsValid() && s.perAddress[c.address] >= s.options.Limits.ConnectionsPerAddress:
		s.counts.refusedAddress.Add(1)
		return "ConnectionsPerAddress", ErrLimit
	}
	if s.admitted++; s.admitted == 1 && s.watched.Has(ServerStats) {
		s.goroutines.Add(1)
		go func() {
			defer s.goroutines.Done()
			s.tellStats()
		}()
	}
	c.number = s.admitted
	s.conns[c] = struct{}{}
	if c.address.IsValid() {
		s.perAddress[c.address]++
	}
	s.goroutines.Add(1)
	go func() {
		defer s.goroutines.Done()
		c.run()
	}()
	return "", nil
}

// tellRefusal logs that a connection was not let in. There is one record a second about that.
func (s *Server) tellRefusal(limit, peer string) {
	if s.refusals.take(time.Now(), 1) == 0 {
		n := s.counts.refusedTotal.Load() + s.counts.refusedAddress.Load()
		s.options.Logger.Warn("connection refused", "limit", limit, "peer", peer, "count", n)
	}
}

// forget removes a connection that has ended.
func (s *Server) forget(c *serverConn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.past.add(&c.link.traffic)
	if delete(s.conns, c); len(s.conns) == 0 && s.idle != nil {
		close(s.idle)
		s.idle = nil
	}
	if c.address.IsValid() {
		if s.perAddress[c.address]--; s.perAddress[c.address] <= 0 {
			delete(s.perAddress, c.address)
		}
	}
}
