package rtmp

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"oxrtmp/rtmp/hub"
)

// RelayState says what a [Relay] does.
type RelayState uint8

// The states. Their numbers do not change.
const (
	RelayIdle       RelayState = 0 // there is nothing to relay: no publisher here, or on demand no player, or another publisher
	RelayConnecting RelayState = 1
	RelayRunning    RelayState = 2 // the other server has accepted
	RelayWaiting    RelayState = 3 // the connection failed: it will try again
	RelayClosed     RelayState = 4
)

func (s RelayState) String() string {
	return [...]string{"idle", "connecting", "running", "waiting", "closed"}[min(s, RelayClosed)]
}

// RelayOptions say how a [Relay] connects. The zero value, and nil, is every default.
type RelayOptions struct {
	// Client is for its connections. A send waits for room for as long as the other server takes something.
	Client ClientOptions
	// RetryMin is how long it waits after a connection failed: half of it to all of it, at random. Each failure in a row
	// doubles that, up to RetryMax. Defaults 1 s and 30 s.
	RetryMin time.Duration
	RetryMax time.Duration
	// Attempts is how many connections in a row may fail before the relay gives up, and closes; default any number.
	Attempts int
	// OnDemand lets a pull begin with the first player of its stream, who waits for it, and end IdleAfter, default 10 s,
	// after the last one has left. A player who comes while it waits after a failure makes it try at once, or RetryMin
	// after that failure.
	OnDemand  bool
	IdleAfter time.Duration
	// Mask leaves parts of the stream out of a push.
	Mask hub.Mask
}

func (o *RelayOptions) withDefaults() RelayOptions {
	var r RelayOptions
	if o != nil {
		r = *o
	}
	if r.RetryMin <= 0 {
		r.RetryMin = time.Second
	}
	if r.RetryMax <= 0 {
		r.RetryMax = 30 * time.Second
	}
	r.RetryMax = max(r.RetryMax, r.RetryMin)
	if r.IdleAfter <= 0 {
		r.IdleAfter = 10 * time.Second
	}
	if r.Client.SendTimeout == 0 {
		r.Client.SendTimeout = -1 // Timeouts.Write bounds it
	}
	r.Client.NoWait, r.Client.Reconnect = false, nil // it is the relay that connects again
	return r
}

// Relay carries one stream between a hub and another server, for as long as it is open: when the connection is lost it
// makes another one. Each connection begins with metadata, headers and what the hub keeps for late players.
type Relay struct {
	hub     *Hub
	key     streamKey
	url     string
	pull    bool
	options RelayOptions
	kicked  chan struct{} // holds a token while there may be something to see
	wished  chan struct{} // on demand: holds a token when somebody has come to play since the latest attempt began
	ctx     context.Context
	cancel  context.CancelFunc
	done    chan struct{} // closed when it has ended
	events  *mailbox[RelayEvent]

	mu         sync.Mutex
	info       RelayStatistics // of the connections that are over
	changed    time.Time       // since when it is in its state
	running    time.Time       // since when the connection is accepted; zero: it is not
	client     *Client         // the connection
	subscriber *HubSubscriber  // of a push: where its packets come from
}

// RelayEvent tells that a relay has come into a state. Err says why, if it is because of an error.
type RelayEvent struct {
	State RelayState
	Err   error
}

// RelayStatistics describe a relay.
type RelayStatistics struct {
	Pull        bool
	App, Name   string // the stream in the hub
	URL         string // the other server's, as it was given
	State       RelayState
	Since       time.Duration // in this state
	Connections uint64        // that were accepted
	Retries     uint64        // attempts after one that failed
	Stream      Statistics    // sent or received, by all connections
	Dropped     uint64        // frames that a push dropped because the other server was slow
	Err         error         // why the latest connection failed or ended; nil: it did not
}

// Push sends a stream of the hub to a URL, rtmp://host[:port]/app/name[?query] or rtmps://, whenever it is published
// here. A target that is slow loses video up to a keyframe, as a player does. There may be any number of them. A nil
// options stands for the defaults. The error says that the URL or the options are not valid, or that the hub is closed.
func (h *Hub) Push(app, name, url string, options *RelayOptions) (*Relay, error) {
	return h.relay(streamKey{app, name}, url, options, false)
}

// Pull plays a URL and publishes what comes under an app and a name of the hub, unless somebody else publishes there. It
// fails as Push does.
func (h *Hub) Pull(app, name, url string, options *RelayOptions) (*Relay, error) {
	return h.relay(streamKey{app, name}, url, options, true)
}

