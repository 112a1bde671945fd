package media

import "time"

// Unwrapper extends 32-bit timestamps to 64 bits: each is taken as the one nearest to its predecessor, so that streams
// run through 2^32 ms (49.7 days) and may also step back. One Unwrapper serves all messages of a stream.
// The zero value is ready; the first timestamp is taken as it is. RTMP 1.0 §5.3.1.
type Unwrapper struct {
	last    int64
	started bool
}

// Unwrap returns timestamp in milliseconds without wrap-around. The result is negative if a stream steps back beyond
// the 0 it began near.
func (u *Unwrapper) Unwrap(timestamp uint32) int64 {
	if !u.started {
		u.started, u.last = true, int64(timestamp)
		return u.last
	}
	u.last += int64(int32(timestamp - uint32(u.last)))
	return u.last
}

// Before reports whether timestamp a comes before b in serial number arithmetic: whether b is less than 2^31 ms ahead
// of a.
func Before(a, b uint32) bool { return int32(a-b) < 0 }

// SetTime sets DTS to a decoding time in milliseconds without wrap-around, see [Unwrapper], and PTS by it.
func (p *Packet) SetTime(milliseconds int64) {
	p.DTS = milliseconds * int64(time.Millisecond)
	p.PTS = p.DTS + int64(p.Composition)*int64(time.Millisecond) + int64(p.NanoOffset)
}
