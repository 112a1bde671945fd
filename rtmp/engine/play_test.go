package engine

import (
	"fmt"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// told lists what a client was told, in order: statuses, control events and packets.
func told(events []Event) string {
	var out []string
	for _, e := range events {
		switch e.Kind {
		case EventPlaying, EventStatus, EventRefused, EventConnected:
			out = append(out, strings.TrimPrefix(e.Status.Code, "NetStream."))
		case EventControl:
			out = append(out, fmt.Sprint("control ", e.Control.Event, " ", e.Control.StreamID))
		case EventPacket:
			out = append(out, fmt.Sprint(e.Packet.Type, " ", e.Packet.Handler, e.Packet.Timestamp, " ", len(e.Packet.Data)))
			e.Packet.Release()
		case EventStreamEnd:
			out = append(out, "end "+e.Reason)
		}
	}
	return strings.Join(out, ", ")
}

func playing(t *testing.T, p PlayRequest, a PlayAnswer) *pair {
	t.Helper()
	pr := newPair(t, ClientConfig{Play: &p, StreamName: "key?x=1"}, ServerConfig{AskPlay: true})
	pr.decide = func(r *Request) {
		if r.Kind != RequestPlay {
			t.Fatalf("a request for %v", r.Kind)
		}
		if err := pr.s.AcceptPlay(r.ID, a); err != nil {
			t.Fatal(err)
		}
	}
	pr.mustRun()
	return pr
}

func TestPlayConversation(t *testing.T) {
	p := playing(t, PlayRequest{Start: message.PlayLive, Reset: true, BufferLength: 700}, PlayAnswer{Recorded: true, DataStart: true})
	r := find(p.server, EventRequest).Request
	if r.Name != "key" || r.Query != "x=1" || r.App != "live" || r.Play != (PlayRequest{message.PlayLive, -1, true, 700, nil}) {
		t.Fatalf("request %+v", *r)
	}
	want := "NetConnection.Connect.Success, control 4 1, control 0 1, Play.Reset, Play.Start, 18 |RtmpSampleAccess0 24, 18 onStatus0 44"
	got := strings.Replace(told(p.client), "control 0 0, ", "", 1)
	if got != want {
		t.Fatalf("the player heard\n %s, want\n %s", got, want)
	}
	p.client, p.server = nil, nil

	send := func(typeID uint8, ts uint32) {
		if err := p.s.SendMedia(1, typeID, ts, []byte{0x27, 1}, make([]byte, 300)); err != nil {
			t.Fatal(err)
		}
	}
	send(9, 100)
	send(8, 110)
	p.mustRun()
	p.c.Pause(true, 110)
	p.mustRun()
	send(9, 120)
	send(8, 130)
	p.mustRun()
	p.c.Pause(false, 110)
	p.mustRun()
	send(9, 140)
	p.c.ReceiveVideo(false)
	p.mustRun()
	send(9, 150)
	send(8, 160)
	p.c.ReceiveVideo(true)
	p.mustRun()
	send(9, 170)
	p.c.Seek(5000)
	p.mustRun()
	p.s.NotifyPublish(1, "")
	p.s.StopPlay(1, "gone")
	p.mustRun()
	want = "9 100 297, 8 110 301, Pause.Notify, Unpause.Notify, control 0 1, 9 140 297, 8 160 301, Seek.Notify, Play.Start, 9 170 297, " +
		"Seek.Notify, control 0 1, Play.Start, Play.PublishNotify, end NetStream.Play.UnpublishNotify"
	if got := told(p.client); got != want {
		t.Fatalf("the player heard\n %s, want\n %s", got, want)
	}
	for e, ok := p.s.NextEvent(); ok; e, ok = p.s.NextEvent() {
		p.server = append(p.server, e)
	}
	var heard []EventKind
	for _, e := range p.server {
		if e.Kind >= EventPause && e.Kind <= EventReceiveOff || e.Kind == EventStreamEnd {
			heard = append(heard, e.Kind)
		}
	}
	if fmt.Sprint(heard) != fmt.Sprint([]EventKind{EventPause, EventUnpause, EventReceiveOff, EventReceiveOn, EventSeek, EventStreamEnd}) {
		t.Fatalf("the server heard %v", heard)
	}
	if p.s.Closing() {
		t.Fatal("the connection ended with the stream")
	}
}

func TestMediaBeforePlayStartIsKept(t *testing.T) {
	p := newPair(t, ClientConfig{Play: &PlayRequest{}}, ServerConfig{AskPlay: true})
	p.decide = func(r *Request) {
		s := p.s
		s.encoder.SetChunkSize(4096)
		s.send(csidVideo, message.TypeVideo, 1, 0, []byte{0x17, 0, 0, 0, 0, 1, 2, 3})
		s.AcceptPlay(r.ID, PlayAnswer{NoSampleAccess: true})
	}
	p.mustRun()
	if got := told(p.client); !strings.Contains(got, "9 0 3, control 0 1, Play.Reset, Play.Start") {
		t.Fatal(got)
	}
}

func TestRefusedPlayMayTryAgain(t *testing.T) {
	for _, ask := range []bool{false, true} {
		p := newPair(t, ClientConfig{Play: &PlayRequest{}}, ServerConfig{AskPlay: ask})
		p.decide = func(r *Request) { p.s.Reject(r.ID, "", "nothing here") }
		p.mustRun()
		e := find(p.client, EventRefused)
		if e == nil || e.Phase != PhasePlay || e.Status.Code != message.CodePlayStreamNotFound {
			t.Fatalf("%+v", e)
		}
		if p.s.Closing() {
			t.Fatal("the server ended the connection")
		}
	}
}

func TestServerSendsMetadataAsPlayersExpectIt(t *testing.T) {
	raw := amf.AppendValuesAMF0(nil, amf.String("@setDataFrame"), amf.String("onMetaData"), &amf.ECMAArray{})
	for _, c := range []struct {
		typeID uint8
		raw    []byte
		want   string
	}{
		{message.TypeData, raw, "18 onMetaData7 21"},
		{message.TypeDataAMF3, append([]byte{0}, raw...), "15 onMetaData7 21"},
		{message.TypeDataAMF3, raw, "15 onMetaData7 21"},
	} {
		p := playing(t, PlayRequest{}, PlayAnswer{NoSampleAccess: true})
		p.client = nil
		for _, packet := range media.AppendPackets(nil, c.typeID, 7, c.raw) {
			if err := p.s.SendPacket(1, &packet); err != nil {
				t.Fatal(err)
			}
		}
		p.mustRun()
		if got := told(p.client); got != c.want || p.client[0].Packet.Flags&media.FlagSetDataFrame != 0 {
			t.Errorf("%d %q: %s", c.typeID, c.raw, got)
		}
	}
}

func TestSilentPlayerThatReadsLives(t *testing.T) {
	p := playing(t, PlayRequest{}, PlayAnswer{})
	for now := DefaultTimeouts.Idle / 4; now < 4*DefaultTimeouts.Idle; now += DefaultTimeouts.Idle / 4 {
		p.s.Progress(now)
		if err := p.s.Advance(now); err != nil {
			t.Fatal(now, err)
		}
	}
	if err := p.s.Advance(4*DefaultTimeouts.Idle + DefaultTimeouts.Idle/2); err != nil {
		t.Fatal(err)
	}
	if err := p.s.Advance(6 * DefaultTimeouts.Idle); err == nil {
		t.Fatal("a player that neither speaks nor reads lives for ever")
	}
}
