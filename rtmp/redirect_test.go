package rtmp

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// redirect answers the next request of a server by sending the peer elsewhere.
func redirect(t *testing.T, s *Server, url string) {
	t.Helper()
	r, err := s.Accept(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Redirect(url, "moved"); err != nil {
		t.Fatal(err)
	}
}

func TestRedirects(t *testing.T) {
	origin := bind(t, nil)
	for _, asked := range []bool{true, false} { // at connect, at publish
		edge := bind(t, &ServerOptions{AskConnect: asked})
		outcome := tryPublish("rtmp://"+edge.Addr()+"/live/key?a=1", &ClientOptions{FollowRedirects: true})
		redirect(t, edge, "rtmp://"+origin.Addr()+"/other/app")
		session := accept(t, origin)
		if err := <-outcome; err != nil {
			t.Error(err)
		}
		if session.App() != "other/app" || session.RawStreamName() != "key?a=1" || session.TCURL() != "rtmp://"+origin.Addr()+"/other/app" {
			t.Errorf("app %q, name %q, tcUrl %q", session.App(), session.RawStreamName(), session.TCURL())
		}

		outcome = tryPublish("rtmp://"+edge.Addr()+"/live/key", nil)
		redirect(t, edge, "rtmp://"+origin.Addr()+"/live")
		var status *StatusError
		if err := <-outcome; !errors.As(err, &status) || status.Description != "moved" {
			t.Errorf("who does not follow: %v", err)
		}
	}
}

func TestRedirectsAreBounded(t *testing.T) {
	s := bind(t, &ServerOptions{AskConnect: true})
	outcome := tryPublish("rtmp://"+s.Addr()+"/live/key", &ClientOptions{FollowRedirects: true})
	for range maxRedirects + 1 {
		redirect(t, s, "rtmp://"+s.Addr()+"/live")
	}
	if err := <-outcome; !errors.Is(err, errRedirects) {
		t.Error(err)
	}
}

// Those that led to a server that accepted do not count for the next ones.
func TestRedirectsAreCountedInARow(t *testing.T) {
	first, second, third := bind(t, &ServerOptions{AskConnect: true}), bind(t, &ServerOptions{AskConnect: true}), bind(t, nil)
	client, err := OpenPublish("rtmp://"+first.Addr()+"/live/key", &ClientOptions{FollowRedirects: true, FollowReconnects: true})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	for range maxRedirects {
		redirect(t, first, "rtmp://"+first.Addr()+"/live")
	}
	r, err := first.Accept(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Accept(); err != nil {
		t.Fatal(err)
	}
	session := accept(t, first)
	expectEvent(t, client, ClientConnected)
	if err := session.RequestReconnect("rtmp://"+second.Addr()+"/live", ""); err != nil {
		t.Fatal(err)
	}
	redirect(t, second, "rtmp://"+third.Addr()+"/live")
	accept(t, third)
	if err := client.Err(); err != nil {
		t.Error(err)
	}
}

// A client that is closed between two connections leaves nothing behind.
func TestCloseWhileRedirected(t *testing.T) {
	s := bind(t, &ServerOptions{AskConnect: true})
	c, err := OpenPublish("rtmp://"+s.Addr()+"/live/key", &ClientOptions{FollowRedirects: true})
	if err != nil {
		t.Fatal(err)
	}
	redirect(t, s, "rtmp://192.0.2.1/live") // nobody answers there
	time.Sleep(50 * time.Millisecond)
	begun := time.Now()
	c.Close()
	if d := time.Since(begun); d > 5*time.Second {
		t.Errorf("closing took %v", d)
	}
	if err := c.Err(); !errors.Is(err, ErrClosed) {
		t.Error(err)
	}
}

func TestRedirectedTarget(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{"rtmp://a/live/key", "rtmp://b/live", "rtmp://b/live key"},
		{"rtmp://a/live/key", "rtmp://b:1936/live/key", "rtmp://b:1936/live key"},
		{"rtmp://a/live/key", "rtmp://b/live/", "rtmp://b/live key"},
		{"rtmp://a/live/key?x=1", "rtmp://b/live/key?x=1", "rtmp://b/live key?x=1"},
		{"rtmp://a/live/key", "rtmp://b/other?t=1", "rtmp://b/other?t=1 key"},
		{"rtmp://a/live/key", "rtmp://b/key", "rtmp://b/key key"},
		{"rtmp://a/live/key", "rtmps://b/live", "rtmps://b/live key"},
		{"rtmps://a/live/key", "rtmps://b/live", "rtmps://b/live key"},
		{"rtmps://a/live/key", "rtmp://b/live", ""},
		{"rtmp://a/live/key", "http://b/live", ""},
		{"rtmp://a/live/key", "", ""},
	} {
		from, err := parseURL(test.from)
		if err != nil {
			t.Fatal(err)
		}
		to, err := from.redirected(test.to)
		if got := ""; err == nil {
			if got = to.tcURL() + " " + to.name; got != test.want {
				t.Errorf("%s to %s: %s", test.from, test.to, got)
			}
		} else if test.want != "" {
			t.Errorf("%s to %s: %v", test.from, test.to, err)
		}
	}
}

// A redirection may lead to TLS, where the server's name is the new one; it never leads away from it.
func TestRedirectsAndTLS(t *testing.T) {
	ca := newAuthority(t)
	origin, err := Bind("rtmps://127.0.0.1:0", &ServerOptions{TLS: ca.issue(t, nil, "127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	defer origin.Close()
	edge := bind(t, &ServerOptions{AskConnect: true, TLS: ca.issue(t, nil, "localhost")})
	if err := edge.Listen("rtmps://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	options := &ClientOptions{FollowRedirects: true, TLS: &TLSOptions{CAPEM: ca.pem}}
	outcome := tryPublish("rtmp://"+edge.Addr()+"/live/key", options)
	redirect(t, edge, origin.Addr()+"/live")
	session := accept(t, origin)
	if err := <-outcome; err != nil || session.TLS() == nil {
		t.Error(err, session.TLS())
	}

	options.TLS.ServerName = "localhost"
	outcome = tryPublish(edge.Addrs()[1]+"/live/key", options)
	redirect(t, edge, "rtmp://"+edge.Addr()+"/live")
	var status *StatusError
	if err := <-outcome; !errors.As(err, &status) || !strings.Contains(err.Error(), "redirection to a connection without TLS") {
		t.Error(err)
	}
}
