package media

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// parseOne parses a payload that is one packet.
func parseOne(t testing.TB, typeID uint8, payload []byte) *Packet {
	t.Helper()
	packets := AppendPackets(nil, typeID, 0, payload)
	if len(packets) != 1 {
		t.Fatalf("%x: %d packets", payload, len(packets))
	}
	return &packets[0]
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name   string
		typeID uint8
		hex    string
		kind   Kind
		flags  Flags
		codec  string
		data   string
	}{
		{"A127 Sorenson H.263 key", 9, "12 0000 84", KindFrame, FlagKeyframe, "flv1", "0000 84"},
		{"A127 Sorenson H.263 disposable", 9, "32 0000", KindFrame, FlagDisposable, "flv1", "0000"},
		{"A127 screen video", 9, "13 aa", KindFrame, FlagKeyframe, "fsv1", "aa"},
		{"A127 screen video 2", 9, "26 aa", KindFrame, 0, "fsv2", "aa"},
		{"A127 VP6 keeps its adjustment byte", 9, "14 00 bb", KindFrame, FlagKeyframe, "vp6f", "00 bb"},
		{"A127 VP6 with alpha", 9, "25 00 000001 bb", KindFrame, 0, "vp6a", "00 000001 bb"},
		{"A127 JPEG", 9, "11", KindFrame, FlagKeyframe, "jpeg", ""},
		{"A127 H.263", 9, "18 01", KindFrame, FlagKeyframe, "h263", "01"},
		{"A127 MPEG-4 has the header of AVC", 9, "19 00 000000 000001b0", KindSequenceHeader, 0, "mp4v", "000001b0"},
		{"A127 generated key frame", 9, "47 01 000000 aa", KindFrame, FlagKeyframe, "avc1", "aa"},
		{"A129 H.265 sequence header", 9, "1c 00 000000 01", KindSequenceHeader, FlagUnofficialID, "hvc1", "01"},
		{"A129 H.265 key", 9, "1c 01 000010 00000001 26", KindFrame, FlagKeyframe | FlagUnofficialID, "hvc1", "00000001 26"},
		{"A129 AV1 inter", 9, "2d 01 000000 32", KindFrame, FlagUnofficialID, "av01", "32"},
		{"A156 video codec without meaning", 9, "1b aabb", KindFrame, FlagKeyframe, "fv11", "aabb"},
		{"A156 audio format without meaning", 8, "c2 aabb", KindFrame, 0, "fa12", "aabb"},
		{"D40 audio format 15", 8, "ff aabb", KindFrame, 0, "devs", "aabb"},
		{"D42 AVC frame without bytes", 9, "27 01 000000", KindFrame, 0, "avc1", ""},
		{"D42 AVC sequence header without bytes", 9, "17 00 000000", KindSequenceHeader, 0, "avc1", ""},
		{"AAC configuration without bytes", 8, "af 00", KindSequenceHeader, 0, "mp4a", ""},
		{"AVC header cut", 9, "27 01 0000", KindFrame, FlagMalformed, "none", "27 01 0000"},
		{"AVC packet type 3", 9, "27 03 000000", KindFrame, FlagMalformed, "none", "27 03 000000"},
		{"AAC without packet type", 8, "af", KindFrame, FlagMalformed, "none", "af"},
		{"AAC packet type 2", 8, "af 02 21", KindFrame, FlagMalformed, "none", "af 02 21"},
		{"video without bytes", 9, "", KindFrame, FlagMalformed, "none", ""},
		{"A154 audio without bytes", 8, "", KindSilence, 0, "none", ""},
		{"A130 command after an AVC header", 9, "57 00 000000 01", KindCommand, 0, "avc1", "00 000000 01"},
		{"command cut", 9, "57", KindFrame, FlagMalformed, "none", "57"},
		{"enhanced command cut", 9, "d0", KindFrame, FlagMalformed, "none", "d0"},
		{"FFmpeg's colorInfo", 9, "d4 68766331 06", KindMetadata, FlagEnhanced | FlagColorInfo, "hvc1", "06"},
		{"OBS's colorInfo", 9, "84 68766331 06", KindMetadata, FlagEnhanced | FlagColorInfo, "hvc1", "06"},
		{"sequence start of frame type 0", 9, "80 68766331 01", KindSequenceHeader, FlagEnhanced, "hvc1", "01"},
		{"A156 unknown FourCC", 9, "91 7a7a7a7a 01", KindFrame, FlagEnhanced | FlagKeyframe, "zzzz", "01"},
		{"FourCC 0", 9, "91 00000000 01", KindFrame, FlagMalformed, "none", "91 00000000 01"},
		{"FourCC cut", 9, "91 617663", KindFrame, FlagMalformed, "none", "91 617663"},
		{"reserved video packet type", 9, "98 61766331", KindFrame, FlagMalformed, "none", "98 61766331"},
		{"reserved audio packet type 3", 8, "93 4f707573", KindFrame, FlagMalformed, "none", "93 4f707573"},
		{"AV1 coded frames X", 9, "a3 61763031 32", KindFrame, FlagEnhanced, "av01", "32"},
		{"audio CodedFrames of a video codec has no composition time", 8, "91 61766331 01", KindFrame, FlagEnhanced, "avc1", "01"},
		{"multitrack without tracks", 9, "96 11 61766331", KindFrame, FlagMalformed, "none", "96 11 61766331"},
		{"audio multitrack in multitrack", 8, "95 05 6d703461 01 21", KindFrame, FlagMalformed, "none", "95 05 6d703461 01 21"},
		{"ModEx in multitrack", 9, "96 07 6d703461 01 21", KindFrame, FlagMalformed, "none", "96 07 6d703461 01 21"},
		{"A152 ModEx of 256 bytes", 9, "97 ff00ff" + strings.Repeat("00", 256) + "11 76703039 bb", KindFrame,
			FlagEnhanced | FlagKeyframe, "vp09", "bb"},
		{"A147 MPEG2TSSequenceStart", 9, "95 61763031 80 04", KindSequenceHeader, FlagEnhanced | FlagMPEG2TS, "av01", "80 04"},
		{"another message type", 22, "08", KindData, FlagMalformed, "none", "08"},
	} {
		t.Run(c.name, func(t *testing.T) {
			payload := unhex(t, c.hex)
			p := parseOne(t, c.typeID, payload)
			if p.Kind != c.kind || p.Flags != c.flags || p.Codec.String() != c.codec || !bytes.Equal(p.Data, unhex(t, c.data)) {
				t.Errorf("%v, flags %b, %v, data %x", p.Kind, p.Flags, p.Codec, p.Data)
			}
			if p.Data == nil || !bytes.Equal(p.Raw, payload) {
				t.Errorf("data %v, raw %x", p.Data, p.Raw)
			}
		})
	}
}

