package media

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"testing"

	"oxrtmp/rtmp/internal/vectors"
)

// wireTrack is a track of a message as the specification's syntax has it, before this package sees it.
type wireTrack struct {
	codec string
	id    uint8
	body  []byte
}

// wireMessage writes an Enhanced RTMP payload by the syntax of the specification ("ExVideoTagHeader",
// "ExAudioTagHeader"), apart from the code under test. form -1 is a message without multitrack. It returns the offsets at
// which the message may end without being noticed: inside a body that takes what is left, and between tracks.
func wireMessage(typeID, frameType, packetType uint8, form int, modEx []ModEx, tracks []wireTrack) (p []byte, ends map[int]bool) {
	ends = make(map[int]bool)
	next := packetType
	if form >= 0 {
		next = map[uint8]uint8{TypeVideo: 6, TypeAudio: 5}[typeID]
	}
	types := []uint8{}
	for range modEx {
		types = append(types, 7)
	}
	types = append(types, next)
	if typeID == TypeVideo {
		p = append(p, 0x80|frameType<<4|types[0])
	} else {
		p = append(p, 0x90|types[0])
	}
	for i, e := range modEx {
		if n := len(e.Data); n <= 255 {
			p = append(p, byte(n-1))
		} else {
			p = append(p, 0xFF, byte((n-1)>>8), byte(n-1))
		}
		p = append(append(p, e.Data...), e.Type<<4|types[i+1])
	}
	if form >= 0 {
		p = append(p, byte(form)<<4|packetType)
	}
	if form != 2 {
		p = append(p, tracks[0].codec...)
	}
	start := len(p)
	for _, t := range tracks {
		if form == 2 {
			p = append(p, t.codec...)
		}
		if form >= 0 {
			p = append(p, t.id)
		}
		if form > 0 {
			size := binary.BigEndian.AppendUint32(nil, uint32(len(t.body)))
			p = append(p, size[1:]...)
		}
		start = len(p)
		p = append(p, t.body...)
		if form > 0 {
			ends[len(p)] = true
		}
	}
	if form <= 0 {
		if typeID == TypeVideo && packetType == 1 && composed[tracks[0].codec] {
			start += 3
		}
		for n := start; n <= len(p); n++ {
			ends[n] = true
		}
	}
	return p, ends
}

// composed has the codecs whose frames carry a composition time.
var composed = map[string]bool{"avc1": true, "hvc1": true, "vvc1": true}

// modExChains are chains of every length form, with and without nanoseconds.
var modExChains = [][]ModEx{
	nil,
	{{0, []byte{0x0F, 0x42, 0x3F}}},
	{{0, []byte{0, 0, 100}}, {0, []byte{0, 0, 11, 99}}},
	{{1, []byte{0xEE}}, {0, []byte{0, 1, 0}}, {15, make([]byte, 255)}},
	{{3, bytes.Repeat([]byte{7}, 256)}},
	{{3, bytes.Repeat([]byte{7}, 300)}, {1, bytes.Repeat([]byte{7}, 1<<16)}},
}

// nanos is what a chain adds to the presentation time.
func nanos(chain []ModEx) (sum uint32) {
	for _, e := range chain {
		if e.Type == 0 && len(e.Data) >= 3 {
			sum += uint32(e.Data[0])<<16 | uint32(e.Data[1])<<8 | uint32(e.Data[2])
		}
	}
	return min(sum, 999999)
}

// forEachMessage calls f for a message of every packet type, codec, track form and ModEx chain.
func forEachMessage(f func(name string, typeID, frameType, packetType uint8, form int, chain []ModEx, tracks []wireTrack)) {
	codecs := map[uint8][]string{
		TypeVideo: {"avc1", "hvc1", "vvc1", "av01", "vp08", "vp09", "zzzz"},
		TypeAudio: {"mp4a", "Opus", "fLaC", "ac-3", "ec-3", ".mp3", "zzzz"},
	}
	packetTypes := map[uint8][]uint8{TypeVideo: {0, 1, 2, 3, 4, 5}, TypeAudio: {0, 1, 2, 4}}
	for typeID, names := range codecs {
		for _, packetType := range packetTypes[typeID] {
			for i, codec := range names {
				for form := -1; form <= 2; form++ {
					var tracks []wireTrack
					for id := range map[bool]int{true: 3, false: 1}[form > 0] {
						t := wireTrack{codec: codec, id: uint8(id), body: []byte{9, byte(id), 8, 7, 6}}
						if form == 2 {
							t.codec = names[(i+id)%len(names)]
						}
						if form == 0 {
							t.id = 5
						}
						if packetType == 2 {
							t.body = nil
						}
						tracks = append(tracks, t)
					}
					for c, chain := range modExChains {
						for frameType := uint8(0); frameType <= 2; frameType++ {
							if typeID == TypeAudio && frameType > 0 {
								continue
							}
							name := fmt.Sprintf("type %d, packet type %d, %s, form %d, chain %d, frame type %d", typeID, packetType, codec, form, c, frameType)
							f(name, typeID, frameType, packetType, form, chain, tracks)
						}
					}
				}
			}
		}
	}
}

