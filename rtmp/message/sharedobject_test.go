package message_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/message"
)

// A139: the vectors of sharedobject.json, read and written.
func TestVectorsSharedObject(t *testing.T) {
	want := map[string]message.SharedObject{
		"F11": {Name: "chat", Events: []message.SharedEvent{{Kind: message.SharedUse}}},
		"F12": {Name: "chat", Version: 3, Flags: message.SharedPersistent, Events: []message.SharedEvent{
			{Kind: message.SharedChange, Slots: object("n", amf.Number(1)).Properties}}},
	}
	for _, v := range vectors.Load(t, "sharedobject.json") {
		p := v.Bytes(t)
		got, err := message.ParseSharedObject(message.TypeSharedObject, p, amf.Limits{})
		if err != nil || !reflect.DeepEqual(got, want[v.ID]) {
			t.Errorf("%s: %+v, %v; want %+v", v.ID, got, err, want[v.ID])
		}
		if again := message.AppendSharedObject(nil, got); !bytes.Equal(again, p) {
			t.Errorf("%s: written %x, want %x", v.ID, again, p)
		}
		for _, amf3 := range [][]byte{append([]byte{0}, p...), p} { // type 16, with and without its format byte
			if got, err := message.ParseSharedObject(message.TypeSharedObjectAMF3, amf3, amf.Limits{}); err != nil || !reflect.DeepEqual(got, want[v.ID]) {
				t.Errorf("%s as type 16: %+v, %v", v.ID, got, err)
			}
		}
		for n := range len(p) {
			got, err := message.ParseSharedObject(message.TypeSharedObject, p[:n], amf.Limits{})
			if err == nil && len(got.Events) > 0 || err != nil && !errors.Is(err, message.ErrLength) {
				t.Errorf("%s, %d bytes: %+v, %v", v.ID, n, got, err)
			}
		}
	}
}

// A139: each of the eleven events as deployed servers and Flash write it.
func TestSharedEvents(t *testing.T) {
	const head = "0001 73 00000001 00000000 00000000"
	for _, c := range []struct {
		name, hex string
		want      message.SharedEvent
		again     string // as it is written, if otherwise
	}{
		{"use", "01 00000000", message.SharedEvent{Kind: 1}, ""},
		{"release", "02 00000000", message.SharedEvent{Kind: 2}, ""},
		{"request change", "03 0000000c 0001 6e 00 3ff0000000000000",
			message.SharedEvent{Kind: 3, Slots: object("n", amf.Number(1)).Properties}, ""},
		{"change", "04 0000000c 0001 61 0101 0001 62 02 0001 78",
			message.SharedEvent{Kind: 4, Slots: object("a", amf.Boolean(true), "b", amf.String("x")).Properties}, ""},
		{"change of nothing", "04 00000000", message.SharedEvent{Kind: 4}, ""},
		{"change, in AMF3", "04 00000006 0001 61 11 0405", message.SharedEvent{Kind: 4, Slots: object("a", amf.Integer(5)).Properties},
			"04 0000000c 0001 61 00 4014000000000000"},
		{"success", "05 00000003 0001 6e", message.SharedEvent{Kind: 5, Name: "n"}, ""},
		{"success of nothing", "05 00000000", message.SharedEvent{Kind: 5}, ""},
		{"message", "06 00000008 02 0002 6869 02 0000", message.SharedEvent{Kind: 6, Name: "hi", Arguments: []amf.Value{amf.String("")}}, ""},
		{"message, its name without marker", "06 00000005 0002 6869 05",
			message.SharedEvent{Kind: 6, Name: "hi", Arguments: []amf.Value{amf.Null{}}}, "06 00000006 02 0002 6869 05"},
		{"status", "07 0000000a 0002 6363 0004 7761 726e", message.SharedEvent{Kind: 7, Name: "cc", Level: "warn"}, ""},
		{"clear", "08 00000000", message.SharedEvent{Kind: 8}, ""},
		{"remove", "09 00000003 0001 6e", message.SharedEvent{Kind: 9, Name: "n"}, ""},
		{"request remove", "0a 00000003 0001 6e", message.SharedEvent{Kind: 10, Name: "n"}, ""},
		{"use success", "0b 00000000", message.SharedEvent{Kind: 11}, ""},
		{"unknown", "0c 00000002 aabb", message.SharedEvent{Kind: 12, Data: []byte{0xAA, 0xBB}}, ""},
		{"damaged value", "03 00000004 0001 6e 04", message.SharedEvent{Kind: 3, Data: unhex(t, "0001 6e 04")}, ""},
		{"damaged name", "09 00000003 0009 6e", message.SharedEvent{Kind: 9, Data: unhex(t, "0009 6e")}, ""},
		{"bytes after what is needed", "0b 00000002 aabb", message.SharedEvent{Kind: 11}, "0b 00000000"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := unhex(t, head+c.hex)
			got, err := message.ParseSharedObject(message.TypeSharedObject, p, amf.Limits{})
			if err != nil || len(got.Events) != 1 || got.Name != "s" || got.Version != 1 {
				t.Fatalf("%+v, %v", got, err)
			}
			if c.want.Kind == 4 && len(c.want.Slots) == 0 {
				got.Events[0].Slots = nil
			}
			if !reflect.DeepEqual(got.Events[0], c.want) {
				t.Fatalf("%+v, want %+v", got.Events[0], c.want)
			}
			want := p
			if c.again != "" {
				want = unhex(t, head+c.again)
			}
			if again := message.AppendSharedObject(nil, got); !bytes.Equal(again, want) {
				t.Errorf("written %x, want %x", again, want)
			}
		})
	}
}

