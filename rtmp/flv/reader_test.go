package flv

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"

	"oxrtmp/rtmp/internal/vectors"
	"oxrtmp/rtmp/media"
)

func readTestFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(vectors.Root(t), "testdata", "flv", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// readAll reads a file in pieces of the given size; each tag's data is copied, and the reader's copy and the piece are
// poisoned, so that nothing survives that should not.
func readAll(r *Reader, file []byte, piece int) (tags []Tag, offsets []int64, err error) {
	for len(file) > 0 {
		p := bytes.Clone(file[:min(piece, len(file))])
		file = file[len(p):]
		for len(p) > 0 {
			tag, n, ok, err := r.Next(p)
			if err != nil {
				return tags, offsets, err
			}
			if ok {
				data := tag.Data
				tag.Data = bytes.Clone(data)
				tags, offsets = append(tags, tag), append(offsets, r.Offset())
				for i := range data {
					data[i] = 0xEE
				}
			} else if n != len(p) {
				return tags, offsets, errors.New("no tag, and not all consumed")
			}
			p = p[n:]
		}
	}
	return tags, offsets, r.End()
}

func TestReaderRealFiles(t *testing.T) {
	for _, c := range []struct {
		name  string
		tags  int
		last  uint32
		video int
	}{
		{"veovera-av1-opus-10s.flv", 807, 10001, 303},
		{"sample-h264-aac.flv", 736, 9967, 302},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := readTestFile(t, c.name)
			var r Reader
			tags, offsets, err := readAll(&r, file, len(file))
			if err != nil || len(tags) != c.tags || r.WrongBackPointers() != 0 {
				t.Fatalf("%d tags, %v, %d wrong back pointers", len(tags), err, r.WrongBackPointers())
			}
			if h, ok := r.Header(); !ok || !h.Audio || !h.Video || h.DataOffset != HeaderSize {
				t.Errorf("header %+v, %v", h, ok)
			}
			checkPayloads(t, tags, c.video)
			if last := tags[len(tags)-1].Timestamp; last != c.last {
				t.Errorf("last timestamp %d", last)
			}
			// What was read, written again, is the same file.
			again := AppendHeader(nil, true, true)
			for i, tag := range tags {
				if offsets[i] != int64(len(again)) {
					t.Fatalf("tag %d: offset %d, want %d", i, offsets[i], len(again))
				}
				if again, err = AppendTag(again, tag); err != nil {
					t.Fatal(err)
				}
			}
			if !bytes.Equal(again, file) {
				t.Error("written again, the file differs")
			}
		})
	}
}

// checkPayloads checks that media gives each payload back byte by byte.
func checkPayloads(t *testing.T, tags []Tag, wantVideo int) {
	t.Helper()
	video := 0
	for i, tag := range tags {
		packets := media.AppendPackets(nil, tag.Type, tag.Timestamp, tag.Data)
		if len(packets) != 1 || packets[0].Malformed() {
			t.Fatalf("tag %d: %d packets, %+v", i, len(packets), packets[0])
		}
		if packets[0].Type == media.TypeVideo {
			video++
		}
		got, err := media.AppendPayload(nil, &packets[0])
		if err != nil || !bytes.Equal(got, tag.Data) {
			t.Fatalf("tag %d: built %x…, %v", i, got[:min(16, len(got))], err)
		}
	}
	if video != wantVideo {
		t.Errorf("%d video packets, want %d", video, wantVideo)
	}
}

func TestReaderSplits(t *testing.T) {
	file := readTestFile(t, "veovera-av1-opus-10s.flv")[:100<<10]
	want, offsets, wantErr := readAll(new(Reader), file, len(file))
	if len(want) < 100 || !errors.Is(wantErr, ErrTruncated) {
		t.Fatalf("%d tags, %v", len(want), wantErr)
	}
	for _, piece := range []int{1, 2, 3, 10, 11, 12, 1000, 4096} {
		got, gotOffsets, err := readAll(new(Reader), file, piece)
		if len(got) != len(want) || err == nil || err.Error() != wantErr.Error() {
			t.Fatalf("pieces of %d: %d tags, %v", piece, len(got), err)
		}
		for i := range got {
			if !sameTag(got[i], want[i]) || gotOffsets[i] != offsets[i] {
				t.Fatalf("pieces of %d: tag %d differs", piece, i)
			}
		}
	}
}

func sameTag(a, b Tag) bool {
	return a.Type == b.Type && a.Timestamp == b.Timestamp && a.Encrypted == b.Encrypted && bytes.Equal(a.Data, b.Data)
}

