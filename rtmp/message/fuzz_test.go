package message_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/message"
)

var fuzzLimits = amf.Limits{Depth: 16, Values: 1000, Bytes: 20000}

// addBodies adds the bodies of the message vectors.
func addBodies(f *testing.F) {
	for _, name := range []string{"commands.json", "control.json"} {
		for _, v := range vectors.Load(f, name) {
			var value struct {
				Type uint8
				Body string
			}
			if json.Unmarshal(v.Value, &value) == nil {
				f.Add(value.Type, unhex(f, value.Body))
			}
		}
	}
}

func FuzzControl(f *testing.F) {
	addBodies(f)
	f.Add(uint8(6), []byte{0, 0, 0, 1})
	f.Add(uint8(4), []byte{0, 3, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, typeID uint8, p []byte) {
		var again []byte
		var err error
		var n uint32
		switch typeID {
		case message.TypeSetChunkSize:
			n, err = message.ParseSetChunkSize(p)
			again = message.AppendSetChunkSize(nil, n)
			if err == nil {
				p = append([]byte{p[0] & 0x7F}, p[1:]...)
			}
		case message.TypeAbort:
			n, err = message.ParseAbort(p)
			again = message.AppendAbort(nil, n)
		case message.TypeAcknowledgement:
			n, err = message.ParseAcknowledgement(p)
			again = message.AppendAcknowledgement(nil, n)
		case message.TypeWindowAckSize:
			n, err = message.ParseWindowAckSize(p)
			again = message.AppendWindowAckSize(nil, n)
		case message.TypeSetPeerBandwidth:
			var limit message.LimitType
			n, limit, err = message.ParseSetPeerBandwidth(p)
			again = message.AppendSetPeerBandwidth(nil, n, limit)[:max(4, min(len(p), 5))] // the limit may be left out
		default:
			var u message.UserControl
			u, err = message.ParseUserControl(p)
			again = message.AppendUserControl(nil, u)
		}
		// Bytes after the fields are not looked at.
		if err == nil && !bytes.HasPrefix(p, again) {
			t.Fatalf("type %d: %x became %x", typeID, p, again)
		}
	})
}

func FuzzParseCommand(f *testing.F) {
	addBodies(f)
	f.Add(uint8(17), unhex(f, "00 02 0004 706c6179 00 0000000000000000 05 11 06 09 6c697665"))
	f.Add(uint8(20), message.AppendCommand(nil, message.ConnectResult(1, 0)))
	f.Add(uint8(20), message.AppendCommand(nil, (&message.Play2{StreamName: "a", Offset: 2, Transition: "swap"}).Command()))
	f.Add(uint8(20), message.AppendCommand(nil, message.ErrorReply(1, message.Redirection("rtmp://h/a", "", ""))))
	f.Fuzz(func(t *testing.T, typeID uint8, p []byte) {
		c, err := message.ParseCommand(typeID, p, fuzzLimits)
		if err != nil {
			return
		}
		name, id, values, err := message.ParseCommandHead(typeID, p)
		inAMF3 := typeID == message.TypeCommandAMF3 || typeID == message.TypeDataAMF3 || typeID == message.TypeSharedObjectAMF3
		if err != nil && inAMF3 && p[0] != 0 && p[0] != 2 {
			err, name, id = nil, []byte(c.Name), c.TransactionID // in AMF3
		}
		if err != nil || string(name) != c.Name || id != c.TransactionID || len(values) > len(p) {
			t.Fatalf("%x begins with %q, %v, %v", p, name, id, err)
		}
		encoded := message.AppendCommand(nil, c)
		again, err := message.ParseCommand(message.TypeCommand, encoded, amf.Limits{Depth: 16, Values: 1003, Bytes: 40000})
		if err != nil || again.Incomplete != nil {
			t.Fatalf("%x: %v, %v", encoded, err, again.Incomplete)
		}
		if !bytes.Equal(message.AppendCommand(nil, again), encoded) {
			t.Fatalf("%x is not stable", encoded)
		}
		message.StreamName(c)
		message.ParsePublish(c)
		message.ParsePlay(c)
		message.ParsePause(c)
		message.ParseSeek(c)
		message.ParseReceive(c)
		message.ParseStreamID(c)
		if s, ok := c.Info(); ok {
			s.Redirect()
			if back, ok := message.ParseStatus(s.Command()); ok && back.Code != s.Code {
				t.Fatalf("%+v became %+v", s, back)
			}
		}
		checkConnect(t, c)
		checkPlay2(t, c)
	})
}

