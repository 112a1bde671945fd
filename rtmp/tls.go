package rtmp

import (
	"bytes"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"slices"
	"strings"

	"oxrtmp/rtmp/engine"
)

// TLSOptions say who we are, and whom we trust, where a connection is rtmps: RTMP over TLS 1.2 or later. A client needs
// none of it: it verifies the server's certificate by the system's authorities and the name in the URL. A server needs a
// certificate and its key.
type TLSOptions struct {
	// CertificateFile is a PEM file with a certificate, and after it those that lead to its authority; KeyFile one with
	// its key. CertificatePEM and KeyPEM are the same in memory. A client with a certificate shows it to servers that ask.
	CertificateFile string
	KeyFile         string
	CertificatePEM  []byte
	KeyPEM          []byte
	// CAFile and CAPEM are certificates in PEM whose holders are trusted: by a client instead of the system's
	// authorities, to vouch for servers; by a server to vouch for clients, each of which then has to show a certificate.
	CAFile string
	CAPEM  []byte
	// ServerName is the name that a client asks for (SNI), and that the certificate must be for; default the URL's host.
	ServerName string
	// Pin makes a client trust these certificates only, whatever their names, dates and authorities: their SHA-256
	// fingerprints in hex, as openssl prints them, separated by commas.
	Pin string
	// Insecure makes a client trust everybody: the connection can be listened to and changed on its way.
	Insecure bool
}

// errNoCertificate refuses to listen for TLS without one.
var errNoCertificate = errors.New("rtmp: ServerOptions.TLS has no certificate, and none was set")

// certificate returns the certificate that the options name, or nil if they name none.
func (o *TLSOptions) certificate() (*tls.Certificate, error) {
	certificate, err := pem("CertificateFile", o.CertificateFile, o.CertificatePEM)
	if err != nil {
		return nil, err
	}
	key, err := pem("KeyFile", o.KeyFile, o.KeyPEM)
	if err != nil || certificate == nil && key == nil {
		return nil, err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("rtmp: certificate and key: %w", err)
	}
	return &pair, nil
}

// authorities returns those that the options name, or nil if they name none.
func (o *TLSOptions) authorities() (*x509.CertPool, error) {
	p, err := pem("CAFile", o.CAFile, o.CAPEM)
	if err != nil || p == nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(p) {
		return nil, errors.New("rtmp: TLSOptions.CAFile and TLSOptions.CAPEM hold no certificate")
	}
	return pool, nil
}

// pem returns what a file contains, or else what is in memory.
func pem(field, file string, memory []byte) ([]byte, error) {
	switch {
	case file == "" && len(memory) == 0:
		return nil, nil
	case file == "":
		return memory, nil
	case len(memory) > 0:
		return nil, fmt.Errorf("rtmp: TLSOptions.%s is given as a file and in memory", field)
	}
	p, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("rtmp: TLSOptions.%s: %w", field, err)
	}
	return p, nil
}

// clientTLS returns what a client uses, once it has a ServerName. A nil o stands for the defaults.
func clientTLS(o *TLSOptions) (*tls.Config, error) {
	if o == nil {
		o = &TLSOptions{}
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: o.ServerName, DynamicRecordSizingDisabled: true}
	own, err := o.certificate()
	if err != nil {
		return nil, err
	}
	if own != nil {
		c.Certificates = []tls.Certificate{*own}
	}
	if c.RootCAs, err = o.authorities(); err != nil {
		return nil, err
	}
	if o.Insecure && (c.RootCAs != nil || o.Pin != "") || c.RootCAs != nil && o.Pin != "" {
		return nil, errors.New("rtmp: TLSOptions.CAFile, TLSOptions.Pin and TLSOptions.Insecure exclude one another")
	}
	c.InsecureSkipVerify = o.Insecure
	if o.Pin != "" {
		pins, err := parsePins(o.Pin)
		if err != nil {
			return nil, err
		}
		c.InsecureSkipVerify = true
		c.VerifyConnection = func(state tls.ConnectionState) error { return checkPins(pins, &state) }
	}
	return c, nil
}

func parsePins(s string) ([][]byte, error) {
	var pins [][]byte
	for _, one := range strings.Split(s, ",") {
		pin, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(one), ":", ""))
		if err != nil || len(pin) != sha256.Size {
			return nil, errors.New("rtmp: TLSOptions.Pin is not made of SHA-256 fingerprints in hex")
		}
		pins = append(pins, pin)
	}
	return pins, nil
}

// errPin refuses a server whose certificate is not one of those that were named.
var errPin = errors.New("the certificate is not the pinned one")

func checkPins(pins [][]byte, state *tls.ConnectionState) error {
	if len(state.PeerCertificates) > 0 {
		sum := sha256.Sum256(state.PeerCertificates[0].Raw)
		if slices.ContainsFunc(pins, func(pin []byte) bool { return bytes.Equal(pin, sum[:]) }) {
			return nil
		}
	}
	return &tls.CertificateVerificationError{UnverifiedCertificates: state.PeerCertificates, Err: errPin}
}

// TLSError is why TLS failed, inside an [*Error] of phase tls. Err is what crypto/tls and crypto/x509 report, such as a
// [*tls.CertificateVerificationError] around an [x509.UnknownAuthorityError].
type TLSError struct {
	Alert  uint8 // number of the alert that ended the connection (RFC 8446 §6); 0 if none was sent
	Remote bool  // the peer sent the alert
	Err    error
}

func (e *TLSError) Error() string { return strings.TrimPrefix(e.Err.Error(), "tls: ") }

// Unwrap returns what crypto/tls reports.
func (e *TLSError) Unwrap() error { return e.Err }

// Alerts that refuse a certificate.
const (
	alertBadCertificate     = 42
	alertCertificateExpired = 45
	alertUnknownCA          = 48
)

// alertOf returns the number of the alert that an error of crypto/tls stands for.
func alertOf(err error, client bool) (number uint8, remote, ok bool) {
	var refused *tls.CertificateVerificationError
	if errors.As(err, &refused) { // the error does not say what was sent: a client's alert is always the same
		var unknown x509.UnknownAuthorityError
		var invalid x509.CertificateInvalidError
		switch {
		case client:
		case errors.As(err, &unknown):
			return alertUnknownCA, false, true
		case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
			return alertCertificateExpired, false, true
		}
		return alertBadCertificate, false, true
	}
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "remote error" && op.Op != "local error" || op.Err == nil {
		return 0, false, false
	}
	// The type of alerts has no name outside of crypto/tls.
	if v := reflect.ValueOf(op.Err); v.Kind() == reflect.Uint8 && v.Type().PkgPath() == "crypto/tls" {
		return uint8(v.Uint()), op.Op == "remote error", true
	}
	return 0, false, false
}

// tlsFailure makes an error of the phase tls of one that an alert stands for, and leaves others as they are.
func tlsFailure(err error, client bool) error {
	if number, remote, ok := alertOf(err, client); ok {
		return &Error{Phase: engine.PhaseTLS, Err: &TLSError{Alert: number, Remote: remote, Err: err}}
	}
	return err
}
