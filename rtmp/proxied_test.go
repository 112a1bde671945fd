package rtmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

const (
	proxyV1    = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 1935\r\n"
	proxyV2    = "\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x07\xc6\x33\x64\x01\xdc\x04\x07\x8f"
	proxyLocal = "\r\n\r\n\x00\r\nQUIT\n\x20\x00\x00\x00"
)

// after returns a dial function that says something first, a few bytes at a time.
func after(header string, piece int) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var d net.Dialer
		c, err := d.DialContext(ctx, network, address)
		for at := 0; err == nil && at < len(header); at += piece {
			if _, err = c.Write([]byte(header[at:min(at+piece, len(header))])); piece < len(header) {
				time.Sleep(time.Millisecond)
			}
		}
		return c, err
	}
}

func TestProxyHeader(t *testing.T) {
	ca := newAuthority(t)
	s, err := NewServer(&ServerOptions{ProxyFrom: loopback, AskConnection: true, TLS: ca.issue(t, nil, "127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, scheme := range []string{"rtmp://", "rtmps://"} {
		if err := s.Listen(scheme + "127.0.0.1:0"); err != nil {
			t.Fatal(err)
		}
		address := strings.TrimPrefix(s.Addrs()[len(s.Addrs())-1], "rtmps://")
		for header, want := range map[string]string{proxyV1: "192.0.2.7:56324", proxyV2: "192.0.2.7:56324", proxyLocal: "127.0.0.1:"} {
			for _, piece := range []int{1, 7, 1000} {
				outcome := tryPublish(scheme+address+"/live/key", &ClientOptions{Dial: after(header, piece), TLS: &TLSOptions{CAPEM: ca.pem}})
				asked, err := s.Accept(10 * time.Second)
				if err != nil {
					t.Fatal(err)
				}
				if asked.Kind() != RequestConnection || !strings.HasPrefix(asked.PeerAddr(), want) {
					t.Errorf("%s%q: asked about %q", scheme, header, asked.PeerAddr())
				}
				asked.Accept()
				session := accept(t, s)
				if err := <-outcome; err != nil || !strings.HasPrefix(session.PeerAddr(), want) {
					t.Errorf("%s%q in pieces of %d: %v from %q", scheme, header, piece, err, session.PeerAddr())
				}
			}
		}
	}
}

// Headers that nobody may send, none where there must be one, and one that does not come.
func TestProxyHeaderRefused(t *testing.T) {
	elsewhere := []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
	for _, test := range []struct {
		name, header string
		from         []netip.Prefix
	}{
		{"v1 from elsewhere", proxyV1, elsewhere}, {"v2 from elsewhere", proxyV2, elsewhere}, {"v2 from anybody", proxyV2, nil},
		{"no header", "", loopback}, {"a broken one", "PROXY TCP4 192.0.2.7\r\n", loopback},
	} {
		s := bind(t, &ServerOptions{ProxyFrom: test.from})
		if err := <-tryPublish("rtmp://"+s.Addr()+"/live/key", &ClientOptions{Dial: after(test.header, 1000)}); err == nil {
			t.Errorf("%s: served", test.name)
		}
		if _, err := s.Accept(0); !errors.Is(err, ErrTimeout) {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	s := bind(t, &ServerOptions{ProxyFrom: loopback, Timeouts: Timeouts{Handshake: 100 * time.Millisecond}})
	c, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.Write([]byte(proxyV1[:10]))
	c.SetReadDeadline(time.Now().Add(20 * time.Second))
	if _, err := c.Read(make([]byte, 1)); errors.Is(err, os.ErrDeadlineExceeded) || err == nil {
		t.Errorf("half a header: %v", err)
	}
}

// The limit per address is that of the address in the header.
func TestProxiedAddressesAreLimited(t *testing.T) {
	s := bind(t, &ServerOptions{ProxyFrom: loopback, Limits: Limits{ConnectionsPerAddress: 1}})
	drain(s)
	publish := func(last byte) error {
		header := proxyV2[:19] + string(last) + proxyV2[20:]
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		c, err := Publish(ctx, "rtmp://"+s.Addr()+fmt.Sprintf("/live/%d", last), &ClientOptions{Dial: after(header, 1000)})
		if err == nil {
			t.Cleanup(func() { c.Close() })
		}
		return err
	}
	for i, want := range []bool{true, false} {
		if err := publish(7); (err == nil) != want {
			t.Errorf("connection %d of one address: %v", i, err)
		}
	}
	if err := publish(8); err != nil {
		t.Errorf("another address: %v", err)
	}
	s.Close()
	if n := len(s.perAddress); n != 0 {
		t.Errorf("%d addresses are still counted", n)
	}
}

// HAProxy in front of two servers, with RTMP and RTMPS.
func TestHAProxy(t *testing.T) {
	ca := newAuthority(t)
	servers := make(chan *Session, 4)
	var backends [2][]string
	for range 2 {
		s, err := NewServer(&ServerOptions{ProxyFrom: loopback, TLS: ca.issue(t, nil, "127.0.0.1")})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { s.Close() })
		for j, scheme := range []string{"rtmp://", "rtmps://"} {
			if err := s.Listen(scheme + "127.0.0.1:0"); err != nil {
				t.Fatal(err)
			}
			backends[j] = append(backends[j], strings.TrimPrefix(s.Addrs()[j], "rtmps://"))
		}
		go s.HandleRequests(func(r *Request) {
			if session, err := r.Accept(); err == nil {
				servers <- session
			}
		})
	}
	fronts := startHAProxy(t, backends)
	for j, scheme := range []string{"rtmp://", "rtmps://"} {
		var behind [2]string
		for i := range 2 {
			own := ""
			dial := func(ctx context.Context, network, address string) (net.Conn, error) {
				d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, byte(2+i))}}
				c, err := d.DialContext(ctx, network, address)
				if err == nil {
					own = c.LocalAddr().String()
				}
				return c, err
			}
			err := <-tryPublish(scheme+fronts[j]+"/live/key", &ClientOptions{Dial: dial, TLS: &TLSOptions{CAPEM: ca.pem, ServerName: "127.0.0.1"}})
			if err != nil {
				t.Fatal(scheme, err)
			}
			session := <-servers
			if session.PeerAddr() != own {
				t.Errorf("%s: %s, but the client is %s", scheme, session.PeerAddr(), own)
			}
			behind[i] = session.conn.link.transport.remoteAddr().String()
		}
		if behind[0] == behind[1] {
			t.Errorf("%s: %q twice", scheme, behind[0])
		}
	}
}

