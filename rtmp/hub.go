package rtmp

import (
	"errors"
	"log/slog"
	"sync"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/message"
)

// Takeover says what happens when somebody publishes under a name that has a publisher.
type Takeover uint8

// The policies. Their numbers do not change.
const (
	TakeoverReject   Takeover = 0 // the newcomer is refused: NetStream.Publish.BadName
	TakeoverReplace  Takeover = 1 // the newcomer takes over, the players stay
	TakeoverIfSilent Takeover = 2 // it takes over if nothing has come from the other one for SilentAfter
)

// Policies of package hub, under the names of this package.
const (
	CacheGOP            = hub.CacheGOP
	CacheKeyframe       = hub.CacheKeyframe
	CacheOff            = hub.CacheOff
	SlowDrop            = hub.SlowDrop
	SlowDisconnect      = hub.SlowDisconnect
	SlowBlock           = hub.SlowBlock
	TimestampsKeep      = hub.TimestampsKeep
	TimestampsMonotonic = hub.TimestampsMonotonic
	TimestampsRebase    = hub.TimestampsRebase
)

// HubOptions say how a [Hub] treats publishers and players. The zero value, and nil, is every default.
type HubOptions struct {
	Cache  hub.CacheOptions  // what late players get; default everything since the last keyframe, up to 24 MiB
	Player hub.PlayerOptions // when a player is slow, and what then; default: past 1 MiB its video drops to keyframes
	// Takeover is for a second publisher on a name; SilentAfter, default 5 s, is for TakeoverIfSilent.
	Takeover    Takeover
	SilentAfter time.Duration
	// Grace is how long the players of a stream stay when its publisher has gone without another one coming; default
	// 10 s, negative not at all.
	Grace time.Duration
	// WaitForPublisher lets players wait for a stream that is not there yet, instead of telling them so.
	WaitForPublisher bool
	// WaitLimit is how long they wait before the stream ends; default as long as they like.
	WaitLimit time.Duration
	// Timestamps are those that players see; default the publisher's.
	Timestamps hub.TimestampMode
	// Codecs says what becomes of players that have not said that they decode what a stream carries; default nothing.
	Codecs CodecPolicy
	// Mask leaves parts of the streams out, for every player that a server brings; default nothing.
	Mask hub.Mask
	// Coalesce holds frames back for so long, to send several by one system call; default not at all.
	Coalesce time.Duration
	// ChunkSize is the chunk size towards players: 1–65536 bytes, default 4096.
	ChunkSize int
	// Allocator is where what is sent to players lives, and what the application publishes; default [buffer.Heap].
	Allocator buffer.Allocator
	// Logger gets records about streams, as that of [ServerOptions] does; default none.
	Logger *slog.Logger
}

// defaultGrace is HubOptions.Grace unless it is given.
const defaultGrace = 10 * time.Second

// ErrPublished says that a stream has a publisher already.
var ErrPublished = errors.New("rtmp: stream has a publisher already")

// ErrNoStream says that there is no such stream.
var ErrNoStream = errors.New("rtmp: no such stream")

// Hub distributes streams: what is published into it under an app and a name goes to everybody who plays that. Any
// number of servers may share one. Its streams live as long as it does, whatever happens to the servers.
type Hub struct {
	options HubOptions
	alloc   buffer.Allocator

	mu         sync.Mutex
	closed     bool
	streams    map[streamKey]*hubStream
	relays     map[streamKey][]*Relay
	past       HubStatistics // of streams that have ended
	begun      time.Time
	rest       time.Duration // how long a pump waits for the next packet before it ends
	goroutines sync.WaitGroup
}

type streamKey struct{ app, name string }

