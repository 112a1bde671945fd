package main

// #include "bridge.h"
import "C"

import (
	"oxrtmp/capi/internal/handle"
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// peer is what a request and a session tell about who is at the other end and what they asked for.
type peer interface {
	App() string
	StreamName() string
	RawStreamName() string
	Query() string
	PublishType() string
	TCURL() string
	PeerAddr() string
	Connect() *message.Connect // nil before connect
}

// user is who has logged in, or wants to.
func user(p peer) string {
	if held, ok := p.(*heldRequest); ok {
		p = held.wish
	}
	if u, ok := p.(interface{ User() string }); ok {
		return u.User()
	}
	return ""
}

// text is the body of the functions that return one of these as a string.
func text[T peer](table *handle.Table[T], id C.uint64_t, get func(peer) string, buf *C.char, capacity C.size_t, length *C.size_t) C.oxrtmp_status {
	return with(table, id, func(p T) error { return putText(get(p), buf, capacity, length) })
}

// connect returns the connect command, an empty one before it came.
func connect(p peer) *message.Connect {
	if c := p.Connect(); c != nil {
		return c
	}
	return &message.Connect{Properties: &amf.Object{}}
}

func flashVersion(p peer) string { return connect(p).FlashVer }
func swfURL(p peer) string       { return connect(p).SWFURL }
func pageURL(p peer) string      { return connect(p).PageURL }
func encoder(p peer) string      { return connect(p).Encoder().String() }
func connectJSON(p peer) string  { return string(amf.AppendJSON(nil, connect(p).Properties)) }

func putConnect(out *C.oxrtmp_connect_info, p peer) error {
	c := connect(p)
	out.encoder, out.fpad = C.uint32_t(c.Encoder()), flag(c.FPad)
	out.capabilities, out.object_encoding = C.double(c.Capabilities), C.double(c.ObjectEncoding)
	out.audio_codecs, out.video_codecs = C.double(c.AudioCodecs), C.double(c.VideoCodecs)
	out.video_function = C.double(c.VideoFunction)
	return nil
}
