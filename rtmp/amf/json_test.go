package amf_test

import (
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
)

func TestAppendJSON(t *testing.T) {
	for _, c := range []struct {
		v    amf.Value
		want string
	}{
		{amf.Number(1), `1`},
		{amf.Number(-0.5), `-0.5`},
		{amf.Number(1635135537), `1635135537`},
		{amf.Number(29.97), `29.97`},
		{amf.Number(1e21), `1e+21`},
		{amf.Number(123456789012345680000), `123456789012345680000`},
		{amf.Number(5e-324), `5e-324`},
		{amf.Number(math.NaN()), `null`},
		{amf.Number(math.Inf(-1)), `null`},
		{amf.Boolean(true), `true`},
		{amf.String("a\"\\/\b\n\r\t\x7fé\u2028"), `"a\"\\/\u0008\n\r\t\u007fé` + "\u2028" + `"`},
		{amf.String("caf\xe9!"), `"caf` + "\uFFFD" + `!"`},
		{amf.String("\u0080\u009b1m\u00a0"), `"\u0080\u009b1m` + "\u00a0" + `"`},
		{amf.XMLDocument("<a/>"), `"<a/>"`},
		{amf.Null{}, `null`},
		{amf.Undefined{}, `null`},
		{amf.Unsupported{}, `null`},
		{amf.Reference(1), `null`},
		{nil, `null`},
		{(*amf.Object)(nil), `null`},
		{(*amf.StrictArray)(nil), `null`},
		{amf.Date{Milliseconds: 1700000000000}, `{"$date":1700000000000}`},
		{amf.Date{Milliseconds: 1.5, Zone: -60}, `{"$date":1.5,"$zone":-60}`},
		{object("b", amf.Number(1), "a", object(), "b", amf.Null{}), `{"b":1,"a":{},"b":null}`},
		{&amf.Object{Class: "Foo"}, `{}`},
		{&amf.ECMAArray{Properties: object("width", amf.Number(1280)).Properties}, `{"width":1280}`},
		{&amf.StrictArray{Values: []amf.Value{amf.Number(1), &amf.StrictArray{}, amf.Boolean(false)}}, `[1,[],false]`},
	} {
		got := string(amf.AppendJSON([]byte(">"), c.v))
		if got != ">"+c.want {
			t.Errorf("%#v: %s, want %s", c.v, got, c.want)
		}
		if !json.Valid([]byte(got[1:])) {
			t.Errorf("%s is not JSON", got[1:])
		}
	}
}

func TestParseJSON(t *testing.T) {
	for _, c := range []struct {
		text string
		want amf.Value
	}{
		{` {"b":[1,-2.5e3,"x"],"a":{"c":null,"d":true},"b":"\u00e9\n"} `, object(
			"b", &amf.StrictArray{Values: []amf.Value{amf.Number(1), amf.Number(-2500), amf.String("x")}},
			"a", object("c", amf.Null{}, "d", amf.Boolean(true)),
			"b", amf.String("é\n"))},
		{`{"$date":1700000000000}`, amf.Date{Milliseconds: 1700000000000}},
		{`{"$date":1.5,"$zone":-60}`, amf.Date{Milliseconds: 1.5, Zone: -60}},
		{`{"$date":"x"}`, object("$date", amf.String("x"))},
		{`{"$date":1,"$zone":40000}`, object("$date", amf.Number(1), "$zone", amf.Number(40000))},
		{`{"$date":1,"$zone":0.5}`, object("$date", amf.Number(1), "$zone", amf.Number(0.5))},
		{`{"$date":1,"zone":0}`, object("$date", amf.Number(1), "zone", amf.Number(0))},
		{`[]`, new(amf.StrictArray)},
		{`{}`, new(amf.Object)},
		{`"x"`, amf.String("x")},
	} {
		v, err := amf.ParseJSON([]byte(c.text), amf.Limits{})
		if err != nil || !reflect.DeepEqual(v, c.want) {
			t.Errorf("%s: %#v, %v; want %#v", c.text, v, err, c.want)
		}
	}
}

func TestParseJSONErrors(t *testing.T) {
	for _, c := range []struct {
		text   string
		limits amf.Limits
		err    error
	}{
		{``, amf.Limits{}, amf.ErrTruncated},
		{` `, amf.Limits{}, amf.ErrTruncated},
		{`{"a":`, amf.Limits{}, amf.ErrTruncated},
		{`{"a"`, amf.Limits{}, amf.ErrTruncated},
		{`["a`, amf.Limits{}, amf.ErrTruncated},
		{`[1,2`, amf.Limits{}, amf.ErrTruncated},
		{`1 2`, amf.Limits{}, amf.ErrSyntax},
		{`[1,]`, amf.Limits{}, amf.ErrSyntax},
		{`{"a":1,}`, amf.Limits{}, amf.ErrSyntax},
		{`{1:2}`, amf.Limits{}, amf.ErrSyntax},
		{`nul`, amf.Limits{}, amf.ErrTruncated},
		{`nulL`, amf.Limits{}, amf.ErrSyntax},
		{`1e999`, amf.Limits{}, amf.ErrSyntax},
		{strings.Repeat("[", 65), amf.Limits{}, amf.ErrDepth},
		{strings.Repeat("[", 1000000), amf.Limits{Depth: 1 << 30}, amf.ErrDepth},
		{`[1,2,3]`, amf.Limits{Values: 3}, amf.ErrValues},
		{`[1,2,3]`, amf.Limits{Bytes: 6}, amf.ErrBytes},
		{`1`, amf.Limits{Bytes: -1}, amf.ErrBytes},
		{`{"` + strings.Repeat("n", 65536) + `":1}`, amf.Limits{}, amf.ErrBytes},
	} {
		v, err := amf.ParseJSON([]byte(c.text), c.limits)
		var where *amf.Error
		if !errors.Is(err, c.err) || !errors.As(err, &where) || v != nil {
			t.Errorf("%.20s: %v, %v; want %v", c.text, v, err, c.err)
		} else if where.Offset < 0 || where.Offset > len(c.text) {
			t.Errorf("%.20s: offset %d", c.text, where.Offset)
		}
	}
}
