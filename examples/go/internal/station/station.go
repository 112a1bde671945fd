// Package station takes publishers into a hub, hands players on to it, records, and shows who comes and goes.
package station

import (
	"crypto/subtle"
	"errors"
	"io"
	"time"

	"oxrtmp/examples/go/internal/live"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
)

// Station answers the requests of a server that asks for publish and play ([rtmp.ServerOptions.AskPublish], AskPlay), and
// has its Hooks.
type Station struct {
	Hub    *rtmp.Hub
	Screen *live.Display
	Key    string // the one stream name that may be published; empty: any
	Record string // a directory for FLV files; empty: none
}

// Hooks returns what the server must call so that players who leave are shown.
func (s *Station) Hooks() *rtmp.Hooks {
	return &rtmp.Hooks{PlayStop: func(e *rtmp.ServerEvent) {
		n := e.Session.Statistics()
		s.Screen.Printf("left %s %s packets=%d bytes=%d reason=%s",
			live.Printable(e.App+"/"+e.StreamName), e.Peer, n.Packets, n.Bytes, e.Reason)
	}}
}

// Serve answers one request. That of a publisher it serves to the stream's end.
func (s *Station) Serve(request *rtmp.Request) {
	if request.Kind() == rtmp.RequestPlay {
		if s.Hub.Accept(request) == nil {
			s.Screen.Printf("play %s to %s", nameOf(request), request.PeerAddr())
		}
		return
	}
	if s.Key != "" && subtle.ConstantTimeCompare([]byte(request.StreamName()), []byte(s.Key)) == 0 {
		request.Reject("NetStream.Publish.BadName", "unauthorized")
		return
	}
	publisher, err := s.publish(request.App(), request.StreamName())
	if err != nil {
		request.Reject("NetStream.Publish.BadName", err.Error())
		return
	}
	defer publisher.Close()
	session, err := request.Accept()
	if err != nil {
		return // the publisher has gone
	}
	defer session.Close()
	go func() { // the peer may send nothing by which receive would notice, and not go by itself
		<-publisher.Done()
		session.CloseWithStatus("NetStream.Publish.BadName", "another publisher has taken over")
	}()

	stream := live.OfSession(session)
	stream.Players = func() int { return s.players(session) }
	s.Screen.Printf("publish %s from %s (%s)", stream.Name, session.PeerAddr(), session.Connect().Encoder())
	s.Screen.Add(stream)
	path, reason := s.receive(session, publisher, stream)
	s.Screen.Remove(stream)
	s.Screen.Printf("end %s %s file=%s reason=%s", stream.Name, stream.Summary(), path, reason)
}

// publish begins to publish a stream. An encoder that stops and begins again at once may be here before its last stream has
// ended, with its recording: that gets a moment, before the encoder is told that it has a rival.
func (s *Station) publish(app, name string) (*rtmp.HubPublisher, error) {
	for patience := time.Now().Add(2 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		publisher, err := s.Hub.Publish(app, name)
		if !errors.Is(err, rtmp.ErrPublished) || time.Now().After(patience) {
			return publisher, err
		}
	}
}

// players returns how many play what a session publishes.
func (s *Station) players(session *rtmp.Session) int {
	for _, info := range s.Hub.Streams() {
		if info.App == session.App() && info.Name == session.StreamName() {
			return info.Players
		}
	}
	return 0
}

// receive takes packets, publishes them into the hub and records them until the stream ends. It returns the recording's
// path, if any, and why the stream ended.
func (s *Station) receive(session *rtmp.Session, publisher *rtmp.HubPublisher, stream *live.Stream) (path, reason string) {
	var recorder *rtmp.Recorder
	if s.Record != "" {
		var err error
		recorder, err = rtmp.NewRecorder(&rtmp.RecorderOptions{Directory: s.Record, Name: session.StreamName()})
		if err != nil {
			return "", err.Error()
		}
		path = recorder.Path()
		defer func() {
			if err := recorder.Close(); err != nil {
				reason = err.Error()
			}
		}()
	}
	packets := make([]media.Packet, 64)
	for {
		n, err := session.NextPackets(packets, -1)
		for i := range packets[:n] {
			p := &packets[i]
			stream.Extend(p)
			if err == nil {
				err = publisher.SendPacket(p, -1)
			}
			if recorder != nil && err == nil {
				err = recorder.WritePacket(p)
			}
			p.Release()
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			return path, session.EndReason()
		case errors.Is(err, rtmp.ErrClosed):
			return path, "closed"
		default:
			return path, err.Error()
		}
	}
}

// nameOf returns a request's stream, fit to be printed.
func nameOf(request *rtmp.Request) string {
	return live.Printable(request.App() + "/" + request.StreamName())
}
