//go:build panics

package rtmp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/internal/trap"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// These tests panic at the beginning of every function that a conversation comes through, in turn: in decoders, state
// machines, hubs, and what is around them. By that the conversation ends, and nothing else: a publisher who was there
// before, and who hears it, go on, the next one is served, and nothing is left. `go run ./tests/panics` runs them.

// scene is a server with somebody on it who must not notice.
type scene struct {
	t       *testing.T
	server  *Server
	address string
	client  *ClientOptions // of everybody
	memory  *buffer.HeapAllocator
	good    *Client
	hears   func() (uint32, error) // the timestamp of the good one's next frame
	at      uint32
	files   atomic.Int64
	filing  atomic.Int64 // recordings that are written or read
	present int          // connections of those who must not notice
	held    int64        // memory that they hold
}

// panicLog counts the panics that clients and hubs log, and those that try has caught.
type panicLog struct{}

var panicsLogged atomic.Int64

func (panicLog) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "panicked") {
		panicsLogged.Add(1)
	}
	return nil
}

func (panicLog) Enabled(_ context.Context, l slog.Level) bool { return l >= slog.LevelError }
func (l panicLog) WithAttrs([]slog.Attr) slog.Handler         { return l }
func (l panicLog) WithGroup(string) slog.Handler              { return l }

// seen returns how many panics there were.
func (sc *scene) seen() int64 { return panicsLogged.Load() + int64(sc.server.Statistics().Panics) }

// url names a stream of the server's.
func (sc *scene) url(name string) string {
	address := sc.address
	if !strings.HasPrefix(address, schemeTLS) {
		address = "rtmp://" + address
	}
	return address + "/live/" + name
}

// try is an application that survives what it calls.
func (sc *scene) try(f func()) {
	defer func() {
		if p := recover(); p != nil {
			if _, ours := p.(trap.Panic); !ours {
				panic(p)
			}
			panicsLogged.Add(1)
		}
	}()
	f()
}

// quiet waits until nothing runs any more but what waits.
func (sc *scene) quiet() error {
	begun, last := time.Now(), uint64(0)
	for still := 0; still < 8; time.Sleep(time.Millisecond) {
		open := sc.server.Connections()
		now := trap.Calls()
		if still++; now != last || open != sc.present || sc.filing.Load() > 0 {
			still = 0
		}
		if last = now; time.Since(begun) > 5*time.Second {
			trap.Watch()
			time.Sleep(100 * time.Millisecond)
			return fmt.Errorf("%d connections are open, want %d; what runs: %v", open, sc.present, trap.Seen())
		}
	}
	return nil
}

func stacks() []byte {
	p := make([]byte, 1<<20)
	return p[:runtime.Stack(p, true)]
}

// goesOn reports what is wrong with those who must not notice, and with the next one.
func (sc *scene) goesOn() error {
	sc.at++
	if err := sc.good.SendVideo(sc.at, true, numbered(int(sc.at), 100)); err != nil {
		return fmt.Errorf("the one who was there: %w", err)
	}
	if at, err := sc.hears(); err != nil || at != sc.at {
		return fmt.Errorf("who hears it: frame %d, want %d: %w", at, sc.at, err)
	}
	begun := time.Now()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	next, err := Publish(ctx, sc.url("next"), sc.client)
	if err == nil {
		if err = next.SendVideo(0, true, numbered(0, 100)); err == nil {
			err = next.Close()
		}
	}
	if took := time.Since(begun); err != nil || took > time.Second+4*grace() {
		return fmt.Errorf("the next one, after %v: %w", took, err)
	}
	return nil
}

// inTime is an error, and the reason, if f takes too long.
func inTime(f func()) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		f()
	}()
	select {
	case <-done:
		return nil
	case <-time.After(10 * time.Second):
		return fmt.Errorf("the conversation hangs\n%s", stacks())
	}
}

