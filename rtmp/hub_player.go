package rtmp

import (
	"errors"
	"sync/atomic"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
)

// errSlow ends the connection of a player that cannot be helped.
var errSlow = errors.New("the player is too slow")

// hubPlayer is the sink of one playing session. Its fields are under the link's lock.
type hubPlayer struct {
	session *Session
	stream  *hubStream
	link    *link
	state   hub.Player
	headers bool         // it needs the headers again
	ability *hub.Ability // what it decodes, if the stream's codecs are to be among that,
	uses    int          // and when that was last looked at
}

// acceptPlay joins a request's session to its stream: what is cached goes out together with the answer.
func (h *Hub) acceptPlay(r *Request, mask hub.Mask) error {
	var ability *hub.Ability
	if h.options.Codecs != CodecsPass {
		ability = abilityOf(r.Connect(), r.Capabilities())
	}
	st, err := h.join(streamKey{r.App(), r.StreamName()})
	if err != nil {
		return err
	}
	defer st.mu.Unlock()
	if h.options.Codecs == CodecsRefuse {
		if codec := st.cache.Undecodable(ability); codec != 0 {
			return undecodable(codec)
		}
	}
	l := r.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil || r.conn.pending != r {
		st.endIfEmpty()
		return ErrDecided
	}
	r.conn.engine.UseChunkSize(uint32(h.options.ChunkSize))
	session, err := r.accept(r.conn.server.options.PlayAnswer)
	if err != nil {
		st.endIfEmpty()
		return err
	}
	p := &hubPlayer{session: session, stream: st, link: l}
	p.state.Options, p.state.Mask = h.options.Player, mask
	if h.options.Codecs == CodecsFilter {
		p.state.Ability = ability
	} else {
		p.ability, p.uses = ability, st.cache.Uses()
	}
	session.player = p
	before := l.queued()
	st.cache.Join(&p.state, p.put)
	p.state.Joined(l.queued() - before)
	st.sinks = append(st.sinks, p)
	h.wish(st.key)
	l.flushNow()
	l.wake()
	return nil
}

// alive reports that the session has not ended.
func (p *hubPlayer) alive() bool {
	p.link.mu.Lock()
	defer p.link.mu.Unlock()
	return p.living()
}

func (p *hubPlayer) living() bool {
	return p.link.err == nil && p.session.conn.session(p.session.streamID) == p.session
}

// send gives frames to the player.
func (p *hubPlayer) send(st *hubStream, frames []*hub.Frame) bool {
	l := p.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if !p.living() || !p.mayDecode(st) {
		return false
	}
	if p.headers && !p.state.Paused {
		p.headers = false
		st.cache.Headers(p.header)
	}
	dropped := p.state.Dropped
	for _, f := range frames {
		if f.Clears() {
			continue
		}
		switch p.state.Decide(f, l.queued()) {
		case hub.Send:
			p.put(f)
			st.sent.Add(1)
		case hub.Disconnect:
			l.kill(&Error{Phase: engine.PhasePlay, Err: errSlow})
			return false
		}
	}
	st.lost.Add(p.state.Dropped - dropped)
	p.session.sent.dropped.Add(p.state.Dropped - dropped)
	l.flushNow()
	return true
}

// waitRoom waits for a player that takes what it gets, however slowly: who takes nothing is cut by its write deadline.
func (p *hubPlayer) waitRoom(over *atomic.Bool) {
	l := p.link
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waitQueued(p.state.Options.SoftBytes, -1, func() error {
		if over.Load() || !p.living() {
			return ErrClosed
		}
		return nil
	})
}

func (p *hubPlayer) lost() {
	p.link.mu.Lock()
	defer p.link.mu.Unlock()
	p.state.Lost()
}

// header queues a header that comes again, unless it is not for the player. The link is locked.
func (p *hubPlayer) header(f *hub.Frame) {
	if p.state.Wants(f) {
		p.put(f)
	}
}

// put queues a frame's bytes. The link is locked.
func (p *hubPlayer) put(f *hub.Frame) {
	if a := p.state.Ability; a != nil {
		o := &p.stream.hub.options
		if f = a.Announce(p.stream.hub.alloc, f, o.ChunkSize); f == nil {
			return
		}
		defer f.Release()
	}
	if e := p.session.conn.engine; e.ChunkSize() == p.stream.hub.options.ChunkSize {
		p.putWire(f)
	} else { // the connection plays a stream of another hub too
		e.SendMedia(p.session.streamID, f.Info.Type, f.Info.Timestamp, nil, f.Payload())
		p.link.sealLarge()
	}
	p.session.sent.packet(&f.Info, len(f.Info.Raw))
}

// putWire queues the bytes that every player of the hub gets. The link is locked.
func (p *hubPlayer) putWire(f *hub.Frame) {
	p.link.seal()
	bytes, owner := f.Wire()
	if id := p.session.streamID; id != 1 {
		head, rest := f.Head(id)
		p.link.output.add(head, nil)
		bytes = rest
	}
	p.link.output.add(bytes, owner.Retain())
}

func (p *hubPlayer) restart(*hubStream) {
	p.link.mu.Lock()
	defer p.link.mu.Unlock()
	p.link.signalDrained()
	if !p.living() {
		return
	}
	p.state.Restart()
	p.session.conn.engine.NotifyPublish(p.session.streamID, "")
	p.link.flush()
}

func (p *hubPlayer) stop(description string) {
	p.link.mu.Lock()
	defer p.link.mu.Unlock()
	p.link.signalDrained()
	if p.living() {
		p.session.conn.engine.StopPlay(p.session.streamID, description)
		p.link.events()
		p.link.flush()
	}
}

// told takes notice of what a player wants. The link is locked.
func (p *hubPlayer) told(e *engine.Event) {
	switch e.Kind {
	case engine.EventPause:
		p.state.Paused = true
	case engine.EventUnpause:
		p.state.Paused, p.headers = false, true
		p.state.Restart()
	case engine.EventReceiveOn, engine.EventReceiveOff:
		off := e.Kind == engine.EventReceiveOff
		if e.Value == media.TypeAudio {
			p.state.NoAudio = off
		} else {
			p.state.NoVideo = off
		}
		p.headers = p.headers || !off
	}
}
