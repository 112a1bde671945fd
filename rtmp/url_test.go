package rtmp

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"oxrtmp/rtmp/engine"
)

// A120, D35, D36: where a URL leads, and what is said there: connect's app and tcUrl, and publish's name.
func TestURLs(t *testing.T) {
	for _, c := range []struct {
		url, address, app, name, tcURL string
	}{
		{"rtmp://host/live/key", "host:1935", "live", "key", "rtmp://host/live"},
		{"rtmp://host:1935/live/key", "host:1935", "live", "key", "rtmp://host/live"},
		{"rtmp://host:1936/live/key", "host:1936", "live", "key", "rtmp://host:1936/live"},
		{"RTMP://Host/Live/Key", "Host:1935", "Live", "Key", "rtmp://Host/Live"},
		{"rtmps://host/live/key", "host:443", "live", "key", "rtmps://host/live"},
		{"rtmps://host:1935/live/key", "host:1935", "live", "key", "rtmps://host:1935/live"},
		{"rtmp://127.0.0.1:80/live/key", "127.0.0.1:80", "live", "key", "rtmp://127.0.0.1:80/live"},
		{"rtmp://[::1]/live/key", "[::1]:1935", "live", "key", "rtmp://[::1]/live"},
		{"rtmp://[::1]:1936/live/key", "[::1]:1936", "live", "key", "rtmp://[::1]:1936/live"},
		{"rtmp://[fe80::1%eth0]/live/key", "[fe80::1%eth0]:1935", "live", "key", "rtmp://[fe80::1%eth0]/live"},
		{"rtmp://host/a/b/c/key", "host:1935", "a/b/c", "key", "rtmp://host/a/b/c"},
		{"rtmp://host/live/", "host:1935", "live", "", "rtmp://host/live"},
		{"rtmp://host/key", "host:1935", "", "key", "rtmp://host/"},
		{"rtmp://host/", "host:1935", "", "", "rtmp://host/"},
		{"rtmp://host", "host:1935", "", "", "rtmp://host/"},
		{"rtmp://host/live/key?a=1&b=2", "host:1935", "live", "key?a=1&b=2", "rtmp://host/live"},
		{"rtmp://host/live/key?a=/b/c", "host:1935", "live", "key?a=/b/c", "rtmp://host/live"},
		{"rtmp://host/live/key?a=b@c:d", "host:1935", "live", "key?a=b@c:d", "rtmp://host/live"},
		{"rtmp://host/live?a=1", "host:1935", "", "live?a=1", "rtmp://host/"},
		{"rtmp://host?a=1", "host:1935", "", "?a=1", "rtmp://host/"},
		{"rtmp://host/live/key#part", "host:1935", "live", "key#part", "rtmp://host/live"},
		{"rtmp://user:secret@host/live/key", "host:1935", "live", "key", "rtmp://host/live"},
		{"rtmp://user:p%40ss%2Fword@host:1936/live/key", "host:1936", "live", "key", "rtmp://host:1936/live"},
		{"rtmp://user@[::1]:1936/live/key", "[::1]:1936", "live", "key", "rtmp://[::1]:1936/live"},
		{"rtmp://a.rtmp.youtube.com/live2/abcd-efgh-ijkl", "a.rtmp.youtube.com:1935", "live2", "abcd-efgh-ijkl", "rtmp://a.rtmp.youtube.com/live2"},
		{"rtmp://live.twitch.tv/app/live_1_x?bandwidthtest=true", "live.twitch.tv:1935", "app", "live_1_x?bandwidthtest=true", "rtmp://live.twitch.tv/app"},
		{"rtmps://live-api-s.facebook.com:443/rtmp/FB-1-0-x?s_bl=1&s_psm=1&a=A/b", "live-api-s.facebook.com:443", "rtmp", "FB-1-0-x?s_bl=1&s_psm=1&a=A/b", "rtmps://live-api-s.facebook.com/rtmp"},
	} {
		u, err := parseURL(c.url)
		if err != nil {
			t.Errorf("%s: %v", c.url, err)
			continue
		}
		if u.address() != c.address || u.app != c.app || u.name != c.name || u.tcURL() != c.tcURL {
			t.Errorf("%s: address %q app %q name %q tcUrl %q", c.url, u.address(), u.app, u.name, u.tcURL())
		}
		if strings.Contains(c.url, "secret") && (u.user != "user" || u.password != "secret") || strings.Contains(c.url, "%40") && u.password != "p@ss/word" {
			t.Errorf("%s: user %q password %q", c.url, u.user, u.password)
		}
	}
}

