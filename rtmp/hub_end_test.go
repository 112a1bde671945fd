package rtmp

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

func playCommand(name string) message.Command {
	return message.NewCommand("play", 0, amf.String(name))
}

// A97: when the publisher has ended players hear UnpublishNotify, Stop and StreamEOF, in this order, and stay connected:
// they can play again, on the same stream.
func TestHubPlayersHearTheEnd(t *testing.T) {
	h, s := live(t, &HubOptions{Grace: -1}, ServerOptions{})
	p := newPlainPeer(t, s.Addr())
	for round := range 3 {
		c := publishTo(t, s, "cam")
		c.SendVideo(0, true, numbered(0, 8))
		waitFor(t, "the stream", func() bool { return frames(h) == 1 })
		p.command(1, playCommand("cam"))
		if got, want := strings.Join(p.until("media 9"), ", "), "event 0, NetStream.Play.Reset, NetStream.Play.Start, |RtmpSampleAccess, media 9"; got != want {
			t.Fatalf("round %d: %s, want %s", round, got, want)
		}
		c.Close()
		got := strings.Join(p.until("event 1"), ", ")
		if want := "NetStream.Play.UnpublishNotify, NetStream.Play.Stop, event 1"; got != want {
			t.Fatalf("round %d: %s, want %s", round, got, want)
		}
	}
	waitFor(t, "the publishers to go", func() bool { return s.Connections() == 1 })
}

// A98: a publisher whose session the server closes hears Unpublish.Success and StreamEOF.
func TestClosedPublisherHearsIt(t *testing.T) {
	s := bind(t, nil)
	p := newPlainPeer(t, s.Addr())
	p.command(1, message.NewCommand("publish", 0, amf.String("cam"), amf.String("live")))
	session := accept(t, s)
	p.until(message.CodePublishStart)
	session.Close()
	if got, want := strings.Join(p.until(message.CodeUnpublishSuccess), ", "), "event 1, NetStream.Unpublish.Success"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A96: a player that has got all of a recorded stream hears Play.Complete, Stop and StreamEOF, and can go on.
func TestPlayComplete(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true})
	p := newPlainPeer(t, s.Addr())
	for round := range 2 {
		p.command(1, playCommand("film"))
		session := accept(t, s)
		session.SendVideo(0, true, []byte{1})
		if err := session.Complete(); err != nil {
			t.Fatal(err)
		}
		got := strings.Join(p.until("event 1"), ", ")
		if want := "media 9, onPlayStatus NetStream.Play.Complete, NetStream.Play.Stop, event 1"; !strings.HasSuffix(got, want) {
			t.Fatalf("round %d: %s, want %s", round, got, want)
		}
		if err := session.Complete(); err == nil {
			t.Error("completed twice")
		}
		session.Close()
	}
}

// A86, A87: how a play is answered is the server's to say, for all plays or for one.
func TestPlayAnswers(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true, PlayAnswer: PlayAnswer{DataStart: true}})
	p := newPlainPeer(t, s.Addr())
	for _, c := range []struct {
		accept func(*Request) (*Session, error)
		want   string
	}{
		{(*Request).Accept, "event 0, NetStream.Play.Reset, NetStream.Play.Start, |RtmpSampleAccess, onStatus NetStream.Data.Start, media 8"},
		{func(r *Request) (*Session, error) {
			return r.AcceptPlay(PlayAnswer{Recorded: true, NoSampleAccess: true})
		},
			"event 4, event 0, NetStream.Play.Reset, NetStream.Play.Start, media 8"},
	} {
		p.command(1, playCommand("film"))
		r, err := s.Accept(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		session, err := c.accept(r)
		if err != nil {
			t.Fatal(err)
		}
		session.SendAudio(0, []byte{1})
		if got := strings.Join(p.until("media 8"), ", "); got != c.want {
			t.Errorf("%s, want %s", got, c.want)
		}
	}
}

// A93: receiveVideo false ends the video without a word; true is answered with Seek.Notify and Play.Start, and the video
// goes on with its headers and a keyframe.
func TestHubReceiveVideo(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	c := publishTo(t, s, "cam")
	c.SendVideoSequenceHeader([]byte{1})
	c.SendVideo(0, true, numbered(0, 8))
	waitFor(t, "the stream", func() bool { return frames(h) == 2 })
	p := newPlainPeer(t, s.Addr())
	p.command(1, playCommand("cam"))
	p.until("media 9")
	p.until("media 9")
	receive := func(want bool) { p.command(1, message.NewCommand("receiveVideo", 0, amf.Boolean(want))) }
	player := func() PlayerInfo {
		list, err := h.Players("live", "cam")
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0]
	}
	receive(false)
	waitFor(t, "the player to be known", func() bool { return player().NoVideo })
	c.SendVideo(40, false, numbered(1, 8))
	c.SendAudio(40, []byte{1})
	if got := strings.Join(p.until("media 8"), ", "); got != "media 8" {
		t.Errorf("without video: %s", got)
	}
	receive(true)
	if got, want := strings.Join(p.until("NetStream.Play.Start"), ", "), "NetStream.Seek.Notify, NetStream.Play.Start"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	c.SendVideo(80, false, numbered(2, 8)) // cannot be decoded
	c.SendVideo(120, true, numbered(3, 8))
	var times []uint32
	for len(times) < 2 {
		m, err := p.next()
		if err != nil {
			t.Fatal(err)
		}
		if m.TypeID == message.TypeVideo {
			times = append(times, m.Timestamp)
		}
	}
	if fmt.Sprint(times) != "[0 120]" {
		t.Errorf("video at %v, want the header and the keyframe", times)
	}
}

// A169: a stream that players wait for ends after a while if nobody comes, and at once when they have gone.
func TestHubWaitLimit(t *testing.T) {
	h, s := live(t, &HubOptions{WaitForPublisher: true, WaitLimit: 300 * time.Millisecond}, ServerOptions{})
	p := newPlainPeer(t, s.Addr())
	p.command(1, playCommand("cam"))
	p.until("NetStream.Play.Start")
	if n := len(h.Streams()); n != 1 {
		t.Fatalf("%d streams", n)
	}
	p.until("event 1")
	waitFor(t, "the stream to go", func() bool { return len(h.Streams()) == 0 })
	p.command(1, playCommand("cam"))
	p.until("NetStream.Play.Start")
	c := publishTo(t, s, "cam") // in time
	time.Sleep(400 * time.Millisecond)
	c.SendVideo(0, true, []byte{1})
	p.until("media 9")
	p.conn.Close()
	other := newPlainPeer(t, s.Addr())
	other.command(1, playCommand("other"))
	other.until("NetStream.Play.Start")
	other.conn.Close()
	waitFor(t, "the other to go at once", func() bool { return len(h.Streams()) == 1 })
}
