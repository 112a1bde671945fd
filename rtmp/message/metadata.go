package message

import (
	"math"
	"strconv"
	"strings"

	"oxrtmp/rtmp/amf"
)

// Metadata is what onMetaData says of a stream. A zero field is one that was not given, or was 0 or false. FLV 10.1
// §E.5, and what Enhanced RTMP and encoders add.
type Metadata struct {
	Width, Height   float64 // in pixels
	FrameRate       float64 // in frames per second
	VideoDataRate   float64 // in kbit/s
	VideoCodecID    uint32  // legacy codec id, or FourCC
	AudioDataRate   float64 // in kbit/s
	AudioSampleRate float64 // in Hz
	AudioSampleSize float64 // in bits
	AudioChannels   float64
	AudioCodecID    uint32  // legacy sound format, or FourCC
	AudioDelay      float64 // in seconds
	Stereo          bool
	Surround        string  // which of OBS's flags is true: "2.1", "3.1", "4.0", "4.1", "5.1" or "7.1"
	Duration        float64 // in seconds, 0 for a live stream
	FileSize        float64 // in bytes
	CanSeekToEnd    bool
	CreationDate    string
	Encoder         string // the software, see [DetectEncoder]

	VideoTracks, AudioTracks []TrackInfo // Enhanced RTMP v2: what tracks other than track 0 have of their own

	// Extra are the properties without a field of their own, and those whose value does not fit theirs, in order.
	Extra []amf.Property
	// Properties are all properties as they came, in order. Value does not read them.
	Properties []amf.Property
}

// surroundFlags are booleans in the metadata of OBS Studio.
var surroundFlags = [...]string{"2.1", "3.1", "4.0", "4.1", "5.1", "7.1"}

// metadataNames are the properties with a field of their own, in the order in which they are written.
var metadataNames = [...]string{"duration", "filesize", "width", "height", "framerate", "videodatarate", "videocodecid",
	"audiodatarate", "audiosamplerate", "audiosamplesize", "audiochannels", "stereo", "2.1", "3.1", "4.0", "4.1", "5.1",
	"7.1", "audiocodecid", "audiodelay", "canSeekToEnd", "creationdate", "encoder", "videoTrackIdInfoMap",
	"audioTrackIdInfoMap"}

// maxMetadataName is the length of the longest of them.
const maxMetadataName = len("videoTrackIdInfoMap")

// codecID is a kind of field: a number that may come as four characters.
type codecID uint32

// trackList is a kind of field: the tracks of one kind, and what they may say.
type trackList struct {
	tracks *[]TrackInfo
	fields []trackField
}

// field returns where the property of that name, in any case, is kept: a *float64, *bool, *string, *codecID or
// trackList, or nil.
func (m *Metadata) field(name string) any {
	if len(name) > maxMetadataName {
		return nil
	}
	switch strings.ToLower(name) {
	case "duration":
		return &m.Duration
	case "filesize":
		return &m.FileSize
	case "width":
		return &m.Width
	case "height":
		return &m.Height
	case "framerate":
		return &m.FrameRate
	case "videodatarate":
		return &m.VideoDataRate
	case "videocodecid":
		return (*codecID)(&m.VideoCodecID)
	case "audiodatarate":
		return &m.AudioDataRate
	case "audiosamplerate":
		return &m.AudioSampleRate
	case "audiosamplesize":
		return &m.AudioSampleSize
	case "audiochannels":
		return &m.AudioChannels
	case "stereo":
		return &m.Stereo
	case "audiocodecid":
		return (*codecID)(&m.AudioCodecID)
	case "audiodelay":
		return &m.AudioDelay
	case "canseektoend":
		return &m.CanSeekToEnd
	case "creationdate":
		return &m.CreationDate
	case "encoder":
		return &m.Encoder
	case "videotrackidinfomap":
		return trackList{&m.VideoTracks, videoTrackFields}
	case "audiotrackidinfomap":
		return trackList{&m.AudioTracks, audioTrackFields}
	}
	return nil
}

