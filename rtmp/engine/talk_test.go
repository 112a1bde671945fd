package engine

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/message"
)

// spell reads bytes as a test writes them: hexadecimal digits, blanks that mean nothing, and 'text', which stands for an
// AMF0 string without its marker: two bytes of length and the text.
func spell(t testing.TB, s string) []byte {
	t.Helper()
	var b []byte
	for i, part := range strings.Split(s, "'") {
		if i%2 == 1 {
			b = append(b, byte(len(part)>>8), byte(len(part)))
			b = append(b, part...)
			continue
		}
		h, err := hex.DecodeString(strings.Join(strings.Fields(part), ""))
		if err != nil {
			t.Fatalf("%q: %v", part, err)
		}
		b = append(b, h...)
	}
	return b
}

// said is one message that an engine sent.
type said struct {
	chunk.Header
	payload []byte
}

// String describes a message, so that a table can say what it expects: commands by name, transaction and code.
func (m said) String() string {
	where := fmt.Sprintf("csid %d msid %d ", m.ChunkStreamID, m.StreamID)
	switch m.TypeID {
	case message.TypeCommand:
		c, err := message.ParseCommand(m.TypeID, m.payload, amf.Limits{})
		if err != nil {
			return where + err.Error()
		}
		s := fmt.Sprintf("%s%s %v", where, c.Name, c.TransactionID)
		if info, ok := c.Info(); ok {
			return s + " " + info.Level + " " + info.Code
		}
		for _, v := range c.Arguments {
			s += fmt.Sprintf(" %v", v)
		}
		return s
	case message.TypeUserControl:
		u, _ := message.ParseUserControl(m.payload)
		return fmt.Sprintf("%sevent %d %d", where, u.Event, u.StreamID+u.Timestamp)
	}
	return fmt.Sprintf("%stype %d %x", where, m.TypeID, m.payload)
}

// listener decodes what an engine sends, as its peer does.
type listener struct {
	d *chunk.Decoder
}

func (l *listener) hear(t testing.TB, p []byte) (all []said) {
	t.Helper()
	if l.d == nil {
		l.d = chunk.NewDecoder(buffer.Heap, chunk.Limits{})
	}
	for len(p) > 0 {
		m, n, ok, err := l.d.Next(p)
		if err != nil {
			t.Fatalf("the engine sent nonsense: %v", err)
		}
		p = p[n:]
		if !ok {
			continue
		}
		if m.TypeID == message.TypeSetChunkSize {
			size, _ := message.ParseSetChunkSize(m.Payload.Bytes())
			l.d.SetChunkSize(size)
		}
		all = append(all, said{m.Header, bytes.Clone(m.Payload.Bytes())})
		m.Payload.Release()
	}
	return all
}

// talk is an encoder at the far end of a server. Its methods feed the server with messages; what comes of them is kept.
type talk struct {
	t      testing.TB
	s      *Server
	e      chunk.Encoder
	l      listener
	now    time.Duration
	piece  int            // how many bytes the server gets at once
	decide func(*Request) // nil accepts
	events []Event
	err    error // that the server ended with
}

// newTalk returns an encoder whose handshake is done.
func newTalk(t testing.TB, c ServerConfig) *talk {
	c.Rand, c.Shaken = noise(), true
	return &talk{t: t, s: NewServer(c), piece: 1 << 20}
}

// bytes feeds the server, decides its requests, and takes its events.
func (k *talk) bytes(p []byte) {
	for len(p) > 0 && k.err == nil {
		n, err := k.s.Receive(p[:min(k.piece, len(p))], k.now)
		p, k.err = p[n:], err
		if !k.take() && n == 0 {
			return
		}
	}
}

// take takes the server's events and reports whether there were any.
func (k *talk) take() (any bool) {
	for e, ok := k.s.NextEvent(); ok; e, ok = k.s.NextEvent() {
		any = true
		k.events = append(k.events, e)
		if e.Kind == EventRequest {
			if k.decide != nil {
				k.decide(e.Request)
			} else if err := k.s.Accept(e.Request.ID); err != nil {
				k.t.Error(err)
			}
		}
	}
	return any
}

func (k *talk) message(csid uint32, typeID uint8, msid, timestamp uint32, payload []byte) {
	k.bytes(k.e.AppendMessage(nil, chunk.Header{ChunkStreamID: csid, Timestamp: timestamp, TypeID: typeID, StreamID: msid}, payload))
}

func (k *talk) command(msid uint32, name string, tx float64, args ...amf.Value) {
	k.message(3, message.TypeCommand, msid, 0, message.AppendCommand(nil, message.NewCommand(name, tx, args...)))
}

func (k *talk) connect(properties ...amf.Property) {
	if properties == nil {
		properties = []amf.Property{{Name: "app", Value: amf.String("live")}, {Name: "tcUrl", Value: amf.String("rtmp://host/live")}}
	}
	c := message.Command{Name: "connect", TransactionID: 1, Object: &amf.Object{Properties: properties}}
	k.message(3, message.TypeCommand, 0, 0, message.AppendCommand(nil, c))
}

// publishing brings the conversation to where media flows on stream 1, and forgets what was said.
func (k *talk) publishing() *talk {
	k.t.Helper()
	k.connect()
	k.command(0, "createStream", 2)
	k.command(1, "publish", 3, amf.String("key"), amf.String("live"))
	if k.s.Streams() != 1 {
		k.t.Fatalf("not publishing: %v, events %v", k.err, kinds(k.events))
	}
	k.events = nil
	k.replies()
	return k
}

// replies decodes what the server said since the last call.
func (k *talk) replies() []string {
	k.t.Helper()
	var all []string
	for _, m := range k.l.hear(k.t, k.s.AppendOutput(nil)) {
		all = append(all, m.String())
	}
	return all
}

// heardMedia sends an audio frame on a stream and reports whether it arrives: the connection lives.
func (k *talk) heardMedia(msid uint32) bool {
	k.t.Helper()
	k.events = release(k.events)
	k.message(4, message.TypeAudio, msid, uint32(k.now/time.Millisecond), []byte{0xAF, 1, 'o', 'k'})
	for i := range k.events {
		if e := &k.events[i]; e.Kind == EventPacket && string(e.Packet.Data) == "ok" {
			k.events = release(k.events)
			return k.err == nil
		}
	}
	return false
}

// release gives back what events hold, and forgets them.
func release(events []Event) []Event {
	for i := range events {
		events[i].Packet.Release()
	}
	return nil
}

func expect(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Fatalf("%s:\n got %s\nwant %s", what, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// capture returns the recorded bytes of a real encoder.
func capture(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../testdata/captures", name+".bin"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sized is spell for messages with complete headers, one per line, whose length fields are put right.
func sized(t testing.TB, s string) (all []byte) {
	t.Helper()
	for line := range strings.Lines(s) {
		b := spell(t, line)
		n := len(b) - 12
		b[4], b[5], b[6] = byte(n>>16), byte(n>>8), byte(n)
		all = append(all, b...)
	}
	return all
}
