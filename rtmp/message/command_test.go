package message_test

import (
	"bytes"
	"errors"
	"math"
	"reflect"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// body encodes values one after the other.
func body(values ...amf.Value) []byte { return amf.AppendValuesAMF0(nil, values...) }

// object builds an object of names and values.
func object(pairs ...any) *amf.Object {
	o := new(amf.Object)
	for i := 0; i < len(pairs); i += 2 {
		o.Properties = append(o.Properties, amf.Property{Name: pairs[i].(string), Value: pairs[i+1].(amf.Value)})
	}
	return o
}

func ecma(o *amf.Object) *amf.ECMAArray { return &amf.ECMAArray{Properties: o.Properties} }

// What is missing or odd in a command is mended (D24, D25).
func TestParseCommandLeniency(t *testing.T) {
	null := amf.Null{}
	cut := body(amf.String("publish"), amf.Number(5), null, amf.String("key"), amf.String("live"))
	for _, c := range []struct {
		name       string
		typeID     uint8
		p          []byte
		want       message.Command
		incomplete error
	}{
		{"name only", 20, body(amf.String("close")), message.Command{Name: "close", Object: null}, nil},
		{"no object", 20, body(amf.String("_result"), amf.Number(4)),
			message.Command{Name: "_result", TransactionID: 4, Object: null}, nil},
		{"transaction is no number", 20, body(amf.String("a"), amf.String("4"), null),
			message.Command{Name: "a", Object: null}, nil},
		{"transaction below 0", 20, body(amf.String("a"), amf.Number(-1)), message.Command{Name: "a", Object: null}, nil},
		{"transaction NaN", 20, body(amf.String("a"), amf.Number(math.NaN())), message.Command{Name: "a", Object: null}, nil},
		{"transaction infinite", 20, body(amf.String("a"), amf.Number(math.Inf(1))), message.Command{Name: "a", Object: null}, nil},
		{"object of another kind", 20, body(amf.String("_result"), amf.Number(4), amf.Number(1)),
			message.Command{Name: "_result", TransactionID: 4, Object: amf.Number(1)}, nil},
		{"last argument cut", 20, cut[:len(cut)-1],
			message.Command{Name: "publish", TransactionID: 5, Object: null, Arguments: []amf.Value{amf.String("key")}}, amf.ErrTruncated},
		{"unknown marker", 20, append(bytes.Clone(cut), 0x0E),
			message.Command{Name: "publish", TransactionID: 5, Object: null, Arguments: []amf.Value{amf.String("key"), amf.String("live")}}, amf.ErrMarker},
		{"object damaged inside", 20, append(body(amf.String("connect"), amf.Number(1)), unhex(t, "03 0003 617070 02 0001 61 0001 62 04 000009")...),
			message.Command{Name: "connect", TransactionID: 1, Object: object("app", amf.String("a"))}, amf.ErrMarker},
		{"object without end", 20, append(body(amf.String("connect"), amf.Number(1)), unhex(t, "03 0003 617070 02 0001 61")...),
			message.Command{Name: "connect", TransactionID: 1, Object: object("app", amf.String("a"))}, nil},
		{"long string as name", 20, unhex(t, "0c 00000001 61"), message.Command{Name: "a", Object: null}, nil},
		{"type 17", 17, append([]byte{0}, body(amf.String("a"))...), message.Command{Name: "a", Object: null}, nil},
		{"type 17 without format", 17, body(amf.String("a")), message.Command{Name: "a", Object: null}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := message.ParseCommand(c.typeID, c.p, amf.Limits{})
			if err != nil || !errors.Is(got.Incomplete, c.incomplete) {
				t.Fatal(err, got.Incomplete)
			}
			got.Incomplete = nil
			if len(got.Arguments) == 0 {
				got.Arguments = nil
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Fatalf("%+v, want %+v", got, c.want)
			}
			if name, id, _, err := message.ParseCommandHead(c.typeID, c.p); err != nil || string(name) != c.want.Name || id != c.want.TransactionID {
				t.Errorf("head: %q, %v, %v", name, id, err)
			}
		})
	}
}

