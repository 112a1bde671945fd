package engine

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/message"
)

// connectReply is what connect with transaction 1 is answered with, byte for byte: control on chunk stream 2, the
// result on 3, all on message stream 0, and the chunk size last, so that it holds for nothing here.
const connectReply = `02 000000 000004 05 00000000 004c4b40
	42 000000 000005 06 004c4b40 02
	42 000000 000006 04 0000 00000000
	03 000000 0000cd 14 00000000
	02 '_result' 00 3ff0000000000000
	03 'fmsVer' 02 'FMS/3,0,1,123' 'capabilities' 00 403f000000000000 'mode' 00 3ff0000000000000 000009
	03 'level' 02 'status' 'code' 02 'NetConnection.Connect.Success' 'description' 02 'Connection succeeded.'
	'objectEncoding' 00 0000000000000000 000009
	42 000000 000004 01 00001000`

// chunked puts the header of a continuation on chunk stream 3 into the one message of connectReply that is longer than
// 128 bytes, which is the fourth.
func chunked(reply []byte) []byte {
	const before = 16 + 13 + 14 + 12
	out := append(bytes.Clone(reply[:before+128]), 0xC3)
	return append(out, reply[before+128:]...)
}

// C25, D30: the order and the places of what answers a publisher, in exact bytes and in one output each.
func TestRepliesToThePublisher(t *testing.T) {
	k := newTalk(t, ServerConfig{Enhanced: EnhancedOff})
	steps := []struct {
		name string
		send string
		want string
	}{
		{"connect", `03 000000 000023 14 00000000 02 'connect' 00 3ff0000000000000 03 'app' 02 'live' 000009`, connectReply},
		{"releaseStream", `43 000000 000020 14 02 'releaseStream' 00 4000000000000000 05 02 'key'`,
			`43 000000 000015 14 02 '_result' 00 4000000000000000 05 06`},
		{"FCPublish", `43 000000 00001c 14 02 'FCPublish' 00 4008000000000000 05 02 'key'`,
			`c3 02 '_result' 00 4008000000000000 05 06
			43 000000 00005f 14 02 'onFCPublish' 00 4008000000000000 05
			03 'level' 02 'status' 'code' 02 'NetStream.Publish.Start' 'description' 02 'key' 000009`},
		{"createStream", `43 000000 000019 14 02 'createStream' 00 4010000000000000 05`,
			`43 000000 00001d 14 02 '_result' 00 4010000000000000 05 00 3ff0000000000000`},
		{"publish", `04 000000 000021 14 01000000 02 'publish' 00 4014000000000000 05 02 'key' 02 'live'`,
			`42 000000 000006 04 0000 00000001
			05 000000 00006c 14 01000000 02 'onStatus' 00 0000000000000000 05
			03 'level' 02 'status' 'code' 02 'NetStream.Publish.Start' 'description' 02 'Started publishing.' 000009`},
		{"FCUnpublish", `43 000000 00001e 14 02 'FCUnpublish' 00 4018000000000000 05 02 'key'`,
			`43 000000 000065 14 02 'onFCUnpublish' 00 0000000000000000 05
			03 'level' 02 'status' 'code' 02 'NetStream.Unpublish.Success' 'description' 02 'key' 000009
			43 000000 000015 14 02 '_result' 00 4018000000000000 05 06
			45 000000 000070 14 02 'onStatus' 00 0000000000000000 05
			03 'level' 02 'status' 'code' 02 'NetStream.Unpublish.Success' 'description' 02 'Stopped publishing.' 000009`},
		{"deleteStream", `43 000000 000022 14 02 'deleteStream' 00 401c000000000000 05 00 3ff0000000000000`, ``},
	}
	for _, step := range steps {
		k.bytes(spell(t, step.send))
		if k.err != nil {
			t.Fatalf("%s: %v", step.name, k.err)
		}
		want := spell(t, step.want)
		if step.name == "connect" {
			want = chunked(want)
		}
		if got := k.s.AppendOutput(nil); !bytes.Equal(got, want) {
			t.Fatalf("%s is answered with\n%x, want\n%x", step.name, got, want)
		}
	}
}

