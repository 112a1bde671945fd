package rtmp

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// deafening is a server's connection that counts the records it sends, and can stop reading.
type deafening struct {
	net.Conn
	end   func()
	ended chan struct{}

	mu      sync.Mutex
	deaf    bool
	records uint64
}

func (d *deafening) Read(p []byte) (int, error) {
	d.mu.Lock()
	deaf := d.deaf
	d.mu.Unlock()
	if deaf {
		<-d.ended
	}
	return d.Conn.Read(p)
}

func (d *deafening) Close() error {
	d.end()
	return d.Conn.Close()
}

func (d *deafening) Write(p []byte) (int, error) {
	d.mu.Lock()
	for rest := p; len(rest) >= 5; rest = rest[5+binary.BigEndian.Uint16(rest[3:]):] {
		d.records++
	}
	d.mu.Unlock()
	return d.Conn.Write(p)
}

// deafen makes it stop reading, and returns how many records it has sent.
func (d *deafening) deafen() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.deaf = true
	return d.records
}

// expandLabel derives from a secret of TLS 1.3. RFC 8446 §7.1.
func expandLabel(t *testing.T, secret []byte, label string, n int) []byte {
	t.Helper()
	label = "tls13 " + label
	info := append([]byte{byte(n >> 8), byte(n), byte(len(label))}, label...)
	key, err := hkdf.Expand(sha256.New, secret, string(append(info, 0)), n)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// keyUpdate returns a record, the one of that number by a secret, that asks the peer to change its keys. RFC 8446 §4.6.3.
func keyUpdate(t *testing.T, secret []byte, number uint64) []byte {
	t.Helper()
	return sealed(t, secret, number, []byte{24, 0, 0, 1, 1, 22}) // KeyUpdate, update_requested; handshake
}

// sealed returns the record of a number by a secret, with its content and the type of that.
func sealed(t *testing.T, secret []byte, number uint64, inner []byte) []byte {
	t.Helper()
	block, err := aes.NewCipher(expandLabel(t, secret, "key", 16))
	if err != nil {
		t.Fatal(err)
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		t.Fatal(err)
	}
	nonce := expandLabel(t, secret, "iv", gcm.NonceSize())
	for i, b := range binary.BigEndian.AppendUint64(nil, number) {
		nonce[4+i] ^= b
	}
	head := []byte{23, 3, 3, 0, byte(len(inner) + gcm.Overhead())}
	return gcm.Seal(head, nonce, inner, head)
}

// trafficSecret returns the secret of a name, from what a key log holds of a connection.
func trafficSecret(t *testing.T, peer *tls.Conn, log, name string) []byte {
	if suite := peer.ConnectionState().CipherSuite; suite != tls.TLS_AES_128_GCM_SHA256 {
		t.Skip(tls.CipherSuiteName(suite))
	}
	_, text, _ := strings.Cut(log, name+" ")
	secret, err := hex.DecodeString(strings.Fields(text)[1])
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// A client whose receiver answers a server that wants ever new keys, but does not read, closes within its Linger.
func TestTLSKeyUpdatesUnread(t *testing.T) {
	ca := newAuthority(t)
	certificate, err := ca.issue(t, nil, "localhost").certificate()
	if err != nil {
		t.Fatal(err)
	}
	var keys bytes.Buffer
	near, far := net.Pipe()
	d := &deafening{Conn: far, ended: make(chan struct{})}
	d.end = sync.OnceFunc(func() { close(d.ended) })
	defer d.Close()
	peer := tls.Server(d, &tls.Config{
		Certificates: []tls.Certificate{*certificate}, MinVersion: tls.VersionTLS13, SessionTicketsDisabled: true, KeyLogWriter: &keys,
	})
	s, err := NewServer(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	served := make(chan error, 1)
	go func() {
		err := peer.Handshake()
		if d.records = 0; err == nil { // from here on by the application's keys
			err = s.ServeConn(peer)
		}
		served <- err
	}()
	drain(s)
	c, err := PublishConn(context.Background(), near, "rtmps://localhost/live/key", &ClientOptions{
		TLS: &TLSOptions{CAPEM: ca.pem}, Linger: 100 * time.Millisecond, Timeouts: Timeouts{Write: 20 * time.Second},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Ping(10 * time.Second); err != nil { // the server has said all it has to say
		t.Fatal(err)
	}
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	secret := trafficSecret(t, peer, keys.String(), "SERVER_TRAFFIC_SECRET_0")
	for number := d.deafen(); err == nil; number = 0 {
		far.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
		_, err = far.Write(keyUpdate(t, secret, number))
		secret = expandLabel(t, secret, "traffic upd", sha256.Size)
	}
	begun := time.Now()
	c.Close()
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("closing took %v", took)
	}
}

// A server ends a peer that wants ever new keys, and brings its handshake forward a byte at a time, when that takes too long,
// whether or not it reads the answers.
func TestTLSKeyUpdatesInHandshake(t *testing.T) {
	ca := newAuthority(t)
	roots := x509.NewCertPool()
	roots.AddCert(ca.certificate)
	s := bind(t, &ServerOptions{TLS: ca.issue(t, nil, "localhost"), Timeouts: Timeouts{Handshake: 3 * time.Second, Write: time.Hour}})
	if err := s.Listen("rtmps://127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for _, reads := range []bool{false, true} {
		raw, err := net.Dial("tcp", strings.TrimPrefix(s.Addrs()[1], schemeTLS))
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		var keys bytes.Buffer
		peer := tls.Client(raw, &tls.Config{RootCAs: roots, ServerName: "localhost", MinVersion: tls.VersionTLS13, KeyLogWriter: &keys})
		if err := peer.Handshake(); err != nil {
			t.Fatal(err)
		}
		secret := trafficSecret(t, peer, keys.String(), "CLIENT_TRAFFIC_SECRET_0")
		if reads {
			go io.Copy(io.Discard, raw)
		}
		raw.SetDeadline(time.Now().Add(30 * time.Second))
		for n := 0; n < 1500 && err == nil; n++ {
			_, err = raw.Write(sealed(t, secret, 0, []byte{3, 23})) // a byte of the handshake; application data
			for number := uint64(1); number <= 15 && err == nil; number++ {
				_, err = raw.Write(keyUpdate(t, secret, min(number, 2)%2))
				secret = expandLabel(t, secret, "traffic upd", sha256.Size)
			}
		}
		waitFor(t, "the connection to end", func() bool { return s.Connections() == 0 })
	}
	if st := s.Statistics(); st.TimedOut != 2 {
		t.Errorf("%d timed out, %d failed", st.TimedOut, st.Failed)
	}
}
