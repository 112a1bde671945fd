package hub

import (
	"bytes"
	"encoding/hex"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/media"
)

// C21, D45: what a player decodes, by what it says.
func TestAbility(t *testing.T) {
	const (
		h264, h265, av1 = "17 01 000000 01", "91 68766331 000000 01", "91 61763031 01"
		h265Legacy      = "1c 01 000000 01"
		sorenson        = "22 00"
		aac, mp3, pcm   = "af 01 21", "2f ff", "3e 00"
		opus            = "91 4f707573 01"
	)
	ffmpeg := Ability{LegacyVideo: 0xFC, LegacyAudio: 0xFE7} // without rtmp_enhanced_codecs
	enhanced := ffmpeg
	enhanced.Video = []media.FourCC{media.HVC1, media.AV01}
	for _, c := range []struct {
		name    string
		a       Ability
		decodes map[string]bool
	}{
		{"says nothing", Ability{}, map[string]bool{h264: true, sorenson: true, aac: true, mp3: true, pcm: true, h265: false, av1: false, opus: false, h265Legacy: false}},
		{"ffmpeg", ffmpeg, map[string]bool{h264: true, sorenson: true, aac: true, mp3: true, pcm: true, h265: false, opus: false, h265Legacy: false}},
		{"ffmpeg with enhanced codecs", enhanced, map[string]bool{h264: true, aac: true, h265: true, av1: true, h265Legacy: true, opus: false}},
		{"H.264 and AAC only", Ability{LegacyVideo: 0x80, LegacyAudio: 0x400}, map[string]bool{h264: true, aac: true, sorenson: false, mp3: false, pcm: true, h265: false}},
		{"everything", Ability{AnyVideo: true, AnyAudio: true, LegacyVideo: 4}, map[string]bool{h265: true, av1: true, opus: true, sorenson: true, h264: false}},
		{"audio is not video", Ability{Video: []media.FourCC{media.HVC1}, AnyAudio: true}, map[string]bool{h265: true, av1: false, opus: true}},
	} {
		for payload, want := range c.decodes {
			typeID := uint8(media.TypeVideo)
			if payload == aac || payload == mp3 || payload == pcm || payload == opus {
				typeID = media.TypeAudio
			}
			alloc := &buffer.HeapAllocator{}
			f := frame(t, alloc, typeID, 0, payload)
			if got := c.a.Decodes(&f.Info); got != want {
				t.Errorf("%s: %s: %v", c.name, f.Info.Codec, got)
			}
			p := Player{Options: PlayerOptions{}.WithDefaults(), Ability: &c.a}
			if got := p.Decide(f, 0) == Send; got != want {
				t.Errorf("%s: %s is sent: %v", c.name, f.Info.Codec, got)
			}
			cache := NewCache(CacheOptions{})
			cache.Add(f)
			if got := cache.Undecodable(&c.a) == 0; got != want {
				t.Errorf("%s: a stream of %s: %v", c.name, f.Info.Codec, got)
			}
			cache.Reset()
			f.Release()
			if alloc.InUse() != 0 {
				t.Error("memory is held")
			}
		}
	}
}

// What has no codec goes to everybody: data, silence, and what cannot be read.
func TestAbilityLeavesTheRestAlone(t *testing.T) {
	alloc := &buffer.HeapAllocator{}
	p := Player{Options: PlayerOptions{}.WithDefaults(), Ability: &Ability{LegacyVideo: 1, LegacyAudio: 1}}
	for _, m := range []sent{{18, metadata}, {8, ""}, {9, "9f 7a7a7a7a"}, {9, "17"}} {
		f := frame(t, alloc, m.typeID, 0, m.payload)
		if v := p.Decide(f, 0); v != Send {
			t.Errorf("%q: verdict %d", m.payload, v)
		}
		f.Release()
	}
}

// A message of several tracks goes to who decodes one of them.
func TestAbilityOfManyTracks(t *testing.T) {
	alloc := &buffer.HeapAllocator{}
	f := frame(t, alloc, 9, 0, "96 20 61766331 00 000002 0164 68766331 01 000001 01") // avc1 and hvc1
	for codec, want := range map[media.FourCC]bool{media.AVC1: true, media.HVC1: true, media.AV01: false} {
		p := Player{Ability: &Ability{Video: []media.FourCC{codec}}}
		if got := p.Wants(f); got != want {
			t.Errorf("%s: %v", codec, got)
		}
	}
	f.Release()
}

// Under a filter metadata does not announce what does not come; the rest of it stays, byte for byte if all of it comes.
func TestAnnounce(t *testing.T) {
	value := func(names ...string) *amf.ECMAArray {
		o := new(amf.ECMAArray)
		for _, n := range names {
			v := amf.Value(amf.Number(1))
			switch n {
			case "videocodecid":
				v = amf.Number(media.HVC1)
			case "audiocodecid":
				v = amf.Number(10)
			}
			o.Properties = append(o.Properties, amf.Property{Name: n, Value: v})
		}
		return o
	}
	names := []string{"duration", "width", "Height", "videocodecid", "audiocodecid", "stereo", "encoder"}
	for _, c := range []struct {
		a    Ability
		want []string
	}{
		{Ability{AnyVideo: true}, names},
		{Ability{}, []string{"duration", "audiocodecid", "stereo", "encoder"}},
		{Ability{AnyVideo: true, LegacyAudio: 2}, []string{"duration", "width", "Height", "videocodecid", "encoder"}},
		{Ability{LegacyAudio: 2}, []string{"duration", "encoder"}},
	} {
		alloc := &buffer.HeapAllocator{}
		f := frame(t, alloc, 18, 7, hex.EncodeToString(amf.AppendValuesAMF0(nil, amf.String("@setDataFrame"), amf.String("onMetaData"), value(names...))))
		g := c.a.Announce(alloc, f, 128)
		if want := amf.AppendValuesAMF0(nil, amf.String("onMetaData"), value(c.want...)); !bytes.Equal(g.Info.Data, want) || g.Info.Timestamp != 7 || g.Info.Kind != media.KindMetadata {
			t.Errorf("%+v: %x, want %x", c.a, g.Info.Data, want)
		}
		g.Release()
		f.Release()
		for _, m := range []sent{{18, "02 000a 6f6e4d65746144617461"}, {18, "02 000a 6f6e4d65746144617461 0a ffffffff"}, {9, videoKey}, {18, metadata}} {
			f := frame(t, alloc, m.typeID, 0, m.payload)
			g := c.a.Announce(alloc, f, 128)
			if g != f {
				t.Errorf("%q was changed", m.payload)
			}
			g.Release()
			f.Release()
		}
		if alloc.InUse() != 0 {
			t.Error("memory is held")
		}
	}
}
