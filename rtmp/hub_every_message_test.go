package rtmp

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"oxrtmp/rtmp/media"
)

// wireMessages calls f for messages of every packet type, codec and track form of Enhanced RTMP, alone, and behind ModEx
// entries of one and two size bytes, put together by hand.
func wireMessages(f func(name string, typeID uint8, payload []byte)) {
	codecs := map[uint8][]string{
		media.TypeVideo: {"avc1", "hvc1", "vvc1", "av01", "vp08", "vp09", "zzzz"},
		media.TypeAudio: {"mp4a", "Opus", "fLaC", "ac-3", "ec-3", ".mp3", "zzzz"},
	}
	packetTypes := map[uint8][]uint8{media.TypeVideo: {0, 1, 2, 3, 4, 5}, media.TypeAudio: {0, 1, 2, 4}}
	for _, typeID := range []uint8{media.TypeVideo, media.TypeAudio} {
		first, multitrack := byte(0xA0), byte(media.VideoPacketMultitrack) // inter frames
		if typeID == media.TypeAudio {
			first, multitrack = 0x90, media.AudioPacketMultitrack
		}
		for _, packetType := range packetTypes[typeID] {
			for i, codec := range codecs[typeID] {
				body := []byte{0, 0, 7, packetType, byte(i)}
				sized := append([]byte{0, 0, byte(len(body))}, body...)
				other := codecs[typeID][(i+1)%len(codecs[typeID])]
				forms := map[string][]byte{
					"alone":      append([]byte(codec), body...),
					"one track":  append(append([]byte{packetType}, codec+"\x05"...), body...),
					"tracks":     append(append(append([]byte{0x10 | packetType}, codec+"\x00"...), sized...), append([]byte{1}, sized...)...),
					"own codecs": append(append([]byte{0x20 | packetType}, append([]byte(codec+"\x00"), sized...)...), append([]byte(other+"\x09"), sized...)...),
				}
				for _, form := range []string{"alone", "one track", "tracks", "own codecs"} {
					kind := multitrack
					if form == "alone" {
						kind = packetType
					}
					name := fmt.Sprintf("type %d, packet type %d, %s, %s", typeID, packetType, codec, form)
					f(name, typeID, append([]byte{first | kind}, forms[form]...))
					f(name+", ModEx", typeID, append([]byte{first | media.PacketModEx, 2, 0, 1, 2, kind}, forms[form]...))
					long := append([]byte{first | media.PacketModEx, 0xFF, 1, 2}, make([]byte, 0x102+1)...)
					f(name+", long ModEx", typeID, append(append(long, 0xF0|kind), forms[form]...))
				}
			}
		}
	}
}

// Every message goes from client to server to hub to client as it is; cut at any byte it does so too, malformed or, where the
// cut cannot be noticed, shorter, and the stream goes on.
func TestHubPassesEveryMessage(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	publisher := publishTo(t, s, "cam")
	if err := publisher.SendVideo(0, true, []byte("key")); err != nil { // which players wait for
		t.Fatal(err)
	}
	waitFor(t, "the stream", func() bool { return frames(h) == 1 })
	player := playFrom(t, s, "cam")
	nextFrame(t, player, "key")

	n, malformed := 0, 0
	pass := func(name string, typeID uint8, payload []byte) {
		t.Helper()
		n++
		sent := media.Packet{Type: typeID, Timestamp: uint32(n), Raw: payload}
		if err := publisher.SendPacket(&sent); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		want := media.AppendPackets(nil, typeID, uint32(n), payload)
		for i := range want {
			p, err := player.NextPacket(10 * time.Second)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if p.Type != typeID || p.Timestamp != uint32(n) || !bytes.Equal(p.Raw, payload) || p.Flags != want[i].Flags || p.Track != want[i].Track {
				t.Fatalf("%s: packet %d of %x: %+v", name, i, payload, p)
			}
			if p.Malformed() {
				malformed++
			}
			p.Release()
		}
	}
	for _, track := range []byte{5, 9} {
		pass("a keyframe", media.TypeVideo, []byte{0x96, 1, 'a', 'v', 'c', '1', track, 0, 0, 0})
	}
	wireMessages(pass)
	whole := n
	if malformed != 0 || whole < 800 {
		t.Errorf("%d messages, %d malformed", whole, malformed)
	}
	wireMessages(func(name string, typeID uint8, payload []byte) {
		if len(payload) > 100 || payload[len(payload)-1] != 3 { // one codec of each kind: the cuts are alike
			return
		}
		for cut := range payload {
			pass(fmt.Sprintf("%s, %d bytes", name, cut), typeID, payload[:cut])
		}
		pass(name, typeID, payload)
	})
	if malformed < 500 {
		t.Errorf("%d of %d cut messages were malformed", malformed, n-whole)
	}
}
