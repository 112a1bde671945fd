package media

import (
	"bytes"
	"errors"
	"testing"

	"oxrtmp/rtmp/buffer"
)

// What an application fills in is completed: each payload is the one that encoders send.
func TestBuild(t *testing.T) {
	data := []byte{0xAA}
	for _, c := range []struct {
		name   string
		packet Packet
		want   string
	}{
		{"AVC sequence header", Packet{Type: 9, Kind: KindSequenceHeader, Codec: AVC1}, "17 00 000000 aa"},
		{"AVC key", Packet{Type: 9, Kind: KindFrame, Codec: AVC1, Flags: FlagKeyframe, Composition: 80}, "17 01 000050 aa"},
		{"AVC inter", Packet{Type: 9, Kind: KindFrame, Codec: AVC1, Composition: -40}, "27 01 ffffd8 aa"},
		{"AVC disposable", Packet{Type: 9, Kind: KindFrame, Codec: AVC1, Flags: FlagDisposable}, "37 01 000000 aa"},
		{"AVC end", Packet{Type: 9, Kind: KindSequenceEnd, Codec: AVC1}, "17 02 000000 aa"},
		{"AVC enhanced", Packet{Type: 9, Kind: KindFrame, Codec: AVC1, Flags: FlagEnhanced}, "a3 61766331 aa"},
		{"AVC enhanced with composition time", Packet{Type: 9, Kind: KindFrame, Codec: AVC1, Flags: FlagEnhanced, Composition: 1}, "a1 61766331 000001 aa"},
		{"AVC of track 1", Packet{Type: 9, Kind: KindFrame, Codec: AVC1, Flags: FlagKeyframe, Track: 1}, "96 03 61766331 01 aa"},
		{"AVC with nanoseconds", Packet{Type: 9, Kind: KindFrame, Codec: AVC1, NanoOffset: 500}, "a7 02 0001f4 03 61766331 aa"},
		{"H.265 is enhanced", Packet{Type: 9, Kind: KindSequenceHeader, Codec: HVC1}, "90 68766331 aa"},
		{"A129 H.265 by its unofficial number", Packet{Type: 9, Kind: KindFrame, Codec: HVC1, Flags: FlagUnofficialID}, "2c 01 000000 aa"},
		{"A129 AV1 by its unofficial number", Packet{Type: 9, Kind: KindFrame, Codec: AV01, Flags: FlagUnofficialID}, "2d 01 000000 aa"},
		{"A142 H.266", Packet{Type: 9, Kind: KindFrame, Codec: VVC1, Composition: 2}, "a1 76766331 000002 aa"},
		{"A140 AV1", Packet{Type: 9, Kind: KindFrame, Codec: AV01, Flags: FlagKeyframe}, "91 61763031 aa"},
		{"A141 VP8", Packet{Type: 9, Kind: KindFrame, Codec: VP08}, "a1 76703038 aa"},
		{"A147 MPEG2TS", Packet{Type: 9, Kind: KindSequenceHeader, Codec: AV01, Flags: FlagMPEG2TS}, "95 61763031 aa"},
		{"A148 colorInfo as FFmpeg reads it", Packet{Type: 9, Kind: KindMetadata, Codec: HVC1}, "d4 68766331 aa"},
		{"colorInfo of AVC", Packet{Type: 9, Kind: KindMetadata, Codec: AVC1}, "d4 61766331 aa"},
		{"A146 end of VP9", Packet{Type: 9, Kind: KindSequenceEnd, Codec: VP09}, "92 76703039 aa"},
		{"A130 command", Packet{Type: 9, Kind: KindCommand, Codec: AVC1}, "57 aa"},
		{"A130 enhanced command", Packet{Type: 9, Kind: KindCommand}, "d0 aa"},
		{"Sorenson H.263", Packet{Type: 9, Kind: KindFrame, Codec: SorensonH263}, "22 aa"},
		{"AAC sequence header", Packet{Type: 8, Kind: KindSequenceHeader, Codec: MP4A}, "af 00 aa"},
		{"AAC", Packet{Type: 8, Kind: KindFrame, Codec: MP4A}, "af 01 aa"},
		{"AAC enhanced", Packet{Type: 8, Kind: KindFrame, Codec: MP4A, Flags: FlagEnhanced}, "91 6d703461 aa"},
		{"AAC of track 2", Packet{Type: 8, Kind: KindSequenceHeader, Codec: MP4A, Track: 2}, "95 00 6d703461 02 aa"},
		{"MP3", Packet{Type: 8, Kind: KindFrame, Codec: MP3}, "2f aa"},
		{"MP3 with a header", Packet{Type: 8, Kind: KindFrame, Codec: MP3, AudioHeader: 0x2A}, "2a aa"},
		{"MP3 8 kHz", Packet{Type: 8, Kind: KindFrame, Codec: MP3, AudioHeader: 0xE2}, "e2 aa"},
		{"a header of another codec", Packet{Type: 8, Kind: KindFrame, Codec: Speex, AudioHeader: 0x2A}, "b2 aa"},
		{"PCM", Packet{Type: 8, Kind: KindFrame, Codec: PCMLittle}, "3f aa"},
		{"A-law", Packet{Type: 8, Kind: KindFrame, Codec: ALaw}, "72 aa"},
		{"A143 Opus", Packet{Type: 8, Kind: KindFrame, Codec: Opus}, "91 4f707573 aa"},
		{"A143 FLAC", Packet{Type: 8, Kind: KindSequenceHeader, Codec: FLAC}, "90 664c6143 aa"},
		{"A146 end of AC-3", Packet{Type: 8, Kind: KindSequenceEnd, Codec: AC3}, "92 61632d33 aa"},
		{"channel layout of AAC", Packet{Type: 8, Kind: KindMetadata, Codec: MP4A}, "94 6d703461 aa"},
		{"an unknown FourCC", Packet{Type: 8, Kind: KindFrame, Codec: 0x7A7A7A7A}, "91 7a7a7a7a aa"},
		{"data", Packet{Type: 18, Kind: KindData}, "aa"},
		{"metadata for a server", Packet{Type: 18, Kind: KindMetadata, Flags: FlagSetDataFrame}, "02000d 40736574446174614672616d65 aa"},
		{"data in an AMF3 message", Packet{Type: 15, Kind: KindData}, "00 aa"},
		{"malformed", Packet{Type: 9, Kind: KindFrame, Flags: FlagMalformed}, "aa"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.packet.Data = data
			want := unhex(t, c.want)
			got, err := AppendPayload(nil, &c.packet)
			if err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%x, %v; want %x", got, err, want)
			}
			if c.packet.Type > 9 || c.packet.Malformed() {
				return
			}
			p := parseOne(t, c.packet.Type, got)
			if p.Kind != c.packet.Kind || p.Codec != c.packet.Codec || p.Track != c.packet.Track || p.Flags&c.packet.Flags != c.packet.Flags ||
				p.Composition != c.packet.Composition || p.NanoOffset != c.packet.NanoOffset || !bytes.Equal(p.Data, data) {
				t.Errorf("parsed again: %+v", *p)
			}
		})
	}
	if got, err := AppendPayload(nil, &Packet{Type: 8, Kind: KindSilence}); err != nil || len(got) != 0 {
		t.Errorf("silence: %x, %v", got, err)
	}
	if got, err := AppendPayload(nil, &Packet{Type: 8, Raw: []byte{1, 2}}); err != nil || !bytes.Equal(got, []byte{1, 2}) {
		t.Errorf("raw: %x, %v", got, err)
	}
}

