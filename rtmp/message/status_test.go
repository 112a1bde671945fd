package message_test

import (
	"reflect"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

func TestStatus(t *testing.T) {
	s := message.NewStatus(message.CodePublishBadName, "taken")
	s.Properties = object("details", amf.String("key")).Properties
	c := s.Command()
	want := message.Command{Name: "onStatus", Object: amf.Null{}, Arguments: []amf.Value{object(
		"level", amf.String("error"), "code", amf.String("NetStream.Publish.BadName"),
		"description", amf.String("taken"), "details", amf.String("key"))}}
	if !reflect.DeepEqual(c, want) {
		t.Fatalf("%+v, want %+v", c, want)
	}
	if got, ok := message.ParseStatus(c); !ok || !reflect.DeepEqual(got, s) {
		t.Fatalf("%+v, %v; want %+v", got, ok, s)
	}
	if v, ok := s.Get("details"); !ok || v != amf.String("key") {
		t.Error(v, ok)
	}
	if got := (message.Status{Code: "c"}).Value(); len(got.Properties) != 1 {
		t.Errorf("%+v", got)
	}
}

// Where peers put the information, and what is none.
func TestParseStatus(t *testing.T) {
	info := object("code", amf.String("c"), "level", amf.String("error"))
	for _, c := range []struct {
		name string
		c    message.Command
		ok   bool
	}{
		{"as specified", message.NewCommand("onStatus", 0, info), true},
		{"ECMA array", message.NewCommand("onStatus", 0, ecma(info)), true},
		{"in the place of the command object", message.Command{Name: "onStatus", Object: info}, true},
		{"after another object", message.NewCommand("onStatus", 0, object("a", amf.Null{}), info), true},
		{"another command", message.NewCommand("onStatuss", 0, info), false},
		{"no object", message.NewCommand("onStatus", 0, amf.String("c")), false},
		{"nothing", message.NewCommand("onStatus", 0), false},
		{"code is a number", message.NewCommand("onStatus", 0, object("code", amf.Number(1))), false},
	} {
		s, ok := message.ParseStatus(c.c)
		if ok != c.ok || ok && (s.Code != "c" || s.Level != "error" || s.Properties != nil) {
			t.Errorf("%s: %+v, %v", c.name, s, ok)
		}
	}
	answer := message.Result(1, object("fmsVer", amf.String("x")), info)
	if s, ok := answer.Info(); !ok || s.Code != "c" {
		t.Errorf("%+v, %v", s, ok)
	}
}

// A70: both forms of a redirection.
func TestRedirect(t *testing.T) {
	s := message.Redirection("rtmp://other/live", "", "elsewhere")
	c := message.ErrorReply(1, s)
	got, ok := c.Info()
	if !ok || got.Code != message.CodeConnectRejected || got.Level != message.LevelError {
		t.Fatalf("%+v, %v", got, ok)
	}
	if url, ok := got.Redirect(); !ok || url != "rtmp://other/live" {
		t.Fatal(url, ok)
	}
	status := func(ex amf.Value) message.Status {
		return message.Status{Code: "c", Properties: object("ex", ex).Properties}
	}
	for _, c := range []struct {
		ex   amf.Value
		want string
	}{
		{object("code", amf.Number(302), "redirect2", amf.String("u")), "u"},
		{ecma(object("code", amf.Number(302), "redirect", amf.String("u"))), "u"},
		{object("code", amf.Number(301), "redirect", amf.String("u")), ""},
		{object("code", amf.Number(302), "redirect", amf.Number(1)), ""},
		{object("code", amf.Number(302), "redirect", amf.String("")), ""},
		{amf.Null{}, ""},
	} {
		if url, ok := status(c.ex).Redirect(); url != c.want || ok != (c.want != "") {
			t.Errorf("%v: %q, %v", c.ex, url, ok)
		}
	}
	if _, ok := (message.Status{}).Redirect(); ok {
		t.Error("redirection out of nothing")
	}
}

func TestLevelOf(t *testing.T) {
	for codes, want := range map[string]string{
		"NetConnection.Call.BadVersion NetConnection.Call.Failed NetConnection.Connect.AppShutdown NetConnection.Connect.Failed " +
			"NetConnection.Connect.InvalidApp NetConnection.Connect.Rejected NetConnection.Proxy.NotResponding " +
			"NetStream.Failed NetStream.InvalidArg NetStream.Play.Failed NetStream.Play.StreamNotFound NetStream.Publish.BadName " +
			"NetStream.Publish.Denied NetStream.Record.NoAccess NetStream.Seek.InvalidTime SharedObject.BadPersistence " +
			"SharedObject.Flush.Failed": message.LevelError,
		"NetConnection.Connect.Success NetConnection.Connect.Closed NetConnection.Connect.ReconnectRequest NetStream.Play.Start " +
			"NetStream.Publish.Start NetStream.Unpublish.Success NetStream.Pause.Notify Of.No.One": message.LevelStatus,
		"NetStream.Play.InsufficientBW Application.Script.Error": message.LevelWarning,
	} {
		for _, code := range strings.Fields(codes) {
			if got := message.LevelOf(code); got != want {
				t.Errorf("%s: %s, want %s", code, got, want)
			}
		}
	}
}
