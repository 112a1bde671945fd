package message_test

import (
	"bytes"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// A89: what Flash sends for NetStreamPlayOptions, read, and written with everything in it.
func TestPlay2(t *testing.T) {
	c := message.NewCommand("play2", 0, fromJSON(t, `{"oldStreamName":"a","streamName":"b?x=1","start":-2000,"len":-1,"offset":4.5,
		"transition":"switch","mine":[1]}`))
	p := message.ParsePlay2(c)
	if p.StreamName != "b?x=1" || p.OldStreamName != "a" || p.Start != message.PlayAny || p.Duration != -1 || p.Offset != 4.5 || p.Transition != "switch" {
		t.Fatalf("%+v", p)
	}
	want := message.AppendCommand(nil, message.NewCommand("play2", 0, fromJSON(t, `{"oldStreamName":"a","streamName":"b?x=1","start":-2,"len":-1,
		"offset":4.5,"transition":"switch","mine":[1]}`)))
	if got := message.AppendCommand(nil, p.Command()); !bytes.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	for _, arguments := range [][]amf.Value{nil, {amf.Number(1)}, {fromJSON(t, `{"streamName":1,"start":"x","len":-5,"offset":null,"transition":2}`)}} {
		p := message.ParsePlay2(message.NewCommand("play2", 0, arguments...))
		if p.StreamName != "" || p.Start != message.PlayAny || p.Duration != -1 || p.Offset != -1 || p.Transition != "" || p.Properties == nil {
			t.Errorf("%v: %+v", arguments, p)
		}
	}
}
