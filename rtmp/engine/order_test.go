package engine

import (
	"fmt"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/message"
)

// step is something that a peer does out of turn, or an odd form of it, and what it is answered with.
type step struct {
	name string
	do   func(k *talk)
	want []string // replies
	end  bool     // the conversation is over after it
}

const (
	started   = "csid 5 msid %d onStatus 0 status NetStream.Publish.Start"
	stopped   = "csid 5 msid 1 onStatus 0 status NetStream.Unpublish.Success"
	badName   = "csid 5 msid %d onStatus 0 error NetStream.Publish.BadName"
	fcStopped = "csid 3 msid 0 onFCUnpublish 0 status NetStream.Unpublish.Success"
)

func create(tx float64) func(*talk) {
	return func(k *talk) { k.command(0, "createStream", tx) }
}

func publish(msid uint32, name string) func(*talk) {
	return func(k *talk) { k.command(msid, "publish", 0, amf.String(name), amf.String("live")) }
}

func begun(msid int) []string {
	return []string{fmt.Sprintf("csid 2 msid 0 event 0 %d", msid), fmt.Sprintf(started, msid)}
}

// A189, B2, C48, D25–D28, D33: commands in any order, twice, on the wrong stream, and with odd arguments.
func TestCommandsOutOfTurn(t *testing.T) {
	callFailed := func(tx int) []string {
		return []string{fmt.Sprintf("csid 3 msid 0 _error %d error NetConnection.Call.Failed", tx)}
	}
	for _, c := range []struct {
		name  string
		fresh bool // before connect
		steps []step
		media uint32 // the message stream on which media must arrive after all; 0: the connection is over
	}{
		{"commands before connect are refused", true, []step{
			{"createStream", create(2), callFailed(2), false},
			{"publish", func(k *talk) { k.command(0, "publish", 3, amf.String("key")) }, callFailed(3), false},
			{"publish, no answer wanted", publish(0, "key"), nil, false},
			{"deleteStream", func(k *talk) { k.command(0, "deleteStream", 4, amf.Number(1)) }, callFailed(4), false},
			{"unheard of", func(k *talk) { k.command(0, "unheardOf", 5) }, callFailed(5), false},
			{"media", func(k *talk) { k.message(4, message.TypeAudio, 1, 0, []byte{0xAF, 1, 2}) }, nil, false},
			{"metadata", func(k *talk) {
				k.message(4, message.TypeData, 1, 0, spell(k.t, "02 '@setDataFrame' 02 'onMetaData' 03 000009"))
			}, nil, false},
			{"everything else", func(k *talk) { k.publishing() }, nil, false},
		}, 1},
		{"a second connect is refused, the first holds", false, []step{
			{"connect", func(k *talk) { k.connect() }, callFailed(1), false},
			{"publish", func(k *talk) { create(2)(k); publish(1, "key")(k) }, append([]string{"csid 3 msid 0 _result 2 1"}, begun(1)...), false},
			{"connect while publishing", func(k *talk) { k.connect() }, callFailed(1), false},
		}, 1},
		{"media before publish is ignored", false, []step{
			{"createStream", create(2), []string{"csid 3 msid 0 _result 2 1"}, false},
			{"media", func(k *talk) { k.message(4, message.TypeVideo, 1, 0, []byte{0x17, 1, 0, 0, 0}) }, nil, false},
			{"publish", publish(1, "key"), begun(1), false},
		}, 1},
		{"publish without createStream", false, []step{{"publish", publish(0, "key"), begun(1), false}}, 0xFFFF},
		{"publish on message stream 0 means the stream created last", false, []step{
			{"createStream", create(2), []string{"csid 3 msid 0 _result 2 1"}, false},
			{"createStream", create(3), []string{"csid 3 msid 0 _result 3 2"}, false},
			{"publish", publish(0, "key"), begun(2), false},
		}, 2},
		{"publish twice: the second is refused, the first goes on", false, []step{
			{"publish", func(k *talk) { create(2)(k); publish(1, "key")(k) }, append([]string{"csid 3 msid 0 _result 2 1"}, begun(1)...), false},
			{"again", publish(1, "key"), []string{fmt.Sprintf(badName, 1)}, false},
			{"under another name", publish(1, "other"), []string{fmt.Sprintf(badName, 1)}, false},
		}, 1},
		{"closeStream, then publish again", false, []step{
			{"publish", func(k *talk) { create(2)(k); publish(1, "key")(k) }, append([]string{"csid 3 msid 0 _result 2 1"}, begun(1)...), false},
			{"closeStream", func(k *talk) { k.command(1, "closeStream", 0) }, nil, false},
			{"media in between", func(k *talk) { k.message(4, message.TypeAudio, 1, 0, []byte{0xAF, 1, 2}) }, nil, false},
			{"again", publish(1, "other"), begun(1), false},
		}, 1},
		{"FCUnpublish, then publish again", false, []step{
			{"publish", func(k *talk) { create(2)(k); publish(1, "key?a=b")(k) }, append([]string{"csid 3 msid 0 _result 2 1"}, begun(1)...), false},
			{"FCUnpublish", func(k *talk) { k.command(0, "FCUnpublish", 4, amf.String("key?a=b")) },
				[]string{fcStopped, "csid 3 msid 0 _result 4 {}", stopped}, false},
			{"FCUnpublish again", func(k *talk) { k.command(0, "FCUnpublish", 0, amf.String("key?a=b")) }, []string{fcStopped}, false},
			{"again", publish(1, "key"), begun(1), false},
		}, 1},
		{"FCUnpublish of another name ends nothing", false, []step{
			{"publish", func(k *talk) { create(2)(k); publish(1, "key")(k) }, append([]string{"csid 3 msid 0 _result 2 1"}, begun(1)...), false},
			{"FCUnpublish", func(k *talk) { k.command(0, "FCUnpublish", 0, amf.String("other")) }, []string{fcStopped}, false},
		}, 1},
		{"deleteStream by name, as GStreamer does, then a new stream", false, []step{
			{"publish", func(k *talk) { create(2)(k); publish(1, "key")(k) }, append([]string{"csid 3 msid 0 _result 2 1"}, begun(1)...), false},
			{"deleteStream of another name", func(k *talk) { k.command(0, "deleteStream", 0, amf.String("other")) }, nil, false},
			{"deleteStream of another id", func(k *talk) { k.command(0, "deleteStream", 0, amf.Number(7)) }, nil, false},
			{"deleteStream of no id", func(k *talk) { k.command(0, "deleteStream", 0, amf.Number(0.5)) }, nil, false},
			{"media", func(k *talk) {
				if !k.heardMedia(1) {
					k.t.Error("a deleteStream of something else ended the stream")
				}
			}, nil, false},
			{"deleteStream", func(k *talk) { k.command(0, "deleteStream", 0, amf.String("key")) }, nil, false},
			{"again", func(k *talk) { create(5)(k); publish(2, "key")(k) }, append([]string{"csid 3 msid 0 _result 5 2"}, begun(2)...), false},
		}, 2},
		{"several streams; one ends, the other goes on", false, []step{
			{"publish", func(k *talk) { create(2)(k); create(3)(k); publish(1, "a")(k); publish(2, "b")(k) },
				append(append([]string{"csid 3 msid 0 _result 2 1", "csid 3 msid 0 _result 3 2"}, begun(1)...), begun(2)...), false},
			{"deleteStream", func(k *talk) { k.command(0, "deleteStream", 0, amf.Number(1)) }, nil, false},
		}, 2},
		{"publish with false ends the stream, as Flash means it", false, []step{
			{"publish", func(k *talk) { create(2)(k); publish(1, "key")(k) }, append([]string{"csid 3 msid 0 _result 2 1"}, begun(1)...), false},
			{"publish(false)", func(k *talk) { k.command(1, "publish", 0, amf.Boolean(false)) }, nil, false},
			{"again", publish(1, "key"), begun(1), false},
		}, 1},
		{"publish with a name of another kind", false, []step{
			{"publish", func(k *talk) { k.command(0, "publish", 0, amf.Null{}, amf.Number(1)) }, begun(1), false},
		}, 1},
		{"publish types of any kind", false, []step{
			{"publish", func(k *talk) { k.command(0, "publish", 0, amf.String("key"), amf.String("LIVE")) }, begun(1), false},
		}, 1},
		{"play is refused, the connection stays", false, []step{
			{"play", func(k *talk) { k.command(0, "play", 0, amf.String("key")) }, []string{"csid 5 msid 0 onStatus 0 error NetStream.Play.StreamNotFound"}, false},
			{"publish", func(k *talk) { create(2)(k); publish(1, "key")(k) }, append([]string{"csid 3 msid 0 _result 2 1"}, begun(1)...), false},
		}, 1},
		{"questions are answered", false, []step{
			{"_checkbw", func(k *talk) { k.command(0, "_checkbw", 2) }, []string{"csid 3 msid 0 _result 2 {}"}, false},
			{"getStreamLength", func(k *talk) { k.command(0, "getStreamLength", 3, amf.String("key")) }, []string{"csid 3 msid 0 _result 3 0"}, false},
			{"ping", func(k *talk) { k.message(2, message.TypeUserControl, 0, 0, []byte{0, 6, 0, 0, 0, 99}) }, []string{"csid 2 msid 0 event 7 99"}, false},
			{"answers to nothing", func(k *talk) {
				for _, name := range []string{"_result", "_error", "onStatus"} {
					k.command(0, name, 12)
				}
			}, nil, false},
			{"publish", publish(0, "key"), begun(1), false},
		}, 1},
		{"close", false, []step{
			{"publish", publish(0, "key"), begun(1), false},
			{"close", func(k *talk) { k.command(0, "close", 0) }, nil, true},
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &buffer.HeapAllocator{}
			k := newTalk(t, ServerConfig{Allocator: h})
			if !c.fresh {
				k.connect()
				k.replies()
			}
			for _, s := range c.steps {
				s.do(k)
				if k.err != nil || k.s.Closing() != s.end {
					t.Fatalf("%s: closing %v, %v", s.name, k.s.Closing(), k.err)
				}
				expect(t, s.name, k.replies(), s.want...)
			}
			if c.media != 0 && !k.heardMedia(c.media) {
				t.Fatalf("no media on stream %d: streams %d, %v", c.media, k.s.Streams(), k.err)
			}
			k.s.Close()
			if release(k.events); h.InUse() != 0 {
				t.Fatalf("%d bytes are not released", h.InUse())
			}
		})
	}
}

