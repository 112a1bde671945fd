package rtmp

import (
	"io"
	"net"
	"net/netip"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/proxyproto"
)

// isBalancer reports that a peer is one of those that say on whose behalf they connect.
func (s *Server) isBalancer(address netip.Addr) bool {
	for _, network := range s.options.ProxyFrom {
		if network.Contains(address) {
			return true
		}
	}
	return false
}

// unproxy reads the header that a load balancer sends first, and takes the address in it for the peer's.
func (c *serverConn) unproxy() error {
	if c.balancer == nil {
		return nil
	}
	if within := c.server.options.Timeouts.Handshake; within >= 0 {
		c.balancer.SetReadDeadline(time.Now().Add(within))
	}
	h, err := readProxyHeader(c.balancer)
	if err != nil {
		c.server.counts.badProxy.Add(1)
		return atPhase(engine.PhaseTCP, err)
	}
	c.balancer.SetReadDeadline(time.Time{})
	c.proxiedFrom(h.Source)
	if !h.Source.IsValid() {
		return nil
	}
	return c.server.count(c, h.Source.Addr().Unmap())
}

// proxiedFrom lets the connection begin, and come from source if that is valid.
func (c *serverConn) proxiedFrom(source netip.AddrPort) {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	c.link.begun = time.Now()
	if source.IsValid() {
		c.peer = source.String()
		c.show()
	}
}

// count makes a connection one of an address, unless that has too many.
func (s *Server) count(c *serverConn, address netip.Addr) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.perAddress[address] >= s.options.Limits.ConnectionsPerAddress {
		s.counts.refusedAddress.Add(1)
		return ErrLimit
	}
	c.address = address
	s.perAddress[address]++
	return nil
}

// readProxyHeader reads a header and not a byte more: what follows is another layer's.
func readProxyHeader(r io.Reader) (proxyproto.Header, error) {
	p := make([]byte, 0, 128)
	for {
		h, n, ok, err := proxyproto.Parse(p)
		if err != nil || ok {
			return h, err
		}
		n = proxyproto.Missing(p)
		have := len(p)
		p = append(p, make([]byte, n)...)
		if _, err := io.ReadFull(r, p[have:]); err != nil {
			return h, err
		}
	}
}

// peerOf returns a connection's other end: as text, and its IP address if it has one.
func peerOf(a net.Addr) (text string, address netip.Addr) {
	if a == nil {
		return "", address
	}
	text = a.String()
	if ap, err := netip.ParseAddrPort(text); err == nil {
		address = ap.Addr().Unmap().WithZone("")
	}
	return text, address
}
