package rtmp

import (
	"sync"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// Statistics describe one stream.
type Statistics struct {
	Duration    time.Duration // since the stream was accepted
	Bytes       uint64        // payload bytes
	Packets     uint64
	Audio       uint64 // packets of each type
	Video       uint64
	Data        uint64
	Keyframes   uint64
	Malformed   uint64
	KeyInterval time.Duration // between the last two keyframes, by decoding time
	Timestamp   uint32        // ms, of the last packet
	Queued      int           // bytes that wait
	Dropped     uint64        // messages that a client dropped instead of sending: ClientOptions.DropVideo, Reconnect
}

// add counts a message that was sent.
func (t *Statistics) add(typeID uint8, size int, timestamp uint32) {
	t.Packets++
	t.Bytes += uint64(size)
	t.Timestamp = timestamp
	switch typeID {
	case message.TypeAudio:
		t.Audio++
	case message.TypeVideo:
		t.Video++
	default:
		t.Data++
	}
}

// reception is what is known of a stream from its packets: what a [Session] that is published to and a [Client] that
// plays share.
type reception struct {
	noted    sync.Mutex
	metadata []byte // the latest onMetaData, from its handler on
	totals   Statistics
	lastKey  int64
}

// note takes notice of a packet.
func (r *reception) note(p *media.Packet) {
	r.noted.Lock()
	defer r.noted.Unlock()
	if p.Kind == media.KindMetadata && (p.Type == media.TypeData || p.Type == media.TypeDataAMF3) {
		r.metadata = append(r.metadata[:0], p.Data...)
	}
	t := &r.totals
	if p.Flags&media.FlagContinued == 0 {
		t.Bytes += uint64(len(p.Raw))
	}
	t.Packets++
	t.Timestamp = p.Timestamp
	switch p.Type {
	case media.TypeAudio:
		t.Audio++
	case media.TypeVideo:
		t.Video++
	default:
		t.Data++
	}
	if p.Flags&media.FlagMalformed != 0 {
		t.Malformed++
	}
	if p.Flags&media.FlagKeyframe != 0 {
		if t.Keyframes++; t.Keyframes > 1 {
			t.KeyInterval = time.Duration(p.DTS - r.lastKey)
		}
		r.lastKey = p.DTS
	}
}

func (r *reception) received() Statistics {
	r.noted.Lock()
	defer r.noted.Unlock()
	return r.totals
}

// RawMetadata returns the latest onMetaData message as the peer sent it, AMF0 from its name on, or nil.
func (r *reception) RawMetadata() []byte {
	r.noted.Lock()
	defer r.noted.Unlock()
	return append([]byte(nil), r.metadata...)
}

// Metadata returns the latest onMetaData message; false if there was none that could be read.
func (r *reception) Metadata() (message.Metadata, bool) {
	v, ok := r.MetadataValue()
	if !ok {
		return message.Metadata{}, false
	}
	return message.ParseMetadata(v), true
}

// MetadataValue returns the value of the latest onMetaData message, normally an ECMA array or an object.
func (r *reception) MetadataValue() (amf.Value, bool) {
	d, err := message.ParseData(message.TypeData, r.RawMetadata(), amf.Limits{})
	if err != nil || len(d.Values) == 0 {
		return nil, false
	}
	return d.Values[0], true
}
