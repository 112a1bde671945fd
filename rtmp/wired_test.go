package rtmp

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// names are the words that match a pattern in the sources of these directories: tests or the others.
func names(t *testing.T, pattern string, tests bool) map[string]bool {
	t.Helper()
	words, found := regexp.MustCompile(pattern), make(map[string]bool)
	for _, directory := range []string{".", "engine", "hub", "../capi"} {
		files, err := filepath.Glob(filepath.Join(directory, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") != tests {
				continue
			}
			p, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range words.FindAllSubmatch(p, -1) {
				found[string(m[1])+string(m[2])] = true
			}
		}
	}
	return found
}

// B9: every option, limit and deadline is used by the code, and set by a test. A field that is added without a test
// fails here.
func TestEveryOptionIsWiredAndTested(t *testing.T) {
	code, tests := names(t, `\.(\w+)\b()`, false), names(t, `(\w+): |\.(\w+)\b`, true)
	for _, options := range []any{
		ServerOptions{}, ClientOptions{}, PlayOptions{}, HubOptions{}, RecorderOptions{}, Limits{}, Timeouts{}, PlayAnswer{},
		hub.CacheOptions{}, hub.PlayerOptions{}, hub.Mask{},
	} {
		of := reflect.TypeOf(options)
		for i := range of.NumField() {
			name := of.Field(i).Name
			if !code[name] {
				t.Errorf("%s.%s is not used", of.Name(), name)
			}
			if !tests[name] {
				t.Errorf("%s.%s is not tested", of.Name(), name)
			}
		}
	}
}

// B9: every hook is one that the server knows how to call.
func TestEveryHookIsWired(t *testing.T) {
	all := reflect.ValueOf(*new(diary).hooks())
	for i := range all.NumField() {
		if all.Field(i).IsNil() {
			t.Errorf("%s is none of the hooks that are called", all.Type().Field(i).Name)
		}
	}
	if names := len(eventNames) - 1; all.NumField() != names {
		t.Errorf("%d hooks for %d events", all.NumField(), names)
	}
}

// What a server announces in its answer to connect is what its options say.
func TestServerAnnounces(t *testing.T) {
	s := bind(t, &ServerOptions{WindowAckSize: 1234567, PeerBandwidth: 7654321, ChunkSize: 5000})
	p := startPlainPeer(t, s.Addr())
	p.command(0, message.Command{Name: "connect", TransactionID: 1, Object: &amf.Object{}})
	var window, bandwidth, size uint32
	for size == 0 {
		m, err := p.next()
		if err != nil {
			t.Fatal(err)
		}
		switch m.TypeID {
		case message.TypeWindowAckSize:
			window, _ = message.ParseWindowAckSize(m.payload)
		case message.TypeSetPeerBandwidth:
			bandwidth, _, _ = message.ParseSetPeerBandwidth(m.payload)
		case message.TypeSetChunkSize:
			size, _ = message.ParseSetChunkSize(m.payload)
		}
	}
	if window != 1234567 || bandwidth != 7654321 || size != 5000 {
		t.Errorf("window %d, bandwidth %d, chunk size %d", window, bandwidth, size)
	}
}

// A server with a hub asks about publishers only where it is told to; the hub takes what it is handed.
func TestAskPublishBeforeTheHub(t *testing.T) {
	h, s := live(t, nil, ServerOptions{AskPublish: true})
	go func() {
		for {
			r, err := s.Accept(-1)
			if err != nil {
				return
			}
			if r.StreamName() == "good" {
				h.Accept(r)
			} else {
				r.Reject("", "bad name")
			}
		}
	}()
	publishTo(t, s, "good")
	if _, err := Publish(t.Context(), "rtmp://"+s.Addr()+"/live/bad", nil); err == nil {
		t.Error("published without leave")
	}
	if list := h.Streams(); len(list) != 1 || list[0].Name != "good" {
		t.Errorf("%+v", list)
	}
}

// A mask without data leaves nothing but media.
func TestHubMaskWithoutData(t *testing.T) {
	h, s := live(t, &HubOptions{Mask: hub.Mask{NoData: true}}, ServerOptions{PlayAnswer: PlayAnswer{NoSampleAccess: true}})
	c := publishTo(t, s, "cam")
	c.SendMetadata(&message.Metadata{Width: 1})
	c.SendVideo(0, true, []byte{1})
	waitFor(t, "the stream", func() bool { return frames(h) == 2 })
	p := playFrom(t, s, "cam")
	c.SendData(40, amf.AppendValuesAMF0(nil, amf.String("onTextData")))
	c.SendAudio(40, []byte{1})
	for _, want := range []uint8{media.TypeVideo, media.TypeAudio} {
		packet, err := p.NextPacket(10 * time.Second)
		if err != nil || packet.Type != want {
			t.Errorf("type %d, want %d: %v", packet.Type, want, err)
		}
		packet.Release()
	}
}

// A play says whether it is for a live stream only, from where in a recorded one, and for how long.
func TestPlayOptionsReachTheServer(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true})
	for _, c := range []struct {
		o               PlayOptions
		start, duration float64
		bufferLength    uint32
	}{
		{PlayOptions{LiveOnly: true}, message.PlayLive, -1, 1000},
		{PlayOptions{Start: 12, Duration: 30, BufferLength: 3 * time.Second}, 12, 30, 3000},
		{PlayOptions{}, message.PlayAny, -1, 1000},
	} {
		client, err := OpenPlay("rtmp://"+s.Addr()+"/live/film", &ClientOptions{Play: c.o})
		if err != nil {
			t.Fatal(err)
		}
		r, err := s.Accept(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Play(); got.Start != c.start || got.Duration != c.duration || got.BufferLength != c.bufferLength {
			t.Errorf("%+v became %+v", c.o, got)
		}
		r.Reject("", "")
		client.Close()
	}
}

// A client that is to offer the digest handshake says a version in its first packet, and gets its stream.
func TestDigestHandshakeOption(t *testing.T) {
	for _, digest := range []bool{false, true} {
		versions := make(chan [4]byte, 1)
		address, _ := plainServer(t, func(p *plainPeer, m said, c message.Command) {
			switch c.Name {
			case "connect":
				versions <- p.version
				p.command(0, message.ConnectResult(c.TransactionID, 0))
			case "createStream":
				p.command(0, message.Result(c.TransactionID, amf.Null{}, amf.Number(1)))
			case "publish":
				p.command(1, message.NewStatus(message.CodePublishStart, "").Command())
			}
		})
		c, err := Publish(t.Context(), "rtmp://"+address+"/live/cam", &ClientOptions{DigestHandshake: digest})
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
		version := <-versions
		if said := version != [4]byte{}; said != digest {
			t.Errorf("digest %v: version % x", digest, version)
		}
	}
}

// The room for a recording's index is an option: more room, a longer first tag.
func TestRecorderIndexRoom(t *testing.T) {
	var sizes []int64
	for _, room := range []int{2 << 10, 64 << 10} {
		r := newTestRecorder(t, RecorderOptions{IndexBytes: room})
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(r.Path())
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, info.Size())
	}
	if more := sizes[1] - sizes[0]; more != 62<<10 {
		t.Errorf("files of %d bytes", sizes)
	}
}