// startHAProxy runs it until the test is over, with a front for each list of servers, and returns the fronts' addresses.
func startHAProxy(t *testing.T, backends [2][]string) (fronts [2]string) {
	t.Helper()
	configuration := "global\n maxconn 100\ndefaults\n mode tcp\n timeout connect 5s\n timeout client 30s\n timeout server 30s\n"
	for i, servers := range backends {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		fronts[i] = l.Addr().String()
		l.Close()
		configuration += fmt.Sprintf("listen front%d\n bind %s\n balance roundrobin\n", i, fronts[i])
		for j, server := range servers {
			configuration += fmt.Sprintf(" server s%d %s send-proxy-v2\n", j, server)
		}
	}
	file := filepath.Join(t.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		t.Fatal(err)
	}
	var said strings.Builder
	program := "haproxy"
	if _, err := exec.LookPath(program); err != nil {
		program = "/usr/sbin/haproxy" // not on everybody's PATH
	}
	haproxy := exec.Command(program, "-f", file, "-db")
	haproxy.Stderr = &said
	if err := haproxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		haproxy.Process.Kill()
		haproxy.Wait()
		if t.Failed() {
			t.Log(said.String())
		}
	})
	for _, front := range fronts {
		for until := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
			c, err := net.Dial("tcp", front)
			if err == nil {
				c.Close()
				break
			}
			if time.Now().After(until) {
				t.Fatalf("haproxy does not listen on %s: %v", front, err)
			}
		}
	}
	return fronts
}
