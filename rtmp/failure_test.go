package rtmp

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/handshake"
)

// The bytes of a failed session, replayed by an engine, come to the same error: changed conversations of real encoders.
func TestFailuresCanBeReplayed(t *testing.T) {
	s, err := NewServer(&ServerOptions{KeepBytes: 1 << 20, Linger: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	drained := drain(s)
	from := recordings(t)
	replayed := 0
	for seed := uint64(0); replayed < 20 && seed < 1000; seed++ {
		m := newMutator(seed, from)
		p := m.conversation(20000, 1+2*handshake.Size)
		near, far := net.Pipe()
		near.SetDeadline(time.Now().Add(10 * time.Second))
		if err := s.ServeConn(far); err != nil {
			t.Fatal(err)
		}
		go io.Copy(io.Discard, near)
		for _, piece := range m.pieces(p) {
			if _, err := near.Write(piece); err != nil {
				break
			}
		}
		near.Close()
		waitFor(t, "the connection to end", func() bool { return s.Connections() == 0 })
		f, ok := s.TakeFailure()
		if !ok {
			continue
		}
		if f.Offset != 0 || !bytes.HasPrefix(p, f.Bytes) || f.Connection != seed+1 || f.Err == nil {
			t.Fatalf("seed %d: connection %d, %d bytes from %d, %v", seed, f.Connection, len(f.Bytes), f.Offset, f.Err)
		}
		e := engine.NewServer(engine.ServerConfig{Rand: rand.NewChaCha8([32]byte{1})})
		again := speakTo(e, [][]byte{f.Bytes})
		e.Close()
		var at *Error
		if !errors.As(f.Err, &at) || again.err != "engine: "+at.Phase.String()+": "+at.Err.Error() {
			t.Errorf("seed %d: %q was %v", seed, again.err, f.Err)
		}
		replayed++
	}
	if replayed < 20 {
		t.Errorf("only %d failures", replayed)
	}
	s.Close()
	<-drained
}

// What is kept is the last of what came, however it came, of the latest failures only, and of no connection that ends well.
func TestFailuresAreBounded(t *testing.T) {
	const most = 1024
	s := bind(t, &ServerOptions{KeepBytes: most})
	drain(s)
	c, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range 3 * maxFailures {
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		conn.Write(append([]byte{3}, make([]byte, 2*handshake.Size)...))
		conn.Write([]byte{0xC3, byte(i)}) // a type 3 chunk without a predecessor
		io.Copy(io.Discard, conn)
		conn.Close()
		waitFor(t, "its end", func() bool { return s.Statistics().Failed == uint64(i+1) })
	}
	waitFor(t, "the last one", func() bool { return s.Connections() == 0 })
	count := 0
	last := uint64(0)
	for f, ok := s.TakeFailure(); ok; f, ok = s.TakeFailure() {
		count++
		if len(f.Bytes) != most || f.Offset != 1+2*handshake.Size+2-most || f.Bytes[most-2] != 0xC3 || f.Connection <= last || f.Peer == "" {
			t.Fatalf("connection %d after %d: %d bytes from %d, % x", f.Connection, last, len(f.Bytes), f.Offset, f.Bytes[len(f.Bytes)-4:])
		}
		last = f.Connection
	}
	if count != maxFailures {
		t.Errorf("%d failures", count)
	}
	for range 200 {
		k := keeper{most: 1 + r.IntN(50)}
		var all []byte
		for range r.IntN(20) {
			p := make([]byte, r.IntN(80))
			for i := range p {
				p[i] = byte(r.Uint32())
			}
			k.add(p)
			all = append(all, p...)
		}
		want := all[max(0, len(all)-k.most):]
		if offset, got := k.bytes(); !bytes.Equal(got, want) || offset != uint64(len(all)-len(want)) {
			t.Fatalf("of %d bytes the last %d: %x from %d, want %x", len(all), k.most, got, offset, want)
		}
	}
	for _, n := range []int{-1, 1<<20 + 1} {
		if _, err := NewServer(&ServerOptions{KeepBytes: n}); err == nil {
			t.Errorf("KeepBytes %d", n)
		}
	}
}

// A strict server ends a connection by what departs from the specification, and says so; others go on.
func TestStrictServer(t *testing.T) {
	s := bind(t, &ServerOptions{Strict: StrictOrder | StrictApp, KeepBytes: 100})
	drain(s)
	c, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.SendAudio(0, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/key", &ClientOptions{App: "/"}); err == nil {
		t.Error("an empty app was let in")
	}
	var broken *engine.StrictError
	waitFor(t, "the failure", func() bool {
		f, ok := s.TakeFailure()
		return ok && errors.As(f.Err, &broken)
	})
	if broken.Rule != StrictApp {
		t.Error(broken)
	}
	if _, err := NewServer(&ServerOptions{Strict: StrictAll + 1}); err == nil {
		t.Error("a rule that nobody knows")
	}
}
