package rtmp

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"oxrtmp/rtmp/media"
)

// askedToPlay accepts one play of a server's and returns both ends.
func askedToPlay(t *testing.T, s *Server, o *ClientOptions) (*Client, *Session) {
	t.Helper()
	type outcome struct {
		c   *Client
		err error
	}
	connected := make(chan outcome, 1)
	go func() {
		c, err := Play(context.Background(), "rtmp://"+s.Addr()+"/live/cam", o)
		connected <- outcome{c, err}
	}()
	r, err := s.Accept(10 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	session, err := r.Accept()
	if err != nil {
		t.Fatal(err)
	}
	got := <-connected
	if got.err != nil {
		t.Fatal(got.err)
	}
	t.Cleanup(func() { got.c.Close() })
	return got.c, session
}

// A session that is closed on one goroutine while another sends to it: the sender is told at once, whether it waits or
// not, and sends nothing after the good-byes.
func TestSessionClosedWhileItSends(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true, SendTimeout: -1, OutputBytes: 100000, Linger: 20 * time.Second, Timeouts: Timeouts{Write: time.Minute}})
	for _, blocked := range []bool{false, true} {
		options := &ClientOptions{}
		if blocked {
			options.Limits.QueueBytes = 1000
		}
		c, session := askedToPlay(t, s, options)
		failed := make(chan error, 4)
		for range cap(failed) {
			go func() {
				p := media.Packet{Type: media.TypeVideo, Raw: append([]byte{0x17, 1, 0, 0, 0}, make([]byte, 50000)...)}
				for {
					if err := session.SendPacket(&p); err != nil {
						failed <- err
						return
					}
				}
			}()
		}
		if blocked {
			waitFor(t, "the sender to wait", func() bool {
				before := session.Statistics()
				time.Sleep(50 * time.Millisecond)
				after := session.Statistics()
				return before.Queued >= 100000 && before.Packets == after.Packets
			})
		} else {
			go func() {
				for {
					p, err := c.NextPacket(-1)
					if err != nil {
						return
					}
					p.Release()
				}
			}()
			time.Sleep(20 * time.Millisecond)
		}
		session.Close()
		for range cap(failed) {
			select {
			case err := <-failed:
				if err != ErrClosed {
					t.Errorf("blocked %v: %v", blocked, err)
				}
			case <-time.After(10 * time.Second):
				t.Fatalf("blocked %v: not woken", blocked)
			}
		}
		c.link.shut(ErrClosed)
	}
}

// Clients that are closed while they dial, at any moment, end with what they had opened, and give up no connection.
func TestClientsClosedWhileTheyDial(t *testing.T) {
	s := bind(t, nil)
	go s.HandleRequests(func(r *Request) {
		if session, err := r.Accept(); err == nil {
			session.NextPacket(-1)
			session.Close()
		}
	})
	goroutines := runtime.NumGoroutine()
	var mu sync.Mutex
	var opened []net.Conn
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err == nil {
			mu.Lock()
			opened = append(opened, c)
			mu.Unlock()
		}
		return c, err
	}
	for i := range 300 {
		c, err := OpenPublish("rtmp://"+s.Addr()+"/live/cam", &ClientOptions{Dial: dial, Linger: time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		waits := make(chan error, 1)
		go func() { // the events until the end
			for {
				if _, err := c.NextEvent(-1); err != nil {
					waits <- err
					return
				}
			}
		}()
		time.Sleep(time.Duration(i%30) * 20 * time.Microsecond)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
		if err := c.Err(); err != ErrClosed {
			t.Error(err)
		}
		select {
		case err := <-waits:
			if err != ErrClosed {
				t.Error(err)
			}
		case <-time.After(10 * time.Second):
			t.Fatal("not woken")
		}
	}
	for _, c := range opened {
		if err := c.SetDeadline(time.Time{}); !errors.Is(err, net.ErrClosed) {
			t.Error("a connection is open")
		}
	}
	waitFor(t, "the server to see it", func() bool { return s.Connections() == 0 })
	waitFor(t, "the goroutines to end", func() bool { return runtime.NumGoroutine() <= goroutines+2 })
}

// A request that is decided while its server closes, its peer leaves, or its time is over, has one outcome.
func TestRequestsDecidedWhileEverythingEnds(t *testing.T) {
	for round := range 20 {
		s, err := Bind("127.0.0.1:0", &ServerOptions{AskConnection: true, AskConnect: true, AskPlay: true, Linger: time.Millisecond,
			Timeouts: Timeouts{Decision: time.Duration(1+round%5) * time.Millisecond}})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for i := range 8 {
			all.Add(2)
			go func() {
				defer all.Done()
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i)*3*time.Millisecond)
				defer cancel()
				open := Publish
				if i%2 == 0 {
					open = Play
				}
				if c, err := open(ctx, "rtmp://"+s.Addr()+"/live/cam", &ClientOptions{Linger: time.Millisecond}); err == nil {
					c.Close()
				}
			}()
			go func() {
				defer all.Done()
				for {
					r, err := s.Accept(-1)
					if err != nil {
						return
					}
					wins := make(chan bool, 2)
					go func() {
						session, err := r.Accept()
						if wins <- err == nil; session != nil {
							session.Close()
						}
					}()
					go func() { wins <- r.Reject("", "") == nil }()
					if a, b := <-wins, <-wins; a && b {
						t.Error("accepted and rejected")
					}
				}
			}()
		}
		time.Sleep(15 * time.Millisecond)
		s.Close()
		all.Wait()
	}
}