// sweep lets the conversation happen once for every function that it comes through, which panics. A scene that does not
// survive that is replaced.
func sweep(t *testing.T, begin func(t *testing.T) *scene, converse func(sc *scene)) map[string]int {
	sc := begin(t)
	once := func() error {
		err := inTime(func() { converse(sc) })
		if err == nil {
			err = sc.quiet()
		}
		return err
	}
	for range 2 { // pools are filled
		if err := errors.Join(once(), sc.goesOn(), sc.quiet()); err != nil {
			t.Fatal(err)
		}
	}
	trap.Watch()
	err := once()
	seen := trap.Seen()
	if err != nil {
		t.Fatal(err)
	}
	sc.held = sc.memory.InUse()
	missed := 0
	for _, place := range slices.Sorted(maps.Keys(seen)) {
		for _, n := range which(place, seen[place]) {
			before := sc.seen()
			disarm := trap.Arm(place, n)
			err := once()
			fired := disarm()
			if err == nil {
				err = sc.goesOn()
			}
			if err == nil {
				err = sc.quiet()
			}
			if err != nil {
				t.Errorf("%s, call %d: %v", place, n, err)
				sc = begin(t)
				sc.goesOn()
				sc.quiet()
				sc.held = sc.memory.InUse()
				continue
			}
			if !fired {
				missed++
				continue
			}
			if got := sc.seen() - before; got != 1 {
				t.Errorf("%s, call %d: %d panics were seen", place, n, got)
			}
			if left := sc.memory.InUse() - sc.held; left > inHand {
				t.Errorf("%s, call %d: %d bytes are not released", place, n, left)
			}
			sc.held = sc.memory.InUse()
		}
	}
	t.Logf("%d places, %d not come through again", len(seen), missed)
	if missed > len(seen)/20 {
		t.Errorf("%d of %d places were not come through again", missed, len(seen))
	}
	return seen
}

// inHand is how much memory may be lost with a function that panics: what it was about to hand on, or to release.
const inHand = 128 << 10

// swept are the places that have had their turn.
var swept = make(map[string]bool)

// which of n calls of a place panic: the first, in one of the conversations, or several in each.
func which(place string, n int) []int {
	if os.Getenv("OXRTMP_TORTURE") != "" {
		return slices.Compact([]int{1, 1 + n/3, 1 + n/2, max(1, n-1)})
	}
	if swept[place] {
		return nil
	}
	swept[place] = true
	return []int{1}
}

// newScene starts a server, and a publisher on it.
func newScene(t *testing.T, o ServerOptions, c ClientOptions) *scene {
	sc := &scene{t: t, memory: &buffer.HeapAllocator{}}
	o.Allocator = sc.memory
	c.Logger, c.Allocator, c.Linger = slog.New(panicLog{}), sc.memory, time.Second
	sc.client = &c
	address := "127.0.0.1:0"
	if o.TLS != nil {
		address = schemeTLS + address
	}
	var err error
	if sc.server, err = Bind(address, &o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { sc.server.Close() })
	sc.address = sc.server.Addr()
	return sc
}

// begin lets the publisher begin, and who hears it.
func (sc *scene) begin(hears func() (uint32, error)) {
	var err error
	if sc.good, err = Publish(context.Background(), sc.url("good"), sc.client); err != nil {
		sc.t.Fatal(err)
	}
	sc.t.Cleanup(func() { sc.good.Close() })
	sc.present = 1
	if sc.hears = hears; hears == nil {
		player, err := Play(context.Background(), sc.url("good"), sc.client)
		if err != nil {
			sc.t.Fatal(err)
		}
		sc.t.Cleanup(func() { player.Close() })
		sc.present = 2
		sc.hears = func() (uint32, error) { return heardFrame(player.NextPacket) }
	}
	waitFor(sc.t, "the connections of logins to end", func() bool { return sc.server.Connections() == sc.present })
}

// heardFrame returns the timestamp of the next frame.
func heardFrame(next func(time.Duration) (media.Packet, error)) (uint32, error) {
	for {
		p, err := next(5 * time.Second)
		if err != nil {
			return 0, err
		}
		p.Release()
		if p.Kind == media.KindFrame {
			return p.Timestamp, nil
		}
	}
}

// says sends bytes on a connection of its own and waits until the server has hung up.
func (sc *scene) says(p []byte) {
	c, err := net.Dial("tcp", strings.TrimPrefix(sc.address, schemeTLS))
	if err != nil {
		sc.t.Error(err)
		return
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(8 * time.Second))
	c.Write(p)
	c.(*net.TCPConn).CloseWrite()
	buf := make([]byte, 64<<10)
	for err == nil {
		_, err = c.Read(buf)
	}
}

// noted and asked are hooks that do nothing.
func noted(*ServerEvent)         {}
func asked(*Request) error       { return nil }
func passed(e *ServerEvent) bool { return e != nil }

