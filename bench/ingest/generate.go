package main

import (
	"flag"
	"net"
	"sync"
	"time"

	"oxrtmp/bench/internal/bench"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/message"
)

// generate publishes as fast as the server takes it: a second of 30 fps H.264 and AAC of 4 Mbit/s, over and over, or video
// messages of one size. Each message is a write of its own, but small messages of one size are joined to writes of 64 KiB: one
// write for each would measure the generator.
func generate(args []string) {
	flags := flag.NewFlagSet("generate", flag.ExitOnError)
	seconds := flags.Int("seconds", 3, "")
	publishers := flags.Int("publishers", 1, "")
	raw := flags.Bool("raw", false, "")
	size := flags.Int("size", 0, "")
	chunks := flags.Int("chunk", usualChunk, "")
	flags.Parse(args)
	end := time.Now().Add(time.Duration(*seconds) * time.Second)
	e := encoder{chunk: *chunks}
	messages := e.second()
	if *size > 0 {
		messages = e.frames(*size)
	}
	var wg sync.WaitGroup
	for range *publishers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c, err := bench.Dial(flags.Arg(0))
			if err != nil {
				fatal(err)
			}
			defer c.Close()
			if !*raw {
				if err := bench.PublishPlainly(c, "bench"); err != nil {
					fatal(err)
				}
				go drain(c)
				if _, err := c.Write(e.start()); err != nil {
					fatal(err)
				}
			}
			for time.Now().Before(end) {
				for _, m := range messages {
					if _, err := c.Write(m); err != nil {
						fatal(err)
					}
				}
			}
		}()
	}
	wg.Wait()
}

// usualChunk is the size of chunks that a publisher of the benches announces.
const usualChunk = 4096

// encoder makes messages in chunks of a size.
type encoder struct{ chunk int }

// start says of which size chunks are from now on.
func (e encoder) start() []byte {
	h := chunk.Header{ChunkStreamID: 2, TypeID: message.TypeSetChunkSize}
	p := message.AppendSetChunkSize(nil, uint32(e.chunk))
	return chunk.AppendBody(chunk.AppendHeader(nil, h, len(p)), h, p, usualChunk)
}

// encode makes a message that begins with a complete header, so that it can be sent again and again.
func (e encoder) encode(csid uint32, typeID uint8, timestamp uint32, size int, first ...byte) []byte {
	payload := make([]byte, size)
	copy(payload, first)
	h := chunk.Header{ChunkStreamID: csid, Timestamp: timestamp, TypeID: typeID, StreamID: 1}
	return chunk.AppendBody(chunk.AppendHeader(nil, h, size), h, payload, e.chunk)
}

// frames encodes one second of inter frames of a size, or of several that are one write.
func (e encoder) frames(size int) (out [][]byte) {
	for i := range 30 {
		var write []byte
		for len(write) == 0 || len(write)+size <= 64<<10 {
			write = append(write, e.encode(6, message.TypeVideo, uint32(i*1000/30), size, 0x27, 1)...)
		}
		out = append(out, write)
	}
	return out
}

// second encodes one second of media.
func (e encoder) second() (out [][]byte) {
	add := func(csid uint32, typeID uint8, timestamp uint32, size int, first ...byte) {
		out = append(out, e.encode(csid, typeID, timestamp, size, first...))
	}
	for i := range 30 {
		timestamp := uint32(i * 1000 / 30)
		if i == 0 {
			add(6, message.TypeVideo, timestamp, 60000, 0x17, 1)
		} else {
			add(6, message.TypeVideo, timestamp, 14800, 0x27, 1)
		}
		add(4, message.TypeAudio, timestamp, 340, 0xAF, 1)
	}
	return out
}

// drain reads what the server says, mostly acknowledgements.
func drain(c net.Conn) {
	p := make([]byte, 4096)
	for {
		if _, err := c.Read(p); err != nil {
			return
		}
	}
}
