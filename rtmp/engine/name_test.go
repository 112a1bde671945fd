package engine

import (
	"bytes"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
)

// absent is an app property that is not there.
const absent = "\x00absent"

// C26, D29: every form in which encoders say what they publish where.
func TestNamesOfAppsAndStreams(t *testing.T) {
	for _, c := range []struct {
		tcURL, app, raw  string
		wantApp, wantKey string
		query            string
	}{
		{"rtmp://h/live", "live", "key", "live", "key", ""},
		{"rtmp://h:1935/live", "live", "key", "live", "key", ""},
		{"rtmp://h/live/", "live/", "key", "live", "key", ""},
		{"rtmp://h/live", "/live", "/key", "live", "key", ""},
		{"rtmp://h/live", "//live//", "key/", "live", "key", ""},
		{"rtmp://h/a/b/c", "a/b/c", "key", "a/b/c", "key", ""},
		{"rtmp://h/live", "live", "a/b", "live", "a/b", ""},
		{"rtmp://h/live", "live", "a/b/c", "live", "a/b/c", ""},
		{"rtmp://h/live", "live", "", "live", "", ""},
		{"rtmp://h/", "", "key", "", "key", ""},
		{"rtmp://h", "", "key", "", "key", ""},
		{"rtmp://h/", "", "", "", "", ""},
		{"rtmp://h/key", "key", "", "key", "", ""},
		{"rtmp://h/live", "", "key", "", "key", ""}, // says that it is empty
		{"rtmp://h/live", absent, "key", "live", "key", ""},
		{"rtmp://h:1935/a/b/", absent, "key", "a/b", "key", ""},
		{"rtmp://h/live?x=1", absent, "key", "live", "key", "x=1"},
		{"rtmp://h?x=/y", absent, "key", "", "key", "x=/y"},
		{"", absent, "key", "", "key", ""},
		{"nonsense", absent, "key", "", "key", ""},
		{"", "live", "key", "live", "key", ""},
		{"'rtmp://h/live'", "live", "key", "live", "key", ""},
		{"'rtmp://h/live'", absent, "key", "live", "key", ""},
		{"rtmp://h/live", "live", "key?a=1", "live", "key", "a=1"},
		{"rtmp://h/live", "live", "key?a=1&b=2", "live", "key", "a=1&b=2"},
		{"rtmp://h/live", "live", "key?", "live", "key", ""},
		{"rtmp://h/live", "live", "key?a=/b/c", "live", "key", "a=/b/c"},
		{"rtmp://h/live", "live", "key?a=b?c", "live", "key", "a=b?c"},
		{"rtmp://h/live", "live", "?a=1", "live", "", "a=1"},
		{"rtmp://h/live?a=1", "live?a=1", "key", "live", "key", "a=1"},
		{"rtmp://h/live?a=1", "live?a=1", "key?b=2", "live", "key", "b=2&a=1"},
		{"rtmp://h/live?c=3", "live?a=1", "key?b=2", "live", "key", "b=2&a=1&c=3"},
		{"rtmp://h/live?a=1", "live", "key", "live", "key", "a=1"},
		{"rtmp://h/live?", "live?", "key", "live", "key", ""},
		{"rtmp://h/live/?a=1", "live/?a=1", "key", "live", "key", "a=1"},
		{"rtmp://h/?authmod=adobe&user=u", "?authmod=adobe&user=u", "key", "", "key", "authmod=adobe&user=u"},
		{"rtmp://h/live", "live?vhost=example.com", "key", "live", "key", "vhost=example.com"},
		{"rtmp://h/live/_definst_", "live/_definst_", "key", "live", "key", ""},
		{"rtmp://h/live/_definst_/", "live/_definst_/", "key", "live", "key", ""},
		{"rtmp://h/_definst_", "_definst_", "key", "", "key", ""},
		{"rtmp://h/live/inst", "live/inst", "mp4:dir/film.mp4", "live/inst", "mp4:dir/film.mp4", ""},
		{"rtmp://h/live", "live", "flv:key", "live", "flv:key", ""},
		{"rtmp://h/live", "live", "key\n", "live", "key", ""},
		{"rtmp://h/live", "live", " key\r\n\t", "live", "key", ""},
		{"rtmp://h/live", "live", "key?a=1 ", "live", "key", "a=1"},
		{"rtmp://h/live", "live", "my key", "live", "my key", ""},
		{"rtmp://h/live", "live", "my%20key", "live", "my%20key", ""},
		{"rtmp://h/live", "live", "ключ-鍵-🔑", "live", "ключ-鍵-🔑", ""},
		{"rtmps://live-api-s.facebook.com:443/rtmp/", "rtmp/", "FB-1-0-x?s_bl=1&s_psm=1&a=b", "rtmp", "FB-1-0-x", "s_bl=1&s_psm=1&a=b"},
		{"rtmp://a.rtmp.youtube.com/live2", "live2", "abcd-efgh", "live2", "abcd-efgh", ""},
		{"rtmp://h/app/name?x=", "app/name?x=", "y", "app/name", "y", "x="}, // FFmpeg's split of rtmp://h/app/name?x=/y
	} {
		var properties []amf.Property
		if c.app != absent {
			properties = append(properties, amf.Property{Name: "app", Value: amf.String(c.app)})
		}
		properties = append(properties, amf.Property{Name: "tcUrl", Value: amf.String(c.tcURL)})
		k := newTalk(t, ServerConfig{AskConnect: true})
		var requests []*Request
		k.decide = func(r *Request) {
			requests = append(requests, r)
			k.s.Accept(r.ID)
		}
		k.connect(properties...)
		k.command(0, "publish", 0, amf.String(c.raw))
		if len(requests) != 2 {
			t.Errorf("%q %q %q: %d requests, %v", c.tcURL, c.app, c.raw, len(requests), k.err)
			continue
		}
		r := requests[1]
		if r.App != c.wantApp || r.Name != c.wantKey || r.Query != c.query {
			t.Errorf("%q %q %q: app %q name %q query %q, want %q %q %q", c.tcURL, c.app, c.raw, r.App, r.Name, r.Query, c.wantApp, c.wantKey, c.query)
		}
		if r.RawName != c.raw || c.app != absent && r.RawApp != c.app || requests[0].App != c.wantApp || requests[0].Name != "" {
			t.Errorf("%q %q %q: raw %q %q, at connect %q %q", c.tcURL, c.app, c.raw, r.RawApp, r.RawName, requests[0].App, requests[0].Name)
		}
		if info := k.s.ConnectInfo(); info.TCURL != strings.Trim(c.tcURL, "'") {
			t.Errorf("tcUrl %q became %q", c.tcURL, info.TCURL)
		}
	}
}