func TestReaderVectors(t *testing.T) {
	file := vectors.Load(t, "flv.json")
	header, tag := vectors.Find(t, file, "F1"), vectors.Find(t, file, "F2")
	var want struct {
		Tag struct {
			Type      uint8
			Timestamp uint32
			Data      string
		}
	}
	tag.Decode(t, &want)
	if got := AppendHeader(nil, true, true); !bytes.Equal(got, header.Bytes(t)) {
		t.Errorf("header %x", got)
	}
	tags, _, err := readAll(new(Reader), append(header.Bytes(t), tag.Bytes(t)...), 5)
	if err != nil || len(tags) != 1 || tags[0].Type != want.Tag.Type || tags[0].Timestamp != want.Tag.Timestamp {
		t.Fatalf("%+v, %v", tags, err)
	}
	if got, err := AppendTag(nil, tags[0]); err != nil || !bytes.Equal(got, tag.Bytes(t)) {
		t.Errorf("tag %x, %v", got, err)
	}
}

const (
	flvHeader = "FLV\x01\x05\x00\x00\x00\x09"
	flvTag    = "\x08\x00\x00\x02\x00\x00\x01\x00\x00\x00\x00\xaf\x01"
)

func TestReaderEnds(t *testing.T) {
	for _, c := range []struct {
		name, file string
		tags       int
		want       error
		offset     int64
	}{
		{"nothing", "", 0, ErrTruncated, 0},
		{"part of the header", flvHeader[:8], 0, ErrTruncated, 0},
		{"only the header", flvHeader, 0, nil, 0},
		{"and half a back pointer", flvHeader + "\x00\x00", 0, ErrTruncated, 9},
		{"and its back pointer", flvHeader + "\x00\x00\x00\x00", 0, nil, 0},
		{"additional header bytes cut", "FLV\x01\x05\x00\x00\x00\x0cab", 0, ErrTruncated, 0},
		{"additional header bytes", "FLV\x01\x05\x00\x00\x00\x0cabc\x00\x00\x00\x00" + flvTag, 1, nil, 0},
		{"a tag without its back pointer", flvHeader + "\x00\x00\x00\x00" + flvTag, 1, nil, 0},
		{"a tag", flvHeader + "\x00\x00\x00\x00" + flvTag + "\x00\x00\x00\x0d", 1, nil, 0},
		{"a tag header cut", flvHeader + "\x00\x00\x00\x00" + flvTag + "\x00\x00\x00\x0d" + flvTag[:10], 1, ErrTruncated, 30},
		{"a tag cut", flvHeader + "\x00\x00\x00\x00" + flvTag + "\x00\x00\x00\x0d" + flvTag[:12], 1, ErrTruncated, 30},
		{"a tag without data", flvHeader + "\x00\x00\x00\x00\x08\x00\x00\x00" + flvTag[4:11], 1, nil, 0},
		{"wrong back pointers", flvHeader + "abcd" + flvTag + "\x00\x00\x00\x00", 1, nil, 0},
		{"another format", "RIFF\x01\x05\x00\x00\x00\x09", 0, ErrHeader, 0},
		{"another version", "FLV\x02\x05\x00\x00\x00\x09", 0, ErrHeader, 0},
		{"data within the header", "FLV\x01\x05\x00\x00\x00\x08", 0, ErrHeader, 0},
		{"a tag above the limit", flvHeader + "\x00\x00\x00\x00\x08\x00\x10\x01" + flvTag[4:], 0, ErrTagSize, 13},
	} {
		for _, piece := range []int{1, 100} {
			r := Reader{MaxTagSize: 4096}
			tags, _, err := readAll(&r, []byte(c.file), piece)
			if len(tags) != c.tags || !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
				t.Errorf("%s: %d tags, %v", c.name, len(tags), err)
			}
			if e := (*Error)(nil); errors.As(err, &e) && e.Offset != c.offset {
				t.Errorf("%s: offset %d, want %d", c.name, e.Offset, c.offset)
			}
			if _, _, _, again := r.Next([]byte{0}); c.want != nil && c.want != ErrTruncated && again != err {
				t.Errorf("%s: later error %v", c.name, again)
			}
		}
	}
	if !errors.Is(ErrTruncated, io.ErrUnexpectedEOF) {
		t.Error("ErrTruncated is not io.ErrUnexpectedEOF")
	}
}

func TestReaderCountsWrongBackPointers(t *testing.T) {
	var r Reader
	if _, _, err := readAll(&r, []byte(flvHeader+"\x00\x00\x00\x00"+flvTag+"\x00\x00\x00\x00"+flvTag+"\x00\x00\x00\x0d"), 7); err != nil {
		t.Fatal(err)
	}
	if r.WrongBackPointers() != 1 {
		t.Errorf("%d", r.WrongBackPointers())
	}
}

