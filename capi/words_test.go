package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"syscall"
	"testing"
	"time"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// What callers of C read has no names of Go's packages, types and fields in it, and says something.
func TestWordsAreForReaders(t *testing.T) {
	inner := regexp.MustCompile(`(^|[ (])(rtmp|engine|capi|chunk|handshake|amf|message|media|codec|flv|handle|queue|authmod|proxyproto|tls|x509): |Options\.|\bEOF\b|^timeout|^closed`)
	for _, s := range statuses {
		for _, err := range []error{s.err, &rtmp.Error{Phase: engine.PhaseConnect, Err: s.err}} {
			if text := words(err); inner.MatchString(text) || len(text) < 7 {
				t.Errorf("%v: %q", err, text)
			}
		}
	}
}

// Words of a peer's have no control characters of ASCII, nor those above it, which terminals obey too.
func TestPrintable(t *testing.T) {
	const said, want = "a\x1b[1m\r\nb\x7f \u009b1mé\u0080\xff", "a?[1m??b? ?1mé?\uFFFD"
	if got := printable(said); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWords(t *testing.T) {
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1}, Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
	for _, c := range []struct {
		err  error
		want string
	}{
		{rtmp.ErrTimeout, "the time for the call is over"},
		{io.EOF, "the stream has ended"},
		{rtmp.ErrClosed, "it was closed here"},
		{&rtmp.Error{Phase: engine.PhaseHandshake, Err: rtmp.ErrTimeout}, "handshake: the peer did not answer in time"},
		{&rtmp.Error{Phase: engine.PhaseConnect, Err: io.ErrUnexpectedEOF}, "connect: the peer hung up"},
		{&rtmp.Error{Phase: engine.PhaseMedia, Err: io.EOF}, "media: the peer has ended the stream"},
		{&rtmp.Error{Phase: engine.PhaseMedia, Err: gone{io.ErrUnexpectedEOF}}, "media: the peer hung up"},
		{&rtmp.Error{Phase: engine.PhaseMedia, Err: gone{os.NewSyscallError("read", syscall.ECONNRESET)}}, "media: read: connection reset by peer"},
		{&rtmp.Error{Phase: engine.PhaseNone, Err: errors.New("internal error")}, "internal error"},
		{&rtmp.Error{Phase: engine.PhasePublish, Err: &rtmp.StatusError{Code: "NetStream.Publish.BadName", Description: "media: busy"}}, "publish: NetStream.Publish.BadName: media: busy"},
		{&rtmp.Error{Phase: engine.PhaseTCP, Err: refused}, "tcp: 127.0.0.1:1: connection refused"},
		{&rtmp.Error{Phase: engine.PhaseResolve, Err: &net.DNSError{Name: "nohost", IsNotFound: true}}, "resolve: there is no host nohost"},
		{&rtmp.Error{Phase: engine.PhaseTCP, Err: unknownPort()}, "tcp: there is no port 80a"},
		{&rtmp.Error{Phase: engine.PhaseMedia, Err: &chunk.Error{Offset: 5, ChunkStreamID: 6, Err: chunk.ErrMessageSize}}, "media: byte 5: chunk stream 6: message is longer than permitted"},
		{fmt.Errorf("%w: chunk size 0", errArgument), "an argument is not valid: chunk size 0"},
		{fmt.Errorf("%w: some of what was sent has not left", rtmp.ErrTimeout), "the time for the call is over: some of what was sent has not left"},
		{errors.New("rtmp: ServerOptions.ChunkSize is above 65536"), "chunk_size is above 65536"},
		{errors.New("rtmp: TLSOptions.CAFile and TLSOptions.CAPEM hold no certificate"), "ca_file and ca_pem hold no certificate"},
		{fmt.Errorf("rtmp: recorder: %w", &os.PathError{Op: "open", Path: "/x", Err: syscall.ENOENT}), "open /x: no such file or directory"},
		{&message.Error{Field: "type 20", Err: message.ErrFormat}, "type 20: unknown body format"},
		{context.Canceled, "it was closed here"},
	} {
		if got := words(c.err); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
	}
}

// The same from end to end: nothing that a user does by mistake comes back in Go's words.
func TestWordsOfMistakes(t *testing.T) {
	_, err := rtmp.Bind("127.0.0.1:0", &rtmp.ServerOptions{ChunkSize: 70000})
	if got := words(err); got != "chunk_size is above 65536" {
		t.Error(got)
	}
	_, err = rtmp.Bind("rtmps://127.0.0.1:0", &rtmp.ServerOptions{TLS: &rtmp.TLSOptions{CertificatePEM: []byte("x"), KeyPEM: []byte("x")}})
	if got := words(err); got != "certificate and key: failed to find any PEM data in certificate input" {
		t.Error(got)
	}
	_, err = rtmp.Bind("127.0.0.1:99999", nil)
	if got := words(err); got != "tcp: address 99999: invalid port" {
		t.Error(got)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err = rtmp.Publish(ctx, "rtmp://127.0.0.1:1/live/x", nil)
	if got := words(err); got != "tcp: 127.0.0.1:1: connection refused" {
		t.Error(got)
	}
	_, err = rtmp.Publish(ctx, "http://127.0.0.1:1/live/x", nil)
	if got := words(err); got != "URL does not begin with rtmp:// or rtmps://" {
		t.Error(got)
	}
}

func unknownPort() error {
	_, err := net.LookupPort("tcp", "80a")
	return err
}
