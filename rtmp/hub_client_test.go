package rtmp

import (
	"encoding/binary"
	"errors"
	"io"
	"testing"
	"time"

	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// What a client without a connection publishes, players get; what they would get, one that plays gets.
func TestHubClients(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	if _, err := h.PlayClient("live", "cam", hub.Mask{}, nil); err != ErrNoStream {
		t.Fatal(err)
	}
	if _, err := h.PublishClient("live", "cam", &ClientOptions{PublishType: "x"}); err == nil {
		t.Fatal("options are not checked")
	}
	p, err := h.PublishClient("live", "cam", nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.PublishClient("live", "cam", nil); err != ErrPublished {
		t.Fatal(err)
	}
	for _, err := range []error{
		p.SendMetadata(&message.Metadata{Width: 64}),
		p.SendVideoSequenceHeader([]byte("avcc")), p.SendAudioSequenceHeader([]byte{0x12, 0x10}),
		p.SendVideo(40, true, []byte("key")), p.SendVideoAt(80, 20, false, []byte("inter")),
		p.SendAudio(90, []byte("audio")), p.SendData(95, nil), p.Flush(5 * time.Second),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	waitFor(t, "all frames", func() bool { return frames(h) == 7 })
	c, err := h.PlayClient("live", "cam", hub.Mask{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	remote := playFrom(t, s, "cam")
	next := func(c interface {
		NextPacket(time.Duration) (media.Packet, error)
	}, kind media.Kind, timestamp uint32, data string) {
		t.Helper()
		for {
			got, err := c.NextPacket(5 * time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if got.Handler == "|RtmpSampleAccess" || got.Type == media.TypeData && len(got.Raw) == 0 {
				continue
			}
			if got.Kind != kind || got.Timestamp != timestamp || data != "" && string(got.Data) != data {
				t.Fatalf("%v at %d: %q", got.Kind, got.Timestamp, got.Data)
			}
			got.Release()
			return
		}
	}
	for _, c := range []interface {
		NextPacket(time.Duration) (media.Packet, error)
	}{c, remote} {
		next(c, media.KindMetadata, 0, "")
		next(c, media.KindSequenceHeader, 0, "avcc")
		next(c, media.KindSequenceHeader, 0, "\x12\x10")
		next(c, media.KindFrame, 40, "key")
		next(c, media.KindFrame, 80, "inter")
		next(c, media.KindFrame, 90, "audio")
	}
	if m, ok := c.Metadata(); !ok || m.Width != 64 {
		t.Fatalf("%+v", m)
	}
	if a, b := p.Statistics(), c.Statistics(); a.Packets != 7 || a.Video != 3 || a.Audio != 2 || b.Video != 3 || b.Audio != 2 {
		t.Fatalf("%+v %+v", a, b)
	}

	// What is not wanted is left out; what is wanted again begins with headers and a keyframe.
	c.Pause(true)
	p.SendVideo(120, true, []byte("paused"))
	p.Flush(5 * time.Second)
	waitFor(t, "a frame", func() bool { return frames(h) == 8 })
	c.Pause(false)
	p.SendVideo(160, false, []byte("no beginning"))
	p.SendVideo(200, true, []byte("again"))
	next(c, media.KindMetadata, 0, "")
	next(c, media.KindSequenceHeader, 0, "avcc")
	next(c, media.KindSequenceHeader, 0, "\x12\x10")
	next(c, media.KindFrame, 200, "again")

	for _, err := range []error{
		c.SendAudio(0, nil), p.Pause(true), p.ReceiveAudio(true), p.ReceiveVideo(true), second(p.NextPackets(nil, 0)),
	} {
		if err != engine.ErrState {
			t.Fatal(err)
		}
	}
	for _, err := range []error{c.Seek(0), c.SetBufferLength(0), second(c.Ping(0))} {
		if !errors.Is(err, errors.ErrUnsupported) {
			t.Fatal(err)
		}
	}
	if _, err := c.NextEvent(0); err != ErrTimeout {
		t.Fatal(err)
	}
	p.Close()
	if err := p.SendAudio(0, nil); err != ErrClosed {
		t.Fatal(err)
	}
	h.Close()
	if e, err := c.NextEvent(5 * time.Second); err != nil || e.Kind != ClientEnded {
		t.Fatalf("%+v %v", e, err)
	}
	if _, err := c.NextPacket(-1); err != io.EOF {
		t.Fatal(err)
	}
	if _, err := c.NextEvent(-1); err != io.EOF {
		t.Fatal(err)
	}
	c.Close()
	if _, err := c.NextEvent(-1); err != ErrClosed {
		t.Fatal(err)
	}
}

func second[A any](_ A, err error) error { return err }

// A client that may not wait is told when there is room, and hears of the end of its stream.
func TestHubClientHasNoRoom(t *testing.T) {
	h, err := NewHub(&HubOptions{Takeover: TakeoverReplace, Player: hub.PlayerOptions{Slow: SlowBlock}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	p, err := h.PublishClient("live", "cam", &ClientOptions{NoWait: true, OutputBytes: 1 << 16})
	if err != nil {
		t.Fatal(err)
	}
	st := h.enterForTest("live", "cam")
	for range 3 {
		st.mu.Lock() // nothing is distributed
		err := error(nil)
		for n := 0; err == nil && n < 10000; n++ {
			err = p.SendVideo(uint32(n), true, numbered(n, 30000))
		}
		if err != ErrAgain {
			t.Fatal(err)
		}
		st.mu.Unlock()
		if e, err := p.NextEvent(5 * time.Second); err != nil || e.Kind != ClientWritable {
			t.Fatalf("%+v %v", e, err)
		}
		if err := p.Flush(5 * time.Second); err != nil {
			t.Fatal(err)
		}
		if _, err := p.NextEvent(0); err != ErrTimeout {
			t.Fatal(err)
		}
	}
	other, err := h.PublishClient("live", "cam", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, e, err := pollFor(p); err != nil || e.Kind != ClientEnded || !errors.Is(e.Err, io.EOF) {
		t.Fatalf("%+v %v", e, err)
	}
	if err := p.SendAudio(0, nil); err != io.EOF {
		t.Fatal(err)
	}
	if err := p.Flush(-1); err != io.EOF {
		t.Fatal(err)
	}
	p.Close()
}

// pollFor waits for Poll to find something.
func pollFor(c *HubClient) (n int, e ClientEvent, err error) {
	ready := make(chan struct{}, 1)
	c.OnReady(func() {
		select {
		case ready <- struct{}{}:
		default:
		}
	})
	defer c.OnReady(nil)
	for {
		n, e, err = c.Poll(make([]media.Packet, 1))
		if err != ErrTimeout {
			return n, e, err
		}
		select {
		case <-ready:
		case <-time.After(5 * time.Second):
			return 0, e, err
		}
	}
}

// enterForTest returns a stream, not locked.
func (h *Hub) enterForTest(app, name string) *hubStream {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.streams[streamKey{app, name}]
}

// A subscriber by Poll: packets in order, then the end, once.
func TestHubClientPolls(t *testing.T) {
	h, _ := live(t, nil, ServerOptions{})
	p, err := h.PublishClient("live", "cam", nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.SendVideo(0, true, numbered(0, 8)); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "a frame", func() bool { return frames(h) == 1 })
	c, err := h.PlayClient("live", "cam", hub.Mask{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		for n := 1; n < 500; n++ {
			p.SendVideo(uint32(n), false, numbered(n, 8))
		}
		p.Flush(-1)
		for frames(h) < 500 { // what it has taken it has not yet given
			time.Sleep(time.Millisecond)
		}
		h.Close()
	}()
	for n := 0; n < 500; n++ {
		got, e, err := pollOne(c)
		if err != nil || e.Kind != 0 || binary.BigEndian.Uint64(got.Data) != uint64(n) {
			t.Fatalf("%d: %+v %v %v", n, got, e, err)
		}
		got.Release()
	}
	if _, e, err := pollOne(c); err != nil || e.Kind != ClientEnded {
		t.Fatalf("%+v %v", e, err)
	}
	if _, _, err := c.Poll(make([]media.Packet, 1)); err != io.EOF || c.Ready() {
		t.Fatal(err)
	}
}

func pollOne(c *HubClient) (p media.Packet, e ClientEvent, err error) {
	var packets [1]media.Packet
	for begun := time.Now(); time.Since(begun) < 10*time.Second; time.Sleep(time.Millisecond) {
		if _, e, err = c.Poll(packets[:]); err != ErrTimeout {
			break
		}
	}
	return packets[0], e, err
}
