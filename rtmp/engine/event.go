package engine

import (
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// EventKind says what happened, and with it which fields of an [Event] mean something.
type EventKind uint8

// The events. Their numbers do not change.
const (
	EventHandshake    EventKind = 1  // the handshake is complete: Handshake
	EventRequest      EventKind = 2  // server: a peer's wish waits for Accept or Reject: Request
	EventExpired      EventKind = 3  // server: a request was rejected because no answer came in time: Request
	EventPacket       EventKind = 4  // audio, video or data arrived: StreamID, Packet
	EventStreamEnd    EventKind = 5  // a stream ended, the connection lives: StreamID, Reason
	EventConnected    EventKind = 6  // client: connect was accepted: Status
	EventPublishing   EventKind = 7  // client: publish was accepted, media may be sent: StreamID, Status
	EventRefused      EventKind = 8  // client: the server refused; nothing more can be done: Phase, Status
	EventStatus       EventKind = 9  // client: any other status of the server: StreamID, Status
	EventCommand      EventKind = 10 // a command this library does not answer for the application: StreamID, Command, Value (for Answer, or 0)
	EventControl      EventKind = 11 // a user control event: Control
	EventAcknowledged EventKind = 12 // the peer has received so many bytes (modulo 2^32): Value
	EventChunkSize    EventKind = 13 // the peer changed its chunk size: Value
	EventPause        EventKind = 14 // server: a player pauses: StreamID, Value (where it stands, ms)
	EventUnpause      EventKind = 15 // server: it goes on: StreamID, Value; it needs headers and a keyframe
	EventSeek         EventKind = 16 // server: it wants to be elsewhere in a recorded stream: StreamID, Value (ms)
	EventReceiveOn    EventKind = 17 // server: it wants a message type again: StreamID, Value (8 or 9)
	EventReceiveOff   EventKind = 18 // server: it does not want a message type: StreamID, Value (8 or 9)
	EventPlaying      EventKind = 19 // client: play was accepted: StreamID, Status
	EventReply        EventKind = 20 // a call of ours was answered: Value (what Call returned), Command (nil: not in time)
	EventSharedObject EventKind = 21 // a shared object message: SharedObject
	EventReconnect    EventKind = 22 // client: the server asks to connect anew: URL (the tcUrl to use), Status
)

// Event is one thing that happened on a connection. What it points to is the receiver's: a Packet holds a reference to
// its buffer, which the receiver releases.
type Event struct {
	Kind      EventKind
	StreamID  uint32 // message stream
	Value     uint32
	Phase     Phase
	Reason    string
	Request   *Request
	Packet    media.Packet
	Status    message.Status
	Command   *message.Command
	Control   message.UserControl
	Handshake handshake.Result

	SharedObject *message.SharedObject
	URL          string
	Size         int // bytes of the message that it comes from, but for packets
}

// RequestKind is what a peer asks for.
type RequestKind uint8

// The kinds of request. Their numbers do not change.
const (
	RequestPublish    RequestKind = 1
	RequestPlay       RequestKind = 2
	RequestConnection RequestKind = 3 // raised above the engine, before a byte is read
	RequestConnect    RequestKind = 4
	RequestFCPublish  RequestKind = 5
)

func (k RequestKind) String() string {
	switch k {
	case RequestPublish:
		return "publish"
	case RequestPlay:
		return "play"
	case RequestConnection:
		return "connection"
	case RequestConnect:
		return "connect"
	case RequestFCPublish:
		return "FCPublish"
	}
	return "unknown request"
}

// Request is a peer's wish that waits for a decision. Until then the engine takes no more input.
type Request struct {
	ID          uint32 // for [Server.Accept] and [Server.Reject]
	Kind        RequestKind
	StreamID    uint32 // of publish and play
	App         string // without its query, and without slashes at its ends
	Name        string // stream name, without its query; empty for connect
	RawApp      string // as the peer sent it
	RawName     string // as the peer sent it
	Query       string // parameters of the name, then of the app, then of the tcUrl, joined by '&'
	PublishType string // "live", "record" or "append", or what the peer sent instead
	Play        PlayRequest

	transaction float64
	deadline    deadline
}

// Phase is where in a connection's life something happened.
type Phase uint8

// The phases. Their numbers do not change.
const (
	PhaseNone         Phase = 0
	PhaseResolve      Phase = 1
	PhaseTCP          Phase = 2
	PhaseTLS          Phase = 3
	PhaseHandshake    Phase = 4
	PhaseConnect      Phase = 5
	PhaseCreateStream Phase = 6
	PhasePublish      Phase = 7
	PhasePlay         Phase = 8
	PhaseMedia        Phase = 9
)

var phaseNames = [...]string{"", "resolve", "tcp", "tls", "handshake", "connect", "createStream", "publish", "play", "media"}

func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown phase"
}

// Counters count what a connection did since it began.
type Counters struct {
	BytesReceived    uint64 // after the handshake
	MessagesReceived uint64
	PacketsReceived  uint64 // audio, video and data handed on
	Malformed        uint64 // of these, packets whose header could not be parsed
	PacketsSent      uint64
	Ignored          uint64 // media and data outside a publishing stream
	Unknown          uint64 // messages, commands and control events this library does not know
	Faulty           uint64 // control, command and data messages that could not be parsed
	RequestsRejected uint64
	RequestsExpired  uint64
}
