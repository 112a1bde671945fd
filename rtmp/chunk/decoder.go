package chunk

import (
	"encoding/binary"
	"math"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/internal/wire"
)

// How much of a message is allocated on its header's word alone: as much as the longest message before it on its chunk
// stream took, but not more than trusted, and firstBlock in any case. Past that its buffer grows with what arrives.
const (
	firstBlock = 4 << 10
	trusted    = 64 << 10
)

// maxHeader is the longest chunk header: basic header, message header and extended timestamp.
const maxHeader = 3 + 11 + 4

// Limits bounds what a peer can make a [Decoder] hold. A zero field takes the value of [DefaultLimits].
type Limits struct {
	MessageBytes int // longest message, at most 0xFFFFFF
	PartialBytes int // memory of all incomplete messages together
	ChunkStreams int // chunk streams in use; their ids may be any
}

// DefaultLimits are the limits of a decoder that was given none.
var DefaultLimits = Limits{MessageBytes: 0xFFFFFF, PartialBytes: 32 << 20, ChunkStreams: 64}

func (l Limits) withDefaults() Limits {
	if l.MessageBytes <= 0 || l.MessageBytes > 0xFFFFFF {
		l.MessageBytes = DefaultLimits.MessageBytes
	}
	if l.PartialBytes <= 0 {
		l.PartialBytes = DefaultLimits.PartialBytes
	}
	if l.ChunkStreams <= 0 {
		l.ChunkStreams = DefaultLimits.ChunkStreams
	}
	return l
}

// Message is a whole message. Payload has one reference, which is the receiver's to release; it is never nil, and of
// length 0 for an empty message.
type Message struct {
	Header
	Payload *buffer.Buffer
}

// Decoder puts messages together. It is for one goroutine at a time.
type Decoder struct {
	alloc  buffer.Allocator
	limits Limits
	size   int // chunk size

	streams []stream
	last    int // index of the stream used last

	current int // index of the stream whose chunk is being read, while left > 0
	left    int // payload bytes of that chunk still to come
	turn    int // chunks that may yet begin; negative: any number

	header  [maxHeader]byte // a header of which only part has arrived
	held    int
	partial int // memory of incomplete messages
	repeats repetition
	offset  int64 // bytes consumed
	begun   int64 // and of these, before the current chunk
	err     error
}

// stream is the state of one chunk stream.
type stream struct {
	id        uint32
	timestamp uint32
	delta     uint32
	length    int
	streamID  uint32
	typeID    uint8
	extended  bool   // the last header with a time field had an extended timestamp:
	extension uint32 // this one
	payload   *buffer.Buffer
	got       int
	longest   int // message so far, up to trusted
}

// repetition is what was learnt about extended timestamps on continuation chunks: the specification repeats them
// there, some encoders do not, and one connection never mixes both.
type repetition uint8

const (
	unknown repetition = iota
	repeated
	omitted
)

// NewDecoder returns a decoder at chunk size 128 whose payloads come from alloc.
func NewDecoder(alloc buffer.Allocator, limits Limits) *Decoder {
	return &Decoder{alloc: alloc, limits: limits.withDefaults(), size: DefaultSize, turn: -1}
}

// SetTurn bounds how many chunks begin from now on: once so many have, Next consumes nothing more until SetTurn is called
// again. A negative number, as at first, is no bound.
func (d *Decoder) SetTurn(chunks int) { d.turn = min(chunks, math.MaxInt32) }

// TurnOver reports that Next consumes nothing because of SetTurn.
func (d *Decoder) TurnOver() bool { return d.turn == 0 && d.left == 0 && d.held == 0 }

// SetLimits replaces the limits, for what begins from now on.
func (d *Decoder) SetLimits(limits Limits) { d.limits = limits.withDefaults() }

// SetChunkSize sets the peer's chunk size, from the next chunk on (§5.4.1). Bit 31 is ignored, 0 changes nothing, and
// sizes above 0xFFFFFF are equivalent to it.
func (d *Decoder) SetChunkSize(size uint32) {
	if size &= 0x7FFFFFFF; size != 0 {
		d.size = int(min(size, MaxSize))
	}
}

