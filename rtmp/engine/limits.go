package engine

import (
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/chunk"
)

// Limits bounds what a peer may cost. A zero field takes the value of [DefaultLimits]. Each is checked before memory
// is spent on what exceeds it. Strings and properties in AMF are bounded by the message and by AMFValues, where what is
// referred to counts again; a connection can publish as many streams as it can create.
type Limits struct {
	// Of one connection.
	MessageBytes      int // longest message once a publish or play is accepted, at most 0xFFFFFF
	PartialBytes      int // memory of incomplete messages from then on
	EarlyMessageBytes int // longest message before that
	EarlyPartialBytes int // memory of incomplete messages before that
	ChunkStreams      int // chunk streams in use, whatever their ids
	MessageStreams    int // message streams created and not deleted
	AMFDepth          int // nesting of AMF values
	AMFValues         int // AMF values in one message
	EarlyAMFValues    int // AMF values in one message before a publish or play is accepted
	NameBytes         int // each of app, stream name and tcUrl, at most 65535
	IdleMessages      int // messages a second that bring nothing forward (control, empty, unknown), after a burst of five times as many
	PendingCalls      int // calls of either side that wait for their answer
	ReadChunks        int // chunks that one Receive takes; then other connections have their turn
	OutputBytes       int // output that waits because the peer does not read
	QueueBytes        int // received packets that wait for the application, per stream; past that the socket is not read

	// Of a server.
	Connections           int // open connections
	ConnectionsPerAddress int // open connections from one IP address
	Handshakes            int // connections a second that are let in, after a burst of as many; more wait in the kernel
	PendingRequests       int // requests that wait for the application's answer, taken or not; past that, peers hear that the server is busy
}

// DefaultLimits are the limits in force where none are given.
var DefaultLimits = Limits{
	MessageBytes:          0xFFFFFF,
	PartialBytes:          32 << 20,
	EarlyMessageBytes:     32 << 10,
	EarlyPartialBytes:     32 << 10,
	ChunkStreams:          64,
	MessageStreams:        16,
	AMFDepth:              64,
	AMFValues:             65536,
	EarlyAMFValues:        512,
	NameBytes:             8 << 10,
	IdleMessages:          500,
	PendingCalls:          64,
	ReadChunks:            4096,
	OutputBytes:           4 << 20,
	QueueBytes:            1 << 20,
	Connections:           10000,
	ConnectionsPerAddress: 5000,
	Handshakes:            10000,
	PendingRequests:       1024,
}

// WithDefaults returns l with its zero and negative fields replaced by the defaults, and its fields that have a
// highest value cut to it.
func (l Limits) WithDefaults() Limits {
	d := DefaultLimits
	for _, f := range [...]struct {
		value  *int
		normal int
		most   int
	}{
		{&l.MessageBytes, d.MessageBytes, 0xFFFFFF}, {&l.PartialBytes, d.PartialBytes, 0},
		{&l.EarlyMessageBytes, d.EarlyMessageBytes, 0xFFFFFF}, {&l.EarlyPartialBytes, d.EarlyPartialBytes, 0},
		{&l.ChunkStreams, d.ChunkStreams, 0}, {&l.MessageStreams, d.MessageStreams, 0},
		{&l.AMFDepth, d.AMFDepth, 0}, {&l.AMFValues, d.AMFValues, 0}, {&l.EarlyAMFValues, d.EarlyAMFValues, 0},
		{&l.NameBytes, d.NameBytes, 65535}, {&l.IdleMessages, d.IdleMessages, 0},
		{&l.PendingCalls, d.PendingCalls, 0}, {&l.ReadChunks, d.ReadChunks, 0},
		{&l.OutputBytes, d.OutputBytes, 0}, {&l.QueueBytes, d.QueueBytes, 0},
		{&l.Connections, d.Connections, 0}, {&l.ConnectionsPerAddress, d.ConnectionsPerAddress, 0},
		{&l.Handshakes, d.Handshakes, 0},
		{&l.PendingRequests, d.PendingRequests, 0},
	} {
		if *f.value <= 0 {
			*f.value = f.normal
		}
		if f.most > 0 {
			*f.value = min(*f.value, f.most)
		}
	}
	return l
}

