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

	Integer      *int32
	Double       *float64
	Array        *[]json.RawMessage
	Associative  [][2]json.RawMessage
	Sealed       *int
	Dynamic      bool
	Bytes        *string
	XMLDocument  *string            `json:"xml_document"`
	VectorInt    []int32            `json:"vector_int"`
	VectorUint   []uint32           `json:"vector_uint"`
	VectorDouble []float64          `json:"vector_double"`
	VectorObject *[]json.RawMessage `json:"vector_object"`
	Fixed        bool
	Dictionary   *[][2]json.RawMessage
	Weak         bool
}

// describe turns the description of an AMF0 value into the value; ok is false for AMF3.
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

// describe3 turns the description of an AMF3 value into the value.
func describe3(t *testing.T, raw json.RawMessage) amf.Value {
	t.Helper()
	var d described
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	switch {
	case d.Integer != nil:
		return amf.Integer(*d.Integer)
	case d.Double != nil:
		return amf.Number(*d.Double)
	case d.XML != nil:
		return amf.XML(*d.XML)
	case d.XMLDocument != nil:
		return amf.XMLDocument(*d.XMLDocument)
	case d.Bytes != nil:
		return amf.ByteArray(unhex(t, *d.Bytes))
	case d.VectorInt != nil:
		return &amf.VectorInt{Fixed: d.Fixed, Values: d.VectorInt}
	case d.VectorUint != nil:
		return &amf.VectorUint{Fixed: d.Fixed, Values: d.VectorUint}
	case d.VectorDouble != nil:
		return &amf.VectorDouble{Fixed: d.Fixed, Values: d.VectorDouble}
	case d.VectorObject != nil:
		return &amf.VectorObject{Fixed: d.Fixed, Class: d.Class, Values: describeList3(t, *d.VectorObject)}
	case d.Dictionary != nil:
		dictionary := &amf.Dictionary{Weak: d.Weak}
		for _, pair := range *d.Dictionary {
			dictionary.Entries = append(dictionary.Entries, amf.Entry{Key: describe3(t, pair[0]), Value: describe3(t, pair[1])})
		}
		return dictionary
	case d.Array != nil:
		if len(d.Associative) == 0 {
			return &amf.StrictArray{Values: describeList3(t, *d.Array)}
		}
		return &amf.ECMAArray{Properties: describePairs3(t, d.Associative), Dense: describeList3(t, *d.Array)}
	case d.Object != nil:
		return &amf.Object{Class: d.Class, Properties: describePairs3(t, *d.Object), Sealed: *d.Sealed, Static: !d.Dynamic}
	}
	v, ok := describe(t, raw)
	if !ok {
		t.Fatalf("%s: no known description", raw)
	}
	return v
}

func describeList3(t *testing.T, list []json.RawMessage) (values []amf.Value) {
	for _, raw := range list {
		values = append(values, describe3(t, raw))
	}
	return values
}

func describePairs3(t *testing.T, pairs [][2]json.RawMessage) (properties []amf.Property) {
	t.Helper()
	for _, pair := range pairs {
		var name string
		if err := json.Unmarshal(pair[0], &name); err != nil {
			t.Fatal(err)
		}
		properties = append(properties, amf.Property{Name: name, Value: describe3(t, pair[1])})
	}
	return properties
}

// A47, A48, A49, A51: every AMF3 type, read and written.
func TestVectorsAMF3(t *testing.T) {
	all := vectors.Load(t, "amf3.json")
	tested := 0
	for _, v := range all {
		if v.ID == "B20" {
			continue // the body of a command
		}
		tested++
		t.Run(v.ID, func(t *testing.T) {
			want := describe3(t, v.Value)
			var before []byte
			for _, id := range v.After {
				before = append(before, vectors.Find(t, all, id).Bytes(t)...)
			}
			p := append(before, v.Bytes(t)...)
			values, err := amf.DecodeAMF3(p, amf.Limits{})
			if err != nil || len(values) != len(v.After)+1 {
				t.Fatalf("%d values, %v", len(values), err)
			}
			got := values[len(values)-1]
			if !reflect.DeepEqual(got, want) {
				t.Fatalf("decoded %#v, want %#v", got, want)
			}
			checkSame(t, v.Value, got)
			if encoded := amf.AppendAMF3(nil, got); v.IsCanonical() && !bytes.Equal(encoded, v.Bytes(t)) {
				t.Fatalf("AppendAMF3 = %x, want %x", encoded, v.Bytes(t))
			}
			for n := range len(p) {
				if values, err := amf.DecodeAMF3(p[:n], amf.Limits{}); err == nil && len(values) > len(v.After) {
					t.Errorf("%x decodes to %v", p[:n], values)
				}
			}
			if len(v.After) == 0 {
				got, n, err := amf.DecodeValueAMF3(append(p, 0xFF), amf.Limits{})
				if err != nil || n != len(p) || !reflect.DeepEqual(got, want) {
					t.Fatalf("DecodeValueAMF3 = %#v, %d, %v", got, n, err)
				}
			}
		})
	}
	if tested < 25 {
		t.Fatalf("only %d vectors", tested)
	}
}

// checkSame demands that the elements of an array whose positions the description lists are one object.
func checkSame(t *testing.T, raw json.RawMessage, v amf.Value) {
	t.Helper()
	var d struct{ Same [][]int }
	if err := json.Unmarshal(raw, &d); err != nil {
		t.Fatal(err)
	}
	for _, positions := range d.Same {
		array := v.(*amf.StrictArray)
		for _, i := range positions {
			if array.Values[i] != array.Values[positions[0]] {
				t.Fatalf("elements %d and %d are two objects", positions[0], i)
			}
		}
	}
}

// A41: the vector with the switch to AMF3.
func TestVectorAMF3InAMF0(t *testing.T) {
	tested := 0
	for _, v := range vectors.Load(t, "amf0.json") {
		var d described
		if err := json.Unmarshal(v.Value, &d); err != nil || d.AMF3 == nil {
			continue
		}
		tested++
		want, p := describe3(t, d.AMF3), v.Bytes(t)
		got, n, err := amf.DecodeValueAMF0(append(p, 0xFF), amf.Limits{})
		if err != nil || n != len(p) || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %#v, %d, %v; want %#v", v.ID, got, n, err, want)
		}
	}
	if tested == 0 {
		t.Fatal("no vector")
	}
}
