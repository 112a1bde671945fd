package rtmp

import (
	"errors"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// play2 is a switch to another stream, with a property of its own.
var play2 = message.Play2{StreamName: "other?b=2", Start: message.PlayAny, Duration: -1, Offset: 1.5, Transition: "switch",
	Properties: &amf.Object{Properties: []amf.Property{{Name: "mine", Value: amf.String("kept")}}}}

// A89: play2 becomes a request that has its object; accepted, the same player gets the other stream. One that is asked to
// connect anew after that comes for the other stream.
func TestClientPlay2(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true})
	c, first := played(t, s, &ClientOptions{FollowReconnects: true})
	if err := first.SendVideo(0, true, []byte("first")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"", "a\x00b", strings.Repeat("x", 65536)} {
		if err := c.Play2(message.Play2{StreamName: name}); err == nil {
			t.Errorf("a name of %d bytes was sent", len(name))
		}
	}
	if err := c.Play2(play2); err != nil {
		t.Fatal(err)
	}
	r, err := s.Accept(5 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	asked := r.Play().Switch
	if asked == nil || r.Kind() != RequestPlay || r.StreamName() != "other" || r.Query() != "b=2" || asked.Transition != "switch" || asked.Offset != 1.5 {
		t.Fatalf("%v %q %+v", r.Kind(), r.StreamName(), asked)
	}
	if v, _ := asked.Properties.Get("mine"); v != amf.String("kept") {
		t.Errorf("%v", asked.Properties)
	}
	second, err := r.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if second.Play().Switch != asked || first.Play().Switch != nil {
		t.Errorf("%+v %+v", second.Play(), first.Play())
	}
	if err := first.SendVideo(40, true, []byte("late")); err == nil {
		t.Error("the stream that was left can be sent to")
	}
	if err := second.SendVideo(40, true, []byte("second")); err != nil {
		t.Fatal(err)
	}
	nextFrame(t, c, "first")
	nextFrame(t, c, "second")
	if e := expectEventOf(t, c, ClientStatus); e.Status.Code != message.CodePlayTransition {
		t.Errorf("%+v", e.Status)
	}

	if err := second.RequestReconnect("", ""); err != nil {
		t.Fatal(err)
	}
	third := accept(t, s)
	if third.StreamName() != "other" || third.Play().Switch != nil {
		t.Errorf("it came back for %q, %+v", third.StreamName(), third.Play())
	}
	if err := third.SendVideo(80, true, []byte("third")); err != nil {
		t.Fatal(err)
	}
	nextFrame(t, c, "third")
}

// A hub answers play2 by itself; without such a stream the play ends.
func TestHubPlay2(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	for _, name := range []string{"cam", "other"} {
		p, err := h.PublishClient("live", name, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer p.Close()
		if err := p.SendVideo(40, true, []byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "both", func() bool { return frames(h) == 2 })
	c := playFrom(t, s, "cam")
	nextFrame(t, c, "cam")
	if err := c.Play2(play2); err != nil {
		t.Fatal(err)
	}
	nextFrame(t, c, "other")
	p, err := h.PublishClient("live", "third", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if err := p.Play2(play2); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("a client inside the hub: %v", err)
	}
	publisher, _ := published(t, bind(t, nil), nil)
	if err := publisher.Play2(play2); err != engine.ErrState {
		t.Errorf("a publisher: %v", err)
	}
}

// nextFrame expects a video frame next, besides messages of other kinds.
func nextFrame(t *testing.T, c *Client, want string) {
	t.Helper()
	for {
		p, err := c.NextPacket(5 * time.Second)
		if err != nil {
			t.Fatalf("instead of %s: %v", want, err)
		}
		if p.Type == message.TypeVideo {
			if string(p.Data) != want {
				t.Errorf("got %q instead of %q", p.Data, want)
			}
			p.Release()
			return
		}
		p.Release()
	}
}

// expectEventOf takes events until one of a kind comes.
func expectEventOf(t *testing.T, c *Client, kind ClientEventKind) ClientEvent {
	t.Helper()
	for {
		e, err := c.NextEvent(5 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == kind {
			return e
		}
	}
}
