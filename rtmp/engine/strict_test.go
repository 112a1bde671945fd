package engine

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/message"
)

// A184, A185: each rule ends the connection on what breaks it, names itself, and by default nothing does; what is in order
// breaks none.
func TestStrictness(t *testing.T) {
	audio := func(msid, timestamp uint32) func(*talk) {
		return func(k *talk) { k.message(4, message.TypeAudio, msid, timestamp, []byte{0xAF, 1, 2}) }
	}
	metadata := func(k *talk) {
		k.message(4, message.TypeData, 1, 0, spell(k.t, "02 '@setDataFrame' 02 'onMetaData' 08 00000000 000009"))
	}
	all := func(steps ...func(*talk)) func(*talk) {
		return func(k *talk) {
			for _, do := range steps {
				do(k)
			}
		}
	}
	begin := func(k *talk) { k.publishing() }
	connect := func(k *talk) { k.connect() }
	call := func(msid uint32, name string, args ...amf.Value) func(*talk) {
		return func(k *talk) { k.command(msid, name, 4, args...) }
	}
	played := func(k *talk) {
		k.connect()
		k.command(0, "createStream", 2)
		k.command(1, "play", 3, amf.String("key"))
	}
	for _, c := range []struct {
		name string
		rule Strictness // 0: none is broken
		do   func(*talk)
	}{
		{"a publish and its end", 0, all(begin, metadata, audio(1, 5), audio(1, 5), audio(1, 6), call(0, "FCUnpublish", amf.String("key")), call(0, "deleteStream", amf.Number(1)))},
		{"two streams", 0, all(begin, create(5), publish(2, "other"), audio(2, 9), audio(1, 3))},
		{"audio and video have clocks of their own, which wrap", 0, all(begin, audio(1, 0xFFFFFFF0), func(k *talk) { k.message(6, message.TypeVideo, 1, 3, []byte{0x17, 1, 0, 0, 0, 1}) }, audio(1, 4))},
		{"closeStream, then publish again", 0, all(begin, call(1, "closeStream"), publish(1, "key"))},
		{"a player", 0, all(played, call(1, "pause", amf.Boolean(true), amf.Number(0)), call(1, "closeStream"))},
		{"what is called before connect", StrictConnect, call(0, "releaseStream", amf.String("key"))},
		{"FCPublish before connect", StrictConnect, call(0, "FCPublish", amf.String("key"))},
		{"an object without its end", StrictAMF, func(k *talk) {
			k.message(3, message.TypeCommand, 0, 0, spell(t, "02 'connect' 00 3ff0000000000000 03 'app' 02 'live'"))
		}},
		{"metadata without its end", StrictAMF, all(begin, func(k *talk) {
			k.message(4, message.TypeData, 1, 0, spell(t, "02 '@setDataFrame' 02 'onMetaData' 08 00000001 'width' 00 4084000000000000"))
		})},
		{"audio goes back", StrictTimestamps, all(begin, audio(1, 1000), audio(1, 999))},
		{"metadata twice", StrictMetadata, all(begin, metadata, metadata)},
		{"no app", StrictApp, func(k *talk) { k.connect(amf.Property{Name: "app", Value: amf.String("")}) }},
		{"a slash for an app", StrictApp, func(k *talk) { k.connect(amf.Property{Name: "app", Value: amf.String("/")}) }},
		{"chunks of no size", StrictChunkSize, func(k *talk) { k.message(2, message.TypeSetChunkSize, 0, 0, []byte{0, 0, 0, 0}) }},
		{"chunks of 65537 bytes", StrictChunkSize, func(k *talk) { k.message(2, message.TypeSetChunkSize, 0, 0, []byte{0, 1, 0, 1}) }},
		{"chunks of 65536 bytes", 0, func(k *talk) { k.message(2, message.TypeSetChunkSize, 0, 0, []byte{0, 1, 0, 0}) }},
		{"connect twice", StrictOrder, all(connect, connect)},
		{"publish without createStream", StrictOrder, all(connect, publish(0, "key"))},
		{"publish twice", StrictOrder, all(begin, publish(1, "other"))},
		{"play while publishing", StrictOrder, all(begin, call(1, "play", amf.String("key")))},
		{"pause while publishing", StrictOrder, all(begin, call(1, "pause", amf.Boolean(true), amf.Number(0)))},
		{"media before publish", StrictOrder, all(connect, create(2), audio(1, 0))},
		{"media on message stream 0", StrictOrder, all(begin, audio(0, 0))},
		{"media of a player", StrictOrder, all(played, audio(1, 0))},
		{"deleteStream by name", StrictOrder, all(begin, call(0, "deleteStream", amf.String("key")))},
		{"deleteStream twice", StrictOrder, all(begin, call(0, "deleteStream", amf.Number(1)), call(0, "deleteStream", amf.Number(1)))},
		{"FCUnpublish of nothing", StrictOrder, all(connect, call(0, "FCUnpublish", amf.String("key")))},
		{"closeStream of nothing", StrictOrder, all(connect, create(2), call(1, "closeStream"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := func(strict Strictness) *talk {
				k := newTalk(t, ServerConfig{Strict: strict, AskPlay: true})
				c.do(k)
				k.events = release(k.events)
				k.s.Close()
				return k
			}
			for _, tolerant := range []Strictness{0, StrictAll &^ c.rule} {
				if k := run(tolerant); k.err != nil {
					t.Errorf("strict about %v: %v", tolerant, k.err)
				}
			}
			if c.rule == 0 {
				return
			}
			var broken *StrictError
			for _, strict := range []Strictness{c.rule, StrictAll} {
				if k := run(strict); !errors.As(k.err, &broken) || broken.Rule != c.rule || !errors.Is(k.err, ErrStrict) || !strings.Contains(k.err.Error(), "strict about "+c.rule.String()+": ") {
					t.Errorf("strict about %v: %v", strict, k.err)
				}
			}
		})
	}
	if s := StrictAll.String(); s != "handshake, connect, amf, timestamps, metadata, app, chunk_size, order" {
		t.Error(s)
	}
}

// A184: FFmpeg and OBS keep to the specification, after the handshake, of which a recording cannot tell; GStreamer names
// the stream in deleteStream.
func TestStrictnessAndEncoders(t *testing.T) {
	files, err := filepath.Glob("../../testdata/captures/*.bin")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		p, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var all Strictness
		for rule := StrictHandshake << 1; rule <= StrictAll; rule <<= 1 {
			k := newTalk(t, ServerConfig{Strict: rule})
			k.bytes(p[1+2*handshake.Size:])
			if k.err != nil {
				all |= rule
			}
			release(k.events)
			k.s.Close()
		}
		want := Strictness(0)
		if strings.HasPrefix(filepath.Base(file), "gstreamer") {
			want = StrictOrder
		}
		if all != want {
			t.Errorf("%s departs in %v, not in %v", file, all, want)
		}
	}
}

