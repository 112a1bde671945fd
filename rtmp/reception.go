package rtmp

import (
	"sync"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// reception is what is known of a stream from its packets: what a [Session] that is published to and a [Client] that
// plays share.
type reception struct {
	received tally

	noted    sync.Mutex
	metadata []byte // the latest onMetaData, from its handler on, if it is no longer than maxMetadata
}

// maxMetadata bounds what is kept of a stream's onMetaData, which is asked for after its packet is gone.
const maxMetadata = 256 << 10

// note takes notice of a packet.
func (r *reception) note(p *media.Packet) {
	size := len(p.Raw)
	if p.Flags&media.FlagContinued != 0 {
		size = 0
	}
	r.received.packet(p, size)
	if p.Kind == media.KindMetadata && (p.Type == media.TypeData || p.Type == media.TypeDataAMF3) {
		r.noted.Lock()
		defer r.noted.Unlock()
		if len(p.Data) > maxMetadata {
			r.metadata = nil
			return
		}
		r.metadata = append(r.metadata[:0], p.Data...)
	}
}

// RawMetadata returns the latest onMetaData message as the peer sent it, AMF0 from its name on; nil if there was none, or it is longer
// than 256 KiB.
func (r *reception) RawMetadata() []byte {
	r.noted.Lock()
	defer r.noted.Unlock()
	return append([]byte(nil), r.metadata...)
}

// Metadata returns the latest onMetaData message; false if there was none that could be read, as RawMetadata says.
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
