package media_test

import (
	"fmt"

	"oxrtmp/rtmp/media"
)

func ExampleAppendPackets() {
	// An H.264 key frame with presentation 80 ms after decoding, and a message with two tracks.
	var packets []media.Packet
	packets = media.AppendPackets(packets, media.TypeVideo, 40, []byte{0x17, 1, 0, 0, 80, 0, 0, 0, 2, 0x65, 0x88})
	packets = media.AppendPackets(packets, media.TypeAudio, 46, []byte("\x95\x11Opus\x00\x00\x00\x02ab\x01\x00\x00\x01c"))
	for _, p := range packets {
		fmt.Println(p.Kind, p.Codec, "track", p.Track, "at", p.Timestamp, "ms, +", p.Composition, "ms:", len(p.Data), "bytes, key frame:", p.Keyframe())
	}
	// Output:
	// frame avc1 track 0 at 40 ms, + 80 ms: 6 bytes, key frame: true
	// frame Opus track 0 at 46 ms, + 0 ms: 2 bytes, key frame: false
	// frame Opus track 1 at 46 ms, + 0 ms: 1 bytes, key frame: false
}

func ExampleAppendPayload() {
	frame := media.Packet{Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.AVC1, Data: []byte{0, 0, 0, 1, 0x41}}
	legacy, _ := media.AppendPayload(nil, &frame)
	frame.Flags = media.FlagEnhanced
	enhanced, _ := media.AppendPayload(nil, &frame)
	fmt.Printf("% x\n% x\n", legacy, enhanced)
	// Output:
	// 27 01 00 00 00 00 00 00 01 41
	// a3 61 76 63 31 00 00 00 01 41
}

func ExampleUnwrapper() {
	var u media.Unwrapper
	fmt.Println(u.Unwrap(4294967290), u.Unwrap(10), u.Unwrap(5))
	// Output: 4294967290 4294967306 4294967301
}
