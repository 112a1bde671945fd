package message_test

import (
	"net/url"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// A164: references are resolved as RFC 3986 says: its own examples, those of Enhanced RTMP, and net/url agree.
func TestResolveURL(t *testing.T) {
	for _, c := range [][3]string{
		{"rtmp://old:1936/app", "", "rtmp://old:1936/app"},
		{"rtmp://old:1936/app", "rtmps://new/app2", "rtmps://new/app2"},
		{"rtmp://old:1936/app", "//192.0.2.0/realtimeapp", "rtmp://192.0.2.0/realtimeapp"},
		{"rtmp://old:1936/app", "/other", "rtmp://old:1936/other"},
		{"rtmp://old:1936/app/instance", "other", "rtmp://old:1936/app/other"},
		{"rtmp://old:1936", "other", "rtmp://old:1936/other"},
		{"rtmp://old/app?token=a/b", "other?x=1", "rtmp://old/other?x=1"},
		{"rtmp://[::1]:1935/app", "/b", "rtmp://[::1]:1935/b"},
		{"http://a/b/c/d;p?q", "g", "http://a/b/c/g"},
		{"http://a/b/c/d;p?q", "./g", "http://a/b/c/g"},
		{"http://a/b/c/d;p?q", "g/", "http://a/b/c/g/"},
		{"http://a/b/c/d;p?q", "/g", "http://a/g"},
		{"http://a/b/c/d;p?q", "//g", "http://g"},
		{"http://a/b/c/d;p?q", "?y", "http://a/b/c/d;p?y"},
		{"http://a/b/c/d;p?q", "g?y", "http://a/b/c/g?y"},
		{"http://a/b/c/d;p?q", ";x", "http://a/b/c/;x"},
		{"http://a/b/c/d;p?q", "", "http://a/b/c/d;p?q"},
		{"http://a/b/c/d;p?q", ".", "http://a/b/c/"},
		{"http://a/b/c/d;p?q", "./", "http://a/b/c/"},
		{"http://a/b/c/d;p?q", "..", "http://a/b/"},
		{"http://a/b/c/d;p?q", "../g", "http://a/b/g"},
		{"http://a/b/c/d;p?q", "../..", "http://a/"},
		{"http://a/b/c/d;p?q", "../../../g", "http://a/g"},
		{"http://a/b/c/d;p?q", "/./g", "http://a/g"},
		{"http://a/b/c/d;p?q", "g/./h", "http://a/b/c/g/h"},
		{"http://a/b/c/d;p?q", "g/../h", "http://a/b/c/h"},
	} {
		if got := message.ResolveURL(c[0], c[1]); got != c[2] {
			t.Errorf("%s and %s: %s, want %s", c[0], c[1], got, c[2])
		}
		base, err := url.Parse(c[0])
		if err != nil {
			t.Fatal(err)
		}
		if u, err := base.Parse(c[1]); err != nil || u.String() != c[2] {
			t.Errorf("%s and %s: net/url has %v, %v", c[0], c[1], u, err)
		}
	}
}

// A164: the request as it is sent, and what a client makes of it.
func TestReconnectRequest(t *testing.T) {
	s := message.ReconnectRequest("//new/app", "draining")
	got, ok := message.ParseStatus(s.Command())
	if !ok || got.Code != "NetConnection.Connect.ReconnectRequest" || got.Level != message.LevelStatus || got.Description != "draining" {
		t.Fatalf("%+v", got)
	}
	if url, ok := got.Reconnect("rtmp://old/app"); !ok || url != "rtmp://new/app" {
		t.Errorf("%q, %v", url, ok)
	}
	if url, ok := message.ReconnectRequest("", "").Reconnect("rtmp://old/app"); !ok || url != "rtmp://old/app" {
		t.Errorf("without a URL: %q, %v", url, ok)
	}
	if v, ok := message.ReconnectRequest("", "").Get("tcUrl"); ok {
		t.Errorf("tcUrl %v", v)
	}
	if _, ok := message.NewStatus(message.CodeConnectRejected, "").Reconnect("rtmp://old/app"); ok {
		t.Error("another status")
	}
	odd := message.NewStatus(message.CodeConnectReconnectRequest, "")
	odd.Properties = []amf.Property{{Name: "tcUrl", Value: amf.Number(1)}}
	if url, ok := odd.Reconnect("rtmp://old/app"); !ok || url != "rtmp://old/app" {
		t.Errorf("tcUrl is a number: %q, %v", url, ok)
	}
}
