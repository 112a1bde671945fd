package rtmp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"oxrtmp/rtmp/authmod"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// ErrAuthentication says that the server asked for a user and a password and did not take what it got.
var ErrAuthentication = errors.New("rtmp: authentication failed")

// maxRedirects is how many redirections a client follows, one after the other.
const maxRedirects = 5

// errRedirects is one more of them.
var errRedirects = errors.New("rtmp: too many redirections")

// again is what a client needs to connect once more because the server said so. It is under the link's lock.
type again struct {
	dials     bool    // there is a way to make a connection
	next      *target // where to go once this conversation is over; nil: nowhere
	login     authmod.Client
	redirects int // since a server has accepted
}

// newAgain prepares for what the server of a target may ask for.
func newAgain(t *target, o *ClientOptions, dials bool) again {
	a := again{dials: dials, login: authmod.Client{User: t.user, Password: t.password, Rand: randomness}}
	if o.User != "" {
		a.login.User, a.login.Password = o.User, o.Password
	}
	return a
}

// freshLogin lets a login begin from its first step. The link is locked.
func (a *again) freshLogin() {
	a.login = authmod.Client{User: a.login.User, Password: a.login.Password, Rand: randomness}
}

// refused takes a refusal that came before anything was accepted: it notes where to go next, and otherwise returns what
// the refusal is to the application. The link is locked.
func (c *Client) refused(e *engine.Event) error {
	s := &e.Status
	refusal := &StatusError{Level: s.Level, Code: s.Code, Description: s.Description}
	if !c.again.dials {
		return refusal
	}
	if url, ok := s.Redirect(); ok && c.options.FollowRedirects {
		next, err := c.target.redirected(url)
		if err == nil && c.again.redirects == maxRedirects {
			err = errRedirects
		}
		if err != nil {
			return fmt.Errorf("%w (%w)", err, refusal)
		}
		c.again.redirects++
		c.again.freshLogin()
		c.again.next = next
		return nil
	}
	if e.Phase != engine.PhaseConnect {
		return refusal
	}
	return c.logIn(s, refusal)
}

// logIn takes a refusal that may be a step of a login.
func (c *Client) logIn(s *message.Status, refusal *StatusError) error {
	app, _, _ := strings.Cut(c.target.app, "?")
	parameters, err := c.again.login.Answer(s.Description, app)
	switch {
	case errors.Is(err, authmod.ErrNoLogin):
		return refusal
	case err != nil:
		return fmt.Errorf("%w: %w (%w)", ErrAuthentication, err, refusal)
	}
	next := c.target
	next.login = parameters
	c.again.next = &next
	return nil
}

// redirected is the target that a server sends a client to: a tcUrl, or the same with the stream's name behind it. The
// name stays as it is. A redirection from TLS to a connection without it is refused.
func (t *target) redirected(url string) (*target, error) {
	to, err := parseURL(url)
	if err != nil {
		return nil, fmt.Errorf("rtmp: redirection: %w", err)
	}
	if t.scheme == "rtmps" && to.scheme != "rtmps" {
		return nil, errors.New("rtmp: redirection to a connection without TLS")
	}
	path := to.name
	if to.app != "" {
		path = to.app + "/" + to.name
	}
	name, _, _ := strings.Cut(t.name, "?")
	path, query, hasQuery := strings.Cut(path, "?")
	path = strings.TrimSuffix(path, "/")
	if path, _ = strings.CutSuffix(path, "/"+name); hasQuery && path != "" && !strings.Contains(t.name, "?") {
		path += "?" + query
	}
	next := *t
	next.scheme, next.host, next.port, next.app, next.login = to.scheme, to.host, to.port, path, ""
	return &next, nil
}

// renew makes the next connection: the one that the server has asked for, or the one in the place of a lost one. It is the
// receiver's goroutine that calls it.
func (c *Client) renew(err error) (bool, error) {
	c.link.mu.Lock()
	next := c.again.next
	c.again.next = nil
	c.link.mu.Unlock()
	if next != nil {
		c.options.Logger.Debug("connecting again", "host", next.host, "login", next.login != "")
		if c.moves() {
			c.link.finish() // what was sent before
		}
		made, closed := c.takeMade()
		if closed {
			return false, nil
		}
		err := c.redial(next, made)
		if err == nil || !c.lose(err) {
			return err == nil, err
		}
	} else if !c.lose(err) {
		return false, err
	}
	return c.retry()
}

// redial makes a connection to a target, unless it is made already, in the place of the one that is over.
func (c *Client) redial(to *target, made net.Conn) error {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	e := engine.NewClient(clientConfig(&c.options, to, c.play))
	if err := c.link.replace(&unconnected{cancel}, e, func() { c.begin(e, to) }); err != nil {
		if made != nil {
			made.Close()
		}
		return err
	}
	return c.connect(to, func() (net.Conn, error) {
		if made != nil {
			return made, nil
		}
		return dial(ctx, to, &c.options)
	})
}
