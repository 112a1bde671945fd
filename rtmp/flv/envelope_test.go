package flv_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"reflect"
	"strings"
	"testing"

	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/media"
)

// A137: tags as FLV 10.1 Annex F lays them out, taken apart and put together, alone and in a file.
func TestEnvelope(t *testing.T) {
	const iv = "000102030405060708090a0b0c0d0e0f"
	unhex := func(s string) []byte {
		p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	for _, c := range []struct {
		name    string
		tagType uint8
		hex     string
		want    flv.Envelope
	}{
		{"AAC, version 1", 8, "af01 01 456e6372797074696f6e 00 000010" + iv + "aabb",
			flv.Envelope{Head: unhex("af01"), Filter: "Encryption", Params: unhex(iv), Encrypted: true, IV: unhex(iv), Body: unhex("aabb")}},
		{"AVC, version 2", 9, "1701000050 01 5345 00 000011 80" + iv + "aabb",
			flv.Envelope{Head: unhex("1701000050"), Filter: "SE", Params: unhex("80" + iv), Encrypted: true, IV: unhex(iv), Body: unhex("aabb")}},
		{"AVC, in clear", 9, "2701000000 01 5345 00 000001 00 cc",
			flv.Envelope{Head: unhex("2701000000"), Filter: "SE", Params: unhex("00"), Body: unhex("cc")}},
		{"MP3", 8, "2f 01 5345 00 000001 00 cc", flv.Envelope{Head: unhex("2f"), Filter: "SE", Params: unhex("00"), Body: unhex("cc")}},
		{"VP6", 9, "14 01 5345 00 000001 00 cc", flv.Envelope{Head: unhex("14"), Filter: "SE", Params: unhex("00"), Body: unhex("cc")}},
		{"script", 18, "01 5345 00 000001 00 cc", flv.Envelope{Head: []byte{}, Filter: "SE", Params: unhex("00"), Body: unhex("cc")}},
		{"another filter", 8, "2f 01 5858 00 000002 0102 cc", flv.Envelope{Head: unhex("2f"), Filter: "XX", Params: unhex("0102"), Body: unhex("cc")}},
	} {
		data := unhex(c.hex)
		file, err := flv.AppendTag(flv.AppendHeader(nil, true, true), flv.Tag{Type: c.tagType, Encrypted: true, Data: data})
		if err != nil {
			t.Fatal(err)
		}
		tag, err := flv.NewTagReader(bytes.NewReader(file)).ReadTag()
		if err != nil || !tag.Encrypted || file[13] != c.tagType|0x20 {
			t.Fatalf("%s: %+v, %v", c.name, tag, err)
		}
		got, err := flv.ParseEnvelope(tag)
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, c.want)
		}
		if again, err := got.Append(nil); err != nil || !bytes.Equal(again, data) {
			t.Errorf("%s: written %x, %v", c.name, again, err)
		}
		if got.Filter != "XX" {
			got.Params = nil
			if again, err := got.Append(nil); err != nil || !bytes.Equal(again, data) {
				t.Errorf("%s: made %x, %v", c.name, again, err)
			}
		}
		for n := range len(data) - len(c.want.Body) {
			if e, err := flv.ParseEnvelope(flv.Tag{Type: c.tagType, Encrypted: true, Data: data[:n]}); !errors.Is(err, flv.ErrEnvelope) {
				t.Errorf("%s, %d bytes: %+v, %v", c.name, n, e, err)
			}
		}
		if _, err := flv.ParseEnvelope(flv.Tag{Type: c.tagType, Data: data}); !errors.Is(err, flv.ErrEnvelope) {
			t.Errorf("%s, not marked: %v", c.name, err)
		}
	}
	for _, bad := range []flv.Envelope{{Filter: "Encryption", Encrypted: true, IV: []byte{1}}, {Filter: "a\x00b", Params: []byte{1}}, {Filter: "XX"}} {
		if p, err := bad.Append(nil); !errors.Is(err, flv.ErrEnvelope) {
			t.Errorf("%+v: %x, %v", bad, p, err)
		}
	}
}

// An encrypted tag is one packet that says so, and becomes the same tag again.
func TestEncryptedPackets(t *testing.T) {
	data := []byte("\x17\x01\x00\x00\x00\x01SE\x00\x00\x00\x01\x00body")
	for _, tag := range []flv.Tag{
		{Type: flv.TagVideo, Timestamp: 7, Encrypted: true, Data: data}, {Type: flv.TagAudio, Encrypted: true, Data: data},
		{Type: flv.TagScript, Encrypted: true, Data: data}, {Type: flv.TagVideo, Encrypted: true, Data: []byte{}},
	} {
		packets := flv.AppendPackets(nil, tag)
		if len(packets) != 1 {
			t.Fatalf("%d packets", len(packets))
		}
		p := &packets[0]
		if p.Flags != media.FlagMalformed|media.FlagEncrypted || p.Codec != 0 || p.Timestamp != tag.Timestamp || !bytes.Equal(p.Raw, tag.Data) {
			t.Errorf("%+v", p)
		}
		var scratch []byte
		payload, err := flv.Payload(p, &scratch)
		if err != nil || !bytes.Equal(payload, tag.Data) || flv.TagType(p) != tag.Type|flv.EncryptedBit {
			t.Errorf("written %x, %v", payload, err)
		}
	}
	if p := flv.AppendPackets(nil, flv.Tag{Type: 20, Data: data}); p != nil {
		t.Errorf("a tag that is no message: %+v", p)
	}
	if p := flv.AppendPackets(nil, flv.Tag{Type: flv.TagVideo, Data: data}); len(p) != 1 || p[0].Codec != media.AVC1 {
		t.Errorf("a tag in clear: %+v", p)
	}
	var scratch []byte
	if _, err := flv.Payload(&media.Packet{Type: media.TypeVideo, Flags: media.FlagEncrypted, Data: data}, &scratch); !errors.Is(err, flv.ErrEnvelope) {
		t.Errorf("made of nothing: %v", err)
	}
}

func FuzzParseEnvelope(f *testing.F) {
	f.Add(uint8(flv.TagVideo), []byte("\x17\x01\x00\x00\x50\x01SE\x00\x00\x00\x11\x800123456789abcdefbody"))
	f.Add(uint8(flv.TagAudio), []byte("\xaf\x01\x01Encryption\x00\x00\x00\x100123456789abcdefbody"))
	f.Add(uint8(flv.TagScript), []byte("\x01XX\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, tagType uint8, data []byte) {
		e, err := flv.ParseEnvelope(flv.Tag{Type: tagType, Encrypted: true, Data: data})
		if err != nil {
			return
		}
		if again, err := e.Append(nil); err != nil || !bytes.Equal(again, data) {
			t.Fatalf("%x became %x, %v", data, again, err)
		}
		if e.Encrypted != (e.IV != nil) || e.IV != nil && len(e.IV) != flv.IVSize {
			t.Fatalf("%+v", e)
		}
	})
}
