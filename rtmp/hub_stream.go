package rtmp

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// hubStream is one stream of a hub: a publisher, or none for the moment, and its players.
//
// Lock order: a stream's lock, then a link's. What happens under a link's lock and concerns a stream is done by a
// goroutine of its own.
type hubStream struct {
	hub   *Hub
	key   streamKey
	begun time.Time
	sent  atomic.Uint64
	lost  atomic.Uint64

	mu        sync.Mutex
	dead      bool
	cache     *hub.Cache
	timeline  hub.Timeline
	source    *hubSource // nil while nobody publishes
	sinks     []hubSink
	lastMedia time.Time
	grace     *time.Timer // runs while there is no source
	totals    reception
	frames    []*hub.Frame
}

// hubSource is where a stream's packets come from.
type hubSource struct {
	take  func(dst []media.Packet, timeout time.Duration) (int, error)
	inbox *mailbox[media.Packet]         // what take takes from
	lock  sync.Locker                    // held while the packets of one message are put there
	end   func(code, description string) // ends it from our side
	peer  string
}

// over reports that nothing more will come: the publisher has ended, though some packets may not be taken yet.
func (source *hubSource) over() bool { return source.inbox.closed() }

// whole adds the packets to those taken that belong to the last one's message.
func (source *hubSource) whole(packets []media.Packet) []media.Packet {
	if packets[len(packets)-1].Flags&media.FlagMultitrack == 0 {
		return packets
	}
	source.lock.Lock() // now all of them are there
	defer source.lock.Unlock()
	for {
		p, ok := source.inbox.takeIf(func(p *media.Packet) bool { return p.Flags&media.FlagContinued != 0 })
		if !ok {
			return packets
		}
		packets = append(packets, p)
	}
}

// hubSink is where a stream's frames go to: a player, or an application.
type hubSink interface {
	// send takes frames, with the stream locked, and reports whether the sink lives.
	send(st *hubStream, frames []*hub.Frame) bool
	// restart makes the video wait for a keyframe: another publisher begins.
	restart(st *hubStream)
	// stop tells the sink that the stream has ended.
	stop(description string)
	alive() bool
}

// acceptPublish makes a request's session the stream's source.
func (h *Hub) acceptPublish(r *Request) error {
	st := h.enter(streamKey{r.App(), r.StreamName()}, true)
	if st == nil {
		return ErrClosed
	}
	defer st.mu.Unlock()
	if err := st.mayPublish(); err != nil {
		return err
	}
	session, err := r.Accept()
	if err != nil {
		st.endIfEmpty()
		return err
	}
	st.begin(&hubSource{
		take: session.NextPackets, inbox: session.inbox, lock: &session.conn.link.mu, peer: session.PeerAddr(),
		end: func(code, description string) { session.CloseWithStatus(code, description) },
	})
	return nil
}

// mayPublish says whether a newcomer may take over. The stream is locked.
func (st *hubStream) mayPublish() error {
	if st.source == nil || st.source.over() {
		return nil
	}
	switch o := &st.hub.options; o.Takeover {
	case TakeoverReplace:
		return nil
	case TakeoverIfSilent:
		if time.Since(st.lastMedia) >= o.SilentAfter {
			return nil
		}
	}
	return ErrPublished
}

// begin makes source the stream's source, in the place of the one it may have. The stream is locked.
func (st *hubStream) begin(source *hubSource) {
	old := st.source
	st.source = source
	if st.grace != nil {
		st.grace.Stop()
		st.grace = nil
	}
	if !st.lastMedia.IsZero() {
		st.timeline.Takeover(uint32(time.Since(st.lastMedia).Milliseconds()))
		st.cache.Reset()
	}
	st.lastMedia = time.Now()
	for _, s := range st.sinks {
		s.restart(st)
	}
	if !st.hub.start(func() { st.pump(source) }) {
		st.hub.goroutines.Add(1) // the hub is closing: the pump sees the end of its source
		go func() {
			defer st.hub.goroutines.Done()
			st.pump(source)
		}()
	}
	if old != nil {
		go func() {
			defer st.recover()
			old.end(message.CodePublishBadName, "another publisher has taken over")
		}()
	}
}

// pump takes packets from a source and hands them out until it ends.
func (st *hubStream) pump(source *hubSource) {
	packets := make([]media.Packet, 64)
	coalesce := st.hub.options.Coalesce
	if coalesce > 0 {
		packets = make([]media.Packet, 1024)
	}
	defer st.recover()
	for {
		n, err := source.take(packets, -1)
		if err != nil {
			st.ended(source)
			return
		}
		if coalesce > 0 && n < len(packets) {
			time.Sleep(coalesce)
			if more, err := source.take(packets[n:], 0); err == nil {
				n += more
			}
		}
		st.distribute(source, source.whole(packets[:n]))
	}
}

// recover ends a stream that panics. The stream is not locked.
func (st *hubStream) recover() {
	if p := recover(); p != nil {
		st.hub.options.Logger.Error("a stream panicked", "panic", p, "stack", string(debug.Stack()))
		st.close()
	}
}

