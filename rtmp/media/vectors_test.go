package media

import (
	"bytes"
	"encoding/hex"
	"testing"

	"oxrtmp/rtmp/internal/vectors"
)

// wantPayload is what the README of testdata/vectors calls the value of a payload.
type wantPayload struct {
	Type    uint8
	Packets []wantPacket
}

type wantPacket struct {
	Kind        string
	FourCC      string
	CodecID     *uint32 `json:"codec_id"`
	SoundFormat *uint32 `json:"sound_format"`
	SoundRate   int     `json:"sound_rate"`
	SoundBits   int     `json:"sound_bits"`
	Channels    int
	FrameType   uint8 `json:"frame_type"`
	PacketType  uint8 `json:"packet_type"`
	Track       uint8
	Composition int32  `json:"composition_ms"`
	NanoOffset  uint32 `json:"nano_offset"`
	Command     *uint8
	Body        string
}

func (w *wantPacket) codec() FourCC {
	switch {
	case w.CodecID != nil:
		return VideoCodec(*w.CodecID)
	case w.SoundFormat != nil:
		return AudioCodec(*w.SoundFormat)
	}
	c, _ := ParseFourCC(w.FourCC)
	return c
}

func (w *wantPacket) check(t *testing.T, p *Packet) {
	t.Helper()
	if p.Kind.String() != w.Kind || p.Codec != w.codec() || p.FrameType != w.FrameType || p.PacketType != w.PacketType ||
		p.Track != w.Track || p.Composition != w.Composition || p.NanoOffset != w.NanoOffset {
		t.Errorf("packet %+v\nwant %+v", *p, *w)
	}
	if hex.EncodeToString(p.Data) != w.Body {
		t.Errorf("data %x, want %s", p.Data, w.Body)
	}
	if p.Malformed() || (p.Flags&FlagEnhanced != 0) != (w.CodecID == nil && w.SoundFormat == nil) {
		t.Errorf("flags %b", p.Flags)
	}
	if key := w.Kind == "frame" && (w.FrameType == 1 || w.FrameType == 4); p.Keyframe() != key {
		t.Errorf("Keyframe() = %v", p.Keyframe())
	}
	if w.SoundFormat != nil {
		h := p.AudioHeader
		if uint32(h.Format()) != *w.SoundFormat || h.SampleRate() != w.SoundRate || h.SampleSize() != w.SoundBits || h.Channels() != w.Channels {
			t.Errorf("audio header %#x: %d %d %d", h, h.SampleRate(), h.SampleSize(), h.Channels())
		}
	}
	if command, ok := p.Command(); ok != (w.Command != nil) || ok && command != *w.Command {
		t.Errorf("Command() = %d, %v", command, ok)
	}
}

func TestVectors(t *testing.T) {
	n := 0
	for _, file := range []string{"flv.json", "video.json", "audio.json"} {
		for _, v := range vectors.Load(t, file) {
			var want wantPayload
			v.Decode(t, &want)
			if want.Packets == nil {
				continue // a structure of FLV files
			}
			n++
			t.Run(v.ID, func(t *testing.T) { checkVector(t, &v, want) })
		}
	}
	if n < 40 {
		t.Errorf("only %d payloads", n)
	}
}

func checkVector(t *testing.T, v *vectors.Vector, want wantPayload) {
	payload := v.Bytes(t)
	packets := AppendPackets(nil, want.Type, 77, payload)
	if len(packets) != len(want.Packets) {
		t.Fatalf("%d packets, want %d", len(packets), len(want.Packets))
	}
	for i := range packets {
		p := &packets[i]
		want.Packets[i].check(t, p)
		if p.Type != want.Type || p.Timestamp != 77 || !bytes.Equal(p.Raw, payload) {
			t.Errorf("type %d, timestamp %d, raw %x", p.Type, p.Timestamp, p.Raw)
		}
		if (p.Flags&FlagContinued != 0) != (i > 0) {
			t.Errorf("packet %d: flags %b", i, p.Flags)
		}
	}
	if len(packets) > 1 || !v.IsCanonical() || v.ID == "E11" { // a writer leaves out the unknown ModEx entry of E11
		return
	}
	got, err := AppendPayload([]byte("x"), &packets[0])
	if err != nil || !bytes.Equal(got, append([]byte("x"), payload...)) {
		t.Errorf("AppendPayload = %x, %v", got, err)
	}
}

func TestNegativeVectors(t *testing.T) {
	for _, v := range vectors.Load(t, "negative.json") {
		t.Run(v.ID, func(t *testing.T) {
			var want wantPayload
			v.Decode(t, &want)
			payload := v.Bytes(t)
			before := Packet{Type: 99}
			packets := AppendPackets([]Packet{before}, want.Type, 5, payload)
			if len(packets) != 2 || packets[0].Type != 99 {
				t.Fatalf("%d packets", len(packets))
			}
			p := packets[1]
			if p.Flags != FlagMalformed || p.Kind != KindFrame || p.Codec != 0 || p.Timestamp != 5 ||
				!bytes.Equal(p.Data, payload) || !bytes.Equal(p.Raw, payload) {
				t.Errorf("%+v", p)
			}
			if got, err := AppendPayload(nil, &p); err != nil || !bytes.Equal(got, payload) {
				t.Errorf("AppendPayload = %x, %v", got, err)
			}
		})
	}
}
