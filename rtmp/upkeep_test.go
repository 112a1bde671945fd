package rtmp

import (
	"slices"
	"testing"

	"oxrtmp/rtmp/media"
)

// trackFrame is the payload of a video frame of one track.
func trackFrame(track byte, keyframe bool) []byte {
	p := []byte{0x80 | media.FrameInter<<4 | media.VideoPacketMultitrack, media.PacketCodedFrames, 'a', 'v', '0', '1', track, 1}
	if keyframe {
		p[0] = 0x80 | media.FrameKey<<4 | media.VideoPacketMultitrack
	}
	return p
}

// A keyframe of one track does not end what was dropped of another, nor may the video begin with that of the second.
func TestUpkeepOfTracks(t *testing.T) {
	const bound, full = 1000, 500
	both := func(frameType byte) []byte {
		return []byte{0x80 | frameType<<4 | media.VideoPacketMultitrack, 1<<4 | media.PacketCodedFrames, 'a', 'v', '0', '1', 1, 0, 0, 1, 1, 0, 0, 0, 1, 1}
	}
	for name, begin := range map[string]func(*upkeep){
		"dropped": func(u *upkeep) {
			if !u.drop(u.message(media.TypeVideo, 0, nil, both(media.FrameInter)), full, bound) {
				t.Error("a full queue drops nothing")
			}
		},
		"connected again": func(u *upkeep) { u.found(nil) },
	} {
		u := &upkeep{drops: true}
		begin(u)
		for i, s := range []struct {
			payload      []byte
			drop, begins bool
		}{
			{trackFrame(0, false), true, false}, {trackFrame(1, true), false, false}, {trackFrame(0, false), true, false},
			{trackFrame(1, false), false, false}, {both(media.FrameInter), true, false}, {trackFrame(0, true), false, true},
			{trackFrame(0, false), false, false}, {both(media.FrameInter), false, false}, {both(media.FrameKey), false, true},
		} {
			m := u.message(media.TypeVideo, 0, nil, s.payload)
			if drop, begins := u.drop(m, 0, bound), u.begins(m); drop != s.drop || begins != s.begins {
				t.Errorf("%s, frame %d: dropped %v, begins %v, want %v, %v", name, i, drop, begins, s.drop, s.begins)
			}
		}
		if u.waiting.Has(0) || u.waiting.Has(1) {
			t.Errorf("%s: %x", name, u.waiting)
		}
	}
}

// The header of one track does not make that of another one forgotten which came in one message with an older one.
func TestUpkeepOfHeadersOfSeveralTracks(t *testing.T) {
	const both, first, second = "\x96\x10av01\x00\x00\x00\x01a\x01\x00\x00\x01b", "\x96\x00av01\x00c", "\x96\x00av01\x01d"
	for _, c := range []struct{ sent, want []string }{
		{[]string{both}, []string{both}}, {[]string{both, first}, []string{both, first}}, {[]string{both, second}, []string{both, second}},
		{[]string{both, second, first}, []string{second, first}}, {[]string{first, second, both}, []string{both}},
		{[]string{both, first, both, both}, []string{both}},
	} {
		u := &upkeep{keeps: true}
		for _, payload := range c.sent {
			u.message(media.TypeVideo, 0, nil, []byte(payload))
		}
		var got []string
		for i := range u.headers {
			got = append(got, string(u.headers[i].packet.Raw))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.sent, got, c.want)
		}
	}
}