// NewHub returns a hub without streams. A nil options stands for the defaults.
func NewHub(options *HubOptions) (*Hub, error) {
	h := &Hub{alloc: buffer.Heap, streams: make(map[streamKey]*hubStream), relays: make(map[streamKey][]*Relay), begun: time.Now(), rest: pumpRest}
	if options != nil {
		h.options = *options
	}
	o := &h.options
	if o.ChunkSize < 0 || o.ChunkSize > 65536 {
		return nil, errors.New("rtmp: HubOptions.ChunkSize is not within 1–65536")
	}
	if o.ChunkSize == 0 {
		o.ChunkSize = 4096
	}
	if o.SilentAfter <= 0 {
		o.SilentAfter = 5 * time.Second
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	if o.Allocator != nil {
		h.alloc = o.Allocator
	}
	o.Logger = calmed(o.Logger, nil)
	o.Player = o.Player.WithDefaults()
	return h, nil
}

// Accept gives a publish or play request to the hub, which accepts or rejects it as its options say. Its error says
// why a request was rejected: ErrPublished, ErrNoStream, ErrCodec, ErrDecided, ErrClosed.
func (h *Hub) Accept(r *Request) error { return h.AcceptMasked(r, h.options.Mask) }

// AcceptMasked is Accept for a player that gets what a mask leaves of the stream, in the place of HubOptions.Mask.
func (h *Hub) AcceptMasked(r *Request, mask hub.Mask) error {
	var err error
	switch r.Kind() {
	case RequestPublish:
		err = h.acceptPublish(r)
	case RequestPlay:
		err = h.acceptPlay(r, mask)
	default:
		_, err = r.Accept()
	}
	if err != nil {
		r.Reject(refusal(err))
	}
	return err
}

// refusal says what a peer is told whose request the hub does not grant.
func refusal(err error) (code, description string) {
	switch {
	case errors.Is(err, ErrPublished):
		return message.CodePublishBadName, "the stream is being published"
	case errors.Is(err, ErrCodec):
		return message.CodePlayFailed, inWords(err)
	}
	return "", inWords(err)
}

// enter returns a locked stream, new if there is none and create says so. It fails with ErrNoStream, and ErrClosed.
func (h *Hub) enter(key streamKey, create bool) (*hubStream, error) {
	for {
		st, err := h.find(key, create)
		if err != nil {
			return nil, err
		}
		if st.mu.Lock(); !st.dead {
			return st, nil
		}
		st.mu.Unlock()
		h.unlist(st)
	}
}

// unlist removes a stream that has ended. It did so itself, unless its end panicked.
func (h *Hub) unlist(st *hubStream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[st.key] == st {
		delete(h.streams, st.key)
	}
}

// find returns a stream as enter does, and does not lock it: it may have ended.
func (h *Hub) find(key streamKey, create bool) (*hubStream, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil, ErrClosed
	}
	st := h.streams[key]
	if st == nil && !create {
		return nil, ErrNoStream
	}
	if st == nil {
		st = &hubStream{hub: h, key: key, cache: hub.NewCache(h.options.Cache), begun: time.Now()}
		st.timeline.Mode = h.options.Timestamps
		h.streams[key] = st
	}
	return st, nil
}

// join returns the locked stream that a player may join, as enter does. Where players may wait it is new if there is none;
// for one that comes on demand they wait no longer than for a publisher that has gone.
func (h *Hub) join(key streamKey) (*hubStream, error) {
	demanded := h.demanded(key)
	limit := h.options.WaitLimit
	if demanded && limit <= 0 {
		if limit = h.options.Grace; limit < 0 {
			limit = defaultGrace
		}
	}
	st, err := h.enter(key, h.options.WaitForPublisher || demanded)
	if err == nil && st.source == nil && st.grace == nil && limit > 0 {
		st.startTimer(limit, "no publisher has come")
	}
	return st, err
}

// start runs f on a goroutine that Close waits for; false when the hub is closed.
func (h *Hub) start(f func()) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	h.goroutines.Add(1)
	go func() {
		defer h.goroutines.Done()
		f()
	}()
	return true
}

// Close ends every stream: publishers and players are told so. Closing again has no effect.
func (h *Hub) Close() error {
	h.mu.Lock()
	h.closed = true
	for _, relays := range h.relays {
		for _, r := range relays {
			r.cancel()
		}
	}
	streams := make([]*hubStream, 0, len(h.streams))
	for _, st := range h.streams {
		streams = append(streams, st)
	}
	h.mu.Unlock()
	for _, st := range streams {
		st.close()
	}
	h.goroutines.Wait()
	return nil
}
