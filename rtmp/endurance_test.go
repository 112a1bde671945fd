package rtmp

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"testing"
	"time"

	"oxrtmp/rtmp/media"
)

// C45, obs #877: a hundred clients in sequence, against servers with other chunk sizes: nothing of one is left for the
// next.
func TestClientsInSequence(t *testing.T) {
	sizes := []uint32{128, 60000, 1, 4096, 65536, 129, 1000}
	servers := make([]*Server, len(sizes))
	for i, size := range sizes {
		servers[i] = bind(t, &ServerOptions{ChunkSize: size})
	}
	payload := bytes.Repeat([]byte("0123456789"), 1000)
	goroutines, files := runtime.NumGoroutine(), descriptors()
	for i := range 100 {
		s := servers[i*3%len(servers)]
		c, session := published(t, s, &ClientOptions{ChunkSize: sizes[i%len(sizes)]})
		for j := range 3 {
			if err := c.SendVideo(uint32(j*40), j == 0, payload); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		for j := range 3 {
			p, err := session.NextPacket(5 * time.Second)
			if err != nil || !bytes.Equal(p.Data, payload) || p.Timestamp != uint32(j*40) {
				t.Fatalf("client %d, packet %d: %d bytes at %d, %v", i, j, len(p.Data), p.Timestamp, err)
			}
			p.Release()
		}
		if _, err := session.NextPacket(5 * time.Second); err != io.EOF {
			t.Fatalf("client %d: %v", i, err)
		}
		session.Close()
	}
	waitFor(t, "goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines })
	waitFor(t, "descriptors to be closed", func() bool { return descriptors() <= files })
}

// C3, A182: streams that begin just before a 24-, 31- or 32-bit boundary go over it, with their distances and their
// order, on one stream with audio and video of every size.
func TestTimestampsCrossEveryBoundary(t *testing.T) {
	s := bind(t, nil)
	for _, first := range []uint32{0, 16777214, 1<<31 - 1, 1<<32 - 40, 1<<32 - 1} {
		c, session := published(t, s, nil)
		const frames = 60
		go func() {
			for i := range uint32(frames) {
				c.SendVideo(first+i*7, i == 0, make([]byte, 9000*(i%3)+8))
				c.SendAudio(first+i*7+3, []byte{byte(i)})
			}
			c.Close()
		}()
		var begun, last int64
		for i := range uint32(2 * frames) {
			p, err := session.NextPacket(5 * time.Second)
			if err != nil {
				t.Fatalf("from %d, packet %d: %v", first, i, err)
			}
			want := first + i/2*7 + i%2*3
			if i == 0 {
				begun, last = p.DTS, p.DTS-1
			}
			if p.Timestamp != want || p.DTS-begun != int64(want-first)*int64(time.Millisecond) || p.DTS <= last {
				t.Fatalf("from %d, packet %d: timestamp %d, want %d; %d ns after the first", first, i, p.Timestamp, want, p.DTS-begun)
			}
			last = p.DTS
			p.Release()
		}
		session.Close()
	}
}

// C27, C28: frames up to the longest there is, with every chunk size, both ways of the connection.
func TestLargeFramesInEveryChunkSize(t *testing.T) {
	for _, size := range []uint32{1, 127, 128, 4096, 65536} {
		s := bind(t, &ServerOptions{ChunkSize: size})
		c, session := published(t, s, &ClientOptions{ChunkSize: size, SendTimeout: -1})
		lengths := []int{0, 1, int(size) - 6, int(size) - 5, int(size) - 4, 70000, 1 << 20}
		if size >= 4096 {
			lengths = append(lengths, 0xFFFFFF-5)
		}
		go func() {
			for i, n := range lengths {
				frame := make([]byte, max(n, 0))
				for j := range frame {
					frame[j] = byte(j * (i + 3))
				}
				if err := c.SendVideo(uint32(i), true, frame); err != nil {
					t.Error(err)
				}
			}
			if err := c.SendVideo(0, true, make([]byte, 0xFFFFFF-4)); err == nil {
				t.Error("a frame that fits no message was sent")
			}
			c.Close()
		}()
		for i, n := range lengths {
			p, err := session.NextPacket(20 * time.Second)
			if err != nil || len(p.Data) != max(n, 0) {
				t.Fatalf("chunk size %d, frame of %d bytes: %d, %v", size, n, len(p.Data), err)
			}
			for j := range p.Data {
				if p.Data[j] != byte(j*(i+3)) {
					t.Fatalf("chunk size %d, frame of %d bytes: byte %d is wrong", size, n, j)
				}
			}
			p.Release()
		}
		session.Close()
	}
}

// The client's own output may be longer than what a peer may make a server hold: it is no reason to end.
func TestLargeFramesWhileTheServerSpeaks(t *testing.T) {
	s := bind(t, &ServerOptions{WindowAckSize: 5000})
	c, session := published(t, s, &ClientOptions{Limits: Limits{OutputBytes: 100000}, SendTimeout: -1})
	const frames = 20
	done := make(chan error, 1)
	go func() {
		for i := range uint32(frames) {
			if err := c.SendVideo(i, true, make([]byte, 3<<20)); err != nil {
				done <- fmt.Errorf("frame %d: %w", i, err)
				return
			}
		}
		done <- c.Close()
	}()
	for i := range frames {
		session.Ping(0) // the client is spoken to while its output waits
		p, err := session.NextPacket(10 * time.Second)
		if err != nil {
			t.Fatalf("frame %d: %v, %v", i, err, c.Err())
		}
		p.Release()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Everything that was sent before Close arrives, however much it is and however slowly it is taken (A124).
func TestCloseDeliversEverything(t *testing.T) {
	s := bind(t, &ServerOptions{Limits: Limits{QueueBytes: 10000}})
	c, session := published(t, s, &ClientOptions{OutputBytes: 16 << 20, Linger: 20 * time.Second})
	const frames = 300
	for i := range uint32(frames) {
		payload := make([]byte, 20000)
		binary.BigEndian.PutUint32(payload, i)
		if err := c.SendVideo(i, true, payload); err != nil {
			t.Fatal(err)
		}
	}
	closed := make(chan error, 1)
	go func() { closed <- c.Close() }()
	packets := make([]media.Packet, 3)
	for i := uint32(0); i < frames; {
		n, err := session.NextPackets(packets, 5*time.Second)
		if err != nil {
			t.Fatalf("after %d frames: %v", i, err)
		}
		for _, p := range packets[:n] {
			if got := binary.BigEndian.Uint32(p.Data); got != i {
				t.Fatalf("frame %d, want %d", got, i)
			}
			p.Release()
			i++
		}
		time.Sleep(100 * time.Microsecond)
	}
	if err := <-closed; err != nil {
		t.Errorf("close: %v", err)
	}
	if _, err := session.NextPacket(5 * time.Second); err != io.EOF || session.EndReason() != "FCUnpublish" {
		t.Errorf("at the end: %v, %q", err, session.EndReason())
	}
}

// A program that sends with NoWait and takes no events does not collect them without bound.
func TestEventsThatNobodyTakesAreBounded(t *testing.T) {
	s := bind(t, nil)
	drain(s)
	c, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/key", &ClientOptions{NoWait: true, OutputBytes: 1000})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	refused := 0
	for begun := time.Now(); refused < 2000 && time.Since(begun) < 10*time.Second; {
		if err := c.SendAudio(0, make([]byte, 1000)); err == ErrAgain {
			refused++
			c.Flush(time.Second)
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if n := c.events.waitingCost(); n > 2*maxEvents || refused < 2000 {
		t.Fatalf("%d events wait after %d refusals", n, refused)
	}
}
