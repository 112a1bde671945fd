package hub

import (
	"encoding/binary"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/media"
)

// Chunk stream ids of frames. They are none of an engine's, whose headers refer to what it sent last on the same one: a
// connection may have streams of a hub and others. Frames of several streams may share one, as each begins with a
// complete header and nothing comes between its chunks.
const (
	csidData  = 7
	csidAudio = 9
	csidVideo = 10
)

// streamIDAt is where the message stream id is in a frame's wire bytes: behind a basic header of one byte, timestamp,
// length and type.
const streamIDAt = 8

// Frame is one message on its way to players. It is born with one reference.
type Frame struct {
	// Info is the message's packet, or the first of its packets: one per track. Its Timestamp is the one that players
	// see. It holds a reference to the payload.
	Info media.Packet
	// Tracks are the message's other packets, whose memory is Info's.
	Tracks []media.Packet
	wire   *buffer.Buffer // a complete header for message stream 1, then chunks
	refs   atomic.Int32
}

// NewFrame cuts a message into chunks of size bytes. packets are those of the message; their references are the frame's
// from now on. It returns nil, with the packets released, when alloc has no memory for the wire bytes. What data a
// publisher sets to be kept goes out as players expect it, without @setDataFrame.
func NewFrame(alloc buffer.Allocator, packets []media.Packet, timestamp uint32, size int) *Frame {
	p := packets[0]
	payload := payloadOf(&p)
	h := chunk.Header{ChunkStreamID: csidData, Timestamp: timestamp, TypeID: p.Type, StreamID: 1}
	switch p.Type {
	case media.TypeAudio:
		h.ChunkStreamID = csidAudio
	case media.TypeVideo:
		h.ChunkStreamID = csidVideo
	}
	f := &Frame{Info: p, Tracks: append([]media.Packet(nil), packets[1:]...)}
	f.refs.Store(1)
	shift := int64(int32(timestamp-p.Timestamp)) * int64(time.Millisecond)
	f.each(func(p *media.Packet) {
		p.Timestamp = timestamp
		p.DTS += shift
		p.PTS += shift
	})
	for i := range f.Tracks { // one reference is enough
		other := f.Tracks[i]
		f.Tracks[i].Buffer = nil // before its release takes Data and Raw away
		other.Release()
	}
	room := 16 + len(payload) + 5*(len(payload)/size+1)
	if f.wire = alloc.Allocate(room); f.wire == nil {
		f.Info.Release()
		return nil
	}
	b := chunk.AppendHeader(f.wire.Bytes()[:0], h, len(payload))
	b = chunk.AppendBody(b, h, payload, size)
	f.wire.Resize(len(b))
	return f
}

// payloadOf returns what players get of a message: without @setDataFrame.
func payloadOf(p *media.Packet) []byte {
	switch {
	case p.Flags&media.FlagSetDataFrame == 0:
		return p.Raw
	case p.Type == media.TypeDataAMF3 && p.Raw[0] == 0: // the format byte
		return append([]byte{0}, p.Data...)
	}
	return p.Data
}

// Payload returns the payload of the message that players get. It is valid as long as the frame.
func (f *Frame) Payload() []byte { return payloadOf(&f.Info) }

// Retain adds a reference.
func (f *Frame) Retain() *Frame {
	f.refs.Add(1)
	return f
}

// Release drops a reference; the last one releases the payload and the wire bytes.
func (f *Frame) Release() {
	if f.refs.Add(-1) == 0 {
		f.Info.Release()
		f.wire.Release()
	}
}

// Clears reports that the frame is the publisher's word that some data is no longer to be kept. Players are not told.
func (f *Frame) Clears() bool { return f.Info.Handler == "@clearDataFrame" }

// Size is how long the frame is on the wire, in bytes.
func (f *Frame) Size() int { return len(f.wire.Bytes()) }

// frameBytes is what describes a frame and its two blocks, packetBytes what describes one more of its packets.
const (
	frameBytes  = 400
	packetBytes = 128
)

// Held is how much memory the frame holds, in bytes: the blocks of the payload and of the wire bytes, and what describes
// them, which for a message of many short tracks is most of it.
func (f *Frame) Held() int {
	n := frameBytes + f.tracksHeld() + f.wire.Cap()
	if f.Info.Buffer != nil {
		n += f.Info.Buffer.Cap()
	}
	return n
}

// Cost is what the frame costs a queue that holds all of it for its bytes on the wire.
func (f *Frame) Cost() int { return f.Size() + f.tracksHeld() }

func (f *Frame) tracksHeld() int { return cap(f.Tracks) * packetBytes }

// Wire returns the frame's bytes for message stream 1, and the buffer that owns them.
func (f *Frame) Wire() ([]byte, *buffer.Buffer) { return f.wire.Bytes(), f.wire }

// Head returns the frame's first header, and its wire bytes after that, for another message stream than 1.
func (f *Frame) Head(streamID uint32) (head, rest []byte) {
	b := f.wire.Bytes()
	n := streamIDAt + 4
	head = append(make([]byte, 0, n), b[:n]...)
	binary.LittleEndian.PutUint32(head[streamIDAt:], streamID)
	return head, b[n:]
}

// lowest returns the packet of the message's lowest track.
func (f *Frame) lowest() *media.Packet {
	lowest := &f.Info
	for i := range f.Tracks {
		if f.Tracks[i].Track < lowest.Track {
			lowest = &f.Tracks[i]
		}
	}
	return lowest
}

// each calls visit for every packet of the message.
func (f *Frame) each(visit func(*media.Packet)) {
	visit(&f.Info)
	for i := range f.Tracks {
		visit(&f.Tracks[i])
	}
}
