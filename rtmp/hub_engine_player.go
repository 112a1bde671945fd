package rtmp

import (
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// enginePlayer is the sink of a stream that is played through an engine. Its fields are under the stream's lock.
type enginePlayer struct {
	stream  *hubStream
	orders  *mailbox[engineOrder]
	room    chan struct{} // holds a token when something was taken
	state   hub.Player
	ability *hub.Ability // as of a hubPlayer
	uses    int
	ended   bool
	begun   time.Time
	sent    tally
}

// newEnginePlayer joins a stream, which is locked: what is cached is ordered first.
func newEnginePlayer(st *hubStream, orders *mailbox[engineOrder], mask hub.Mask, ability *hub.Ability) *enginePlayer {
	p := &enginePlayer{stream: st, orders: orders, room: make(chan struct{}, 1), begun: time.Now()}
	p.state.Options, p.state.Mask = st.hub.options.Player, mask
	if st.hub.options.Codecs == CodecsFilter {
		p.state.Ability = ability
	} else {
		p.ability, p.uses = ability, st.cache.Uses()
	}
	st.cache.Join(&p.state, p.put)
	p.state.Joined(orders.waitingCost())
	st.sinks = append(st.sinks, p)
	st.hub.wish(st.key)
	return p
}

// header orders a header that comes again, unless it is not for the player.
func (p *enginePlayer) header(f *hub.Frame) {
	if p.state.Wants(f) {
		p.put(f)
	}
}

func (p *enginePlayer) put(f *hub.Frame) {
	h := p.stream.hub
	if a := p.state.Ability; a == nil {
		f.Retain()
	} else if f = a.Announce(h.alloc, f, h.options.ChunkSize); f == nil {
		return
	}
	p.sent.packet(&f.Info, len(f.Info.Raw))
	p.order(engineOrder{frame: f})
}

// order has no effect once the engine has left.
func (p *enginePlayer) order(o engineOrder) {
	if _, ok := p.orders.put(o); !ok {
		o.release()
	}
}

func (p *enginePlayer) alive() bool { return !p.ended }

func (p *enginePlayer) send(st *hubStream, frames []*hub.Frame) bool {
	if p.ended || !p.mayDecode() {
		return false
	}
	dropped := p.state.Dropped
	for _, f := range frames {
		if f.Clears() {
			continue
		}
		queued := p.orders.waitingCost()
		if queued == 0 {
			p.state.Drained()
		}
		switch p.state.Decide(f, queued) {
		case hub.Send:
			p.put(f)
			st.sent.Add(1)
		case hub.Disconnect:
			p.giveUp()
			return false
		}
	}
	st.lost.Add(p.state.Dropped - dropped)
	return true
}

// giveUp ends a player that cannot be helped, and its connection.
func (p *enginePlayer) giveUp() {
	p.ended = true
	p.order(engineOrder{tell: tellTooSlow, code: message.CodePlayFailed, description: errSlow.Error()})
}

// mayDecode is that of a hubPlayer.
func (p *enginePlayer) mayDecode() bool {
	cache := p.stream.cache
	if p.ability == nil || p.uses == cache.Uses() {
		return true
	}
	p.uses = cache.Uses()
	codec := cache.Undecodable(p.ability)
	if codec == 0 {
		return true
	}
	p.ended = true
	p.order(engineOrder{tell: tellFail, code: message.CodePlayFailed, description: inWords(undecodable(codec))})
	return false
}

func (p *enginePlayer) waitRoom(over *atomic.Bool) {
	timer := time.NewTimer(subscriberPatience)
	defer timer.Stop()
	for p.orders.waitingCost() > p.state.Options.SoftBytes && !p.orders.closed() && !over.Load() {
		select {
		case <-p.room:
			timer.Reset(subscriberPatience)
		case <-p.orders.end():
		case <-timer.C:
			p.stream.mu.Lock()
			p.giveUp()
			p.stream.removeGone()
			p.stream.mu.Unlock()
			return
		}
	}
}

// wake makes waitRoom look whether it waits in vain.
func (p *enginePlayer) wake() { give(p.room) }

func (p *enginePlayer) lost() { p.state.Lost() }

func (p *enginePlayer) info(st *hubStream) PlayerInfo {
	i := PlayerInfo{
		App: st.key.app, Name: st.key.name, Sent: p.sent.statistics(p.begun), Dropped: p.state.Dropped, Paused: p.state.Paused,
		Waiting: p.state.Waiting(), NoAudio: p.state.NoAudio, NoVideo: p.state.NoVideo,
	}
	i.Sent.Queued = p.orders.waitingCost()
	return i
}

func (p *enginePlayer) restart(*hubStream) {
	p.state.Restart()
	p.order(engineOrder{tell: tellPublish})
	p.wake()
}

func (p *enginePlayer) stop(description string) {
	p.ended = true
	p.order(engineOrder{tell: tellStop, description: description})
	p.wake()
}

// told takes notice of what a player wants. If that is more than before, the headers come again.
func (p *enginePlayer) told(e *engine.Event) {
	st := p.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	if p.ended {
		return
	}
	more := true
	switch e.Kind {
	case engine.EventPause:
		p.state.Paused, more = true, false
	case engine.EventUnpause:
		p.state.Paused = false
		p.state.Restart()
	case engine.EventReceiveOn, engine.EventReceiveOff:
		more = e.Kind == engine.EventReceiveOn
		if e.Value == media.TypeAudio {
			p.state.NoAudio = !more
		} else {
			p.state.NoVideo = !more
		}
	}
	if more && !p.state.Paused {
		st.cache.Headers(p.header)
	}
}

// leave takes the player out of the stream.
func (p *enginePlayer) leave() {
	st := p.stream
	st.mu.Lock()
	defer st.mu.Unlock()
	p.ended = true
	st.removeGone()
	st.endIfEmpty()
}