// A56: what the client asked for comes back; the reply itself stays AMF0, in objects rather than ECMA arrays.
func TestObjectEncodingIsEchoed(t *testing.T) {
	for _, encoding := range []float64{0, 3} {
		k := newTalk(t, ServerConfig{SendOnBWDone: true})
		k.connect(amf.Property{Name: "objectEncoding", Value: amf.Number(encoding)})
		said := k.l.hear(t, k.s.AppendOutput(nil))
		if len(said) != 6 || said[3].TypeID != message.TypeCommand || said[5].String() != "csid 3 msid 0 onBWDone 0" {
			t.Fatalf("said %v", said)
		}
		c, err := message.ParseCommand(message.TypeCommand, said[3].payload, amf.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		info, ok := c.Arguments[0].(*amf.Object)
		if v, _ := amf.Lookup(info, "objectEncoding"); !ok || v != amf.Number(encoding) {
			t.Fatalf("objectEncoding %v is answered with %v", encoding, v)
		}
	}
}

// script is a conversation as an encoder leads it, without the handshake.
type script struct {
	name string
	send string
	want []string // replies
	got  []string // packets
}

// Sequences of real encoders, with the header forms and chunk streams they use.
var scripts = []script{
	{
		name: "OBS: chunk size before connect, one chunk stream for all media, type 1 headers for commands",
		send: `02 000000 000004 01 00000000 00001000
			03 000000 000091 14 00000000 02 'connect' 00 3ff0000000000000 03 'app' 02 'live' 'type' 02 'nonprivate'
				'flashVer' 02 'FMLE/3.0 (compatible; FMSc/1.0)' 'swfUrl' 02 'rtmp://h/live' 'tcUrl' 02 'rtmp://h/live' 000009
			43 000000 000020 14 02 'releaseStream' 00 4000000000000000 05 02 'key'
			43 000000 00001c 14 02 'FCPublish' 00 4008000000000000 05 02 'key'
			43 000000 000019 14 02 'createStream' 00 4010000000000000 05
			04 000000 000021 14 01000000 02 'publish' 00 4014000000000000 05 02 'key' 02 'live'
			04 000000 000035 12 01000000 02 '@setDataFrame' 02 'onMetaData' 08 00000001 'width' 00 4094000000000000 000009
			44 000000 000004 08 af001210
			44 000000 000009 09 17 00 000000 01640028
			44 000010 000004 08 af01aabb
			44 000005 000009 09 17 01 000028 00000000
			44 ffffff 000004 08 fffffffc af01ccdd
			43 000000 00001e 14 02 'FCUnpublish' 00 4018000000000000 05 02 'key'
			43 000000 000022 14 02 'deleteStream' 00 401c000000000000 05 00 3ff0000000000000`,
		want: []string{"csid 2 msid 0 type 5 004c4b40", "csid 2 msid 0 type 6 004c4b4002", "csid 2 msid 0 event 0 0",
			"csid 3 msid 0 _result 1 status NetConnection.Connect.Success", "csid 2 msid 0 type 1 00001000",
			"csid 3 msid 0 _result 2 {}", "csid 3 msid 0 _result 3 {}", "csid 3 msid 0 onFCPublish 3 status NetStream.Publish.Start",
			"csid 3 msid 0 _result 4 1", "csid 2 msid 0 event 0 1", "csid 5 msid 1 onStatus 0 status NetStream.Publish.Start",
			"csid 3 msid 0 onFCUnpublish 0 status NetStream.Unpublish.Success", "csid 3 msid 0 _result 6 {}",
			"csid 5 msid 1 onStatus 0 status NetStream.Unpublish.Success"},
		got: []string{"18 0 metadata", "8 0 sequence_header", "9 0 sequence_header", "8 16 frame", "9 21 frame", "8 17 frame"},
	},
	{
		name: "FFmpeg: publish on chunk stream 8, our chunk size echoed, ping answer, media on 4 and 6",
		send: `03 000000 000070 14 00000000 02 'connect' 00 3ff0000000000000 03 'app' 02 'live'
				'flashVer' 02 'FMLE/3.0 (compatible; Lavf59.27.100)' 'tcUrl' 02 'rtmp://h:1935/live' 000009
			02 000000 000004 01 00000000 00001000
			43 000000 000020 14 02 'releaseStream' 00 4000000000000000 05 02 'key'
			43 000000 00001c 14 02 'FCPublish' 00 4008000000000000 05 02 'key'
			43 000000 000019 14 02 'createStream' 00 4010000000000000 05
			08 000000 000021 14 01000000 02 'publish' 00 4014000000000000 05 02 'key' 02 'live'
			04 000000 000035 12 01000000 02 '@setDataFrame' 02 'onMetaData' 08 00000001 'width' 00 4094000000000000 000009
			06 000000 000009 09 01000000 17 00 000000 01640028
			04 000000 000004 08 01000000 af001210
			46 000021 000009 09 27 01 000000 00000001
			02 000000 000006 04 00000000 0007 00000bb8
			03 000000 00001e 14 00000000 02 'FCUnpublish' 00 4018000000000000 05 02 'key'
			43 000000 000022 14 02 'deleteStream' 00 401c000000000000 05 00 3ff0000000000000`,
		want: []string{"csid 2 msid 0 type 5 004c4b40", "csid 2 msid 0 type 6 004c4b4002", "csid 2 msid 0 event 0 0",
			"csid 3 msid 0 _result 1 status NetConnection.Connect.Success", "csid 2 msid 0 type 1 00001000",
			"csid 3 msid 0 _result 2 {}", "csid 3 msid 0 _result 3 {}", "csid 3 msid 0 onFCPublish 3 status NetStream.Publish.Start",
			"csid 3 msid 0 _result 4 1", "csid 2 msid 0 event 0 1", "csid 5 msid 1 onStatus 0 status NetStream.Publish.Start",
			"csid 3 msid 0 onFCUnpublish 0 status NetStream.Unpublish.Success", "csid 3 msid 0 _result 6 {}",
			"csid 5 msid 1 onStatus 0 status NetStream.Unpublish.Success"},
		got: []string{"18 0 metadata", "9 0 sequence_header", "8 0 sequence_header", "9 33 frame"},
	},
	{
		name: "GStreamer: transaction 0 wants no answers, window and chunk size after publish, names in its good-byes",
		send: `03 000000 00002b 14 00000000 02 'connect' 00 3ff0000000000000 03 'app' 02 'live' 'fpad' 01 00 000009
			43 000000 000020 14 02 'releaseStream' 00 0000000000000000 05 02 'key'
			43 000000 00001c 14 02 'FCPublish' 00 0000000000000000 05 02 'key'
			43 000000 000019 14 02 'createStream' 00 4000000000000000 05
			03 000000 000021 14 01000000 02 'publish' 00 0000000000000000 05 02 'key' 02 'live'
			02 000000 000004 05 00000000 002625a0
			42 000000 000004 01 00010000
			05 000000 000004 08 01000000 af001210
			06 000000 000009 09 01000000 17 00 000000 01640028
			03 000000 00001e 14 00000000 02 'closeStream' 00 0000000000000000 05 02 'key'
			83 000000 02 'closeStream' 00 0000000000000000 05 02 'key'
			43 000000 00001f 14 02 'deleteStream' 00 0000000000000000 05 02 'key'`,
		want: []string{"csid 2 msid 0 type 5 004c4b40", "csid 2 msid 0 type 6 004c4b4002", "csid 2 msid 0 event 0 0",
			"csid 3 msid 0 _result 1 status NetConnection.Connect.Success", "csid 2 msid 0 type 1 00001000",
			"csid 3 msid 0 onFCPublish 0 status NetStream.Publish.Start",
			"csid 3 msid 0 _result 2 1", "csid 2 msid 0 event 0 1", "csid 5 msid 1 onStatus 0 status NetStream.Publish.Start"},
		got: []string{"8 0 sequence_header", "9 0 sequence_header"},
	},
	{
		name: "a camera: control on chunk streams 3 to 6, publish on message stream 0 without createStream, media there too",
		send: `03 000000 000004 05 00000000 002625a0
			04 000000 000004 01 00000000 00001000
			05 000000 00001b 14 00000000 02 'connect' 00 3ff0000000000000 08 00000000 000009
			06 000000 00001a 14 00000000 02 'publish' 00 0000000000000000 05 02 'key'
			06 000010 000002 08 00000000 2faa`,
		want: []string{"csid 2 msid 0 type 5 004c4b40", "csid 2 msid 0 type 6 004c4b4002", "csid 2 msid 0 event 0 0",
			"csid 3 msid 0 _result 1 status NetConnection.Connect.Success", "csid 2 msid 0 type 1 00001000",
			"csid 2 msid 0 event 0 1", "csid 5 msid 1 onStatus 0 status NetStream.Publish.Start"},
		got: []string{"8 16 frame"},
	},
}

// TestEncoderConversations leads each conversation in pieces of several sizes.
func TestEncoderConversations(t *testing.T) {
	for _, c := range scripts {
		t.Run(c.name, func(t *testing.T) {
			for _, piece := range []int{1, 2, 3, 7, 64, 1000, 1 << 20} {
				k := newTalk(t, ServerConfig{})
				k.piece = piece
				k.bytes(spell(t, c.send))
				if k.err != nil {
					t.Fatalf("in pieces of %d: %v", piece, k.err)
				}
				expect(t, fmt.Sprint("replies, in pieces of ", piece), k.replies(), c.want...)
				var got []string
				for _, e := range k.events {
					if e.Kind == EventPacket {
						got = append(got, fmt.Sprintf("%d %d %v", e.Packet.Type, e.Packet.Timestamp, e.Packet.Kind))
					}
				}
				release(k.events)
				expect(t, fmt.Sprint("packets, in pieces of ", piece), got, c.got...)
				if n := k.s.Counters(); n.Faulty+n.Ignored+n.Malformed+n.Unknown != 0 {
					t.Fatalf("in pieces of %d: %+v", piece, n)
				}
			}
		})
	}
}

// outcome is all that a server makes of a peer's bytes.
func outcome(t testing.TB, c ServerConfig, p []byte, pieces func(left int) int) (events []string, out []byte, err error) {
	c.Rand = noise()
	s := NewServer(c)
	defer s.Close()
	for len(p) > 0 {
		n, err := s.Receive(p[:min(len(p), max(1, pieces(len(p))))], 0)
		p = p[n:]
		taken := 0
		for e, ok := s.NextEvent(); ok; e, ok = s.NextEvent() {
			taken++
			events = append(events, describe(&e))
			if e.Kind == EventRequest {
				if strings.HasPrefix(e.Request.Name, "no") {
					s.Reject(e.Request.ID, "", "no")
				} else {
					s.Accept(e.Request.ID)
				}
			}
			e.Packet.Release()
		}
		if out = s.AppendOutput(out); err != nil {
			return events, out, err
		}
		if n == 0 && taken == 0 {
			break // it takes no more: it is closing
		}
	}
	return events, out, nil
}

func describe(e *Event) string {
	s := fmt.Sprint(e.Kind, " ", e.StreamID, " ", e.Value, " ", e.Reason, " ", e.Control, " ", e.Phase)
	s += fmt.Sprintf(" %q %q %q %d", e.Status.Level, e.Status.Code, e.Status.Description, len(e.Status.Properties))
	if e.Request != nil {
		s += fmt.Sprintf(" %v %q %q %q %q", e.Request.Kind, e.Request.App, e.Request.RawName, e.Request.Query, e.Request.PublishType)
	}
	if e.Command != nil {
		s += fmt.Sprintf(" %s %v %d", e.Command.Name, e.Command.TransactionID, len(e.Command.Arguments))
	}
	if e.Kind == EventPacket {
		p := &e.Packet
		s += fmt.Sprint(" ", p.Type, p.Kind, p.Flags, p.Codec, p.Track, p.Timestamp, p.DTS, p.PTS, p.Handler, len(p.Data)) + fmt.Sprintf(" %x", p.Raw[:min(len(p.Raw), 40)])
	}
	return s
}

// Whatever the pieces, captures give the same events and the same bytes in reply.
func TestCapturesGiveTheSameOutput(t *testing.T) {
	for _, name := range []string{"obs-29-publish", "obs-29-refused", "ffmpeg-5-1-h264-aac", "ffmpeg-8-1-multitrack", "gstreamer-1-22-h264-aac"} {
		p := capture(t, name)
		events, out, err := outcome(t, ServerConfig{}, p, func(n int) int { return n })
		if err != nil || len(events) < 3 || len(out) < 2*handshake.Size+300 {
			t.Fatalf("%s: %d events, %d bytes of output, %v", name, len(events), len(out), err)
		}
		for _, piece := range []int{1, 11, 1537, 1460} {
			events2, out2, err := outcome(t, ServerConfig{}, p, func(int) int { return piece })
			if err != nil || !bytes.Equal(out, out2) || strings.Join(events, "\n") != strings.Join(events2, "\n") {
				t.Errorf("%s: pieces of %d give other events or output: %v", name, piece, err)
			}
		}
	}
}

// A58, D16: an acknowledgement leaves at each full window, wherever reads begin and end.
func TestAcknowledgementsDoNotDependOnReads(t *testing.T) {
	const window = 10000
	for _, piece := range []int{1, 999, 4096, 65536, 1 << 20} {
		k := newTalk(t, ServerConfig{}).publishing()
		k.piece = piece
		k.message(2, message.TypeWindowAckSize, 0, 0, []byte{0, 0, window >> 8, window & 0xFF})
		for i := range 50 {
			k.message(6, message.TypeVideo, 1, uint32(i), make([]byte, 4000))
		}
		var got []string
		for _, m := range k.l.hear(t, k.s.AppendOutput(nil)) {
			if m.TypeID == message.TypeAcknowledgement {
				seq, _ := message.ParseAcknowledgement(m.payload)
				got = append(got, fmt.Sprint(seq))
			}
		}
		var want []string
		for n := window; n <= int(k.s.Counters().BytesReceived); n += window {
			want = append(want, fmt.Sprint(n))
		}
		expect(t, fmt.Sprint("acknowledgements, in pieces of ", piece), got, want...)
		k.events = release(k.events)
	}
}

// A58, D16: the sequence wraps at 2^32, and neither odd values nor a lack of acknowledgements from the peer matter.
func TestAcknowledgementsWrap(t *testing.T) {
	k := newTalk(t, ServerConfig{}).publishing()
	k.message(2, message.TypeWindowAckSize, 0, 0, []byte{0, 0, 0x10, 0})
	k.s.counters.BytesReceived, k.s.acknowledged = 1<<32-100, 1<<32-100
	k.s.AppendOutput(nil)
	k.message(6, message.TypeVideo, 1, 0, make([]byte, 6000))
	expect(t, "after 2^32 bytes", k.replies(), fmt.Sprintf("csid 2 msid 0 type 3 %08x", 4096-100))
	k.events = release(k.events)
	for _, seq := range []uint32{5, 1<<32 - 1, 0, 77, 76} {
		k.message(2, message.TypeAcknowledgement, 0, 0, message.AppendAcknowledgement(nil, seq))
	}
	var got []string
	for _, e := range k.events {
		if e.Kind == EventAcknowledged {
			got = append(got, fmt.Sprint(e.Value))
		}
	}
	expect(t, "acknowledged", got, "5", "4294967295", "0", "77", "76")
	if !k.heardMedia(1) {
		t.Fatal(k.err)
	}
}

// A60: the window that the peer sets is announced back, once for each change.
func TestPeerBandwidthIsAnswered(t *testing.T) {
	k := newTalk(t, ServerConfig{}).publishing()
	for _, c := range []struct {
		payload string
		want    []string
	}{
		{"002625a0 02", nil}, // dynamic, without a hard one before
		{"002625a0 00", []string{"csid 2 msid 0 type 5 002625a0"}},
		{"002625a0 00", nil},
		{"00300000 01", nil}, // soft: the smaller one holds
		{"00100000 01", []string{"csid 2 msid 0 type 5 00100000"}},
		{"00200000", []string{"csid 2 msid 0 type 5 00200000"}}, // no limit type: hard
		{"00300000 02", []string{"csid 2 msid 0 type 5 00300000"}},
		{"00000000 00", nil},
		{"00400000 07", nil}, // no such limit type
	} {
		k.message(2, message.TypeSetPeerBandwidth, 0, 0, spell(t, c.payload))
		expect(t, c.payload, k.replies(), c.want...)
	}
	if !k.heardMedia(1) {
		t.Fatal(k.err)
	}
}

// A29, B5, D13: an abort from the peer drops what has come of a message; what was complete is not touched.
func TestAbortIsApplied(t *testing.T) {
	for _, piece := range []int{1, 7, 1 << 20} {
		h := &buffer.HeapAllocator{}
		k := newTalk(t, ServerConfig{Allocator: h}).publishing()
		k.piece = piece
		k.bytes(spell(t, "06 000005 000100 09 01000000"+strings.Repeat("aa", 128)+
			"02 000000 000004 02 00000000 00000006"+ // of this message
			"02 000000 000004 02 00000000 00000006"+ // again: there is nothing left
			"02 000000 000004 02 00000000 0000ffff"+ // of a chunk stream that never was
			"04 000005 000003 08 01000000 2f0102"+
			"06 000006 000002 09 01000000 22bb"))
		var got []string
		for _, e := range k.events {
			if e.Kind == EventPacket {
				got = append(got, fmt.Sprintf("%d %d %x", e.Packet.Type, e.Packet.Timestamp, e.Packet.Raw))
			}
		}
		expect(t, fmt.Sprint("in pieces of ", piece), got, "8 5 2f0102", "9 6 22bb")
		release(k.events)
		if k.s.Close(); k.err != nil || h.InUse() != 0 {
			t.Fatalf("%v, %d bytes are not released", k.err, h.InUse())
		}
	}
}

// A190: all memory goes back, whatever is pending when a connection ends.
func TestCloseReleasesEverything(t *testing.T) {
	for _, name := range []string{"obs-29-publish", "ffmpeg-8-1-multitrack"} {
		p := capture(t, name)
		for cut := 0; cut < len(p); cut += 997 {
			h := &buffer.HeapAllocator{}
			s := NewServer(ServerConfig{Rand: noise(), Allocator: h})
			for q := p[:cut]; len(q) > 0; {
				n, _ := s.Receive(q, 0)
				q = q[n:]
				if s.Deciding() {
					for e, ok := s.NextEvent(); ok; e, ok = s.NextEvent() {
						if e.Kind == EventRequest {
							s.Accept(e.Request.ID)
						}
						e.Packet.Release()
					}
				} else if n == 0 {
					break // events that nobody takes
				}
			}
			s.Close()
			if h.InUse() != 0 {
				t.Fatalf("%s cut at %d: %d bytes are not released", name, cut, h.InUse())
			}
		}
	}
}
