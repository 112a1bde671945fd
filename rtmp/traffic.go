package rtmp

import (
	"sync/atomic"
	"time"
)

// traffic is what can be known of a link without its lock, which media wait for. The link keeps it up to date.
type traffic struct {
	received, sent atomic.Uint64 // bytes of RTMP
	queued         atomic.Int64  // bytes of output
	phase          atomic.Uint32 // engine.Phase
	ping           atomic.Int64  // how long the last answered ping took, ns; 0: none was
	transport      atomic.Pointer[transport]
	shown          Counters // what counters says; of who has the link's lock
	counters       sharedCounters
}

// sharedCounters are the counters of an engine, to be read by anybody.
type sharedCounters [10]atomic.Uint64

// fields returns the counters in the order of sharedCounters.
func fields(c *Counters) [10]*uint64 {
	return [...]*uint64{&c.BytesReceived, &c.MessagesReceived, &c.PacketsReceived, &c.Malformed, &c.PacketsSent,
		&c.Ignored, &c.Unknown, &c.Faulty, &c.RequestsRejected, &c.RequestsExpired}
}

func (s *sharedCounters) load() (c Counters) {
	for i, p := range fields(&c) {
		*p = s[i].Load()
	}
	return c
}

// show publishes what an engine has counted, and its phase. The link is locked.
func (t *traffic) show(e protocol) {
	if p := uint32(e.Phase()); p != t.phase.Load() {
		t.phase.Store(p)
	}
	now := e.Counters()
	was, is := fields(&t.shown), fields(&now)
	for i := range is {
		if *is[i] != *was[i] {
			t.counters[i].Store(*is[i])
		}
	}
	t.shown = now
}

// on notes the transport in use.
func (t *traffic) on(tr transport) { t.transport.Store(&tr) }

// roundTrip is what the kernel knows of a connection's way to the peer and back; false where it knows nothing.
type roundTrip interface {
	roundTrip() (rtt, variation time.Duration, resent uint64, ok bool)
}

// addCounters adds o to c.
func addCounters(c, o *Counters) {
	to, from := fields(c), fields(o)
	for i := range to {
		*to[i] += *from[i]
	}
}

// ConnectionStatistics describe one connection, of either side.
type ConnectionStatistics struct {
	Number        uint64 // on its server, from 1; 0 of a client
	Peer          string // its address
	Phase         Phase
	Duration      time.Duration // since it was accepted, or made
	BytesReceived uint64        // of RTMP, with its handshake; without what TLS adds
	BytesSent     uint64
	Queued        int           // bytes of output that wait for the network
	RTT           time.Duration // round trip as the kernel has measured it; 0 where it has not, or cannot
	RTTVariation  time.Duration // its mean deviation
	Resent        uint64        // TCP segments sent again
	PingRTT       time.Duration // how long the last ping that was answered took; 0: none was
	Counters      Counters
	Streams       []StreamStatistics
}

// StreamStatistics describe one stream of a connection.
type StreamStatistics struct {
	ID        uint32      // its message stream
	Kind      RequestKind // RequestPublish or RequestPlay, as seen from the client
	App, Name string
	Statistics
}

// statistics describe the link.
func (t *traffic) statistics() (c ConnectionStatistics) {
	c.Phase = Phase(t.phase.Load())
	c.BytesReceived, c.BytesSent = t.received.Load(), t.sent.Load()
	c.Queued = int(t.queued.Load())
	c.PingRTT = time.Duration(t.ping.Load())
	c.Counters = t.counters.load()
	if p := t.transport.Load(); p != nil {
		if k, ok := (*p).(roundTrip); ok {
			c.RTT, c.RTTVariation, c.Resent, _ = k.roundTrip()
		}
	}
	return c
}