func TestParseCommandErrors(t *testing.T) {
	deep := append(body(amf.String("a"), amf.Number(1)), bytes.Repeat([]byte{3, 0, 1, 'a'}, 10000)...)
	for _, c := range []struct {
		name   string
		typeID uint8
		p      []byte
		limits amf.Limits
		err    error
	}{
		{"empty", 20, nil, amf.Limits{}, message.ErrName},
		{"empty type 17", 17, nil, amf.Limits{}, message.ErrName},
		{"format only", 17, []byte{0}, amf.Limits{}, message.ErrName},
		{"name is a number", 20, body(amf.Number(1), amf.Number(1)), amf.Limits{}, message.ErrName},
		{"name cut", 20, []byte{2, 0, 9, 'a'}, amf.Limits{}, message.ErrName},
		{"AMF3 without a name", 17, []byte{10, 11, 1, 1}, amf.Limits{}, message.ErrName},
		{"AMF3 nested deeper than permitted", 17, append([]byte{6, 3, 'a'}, bytes.Repeat([]byte{9, 3, 1}, 100)...), amf.Limits{}, amf.ErrDepth},
		{"AMF0 number", 17, []byte{4, 0}, amf.Limits{}, message.ErrFormat},
		{"unknown format", 17, []byte{1, 2, 0, 1, 'a'}, amf.Limits{}, message.ErrFormat},
		{"nested 10,000 deep", 20, deep, amf.Limits{}, amf.ErrDepth},
		{"too many values", 20, body(amf.String("a"), amf.Number(1), amf.Null{}, amf.Null{}), amf.Limits{Values: 3}, amf.ErrValues},
		{"too many bytes", 20, body(amf.String("a"), amf.String("aaaaaaaaaa")), amf.Limits{Bytes: 10}, amf.ErrBytes},
	} {
		if got, err := message.ParseCommand(c.typeID, c.p, c.limits); !errors.Is(err, c.err) || got.Name != "" {
			t.Errorf("%s: %+v, %v; want %v", c.name, got, err, c.err)
		}
		if name, _, values, err := message.ParseCommandHead(c.typeID, c.p); c.name != "AMF3 without a name" && !amf.IsLimit(c.err) && (!errors.Is(err, c.err) || name != nil || values != nil) {
			t.Errorf("%s: head %q, %v; want %v", c.name, name, err, c.err)
		}
	}
}

func TestBuildCommands(t *testing.T) {
	for _, c := range []struct {
		name string
		c    message.Command
		hex  string
	}{
		// protocol vectors K27, K28 and K29 are these bodies too, see TestVectorsCommands
		{"createStream", message.NewCommand("createStream", 4), "02 000c 63726561746553747265616d 00 4010000000000000 05"},
		{"_result", message.Result(4, nil, amf.Number(1)), "02 0007 5f726573756c74 00 4010000000000000 05 00 3ff0000000000000"},
		{"nil object", message.Command{Name: "a"}, "02 0001 61 00 0000000000000000 05"},
		{"incomplete is not written", message.Command{Name: "a", Incomplete: amf.ErrMarker}, "02 0001 61 00 0000000000000000 05"},
		{"_error", message.ErrorReply(2, message.Status{Level: "error", Code: "c"}),
			"02 0006 5f6572726f72 00 4000000000000000 05 03 0005 6c6576656c 02 0005 6572726f72 0004 636f6465 02 0001 63 000009"},
	} {
		if got := message.AppendCommand(nil, c.c); !bytes.Equal(got, unhex(t, c.hex)) {
			t.Errorf("%s: %x, want %s", c.name, got, c.hex)
		}
	}
	c := message.NewCommand("a", 0, amf.Number(1))
	if c.Argument(0) != amf.Number(1) || c.Argument(1) != (amf.Undefined{}) || c.Argument(-1) != (amf.Undefined{}) {
		t.Error("arguments")
	}
}

func TestStreamName(t *testing.T) {
	for _, c := range []struct {
		arguments []amf.Value
		want      string
		err       error
	}{
		{[]amf.Value{amf.String("key?token=1")}, "key?token=1", nil},
		{[]amf.Value{amf.String("")}, "", nil},
		{[]amf.Value{amf.String("caf\xe9")}, "caf\xe9", nil},
		{[]amf.Value{amf.String("secret\x00x")}, "", message.ErrNUL},
		{[]amf.Value{amf.Boolean(false)}, "", message.ErrArgument},
		{nil, "", message.ErrArgument},
	} {
		if got, err := message.StreamName(message.NewCommand("publish", 5, c.arguments...)); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%v: %q, %v", c.arguments, got, err)
		}
	}
}

// A80, D28: the kind is as sent, and "live" when missing.
func TestParsePublish(t *testing.T) {
	for _, c := range []struct {
		arguments  []amf.Value
		name, kind string
	}{
		{[]amf.Value{amf.String("key"), amf.String("record")}, "key", "record"},
		{[]amf.Value{amf.String("key"), amf.String("LIVE")}, "key", "LIVE"},
		{[]amf.Value{amf.String("/key?a=b")}, "/key?a=b", "live"},
		{[]amf.Value{amf.String("key"), amf.Null{}}, "key", "live"},
		{[]amf.Value{amf.String("key"), amf.String("")}, "key", "live"},
		{[]amf.Value{amf.Boolean(false)}, "", "live"},
		{nil, "", "live"},
	} {
		if name, kind := message.ParsePublish(message.NewCommand("publish", 5, c.arguments...)); name != c.name || kind != c.kind {
			t.Errorf("%v: %q, %q", c.arguments, name, kind)
		}
	}
}