func (h *Hub) relay(key streamKey, url string, options *RelayOptions, pull bool) (*Relay, error) {
	o := options.withDefaults()
	if o.Client.Allocator == nil {
		o.Client.Allocator = h.alloc
	}
	if o.Client.Logger == nil {
		o.Client.Logger = h.options.Logger
	}
	if _, _, err := prepare(url, &o.Client); err != nil {
		return nil, err
	}
	if _, err := clientTLS(o.Client.TLS); err != nil {
		return nil, err
	}
	if o.OnDemand && !pull {
		return nil, errors.New("rtmp: RelayOptions.OnDemand is for a pull")
	}
	r := &Relay{
		hub: h, key: key, url: url, pull: pull, options: o,
		kicked: make(chan struct{}, 1), wished: make(chan struct{}, 1), done: make(chan struct{}),
		events: newMailbox(func(*RelayEvent) int { return 1 }), changed: time.Now(),
		info: RelayStatistics{Pull: pull, App: key.app, Name: key.name, URL: url},
	}
	r.ctx, r.cancel = context.WithCancel(context.Background())
	h.mu.Lock()
	h.relays[key] = append(h.relays[key], r)
	h.mu.Unlock()
	if !h.start(r.run) {
		r.finish(ErrClosed)
		return nil, ErrClosed
	}
	return r, nil
}

// Close ends the relay: its connection is closed in order, within Linger. Closing again has no effect.
func (r *Relay) Close() error {
	r.cancel()
	<-r.done
	return nil
}

// Statistics describes the relay now.
func (r *Relay) Statistics() RelayStatistics {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.info
	s.Since = time.Since(r.changed)
	if r.client != nil {
		current := r.client.Statistics()
		s.Stream.total(&current)
		s.Stream.Queued = current.Queued
	}
	if r.subscriber != nil {
		s.Dropped += r.subscriber.dropped()
		s.Stream.Queued += r.subscriber.inbox.waitingCost()
	}
	return s
}

// NextEvent returns the next event. It waits for it as long as timeout says: negative for ever, 0 not at all. It fails
// with ErrTimeout, and once it has told that the relay is closed with ErrClosed. Events need not be taken: what waits is
// bounded.
func (r *Relay) NextEvent(timeout time.Duration) (RelayEvent, error) {
	var e [1]RelayEvent
	_, err := r.events.take(e[:], timeout)
	return e[0], err
}

// OnReady is that of [Client.OnReady].
func (r *Relay) OnReady(ready func()) { r.events.setNotify(ready) }

// Ready reports that NextEvent would return at once.
func (r *Relay) Ready() bool { return r.events.waiting() }

// Relays returns the hub's relays, in no order.
func (h *Hub) Relays() []*Relay {
	h.mu.Lock()
	defer h.mu.Unlock()
	var all []*Relay
	for _, relays := range h.relays {
		all = append(all, relays...)
	}
	return all
}

// kick makes the relays of a stream look what there is to do.
func (h *Hub) kick(key streamKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.relays[key] {
		r.kick()
	}
}

// demanded reports that a stream comes when somebody plays it.
func (h *Hub) demanded(key streamKey) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.relays[key] {
		if r.options.OnDemand {
			return true
		}
	}
	return false
}

// wish tells the relays of a stream that somebody has come to play it.
func (h *Hub) wish(key streamKey) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, r := range h.relays[key] {
		if r.options.OnDemand {
			give(r.wished)
		}
		r.kick()
	}
}

func (r *Relay) kick() { give(r.kicked) }

// enter brings the relay into a state.
func (r *Relay) enter(state RelayState, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		r.info.Err = err
	}
	if r.info.State == state && err == nil {
		return
	}
	r.info.State, r.changed = state, time.Now()
	if state == RelayRunning {
		r.info.Connections++
		r.info.Err, r.running = nil, r.changed
	}
	if state == RelayClosed || !r.events.full(maxEvents) {
		r.events.put(RelayEvent{State: state, Err: err})
	}
	level := slog.LevelDebug
	if err != nil {
		level = slog.LevelInfo
	}
	r.hub.options.Logger.Log(context.Background(), level, "relay", "pull", r.pull, "state", state.String(), "error", err)
}

// finish ends the relay. A nil err is an end as it should be.
func (r *Relay) finish(err error) {
	r.cancel()
	r.enter(RelayClosed, err)
	r.events.close(ErrClosed)
	h := r.hub
	h.mu.Lock()
	defer h.mu.Unlock()
	var rest []*Relay
	for _, other := range h.relays[r.key] {
		if other != r {
			rest = append(rest, other)
		}
	}
	if h.relays[r.key] = rest; rest == nil {
		delete(h.relays, r.key)
	}
	close(r.done)
}
