package rtmp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"

	"oxrtmp/rtmp/engine"
)

// Limits bounds what a peer may cost. See [engine.Limits].
type Limits = engine.Limits

// Timeouts bounds how long each phase may last. See [engine.Timeouts].
type Timeouts = engine.Timeouts

// Phase is where in a connection's life something happened.
type Phase = engine.Phase

// Counters count what a connection did.
type Counters = engine.Counters

// Strictness names departures from the specification that a server does not put up with.
type Strictness = engine.Strictness

// The rules of [Strictness].
const (
	StrictHandshake  = engine.StrictHandshake
	StrictConnect    = engine.StrictConnect
	StrictAMF        = engine.StrictAMF
	StrictTimestamps = engine.StrictTimestamps
	StrictMetadata   = engine.StrictMetadata
	StrictApp        = engine.StrictApp
	StrictChunkSize  = engine.StrictChunkSize
	StrictOrder      = engine.StrictOrder
	StrictAll        = engine.StrictAll
)

// Errors that calls return as they are, or wrapped in an [*Error].
var (
	ErrTimeout = error(timeoutError{})
	ErrClosed  = error(closedError{})
	// ErrAgain says that nothing was taken because there is no room now.
	ErrAgain = errors.New("rtmp: no room now, try again")
	// ErrDecided says that a request was decided before, or that its peer has gone.
	ErrDecided = errors.New("rtmp: request is decided already")
	// ErrGone says that there is no such connection, or not any more.
	ErrGone = errors.New("rtmp: no such connection")
	// ErrLimit says that a limit was reached.
	ErrLimit = errors.New("rtmp: limit reached")
)

// timeoutError makes ErrTimeout match os.ErrDeadlineExceeded too.
type timeoutError struct{}

func (timeoutError) Error() string        { return "rtmp: timeout" }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Is(target error) bool { return target == os.ErrDeadlineExceeded }

// closedError makes ErrClosed match net.ErrClosed too.
type closedError struct{}

func (closedError) Error() string        { return "rtmp: closed" }
func (closedError) Is(target error) bool { return target == net.ErrClosed }

// goneError is that the peer has hung up or cut the connection: the end of a stream that ran, so that it matches io.EOF.
type goneError struct{ error }

func (e goneError) Unwrap() error        { return e.error }
func (e goneError) Is(target error) bool { return target == io.EOF }

// Error is why a connection failed, and in which phase. Err is a [*StatusError] when the peer refused, else what the
// layer below reported.
type Error struct {
	Phase Phase
	Err   error
}

func (e *Error) Error() string { return fmt.Sprintf("rtmp: %s: %v", e.Phase, e.Err) }

// Unwrap returns the error without its phase.
func (e *Error) Unwrap() error { return e.Err }

// StatusError is a peer's refusal, in its words.
type StatusError struct {
	Level       string // normally "error"
	Code        string // such as "NetStream.Publish.BadName"
	Description string
}

func (e *StatusError) Error() string {
	if e.Description == "" {
		return e.Code
	}
	return e.Code + ": " + e.Description
}

// atPhase wraps err, and takes the engine's own wrapping off.
func atPhase(phase Phase, err error) error {
	var own *Error
	if errors.As(err, &own) || errors.Is(err, ErrClosed) {
		return err
	}
	var e *engine.Error
	if errors.As(err, &e) {
		phase, err = e.Phase, e.Err
	}
	if errors.Is(err, engine.ErrTimeout) || errors.Is(err, os.ErrDeadlineExceeded) {
		err = ErrTimeout
	}
	return &Error{Phase: phase, Err: err}
}

// packages matches the names of packages that stand before what their errors say.
var packages = regexp.MustCompile(`(^|: )(?:rtmp|engine|chunk|handshake|amf|message|media|authmod|proxyproto|tls|x509): `)

// inWords says an error as events, and peers, are told it: they do not know the names of packages.
func inWords(err error) string {
	switch e := err.(type) {
	case *Error:
		if e.Phase == engine.PhaseNone {
			return inWords(e.Err)
		}
		return e.Phase.String() + ": " + inWords(e.Err)
	case *StatusError:
		return e.Error() // the peer's own words
	}
	if err == ErrTimeout {
		return "the peer did not answer in time"
	}
	text := err.Error()
	for packages.MatchString(text) {
		text = packages.ReplaceAllString(text, "$1")
	}
	return text
}
