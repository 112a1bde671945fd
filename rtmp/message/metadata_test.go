package message_test

import (
	"bytes"
	"math"
	"reflect"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

var nan = math.NaN()

// A106, A109: what OBS Studio sends, and what is written of it.
func TestMetadataOfOBS(t *testing.T) {
	v := ecma(object("duration", amf.Number(0), "fileSize", amf.Number(0), "width", amf.Number(1920), "height", amf.Number(1080),
		"videocodecid", amf.Number(7), "videodatarate", amf.Number(6000), "framerate", amf.Number(60),
		"audiocodecid", amf.Number(10), "audiodatarate", amf.Number(160), "audiosamplerate", amf.Number(48000),
		"audiosamplesize", amf.Number(16), "audiochannels", amf.Number(6), "stereo", amf.Boolean(false),
		"2.1", amf.Boolean(false), "3.1", amf.Boolean(false), "4.0", amf.Boolean(false), "4.1", amf.Boolean(false),
		"5.1", amf.Boolean(true), "7.1", amf.Boolean(false), "encoder", amf.String("obs-output module (libobs version 30.0.0)")))
	want := message.Metadata{Width: 1920, Height: 1080, VideoCodecID: 7, VideoDataRate: 6000, FrameRate: 60, AudioCodecID: 10,
		AudioDataRate: 160, AudioSampleRate: 48000, AudioSampleSize: 16, AudioChannels: 6, Surround: "5.1",
		Encoder: "obs-output module (libobs version 30.0.0)", Properties: v.Properties}
	got := message.ParseMetadata(v)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v\nwant %+v", got, want)
	}
	const written = `{"duration":0,"width":1920,"height":1080,"framerate":60,"videodatarate":6000,"videocodecid":7,` +
		`"audiodatarate":160,"audiosamplerate":48000,"audiosamplesize":16,"audiochannels":6,"stereo":false,` +
		`"2.1":false,"3.1":false,"4.0":false,"4.1":false,"5.1":true,"7.1":false,"audiocodecid":10,` +
		`"encoder":"obs-output module (libobs version 30.0.0)"}`
	if text := string(amf.AppendJSON(nil, got.Value())); text != written {
		t.Errorf("%s\nwant %s", text, written)
	}
}