func (l *Limits) chunk(early bool) chunk.Limits {
	if early {
		return chunk.Limits{MessageBytes: l.EarlyMessageBytes, PartialBytes: l.EarlyPartialBytes, ChunkStreams: l.ChunkStreams}
	}
	return chunk.Limits{MessageBytes: l.MessageBytes, PartialBytes: l.PartialBytes, ChunkStreams: l.ChunkStreams}
}

func (l *Limits) amf(early bool) amf.Limits {
	if early {
		return amf.Limits{Depth: l.AMFDepth, Values: l.EarlyAMFValues, Bytes: l.EarlyMessageBytes}
	}
	return amf.Limits{Depth: l.AMFDepth, Values: l.AMFValues, Bytes: l.MessageBytes}
}

// Timeouts bounds how long each phase of a connection may last. A zero field takes the value of [DefaultTimeouts], a
// negative one is no bound.
type Timeouts struct {
	Resolve      time.Duration // client: looking the host up
	Dial         time.Duration // client: the TCP connection
	Handshake    time.Duration // the whole handshake
	Connect      time.Duration // server: from the handshake to connect; client: from connect to its answer
	CreateStream time.Duration // client: from createStream to its answer
	Publish      time.Duration // client: from publish to its answer
	Decision     time.Duration // server: the application's answer to a request
	Setup        time.Duration // server: from the beginning, or the end of a stream, to an accepted publish or play
	FirstMedia   time.Duration // server: from an accepted publish to its first audio, video or data
	Idle         time.Duration // without a byte received; after half of it the peer is pinged
	Write        time.Duration // without progress of the output towards the peer
}

// DefaultTimeouts are the timeouts in force where none are given.
var DefaultTimeouts = Timeouts{
	Resolve:      10 * time.Second,
	Dial:         10 * time.Second,
	Handshake:    10 * time.Second,
	Connect:      10 * time.Second,
	CreateStream: 10 * time.Second,
	Publish:      10 * time.Second,
	Decision:     10 * time.Second,
	Setup:        30 * time.Second,
	FirstMedia:   20 * time.Second,
	Idle:         60 * time.Second,
	Write:        10 * time.Second,
}

// WithDefaults returns t with its zero fields replaced by the defaults.
func (t Timeouts) WithDefaults() Timeouts {
	d := DefaultTimeouts
	for _, f := range [...]struct{ value, normal *time.Duration }{
		{&t.Resolve, &d.Resolve}, {&t.Dial, &d.Dial}, {&t.Handshake, &d.Handshake}, {&t.Connect, &d.Connect},
		{&t.CreateStream, &d.CreateStream}, {&t.Publish, &d.Publish}, {&t.Decision, &d.Decision}, {&t.Setup, &d.Setup},
		{&t.FirstMedia, &d.FirstMedia}, {&t.Idle, &d.Idle}, {&t.Write, &d.Write},
	} {
		if *f.value == 0 {
			*f.value = *f.normal
		}
	}
	return t
}

// rate is a token bucket for messages that bring nothing forward.
type rate struct {
	tokens float64
	last   time.Duration
	begun  bool
}

// take spends a token of a bucket that holds five seconds' worth and reports whether there was one.
func (r *rate) take(now time.Duration, perSecond int) bool {
	full := 5 * float64(perSecond)
	if !r.begun {
		r.begun, r.tokens = true, full
	} else {
		passed := max(0, now-r.last) // a caller's clock may be set back
		r.tokens = min(full, r.tokens+passed.Seconds()*float64(perSecond))
	}
	r.last = now
	if r.tokens < 1 {
		return false
	}
	r.tokens--
	return true
}
