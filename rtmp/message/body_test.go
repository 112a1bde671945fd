package message_test

import (
	"errors"
	"reflect"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/message"
)

// A53, A54: a type 17 message in every form that senders give it. All but those of the vector were written by Py3AMF.
func TestCommandsInAMF3(t *testing.T) {
	arguments := []amf.Value{amf.String("live")}
	connect := &amf.Object{Properties: []amf.Property{{Name: "app", Value: amf.String("live")}}}
	vector := vectors.Find(t, vectors.Load(t, "amf3.json"), "B20").Hex
	for _, c := range []struct {
		name, hex string
		want      message.Command
	}{
		{"B20", vector, message.Command{Name: "play", Object: amf.Null{}, Arguments: arguments}},
		{"B20 without its format byte", vector[2:], message.Command{Name: "play", Object: amf.Null{}, Arguments: arguments}},
		{"AMF3 throughout", "0609706c6179 0400 01 06096c697665", message.Command{Name: "play", Object: amf.Null{}, Arguments: arguments}},
		{"AMF3 throughout, behind a switch", "11 0609706c6179 0400 01 06096c697665",
			message.Command{Name: "play", Object: amf.Null{}, Arguments: arguments}},
		{"switch for the first value only", "11 0609706c6179 00 0000000000000000 05 02 0004 6c697665",
			message.Command{Name: "play", Object: amf.Null{}, Arguments: arguments}},
		{"connect", "060f636f6e6e656374 0401 0a0b01 07617070 06096c697665 01",
			message.Command{Name: "connect", TransactionID: 1, Object: connect}},
		{"connect, its object in AMF3", "00 02 0007 636f6e6e656374 00 3ff0000000000000 11 0a0b01 07617070 06096c697665 01",
			message.Command{Name: "connect", TransactionID: 1, Object: connect}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := message.ParseCommand(message.TypeCommandAMF3, unhex(t, c.hex), amf.Limits{})
			if len(got.Arguments) == 0 {
				got.Arguments = nil
			}
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("%+v, %v; want %+v", got, err, c.want)
			}
		})
	}
	got, err := message.ParseCommand(message.TypeCommandAMF3, unhex(t, "0609706c6179 0400 01 0609 6c69"), amf.Limits{})
	if err != nil || got.Name != "play" || !errors.Is(got.Incomplete, amf.ErrTruncated) {
		t.Errorf("cut: %+v, %v", got, err)
	}
}

// A54: a type 15 message in every form; what players get is AMF0.
func TestDataInAMF3(t *testing.T) {
	onFoo := message.Data{Handler: "onFoo", Values: []amf.Value{amf.Integer(1), amf.ByteArray{1, 2}}}
	const body = "020005 6f6e466f6f 00 3ff0000000000000 11 0c05 0102"
	for _, c := range []struct {
		name, hex string
		set       bool
		want      string // the type 18 message
	}{
		{"AMF3 throughout", "060b6f6e466f6f 0401 0c05 0102", false, body},
		{"behind a switch", "11 060b6f6e466f6f 0401 0c05 0102", false, body},
		{"set", "061b 407365744461746146 72616d65 060b6f6e466f6f 0401 0c05 0102", true, "02000d40736574446174614672616d65" + body},
	} {
		t.Run(c.name, func(t *testing.T) {
			d, err := message.ParseData(message.TypeDataAMF3, unhex(t, c.hex), amf.Limits{})
			want := onFoo
			want.Set = c.set
			if err != nil || !reflect.DeepEqual(d, want) {
				t.Fatalf("%+v, %v; want %+v", d, err, want)
			}
			if got := message.AppendData(nil, d); string(got) != string(unhex(t, c.want)) {
				t.Errorf("written %x, want %s", got, c.want)
			}
		})
	}
	d, err := message.ParseData(message.TypeDataAMF3, unhex(t, "11 060b6f6e466f6f 00 3ff0000000000000"), amf.Limits{})
	if err != nil || d.Handler != "onFoo" || !reflect.DeepEqual(d.Values, []amf.Value{amf.Number(1)}) {
		t.Errorf("switch for the handler only: %+v, %v", d, err)
	}
}