// Who is refused for a name is told in words.
func TestBadNamesAreTold(t *testing.T) {
	k := newTalk(t, ServerConfig{})
	k.connect(amf.Property{Name: "app", Value: amf.String("live\x00")})
	if said := k.s.TakeOutput(nil); !bytes.Contains(said, []byte("\x00\x18app: contains a NUL byte")) {
		t.Errorf("%q", said)
	}
}

// Names with a NUL byte, and names past the limit, are refused before the application sees them.
func TestBadNamesAreRefused(t *testing.T) {
	const most = 100
	long := strings.Repeat("n", most)
	for _, c := range []struct {
		where, app, tcURL, name string
		want                    string // "" if it is taken
	}{
		{"app", long, "", "key", ""},
		{"app", long + "n", "", "key", "csid 3 msid 0 _error 1 error NetConnection.Connect.Rejected"},
		{"app", "live\x00", "", "key", "csid 3 msid 0 _error 1 error NetConnection.Connect.Rejected"},
		{"app", "\x00", "", "key", "csid 3 msid 0 _error 1 error NetConnection.Connect.Rejected"},
		{"tcUrl", "live", "rtmp://h/" + long[9:], "key", ""},
		{"tcUrl", "live", "rtmp://h/" + long[8:], "key", "csid 3 msid 0 _error 1 error NetConnection.Connect.Rejected"},
		{"tcUrl", "live", "rtmp://h/\x00", "key", "csid 3 msid 0 _error 1 error NetConnection.Connect.Rejected"},
		{"publish", "live", "", long, ""},
		{"publish", "live", "", long + "n", "csid 5 msid 1 onStatus 0 error NetStream.Publish.BadName"},
		{"publish", "live", "", "secret\x00x", "csid 5 msid 1 onStatus 0 error NetStream.Publish.BadName"},
		{"publish", "live", "", "secret?a=\x00", "csid 5 msid 1 onStatus 0 error NetStream.Publish.BadName"},
		{"FCPublish", "live", "", long, ""},
		{"FCPublish", "live", "", long + "n", "csid 5 msid 0 onStatus 0 error NetStream.Publish.BadName"},
		{"FCPublish", "live", "", "secret\x00x", "csid 5 msid 0 onStatus 0 error NetStream.Publish.BadName"},
	} {
		k := newTalk(t, ServerConfig{AskConnect: true, AskFCPublish: true, Limits: Limits{NameBytes: most}})
		k.connect(amf.Property{Name: "app", Value: amf.String(c.app)}, amf.Property{Name: "tcUrl", Value: amf.String(c.tcURL)})
		if c.where == "publish" || c.where == "FCPublish" {
			k.replies()
			k.events = nil
			k.command(0, c.where, 2, amf.String(c.name))
		}
		asked := find(k.events, EventRequest) != nil
		replies := k.replies()
		if taken := c.want == ""; asked != taken || k.s.Closing() == taken || k.err != nil {
			t.Errorf("%s %q %q %q: asked %v, closing %v, %v", c.where, c.app, c.tcURL, c.name, asked, k.s.Closing(), k.err)
		} else if !taken {
			expect(t, c.where, replies, c.want)
		}
	}
}
