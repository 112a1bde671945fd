package rtmp

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	encoding "encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
)

// authority issues certificates.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
	serial      int64
}

func newAuthority(t testing.TB) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{certificate: c, key: key, pem: encode("CERTIFICATE", der), serial: 1}
}

func encode(kind string, der []byte) []byte {
	return encoding.EncodeToMemory(&encoding.Block{Type: kind, Bytes: der})
}

// issue returns a certificate for names and addresses; change may alter it before it is signed.
func (a *authority) issue(t testing.TB, change func(*x509.Certificate), names ...string) *TLSOptions {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a.serial++
	template := x509.Certificate{SerialNumber: big.NewInt(a.serial), NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	if change != nil {
		change(&template)
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &TLSOptions{CertificatePEM: encode("CERTIFICATE", der), KeyPEM: encode("PRIVATE KEY", secret)}
}

// fingerprint is what openssl x509 -fingerprint -sha256 prints.
func fingerprint(o *TLSOptions) string {
	block, _ := encoding.Decode(o.CertificatePEM)
	sum := sha256.Sum256(block.Bytes)
	var b strings.Builder
	for i, c := range sum {
		if i > 0 {
			b.WriteByte(':')
		}
		fmt.Fprintf(&b, "%02X", c)
	}
	return b.String()
}

// records collects what is logged.
type logRecords struct {
	mu     sync.Mutex
	errors []error
}

func (l *logRecords) Enabled(context.Context, slog.Level) bool { return true }
func (l *logRecords) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *logRecords) WithGroup(string) slog.Handler            { return l }
func (l *logRecords) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool {
		if err, ok := a.Value.Any().(error); ok {
			l.mu.Lock()
			l.errors = append(l.errors, err)
			l.mu.Unlock()
		}
		return true
	})
	return nil
}

// alert waits for a connection that ended by an alert of the peer's.
func (l *logRecords) alert(t *testing.T, number uint8) {
	t.Helper()
	waitFor(t, fmt.Sprintf("alert %d", number), func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, err := range l.errors {
			var e *Error
			var failure *TLSError
			if errors.As(err, &e) && e.Phase == engine.PhaseTLS && errors.As(err, &failure) && failure.Alert == number && failure.Remote {
				return true
			}
		}
		return false
	})
}

