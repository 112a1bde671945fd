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

// videoTrackNames and audioTrackNames are the properties with a field of their own, in the order in which they are
// written.
var (
	videoTrackNames = []string{"width", "height", "videodatarate", "videocodecid"}
	audioTrackNames = []string{"audiodatarate", "channels", "samplerate", "audiocodecid"}
)

func (t *TrackInfo) field(name string) any {
	if len(name) > maxMetadataName {
		return nil
	}
	switch strings.ToLower(name) {
	case "width":
		return &t.Width
	case "height":
		return &t.Height
	case "videodatarate", "audiodatarate":
		return &t.DataRate
	case "videocodecid", "audiocodecid":
		return (*codecID)(&t.CodecID)
	case "channels":
		return &t.Channels
	case "samplerate":
		return &t.SampleRate
	}
	return nil
}

// parseTracks reads videoTrackIdInfoMap or audioTrackIdInfoMap: objects under track ids. It takes all of the map or
// nothing.
func parseTracks(v amf.Value) ([]TrackInfo, bool) {
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
			if !t.parse(member) {
				t.Extra = append(t.Extra, member)
			}
		}
		tracks = append(tracks, t)
	}
	return tracks, true
}

func (t *TrackInfo) parse(p amf.Property) bool {
	switch field := t.field(p.Name).(type) {
	case *float64:
		return assign(field, lenientNumber, p.Value)
	case *codecID:
		return assign(field, lenientCodecID, p.Value)
	}
	return false
}

func tracksValue(tracks []TrackInfo, video bool) *amf.Object {
	names := audioTrackNames
	if video {
		names = videoTrackNames
	}
	object := new(amf.Object)
	for i := range tracks {
		info := new(amf.Object)
		for _, name := range names {
			switch field := tracks[i].field(name).(type) {
			case *float64:
				if *field != 0 {
					info.Set(name, amf.Number(*field))
				}
			case *codecID:
				if *field != 0 {
					info.Set(name, amf.Number(*field))
				}
			}
		}
		info.Properties = append(info.Properties, tracks[i].Extra...)
		object.Properties = append(object.Properties, amf.Property{
			Name: strconv.Itoa(int(tracks[i].ID)), Value: info,
		})
	}
	return object
}
