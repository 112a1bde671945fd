package rtmp

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"runtime/debug"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
)

// run makes one connection after the other, while there is something to relay, until the relay is closed.
func (r *Relay) run() {
	var err error
	defer func() {
		if p := recover(); p != nil {
			r.hub.options.Logger.Error("a relay panicked", "panic", p, "stack", string(debug.Stack()))
			err = &Error{Phase: engine.PhaseNone, Err: errPanic}
		}
		r.finish(err)
	}()
	wait, failures := r.options.RetryMin, 0
	for r.awaitWork() {
		if failures > 0 {
			r.count(func(s *RelayStatistics) { s.Retries++ })
		}
		select {
		case <-r.wished: // this attempt is for those who are there now
		default:
		}
		failure := r.connect()
		ran := r.over()
		switch {
		case r.ctx.Err() != nil:
			return
		case failure == nil:
			wait, failures = r.options.RetryMin, 0
			continue
		case ran > wait:
			wait, failures = r.options.RetryMin, 0
		}
		if failures++; r.options.Attempts > 0 && failures >= r.options.Attempts {
			err = failure
			return
		}
		r.enter(RelayWaiting, failure)
		r.pause(spread(wait))
		wait = min(2*wait, r.options.RetryMax)
	}
}

func (r *Relay) count(f func(*RelayStatistics)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f(&r.info)
}

// spread returns half of d to all of it, at random.
func spread(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }

// pause waits before the next attempt. When somebody comes to play, that is as soon as it would be after a first failure.
func (r *Relay) pause(d time.Duration) {
	begun, least := time.Now(), spread(r.options.RetryMin)
	timer := time.NewTimer(d)
	defer timer.Stop()
	for {
		select {
		case <-r.wished:
			timer.Reset(min(d, least) - time.Since(begun))
		case <-timer.C:
			return
		case <-r.ctx.Done():
			return
		}
	}
}

// awaitWork waits until there is something to relay; false when the relay is closed.
func (r *Relay) awaitWork() bool {
	for r.ctx.Err() == nil {
		if r.wanted() {
			return true
		}
		r.enter(RelayIdle, nil)
		select {
		case <-r.kicked:
		case <-r.ctx.Done():
		}
	}
	return false
}

// wanted reports that there is something to relay.
func (r *Relay) wanted() bool {
	published, players := r.hub.look(r.key)
	if !r.pull {
		return published
	}
	return !published && (players > 0 || !r.options.OnDemand)
}

// look returns whether a stream has a publisher, and how many players.
func (h *Hub) look(key streamKey) (published bool, players int) {
	st, err := h.enter(key, false)
	if err != nil {
		return false, 0
	}
	defer st.mu.Unlock()
	return st.source != nil && !st.source.over(), st.players()
}

// players returns how many there are, without the relays. The stream is locked.
func (st *hubStream) players() (n int) {
	for _, s := range st.sinks {
		if s, ok := s.(*HubSubscriber); !ok || !s.relays {
			n++
		}
	}
	return n
}

// connect makes one connection and keeps it for as long as it lasts. It returns nil when there is nothing to relay any
// more.
func (r *Relay) connect() error {
	r.enter(RelayConnecting, nil)
	open := OpenPublish
	if r.pull {
		open = OpenPlay
	}
	c, err := open(r.url, &r.options.Client)
	if err != nil {
		return err
	}
	c.events.setNotify(r.kick) // OnReady would tell of every packet too
	if c, err = c.accepted(r.ctx); err != nil {
		return err
	}
	r.mu.Lock()
	r.client = c
	r.mu.Unlock()
	defer c.Close()
	if r.pull {
		return r.receive(c)
	}
	return r.send(c)
}

// over settles what the connection that is over has done, and returns how long it was accepted.
func (r *Relay) over() (ran time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.running.IsZero() {
		ran = time.Since(r.running)
	}
	if r.client != nil {
		s := r.client.Statistics()
		r.info.Stream.total(&s)
	}
	if r.subscriber != nil {
		r.info.Dropped += r.subscriber.dropped()
	}
	r.client, r.subscriber, r.running = nil, nil, time.Time{}
	return ran
}

