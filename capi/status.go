package main

// #include "bridge.h"
import "C"

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"syscall"
	"unsafe"

	"oxrtmp/capi/internal/handle"
	"oxrtmp/capi/internal/queue"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/authmod"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/codec"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
	"oxrtmp/rtmp/proxyproto"
)

// Errors of this package, for what only C callers can do.
var (
	errArgument = errors.New("capi: argument not valid")
	errState    = errors.New("capi: not possible in this state")
	errNothing  = errors.New("capi: nothing there yet")
	errMemory   = errors.New("capi: past the memory limit")
)

// statuses gives the status of each error that the library makes, the more special ones first: an error that wraps
// several takes the first. status_test.go compares it with the packages' sources.
var statuses = []struct {
	err    error
	status C.oxrtmp_status
}{
	{errArgument, C.OXRTMP_E_ARGUMENT},
	{errBuffer, C.OXRTMP_E_BUFFER},
	{errState, C.OXRTMP_E_STATE},
	{errNothing, C.OXRTMP_E_AGAIN},
	{errMemory, C.OXRTMP_E_MEMORY},
	{errBusy, C.OXRTMP_E_BUSY},
	{handle.ErrInvalid, C.OXRTMP_E_HANDLE},
	{handle.ErrFull, C.OXRTMP_E_LIMIT},
	{queue.ErrClosed, C.OXRTMP_E_CLOSED},
	{queue.ErrTimeout, C.OXRTMP_E_TIMEOUT},

	{rtmp.ErrAgain, C.OXRTMP_E_AGAIN},
	{rtmp.ErrClosed, C.OXRTMP_E_CLOSED},
	{rtmp.ErrDecided, C.OXRTMP_E_STATE},
	{rtmp.ErrGone, C.OXRTMP_E_STATE},
	{rtmp.ErrLimit, C.OXRTMP_E_LIMIT},
	{rtmp.ErrTimeout, C.OXRTMP_E_TIMEOUT},
	{rtmp.ErrPublished, C.OXRTMP_E_BUSY},
	{rtmp.ErrNoStream, C.OXRTMP_E_NOT_FOUND},
	{rtmp.ErrCodec, C.OXRTMP_E_UNSUPPORTED},
	{rtmp.ErrAuthentication, C.OXRTMP_E_AUTH},

	{authmod.ErrNoCredentials, C.OXRTMP_E_AUTH},
	{authmod.ErrFailed, C.OXRTMP_E_AUTH},
	{authmod.ErrScheme, C.OXRTMP_E_AUTH},
	{authmod.ErrNoLogin, C.OXRTMP_E_AUTH},
	{proxyproto.ErrFormat, C.OXRTMP_E_PROTOCOL},

	{engine.ErrTimeout, C.OXRTMP_E_SILENT},
	{engine.ErrFlood, C.OXRTMP_E_LIMIT},
	{engine.ErrStrict, C.OXRTMP_E_PROTOCOL},
	{engine.ErrMPEGTS, C.OXRTMP_E_MEDIA},
	{engine.ErrNoRequest, C.OXRTMP_E_STATE},
	{engine.ErrState, C.OXRTMP_E_STATE},
	{engine.ErrPayload, C.OXRTMP_E_ARGUMENT},
	{engine.ErrType, C.OXRTMP_E_ARGUMENT},
	{engine.ErrCalls, C.OXRTMP_E_LIMIT},
	{engine.ErrNoReconnect, C.OXRTMP_E_UNSUPPORTED},

	{handshake.ErrVersion, C.OXRTMP_E_HANDSHAKE},

	{chunk.ErrNoPredecessor, C.OXRTMP_E_CHUNK},
	{chunk.ErrHeaderChange, C.OXRTMP_E_CHUNK},
	{chunk.ErrMessageSize, C.OXRTMP_E_LIMIT},
	{chunk.ErrPartialBytes, C.OXRTMP_E_LIMIT},
	{chunk.ErrChunkStreams, C.OXRTMP_E_LIMIT},
	{chunk.ErrMemory, C.OXRTMP_E_MEMORY},

	{amf.ErrDepth, C.OXRTMP_E_LIMIT},
	{amf.ErrValues, C.OXRTMP_E_LIMIT},
	{amf.ErrBytes, C.OXRTMP_E_LIMIT},
	{amf.ErrTruncated, C.OXRTMP_E_AMF},
	{amf.ErrMarker, C.OXRTMP_E_AMF},
	{amf.ErrReference, C.OXRTMP_E_AMF},
	{amf.ErrExternal, C.OXRTMP_E_AMF},
	{amf.ErrSyntax, C.OXRTMP_E_ARGUMENT},

	{message.ErrLength, C.OXRTMP_E_MESSAGE},
	{message.ErrFormat, C.OXRTMP_E_MESSAGE},
	{message.ErrName, C.OXRTMP_E_MESSAGE},
	{message.ErrNUL, C.OXRTMP_E_MESSAGE},
	{message.ErrArgument, C.OXRTMP_E_MESSAGE},

	{media.ErrKind, C.OXRTMP_E_MEDIA},
	{media.ErrCodec, C.OXRTMP_E_MEDIA},
	{media.ErrFrameType, C.OXRTMP_E_MEDIA},
	{media.ErrComposition, C.OXRTMP_E_MEDIA},
	{media.ErrNanoOffset, C.OXRTMP_E_MEDIA},
	{media.ErrNoColorInfo, C.OXRTMP_E_MEDIA},
	{media.ErrTracks, C.OXRTMP_E_MEDIA},
	{media.ErrModEx, C.OXRTMP_E_MEDIA},
	{media.ErrMultichannelConfig, C.OXRTMP_E_MEDIA},

	{codec.ErrRecord, C.OXRTMP_E_MEDIA},
	{codec.ErrLengthSize, C.OXRTMP_E_MEDIA},
	{codec.ErrCodec, C.OXRTMP_E_ARGUMENT},

	{flv.ErrHeader, C.OXRTMP_E_FLV},
	{flv.ErrTagSize, C.OXRTMP_E_FLV},
	{flv.ErrTruncated, C.OXRTMP_E_EOF},
	{flv.ErrEnvelope, C.OXRTMP_E_FLV},

	{errors.ErrUnsupported, C.OXRTMP_E_UNSUPPORTED},
	{os.ErrDeadlineExceeded, C.OXRTMP_E_TIMEOUT},
	{os.ErrClosed, C.OXRTMP_E_CLOSED},
	{context.DeadlineExceeded, C.OXRTMP_E_TIMEOUT},
	{context.Canceled, C.OXRTMP_E_CLOSED},
	{net.ErrClosed, C.OXRTMP_E_CLOSED},
}

