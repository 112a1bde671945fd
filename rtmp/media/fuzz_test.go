package media

import (
	"bytes"
	"testing"

	"oxrtmp/rtmp/internal/vectors"
)

// FuzzAppendPackets holds what is promised of any payload: at least one packet, never more than there are track ids,
// Data within Raw; and building what was parsed gives bytes that parse to the same.
func FuzzAppendPackets(f *testing.F) {
	for _, file := range []string{"flv.json", "video.json", "audio.json", "negative.json"} {
		for _, v := range vectors.Load(f, file) {
			f.Add(uint8(TypeAudio), v.Bytes(f))
			f.Add(uint8(TypeVideo), v.Bytes(f))
		}
	}
	f.Add(uint8(TypeData), []byte("\x02\x00\x0d@setDataFrame\x02\x00\x0aonMetaData\x05"))
	f.Add(uint8(TypeDataAMF3), []byte("\x00\x11\x06\x15onMetaData\x01"))
	f.Fuzz(func(t *testing.T, typeID uint8, payload []byte) {
		packets := AppendPackets(nil, typeID, 7, payload)
		if len(packets) == 0 || len(packets) > maxTracks {
			t.Fatalf("%d packets", len(packets))
		}
		for i := range packets {
			p := &packets[i]
			if len(p.Data) > len(payload) || !bytes.Contains(payload, p.Data) || !bytes.Equal(p.Raw, payload) || p.Timestamp != 7 {
				t.Fatalf("%+v", *p)
			}
			p.Command()
			checkBuild(t, p, len(packets) == 1)
		}
		if p := &packets[0]; p.Flags&FlagEnhanced != 0 && p.Kind != KindCommand {
			entries, ok := AppendModExEntries(nil, typeID, payload)
			got, err := rebuild(typeID, payload, packets, entries)
			if !ok || err != nil || !bytes.Equal(got, payload) && !longFormOfFew(entries, payload) {
				t.Fatalf("%x, built %x, %v", payload, got, err)
			}
		}
	})
}

func checkBuild(t *testing.T, p *Packet, single bool) {
	t.Helper()
	built, err := AppendPayload(nil, p)
	if err != nil {
		t.Fatalf("%+v: %v", *p, err)
	}
	again := parseOne(t, p.Type, built)
	a, b := *p, *again
	a.Raw, b.Raw, a.Timestamp, a.Flags = nil, nil, 0, a.Flags&^FlagContinued
	if !bytes.Equal(a.Data, b.Data) {
		t.Fatalf("data %x, built and parsed again %x", a.Data, b.Data)
	}
	a.Data, b.Data = nil, nil
	if a.Handler != b.Handler || a.Kind != b.Kind || a.Flags != b.Flags || a.Codec != b.Codec || a.Track != b.Track || a.FrameType != b.FrameType ||
		a.PacketType != b.PacketType || a.AudioHeader != b.AudioHeader || a.Composition != b.Composition || a.NanoOffset != b.NanoOffset {
		t.Fatalf("%+v\nbuilt and parsed again %+v", a, b)
	}
	if single && canonical(p) && !bytes.Equal(built, p.Raw) {
		t.Fatalf("%x, built %x", p.Raw, built)
	}
}

// canonical reports whether the packet's payload has only one form, so that building must give the same bytes.
func canonical(p *Packet) bool {
	switch {
	case p.Malformed():
		return true
	case p.Type != TypeAudio && p.Type != TypeVideo, p.Flags&FlagMultitrack != 0:
		return false
	}
	return len(p.Raw) == 0 || p.Flags&FlagEnhanced == 0 || p.Raw[0]&0x0F != PacketModEx
}

// longFormOfFew reports whether a ModEx entry of a payload may have its size in 16 bits without need.
func longFormOfFew(entries []ModEx, payload []byte) bool {
	for _, e := range entries {
		if len(e.Data) < 256 && bytes.IndexByte(payload, 0xFF) >= 0 {
			return true
		}
	}
	return false
}
