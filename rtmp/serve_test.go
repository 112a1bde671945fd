package rtmp

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// A193, B9: a handler that panics ends its own session only, wherever it is, is logged without the stream's name, and
// leaves no memory; a handler that decides nothing refuses.
func TestHandlersThatPanic(t *testing.T) {
	h := &buffer.HeapAllocator{}
	var mu sync.Mutex
	var log bytes.Buffer
	logger := slog.New(slog.NewTextHandler(lockedWriter{&mu, &log}, nil))
	s := bind(t, &ServerOptions{Allocator: h, Logger: logger})
	served := make(chan error, 1)
	go func() {
		served <- s.HandleRequests(func(r *Request) {
			switch r.StreamName() {
			case "before":
				panic("on purpose")
			case "nothing":
				return
			}
			session, err := r.Accept()
			if err != nil {
				t.Error(err)
				return
			}
			if r.StreamName() == "full" { // with packets that nobody takes
				for session.Statistics().Packets < 50 {
					time.Sleep(time.Millisecond)
				}
				panic("on purpose")
			}
			for {
				p, err := session.NextPacket(-1)
				if err != nil {
					return
				}
				p.Release()
			}
		})
	}()
	url := "rtmp://" + s.Addr() + "/live/"
	good, err := Publish(context.Background(), url+"good", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Publish(context.Background(), url+"before", nil); err == nil {
		t.Error("published where the handler panicked")
	}
	var status *StatusError
	if _, err := Publish(context.Background(), url+"nothing", nil); !errors.As(err, &status) || status.Code != message.CodePublishBadName {
		t.Errorf("a handler that decides nothing: %v", err)
	}
	full, err := Publish(context.Background(), url+"full", nil)
	if err != nil {
		t.Fatal(err)
	}
	for err = nil; err == nil; {
		err = full.SendAudio(0, make([]byte, 1000))
	}
	full.Close()
	if err := good.SendAudio(0, []byte("fine")); err != nil {
		t.Errorf("another session: %v", err)
	}
	good.Close()
	s.Close()
	if err := <-served; err != ErrClosed {
		t.Errorf("HandleRequests: %v", err)
	}
	if n := h.InUse(); n != 0 {
		t.Errorf("%d bytes are not released", n)
	}
	mu.Lock()
	defer mu.Unlock()
	if text := log.String(); strings.Count(text, "panicked") != 2 || strings.Contains(text, "live/full") {
		t.Errorf("log:\n%s", text)
	}
}

type lockedWriter struct {
	mu *sync.Mutex
	w  io.Writer
}

func (l lockedWriter) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// flaky is a listener whose first accepts fail as those of a process without descriptors do.
type flaky struct {
	net.Listener
	fails int
}

func (f *flaky) Accept() (net.Conn, error) {
	if f.fails > 0 {
		f.fails--
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return f.Listener.Accept()
}

// certificate returns one for the name localhost.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// A194: the caller's own listeners, connections and dialers: TCP, Unix, TLS, and one that fails for a while.
func TestOwnListenersAndDialers(t *testing.T) {
	cert, roots := certificate(t)
	tcp := func() net.Listener {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	unix, err := net.Listen("unix", filepath.Join(t.TempDir(), "socket"))
	if err != nil {
		t.Fatal(err)
	}
	for name, l := range map[string]net.Listener{
		"tcp": tcp(), "unix": unix, "tls": tls.NewListener(tcp(), &tls.Config{Certificates: []tls.Certificate{cert}}), "flaky": &flaky{tcp(), 5},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := NewServer(nil)
			if err != nil {
				t.Fatal(err)
			}
			if s.Addr() != "" {
				t.Fatalf("listens on %q unasked", s.Addr())
			}
			if err := s.Serve(l); err != nil || s.Addr() != l.Addr().String() || len(s.Addrs()) != 1 {
				t.Fatalf("%v, address %q", err, s.Addr())
			}
			dial := func(ctx context.Context, network, address string) (net.Conn, error) {
				if network != "tcp" || address != "nowhere.invalid:1935" {
					t.Errorf("dial %s %s", network, address)
				}
				if name == "tls" {
					d := tls.Dialer{Config: &tls.Config{RootCAs: roots, ServerName: "localhost"}}
					return d.DialContext(ctx, "tcp", l.Addr().String())
				}
				return new(net.Dialer).DialContext(ctx, l.Addr().Network(), l.Addr().String())
			}
			go func() {
				c, err := Publish(context.Background(), "rtmp://nowhere.invalid/live/key", &ClientOptions{Dial: dial})
				if err != nil {
					t.Error(err)
					return
				}
				c.SendVideo(1, true, make([]byte, 300000))
				if err := c.Close(); err != nil {
					t.Error(err)
				}
			}()
			session := accept(t, s)
			p, err := session.NextPacket(5 * time.Second)
			if err != nil || len(p.Data) != 300000 {
				t.Fatalf("%d bytes, %v", len(p.Data), err)
			}
			p.Release()
			if _, err := session.NextPacket(5 * time.Second); err != io.EOF {
				t.Fatal(err)
			}
			begun := time.Now()
			if s.Close(); time.Since(begun) > grace() {
				t.Errorf("closing took %v", time.Since(begun))
			}
			if _, err := l.Accept(); err == nil {
				t.Error("the listener is open after the server was closed")
			}
			l2 := tcp()
			if err := s.Serve(l2); err != ErrClosed {
				t.Errorf("a closed server serves: %v", err)
			}
			if _, err := l2.Accept(); err == nil {
				t.Error("a listener that a closed server did not take is open")
			}
			near, far := net.Pipe()
			if err := s.ServeConn(far); err != ErrClosed {
				t.Errorf("a closed server serves: %v", err)
			}
			if _, err := near.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("a connection that a closed server did not take: %v", err)
			}
		})
	}
}

