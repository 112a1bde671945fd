package engine

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// count is all the counters that something odd may raise.
func count(s *Server) uint64 {
	n := s.Counters()
	return n.Unknown + n.Faulty + n.Ignored + n.Malformed
}

// C1, D12, D13, D18: each thing that this library does not understand costs no connection, raises a counter, and the
// media after it arrives.
func TestUnknownThingsKeepTheConnection(t *testing.T) {
	type odd struct {
		name    string
		typeID  uint8
		payload []byte
	}
	var all []odd
	known := map[int]bool{1: true, 2: true, 3: true, 4: true, 5: true, 6: true, 8: true, 9: true, 15: true, 17: true, 18: true, 20: true, 22: true}
	for id := range 256 {
		if !known[id] {
			all = append(all, odd{fmt.Sprint("message type ", id), uint8(id), []byte("what is this")},
				odd{fmt.Sprint("empty message type ", id), uint8(id), nil})
		}
	}
	for _, event := range []int{5, 8, 9, 10, 25, 26, 27, 28, 30, 33, 255, 256, 1000, 32767, 32768, 65535} {
		for _, data := range []string{"", "\x01", "\x00\x00\x00\x01", strings.Repeat("x", 42)} {
			all = append(all, odd{fmt.Sprintf("user control event %d with %d bytes", event, len(data)), 4, append([]byte{byte(event >> 8), byte(event)}, data...)})
		}
	}
	for event := range 34 { // too short
		all = append(all, odd{fmt.Sprintf("user control event %d cut", event), 4, []byte{0, byte(event), 9}})
	}
	for _, id := range []uint8{1, 2, 3, 4, 5, 6, 17, 20} {
		for n := range 4 {
			if id != 4 || n < 2 {
				all = append(all, odd{fmt.Sprintf("message type %d with %d bytes", id, n), id, make([]byte, n)})
			}
		}
	}
	all = append(all, odd{"chunk size 0", 1, make([]byte, 4)}, odd{"chunk size 0x80000000", 1, []byte{0x80, 0, 0, 0}},
		odd{"window of 0", 5, make([]byte, 4)})
	for marker := range 256 {
		all = append(all, odd{fmt.Sprintf("command that begins with marker %#x", marker), 20, []byte{byte(marker), 0x70}},
			odd{fmt.Sprintf("AMF3 command that begins with %#x", marker), 17, []byte{byte(marker), 0x70}})
	}
	for marker := 0x12; marker < 0x100; marker++ { // inside a command that is unknown anyway
		body := spell(t, "02 'unheardOf' 00 0000000000000000 05")
		all = append(all, odd{fmt.Sprintf("argument with marker %#x", marker), 20, append(body, byte(marker), 1, 2, 3)})
	}
	for _, b := range []string{"", "05", "0000", "03 000009", "0a 00000000", "11 06 07 61", "02 ffff 61", "0c 7fffffff 61"} {
		all = append(all, odd{"data that begins with " + b, 18, spell(t, b)}, odd{"AMF3 data that begins with " + b, 15, spell(t, b)})
	}
	for _, v := range vectors.Load(t, "negative.json") {
		var where struct{ Type uint8 }
		v.Decode(t, &where)
		all = append(all, odd{v.Meaning, where.Type, v.Bytes(t)})
	}
	for _, c := range all {
		k := newTalk(t, ServerConfig{}).publishing()
		before := count(k.s)
		k.message(7, c.typeID, 1, 5, c.payload)
		if k.err != nil || count(k.s) == before {
			t.Errorf("%s: %v, counters %+v", c.name, k.err, k.s.Counters())
		}
		if !k.heardMedia(1) {
			t.Errorf("%s: media after it does not arrive: %v", c.name, k.err)
		}
		k.s.Close()
	}
}

