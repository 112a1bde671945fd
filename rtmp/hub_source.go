package rtmp

import (
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// hubSource is where a stream's packets come from.
type hubSource struct {
	take  func(dst []media.Packet, timeout time.Duration) (int, error)
	inbox *mailbox[media.Packet]         // what take takes from
	lock  sync.Locker                    // held while the packets of one message are put there
	end   func(code, description string) // ends it from our side
	peer  string
	begun time.Time
	gone  atomic.Bool // it is not the stream's source any more
	fed   atomic.Bool // the goroutine of the pump runs
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

// acceptPublish makes a request's session the stream's source.
func (h *Hub) acceptPublish(r *Request) error {
	st, err := h.enter(streamKey{r.App(), r.StreamName()}, true)
	if err != nil {
		return err
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
	st.source, source.begun = source, time.Now()
	st.stopTimer()
	if !st.lastMedia.IsZero() {
		st.timeline.Takeover(uint32(time.Since(st.lastMedia).Milliseconds()))
		st.cache.Reset()
	}
	st.lastMedia = time.Now()
	if old != nil {
		old.gone.Store(true)
	}
	for _, s := range st.sinks {
		s.restart(st)
	}
	st.hub.kick(st.key)
	st.hub.goroutines.Add(1) // until the pump has seen the end of its source, also where the hub is closing already
	source.inbox.setFeed(func() {
		if source.fed.CompareAndSwap(false, true) {
			go st.pump(source)
		}
	})
	if old != nil {
		go func() {
			defer st.recover()
			old.end(message.CodePublishBadName, "another publisher has taken over")
		}()
	}
}

// batch is what packets are taken by; a stream whose publisher sends nothing holds none.
type batch [1024]media.Packet

var batches = sync.Pool{New: func() any { return new(batch) }}

// pumpRest is Hub.rest. To have one wait is cheaper than to start one for each packet,
// as its stack has grown; to have none is cheaper for a publisher that sends nothing.
const pumpRest = 5 * time.Second

// pump takes packets from a source and hands them out, until it ends or rests. It runs while source.fed is set.
func (st *hubStream) pump(source *hubSource) {
	ended := true // or panicked
	defer func() {
		if ended {
			st.hub.goroutines.Done()
		}
	}()
	defer st.recover()
	most := 64
	if st.hub.options.Coalesce > 0 {
		most = len(batch{})
	}
	rest := time.NewTimer(st.hub.rest)
	defer rest.Stop()
	for {
		rest.Reset(st.hub.rest)
		switch err := source.inbox.await(rest.C); {
		case err == ErrTimeout:
			if source.fed.Store(false); source.inbox.waiting() && source.fed.CompareAndSwap(false, true) {
				continue // it came at this moment
			}
			ended = false
			return
		case err != nil:
			st.ended(source)
			return
		}
		time.Sleep(st.hub.options.Coalesce)
		packets := batches.Get().(*batch)
		if n, err := source.take(packets[:most], 0); err == nil {
			st.distribute(source, source.whole(packets[:n]))
		}
		batches.Put(packets)
		if st.hub.options.Player.Slow == hub.SlowBlock {
			st.waitForSlow(source)
		}
	}
}

// waitForSlow waits until every sink has taken what it must have taken before it gets more, with nothing locked: who
// joins, leaves or takes over does not wait.
func (st *hubStream) waitForSlow(source *hubSource) {
	st.mu.Lock()
	sinks := append([]hubSink(nil), st.sinks...)
	st.mu.Unlock()
	for _, s := range sinks {
		s.waitRoom(&source.gone)
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
	for len(packets) > 0 {
		n := 1 // packets of one message
		for n < len(packets) && packets[n].Flags&media.FlagContinued != 0 {
			n++
		}
		st.totals.packet(&packets[0], len(packets[0].Raw))
		if f := hub.NewFrame(st.hub.alloc, packets[:n], st.timeline.Map(&packets[0]), st.hub.options.ChunkSize); f != nil {
			st.cache.Add(f)
			st.frames = append(st.frames, f)
		} else {
			st.lose()
		}
		packets = packets[n:]
	}
	st.sendFrames()
}

// sendFrames gives the frames that are ready to every sink. The stream is locked.
func (st *hubStream) sendFrames() {
	if len(st.frames) > 0 {
		st.send(st.frames)
	}
	for i, f := range st.frames {
		f.Release()
		st.frames[i] = nil
	}
	st.frames = st.frames[:0]
}

// lose counts a message for which there was no memory. What refers to it cannot be decoded: the video goes on with its
// next keyframe. The stream is locked.
func (st *hubStream) lose() {
	st.sendFrames() // what came before it
	st.failed++
	st.cache.Lose()
	for _, s := range st.sinks {
		s.lost()
	}
}