// A150, A151, A152, A153, A155: a message of every packet type, codec and track form, with ModEx chains of every length
// form, is read as what it is, and built from that byte for byte.
func TestEveryMessageRoundTrips(t *testing.T) {
	n := 0
	forEachMessage(func(name string, typeID, frameType, packetType uint8, form int, chain []ModEx, tracks []wireTrack) {
		n++
		payload, _ := wireMessage(typeID, frameType, packetType, form, chain, tracks)
		packets := AppendPackets(nil, typeID, 1, payload)
		if len(packets) != len(tracks) {
			t.Fatalf("%s: %d packets of %d tracks", name, len(packets), len(tracks))
		}
		for i := range packets {
			p, w := &packets[i], tracks[i]
			body := w.body
			if typeID == TypeVideo && packetType == 1 && composed[w.codec] {
				if p.Composition != int32(body[0])<<16|int32(body[1])<<8|int32(body[2]) {
					t.Fatalf("%s: composition time %d of %x", name, p.Composition, body)
				}
				body = body[3:]
			}
			if p.Malformed() || p.Codec.String() != w.codec || p.Track != w.id && form >= 0 || p.PacketType != packetType ||
				p.FrameType != frameType && typeID == TypeVideo || !bytes.Equal(p.Data, body) || p.NanoOffset != nanos(chain) {
				t.Fatalf("%s: %+v of %x", name, *p, payload[:min(len(payload), 60)])
			}
		}
		entries, ok := AppendModExEntries(nil, typeID, payload)
		if !ok || len(entries) != len(chain) {
			t.Fatalf("%s: %d ModEx entries", name, len(entries))
		}
		got, err := rebuild(typeID, payload, packets, entries)
		if err != nil || !bytes.Equal(got, payload) {
			t.Fatalf("%s: built %x, %v, want %x", name, got[:min(len(got), 60)], err, payload[:min(len(payload), 60)])
		}
	})
	if n < 2500 {
		t.Errorf("only %d messages", n)
	}
}

// rebuild builds a message of what was read from it: not from its payload.
func rebuild(typeID uint8, payload []byte, packets []Packet, entries []ModEx) (got []byte, err error) {
	form, multitrack := FormOf(typeID, payload)
	for i := range packets {
		packets[i].NanoOffset = 0 // among the entries
	}
	if multitrack {
		got, err = AppendMultitrack(nil, form, packets)
	} else {
		got, err = AppendPayload(nil, &packets[0])
	}
	if err != nil {
		return nil, err
	}
	return AppendWithModEx(nil, typeID, got, entries...)
}

// Each of these messages cut at every byte is malformed, or, where the cut cannot be noticed, shorter.
func TestEveryMessageTruncated(t *testing.T) {
	forEachMessage(func(name string, typeID, frameType, packetType uint8, form int, chain []ModEx, tracks []wireTrack) {
		if len(chain) > 0 && len(chain[len(chain)-1].Data) > 100 {
			return
		}
		payload, ends := wireMessage(typeID, frameType, packetType, form, chain, tracks)
		for n := 1; n < len(payload); n++ {
			packets := AppendPackets(nil, typeID, 1, payload[:n])
			p := &packets[0]
			if p.Malformed() == ends[n] {
				t.Fatalf("%s: %d of %d bytes: malformed %v", name, n, len(payload), p.Malformed())
			}
			if p.Malformed() && (len(packets) != 1 || p.Codec != 0 || !bytes.Equal(p.Data, payload[:n])) {
				t.Fatalf("%s: %d of %d bytes: %+v", name, n, len(payload), *p)
			}
		}
	})
}

// Each vector of video.json and audio.json is built again from what was read, multitrack and ModEx included.
func TestVectorsAreBuiltAgain(t *testing.T) {
	n := 0
	for _, file := range []string{"video.json", "audio.json"} {
		for _, v := range vectors.Load(t, file) {
			var want wantPayload
			v.Decode(t, &want)
			payload := v.Bytes(t)
			packets := AppendPackets(nil, want.Type, 0, payload)
			if packets[0].Flags&FlagEnhanced == 0 || packets[0].Kind == KindCommand {
				continue
			}
			n++
			entries, ok := AppendModExEntries(nil, want.Type, payload)
			got, err := rebuild(want.Type, payload, packets, entries)
			if !ok || err != nil || !bytes.Equal(got, payload) {
				t.Errorf("%s: built %x, %v, want %x", v.ID, got, err, payload)
			}
		}
	}
	if n < 25 {
		t.Errorf("only %d vectors", n)
	}
}
