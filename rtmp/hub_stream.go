package rtmp

import (
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/hub"
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
	lost  atomic.Uint64 // dropped because players were slow

	mu        sync.Mutex
	dead      bool
	cache     *hub.Cache
	timeline  hub.Timeline
	source    *hubSource // nil while nobody publishes
	sinks     []hubSink
	lastMedia time.Time
	grace     *time.Timer // runs while there is no source
	failed    uint64      // messages lost because there was no memory
	totals    tally
	frames    []*hub.Frame
}

// hubSink is where a stream's frames go to: a player, or an application.
type hubSink interface {
	// send takes frames, with the stream locked, and reports whether the sink lives.
	send(st *hubStream, frames []*hub.Frame) bool
	// restart makes the video wait for a keyframe: another publisher begins.
	restart(st *hubStream)
	// lost makes the video wait for a keyframe: a frame is missing.
	lost()
	// waitRoom waits, with nothing locked, until the sink has taken so much that it may get more, it is gone, or over is
	// set and it was told something.
	waitRoom(over *atomic.Bool)
	// info describes the sink. The stream is locked.
	info(st *hubStream) PlayerInfo
	// stop tells the sink that the stream has ended.
	stop(description string)
	alive() bool
}

// recover ends a stream that panics. The stream is not locked.
func (st *hubStream) recover() {
	if p := recover(); p != nil {
		st.hub.options.Logger.Error("a stream panicked", "panic", p, "stack", string(debug.Stack()))
		st.close()
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
	if len(kept) < len(st.sinks) {
		clear(st.sinks[len(kept):])
		st.sinks = kept
		st.hub.kick(st.key)
	}
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
	if !st.dead && st.source == nil && len(st.sinks) == 0 && (st.grace == nil || st.lastMedia.IsZero()) {
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
	source.gone.Store(true)
	st.hub.kick(st.key)
	if len(st.sinks) == 0 && st.totals.packets() == 0 { // nobody waits, and there is nothing to go on with
		st.end("")
		return
	}
	if st.hub.options.Grace > 0 {
		st.startTimer(st.hub.options.Grace, "the publisher has gone")
		return
	}
	st.end("the publisher has gone")
}

// startTimer ends the stream if no publisher comes within d. The stream is locked.
func (st *hubStream) startTimer(d time.Duration, description string) {
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		defer st.recover()
		st.mu.Lock()
		defer st.mu.Unlock()
		if st.grace == timer && st.source == nil && !st.dead {
			st.end(description)
		}
	})
	st.grace = timer
}

func (st *hubStream) stopTimer() {
	if st.grace != nil {
		st.grace.Stop()
		st.grace = nil
	}
}

// end removes the stream and tells its sinks. The stream is locked.
func (st *hubStream) end(description string) {
	st.dead = true
	defer st.hub.kick(st.key)
	defer st.hub.forget(st) // also where a sink panics: a dead stream in the hub would hold its name for ever
	st.stopTimer()
	for _, s := range st.sinks {
		s.stop(description)
	}
	st.sinks = nil
	st.cache.Reset()
}

// forget removes a stream that has ended, which is locked.
func (h *Hub) forget(st *hubStream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.streams[st.key] == st {
		delete(h.streams, st.key)
		h.past.add(st.figures())
	}
}

// close ends the stream and its source.
func (st *hubStream) close() {
	if source := st.cut(); source != nil {
		source.end("", "")
	}
}

// cut ends the stream and returns the source that it had, or nil.
func (st *hubStream) cut() *hubSource {
	st.mu.Lock()
	defer st.mu.Unlock()
	source := st.source
	st.source = nil
	if source != nil {
		source.gone.Store(true)
	}
	if !st.dead {
		st.end("the server is closing")
	}
	return source
}
