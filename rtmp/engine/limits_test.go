package engine

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/message"
)

// What is below a limit, and at it, is taken; one more costs the connection, or only what exceeds it.
func TestLimitsAreExact(t *testing.T) {
	nested := func(n int) amf.Value {
		var v amf.Value = amf.Null{}
		for range n {
			v = &amf.StrictArray{Values: []amf.Value{v}}
		}
		return v
	}
	early := func(k *talk) { k.connect() }
	begin := func(k *talk, n int) { // begins n messages of 256 bytes, each on a chunk stream of its own
		k.message(2, message.TypeSetChunkSize, 0, 0, []byte{0, 0, 0, 1})
		for i := range n {
			k.bytes([]byte{byte(10 + i), 0, 0, 0, 0, 1, 0, 9, 1, 0, 0, 0, 1})
		}
	}
	for _, c := range []struct {
		name   string
		limits Limits
		limit  int
		before func(*talk) // default: a stream is publishing
		use    func(k *talk, n int)
		over   error              // that one more ends the connection with; nil: the connection stays
		taken  func(k *talk) bool // reports whether what was used has been taken, all of it
	}{
		{name: "MessageBytes", limits: Limits{MessageBytes: 1000}, limit: 1000,
			use:  func(k *talk, n int) { k.message(6, message.TypeVideo, 1, 0, make([]byte, n)) },
			over: chunk.ErrMessageSize, taken: func(k *talk) bool { return find(k.events, EventPacket) != nil }},
		{name: "MessageBytes, as the largest there is", limits: Limits{MessageBytes: 1 << 30}, limit: 0xFFFFFF,
			use:   func(k *talk, n int) { k.message(6, message.TypeVideo, 1, 0, make([]byte, min(n, 0xFFFFFF))) },
			taken: func(k *talk) bool { return find(k.events, EventPacket) != nil }},
		{name: "PartialBytes", limits: Limits{PartialBytes: 1024}, limit: 4, // blocks of 256
			use: begin, over: chunk.ErrPartialBytes},
		{name: "EarlyMessageBytes", limits: Limits{EarlyMessageBytes: 1000}, limit: 1000, before: early,
			use:  func(k *talk, n int) { k.message(6, 99, 1, 0, make([]byte, n)) },
			over: chunk.ErrMessageSize, taken: func(k *talk) bool { return k.s.Counters().Unknown == 1 }},
		{name: "EarlyPartialBytes", limits: Limits{EarlyPartialBytes: 1024}, limit: 4, before: early,
			use: begin, over: chunk.ErrPartialBytes},
		{name: "ChunkStreams", limits: Limits{ChunkStreams: 8}, limit: 8,
			use: func(k *talk, n int) {
				for i := range n - 2 { // control and commands used two
					k.message(uint32(1000+1000*i), message.TypeAudio, 1, 0, []byte{0xAF, 1, 2})
				}
			}, over: chunk.ErrChunkStreams},
		{name: "MessageStreams", limits: Limits{MessageStreams: 5}, limit: 5, before: early,
			use: func(k *talk, n int) {
				for i := range n {
					k.command(0, "createStream", float64(10+i))
				}
			},
			taken: func(k *talk) bool { return !strings.Contains(fmt.Sprint(k.replies()), "_error") }},
		{name: "AMFDepth", limits: Limits{AMFDepth: 10}, limit: 10,
			use:   func(k *talk, n int) { k.command(0, "x", 0, nested(n)) },
			taken: func(k *talk) bool { return k.s.Counters().Faulty == 0 && find(k.events, EventCommand) != nil }},
		{name: "AMFValues", limits: Limits{AMFValues: 100}, limit: 100,
			use: func(k *talk, n int) {
				k.command(0, "x", 0, &amf.StrictArray{Values: bytesAsNulls(n - 4)})
			},
			taken: func(k *talk) bool { return k.s.Counters().Faulty == 0 && find(k.events, EventCommand) != nil }},
		{name: "EarlyAMFValues", limits: Limits{EarlyAMFValues: 100}, limit: 100, before: early,
			use: func(k *talk, n int) {
				k.command(0, "x", 0, &amf.StrictArray{Values: bytesAsNulls(n - 4)})
			},
			taken: func(k *talk) bool { return k.s.Counters().Faulty == 0 && find(k.events, EventCommand) != nil }},
		{name: "IdleMessages", limits: Limits{IdleMessages: 10}, limit: 50, before: func(k *talk) { k.s.idle.tokens, k.s.idle.begun = 50, true },
			use: func(k *talk, n int) {
				for range n {
					k.message(2, 99, 0, 0, nil)
				}
			}, over: ErrFlood},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, n := range []int{c.limit - 1, c.limit, c.limit + 1} {
				h := &buffer.HeapAllocator{}
				k := newTalk(t, ServerConfig{Limits: c.limits, Allocator: h})
				k.e.SetChunkSize(65536)
				k.bytes(spell(t, "02 000000 000004 01 00000000 00010000"))
				if c.before != nil {
					c.before(k)
				} else {
					k.publishing()
				}
				k.replies()
				c.use(k, n)
				switch {
				case n <= c.limit && k.err != nil:
					t.Errorf("%d: %v", n, k.err)
				case n <= c.limit && c.taken != nil && !c.taken(k):
					t.Errorf("%d were not taken: events %v, %+v", n, kinds(k.events), k.s.Counters())
				case n > c.limit && c.over != nil && !errors.Is(k.err, c.over):
					t.Errorf("%d, one more than permitted: %v, want %v", n, k.err, c.over)
				case n > c.limit && c.over == nil && k.err != nil:
					t.Errorf("%d, one more than permitted: %v, but the connection should stay", n, k.err)
				case n > c.limit && c.over == nil && c.limit != 0xFFFFFF && c.taken(k):
					t.Errorf("%d, one more than permitted, were taken", n)
				}
				release(k.events)
				if k.s.Close(); h.InUse() != 0 {
					t.Errorf("%d: %d bytes are not released", n, h.InUse())
				}
			}
		})
	}
}