func TestParseNanoOffsets(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      uint32
	}{
		{"A153 two entries are summed", "97 02 0001f4 07 02 000064 03 68766331 aa", 600},
		{"a sum stays below a millisecond", "97 02 0f423f 07 02 0f423f 03 68766331 aa", 999999},
		{"a value of a millisecond is none", "97 02 0f4240 03 68766331 aa", 0},
		{"more than three bytes", "97 03 000064ff 03 68766331 aa", 100},
		{"fewer than three bytes", "97 01 0064 03 68766331 aa", 0},
	} {
		p := parseOne(t, TypeVideo, unhex(t, c.hex))
		if p.NanoOffset != c.want || p.Malformed() || p.Codec != HVC1 {
			t.Errorf("%s: %d, flags %b, %v", c.name, p.NanoOffset, p.Flags, p.Codec)
		}
	}
}

func TestParseCommands(t *testing.T) {
	for _, c := range []struct {
		hex     string
		command uint8
		ok      bool
	}{
		{"5700", CommandStartSeek, true},
		{"5701", CommandEndSeek, true},
		{"5201", CommandEndSeek, true},
		{"5200000000", 0, true}, // no AVC header in this codec
		{"57 01 000000 00", CommandStartSeek, true},
		{"57 01 000000", 0, false},
		{"d001", CommandEndSeek, true},
		{"27 01 000000 01", 0, false},
	} {
		if command, ok := parseOne(t, TypeVideo, unhex(t, c.hex)).Command(); command != c.command || ok != c.ok {
			t.Errorf("%s: %d, %v", c.hex, command, ok)
		}
	}
}

// No message may become more packets than there are track ids, however many tracks of no bytes it holds.
func TestParseBoundsTracks(t *testing.T) {
	payload := unhex(t, "96 11 61766331")
	for i := range 256 {
		payload = append(payload, byte(i), 0, 0, 3, 0, 0, 0)
	}
	if got := AppendPackets(nil, TypeVideo, 0, payload); len(got) != 256 || got[255].Track != 255 || got[255].Malformed() {
		t.Fatalf("%d packets of 256 tracks", len(got))
	}
	payload = append(payload, 0, 0, 0, 3, 0, 0, 0)
	if p := parseOne(t, TypeVideo, payload); !p.Malformed() {
		t.Error("257 tracks accepted")
	}
}

