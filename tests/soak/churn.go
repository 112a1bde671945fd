package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"oxrtmp/rtmp"
)

// churn is everybody who comes and goes.
type churn struct {
	near, far *station // relays go from near to far, and back under another name
	done      [workers]atomic.Uint64
	number    atomic.Uint32 // of publishers
	frames    atomic.Uint64 // that players have checked
	faults    faults
}

// faults are what should not have happened; the first few are kept.
type faults struct {
	mu    sync.Mutex
	list  []string
	count int
}

func (f *faults) add(format string, a ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count++; len(f.list) < 5 {
		f.list = append(f.list, fmt.Sprintf(format, a...))
	}
}

func (f *faults) err() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 {
		return nil
	}
	return fmt.Errorf("%d faults: %q", f.count, f.list)
}

// The kinds of worker, whose rounds are counted.
const (
	publishing = iota
	playing
	takingOver
	relaying
	misbehaving
	looking
	workers
)

var names = [workers]string{"publishers", "players", "takeovers", "relays", "hostile peers", "looks"}

// crowd is how many of each kind there are at a time.
var crowd = [workers]int{publishing: 6, playing: 12, takingOver: 2, relaying: 2, misbehaving: 3, looking: 1}

// goOn lets everybody come and go for so long, and returns when all have left.
func (c *churn) goOn(seed uint64, length time.Duration) {
	over := make(chan struct{})
	time.AfterFunc(length, func() { close(over) })
	rounds := [workers]func(*rand.Rand, int){c.publish, c.play, c.takeOver, c.relay, c.misbehave, c.look}
	var all sync.WaitGroup
	for kind, n := range crowd {
		for i := range n {
			all.Go(func() {
				r := rand.New(rand.NewPCG(seed, uint64(kind*100+i)))
				for {
					select {
					case <-over:
						return
					default:
					}
					rounds[kind](r, i)
					c.done[kind].Add(1)
				}
			})
		}
	}
	all.Wait()
}

// dialer remembers the connection, so that it can be cut.
type dialer struct{ conn net.Conn }

func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	d.conn = conn
	return conn, err
}

// end ends a client in one of the ways in which clients end.
func (d *dialer) end(r *rand.Rand, c *rtmp.Client) {
	switch r.IntN(4) {
	case 0: // with a reset
		if tcp, ok := d.conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		d.conn.Close()
	case 1: // without a word
		d.conn.Close()
	}
	c.Close()
}

// publish publishes a stream of its own for a while.
func (c *churn) publish(r *rand.Rand, i int) {
	c.publishAs(r, fmt.Sprint("stream-", i), 20+r.IntN(150))
}

// takeOver publishes where somebody else does.
func (c *churn) takeOver(r *rand.Rand, _ int) { c.publishAs(r, "contested", 20+r.IntN(60)) }

func (c *churn) publishAs(r *rand.Rand, name string, frames int) {
	var d dialer
	client, err := rtmp.Publish(context.Background(), c.near.url(name), &rtmp.ClientOptions{Dial: d.dial, Linger: time.Second})
	if err != nil {
		c.faults.add("publishing %s: %v", name, err)
		return
	}
	publisher := c.number.Add(1)
	for n := range uint32(frames) {
		if err = client.SendVideo(n*20, n%10 == 0, frame(publisher, n, 100+r.IntN(6000))); err == nil {
			err = client.SendAudio(n*20, make([]byte, 100))
		}
		if err != nil {
			break // somebody has taken over
		}
		time.Sleep(time.Duration(r.IntN(4)) * time.Millisecond)
	}
	d.end(r, client)
}

// frame is a frame that says whose it is, which one, and how long.
func frame(publisher, number uint32, size int) []byte {
	p := make([]byte, size)
	binary.BigEndian.PutUint32(p, publisher)
	binary.BigEndian.PutUint32(p[4:], number)
	binary.BigEndian.PutUint32(p[8:], uint32(size))
	return p
}

