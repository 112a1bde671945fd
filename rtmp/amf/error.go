package amf

import (
	"errors"
	"strconv"
)

// What is wrong with the input of a decoder; wrapped in an [Error] that says where.
var (
	// ErrTruncated: the input ends inside a value, or a count or length points past its end.
	ErrTruncated = errors.New("input ends inside a value")
	// ErrMarker: a byte that begins no value here: reserved, unknown, or an end of object outside of one.
	ErrMarker = errors.New("unknown or misplaced type marker")
	// ErrReference: a reference to a container that has not begun.
	ErrReference = errors.New("reference to nothing")
	// ErrExternal: an AMF3 object that its class wrote in a form that nobody here knows.
	ErrExternal = errors.New("externalizable object of an unknown class")
	// ErrSyntax: input of [ParseJSON] that is not JSON, or a number in it that is no finite double.
	ErrSyntax = errors.New("invalid JSON")

	// ErrDepth: more nesting than Limits.Depth permits.
	ErrDepth = errors.New("nested too deeply")
	// ErrValues: more values than Limits.Values permits.
	ErrValues = errors.New("too many values")
	// ErrBytes: more bytes than Limits.Bytes permits, or a property name above 65,535 bytes in JSON.
	ErrBytes = errors.New("too many bytes")
)

// Error says where a decoder stopped, and why.
type Error struct {
	Offset int   // in bytes from the start of the input
	Err    error // one of the Err… values of this package
}

// Error returns the text "amf: byte N: reason".
func (e *Error) Error() string { return "amf: byte " + strconv.Itoa(e.Offset) + ": " + e.Err.Error() }

// Unwrap returns e.Err.
func (e *Error) Unwrap() error { return e.Err }

// IsLimit reports whether err is, or wraps, ErrDepth, ErrValues or ErrBytes: the input may be well-formed, but costs
// more than was permitted.
func IsLimit(err error) bool {
	return errors.Is(err, ErrDepth) || errors.Is(err, ErrValues) || errors.Is(err, ErrBytes)
}
