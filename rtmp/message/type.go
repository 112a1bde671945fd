package message

import (
	"errors"
	"fmt"
)

// Message type ids. Types 1, 2, 3, 5 and 6 are the protocol control messages of RTMP 1.0 §5.4; the others are those of
// §7.1. All other ids are unassigned: ignore them.
const (
	TypeSetChunkSize     = 1
	TypeAbort            = 2
	TypeAcknowledgement  = 3
	TypeUserControl      = 4
	TypeWindowAckSize    = 5
	TypeSetPeerBandwidth = 6
	TypeAudio            = 8
	TypeVideo            = 9
	TypeDataAMF3         = 15
	TypeSharedObjectAMF3 = 16
	TypeCommandAMF3      = 17
	TypeData             = 18
	TypeSharedObject     = 19
	TypeCommand          = 20
	TypeAggregate        = 22
)

// What is wrong with a payload, or with what it says.
var (
	// ErrLength: the payload is not as long as its message type demands.
	ErrLength = errors.New("wrong length")
	// ErrFormat: the body of a type 15 or 17 message begins with what no known format begins with.
	ErrFormat = errors.New("unknown body format")
	// ErrName: a command without a name, or a data message without a handler.
	ErrName = errors.New("no name")
	// ErrNUL: a text that decides what a peer may do contains a NUL byte.
	ErrNUL = errors.New("contains a NUL byte")
	// ErrArgument: an argument that the command cannot be carried out without is missing or of another kind.
	ErrArgument = errors.New("missing, or of the wrong kind")
)

// Error says which part of a message is wrong, and why.
type Error struct {
	Field string // "set chunk size", "command name", "app", …
	Err   error  // an Err… value of this package, or an error of package amf
}

// Error returns the text "message: field: reason".
func (e *Error) Error() string { return fmt.Sprintf("message: %s: %v", e.Field, e.Err) }

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }
