package engine

import (
	"fmt"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// host is a server at the far end of a client. Its methods feed the client; what comes of them is kept.
type host struct {
	t      testing.TB
	c      *Client
	l      listener
	events []Event
	err    error
}

func newHost(t testing.TB, c ClientConfig) *host {
	c.Rand, c.Shaken = noise(), true
	if c.StreamName == "" {
		c.StreamName = "key"
	}
	return &host{t: t, c: NewClient(c)}
}

// says feeds the client, written as sized has it.
func (h *host) says(lines string) {
	for p := sized(h.t, lines); len(p) > 0 && h.err == nil; {
		var n int
		n, h.err = h.c.Receive(p, 0)
		p = p[n:]
		taken := false
		for e, ok := h.c.NextEvent(); ok; e, ok = h.c.NextEvent() {
			h.events, taken = append(h.events, e), true
		}
		if n == 0 && !taken {
			return
		}
	}
}

func (h *host) heard() (all []string) {
	for _, m := range h.l.hear(h.t, h.c.AppendOutput(nil)) {
		all = append(all, m.String())
	}
	return all
}

// What a server says in each phase. Every line is a message with a complete header; lengths are put right.
const (
	connected = "03 000000 000000 14 00000000 02 '_result' 00 3ff0000000000000 03 'fmsVer' 02 'FMS/3,5,7,7009' 000009 03 'level' 02 'status' 'code' 02 'NetConnection.Connect.Success' 000009\n"
	created   = "03 000000 000000 14 00000000 02 '_result' 00 4010000000000000 05 00 3ff0000000000000\n"
	granted   = "05 000000 000000 14 01000000 02 'onStatus' 00 0000000000000000 05 03 'level' 02 'status' 'code' 02 'NetStream.Publish.Start' 000009\n"
)

// A111, B6, C34, C46, D10, D25–D27: what servers say on the way to an accepted publish, and what is none of it.
func TestClientPublishes(t *testing.T) {
	for _, c := range []struct {
		name     string
		says     string
		streamID uint32
	}{
		{"nothing but what is needed", connected + created + granted, 1},
		{"transactions of releaseStream and FCPublish refused", connected +
			"03 000000 000000 14 00000000 02 '_error' 00 4000000000000000 05 03 'level' 02 'error' 'code' 02 'NetConnection.Call.Failed' 000009\n" +
			"03 000000 000000 14 00000000 02 '_error' 00 4008000000000000 05 03 'level' 02 'error' 'code' 02 'NetConnection.Call.Failed' 000009\n" +
			created + granted, 1},
		{"something refused that has no transaction", connected + created +
			"03 000000 000000 14 00000000 02 '_error' 00 0000000000000000 05 03 'level' 02 'error' 000009\n" + granted +
			"05 000000 000000 14 01000000 02 '_error' 00 0000000000000000 05 03 'level' 02 'error' 000009\n", 1},
		{"the same refused late", connected + created +
			"03 000000 000000 14 00000000 02 '_error' 00 4000000000000000 05 03 'level' 02 'error' 000009\n" + granted +
			"03 000000 000000 14 00000000 02 '_error' 00 4008000000000000 05 03 'level' 02 'error' 000009\n", 1},
		{"everything that may come in between", "02 000000 000000 05 00000000 002625a0\n02 000000 000000 06 00000000 002625a0 02\n" +
			"02 000000 000000 04 00000000 0000 00000000\n" + connected + "03 000000 000000 14 00000000 02 'onBWDone' 00 0000000000000000 05 00 40c0000000000000\n" +
			"03 000000 000000 14 00000000 02 '_checkbw' 00 0000000000000000 05\n02 000000 000000 04 00000000 001a 01\n" +
			"03 000000 000000 14 00000000 02 'onFCPublish' 00 0000000000000000 05 03 'code' 02 'NetStream.Publish.Start' 000009\n" +
			"03 000000 000000 14 00000000 02 'onSomethingNew' 00 0000000000000000 05\n" + created + "02 000000 000000 04 00000000 0000 00000001\n" +
			"03 000000 000000 14 00000000 02 '_result' 00 4014000000000000 05 05\n" +
			"05 000000 000000 12 01000000 02 '|RtmpSampleAccess' 01 01 01 01\n" + granted, 1},
		{"stream id 5", connected + "03 000000 000000 14 00000000 02 '_result' 00 4010000000000000 05 00 4014000000000000\n" +
			"05 000000 000000 14 05000000 02 'onStatus' 00 0000000000000000 05 03 'code' 02 'NetStream.Publish.Start' 000009\n", 5},
		{"stream id 2^32-1", connected + "03 000000 000000 14 00000000 02 '_result' 00 4010000000000000 05 00 41efffffffe00000\n" + granted, 1<<32 - 1},
		{"no command object in the answers", "03 000000 000000 14 00000000 02 '_result' 00 3ff0000000000000 03 'level' 02 'status' 'code' 02 'NetConnection.Connect.Success' 000009\n" +
			"03 000000 000000 14 00000000 02 '_result' 00 4010000000000000 00 401c000000000000\n" +
			"05 000000 000000 14 07000000 02 'onStatus' 00 0000000000000000 03 'code' 02 'NetStream.Publish.Start' 000009\n", 7},
		{"an answer to connect without information", "03 000000 000000 14 00000000 02 '_result' 00 3ff0000000000000 05\n" + created + granted, 1},
		{"an answer to connect with transaction 0", "03 000000 000000 14 00000000 02 '_result' 00 0000000000000000 05\n" + created + granted, 1},
		{"status with a transaction, on message stream 0, as an ECMA array", connected + created +
			"05 000000 000000 14 00000000 02 'onStatus' 00 4014000000000000 05 08 00000001 'code' 02 'NetStream.Publish.Start' 000009\n", 1},
		{"answers as type 17 messages", "03 000000 000000 11 00000000 00 02 '_result' 00 3ff0000000000000 05\n" +
			"03 000000 000000 11 00000000 00 02 '_result' 00 4010000000000000 05 00 3ff0000000000000\n" +
			"05 000000 000000 11 01000000 02 'onStatus' 00 0000000000000000 05 03 'code' 02 'NetStream.Publish.Start' 000009\n", 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t, ClientConfig{})
			h.says("02 000000 000000 01 00000000 00001000\n" + c.says)
			if h.err != nil || !h.c.Publishing() || h.c.StreamID() != c.streamID || find(h.events, EventPublishing) == nil || find(h.events, EventConnected) == nil {
				t.Fatalf("publishing %v, stream %d, events %v, %v", h.c.Publishing(), h.c.StreamID(), kinds(h.events), h.err)
			}
			var commands []string
			for _, m := range h.l.hear(t, h.c.AppendOutput(nil)) {
				if m.TypeID == message.TypeCommand {
					c, _ := message.ParseCommand(m.TypeID, m.payload, amf.Limits{})
					if c.Name != "_error" {
						commands = append(commands, fmt.Sprintf("%d %s %v", m.StreamID, c.Name, c.TransactionID))
					}
				}
			}
			expect(t, "commands", commands, "0 connect 1", "0 releaseStream 2", "0 FCPublish 3", "0 createStream 4", fmt.Sprintf("%d publish 5", c.streamID))
			if err := h.c.SendMedia(message.TypeAudio, 5, []byte{0xAF, 1}, []byte("x")); err != nil {
				t.Fatal(err)
			}
			expect(t, "media", h.heard(), fmt.Sprintf("csid 4 msid %d type 8 af0178", c.streamID))
		})
	}
}