// A listener that fails for good does not keep Close waiting.
func TestBrokenListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s, _ := NewServer(nil)
	s.Serve(&flaky{l, 1 << 30})
	time.Sleep(700 * time.Millisecond) // its pauses have become long
	begun := time.Now()
	s.Close()
	if took := time.Since(begun); took > grace() {
		t.Fatalf("closing took %v", took)
	}
}

// localhost means both loopback addresses; a port that another program has on one of them is an error, not half a
// server; and a failed Bind leaves nothing open.
func TestLocalhost(t *testing.T) {
	probe, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6 here")
	}
	probe.Close()
	s, err := Bind("localhost:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	drain(s)
	if a := s.Addrs(); len(a) != 2 || !strings.HasPrefix(a[0], "127.0.0.1:") || !strings.HasPrefix(a[1], "[::1]:") {
		t.Fatalf("%v", a)
	}
	for _, a := range s.Addrs() {
		c, err := Publish(context.Background(), "rtmp://"+a+"/live/key", nil)
		if err != nil {
			t.Fatalf("%s: %v", a, err)
		}
		c.Close()
	}
	s.Close()
	for _, taken := range []string{"127.0.0.1:0", "[::1]:0"} {
		other, err := net.Listen("tcp", taken)
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(other.Addr().String())
		s, err := Bind("localhost:"+port, nil)
		var e *Error
		if !errors.Is(err, syscall.EADDRINUSE) || !errors.As(err, &e) || e.Phase != engine.PhaseTCP {
			t.Errorf("%s is taken: %v", other.Addr(), err)
		}
		if err == nil {
			s.Close()
		}
		other.Close()
		if s, err = Bind("localhost:"+port, nil); err != nil {
			t.Errorf("after that: %v", err)
		} else {
			s.Close()
		}
	}
	for _, bad := range []string{"", "localhost", "127.0.0.1", "127.0.0.1:99999", "nowhere.invalid:1935"} {
		if s, err := Bind(bad, nil); err == nil {
			s.Close()
			t.Errorf("%q is taken", bad)
		}
	}
}

// A179: Shutdown lets sessions end by themselves, takes no new ones, and is done when they are.
func TestShutdownWaitsForSessions(t *testing.T) {
	s := bind(t, nil)
	c, session := published(t, s, nil)
	done := make(chan error, 1)
	go func() { done <- s.Shutdown(context.Background()) }()
	waitFor(t, "the listener to close", func() bool {
		conn, err := net.Dial("tcp", s.Addr())
		if err == nil {
			conn.Close()
		}
		return err != nil
	})
	if err := c.SendAudio(1, []byte("x")); err != nil {
		t.Fatal(err)
	}
	if p, err := session.NextPacket(time.Second); err != nil {
		t.Fatal(err)
	} else {
		p.Release()
	}
	select {
	case err := <-done:
		t.Fatalf("did not wait: %v", err)
	case <-time.After(20 * time.Millisecond):
	}
	c.Close()
	select {
	case err := <-done:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("waits for ever")
	}
	empty := bind(t, nil)
	begun := time.Now()
	if err := empty.Shutdown(context.Background()); err != nil || time.Since(begun) > grace() {
		t.Fatalf("with nothing to wait for: %v after %v", err, time.Since(begun))
	}
}

