package rtmp

import (
	"context"
	"errors"
	"log/slog"
)

// Hooks are functions that a [Server] calls when something happens. Each may be nil.
//
// Those with a [Request] are called when a peer asks, before it is asked for elsewhere ([Server.Accept], the hub): an
// error refuses it, in the words of a [*StatusError] or with the usual code and the error's text; nil passes it on. A
// hook may also decide the request itself. It has until the request's deadline (Timeouts.Decision).
//
// The others are told what happened, as the [ServerEvent] of their name says, exactly once. MediaTag is asked first:
// false drops the message, and nobody else sees it.
//
// The hooks of one connection are called one after another, in order; those of several connections at the same time.
// Nothing is locked meanwhile: a hook may call everything, [Server.Close] too. While it runs, and more than
// Limits.QueueBytes of its connection wait behind it, that connection is not read. Server.Close does not wait for
// hooks: the last ones may be called after it. A panic in a hook ends its connection.
type Hooks struct {
	Connection         func(*Request) error // an address, nothing the peer chose: no byte has been read
	HandshakeComplete  func(*ServerEvent)
	Connect            func(*Request) error
	Disconnect         func(*ServerEvent)
	FCPublish          func(*Request) error
	Publish            func(*Request) error
	PublishStop        func(*ServerEvent)
	Unpublish          func(*ServerEvent)
	Play               func(*Request) error
	PlayStop           func(*ServerEvent)
	Pause              func(*ServerEvent)
	Unpause            func(*ServerEvent)
	Metadata           func(*ServerEvent)
	MediaTag           func(*ServerEvent) bool
	VideoFrame         func(*ServerEvent)
	AudioFrame         func(*ServerEvent)
	EnhancedVideoFrame func(*ServerEvent)
	EnhancedAudioFrame func(*ServerEvent)
	Keyframe           func(*ServerEvent)
	StatsUpdate        func(*ServerEvent)
}

// request returns where the hook for a kind of request is kept.
func (h *Hooks) request(kind RequestKind) *func(*Request) error {
	switch kind {
	case RequestConnection:
		return &h.Connection
	case RequestConnect:
		return &h.Connect
	case RequestFCPublish:
		return &h.FCPublish
	case RequestPublish:
		return &h.Publish
	case RequestPlay:
		return &h.Play
	}
	return nil
}

// requestKinds are the kinds that have a hook.
var requestKinds = [...]RequestKind{RequestConnection, RequestConnect, RequestFCPublish, RequestPublish, RequestPlay}

// event returns where the hook that is told a kind of event is kept, nil for the kinds that are asked about.
func (h *Hooks) event(kind ServerEventKind) *func(*ServerEvent) {
	switch kind {
	case ServerHandshake:
		return &h.HandshakeComplete
	case ServerDisconnect:
		return &h.Disconnect
	case ServerPublishStop:
		return &h.PublishStop
	case ServerUnpublish:
		return &h.Unpublish
	case ServerPlayStop:
		return &h.PlayStop
	case ServerPause:
		return &h.Pause
	case ServerUnpause:
		return &h.Unpause
	case ServerMetadata:
		return &h.Metadata
	case ServerVideoFrame:
		return &h.VideoFrame
	case ServerAudioFrame:
		return &h.AudioFrame
	case ServerEnhancedVideoFrame:
		return &h.EnhancedVideoFrame
	case ServerEnhancedAudioFrame:
		return &h.EnhancedAudioFrame
	case ServerKeyframe:
		return &h.Keyframe
	case ServerStats:
		return &h.StatsUpdate
	}
	return nil
}

// told is the set of events that a hook is told.
func (h *Hooks) told() EventMask {
	var m EventMask
	for k := ServerConnection; k <= ServerStats; k++ {
		if f := h.event(k); f != nil && *f != nil {
			m |= k.Mask()
		}
	}
	if h.MediaTag != nil {
		m |= ServerMediaTag.Mask()
	}
	return m
}

// asked reports that a kind of request is put to a hook.
func (h *Hooks) asked(kind RequestKind) bool { return *h.request(kind) != nil }

// refuse rejects a request with the words of a hook's error.
func refuse(r *Request, err error) {
	var status *StatusError
	if errors.As(err, &status) {
		r.Reject(status.Code, status.Description)
		return
	}
	r.Reject("", err.Error())
}

// ChainHooks returns hooks that call those of each of several sets in turn. The first that refuses a request, or drops
// a message, has the last word: those behind it are not asked.
func ChainHooks(sets ...*Hooks) *Hooks {
	chain := new(Hooks)
	for _, kind := range requestKinds {
		var calls []func(*Request) error
		for _, h := range sets {
			if f := *h.request(kind); f != nil {
				calls = append(calls, f)
			}
		}
		if len(calls) > 0 {
			*chain.request(kind) = func(r *Request) error {
				for _, f := range calls {
					if err := f(r); err != nil || r.stale() {
						return err
					}
				}
				return nil
			}
		}
	}
	for kind := ServerConnection; kind <= ServerStats; kind++ {
		var calls []func(*ServerEvent)
		for _, h := range sets {
			if f := h.event(kind); f != nil && *f != nil {
				calls = append(calls, *f)
			}
		}
		if len(calls) > 0 {
			*chain.event(kind) = func(e *ServerEvent) {
				for _, f := range calls {
					f(e)
				}
			}
		}
	}
	chain.MediaTag = chainMediaTags(sets)
	return chain
}

func chainMediaTags(sets []*Hooks) func(*ServerEvent) bool {
	var calls []func(*ServerEvent) bool
	for _, h := range sets {
		if h.MediaTag != nil {
			calls = append(calls, h.MediaTag)
		}
	}
	if len(calls) == 0 {
		return nil
	}
	return func(e *ServerEvent) bool {
		for _, f := range calls {
			if !f(e) {
				return false
			}
		}
		return true
	}
}

// LogHooks returns hooks that write a record for everything that happens, with the kind as its message: at level Info,
// what happens for each packet or from time to time at level Debug. Of stream names a record shows the beginning only.
func LogHooks(logger *slog.Logger) *Hooks {
	h := new(Hooks)
	for _, kind := range requestKinds {
		*h.request(kind) = func(r *Request) error {
			logger.Info(grantedKind(kind).String(), "peer", r.PeerAddr(), "app", r.App(), "stream", Masked(r.StreamName()))
			return nil
		}
	}
	for kind := ServerConnection; kind <= ServerStats; kind++ {
		f := h.event(kind)
		if f == nil {
			continue
		}
		*f = func(e *ServerEvent) { logEvent(logger, e) }
	}
	h.MediaTag = func(e *ServerEvent) bool {
		logEvent(logger, e)
		return true
	}
	return h
}

func logEvent(logger *slog.Logger, e *ServerEvent) {
	level := slog.LevelInfo
	if (mediaEvents | ServerStats.Mask()).Has(e.Kind) {
		level = slog.LevelDebug
	}
	if !logger.Enabled(context.Background(), level) {
		return
	}
	list := []any{"connection", e.Connection, "peer", e.Peer}
	if e.Session != nil {
		list = append(list, "app", e.App, "stream", Masked(e.StreamName))
	}
	if e.Packet.Raw != nil {
		list = append(list, "timestamp", e.Packet.Timestamp, "bytes", len(e.Packet.Raw))
	}
	if e.Statistics != nil {
		list = append(list, "packets", e.Statistics.Packets, "bytes", e.Statistics.Bytes)
	}
	if e.Reason != "" {
		list = append(list, "reason", e.Reason)
	}
	logger.Log(context.Background(), level, e.Kind.String(), list...)
}