// C1: whatever the codec, payloads are handed on as they came.
func TestUnknownCodecsAreHandedOn(t *testing.T) {
	k := newTalk(t, ServerConfig{}).publishing()
	payloads := map[uint8][][]byte{}
	for id := range 16 {
		payloads[8] = append(payloads[8], []byte{byte(id)<<4 | 0xF, 0, 1, 2})
		payloads[9] = append(payloads[9], []byte{0x10 | byte(id), 0, 0, 0, 0, 9}, []byte{0xF0 | byte(id), 0}, []byte{0x70 | byte(id)})
	}
	for packetType := range 16 {
		payloads[9] = append(payloads[9], append([]byte{0x90 | byte(packetType)}, "zzzz12345678"...))
		payloads[8] = append(payloads[8], append([]byte{0x90 | byte(packetType)}, "zzzz12345678"...))
	}
	payloads[9] = append(payloads[9], nil, []byte{0x17}, []byte{0x17, 1}, spell(t, "97 02 0001f4 f1 68766331 000000 aa"), spell(t, "97 00 ee 71 00"))
	payloads[8] = append(payloads[8], nil, []byte{0xAF}, []byte{0x9F}, spell(t, "97 02 07a120 f1 4f707573 fc"))
	n := 0
	for typeID, list := range payloads {
		for _, payload := range list {
			k.message(6, typeID, 1, uint32(n), payload)
			if len(k.events) != 1 || k.events[0].Kind != EventPacket || string(k.events[0].Packet.Raw) != string(payload) || k.events[0].Packet.Type != typeID {
				t.Fatalf("type %d payload %x: events %v, %v", typeID, payload, kinds(k.events), k.err)
			}
			if p := k.events[0].Packet; p.Flags&media.FlagMalformed != 0 && (p.Codec != 0 || string(p.Data) != string(payload)) {
				t.Fatalf("type %d payload %x: malformed, but codec %v and data %x", typeID, payload, p.Codec, p.Data)
			}
			k.events = release(k.events)
			n++
		}
	}
	if c := k.s.Counters(); c.PacketsReceived != uint64(n) || c.Malformed == 0 || !k.heardMedia(1) {
		t.Fatalf("%+v, %v", c, k.err)
	}
}

// D41, and a camera's two stray numbers before the name: data messages of any shape arrive under their handler.
func TestDataMessagesOfAnyShape(t *testing.T) {
	for _, c := range []struct {
		name, body, handler string
		typeID              uint8
		kind                media.Kind
	}{
		{"wrapped metadata", "02 '@setDataFrame' 02 'onMetaData' 08 00000000 000009", "onMetaData", 18, media.KindMetadata},
		{"bare metadata", "02 'onMetaData' 03 000009", "onMetaData", 18, media.KindMetadata},
		{"metadata without value", "02 'onMetaData'", "onMetaData", 18, media.KindMetadata},
		{"metadata cut in its value", "02 'onMetaData' 08 0000", "onMetaData", 18, media.KindMetadata},
		{"stray numbers before the name", "00 3ff0000000000000 00 0000000000000000 02 'onMetaData' 03 000009", "onMetaData", 18, media.KindMetadata},
		{"stray numbers inside @setDataFrame", "00 3ff0000000000000 02 '@setDataFrame' 05 02 'onMetaData' 03 000009", "onMetaData", 18, media.KindMetadata},
		{"AMF3 variant with its format byte", "00 02 'onMetaData' 03 000009", "onMetaData", 15, media.KindMetadata},
		{"AMF3 variant without it", "02 'onMetaData' 03 000009", "onMetaData", 15, media.KindMetadata},
		{"text", "02 'onTextData' 05", "onTextData", 18, media.KindData},
		{"an unknown handler", "02 'onXYZ' ff", "onXYZ", 18, media.KindData},
		{"no handler at all", "03 000009", "", 18, media.KindData},
		{"nothing", "", "", 18, media.KindData},
	} {
		k := newTalk(t, ServerConfig{}).publishing()
		k.message(5, c.typeID, 1, 77, spell(t, c.body))
		if len(k.events) != 1 || k.events[0].Packet.Handler != c.handler || k.events[0].Packet.Kind != c.kind || k.events[0].Packet.Timestamp != 77 ||
			string(k.events[0].Packet.Raw) != string(spell(t, c.body)) {
			t.Errorf("%s: %v", c.name, k.events)
		}
		if !k.heardMedia(1) {
			t.Errorf("%s: %v", c.name, k.err)
		}
	}
}