// The requests of odd publishes say what was asked for.
func TestPublishArgumentsReachTheRequest(t *testing.T) {
	for _, c := range []struct {
		args       []amf.Value
		name, kind string
	}{
		{[]amf.Value{amf.String("key"), amf.String("record")}, "key", "record"},
		{[]amf.Value{amf.String("key"), amf.String("append")}, "key", "append"},
		{[]amf.Value{amf.String("key"), amf.String("LIVE")}, "key", "LIVE"},
		{[]amf.Value{amf.String("key"), amf.String("")}, "key", "live"},
		{[]amf.Value{amf.String("key"), amf.Null{}}, "key", "live"},
		{[]amf.Value{amf.String("key")}, "key", "live"},
		{[]amf.Value{amf.String("")}, "", "live"},
		{nil, "", "live"},
	} {
		var r *Request
		k := newTalk(t, ServerConfig{})
		k.decide = func(q *Request) { r = q; k.s.Accept(q.ID) }
		k.connect()
		k.command(0, "publish", 0, c.args...)
		if r == nil || r.Name != c.name || r.PublishType != c.kind || r.StreamID != 1 {
			t.Errorf("publish%v: %+v, %v", c.args, r, k.err)
		}
	}
}

// C30, C31: refusals carry the application's code, or the default that encoders obey; stale answers do nothing.
func TestRefusalsByCode(t *testing.T) {
	for _, c := range []struct {
		kind       RequestKind
		code, want string
	}{
		{RequestPublish, "", "csid 5 msid 1 onStatus 0 error NetStream.Publish.BadName"},
		{RequestPublish, "NetStream.Publish.Denied", "csid 5 msid 1 onStatus 0 error NetStream.Publish.Denied"},
		{RequestPublish, "Something.Else", "csid 5 msid 1 onStatus 0 error Something.Else"},
		{RequestConnect, "", "csid 3 msid 0 _error 1 error NetConnection.Connect.Rejected"},
		{RequestConnect, "NetConnection.Connect.InvalidApp", "csid 3 msid 0 _error 1 error NetConnection.Connect.InvalidApp"},
		{RequestFCPublish, "", "csid 5 msid 0 onStatus 0 error NetStream.Publish.BadName"},
	} {
		k := newTalk(t, ServerConfig{AskConnect: true, AskFCPublish: true})
		k.decide = func(r *Request) {
			if r.Kind != c.kind {
				k.s.Accept(r.ID)
				k.replies()
				return
			}
			if err := k.s.Reject(r.ID, c.code, "why"); err != nil {
				t.Error(err)
			}
			if k.s.Accept(r.ID) != ErrNoRequest || k.s.Reject(r.ID, "", "") != ErrNoRequest || k.s.Accept(r.ID+1) != ErrNoRequest {
				t.Error("a stale answer was taken")
			}
		}
		k.connect()
		if c.kind != RequestConnect {
			k.command(0, "FCPublish", 2, amf.String("key"))
			k.command(0, "publish", 3, amf.String("key"))
		}
		expect(t, fmt.Sprint(c.kind, " ", c.code), k.replies(), c.want)
		if !k.s.Closing() || k.s.Counters().RequestsRejected != 1 {
			t.Errorf("%v: closing %v, %+v", c.kind, k.s.Closing(), k.s.Counters())
		}
		if n, err := k.s.Receive([]byte{1, 2, 3}, 0); n != 0 || err != nil {
			t.Errorf("after the end %d bytes are taken, %v", n, err)
		}
	}
}

// A98: a stream that we close is told so, and its connection serves the next.
func TestCloseStreamFromOurSide(t *testing.T) {
	k := newTalk(t, ServerConfig{}).publishing()
	if err := k.s.CloseStream(1, "", ""); err != nil {
		t.Fatal(err)
	}
	expect(t, "closed", k.replies(), "csid 2 msid 0 event 1 1", "csid 5 msid 1 onStatus 0 status NetStream.Unpublish.Success")
	if k.s.CloseStream(1, "", "") != ErrState || k.s.CloseStream(9, "", "") != ErrState {
		t.Fatal("closed twice")
	}
	k.take()
	if e := find(k.events, EventStreamEnd); e == nil || e.StreamID != 1 {
		t.Fatalf("events %v", kinds(k.events))
	}
	publish(1, "again")(k)
	expect(t, "published again", k.replies(), begun(1)...)
	if err := k.s.CloseStream(1, "NetStream.Publish.Denied", "go away"); err != nil {
		t.Fatal(err)
	}
	expect(t, "thrown out", k.replies(), "csid 2 msid 0 event 1 1", "csid 5 msid 1 onStatus 0 error NetStream.Publish.Denied")
}
