package proxyproto

import (
	"encoding/hex"
	"errors"
	"strings"
	"testing"
)

// v2 makes a header by hand: command and family as hex, then the body.
func v2(t testing.TB, commandFamily, body string) string {
	t.Helper()
	b, err := hex.DecodeString("0d0a0d0a000d0a515549540a" + commandFamily + body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const (
	body4 = "000c" + "c0000207" + "c6336401" + "dc04" + "078f"
	body6 = "0024" + "20010db8000000000000000000000007" + "20010db8000000000000000000000001" + "dc04" + "078f"
	// With an ALPN and a CRC32C TLV behind the addresses.
	body4TLV = "0018" + "c0000207" + "c6336401" + "dc04" + "078f" + "010002" + "6832" + "030004" + "00000000"
)

var headers = []struct {
	name, bytes         string
	source, destination string // "" for none
	local               bool
}{
	{"v1 TCP4", "PROXY TCP4 192.0.2.7 198.51.100.1 56324 1935\r\n", "192.0.2.7:56324", "198.51.100.1:1935", false},
	{"v1 TCP6", "PROXY TCP6 2001:db8::7 2001:db8::1 56324 1935\r\n", "[2001:db8::7]:56324", "[2001:db8::1]:1935", false},
	{"v1 unknown", "PROXY UNKNOWN\r\n", "", "", false},
	{"v1 unknown with words", "PROXY UNKNOWN ffff:f...f:ffff ffff 65535 65535\r\n", "", "", false},
	{"v2 TCP4", "2111" + body4, "192.0.2.7:56324", "198.51.100.1:1935", false},
	{"v2 TCP6", "2121" + body6, "[2001:db8::7]:56324", "[2001:db8::1]:1935", false},
	{"v2 TLVs", "2111" + body4TLV, "192.0.2.7:56324", "198.51.100.1:1935", false},
	{"v2 local", "20000000", "", "", true},
	{"v2 local with addresses", "2011" + body4, "", "", true},
	{"v2 unspecified", "21000000", "", "", false},
	{"v2 UDP", "2112" + body4, "", "", false},
	{"v2 Unix", "213100d8" + strings.Repeat("00", 216), "", "", false},
}

func TestParse(t *testing.T) {
	for _, test := range headers {
		b := test.bytes
		if strings.HasPrefix(test.name, "v2") {
			b = v2(t, b, "")
		}
		b += "\x03rest"
		for k := range len(b) - 4 { // whatever the pieces, the answer comes with the last byte
			h, n, ok, err := Parse([]byte(b[:k]))
			if err != nil || ok != (k == len(b)-5) && k < len(b)-5 {
				t.Fatalf("%s: after %d of %d bytes: %v %v", test.name, k, len(b)-5, ok, err)
			}
			if !ok {
				if more := Missing([]byte(b[:k])); more < 1 || k+more > len(b)-5 {
					t.Errorf("%s: after %d of %d bytes %d more", test.name, k, len(b)-5, more)
				}
				continue
			}
			if n != len(b)-5 || h.Local != test.local || h.Source.IsValid() != (test.source != "") {
				t.Errorf("%s: %+v, %d bytes", test.name, h, n)
			}
			if test.source != "" && (h.Source.String() != test.source || h.Destination.String() != test.destination) {
				t.Errorf("%s: %v to %v", test.name, h.Source, h.Destination)
			}
		}
	}
}

func TestRefused(t *testing.T) {
	for _, b := range []string{
		"\x03", "GET / HTTP/1.1\r\n", "PROXX", "PROXY TCP4 192.0.2.7 198.51.100.1 56324 1935\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 56324\r\n", "PROXY TCP4 192.0.2.7 198.51.100.1 56324 1935 1\r\n",
		"PROXY TCP4 2001:db8::7 2001:db8::1 56324 1935\r\n", "PROXY TCP6 192.0.2.7 198.51.100.1 56324 1935\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 56324 65536\r\n", "PROXY TCP4 192.0.2.7 198.51.100.1 +1 1935\r\n",
		"PROXY TCP4 192.0.2.7 198.51.100.1 01 1935\r\n", "PROXY TCP6 fe80::1%eth0 2001:db8::1 56324 1935\r\n",
		"PROXY UDP4 192.0.2.7 198.51.100.1 56324 1935\r\n", "PROXY \r\n", "PROXY UNKNOWN " + strings.Repeat("x", 107),
		v2(t, "11", ""), v2(t, "31", ""), v2(t, "2211", body4), v2(t, "21110004", "c0000207"), v2(t, "2111ffff", ""),
	} {
		if h, n, ok, err := Parse([]byte(b)); !errors.Is(err, ErrFormat) || ok || n != 0 {
			t.Errorf("%q: %+v %d %v %v", b, h, n, ok, err)
		}
	}
}

// FuzzParse: whatever the bytes, the answer is the same when they come one by one, and never beyond what there is.
func FuzzParse(f *testing.F) {
	for _, test := range headers {
		if strings.HasPrefix(test.name, "v2") {
			f.Add([]byte(v2(f, test.bytes, "")))
		} else {
			f.Add([]byte(test.bytes))
		}
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		whole, n, ok, err := Parse(p)
		if n > len(p) || n > MaxBytes || ok == (n == 0) || ok && err != nil {
			t.Fatalf("%d of %d bytes, %v, %v", n, len(p), ok, err)
		}
		for k := range p {
			h, m, done, failed := Parse(p[:k])
			switch {
			case failed != nil && err == nil:
				t.Fatalf("refused after %d bytes, taken after %d", k, len(p))
			case done && (!ok || h != whole || m != n):
				t.Fatalf("after %d bytes %+v %d, then %+v %d", k, h, m, whole, n)
			}
		}
		if !ok && err == nil && len(p) >= MaxBytes {
			t.Fatalf("still undecided after %d bytes", len(p))
		}
	})
}
