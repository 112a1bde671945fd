package amf_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
)

// described is a value as the vector files describe it.
type described struct {
	Number      *float64
	Boolean     *bool
	String      *string
	Null        json.RawMessage
	Undefined   json.RawMessage
	Unsupported json.RawMessage
	Date        *float64
	Zone        int16
	XML         *string
	Object      *[][2]json.RawMessage
	Class       string
	ECMAArray   *[][2]json.RawMessage `json:"ecma_array"`
	StrictArray *[]json.RawMessage    `json:"strict_array"`
	Reference   *uint16
	AMF3        json.RawMessage
}

// describe turns a description into the value; ok is false for AMF3.
func describe(t *testing.T, raw json.RawMessage) (v amf.Value, ok bool) {
	t.Helper()
	var d described
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	switch {
	case d.Number != nil:
		return amf.Number(*d.Number), true
	case d.Boolean != nil:
		return amf.Boolean(*d.Boolean), true
	case d.String != nil:
		return amf.String(*d.String), true
	case d.Null != nil:
		return amf.Null{}, true
	case d.Undefined != nil:
		return amf.Undefined{}, true
	case d.Unsupported != nil:
		return amf.Unsupported{}, true
	case d.Date != nil:
		return amf.Date{Milliseconds: *d.Date, Zone: d.Zone}, true
	case d.XML != nil:
		return amf.XMLDocument(*d.XML), true
	case d.Object != nil:
		return &amf.Object{Class: d.Class, Properties: describePairs(t, *d.Object)}, true
	case d.ECMAArray != nil:
		return &amf.ECMAArray{Properties: describePairs(t, *d.ECMAArray)}, true
	case d.StrictArray != nil:
		array := new(amf.StrictArray)
		for _, raw := range *d.StrictArray {
			item, _ := describe(t, raw)
			array.Values = append(array.Values, item)
		}
		return array, true
	case d.Reference != nil:
		return amf.Reference(*d.Reference), true
	case d.AMF3 != nil:
		return nil, false
	}
	t.Fatalf("%s: no known description", raw)
	return nil, false
}

func describePairs(t *testing.T, pairs [][2]json.RawMessage) (properties []amf.Property) {
	t.Helper()
	for _, pair := range pairs {
		var name string
		if err := json.Unmarshal(pair[0], &name); err != nil {
			t.Fatal(err)
		}
		v, _ := describe(t, pair[1])
		properties = append(properties, amf.Property{Name: name, Value: v})
	}
	return properties
}

// A36, A37, A38, A40, A42, A43: every AMF0 type, read and written.
func TestVectorsAMF0(t *testing.T) {
	tested := 0
	for _, v := range vectors.Load(t, "amf0.json") {
		want, ok := describe(t, v.Value)
		if _, reference := want.(amf.Reference); reference || !ok {
			continue // TestReferenceToEarlierValue; AMF3
		}
		tested++
		t.Run(v.ID, func(t *testing.T) {
			p := v.Bytes(t)
			got, n, err := amf.DecodeValueAMF0(append(p, 0xFF), amf.Limits{})
			if err != nil || n != len(p) || !reflect.DeepEqual(got, want) {
				t.Fatalf("DecodeValueAMF0 = %#v, %d, %v; want %#v, %d", got, n, err, want, len(p))
			}
			for _, decode := range decoders {
				values, err := decode(p, amf.Limits{})
				if err != nil || len(values) != 1 || !reflect.DeepEqual(values[0], want) {
					t.Fatalf("decoded %#v, %v; want %#v", values, err, want)
				}
			}
			if encoded := amf.AppendAMF0(nil, want); v.IsCanonical() && !bytes.Equal(encoded, p) {
				t.Fatalf("AppendAMF0 = %x, want %x", encoded, p)
			}
		})
	}
	if tested < 15 {
		t.Fatalf("only %d vectors", tested)
	}
}

// Every vector cut short, and each with another one before it.
func TestVectorsAMF0Truncated(t *testing.T) {
	for _, v := range vectors.Load(t, "amf0.json") {
		p := v.Bytes(t)
		if _, _, err := amf.DecodeValueAMF0(p, amf.Limits{}); err != nil {
			continue
		}
		for n := range len(p) {
			if values, err := amf.DecodeStrictAMF0(p[:n], amf.Limits{}); n > 0 && err == nil {
				t.Errorf("%s: %x decodes to %v", v.ID, p[:n], values)
			}
		}
	}
}

var decoders = []func([]byte, amf.Limits) ([]amf.Value, error){amf.DecodeAMF0, amf.DecodeStrictAMF0}

// The body of the connect command of commands.json is written as it was read.
func TestVectorConnect(t *testing.T) {
	vs := vectors.Load(t, "commands.json")
	var value struct{ Body string }
	vectors.Find(t, vs, "connect").Decode(t, &value)
	body := unhex(t, value.Body)
	for _, decode := range decoders {
		values, err := decode(body, amf.Limits{})
		if err != nil || len(values) != 3 {
			t.Fatalf("%d values, %v", len(values), err)
		}
		if again := amf.AppendValuesAMF0([]byte("x"), values...); !slices.Equal(again[1:], body) {
			t.Fatalf("written %x, want %x", again[1:], body)
		}
	}
}
