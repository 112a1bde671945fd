package media

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"oxrtmp/rtmp/internal/vectors"
)

// A150, A151: messages of several tracks are built of packets that an application filled in: the vectors E12, E13, E14,
// E15, G10, G11 and G12.
func TestMultitrackFromPackets(t *testing.T) {
	video := func(codec FourCC, track uint8, composition int32, data string) Packet {
		return Packet{Type: TypeVideo, Kind: KindFrame, Codec: codec, Track: track, Flags: FlagKeyframe, Composition: composition, Data: []byte(data)}
	}
	header := func(typeID uint8, codec FourCC, track uint8, data string) Packet {
		return Packet{Type: typeID, Kind: KindSequenceHeader, Codec: codec, Track: track, Data: []byte(data)}
	}
	audio := func(codec FourCC, track uint8, data string) Packet {
		return Packet{Type: TypeAudio, Kind: KindFrame, Codec: codec, Track: track, Data: []byte(data)}
	}
	nano := video(HVC1, 2, 0, "\xaa")
	nano.NanoOffset = 100
	for _, c := range []struct {
		id      string
		form    TrackForm
		packets []Packet
	}{
		{"E12", OneTrack, []Packet{video(AVC1, 1, 0, "\x00\x00\x00\x01\xbb")}},
		{"E13", ManyTracks, []Packet{video(AVC1, 0, 0, "\xaa\xbb"), video(AVC1, 1, 33, "\xcc")}},
		{"E14", ManyTracksManyCodecs, []Packet{header(TypeVideo, AVC1, 0, "\x01\x64"), header(TypeVideo, HVC1, 1, "\x01")}},
		{"E15", OneTrack, []Packet{nano}},
		{"G10", OneTrack, []Packet{audio(MP4A, 1, "\x21")}},
		{"G11", ManyTracks, []Packet{audio(Opus, 0, "\xaa\xbb"), audio(Opus, 1, "\xcc")}},
		{"G12", ManyTracksManyCodecs, []Packet{header(TypeAudio, MP4A, 0, "\x12\x10"), header(TypeAudio, AC3, 1, "")}},
	} {
		file := "video.json"
		if c.id[0] == 'G' {
			file = "audio.json"
		}
		want := vectors.Find(t, vectors.Load(t, file), c.id).Bytes(t)
		got, err := AppendMultitrack([]byte("x"), c.form, c.packets)
		if err != nil || !bytes.Equal(got, append([]byte("x"), want...)) {
			t.Errorf("%s: %x, %v; want %x", c.id, got, err, want)
		}
		if form, ok := FormOf(c.packets[0].Type, want); !ok || form != c.form {
			t.Errorf("%s: form %d, %v", c.id, form, ok)
		}
	}
}

// A151: a track of a message of several becomes a message without multitrack, as readers of one track need it.
func TestSingle(t *testing.T) {
	payload := vectors.Find(t, vectors.Load(t, "video.json"), "E13").Bytes(t)
	packets := AppendPackets(nil, TypeVideo, 1, payload)
	s := packets[1].Single()
	got, err := AppendPayload(nil, &s)
	if want := unhex(t, "91 61766331 000021 cc"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%x, %v; want %x", got, err, want)
	}
	if packets[1].Track != 1 || packets[1].Raw == nil {
		t.Error("the packet itself was changed")
	}
	legacy := AppendPackets(nil, TypeVideo, 1, unhex(t, "17 01 000050 aa"))[0]
	s = legacy.Single()
	if got, err := AppendPayload(nil, &s); err != nil || !bytes.Equal(got, legacy.Raw) {
		t.Errorf("a legacy packet: %x, %v", got, err)
	}
}

