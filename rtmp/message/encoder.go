package message

import "strings"

// Encoder is a kind of publishing software.
type Encoder uint8

const (
	EncoderUnknown  Encoder = iota // the client does not say
	EncoderOther                   // none of those below
	EncoderOBS                     // OBS Studio
	EncoderFMLE                    // Flash Media Live Encoder, and all that call themselves so
	EncoderWirecast                // Telestream Wirecast
	EncoderXSplit                  // XSplit Broadcaster
	EncoderLarix                   // Larix Broadcaster
	EncoderFFmpeg                  // FFmpeg's libavformat, or librtmp
	EncoderOxrtmp                  // a client of this library
)

// DetectEncoder tells the software from what it calls itself: the flashVer of connect, or the encoder of onMetaData.
// In connect OBS Studio, like GStreamer, calls itself FMLE; its metadata has its own name.
func DetectEncoder(name string) Encoder {
	name = strings.ToLower(name)
	for _, known := range [...]struct {
		part    string
		encoder Encoder
	}{
		{"obs", EncoderOBS},
		{"wirecast", EncoderWirecast},
		{"xsplit", EncoderXSplit},
		{"larix", EncoderLarix},
		{"lavf", EncoderFFmpeg}, // "FMLE/3.0 (compatible; Lavf61.1.100)"
		{"librtmp", EncoderFFmpeg},
		{"oxrtmp", EncoderOxrtmp}, // "FMLE/3.0 (compatible; oxrtmp)"
		{"fmle", EncoderFMLE},
		{"flash media", EncoderFMLE},
	} {
		if strings.Contains(name, known.part) {
			return known.encoder
		}
	}
	if name == "" {
		return EncoderUnknown
	}
	return EncoderOther
}

// String returns the software's name, "other" or "unknown".
func (e Encoder) String() string {
	switch e {
	case EncoderOBS:
		return "OBS"
	case EncoderFMLE:
		return "FMLE"
	case EncoderWirecast:
		return "Wirecast"
	case EncoderXSplit:
		return "XSplit"
	case EncoderLarix:
		return "Larix"
	case EncoderFFmpeg:
		return "FFmpeg"
	case EncoderOxrtmp:
		return "oxrtmp"
	case EncoderOther:
		return "other"
	}
	return "unknown"
}
