package rtmp

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"sync"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// protocol is what a link needs of an engine, of either side.
type protocol interface {
	Receive(p []byte, now time.Duration) (int, error)
	NextEvent() (engine.Event, bool)
	Unfinished() bool
	Deadline() (time.Duration, bool)
	Advance(now time.Duration) error
	Resume(now time.Duration)
	TakeOutput(spare []byte) []byte
	OutputBytes() int
	Closing() bool
	Phase() engine.Phase
	Counters() engine.Counters
	Close()
}

// owner is the server's or client's side of a link.
type owner interface {
	// handle takes one event. It is called with the link locked, and must not wait.
	handle(e engine.Event)
	// blocked reports that nothing more may be received for now; wake ends the wait. It is called with the link
	// locked.
	blocked() bool
	// drained is called when output has left. The link is locked.
	drained()
}

// link runs an engine over a transport. One goroutine receives; while there is output, another one sends: link_send.go.
// Everybody else calls the engine under mu and then flush.
type link struct {
	transport transport
	owner     owner
	begun     time.Time
	most      int // bytes of output that may wait because the peer does not read
	idleWrite time.Duration
	lingerFor time.Duration
	traffic   traffic
	keeper    *keeper      // nil: nothing is kept
	goFunc    func(func()) // starts a goroutine that the owner accounts for
	// renew, if it is not nil, is asked when a conversation is over, errClosing, or has failed, whether there is another one,
	// on a connection of its own; if there is none it says how the link ends.
	renew func(err error) (bool, error)

	armed   bool          // the transport has a read deadline, which is the receiver's to know:
	armedAt time.Duration // this one

	mu        sync.Mutex
	engine    protocol
	before    Phase         // the phase before the engine's own begin, while that lasts
	output    output        // what waits to be sent, after it the engine's own output
	spare     []byte        // memory for the engine's next output
	writing   bool          // the writer's goroutine runs
	decision  func()        // not nil: decides what the engine waits for, called by the receiver with nothing locked
	deciding  bool          // it runs, and flushNow comes after it
	replacing bool          // the transport was closed because there will be another one
	keeps     bool          // renew may make another connection when this one fails
	fault     error         // why this connection failed, then
	drained   chan struct{} // not nil: closed when output goes away
	err       error         // why the link is dead; set once
	unsent    int           // output that was queued then
	wakeUp    chan struct{} // holds a token when blocked may have changed
	dead      chan struct{} // closed with err
	pings     uint32
	answers   map[uint32]chan struct{}          // closed when the ping of that number is answered
	replies   map[uint32]func(*message.Command) // get the answers to calls, by transaction; nil: it is too late
}

// newLink returns a link whose connection ends when more than so many bytes of output wait.
func newLink(t transport, o owner, e protocol, most int, idleWrite time.Duration) *link {
	l := &link{
		transport: t, owner: o, engine: e, begun: time.Now(),
		most: most, idleWrite: max(0, idleWrite), lingerFor: 2 * time.Second,
		wakeUp: make(chan struct{}, 1), dead: make(chan struct{}),
	}
	l.traffic.on(t)
	return l
}

// connected gives a link that was made before its connection the transport. It closes t if the link is dead by now.
// The engine's time begins here.
func (l *link) connected(t transport) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		t.close()
		return l.err
	}
	l.transport, l.begun = t, time.Now()
	l.traffic.on(t)
	return nil
}

// Epoch is where the process's packets count their Arrival from: Epoch.Add(p.Arrival) is when the last byte of p was
// read, on the monotonic clock.
var Epoch = time.Now()

// now is the time since the link began, on the monotonic clock.
func (l *link) now() time.Duration { return time.Since(l.begun) }

// run receives until the connection ends and returns why: nil when the conversation ended as it should, io.EOF when
// the peer closed the connection. The transport is closed, and the engine's memory released, when it returns, by a
// panic too.
func (l *link) run() error {
	defer l.release()
	err := l.receive()
	for again := true; again && l.renew != nil; {
		if again, err = l.renew(l.failure(err)); again {
			err = l.receive()
		}
	}
	if err == errClosing {
		err = nil
		l.finish()
	}
	l.shut(err)
	return err
}