// ParseMetadata reads the object or ECMA array of onMetaData; any other v gives the zero Metadata. Property names are
// recognized in any case, the last of equal ones counts. Numbers and booleans may come as texts, and codec ids as the
// four characters of a FourCC.
func ParseMetadata(v amf.Value) Metadata {
	var m Metadata
	m.Properties, _ = amf.Properties(v)
	for _, p := range m.Properties {
		if !m.parse(p) {
			m.Extra = append(m.Extra, p)
		}
	}
	return m
}

func (m *Metadata) parse(p amf.Property) (ok bool) {
	for _, flag := range surroundFlags {
		if p.Name != flag {
			continue
		}
		set, ok := lenientBoolean(p.Value)
		if set {
			m.Surround = flag
		}
		return ok
	}
	switch field := m.field(p.Name).(type) {
	case *float64:
		return assign(field, lenientNumber, p.Value)
	case *bool:
		return assign(field, lenientBoolean, p.Value)
	case *string:
		return assign(field, amf.AsString, p.Value)
	case *codecID:
		return assign(field, lenientCodecID, p.Value)
	case trackList:
		tracks, ok := parseTracks(p.Value, field.fields)
		if ok {
			*field.tracks = tracks
		}
		return ok
	}
	return false
}

// assign sets *field if the value can be converted.
func assign[T any](field *T, convert func(amf.Value) (T, bool), v amf.Value) bool {
	converted, ok := convert(v)
	if ok {
		*field = converted
	}
	return ok
}

// Value returns the metadata as the ECMA array that players expect: duration, which is always there, then the other
// fields that are set, then Extra. With AudioChannels there is also stereo, with Surround all of OBS's flags.
func (m *Metadata) Value() *amf.ECMAArray {
	array := new(amf.ECMAArray)
	add := func(name string, v amf.Value) {
		array.Properties = append(array.Properties, amf.Property{Name: name, Value: v})
	}
	for _, name := range metadataNames {
		switch field := m.field(name).(type) {
		case *float64:
			if *field != 0 || name == "duration" {
				add(name, amf.Number(*field))
			}
		case *bool:
			if *field || name == "stereo" && m.AudioChannels != 0 {
				add(name, amf.Boolean(*field))
			}
		case *string:
			if *field != "" {
				add(name, amf.String(*field))
			}
		case *codecID:
			if *field != 0 {
				add(name, amf.Number(*field))
			}
		case trackList:
			if len(*field.tracks) != 0 {
				add(name, tracksValue(*field.tracks, field.fields))
			}
		case nil: // one of surroundFlags
			if m.Surround != "" {
				add(name, amf.Boolean(name == m.Surround))
			}
		}
	}
	array.Properties = append(array.Properties, m.Extra...)
	return array
}

// lenientNumber returns the finite number that v is, also as a text.
func lenientNumber(v amf.Value) (float64, bool) {
	if s, ok := amf.AsString(v); ok && len(s) <= 32 {
		n, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
		return n, err == nil && !math.IsNaN(n) && !math.IsInf(n, 0)
	}
	return finite(v)
}

// lenientBoolean returns the boolean that v is, also as a number or text.
func lenientBoolean(v amf.Value) (flag, ok bool) {
	if s, isText := amf.AsString(v); isText {
		switch {
		case strings.EqualFold(s, "true"), s == "1":
			return true, true
		case strings.EqualFold(s, "false"), s == "0":
			return false, true
		}
		return false, false
	}
	return truth(v)
}

// lenientCodecID returns the codec id that v is: a number, also as a text, or the four characters of a FourCC.
func lenientCodecID(v amf.Value) (codecID, bool) {
	if n, ok := lenientNumber(v); ok {
		if n < 0 || n > math.MaxUint32 || n != math.Trunc(n) {
			return 0, false
		}
		return codecID(n), true
	}
	s, ok := amf.AsString(v)
	if !ok || len(s) != 4 {
		return 0, false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return 0, false
		}
	}
	return codecID(s[0])<<24 | codecID(s[1])<<16 | codecID(s[2])<<8 | codecID(s[3]), true
}
