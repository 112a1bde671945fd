package message_test

import (
	"bytes"
	"errors"
	"testing"

	"oxrtmp/rtmp/message"
)

// Bit 31 of a chunk size is masked, on both sides; 0 is left to the caller.
func TestSetChunkSizeMask(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want uint32
	}{{"80001000", 4096}, {"00000000", 0}, {"80000000", 0}, {"7fffffff", 0x7FFFFFFF}, {"00000001", 1}} {
		check(t, c.want)(message.ParseSetChunkSize(unhex(t, c.hex)))
	}
	if got := message.AppendSetChunkSize(nil, 0xFFFFFFFF); !bytes.Equal(got, unhex(t, "7fffffff")) {
		t.Errorf("%x", got)
	}
}

// A control message too short for its type is an error; what follows its fields is not looked at.
func TestControlLengths(t *testing.T) {
	for n := range 9 {
		p := make([]byte, n)
		_, size := message.ParseSetChunkSize(p)
		_, abort := message.ParseAbort(p)
		_, ack := message.ParseAcknowledgement(p)
		_, window := message.ParseWindowAckSize(p)
		_, _, bandwidth := message.ParseSetPeerBandwidth(p)
		for _, err := range []error{size, abort, ack, window} {
			if (err == nil) != (n >= 4) || err != nil && !errors.Is(err, message.ErrLength) {
				t.Errorf("%d bytes: %v", n, err)
			}
		}
		if (bandwidth == nil) != (n >= 4) || bandwidth != nil && !errors.Is(bandwidth, message.ErrLength) {
			t.Errorf("%d bytes: %v", n, bandwidth)
		}
	}
	_, err := message.ParseAbort(nil)
	var where *message.Error
	if !errors.As(err, &where) || where.Field != "abort" || err.Error() != "message: abort: wrong length" {
		t.Error(err)
	}
}

// A missing limit type is hard.
func TestSetPeerBandwidthWithoutType(t *testing.T) {
	size, limit, err := message.ParseSetPeerBandwidth(unhex(t, "002625a0"))
	if size != 2500000 || limit != message.LimitHard || err != nil {
		t.Error(size, limit, err)
	}
}

func TestLimitTypeString(t *testing.T) {
	for limit, want := range map[message.LimitType]string{0: "hard", 1: "soft", 2: "dynamic", 3: "reserved"} {
		if limit.String() != want {
			t.Errorf("%d is %s", limit, limit)
		}
	}
}

// A60: RTMP 1.0 §5.4.5, one message after the other.
func TestBandwidthLimiter(t *testing.T) {
	type step struct {
		size    uint32
		limit   message.LimitType
		window  uint32
		changed bool
	}
	for name, steps := range map[string][]step{
		"dynamic has no effect at first": {{1000, message.LimitDynamic, 0, false}},
		"hard always holds":              {{1000, message.LimitHard, 1000, true}, {1000, message.LimitHard, 1000, false}, {2000, message.LimitHard, 2000, true}},
		"soft only lowers":               {{1000, message.LimitSoft, 1000, true}, {2000, message.LimitSoft, 1000, false}, {500, message.LimitSoft, 500, true}},
		"dynamic after hard is hard, again and again": {{1000, message.LimitHard, 1000, true},
			{2000, message.LimitDynamic, 2000, true}, {3000, message.LimitDynamic, 3000, true}},
		"dynamic after soft has no effect": {{1000, message.LimitHard, 1000, true}, {900, message.LimitSoft, 900, true},
			{3000, message.LimitDynamic, 900, false}},
		"reserved types and 0 have no effect": {{1000, message.LimitHard, 1000, true}, {2000, 3, 1000, false},
			{2000, 255, 1000, false}, {0, message.LimitHard, 1000, false}, {0, message.LimitSoft, 1000, false},
			{2000, message.LimitDynamic, 2000, true}},
	} {
		var b message.BandwidthLimiter
		for i, s := range steps {
			if window, changed := b.Apply(s.size, s.limit); window != s.window || changed != s.changed || b.Window() != window {
				t.Errorf("%s: step %d: %d, %v; want %d, %v", name, i, window, changed, s.window, s.changed)
			}
		}
	}
}

// A61, A62, A63: every event with a meaning, unknown ones verbatim.
func TestUserControl(t *testing.T) {
	for _, c := range []struct {
		hex  string
		want message.UserControl
	}{
		{"0000 00000001", message.UserControl{Event: message.EventStreamBegin, StreamID: 1}},
		{"0001 00000002", message.UserControl{Event: message.EventStreamEOF, StreamID: 2}},
		{"0002 00000003", message.UserControl{Event: message.EventStreamDry, StreamID: 3}},
		{"0003 00000001 00000bb8", message.UserControl{Event: message.EventSetBufferLength, StreamID: 1, BufferLength: 3000}},
		{"0004 00000004", message.UserControl{Event: message.EventStreamIsRecorded, StreamID: 4}},
		{"0006 fffffffe", message.UserControl{Event: message.EventPingRequest, Timestamp: 0xFFFFFFFE}},
		{"0007 fffffffe", message.UserControl{Event: message.EventPingResponse, Timestamp: 0xFFFFFFFE}},
		{"001f 00000001", message.UserControl{Event: message.EventBufferEmpty, StreamID: 1}},
		{"0020 00000001", message.UserControl{Event: message.EventBufferReady, StreamID: 1}},
		{"001a", message.UserControl{Event: 26}},
		{"001b 0101ff", message.UserControl{Event: 27, Data: []byte{1, 1, 255}}},
		{"ffff 00", message.UserControl{Event: 0xFFFF, Data: []byte{0}}},
	} {
		p := unhex(t, c.hex)
		u, err := message.ParseUserControl(p)
		if err != nil || !sameUserControl(u, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.hex, u, err, c.want)
		}
		if got := message.AppendUserControl(nil, c.want); !bytes.Equal(got, p) {
			t.Errorf("%+v: %x, want %s", c.want, got, c.hex)
		}
		if c.want.Event >= 26 && c.want.Event != 31 && c.want.Event != 32 {
			continue
		}
		if u, err := message.ParseUserControl(append(p, 9)); err != nil || !sameUserControl(u, c.want) {
			t.Errorf("%s and a byte: %+v, %v", c.hex, u, err)
		}
		if u, err := message.ParseUserControl(p[:len(p)-1]); !errors.Is(err, message.ErrLength) || u.Event != c.want.Event {
			t.Errorf("%s without a byte: %+v, %v", c.hex, u, err)
		}
	}
	for n := range 2 {
		if _, err := message.ParseUserControl(make([]byte, n)); !errors.Is(err, message.ErrLength) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
}

func sameUserControl(a, b message.UserControl) bool {
	return a.Event == b.Event && a.StreamID == b.StreamID && a.Timestamp == b.Timestamp &&
		a.BufferLength == b.BufferLength && bytes.Equal(a.Data, b.Data)
}
