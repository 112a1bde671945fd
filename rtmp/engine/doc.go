// Package engine is the RTMP protocol without input and output: bytes in, events and bytes out.
//
// Layer L3. [Server] is the accepting and [Client] the calling side of one connection. Neither has a socket, a clock,
// a goroutine or randomness of its own: the caller passes in what arrived and the time since the connection began,
// takes the events that result, and sends what [Server.AppendOutput] gives, all of it and in order. So a whole
// conversation is a table in a test, a fuzz target, or the replay of a capture, and any event loop can drive it:
//
//	for {
//		n, err := s.Receive(bytes, now)      // consumes n bytes
//		for e, ok := s.NextEvent(); ok; e, ok = s.NextEvent() {
//			…                                // e.Packet, e.Request, …
//		}
//		write(s.AppendOutput(nil))
//		…                                    // at s.Deadline(): s.Advance(now)
//	}
//
// An engine is for one goroutine at a time. After an error it is dead, and every later call returns the same error.
//
// It implements RTMP 1.0 §5–7 and Enhanced RTMP as deployed encoders and players speak it: what it does not know is
// counted, reported as an event where that helps, and never ends a connection.
package engine
