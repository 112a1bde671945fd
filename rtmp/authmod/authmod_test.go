package authmod

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/internal/vectors"
)

func TestVectors(t *testing.T) {
	for _, v := range vectors.Load(t, "auth.json") {
		var w struct {
			User, Password, Salt, Challenge, Opaque, App, Nonce, CNonce, NC, Response string
			ClientChallenge                                                           string `json:"client_challenge"`
		}
		v.Decode(t, &w)
		got := AdobeResponse(w.User, w.Password, w.Salt, w.Challenge, w.Opaque, w.ClientChallenge)
		if w.Nonce != "" {
			got = LLNWResponse(w.User, w.Password, w.App, w.Nonce, w.NC, w.CNonce)
		}
		if got != w.Response {
			t.Errorf("%s: %s, want %s", v.ID, got, w.Response)
		}
	}
}

// source is a source of bytes that is the same in every run.
func source(seed byte) *rand.ChaCha8 { return rand.NewChaCha8([32]byte{seed}) }

// login runs a whole login of alice, whose password is s3cret, and returns the last refusal.
func login(t *testing.T, v *Verifier, c *Client, scheme Scheme, app string) (string, error) {
	t.Helper()
	suffix := ""
	for range 4 {
		a := ParseAttempt(strings.TrimPrefix(suffix, "?"))
		refusal, err := v.Verify(a, scheme, app, "s3cret", a.User == "alice", 0)
		if err != nil {
			t.Fatal(err)
		}
		if refusal == "" {
			return "", nil
		}
		if len(refusal) >= 255 {
			t.Errorf("a description of %d bytes, longer than FFmpeg reads", len(refusal))
		}
		if suffix, err = c.Answer(refusal, app); err != nil {
			return refusal, err
		}
	}
	t.Fatal("the login does not end")
	return "", nil
}

func TestLogin(t *testing.T) {
	for _, scheme := range []Scheme{Adobe, Limelight} {
		for _, app := range []string{"live", "live/instance"} {
			v := &Verifier{Rand: source(1)}
			for _, try := range []struct {
				user, password string
				want           error
			}{
				{"alice", "s3cret", nil},
				{"alice", "secret", ErrFailed},
				{"alice", "", ErrFailed},
				{"bob", "s3cret", ErrFailed},
				{"", "", ErrNoCredentials},
				{strings.Repeat("u", MaxUserBytes), "s3cret", ErrFailed},
			} {
				c := &Client{User: try.user, Password: try.password, Rand: source(2)}
				if refusal, err := login(t, v, c, scheme, app); !errors.Is(err, try.want) {
					t.Errorf("%s %s: %q with %q: %v (%s)", scheme, app, try.user, try.password, err, refusal)
				}
			}
		}
	}
}

// Descriptions as deployed servers write them.
func TestClientReadsDescriptions(t *testing.T) {
	const adobeNeed = "?reason=needauth&user=alice&salt=Zm9v&challenge=BAgAAA==&opaque=vgoAAA=="
	for _, test := range []struct {
		description, want string
		err               error
	}{
		{"[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ", "?authmod=adobe&user=alice", nil},
		{"code=403 need auth; authmod=adobe", "?authmod=adobe&user=alice", nil},
		{"[ code=403 need auth; authmod=llnw ]", "?authmod=llnw&user=alice", nil},
		{"[ AccessManager.Reject ] : [ authmod=adobe ] : " + adobeNeed, "?authmod=adobe&user=alice&challenge=", nil},
		{"authmod=adobe " + adobeNeed, "?authmod=adobe&user=alice&challenge=", nil},
		{"[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=nosuchuser&opaque=1", "", ErrFailed},
		{"[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=authfail&opaque=1", "", ErrFailed},
		{"[ code=403 need auth; authmod=kerberos ]", "", ErrScheme},
		{"[ code=403 need auth; authmod= ]", "", ErrScheme},
		{"access denied", "", ErrNoLogin},
		{"", "", ErrNoLogin},
	} {
		c := Client{User: "alice", Password: "s3cret", Rand: source(3)}
		got, err := c.Answer(test.description, "live")
		if !errors.Is(err, test.err) || !strings.HasPrefix(got, test.want) || (test.want == "") != (got == "") {
			t.Errorf("%q: %q, %v", test.description, got, err)
		}
	}
}

