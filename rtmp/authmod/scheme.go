package authmod

import (
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"io"
	"strings"
)

// Scheme is a way to log in.
type Scheme uint8

// The schemes. Their numbers do not change.
const (
	None      Scheme = 0
	Adobe     Scheme = 1 // authmod=adobe: salted MD5 in base64
	Limelight Scheme = 2 // authmod=llnw: RFC 2617's digest with fixed realm, method and qop
)

// String returns the name that authmod= has, or "" for None.
func (s Scheme) String() string {
	switch s {
	case Adobe:
		return "adobe"
	case Limelight:
		return "llnw"
	}
	return ""
}

func schemeNamed(name string) Scheme {
	for _, s := range []Scheme{Adobe, Limelight} {
		if s.String() == name {
			return s
		}
	}
	return None
}

// parameters are those of a query or of a refusal: what is between '&' and '=' signs, raw. A name that comes twice
// counts the last time, as the login's own parameters stand behind the application's.
type parameters map[string]string

func parse(query string) parameters {
	p := make(parameters)
	for pair := range strings.SplitSeq(query, "&") {
		if name, value, ok := strings.Cut(pair, "="); ok {
			p[name] = value
		}
	}
	return p
}

// AdobeResponse returns what a client answers to a challenge by authmod=adobe, the value of response=: 24 bytes of base64.
// user, salt, challenge and opaque are what the server's refusal of connect has told; opaque takes the place of challenge,
// "" when the server gave none. clientChallenge is the client's own choice, which goes along as challenge=. All are raw, as
// they stand in parameters. As deployed; there is no published document.
func AdobeResponse(user, password, salt, challenge, opaque, clientChallenge string) string {
	if opaque == "" {
		opaque = challenge
	}
	return base64MD5(base64MD5(user+salt+password) + opaque + clientChallenge)
}

// What the digest of Limelight's scheme is made of besides its parameters.
const (
	llnwRealm  = "live"
	llnwMethod = "publish"
	llnwQOP    = "auth"
	llnwCount  = "00000001"
)

// LLNWResponse returns what a client answers to a challenge by authmod=llnw, the value of response=: 32 hexadecimal digits.
// app is the application without its query; nonce is the server's; count says in eight hexadecimal digits how often the
// client has answered the nonce, 00000001 the first time, and goes along as nc=; clientNonce is the client's own choice,
// which goes along as cnonce=. All are raw, as they stand in parameters. RFC 2617 §3.2.2, with realm "live", method
// "publish" and qop "auth"; the digest's URI is app behind a '/', with "/_definst_" unless app names an instance. As
// deployed; there is no published document.
func LLNWResponse(user, password, app, nonce, count, clientNonce string) string {
	if !strings.Contains(app, "/") {
		app += "/_definst_"
	}
	ha1 := hexMD5(user + ":" + llnwRealm + ":" + password)
	ha2 := hexMD5(llnwMethod + ":/" + app)
	return hexMD5(strings.Join([]string{ha1, nonce, count, clientNonce, llnwQOP, ha2}, ":"))
}

func base64MD5(s string) string {
	sum := md5.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func hexMD5(s string) string {
	sum := md5.Sum([]byte(s))
	return hex.EncodeToString(sum[:])
}

// random returns n random bytes in an encoding whose letters need no escape.
func random(r io.Reader, n int) (string, error) {
	b := make([]byte, n)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	return hex.EncodeToString(b), nil
}