// Limits.ReadChunks: what is below it, and at it, is taken at once; the rest later, and the stream is the same.
func TestReadChunksIsExact(t *testing.T) {
	const limit = 7
	for _, n := range []int{limit - 1, limit, limit + 1} {
		k := newTalk(t, ServerConfig{Limits: Limits{ReadChunks: limit}})
		k.publishing()
		k.e.SetChunkSize(1)
		k.bytes(spell(t, "02 000000 000004 01 00000000 00000001"))
		wire := k.e.AppendMessage(nil, chunk.Header{ChunkStreamID: 6, TypeID: message.TypeVideo, StreamID: 1}, make([]byte, n))
		taken, err := k.s.Receive(wire, k.now)
		if left := len(wire) - taken; err != nil || left != 2*max(0, n-limit) {
			t.Errorf("%d chunks: %d bytes are left, %v", n, left, err)
		}
		if k.take() != (n <= limit) {
			t.Errorf("%d chunks: %v", n, kinds(k.events))
		}
		k.bytes(wire[taken:])
		if e := find(k.events, EventPacket); e == nil || len(e.Packet.Raw) != n {
			t.Errorf("%d chunks: %v", n, kinds(k.events))
		}
		release(k.events)
		k.s.Close()
	}
}

func bytesAsNulls(n int) []amf.Value {
	values := make([]amf.Value, n)
	for i := range values {
		values[i] = amf.Null{}
	}
	return values
}

// Zero fields are the defaults, and every field has one.
func TestZeroLimitsAreTheDefaults(t *testing.T) {
	if got := (Limits{}).WithDefaults(); got != DefaultLimits {
		t.Fatalf("%+v", got)
	}
	all := reflect.ValueOf(DefaultLimits)
	for i := range all.NumField() {
		if all.Field(i).Int() <= 0 {
			t.Errorf("%s has no default", all.Type().Field(i).Name)
		}
		var l Limits
		reflect.ValueOf(&l).Elem().Field(i).SetInt(-1)
		if l.WithDefaults() != DefaultLimits {
			t.Errorf("%s: -1 is not the default", all.Type().Field(i).Name)
		}
		reflect.ValueOf(&l).Elem().Field(i).SetInt(77)
		if got := reflect.ValueOf(l.WithDefaults()).Field(i).Int(); got != 77 {
			t.Errorf("%s: 77 became %d", all.Type().Field(i).Name, got)
		}
	}
	if got := (Timeouts{}).WithDefaults(); got != DefaultTimeouts {
		t.Fatalf("%+v", got)
	}
	times := reflect.ValueOf(DefaultTimeouts)
	for i := range times.NumField() {
		if times.Field(i).Int() <= 0 {
			t.Errorf("%s has no default", times.Type().Field(i).Name)
		}
	}
}

