package authmod

import (
	"crypto/subtle"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
)

// Bounds on what peers that begin logins may cost.
const (
	// Lifetime is how long a challenge may be answered.
	Lifetime = 30 * time.Second
	// MaxPending is how many challenges are kept; past that the oldest is forgotten.
	MaxPending = 4096
	// MaxUserBytes is the length of the longest user name: descriptions must stay below the 255 bytes that FFmpeg reads.
	MaxUserBytes = 64
)

// Verifier is a server's side of logins: one for all its connections. Each challenge is random and may be answered
// once. Its methods may be called from any goroutine.
type Verifier struct {
	// Rand is where challenges come from.
	Rand io.Reader

	mu      sync.Mutex
	pending map[string]challenge // by opaque value or nonce
	order   []string             // of pending, the oldest first
}

type challenge struct {
	scheme Scheme
	user   string
	salt   string
	end    time.Duration
}

// Attempt is what a peer's connect says about a login.
type Attempt struct {
	Scheme Scheme // None: nothing
	User   string

	parameters parameters
}

// ParseAttempt finds a login among the parameters of an app or tcUrl.
func ParseAttempt(query string) Attempt {
	p := parse(query)
	scheme := schemeNamed(p["authmod"])
	if scheme == None || !validUser(p["user"]) {
		return Attempt{}
	}
	return Attempt{Scheme: scheme, User: p["user"], parameters: p}
}

// validUser reports whether a name can stand in a description without being taken for something else.
func validUser(user string) bool {
	if user == "" || len(user) > MaxUserBytes {
		return false
	}
	return strings.IndexFunc(user, func(r rune) bool { return r <= ' ' || r == 0x7F || strings.ContainsRune("&?=[]", r) }) < 0
}

// Verify decides an attempt: "" when it is granted, else the description to refuse connect with, which asks for the
// next step of a login by scheme, or says that it has failed. app is the application without its query; password is
// the user's, and known says that there is such a user; both are only looked at when the attempt has a response. now is
// any clock that goes on.
func (v *Verifier) Verify(a Attempt, scheme Scheme, app, password string, known bool, now time.Duration) (string, error) {
	if a.Scheme != scheme {
		return fmt.Sprintf("[ AccessManager.Reject ] : [ code=403 need auth; authmod=%s ] : ", scheme), nil
	}
	response, answered := a.parameters["response"]
	if !answered {
		return v.challenge(a, now)
	}
	if v.check(a, response, app, password, now) && known {
		return "", nil
	}
	return fmt.Sprintf("[ AccessManager.Reject ] : [ authmod=%s ] : ?reason=authfailed&user=%s", scheme, a.User), nil
}

// challenge begins a login. Whether there is such a user makes no difference here: that is nobody's to find out.
func (v *Verifier) challenge(a Attempt, now time.Duration) (string, error) {
	key, err := random(v.Rand, 8)
	if err != nil {
		return "", err
	}
	salt, err := random(v.Rand, 4)
	if err != nil {
		return "", err
	}
	v.remember(key, challenge{a.Scheme, a.User, salt, now + Lifetime}, now)
	begin := fmt.Sprintf("[ AccessManager.Reject ] : [ authmod=%s ] : ?reason=needauth&user=%s", a.Scheme, a.User)
	if a.Scheme == Limelight {
		return begin + "&nonce=" + key, nil
	}
	return begin + "&salt=" + salt + "&challenge=" + key + "&opaque=" + key, nil
}

func (v *Verifier) remember(key string, c challenge, now time.Duration) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.pending == nil {
		v.pending = make(map[string]challenge)
	}
	for len(v.order) > 0 && (len(v.order) >= MaxPending || v.ended(v.order[0], now)) {
		delete(v.pending, v.order[0])
		v.order = v.order[1:]
	}
	v.pending[key] = c
	v.order = append(v.order, key)
}

// ended reports that a challenge was answered or is too old.
func (v *Verifier) ended(key string, now time.Duration) bool {
	c, ok := v.pending[key]
	return !ok || now > c.end
}

// take returns a challenge and forgets it.
func (v *Verifier) take(key string) (challenge, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c, ok := v.pending[key]
	delete(v.pending, key)
	return c, ok
}

func (v *Verifier) check(a Attempt, response, app, password string, now time.Duration) bool {
	key, wanted := a.parameters["opaque"], ""
	if a.Scheme == Limelight {
		key = a.parameters["nonce"]
		wanted = LLNWResponse(a.User, password, app, key, a.parameters["nc"], a.parameters["cnonce"])
	}
	c, ok := v.take(key)
	if !ok || now > c.end || c.user != a.User || c.scheme != a.Scheme {
		return false
	}
	if a.Scheme == Adobe {
		wanted = AdobeResponse(a.User, password, c.salt, key, key, a.parameters["challenge"])
	}
	return subtle.ConstantTimeCompare([]byte(response), []byte(wanted)) == 1
}
