package message

import (
	"math"
	"strings"

	"oxrtmp/rtmp/amf"
)

// StreamName returns the stream name that a command names in its first argument: publish, play, releaseStream,
// FCPublish, FCUnpublish, FCSubscribe, getStreamLength. It is returned as sent, with its query. The errors are
// ErrArgument when it is missing or no string, and ErrNUL.
func StreamName(c Command) (string, error) {
	name, ok := amf.AsString(c.Argument(0))
	if !ok {
		return "", &Error{Field: c.Name + " stream name", Err: ErrArgument}
	}
	if strings.IndexByte(name, 0) >= 0 {
		return "", &Error{Field: c.Name + " stream name", Err: ErrNUL}
	}
	return name, nil
}

// ParsePublish returns the arguments of a publish command: the stream name with its query, "" when it is missing or
// no string (see [StreamName]), and the kind, as sent, normally "live", "record" or "append"; "live" when missing.
func ParsePublish(c Command) (name, kind string) {
	name, _ = amf.AsString(c.Argument(0))
	if kind, _ = amf.AsString(c.Argument(1)); kind == "" {
		kind = "live"
	}
	return name, kind
}

// Values that the start of a play command may have besides an offset.
const (
	PlayAny  = -2 // the live stream of that name, or else the recorded one
	PlayLive = -1 // the live stream only
)

// ParsePlay returns the arguments of a play command: the stream name with its query, "" when it is missing or no
// string (see [StreamName]); where to start: PlayAny, PlayLive, or an offset ≥ 0 into a recorded stream; how long to
// play, -1 for all of it; and whether what was to be played before is dropped, nil when the client does not say.
//
// Clients write offset and duration in seconds, as the specification says, or in milliseconds, as most do; both spell
// the special values so too: -1000 is PlayLive, -2000 PlayAny.
func ParsePlay(c Command) (name string, start, duration float64, reset *bool) {
	name, _ = amf.AsString(c.Argument(0))
	start = PlayAny
	if n, ok := finite(c.Argument(1)); ok {
		start = playStart(n)
	}
	duration = -1
	if n, ok := finite(c.Argument(2)); ok && n >= 0 {
		duration = n
	}
	if flag, ok := truth(c.Argument(3)); ok {
		reset = &flag
	}
	return name, start, duration, reset
}

// playStart returns what a number means as the start of a play.
func playStart(n float64) float64 {
	switch {
	case n >= 0:
		return n
	case n > -1.5, n == -1000:
		return PlayLive
	}
	return PlayAny
}

// ParsePause returns the arguments of a pause (or pauseRaw) command: whether to pause or to go on, true when missing,
// and where the player stands, in milliseconds, 0 when missing.
func ParsePause(c Command) (pause bool, position float64) {
	pause, ok := truth(c.Argument(0))
	position, _ = finite(c.Argument(1))
	return pause || !ok, position
}

// ParseSeek returns where a seek command wants to go, in milliseconds. The error is ErrArgument.
func ParseSeek(c Command) (position float64, err error) {
	position, ok := finite(c.Argument(0))
	if !ok {
		return 0, &Error{Field: "seek position", Err: ErrArgument}
	}
	return position, nil
}

// ParseReceive returns the argument of receiveAudio and receiveVideo: whether the player wants that kind of media. A
// number, which old clients send as the frame rate they want, means yes unless it is 0; a missing argument, yes.
func ParseReceive(c Command) bool {
	flag, ok := truth(c.Argument(0))
	return flag || !ok
}

// ParseStreamID returns the message stream id that is the first argument of deleteStream, or of the answer to
// createStream, where peers that leave the command object out put it in its place. ok is false when there is none
// that fits: some clients send the stream name instead.
func ParseStreamID(c Command) (id uint32, ok bool) {
	v := c.Argument(0)
	if len(c.Arguments) == 0 {
		v = c.Object
	}
	n, ok := amf.AsNumber(v)
	if !ok || n != math.Trunc(n) || n < 0 || n > math.MaxUint32 {
		return 0, false
	}
	return uint32(n), true
}

// finite returns v if it is a number that arithmetic can be done with.
func finite(v amf.Value) (float64, bool) {
	n, ok := amf.AsNumber(v)
	if !ok || math.IsNaN(n) || math.IsInf(n, 0) {
		return 0, false
	}
	return n, true
}

// truth returns v if it is a boolean, or a number, of which 0 and NaN are false.
func truth(v amf.Value) (flag, ok bool) {
	if flag, ok = amf.AsBoolean(v); ok {
		return flag, true
	}
	n, ok := amf.AsNumber(v)
	return n != 0 && n == n, ok
}