// C46: what Twitch says in one segment: the chunk size, and then an answer of more than 128 bytes that needs it.
func TestChunkSizeAndResultInOneSegment(t *testing.T) {
	segment := sized(t, "02 000000 000000 05 00000000 002625a0\n02 000000 000000 06 00000000 002625a0 02\n"+
		"02 000000 000000 04 00000000 0000 00000000\n02 000000 000000 01 00000000 00001000\n"+
		"03 000000 000000 14 00000000 02 '_result' 00 3ff0000000000000 "+
		"03 'fmsVer' 02 'FMS/3,5,7,7009' 'capabilities' 00 403f000000000000 'mode' 00 3ff0000000000000 000009 "+
		"03 'level' 02 'status' 'code' 02 'NetConnection.Connect.Success' 'description' 02 'Connection succeeded.' 000009")
	for _, piece := range []int{1 << 20, 1, 20} {
		c := NewClient(ClientConfig{Rand: noise(), Shaken: true, StreamName: "key"})
		for p := segment; len(p) > 0; {
			n, err := c.Receive(p[:min(piece, len(p))], 0)
			if err != nil {
				t.Fatal(err)
			}
			p = p[n:]
			for _, ok := c.NextEvent(); ok; _, ok = c.NextEvent() {
			}
		}
		if c.Phase() != PhaseCreateStream {
			t.Fatalf("in pieces of %d: phase %v", piece, c.Phase())
		}
	}
}