func TestParsePlay(t *testing.T) {
	yes, no := true, false
	n := func(f float64) amf.Value { return amf.Number(f) }
	for _, c := range []struct {
		arguments       []amf.Value
		start, duration float64
		reset           *bool
	}{
		{nil, message.PlayAny, -1, nil},
		{[]amf.Value{n(-2)}, message.PlayAny, -1, nil},
		{[]amf.Value{n(-2000)}, message.PlayAny, -1, nil}, // FFmpeg
		{[]amf.Value{n(-1)}, message.PlayLive, -1, nil},
		{[]amf.Value{n(-1000)}, message.PlayLive, -1, nil}, // librtmp, FFmpeg
		{[]amf.Value{n(0), n(-1), amf.Boolean(true)}, 0, -1, &yes},
		{[]amf.Value{n(1500), n(3), amf.Boolean(false)}, 1500, 3, &no},
		{[]amf.Value{n(-2), n(-1), n(1)}, message.PlayAny, -1, &yes},
		{[]amf.Value{n(-2), n(-1), n(0)}, message.PlayAny, -1, &no},
		{[]amf.Value{n(math.NaN()), n(math.Inf(1)), amf.String("x")}, message.PlayAny, -1, nil},
	} {
		command := message.NewCommand("play", 0, append([]amf.Value{amf.String("name?q")}, c.arguments...)...)
		name, start, duration, reset := message.ParsePlay(command)
		if name != "name?q" || start != c.start || duration != c.duration || !reflect.DeepEqual(reset, c.reset) {
			t.Errorf("%v: %q, %v, %v, %v", c.arguments, name, start, duration, reset)
		}
	}
}

func TestParsePlayControls(t *testing.T) {
	command := func(arguments ...amf.Value) message.Command { return message.NewCommand("x", 0, arguments...) }
	if pause, at := message.ParsePause(command(amf.Boolean(false), amf.Number(1500))); pause || at != 1500 {
		t.Error(pause, at)
	}
	if pause, at := message.ParsePause(command()); !pause || at != 0 {
		t.Error(pause, at)
	}
	if at, err := message.ParseSeek(command(amf.Number(1500))); at != 1500 || err != nil {
		t.Error(at, err)
	}
	for _, v := range []amf.Value{amf.Undefined{}, amf.String("1"), amf.Number(math.NaN())} {
		if _, err := message.ParseSeek(command(v)); !errors.Is(err, message.ErrArgument) {
			t.Error(v, err)
		}
	}
	for _, c := range []struct {
		v    amf.Value
		want bool
	}{{amf.Boolean(true), true}, {amf.Boolean(false), false}, {amf.Number(0), false}, {amf.Number(25), true}, {amf.Null{}, true}} {
		if got := message.ParseReceive(command(c.v)); got != c.want {
			t.Error(c.v, got)
		}
	}
}

// D26: the answer to createStream, with or without the null before the number.
func TestParseStreamID(t *testing.T) {
	for _, c := range []struct {
		c  message.Command
		id uint32
		ok bool
	}{
		{message.Result(4, nil, amf.Number(1)), 1, true},
		{message.Result(4, amf.Number(7)), 7, true},
		{message.NewCommand("deleteStream", 0, amf.Number(4294967295)), 4294967295, true},
		{message.NewCommand("deleteStream", 0, amf.Number(4294967296)), 0, false},
		{message.NewCommand("deleteStream", 0, amf.Number(1.5)), 0, false},
		{message.NewCommand("deleteStream", 0, amf.Number(-1)), 0, false},
		{message.NewCommand("deleteStream", 0, amf.Number(math.NaN())), 0, false},
		{message.NewCommand("deleteStream", 0, amf.String("name")), 0, false}, // GStreamer
		{message.NewCommand("deleteStream", 0), 0, false},
	} {
		if id, ok := message.ParseStreamID(c.c); id != c.id || ok != c.ok {
			t.Errorf("%+v: %d, %v", c.c, id, ok)
		}
	}
}

// A name that was switched to AMF3 is found at the head of a command too, where it stands.
func TestCommandHeadWithANameInAMF3(t *testing.T) {
	p := []byte("\x11\x06\x09ping\x00\x3f\xf0\x00\x00\x00\x00\x00\x00\x05")
	name, id, values, err := message.ParseCommandHead(message.TypeCommand, p)
	if err != nil || string(name) != "ping" || id != 1 || string(values) != "\x05" {
		t.Fatalf("%q, %v, %x, %v", name, id, values, err)
	}
	if p[3] = 'k'; string(name) != "king" {
		t.Error("the name does not alias the payload")
	}
	if _, _, _, err := message.ParseCommandHead(message.TypeCommand, []byte("\x11\x04\x01")); !errors.Is(err, message.ErrName) {
		t.Errorf("a number for a name: %v", err)
	}
}
