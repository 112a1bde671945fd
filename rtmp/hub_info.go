package rtmp

import (
	"time"

	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
)

// StreamInfo describes a stream of a hub.
type StreamInfo struct {
	App, Name string
	Publisher string        // its address; empty while there is none
	Published time.Duration // since the publisher began
	Players   int
	Duration  time.Duration // since the stream began
	Received  Statistics
	Sent      uint64       // frames sent, to all players
	Dropped   uint64       // frames dropped because players were slow
	Lost      uint64       // messages that reached no player, as there was no memory for them
	Cached    int          // bytes of memory held for late players
	Video     media.FourCC // codec of the first video track, 0 while there is none
	Audio     media.FourCC // and of the first audio track
}

// PlayerInfo describes a player of a stream.
type PlayerInfo struct {
	App, Name string
	Peer      string   // its address; empty for a subscriber
	Session   *Session // nil for a subscriber
	Sent      Statistics
	Dropped   uint64 // frames dropped because it was slow
	Paused    bool
	Waiting   bool // its video waits for a keyframe
	NoAudio   bool // it does not want audio,
	NoVideo   bool // or video
}

// HubStatistics describe a hub, streams that have ended among what is counted.
type HubStatistics struct {
	Duration   time.Duration // since the hub began
	Streams    int
	Publishers int
	Players    int
	Received   uint64 // messages of publishers
	Bytes      uint64 // of their payload
	Sent       uint64 // frames sent, to all players
	Dropped    uint64 // frames dropped because players were slow
	Lost       uint64 // messages that reached no player, as there was no memory for them
	Cached     int    // bytes of memory held for late players
}

// DataFrame is data that a publisher has set to be kept, such as onMetaData: AMF0 from its handler's name on.
type DataFrame struct {
	Handler string
	Data    []byte
}

// list returns the hub's streams, and what those did that have ended.
func (h *Hub) list() (streams []*hubStream, past HubStatistics) {
	h.mu.Lock()
	defer h.mu.Unlock()
	streams = make([]*hubStream, 0, len(h.streams))
	for _, st := range h.streams {
		streams = append(streams, st)
	}
	return streams, h.past
}

// Streams returns the hub's streams, in no order.
func (h *Hub) Streams() []StreamInfo {
	streams, _ := h.list()
	infos := make([]StreamInfo, 0, len(streams))
	for _, st := range streams {
		if info, ok := st.info(); ok {
			infos = append(infos, info)
		}
	}
	return infos
}

// Stream returns one stream. It fails with ErrNoStream, and ErrClosed.
func (h *Hub) Stream(app, name string) (StreamInfo, error) {
	st, err := h.enter(streamKey{app, name}, false)
	if err != nil {
		return StreamInfo{}, err
	}
	st.mu.Unlock()
	info, _ := st.info()
	return info, nil
}

// Players returns the players of a stream, in the order in which they came. It fails as Stream does.
func (h *Hub) Players(app, name string) ([]PlayerInfo, error) {
	st, err := h.enter(streamKey{app, name}, false)
	if err != nil {
		return nil, err
	}
	defer st.mu.Unlock()
	players := make([]PlayerInfo, 0, len(st.sinks))
	for _, s := range st.sinks {
		players = append(players, s.info(st))
	}
	return players, nil
}

// DataFrames returns what the publisher of a stream has set to be kept, in the order in which late players get it. It
// fails as Stream does.
func (h *Hub) DataFrames(app, name string) ([]DataFrame, error) {
	st, err := h.enter(streamKey{app, name}, false)
	if err != nil {
		return nil, err
	}
	defer st.mu.Unlock()
	var frames []DataFrame
	st.cache.Data(func(handler string, f *hub.Frame) {
		frames = append(frames, DataFrame{handler, append([]byte(nil), f.Info.Data...)})
	})
	return frames, nil
}

// Statistics returns what the hub did so far.
func (h *Hub) Statistics() HubStatistics {
	streams, all := h.list()
	for _, st := range streams {
		st.addTo(&all)
	}
	all.Duration = time.Since(h.begun)
	return all
}

// addTo adds what the stream did, and what it is, if it has not ended since the hub listed it.
func (st *hubStream) addTo(all *HubStatistics) {
	st.mu.Lock()
	defer st.mu.Unlock()
	all.add(st.figures())
	if st.dead {
		return
	}
	all.Streams++
	if st.source != nil {
		all.Publishers++
	}
	all.Players += len(st.sinks)
	all.Cached += st.cache.Bytes()
}

// add adds what is counted.
func (s *HubStatistics) add(o HubStatistics) {
	s.Received += o.Received
	s.Bytes += o.Bytes
	s.Sent += o.Sent
	s.Dropped += o.Dropped
	s.Lost += o.Lost
}

// figures is what is counted of a stream, which is locked.
func (st *hubStream) figures() HubStatistics {
	r := st.totals.statistics(st.begun)
	return HubStatistics{Received: r.Packets, Bytes: r.Bytes, Sent: st.sent.Load(), Dropped: st.lost.Load(), Lost: st.failed}
}

func (st *hubStream) info() (StreamInfo, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	now := time.Now()
	i := StreamInfo{
		App: st.key.app, Name: st.key.name, Players: len(st.sinks), Duration: now.Sub(st.begun),
		Received: st.totals.statistics(st.begun), Sent: st.sent.Load(), Dropped: st.lost.Load(), Lost: st.failed, Cached: st.cache.Bytes(),
	}
	i.Video, i.Audio = st.cache.Codecs()
	i.Received.Duration = i.Duration
	if st.source != nil {
		i.Publisher, i.Published = st.source.peer, now.Sub(st.source.begun)
	}
	return i, !st.dead
}

func (p *hubPlayer) info(st *hubStream) PlayerInfo {
	p.link.mu.Lock()
	defer p.link.mu.Unlock()
	i := PlayerInfo{
		App: st.key.app, Name: st.key.name, Peer: p.session.PeerAddr(), Session: p.session, Sent: p.session.sent.statistics(p.session.begun), Dropped: p.state.Dropped,
		Paused: p.state.Paused, Waiting: p.state.Waiting(), NoAudio: p.state.NoAudio, NoVideo: p.state.NoVideo,
	}
	i.Sent.Queued = p.link.queued()
	return i
}

// Sessions returns the server's sessions, in no order.
func (s *Server) Sessions() []*Session {
	var list []*Session
	for _, c := range s.connections() {
		c.link.mu.Lock()
		list = append(list, c.sessions...)
		c.link.mu.Unlock()
	}
	return list
}
