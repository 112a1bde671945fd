// Package chunk cuts RTMP messages into chunks and puts them together again (RTMP 1.0 §5.3).
//
// Layer L1. [Decoder] takes the bytes of a connection after the handshake, in pieces of any size, and returns whole
// messages; [Encoder] turns messages into bytes. Both are plain state machines: they never wait, and know nothing of
// what a message means, so the caller applies Set Chunk Size and Abort by [Decoder.SetChunkSize] and [Decoder.Abort]
// before it decodes on.
package chunk

import (
	"errors"
	"fmt"
)

// DefaultSize is the largest chunk payload, in bytes, of each direction until a Set Chunk Size message (§5.4.1).
const DefaultSize = 128

// MaxSize is the largest useful chunk size: no message is longer.
const MaxSize = 0xFFFFFF

// Chunk stream ids that a basic header can carry (§5.3.1.1). 2 is kept for protocol control messages.
const (
	MinStreamID = 2
	MaxStreamID = 65599
)

// extendedMark in the 24-bit time field says that a 32-bit extended timestamp follows (§5.3.1.3).
const extendedMark = 0xFFFFFF

// Header is what the chunk layer says of a message.
type Header struct {
	ChunkStreamID uint32 // 2–65599
	Timestamp     uint32 // milliseconds, modulo 2^32
	TypeID        uint8  // message type id
	StreamID      uint32 // message stream id
}

// Errors of the chunk layer. A decoder wraps them in [Error].
var (
	ErrNoPredecessor = errors.New("header refers to a chunk that never came")
	ErrHeaderChange  = errors.New("header changes a message that is not complete")
	ErrMessageSize   = errors.New("message is longer than permitted")
	ErrPartialBytes  = errors.New("incomplete messages hold more bytes than permitted")
	ErrChunkStreams  = errors.New("more chunk streams than permitted")
	ErrMemory        = errors.New("no memory for a message")
)

// Error is a fault of the byte stream, after which nothing can be decoded any more.
type Error struct {
	Offset        int64  // bytes of the connection before the chunk at fault, counted from the decoder's first
	ChunkStreamID uint32 // of the chunk at fault
	Err           error  // one of the errors above
}

func (e *Error) Error() string {
	return fmt.Sprintf("chunk: byte %d: chunk stream %d: %v", e.Offset, e.ChunkStreamID, e.Err)
}

// Unwrap returns the error without its place.
func (e *Error) Unwrap() error { return e.Err }