// broken ends a connection that has failed, and the link with it unless there will be another one. The link is locked.
func (l *link) broken(err error) {
	switch {
	case !l.keeps:
		l.kill(err)
	case l.fault == nil:
		l.fault = err
		l.transport.close()
	}
}

// failure is why a connection ended, of which the receiver may know only that it was closed.
func (l *link) failure(err error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fault != nil {
		return l.fault
	}
	return err
}

func (l *link) release() {
	l.shut(nil)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.transport.release()
	l.engine.Close()
	if !l.writing {
		l.output.drop()
	}
}

var errClosing = errors.New("the conversation is over")

func (l *link) receive() error {
	for {
		p, err := l.read()
		if err != nil {
			return err
		}
		l.traffic.received.Add(uint64(len(p)))
		if l.keeper != nil {
			l.keeper.add(p)
		}
		err = l.input(p)
		l.transport.release()
		if err != nil {
			return err
		}
	}
}

// read waits for bytes until the engine's deadline, and tells the engine when that passes.
func (l *link) read() ([]byte, error) {
	var last time.Duration
	for early := 0; ; early++ {
		until, closing := l.prepareRead()
		if closing {
			return nil, errClosing
		}
		if until != last { // deadlines come one by one; only one that stays would come for ever
			last, early = until, 0
		}
		p, err := l.transport.read()
		if err == nil {
			return p, nil
		}
		if l.isDead() {
			return nil, l.deadError()
		}
		var timeout net.Error
		if !errors.As(err, &timeout) || !timeout.Timeout() || early > 1000 {
			if errors.Is(err, io.EOF) {
				return nil, io.EOF
			}
			return nil, atPhase(l.phase(), err)
		}
		if err := l.advance(); err != nil {
			return nil, err
		}
	}
}

// prepareRead makes the next read return at the engine's deadline, or before, and returns that time, or reports
// that the conversation is over. A deadline that has only moved away, as the idle one does with each byte, leaves the timer as it is: it fires
// early once, and is then set anew.
func (l *link) prepareRead() (until time.Duration, closing bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.engine.Closing() {
		return 0, true
	}
	deadline, ok := l.engine.Deadline()
	if l.armed && (!ok || deadline >= l.armedAt) {
		return l.armedAt, false
	}
	l.armed, l.armedAt = ok, deadline
	if ok {
		l.transport.setReadDeadline(l.begun.Add(deadline))
	} else {
		l.transport.setReadDeadline(time.Time{})
	}
	return l.armedAt, false
}

// interruptRead makes the receiver look at the engine again. The link is locked.
func (l *link) interruptRead() {
	l.armed, l.armedAt = true, 0
	l.transport.setReadDeadline(time.Unix(1, 0))
	l.wake()
}

// advance tells the engine the time.
func (l *link) advance() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.armed = false
	err := l.engine.Advance(l.now())
	l.traffic.show(l.engine)
	l.events()
	l.flush()
	if err != nil {
		return atPhase(l.engine.Phase(), err)
	}
	return nil
}

// input gives received bytes to the engine, as fast as the application takes what results.
func (l *link) input(p []byte) error {
	for more := true; more; {
		n, blocked, err := l.step(p)
		if err != nil {
			return err
		}
		p = p[n:]
		more = len(p) > 0 || l.unfinished()
		switch {
		case blocked:
			l.decide()
			p = l.park(p)
			if err := l.waitUnblocked(); err != nil {
				return err
			}
		case more: // Limits.ReadChunks, or many events
			runtime.Gosched()
		}
	}
	return nil
}

// decide has the decision made, if there is one for the receiver to make, and sends what follows from it at once.
func (l *link) decide() {
	l.mu.Lock()
	defer l.mu.Unlock()
	decide := l.decision
	if decide == nil {
		return
	}
	l.decision, l.deciding = nil, true
	l.unlocked(decide)
	l.deciding = false
	if l.queued() > 0 {
		l.flushNow()
	}
}

// unlocked calls f with the link unlocked. It is locked again after a panic too.
func (l *link) unlocked(f func()) {
	l.mu.Unlock()
	defer l.mu.Lock()
	f()
}

// park keeps p for a wait that may be long: a little is copied, so that the transport's block can go.
func (l *link) park(p []byte) []byte {
	if len(p) > readSize/16 {
		return p
	}
	p = bytes.Clone(p)
	l.transport.release()
	return p
}