// A184: a C2 that repeats anything but S1 is a departure.
func TestStrictHandshake(t *testing.T) {
	for _, right := range []bool{true, false} {
		s := NewServer(ServerConfig{Rand: noise(), Strict: StrictHandshake})
		hello := make([]byte, 1+handshake.Size)
		hello[0] = 3
		if _, err := s.Receive(hello, 0); err != nil {
			t.Fatal(err)
		}
		c2 := s.AppendOutput(nil)[1:][:handshake.Size]
		if !right {
			c2[100] ^= 1
		}
		var broken *StrictError
		if _, err := s.Receive(c2, 0); (err == nil) != right || !right && (!errors.As(err, &broken) || broken.Rule != StrictHandshake) {
			t.Errorf("a repetition that is right: %v: %v", right, err)
		}
		s.Close()
	}
}

// A client of ours breaks no rule, with the simple handshake and the digest's.
func TestOurClientIsStrict(t *testing.T) {
	for _, digest := range []bool{false, true} {
		c := NewClient(ClientConfig{Rand: noise(), StreamName: "key", Connect: message.Connect{App: "live", TCURL: "rtmp://host/live"}, Digest: digest})
		s := NewServer(ServerConfig{Rand: noise(), Strict: StrictAll})
		for range 50 {
			up, down := c.AppendOutput(nil), s.AppendOutput(nil)
			for len(up) > 0 {
				n, err := s.Receive(up, time.Second)
				if err != nil {
					t.Fatal(err)
				}
				up = up[n:]
				for e, ok := s.NextEvent(); ok; e, ok = s.NextEvent() {
					if e.Kind == EventRequest {
						s.Accept(e.Request.ID)
					}
					e.Packet.Release()
				}
			}
			if _, err := c.Receive(down, time.Second); err != nil {
				t.Fatal(err)
			}
			for e, ok := c.NextEvent(); ok; e, ok = c.NextEvent() {
				e.Packet.Release()
			}
			if c.Publishing() && c.OutputBytes() == 0 {
				c.SendMedia(message.TypeAudio, 5, nil, []byte{0xAF, 1, 2})
			}
		}
		if !c.Publishing() || s.Counters().PacketsReceived == 0 {
			t.Errorf("digest %v: %d packets", digest, s.Counters().PacketsReceived)
		}
		c.Close()
		s.Close()
	}
}
