package media

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
)

func TestColorInfo(t *testing.T) {
	file := vectors.Load(t, "video.json")
	for id, want := range map[string]ColorInfo{
		"E16": {},
		"E17": {Config: &ColorConfig{BitDepth: 10, ColorPrimaries: 9, TransferCharacteristics: 16, MatrixCoefficients: 9}},
	} {
		p := parseOne(t, TypeVideo, vectors.Find(t, file, id).Bytes(t))
		got, err := ParseColorInfo(p.Data, amf.Limits{})
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", id, got, err)
		}
		if again := AppendColorInfo(nil, &got); !bytes.Equal(again, p.Data) {
			t.Errorf("%s: built %x", id, again)
		}
	}
	full := ColorInfo{
		Config:  &ColorConfig{BitDepth: 8, ColorPrimaries: 1, TransferCharacteristics: 1, MatrixCoefficients: 0},
		Light:   &ContentLight{MaxFrameAverage: 400, Max: 1000.5},
		Display: &MasteringDisplay{0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329, 1000, 0.0001},
	}
	if got, err := ParseColorInfo(AppendColorInfo(nil, &full), amf.Limits{}); err != nil || !reflect.DeepEqual(got, full) {
		t.Errorf("%+v, %v", got, err)
	}
}

// What senders leave out or get wrong is not said.
func TestColorInfoIsLenient(t *testing.T) {
	object := func(properties ...amf.Property) *amf.Object { return &amf.Object{Properties: properties} }
	for _, c := range []struct {
		name   string
		values []amf.Value
		want   ColorInfo
		err    error
	}{
		{"empty object", []amf.Value{amf.String("colorInfo"), object()}, ColorInfo{}, nil},
		{"null", []amf.Value{amf.String("colorInfo"), amf.Null{}}, ColorInfo{}, nil},
		{"a later one replaces", []amf.Value{amf.String("colorInfo"), object(amf.Property{Name: "hdrCll", Value: object()}), amf.String("colorInfo"), amf.Null{}}, ColorInfo{}, nil},
		{"after another name", []amf.Value{amf.String("x"), amf.Null{}, amf.String("colorInfo"), object(amf.Property{Name: "hdrCll", Value: object()})},
			ColorInfo{Light: &ContentLight{}}, nil},
		{"empty config", []amf.Value{amf.String("colorInfo"), object(amf.Property{Name: "colorConfig", Value: &amf.ECMAArray{}})},
			ColorInfo{Config: &ColorConfig{0, 2, 2, 2}}, nil},
		{"codes that are none", []amf.Value{amf.String("colorInfo"), object(amf.Property{Name: "colorConfig", Value: object(
			amf.Property{Name: "bitDepth", Value: amf.Number(1e9)}, amf.Property{Name: "colorPrimaries", Value: amf.Number(1.5)},
			amf.Property{Name: "transferCharacteristics", Value: amf.Number(-1)}, amf.Property{Name: "matrixCoefficients", Value: amf.Null{}})})},
			ColorInfo{Config: &ColorConfig{0, 2, 2, 2}}, nil},
		{"sections that are none", []amf.Value{amf.String("colorInfo"), object(amf.Property{Name: "colorConfig", Value: amf.Number(1)})}, ColorInfo{}, nil},
		{"D42 one object", []amf.Value{object(amf.Property{Name: "colorInfo", Value: object(amf.Property{Name: "hdrCll", Value: object()})})},
			ColorInfo{Light: &ContentLight{}}, nil},
		{"one object, a reset", []amf.Value{object(amf.Property{Name: "colorInfo", Value: amf.Undefined{}})}, ColorInfo{}, nil},
		{"its members only", []amf.Value{object(amf.Property{Name: "hdrCll", Value: object()})}, ColorInfo{Light: &ContentLight{}}, nil},
		{"pairs in arrays", []amf.Value{&amf.StrictArray{Values: []amf.Value{amf.String("colorInfo"), object(amf.Property{Name: "hdrCll", Value: object()})}}},
			ColorInfo{Light: &ContentLight{}}, nil},
		{"another object", []amf.Value{object(amf.Property{Name: "x", Value: object()})}, ColorInfo{}, ErrNoColorInfo},
		{"another name", []amf.Value{amf.String("x"), amf.Null{}}, ColorInfo{}, ErrNoColorInfo},
		{"a name without value", []amf.Value{amf.String("colorInfo")}, ColorInfo{}, ErrNoColorInfo},
		{"nothing", nil, ColorInfo{}, ErrNoColorInfo},
	} {
		got, err := ParseColorInfo(amf.AppendValuesAMF0(nil, c.values...), amf.Limits{})
		if !reflect.DeepEqual(got, c.want) || !errors.Is(err, c.err) {
			t.Errorf("%s: %+v, %v", c.name, got, err)
		}
	}
	if _, err := ParseColorInfo([]byte{2, 0}, amf.Limits{}); !errors.Is(err, amf.ErrTruncated) {
		t.Errorf("cut: %v", err)
	}
}

func FuzzColorInfo(f *testing.F) {
	f.Add(AppendColorInfo(nil, &ColorInfo{Config: &ColorConfig{}, Light: &ContentLight{1, 2}, Display: &MasteringDisplay{MaxLuminance: 3}}))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseColorInfo(data, amf.Limits{})
		if err != nil {
			return
		}
		if again, err := ParseColorInfo(AppendColorInfo(nil, &c), amf.Limits{}); err != nil || !reflect.DeepEqual(again, c) {
			t.Errorf("%+v, built and parsed again %+v, %v", c, again, err)
		}
	})
}
