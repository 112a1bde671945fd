package hub

import (
	"strings"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// announcements are properties of onMetaData that make players wait for video, and for audio.
var announcements = [2][]string{
	{"videocodecid", "videodatarate", "width", "height", "framerate", "hasvideo", "videotrackidinfomap"},
	{"audiocodecid", "audiodatarate", "audiosamplerate", "audiosamplesize", "audiochannels", "stereo", "hasaudio", "audiotrackidinfomap"},
}

// Announce returns what a player is told in the place of a frame that goes to it: the same frame, or if it is metadata
// that announces a codec which the player cannot decode, one without the properties that do, so that it does not wait
// for what it will not get. The frame is the caller's to release; it is nil if there is no memory. size is the chunk
// size.
func (a *Ability) Announce(alloc buffer.Allocator, f *Frame, size int) *Frame {
	if f.Info.Type != media.TypeData || f.Info.Kind != media.KindMetadata || f.Size() > maxDataBytes {
		return f.Retain()
	}
	d, err := message.ParseData(media.TypeData, f.Info.Data, amf.Limits{})
	m, ok := d.Metadata()
	if err != nil || d.Incomplete != nil || !ok {
		return f.Retain()
	}
	var names []string
	for i, id := range [...]uint32{m.VideoCodecID, m.AudioCodecID} {
		if id != 0 && !a.decodes(announced(i, id)) {
			names = append(names, announcements[i]...)
		}
	}
	if len(names) == 0 {
		return f.Retain()
	}
	for i, v := range d.Values {
		d.Values[i] = without(v, names)
	}
	d.Body, d.Set = nil, false
	payload := message.AppendData(nil, d)
	b := alloc.Allocate(len(payload))
	if b == nil {
		return nil
	}
	copy(b.Bytes(), payload)
	packets := media.AppendPackets(nil, media.TypeData, f.Info.Timestamp, b.Bytes())
	packets[0].Buffer = b
	return NewFrame(alloc, packets[:1], f.Info.Timestamp, size)
}

// announced is the use of a codec that metadata names for its first video (0) or audio (1) track.
func announced(i int, id uint32) use {
	u := use{typeID: media.TypeVideo, codec: media.VideoCodec(id), enhanced: id > 15, number: uint8(id)}
	if i == 1 {
		u.typeID, u.codec = media.TypeAudio, media.AudioCodec(id)
	}
	return u
}

// without returns a value that is an object or array without the properties of these names, in any case.
func without(v amf.Value, names []string) amf.Value {
	properties, ok := amf.Properties(v)
	if !ok {
		return v
	}
	var kept []amf.Property
	for _, p := range properties {
		left := false
		for _, name := range names {
			left = left || strings.EqualFold(p.Name, name)
		}
		if !left {
			kept = append(kept, p)
		}
	}
	if _, ok := v.(*amf.ECMAArray); ok {
		return &amf.ECMAArray{Properties: kept}
	}
	return &amf.Object{Properties: kept}
}