// The response to the vector's challenge, with the client's own challenge as random bytes give it.
func TestClientAnswersTheVector(t *testing.T) {
	c := Client{User: "alice", Password: "s3cret", Rand: bytes.NewReader([]byte{0x0a, 0x1b, 0x2c, 0x3d})}
	got, err := c.Answer("[ authmod=adobe ] : ?reason=needauth&user=alice&salt=Zm9v&challenge=BAgAAA==&opaque=vgoAAA==", "live")
	want := "?authmod=adobe&user=alice&challenge=0a1b2c3d&response=E1/Pj0PWH5M1bKNQd0uxcA==&opaque=vgoAAA=="
	if err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
	c = Client{User: "alice", Password: "s3cret", Rand: bytes.NewReader([]byte{0x0a, 0x1b, 0x2c, 0x3d})}
	got, err = c.Answer("[ authmod=llnw ] : ?reason=needauth&user=alice&nonce=Tm9uY2U=", "live")
	want = "?authmod=llnw&user=alice&nonce=Tm9uY2U=&cnonce=0a1b2c3d&nc=00000001&response=e68e82a926fac2444813a79bcaf5c16e"
	if err != nil || got != want {
		t.Errorf("%s, %v", got, err)
	}
}

// answer returns the attempt of a client that answers one challenge.
func answer(t *testing.T, v *Verifier, scheme Scheme, now time.Duration) Attempt {
	t.Helper()
	first := ParseAttempt(fmt.Sprintf("authmod=%s&user=alice", scheme))
	refusal, err := v.Verify(first, scheme, "live", "", false, now)
	if err != nil {
		t.Fatal(err)
	}
	c := Client{User: "alice", Password: "s3cret", Rand: source(4)}
	suffix, err := c.Answer(refusal, "live")
	if err != nil {
		t.Fatal(err)
	}
	return ParseAttempt(suffix[1:])
}

func TestChallengesAreAnsweredOnceAndInTime(t *testing.T) {
	for _, scheme := range []Scheme{Adobe, Limelight} {
		v := &Verifier{Rand: source(5)}
		granted := func(a Attempt, now time.Duration) bool {
			refusal, err := v.Verify(a, scheme, "live", "s3cret", true, now)
			if err != nil {
				t.Fatal(err)
			}
			return refusal == ""
		}
		a := answer(t, v, scheme, 0)
		if !granted(a, Lifetime) || granted(a, Lifetime) {
			t.Errorf("%s: a challenge is not good for exactly one answer", scheme)
		}
		if granted(answer(t, v, scheme, 0), Lifetime+1) {
			t.Errorf("%s: a challenge outlives its time", scheme)
		}
		other := answer(t, v, scheme, 0)
		other.User = "bob"
		if granted(other, 0) {
			t.Errorf("%s: somebody else's challenge is taken", scheme)
		}
		if bare := ParseAttempt(fmt.Sprintf("authmod=%s&user=alice&response=", scheme)); granted(bare, 0) {
			t.Errorf("%s: an empty response is taken", scheme)
		}
	}
}

func TestPendingChallengesAreBounded(t *testing.T) {
	v := &Verifier{Rand: source(6)}
	first := answer(t, v, Adobe, 0)
	for range MaxPending {
		answer(t, v, Adobe, 0)
	}
	if len(v.pending) != MaxPending || len(v.order) != MaxPending {
		t.Errorf("%d challenges and %d places", len(v.pending), len(v.order))
	}
	if refusal, _ := v.Verify(first, Adobe, "live", "s3cret", true, 0); refusal == "" {
		t.Error("the oldest challenge was not forgotten")
	}
	answer(t, v, Adobe, 2*Lifetime)
	if len(v.pending) != 1 || len(v.order) != 1 {
		t.Errorf("%d challenges and %d places after their time", len(v.pending), len(v.order))
	}
}

func TestUserNames(t *testing.T) {
	for user, want := range map[string]bool{
		"alice": true, "al-ice@example.org": true, "Ünal": true, strings.Repeat("u", MaxUserBytes): true,
		"": false, "a b": false, "a\nb": false, "a\x7Fb": false, "a?b": false, "[a]": false, strings.Repeat("u", MaxUserBytes+1): false,
	} {
		if got := ParseAttempt("x=1&authmod=adobe&user="+user).Scheme == Adobe; got != want {
			t.Errorf("%q: %v", user, got)
		}
	}
}

// FuzzAttempt feeds anything as parameters and as descriptions: nothing but a right answer is granted, nothing panics.
func FuzzAttempt(f *testing.F) {
	f.Add("authmod=adobe&user=alice&challenge=1&response=2&opaque=3", "[ authmod=adobe ] : ?reason=needauth&salt=1")
	f.Add("authmod=llnw&user=alice&nonce=1&cnonce=2&nc=3&response=4", "[ authmod=llnw ] : ?reason=needauth&nonce=1")
	f.Fuzz(func(t *testing.T, query, description string) {
		v := &Verifier{Rand: source(7)}
		a := ParseAttempt(query)
		if refusal, err := v.Verify(a, Adobe, "live", "s3cret", true, 0); err == nil && refusal == "" {
			t.Error("granted without a challenge")
		}
		c := Client{User: "alice", Password: "s3cret", Rand: source(8)}
		for range 3 {
			if suffix, err := c.Answer(description, "live"); err == nil && !strings.HasPrefix(suffix, "?authmod=") {
				t.Errorf("%q", suffix)
			}
		}
	})
}