// step gives bytes to the engine once.
func (l *link) step(p []byte) (n int, blocked bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, err = l.engine.Receive(p, l.now())
	l.traffic.show(l.engine)
	l.events()
	if l.queued() > 0 {
		l.flushNow() // an answer needs no goroutine
	}
	switch {
	case err != nil:
		return n, false, atPhase(l.engine.Phase(), err)
	case l.engine.Closing():
		return n, false, errClosing
	case l.engine.OutputBytes() > l.most:
		return n, false, atPhase(l.engine.Phase(), errOutput)
	}
	return n, l.owner.blocked(), nil
}

var errOutput = errors.New("the peer does not read")

// waitUnblocked waits for the owner, and lets the engine's deadlines pass meanwhile.
func (l *link) waitUnblocked() error {
	for {
		blocked, closing, deadline, ok := l.look()
		if closing {
			return errClosing
		}
		if !blocked {
			return nil
		}
		var expired <-chan time.Time
		var timer *time.Timer
		if ok {
			timer = time.NewTimer(deadline - l.now())
			expired = timer.C
		}
		select {
		case <-l.wakeUp:
		case <-l.dead:
		case <-expired:
			if err := l.advance(); err != nil {
				return err
			}
		}
		if timer != nil {
			timer.Stop()
		}
		if l.isDead() {
			return l.deadError()
		}
	}
}

func (l *link) look() (blocked, closing bool, deadline time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if blocked = l.owner.blocked(); !blocked {
		l.engine.Resume(l.now())
	}
	deadline, ok = l.decisionDeadline()
	return blocked, l.engine.Closing(), deadline, ok
}

// decisionDeadline is the engine's deadline while it waits for a decision. While it waits for the application to take
// packets no deadline runs: the peer is not to blame.
func (l *link) decisionDeadline() (time.Duration, bool) {
	if d, ok := l.engine.(interface{ Deciding() bool }); ok && d.Deciding() {
		return l.engine.Deadline()
	}
	return 0, false
}

// wake makes the receiver look again whether it is blocked.
func (l *link) wake() { give(l.wakeUp) }

// events hands the engine's events to the owner; of a message that brings very many, some. The link is locked.
func (l *link) events() {
	for n := 0; ; n++ {
		if l.engine.Unfinished() && (n >= mostAtOnce || l.owner.blocked()) {
			return
		}
		e, ok := l.engine.NextEvent()
		if !ok {
			return
		}
		l.owner.handle(e)
	}
}

// mostAtOnce bounds the events for which the link stays locked.
const mostAtOnce = 1024

// unfinished reports that there are more events of a message.
func (l *link) unfinished() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.engine.Unfinished()
}

// finish ends a conversation that is over: it sends what output is left, ends our direction, and waits for the peer
// to end its own, so that our last words are not lost to a reset.
func (l *link) finish() {
	until := time.Now().Add(l.lingerFor)
	l.mu.Lock()
	if l.fault != nil {
		l.mu.Unlock()
		return
	}
	l.flush()
	err := l.waitQueued(0, l.lingerFor, func() error { return l.fault })
	l.mu.Unlock()
	if err != nil || l.transport.closeWrite(time.Until(until)) != nil {
		return
	}
	l.transport.setReadDeadline(until)
	for {
		_, err := l.transport.read()
		l.transport.release()
		if err != nil || l.isDead() || time.Now().After(until) {
			return
		}
	}
}

// shut kills the link from outside; nil stands for an end as it should be.
func (l *link) shut(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kill(err)
}

// kill marks the link dead and closes its transport, which ends the waits of its goroutines. The link is locked.
func (l *link) kill(err error) {
	if l.err != nil {
		return
	}
	if err == nil {
		err = ErrClosed
	}
	l.err, l.unsent = err, l.queued()
	close(l.dead)
	l.signalDrained()
	l.transport.close()
}

func (l *link) isDead() bool {
	select {
	case <-l.dead:
		return true
	default:
		return false
	}
}

func (l *link) deadError() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

func (l *link) phase() engine.Phase {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.before != engine.PhaseNone {
		return l.before
	}
	return l.engine.Phase()
}
