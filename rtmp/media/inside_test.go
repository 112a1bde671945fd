package media

import "testing"

// Frames without a frame type: what is inside tells keyframes. Where a comment names a sender its bytes are cut from what
// that sent; nothing is told of what is cut, or of a codec that is not known.
func TestKeyframesInside(t *testing.T) {
	for _, c := range []struct {
		codec    FourCC
		data     string
		keyframe bool
	}{
		{AVC1, "00000002 09F0 00000002 6588", true},   // AUD, IDR
		{AVC1, "00000002 09F0 00000002 419A", false},  // AUD, not IDR
		{AVC1, "00000000 00000001 65", true},          // after an empty unit
		{AVC1, "00000002 65", false},                  // cut
		{AVC1, "000000", false},                       // cut in the length
		{AVC1, "FFFFFFFF 65", false},                  // a length that is none
		{HVC1, "00000002 4601 00000003 2801AC", true}, // AUD, IDR_N_LP
		{HVC1, "00000003 0201D0", false},              // TRAIL_R
		{HVC1, "00000002 2A01", true},                 // CRA
		{HVC1, "00000002 2C01", false},                // RSV_IRAP_VCL22
		{VVC1, "00000003 003900", true},               // IDR_W_RADL
		{VVC1, "00000003 000100", false},              // TRAIL
		{VVC1, "00000001 00", false},                  // half a header
		{AV01, "1200 0A03000000 320210AA", true},      // delimiter, sequence header, key frame
		{AV01, "1200 320230AA", false},                // inter frame
		{AV01, "1200 1A01C8", false},                  // gortmplib 1.0.1: shows a frame that was there before
		{AV01, "1200 36000210AA", true},               // with the extension
		{AV01, "3010AA", true},                        // without a size
		{AV01, "1200 32FFFFFFFFFF10", false},          // a size that is none
		{AV01, "1200 320510", false},                  // cut
		{AV01, "12", false},                           // cut before the size
		{AV01, "1200 3200", false},                    // empty
		{VP09, "824983420005F003F606", true},          // gortmplib 1.0.1
		{VP09, "86004092F1214000", false},             // gortmplib 1.0.1
		{VP09, "B0498342", true},                      // profile 3: a bit more
		{VP09, "B4004092", false},                     //
		{VP09, "88", false},                           // shows a frame that was there before
		{VP09, "02", false},                           // no frame marker
		{VP08, "10", true},                            //
		{VP08, "11", false},                           //
		{VP09, "", false}, {VP08, "", false}, {AV01, "", false}, {HVC1, "", false},
		{FourCC(0x61626364), "00000002 6588", false},
	} {
		data := unhex(t, c.data)
		body := append([]byte{0x83, byte(c.codec >> 24), byte(c.codec >> 16), byte(c.codec >> 8), byte(c.codec)}, data...)
		for first, want := range map[byte]bool{0x83: c.keyframe, 0x93: true, 0xA3: false} {
			body[0] = first
			if got := AppendPackets(nil, TypeVideo, 0, body)[0]; got.Keyframe() != want || got.Malformed() {
				t.Errorf("%v %02x %s: keyframe %v, want %v", c.codec, first, c.data, got.Keyframe(), want)
			}
		}
	}
}

// The composition time is not taken for a part of the frame; legacy headers without a frame type are treated alike.
func TestKeyframesInsideWithComposition(t *testing.T) {
	for _, payload := range []string{
		"81 68766331 000021 00000002 2801", "07 01 000021 00000002 6588", "86 01 61766331 02 000021 00000002 6588",
	} {
		p := AppendPackets(nil, TypeVideo, 0, unhex(t, payload))[0]
		if !p.Keyframe() || p.FrameType != 0 || p.Composition != 0x21 {
			t.Errorf("%s: %+v", payload, p)
		}
	}
}
