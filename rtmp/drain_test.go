package rtmp

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"testing"
	"time"

	"oxrtmp/rtmp/media"
)

// drained is what two servers got of a stream that began on the one and ended on the other.
type drained struct {
	frames []uint64     // their numbers, on both
	head   []media.Kind // the first two packets on the second one
	key    bool         // the first frame there is a keyframe
	began  time.Time    // when it came
}

// drainedStreams is what two servers got of all streams, by name.
type drainedStreams struct {
	mu    sync.Mutex
	named map[string]*drained
}

func (s *drainedStreams) take(name string, p *media.Packet, second bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := s.named[name]
	if m == nil {
		m = &drained{}
		s.named[name] = m
	}
	if second && len(m.head) < 2 {
		m.head = append(m.head, p.Kind)
		if p.Kind == media.KindFrame {
			m.key, m.began = p.Keyframe(), Epoch.Add(p.Arrival)
		}
	}
	if p.Kind == media.KindFrame {
		m.frames = append(m.frames, binary.BigEndian.Uint64(p.Data))
	}
}

// serve takes what publishers send, until the server is closed.
func (s *drainedStreams) serve(server *Server, second bool) {
	server.HandleRequests(func(r *Request) {
		session, err := r.Accept()
		if err != nil {
			return
		}
		for p, err := session.NextPacket(20 * time.Second); err == nil; p, err = session.NextPacket(20 * time.Second) {
			s.take(session.StreamName(), &p, second)
			p.Release()
		}
	})
}

// sendNumbered sends numbered frames, ten to a group of pictures, until done.
func sendNumbered(t *testing.T, c *Client, done chan struct{}) {
	defer c.Close()
	c.SendVideoSequenceHeader([]byte{1, 77, 64, 10, 0xFF, 0xE0, 0})
	for n := uint64(0); ; n++ {
		select {
		case <-done:
			return
		case <-time.After(10 * time.Millisecond):
		}
		if err := c.SendVideo(uint32(n*10), n%10 == 0, binary.BigEndian.AppendUint64(nil, n)); err != nil {
			t.Errorf("frame %d: %v", n, err)
			return
		}
	}
}

// A164, C23: a server drains. All its publishers are asked to go to another one and do so within a second; each stream goes on
// there with its header and a keyframe, without a frame lost, and the server's shutdown finds nobody left.
func TestServerDrains(t *testing.T) {
	const clients = 20
	first, second := bind(t, nil), bind(t, nil)
	got := &drainedStreams{named: map[string]*drained{}}
	var serving, sending sync.WaitGroup
	serving.Go(func() { got.serve(first, false) })
	serving.Go(func() { got.serve(second, true) })
	done := make(chan struct{})
	for i := range clients {
		url := fmt.Sprintf("rtmp://%s/live/s%d", first.Addr(), i)
		c, err := Publish(context.Background(), url, &ClientOptions{FollowReconnects: true})
		if err != nil {
			t.Fatal(err)
		}
		sending.Go(func() { sendNumbered(t, c, done) })
	}
	time.Sleep(300 * time.Millisecond)
	asked := time.Now()
	if n := first.RequestReconnect("rtmp://"+second.Addr()+"/live", "draining"); n != clients {
		t.Errorf("%d of %d were asked", n, clients)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := first.Shutdown(ctx); err != nil {
		t.Errorf("the server that drains: %v", err)
	}
	time.Sleep(300 * time.Millisecond)
	close(done)
	sending.Wait()
	second.Shutdown(ctx)
	serving.Wait()

	var longest time.Duration
	for name, m := range got.named {
		if len(m.head) != 2 || m.head[0] != media.KindSequenceHeader || !m.key {
			t.Fatalf("%s goes on with %v, a keyframe: %v", name, m.head, m.key)
		}
		longest = max(longest, m.began.Sub(asked))
		for i, n := range m.frames {
			if n != uint64(i) {
				t.Fatalf("%s: frame %d is number %d", name, i, n)
			}
		}
	}
	if len(got.named) != clients || longest > time.Second {
		t.Errorf("the last of %d followed after %v", len(got.named), longest)
	}
}
