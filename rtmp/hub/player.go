package hub

import "oxrtmp/rtmp/media"

// SlowPolicy says what happens to a player that takes less than it is sent.
type SlowPolicy uint8

// The policies. Their numbers do not change.
const (
	SlowDrop       SlowPolicy = 0 // video is dropped up to the next keyframe, audio flows
	SlowDisconnect SlowPolicy = 1 // it is disconnected
	SlowBlock      SlowPolicy = 2 // its stream waits for it, and with it every other player; HardBytes has no meaning
)

// PlayerOptions say when a player is slow. Zero numbers take the defaults named.
type PlayerOptions struct {
	Slow      SlowPolicy
	SoftBytes int // waiting output past which a player is slow; default 1 MiB
	HardBytes int // waiting output past which it is disconnected; default 8 MiB
}

// WithDefaults returns o with its zero numbers replaced.
func (o PlayerOptions) WithDefaults() PlayerOptions {
	if o.SoftBytes <= 0 {
		o.SoftBytes = 1 << 20
	}
	if o.HardBytes <= 0 {
		o.HardBytes = max(8<<20, 2*o.SoftBytes)
	}
	return o
}

// Verdict is what becomes of a frame for one player.
type Verdict uint8

// The verdicts.
const (
	Send       Verdict = iota
	Skip               // the player does not want it, or could not decode it
	Drop               // it would want it, but is too slow
	Disconnect         // the player is hopeless
)

// Player decides what one player gets.
type Player struct {
	Options PlayerOptions // with defaults
	Paused  bool
	NoAudio bool
	NoVideo bool
	Mask    Mask
	Ability *Ability // not nil: what the player cannot decode is left out
	Dropped uint64   // frames dropped because it was slow
	waiting Tracks   // of the video, each for a keyframe of its own
	first   uint8    // the lowest track of the video's frames,
	seen    bool     // if there was one
	burst   int      // bytes of its beginning, until they have left: they do not count against it
}

// Mask leaves parts of a stream out. Its zero value leaves out nothing.
type Mask struct {
	NoAudio, NoVideo, NoData bool
	KeyframesOnly            bool
	Track                    int // 0: every track; n: only messages of track n-1, and data
	Codecs                   []media.FourCC
}

// Restart makes the video begin again, each track with a keyframe: after a pause, or with another publisher.
func (p *Player) Restart() { p.waiting, p.burst = EveryTrack(), 0 }

// Joined tells of how many bytes the player's beginning was.
func (p *Player) Joined(burst int) { p.burst = burst }

// Waiting reports that the first track of the video waits for a keyframe.
func (p *Player) Waiting() bool { return p.waiting.Has(p.first) }

// Drained tells that nothing waits to be sent to the player.
func (p *Player) Drained() { p.burst = 0 }

// Wants reports that neither the player's mask nor what it can decode leaves a frame out. It is for headers that are sent
// anew.
func (p *Player) Wants(f *Frame) bool {
	if p.Mask.excludes(&f.Info) {
		return false
	}
	if p.Ability == nil {
		return true
	}
	some := false
	f.each(func(t *media.Packet) { some = some || p.Ability.Decodes(t) })
	return some
}

// Lost tells that a frame was lost before it came here: the video waits for a keyframe.
func (p *Player) Lost() { p.waiting = EveryTrack() }

// Decide says what becomes of a frame, when queued bytes wait to be sent to the player.
func (p *Player) Decide(f *Frame, queued int) Verdict {
	info := &f.Info
	if p.Paused || !p.Wants(f) {
		return Skip
	}
	queued -= p.burst
	if queued > p.Options.HardBytes && p.Options.Slow != SlowBlock {
		return Disconnect
	}
	slow := queued > p.Options.SoftBytes
	if slow && p.Options.Slow == SlowDisconnect {
		return Disconnect
	}
	switch info.Type {
	case media.TypeAudio:
		if p.NoAudio {
			return Skip
		}
	case media.TypeVideo:
		if p.NoVideo {
			p.waiting = EveryTrack()
			return Skip
		}
		return p.decideVideo(f, slow && p.Options.Slow == SlowDrop)
	}
	return Send
}

// decideVideo is Decide for video. Where a message has frames of several tracks, the lowest decides for it.
func (p *Player) decideVideo(f *Frame, slow bool) Verdict {
	info := f.lowest()
	switch {
	case info.Kind != media.KindFrame:
		return Send // headers, ends and metadata are few, and nothing is decoded without them
	case info.Malformed():
		if slow {
			p.Dropped++
			return Drop
		}
		return Send // nobody knows what it is
	}
	if !p.seen || info.Track < p.first {
		p.first, p.seen = info.Track, true
	}
	switch {
	case slow:
		p.drop(f)
		return Drop
	case p.waiting.Has(info.Track) && !info.Keyframe():
		return Skip
	case info.Keyframe() || len(f.Tracks) > 0:
		p.begun(f)
	}
	return Send
}

// drop makes the tracks of a frame wait.
func (p *Player) drop(f *Frame) {
	p.Dropped++
	f.each(func(t *media.Packet) { p.waiting.Add(t.Track) })
}

// begun lets the tracks go on of which a frame has a keyframe.
func (p *Player) begun(f *Frame) {
	f.each(func(t *media.Packet) {
		if t.Keyframe() {
			p.waiting.Remove(t.Track)
		}
	})
}

func (m *Mask) excludes(p *media.Packet) bool {
	switch p.Type {
	case media.TypeAudio:
		if m.NoAudio {
			return true
		}
	case media.TypeVideo:
		if m.NoVideo || m.KeyframesOnly && p.Kind == media.KindFrame && !p.Keyframe() {
			return true
		}
	default:
		return m.NoData
	}
	if m.Track > 0 && int(p.Track) != m.Track-1 {
		return true
	}
	if len(m.Codecs) == 0 || p.Codec == 0 {
		return false
	}
	for _, c := range m.Codecs {
		if c == p.Codec {
			return false
		}
	}
	return true
}
