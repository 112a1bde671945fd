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
	if err := l.waitFor(func() bool { return !l.writing }, -1, nil); err != nil { // its write fails now
		return err
	}
	l.transport.release()
	l.engine.Close()
	l.output.drop()
	l.transport, l.engine, l.armed, l.fault = t, e, false, nil
	l.traffic.on(t)
	l.signalDrained()
	l.unanswered()
	with()
	return nil
}