// What real encoders said, and what hardly anybody says, through hooks, a hub and a player.
func TestPanicsInWhatPeersSay(t *testing.T) {
	conversations := [][]byte{rarelySaid()}
	for _, name := range []string{"obs-29-publish", "ffmpeg-8-1-multitrack", "gstreamer-1-22-h264-aac"} {
		p := captured(t, name)
		conversations = append(conversations, p[:min(len(p), 20000)])
	}
	seen := sweep(t, func(t *testing.T) *scene {
		hub := newTestHub(t, &HubOptions{Grace: -1, WaitForPublisher: true, Takeover: TakeoverReplace, Timestamps: TimestampsMonotonic, Logger: slog.New(panicLog{})})
		sc := newScene(t, ServerOptions{Hub: hub, AnswerCalls: true, KeepBytes: 4096, Hooks: &Hooks{
			Connection: asked, Connect: asked, FCPublish: asked, Publish: asked, Play: asked,
			HandshakeComplete: noted, Disconnect: noted, PublishStop: noted, Unpublish: noted, PlayStop: noted,
			Pause: noted, Unpause: noted, Metadata: noted, VideoFrame: noted, AudioFrame: noted,
			EnhancedVideoFrame: noted, EnhancedAudioFrame: noted, Keyframe: noted, MediaTag: passed,
		}}, ClientOptions{})
		sc.begin(nil)
		return sc
	}, func(sc *scene) {
		var all sync.WaitGroup
		for _, p := range conversations {
			all.Go(func() { sc.says(p) })
		}
		all.Wait()
	})
	comeThrough(t, seen, "handshake: Server.Receive", "chunk: Decoder.Next", "message: ParseCommand", "message: ParseConnect",
		"message: ParseSharedObject", "message: AggregateReader.Next", "message: ParseUserControl",
		"message: ParseSetPeerBandwidth", "message: ParseAbort", "message: ParsePlay", "amf: DecodeAMF0", "amf: amf3Decoder.value",
		"media: AppendPackets", "engine: Server.Receive", "hub: NewFrame", "wire: Uint24")
}

// comeThrough fails unless a conversation came through all the places: a decoder that nothing reaches is not tested.
func comeThrough(t *testing.T, seen map[string]int, places ...string) {
	t.Helper()
	for _, place := range places {
		if seen[place] == 0 {
			t.Errorf("nothing came through %s", place)
		}
	}
}