// Metadata of a track other than 0: its header must not say that it is a command, which all of it would be taken for. Alone
// again it is what it was.
func TestMetadataOfATrack(t *testing.T) {
	payload := unhex(t, "d4 68766331 02 0009 636f6c6f72496e666f 05")
	p := AppendPackets(nil, TypeVideo, 1, payload)[0].Single()
	p.Track = 1
	for name, build := range map[string]func() ([]byte, error){
		"payload":    func() ([]byte, error) { return AppendPayload(nil, &p) },
		"multitrack": func() ([]byte, error) { return AppendMultitrack(nil, OneTrack, []Packet{p}) },
	} {
		got, err := build()
		want := unhex(t, "96 04 68766331 01 02 0009 636f6c6f72496e666f 05")
		if err != nil || !bytes.Equal(got, want) {
			t.Fatalf("%s: built %x, %v, want %x", name, got, err, want)
		}
		back := AppendPackets(nil, TypeVideo, 1, got)[0]
		if back.Kind != KindMetadata || back.Track != 1 || back.Codec != HVC1 || back.Flags&FlagColorInfo == 0 {
			t.Errorf("%s: read %+v", name, back)
		}
		single := back.Single()
		if got, err = AppendPayload(nil, &single); err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%s: alone again %x, %v", name, got, err)
		}
	}
}

func TestMultitrackRefuses(t *testing.T) {
	frame := func(codec FourCC) Packet {
		return Packet{Type: TypeVideo, Kind: KindFrame, Codec: codec, Data: []byte{1}}
	}
	with := func(p Packet, change func(*Packet)) Packet { change(&p); return p }
	many := make([]Packet, 257)
	for i := range many {
		many[i] = frame(AV01)
	}
	for _, c := range []struct {
		name    string
		form    TrackForm
		packets []Packet
		err     error
	}{
		{"nothing", ManyTracks, nil, ErrTracks},
		{"257 tracks", ManyTracks, many, ErrTracks},
		{"two for OneTrack", OneTrack, many[:2], ErrTracks},
		{"an unknown form", 3, many[:1], ErrTracks},
		{"audio and video", ManyTracksManyCodecs, []Packet{frame(AV01), {Type: TypeAudio, Kind: KindFrame, Codec: Opus}}, ErrTracks},
		{"two codecs for ManyTracks", ManyTracks, []Packet{frame(AV01), frame(VP09)}, ErrTracks},
		{"two kinds", ManyTracks, []Packet{frame(AV01), with(frame(AV01), func(p *Packet) { p.Kind = KindSequenceHeader })}, ErrTracks},
		{"two frame types", ManyTracks, []Packet{frame(AV01), with(frame(AV01), func(p *Packet) { p.Flags |= FlagKeyframe })}, ErrTracks},
		{"two times", ManyTracks, []Packet{frame(AV01), with(frame(AV01), func(p *Packet) { p.NanoOffset = 1 })}, ErrTracks},
		{"two kinds of header", ManyTracks, []Packet{
			{Type: TypeVideo, Kind: KindSequenceHeader, Codec: AV01}, {Type: TypeVideo, Kind: KindSequenceHeader, Codec: AV01, Flags: FlagMPEG2TS}}, ErrTracks},
		{"composition time of AV1", ManyTracksManyCodecs, []Packet{frame(HVC1), with(frame(AV01), func(p *Packet) { p.Composition = 1 })}, ErrComposition},
		{"composition time of 25 bits", OneTrack, []Packet{with(frame(HVC1), func(p *Packet) { p.Composition = 1 << 23 })}, ErrComposition},
		{"no codec", OneTrack, []Packet{frame(0)}, ErrCodec},
		{"a codec of our own", OneTrack, []Packet{frame(VP6)}, ErrCodec},
		{"a command", OneTrack, []Packet{{Type: TypeVideo, Kind: KindCommand, Data: []byte{0}}}, ErrKind},
		{"silence", OneTrack, []Packet{{Type: TypeAudio, Kind: KindSilence}}, ErrKind},
		{"data", OneTrack, []Packet{{Type: TypeData, Kind: KindData}}, ErrKind},
		{"malformed", OneTrack, []Packet{{Type: TypeVideo, Kind: KindFrame, Flags: FlagMalformed}}, ErrKind},
		{"a millisecond of nanoseconds", OneTrack, []Packet{with(frame(AV01), func(p *Packet) { p.NanoOffset = 1000000 })}, ErrNanoOffset},
		{"a body of 16 MiB", ManyTracks, []Packet{with(frame(AV01), func(p *Packet) { p.Data = make([]byte, 1<<24) })}, ErrTracks},
	} {
		got, err := AppendMultitrack([]byte("x"), c.form, c.packets)
		if !errors.Is(err, c.err) || string(got) != "x" {
			t.Errorf("%s: %d bytes, %v; want %v", c.name, len(got), err, c.err)
		}
	}
	// With and without composition times, all get one.
	got, err := AppendMultitrack(nil, ManyTracks, []Packet{frame(HVC1), with(frame(HVC1), func(p *Packet) { p.Composition = 2 })})
	if want := unhex(t, "a6 11 68766331 00 000004 000000 01 00 000004 000002 01"); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%x, %v; want %x", got, err, want)
	}
}

