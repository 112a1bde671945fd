package chunk

import (
	"oxrtmp/rtmp/internal/wire"
)

// Encoder cuts messages into chunks, with headers as short as the previous message on the same chunk stream permits
// (§5.3.1.2). Its zero value is at chunk size 128. It is for one goroutine at a time.
//
// A message begins with a type 0 header when its timestamp goes back or its time field would need an extended
// timestamp, as deployed receivers disagree about deltas there; it begins with type 3 only after an explicit delta of
// the same size. Continuation chunks repeat an extended timestamp.
type Encoder struct {
	size    int
	full    bool // every message begins with a complete header
	streams []encoded
}

// encoded is what a receiver remembers of the last message on a chunk stream.
type encoded struct {
	Header
	length int
	delta  uint32
	stated bool // delta was sent in a type 1 or 2 header
	known  bool
}

// SetChunkSize sets the chunk size, from the next message on; the caller tells the peer by a Set Chunk Size message
// beforehand. It panics outside 1–0x7FFFFFFF.
func (e *Encoder) SetChunkSize(size uint32) {
	if size == 0 || size > 0x7FFFFFFF {
		panic("chunk: chunk size out of range")
	}
	e.size = int(min(size, MaxSize))
}

// ChunkSize returns the chunk size in force.
func (e *Encoder) ChunkSize() int {
	if e.size == 0 {
		return DefaultSize
	}
	return e.size
}

// SetFullHeaders makes every message begin with a complete (type 0) header from now on, which refers to nothing before it,
// or, with false, as short a one as may be again. It costs up to 11 bytes a message.
func (e *Encoder) SetFullHeaders(on bool) { e.full = on }

// AppendMessage appends the chunks of a message. It panics if the payload is longer than 0xFFFFFF bytes or the chunk
// stream id is out of range.
func (e *Encoder) AppendMessage(dst []byte, h Header, payload []byte) []byte {
	return e.AppendParts(dst, h, nil, payload)
}

// AppendParts is AppendMessage for a payload in two pieces, such as a codec header and the caller's frame.
func (e *Encoder) AppendParts(dst []byte, h Header, head, body []byte) []byte {
	length := len(head) + len(body)
	s := e.stream(h.ChunkStreamID)
	delta := h.Timestamp - s.Timestamp
	format := e.format(s, h, length)
	*s = encoded{Header: h, length: length, delta: delta, stated: format != 0, known: true}
	dst = appendBasicHeader(dst, format, h.ChunkStreamID)
	switch format {
	case 0:
		dst = appendMessageHeader(dst, h, length)
	case 1:
		dst = wire.AppendUint24(dst, delta)
		dst = wire.AppendUint24(dst, uint32(length))
		dst = append(dst, h.TypeID)
	case 2:
		dst = wire.AppendUint24(dst, delta)
	}
	return appendChunks(dst, h, head, body, e.ChunkSize())
}

// MostSize is the most that AppendMessage appends for a payload of length bytes.
func (e *Encoder) MostSize(length int) int {
	const message, chunk = 3 + 11 + 4, 3 + 4 // headers, their basic header and extended timestamp included
	return message + length + length/e.ChunkSize()*chunk
}

// format returns the type of header that a message begins with after s, what was sent last on its chunk stream.
func (e *Encoder) format(s *encoded, h Header, length int) byte {
	delta := h.Timestamp - s.Timestamp
	switch {
	case e.full || !s.known || h.StreamID != s.StreamID || int32(delta) < 0 || h.Timestamp >= extendedMark || delta >= extendedMark:
		return 0
	case length != s.length || h.TypeID != s.TypeID:
		return 1
	case !s.stated || delta != s.delta:
		return 2
	}
	return 3
}

// Size returns how many bytes AppendMessage would append now for a payload of length bytes, and changes nothing but
// that the chunk stream is known from now on. It panics as AppendMessage does.
func (e *Encoder) Size(h Header, length int) int {
	if length > MaxSize {
		panic("chunk: message longer than 0xFFFFFF bytes")
	}
	basic := 1
	switch {
	case h.ChunkStreamID >= 320:
		basic = 3
	case h.ChunkStreamID >= 64:
		basic = 2
	}
	format := e.format(e.stream(h.ChunkStreamID), h, length)
	continued := max(0, (length-1)/e.ChunkSize())
	size := basic + [4]int{11, 7, 3, 0}[format] + length + continued*basic
	if h.Timestamp >= extendedMark {
		size += 4 + continued*4
	}
	return size
}

// Forget makes the next message on a chunk stream begin with a complete header. A caller that drops the bytes of a
// message it has encoded must call it, as the receiver never saw what later headers would refer to.
func (e *Encoder) Forget(chunkStreamID uint32) {
	e.stream(chunkStreamID).known = false
}

func (e *Encoder) stream(id uint32) *encoded {
	if id < MinStreamID || id > MaxStreamID {
		panic("chunk: chunk stream id out of range")
	}
	for i := range e.streams {
		if e.streams[i].ChunkStreamID == id {
			return &e.streams[i]
		}
	}
	e.streams = append(e.streams, encoded{Header: Header{ChunkStreamID: id}})
	return &e.streams[len(e.streams)-1]
}

// AppendHeader appends the complete (type 0) header of a message of length bytes, which depends on nothing sent
// before. Together with [AppendBody] it makes the chunks of a message that goes to many receivers.
func AppendHeader(dst []byte, h Header, length int) []byte {
	return appendMessageHeader(appendBasicHeader(dst, 0, h.ChunkStreamID), h, length)
}

// AppendBody appends what follows a message's complete header: its payload cut into chunks of size bytes, with the
// headers of continuation chunks between them. h.StreamID does not matter for it.
func AppendBody(dst []byte, h Header, payload []byte, size int) []byte {
	return appendChunks(dst, h, nil, payload, size)
}

func appendChunks(dst []byte, h Header, head, body []byte, size int) []byte {
	room := size
	for _, part := range [2][]byte{head, body} {
		for len(part) > 0 {
			if room == 0 {
				dst = appendBasicHeader(dst, 3, h.ChunkStreamID)
				if h.Timestamp >= extendedMark {
					dst = wire.AppendUint32(dst, h.Timestamp)
				}
				room = size
			}
			k := min(room, len(part))
			dst = append(dst, part[:k]...)
			part, room = part[k:], room-k
		}
	}
	return dst
}

func appendBasicHeader(dst []byte, format byte, id uint32) []byte {
	switch {
	case id < 64:
		return append(dst, format<<6|byte(id))
	case id < 320:
		return append(dst, format<<6, byte(id-64))
	default:
		return append(dst, format<<6|1, byte(id-64), byte((id-64)>>8))
	}
}

func appendMessageHeader(dst []byte, h Header, length int) []byte {
	if length > MaxSize {
		panic("chunk: message longer than 0xFFFFFF bytes")
	}
	dst = wire.AppendUint24(dst, min(h.Timestamp, extendedMark))
	dst = wire.AppendUint24(dst, uint32(length))
	dst = append(dst, h.TypeID, byte(h.StreamID), byte(h.StreamID>>8), byte(h.StreamID>>16), byte(h.StreamID>>24))
	if h.Timestamp >= extendedMark {
		dst = wire.AppendUint32(dst, h.Timestamp)
	}
	return dst
}
