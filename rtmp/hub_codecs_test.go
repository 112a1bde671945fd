package rtmp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

var (
	hevcHeader = []byte{0x90, 'h', 'v', 'c', '1', 1, 2, 3}
	hevcFrame  = []byte{0x93, 'h', 'v', 'c', '1', 9, 9}
	opusHeader = []byte{0x90, 'O', 'p', 'u', 's', 1}
	opusFrame  = []byte{0x91, 'O', 'p', 'u', 's', 2}
)

// What players say in connect.
var (
	saysNothing = []amf.Property(nil)
	ffmpegSays  = []amf.Property{{Name: "audioCodecs", Value: amf.Number(4071)}, {Name: "videoCodecs", Value: amf.Number(252)}}
	listsHEVC   = append(ffmpegSays[:2:2], amf.Property{Name: "fourCcList", Value: &amf.StrictArray{Values: []amf.Value{amf.String("av01"), amf.String("hvc1")}}})
	mapsAll     = append(ffmpegSays[:2:2],
		amf.Property{Name: "videoFourCcInfoMap", Value: &amf.Object{Properties: []amf.Property{{Name: "*", Value: amf.Number(4)}}}},
		amf.Property{Name: "audioFourCcInfoMap", Value: &amf.Object{Properties: []amf.Property{{Name: "Opus", Value: amf.Number(1)}}}})
	mapsEncoding = append(ffmpegSays[:2:2],
		amf.Property{Name: "videoFourCcInfoMap", Value: &amf.Object{Properties: []amf.Property{{Name: "hvc1", Value: amf.Number(2)}}}})
)

// C21, D45: what a player gets of an H.265 stream with AAC or Opus, by what it has said and by the hub's policy.
func TestHubCodecPolicies(t *testing.T) {
	const all, none, audioOnly, videoOnly = "8 9", "", "8", "9"
	for _, c := range []struct {
		name                  string
		says                  []amf.Property
		opus                  bool
		pass, refuse, filters string
	}{
		{"says nothing", saysNothing, false, all, none, audioOnly},
		{"ffmpeg", ffmpegSays, false, all, none, audioOnly},
		{"lists H.265", listsHEVC, false, all, all, all},
		{"lists H.265, and gets Opus", listsHEVC, true, all, none, videoOnly},
		{"maps all", mapsAll, true, all, all, all},
		{"only encodes it", mapsEncoding, false, all, none, audioOnly},
	} {
		for policy, want := range map[CodecPolicy]string{CodecsPass: c.pass, CodecsRefuse: c.refuse, CodecsFilter: c.filters} {
			h, s := live(t, &HubOptions{Codecs: policy}, ServerOptions{})
			publisher := publishTo(t, s, "cam")
			send := func(typeID uint8, payloads ...[]byte) {
				for _, p := range payloads {
					publisher.SendPacket(&media.Packet{Type: typeID, Raw: p})
				}
			}
			audio := [][]byte{{0xAF, 0, 0x12, 0x10}, {0xAF, 1, 7}}
			if c.opus {
				audio = [][]byte{opusHeader, opusFrame}
			}
			send(9, hevcHeader, hevcFrame)
			send(8, audio...)
			waitFor(t, "the stream", func() bool { return frames(h) == 4 })
			p := newPlainPeer(t, s.Addr(), c.says...)
			p.command(1, playCommand("cam"))
			if want == none {
				if got := strings.Join(p.until(message.CodePlayFailed), ", "); got != message.CodePlayFailed {
					t.Errorf("%s, policy %d: %s", c.name, policy, got)
				}
				publisher.Close()
				continue
			}
			p.until(message.CodePlayStart)
			send(9, hevcFrame)
			send(8, audio[1])
			send(18, amf.AppendValuesAMF0(nil, amf.String("end")))
			types := map[uint8]int{}
			for {
				m, err := p.next()
				if err != nil {
					t.Fatal(err)
				}
				if m.String() == "end" {
					break
				}
				types[m.TypeID]++
			}
			var got []string
			for _, typeID := range []uint8{8, 9} {
				if types[typeID] == 3 {
					got = append(got, fmt.Sprint(typeID))
				} else if types[typeID] != 0 {
					t.Errorf("%s, policy %d: %d messages of type %d", c.name, policy, types[typeID], typeID)
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s, policy %d: gets %v, want %s", c.name, policy, got, want)
			}
			publisher.Close()
		}
	}
}

// Under CodecsRefuse a player whose stream turns to a codec that it does not decode is told so, and may go on elsewhere;
// one that came before anything was known too.
func TestHubRefusesAStreamThatTurns(t *testing.T) {
	h, s := live(t, &HubOptions{Codecs: CodecsRefuse, WaitForPublisher: true}, ServerOptions{})
	early := newPlainPeer(t, s.Addr())
	early.command(1, playCommand("cam"))
	early.until(message.CodePlayStart)
	able := newPlainPeer(t, s.Addr(), listsHEVC...)
	able.command(1, playCommand("cam"))
	able.until(message.CodePlayStart)
	c := publishTo(t, s, "cam")
	c.SendVideo(0, true, []byte{1})
	for _, p := range []*plainPeer{early, able} {
		p.until("media 9")
	}
	c.SendPacket(&media.Packet{Type: media.TypeVideo, Raw: hevcHeader})
	c.SendPacket(&media.Packet{Type: media.TypeVideo, Raw: hevcFrame})
	if got, want := strings.Join(early.until("event 1"), ", "), "NetStream.Play.Failed, event 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	able.until("media 9")
	able.until("media 9")
	if n := h.Streams()[0].Players; n != 1 {
		t.Errorf("%d players", n)
	}
	other := publishTo(t, s, "other")
	other.SendVideo(0, true, []byte{1})
	early.command(1, playCommand("other"))
	early.until("media 9")
}

// A playing client of ours says what it decodes, and hears why it gets nothing.
func TestHubCodecsOfOurClient(t *testing.T) {
	_, s := live(t, &HubOptions{Codecs: CodecsRefuse}, ServerOptions{})
	c := publishTo(t, s, "cam")
	c.SendPacket(&media.Packet{Type: media.TypeVideo, Raw: hevcHeader})
	c.SendPacket(&media.Packet{Type: media.TypeVideo, Raw: hevcFrame})
	p := playFrom(t, s, "cam")
	f := nextVideo(t, p)
	f.Release()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_, err := Play(ctx, "rtmp://"+s.Addr()+"/live/cam", &ClientOptions{Capabilities: &Capabilities{}})
	var status *StatusError
	if !errors.As(err, &status) || status.Code != message.CodePlayFailed || !strings.Contains(status.Description, "hvc1") {
		t.Error(err)
	}
}
