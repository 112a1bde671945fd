package amf_test

import (
	"errors"
	"fmt"

	"oxrtmp/rtmp/amf"
)

// The body of a command message, written and read.
func Example() {
	body := amf.AppendValuesAMF0(nil,
		amf.String("connect"),
		amf.Number(1),
		&amf.Object{Properties: []amf.Property{
			{Name: "app", Value: amf.String("live")},
			{Name: "fpad", Value: amf.Boolean(false)},
		}},
	)
	values, err := amf.DecodeAMF0(body, amf.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	name, _ := amf.AsString(values[0])
	app, _ := amf.Lookup(values[2], "app")
	fmt.Println(name, app)
	// Output: connect live
}

// A decoder says where it stopped, and gives what came before.
func ExampleDecodeAMF0() {
	body := []byte{
		0x03,               // object
		0, 1, 'a', 0x01, 1, // a: true
		0, 1, 'b', 0x0E, // b: a record set, which no one may send
	}
	values, err := amf.DecodeAMF0(body, amf.Limits{})
	fmt.Println(err)
	fmt.Println(errors.Is(err, amf.ErrMarker))
	fmt.Printf("%s\n", amf.AppendJSON(nil, values[0]))
	// Output:
	// amf: byte 9: unknown or misplaced type marker
	// true
	// {"a":true}
}

func ExampleAppendJSON() {
	v := &amf.ECMAArray{Properties: []amf.Property{
		{Name: "width", Value: amf.Number(1280)},
		{Name: "videocodecid", Value: amf.Number(0x61763031)},
		{Name: "creationdate", Value: amf.Date{Milliseconds: 1700000000000}},
	}}
	fmt.Printf("%s\n", amf.AppendJSON(nil, v))
	// Output: {"width":1280,"videocodecid":1635135537,"creationdate":{"$date":1700000000000}}
}

func ExampleParseJSON() {
	v, err := amf.ParseJSON([]byte(`{"width": 1280, "encoder": "me"}`), amf.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("% x\n", amf.AppendAMF0(nil, v)[:16])
	// Output: 03 00 05 77 69 64 74 68 00 40 94 00 00 00 00 00
}
