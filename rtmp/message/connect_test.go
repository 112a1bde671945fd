package message_test

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/message"
)

// The connect command of commands.json.
func TestParseConnectVector(t *testing.T) {
	var v vector
	vectors.Find(t, vectors.Load(t, "commands.json"), "connect").Decode(t, &v)
	command, err := message.ParseCommand(message.TypeCommand, unhex(t, v.Body), amf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := message.ParseConnect(command)
	if err != nil || c.App != "live" || c.Type != "nonprivate" || c.FlashVer != "FMLE/3.0 (compatible; x)" ||
		c.TCURL != "rtmp://h/live" || c.ObjectEncoding != 0 || len(c.Extra) != 0 {
		t.Fatalf("%+v, %v", c, err)
	}
	if list, ok := c.Properties.Get("fourCcList"); !ok || len(c.Properties.Properties) != 5 ||
		!reflect.DeepEqual(list, &amf.StrictArray{Values: []amf.Value{amf.String("hvc1")}}) {
		t.Fatalf("%+v", c.Properties)
	}
}

// A73: every property has its field.
func TestParseConnectFields(t *testing.T) {
	all := object("app", amf.String("live"), "type", amf.String("nonprivate"), "flashVer", amf.String("LNX 9,0,124,2"),
		"swfUrl", amf.String("s"), "tcUrl", amf.String("rtmp://h/live"), "fpad", amf.Boolean(true),
		"capabilities", amf.Number(15), "audioCodecs", amf.Number(3575), "videoCodecs", amf.Number(252),
		"videoFunction", amf.Number(1), "pageUrl", amf.String("p"), "objectEncoding", amf.Number(3))
	command := message.Command{Name: "connect", TransactionID: 1, Object: all, Arguments: []amf.Value{amf.Null{}, amf.String("user")}}
	want := message.Connect{App: "live", Type: "nonprivate", FlashVer: "LNX 9,0,124,2", SWFURL: "s", TCURL: "rtmp://h/live",
		FPad: true, Capabilities: 15, AudioCodecs: 3575, VideoCodecs: 252, VideoFunction: 1, PageURL: "p", ObjectEncoding: 3,
		Properties: all, Extra: command.Arguments}
	got, err := message.ParseConnect(command)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v, %v; want %+v", got, err, want)
	}
	if again := got.Command(); !reflect.DeepEqual(again, command) {
		t.Fatalf("%+v, want %+v", again, command)
	}
	want.Properties = nil
	if again := want.Command(); !reflect.DeepEqual(again, command) {
		t.Fatalf("%+v, want %+v", again, command)
	}
}

// A74, D24: what clients do to the command object.
func TestParseConnectLeniency(t *testing.T) {
	for _, c := range []struct {
		name   string
		object amf.Value
		want   message.Connect
	}{
		{"ECMA array", ecma(object("app", amf.String("live"))), message.Connect{App: "live"}},
		{"other case", object("APP", amf.String("live"), "tcurl", amf.String("rtmp://h"), "flashver", amf.String("f")),
			message.Connect{App: "live", TCURL: "rtmp://h", FlashVer: "f"}},
		{"quotes", object("tcUrl", amf.String("'rtmp://h/a'")), message.Connect{TCURL: "rtmp://h/a"}},
		{"twice", object("app", amf.String("a"), "App", amf.String("b")), message.Connect{App: "b"}},
		{"other kinds", object("app", amf.Number(1), "tcUrl", amf.Null{}, "fpad", amf.String("x"), "audioCodecs", amf.Undefined{}),
			message.Connect{}},
		{"number as text", object("objectEncoding", amf.String("3")), message.Connect{ObjectEncoding: 3}},
		{"boolean as number", object("fpad", amf.Number(1)), message.Connect{FPad: true}},
		{"NaN", object("capabilities", amf.Number(nan)), message.Connect{}},
		{"long names", object(strings.Repeat("app", 100), amf.String("a")), message.Connect{}},
		{"no object", amf.Null{}, message.Connect{}},
		{"nil", nil, message.Connect{}},
	} {
		got, err := message.ParseConnect(message.Command{Name: "connect", Object: c.object})
		if got.Properties == nil {
			t.Errorf("%s: no properties", c.name)
		}
		got.Properties = nil
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
	}
}