// Limits hold for all events together.
func TestSharedObjectLimits(t *testing.T) {
	head := unhex(t, "0001 73 00000001 00000000 00000000")
	change := unhex(t, "04 00000004 0001 61 05")
	p := append(bytes.Clone(head), bytes.Repeat(change, 256)...)
	if o, err := message.ParseSharedObject(19, p, amf.Limits{Values: 256}); err != nil || len(o.Events) != 256 {
		t.Errorf("%d events, %v", len(o.Events), err)
	}
	if _, err := message.ParseSharedObject(19, p, amf.Limits{Values: 255}); !errors.Is(err, amf.ErrValues) {
		t.Errorf("255 values: %v", err)
	}
	if o, err := message.ParseSharedObject(19, append(p, change...), amf.Limits{}); !errors.Is(err, message.ErrLength) || len(o.Events) != 256 {
		t.Errorf("257 events: %d, %v", len(o.Events), err)
	}
	deep := append(append(bytes.Clone(head), unhex(t, "04 00000193 0001 61")...), bytes.Repeat([]byte{3, 0, 1, 'a'}, 100)...)
	if _, err := message.ParseSharedObject(19, deep, amf.Limits{}); !errors.Is(err, amf.ErrDepth) {
		t.Errorf("100 objects in one another: %v", err)
	}
}

func FuzzParseSharedObject(f *testing.F) {
	for _, v := range vectors.Load(f, "sharedobject.json") {
		f.Add(uint8(19), v.Bytes(f))
		f.Add(uint8(16), append([]byte{0}, v.Bytes(f)...))
	}
	f.Add(uint8(19), unhex(f, "0001 73 00000001 00000000 00000000 06 00000008 02 0002 6869 02 0000 07 0000000a 0002 6363 0004 7761726e"))
	f.Fuzz(func(t *testing.T, typeID uint8, p []byte) {
		o, err := message.ParseSharedObject(typeID, p, fuzzLimits)
		if len(o.Events) > 256 {
			t.Fatalf("%d events", len(o.Events))
		}
		if err != nil {
			return
		}
		encoded := message.AppendSharedObject(nil, o)
		again, err := message.ParseSharedObject(message.TypeSharedObject, encoded, amf.Limits{Depth: 16, Values: 4000, Bytes: 1 << 20})
		if err != nil {
			t.Fatalf("%x: %v", encoded, err)
		}
		if got := message.AppendSharedObject(nil, again); !bytes.Equal(got, encoded) {
			t.Fatalf("%x became %x", encoded, got)
		}
	})
}
