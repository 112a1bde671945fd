package rtmp

import (
	"net"
	"time"
)

// A link's output: who sends it, and how others wait until it has left.

// flush sees to it that the output is sent, by the writer's goroutine. The link is locked.
func (l *link) flush() {
	l.traffic.queued.Store(int64(l.queued()))
	if l.writing || l.deciding || l.err != nil || l.fault != nil || l.queued() == 0 {
		return
	}
	l.startWriter()
}

func (l *link) startWriter() {
	if !l.writing {
		l.writing = true
		l.goFunc(l.writeOut)
	}
}

// flushNow is flush for a goroutine that may write: what the transport takes at once is sent at once. The link is
// locked.
func (l *link) flushNow() {
	defer l.queuedNow()
	if l.writing || l.err != nil || l.fault != nil {
		return
	}
	l.seal()
	for !l.output.empty() {
		n, err := l.transport.tryWrite(l.output.vectors())
		if err != nil {
			l.broken(atPhase(l.engine.Phase(), err))
			return
		}
		l.traffic.sent.Add(uint64(n))
		l.recycle(l.output.sent(n), 64<<10)
		l.owner.drained()
		if n == 0 {
			l.startWriter()
			return
		}
	}
	l.signalDrained()
}

// seal moves the engine's output to the queue.
func (l *link) seal() {
	if l.engine.OutputBytes() > 0 {
		l.output.addEngine(l.engine.TakeOutput(l.spare))
		l.spare = nil
	}
}

// sealBytes is how much output of the engine's makes a piece of its own, rather than that it grows on: that would be copied.
const sealBytes = 64 << 10

// sealLarge is seal for much.
func (l *link) sealLarge() {
	if l.engine.OutputBytes() >= sealBytes {
		l.seal()
	}
}

// recycle keeps a buffer for the engine's next output, if it is not larger than most.
func (l *link) recycle(p []byte, most int) {
	if p != nil && cap(p) <= most {
		l.spare = p[:0]
	}
}

// writeOut sends output until there is none.
func (l *link) writeOut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer func() {
		l.writing = false
		l.signalDrained()
	}()
	for l.seal(); l.err == nil && l.fault == nil && !l.replacing && !l.output.empty(); l.seal() {
		vectors := l.output.vectors()
		size := 0
		for _, p := range vectors {
			size += len(p)
		}
		err := l.write(vectors)
		if err != nil && l.replacing {
			break
		}
		if err != nil { // what was not written counts as unsent
			if l.broken(atPhase(l.engine.Phase(), err)); l.err == nil {
				break
			}
		}
		if err == nil {
			l.traffic.sent.Add(uint64(size))
		}
		l.recycle(l.output.sent(size), 4<<20) // for as long as the writer runs
		l.queuedNow()
		l.traffic.show(l.engine)
		l.signalDrained()
		l.owner.drained()
	}
	l.spare = nil
	if l.err != nil {
		l.output.drop()
	}
}

// write sends with the link unlocked. It is locked again after a panic too.
func (l *link) write(vectors net.Buffers) error {
	l.mu.Unlock()
	defer l.mu.Lock()
	return l.transport.write(vectors, l.idleWrite)
}

// queued is how many bytes of output have not left. The link is locked.
func (l *link) queued() int { return l.engine.OutputBytes() + l.output.size }

// queuedNow shows how much output is queued. The link is locked.
func (l *link) queuedNow() { l.traffic.queued.Store(int64(l.queued())) }

func (l *link) signalDrained() {
	if l.drained != nil {
		close(l.drained)
		l.drained = nil
	}
}

// waitQueued waits until no more than bound bytes of output are queued, as waitFor does.
func (l *link) waitQueued(bound int, timeout time.Duration, over func() error) error {
	return l.waitFor(func() bool { return l.queued() <= bound }, timeout, over)
}

// waitFor waits until what it waits for is there, or over, unless it is nil, returns why not to wait any longer;
// signalDrained makes it ask. It is called with the link locked and returns so.
func (l *link) waitFor(there func() bool, timeout time.Duration, over func() error) error {
	var timer *time.Timer
	var expired <-chan time.Time
	for l.err == nil && !there() {
		if over != nil {
			if err := over(); err != nil {
				return err
			}
		}
		if timeout == 0 {
			return ErrTimeout
		}
		if timeout > 0 && timer == nil {
			timer = time.NewTimer(timeout)
			defer timer.Stop()
			expired = timer.C
		}
		if l.drained == nil {
			l.drained = make(chan struct{})
		}
		drained := l.drained
		l.mu.Unlock()
		select {
		case <-drained:
		case <-l.dead:
		case <-expired:
			timeout = 0
		}
		l.mu.Lock()
	}
	return l.err
}