func TestParseConnectNUL(t *testing.T) {
	for _, name := range []string{"app", "tcUrl"} {
		_, err := message.ParseConnect(message.Command{Object: object(name, amf.String("live\x00"))})
		var where *message.Error
		if !errors.Is(err, message.ErrNUL) || !errors.As(err, &where) || where.Field != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := message.ParseConnect(message.Command{Object: object("flashVer", amf.String("\x00"))}); err != nil {
		t.Error(err)
	}
}

// The order of the properties is that of encoders, whatever the caller adds.
func TestConnectCommand(t *testing.T) {
	c := message.Connect{TCURL: "rtmp://h/live", FlashVer: "f", Capabilities: 15, Properties: object(
		"capsEx", amf.Number(15), "fpad", amf.Boolean(false), "TYPE", amf.String("nonprivate"), "capabilities", amf.Number(1),
		"fourCcList", &amf.StrictArray{Values: []amf.Value{amf.String("*")}})}
	const want = `{"app":"","type":"nonprivate","flashVer":"f","tcUrl":"rtmp://h/live","fpad":false,"capabilities":15,` +
		`"capsEx":15,"fourCcList":["*"]}`
	command := c.Command()
	if got := string(amf.AppendJSON(nil, command.Object)); got != want || command.Name != "connect" || command.TransactionID != 1 {
		t.Errorf("%s\nwant %s", got, want)
	}
}

// A71, A72, D29.
func TestAppName(t *testing.T) {
	for _, c := range []struct {
		object      *amf.Object
		name, query string
	}{
		{object("app", amf.String("live")), "live", ""},
		{object("app", amf.String("/live/")), "live", ""},
		{object("app", amf.String("live/?a=b/c?d")), "live", "a=b/c?d"},
		{object("app", amf.String("a/b")), "a/b", ""},
		{object("app", amf.String("?authmod=adobe&user=u")), "", "authmod=adobe&user=u"},
		{object("app", amf.String(""), "tcUrl", amf.String("rtmp://h/live")), "", ""},
		{object("tcUrl", amf.String("rtmp://h:1935/live/x?q=1")), "live/x", "q=1"},
		{object("tcUrl", amf.String("rtmp://h")), "", ""},
		{object("tcUrl", amf.String("h/live")), "", ""},
		{object(), "", ""},
	} {
		connect, err := message.ParseConnect(message.Command{Object: c.object})
		if name, query := connect.AppName(); name != c.name || query != c.query || err != nil {
			t.Errorf("%s: %q, %q, %v", amf.AppendJSON(nil, c.object), name, query, err)
		}
	}
}

// A75: names that encoders give themselves.
func TestDetectEncoder(t *testing.T) {
	for name, want := range map[string]message.Encoder{
		"":                                    message.EncoderUnknown,
		"FMLE/3.0 (compatible; FMSc/1.0)":     message.EncoderFMLE,
		"FMLE/3.0 (compatible; Lavf61.1.100)": message.EncoderFFmpeg,
		"Lavf59.27.100":                       message.EncoderFFmpeg,
		"LibRTMP 2.4":                         message.EncoderFFmpeg,
		"obs-output module (libobs version 30.0.0)": message.EncoderOBS,
		"FMLE/3.0 (compatible; OBS-Studio/29.0.2)":  message.EncoderOBS,
		"Wirecast/FM 1.0":                           message.EncoderWirecast,
		"XSplitBroadcaster":                         message.EncoderXSplit,
		"Larix/1.3":                                 message.EncoderLarix,
		"Adobe Flash Media Live Encoder":            message.EncoderFMLE,
		"FMLE/3.0 (compatible; oxrtmp)":             message.EncoderOxrtmp,
		"LNX 9,0,124,2":                             message.EncoderOther,
	} {
		c := message.Connect{FlashVer: name}
		if got := c.Encoder(); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	names := make(map[string]bool)
	for e := message.EncoderUnknown; e <= message.EncoderOxrtmp; e++ {
		names[e.String()] = true
	}
	if len(names) != int(message.EncoderOxrtmp)+1 || message.Encoder(200).String() != "unknown" {
		t.Error(names)
	}
}

// A67: the form that peers look for in the answer to connect.
func TestConnectResult(t *testing.T) {
	c := message.ConnectResult(1, 3)
	c.Object.(*amf.Object).Set("capsEx", amf.Number(15))
	c.Arguments[0].(*amf.Object).Set("capsEx", amf.Number(15))
	if c.Name != "_result" || c.TransactionID != 1 || len(c.Arguments) != 1 {
		t.Fatalf("%+v", c)
	}
	const properties = `{"fmsVer":"FMS/3,0,1,123","capabilities":31,"mode":1,"capsEx":15}`
	const info = `{"level":"status","code":"NetConnection.Connect.Success","description":"Connection succeeded.",` +
		`"objectEncoding":3,"capsEx":15}`
	if got := string(amf.AppendJSON(nil, c.Object)); got != properties {
		t.Errorf("%s\nwant %s", got, properties)
	}
	if got := string(amf.AppendJSON(nil, c.Arguments[0])); got != info {
		t.Errorf("%s\nwant %s", got, info)
	}
	if again := message.ConnectResult(1, 0); len(again.Object.(*amf.Object).Properties) != 3 {
		t.Error("answers share their objects")
	}
}

// A67: encoded once, it says the same.
func TestConnectAnswer(t *testing.T) {
	odd := message.Capabilities{FourCCs: []string{"objectEncoding", "_result"}, Ex: 15}
	odd.SetVideo("objectEncoding", 7)
	for _, capabilities := range []message.Capabilities{{}, {Ex: 1}, odd} {
		answer := message.NewConnectAnswer(capabilities)
		for _, n := range [][2]float64{{1, 0}, {1, 3}, {0, 0}, {2.5, 3}, {math.MaxFloat64, math.NaN()}} {
			want := message.AppendCommand(nil, message.ConnectResult(n[0], n[1]).WithEnhanced(capabilities))
			if got := answer.Append([]byte("before"), n[0], n[1]); !bytes.Equal(got, append([]byte("before"), want...)) {
				t.Errorf("%v, %v:\n%q\nwant %q", capabilities, n, got, want)
			}
		}
	}
}
