package rtmp

import (
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// EnhancedMode says how a side speaks of Enhanced RTMP. Media is taken in whatever form it comes in every mode.
type EnhancedMode = engine.EnhancedMode

// The modes of [ServerOptions] and [ClientOptions].
const (
	EnhancedAuto     = engine.EnhancedAuto     // say what we can do, take what the peer says, or does not
	EnhancedOff      = engine.EnhancedOff      // say nothing, and do not heed what the peer says
	EnhancedRequired = engine.EnhancedRequired // refuse a peer that says nothing
)

// Capabilities is what a side says in connect, or in the answer to it, that it can do with which codec. The zero value
// says nothing; SetVideo and SetAudio add codecs.
type Capabilities = message.Capabilities

// Bits of the masks of [Capabilities].
const (
	CanDecode  = message.CanDecode
	CanEncode  = message.CanEncode
	CanForward = message.CanForward
)

// AllCapabilities returns capabilities with every codec of Enhanced RTMP v2, each with the given mask, and every bit of
// capsEx.
func AllCapabilities(mask uint32) Capabilities { return engine.AllCapabilities(mask) }

// capabilities returns what a client says that it can do.
func (o *ClientOptions) capabilities(play bool) *Capabilities {
	if o.Capabilities != nil {
		return o.Capabilities
	}
	mask := uint32(CanEncode)
	if play {
		mask = CanDecode
	}
	c := AllCapabilities(mask)
	if !o.FollowReconnects {
		c.Ex &^= message.CapsReconnect
	}
	return &c
}

// Capabilities returns what the peer said in connect that it can do of Enhanced RTMP: nothing in a connection request,
// and in EnhancedOff.
func (r *Request) Capabilities() Capabilities {
	r.conn.link.mu.Lock()
	defer r.conn.link.mu.Unlock()
	return r.conn.engine.Capabilities()
}

// Capabilities returns what the peer said in connect that it can do of Enhanced RTMP.
func (s *Session) Capabilities() Capabilities {
	s.conn.link.mu.Lock()
	defer s.conn.link.mu.Unlock()
	return s.conn.engine.Capabilities()
}

// Capabilities returns what the server said in its answer to connect that it can do of Enhanced RTMP: nothing before
// that, and in EnhancedOff.
func (c *Client) Capabilities() Capabilities {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	return c.engine.Capabilities()
}