// A tag header that promises 16 MiB must not cost 16 MiB.
func TestReaderMemory(t *testing.T) {
	promise := []byte(flvHeader + "\x00\x00\x00\x00\x09\xff\xff\xff" + flvTag[4:])
	n := testing.AllocsPerRun(10, func() {
		var r Reader
		if _, _, err := readAll(&r, promise, len(promise)); !errors.Is(err, ErrTruncated) {
			t.Fatal(err)
		}
		if cap(r.body) > firstBody {
			t.Fatalf("%d bytes taken", cap(r.body))
		}
	})
	if n > 10 {
		t.Errorf("%v allocations", n)
	}
	var r Reader
	big, _ := AppendTag([]byte(flvHeader+"\x00\x00\x00\x00"), Tag{Type: TagVideo, Data: make([]byte, MaxTagSize)})
	small, _ := AppendTag(big, Tag{Type: TagVideo, Data: make([]byte, 10)})
	if tags, _, err := readAll(&r, small, 1<<16); err != nil || len(tags) != 2 || len(tags[0].Data) != MaxTagSize {
		t.Fatalf("%d tags, %v", len(tags), err)
	}
	if cap(r.body) > keepBody {
		t.Errorf("%d bytes kept", cap(r.body))
	}
}

func TestTagReader(t *testing.T) {
	file := readTestFile(t, "veovera-av1-opus-10s.flv")
	want, _, _ := readAll(new(Reader), file, len(file))
	for _, source := range []io.Reader{bytes.NewReader(file), iotest.OneByteReader(bytes.NewReader(file)), iotest.DataErrReader(bytes.NewReader(file))} {
		r := NewTagReader(source)
		for i := range want {
			tag, err := r.ReadTag()
			if err != nil || !sameTag(tag, want[i]) {
				t.Fatalf("tag %d: %v", i, err)
			}
		}
		for range 2 {
			if _, err := r.ReadTag(); err != io.EOF {
				t.Errorf("at the end: %v", err)
			}
		}
	}
	broken := errors.New("broken")
	r := NewTagReader(io.MultiReader(bytes.NewReader(file[:5000]), iotest.ErrReader(broken)))
	var err error
	for err == nil {
		_, err = r.ReadTag()
	}
	if err != broken {
		t.Errorf("error of the source: %v", err)
	}
	r = NewTagReader(bytes.NewReader(file[:5000]))
	for err = nil; err == nil; {
		_, err = r.ReadTag()
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("cut file: %v", err)
	}
}

func TestAppendTagRefuses(t *testing.T) {
	if got, err := AppendTag([]byte{1}, Tag{Type: 9, Data: make([]byte, MaxTagSize+1)}); !errors.Is(err, ErrTagSize) || len(got) != 1 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if got, err := AppendTag([]byte{1}, Tag{Type: 32}); err == nil || len(got) != 1 {
		t.Errorf("type 32: %x, %v", got, err)
	}
	got, err := AppendTag(nil, Tag{Type: 9, Encrypted: true})
	if err != nil || got[0] != 0x29 {
		t.Errorf("encrypted: %x, %v", got, err)
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte(flvHeader+"\x00\x00\x00\x00"+flvTag+"\x00\x00\x00\x0d"+flvTag), uint8(1))
	f.Add([]byte("FLV\x01\x05\x00\x00\x00\x0cabc\x00\x00\x00\x00"+flvTag), uint8(4))
	f.Add([]byte(flvHeader+"\x00\x00\x00\x00\x08\x00\x00\x00"+flvTag[4:11]), uint8(200))
	f.Fuzz(func(t *testing.T, file []byte, piece uint8) {
		var whole, split Reader
		want, _, wantErr := readAll(&whole, file, len(file)+1)
		got, _, err := readAll(&split, file, int(piece)+1)
		if len(got) != len(want) || (err == nil) != (wantErr == nil) || err != nil && err.Error() != wantErr.Error() ||
			split.WrongBackPointers() != whole.WrongBackPointers() {
			t.Fatalf("%d tags, %v; in pieces %d tags, %v", len(want), wantErr, len(got), err)
		}
		again := AppendHeader(nil, true, true)
		for i := range got {
			if !sameTag(got[i], want[i]) {
				t.Fatalf("tag %d differs", i)
			}
			if again, err = AppendTag(again, got[i]); err != nil {
				t.Fatal(err)
			}
		}
		var r Reader
		if tags, _, err := readAll(&r, again, 100); err != nil || len(tags) != len(got) || r.WrongBackPointers() != 0 {
			t.Fatalf("written again: %d tags, %v", len(tags), err)
		}
	})
}
