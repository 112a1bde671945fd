package engine

import (
	"errors"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// pass calls Advance at every deadline, as a caller does, until the server ends or until has come, while nothing
// arrives. It returns when and why the server ended.
func (k *talk) pass(until time.Duration) (time.Duration, error) {
	for k.err == nil {
		d, ok := k.s.Deadline()
		if !ok || d > until {
			k.now = max(k.now, until)
			k.err = k.s.Advance(k.now)
			break
		}
		k.now = max(k.now, d)
		k.err = k.s.Advance(k.now)
		k.take()
		if k.s.Closing() {
			break
		}
	}
	return k.now, k.err
}

// A13, B3, C32: a peer that falls silent is given up at the end of each phase, and before 30 s unless it publishes.
func TestEachPhaseHasItsDeadline(t *testing.T) {
	audio := []byte{0xAF, 1, 2}
	const hour = time.Hour
	for _, c := range []struct {
		name string
		t    Timeouts
		do   func(*talk)
		want time.Duration // 0: never
	}{
		{"nothing after the handshake", Timeouts{}, func(*talk) {}, 10 * time.Second},
		{"connect at 9 s, then nothing", Timeouts{}, func(k *talk) { k.now = 9 * time.Second; k.connect() }, 30 * time.Second},
		{"createStream at 29 s does not help", Timeouts{}, func(k *talk) {
			k.connect()
			k.now = 29 * time.Second
			k.command(0, "createStream", 2)
		}, 30 * time.Second},
		{"publish at 29 s does, but no media comes", Timeouts{}, func(k *talk) {
			k.now = 9 * time.Second
			k.connect()
			k.now = 29 * time.Second
			k.command(0, "publish", 2, amf.String("key"))
		}, 49 * time.Second},
		{"media, then silence", Timeouts{}, func(k *talk) { k.publishing(); k.now = 5 * time.Second; k.message(4, 8, 1, 0, audio) }, 65 * time.Second},
		{"a stream ends, no other begins", Timeouts{}, func(k *talk) {
			k.publishing()
			k.message(4, 8, 1, 0, audio)
			k.now = 100 * time.Second
			k.command(1, "closeStream", 0)
		}, 130 * time.Second},
		{"one of two streams ends", Timeouts{}, func(k *talk) {
			k.publishing()
			k.message(4, 8, 1, 0, audio)
			k.command(0, "createStream", 4)
			k.command(2, "publish", 5, amf.String("b"))
			k.message(4, 8, 2, 0, audio)
			k.command(0, "deleteStream", 0, amf.Number(1))
			k.now = 100 * time.Second
			k.message(4, 8, 2, 0, audio)
		}, 160 * time.Second},
		{"the time to connect is longer than the whole setup", Timeouts{Setup: 5 * time.Second}, func(k *talk) { k.connect() }, 5 * time.Second},
		{"no connect comes, and the whole setup is shorter", Timeouts{Setup: 5 * time.Second}, func(k *talk) {}, 5 * time.Second},
		{"no bound on connect", Timeouts{Connect: -1}, func(k *talk) {}, 30 * time.Second},
		{"no bound on the setup", Timeouts{Setup: -1}, func(k *talk) { k.connect() }, 60 * time.Second},
		{"no bound but for idleness", Timeouts{Setup: -1, Connect: -1}, func(k *talk) {}, 60 * time.Second},
		{"no bound at all", Timeouts{Setup: -1, Connect: -1, Idle: -1}, func(k *talk) {}, 0},
		{"no bound on first media", Timeouts{FirstMedia: -1, Idle: -1}, func(k *talk) { k.publishing() }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newTalk(t, ServerConfig{Timeouts: c.t})
			c.do(k)
			release(k.events)
			if k.err != nil {
				t.Fatal(k.err)
			}
			at, err := k.pass(hour)
			if c.want == 0 && (err != nil || at != hour) || c.want != 0 && (!errors.Is(err, ErrTimeout) || at != c.want) {
				t.Fatalf("ended at %v, want %v: %v", at, c.want, err)
			}
		})
	}
}

