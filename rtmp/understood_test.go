package rtmp

import (
	"testing"
	"time"

	"oxrtmp/rtmp/media"
)

// What is sent is counted as what it is, however little the caller says of it, by a connection and inside a hub.
func TestSentPacketsAreUnderstood(t *testing.T) {
	type outlet interface {
		SendVideo(timestamp uint32, keyframe bool, nalus []byte) error
		SendPacket(p *media.Packet) error
		Statistics() Statistics
	}
	h, _ := live(t, nil, ServerOptions{})
	inside, err := h.PublishClient("live", "cam", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer inside.Close()
	publisher, _ := published(t, bind(t, nil), nil)
	_, player := played(t, bind(t, &ServerOptions{AskPlay: true}), nil)
	for name, c := range map[string]outlet{"hub": inside, "client": publisher, "session": player} {
		for n := range 20 {
			at, key := uint32(n*40), n%5 == 0
			frameType := uint8(media.FrameInter)
			if key {
				frameType = media.FrameKey
			}
			var err error
			switch n / 5 {
			case 0:
				err = c.SendVideo(at, key, []byte("frame"))
			case 1: // its payload only
				err = c.SendPacket(&media.Packet{Type: media.TypeVideo, Timestamp: at, Raw: []byte{frameType<<4 | 7, 1, 0, 0, 0, 'x'}})
			case 2: // the frame's type
				err = c.SendPacket(&media.Packet{Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.AVC1, FrameType: frameType, Timestamp: at, Data: []byte("x")})
			default: // the flag
				p := media.Packet{Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.HVC1, Timestamp: at, Data: []byte("x")}
				if key {
					p.Flags = media.FlagKeyframe
				}
				err = c.SendPacket(&p)
			}
			if err != nil {
				t.Fatalf("%s: %d: %v", name, n, err)
			}
		}
		st := c.Statistics()
		if st.Video != 20 || st.Keyframes != 4 || st.KeyInterval != 200*time.Millisecond || st.Malformed != 0 {
			t.Errorf("%s: %+v", name, st)
		}
		if st.FrameRate <= 0 || st.FrameRate > 20 {
			t.Errorf("%s: %v frames a second", name, st.FrameRate)
		}
	}
}