// rarelySaid is a conversation with all that encoders send seldom: every control message, AMF3, calls, shared objects,
// aggregates, Enhanced RTMP, and then playing.
func rarelySaid() []byte {
	p := append([]byte{3}, make([]byte, 2*1536)...)
	var e chunk.Encoder
	say := func(typeID uint8, streamID uint32, payload []byte) {
		p = e.AppendMessage(p, chunk.Header{ChunkStreamID: 8, TypeID: typeID, StreamID: streamID}, payload)
	}
	command := func(streamID uint32, name string, arguments ...amf.Value) {
		say(message.TypeCommand, streamID, message.AppendCommand(nil, message.NewCommand(name, 7, arguments...)))
	}
	object := func(properties ...amf.Property) amf.Value { return &amf.Object{Properties: properties} }
	say(message.TypeCommand, 0, message.AppendCommand(nil, message.Command{Name: "connect", TransactionID: 1, Object: object(
		amf.Property{Name: "app", Value: amf.String("live/_definst_?a=b")}, amf.Property{Name: "tcUrl", Value: amf.String("rtmp://host/live?c=d")},
		amf.Property{Name: "objectEncoding", Value: amf.Number(3)}, amf.Property{Name: "capsEx", Value: amf.Number(15)},
		amf.Property{Name: "fourCcList", Value: &amf.StrictArray{Values: []amf.Value{amf.String("*")}}},
		amf.Property{Name: "videoFourCcInfoMap", Value: object(amf.Property{Name: "hvc1", Value: amf.Number(7)})})}))
	say(message.TypeSetChunkSize, 0, message.AppendSetChunkSize(nil, 1000))
	e.SetChunkSize(1000)
	say(message.TypeWindowAckSize, 0, message.AppendWindowAckSize(nil, 5000))
	say(message.TypeSetPeerBandwidth, 0, message.AppendSetPeerBandwidth(nil, 70000, message.LimitDynamic))
	say(message.TypeAcknowledgement, 0, message.AppendAcknowledgement(nil, 3000))
	say(message.TypeAbort, 0, message.AppendAbort(nil, 9))
	for _, u := range []message.UserControl{{Event: message.EventPingRequest, Timestamp: 5}, {Event: message.EventSetBufferLength, StreamID: 1, BufferLength: 100}, {Event: 77}} {
		say(message.TypeUserControl, 0, message.AppendUserControl(nil, u))
	}
	command(0, "releaseStream", amf.String("rare"))
	command(0, "FCPublish", amf.String("rare"))
	command(0, "createStream")
	command(0, "_checkbw")
	command(1, "publish", amf.String("rare?key=1"), amf.String("live"))
	say(message.TypeData, 1, message.AppendData(nil, message.Data{Set: true, Handler: "onMetaData", Values: []amf.Value{(&message.Metadata{Width: 100, Height: 50}).Value()}}))
	say(message.TypeDataAMF3, 1, append([]byte{0}, message.AppendData(nil, message.Data{Handler: "onTextData", Values: []amf.Value{amf.String("x")}})...))
	values := []byte{0x11, 0x0A, 0x0B, 0x01, 0x03, 'a', 0x04, 0x05, 0x01} // a switch to AMF3: an object with a number
	values = append(values, 0x11, 0x0D, 0x03, 0x00, 0, 0, 0, 9)           // a vector of one number
	values = append(values, 0x11, 0x09, 0x03, 0x01, 0x06, 0x03, 'b')      // an array of a string
	call := append([]byte{0}, message.AppendCommand(nil, message.NewCommand("call", 9, amf.Boolean(true)))...)
	say(message.TypeCommandAMF3, 0, append(call, values...))
	shared := message.SharedObject{Name: "so", Events: []message.SharedEvent{{Kind: message.SharedUse},
		{Kind: message.SharedRequestChange, Slots: []amf.Property{{Name: "slot", Value: amf.Number(1)}}},
		{Kind: message.SharedSendMessage, Name: "f", Arguments: []amf.Value{amf.String("x")}}}}
	say(message.TypeSharedObject, 0, message.AppendSharedObject(nil, shared))
	say(message.TypeSharedObjectAMF3, 0, append([]byte{0}, message.AppendSharedObject(nil, shared)...))
	say(message.TypeAggregate, 1, message.AppendAggregated(message.AppendAggregated(nil, message.TypeVideo, 0, []byte{0x17, 1, 0, 0, 0, 1}), message.TypeAudio, 1, []byte{0xAF, 1, 1}))
	say(message.TypeVideo, 1, append([]byte{0x90}, "hvc1record"...))
	say(message.TypeVideo, 1, append([]byte{0x91}, "hvc1\x00\x00\x05frame"...))
	say(message.TypeVideo, 1, append([]byte{0x94}, amf.AppendAMF0(amf.AppendAMF0(nil, amf.String("colorInfo")), object())...))
	say(message.TypeAudio, 1, append([]byte{0x95, 0x00}, "Opus\x01\x02\x00"...))
	say(message.TypeVideo, 1, append([]byte{0x97, 2, 0, 0, 7, 0x01}, "av01frame"...))
	say(message.TypeVideo, 1, []byte{0x9F})
	command(0, "FCUnpublish", amf.String("rare"))
	command(0, "deleteStream", amf.Number(1))
	command(0, "getStreamLength", amf.String("good"))
	command(0, "FCSubscribe", amf.String("good"))
	command(0, "createStream")
	command(2, "play", amf.String("good"), amf.Number(-2000))
	command(2, "pause", amf.Boolean(true), amf.Number(5))
	command(2, "pause", amf.Boolean(false), amf.Number(5))
	command(2, "seek", amf.Number(5))
	command(2, "receiveAudio", amf.Boolean(false))
	command(2, "receiveVideo", amf.Boolean(true))
	command(2, "play2", object(amf.Property{Name: "streamName", Value: amf.String("good")}, amf.Property{Name: "transition", Value: amf.String("switch")}))
	command(2, "closeStream")
	command(0, "close")
	return p
}