func TestBadURLs(t *testing.T) {
	for _, url := range []string{
		"", "host/live/key", "http://host/live/key", "rtmpt://host/live/key", "rtmpe://host/live/key", "rtmp:/host/live/key", "://host/live",
		"rtmp:///live/key", "rtmp://:1935/live/key", "rtmp://host:/live/key", "rtmp://host:abc/live/key", "rtmp://host:0/live/key",
		"rtmp://host:65536/live/key", "rtmp://host:-1/live/key", "rtmp://host:1:2/live/key", "rtmp://::1/live/key", "rtmp://[::1/live/key",
		"rtmp://[::1]x/live/key", "rtmp://[::1]:/live/key", "rtmp://user%zz:x@host/live/key", "rtmp://host/live/ke\x00y", "rtmp://ho\x00st/live/key",
	} {
		if u, err := parseURL(url); err == nil {
			t.Errorf("%q is taken: %+v", url, u)
		}
		if c, err := OpenPublish(url, nil); err == nil {
			c.Close()
			t.Errorf("%q is taken", url)
		}
		near, far := net.Pipe()
		if _, err := PublishConn(context.Background(), near, url, nil); err == nil {
			t.Errorf("%q is taken", url)
		}
		if _, err := far.Read(make([]byte, 1)); err == nil {
			t.Errorf("%q: the connection stays open", url)
		}
	}
	var e *Error
	if _, err := Publish(context.Background(), "rtmp://no such host/live/key", nil); !errors.As(err, &e) || e.Phase != engine.PhaseResolve {
		t.Errorf("a host that cannot be: %v", err)
	}
}

// What options say wins over the URL, and options that make no sense are refused by name.
func TestClientOptions(t *testing.T) {
	s := bind(t, &ServerOptions{AskConnect: true})
	for _, c := range []struct {
		options              ClientOptions
		app, name, tcURL, kd string
	}{
		{ClientOptions{}, "live", "key?a=1", "rtmp://" + s.Addr() + "/live", "live"},
		{ClientOptions{App: "a/b"}, "a/b", "key?a=1", "rtmp://" + s.Addr() + "/a/b", "live"},
		{ClientOptions{StreamName: "other"}, "live", "other", "rtmp://" + s.Addr() + "/live", "live"},
		{ClientOptions{TCURL: "rtmp://elsewhere/x", PublishType: "record"}, "live", "key?a=1", "rtmp://elsewhere/x", "record"},
		{ClientOptions{PublishType: "append", FlashVer: "mine", PageURL: "page", SWFURL: "swf"}, "live", "key?a=1", "rtmp://" + s.Addr() + "/live", "append"},
	} {
		client, err := OpenPublish("rtmp://"+s.Addr()+"/live/key?a=1", &c.options)
		if err != nil {
			t.Fatal(err)
		}
		connect, err := s.Accept(-1)
		if err != nil || connect.Kind() != RequestConnect || connect.App() != c.app || connect.TCURL() != c.tcURL {
			t.Fatalf("%+v: app %q tcUrl %q, %v", c.options, connect.App(), connect.TCURL(), err)
		}
		if info := connect.Connect(); c.options.FlashVer != "" && (info.FlashVer != "mine" || info.PageURL != "page" || info.SWFURL != "swf") {
			t.Errorf("%+v: %+v", c.options, info)
		}
		connect.Accept()
		r, err := s.Accept(-1)
		if err != nil || r.RawStreamName() != c.name || r.PublishType() != c.kd {
			t.Errorf("%+v: name %q type %q, %v", c.options, r.RawStreamName(), r.PublishType(), err)
		}
		client.Close()
	}
	for _, c := range []struct {
		field   string
		options ClientOptions
	}{
		{"ChunkSize", ClientOptions{ChunkSize: 65537}}, {"PublishType", ClientOptions{PublishType: "LIVE"}},
		{"App", ClientOptions{App: "a\x00b"}}, {"StreamName", ClientOptions{StreamName: "a\x00b"}}, {"TCURL", ClientOptions{TCURL: "a\x00b"}},
		{"StreamName", ClientOptions{StreamName: strings.Repeat("n", 65536)}},
	} {
		if _, err := OpenPublish("rtmp://host/live/key", &c.options); err == nil || !strings.Contains(err.Error(), c.field) {
			t.Errorf("%s: %v", c.field, err)
		}
	}
	if _, err := NewServer(&ServerOptions{ChunkSize: 65537}); err == nil || !strings.Contains(err.Error(), "ChunkSize") {
		t.Errorf("a server with large chunks: %v", err)
	}
}
