package rtmp

import (
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// Call calls a procedure of the peer's and returns what it answers: the values after its command object, which is not
// looked at. It waits as long as timeout says: negative for ever. The error is a [*StatusError] when the peer refuses, as
// most encoders do with everything, ErrTimeout, engine.ErrCalls when too many calls wait, or why the stream ended.
func (s *Session) Call(timeout time.Duration, name string, arguments ...amf.Value) ([]amf.Value, error) {
	return s.conn.link.call(func() caller { return s.conn.engine }, timeout, s.state, s.events.end(), name, arguments)
}

// Call calls a procedure of the server's, as [Session.Call] does one of the peer's. The error is ErrTimeout also when the
// connection is lost before the answer and made again.
func (c *Client) Call(timeout time.Duration, name string, arguments ...amf.Value) ([]amf.Value, error) {
	return c.link.call(func() caller { return c.engine }, timeout, c.established, c.events.end(), name, arguments)
}

// StartCall is Call that does not wait. The answer, or that there was none in time, comes as a [SessionReply] with the
// number that is returned here, unless the stream ends before. Of a published stream it comes only with
// ServerOptions.AnswerCalls.
func (s *Session) StartCall(timeout time.Duration, name string, arguments ...amf.Value) (callID uint32, err error) {
	return s.conn.link.startCall(func() caller { return s.conn.engine }, timeout, s.state, name, arguments,
		func(id uint32, values []amf.Value, err error) {
			s.events.put(SessionEvent{Kind: SessionReply, CallID: id, Values: values, Err: err})
		})
}

// StartCall is Call that does not wait. The answer, or that there was none in time, comes as a [ClientReply] with the
// number that is returned here, unless the stream ends before.
func (c *Client) StartCall(timeout time.Duration, name string, arguments ...amf.Value) (callID uint32, err error) {
	return c.link.startCall(func() caller { return c.engine }, timeout, c.established, name, arguments,
		func(id uint32, values []amf.Value, err error) {
			c.put(ClientEvent{Kind: ClientReply, CallID: id, Values: values, Err: err})
		})
}

// Notify is Call for a procedure whose answer nobody waits for.
func (s *Session) Notify(name string, arguments ...amf.Value) error {
	return s.conn.link.notify(s.state, func() error { return s.conn.engine.Notify(0, name, nil, arguments...) })
}

// Notify is Call for a procedure whose answer nobody waits for.
func (c *Client) Notify(name string, arguments ...amf.Value) error {
	return c.link.notify(c.established, func() error { return c.engine.Notify(0, name, nil, arguments...) })
}

// Answer answers a [SessionCall] by its CallID. The error is engine.ErrNoRequest for one that was answered, or not
// within Timeouts.Decision.
func (s *Session) Answer(callID uint32, values ...amf.Value) error {
	return s.conn.link.notify(s.state, func() error { return s.conn.engine.Answer(callID, nil, values...) })
}

// Refuse answers a [SessionCall] with an error; an empty code stands for NetConnection.Call.Failed.
func (s *Session) Refuse(callID uint32, code, description string) error {
	return s.conn.link.notify(s.state, func() error { return s.conn.engine.Refuse(callID, code, description) })
}

// Answer answers a [ClientCall], as [Session.Answer] does a SessionCall.
func (c *Client) Answer(callID uint32, values ...amf.Value) error {
	return c.link.notify(c.established, func() error { return c.engine.Answer(callID, nil, values...) })
}

// Refuse answers a [ClientCall] with an error; an empty code stands for NetConnection.Call.Failed.
func (c *Client) Refuse(callID uint32, code, description string) error {
	return c.link.notify(c.established, func() error { return c.engine.Refuse(callID, code, description) })
}

// SendSharedObject sends a shared object message to the peer: what is shared with whom is the application's to know.
func (s *Session) SendSharedObject(o message.SharedObject) error {
	return s.conn.link.notify(s.state, func() error { return s.conn.engine.SendSharedObject(o) })
}

// SendSharedObject sends a shared object message to the server.
func (c *Client) SendSharedObject(o message.SharedObject) error {
	return c.link.notify(c.established, func() error { return c.engine.SendSharedObject(o) })
}

// established is why nothing can be called: not yet, or not any more. The link is locked.
func (c *Client) established() error {
	if err := c.state(); err != nil || c.settled {
		return err
	}
	return engine.ErrState
}

// caller is what both engines have for calls.
type caller interface {
	Call(streamID uint32, timeout time.Duration, name string, object amf.Value, arguments ...amf.Value) (uint32, error)
	Cancel(transaction uint32)
}

// call makes a call and waits for its answer, at most until over is closed: then state says why. engine and state are
// called with the link locked.
func (l *link) call(engine func() caller, timeout time.Duration, state func() error, over <-chan struct{}, name string, arguments []amf.Value) ([]amf.Value, error) {
	answered := make(chan *message.Command, 1)
	var transaction uint32
	var by caller
	err := l.notify(state, func() (err error) {
		by = engine()
		if transaction, err = by.Call(0, -1, name, nil, arguments...); err == nil {
			l.expect(transaction, func(reply *message.Command) { answered <- reply })
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if engine() == by { // the numbers of another conversation are others
			delete(l.replies, transaction)
			by.Cancel(transaction)
		}
	}()
	var expired <-chan time.Time
	if timeout >= 0 {
		timer := time.NewTimer(timeout)
		defer timer.Stop()
		expired = timer.C
	}
	select {
	case reply := <-answered:
		return CallResult(reply)
	case <-l.dead:
	case <-over:
	case <-expired:
		return nil, ErrTimeout
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := state(); err != nil {
		return nil, err
	}
	return nil, ErrClosed
}

// startCall makes a call whose answer is given to tell, with the link locked.
func (l *link) startCall(engine func() caller, timeout time.Duration, state func() error, name string, arguments []amf.Value,
	tell func(id uint32, values []amf.Value, err error)) (id uint32, err error) {
	err = l.notify(state, func() (err error) {
		if id, err = engine().Call(0, timeout, name, nil, arguments...); err == nil {
			if timeout >= 0 {
				l.interruptRead() // it may be the next deadline
			}
			l.expect(id, func(reply *message.Command) {
				values, err := CallResult(reply)
				tell(id, values, err)
			})
		}
		return err
	})
	return id, err
}

// expect notes whom the answer to a call is for. The link is locked.
func (l *link) expect(transaction uint32, answered func(*message.Command)) {
	if l.replies == nil {
		l.replies = make(map[uint32]func(*message.Command))
	}
	l.replies[transaction] = answered
}

// CallResult returns what an answer is to the one who called, as [Session.Call] does: for callers of engines, whose
// [engine.EventReply] has it. Without an answer the error is ErrTimeout.
func CallResult(reply *message.Command) ([]amf.Value, error) {
	switch {
	case reply == nil:
		return nil, ErrTimeout
	case reply.Name == "_result":
		return reply.Arguments, nil
	}
	status, _ := reply.Info()
	return nil, &StatusError{Level: status.Level, Code: status.Code, Description: status.Description}
}

// unanswered tells those who wait for answers that none will come: the conversation is over. The link is locked.
func (l *link) unanswered() {
	replies := l.replies
	l.replies = nil
	for _, answered := range replies {
		answered(nil)
	}
}

// replied takes notice of the answer to a call, or that it is too late for one. The link is locked.
func (l *link) replied(e *engine.Event) {
	if answered := l.replies[e.Value]; answered != nil {
		delete(l.replies, e.Value)
		answered(e.Command)
	}
}

// notify gives the engine something to send, unless state, which is called with the link locked, says why not.
func (l *link) notify(state func() error, send func() error) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := state(); err != nil {
		return err
	}
	if err := send(); err != nil {
		return err
	}
	l.flush()
	return nil
}

// told hands a command or a shared object message on to the session that it concerns: the one of its message stream, or
// the first. A call that nobody can take is refused. The link is locked.
func (c *serverConn) told(e *engine.Event) {
	s := c.session(e.StreamID)
	if s == nil && len(c.sessions) > 0 {
		s = c.sessions[0]
	}
	if s == nil || !c.server.options.AnswerCalls || s.events.crowded(c.server.options.Limits.QueueBytes) {
		if e.Kind == engine.EventCommand && e.Value != 0 {
			c.engine.Refuse(e.Value, "", "nobody answers")
		}
		return
	}
	if e.Kind == engine.EventCommand {
		s.events.put(SessionEvent{Kind: SessionCall, Call: e.Command, CallID: e.Value, size: e.Size})
		return
	}
	s.events.put(SessionEvent{Kind: SessionSharedObject, SharedObject: e.SharedObject, size: e.Size})
}

// told is the same for a client.
func (c *Client) told(e *engine.Event) {
	if !c.options.AnswerCalls || c.events.crowded(c.options.Limits.QueueBytes) {
		if e.Kind == engine.EventCommand && e.Value != 0 {
			c.engine.Refuse(e.Value, "", "nobody answers")
		}
		return
	}
	if e.Kind == engine.EventCommand {
		c.put(ClientEvent{Kind: ClientCall, Call: e.Command, CallID: e.Value, size: e.Size})
		return
	}
	c.put(ClientEvent{Kind: ClientSharedObject, SharedObject: e.SharedObject, size: e.Size})
}
