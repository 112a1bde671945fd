package rtmp

import (
	"bytes"
	"testing"
	"time"

	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// sharing is a player of several streams on one connection.
type sharing struct {
	*plainPeer
	server *Server
	plays  uint32
}

func newSharing(t testing.TB) *sharing {
	s := bind(t, &ServerOptions{AskPlay: true})
	return &sharing{plainPeer: newPlainPeer(t, s.Addr()), server: s}
}

// play plays a stream on the next message stream, of a hub or, without one, of the application.
func (p *sharing) play(name string, h *Hub) *Session {
	p.t.Helper()
	if p.plays++; p.plays > 1 {
		p.command(0, message.NewCommand("createStream", 3))
		p.until("_result")
	}
	p.command(p.plays, playCommand(name))
	r, err := p.server.Accept(10 * time.Second)
	if err != nil {
		p.t.Fatal(err)
	}
	var session *Session
	if h == nil {
		session, err = r.Accept()
	} else {
		err = h.Accept(r)
	}
	if err != nil {
		p.t.Fatal(err)
	}
	p.until(message.CodePlayStart)
	return session
}

// gets fails unless the next message of audio or video is this one.
func (p *sharing) gets(streamID uint32, typeID uint8, timestamp uint32, payload []byte) {
	p.t.Helper()
	for {
		p.conn.SetReadDeadline(time.Now().Add(20 * time.Second))
		m, err := p.next()
		if err != nil {
			p.t.Fatal(err)
		}
		if m.TypeID != media.TypeAudio && m.TypeID != media.TypeVideo {
			continue
		}
		if m.StreamID != streamID || m.TypeID != typeID || m.Timestamp != timestamp || !bytes.Equal(m.payload, payload) {
			p.t.Fatalf("stream %d, type %d at %d, %d bytes; want stream %d, type %d at %d, %d bytes",
				m.StreamID, m.TypeID, m.Timestamp, len(m.payload), streamID, typeID, timestamp, len(payload))
		}
		return
	}
}

func newHubOf(t testing.TB, o *HubOptions, name string) (*Hub, *HubPublisher) {
	t.Helper()
	h, err := NewHub(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	p, err := h.Publish("live", name)
	if err != nil {
		t.Fatal(err)
	}
	return h, p
}

// picture is the payload of a keyframe.
func picture(n byte, size int) []byte {
	p := append([]byte{0x17, 1, 0, 0, 0}, make([]byte, size)...)
	p[5] = n
	return p
}

// A connection plays streams of a hub and one that the application sends: neither's messages refer to the other's.
func TestHubAndApplicationOnOneConnection(t *testing.T) {
	p := newSharing(t)
	h, one := newHubOf(t, nil, "one")
	two, err := h.Publish("live", "two")
	if err != nil {
		t.Fatal(err)
	}
	p.play("one", h)
	session := p.play("application", nil)
	p.play("two", h)
	for i := range uint32(4) {
		for id, pub := range map[uint32]*HubPublisher{1: one, 3: two} {
			frame := picture(byte(i), 5000)
			pub.Send(media.TypeVideo, 1000*id+i*40, frame, time.Second)
			p.gets(id, media.TypeVideo, 1000*id+i*40, frame)
			pub.Send(media.TypeAudio, 1000*id+i*40, []byte{0xAF, 1, byte(i)}, time.Second)
			p.gets(id, media.TypeAudio, 1000*id+i*40, []byte{0xAF, 1, byte(i)})
		}
		session.SendVideo(5000+i*40, true, picture(byte(i), 5000)[5:])
		p.gets(2, media.TypeVideo, 5000+i*40, picture(byte(i), 5000))
		session.SendAudio(5000+i*40, []byte{byte(i)})
		p.gets(2, media.TypeAudio, 5000+i*40, []byte{0xAF, 1, byte(i)})
	}
}

// Two hubs whose chunks differ in size send on one connection, while both play and when only one of them does.
func TestHubsOfOneConnection(t *testing.T) {
	p := newSharing(t)
	h1, one := newHubOf(t, &HubOptions{ChunkSize: 4096}, "one")
	h2, two := newHubOf(t, &HubOptions{ChunkSize: 1000, Grace: -1}, "two")
	frame := picture(1, 9000)
	send := func(pub *HubPublisher, id, timestamp uint32) {
		t.Helper()
		pub.Send(media.TypeVideo, timestamp, frame, time.Second)
		p.gets(id, media.TypeVideo, timestamp, frame)
		pub.Send(media.TypeAudio, timestamp, []byte{0xAF, 1, 1}, time.Second)
		p.gets(id, media.TypeAudio, timestamp, []byte{0xAF, 1, 1})
	}
	p.play("one", h1)
	send(one, 1, 0)
	p.play("two", h2)
	for i := range uint32(3) {
		send(one, 1, 40+i*40)
		send(two, 2, 40+i*40)
	}
	session := p.play("application", nil)
	session.SendVideo(7, true, frame[5:])
	p.gets(3, media.TypeVideo, 7, frame)
	two.Close()
	p.until(message.CodePlayUnpublishNotify)
	send(one, 1, 200)
}
