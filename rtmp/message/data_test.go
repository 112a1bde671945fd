package message_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

func TestParseData(t *testing.T) {
	meta := ecma(object("width", amf.Number(1280)))
	bare := body(amf.String("onMetaData"), meta)
	stray := slices.Repeat([]amf.Value{amf.Number(1)}, 16)
	for _, c := range []struct {
		name   string
		typeID uint8
		p      []byte
		want   message.Data
	}{
		{"A103: set", 18, body(amf.String("@setDataFrame"), amf.String("onMetaData"), meta),
			message.Data{Handler: "onMetaData", Values: []amf.Value{meta}, Set: true, Body: bare}},
		{"A104: bare", 18, bare, message.Data{Handler: "onMetaData", Values: []amf.Value{meta}, Body: bare}},
		{"clear", 18, body(amf.String("@clearDataFrame"), amf.String("onMetaData")),
			message.Data{Handler: "onMetaData", Clear: true, Body: body(amf.String("onMetaData"))}},
		{"another handler", 18, body(amf.String("|RtmpSampleAccess"), amf.Boolean(true), amf.Boolean(true)),
			message.Data{Handler: "|RtmpSampleAccess", Values: []amf.Value{amf.Boolean(true), amf.Boolean(true)},
				Body: body(amf.String("|RtmpSampleAccess"), amf.Boolean(true), amf.Boolean(true))}},
		{"handler only", 18, body(amf.String("onX")), message.Data{Handler: "onX", Body: body(amf.String("onX"))}},
		{"two numbers before the name", 18, append(body(amf.Number(0), amf.Number(1), amf.String("@setDataFrame")), bare...),
			message.Data{Handler: "onMetaData", Values: []amf.Value{meta}, Set: true, Body: bare}},
		{"stray values at both places", 18, append(body(append(stray, amf.String("@setDataFrame"), amf.Null{}, object())...), bare...),
			message.Data{Handler: "onMetaData", Values: []amf.Value{meta}, Set: true, Body: bare}},
		{"type 15", 15, append([]byte{0}, bare...), message.Data{Handler: "onMetaData", Values: []amf.Value{meta}, Body: bare}},
		{"type 15 without format", 15, bare, message.Data{Handler: "onMetaData", Values: []amf.Value{meta}, Body: bare}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := message.ParseData(c.typeID, c.p, amf.Limits{})
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("%+v, %v; want %+v", got, err, c.want)
			}
			if &got.Body[len(got.Body)-1] != &c.p[len(c.p)-1] {
				t.Error("Body is a copy")
			}
			again, err := message.ParseData(18, message.AppendData(nil, got), amf.Limits{})
			if err != nil || !reflect.DeepEqual(again, c.want) {
				t.Errorf("again %+v, %v", again, err)
			}
		})
	}
}

func TestParseDataIncomplete(t *testing.T) {
	p := append(body(amf.String("onMetaData")), unhex(t, "08 00000002 0001 61 0101 0001 62 04")...)
	d, err := message.ParseData(18, p, amf.Limits{})
	if err != nil || !errors.Is(d.Incomplete, amf.ErrMarker) || !bytes.Equal(d.Body, p) {
		t.Fatalf("%+v, %v", d, err)
	}
	if len(d.Values) != 1 || !reflect.DeepEqual(d.Values[0], ecma(object("a", amf.Boolean(true)))) {
		t.Fatalf("%+v", d.Values)
	}
}

// What cannot be told is passed on as it is.
func TestParseDataErrors(t *testing.T) {
	stray := slices.Repeat([]amf.Value{amf.Number(1)}, 17)
	for _, c := range []struct {
		name   string
		typeID uint8
		p      []byte
		limits amf.Limits
		err    error
	}{
		{"empty", 18, []byte{}, amf.Limits{}, message.ErrName},
		{"no string", 18, body(amf.Number(1), amf.Null{}), amf.Limits{}, message.ErrName},
		{"17 values before the name", 18, body(append(stray, amf.String("onX"))...), amf.Limits{}, message.ErrName},
		{"set and no name", 18, body(amf.String("@setDataFrame"), object()), amf.Limits{}, message.ErrName},
		{"clear and no name", 18, body(amf.String("@clearDataFrame")), amf.Limits{}, message.ErrName},
		{"not AMF", 18, []byte{0xFF, 0xD8, 0xFF}, amf.Limits{}, message.ErrName},
		{"unknown format", 15, []byte{4, 3, 'a'}, amf.Limits{}, message.ErrFormat},
		{"too deep before the name", 18, body(object("a", object())), amf.Limits{Depth: 1}, amf.ErrDepth},
		{"too deep after it", 18, body(amf.String("onX"), object("a", object())), amf.Limits{Depth: 1}, amf.ErrDepth},
		{"too many values", 18, body(amf.String("onX"), amf.Null{}, amf.Null{}), amf.Limits{Values: 1}, amf.ErrValues},
	} {
		d, err := message.ParseData(c.typeID, c.p, c.limits)
		if !errors.Is(err, c.err) || !bytes.Equal(d.Body, c.p) || d.Values != nil {
			t.Errorf("%s: %+v, %v; want %v", c.name, d, err, c.err)
		}
	}
}

func TestAppendData(t *testing.T) {
	for _, c := range []struct {
		d    message.Data
		want []byte
	}{
		{message.Data{Handler: "onX", Values: []amf.Value{amf.Number(1)}}, body(amf.String("onX"), amf.Number(1))},
		{message.Data{Handler: "onX", Set: true}, body(amf.String("@setDataFrame"), amf.String("onX"))},
		{message.Data{Handler: "onX", Clear: true}, body(amf.String("@clearDataFrame"), amf.String("onX"))},
		{message.Data{Handler: "onX", Set: true, Body: []byte{1, 2}}, append(body(amf.String("@setDataFrame")), 1, 2)},
	} {
		if got := message.AppendData(nil, c.d); !bytes.Equal(got, c.want) {
			t.Errorf("%+v: %x, want %x", c.d, got, c.want)
		}
	}
}

func TestDataMetadata(t *testing.T) {
	meta := object("width", amf.Number(1280))
	for _, c := range []struct {
		d  message.Data
		ok bool
	}{
		{message.Data{Handler: "onMetaData", Values: []amf.Value{meta}}, true},
		{message.Data{Handler: "onMetaData", Values: []amf.Value{amf.Number(1), ecma(meta)}, Set: true}, true},
		{message.Data{Handler: "onMetaData", Values: []amf.Value{amf.Null{}}}, false},
		{message.Data{Handler: "onMetaData", Clear: true}, false},
		{message.Data{Handler: "onX", Values: []amf.Value{meta}}, false},
	} {
		if m, ok := c.d.Metadata(); ok != c.ok || ok && m.Width != 1280 {
			t.Errorf("%+v: %+v, %v", c.d, m, ok)
		}
	}
}