// lost returns why a connection has ended, or nil if it has not. It takes the client's events, so that the next one
// kicks.
func lost(c *Client) error {
	for {
		if _, err := c.NextEvent(0); err != nil {
			return c.Err()
		}
	}
}

// send is the life of a push.
func (r *Relay) send(c *Client) error {
	st, err := r.hub.enter(r.key, false)
	if err != nil {
		return nil // it has ended meanwhile
	}
	s := st.subscribe(r.options.Mask, true)
	st.mu.Unlock()
	defer s.Close()
	r.mu.Lock()
	r.subscriber = s
	r.mu.Unlock()
	r.enter(RelayRunning, nil)
	s.OnReady(r.kick)
	stop := r.closing(c)
	defer stop()
	packets := make([]media.Packet, 64)
	for {
		n, err := s.NextPackets(packets, 0)
		if n > 0 {
			_, err = c.SendPackets(packets[:n])
			for i := range packets[:n] {
				packets[i].Release()
				packets[i] = media.Packet{}
			}
		}
		switch err {
		case nil:
		case ErrTimeout:
			if err := lost(c); err != nil {
				return err
			}
			select {
			case <-r.kicked:
			case <-r.ctx.Done():
				return ErrClosed
			}
		case io.EOF:
			return nil
		case ErrLimit:
			return &Error{Phase: engine.PhaseMedia, Err: errSlowTarget}
		default:
			return err
		}
	}
}

// errSlowTarget ends the connection to a server that cannot be helped.
var errSlowTarget = errors.New("the server is too slow")

// receive is the life of a pull.
func (r *Relay) receive(c *Client) error {
	st, err := r.hub.enter(r.key, true)
	if err != nil {
		return err
	}
	if st.source != nil && !st.source.over() {
		st.mu.Unlock()
		return nil // somebody else publishes
	}
	source := &hubSource{
		take: c.NextPackets, inbox: c.inbox, lock: &c.link.mu, peer: c.PeerAddr(), end: func(string, string) { c.Close() },
	}
	st.begin(source)
	st.mu.Unlock()
	left := false // by the last player
	defer func() { st.leave(source, left) }()
	r.enter(RelayRunning, nil)
	var idle *time.Timer
	var expired <-chan time.Time
	for {
		if err := lost(c); err == ErrClosed {
			return nil // somebody else publishes now, or the hub is closing
		} else if err != nil {
			r.awaitEnd(source)
			return err
		}
		if _, players := r.hub.look(r.key); players > 0 || !r.options.OnDemand {
			if idle != nil {
				idle.Stop()
			}
			idle, expired = nil, nil
		} else if idle == nil {
			idle = time.NewTimer(r.options.IdleAfter)
			defer idle.Stop()
			expired = idle.C
		}
		select {
		case <-r.kicked:
		case <-expired:
			left = true
			return nil
		case <-r.ctx.Done():
			return ErrClosed
		}
	}
}

// awaitEnd waits until the stream has taken what came before its source's end, or has another one.
func (r *Relay) awaitEnd(source *hubSource) {
	for !source.gone.Load() {
		select {
		case <-r.kicked:
		case <-r.ctx.Done():
			return
		}
	}
}

// leave takes a pull's source from its stream. When the last player has left the stream ends at once, unless another one
// has come.
func (st *hubStream) leave(source *hubSource, left bool) {
	st.mu.Lock()
	if left && st.source == source && !st.dead && st.players() == 0 {
		st.source = nil
		source.gone.Store(true)
		st.end("nobody plays")
	}
	st.mu.Unlock()
	st.ended(source)
}

// closing closes a connection as soon as the relay is closed, whatever waits for it.
func (r *Relay) closing(c *Client) (stop func() bool) {
	return context.AfterFunc(r.ctx, func() { c.Close() })
}