func TestParseData(t *testing.T) {
	const value = "08 00000000 000009"
	for _, c := range []struct {
		name    string
		typeID  uint8
		hex     string
		handler string
		kind    Kind
		flags   Flags
		data    string // "": all of it
	}{
		{"A104 bare onMetaData", 18, "02000a 6f6e4d65746144617461" + value, "onMetaData", KindMetadata, 0, ""},
		{"A103 @setDataFrame onMetaData", 18, "02000d 40736574446174614672616d65 02000a 6f6e4d65746144617461" + value, "onMetaData",
			KindMetadata, FlagSetDataFrame, "02000a 6f6e4d65746144617461" + value},
		{"A105 @clearDataFrame", 18, "02000f 40636c656172446174614672616d65 02000a 6f6e4d65746144617461", "@clearDataFrame", KindData, 0, ""},
		{"another handler", 18, "020003 616263 05", "abc", KindData, 0, ""},
		{"handler without letters", 18, "020000", "", KindData, 0, ""},
		{"long string", 18, "0c00000003 616263", "abc", KindData, 0, ""},
		{"stray values before the name", 18, "00 3ff0000000000000 01 01 05 06 020003 616263 05", "abc", KindData, 0, "020003 616263 05"},
		{"AMF3 message with its format byte", 15, "00 02000a 6f6e4d65746144617461" + value, "onMetaData", KindMetadata, 0, "02000a 6f6e4d65746144617461" + value},
		{"AMF3 message without", 15, "02000a 6f6e4d65746144617461" + value, "onMetaData", KindMetadata, 0, ""},
		{"switch to AMF3", 15, "00 11 06 15 6f6e4d65746144617461 01", "onMetaData", KindMetadata, 0, "11 06 15 6f6e4d65746144617461 01"},
		{"bare AMF3", 15, "06 07 616263", "abc", KindData, 0, ""},
		{"AMF3 length of four bytes", 15, "06 80808007 616263", "abc", KindData, 0, ""},
		{"AMF3 reference", 15, "06 06 616263", "", KindData, FlagMalformed, ""},
		{"nothing", 18, "", "", KindData, FlagMalformed, ""},
		{"name cut", 18, "020004 616263", "", KindData, FlagMalformed, ""},
		{"length cut", 18, "0200", "", KindData, FlagMalformed, ""},
		{"long string that passes the end", 18, "0c ffffffff 616263", "", KindData, FlagMalformed, ""},
		{"only @setDataFrame", 18, "02000d 40736574446174614672616d65", "", KindData, FlagMalformed, ""},
		{"an object", 18, "03 000009", "", KindData, FlagMalformed, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			payload := unhex(t, c.hex)
			data := payload
			if c.data != "" {
				data = unhex(t, c.data)
			}
			p := parseOne(t, c.typeID, payload)
			if p.Handler != c.handler || p.Kind != c.kind || p.Flags != c.flags || !bytes.Equal(p.Data, data) {
				t.Errorf("%q %v, flags %b, data %x", p.Handler, p.Kind, p.Flags, p.Data)
			}
		})
	}
}

func TestParseAllocatesNothing(t *testing.T) {
	packets := make([]Packet, 0, 4)
	for _, c := range []struct {
		name   string
		typeID uint8
		hex    string
	}{
		{"AVC", TypeVideo, "27 01 000021 00000002 419a"},
		{"AAC", TypeAudio, "af 01 21"},
		{"HEVC", TypeVideo, "a3 68766331 00000002 419a"},
		{"Opus", TypeAudio, "91 4f707573 fcfffe"},
		{"two tracks", TypeVideo, "96 11 61766331 00 000005 000000 aabb 01 000004 000021 cc"},
		{"onMetaData", TypeData, "02000a 6f6e4d65746144617461 08 00000000 000009"},
		{"malformed", TypeVideo, "27"},
	} {
		payload := unhex(t, c.hex)
		if n := testing.AllocsPerRun(100, func() { packets = AppendPackets(packets[:0], c.typeID, 1, payload) }); n != 0 {
			t.Errorf("%s: %v allocations", c.name, n)
		}
	}
}

func BenchmarkAppendPackets(b *testing.B) {
	payload := append(unhex(b, "27 01 000021"), make([]byte, 4096)...)
	packets := make([]Packet, 0, 4)
	for b.Loop() {
		packets = AppendPackets(packets[:0], TypeVideo, 1, payload)
	}
}