// A113, B6: refusals in each phase, in the words of servers; nothing else counts as success.
func TestClientIsRefused(t *testing.T) {
	info := "03 'level' 02 'error' 'code' 02 'Some.Code' 'description' 02 'some words' 000009\n"
	for _, c := range []struct {
		name, says string
		phase      Phase
	}{
		{"connect, by _error", "03 000000 000000 14 00000000 02 '_error' 00 3ff0000000000000 05 " + info, PhaseConnect},
		{"connect, by _error with properties before the information", "03 000000 000000 14 00000000 02 '_error' 00 3ff0000000000000 03 'fmsVer' 02 'x' 000009 " + info, PhaseConnect},
		{"connect, by _error with transaction 0", "03 000000 000000 14 00000000 02 '_error' 00 0000000000000000 05 " + info, PhaseConnect},
		{"connect, by a _result of level error", "03 000000 000000 14 00000000 02 '_result' 00 3ff0000000000000 05 " + info, PhaseConnect},
		{"connect, by onStatus", "03 000000 000000 14 00000000 02 'onStatus' 00 0000000000000000 05 " + info, PhaseConnect},
		{"createStream, by _error", connected + "03 000000 000000 14 00000000 02 '_error' 00 4010000000000000 05 " + info, PhaseCreateStream},
		{"createStream, by onStatus", connected + "03 000000 000000 14 00000000 02 'onStatus' 00 0000000000000000 05 " + info, PhaseCreateStream},
		{"publish, by onStatus", connected + created + "05 000000 000000 14 01000000 02 'onStatus' 00 0000000000000000 05 " + info, PhasePublish},
		{"publish, by onStatus on message stream 0", connected + created + "05 000000 000000 14 00000000 02 'onStatus' 00 0000000000000000 05 " + info, PhasePublish},
		{"publish, by _error", connected + created + "05 000000 000000 14 01000000 02 '_error' 00 4014000000000000 05 " + info, PhasePublish},
		{"publish, by _error with transaction 0 on its stream", connected + created + "05 000000 000000 14 01000000 02 '_error' 00 0000000000000000 05 " + info, PhasePublish},
		{"thrown out while publishing", connected + created + granted + "05 000000 000000 14 01000000 02 'onStatus' 00 0000000000000000 05 " + info, PhaseMedia},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHost(t, ClientConfig{})
			h.says("02 000000 000000 01 00000000 00001000\n" + c.says)
			e := find(h.events, EventRefused)
			if h.err != nil || e == nil || e.Phase != c.phase || e.Status.Level != "error" || e.Status.Code != "Some.Code" || e.Status.Description != "some words" {
				t.Fatalf("%+v, events %v, %v", e, kinds(h.events), h.err)
			}
			if !h.c.Closing() || h.c.Publishing() || h.c.SendMedia(message.TypeAudio, 0, nil, nil) != ErrState {
				t.Fatal("the client goes on")
			}
			if d, ok := h.c.Deadline(); ok || h.c.Advance(d+time.Hour) != nil {
				t.Fatal("a deadline is left")
			}
		})
	}
	// Of rml_rtmp 0.8 as a server.
	h := newHost(t, ClientConfig{})
	h.says("02 000000 000000 01 00000000 00001000\n" + connected + created + "06 000000 000000 14 01000000 02 '_error' 00 0000000000000000 05 " +
		"03 'description' 02 'no' 'code' 02 'NetStream.Publish.BadName' 'level' 02 '_error' 000009\n")
	if e := find(h.events, EventRefused); e == nil || e.Status.Code != message.CodePublishBadName || e.Status.Description != "no" {
		t.Fatalf("events %v", kinds(h.events))
	}
	// A code that means an error is one even where the level says nothing.
	h = newHost(t, ClientConfig{})
	h.says("02 000000 000000 01 00000000 00001000\n" + connected + created +
		"05 000000 000000 14 01000000 02 'onStatus' 00 0000000000000000 05 03 'code' 02 'NetStream.Publish.BadName' 000009\n")
	if e := find(h.events, EventRefused); e == nil || e.Status.Code != message.CodePublishBadName {
		t.Fatalf("events %v", kinds(h.events))
	}
	// An answer to createStream that has no stream id.
	h = newHost(t, ClientConfig{})
	h.says("02 000000 000000 01 00000000 00001000\n" + connected + "03 000000 000000 14 00000000 02 '_result' 00 4010000000000000 05 05\n")
	if e := find(h.events, EventRefused); e == nil || e.Phase != PhaseCreateStream {
		t.Fatalf("events %v", kinds(h.events))
	}
}

