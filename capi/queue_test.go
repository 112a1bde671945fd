package main

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oxrtmp/capi/internal/handle"
	"oxrtmp/rtmp"
)

// C's types have no names in tests; they are those of the functions' parameters.

func eventsFor[E any](_ func(*heldSession, *source, []E) (int, bool), n int) []E { return make([]E, n) }

func countFor[E, N any](_ func([]E, *N) func(*source, int) (int, bool)) *N { return new(N) }

// publishers returns clients, and the sessions at their other ends, of a server.
func publishers(t *testing.T, n int) (*heldServer, []*rtmp.Client, []*heldSession) {
	server := &heldServer{}
	var err error
	if server.Server, err = rtmp.Bind("127.0.0.1:0", &rtmp.ServerOptions{Allocator: blocks, Logger: server.logger()}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	var clients []*rtmp.Client
	var sessions []*heldSession
	for range n {
		c, err := rtmp.OpenPublish("rtmp://"+server.Addr()+"/live/test", nil)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		r, err := server.Accept(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		s, err := r.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if e, err := c.NextEvent(10 * time.Second); err != nil || e.Kind != rtmp.ClientConnected {
			t.Fatal(e, err)
		}
		clients, sessions = append(clients, c), append(sessions, &heldSession{Session: s})
	}
	return server, clients, sessions
}

func newTestQueue(t *testing.T) *eventQueue {
	q, err := newEventQueue(4)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		q.destroy()
		q.free()
	})
	return q
}

// reader takes from a queue until that is destroyed, and counts packets and ends.
type reader struct {
	packets, ends atomic.Int64
	running       sync.WaitGroup
}

func (r *reader) start(q *eventQueue) {
	r.running.Add(1)
	go func() {
		defer r.running.Done()
		events := eventsFor((*heldSession).emit, 100)
		for {
			n, err := q.Wait(-1, len(events), emitTo(events, countFor(emitTo)))
			if err != nil {
				return
			}
			for i := range events[:n] {
				switch events[i]._type {
				case 2:
					r.packets.Add(1)
				case 3:
					r.ends.Add(1)
				}
			}
		}
	}()
}

// Sessions move between queues, and queues come and go, while packets arrive and two readers take from each queue: every
// packet comes once.
func TestSessionsMoveBetweenQueues(t *testing.T) {
	const streams, each = 6, 500
	server, clients, sessions := publishers(t, streams)
	var r reader
	queues := []*eventQueue{newTestQueue(t), newTestQueue(t)}
	for _, q := range queues {
		r.start(q)
		r.start(q)
	}
	var senders, movers sync.WaitGroup
	stop := make(chan struct{})
	for i, c := range clients {
		senders.Add(1)
		go func() {
			defer senders.Done()
			for n := range each {
				if err := c.SendAudio(uint32(n), []byte{byte(i), byte(n)}); err != nil {
					t.Error(err)
					return
				}
			}
			c.Close()
		}()
		movers.Add(1)
		go func() {
			defer movers.Done()
			s := sessions[i]
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := s.attach(s, 1, queues[n%2], uint64(n)); err != nil {
					t.Error(err)
					return
				}
				if n%3 == 0 { // a queue of its own for a moment
					q, err := newEventQueue(0)
					if err != nil {
						t.Error(err)
						return
					}
					if err := s.attach(s, 1, q, 0); err != nil {
						t.Error(err)
					}
					q.destroy()
					q.free()
					if s.current.Load() != nil {
						t.Error("the destroyed queue is still there")
					}
				}
				server.attach(server, 2, queues[n%2], 0)
			}
		}()
	}
	senders.Wait()
	deadline := time.Now().Add(20 * time.Second)
	for r.packets.Load() < streams*each && time.Now().Before(deadline) {
		time.Sleep(time.Millisecond)
	}
	close(stop)
	movers.Wait()
	for _, s := range sessions {
		s.close()
		if err := s.attach(s, 1, queues[0], 0); err != handle.ErrInvalid {
			t.Errorf("attach of a closed session: %v", err)
		}
	}
	for _, q := range queues {
		q.destroy()
	}
	r.running.Wait()
	if n := r.packets.Load(); n != streams*each {
		t.Errorf("%d packets of %d", n, streams*each)
	}
}

// Sessions are closed while their packets are taken.
func TestSessionsCloseInQueue(t *testing.T) {
	const streams = 20
	server, clients, sessions := publishers(t, streams)
	q := newTestQueue(t)
	var r reader
	r.start(q)
	r.start(q)
	if err := server.attach(server, 1, q, 0); err != nil {
		t.Fatal(err)
	}
	var closed sync.WaitGroup
	for i, s := range sessions {
		if err := s.attach(s, 2, q, 0); err != nil {
			t.Fatal(err)
		}
		closed.Add(2)
		go func() {
			defer closed.Done()
			for n := uint32(0); clients[i].SendAudio(n, []byte{1}) == nil; n++ {
			}
		}()
		go func() {
			defer closed.Done()
			time.Sleep(time.Duration(i) * time.Millisecond)
			s.close()
		}()
	}
	closed.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := server.ending.start(&server.attachment, func() error { return server.Shutdown(ctx) }); err != nil {
		t.Fatal(err)
	}
	for !server.ending.done.Load() {
		time.Sleep(time.Millisecond)
	}
	q.destroy()
	r.running.Wait()
	if n := r.ends.Load(); n != 0 {
		t.Errorf("%d ends of closed sessions", n)
	}
}
