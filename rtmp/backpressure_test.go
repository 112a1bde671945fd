package rtmp

import (
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// untilPublish returns what OBS says up to and including its publish command. Its chunk size is 4096 from then on.
func untilPublish(t testing.TB) []byte {
	return captured(t, "obs-29-publish")[:1+2*1536+382]
}

// heapInUse returns the bytes that live on Go's heap.
func heapInUse() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// C2, C5, ZLMediaKit #895, Red5 #479: a session whose application takes nothing stops the socket being read, and costs
// what QueueBytes says and what one read brings, whatever the messages look like. Once packets are taken all arrive.
func TestQueueIsBoundedInMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	var parts []byte
	for range 1000 {
		parts = append(parts, 8, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0x2F, 1, 0, 0, 0, 13)
	}
	tracks := []byte{0x96, 0x11, 'a', 'v', 'c', '1'}
	for i := range 200 {
		tracks = append(tracks, byte(i), 0, 0, 20)
		tracks = append(tracks, make([]byte, 20)...)
	}
	const queue = 1 << 20
	for _, c := range []struct {
		name    string
		typeID  uint8
		payload []byte
		packets int // in each message
		slack   int // what one read may bring
	}{
		{"one byte", media.TypeAudio, []byte{0x2F}, 1, 256 << 10},
		{"300 bytes", media.TypeAudio, make([]byte, 300), 1, 256 << 10},
		{"frames", media.TypeVideo, make([]byte, 10000), 1, 256 << 10},
		{"just above a block's size", media.TypeVideo, make([]byte, 65537), 1, 256 << 10},
		{"larger than the queue", media.TypeVideo, make([]byte, 3<<20), 1, 2<<20 + 256<<10},
		{"aggregates", message.TypeAggregate, parts, 1000, 1 << 20},
		{"many tracks", media.TypeVideo, tracks, 200, 2 << 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &buffer.HeapAllocator{}
			s := bind(t, &ServerOptions{Allocator: h, Limits: Limits{QueueBytes: queue}})
			conn, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close()
			conn.(*net.TCPConn).SetWriteBuffer(64 << 10)
			go io.Copy(io.Discard, conn)
			if _, err := conn.Write(untilPublish(t)); err != nil {
				t.Fatal(err)
			}
			session := accept(t, s)
			var e chunk.Encoder
			e.SetChunkSize(4096)
			header := chunk.Header{ChunkStreamID: 70, TypeID: c.typeID, StreamID: 1}
			next := e.AppendMessage(e.AppendMessage(nil, header, c.payload), header, c.payload)
			count := 2
			var block []byte // of messages whose headers are as short as they get
			inBlock := 0
			for len(block) < 60000 {
				block = e.AppendMessage(block, header, c.payload)
				inBlock++
			}
			before := heapInUse()
			for {
				conn.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
				n, err := conn.Write(next)
				if errors.Is(err, os.ErrDeadlineExceeded) {
					next = next[n:]
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				if next = block; count > (100<<20)/len(c.payload) {
					t.Fatal("the server reads for ever")
				}
				count += inBlock
			}
			held := heapInUse() - before
			runtime.KeepAlive(block)
			if t.Logf("%d bytes of heap, %d in blocks, %d by our count", held, h.InUse(), session.Statistics().Queued); held > queue+c.slack {
				t.Errorf("%d bytes of heap, %d in blocks, %d by our count", held, h.InUse(), session.Statistics().Queued)
			}
			conn.SetWriteDeadline(time.Time{})
			go conn.Write(next) // the rest of what was cut
			packets := make([]media.Packet, 1000)
			for got := 0; got < c.packets*count; {
				n, err := session.NextPackets(packets, 5*time.Second)
				if err != nil {
					t.Fatalf("after %d of %d packets: %v", got, c.packets*count, err)
				}
				for i := range packets[:n] {
					packets[i].Release()
				}
				got += n
			}
			if session.Close(); h.InUse() > 128<<10 {
				t.Errorf("%d bytes are still held", h.InUse())
			}
		})
	}
}

// Two streams on one connection: the one that is not taken from stops both, and closing it lets the other go on.
func TestClosingAFullSessionLetsOthersGoOn(t *testing.T) {
	s := bind(t, &ServerOptions{Limits: Limits{QueueBytes: 100000}})
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	go io.Copy(io.Discard, conn)
	conn.Write(untilPublish(t))
	full := accept(t, s)
	e := chunk.Encoder{}
	e.SetChunkSize(4096)
	say := func(msid uint32, typeID uint8, payload []byte) {
		conn.Write(e.AppendMessage(nil, chunk.Header{ChunkStreamID: 70 + msid, TypeID: typeID, StreamID: msid}, payload))
	}
	say(0, message.TypeCommand, message.AppendCommand(nil, message.NewCommand("createStream", 9)))
	say(2, message.TypeCommand, message.AppendCommand(nil, message.NewCommand("publish", 0)))
	other := accept(t, s)
	go func() {
		for i := range 100 {
			say(1, media.TypeVideo, make([]byte, 10000))
			say(2, media.TypeAudio, []byte{0x2F, byte(i)})
		}
	}()
	waitFor(t, "the queue to fill", func() bool { return full.Statistics().Queued >= 100000 })
	for i := range 100 {
		p, err := other.NextPacket(100 * time.Millisecond)
		if err == ErrTimeout && full != nil {
			full.Close()
			full = nil
			p, err = other.NextPacket(5 * time.Second)
		}
		if err != nil || p.Data[0] != byte(i) {
			t.Fatalf("packet %d: %v", i, err)
		}
		p.Release()
	}
	if full != nil {
		t.Fatal("the full stream did not stop the connection")
	}
}
