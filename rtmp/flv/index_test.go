package flv

import (
	"testing"

	"oxrtmp/rtmp/amf"
)

// decodeIndex reads an index tag as a player would.
func decodeIndex(t *testing.T, tag []byte) (metadata amf.Value, times, positions []float64) {
	t.Helper()
	tags, _, err := readAll(new(Reader), append(AppendHeader(nil, true, true), tag...), 100)
	if err != nil || len(tags) != 1 || tags[0].Type != TagScript || tags[0].Timestamp != 0 {
		t.Fatalf("%d tags, %v", len(tags), err)
	}
	values, err := amf.DecodeAMF0(tags[0].Data, amf.Limits{})
	if err != nil || len(values) < 2 || values[0] != amf.String("onMetaData") {
		t.Fatalf("%v, %v", values, err)
	}
	if keyframes, ok := amf.Lookup(values[1], "keyframes"); ok {
		times, positions = numbers(t, keyframes, "times"), numbers(t, keyframes, "filepositions")
	}
	return values[1], times, positions
}

func numbers(t *testing.T, v amf.Value, name string) (list []float64) {
	t.Helper()
	array, _ := amf.Lookup(v, name)
	for _, v := range array.(*amf.StrictArray).Values {
		list = append(list, float64(v.(amf.Number)))
	}
	return list
}

// Whatever the room and however many keyframes: the tag never changes its size, is valid, and its keyframes are spread
// evenly from the first on.
func TestIndexAlwaysFits(t *testing.T) {
	for _, room := range []int{0, 1, 85, 86, 89, 90, 131, 132, 149, 150, 151, 153, 154, 155, 167, 168, 186, 1000, 70000} {
		x := Index{Room: room}
		size := x.TagSize()
		for n := range 3000 {
			if n < 100 || n%97 == 0 {
				checkIndex(t, &x, size, n)
			}
			x.Add(int64(n)*2000, int64(n)*1e6+123)
		}
	}
}

func checkIndex(t *testing.T, x *Index, size, added int) {
	t.Helper()
	tag := x.AppendTag(nil, 1500, 99)
	if len(tag) != size || size != x.TagSize() {
		t.Fatalf("room %d, %d keyframes: %d bytes, want %d", x.Room, added, len(tag), size)
	}
	metadata, times, positions := decodeIndex(t, tag)
	if d, _ := amf.Lookup(metadata, "duration"); d != amf.Number(1.5) {
		t.Fatalf("duration %v", d)
	}
	if s, _ := amf.Lookup(metadata, "filesize"); s != amf.Number(99) {
		t.Fatalf("filesize %v", s)
	}
	capacity := x.capacity()
	if len(times) != len(positions) || len(times) != x.Keyframes() || len(times) > capacity || added > 1 && capacity > 3 && len(times) < min(added, capacity/2) {
		t.Fatalf("room %d, %d keyframes: %d times, %d positions", x.Room, added, len(times), len(positions))
	}
	stride := float64(2)
	if len(times) > 1 {
		stride = times[1]
	}
	for i := range times {
		if times[i] != float64(i)*stride || positions[i] != times[i]/2*1e6+123 {
			t.Fatalf("room %d, %d keyframes: number %d at %v s, byte %v", x.Room, added, i, times[i], positions[i])
		}
	}
}

func TestIndexSizes(t *testing.T) {
	var x Index
	if n := len(x.appendMetadata(nil, 0, 0)); n != emptySize {
		t.Errorf("empty: %d bytes", n)
	}
	x.Add(0, 0)
	for i := range 3 {
		if n := len(x.appendMetadata(nil, 0, 0)); i == 0 && n != emptySize {
			t.Errorf("one keyframe: %d bytes", n)
		}
		x.Add(0, 0)
		if n := len(x.appendMetadata(nil, 0, 0)); n != emptySize+keyframesSize+(i+2)*keyframeSize {
			t.Errorf("%d keyframes: %d bytes", i+2, n)
		}
	}
	if n := (&Index{Room: 1 << 30}).TagSize(); n != TagHeaderSize+MaxTagSize+BackPointerSize {
		t.Errorf("the largest room gives %d bytes", n)
	}
	if n := (&Index{}).capacity(); n < 900 {
		t.Errorf("default room has %d keyframes", n)
	}
}
