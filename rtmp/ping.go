package rtmp

import (
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// Ping asks the peer for a sign of life and returns how long its answer took. It waits as long as timeout says: negative
// for ever. ErrTimeout does not mean that the peer is gone: OBS never answers.
func (s *Session) Ping(timeout time.Duration) (time.Duration, error) {
	return s.conn.link.ping(s.conn.engine.SendPing, timeout, s.state, s.events.end())
}

// Ping asks the server for a sign of life and returns how long its answer took. It waits as long as timeout says:
// negative for ever.
func (c *Client) Ping(timeout time.Duration) (time.Duration, error) {
	return c.link.ping(func(number uint32) error { return c.engine.SendPing(number) }, timeout, c.state, c.events.end())
}

// ping sends a ping with a number of its own and waits for it to come back, at most until over is closed: then state,
// which is called with the link locked, says why.
func (l *link) ping(send func(number uint32) error, timeout time.Duration, state func() error, over <-chan struct{}) (time.Duration, error) {
	answered := make(chan struct{})
	begun := time.Now()
	number, err := l.sendPing(send, answered, state)
	if err != nil {
		return 0, err
	}
	defer func() {
		l.mu.Lock()
		delete(l.answers, number)
		l.mu.Unlock()
	}()
	var expired <-chan time.Time
	if timeout >= 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case <-answered:
		took := time.Since(begun)
		l.traffic.ping.Store(int64(took))
		return took, nil
	case <-l.dead:
	case <-over:
	case <-expired:
		return 0, ErrTimeout
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := state(); err != nil {
		return 0, err
	}
	return 0, ErrClosed
}

func (l *link) sendPing(send func(number uint32) error, answered chan struct{}, state func() error) (number uint32, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := state(); err != nil {
		return 0, err
	}
	if err := send(l.pings + 1); err != nil {
		return 0, err
	}
	l.pings++
	if l.answers == nil {
		l.answers = make(map[uint32]chan struct{})
	}
	l.answers[l.pings] = answered
	l.flush()
	return l.pings, nil
}

// pong takes notice of the answer to a ping. The link is locked.
func (l *link) pong(e *engine.Event) {
	if e.Control.Event != message.EventPingResponse {
		return
	}
	if answered := l.answers[e.Control.Timestamp]; answered != nil {
		close(answered)
		delete(l.answers, e.Control.Timestamp)
	}
}
