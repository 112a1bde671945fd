package rtmp

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
)

// nameServer says of every name what it is told to say.
type nameServer struct {
	mu        sync.Mutex
	addresses []netip.Addr // none: no answer at all
}

func (n *nameServer) set(addresses ...string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addresses = nil
	for _, a := range addresses {
		n.addresses = append(n.addresses, netip.MustParseAddr(a))
	}
}

// answer answers a question for A or AAAA records, RFC 1035 §4.1.
func (n *nameServer) answer(query []byte) []byte {
	n.mu.Lock()
	defer n.mu.Unlock()
	end := 12
	for query[end] != 0 {
		end += 1 + int(query[end])
	}
	end += 5
	kind := binary.BigEndian.Uint16(query[end-4:])
	p := append([]byte(nil), query[:end]...)
	p[2], p[3] = 0x84, 0x00         // an answer, with authority
	copy(p[6:12], make([]byte, 6))  // nothing but
	for _, a := range n.addresses { // records of the kind that was asked for
		if a.Is4() != (kind == 1) || a.Is6() != (kind == 28) {
			continue
		}
		p[7]++
		p = append(p, 0xC0, 12)
		p = binary.BigEndian.AppendUint16(p, kind)
		p = append(p, 0, 1, 0, 0, 0, 60, 0, byte(a.BitLen()/8))
		p = append(p, a.AsSlice()...)
	}
	return p
}

// resolving makes this process ask n for names.
func resolving(t *testing.T) *nameServer {
	t.Helper()
	n := new(nameServer)
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		p := make([]byte, 1500)
		for {
			size, from, err := conn.ReadFrom(p)
			if err != nil {
				return
			}
			n.mu.Lock()
			silent := len(n.addresses) == 0
			n.mu.Unlock()
			if !silent {
				conn.WriteTo(n.answer(p[:size]), from)
			}
		}
	}()
	before := net.DefaultResolver
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
	t.Cleanup(func() {
		net.DefaultResolver = before
		conn.Close()
	})
	return n
}

// deafAt makes connections to an address neither succeed nor fail: what listens there has no room for them.
func deafAt(t *testing.T, address netip.AddrPort) {
	t.Helper()
	family, to := syscall.AF_INET, syscall.Sockaddr(&syscall.SockaddrInet4{Port: int(address.Port()), Addr: [4]byte{127, 0, 0, 1}})
	if address.Addr().Is6() {
		family, to = syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(address.Port()), Addr: address.Addr().As16()}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err == nil {
		t.Cleanup(func() { syscall.Close(fd) })
		if err = syscall.Bind(fd, to); err == nil {
			err = syscall.Listen(fd, 0)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	for range 5 { // the backlog is full after one or two
		c, err := net.DialTimeout("tcp", address.String(), 100*time.Millisecond)
		if err != nil {
			return
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the backlog does not fill")
}

// twoFamilies starts a server on 127.0.0.1 and returns its address, and the same port on ::1, where nothing listens yet.
func twoFamilies(t *testing.T) (s *Server, six netip.AddrPort) {
	t.Helper()
	s = bind(t, nil)
	return s, netip.AddrPortFrom(netip.IPv6Loopback(), netip.MustParseAddrPort(s.Addr()).Port())
}

// A host has an address at which nothing answers, and one at which the server does: the client does not wait for the
// first to time out. RFC 8305.
func TestDeafAddressCostsLittleTime(t *testing.T) {
	n := resolving(t)
	s, six := twoFamilies(t)
	drain(s)
	deafAt(t, six)
	n.set("::1", "127.0.0.1")
	begun := time.Now()
	c, err := Publish(context.Background(), "rtmp://two.families.test:"+six.String()[6:]+"/live/key", nil)
	took := time.Since(begun)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if took > time.Second+grace() || took < 200*time.Millisecond { // the other one has its turn after 300 ms
		t.Errorf("connected after %v", took)
	}
	if c.PeerAddr() != s.Addr() {
		t.Errorf("connected to %s", c.PeerAddr())
	}
}

// The same where the first address refuses: the next is tried at once.
func TestRefusingAddressCostsNoTime(t *testing.T) {
	n := resolving(t)
	s, six := twoFamilies(t)
	drain(s)
	n.set("::1", "127.0.0.1")
	begun := time.Now()
	c, err := Publish(context.Background(), "rtmp://two.families.test:"+six.String()[6:]+"/live/key", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if took := time.Since(begun); took > 200*time.Millisecond+grace() {
		t.Errorf("connected after %v", took)
	}
}

// A name server that does not answer is an error of its phase, in its time.
func TestSilentNameServer(t *testing.T) {
	resolving(t)
	begun := time.Now()
	_, err := Publish(context.Background(), "rtmp://nobody.test/live/key", &ClientOptions{Timeouts: Timeouts{Resolve: 300 * time.Millisecond}})
	var at *Error
	if took := time.Since(begun); !errors.Is(err, ErrTimeout) || !errors.As(err, &at) || at.Phase != engine.PhaseResolve || took > 300*time.Millisecond+grace() {
		t.Errorf("%v after %v", err, took)
	}
}

// A host's name gets another address while a client has lost its connection: the next attempt finds it.
func TestReconnectAsksForTheNameAgain(t *testing.T) {
	n := resolving(t)
	first, err := Bind("127.0.0.1:0", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	port := first.Addr()[len("127.0.0.1:"):]
	second, err := Bind("127.0.0.2:"+port, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	n.set("127.0.0.1")
	accepting := make(chan *Session, 1)
	go func() { accepting <- accept(t, first) }()
	c, err := Publish(context.Background(), "rtmp://moving.test:"+port+"/live/key", persistent())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	<-accepting
	expectEvent(t, c, ClientConnected)
	n.set("127.0.0.2")
	first.Close()
	expectEvent(t, c, ClientReconnecting)
	session := accept(t, second)
	expectEvent(t, c, ClientReconnected)
	if c.PeerAddr() != "127.0.0.2:"+port {
		t.Errorf("connected to %s", c.PeerAddr())
	}
	if err := c.SendVideo(7, true, numbered(7, 100)); err != nil {
		t.Fatal(err)
	}
	p, err := session.NextPacket(10 * time.Second)
	if err != nil || p.Timestamp != 7 {
		t.Errorf("frame at %d, %v", p.Timestamp, err)
	}
	p.Release()
	session.Close()
}