// Values nested deep, and in great number, cost one message and no time.
func TestHostileCommands(t *testing.T) {
	deep := func(n int) []byte {
		b := spell(t, "02 'connect' 00 3ff0000000000000")
		for range n {
			b = append(b, 3, 0, 1, 'a')
		}
		return b
	}
	wide := func(n int) []byte {
		b := spell(t, "02 'connect' 00 3ff0000000000000 03")
		for i := range n {
			b = append(b, 0, 5)
			b = fmt.Appendf(b, "%05d", i)
			b = append(b, 5)
		}
		return append(b, 0, 0, 9)
	}
	for _, c := range []struct {
		name    string
		payload []byte
		typeID  uint8
	}{
		{"10,000 nested objects", deep(8000), 20}, // 32,000 bytes: what fits before a publish
		{"4,000 properties", wide(4000), 20},
		{"strict array that says 2^32-1 values", spell(t, "02 'connect' 00 3ff0000000000000 0a ffffffff 05"), 20},
		{"ECMA array that says 2^32-1 values", spell(t, "02 'call' 00 0000000000000000 05 08 ffffffff"), 20},
		{"a reference to itself", spell(t, "02 'call' 00 0000000000000000 03 'a' 07 0000 000009"), 20},
		{"a reference to nothing", spell(t, "02 'call' 00 0000000000000000 07 0100"), 20},
	} {
		k := newTalk(t, ServerConfig{})
		begun := time.Now()
		k.message(3, c.typeID, 0, 0, c.payload)
		if k.err != nil {
			t.Errorf("%s: %v", c.name, k.err)
		}
		if took := time.Since(begun); took > 30*time.Second {
			t.Errorf("%s took %v", c.name, took)
		}
		k.replies()
		k.publishing()
		if !k.heardMedia(1) {
			t.Errorf("%s: %v", c.name, k.err)
		}
	}
	// With the room that a publisher has: 10,000 levels, 100,000 properties, and a megabyte of references.
	bomb := spell(t, "02 'call' 00 0000000000000000 0a 000000ff")
	for range 255 {
		bomb = append(bomb, 0x0A, 0, 0, 0, 100)
		for range 100 {
			bomb = append(bomb, 7, 0, 0)
		}
	}
	for name, payload := range map[string][]byte{"deep": deep(10000), "wide": wide(100000), "references": bomb} {
		for _, typeID := range []uint8{message.TypeCommand, message.TypeData} {
			k := newTalk(t, ServerConfig{}).publishing()
			begun := time.Now()
			k.message(3, typeID, 1, 0, payload)
			if took := time.Since(begun); k.err != nil || took > 30*time.Second {
				t.Errorf("%s, type %d: %v after %v", name, typeID, k.err, took)
			}
			if !k.heardMedia(1) {
				t.Errorf("%s, type %d: %v", name, typeID, k.err)
			}
		}
	}
}

// A100: a command that nobody knows is refused if it wants an answer, and reported with what it says.
func TestUnknownCommandsAreAnsweredAndReported(t *testing.T) {
	k := newTalk(t, ServerConfig{}).publishing()
	k.command(0, "unheardOf", 9, amf.String("x"))
	k.command(1, "alsoUnheardOf", 0)
	expect(t, "replies", k.replies(), "csid 3 msid 0 _error 9 error NetConnection.Call.Failed")
	if len(k.events) != 2 || k.events[0].Command.Name != "unheardOf" || k.events[0].Command.TransactionID != 9 ||
		k.events[1].StreamID != 1 || k.s.Counters().Unknown != 2 {
		t.Fatalf("%+v", k.events)
	}
}