// refusals gives the status of a peer's status code by what its name contains, the first that fits.
var refusals = []struct {
	part   string
	status C.oxrtmp_status
}{
	{"Auth", C.OXRTMP_E_AUTH},
	{"Unauthorized", C.OXRTMP_E_AUTH},
	{"Publish.BadName", C.OXRTMP_E_NAME},
	{"NotFound", C.OXRTMP_E_NOT_FOUND},
	{"InvalidApp", C.OXRTMP_E_NOT_FOUND},
}

// statusOf returns the status that stands for err.
func statusOf(err error) C.oxrtmp_status {
	if err == nil {
		return C.OXRTMP_OK
	}
	if err == io.EOF {
		return C.OXRTMP_E_EOF
	}
	var refusal *rtmp.StatusError
	if errors.As(err, &refusal) {
		return statusOfRefusal(refusal)
	}
	var placed *rtmp.Error
	var secure *rtmp.TLSError
	ended := errors.As(err, &placed)
	switch {
	case errors.As(err, &secure):
		return C.OXRTMP_E_TLS
	case ended && errors.Is(err, rtmp.ErrTimeout):
		return C.OXRTMP_E_SILENT // the connection's own end, not that of the call's time
	case ended && errors.Is(placed.Err, io.EOF):
		return C.OXRTMP_E_EOF
	}
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			return s.status
		}
	}
	if status, ok := statusOfSystem(err, placed); ok {
		return status
	}
	if ended {
		return statusOfPhase(placed.Phase)
	}
	return C.OXRTMP_E_INTERNAL
}

func statusOfRefusal(e *rtmp.StatusError) C.oxrtmp_status {
	for _, r := range refusals {
		if strings.Contains(e.Code, r.part) {
			return r.status
		}
	}
	if strings.Contains(e.Description, "authmod=") { // how Adobe's servers ask for a login
		return C.OXRTMP_E_AUTH
	}
	return C.OXRTMP_E_REFUSED
}

// statusOfSystem judges what the operating system reported.
func statusOfSystem(err error, placed *rtmp.Error) (C.oxrtmp_status, bool) {
	var dns *net.DNSError
	var address *net.AddrError
	var path *fs.PathError
	var link *os.LinkError
	var op *net.OpError
	var number syscall.Errno
	switch {
	case errors.As(err, &dns):
		return C.OXRTMP_E_RESOLVE, true
	case errors.As(err, &address):
		return C.OXRTMP_E_ADDRESS, true
	case errors.As(err, &path), errors.As(err, &link):
		return C.OXRTMP_E_FILE, true
	case errors.As(err, &op) && op.Op == "listen":
		return C.OXRTMP_E_ADDRESS, true
	case errors.As(err, &op) && op.Op == "dial", placed != nil && placed.Phase == engine.PhaseTCP:
		return C.OXRTMP_E_CONNECT, true
	case errors.As(err, &op), errors.As(err, &number), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return C.OXRTMP_E_IO, true
	}
	return 0, false
}

