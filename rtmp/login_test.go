package rtmp

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// tryPublish publishes in the background and returns the outcome.
func tryPublish(url string, o *ClientOptions) <-chan error {
	done := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		c, err := Publish(ctx, url, o)
		if err == nil {
			c.Close()
		}
		done <- err
	}()
	return done
}

func TestLogins(t *testing.T) {
	for _, scheme := range []LoginScheme{LoginAdobe, LoginLimelight} {
		s := bind(t, &ServerOptions{Users: map[string]string{"alice": "s3cret"}, LoginScheme: scheme})
		outcome := tryPublish("rtmp://alice:s3cret@"+s.Addr()+"/live/instance/key?a=1", nil)
		r, err := s.Accept(10 * time.Second)
		if err != nil {
			t.Fatal(scheme, err)
		}
		if r.App() != "live/instance" || r.StreamName() != "key" || r.User() != "alice" || !strings.HasPrefix(r.Query(), "a=1") {
			t.Errorf("%s: app %q, name %q, user %q, query %q", scheme, r.App(), r.StreamName(), r.User(), r.Query())
		}
		session, err := r.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if err := <-outcome; err != nil || session.User() != "alice" {
			t.Errorf("%s: %v, user %q", scheme, err, session.User())
		}
		outcome = tryPublish("rtmp://"+s.Addr()+"/live/key", &ClientOptions{User: "alice", Password: "s3cret"})
		accept(t, s)
		if err := <-outcome; err != nil {
			t.Errorf("%s: user and password from the options: %v", scheme, err)
		}
		for _, url := range []string{"alice:wrong@", "bob:s3cret@", "alice@", ""} {
			err := <-tryPublish("rtmp://"+url+s.Addr()+"/live/key", nil)
			var status *StatusError
			if !errors.Is(err, ErrAuthentication) || !errors.As(err, &status) || status.Code != "NetConnection.Connect.Rejected" {
				t.Errorf("%s %s: %v", scheme, url, err)
			}
		}
		if _, err := s.Accept(0); !errors.Is(err, ErrTimeout) {
			t.Errorf("%s: a request came of somebody who may not: %v", scheme, err)
		}
	}
}

// A server that has users and names no scheme lets them log in by Adobe's.
func TestLoginSchemeByDefault(t *testing.T) {
	s := bind(t, &ServerOptions{Users: map[string]string{"alice": "s3cret"}})
	outcome := tryPublish("rtmp://alice:s3cret@"+s.Addr()+"/live/key", nil)
	if session := accept(t, s); session.User() != "alice" {
		t.Errorf("user %q", session.User())
	}
	if err := <-outcome; err != nil {
		t.Error(err)
	}
	var status *StatusError
	if err := <-tryPublish("rtmp://"+s.Addr()+"/live/key", nil); !errors.As(err, &status) || !strings.Contains(status.Description, "authmod=adobe") {
		t.Error(err)
	}
}

// The application decides itself, with the passwords wherever it has them.
func TestLoginByRequest(t *testing.T) {
	s := bind(t, &ServerOptions{AskConnect: true})
	outcome := tryPublish("rtmp://alice:s3cret@"+s.Addr()+"/live/key", nil)
	for step := range 3 {
		r, err := s.Accept(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if want := []string{"", "alice", "alice"}[step]; r.Kind() != RequestConnect || r.User() != want {
			t.Fatalf("step %d: kind %d, user %q", step, r.Kind(), r.User())
		}
		granted, err := r.Login(LoginAdobe, "s3cret", r.User() == "alice")
		if err != nil || granted != (step == 2) {
			t.Fatalf("step %d: %v %v", step, granted, err)
		}
		if _, err := r.Login(LoginAdobe, "s3cret", true); !errors.Is(err, ErrDecided) {
			t.Errorf("a second answer: %v", err)
		}
	}
	r, err := s.Accept(10 * time.Second)
	if err != nil || r.Kind() != RequestPublish || r.User() != "alice" {
		t.Fatalf("%+v %v", r, err)
	}
	if _, err := r.Login(LoginAdobe, "s3cret", true); !errors.Is(err, ErrDecided) {
		t.Errorf("a publish that logs in: %v", err)
	}
	if _, err := r.Accept(); err != nil {
		t.Error(err)
	}
	if err := <-outcome; err != nil {
		t.Error(err)
	}
}

// FFmpeg has clients of both schemes of its own.
func TestFFmpegLogsIn(t *testing.T) {
	for _, scheme := range []LoginScheme{LoginAdobe, LoginLimelight} {
		s := bind(t, &ServerOptions{Users: map[string]string{"alice": "s3cret"}, LoginScheme: scheme})
		ffmpeg := func(password string) *exec.Cmd {
			return exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-i", "../testdata/flv/sample-h264-aac.flv", "-t", "1",
				"-c", "copy", "-f", "flv", "rtmp://alice:"+password+"@"+s.Addr()+"/live/key")
		}
		right := ffmpeg("s3cret")
		if err := right.Start(); err != nil {
			t.Fatal(err)
		}
		session := accept(t, s)
		packets := 0
		for {
			p, err := session.NextPacket(20 * time.Second)
			if err != nil {
				break
			}
			p.Release()
			packets++
		}
		if err := right.Wait(); err != nil || packets < 30 || session.User() != "alice" {
			t.Errorf("%s: %v after %d packets of %q", scheme, err, packets, session.User())
		}
		said, err := ffmpeg("wrong").CombinedOutput()
		if err == nil || !strings.Contains(string(said), "authfailed") && !strings.Contains(string(said), "sername/password") {
			t.Errorf("%s: a wrong password: %v, %s", scheme, err, said)
		}
	}
}
