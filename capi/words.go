package main

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"regexp"
	"strings"
	"unicode"

	"oxrtmp/capi/internal/handle"
	"oxrtmp/capi/internal/queue"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/engine"
)

// phrases say in words for callers of C what short errors of Go mean.
var phrases = []struct {
	err  error
	text string
}{
	{errArgument, "an argument is not valid"},
	{errState, "this is not possible now"},
	{errNothing, "there is nothing yet"},
	{errMemory, "the limit on memory is reached"},
	{errBusy, "its events go to a queue"},
	{handle.ErrInvalid, "the handle has ended, or is of another kind"},
	{handle.ErrFull, "there are too many handles"},
	{queue.ErrClosed, "the queue was destroyed"},
	{queue.ErrTimeout, "nothing happened in time"},
	{rtmp.ErrAgain, "there is no room now, try again later"},
	{rtmp.ErrClosed, "it was closed here"},
	{rtmp.ErrDecided, "the request was answered already, or its peer has gone"},
	{rtmp.ErrLimit, "a limit is reached"},
	{rtmp.ErrTimeout, "the time for the call is over"},
	{rtmp.ErrPublished, "the stream has a publisher already"},
	{rtmp.ErrNoStream, "there is no such stream"},
	{engine.ErrState, "this is not possible now"},
	{engine.ErrNoRequest, "the request was answered already"},
	{io.ErrUnexpectedEOF, "it ended in the middle of something"},
	{io.EOF, "the stream has ended"},
	{os.ErrDeadlineExceeded, "the time for the call is over"},
	{context.DeadlineExceeded, "the time for the call is over"},
	{context.Canceled, "it was closed here"},
	{os.ErrClosed, "it was closed here"},
	{net.ErrClosed, "it was closed here"},
}

// packages matches the names of Go packages that stand before what their errors say.
var packages = regexp.MustCompile(`(^|: |\()(?:rtmp: recorder|rtmp|engine|capi|chunk|handshake|amf|message|media|codec|flv|handle|queue|authmod|proxyproto|tls|x509): `)

// fields matches names of Go's option fields.
var fields = regexp.MustCompile(`\b(?:Server|Client|Hub|Relay|TLS|Recorder)Options[.:] ?([A-Z]\w*)`)

// words says what err says, without the names that only Go has.
func words(err error) string {
	switch e := err.(type) {
	case *rtmp.Error:
		if e.Phase == engine.PhaseNone {
			return inConnection(e.Err)
		}
		return e.Phase.String() + ": " + inConnection(e.Err)
	case *rtmp.StatusError:
		return e.Error() // the peer's words stay as they are
	case *net.DNSError:
		if port, ok := strings.CutPrefix(e.Name, "tcp/"); ok && e.IsNotFound {
			return "there is no port " + port
		}
		if e.IsNotFound {
			return "there is no host " + e.Name
		}
	case *net.OpError:
		if e.Addr != nil && (e.Op == "dial" || e.Op == "listen") {
			return e.Addr.String() + ": " + words(rootCause(e.Err))
		}
		return words(rootCause(e.Err))
	}
	text := err.Error()
	for _, p := range phrases {
		if err == p.err {
			return p.text
		}
		if errors.Is(err, p.err) {
			text = strings.ReplaceAll(text, p.err.Error(), p.text)
		}
	}
	for packages.MatchString(text) {
		text = packages.ReplaceAllString(text, "$1")
	}
	return fields.ReplaceAllStringFunc(text, func(s string) string {
		return snakeCase(fields.FindStringSubmatch(s)[1])
	})
}

// inConnection is words for why a connection failed.
func inConnection(err error) string {
	switch {
	case err == nil:
		return "it failed"
	case err == rtmp.ErrTimeout, err == os.ErrDeadlineExceeded:
		return "the peer did not answer in time"
	case err == io.EOF:
		return "the peer has ended the stream"
	case errors.Is(err, io.ErrUnexpectedEOF):
		return "the peer hung up"
	}
	return words(err)
}

// rootCause takes the name of a system call off.
func rootCause(err error) error {
	var call *os.SyscallError
	if errors.As(err, &call) {
		return call.Err
	}
	return err
}

// snakeCase turns a name of Go's into one of C's: ChunkSize into chunk_size, CAFile into ca_file.
func snakeCase(name string) string {
	if name == "CAPEM" {
		return "ca_pem"
	}
	var b strings.Builder
	letters := []rune(name)
	for i, c := range letters {
		upper := unicode.IsUpper(c)
		if i > 0 && upper && (!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}