// statusOfPhase is the last resort, for an error of a connection that has no sentinel.
func statusOfPhase(phase rtmp.Phase) C.oxrtmp_status {
	switch phase {
	case engine.PhaseNone:
		return C.OXRTMP_E_INTERNAL
	case engine.PhaseResolve:
		return C.OXRTMP_E_RESOLVE
	case engine.PhaseTCP:
		return C.OXRTMP_E_CONNECT
	case engine.PhaseTLS:
		return C.OXRTMP_E_TLS
	case engine.PhaseHandshake:
		return C.OXRTMP_E_HANDSHAKE
	}
	return C.OXRTMP_E_PROTOCOL
}

// fail records err as the calling thread's last error and returns its status. A nil err is OXRTMP_OK. It must be called
// on the goroutine of the export, which runs on the caller's thread.
func fail(err error) C.oxrtmp_status {
	if err == nil {
		return C.OXRTMP_OK
	}
	for i := range plain {
		if p := &plain[i]; err == p.err {
			setError(p.status, 0, -1, "", "", "", p.text)
			return p.status
		}
	}
	return failAs(statusOf(err), err)
}

// plain are the errors of which everything is known before: those of who looks often whether there is something.
var plain = plainErrors()

type plainError struct {
	err    error
	status C.oxrtmp_status
	text   string
}

func plainErrors() (list []plainError) {
	for _, p := range phrases {
		list = append(list, plainError{p.err, statusOf(p.err), words(p.err)})
	}
	return list
}

// failSetup is fail for the making of a thing, where an error without a status of its own is about the options.
func failSetup(err error) C.oxrtmp_status {
	status := statusOf(err)
	if status == C.OXRTMP_E_INTERNAL {
		status = C.OXRTMP_E_ARGUMENT
	}
	if status == C.OXRTMP_OK {
		return status
	}
	return failAs(status, err)
}

func failAs(status C.oxrtmp_status, err error) C.oxrtmp_status {
	var placed *rtmp.Error
	var refusal *rtmp.StatusError
	var number syscall.Errno
	var secure *rtmp.TLSError
	alert := -1
	phase, code, description := "", "", ""
	if errors.As(err, &secure) && secure.Alert != 0 {
		alert = int(secure.Alert)
	}
	if errors.As(err, &placed) {
		phase = placed.Phase.String()
	}
	if errors.As(err, &refusal) {
		code, description = refusal.Code, refusal.Description
	}
	errors.As(err, &number)
	setError(status, number, alert, phase, code, description, words(err))
	return status
}

func setError(status C.oxrtmp_status, number syscall.Errno, alert int, phase, code, description, text string) {
	p := func(s string) (*C.char, C.size_t) {
		return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
	}
	phaseP, phaseN := p(phase)
	codeP, codeN := p(code)
	descriptionP, descriptionN := p(description)
	textP, textN := p(text)
	C.ox_set_error(status, C.int32_t(number), C.int32_t(alert), phaseP, phaseN, codeP, codeN, descriptionP, descriptionN, textP, textN)
}

// faults counts the panics that guard has caught.
var faults atomic.Uint32

// guard is deferred by every export: a panic becomes OXRTMP_E_INTERNAL, with its place in the last error.
func guard(status *C.oxrtmp_status) {
	if r := recover(); r != nil {
		faults.Add(1)
		*status = C.OXRTMP_E_INTERNAL
		setError(*status, 0, -1, "", "", "", fmt.Sprintf("%v at %s", r, panicPlace(string(debug.Stack()))))
	}
}

// panicPlace finds the line that panicked in a stack trace: the innermost one of this project after the call of panic.
func panicPlace(stack string) string {
	if _, after, ok := strings.Cut(stack, "\npanic("); ok {
		stack = after
	}
	lines := strings.Split(stack, "\n")
	for i := 2; i+1 < len(lines); i += 2 { // panic's own two lines are first, then function and place by turns
		if strings.HasPrefix(lines[i], "oxrtmp/") || strings.HasPrefix(lines[i], "main.") {
			place, _, _ := strings.Cut(strings.TrimSpace(lines[i+1]), " ")
			return place
		}
	}
	return "an unknown place"
}
