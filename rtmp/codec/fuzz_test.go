package codec

import (
	"bytes"
	"testing"

	"oxrtmp/rtmp/media"
)

// FuzzRecords holds that no record makes a parser panic, and that what was read is written to what reads alike.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{avcC, hvcC, av1C, vpcC, opusHead, flac, "1210", "2b118800", "ff00"} {
		f.Add(unhex(f, s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, c := range []media.FourCC{media.AVC1, media.HVC1, media.VVC1, media.AV01, media.VP09, media.MP4A, media.Opus, media.FLAC} {
			i, _ := Describe(header(c, p))
			if i.Width < 0 || i.Height < 0 || i.Width > 1<<16 || i.Height > 1<<16 {
				t.Fatalf("%v: %+v", c, i)
			}
			Extradata(c, p)
			if sets, err := ParameterSets(nil, c, p); err != nil && sets != nil || len(sets) > 3*len(p) {
				t.Fatalf("%v: %d bytes of sets, %v", c, len(sets), err)
			}
		}
		Detect(p)
		if a, err := ParseAVC(p); err == nil {
			first, err := a.Append(nil)
			b, err2 := ParseAVC(first)
			second, err3 := b.Append(nil)
			if err != nil || err2 != nil || err3 != nil || !bytes.Equal(first, second) {
				t.Fatalf("%x, %x, %v, %v, %v", first, second, err, err2, err3)
			}
		}
		if h, err := ParseHEVC(p); err == nil {
			first, err := h.Append(nil)
			b, err2 := ParseHEVC(first)
			second, err3 := b.Append(nil)
			if err != nil || err2 != nil || err3 != nil || !bytes.Equal(first, second) {
				t.Fatalf("%x, %x, %v, %v, %v", first, second, err, err2, err3)
			}
		}
	})
}

// FuzzNALUs holds that both walks yield parts of their input, and that a byte stream survives the change of form.
func FuzzNALUs(f *testing.F) {
	f.Add(unhex(f, "00000001 65 88 000001 41 0000"))
	f.Add(unhex(f, "00000002 6588 00000001 41"))
	f.Fuzz(func(t *testing.T, p []byte) {
		for _, size := range []int{1, 2, 4} {
			for u, err := range NALUs(p, size) {
				if err == nil && len(u) > len(p) {
					t.Fatalf("%x: a unit of %d bytes", p, len(u))
				}
			}
		}
		all := units(p)
		converted, err := FromAnnexB(nil, p, 4)
		back, err2 := ToAnnexB(nil, converted, 4)
		again := units(back)
		if err != nil || err2 != nil || len(again) != len(all) {
			t.Fatalf("%x: %d units, %d after the change, %v, %v", p, len(all), len(again), err, err2)
		}
		for i := range all {
			if !bytes.Equal(all[i], again[i]) {
				t.Fatalf("%x: unit %d is %x, was %x", p, i, again[i], all[i])
			}
		}
		IsAnnexB(p)
		CutADTS(p)
	})
}
