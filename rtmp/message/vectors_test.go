package message_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/message"
)

// unhex reads hexadecimal digits, spaces allowed.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// vector is what the files describe of a message.
type vector struct {
	Type    uint8
	Body    string
	Message struct {
		Kind         string
		Size         uint32
		Sequence     uint32
		CSID         uint32
		LimitType    uint8 `json:"limit_type"`
		Event        uint16
		StreamID     uint32 `json:"stream_id"`
		Timestamp    uint32
		BufferLength uint32 `json:"buffer_length"`
		Data         string
	}
	Command struct {
		Name          string
		TransactionID float64 `json:"transaction_id"`
		Object        json.RawMessage
		Arguments     []json.RawMessage
	}
}

// A57, A58, A61, A63: the control messages, read and written.
func TestVectorsControl(t *testing.T) {
	for _, v := range vectors.Load(t, "control.json") {
		t.Run(v.ID, func(t *testing.T) {
			var want vector
			v.Decode(t, &want)
			body := unhex(t, want.Body)
			m := want.Message
			var again []byte
			switch m.Kind {
			case "set_chunk_size":
				checkType(t, want.Type, message.TypeSetChunkSize)
				check(t, m.Size)(message.ParseSetChunkSize(body))
				again = message.AppendSetChunkSize(nil, m.Size)
			case "window_ack_size":
				checkType(t, want.Type, message.TypeWindowAckSize)
				check(t, m.Size)(message.ParseWindowAckSize(body))
				again = message.AppendWindowAckSize(nil, m.Size)
			case "acknowledgement":
				checkType(t, want.Type, message.TypeAcknowledgement)
				check(t, m.Sequence)(message.ParseAcknowledgement(body))
				again = message.AppendAcknowledgement(nil, m.Sequence)
			case "abort":
				checkType(t, want.Type, message.TypeAbort)
				check(t, m.CSID)(message.ParseAbort(body))
				again = message.AppendAbort(nil, m.CSID)
			case "set_peer_bandwidth":
				checkType(t, want.Type, message.TypeSetPeerBandwidth)
				size, limit, err := message.ParseSetPeerBandwidth(body)
				check(t, m.Size)(size, err)
				check(t, message.LimitType(m.LimitType))(limit, err)
				again = message.AppendSetPeerBandwidth(nil, m.Size, limit)
			case "user_control":
				checkType(t, want.Type, message.TypeUserControl)
				again = checkUserControl(t, want, body)
			default:
				t.Fatalf("kind %q", m.Kind)
			}
			if !bytes.Equal(again, body) {
				t.Errorf("written %x, want %x", again, body)
			}
		})
	}
}

func checkType(t *testing.T, got, want uint8) {
	t.Helper()
	if got != want {
		t.Errorf("type %d, want %d", got, want)
	}
}

func check[T comparable](t *testing.T, want T) func(T, error) {
	t.Helper()
	return func(got T, err error) {
		t.Helper()
		if err != nil || got != want {
			t.Errorf("parsed %v, %v; want %v", got, err, want)
		}
	}
}

func checkUserControl(t *testing.T, want vector, body []byte) []byte {
	t.Helper()
	u, err := message.ParseUserControl(body)
	m := want.Message
	if err != nil || u.Event != m.Event || u.StreamID != m.StreamID || u.Timestamp != m.Timestamp ||
		u.BufferLength != m.BufferLength || hex.EncodeToString(u.Data) != m.Data {
		t.Errorf("%+v, %v; want %+v", u, err, m)
	}
	return message.AppendUserControl(nil, u)
}

// The command messages, read and written.
func TestVectorsCommands(t *testing.T) {
	for _, v := range vectors.Load(t, "commands.json") {
		t.Run(v.ID, func(t *testing.T) {
			var want vector
			v.Decode(t, &want)
			body := unhex(t, want.Body)
			c, err := message.ParseCommand(want.Type, body, amf.Limits{})
			if err != nil || c.Incomplete != nil {
				t.Fatal(err, c.Incomplete)
			}
			if c.Name != want.Command.Name || c.TransactionID != want.Command.TransactionID ||
				len(c.Arguments) != len(want.Command.Arguments) {
				t.Fatalf("%+v, want %+v", c, want.Command)
			}
			for i, raw := range want.Command.Arguments {
				if got := describe(t, c.Argument(i)); !sameJSON(got, raw) {
					t.Errorf("argument %d: %s, want %s", i, got, raw)
				}
			}
			if got := describe(t, c.Object); !sameJSON(got, want.Command.Object) {
				t.Errorf("object %s, want %s", got, want.Command.Object)
			}
			if again := message.AppendCommand(nil, c); !bytes.Equal(again, body) {
				t.Errorf("written %x, want %x", again, body)
			}
			for _, typeID := range []uint8{message.TypeCommand, message.TypeCommandAMF3} {
				name, id, values, err := message.ParseCommandHead(typeID, body)
				if err != nil || string(name) != c.Name || id != c.TransactionID ||
					!bytes.Equal(values, amf.AppendValuesAMF0(nil, append([]amf.Value{c.Object}, c.Arguments...)...)) {
					t.Errorf("head: %q %v %x, %v", name, id, values, err)
				}
			}
			for _, wrapped := range [][]byte{append([]byte{0}, body...), body} {
				c17, err := message.ParseCommand(message.TypeCommandAMF3, wrapped, amf.Limits{})
				if err != nil || !bytes.Equal(message.AppendCommand(nil, c17), body) {
					t.Errorf("type 17: %+v, %v", c17, err)
				}
			}
		})
	}
}

// describe writes a value as the vector files do.
func describe(t *testing.T, v amf.Value) []byte {
	t.Helper()
	var d any
	switch v := v.(type) {
	case amf.Number:
		d = map[string]any{"number": v}
	case amf.String:
		d = map[string]any{"string": v}
	case amf.Null:
		d = map[string]any{"null": nil}
	case *amf.StrictArray:
		items := []json.RawMessage{}
		for _, item := range v.Values {
			items = append(items, describe(t, item))
		}
		d = map[string]any{"strict_array": items}
	case *amf.Object:
		pairs := [][2]any{}
		for _, p := range v.Properties {
			pairs = append(pairs, [2]any{p.Name, json.RawMessage(describe(t, p.Value))})
		}
		d = map[string]any{"object": pairs}
	default:
		t.Fatalf("%#v", v)
	}
	b, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sameJSON(a, b []byte) bool {
	var x, y bytes.Buffer
	return json.Compact(&x, a) == nil && json.Compact(&y, b) == nil && bytes.Equal(x.Bytes(), y.Bytes())
}
