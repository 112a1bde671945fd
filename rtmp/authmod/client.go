package authmod

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Errors of a login.
var (
	// ErrFailed says that user and password do not fit, or that the server does not take them.
	ErrFailed = errors.New("authmod: wrong user or password")
	// ErrNoCredentials says that the server asks for a login and there is no user to log in with.
	ErrNoCredentials = errors.New("authmod: the server asks for user and password")
	// ErrScheme says that the server asks for a login of a kind that is not known.
	ErrScheme = errors.New("authmod: unknown kind of login")
	// ErrNoLogin says that a refusal has nothing to do with logging in.
	ErrNoLogin = errors.New("authmod: not a demand for a login")
)

// Client logs in: it is told each refusal of connect, and says what the next connection appends to app and tcUrl.
type Client struct {
	User     string
	Password string
	Rand     io.Reader // for the client's challenges

	asked    bool // the user was named
	answered bool // a response was sent: there is no second try
}

// Answer returns the parameters, with their '?', that the next connection appends to its app and tcUrl, after a refusal
// with this description. app is the application without its query. It fails with ErrNoLogin if the refusal is none of
// its business, ErrNoCredentials, ErrScheme, or ErrFailed when the server has said no.
func (c *Client) Answer(description, app string) (string, error) {
	scheme, err := demanded(description)
	if err != nil {
		return "", err
	}
	if c.User == "" {
		return "", ErrNoCredentials
	}
	_, query, ok := strings.Cut(description, "?reason=")
	switch {
	case c.answered:
		return "", ErrFailed
	case !ok && strings.Contains(description, "need auth") && !c.asked:
		c.asked = true
		return fmt.Sprintf("?authmod=%s&user=%s", scheme, c.User), nil
	case !strings.HasPrefix(query, "needauth"):
		return "", ErrFailed
	}
	c.answered = true
	return c.respond(scheme, parse(strings.TrimRight(query, " ]")), app)
}

// demanded returns the scheme that a refusal asks for.
func demanded(description string) (Scheme, error) {
	_, name, ok := strings.Cut(description, "authmod=")
	if !ok {
		return None, ErrNoLogin
	}
	if end := strings.IndexAny(name, " ;]&?:"); end >= 0 {
		name = name[:end]
	}
	scheme := schemeNamed(name)
	if scheme == None {
		return None, ErrScheme
	}
	return scheme, nil
}

func (c *Client) respond(scheme Scheme, p parameters, app string) (string, error) {
	challenge, err := random(c.Rand, 4)
	if err != nil {
		return "", err
	}
	if scheme == Limelight {
		response := LLNWResponse(c.User, c.Password, app, p["nonce"], llnwCount, challenge)
		return fmt.Sprintf("?authmod=llnw&user=%s&nonce=%s&cnonce=%s&nc=%s&response=%s",
			c.User, p["nonce"], challenge, llnwCount, response), nil
	}
	response := AdobeResponse(c.User, c.Password, p["salt"], p["challenge"], p["opaque"], challenge)
	suffix := fmt.Sprintf("?authmod=adobe&user=%s&challenge=%s&response=%s", c.User, challenge, response)
	if p["opaque"] != "" {
		suffix += "&opaque=" + p["opaque"]
	}
	return suffix, nil
}
