// Package proxyproto reads the header by which a load balancer says on whose behalf it connects: the PROXY protocol,
// versions 1 and 2, without any I/O.
//
// Layer L1. The header is the first thing on a connection, before TLS and before RTMP:
//
//	PROXY TCP4 192.0.2.7 198.51.100.1 56324 1935\r\n            version 1, at most 107 bytes
//	0D 0A 0D 0A 00 0D 0A 51 55 49 54 0A  21 11 00 0C …          version 2: binary, with a length
//
// Whether a peer may send one is the caller's to know: a header from just anybody is a lie as soon as somebody wants
// one. Source: The PROXY protocol, versions 1 & 2, sections 2.1 and 2.2.
package proxyproto

import (
	"bytes"
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"strings"
)

// MaxBytes is the length of the longest header that is read: addresses and a fair amount of what else version 2 may
// carry behind them.
const MaxBytes = 16 + 2048

// ErrFormat says that what was read is not a PROXY header.
var ErrFormat = errors.New("proxyproto: not a PROXY protocol header")

// Header is what a load balancer says.
type Header struct {
	// Local says that the connection is the balancer's own, such as a health check; there are no addresses then.
	Local bool
	// Source and Destination are the ends of the connection that the balancer accepted. They are not valid when it
	// does not say, or when that connection was no TCP connection.
	Source      netip.AddrPort
	Destination netip.AddrPort
}

var signature = []byte("\r\n\r\n\x00\r\nQUIT\n")

const (
	longestV1 = 107
	prefixV1  = "PROXY "
	fixedV2   = 16
)

// Parse reads a header at the beginning of p and returns its length. ok is false while p is too short to hold all of
// it; then it is to be called again with more. It fails with ErrFormat as soon as p cannot be the beginning of a header.
func Parse(p []byte) (h Header, n int, ok bool, err error) {
	switch {
	case hasPrefix(p, signature):
		return parseV2(p)
	case hasPrefix(p, []byte(prefixV1)):
		return parseV1(p)
	}
	return Header{}, 0, false, ErrFormat
}

// Missing returns how many more bytes of a header that Parse has found too short are sure to belong to it, at least 1: who
// reads no more than that takes nothing of what follows the header.
func Missing(p []byte) int {
	const shortest = len(prefixV1) + len("UNKNOWN\r\n")
	switch {
	case len(p) < shortest:
		return shortest - len(p)
	case p[0] != signature[0]: // version 1: its end has to be looked for
		return 1
	case len(p) < fixedV2:
		return fixedV2 - len(p)
	}
	return max(1, fixedV2+int(binary.BigEndian.Uint16(p[14:]))-len(p))
}

// hasPrefix reports that p begins with prefix, as far as it goes.
func hasPrefix(p, prefix []byte) bool {
	k := min(len(p), len(prefix))
	return bytes.Equal(p[:k], prefix[:k])
}

// parseV1 reads a line of section 2.1.
func parseV1(p []byte) (h Header, n int, ok bool, err error) {
	end := bytes.IndexByte(p, '\n')
	if end < 0 && len(p) < longestV1 {
		return Header{}, 0, false, nil
	}
	if end < 0 || end >= longestV1 || p[end-1] != '\r' {
		return Header{}, 0, false, ErrFormat
	}
	words := strings.Split(string(p[:end-1]), " ")
	switch {
	case words[1] == "UNKNOWN":
		return Header{}, end + 1, true, nil
	case (words[1] == "TCP4" || words[1] == "TCP6") && len(words) == 6:
		source, err1 := endpoint(words[2], words[4], words[1] == "TCP4")
		destination, err2 := endpoint(words[3], words[5], words[1] == "TCP4")
		if err1 == nil && err2 == nil {
			return Header{Source: source, Destination: destination}, end + 1, true, nil
		}
	}
	return Header{}, 0, false, ErrFormat
}

func endpoint(address, port string, v4 bool) (netip.AddrPort, error) {
	a, err := netip.ParseAddr(address)
	if err != nil || a.Is4() != v4 || a.Zone() != "" {
		return netip.AddrPort{}, ErrFormat
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || strconv.FormatUint(n, 10) != port {
		return netip.AddrPort{}, ErrFormat
	}
	return netip.AddrPortFrom(a, uint16(n)), nil
}

// parseV2 reads a header of section 2.2. What follows the addresses (TLVs) is passed over.
func parseV2(p []byte) (h Header, n int, ok bool, err error) {
	if len(p) < fixedV2 {
		if len(p) > 12 && p[12]>>4 != 2 {
			return Header{}, 0, false, ErrFormat
		}
		return Header{}, 0, false, nil
	}
	command, family := p[12], p[13]
	n = fixedV2 + int(binary.BigEndian.Uint16(p[14:]))
	if command>>4 != 2 || command&15 > 1 || n > MaxBytes {
		return Header{}, 0, false, ErrFormat
	}
	if len(p) < n {
		return Header{}, 0, false, nil
	}
	body := p[fixedV2:n]
	if command&15 == 0 {
		return Header{Local: true}, n, true, nil
	}
	size := map[byte]int{0x11: 4, 0x21: 16}[family] // TCP over IPv4, over IPv6; others have no address for us
	if size == 0 {
		return Header{}, n, true, nil
	}
	if len(body) < 2*size+4 {
		return Header{}, 0, false, ErrFormat
	}
	source, _ := netip.AddrFromSlice(body[:size])
	destination, _ := netip.AddrFromSlice(body[size : 2*size])
	h.Source = netip.AddrPortFrom(source.Unmap(), binary.BigEndian.Uint16(body[2*size:]))
	h.Destination = netip.AddrPortFrom(destination.Unmap(), binary.BigEndian.Uint16(body[2*size+2:]))
	return h, n, true, nil
}