// A121, C18: rtmps in both directions, certificates from files and from memory, beside a listener without TLS.
func TestTLSLoopback(t *testing.T) {
	ca := newAuthority(t)
	inMemory := ca.issue(t, nil, "localhost", "127.0.0.1", "::1")
	dir := t.TempDir()
	for name, p := range map[string][]byte{"cert.pem": inMemory.CertificatePEM, "key.pem": inMemory.KeyPEM, "ca.pem": ca.pem} {
		if err := os.WriteFile(filepath.Join(dir, name), p, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	inFiles := &TLSOptions{CertificateFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem")}
	for name, o := range map[string]struct{ server, client *TLSOptions }{
		"memory": {inMemory, &TLSOptions{CAPEM: ca.pem}},
		"files":  {inFiles, &TLSOptions{CAFile: filepath.Join(dir, "ca.pem")}},
	} {
		t.Run(name, func(t *testing.T) {
			_, s := live(t, nil, ServerOptions{TLS: o.server})
			if err := s.Listen("rtmps://localhost:0"); err != nil {
				t.Fatal(err)
			}
			addresses := s.Addrs()
			if strings.Contains(addresses[0], "://") || !strings.HasPrefix(addresses[1], "rtmps://127.0.0.1:") {
				t.Fatalf("%q", addresses)
			}
			_, port, _ := net.SplitHostPort(addresses[1][len(schemeTLS):])
			c, err := Publish(context.Background(), "rtmps://localhost:"+port+"/live/key", &ClientOptions{TLS: o.client})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			plain := playFrom(t, s, "key")
			over, err := Play(context.Background(), addresses[1]+"/live/key", &ClientOptions{TLS: o.client})
			if err != nil {
				t.Fatal(err)
			}
			defer over.Close()
			if state := over.TLS(); state == nil || state.Version < tls.VersionTLS12 || plain.TLS() != nil {
				t.Fatalf("%+v, %v", state, plain.TLS())
			}
			for i := range 200 {
				frame := numbered(i, i*i*7%100000)
				if err := c.SendVideo(uint32(i), i%10 == 0, frame); err != nil {
					t.Fatal(err)
				}
				for _, player := range []*Client{plain, over} {
					p := nextVideo(t, player)
					if !bytes.Equal(p.Data, frame) {
						t.Fatalf("frame %d of %d bytes is not what was sent", i, len(p.Data))
					}
					p.Release()
				}
			}
		})
	}
}

// The end of a publish over TLS is an end, not a fault, on both sides.
func TestTLSEndsClean(t *testing.T) {
	ca := newAuthority(t)
	s, err := Bind("rtmps://127.0.0.1:0", &ServerOptions{TLS: ca.issue(t, nil, "127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, byServer := range []bool{false, true} {
		c, err := OpenPublish(s.Addr()+"/live/key", &ClientOptions{TLS: &TLSOptions{CAPEM: ca.pem}})
		if err != nil {
			t.Fatal(err)
		}
		session := accept(t, s)
		if e, err := c.NextEvent(5 * time.Second); err != nil || e.Kind != ClientConnected {
			t.Fatalf("%+v %v", e, err)
		}
		if _, ok := session.conn.link.transport.(*secure).records.lower.(*socket); !ok && runtime.GOOS == "linux" {
			t.Errorf("records are sent by %T", session.conn.link.transport.(*secure).records.lower)
		}
		if state := session.TLS(); state == nil || !state.HandshakeComplete {
			t.Errorf("%+v", state)
		}
		if byServer {
			session.CloseWithStatus("", "enough")
			var status *StatusError
			waitFor(t, "the end", func() bool { return c.Err() != nil })
			if err := c.Err(); errors.As(err, &status) {
				t.Errorf("%v", err)
			}
			c.Close()
			continue
		}
		if err := c.SendVideo(1, true, make([]byte, 500000)); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		p, err := session.NextPacket(5 * time.Second)
		if err != nil || len(p.Data) != 500000 {
			t.Fatalf("%d bytes, %v", len(p.Data), err)
		}
		p.Release()
		if _, err := session.NextPacket(5 * time.Second); err != io.EOF {
			t.Error(err)
		}
		session.Close()
	}
}

// A121: a client that does not trust the server says why and sends the alert; what is trusted can be chosen.
func TestTLSTrust(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	good := ca.issue(t, nil, "localhost")
	past := func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) }
	future := func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }
	trust := &TLSOptions{CAPEM: ca.pem}
	for _, c := range []struct {
		name   string
		server *TLSOptions
		client *TLSOptions
		want   string // in the error; "": it works
	}{
		{"good", good, trust, ""},
		{"wrong name", ca.issue(t, nil, "elsewhere.example"), trust, "certificate is valid for elsewhere.example, not localhost"},
		{"name given", ca.issue(t, nil, "elsewhere.example"), &TLSOptions{CAPEM: ca.pem, ServerName: "elsewhere.example"}, ""},
		{"expired", ca.issue(t, past, "localhost"), trust, "certificate has expired or is not yet valid"},
		{"not yet valid", ca.issue(t, future, "localhost"), trust, "certificate has expired or is not yet valid"},
		{"unknown authority", other.issue(t, nil, "localhost"), trust, "certificate signed by unknown authority"},
		{"the system's authorities", good, nil, "certificate signed by unknown authority"},
		{"pinned", ca.issue(t, past, "elsewhere.example"), nil, "pin"},
		{"pinned to another", good, &TLSOptions{Pin: fingerprint(ca.issue(t, nil, "localhost"))}, "the certificate is not the pinned one"},
		{"insecure", other.issue(t, past, "elsewhere.example"), &TLSOptions{Insecure: true}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want == "pin" {
				c.want, c.client = "", &TLSOptions{Pin: strings.Repeat("00", 32) + ", " + fingerprint(c.server)}
			}
			var log logRecords
			_, s := live(t, nil, ServerOptions{TLS: c.server, Logger: slog.New(&log)})
			if err := s.Listen("rtmps://127.0.0.1:0"); err != nil {
				t.Fatal(err)
			}
			_, port, _ := net.SplitHostPort(s.Addrs()[1][len(schemeTLS):])
			client, err := Publish(context.Background(), "rtmps://localhost:"+port+"/live/key", &ClientOptions{TLS: c.client})
			if c.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				client.Close()
				return
			}
			var e *Error
			var failure *TLSError
			var invalid *tls.CertificateVerificationError
			if !errors.As(err, &e) || e.Phase != engine.PhaseTLS || !errors.As(err, &failure) || !errors.As(err, &invalid) ||
				failure.Alert != 42 || failure.Remote || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v: %+v", err, failure)
			}
			log.alert(t, 42)
		})
	}
}