// Floods of messages that bring nothing forward end a connection, at a rate that no encoder reaches; what comes more
// slowly never does.
func TestFloods(t *testing.T) {
	for _, c := range []struct {
		name    string
		typeID  uint8
		payload []byte
	}{
		{"chunk sizes", message.TypeSetChunkSize, []byte{0, 0, 0x10, 0}},
		{"chunk sizes of 0", message.TypeSetChunkSize, make([]byte, 4)},
		{"aborts", message.TypeAbort, []byte{0, 0, 0, 9}},
		{"pings", message.TypeUserControl, []byte{0, 6, 0, 0, 0, 1}},
		{"unknown events", message.TypeUserControl, []byte{0, 99}},
		{"the same acknowledgement", message.TypeAcknowledgement, make([]byte, 4)},
		{"windows", message.TypeWindowAckSize, []byte{0, 1, 0, 0}},
		{"bandwidths", message.TypeSetPeerBandwidth, []byte{0, 1, 0, 0, 2}},
		{"empty audio", message.TypeAudio, nil},
		{"empty video", message.TypeVideo, nil},
		{"empty data", message.TypeData, nil},
		{"empty aggregates", message.TypeAggregate, nil},
		{"cut aggregates", message.TypeAggregate, []byte{8, 0, 0, 1}},
		{"aggregates of nothing known", message.TypeAggregate, []byte{99, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}},
		{"unknown types", 99, []byte{1}},
		{"commands", message.TypeCommand, spell(t, "02 '_checkbw' 00 3ff0000000000000 05")},
		{"unknown commands", message.TypeCommand, spell(t, "02 'x' 00 3ff0000000000000 05")},
		{"nonsense commands", message.TypeCommand, []byte{0xFF}},
		{"connects", message.TypeCommand, spell(t, "02 'connect' 00 3ff0000000000000 03 000009")},
		{"deleteStream", message.TypeCommand, spell(t, "02 'deleteStream' 00 0000000000000000 05 00 4059000000000000")},
		{"publish", message.TypeCommand, spell(t, "02 'publish' 00 0000000000000000 05 02 'other'")},
		{"play", message.TypeCommand, spell(t, "02 'play' 00 0000000000000000 05 02 'other'")},
		{"releaseStream", message.TypeCommand, spell(t, "02 'releaseStream' 00 0000000000000000 05 02 'other'")},
		{"FCPublish", message.TypeCommand, spell(t, "02 'FCPublish' 00 0000000000000000 05 02 'other'")},
		{"FCUnpublish", message.TypeCommand, spell(t, "02 'FCUnpublish' 00 0000000000000000 05 02 'other'")},
	} {
		k := newTalk(t, ServerConfig{}).publishing()
		for range 3000 { // 400 a second
			k.message(3, c.typeID, 1, 0, c.payload)
			k.now += 2500 * time.Microsecond
			k.s.AppendOutput(nil)
			k.events = release(k.events)
		}
		if !k.heardMedia(1) {
			t.Errorf("%s, 400 a second: %v", c.name, k.err)
		}
		n := 0
		for ; k.err == nil && n < 100000; n++ {
			k.message(3, c.typeID, 1, 0, c.payload)
			k.s.AppendOutput(nil)
			k.events = release(k.events)
		}
		if !errors.Is(k.err, ErrFlood) || n > 6*DefaultLimits.IdleMessages {
			t.Errorf("%s: %v after %d at once", c.name, k.err, n)
		}
	}
}

// A fast sender whose stream ended on our side still has media on the way: it is ignored, and other streams go on.
func TestMediaForAnEndedStreamIsNoFlood(t *testing.T) {
	k := newTalk(t, ServerConfig{}).publishing()
	k.command(0, "createStream", 4)
	k.command(2, "publish", 5, amf.String("b"))
	k.s.CloseStream(1, "", "")
	k.take()
	for range 10000 {
		k.message(6, message.TypeVideo, 1, 0, []byte{0x27, 1, 0, 0, 0})
	}
	if !k.heardMedia(2) || k.s.Counters().Ignored != 10000 {
		t.Fatalf("%v, %+v", k.err, k.s.Counters())
	}
}

// Red5 #456: what a peer has not sent yet is not paid for: at any time four bytes are held for each that has come, but
// for a small block for each chunk stream; and a peer that has sent long messages is trusted with no more than that.
func TestPartialMessagesAreHeldAsTheyArrive(t *testing.T) {
	const block = 4 << 10
	header := func(csid, size int) []byte {
		return []byte{byte(csid), 0, 0, 0, byte(size >> 16), byte(size >> 8), byte(size), 9, 1, 0, 0, 0}
	}
	for _, size := range []int{1000, 10000, 70000, 1 << 20, 5 << 20, 0xFFFFFF} {
		h := &buffer.HeapAllocator{}
		k := newTalk(t, ServerConfig{Allocator: h}).publishing()
		k.bytes(spell(t, "02 000000 000004 01 00000000 7fffffff"))
		k.bytes(header(6, size))
		piece := make([]byte, 1024)
		for got := 0; got < size-len(piece); got += len(piece) {
			k.bytes(piece)
			if held := int(h.InUse()); held > block && held > 4*(got+len(piece)) {
				t.Fatalf("%d of %d bytes have come, %d are held", got+len(piece), size, held)
			}
		}
		k.s.Close()
		if h.InUse() != 0 {
			t.Fatalf("%d bytes are not released", h.InUse())
		}
	}
	h := &buffer.HeapAllocator{}
	k := newTalk(t, ServerConfig{Allocator: h}).publishing()
	k.bytes(spell(t, "02 000000 000004 01 00000000 00000001"))
	begin := func() (held int) {
		for csid := 10; csid < 60; csid++ {
			k.bytes(append(header(csid, 1<<20), 1))
		}
		return int(h.InUse())
	}
	if held := begin(); held > 50*block || held == 0 {
		t.Fatalf("50 messages of which a byte has come hold %d bytes", held)
	}
	k.s.Close()
	k = newTalk(t, ServerConfig{Allocator: h}).publishing()
	k.bytes(spell(t, "02 000000 000004 01 00000000 7fffffff"))
	for csid := 10; csid < 15; csid++ {
		k.bytes(append(header(csid, 1<<20), make([]byte, 1<<20)...))
	}
	k.events = release(k.events)
	k.bytes(spell(t, "02 000000 000004 01 00000000 00000001"))
	if held := begin(); k.err != nil || held > 5*(64<<10)+45*block {
		t.Fatalf("after 5 MiB, 50 messages of which a byte has come hold %d bytes, %v", held, k.err)
	}
	k.s.Close()
}