// play plays a stream that is there, or not, for a while, and checks what comes.
func (c *churn) play(r *rand.Rand, i int) {
	name := []string{"stream-0", "stream-1", "stream-2", "contested", "pulled", "nobody"}[r.IntN(6)]
	from := c.near
	if r.IntN(4) == 0 {
		from, name = c.far, "pushed"
	}
	var d dialer
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	client, err := rtmp.Play(ctx, from.url(name), &rtmp.ClientOptions{Dial: d.dial})
	if err != nil {
		time.Sleep(5 * time.Millisecond) // there is no such stream now
		return
	}
	defer func() { d.end(r, client) }()
	relayed := name == "pushed" || name == "pulled" // a new relay begins with the latest keyframe once more
	var last [2]uint32
	for range 10 + r.IntN(200) {
		p, err := client.NextPacket(200 * time.Millisecond)
		if err != nil {
			return
		}
		if p.Type == 9 && len(p.Data) >= 12 {
			publisher, number := binary.BigEndian.Uint32(p.Data), binary.BigEndian.Uint32(p.Data[4:])
			again := publisher == last[0] && number <= last[1] && !(relayed && number%10 == 0)
			if int(binary.BigEndian.Uint32(p.Data[8:])) != len(p.Data) || publisher < last[0] || again {
				c.faults.add("%s: frame %d of publisher %d, %d bytes, after %v", name, number, publisher, len(p.Data), last)
			}
			last = [2]uint32{publisher, number}
			c.frames.Add(1)
		}
		p.Release()
		if r.IntN(100) == 0 { // a slow player
			time.Sleep(50 * time.Millisecond)
		}
	}
}

// relay pushes to the other server and pulls back from there, for a while.
func (c *churn) relay(r *rand.Rand, i int) {
	var relay *rtmp.Relay
	var err error
	options := &rtmp.RelayOptions{RetryMin: 20 * time.Millisecond, RetryMax: 100 * time.Millisecond}
	if i == 0 {
		relay, err = c.near.hub.Push("live", "stream-0", c.far.url("pushed"), options)
	} else {
		options.OnDemand = r.IntN(2) == 0
		relay, err = c.near.hub.Pull("live", "pulled", c.far.url("pushed"), options)
	}
	if err != nil {
		c.faults.add("relay: %v", err)
		return
	}
	time.Sleep(time.Duration(50+r.IntN(500)) * time.Millisecond)
	relay.Close()
}

// misbehave connects and does not do what it should.
func (c *churn) misbehave(r *rand.Rand, _ int) {
	conn, err := net.Dial("tcp", c.near.server.Addr())
	if err != nil {
		c.faults.add("connecting: %v", err)
		return
	}
	defer conn.Close()
	hello := make([]byte, 1+2*1536)
	hello[0] = 3
	switch r.IntN(4) {
	case 0: // nothing
	case 1: // half a handshake
		conn.Write(hello[:r.IntN(len(hello))])
	case 2: // nonsense after one
		conn.Write(hello)
		nonsense := make([]byte, 5000)
		for i := range nonsense {
			nonsense[i] = byte(r.Uint32())
		}
		conn.Write(nonsense)
	case 3: // it never reads, and half closes
		conn.Write(hello)
		conn.(*net.TCPConn).CloseWrite()
	}
	conn.SetReadDeadline(time.Now().Add(time.Duration(r.IntN(100)) * time.Millisecond))
	io.Copy(io.Discard, conn)
}

// look reads the figures, as monitoring does.
func (c *churn) look(r *rand.Rand, _ int) {
	for _, s := range []*station{c.near, c.far} {
		all := s.server.Statistics()
		if all.Panics > 0 {
			c.faults.add("%d panics", all.Panics)
		}
		all.AppendPrometheus(all.AppendJSON(nil))
		s.hub.Streams()
	}
	time.Sleep(20 * time.Millisecond)
}
