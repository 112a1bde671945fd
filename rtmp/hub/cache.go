package hub

import (
	"bytes"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// CachePolicy says what a late player gets besides data and headers.
type CachePolicy uint8

// The policies. Their numbers do not change.
const (
	CacheGOP      CachePolicy = 0 // everything since the last keyframe, audio too
	CacheKeyframe CachePolicy = 1 // the last keyframe; then nothing of the video until the next one
	CacheOff      CachePolicy = 2 // nothing: the video begins with the next keyframe
)

// CacheOptions bound a cache. Zero numbers take the defaults named.
type CacheOptions struct {
	Policy CachePolicy
	Bytes  int // of memory that all frames since the last keyframe hold, two to three times what is sent; default 24 MiB
	Frames int // default 4096
}

// maxKept bounds the data messages and the headers that are kept; further ones are passed on and forgotten.
const maxKept = 64

// maxDataBytes bounds one kept data message, maxHeaderBytes one kept header.
const (
	maxDataBytes   = 256 << 10
	maxHeaderBytes = 64 << 10
)

// Cache keeps what late players of one stream need. Frames it keeps have a reference of its own.
type Cache struct {
	options CacheOptions
	data    []kept
	video   []kept
	audio   []kept
	gop     []*Frame // since the last keyframe; empty when there was none, or too much followed it
	bytes   int
	first   uint8 // the lowest track of the video, whose keyframes count
	lost    bool  // frames since the last keyframe are missing from gop
	seen    bool  // there was video

	uses       [2]use // codecs of the first audio and video track
	useChanges int
}

// noTrack is no track of the video, or the last one, whose keyframes count for as long as there is no other.
const noTrack = 255

// kept is a frame that stands until another one with the same key comes.
type kept struct {
	key   key
	frame *Frame
}

type key struct {
	handler string // of data
	track   uint8
	kind    media.Kind
	flags   media.Flags // FlagMPEG2TS, FlagMultichannelConfig, FlagColorInfo
}

// NewCache returns an empty cache.
func NewCache(o CacheOptions) *Cache {
	if o.Bytes <= 0 {
		o.Bytes = 24 << 20
	}
	if o.Frames <= 0 {
		o.Frames = 4096
	}
	return &Cache{options: o, first: noTrack}
}

// Policy returns the cache's policy.
func (c *Cache) Policy() CachePolicy { return c.options.Policy }

// HasVideo reports that the stream had video.
func (c *Cache) HasVideo() bool { return c.seen }

// Add notes a frame that goes to the players.
func (c *Cache) Add(f *Frame) {
	switch f.Info.Type {
	case media.TypeAudio:
		c.addMedia(f, &c.audio)
	case media.TypeVideo:
		c.seen = true
		c.addMedia(f, &c.video)
	default:
		c.addData(f)
	}
}

// addData keeps metadata, and data that its publisher set to be kept, under its handler, until its publisher clears it.
func (c *Cache) addData(f *Frame) {
	if f.Clears() {
		if d, err := message.ParseData(f.Info.Type, f.Info.Raw, amf.Limits{}); err == nil {
			c.data = drop(c.data, key{handler: d.Handler})
		}
		return
	}
	if f.Info.Kind == media.KindMetadata || f.Info.Flags&media.FlagSetDataFrame != 0 {
		if f.Size() <= maxDataBytes {
			c.data = keep(c.data, key{handler: f.Info.Handler}, f)
		}
		return
	}
	c.append(f, false)
}

// Data visits what is kept, under the handlers' names.
func (c *Cache) Data(visit func(handler string, f *Frame)) {
	for _, k := range c.data {
		visit(k.key.handler, k.frame)
	}
}

// Lose tells that a message was lost before it could be added: what followed could not be decoded.
func (c *Cache) Lose() {
	c.clearGOP()
	c.lost = true
}

func (c *Cache) addMedia(f *Frame, headers *[]kept) {
	header, keyframe := false, false
	f.each(func(p *media.Packet) {
		c.noteUse(p)
		k := key{track: p.Track, kind: p.Kind, flags: p.Flags & (media.FlagMPEG2TS | media.FlagMultichannelConfig | media.FlagColorInfo)}
		switch p.Kind {
		case media.KindSequenceHeader, media.KindMetadata:
			header = true
			if p.Kind == media.KindSequenceHeader {
				c.renew(*headers, k, f)
			}
			if f.Size() <= maxHeaderBytes {
				*headers = keep(*headers, k, f)
			}
		case media.KindSequenceEnd:
			k.kind = media.KindSequenceHeader
			*headers = drop(*headers, k)
			if p.Type == media.TypeVideo && p.Track == c.first {
				c.first = noTrack
			}
		case media.KindFrame:
			if p.Type == media.TypeVideo && !p.Malformed() {
				c.first = min(c.first, p.Track)
				keyframe = keyframe || p.Track == c.first && p.Keyframe()
			}
		}
	})
	switch {
	case header:
	case keyframe:
		c.clearGOP()
		c.lost = false
		c.append(f, true)
	case c.seen:
		c.append(f, false)
	}
}

// renew drops the frames that a header which has changed makes useless to who joins later: all of them if it is a
// video header, those of its track if it is for audio.
func (c *Cache) renew(headers []kept, k key, f *Frame) {
	for i := range headers {
		if headers[i].key != k || bytes.Equal(headers[i].frame.Info.Raw, f.Info.Raw) {
			continue
		}
		if f.Info.Type == media.TypeVideo {
			c.clearGOP()
			return
		}
		rest := c.gop[:0]
		for _, g := range c.gop {
			if g.Info.Type == media.TypeAudio && g.Info.Track == k.track {
				c.bytes -= g.Held()
				g.Release()
				continue
			}
			rest = append(rest, g)
		}
		clear(c.gop[len(rest):])
		c.gop = rest
	}
}

// append adds a frame to those since the last keyframe. When they are too many all go: without their beginning the
// others are of no use.
func (c *Cache) append(f *Frame, starts bool) {
	switch {
	case c.options.Policy == CacheOff, c.lost, len(c.gop) == 0 && !starts, c.options.Policy == CacheKeyframe && !starts:
		return
	case c.bytes+f.Held() > c.options.Bytes, len(c.gop) >= c.options.Frames:
		c.clearGOP()
		c.lost, c.first = true, noTrack // if that has no more frames, another one's keyframe will do
		return
	}
	c.gop = append(c.gop, f.Retain())
	c.bytes += f.Held()
}

func (c *Cache) clearGOP() {
	for i, f := range c.gop {
		f.Release()
		c.gop[i] = nil
	}
	c.gop, c.bytes = c.gop[:0], 0
}

// Bytes returns how much memory the frames since the last keyframe hold.
func (c *Cache) Bytes() int { return c.bytes }

// Frames returns how many frames there are since the last keyframe.
func (c *Cache) Frames() int { return len(c.gop) }

// Headers visits what must precede media, in order: data, video headers, audio headers.
func (c *Cache) Headers(visit func(*Frame)) {
	for _, list := range [][]kept{c.data, c.video, c.audio} {
		var last *Frame
		for _, k := range list {
			if k.frame != last { // headers of several tracks may share a message
				visit(k.frame)
			}
			last = k.frame
		}
	}
}

// Join begins a player that comes late: it visits what the player gets of the headers and of what the policy says. A track
// of the video whose keyframe is not among that waits for the next one.
func (c *Cache) Join(p *Player, visit func(*Frame)) {
	if c.seen {
		p.waiting = EveryTrack()
	}
	c.Headers(func(f *Frame) {
		if p.Wants(f) {
			visit(f)
		}
	})
	for _, f := range c.gop {
		if p.Decide(f, 0) == Send {
			visit(f)
		}
	}
	if c.options.Policy == CacheKeyframe && c.seen { // what follows its keyframe is not there
		p.waiting = EveryTrack()
	}
}

// Reset forgets everything, as a new publisher brings its own.
func (c *Cache) Reset() {
	for _, list := range []*[]kept{&c.data, &c.video, &c.audio} {
		for _, k := range *list {
			k.frame.Release()
		}
		*list = nil
	}
	c.clearGOP()
	c.lost, c.first = false, noTrack
	c.uses = [2]use{}
}

// keep puts a frame in the place of the one with its key, or behind all others if that stays for another key: a message with
// the headers of several tracks comes before those that are newer than some of it.
func keep(list []kept, k key, f *Frame) []kept {
	for i := range list {
		if list[i].key != k {
			continue
		}
		if !shared(list, i) {
			list[i].frame.Release()
			list[i].frame = f.Retain()
			return list
		}
		list = drop(list, k)
		break
	}
	if len(list) >= maxKept {
		return list
	}
	return append(list, kept{k, f.Retain()})
}

// shared reports that the frame of an entry is that of another one too.
func shared(list []kept, i int) bool {
	for j := range list {
		if j != i && list[j].frame == list[i].frame {
			return true
		}
	}
	return false
}

func drop(list []kept, k key) []kept {
	for i := range list {
		if list[i].key == k {
			list[i].frame.Release()
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}