// D43: FFmpeg with -f mpegts at an RTMP URL is told what is wrong; other messages of unknown types are only that.
func TestTransportStreamIsNamed(t *testing.T) {
	packets := bytes.Repeat(append([]byte{0x47}, make([]byte, 187)...), 8)
	for _, c := range []struct {
		name    string
		msid    uint32
		media   bool
		payload []byte
		named   bool
	}{
		{"FFmpeg's", 1, false, packets[24:], true}, // it skips an FLV header and reads a tag's
		{"from a packet on", 1, false, packets, true},
		{"other bytes between", 1, false, append(packets[24:600:600], packets...), false},
		{"short", 1, false, packets[24:700], false},
		{"nothing in it", 1, false, nil, false},
		{"after media", 1, true, packets[24:], false},
		{"on no stream", 5, false, packets[24:], false},
	} {
		k := newTalk(t, ServerConfig{}).publishing()
		if c.media && !k.heardMedia(1) {
			t.Fatal(k.err)
		}
		k.message(4, 0xFF, c.msid, 0, c.payload)
		if errors.Is(k.err, ErrMPEGTS) != c.named {
			t.Errorf("%s: %v", c.name, k.err)
		}
		if c.named {
			expect(t, c.name, k.replies(), "csid 5 msid 1 onStatus 0 error NetStream.Publish.Rejected")
		} else if !k.heardMedia(1) || k.s.Counters().Unknown != 1 {
			t.Errorf("%s: %v", c.name, k.err)
		}
	}
}

// D44: a second audio track that comes inside data messages, as OBS sends one to Twitch, is passed on byte for byte,
// also where a strict parser would give up.
func TestMediaInsideDataMessages(t *testing.T) {
	frame := string([]byte{0xAF, 0x01, 0x21, 0xFF, 0x00, 0xC0, 0x80, 0xFE}) // no text
	body := spell(t, "02 'additionalMedia' 03 'id' 02 'stream0' 'media' 02")
	body = append(append(body, 0, byte(len(frame))), frame...)
	body = append(body, 0, 0, 9)
	for name, payload := range map[string][]byte{
		"whole":             body,
		"without an end":    body[:len(body)-3],
		"cut in the frame":  body[:len(body)-6],
		"cut in the object": body[:24],
		"no AMF at all":     []byte(frame),
	} {
		k := newTalk(t, ServerConfig{}).publishing()
		k.message(4, message.TypeData, 1, 40, payload)
		var arrived bool
		for i := range k.events {
			if p := &k.events[i].Packet; k.events[i].Kind == EventPacket && bytes.Equal(p.Raw, payload) {
				arrived = true
				if p.Kind != media.KindData || p.Timestamp != 40 {
					t.Errorf("%s: %+v", name, p)
				}
			}
		}
		if !arrived || !k.heardMedia(1) {
			t.Errorf("%s: arrived: %v, %v", name, arrived, k.err)
		}
	}
}

// C1: every number of a user control event, on connections that each hear many of them.
func TestEveryUserControlEvent(t *testing.T) {
	const each = 256 // below Limits.IdleMessages
	for from := 0; from < 1<<16; from += each {
		k := newTalk(t, ServerConfig{}).publishing()
		for event := from; event < from+each; event++ {
			before := count(k.s)
			k.message(2, 4, 0, 0, []byte{byte(event >> 8), byte(event), 0, 0, 0, 1, 0, 0, 0, 2})
			if k.err != nil {
				t.Fatalf("user control event %d: %v", event, k.err)
			}
			if event > 32 && count(k.s) != before+1 {
				t.Fatalf("user control event %d is not counted: %+v", event, k.s.Counters())
			}
			k.events = release(k.events)
		}
		if !k.heardMedia(1) {
			t.Fatalf("media after user control events from %d on: %v", from, k.err)
		}
		k.s.Close()
	}
}