// C39: the time that the application takes for its decisions is not held against the peer.
func TestSlowDecisions(t *testing.T) {
	k := newTalk(t, ServerConfig{AskConnect: true, AskFCPublish: true, Timeouts: Timeouts{Decision: 10 * time.Minute}})
	const slow = 5 * time.Minute
	k.decide = func(r *Request) {
		if at, err := k.pass(k.now + slow); err != nil || k.s.Closing() {
			t.Fatalf("%v: ended at %v while it was being decided: %v", r.Kind, at, err)
		}
		k.s.Accept(r.ID)
	}
	k.connect()
	k.command(0, "FCPublish", 2, amf.String("key"))
	if _, err := k.pass(k.now + 5*time.Second); err != nil {
		t.Fatalf("5 s after a slow decision: %v", err)
	}
	k.command(0, "publish", 3, amf.String("key"))
	if k.s.Streams() != 1 {
		t.Fatalf("not publishing: %v", k.err)
	}
	accepted := k.now
	k.decide = nil
	if at, err := k.pass(accepted + 19*time.Second); err != nil {
		t.Fatalf("no time for the first media: ended at %v, accepted at %v: %v", at, accepted, err)
	}
	if !k.heardMedia(1) {
		t.Fatal(k.err)
	}
	if at, err := k.pass(accepted + time.Hour); !errors.Is(err, ErrTimeout) || at != accepted+19*time.Second+DefaultTimeouts.Idle {
		t.Fatalf("silence ended at %v, accepted at %v: %v", at, accepted, err)
	}
}

// A pause that the caller made is not held against the peer either.
func TestResumeForgivesThePause(t *testing.T) {
	k := newTalk(t, ServerConfig{}).publishing()
	if !k.heardMedia(1) {
		t.Fatal(k.err)
	}
	k.now = 10 * time.Minute
	k.s.Resume(k.now)
	if d, _ := k.s.Deadline(); d != k.now+DefaultTimeouts.Idle/2 {
		t.Fatalf("deadline at %v, resumed at %v", d, k.now)
	}
	if err := k.s.Advance(k.now); err != nil || k.s.OutputBytes() != 0 {
		t.Fatalf("pinged at once, %v", err)
	}
}

// C36, D17: a silent publisher is pinged once, needs not answer, and any byte proves it alive.
func TestPingsNeedNoAnswer(t *testing.T) {
	k := newTalk(t, ServerConfig{}).publishing()
	if !k.heardMedia(1) {
		t.Fatal(k.err)
	}
	for i := range 100 {
		if at, err := k.pass(k.now + 59*time.Second); err != nil {
			t.Fatalf("round %d ended at %v: %v", i, at, err)
		}
		if !k.heardMedia(1) {
			t.Fatal(k.err)
		}
	}
	pings := 0
	for _, m := range k.l.hear(t, k.s.AppendOutput(nil)) {
		if m.TypeID != message.TypeUserControl || m.payload[1] != message.EventPingRequest {
			t.Fatalf("sent %v", m)
		}
		pings++
	}
	if pings != 100 {
		t.Fatalf("%d pings in 100 silences", pings)
	}
}

// The client gives up a server that falls silent in each phase, but not one that is silent while it publishes.
func TestClientDeadlines(t *testing.T) {
	result := `03 000000 00001d 14 00000000 02 '_result' 00 3ff0000000000000 05 03 'level' 02 'status' 000009`
	created := `03 000000 00001d 14 00000000 02 '_result' 00 4010000000000000 05 00 3ff0000000000000`
	started := `05 000000 00003d 14 01000000 02 'onStatus' 00 0000000000000000 05 03 'code' 02 'NetStream.Publish.Start' 000009`
	timeouts := Timeouts{Handshake: time.Second, Connect: 2 * time.Second, CreateStream: 3 * time.Second, Publish: 4 * time.Second}
	for _, c := range []struct {
		name   string
		shaken bool
		hear   []string
		phase  Phase
		want   time.Duration // 0: never
	}{
		{"mute from the start", false, nil, PhaseHandshake, time.Second},
		{"mute after the handshake", true, nil, PhaseConnect, 2 * time.Second},
		{"mute after connect", true, []string{result}, PhaseCreateStream, 3*time.Second + 500*time.Millisecond},
		{"mute after createStream", true, []string{result, created}, PhasePublish, 5 * time.Second},
		{"mute after publish", true, []string{result, created, started}, PhaseMedia, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			cl := NewClient(ClientConfig{Rand: noise(), StreamName: "key", Shaken: c.shaken, Timeouts: timeouts})
			for i, h := range c.hear {
				if _, err := cl.Receive(sized(t, h), time.Duration(i+1)*500*time.Millisecond); err != nil {
					t.Fatal(err)
				}
			}
			at, ok := cl.Deadline()
			if cl.Phase() != c.phase || at != c.want || ok != (c.want != 0) {
				t.Fatalf("phase %v, deadline %v %v", cl.Phase(), at, ok)
			}
			if !ok {
				return
			}
			if err := cl.Advance(at - 1); err != nil {
				t.Fatalf("early: %v", err)
			}
			var e *Error
			if err := cl.Advance(at); !errors.Is(err, ErrTimeout) || !errors.As(err, &e) || e.Phase != c.phase {
				t.Fatalf("at its deadline: %v", err)
			}
			if _, err := cl.Receive([]byte{1}, at); !errors.Is(err, ErrTimeout) {
				t.Fatalf("after the end: %v", err)
			}
		})
	}
}
