package rtmp

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// A105, A110, C29: data frames are kept for who comes later until they are cleared, and can be listed; other data goes to
// who is there. All of it byte for byte.
func TestHubDataFrames(t *testing.T) {
	h, s := live(t, nil, ServerOptions{})
	c := publishTo(t, s, "cam")
	early := playFrom(t, s, "cam")
	set := func(handler string, value amf.Value) []byte {
		if err := c.SetDataFrame(handler, value); err != nil {
			t.Fatal(err)
		}
		return amf.AppendValuesAMF0(nil, amf.String(handler), value)
	}
	a := set("onA", amf.Number(1))
	b := set("onB", &amf.ECMAArray{Properties: []amf.Property{{Name: "k", Value: amf.String("v")}}})
	a2 := set("onA", amf.Number(2))
	text := amf.AppendValuesAMF0(nil, amf.String("onTextData"), &amf.Object{Properties: []amf.Property{{Name: "text", Value: amf.String("x")}}})
	c.SendData(77, text)
	c.ClearDataFrame("onB")
	c.ClearDataFrame("never set")
	metadata := message.Metadata{Width: 640}
	c.SendMetadata(&metadata)
	waitFor(t, "the data", func() bool { return frames(h) == 7 })

	list, err := h.DataFrames("live", "cam")
	if err != nil || len(list) != 2 || list[0].Handler != "onA" || !bytes.Equal(list[0].Data, a2) || list[1].Handler != "onMetaData" {
		t.Fatalf("%+v %v", list, err)
	}
	onMetaData := list[1].Data
	expect := func(p *Client, want ...[]byte) {
		t.Helper()
		for _, w := range want {
			packet, err := p.NextPacket(10 * time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if packet.Handler == "|RtmpSampleAccess" {
				packet.Release()
				packet, _ = p.NextPacket(10 * time.Second)
			}
			if !bytes.Equal(packet.Raw, w) {
				t.Errorf("%x, want %x", packet.Raw, w)
			}
			if bytes.Equal(w, text) && packet.Timestamp != 77 {
				t.Errorf("at %d", packet.Timestamp)
			}
			packet.Release()
		}
	}
	expect(early, a, b, a2, text, onMetaData)
	late := playFrom(t, s, "cam")
	expect(late, a2, onMetaData)
	c.ClearDataFrame("onMetaData")
	c.SendAudio(0, []byte{1})
	waitFor(t, "it to be cleared", func() bool { list, _ := h.DataFrames("live", "cam"); return len(list) == 1 })
	expect(playFrom(t, s, "cam"), a2)
	if _, err := h.DataFrames("live", "none"); err != ErrNoStream {
		t.Error(err)
	}
}

// An application sets and clears data frames as a publisher does; a subscriber is told of both.
func TestHubApplicationDataFrames(t *testing.T) {
	h, _ := live(t, nil, ServerOptions{})
	p, err := h.Publish("live", "cam")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sub, err := h.Subscribe("live", "cam", hub.Mask{})
	if err != nil {
		t.Fatal(err)
	}
	defer sub.Close()
	p.SetDataFrame("onA", []amf.Value{amf.Number(1)}, time.Second)
	p.ClearDataFrame("onA", time.Second)
	for _, want := range []string{"onA", "@clearDataFrame"} {
		packet, err := sub.NextPacket(10 * time.Second)
		if err != nil || packet.Handler != want {
			t.Errorf("%q, want %q: %v", packet.Handler, want, err)
		}
		packet.Release()
	}
	if list, err := h.DataFrames("live", "cam"); err != nil || len(list) != 0 {
		t.Error(list, err)
	}
}

// A180: figures and lists of the hub, its streams and its players, and of the server's sessions; those of streams that
// have ended stay in the hub's.
func TestHubStatistics(t *testing.T) {
	h, s := live(t, &HubOptions{Grace: -1}, ServerOptions{})
	c := publishTo(t, s, "cam")
	c.SendVideoSequenceHeader([]byte{1})
	c.SendAudioSequenceHeader([]byte{0x12, 0x10})
	c.SendVideo(0, true, make([]byte, 1000))
	waitFor(t, "the stream", func() bool { return frames(h) == 3 })
	p := playFrom(t, s, "cam")
	sub, err := h.Subscribe("live", "cam", hub.Mask{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		c.SendVideo(uint32(i*40+40), false, make([]byte, 995))
	}
	waitFor(t, "everything", func() bool { return h.Statistics().Sent == 20 })
	info, err := h.Stream("live", "cam")
	if err != nil || info.Players != 2 || info.Video != media.AVC1 || info.Audio != media.MP4A || info.Received.Video != 12 || info.Published <= 0 ||
		info.Published > info.Duration || info.Cached < 11000 || info.Sent != 20 || info.Dropped+info.Lost != 0 {
		t.Errorf("%+v %v", info, err)
	}
	players, err := h.Players("live", "cam")
	if err != nil || len(players) != 2 {
		t.Fatal(players, err)
	}
	if i := players[0]; i.Peer == "" || i.Session == nil || i.Session.StreamName() != "cam" || i.Sent.Packets != 13 || i.Sent.Video != 12 || i.Sent.Bytes < 11000 || i.Sent.Timestamp != 400 {
		t.Errorf("the player: %+v", i)
	}
	if i := players[1]; i.Peer != "" || i.Session != nil || i.Sent.Packets != 13 || i.Sent.Queued == 0 {
		t.Errorf("the subscriber: %+v", i)
	}
	p.Pause(true)
	waitFor(t, "the pause", func() bool { players, _ := h.Players("live", "cam"); return players[0].Paused })
	kinds := map[RequestKind]int{}
	for _, session := range s.Sessions() {
		kinds[session.Kind()]++
	}
	if kinds[RequestPublish] != 1 || kinds[RequestPlay] != 1 {
		t.Error(kinds)
	}
	st := h.Statistics()
	if st.Streams != 1 || st.Publishers != 1 || st.Players != 2 || st.Received != 13 || st.Bytes < 11000 || st.Cached != info.Cached || st.Duration <= 0 {
		t.Errorf("%+v", st)
	}
	c.Close()
	sub.Close()
	waitFor(t, "the end", func() bool { return len(h.Streams()) == 0 })
	after := h.Statistics()
	if after.Streams+after.Publishers+after.Players+after.Cached != 0 || after.Received != st.Received || after.Bytes != st.Bytes || after.Sent != st.Sent {
		t.Errorf("afterwards %+v, before %+v", after, st)
	}
	if _, err := h.Players("live", "cam"); err != ErrNoStream {
		t.Error(err)
	}
}

// Figures of a hub are there, and right, also while streams end all the time: one does so between any two that
// are counted, as both are held up then.
func TestHubStatisticsWhileStreamsEnd(t *testing.T) {
	h := newTestHub(t, &HubOptions{Grace: -1})
	n := uint64(0)
	end := func() {
		t.Helper()
		p, err := h.Publish("live", "short")
		if err != nil {
			t.Fatal(err)
		}
		p.Send(media.TypeAudio, 0, []byte{0xAF, 1}, time.Second)
		p.Close()
		n++
		for there := true; there; _, there = h.stream("short") {
			time.Sleep(50 * time.Microsecond)
		}
	}
	var held [2]*hubStream
	for i, name := range []string{"a", "b"} {
		if _, err := h.Publish("live", name); err != nil {
			t.Fatal(err)
		}
		held[i], _ = h.stream(name)
	}
	counted := make(chan uint64, 1)
	held[0].mu.Lock()
	go func() { counted <- h.Statistics().Received }()
	var got uint64
	for begun, i := time.Now(), 0; ; i ^= 1 {
		held[i^1].mu.Lock()
		end()
		held[i].mu.Unlock()
		select {
		case got = <-counted:
		default:
			if time.Since(begun) > 30*time.Second {
				held[i^1].mu.Unlock()
				t.Fatal("they are not there")
			}
			continue
		}
		held[i^1].mu.Unlock()
		break
	}
	if s := h.Statistics(); got > n || s.Received != n || s.Streams != 2 {
		t.Errorf("%d messages of %d, then %+v", got, n, s)
	}
}

// stream returns a stream of app live, if it is there.
func (h *Hub) stream(name string) (*hubStream, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	st, ok := h.streams[streamKey{"live", name}]
	return st, ok
}

// A closed hub says that it is closed.
func TestClosedHub(t *testing.T) {
	h, _ := live(t, nil, ServerOptions{})
	h.Close()
	_, subscribed := h.Subscribe("live", "cam", hub.Mask{})
	_, published := h.Publish("live", "cam")
	_, stream := h.Stream("live", "cam")
	for _, err := range []error{subscribed, published, stream} {
		if !errors.Is(err, ErrClosed) {
			t.Error(err)
		}
	}
}

// scarce has no memory for blocks of wire bytes while it is empty.
type scarce struct {
	buffer.HeapAllocator
	mu    sync.Mutex
	empty bool
}

func (s *scarce) Allocate(size int) *buffer.Buffer {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.empty {
		return nil
	}
	return s.HeapAllocator.Allocate(size)
}

// A message for which there is no memory is counted, and the video goes on with a keyframe, for who is there and for who
// comes later.
func TestHubWithoutMemory(t *testing.T) {
	memory := &scarce{}
	h, err := NewHub(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	h.alloc = memory
	s := bind(t, &ServerOptions{Hub: h})
	c := publishTo(t, s, "cam")
	player := playFrom(t, s, "cam")
	send := func(n int, empty bool) {
		memory.mu.Lock()
		memory.empty = empty
		memory.mu.Unlock()
		before := h.Statistics().Received
		c.SendVideo(uint32(n*40), n%10 == 0, numbered(n, 100))
		waitFor(t, "the frame", func() bool { return h.Statistics().Received > before })
	}
	for n := range 22 {
		send(n, n == 3 || n == 4 || n == 13)
	}
	if st := h.Statistics(); st.Lost != 3 || h.Streams()[0].Lost != 3 {
		t.Errorf("%+v", st)
	}
	late := playFrom(t, s, "cam")
	send(22, false)
	for p, want := range map[*Client]string{player: "[0 1 2 10 11 12 20 21 22]", late: "[20 21 22]"} {
		var got []uint64
		for len(got) == 0 || got[len(got)-1] != 22 {
			f := nextVideo(t, p)
			got = append(got, binary.BigEndian.Uint64(f.Data))
			f.Release()
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

// Under SlowBlock a stream waits for its slowest player, which loses nothing; who joins, leaves, asks or takes over
// meanwhile does not wait.
func TestHubBlockingPlayerHoldsUpItsStreamOnly(t *testing.T) {
	memory, h, s := strained(t, HubOptions{Takeover: TakeoverReplace, Grace: -1, Player: hub.PlayerOptions{Slow: hub.SlowBlock, SoftBytes: 64 << 10}})
	s.Close()
	s = bind(t, &ServerOptions{Hub: h, Allocator: memory, Linger: 100 * time.Millisecond, Timeouts: Timeouts{Write: time.Minute}})
	c := publishTo(t, s, "cam")
	c.SendVideo(0, true, numbered(0, 8))
	waitFor(t, "the stream", func() bool { return frames(h) == 1 })
	slow, err := Play(context.Background(), "rtmp://"+s.Addr()+"/live/cam", &ClientOptions{Limits: Limits{QueueBytes: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	fast := playFrom(t, s, "cam")
	const total = 400
	done := make(chan struct{})
	go func() {
		defer close(done)
		for i := 1; i < total; i++ { // until it is taken over from
			if err := c.SendVideo(uint32(i*40), false, numbered(i, 50000)); err != nil {
				return
			}
		}
	}()
	var received uint64
	waitFor(t, "the stream to wait", func() bool {
		before := received
		received = frames(h)
		time.Sleep(20 * time.Millisecond)
		return received > 10 && received == before && frames(h) == received
	})
	if used := memory.InUse(); used > 40<<20 {
		t.Errorf("%d bytes wait", used)
	}
	begun := time.Now()
	late := playFrom(t, s, "cam")
	late.Close()
	h.Statistics()
	if _, err := h.Players("live", "cam"); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > 10*time.Second { // the stream would wait a minute
		t.Errorf("joining and asking took %v", took)
	}
	go func() {
		for {
			packet, err := fast.NextPacket(-1)
			if err != nil {
				return
			}
			packet.Release()
		}
	}()
	for n := range total / 2 {
		f := nextVideo(t, slow)
		if got := binary.BigEndian.Uint64(f.Data); got != uint64(n) {
			t.Fatalf("frame %d, want %d", got, n)
		}
		f.Release()
	}
	// Now it does not read again, and another publisher comes.
	begun = time.Now()
	other := publishTo(t, s, "cam")
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("taking over took %v", took)
	}
	<-done
	other.SendVideo(0, true, numbered(9999, 8))
	for {
		f := nextVideo(t, slow)
		n := binary.BigEndian.Uint64(f.Data)
		f.Release()
		if n == 9999 {
			break
		}
	}
	for _, c := range []*Client{slow, fast, c, other} {
		c.Close()
	}
	h.Close()
	s.Close()
	waitFor(t, "all memory", func() bool { return memory.InUse() == 0 })
}

// A subscriber that takes nothing holds its stream up under SlowBlock, and loses nothing.
func TestHubBlockingSubscriber(t *testing.T) {
	h, _ := live(t, &HubOptions{Player: hub.PlayerOptions{Slow: hub.SlowBlock, SoftBytes: 64 << 10}}, ServerOptions{})
	p, err := h.Publish("live", "cam")
	if err != nil {
		t.Fatal(err)
	}
	sub, err := h.Subscribe("live", "cam", hub.Mask{})
	if err != nil {
		t.Fatal(err)
	}
	const total = 300
	go func() {
		for i := range total {
			if err := p.Send(media.TypeVideo, uint32(i), append([]byte{0x27, 1, 0, 0, 0}, numbered(i, 20000)...), 20*time.Second); err != nil {
				t.Error(i, err)
			}
		}
		p.Close()
	}()
	waitFor(t, "it to wait", func() bool { return sub.inbox.waitingCost() > 64<<10 })
	time.Sleep(50 * time.Millisecond)
	if waiting := sub.inbox.waitingCost(); waiting > 4<<20 {
		t.Errorf("%d bytes wait", waiting)
	}
	for n := range total {
		packet, err := sub.NextPacket(10 * time.Second)
		if err != nil {
			t.Fatal(n, err)
		}
		if got := binary.BigEndian.Uint64(packet.Data); got != uint64(n) {
			t.Fatalf("%d, want %d", got, n)
		}
		packet.Release()
	}
	h.Close()
	if _, err := sub.NextPacket(10 * time.Second); err != io.EOF {
		t.Error(err)
	}
}

// A player of a server gets what its mask leaves of the stream.
func TestHubMasks(t *testing.T) {
	h, s := live(t, &HubOptions{Mask: hub.Mask{NoAudio: true}}, ServerOptions{AskPlay: true})
	c := publishTo(t, s, "cam")
	c.SendAudioSequenceHeader([]byte{0x12, 0x10})
	c.SendVideo(0, true, numbered(0, 8))
	waitFor(t, "the stream", func() bool { return frames(h) == 2 })
	go func() {
		for {
			r, err := s.Accept(-1)
			if err != nil {
				return
			}
			if r.Query() == "audio" {
				h.AcceptMasked(r, hub.Mask{NoVideo: true})
			} else {
				h.Accept(r)
			}
		}
	}()
	masked, own := playFrom(t, s, "cam"), playFrom(t, s, "cam?audio")
	waitFor(t, "both", func() bool { return h.Streams()[0].Players == 2 })
	c.SendVideo(40, true, numbered(1, 8))
	c.SendAudio(50, []byte{1})
	c.SendVideo(60, true, numbered(2, 8))
	c.SendAudio(70, []byte{2})
	for p, want := range map[*Client]string{masked: "[9@0 9@40 9@60]", own: "[8@0 8@50 8@70]"} {
		var got []string
		for len(got) < 3 {
			packet, err := p.NextPacket(10 * time.Second)
			if err != nil {
				t.Fatal(err)
			}
			if packet.Type != media.TypeData {
				got = append(got, fmt.Sprintf("%d@%d", packet.Type, packet.Timestamp))
			}
			packet.Release()
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%v, want %s", got, want)
		}
	}
}

// C33: under TimestampsMonotonic time does not go back for players though it does for the publisher.
func TestHubTimestamps(t *testing.T) {
	h, s := live(t, &HubOptions{Timestamps: TimestampsMonotonic}, ServerOptions{})
	c := publishTo(t, s, "cam")
	player := playFrom(t, s, "cam")
	for i, ts := range []uint32{100000, 100040, 0, 40, 80} {
		c.SendVideo(ts, true, numbered(i, 8))
	}
	last := uint32(0)
	for i, want := range []uint32{100000, 100040, 100041, 100081, 100121} {
		f := nextVideo(t, player)
		if f.Timestamp != want || f.DTS != int64(want)*1e6 || f.Timestamp < last {
			t.Errorf("frame %d at %d ms, %d ns, want %d ms", i, f.Timestamp, f.DTS, want)
		}
		last = f.Timestamp
		f.Release()
	}
	_ = h
}
