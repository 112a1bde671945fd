package rtmp

import (
	"crypto/tls"
	"strings"
	"sync"
)

// certificates are those of a server, by the names that clients ask for.
type certificates struct {
	config *tls.Config

	mu     sync.RWMutex
	byName map[string]*tls.Certificate // "" for everybody else
}

// newCertificates returns those that a server begins with. A nil o stands for none.
func newCertificates(o *TLSOptions) (*certificates, error) {
	c := &certificates{byName: make(map[string]*tls.Certificate)}
	// A resumed session would show no certificate, old or new, and saves little where connections last for hours.
	c.config = &tls.Config{
		MinVersion: tls.VersionTLS12, GetCertificate: c.choose,
		SessionTicketsDisabled: true, DynamicRecordSizingDisabled: true,
	}
	if o == nil {
		return c, nil
	}
	pool, err := o.authorities()
	if err != nil {
		return nil, err
	}
	if pool != nil {
		c.config.ClientCAs, c.config.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	if err := c.set("", o); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *certificates) set(name string, o *TLSOptions) error {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if o == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.byName, name)
		return nil
	}
	certificate, err := o.certificate()
	if err != nil {
		return err
	}
	if certificate == nil {
		return errNoCertificate
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.byName[name] = certificate
	return nil
}

func (c *certificates) none() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.byName) == 0
}

// choose returns the certificate for the name that a client asks for; if there is none crypto/tls refuses the client by
// the alert unrecognized_name.
func (c *certificates) choose(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(hello.ServerName)
	c.mu.RLock()
	defer c.mu.RUnlock()
	if found := c.byName[name]; found != nil {
		return found, nil
	}
	if i := strings.IndexByte(name, '.'); i > 0 {
		if found := c.byName["*"+name[i:]]; found != nil {
			return found, nil
		}
	}
	return c.byName[""], nil
}

// SetCertificate makes the server show the certificate of o to clients that ask for name (SNI): a host name,
// "*.example.org" for all names with one label before the dot, or "" for everybody whose name has none of its own. It
// takes the place of the one that was there, that of [ServerOptions] too, from the next handshake on; connections that
// are open stay as they are. A nil o removes it.
func (s *Server) SetCertificate(name string, o *TLSOptions) error { return s.certificates.set(name, o) }
