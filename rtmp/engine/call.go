package engine

import (
	"errors"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/message"
)

// ErrCalls is returned for a call while too many wait for their answer.
var ErrCalls = errors.New("engine: too many calls wait for their answer")

// callOut is a call of ours that waits for its answer, callIn one of the peer's.
type (
	callOut struct {
		transaction float64
		deadline    deadline
	}
	callIn struct {
		id          uint32
		transaction float64
		deadline    deadline
	}
)

// calls are the remote procedure calls of a connection, both ways.
type calls struct {
	transaction float64 // the last one that we used
	out         []callOut
	in          []callIn
	lastID      uint32
}

func (c *calls) nextTransaction() float64 {
	c.transaction++
	return c.transaction
}

// Call calls a procedure of the peer's, once connect was accepted: object is the command object, nil for Null. The
// answer comes as an [EventReply] with the number that is returned here; so does the end of the timeout, if it is not
// negative, without a Command. The error is ErrState, ErrCalls or ErrPayload. RTMP 1.0 §7.2.1.2.
func (c *core) Call(streamID uint32, timeout time.Duration, name string, object amf.Value, arguments ...amf.Value) (transaction uint32, err error) {
	if err := c.mayCall(); err != nil {
		return 0, err
	}
	if len(c.calls.out) >= c.limits.PendingCalls {
		return 0, ErrCalls
	}
	cmd := message.Command{Name: name, TransactionID: c.calls.nextTransaction(), Object: object, Arguments: arguments}
	if err := c.sendLong(csidConnection, streamID, cmd); err != nil {
		return 0, err
	}
	c.calls.out = append(c.calls.out, callOut{cmd.TransactionID, after(c.now, timeout)})
	return uint32(cmd.TransactionID), nil
}

// Cancel forgets a call of ours: its answer is nobody's any more.
func (c *core) Cancel(transaction uint32) {
	for i, call := range c.calls.out {
		if uint32(call.transaction) == transaction {
			c.calls.out = append(c.calls.out[:i], c.calls.out[i+1:]...)
			return
		}
	}
}

// Notify is Call for a procedure whose answer nobody wants.
func (c *core) Notify(streamID uint32, name string, object amf.Value, arguments ...amf.Value) error {
	if err := c.mayCall(); err != nil {
		return err
	}
	return c.sendLong(csidConnection, streamID, message.Command{Name: name, Object: object, Arguments: arguments})
}

// mayCall reports whether the connection is established and not over.
func (c *core) mayCall() error {
	switch {
	case c.err != nil:
		return c.err
	case c.closing || c.phase < PhaseCreateStream:
		return ErrState
	}
	return nil
}

// answered reports whether a _result or _error answers a call of ours.
func (c *core) answered(cmd message.Command) bool {
	for i, call := range c.calls.out {
		if call.transaction == cmd.TransactionID {
			c.calls.out = append(c.calls.out[:i], c.calls.out[i+1:]...)
			c.nothingForward()
			c.event(Event{Kind: EventReply, Value: uint32(call.transaction), Command: &cmd})
			return true
		}
	}
	return false
}

// called hands a command on that the library does not answer itself. It is refused here, unless the application said
// that it answers such commands and few enough wait for it.
func (c *core) called(cmd message.Command, streamID uint32) {
	c.counters.Unknown++
	c.nothingForward()
	e := Event{Kind: EventCommand, StreamID: streamID, Command: &cmd}
	switch {
	case cmd.TransactionID == 0:
	case c.answersCalls && len(c.calls.in) < c.limits.PendingCalls:
		if c.calls.lastID++; c.calls.lastID == 0 {
			c.calls.lastID = 1
		}
		e.Value = c.calls.lastID
		c.calls.in = append(c.calls.in, callIn{e.Value, cmd.TransactionID, after(c.now, c.timeouts.Decision)})
	default:
		c.sendCallFailed(cmd.TransactionID, "no such procedure")
	}
	c.event(e)
}

func (c *core) sendCallFailed(transaction float64, description string) {
	c.sendCommand(csidConnection, 0, message.ErrorReply(transaction, message.NewStatus(message.CodeCallFailed, description)))
}

// Answer answers a call of the peer's, which an [EventCommand] with this Value brought: object is the command object, nil
// for Null. The error is ErrNoRequest for one that was answered, or not in time, or ErrPayload, and it can be answered yet.
func (c *core) Answer(id uint32, object amf.Value, values ...amf.Value) error {
	return c.answer(id, func(transaction float64) message.Command { return message.Result(transaction, object, values...) })
}

// Refuse answers a call of the peer's with an error; an empty code stands for NetConnection.Call.Failed.
func (c *core) Refuse(id uint32, code, description string) error {
	if code == "" {
		code = message.CodeCallFailed
	}
	s := message.Status{Level: message.LevelError, Code: code, Description: description}
	return c.answer(id, func(transaction float64) message.Command { return message.ErrorReply(transaction, s) })
}

func (c *core) answer(id uint32, reply func(transaction float64) message.Command) error {
	if c.err != nil {
		return c.err
	}
	for i, call := range c.calls.in {
		if call.id == id && !c.closing {
			if err := c.sendLong(csidConnection, 0, reply(call.transaction)); err != nil {
				return err
			}
			c.calls.in = append(c.calls.in[:i], c.calls.in[i+1:]...)
			return nil
		}
	}
	return ErrNoRequest
}

// callDeadline returns when the first call, of either side, is over.
func (c *core) callDeadline() (d deadline) {
	for _, call := range c.calls.out {
		d = d.earlier(call.deadline)
	}
	for _, call := range c.calls.in {
		d = d.earlier(call.deadline)
	}
	return d
}

// advanceCalls gives up the calls whose time is over.
func (c *core) advanceCalls() {
	out := c.calls.out[:0]
	for _, call := range c.calls.out {
		if call.deadline.passed(c.now) {
			c.event(Event{Kind: EventReply, Value: uint32(call.transaction)})
		} else {
			out = append(out, call)
		}
	}
	c.calls.out = out
	in := c.calls.in[:0]
	for _, call := range c.calls.in {
		if call.deadline.passed(c.now) {
			c.counters.RequestsExpired++
			c.sendCallFailed(call.transaction, "no answer in time")
		} else {
			in = append(in, call)
		}
	}
	c.calls.in = in
}

// shared hands a shared object message on.
func (c *core) shared(typeID uint8, p []byte) {
	o, err := message.ParseSharedObject(typeID, append([]byte(nil), p...), c.limits.amf(c.early))
	if err != nil {
		c.faulty()
		return
	}
	c.nothingForward()
	c.event(Event{Kind: EventSharedObject, SharedObject: &o})
}

// SendSharedObject sends a shared object message, once connect was accepted. What is to be shared with whom is the
// application's to know.
func (c *core) SendSharedObject(o message.SharedObject) error {
	if err := c.mayCall(); err != nil {
		return err
	}
	p := message.AppendSharedObject(nil, o)
	if len(p) > chunk.MaxSize {
		return ErrPayload
	}
	c.send(csidConnection, message.TypeSharedObject, 0, 0, p)
	return nil
}