// B6: what comes before NetStream.Publish.Start is no success, whatever it is.
func TestOnlyPublishStartIsSuccess(t *testing.T) {
	for name, says := range map[string]string{
		"StreamBegin":                   "02 000000 000000 04 00000000 0000 00000001\n",
		"the result of publish":         "03 000000 000000 14 00000000 02 '_result' 00 4014000000000000 05 05\n",
		"onFCPublish":                   "03 000000 000000 14 00000000 02 'onFCPublish' 00 0000000000000000 05 03 'code' 02 'NetStream.Publish.Start' 000009\n",
		"another status":                "05 000000 000000 14 01000000 02 'onStatus' 00 0000000000000000 05 03 'level' 02 'status' 'code' 02 'NetStream.Publish.Idle' 000009\n",
		"a status without code":         "05 000000 000000 14 01000000 02 'onStatus' 00 0000000000000000 05 03 'level' 02 'status' 000009\n",
		"a status without information":  "05 000000 000000 14 01000000 02 'onStatus' 00 0000000000000000 05\n",
		"an acknowledgement and a ping": "02 000000 000000 03 00000000 00000001\n02 000000 000000 04 00000000 0006 00000001\n",
		"media":                         "06 000000 000000 09 01000000 17 00 000000 01640028\n",
	} {
		h := newHost(t, ClientConfig{})
		h.says("02 000000 000000 01 00000000 00001000\n" + connected + created)
		h.says(says)
		if h.err != nil || h.c.Publishing() || h.c.Closing() || h.c.SendMedia(message.TypeAudio, 0, nil, nil) != ErrState {
			t.Errorf("%s: publishing %v, closing %v, %v", name, h.c.Publishing(), h.c.Closing(), h.err)
		}
		if h.says(granted); !h.c.Publishing() {
			t.Errorf("%s: the real thing does not count after it", name)
		}
	}
}

// A200: the server ends the stream or the conversation; the client says which.
func TestServerEndsThePublish(t *testing.T) {
	for name, says := range map[string]string{
		"close":                        "03 000000 000000 14 00000000 02 'close' 00 0000000000000000 05\n",
		"NetStream.Unpublish.Success":  "05 000000 000000 14 01000000 02 'onStatus' 00 0000000000000000 05 03 'level' 02 'status' 'code' 02 'NetStream.Unpublish.Success' 000009\n",
		"the same on message stream 0": "05 000000 000000 14 00000000 02 'onStatus' 00 0000000000000000 05 03 'level' 02 'status' 'code' 02 'NetStream.Unpublish.Success' 000009\n",
	} {
		h := newHost(t, ClientConfig{})
		h.says("02 000000 000000 01 00000000 00001000\n" + connected + created + granted)
		h.says(says)
		if e := find(h.events, EventStreamEnd); e == nil || !h.c.Closing() || h.c.Publishing() {
			t.Errorf("%s: events %v, closing %v", name, kinds(h.events), h.c.Closing())
		}
	}
}

// C45: nothing of one server is left for the next client; and each applies the chunk size its own server says.
func TestClientsShareNothing(t *testing.T) {
	for _, size := range []uint32{60000, 128, 1, 4096, 0x7FFFFFFF} {
		p := newPair(t, ClientConfig{ChunkSize: min(size, 65536)}, ServerConfig{ChunkSize: min(size, 65536)})
		p.mustRun()
		if !p.c.Publishing() || p.c.decoder.ChunkSize() != int(min(size, 65536)) || p.s.decoder.ChunkSize() != int(min(size, 65536)) {
			t.Fatalf("chunk size %d: client reads %d, server %d", size, p.c.decoder.ChunkSize(), p.s.decoder.ChunkSize())
		}
		p.c.SendMedia(message.TypeVideo, 7, nil, make([]byte, 100000))
		p.mustRun()
		if e := find(p.server, EventPacket); e == nil || len(e.Packet.Raw) != 100000 {
			t.Fatalf("chunk size %d: no packet", size)
		}
		release(p.server)
	}
}