// What our own clients say and hear, with a recorder that reads its file again.
func TestPanicsInClientsAndFiles(t *testing.T) {
	directory := t.TempDir()
	seen := sweep(t, func(t *testing.T) *scene {
		good := make(chan uint32, 10)
		sc := newScene(t, ServerOptions{AskPlay: true, AnswerCalls: true}, ClientOptions{})
		go sc.server.HandleRequests(func(r *Request) {
			if r.StreamName() == "file" {
				sc.filing.Add(1)
				defer sc.filing.Add(-1)
			}
			session, err := r.Accept()
			if err != nil {
				return
			}
			defer session.Close()
			if r.Kind() == RequestPlay {
				session.SendMetadata(&message.Metadata{Width: 5})
				session.SendVideo(0, true, numbered(1, 3000))
				session.Call(time.Second, "ask", amf.String("x"))
				session.Complete()
				return
			}
			if r.StreamName() == "file" {
				sc.record(session, directory)
				return
			}
			for {
				at, err := heardFrame(session.NextPacket)
				if err == ErrTimeout {
					continue
				}
				if err != nil {
					return
				}
				if r.StreamName() == "good" {
					good <- at
				}
			}
		})
		sc.begin(func() (uint32, error) {
			select {
			case at := <-good:
				return at, nil
			case <-time.After(5 * time.Second):
				return 0, ErrTimeout
			}
		})
		return sc
	}, func(sc *scene) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		sc.try(func() {
			c, err := Publish(ctx, sc.url("file"), sc.client)
			if err != nil {
				return
			}
			defer sc.try(func() { c.Close() })
			c.SendMetadata(&message.Metadata{Width: 5})
			c.SendVideoSequenceHeader([]byte{1, 100, 0, 30, 255})
			c.SendAudioSequenceHeader([]byte{0x12, 0x10})
			c.SendVideo(0, true, numbered(1, 9000))
			c.SendAudio(1, []byte{1, 2})
			c.SendPacket(&media.Packet{Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.HVC1, Flags: media.FlagEnhanced | media.FlagKeyframe, Timestamp: 2, Data: []byte{1, 2, 3}})
			c.SendSharedObject(message.SharedObject{Name: "so", Events: []message.SharedEvent{{Kind: message.SharedUse}}})
			c.Ping(time.Second)
			c.Flush(time.Second)
		})
		sc.try(func() {
			c, err := Play(ctx, sc.url("played"), sc.client)
			if err != nil {
				return
			}
			defer sc.try(func() { c.Close() })
			for err == nil {
				var p media.Packet
				p, err = c.NextPacket(3 * time.Second)
				p.Release()
			}
		})
	})
	comeThrough(t, seen, "handshake: Client.Receive", "engine: Client.Receive", "flv: TagReader.ReadTag", "flv: AppendTagHeader", "media: AppendPayload")
}

// A login over TLS, behind a load balancer, to a hub, and a player there.
func TestPanicsBeforeTheFirstByte(t *testing.T) {
	ca := newAuthority(t)
	own := ca.issue(t, nil, "127.0.0.1")
	seen := sweep(t, func(t *testing.T) *scene {
		hub := newTestHub(t, &HubOptions{Grace: -1, WaitForPublisher: true, Takeover: TakeoverReplace, Logger: slog.New(panicLog{})})
		sc := newScene(t, ServerOptions{Hub: hub, TLS: own, ProxyFrom: loopback, Users: map[string]string{"user": "secret"}, LoginScheme: LoginAdobe},
			ClientOptions{TLS: &TLSOptions{CAPEM: ca.pem}, Dial: after(proxyV2, len(proxyV2)), User: "user", Password: "secret"})
		sc.begin(nil)
		return sc
	}, func(sc *scene) {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		sc.try(func() {
			c, err := Publish(ctx, sc.url("heard"), sc.client)
			if err != nil {
				return
			}
			defer sc.try(func() { c.Close() })
			c.SendVideo(0, true, numbered(1, 9000))
			c.SendVideo(1, false, numbered(2, 9000))
			c.Flush(time.Second)
			p, err := Play(ctx, sc.url("heard"), sc.client)
			if err != nil {
				return
			}
			defer sc.try(func() { p.Close() })
			for at := uint32(0); at < 5; c.SendVideo(5, false, numbered(3, 9000)) { // one that the player was there for
				if at, err = heardFrame(p.NextPacket); err != nil {
					return
				}
			}
		})
	})
	comeThrough(t, seen, "proxyproto: Parse", "rtmp: certificates.choose", "rtmp: secure.read", "authmod: Verifier.Verify", "authmod: Client.Answer", "hub: Player.Decide")
}

// record writes what is published into a file and reads it again.
func (sc *scene) record(session *Session, directory string) {
	r, err := NewRecorder(&RecorderOptions{Path: filepath.Join(directory, fmt.Sprint(sc.files.Add(1)))})
	if err != nil {
		sc.t.Error(err)
		return
	}
	defer func() {
		r.Close()
		os.Remove(r.Path())
	}()
	for {
		p, err := session.NextPacket(3 * time.Second)
		if err != nil {
			break
		}
		err = r.WritePacket(&p)
		p.Release()
		if err != nil {
			sc.t.Error(err)
		}
	}
	r.Close()
	f, err := os.Open(r.Path())
	if err != nil {
		sc.t.Error(err)
		return
	}
	defer f.Close()
	for reader := flv.NewTagReader(f); err == nil; {
		_, err = reader.ReadTag()
	}
}
