package message_test

import (
	"bytes"
	"encoding/json"
	"math"
	"reflect"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/message"
)

// A157: the connect command of commands.json, which has a fourCcList.
func TestVectorCapabilities(t *testing.T) {
	var value struct{ Body string }
	vectors.Find(t, vectors.Load(t, "commands.json"), "connect").Decode(t, &value)
	body := unhex(t, value.Body)
	command, err := message.ParseCommand(message.TypeCommand, body, amf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	connect, err := message.ParseConnect(command)
	if err != nil {
		t.Fatal(err)
	}
	got := connect.Enhanced()
	if !reflect.DeepEqual(got, message.Capabilities{FourCCs: []string{"hvc1"}}) {
		t.Fatalf("%+v", got)
	}
	if got.VideoMask("hvc1") != message.CanDecode|message.CanForward || got.VideoMask("av01") != 0 {
		t.Errorf("masks %d, %d", got.VideoMask("hvc1"), got.VideoMask("av01"))
	}
}

func fromJSON(t *testing.T, text string) amf.Value {
	t.Helper()
	v, err := amf.ParseJSON([]byte(text), amf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A158, A159, A160: what a side says, in every form that it may have.
func TestParseCapabilities(t *testing.T) {
	any := message.Capabilities{
		FourCCs: []string{"*"}, Ex: 15,
		Video: []message.FourCCInfo{{"*", 4}}, Audio: []message.FourCCInfo{{"*", 4}},
	}
	for _, c := range []struct {
		name, json string
		want       message.Capabilities
	}{
		{"nothing", `{"app":"live"}`, message.Capabilities{}},
		{"no object", `1`, message.Capabilities{}},
		{"the specification's example", `{"fourCcList":["*"],"videoFourCcInfoMap":{"*":4},"audioFourCcInfoMap":{"*":4},"capsEx":15}`, any},
		{"a list with indices", `{"fourCcList":{"0":"av01","1":"hvc1"}}`, message.Capabilities{FourCCs: []string{"av01", "hvc1"}}},
		{"what is malformed", `{"fourCcList":["av01",1,"toolong",null],"videoFourCcInfoMap":{"av01":"x","hvc1":-1,"vp09":5,"vp9":1},"audioFourCcInfoMap":7,"capsEx":"3"}`,
			message.Capabilities{FourCCs: []string{"av01"}, Video: []message.FourCCInfo{{"vp09", 5}}}},
		{"too large", `{"capsEx":1e20}`, message.Capabilities{Ex: math.MaxUint32}},
		{"of two, the last", `{"videoFourCcInfoMap":{"av01":1,"av01":2}}`, message.Capabilities{Video: []message.FourCCInfo{{"av01", 2}}}},
	} {
		v := fromJSON(t, c.json)
		got := message.ParseCapabilities(v)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
		if o, ok := v.(*amf.Object); ok {
			if got := message.ParseCapabilities(&amf.ECMAArray{Properties: o.Properties}); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s, as an array: %+v", c.name, got)
			}
		}
		if again := message.ParseCapabilities(&amf.Object{Properties: got.Properties()}); got.FourCCs != nil && !reflect.DeepEqual(again, got) {
			t.Errorf("%s: written and read: %+v", c.name, again)
		}
		if got.IsZero() != (len(got.Properties()) == 0) {
			t.Errorf("%s: IsZero %v, properties %v", c.name, got.IsZero(), got.Properties())
		}
	}
	first := message.ParseCapabilities(fromJSON(t, `{"capsEx":1}`), amf.Null{}, fromJSON(t, `{"capsEx":2,"fourCcList":["av01"]}`))
	if !reflect.DeepEqual(first, message.Capabilities{FourCCs: []string{"av01"}, Ex: 1}) {
		t.Errorf("of two objects: %+v", first)
	}
}

// A list of very many codecs costs what the bound permits.
func TestCapabilitiesAreBounded(t *testing.T) {
	list := new(amf.StrictArray)
	infos := new(amf.Object)
	for i := range 10000 {
		name := string([]byte{'a' + byte(i/1000), '0' + byte(i/100%10), '0' + byte(i/10%10), '0' + byte(i%10)})
		list.Values = append(list.Values, amf.String(name))
		infos.Properties = append(infos.Properties, amf.Property{Name: name, Value: amf.Number(1)})
	}
	o := &amf.Object{Properties: []amf.Property{{Name: "fourCcList", Value: list}, {Name: "videoFourCcInfoMap", Value: infos}}}
	if c := message.ParseCapabilities(o); len(c.FourCCs) != 256 || len(c.Video) != 256 {
		t.Errorf("%d and %d codecs", len(c.FourCCs), len(c.Video))
	}
}

// A159: the wildcard adds to what a map says of a codec.
func TestCapabilityMasks(t *testing.T) {
	c := message.Capabilities{FourCCs: []string{"vp08"}}
	c.SetVideo("*", message.CanForward)
	c.SetVideo("av01", message.CanDecode)
	c.SetVideo("av01", message.CanEncode)
	for name, want := range map[string]uint32{"av01": message.CanEncode | message.CanForward, "hvc1": message.CanForward, "vp08": message.CanForward} {
		if got := c.VideoMask(name); got != want {
			t.Errorf("%s: %d, want %d", name, got, want)
		}
	}
	if got := c.AudioMask("Opus"); got != 0 {
		t.Errorf("Opus: %d", got)
	}
	if got := (message.Capabilities{FourCCs: []string{"*"}}).AudioMask("Opus"); got != message.CanDecode|message.CanForward {
		t.Errorf("Opus of a list: %d", got)
	}
}

// A162: what two sides have in common. A player's decoding goes with a server's forwarding.
func TestIntersect(t *testing.T) {
	server := message.Capabilities{Ex: 15}
	server.SetVideo("av01", message.CanForward)
	server.SetVideo("hvc1", message.CanForward)
	server.SetAudio("*", message.CanForward)
	player := message.Capabilities{Ex: 3}
	player.SetVideo("hvc1", message.CanDecode)
	player.SetVideo("vp09", message.CanDecode)
	player.SetVideo("av01", 0)
	player.SetAudio("Opus", message.CanDecode)
	want := message.Capabilities{
		Ex:    3,
		Video: []message.FourCCInfo{{"hvc1", message.CanDecode}},
		Audio: []message.FourCCInfo{{"Opus", message.CanDecode}},
	}
	if got := server.Intersect(player); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	old := message.Capabilities{FourCCs: []string{"hvc1", "zzzz"}}
	if got := server.Intersect(old); got.VideoMask("hvc1") != message.CanDecode|message.CanForward || got.VideoMask("zzzz") != 0 {
		t.Errorf("a peer with a list only: %+v", got)
	}
	if got := server.Intersect(message.Capabilities{}); !got.IsZero() {
		t.Errorf("a peer that says nothing: %+v", got)
	}
	any := message.Capabilities{FourCCs: []string{"*"}}
	if got := server.Intersect(any); got.VideoMask("av01") == 0 || got.VideoMask("vp09") != 0 {
		t.Errorf("a peer that takes anything: %+v", got)
	}
}

// A163: capabilities stand in both objects of the answer to connect, and are found in either.
func TestCapabilitiesOfTheAnswer(t *testing.T) {
	caps := message.Capabilities{Ex: 15}
	caps.SetVideo("av01", message.CanForward)
	answer := message.ConnectResult(1, 0).WithEnhanced(caps)
	body := message.AppendCommand(nil, answer)
	parsed, err := message.ParseCommand(message.TypeCommand, body, amf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := caps
	want.FourCCs = []string{"av01"}
	if got := parsed.Enhanced(); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, v := range []amf.Value{parsed.Object, parsed.Argument(0)} {
		if got := message.ParseCapabilities(v); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v", amf.AppendJSON(nil, v), got)
		}
	}
	only := message.Result(1, fromJSON(t, `{"capsEx":2}`), fromJSON(t, `{"code":"NetConnection.Connect.Success"}`))
	if got := only.Enhanced(); got.Ex != 2 {
		t.Errorf("in the properties only: %+v", got)
	}
	// The bytes of the specification's example, in its order.
	example := message.Capabilities{FourCCs: []string{"*"}, Ex: 1,
		Video: []message.FourCCInfo{{"*", 4}}, Audio: []message.FourCCInfo{{"*", 4}}}
	got := amf.AppendAMF0(nil, &amf.Object{Properties: example.Properties()})
	if want := unhex(t, "03 000a 666f757243634c697374 0a 00000001 02 0001 2a"+
		"0012 766964656f466f75724363496e666f4d6170 03 0001 2a 00 4010000000000000 000009"+
		"0012 617564696f466f75724363496e666f4d6170 03 0001 2a 00 4010000000000000 000009"+
		"0006 636170734578 00 3ff0000000000000 000009"); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
}

// The client's side: what it sets is what the server reads.
func TestConnectCapabilities(t *testing.T) {
	c := message.Connect{App: "live"}
	caps := message.Capabilities{FourCCs: []string{"av01"}, Ex: 2}
	c.SetEnhanced(caps)
	parsed, err := message.ParseConnect(c.Command())
	if err != nil || !reflect.DeepEqual(parsed.Enhanced(), caps) {
		text, _ := json.Marshal(parsed)
		t.Errorf("%s, %v", text, err)
	}
}