// B1, C30: who is refused or thrown out reads the reason to its end, and then the end of the connection, although it
// was writing all the time.
func TestLastWordsAreNotLost(t *testing.T) {
	for _, late := range []bool{false, true} {
		s := bind(t, &ServerOptions{Linger: time.Second})
		go s.HandleRequests(func(r *Request) {
			if !late {
				r.Reject("NetStream.Publish.Denied", strings.Repeat("because ", 1000))
				return
			}
			if session, err := r.Accept(); err == nil {
				session.CloseWithStatus("NetStream.Publish.Denied", strings.Repeat("because ", 1000))
			}
		})
		for range 20 {
			conn, err := net.Dial("tcp", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			go func() { // an encoder that does not look
				conn.Write(untilPublish(t))
				h := chunk.Header{ChunkStreamID: 4, TypeID: message.TypeAudio, StreamID: 1}
				audio := chunk.AppendBody(chunk.AppendHeader(nil, h, 1000), h, make([]byte, 1000), 4096) // as the capture says
				for err := error(nil); err == nil; {
					_, err = conn.Write(audio)
				}
			}()
			time.Sleep(5 * time.Millisecond)
			conn.SetReadDeadline(time.Now().Add(5 * time.Second))
			all, err := io.ReadAll(conn)
			if err != nil || !bytes.Contains(all, []byte("NetStream.Publish.Denied")) || bytes.Count(all, []byte("because ")) < 990 {
				t.Errorf("late %v: read %d bytes, then %v %q", late, len(all), err, all[3073:])
			}
			conn.Close()
		}
	}
}

// A200, C44: how a stream ended is told apart: by the peer's command, its hang-up, our close, a fault of the protocol.
func TestEndsAreToldApart(t *testing.T) {
	for _, c := range []struct {
		name   string
		end    func(conn net.Conn, session *Session, s *Server)
		want   error // nil: an *Error
		reason string
	}{
		{"deleteStream", func(conn net.Conn, _ *Session, _ *Server) {
			conn.Write(append([]byte{3, 0, 0, 0, 0, 0, 34, 20, 0, 0, 0, 0}, message.AppendCommand(nil, message.NewCommand("deleteStream", 0, amf.Number(1)))...))
		}, io.EOF, "deleteStream"},
		{"closeStream", func(conn net.Conn, _ *Session, _ *Server) {
			conn.Write(append([]byte{3, 0, 0, 0, 0, 0, 24, 20, 1, 0, 0, 0}, message.AppendCommand(nil, message.NewCommand("closeStream", 0))...))
		}, io.EOF, "closeStream"},
		{"FIN", func(conn net.Conn, _ *Session, _ *Server) { conn.Close() }, io.EOF, "connection closed by the peer"},
		{"RST", func(conn net.Conn, _ *Session, _ *Server) { conn.(*net.TCPConn).SetLinger(0); conn.Close() }, io.EOF, "connection closed by the peer"},
		{"our close", func(_ net.Conn, session *Session, _ *Server) { session.Close() }, ErrClosed, ""},
		{"the server's close", func(_ net.Conn, _ *Session, s *Server) { s.Close() }, ErrClosed, "server closed"},
		{"nonsense", func(conn net.Conn, _ *Session, _ *Server) { conn.Write([]byte{0xFF, 0xFF}) }, nil, "header refers to a chunk that never came"},
	} {
		s := bind(t, nil)
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		go io.Copy(io.Discard, conn)
		conn.Write(untilPublish(t))
		session := accept(t, s)
		c.end(conn, session, s)
		p, err := session.NextPacket(5 * time.Second)
		var e *Error
		if c.want != nil && err != c.want || c.want == nil && (!errors.As(err, &e) || e.Phase != engine.PhaseMedia) || p.Buffer != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, again := session.NextPacket(-1); again != err {
			t.Errorf("%s: %v, then %v", c.name, err, again)
		}
		if !strings.Contains(session.EndReason(), c.reason) {
			t.Errorf("%s: reason %q", c.name, session.EndReason())
		}
		session.Close()
		if _, err := session.NextPacket(-1); err != ErrClosed || session.Close() != nil {
			t.Errorf("%s: after Close: %v", c.name, err)
		}
		conn.Close()
	}
}
