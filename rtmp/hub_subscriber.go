package rtmp

import (
	"io"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
)

// HubSubscriber takes a stream of a hub in, without a connection.
type HubSubscriber struct {
	stream *hubStream
	inbox  *mailbox[media.Packet]
	room   chan struct{} // holds a token when something was taken
	relays bool          // for another server
	state  hub.Player    // under the stream's lock
	ended  bool          // under the stream's lock
	begun  time.Time
	sent   tally
}

// Subscribe joins a stream as a player does: headers and cached frames come first. A subscriber that does not take its
// packets loses video up to a keyframe, as a slow player does. It fails with ErrNoStream, and ErrClosed.
func (h *Hub) Subscribe(app, name string, mask hub.Mask) (*HubSubscriber, error) {
	st, err := h.join(streamKey{app, name})
	if err != nil {
		return nil, err
	}
	defer st.mu.Unlock()
	return st.subscribe(mask, false), nil
}

// subscribe joins the stream for the application, or for a relay. The stream is locked.
func (st *hubStream) subscribe(mask hub.Mask, relays bool) *HubSubscriber {
	s := &HubSubscriber{stream: st, inbox: newMailbox(packetCost), room: make(chan struct{}, 1), relays: relays, begun: time.Now()}
	s.state.Options, s.state.Mask = st.hub.options.Player, mask
	if relays && s.state.Options.Slow == hub.SlowBlock {
		s.state.Options.Slow = hub.SlowDrop // nobody waits for another server
	}
	st.cache.Join(&s.state, s.put)
	s.state.Joined(s.inbox.waitingCost())
	st.sinks = append(st.sinks, s)
	if !relays {
		st.hub.wish(st.key)
	}
	return s
}

// NextPackets takes packets, which the caller releases, as [Session.NextPackets] does.
func (s *HubSubscriber) NextPackets(dst []media.Packet, timeout time.Duration) (int, error) {
	n, err := s.inbox.take(dst, timeout)
	s.wake()
	return n, err
}

// NextPacket is NextPackets for one.
func (s *HubSubscriber) NextPacket(timeout time.Duration) (media.Packet, error) {
	var p [1]media.Packet
	_, err := s.NextPackets(p[:], timeout)
	return p[0], err
}

// OnReady is that of [Session.OnReady].
func (s *HubSubscriber) OnReady(ready func()) { s.inbox.setNotify(ready) }

// Close leaves the stream.
func (s *HubSubscriber) Close() error {
	defer s.inbox.abandon(ErrClosed, func(p media.Packet) { p.Release() })
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	s.ended = true
	s.stream.removeGone()
	s.stream.endIfEmpty()
	return nil
}

func (s *HubSubscriber) alive() bool { return !s.ended }

// dropped returns how many frames were lost because they were not taken in time.
func (s *HubSubscriber) dropped() uint64 {
	s.stream.mu.Lock()
	defer s.stream.mu.Unlock()
	return s.state.Dropped
}

func (s *HubSubscriber) send(st *hubStream, frames []*hub.Frame) bool {
	if s.ended {
		return false
	}
	for _, f := range frames {
		queued := s.inbox.waitingCost()
		if queued == 0 {
			s.state.Drained()
		}
		switch s.state.Decide(f, queued) {
		case hub.Send:
			s.put(f)
			st.sent.Add(1)
		case hub.Drop:
			st.lost.Add(1)
		case hub.Disconnect:
			s.ended = true
			s.inbox.close(ErrLimit)
			return false
		}
	}
	return true
}

// subscriberPatience is how long a stream whose policy is SlowBlock waits for an application before it disconnects it.
const subscriberPatience = 10 * time.Second

func (s *HubSubscriber) waitRoom(over *atomic.Bool) {
	timer := time.NewTimer(subscriberPatience)
	defer timer.Stop()
	for !s.relays && s.inbox.waitingCost() > s.state.Options.SoftBytes && !s.inbox.closed() && !over.Load() {
		select {
		case <-s.room:
			timer.Reset(subscriberPatience)
		case <-s.inbox.end():
		case <-timer.C:
			s.stream.mu.Lock()
			s.ended = true
			s.inbox.close(ErrLimit)
			s.stream.mu.Unlock()
		}
	}
}

func (s *HubSubscriber) lost() { s.state.Lost() }

func (s *HubSubscriber) info(st *hubStream) PlayerInfo {
	i := PlayerInfo{App: st.key.app, Name: st.key.name, Sent: s.sent.statistics(s.begun), Dropped: s.state.Dropped, Waiting: s.state.Waiting()}
	i.Sent.Queued = s.inbox.waitingCost()
	return i
}

func (s *HubSubscriber) put(f *hub.Frame) {
	s.sent.packet(&f.Info, len(f.Info.Raw))
	for _, p := range append([]media.Packet{f.Info}, f.Tracks...) {
		p.Buffer = f.Info.Buffer.Retain()
		if _, ok := s.inbox.put(p); !ok {
			p.Release()
		}
	}
}

func (s *HubSubscriber) restart(*hubStream) {
	s.state.Restart()
	s.wake()
}

// wake makes waitRoom look whether it waits in vain.
func (s *HubSubscriber) wake() { give(s.room) }

func (s *HubSubscriber) stop(string) {
	s.ended = true
	s.inbox.close(io.EOF)
}
