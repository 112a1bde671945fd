package rtmp

import (
	"bytes"
	"testing"
	"time"

	"oxrtmp/rtmp/media"
)

// A151: tracks sent as one message arrive as packets of their own, in every form, and so do those that a track at a time
// was sent as.
func TestSendTracks(t *testing.T) {
	s := bind(t, nil)
	client, session := published(t, s, nil)
	tracks := []media.Packet{
		{Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.HVC1, Flags: media.FlagKeyframe, Timestamp: 40, Data: []byte("zero")},
		{Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.HVC1, Flags: media.FlagKeyframe, Timestamp: 40, Track: 1, Composition: 5, Data: []byte("one")},
		{Type: media.TypeVideo, Kind: media.KindFrame, Codec: media.AV01, Flags: media.FlagKeyframe, Timestamp: 40, Track: 7, Data: []byte("seven")},
	}
	if err := client.SendTracks(media.ManyTracks, tracks); err == nil {
		t.Error("two codecs were sent in the form for one")
	}
	if err := client.SendTracks(media.ManyTracks, tracks[:2]); err != nil {
		t.Fatal(err)
	}
	if err := client.SendTracks(media.ManyTracksManyCodecs, tracks); err != nil {
		t.Fatal(err)
	}
	for i := range tracks {
		if err := client.SendPacket(&tracks[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i, want := range append(append(tracks[:2:2], tracks...), tracks...) {
		p, err := session.NextPacket(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if p.Codec != want.Codec || p.Track != want.Track || p.Composition != want.Composition || p.Timestamp != 40 || !p.Keyframe() ||
			!bytes.Equal(p.Data, want.Data) {
			t.Errorf("packet %d: %+v, want %+v", i, p, want)
		}
		p.Release()
	}
}