// distribute hands packets of a source out.
func (st *hubStream) distribute(source *hubSource, packets []media.Packet) {
	st.mu.Lock()
	defer st.mu.Unlock()
	defer clear(packets)
	if st.source != source || st.dead {
		for i := range packets {
			packets[i].Release()
		}
		return
	}
	st.lastMedia = time.Now()
	st.frames = st.frames[:0]
	for len(packets) > 0 {
		n := 1 // packets of one message
		for n < len(packets) && packets[n].Flags&media.FlagContinued != 0 {
			n++
		}
		st.totals.note(&packets[0])
		f := hub.NewFrame(st.hub.alloc, packets[:n], st.timeline.Map(packets[0].Timestamp), st.hub.options.ChunkSize)
		if f != nil {
			st.cache.Add(f)
			st.frames = append(st.frames, f)
		}
		packets = packets[n:]
	}
	st.send(st.frames)
	for i, f := range st.frames {
		f.Release()
		st.frames[i] = nil
	}
}

// perWorker is how many players one goroutine serves before it is worth having another one.
const perWorker = 64

// send gives frames to every sink, on several processors if there are many. The stream is locked.
func (st *hubStream) send(frames []*hub.Frame) {
	workers := min(runtime.GOMAXPROCS(0), (len(st.sinks)+perWorker-1)/perWorker)
	var gone atomic.Bool
	var panicked atomic.Pointer[any]
	serve := func(sinks []hubSink) {
		defer func() {
			if p := recover(); p != nil {
				panicked.Store(&p)
			}
		}()
		for _, s := range sinks {
			if !s.send(st, frames) {
				gone.Store(true)
			}
		}
	}
	if workers > 1 {
		var wg sync.WaitGroup
		share := (len(st.sinks) + workers - 1) / workers
		for rest := st.sinks[share:]; len(rest) > 0; {
			part := rest[:min(share, len(rest))]
			rest = rest[len(part):]
			wg.Add(1)
			go func() {
				defer wg.Done()
				serve(part)
			}()
		}
		serve(st.sinks[:share])
		wg.Wait()
	} else {
		serve(st.sinks)
	}
	if p := panicked.Load(); p != nil {
		panic(*p)
	}
	if gone.Load() {
		st.removeGone()
	}
}

// removeGone forgets sinks that have ended. The stream is locked.
func (st *hubStream) removeGone() {
	kept := st.sinks[:0]
	for _, s := range st.sinks {
		if s.alive() {
			kept = append(kept, s)
		}
	}
	clear(st.sinks[len(kept):])
	st.sinks = kept
}

// prune forgets sinks that have ended, and the stream if it is empty by that.
func (st *hubStream) prune() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.removeGone()
	st.endIfEmpty()
}

// endIfEmpty removes a stream that has neither source nor sinks, nor waits for its publisher. The stream is locked.
func (st *hubStream) endIfEmpty() {
	if !st.dead && st.source == nil && len(st.sinks) == 0 && st.grace == nil {
		st.end("")
	}
}

// ended starts the grace period of a stream whose source has ended.
func (st *hubStream) ended(source *hubSource) {
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.source != source || st.dead {
		return
	}
	st.source = nil
	if st.hub.options.Grace > 0 {
		var timer *time.Timer
		timer = time.AfterFunc(st.hub.options.Grace, func() {
			defer st.recover()
			st.mu.Lock()
			defer st.mu.Unlock()
			if st.grace == timer && st.source == nil && !st.dead {
				st.end("the publisher has gone")
			}
		})
		st.grace = timer
		return
	}
	st.end("the publisher has gone")
}

// end removes the stream and tells its sinks. The stream is locked.
func (st *hubStream) end(description string) {
	st.dead = true
	if st.grace != nil {
		st.grace.Stop()
		st.grace = nil
	}
	for _, s := range st.sinks {
		s.stop(description)
	}
	st.sinks = nil
	st.cache.Reset()
	st.hub.mu.Lock()
	if st.hub.streams[st.key] == st {
		delete(st.hub.streams, st.key)
	}
	st.hub.mu.Unlock()
}

// close ends the stream and its source.
func (st *hubStream) close() {
	st.mu.Lock()
	source := st.source
	st.source = nil
	if !st.dead {
		st.end("the server is closing")
	}
	st.mu.Unlock()
	if source != nil {
		source.end("", "")
	}
}

func (st *hubStream) info() (StreamInfo, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	i := StreamInfo{
		App: st.key.app, Name: st.key.name, Players: len(st.sinks), Duration: time.Since(st.begun),
		Received: st.totals.received(), Sent: st.sent.Load(), Dropped: st.lost.Load(), Cached: st.cache.Bytes(),
	}
	i.Received.Duration = i.Duration
	if st.source != nil {
		i.Publisher = st.source.peer
	}
	return i, !st.dead
}