// C32: a connection costs 64 KiB at most until it publishes, whatever it has sent, and when many messages are begun.
func TestMemoryBeforePublish(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(*talk)
	}{
		{"after the handshake", func(*talk) {}},
		{"after connect", func(k *talk) { k.connect() }},
		{"a connect of the longest kind", func(k *talk) {
			k.connect(amf.Property{Name: "app", Value: amf.String(strings.Repeat("a", 8000))},
				amf.Property{Name: "tcUrl", Value: amf.String(strings.Repeat("t", 8000))},
				amf.Property{Name: "other", Value: amf.String(strings.Repeat("o", 15000))})
		}},
		{"many values in connect", func(k *talk) {
			p := make([]amf.Property, 500)
			for i := range p {
				p[i] = amf.Property{Name: strings.Repeat("n", 30), Value: amf.Number(i)}
			}
			k.connect(p...)
		}},
		{"64 chunk streams with a message begun on each", func(k *talk) {
			k.connect()
			k.message(2, message.TypeSetChunkSize, 0, 0, []byte{0, 0, 0, 1})
			for i := range 60 {
				k.bytes([]byte{byte(4 + i), 0, 0, 0, 0, 1, 0, 99, 0, 0, 0, 0, 1})
			}
		}},
		{"an answer to each of 1,000 pings, not yet sent", func(k *talk) {
			k.connect()
			for range 1000 {
				k.message(2, message.TypeUserControl, 0, 0, []byte{0, 6, 1, 2, 3, 4})
			}
		}},
		{"hundreds of control messages in one read", func(k *talk) {
			k.connect()
			var b []byte
			for i := range 300 {
				b = k.e.AppendMessage(b, chunk.Header{ChunkStreamID: 2, TypeID: message.TypeSetChunkSize}, []byte{0, 0, 1, byte(i)})
			}
			k.bytes(b)
		}},
		{"16 message streams", func(k *talk) {
			k.connect()
			for i := range 20 {
				k.command(0, "createStream", float64(i+2))
			}
		}},
	} {
		const conns = 100
		h := &buffer.HeapAllocator{}
		servers := make([]*Server, conns)
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for i := range servers {
			k := newTalk(t, ServerConfig{Allocator: h})
			c.do(k)
			if k.err != nil {
				t.Fatalf("%s: %v", c.name, k.err)
			}
			servers[i] = k.s
		}
		held := h.InUse() / conns
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&after)
		heap := (int64(after.HeapAlloc) - int64(before.HeapAlloc)) / conns
		runtime.KeepAlive(servers)
		if t.Logf("%s: %d bytes of heap, %d of them in blocks", c.name, heap, held); heap > 64<<10 || held > 32<<10 {
			t.Errorf("%s: %d bytes of heap, %d of them in blocks", c.name, heap, held)
		}
		for _, s := range servers {
			s.Close()
		}
	}
}

// An engine that had one message of thousands of parts does not stay large.
func TestMemoryAfterLargeAggregates(t *testing.T) {
	k := newTalk(t, ServerConfig{}).publishing()
	part := spell(t, "08 000002 000000 00 000000 2faa 0000000d")
	k.message(6, message.TypeAggregate, 1, 0, bytes.Repeat(part, 4000))
	if n := k.s.Counters().PacketsReceived; n != 4000 {
		t.Fatalf("%d packets", n)
	}
	k.events = release(k.events)
	k.heardMedia(1)
	if n := cap(k.s.events); n > 8*maxEvents {
		t.Fatalf("room for %d events is kept", n)
	}
}
