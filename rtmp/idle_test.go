package rtmp

import (
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/message"
)

// publishOnly publishes live/NAME over a connection of which nothing but the connection stays.
func publishOnly(t testing.TB, s *Server, name string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	e := engine.NewClient(engine.ClientConfig{Rand: randomness, StreamName: name, Connect: message.Connect{App: "live"}})
	p := make([]byte, 8192)
	for {
		conn.Write(e.AppendOutput(nil))
		n, err := conn.Read(p)
		for rest := p[:n]; err == nil && len(rest) > 0; rest = rest[n:] {
			n, err = e.Receive(rest, 0)
		}
		if err != nil {
			t.Fatal(err)
		}
		for ev, ok := e.NextEvent(); ok; ev, ok = e.NextEvent() {
			if ev.Kind == engine.EventPublishing {
				return conn
			}
		}
	}
}

// pumps is how many goroutines wait for packets of publishers.
func pumps() int {
	p := make([]byte, 1<<20)
	return strings.Count(string(p[:runtime.Stack(p, true)]), ".(*hubStream).pump(")
}

// What a publisher costs that sends nothing: one goroutine with a small stack, no buffers, and what is known of it.
func TestIdlePublisherMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	const count, most = 400, 16 << 10
	h, s := live(t, nil, ServerOptions{})
	used := func() int {
		var m runtime.MemStats
		for range 3 { // pools are empty after two
			runtime.GC()
		}
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc + m.StackInuse)
	}
	publish := func(round string, n int) {
		for i := range n {
			conn := publishOnly(t, s, fmt.Sprint(round, i))
			t.Cleanup(func() { conn.Close() })
		}
	}
	publish("first", 10) // with what is made once
	before, goroutines := used(), runtime.NumGoroutine()
	publish("idle", count)
	each := (used() - before) / count
	if t.Logf("%d bytes each", each); each > most {
		t.Errorf("more than %d bytes each", most)
	}
	if n := runtime.NumGoroutine() - goroutines; n > count+2 {
		t.Errorf("%d goroutines for %d publishers", n, count)
	}
	if n := len(h.Streams()); n != count+10 {
		t.Errorf("%d streams", n)
	}
}

// A goroutine hands out what a publisher sends, from its first packet on, until it has sent nothing for a while; whenever
// it goes on, nothing is lost.
func TestHubPumpRests(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	h.rest = time.Millisecond
	c := publishTo(t, s, "cam")
	waitFor(t, "the stream", func() bool { return len(h.Streams()) == 1 })
	sub, err := h.Subscribe("live", "cam", hub.Mask{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	if n := pumps(); n != 0 {
		t.Fatalf("%d goroutines wait for a publisher that has sent nothing", n)
	}
	const messages = 500
	go func() {
		for i := range messages {
			c.SendAudio(uint32(i), numbered(i, 8))
			time.Sleep(time.Duration(i%5) * h.rest / 2)
		}
	}()
	for i := range messages {
		p, err := sub.NextPacket(10 * time.Second)
		if err != nil || p.Timestamp != uint32(i) {
			t.Fatalf("packet %d: timestamp %d, %v", i, p.Timestamp, err)
		}
		p.Release()
	}
	waitFor(t, "the goroutine to end", func() bool { return pumps() == 0 })
	if err := c.SendAudio(messages, numbered(messages, 8)); err != nil {
		t.Fatal(err)
	}
	if p, err := sub.NextPacket(10 * time.Second); err != nil {
		t.Fatal(err)
	} else {
		p.Release()
	}
	c.Close()
	waitFor(t, "the end", func() bool { return len(h.Streams()) == 1 && h.Streams()[0].Publisher == "" })
}

// A stream on which nothing came does not wait for another publisher, unless somebody plays it.
func TestHubNothingToWaitFor(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	unused := publishTo(t, s, "unused")
	played := publishTo(t, s, "played")
	waitFor(t, "the streams", func() bool { return len(h.Streams()) == 2 })
	playFrom(t, s, "played")
	used := publishTo(t, s, "used")
	if err := used.SendAudio(0, numbered(0, 8)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the frame", func() bool { return frames(h) == 1 })
	for _, c := range []*Client{unused, played, used} {
		c.Close()
	}
	waitFor(t, "the unused stream's end", func() bool { return len(h.Streams()) == 2 })
	for _, i := range h.Streams() {
		if i.Name == "unused" {
			t.Errorf("%+v", i)
		}
	}
}
