package engine

import (
	"errors"
	"fmt"
)

// Errors of a connection. They come wrapped in an [*Error].
var (
	ErrTimeout     = errors.New("the peer took too long")
	ErrFlood       = errors.New("too many messages that bring nothing forward")
	ErrMPEGTS      = errors.New("it sends an MPEG transport stream, which is not for RTMP: the encoder's format must be FLV")
	ErrNoRequest   = errors.New("engine: no such request is pending")
	ErrNoReconnect = errors.New("engine: the client does not follow requests to reconnect")
	ErrStrict      = errors.New("engine: a departure from the specification") // every *StrictError is one
	ErrState       = errors.New("engine: not possible in this state")
)

// Error is why a connection cannot go on.
type Error struct {
	Phase Phase
	Err   error
}

func (e *Error) Error() string { return fmt.Sprintf("engine: %s: %v", e.Phase, e.Err) }

// Unwrap returns the error without its phase.
func (e *Error) Unwrap() error { return e.Err }