// ChunkSize returns the peer's chunk size in force.
func (d *Decoder) ChunkSize() int { return d.size }

// Offset returns how many bytes have been consumed.
func (d *Decoder) Offset() int64 { return d.offset }

// PartialBytes returns the memory held by incomplete messages.
func (d *Decoder) PartialBytes() int { return d.partial }

// Abort drops the incomplete message of a chunk stream, whose header state stays (§5.4.2). It reports whether there
// was one.
func (d *Decoder) Abort(chunkStreamID uint32) bool {
	i := d.find(chunkStreamID)
	if i < 0 || d.streams[i].payload == nil {
		return false
	}
	d.drop(&d.streams[i])
	return true
}

// Close releases what incomplete messages hold. Next must not be called any more.
func (d *Decoder) Close() {
	for i := range d.streams {
		d.drop(&d.streams[i])
	}
	d.streams, d.left, d.held = nil, 0, 0
}

// Next consumes bytes of p until a message is whole, and returns it with the number of bytes consumed; ok is false
// when all of p was consumed without one, or as much as [Decoder.SetTurn] permits. p is borrowed for the call. An error is an [*Error] and final: every later
// call returns it again.
func (d *Decoder) Next(p []byte) (m Message, n int, ok bool, err error) {
	if d.err != nil {
		return m, 0, false, d.err
	}
	for n < len(p) && !d.TurnOver() {
		var k int
		switch k = d.takePlain(p[n:]); {
		case k > 0:
		case d.left > 0:
			k = min(d.left, len(p)-n)
			err = d.fill(p[n : n+k])
		default:
			k, err = d.readHeader(p[n:])
		}
		if err != nil {
			d.err = err
			return m, n, false, err
		}
		n += k
		d.offset += int64(k)
		if d.left == 0 && d.held == 0 {
			if s := &d.streams[d.current]; s.got == s.length && s.payload != nil {
				return d.finish(s), n, true, nil
			}
		}
	}
	return m, n, false, nil
}

// takePlain takes chunks of the message in hand that begin as they must, as many of them as p and the message's buffer
// hold whole, and returns how many bytes that is. Without this shortcut a peer that sends tiny chunks would cost ten times
// as much.
func (d *Decoder) takePlain(p []byte) int {
	if d.left > 0 || d.held > 0 || d.current >= len(d.streams) || p[0] < 0xC0 {
		return 0
	}
	s := &d.streams[d.current]
	if s.payload == nil || s.extended && d.repeats == unknown {
		return 0
	}
	header, k := d.continuation(s)
	n, got, size := 0, s.got, d.size
	from, to := p, s.payload.Bytes()[:min(s.length, len(s.payload.Bytes()))]
	if d.turn >= 0 {
		from = p[:min(len(p), d.turn*(size+k))]
	}
	if size == 1 && k == 1 {
		for n+1 < len(from) && from[n] == header[0] && got < len(to) {
			to[got] = from[n+1]
			n, got = n+2, got+1
		}
	} else {
		for n+k+size <= len(from) && string(from[n:n+k]) == string(header[:k]) && got+size <= len(to) {
			copy(to[got:got+size], from[n+k:])
			n, got = n+k+size, got+size
		}
	}
	s.got = got
	d.began(n / (size + k))
	return n
}

// continuation returns the header, and its size, by which the message in hand goes on.
func (d *Decoder) continuation(s *stream) (header [3 + 4]byte, k int) {
	b := appendBasicHeader(header[:0], 3, s.id)
	if s.extended && d.repeats == repeated {
		b = binary.BigEndian.AppendUint32(b, s.extension)
	}
	return header, len(b)
}

// began notes that chunks have begun.
func (d *Decoder) began(chunks int) {
	if d.turn > 0 {
		d.turn -= chunks
	}
}