// A114, D2, D13: any legacy or Enhanced payload leaves as it is; types that are no media do not, and Abort never does.
func TestClientSendsAnyMedia(t *testing.T) {
	h := newHost(t, ClientConfig{})
	h.says("02 000000 000000 01 00000000 00001000\n" + connected + created + granted)
	h.heard()
	for _, typeID := range []uint8{message.TypeAudio, message.TypeVideo, message.TypeData, message.TypeDataAMF3} {
		for _, payload := range [][]byte{nil, {0x90, 'a', 'v', '0', '1'}, {0x17, 0}, {0xFF}} {
			p := media.Packet{Type: typeID, Timestamp: 1 << 31, Raw: payload}
			if payload == nil {
				p.Raw = []byte{}
			}
			if err := h.c.SendPacket(&p); err != nil {
				t.Errorf("type %d payload %x: %v", typeID, payload, err)
			}
			said := h.l.hear(t, h.c.AppendOutput(nil))
			if len(said) != 1 || said[0].TypeID != typeID || string(said[0].payload) != string(payload) || said[0].Timestamp != 1<<31 || said[0].StreamID != 1 {
				t.Errorf("type %d payload %x: sent %v", typeID, payload, said)
			}
		}
	}
	for _, typeID := range []uint8{0, 1, 2, 3, 4, 5, 6, 7, 10, 17, 20, 23, 255} {
		if err := h.c.SendMedia(typeID, 0, nil, []byte{0, 0, 0, 1}); err == nil || h.c.OutputBytes() != 0 {
			t.Errorf("type %d was sent as media: %v", typeID, err)
		}
	}
	if err := h.c.SendMedia(message.TypeVideo, 0, []byte{1}, make([]byte, chunk.MaxSize)); err != ErrPayload || h.c.OutputBytes() != 0 {
		t.Errorf("a payload of 16 MiB: %v", err)
	}
	if err := h.c.SendMedia(message.TypeVideo, 0, []byte{1}, make([]byte, chunk.MaxSize-1)); err != nil {
		t.Errorf("a payload of 16 MiB - 1: %v", err)
	}
}

// The good-byes, in exact order, and none before there is a stream.
func TestClientEnds(t *testing.T) {
	h := newHost(t, ClientConfig{StreamName: "key?a=1"})
	h.says("02 000000 000000 01 00000000 00001000\n" + connected + created + granted)
	h.heard()
	h.c.End()
	expect(t, "good-byes", h.heard(), "csid 3 msid 0 FCUnpublish 6 key?a=1", "csid 3 msid 0 deleteStream 7 1")
	h.c.End()
	if h.c.OutputBytes() != 0 || !h.c.Closing() {
		t.Fatal("said good-bye twice")
	}
	h = newHost(t, ClientConfig{})
	h.heard()
	h.c.End()
	if out := h.heard(); out != nil || !h.c.Closing() {
		t.Fatalf("before there was a stream: %v", out)
	}
}

// What the client says of itself in connect is all that it was told, and no more.
func TestClientConnect(t *testing.T) {
	h := newHost(t, ClientConfig{Enhanced: EnhancedOff, Connect: message.Connect{App: "live", TCURL: "rtmp://host/live", FlashVer: "FMLE/3.0 (compatible; x)", Type: "nonprivate"}})
	out := h.c.AppendOutput(nil)
	want := sized(t, "02 000000 000000 01 00000000 00001000\n"+
		"03 000000 000000 14 00000000 02 'connect' 00 3ff0000000000000 03 'app' 02 'live' 'type' 02 'nonprivate' 'flashVer' 02 'FMLE/3.0 (compatible; x)' 'tcUrl' 02 'rtmp://host/live' 000009")
	if string(out) != string(want) {
		t.Fatalf("\n%x, want\n%x", out, want)
	}
}
