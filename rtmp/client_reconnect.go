package rtmp

import (
	"errors"
	"io"
	"time"
)

// Reconnect says how a client makes a lost connection again. A zero field takes the default named.
type Reconnect struct {
	// RetryMin is how long it waits before the first attempt: half of it to all of it, at random. Each failure in a row
	// doubles that, up to RetryMax. Defaults 1 s and 30 s.
	RetryMin time.Duration
	RetryMax time.Duration
	// Attempts is how many may fail in a row before the stream ends; default any number.
	Attempts int
}

// retrying is how the attempts go. It is the receiver's.
type retrying struct {
	wait   time.Duration
	failed int
	said   error   // under the link's lock: why the server ended the latest conversation
	other  *target // likewise, while a move is not over: where else the stream may go on, which the next attempt tries
}

// returns reports that the stream outlives its connection. The link is locked.
func (c *Client) returns() bool {
	return c.options.Reconnect != nil && c.play == nil && c.again.dials && c.settled && c.outcome == nil && !c.closed && c.link.err == nil
}

// away reports that there is no connection now. The link is locked.
func (c *Client) away() bool { return c.upkeep != nil && c.upkeep.away != nil }

// lose notes that the connection is lost, because of err, or what the server said, and reports whether there is to be
// another one.
func (c *Client) lose(err error) bool {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if !c.returns() {
		return false
	}
	if err == errClosing {
		if err = c.retrying.said; err == nil {
			err = io.EOF
		}
	}
	err = c.lost(err)
	c.retrying.said = nil
	if !c.away() {
		c.retrying.failed = 0
		c.tell(ClientEvent{Kind: ClientReconnecting, Err: err})
	} else {
		c.retrying.failed++
	}
	c.upkeep.away = err
	c.abandon()
	c.link.signalDrained()
	return true
}

// retry makes attempts until one brings a connection, the client is closed, or there were too many.
func (c *Client) retry() (bool, error) {
	o := c.options.Reconnect
	for {
		c.link.mu.Lock()
		failed, err, to := c.retrying.failed, c.upkeep.away, c.target
		if o.Attempts > 0 && failed >= o.Attempts { // it stays away until the link has ended, so that nothing is sent
			c.link.mu.Unlock()
			return false, err
		}
		if other := c.retrying.other; other != nil { // in turn
			last := c.target
			c.retrying.other, to = &last, *other
		}
		to.login = ""
		c.again.freshLogin()
		c.link.mu.Unlock()
		if failed == 0 {
			c.retrying.wait = o.RetryMin
		}
		wait := c.retrying.wait
		c.retrying.wait = min(2*wait, o.RetryMax)
		if !c.link.pause(spread(wait)) {
			return false, c.link.deadError()
		}
		if err := c.redial(&to, nil); err == nil {
			return true, nil
		} else if !c.lose(err) {
			return false, err
		}
	}
}

// returned begins the stream on its new connection. The link is locked.
func (c *Client) returned() {
	if err := c.upkeep.found(c); err != nil {
		c.link.broken(err)
		return
	}
	c.tell(ClientEvent{Kind: ClientReconnected})
	c.link.signalDrained()
}

// tell tells a publisher how its connection does.
func (c *Client) tell(e ClientEvent) {
	if !c.events.crowded(c.options.Limits.QueueBytes) {
		c.put(e)
	}
}

func (c *Client) congested(on bool) {
	kind := ClientRelieved
	if on {
		kind = ClientCongested
	}
	c.tell(ClientEvent{Kind: kind})
}

// newUpkeep returns what the options ask for, or nil.
func newUpkeep(o *ClientOptions, play bool) *upkeep {
	if play || !o.DropVideo && o.Reconnect == nil && !o.FollowReconnects {
		return nil
	}
	return &upkeep{drops: o.DropVideo, keeps: o.Reconnect != nil || o.FollowReconnects}
}

func (r *Reconnect) withDefaults() (*Reconnect, error) {
	if r == nil {
		return nil, nil
	}
	d := *r
	if d.Attempts < 0 {
		return nil, errors.New("rtmp: Reconnect.Attempts is negative")
	}
	if d.RetryMin <= 0 {
		d.RetryMin = time.Second
	}
	if d.RetryMax <= 0 {
		d.RetryMax = 30 * time.Second
	}
	d.RetryMax = max(d.RetryMax, d.RetryMin)
	return &d, nil
}

// pause waits for d; false if the link is dead before.
func (l *link) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.dead:
		return false
	}
}