// readHeader consumes a chunk header, or what there is of it, and begins its chunk.
func (d *Decoder) readHeader(p []byte) (n int, err error) {
	if d.held == 0 {
		h, ok := d.parse(p)
		if ok {
			return h.size, d.begin(&h, 0)
		}
		d.held = copy(d.header[:], p)
		return d.held, nil
	}
	old := d.held
	d.held += copy(d.header[old:], p)
	h, ok := d.parse(d.header[:d.held])
	if !ok {
		return d.held - old, nil
	}
	d.held = 0
	if err := d.begin(&h, old); err != nil {
		return 0, err
	}
	if h.size < old { // up to three bytes that might have been an extended timestamp were payload
		return 0, d.fill(d.header[h.size:old])
	}
	return h.size - old, nil
}

// chunkHeader is a parsed header.
type chunkHeader struct {
	format    byte
	id        uint32
	index     int // of its stream, or -1
	size      int // bytes
	time      uint32
	length    int
	typeID    uint8
	streamID  uint32
	extended  bool
	noted     repetition // what this header tells about extended timestamps on continuations
	extension uint32
}

// parse reads the header at the start of p without changing anything. ok is false when p does not hold all of it.
func (d *Decoder) parse(p []byte) (h chunkHeader, ok bool) {
	h.format = p[0] >> 6
	h.id = uint32(p[0] & 0x3F)
	off := 1
	switch h.id {
	case 0:
		if len(p) < 2 {
			return h, false
		}
		h.id, off = 64+uint32(p[1]), 2
	case 1:
		if len(p) < 3 {
			return h, false
		}
		h.id, off = 64+uint32(p[1])+uint32(p[2])<<8, 3
	}
	h.index = d.find(h.id)
	if h.format == 3 {
		return d.parseContinuation(p, h, off)
	}
	fields := [3]int{11, 7, 3}[h.format]
	if len(p) < off+fields {
		return h, false
	}
	h.time = wire.Uint24(p[off:])
	if h.format <= 1 {
		h.length, h.typeID = int(wire.Uint24(p[off+3:])), p[off+6]
	}
	if h.format == 0 {
		h.streamID = binary.LittleEndian.Uint32(p[off+7:])
	}
	off += fields
	if h.time == extendedMark {
		if len(p) < off+4 {
			return h, false
		}
		h.extended, h.time = true, binary.BigEndian.Uint32(p[off:])
		h.extension = h.time
		off += 4
	}
	h.size = off
	return h, true
}

// parseContinuation finishes a type 3 header, which has no fields but, perhaps, a repeated extended timestamp.
func (d *Decoder) parseContinuation(p []byte, h chunkHeader, off int) (chunkHeader, bool) {
	h.size = off
	if h.index < 0 || !d.streams[h.index].extended || d.repeats == omitted {
		return h, true
	}
	if len(p) < off+4 {
		return h, false
	}
	s := &d.streams[h.index]
	v := binary.BigEndian.Uint32(p[off:])
	switch {
	case s.payload == nil || d.repeats == repeated:
	case v == s.extension || v == s.timestamp:
		h.noted = repeated
	case min(s.length-s.got, d.size) >= 4:
		h.noted = omitted
		return h, true
	}
	h.extended, h.extension, h.size = true, v, off+4
	return h, true
}

// begin applies a header, of which held bytes have been consumed: it starts a message or goes on with one.
func (d *Decoder) begin(h *chunkHeader, held int) error {
	d.begun = d.offset - int64(held)
	d.began(1)
	if h.noted != unknown {
		d.repeats = h.noted
	}
	if h.index < 0 {
		if h.format >= 2 {
			return d.fault(h.id, ErrNoPredecessor)
		}
		if len(d.streams) >= d.limits.ChunkStreams {
			return d.fault(h.id, ErrChunkStreams)
		}
		d.streams = append(d.streams, stream{id: h.id})
		h.index = len(d.streams) - 1
	}
	s := &d.streams[h.index]
	d.current, d.last = h.index, h.index
	if s.payload != nil {
		goesOn, err := d.goesOn(s, h)
		if err != nil {
			return err
		}
		if goesOn {
			d.left = min(d.size, s.length-s.got)
			return nil
		}
		d.drop(s)
	}
	switch h.format {
	case 0:
		s.timestamp, s.delta = h.time, h.time
		s.length, s.typeID, s.streamID = h.length, h.typeID, h.streamID
	case 1:
		s.delta, s.length, s.typeID = h.time, h.length, h.typeID
	case 2:
		s.delta = h.time
	case 3:
		if h.extended && h.extension != s.extension {
			s.delta = h.extension
		}
	}
	if h.format != 0 {
		s.timestamp += s.delta
	}
	if h.format != 3 || h.extended {
		s.extended, s.extension = h.extended, h.extension
	}
	return d.start(s)
}

