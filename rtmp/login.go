package rtmp

import (
	"strings"
	"time"

	"oxrtmp/rtmp/authmod"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// LoginScheme is a way in which encoders log in by user and password. See package authmod.
type LoginScheme = authmod.Scheme

// The schemes.
const (
	LoginAdobe     = authmod.Adobe
	LoginLimelight = authmod.Limelight
)

// User returns the user that a connect request wants to log in as, "" if it does not say; of other requests, the user
// that has logged in.
func (r *Request) User() string {
	if r.info.Kind == RequestConnect {
		return authmod.ParseAttempt(r.info.Query).User
	}
	return r.conn.user
}

// User returns the user that has logged in, or "".
func (s *Session) User() string { return s.conn.user }

// Login answers a connect request by what it says about a login in this scheme: password is that of [Request.User],
// and known says that there is such a user, who may log in. If the login is complete and right the request is accepted
// and granted is true. Otherwise it is refused, with the demand to log in, or the challenge, that encoders answer by
// connecting again, or the word that the login failed. Other kinds of request it refuses to answer: ErrDecided.
func (r *Request) Login(scheme LoginScheme, password string, known bool) (granted bool, err error) {
	if r.info.Kind != RequestConnect {
		return false, ErrDecided
	}
	refusal, err := r.conn.verify(r.info, scheme, password, known)
	if err != nil {
		return false, err
	}
	if refusal != "" {
		return false, r.Reject(message.CodeConnectRejected, refusal)
	}
	user := r.User()
	l := r.conn.link
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, err := r.accept(engine.PlayAnswer{}); err != nil {
		return false, err
	}
	r.conn.user = user
	l.flush()
	l.wake()
	return true, nil
}

// verify decides a login: "" if it is granted, else what to refuse connect with. The app that counts is the one that
// the client itself has hashed.
func (c *serverConn) verify(r *engine.Request, scheme LoginScheme, password string, known bool) (string, error) {
	app, _, _ := strings.Cut(r.RawApp, "?")
	attempt := authmod.ParseAttempt(r.Query)
	return c.server.logins.Verify(attempt, scheme, app, password, known, time.Since(Epoch))
}

// admit answers a connect by the server's list of users, and reports that the peer may go on. The link is locked.
func (c *serverConn) admit(r *engine.Request) bool {
	o := &c.server.options
	if len(o.Users) == 0 {
		return true
	}
	user := authmod.ParseAttempt(r.Query).User
	password, known := o.Users[user]
	refusal, err := c.verify(r, o.LoginScheme, password, known)
	if err != nil {
		refusal = err.Error()
	}
	if refusal != "" {
		c.engine.Reject(r.ID, message.CodeConnectRejected, refusal)
		return false
	}
	c.user = user
	return true
}