// checkPlay2 demands that a play2 command says the same when it is written and read again.
func checkPlay2(t *testing.T, c message.Command) {
	t.Helper()
	first := message.ParsePlay2(c)
	second := message.ParsePlay2(first.Command())
	if second.StreamName != first.StreamName || second.OldStreamName != first.OldStreamName || second.Transition != first.Transition ||
		second.Start != first.Start || second.Duration != first.Duration || second.Offset != first.Offset {
		t.Fatalf("%+v became %+v", first, second)
	}
	if !bytes.Equal(message.AppendCommand(nil, second.Command()), message.AppendCommand(nil, first.Command())) {
		t.Fatalf("%+v is not stable", first)
	}
}

// checkConnect demands that a connect command says the same when it is written and read again.
func checkConnect(t *testing.T, c message.Command) {
	t.Helper()
	first, err := message.ParseConnect(c)
	if err != nil {
		return
	}
	first.AppName()
	first.Encoder()
	second, err := message.ParseConnect(first.Command())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(message.AppendCommand(nil, second.Command()), message.AppendCommand(nil, first.Command())) {
		t.Fatalf("%+v became %+v", first, second)
	}
}

func FuzzParseData(f *testing.F) {
	f.Add(uint8(18), body(amf.String("@setDataFrame"), amf.String("onMetaData"), ecma(object("width", amf.Number(1280),
		"videocodecid", amf.String("avc1"), "5.1", amf.Boolean(true), "videoTrackIdInfoMap", object("1", object("width", amf.Number(2)))))))
	f.Add(uint8(18), body(amf.String("@clearDataFrame"), amf.String("onMetaData")))
	f.Add(uint8(15), append([]byte{0x06, 0x21}, "0000000000000000"...))
	f.Add(uint8(15), append([]byte{0}, body(amf.Number(1), amf.String("onTextData"), object())...))
	f.Fuzz(func(t *testing.T, typeID uint8, p []byte) {
		d, err := message.ParseData(typeID, p, fuzzLimits)
		if len(d.Body) > len(p) || len(d.Body) > 0 && &d.Body[len(d.Body)-1] != &p[len(p)-1] {
			t.Fatal("Body is not the end of the payload")
		}
		if err != nil {
			return
		}
		written := message.AppendData(nil, d)
		again, err := message.ParseData(message.TypeData, written, fuzzLimits)
		if err != nil || again.Handler != d.Handler || again.Set != d.Set || again.Clear != d.Clear {
			t.Fatalf("%+v became %+v, %v", d, again, err)
		}
		// What was AMF3 has no Body, but has one after it was written.
		if d.Body != nil && !bytes.Equal(again.Body, d.Body) || !bytes.Equal(message.AppendData(nil, again), written) {
			t.Fatalf("%+v became %+v", d, again)
		}
		for _, v := range d.Values {
			m := message.ParseMetadata(v)
			written := m.Value()
			back := message.ParseMetadata(written)
			if !bytes.Equal(amf.AppendAMF0(nil, back.Value()), amf.AppendAMF0(nil, written)) {
				t.Fatalf("%+v became %+v", m, back)
			}
			if read := (&amf.ECMAArray{Properties: back.Properties}); !bytes.Equal(body(read), body(written)) {
				t.Fatal("Properties are not what was read")
			}
		}
	})
}
