package rtmp

import (
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// Statistics describe one stream. The rates are those since Statistics were taken before, by anybody and at least a
// second ago, or since the stream began; in its first second they are what that second has brought so far.
type Statistics struct {
	Duration     time.Duration // since the stream was accepted
	Bytes        uint64        // payload bytes, of these
	AudioBytes   uint64        // audio
	VideoBytes   uint64        // and video
	Packets      uint64
	Audio        uint64 // packets of each type
	Video        uint64
	Data         uint64
	Keyframes    uint64
	Malformed    uint64
	KeyInterval  time.Duration // between the last two keyframes, by decoding time
	Timestamp    uint32        // ms, of the last packet
	FrameRate    float64       // video frames a second
	AudioBitrate uint64        // bits of audio payload a second
	VideoBitrate uint64        // bits of video payload a second
	Queued       int           // bytes that wait
	Dropped      uint64        // messages dropped instead of sent: ClientOptions.DropVideo, Reconnect; a hub's slow player
}

// total adds what another connection of the same stream has counted; of the rest o's holds.
func (s *Statistics) total(o *Statistics) {
	s.Duration += o.Duration
	s.Bytes += o.Bytes
	s.AudioBytes += o.AudioBytes
	s.VideoBytes += o.VideoBytes
	s.Packets += o.Packets
	s.Audio += o.Audio
	s.Video += o.Video
	s.Data += o.Data
	s.Keyframes += o.Keyframes
	s.Malformed += o.Malformed
	s.KeyInterval, s.Timestamp = o.KeyInterval, o.Timestamp
	s.FrameRate, s.AudioBitrate, s.VideoBitrate = o.FrameRate, o.AudioBitrate, o.VideoBitrate
}

// tally counts what passes on one stream. It is read without a lock that media wait for.
type tally struct {
	audio, video, data     atomic.Uint64 // packets
	audioBytes, videoBytes atomic.Uint64
	dataBytes              atomic.Uint64
	frames                 atomic.Uint64 // of video
	keyframes              atomic.Uint64
	malformed              atomic.Uint64
	dropped                atomic.Uint64
	timestamp              atomic.Uint32
	clock                  atomic.Uint32 // timestamp of the last audio or video
	lastKey                atomic.Uint32 // timestamp of a keyframe, ms
	keyInterval            atomic.Uint32 // ms

	reading sync.Mutex // of those who read
	from    sample     // where rates count from
	latest  sample
}

// sample is what was counted at a time.
type sample struct {
	at                   time.Time
	frames, audio, video uint64
}

func (t *tally) packets() uint64 { return t.audio.Load() + t.video.Load() + t.data.Load() }

// packet counts a packet, with so many bytes of payload: those of a message are its first packet's.
func (t *tally) packet(p *media.Packet, size int) {
	frame := p.Kind == media.KindFrame && p.Type == media.TypeVideo && p.Flags&media.FlagContinued == 0
	t.add(p.Type, size, p.Timestamp, frame, p.Flags&media.FlagKeyframe != 0)
	if p.Flags&media.FlagMalformed != 0 {
		t.malformed.Add(1)
	}
}

// add counts a packet of a type.
func (t *tally) add(typeID uint8, size int, timestamp uint32, frame, keyframe bool) {
	packets, bytes := &t.data, &t.dataBytes
	if typeID == message.TypeAudio || typeID == message.TypeVideo {
		t.clock.Store(timestamp)
	}
	switch typeID {
	case message.TypeAudio:
		packets, bytes = &t.audio, &t.audioBytes
	case message.TypeVideo:
		packets, bytes = &t.video, &t.videoBytes
	}
	packets.Add(1)
	bytes.Add(uint64(size))
	t.timestamp.Store(timestamp)
	if frame {
		t.frames.Add(1)
	}
	if keyframe {
		// Another track's has the same time, and nothing follows from a clock that is set back.
		passed := int32(timestamp - t.lastKey.Swap(timestamp))
		if t.keyframes.Add(1) > 1 && passed > 0 {
			t.keyInterval.Store(uint32(passed))
		}
	}
}

// statistics are those of a stream that began at a time.
func (t *tally) statistics(begun time.Time) (s Statistics) {
	s.Audio, s.Video, s.Data = t.audio.Load(), t.video.Load(), t.data.Load()
	s.Packets = s.Audio + s.Video + s.Data
	s.AudioBytes, s.VideoBytes = t.audioBytes.Load(), t.videoBytes.Load()
	s.Bytes = s.AudioBytes + s.VideoBytes + t.dataBytes.Load()
	s.Keyframes, s.Malformed, s.Dropped = t.keyframes.Load(), t.malformed.Load(), t.dropped.Load()
	s.KeyInterval = time.Duration(t.keyInterval.Load()) * time.Millisecond
	s.Timestamp = t.timestamp.Load()
	now := time.Now()
	s.Duration = now.Sub(begun)
	t.rates(&s, begun, sample{now, t.frames.Load(), s.AudioBytes, s.VideoBytes})
	return s
}

// rates are what was counted between an earlier sample and now.
func (t *tally) rates(s *Statistics, begun time.Time, now sample) {
	t.reading.Lock()
	defer t.reading.Unlock()
	if t.latest.at.IsZero() {
		t.latest.at = begun
	}
	if now.at.Sub(t.latest.at) >= time.Second {
		t.from, t.latest = t.latest, now
	} else if t.from.at.IsZero() {
		t.from = t.latest
	}
	passed := max(1, now.at.Sub(t.from.at).Seconds()) // what comes at once when a stream begins is no rate
	s.FrameRate = float64(now.frames-t.from.frames) / passed
	s.AudioBitrate = uint64(float64(now.audio-t.from.audio) * 8 / passed)
	s.VideoBitrate = uint64(float64(now.video-t.from.video) * 8 / passed)
}