// D41, A108: numbers as texts, codec ids in three forms, names in any case, and nothing lost.
func TestMetadataLeniency(t *testing.T) {
	for _, c := range []struct {
		name string
		v    amf.Value
		want message.Metadata
	}{
		{"object", object("width", amf.Number(1)), message.Metadata{Width: 1}},
		{"other case", object("Width", amf.Number(1), "FILESIZE", amf.Number(2)), message.Metadata{Width: 1, FileSize: 2}},
		{"texts", object("width", amf.String(" 640 "), "framerate", amf.String("29.97"), "stereo", amf.String("true")),
			message.Metadata{Width: 640, FrameRate: 29.97, Stereo: true}},
		{"booleans as texts", object("stereo", amf.String("1"), "canSeekToEnd", amf.String("True"), "4.1", amf.String("false"),
			"4.0", amf.String("0")), message.Metadata{Stereo: true, CanSeekToEnd: true}},
		{"FourCC as number", object("videocodecid", amf.Number(1635135537)), message.Metadata{VideoCodecID: 0x61763031}},
		{"FourCC as text", object("videocodecid", amf.String("avc1"), "audiocodecid", amf.String("mp4a")),
			message.Metadata{VideoCodecID: 0x61766331, AudioCodecID: 0x6D703461}},
		{"codec id as text", object("videocodecid", amf.String("7")), message.Metadata{VideoCodecID: 7}},
		{"twice", object("width", amf.Number(1), "width", amf.Number(2)), message.Metadata{Width: 2}},
		{"number as boolean", object("stereo", amf.Number(1), "canSeekToEnd", amf.Number(0)), message.Metadata{Stereo: true}},
		{"5.1 as number", object("5.1", amf.Number(1)), message.Metadata{Surround: "5.1"}},
		{"others", object("audiodelay", amf.Number(0.1), "creationdate", amf.String("today"), "duration", amf.Number(3)),
			message.Metadata{AudioDelay: 0.1, CreationDate: "today", Duration: 3}},
		{"not an object", amf.String("width"), message.Metadata{}},
		{"nil", nil, message.Metadata{}},
	} {
		got := message.ParseMetadata(c.v)
		if properties, _ := amf.Properties(c.v); !reflect.DeepEqual(got.Properties, properties) {
			t.Errorf("%s: properties %+v", c.name, got.Properties)
		}
		got.Properties = nil
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// What does not fit its field, or has none, is kept.
func TestMetadataExtra(t *testing.T) {
	v := object("major_brand", amf.String("isom"), "width", amf.String("wide"), "height", amf.Number(nan),
		"framerate", amf.Number(math.Inf(1)), "videodatarate", amf.String("nan"), "videocodecid", amf.Number(-1),
		"audiocodecid", amf.String("AAC"), "audiosamplerate", amf.String(strings.Repeat("1", 33)), "stereo", amf.String("perhaps"),
		"encoder", amf.Number(1), "7.1", amf.Null{}, "videoTrackIdInfoMap", amf.Number(1), "", amf.Null{},
		"audiocodecid", amf.String("\x00abc"), strings.Repeat("n", 1000), amf.Boolean(true))
	got := message.ParseMetadata(v)
	if extra := (&amf.Object{Properties: got.Extra}); !bytes.Equal(body(extra), body(v)) { // NaN equals nothing
		t.Fatalf("%s", amf.AppendJSON(nil, extra))
	}
	got.Extra, got.Properties = nil, nil
	if !reflect.DeepEqual(got, message.Metadata{}) {
		t.Fatalf("%+v", got)
	}
	m := message.Metadata{Width: 2, Extra: v.Properties[:1]}
	if text := string(amf.AppendJSON(nil, m.Value())); text != `{"duration":0,"width":2,"major_brand":"isom"}` {
		t.Error(text)
	}
}

// A107: the description of further tracks.
func TestMetadataTracks(t *testing.T) {
	v := object("videoTrackIdInfoMap", object("1", object("width", amf.Number(640), "height", amf.Number(360),
		"videodatarate", amf.Number(800), "videocodecid", amf.Number(1635135537), "channels", amf.Number(2))),
		"audioTrackIdInfoMap", ecma(object("2", object("audiodatarate", amf.Number(64), "channels", amf.Number(1),
			"samplerate", amf.Number(44100), "audiocodecid", amf.String("Opus")))))
	got := message.ParseMetadata(v)
	video := []message.TrackInfo{{ID: 1, Width: 640, Height: 360, DataRate: 800, CodecID: 0x61763031, Extra: object("channels", amf.Number(2)).Properties}}
	audio := []message.TrackInfo{{ID: 2, DataRate: 64, Channels: 1, SampleRate: 44100, CodecID: 0x4F707573}}
	if !reflect.DeepEqual(got.VideoTracks, video) || !reflect.DeepEqual(got.AudioTracks, audio) || got.Extra != nil {
		t.Fatalf("%+v", got)
	}
	const want = `{"duration":0,"videoTrackIdInfoMap":{"1":{"width":640,"height":360,"videodatarate":800,"videocodecid":1635135537,"channels":2}},` +
		`"audioTrackIdInfoMap":{"2":{"audiodatarate":64,"channels":1,"samplerate":44100,"audiocodecid":1332770163}}}`
	if text := string(amf.AppendJSON(nil, got.Value())); text != want {
		t.Errorf("%s\nwant %s", text, want)
	}
	many := new(amf.Object)
	for range 257 {
		many.Properties = append(many.Properties, amf.Property{Name: "1", Value: new(amf.Object)})
	}
	for _, bad := range []amf.Value{object("256", object()), object("-1", object()), object("a", object()), object("1", amf.Null{}), many} {
		if m := message.ParseMetadata(object("videoTrackIdInfoMap", bad)); m.VideoTracks != nil || len(m.Extra) != 1 {
			t.Errorf("%s: %+v", amf.AppendJSON(nil, bad), m.VideoTracks)
		}
	}
}