// A server that vouches for its clients by their certificates lets in only those it knows.
func TestTLSClientCertificate(t *testing.T) {
	ca, other := newAuthority(t), newAuthority(t)
	server := ca.issue(t, nil, "127.0.0.1")
	server.CAPEM = ca.pem
	usage := func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }
	expired := func(c *x509.Certificate) { usage(c); c.NotAfter = time.Now().Add(-time.Hour) }
	_, s := live(t, nil, ServerOptions{TLS: server})
	if err := s.Listen("rtmps://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		own   *TLSOptions
		alert uint8
	}{{"known", ca.issue(t, usage), 0}, {"none", &TLSOptions{}, 116}, {"unknown", other.issue(t, usage), 48}, {"expired", ca.issue(t, expired, "x"), 45}} {
		t.Run(c.name, func(t *testing.T) {
			c.own.CAPEM = ca.pem
			client, err := Publish(context.Background(), s.Addrs()[1]+"/live/"+c.name, &ClientOptions{TLS: c.own})
			var e *Error
			var failure *TLSError
			switch {
			case err == nil:
				client.Close()
				if c.alert != 0 {
					t.Fatal("let in")
				}
			case c.alert == 0 || !errors.As(err, &e) || e.Phase != engine.PhaseTLS || !errors.As(err, &failure) || failure.Alert != c.alert || !failure.Remote:
				t.Fatalf("%v: %+v", err, failure)
			}
		})
	}
}

