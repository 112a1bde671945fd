package rtmp

// replace ends the connection of a conversation that is over, with what output it has left, and gives the link the
// protocol of the next one, which has no connection yet; with runs at that moment, with the link locked. It is the
// receiver's to call, and fails when the link is dead.
func (l *link) replace(t transport, e protocol, with func()) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.replacing = true
	defer func() { l.replacing = false }()
	l.transport.close()
	for l.writing && l.err == nil { // its write fails now
		if l.drained == nil {
			l.drained = make(chan struct{})
		}
		drained := l.drained
		l.mu.Unlock()
		select {
		case <-drained:
		case <-l.dead:
		}
		l.mu.Lock()
	}
	if l.err != nil {
		return l.err
	}
	l.transport.release()
	l.engine.Close()
	l.output.drop()
	l.transport, l.engine, l.armed, l.fault = t, e, false, nil
	l.traffic.on(t)
	l.signalDrained()
	with()
	return nil
}