func TestBuildRefuses(t *testing.T) {
	for _, c := range []struct {
		name   string
		packet Packet
		want   error
	}{
		{"no kind", Packet{Type: 9, Codec: AVC1}, ErrKind},
		{"no type", Packet{Kind: KindFrame, Codec: AVC1}, ErrKind},
		{"sequence header of MP3", Packet{Type: 8, Kind: KindSequenceHeader, Codec: MP3}, ErrKind},
		{"end of legacy AAC", Packet{Type: 8, Kind: KindSequenceEnd, Codec: MP4A}, ErrKind},
		{"sequence header of Sorenson H.263", Packet{Type: 9, Kind: KindSequenceHeader, Codec: SorensonH263}, ErrKind},
		{"video silence", Packet{Type: 9, Kind: KindSilence, Codec: HVC1}, ErrKind},
		{"a command that is none", Packet{Type: 9, Kind: KindCommand, Codec: AVC1}, ErrKind},
		{"frame of data", Packet{Type: 18, Kind: KindFrame}, ErrKind},
		{"no video codec", Packet{Type: 9, Kind: KindFrame}, ErrCodec},
		{"no audio codec", Packet{Type: 8, Kind: KindFrame}, ErrCodec},
		{"a name of our own as FourCC", Packet{Type: 8, Kind: KindFrame, Codec: Speex, Track: 1}, ErrCodec},
		{"frame type 8", Packet{Type: 9, Kind: KindFrame, Codec: AVC1, FrameType: 8}, ErrFrameType},
		{"frame that says it is a command", Packet{Type: 9, Kind: KindFrame, Codec: AVC1, FrameType: FrameCommand}, ErrFrameType},
		{"command that says it is a frame", Packet{Type: 9, Kind: KindCommand, Codec: AVC1, FrameType: FrameKey, Data: []byte{0}}, ErrFrameType},
		{"composition time of 25 bits", Packet{Type: 9, Kind: KindFrame, Codec: AVC1, Composition: 1 << 23}, ErrComposition},
		{"composition time of 25 bits, enhanced", Packet{Type: 9, Kind: KindFrame, Codec: HVC1, Composition: -1<<23 - 1}, ErrComposition},
		{"composition time of VP9", Packet{Type: 9, Kind: KindFrame, Codec: VP09, Composition: 1}, ErrComposition},
		{"composition time of VP6", Packet{Type: 9, Kind: KindFrame, Codec: VP6, Composition: 1}, ErrComposition},
		{"a millisecond of nanoseconds", Packet{Type: 8, Kind: KindFrame, Codec: Opus, NanoOffset: 1000000}, ErrNanoOffset},
		{"the same for a track", Packet{Type: 8, Kind: KindFrame, Codec: Opus, Track: 1, NanoOffset: 1000000}, ErrNanoOffset},
	} {
		dst := []byte("before")
		got, err := AppendPayload(dst, &c.packet)
		if !errors.Is(err, c.want) || string(got) != "before" {
			t.Errorf("%s: %q, %v", c.name, got, err)
		}
	}
}