// goesOn decides what a header in the middle of a message is: its continuation, a new beginning (type 0 only), or a
// fault. Encoders continue with type 3; some repeat the whole header.
func (d *Decoder) goesOn(s *stream, h *chunkHeader) (bool, error) {
	switch {
	case h.format == 3:
		return true, nil
	case h.format == 2,
		h.length == s.length && h.typeID == s.typeID && (h.format == 1 || h.streamID == s.streamID):
		s.extended, s.extension = h.extended, h.extension
		return true, nil
	case h.format == 0:
		return false, nil
	}
	return false, d.fault(h.id, ErrHeaderChange)
}

// start makes room for a message whose header is complete.
func (d *Decoder) start(s *stream) error {
	if s.length > d.limits.MessageBytes {
		return d.fault(s.id, ErrMessageSize)
	}
	size := min(s.length, max(s.longest, firstBlock))
	if d.partial+size > d.limits.PartialBytes {
		return d.fault(s.id, ErrPartialBytes)
	}
	b := d.alloc.Allocate(size)
	if b == nil {
		return d.fault(s.id, ErrMemory)
	}
	s.payload, s.got = b, 0
	d.partial += b.Cap()
	if d.partial > d.limits.PartialBytes {
		return d.fault(s.id, ErrPartialBytes)
	}
	d.left = min(d.size, s.length)
	return nil
}

// fill adds p, at most the rest of the current chunk, to the current message.
func (d *Decoder) fill(p []byte) error {
	s := &d.streams[d.current]
	if need := s.got + len(p); need > len(s.payload.Bytes()) {
		if err := d.grow(s, need); err != nil {
			return err
		}
	}
	copy(s.payload.Bytes()[s.got:], p)
	s.got += len(p)
	d.left -= len(p)
	return nil
}

func (d *Decoder) grow(s *stream, need int) error {
	old := s.payload.Cap()
	size := min(max(need, 2*old), s.length)
	if d.partial-old+size > d.limits.PartialBytes {
		return d.fault(s.id, ErrPartialBytes)
	}
	b := buffer.Grow(d.alloc, s.payload, s.got, size)
	if b == nil {
		return d.fault(s.id, ErrMemory)
	}
	s.payload = b
	d.partial += b.Cap() - old
	return nil
}

// finish takes the complete message of a stream.
func (d *Decoder) finish(s *stream) Message {
	m := Message{Header{s.id, s.timestamp, s.typeID, s.streamID}, s.payload}
	m.Payload.Resize(s.length)
	d.partial -= m.Payload.Cap()
	s.payload, s.got = nil, 0
	s.longest = max(s.longest, min(s.length, trusted))
	return m
}

func (d *Decoder) drop(s *stream) {
	if s.payload == nil {
		return
	}
	d.partial -= s.payload.Cap()
	s.payload.Release()
	s.payload, s.got = nil, 0
	if d.left > 0 && &d.streams[d.current] == s {
		d.left = 0
	}
}

func (d *Decoder) find(id uint32) int {
	if d.last < len(d.streams) && d.streams[d.last].id == id {
		return d.last
	}
	for i := range d.streams {
		if d.streams[i].id == id {
			return i
		}
	}
	return -1
}

func (d *Decoder) fault(id uint32, err error) error {
	return &Error{Offset: d.begun, ChunkStreamID: id, Err: err}
}
