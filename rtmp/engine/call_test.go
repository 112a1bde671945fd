package engine

import (
	"bytes"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/message"
)

// established is a pair whose client publishes, both sides answering calls.
func established(t *testing.T) *pair {
	t.Helper()
	return establishedWith(t, ServerConfig{}, ClientConfig{})
}

func establishedWith(t *testing.T, sc ServerConfig, cc ClientConfig) *pair {
	t.Helper()
	sc.AnswerCalls, cc.AnswerCalls = true, true
	p := newPair(t, cc, sc)
	p.mustRun()
	if !p.c.Publishing() {
		t.Fatal("not publishing")
	}
	p.client, p.server = nil, nil
	return p
}

// A99: calls in both directions, their results, their refusals, and the two sides' transactions side by side.
func TestCalls(t *testing.T) {
	p := established(t)
	info := &amf.Object{Properties: []amf.Property{{Name: "a", Value: amf.Number(1)}}}
	up, err1 := p.c.Call(0, time.Second, "serverSide", info, amf.String("x"))
	down, err2 := p.s.Call(0, time.Second, "clientSide", nil, amf.Number(2))
	lost, err3 := p.c.Call(0, time.Second, "refused", nil)
	if err1 != nil || err2 != nil || err3 != nil || up == lost {
		t.Fatal(err1, err2, err3, up, lost)
	}
	p.mustRun()
	atServer, atClient := find(p.server, EventCommand), find(p.client, EventCommand)
	want := &message.Command{Name: "serverSide", TransactionID: float64(up), Object: info, Arguments: []amf.Value{amf.String("x")}}
	if !reflect.DeepEqual(atServer.Command, want) || atServer.Value == 0 {
		t.Fatalf("the server was called %+v, %d", atServer.Command, atServer.Value)
	}
	if atClient.Command.Name != "clientSide" || atClient.Command.TransactionID != float64(down) || atClient.Value == 0 {
		t.Fatalf("the client was called %+v", atClient.Command)
	}
	second := p.server[len(p.server)-1]
	p.client, p.server = nil, nil
	for _, err := range []error{
		p.s.Answer(atServer.Value, nil, amf.String("yes")),
		p.s.Refuse(second.Value, "", "no"),
		p.c.Answer(atClient.Value, info),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := p.s.Answer(atServer.Value, nil); !errors.Is(err, ErrNoRequest) {
		t.Errorf("answered twice: %v", err)
	}
	p.mustRun()
	var replies []Event
	for _, e := range append(p.client, p.server...) {
		if e.Kind == EventReply {
			replies = append(replies, e)
		}
	}
	if len(replies) != 3 {
		t.Fatalf("%d replies", len(replies))
	}
	if r := replies[0]; r.Value != up || r.Command.Name != "_result" || r.Command.Argument(0) != amf.String("yes") {
		t.Errorf("%+v", r.Command)
	}
	if r := replies[1]; r.Value != lost || r.Command.Name != "_error" {
		t.Errorf("%+v", r.Command)
	} else if s, _ := r.Command.Info(); s.Code != message.CodeCallFailed || s.Level != message.LevelError || s.Description != "no" {
		t.Errorf("%+v", s)
	}
	if r := replies[2]; r.Value != down || !reflect.DeepEqual(r.Command.Object, info) {
		t.Errorf("%+v", r.Command)
	}
}

// A99, A100: calls that nobody answers end in time, on both sides.
func TestCallTimeouts(t *testing.T) {
	p := established(t)
	if _, err := p.c.Call(0, 20*time.Second, "never", nil); err != nil {
		t.Fatal(err)
	}
	quick, err := p.s.Call(0, time.Second, "quick", nil)
	if err != nil {
		t.Fatal(err)
	}
	p.mustRun()
	p.client, p.server = nil, nil
	if at, ok := p.s.Deadline(); !ok || at != p.now+time.Second {
		t.Fatalf("the server's deadline is %v, %v", at, ok)
	}
	p.now += time.Second
	if err := p.s.Advance(p.now); err != nil {
		t.Fatal(err)
	}
	if e, ok := p.s.NextEvent(); !ok || e.Kind != EventReply || e.Value != quick || e.Command != nil {
		t.Fatalf("%+v", e)
	}
	p.now += 9 * time.Second // DefaultTimeouts.Decision after the call
	if err := p.s.Advance(p.now); err != nil {
		t.Fatal(err)
	}
	p.mustRun()
	r := find(p.client, EventReply)
	if s, _ := r.Command.Info(); r.Command.Name != "_error" || s.Code != message.CodeCallFailed {
		t.Fatalf("%+v", r.Command)
	}
	// An answer that comes too late is nobody's.
	p.client = nil
	p.c.Answer(1, nil)
	p.mustRun()
	for _, e := range p.server {
		if e.Kind == EventReply {
			t.Errorf("a late reply: %+v", e.Command)
		}
	}
}

// Limits.PendingCalls: neither side can make the other hold more calls than are permitted.
func TestCallsAreBounded(t *testing.T) {
	const limit = 5
	for _, n := range []int{limit - 1, limit, limit + 1} {
		p := establishedWith(t, ServerConfig{Limits: Limits{PendingCalls: limit}}, ClientConfig{Limits: Limits{PendingCalls: limit + 1}})
		for range n { // the client permits itself one more than the server does
			if _, err := p.c.Call(0, -1, "f", nil); err != nil {
				t.Fatal(err)
			}
		}
		p.mustRun()
		r := find(p.client, EventReply)
		if refused := r != nil && r.Command != nil && r.Command.Name == "_error"; refused != (n > limit) || len(p.s.calls.in) != min(n, limit) {
			t.Errorf("%d calls: %d held, refused: %v", n, len(p.s.calls.in), refused)
		}
		for i := range n {
			if _, err := p.s.Call(0, -1, "f", nil); errors.Is(err, ErrCalls) != (i >= limit) {
				t.Errorf("own call %d: %v", i+1, err)
			}
		}
	}
}

// What fits into no message is refused, and nothing of it is sent; a call that cannot be answered so can be yet.
func TestCallsThatFitIntoNoMessage(t *testing.T) {
	p := established(t)
	long := amf.String(strings.Repeat("x", chunk.MaxSize-5))
	if _, err := p.c.Call(0, time.Second, "long", nil, long); err != ErrPayload {
		t.Errorf("call: %v", err)
	}
	if err := p.c.Notify(0, "long", nil, long); err != ErrPayload {
		t.Errorf("notify: %v", err)
	}
	shared := message.SharedObject{Events: []message.SharedEvent{{Kind: 99, Data: make([]byte, chunk.MaxSize-18)}}}
	if err := p.c.SendSharedObject(shared); err != ErrPayload {
		t.Errorf("shared object: %v", err)
	}
	if n := p.c.OutputBytes(); n != 0 {
		t.Errorf("%d bytes are to be sent", n)
	}
	id, err := p.c.Call(0, time.Second, "short", nil)
	if err != nil {
		t.Fatal(err)
	}
	p.mustRun()
	call := find(p.server, EventCommand)
	if err := p.s.Answer(call.Value, nil, long); err != ErrPayload {
		t.Errorf("answer: %v", err)
	}
	if err := p.s.Answer(call.Value, nil); err != nil {
		t.Error(err)
	}
	p.mustRun()
	if reply := find(p.client, EventReply); reply.Value != id {
		t.Errorf("the answer is %+v", reply)
	}
	shared.Events[0].Data = shared.Events[0].Data[1:] // the longest there can be
	if err := p.c.SendSharedObject(shared); err != nil {
		t.Error(err)
	}
}

func TestCallsNeedAConnection(t *testing.T) {
	k := newTalk(t, ServerConfig{})
	if _, err := k.s.Call(0, 0, "f", nil); !errors.Is(err, ErrState) {
		t.Errorf("before connect: %v", err)
	}
	if err := k.s.Notify(0, "f", nil); !errors.Is(err, ErrState) {
		t.Errorf("before connect: %v", err)
	}
	if err := k.s.SendSharedObject(message.SharedObject{}); !errors.Is(err, ErrState) {
		t.Errorf("before connect: %v", err)
	}
	k.publishing()
	if err := k.s.Notify(1, "onFoo", nil, amf.String("x")); err != nil {
		t.Fatal(err)
	}
	expect(t, "a notification", k.replies(), "csid 3 msid 1 onFoo 0 x")
	k.s.End()
	if err := k.s.Notify(1, "onFoo", nil); !errors.Is(err, ErrState) {
		t.Errorf("after the end: %v", err)
	}
}

// A102, D27: what players of content delivery networks and others send before they play is answered.
func TestAnswersToUsualCalls(t *testing.T) {
	k := newTalk(t, ServerConfig{})
	k.connect()
	k.replies()
	for _, c := range []struct {
		name string
		args []amf.Value
		want []string
	}{
		{"getStreamLength", []amf.Value{amf.String("key")}, []string{"csid 3 msid 0 _result 9 0"}},
		{"_checkbw", nil, []string{"csid 3 msid 0 _result 9 {}"}},
		{"FCSubscribe", []amf.Value{amf.String("key")},
			[]string{"csid 3 msid 0 onFCSubscribe 0 status NetStream.Play.Start", "csid 3 msid 0 _result 9 {}"}},
		{"FCUnsubscribe", []amf.Value{amf.String("key")}, []string{"csid 3 msid 0 _result 9 {}"}},
	} {
		k.command(0, c.name, 9, c.args...)
		expect(t, c.name, k.replies(), c.want...)
	}
	if n := k.s.Counters().Unknown; n != 0 {
		t.Errorf("%d of them were unknown", n)
	}
	h := newHost(t, ClientConfig{})
	h.says("02 000000 000000 01 00000000 00001000\n" + connected)
	h.heard()
	h.says("03 000000 000000 14 00000000 02 '_onbwcheck' 00 4014000000000000 05")
	if got := strings.Join(h.heard(), ""); !strings.HasPrefix(got, "csid 3 msid 0 _result 5") {
		t.Errorf("_onbwcheck: %s", got)
	}
}

// A139: shared object messages reach the application, and go out, on both sides, byte for byte as in the vectors.
func TestSharedObjects(t *testing.T) {
	p := established(t)
	use := message.SharedObject{Name: "chat", Events: []message.SharedEvent{{Kind: message.SharedUse}}}
	change := message.SharedObject{Name: "chat", Version: 3, Flags: message.SharedPersistent, Events: []message.SharedEvent{
		{Kind: message.SharedChange, Slots: []amf.Property{{Name: "n", Value: amf.Number(1)}}}}}
	if err := p.c.SendSharedObject(use); err != nil {
		t.Fatal(err)
	}
	if err := p.s.SendSharedObject(change); err != nil {
		t.Fatal(err)
	}
	p.mustRun()
	if e := find(p.server, EventSharedObject); !reflect.DeepEqual(*e.SharedObject, use) {
		t.Errorf("%+v", e.SharedObject)
	}
	if e := find(p.client, EventSharedObject); !reflect.DeepEqual(*e.SharedObject, change) {
		t.Errorf("%+v", e.SharedObject)
	}
	k := newTalk(t, ServerConfig{}).publishing()
	k.message(3, message.TypeSharedObjectAMF3, 0, 0, spell(t, "00 'chat' 00000000 00000000 00000000 01 00000000"))
	if e := find(k.events, EventSharedObject); !reflect.DeepEqual(*e.SharedObject, use) {
		t.Errorf("type 16: %+v", e.SharedObject)
	}
	if err := k.s.SendSharedObject(change); err != nil {
		t.Fatal(err)
	}
	out := k.l.hear(t, k.s.AppendOutput(nil))
	want := spell(t, "'chat' 00000003 00000002 00000000 04 0000000c 'n' 00 3ff0000000000000") // F12
	if m := out[0]; m.TypeID != 19 || m.StreamID != 0 || !bytes.Equal(m.payload, want) {
		t.Errorf("%+v", m)
	}
}

// A164: the request reaches a client that announced it, with its URL resolved; others are not asked.
func TestReconnectRequest(t *testing.T) {
	p := established(t)
	for _, c := range [][2]string{
		{"rtmps://new:1936/app", "rtmps://new:1936/app"}, {"//new/live", "rtmp://new/live"}, {"/other", "rtmp://host/other"}, {"", "rtmp://host/live"},
	} {
		p.client = nil
		if err := p.s.RequestReconnect(c[0], "draining"); err != nil {
			t.Fatal(err)
		}
		p.mustRun()
		e := find(p.client, EventReconnect)
		if e.URL != c[1] || e.Status.Description != "draining" || !p.c.Publishing() || p.c.Closing() {
			t.Errorf("%q: %q, %+v", c[0], e.URL, e.Status)
		}
	}
	p.client = nil
	p.c.config.BaseURL = "rtmp://base/app"
	if err := p.s.RequestReconnect("", ""); err != nil {
		t.Fatal(err)
	}
	p.mustRun()
	if e := find(p.client, EventReconnect); e.URL != "rtmp://base/app" {
		t.Errorf("from the base: %q", e.URL)
	}
	k := newTalk(t, ServerConfig{}).publishing()
	if err := k.s.RequestReconnect("", ""); !errors.Is(err, ErrNoReconnect) || k.s.OutputBytes() != 0 {
		t.Errorf("a client that does not know it: %v", err)
	}
	if err := newTalk(t, ServerConfig{}).s.RequestReconnect("", ""); !errors.Is(err, ErrState) {
		t.Errorf("before connect: %v", err)
	}
	if err := p.s.RequestReconnect("//new/live", "x"); err != nil {
		t.Fatal(err)
	}
	var l listener
	l.d = nil
	out := p.s.AppendOutput(nil)
	want := spell(t, `02 'onStatus' 00 0000000000000000 05 03 'level' 02 'status' 'code' 02 'NetConnection.Connect.ReconnectRequest'
		'description' 02 'x' 'tcUrl' 02 '//new/live' 000009`)
	if !bytes.Contains(out, want[:100]) || !bytes.HasSuffix(out, want[100:]) {
		t.Errorf("sent %x", out)
	}
}

// A89: play2 is a play of the stream that it names, with what it says.
func TestPlay2(t *testing.T) {
	p := playing(t, PlayRequest{}, PlayAnswer{NoSampleAccess: true})
	p.client, p.server = nil, nil
	if err := p.c.Play2(message.Play2{StreamName: "key2?x=1", OldStreamName: "key", Start: message.PlayLive, Duration: -1, Offset: -1, Transition: "switch",
		Properties: &amf.Object{Properties: []amf.Property{{Name: "mine", Value: amf.Boolean(true)}}}}); err != nil {
		t.Fatal(err)
	}
	p.mustRun()
	r := find(p.server, EventRequest).Request
	s := r.Play.Switch
	if r.Kind != RequestPlay || r.Name != "key2" || r.Query != "x=1" || r.Play.Start != message.PlayLive || s == nil {
		t.Fatalf("%+v", *r)
	}
	if s.Transition != "switch" || s.OldStreamName != "key" {
		t.Errorf("%+v", *s)
	}
	if v, _ := s.Properties.Get("mine"); v != amf.Boolean(true) {
		t.Errorf("properties %v", s.Properties)
	}
	if got := told(p.client); got != "control 0 1, Play.Transition, Play.Start" {
		t.Errorf("the player heard %s", got)
	}
	if e := find(p.server, EventStreamEnd); e.Reason != "play2" || !p.c.Playing() {
		t.Errorf("the old play ended with %q", e.Reason)
	}
}