// Who speaks the wrong protocol, or an old one, is told so at once and costs nobody anything.
func TestTLSOtherProtocols(t *testing.T) {
	ca := newAuthority(t)
	var log logRecords
	_, s := live(t, nil, ServerOptions{TLS: ca.issue(t, nil, "127.0.0.1"), Logger: slog.New(&log)})
	if err := s.Listen("rtmps://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	plain, secured := s.Addrs()[0], strings.TrimPrefix(s.Addrs()[1], "rtmps://")
	t.Run("TLS to a plain port", func(t *testing.T) {
		for name, url := range map[string]string{
			"refused":    "rtmps://" + plain + "/live/key",
			"hung up":    tlsURL(listen(t, hangUp)),
			"reset":      tlsURL(listen(t, func(c net.Conn) { c.Read(make([]byte, 1)); reset(c) })),
			"answered":   tlsURL(listen(t, func(c net.Conn) { c.Write(make([]byte, 3073)); mute(c) })),
			"cut a word": tlsURL(listen(t, func(c net.Conn) { c.Write([]byte{22, 3}); c.Close() })),
		} {
			_, err := Publish(context.Background(), url, nil)
			var e *Error
			var secure *TLSError
			if !errors.As(err, &e) || e.Phase != engine.PhaseTLS || !errors.As(err, &secure) || !strings.Contains(err.Error(), "does it speak TLS there?") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("TLS to a plain port, after a redirection", func(t *testing.T) {
		edge := bind(t, &ServerOptions{AskConnect: true})
		outcome := tryPublish("rtmp://"+edge.Addr()+"/live/key", &ClientOptions{FollowRedirects: true})
		redirect(t, edge, "rtmps://"+plain+"/live")
		var e *Error
		if err := <-outcome; !errors.As(err, &e) || e.Phase != engine.PhaseTLS || !strings.Contains(err.Error(), "does it speak TLS there?") {
			t.Error(err)
		}
	})
	t.Run("RTMP to a TLS port", func(t *testing.T) {
		if _, err := Publish(context.Background(), "rtmp://"+secured+"/live/key", nil); err == nil {
			t.Fatal("published")
		}
		waitFor(t, "the record", func() bool {
			log.mu.Lock()
			defer log.mu.Unlock()
			for _, err := range log.errors {
				if strings.Contains(err.Error(), "tls: first record does not look like a TLS handshake") {
					return true
				}
			}
			return false
		})
	})
	t.Run("TLS 1.1", func(t *testing.T) {
		_, err := tls.Dial("tcp", secured, &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11, InsecureSkipVerify: true})
		if err == nil || !strings.Contains(err.Error(), "protocol version") {
			t.Fatal(err)
		}
	})
	t.Run("TLS 1.2", func(t *testing.T) {
		dial := func(ctx context.Context, network, address string) (net.Conn, error) {
			d := tls.Dialer{Config: &tls.Config{MaxVersion: tls.VersionTLS12, InsecureSkipVerify: true}}
			return d.DialContext(ctx, network, address)
		}
		c, err := Publish(context.Background(), "rtmps://"+secured+"/live/key", &ClientOptions{Dial: dial})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
}

func TestTLSOptionsAreChecked(t *testing.T) {
	ca := newAuthority(t)
	own, another := ca.issue(t, nil, "localhost"), ca.issue(t, nil, "localhost")
	for _, c := range []struct {
		name   string
		o      TLSOptions
		server bool
		want   string
	}{
		{"no file", TLSOptions{CertificateFile: "/nonexistent"}, true, "CertificateFile: open /nonexistent"},
		{"no key", TLSOptions{CertificatePEM: own.CertificatePEM}, true, "certificate and key: tls: failed to find any PEM data in key input"},
		{"another's key", TLSOptions{CertificatePEM: own.CertificatePEM, KeyPEM: another.KeyPEM}, true, "private key does not match public key"},
		{"twice", TLSOptions{CertificatePEM: own.CertificatePEM, CertificateFile: "x"}, true, "CertificateFile is given as a file and in memory"},
		{"none", TLSOptions{}, true, "has no certificate"},
		{"no authority", TLSOptions{CAPEM: []byte("x")}, false, "hold no certificate"},
		{"no authority's file", TLSOptions{CAFile: "/nonexistent"}, false, "CAFile: open"},
		{"contradiction", TLSOptions{CAPEM: ca.pem, Insecure: true}, false, "exclude one another"},
		{"another contradiction", TLSOptions{CAPEM: ca.pem, Pin: fingerprint(own)}, false, "exclude one another"},
		{"short pin", TLSOptions{Pin: "AB:CD"}, false, "Pin is not made of"},
		{"no pin", TLSOptions{Pin: hex.EncodeToString(make([]byte, 32)) + ","}, false, "Pin is not made of"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			if c.server {
				_, err = NewServer(&ServerOptions{TLS: &c.o})
			} else {
				_, err = OpenPublish("rtmps://localhost:1/live/key", &ClientOptions{TLS: &c.o})
			}
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Fatal(err)
			}
		})
	}
	s := bind(t, nil)
	if err := s.Listen("rtmps://127.0.0.1:0"); !errors.Is(err, errNoCertificate) {
		t.Fatal(err)
	}
	if err := s.SetCertificate("", own); err != nil {
		t.Fatal(err)
	}
	if err := s.Listen("rtmps://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
}

// shown returns the serial number of the certificate that a server shows to who asks for name.
func shown(address, name string) (int64, error) {
	c, err := tls.Dial("tcp", strings.TrimPrefix(address, "rtmps://"), &tls.Config{InsecureSkipVerify: true, ServerName: name})
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].SerialNumber.Int64(), nil
}

// C18: a certificate is exchanged under 100 live sessions: all go on, the next handshake shows the new one. Each name
// has its own.
func TestSetCertificate(t *testing.T) {
	const sessions = 100
	ca := newAuthority(t)
	_, s := live(t, nil, ServerOptions{TLS: ca.issue(t, nil, "localhost")})
	if err := s.Listen("rtmps://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	address := s.Addrs()[1]
	options := &ClientOptions{TLS: &TLSOptions{CAPEM: ca.pem, ServerName: "localhost"}}
	clients := make([]*Client, sessions)
	for i := range clients {
		c, err := Publish(context.Background(), fmt.Sprintf("%s/live/%d", address, i), options)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		clients[i] = c
	}
	before, err := shown(address, "localhost")
	if err != nil || before != 2 || clients[0].TLS().PeerCertificates[0].SerialNumber.Int64() != 2 {
		t.Fatal(before, err)
	}
	for i, name := range []string{"", "Live.example.org", "*.example.org"} {
		if err := s.SetCertificate(name, ca.issue(t, nil, "localhost")); err != nil {
			t.Fatal(err)
		}
		for _, c := range clients {
			if err := c.SendVideo(uint32(i), true, make([]byte, 20000)); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(name string, want int64) {
		t.Helper()
		if got, err := shown(address, name); got != want || (err == nil) != (want != 0) {
			t.Errorf("%q: certificate %d, want %d: %v", name, got, want, err)
		}
	}
	check("localhost", 3)
	check("", 3)
	check("live.example.org", 4)
	check("LIVE.EXAMPLE.ORG", 4)
	check("other.example.org", 5)
	check("a.b.example.org", 3)
	check("example.org", 3)
	if err := s.SetCertificate("", &TLSOptions{CertificatePEM: []byte("x"), KeyPEM: []byte("x")}); err == nil {
		t.Error("nonsense is taken for a certificate")
	}
	check("localhost", 3)
	s.SetCertificate("", nil)
	check("other.example.org", 5)
	if _, err := shown(address, "localhost"); err == nil || !strings.Contains(err.Error(), "unrecognized name") {
		t.Error(err)
	}
	for i, c := range clients {
		if err := c.SendVideo(10, true, make([]byte, 20000)); err != nil {
			t.Fatalf("session %d: %v", i, err)
		}
		if err := c.Close(); err != nil {
			t.Fatalf("session %d: %v", i, err)
		}
	}
	waitFor(t, "every frame", func() bool { return frames(s.options.Hub) >= 4*sessions })
}

// Silent peers of a TLS port are gone when the time for the handshake is over, and keep nobody else waiting.
func TestTLSSilence(t *testing.T) {
	const bound = 300 * time.Millisecond
	ca := newAuthority(t)
	_, s := live(t, nil, ServerOptions{TLS: ca.issue(t, nil, "127.0.0.1"), Timeouts: Timeouts{Handshake: bound}})
	if err := s.Listen("rtmps://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	address := s.Addrs()[1]
	var silent sync.WaitGroup
	for i := range 100 {
		c, err := net.Dial("tcp", strings.TrimPrefix(address, "rtmps://"))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		c.Write([]byte{22, 3, 1, 1, 0, 1, 0, 0, 252, 3, 3}[:i%12])
		silent.Add(1)
		go func() {
			defer silent.Done()
			begun := time.Now()
			c.SetReadDeadline(begun.Add(30 * time.Second))
			io.Copy(io.Discard, c)
			if took := time.Since(begun); took > bound+grace() {
				t.Errorf("open after %v", took)
			}
		}()
	}
	c, err := Publish(context.Background(), address+"/live/key", &ClientOptions{TLS: &TLSOptions{CAPEM: ca.pem}})
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
	silent.Wait()
	waitFor(t, "the connections to end", func() bool { return s.Connections() == 0 })
}

func tlsURL(url string) string { return "rtmps" + strings.TrimPrefix(url, "rtmp") }

// A server that does not answer in the TLS handshake costs a client no more than that phase's time, or its own.
func TestTLSMuteServer(t *testing.T) {
	url := tlsURL(listen(t, func(c net.Conn) { io.Copy(io.Discard, c) }))
	for name, publish := range map[string]func() error{
		"timeout": func() error {
			_, err := Publish(context.Background(), url, &ClientOptions{Timeouts: Timeouts{Handshake: 150 * time.Millisecond}})
			return err
		},
		"context": func() error {
			ctx, cancel := context.WithTimeout(context.Background(), 150*time.Millisecond)
			defer cancel()
			_, err := Publish(ctx, url, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			begun := time.Now()
			err := publish()
			var e *Error
			if !errors.As(err, &e) || e.Phase != engine.PhaseTLS || !errors.Is(err, ErrTimeout) || time.Since(begun) > 150*time.Millisecond+grace() {
				t.Fatalf("%v after %v", err, time.Since(begun))
			}
		})
	}
	t.Run("close", func(t *testing.T) {
		c, err := OpenPublish(url, nil)
		if err != nil {
			t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
		begun := time.Now()
		if c.Close(); time.Since(begun) > grace() {
			t.Fatalf("closing took %v", time.Since(begun))
		}
	})
}

// Closing a connection whose peer does not read does not wait for it, though TLS would like to say good-bye.
func TestTLSDeafPeer(t *testing.T) {
	ca := newAuthority(t)
	own := ca.issue(t, nil, "127.0.0.1")
	certificate, err := own.certificate()
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	for name, serve := range map[string]func(*Server) error{
		"ours": func(s *Server) error { return s.Listen("rtmps://127.0.0.1:0") },
		"caller's": func(s *Server) error {
			return s.Serve(tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{*certificate}}))
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := NewServer(&ServerOptions{TLS: own, AskPlay: true, OutputBytes: 64 << 20, Timeouts: Timeouts{Write: time.Minute}})
			if err != nil {
				t.Fatal(err)
			}
			if err := serve(s); err != nil {
				t.Fatal(err)
			}
			url := "rtmps://" + strings.TrimPrefix(s.Addr(), "rtmps://") + "/live/key"
			c, err := OpenPlay(url, &ClientOptions{TLS: &TLSOptions{CAPEM: ca.pem}, Limits: Limits{QueueBytes: 1}})
			if err != nil {
				t.Fatal(err)
			}
			session := accept(t, s)
			for i := range 32 {
				if err := session.SendVideo(uint32(i), true, make([]byte, 1<<20)); err != nil {
					t.Fatal(err)
				}
			}
			if err := session.Flush(200 * time.Millisecond); err != ErrTimeout {
				t.Fatalf("the peer reads: %v", err)
			}
			begun := time.Now()
			session.conn.link.shut(ErrClosed)
			if took := time.Since(begun); took > grace() {
				t.Errorf("ending the link took %v", took)
			}
			if s.Close(); time.Since(begun) > grace() {
				t.Errorf("closing took %v", time.Since(begun))
			}
			c.Close()
		})
	}
}

// What an idle connection with TLS costs: its keys and crypto/tls's own buffers, no block of ours.
func TestTLSIdleMemory(t *testing.T) {
	if raceEnabled {
		t.Skip("the race detector needs memory of its own")
	}
	const connections, most = 200, 48 << 10
	ca := newAuthority(t)
	s := bind(t, &ServerOptions{TLS: ca.issue(t, nil, "127.0.0.1")})
	if err := s.Listen("rtmps://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	drain(s)
	cost := func(address string) int {
		before := heapInUse()
		clients := make([]*Client, connections)
		for i := range clients {
			c, err := Publish(context.Background(), address+"/live/key", &ClientOptions{TLS: &TLSOptions{CAPEM: ca.pem}})
			if err != nil {
				t.Fatal(err)
			}
			clients[i] = c
			for range 3 {
				c.SendVideo(1, true, make([]byte, 50000))
				c.Flush(5 * time.Second)
			}
			if _, err := c.Ping(5 * time.Second); err != nil {
				t.Fatal(err)
			}
		}
		after := heapInUse()
		for _, c := range clients {
			c.Close()
		}
		return (after - before) / connections / 2 // both ends are here
	}
	cost(s.Addrs()[1]) // what is made once
	secured, plain := cost(s.Addrs()[1]), cost("rtmp://"+s.Addrs()[0])
	t.Logf("heap per end of an idle connection: %d bytes with TLS, %d without", secured, plain)
	if secured-plain > most {
		t.Errorf("TLS costs %d bytes more", secured-plain)
	}
}

// Records of any size, and pieces of any size in one write, arrive as they were sent.
func TestTLSPieces(t *testing.T) {
	ca := newAuthority(t)
	own, err := newCertificates(ca.issue(t, nil, "localhost"))
	if err != nil {
		t.Fatal(err)
	}
	trust, err := clientTLS(&TLSOptions{CAPEM: ca.pem, ServerName: "localhost"})
	if err != nil {
		t.Fatal(err)
	}
	a, b := net.Pipe()
	near, far := newSecure(newTransport(a), trust, true), newSecure(newTransport(b), own.config, false)
	shaken := make(chan error, 1)
	go func() { shaken <- far.handshake(5 * time.Second) }()
	if err := errors.Join(near.handshake(5*time.Second), <-shaken); err != nil {
		t.Fatal(err)
	}
	var pieces net.Buffers
	var want []byte
	for _, n := range []int{1, 0, 5, 16383, 1, 1, 16384, 16385, 70000, 3, 40000, 2, 2, 8000, 8000, 8000} {
		p := make([]byte, n)
		rand.Read(p)
		pieces, want = append(pieces, p), append(want, p...)
	}
	go func() {
		near.write(pieces, 5*time.Second)
		near.closeWrite(time.Second)
	}()
	far.setReadDeadline(time.Now().Add(10 * time.Second))
	var got []byte
	for {
		p, err := far.read()
		got = append(got, p...)
		far.release()
		if err != nil {
			if err != io.EOF {
				t.Fatal(err)
			}
			break
		}
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("%d bytes of %d", len(got), len(want))
	}
	if far.records.lower.(*stream).block != nil {
		t.Error("a block is held at the end")
	}
	near.close()
	far.close()
}
