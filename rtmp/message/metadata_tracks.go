package message

import (
	"math"
	"strconv"
	"strings"

	"oxrtmp/rtmp/amf"
)

// TrackInfo is what onMetaData says of one track besides track 0. Fields that are zero are as in track 0, whose
// description is the [Metadata] itself. Enhanced RTMP v2, "Enhancing onMetaData".
type TrackInfo struct {
	ID            uint8
	CodecID       uint32  // legacy id, or FourCC
	DataRate      float64 // in kbit/s
	Width, Height float64 // video only, in pixels
	Channels      float64 // audio only
	SampleRate    float64 // audio only, in Hz
	Extra         []amf.Property
}

// maxTracks is how many track ids there are.
const maxTracks = math.MaxUint8 + 1

// trackField is a property of a track that has a field of its own: a *float64 or *codecID.
type trackField struct {
	name string
	of   func(*TrackInfo) any
}

// The fields of the two kinds of tracks, in the order in which they are written.
var (
	videoTrackFields = []trackField{
		{"width", func(t *TrackInfo) any { return &t.Width }},
		{"height", func(t *TrackInfo) any { return &t.Height }},
		{"videodatarate", func(t *TrackInfo) any { return &t.DataRate }},
		{"videocodecid", func(t *TrackInfo) any { return (*codecID)(&t.CodecID) }},
	}
	audioTrackFields = []trackField{
		{"audiodatarate", func(t *TrackInfo) any { return &t.DataRate }},
		{"channels", func(t *TrackInfo) any { return &t.Channels }},
		{"samplerate", func(t *TrackInfo) any { return &t.SampleRate }},
		{"audiocodecid", func(t *TrackInfo) any { return (*codecID)(&t.CodecID) }},
	}
)

// parseTracks reads videoTrackIdInfoMap or audioTrackIdInfoMap: objects under track ids. It takes all of the map or
// nothing.
func parseTracks(v amf.Value, fields []trackField) ([]TrackInfo, bool) {
	properties, ok := amf.Properties(v)
	if !ok || len(properties) > maxTracks {
		return nil, false
	}
	var tracks []TrackInfo
	for _, p := range properties {
		id, err := strconv.ParseUint(p.Name, 10, 8)
		members, ok := amf.Properties(p.Value)
		if err != nil || !ok {
			return nil, false
		}
		t := TrackInfo{ID: uint8(id)}
		for _, member := range members {
			if !t.parse(member, fields) {
				t.Extra = append(t.Extra, member)
			}
		}
		tracks = append(tracks, t)
	}
	return tracks, true
}

func (t *TrackInfo) parse(p amf.Property, fields []trackField) bool {
	for _, f := range fields {
		if !strings.EqualFold(f.name, p.Name) {
			continue
		}
		switch field := f.of(t).(type) {
		case *float64:
			return assign(field, lenientNumber, p.Value)
		case *codecID:
			return assign(field, lenientCodecID, p.Value)
		}
	}
	return false
}

func tracksValue(tracks []TrackInfo, fields []trackField) *amf.Object {
	object := new(amf.Object)
	for i := range tracks {
		info := new(amf.Object)
		for _, f := range fields {
			var n amf.Number
			switch field := f.of(&tracks[i]).(type) {
			case *float64:
				n = amf.Number(*field)
			case *codecID:
				n = amf.Number(*field)
			}
			if n != 0 {
				info.Properties = append(info.Properties, amf.Property{Name: f.name, Value: n})
			}
		}
		info.Properties = append(info.Properties, tracks[i].Extra...)
		object.Properties = append(object.Properties, amf.Property{
			Name: strconv.Itoa(int(tracks[i].ID)), Value: info,
		})
	}
	return object
}