func TestModExRefuses(t *testing.T) {
	payload := unhex(t, "a3 61766331 aa")
	for _, c := range []struct {
		name    string
		payload []byte
		entry   ModEx
	}{
		{"no payload", nil, ModEx{Data: []byte{1}}},
		{"a legacy payload", unhex(t, "27 01 000000 aa"), ModEx{Data: []byte{1}}},
		{"no data", payload, ModEx{}},
		{"too much data", payload, ModEx{Data: make([]byte, 1<<16+1)}},
		{"type 16", payload, ModEx{Type: 16, Data: []byte{1}}},
	} {
		if got, err := AppendWithModEx([]byte("x"), TypeVideo, c.payload, c.entry); !errors.Is(err, ErrModEx) || string(got) != "x" {
			t.Errorf("%s: %x, %v", c.name, got, err)
		}
	}
	if entries, ok := AppendModExEntries(nil, TypeVideo, unhex(t, "97 02 0f42")); ok || len(entries) != 0 {
		t.Errorf("cut: %v, %v", entries, ok)
	}
	if entries, ok := AppendModExEntries(nil, TypeVideo, unhex(t, "17 01 000000 aa")); !ok || entries != nil {
		t.Errorf("legacy: %v, %v", entries, ok)
	}
}

// A149: the vectors G7, G8 and G9, a reserved order, and what is cut.
func TestMultichannelConfig(t *testing.T) {
	file := vectors.Load(t, "audio.json")
	for id, want := range map[string]MultichannelConfig{
		"G7": {Order: ChannelsNative, Count: 6, Mask: 0x3F},
		"G8": {Order: ChannelsCustom, Count: 2, Mapping: []Channel{ChannelFrontRight, ChannelFrontLeft}},
		"G9": {Order: ChannelsUnspecified, Count: 3},
	} {
		p := parseOne(t, TypeAudio, vectors.Find(t, file, id).Bytes(t))
		if p.Kind != KindMetadata || p.Flags&FlagMultichannelConfig == 0 {
			t.Errorf("%s: %+v", id, *p)
		}
		got, err := ParseMultichannelConfig(p.Data)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", id, got, err)
		}
		if again := AppendMultichannelConfig(nil, &got); !bytes.Equal(again, p.Data) {
			t.Errorf("%s: built %x", id, again)
		}
		for n := range len(p.Data) {
			if got, err := ParseMultichannelConfig(p.Data[:n]); err == nil {
				t.Errorf("%s, %d bytes: %+v", id, n, got)
			}
		}
	}
	five, _ := ParseMultichannelConfig(unhex(t, "01 06 0000060f")) // 5.1 with side channels
	want := []Channel{ChannelFrontLeft, ChannelFrontRight, ChannelFrontCenter, ChannelLowFrequency1, ChannelSideLeft, ChannelSideRight}
	if got := five.Channels(); !reflect.DeepEqual(got, want) {
		t.Errorf("channels %v", got)
	}
	reserved, err := ParseMultichannelConfig(unhex(t, "07 02 aabb"))
	if err != nil || reserved.Channels() != nil || !bytes.Equal(AppendMultichannelConfig(nil, &reserved), unhex(t, "07 02 aabb")) {
		t.Errorf("%+v, %v", reserved, err)
	}
	if ChannelLowFrequency2 != 18 || ChannelBottomFrontRight != 23 || Channel(23).String() != "bottom front right" ||
		ChannelUnused.String() != "unused" || Channel(24).String() != "unknown" {
		t.Error("channels out of place")
	}
}