// A message of several tracks can be taken apart into messages of one.
func TestBuildTracks(t *testing.T) {
	packets := AppendPackets(nil, TypeVideo, 0, unhex(t, "96 20 61766331 00 000002 0164 68766331 01 000001 01"))
	for i, want := range []string{"96 00 61766331 00 0164", "96 00 68766331 01 01"} {
		got, err := AppendPayload(nil, &packets[i])
		if err != nil || !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("track %d: %x, %v", i, got, err)
		}
	}
}

func TestRelease(t *testing.T) {
	b := buffer.New([]byte{0x27, 1, 0, 0, 0, 9}, nil, nil)
	p := parseOne(t, TypeVideo, b.Bytes())
	p.Buffer = b.Retain()
	p.Release()
	p.Release() // a second call does nothing
	if p.Data != nil || p.Raw != nil || p.Buffer != nil {
		t.Errorf("%+v", *p)
	}
	b.Release() // panics if the packet released more than its own reference
}

func TestFourCC(t *testing.T) {
	for _, c := range []struct {
		codec FourCC
		want  string
	}{{AVC1, "avc1"}, {Opus, "Opus"}, {FLAC, "fLaC"}, {AC3, "ac-3"}, {EC3, "ec-3"}, {MP3, ".mp3"}, {0, "none"}, {0x61760031, "0x61760031"}} {
		if got := c.codec.String(); got != c.want {
			t.Errorf("%#x: %q, want %q", uint32(c.codec), got, c.want)
		}
	}
	if got, ok := ParseFourCC("Opus"); !ok || got != Opus {
		t.Errorf("ParseFourCC(Opus) = %v, %v", got, ok)
	}
	if got, ok := ParseFourCC("Opus1"); ok {
		t.Errorf("ParseFourCC(Opus1) = %v", got)
	}
	// The numbers that Enhanced RTMP gives for onMetaData.
	for number, want := range map[uint32]FourCC{1987063864: VP08, 1987063865: VP09, 1635135537: AV01, 1635148593: AVC1, 1752589105: HVC1, 1987470129: VVC1, 7: AVC1, 12: HVC1} {
		if got := VideoCodec(number); got != want {
			t.Errorf("VideoCodec(%d) = %v", number, got)
		}
	}
	for number, want := range map[uint32]FourCC{1633889587: AC3, 1700998451: EC3, 1332770163: Opus, 778924083: MP3, 1716281667: FLAC, 1836069985: MP4A, 10: MP4A, 9: 0} {
		if got := AudioCodec(number); got != want {
			t.Errorf("AudioCodec(%d) = %v", number, got)
		}
	}
	seen := map[FourCC]bool{}
	for id := range uint32(16) {
		v, a := VideoCodec(id), AudioCodec(id)
		if seen[v] || seen[a] && a != MP3 && a != 0 {
			t.Errorf("%v or %v occurs twice", v, a)
		}
		seen[v], seen[a] = true, true
		if got, ok := v.VideoID(); !ok || uint32(got) != id {
			t.Errorf("%v.VideoID() = %d, %v", v, got, ok)
		}
		if got, ok := a.SoundFormat(); ok != (a != 0) || ok && AudioCodec(uint32(got)) != a {
			t.Errorf("%v.SoundFormat() = %d, %v", a, got, ok)
		}
	}
}

func TestKindString(t *testing.T) {
	if got := KindSequenceHeader.String() + " " + Kind(0).String() + " " + Kind(99).String(); got != "sequence_header kind(0) kind(99)" {
		t.Error(got)
	}
}
