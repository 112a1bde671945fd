package rtmp

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"oxrtmp/rtmp/flv"
)

// recordFile is one file of a [Recorder].
type recordFile struct {
	f     *os.File
	w     *bufio.Writer
	index flv.Index
	size  int64 // including what is buffered
	tag   []byte

	later        bool  // the file is not the recorder's first, and its time is that of the stream since
	begun        int64 // this
	started      bool  // first and last are set
	first, last  int64 // time of the media in milliseconds, unwrapped, of the file
	audio, video bool
	flushed      int64 // time of the packet after which the buffer was empty
}

const (
	recordBuffer  = 64 << 10 // bytes
	flushInterval = 1000     // milliseconds of stream time
)

// newRecordFile begins f with a header and an index tag that has nothing in it yet.
func newRecordFile(f *os.File, indexBytes int) (*recordFile, error) {
	x := &recordFile{f: f, index: flv.Index{Room: indexBytes}}
	head := x.index.AppendTag(flv.AppendHeader(nil, true, true), 0, 0)
	if _, err := f.Write(head); err != nil {
		return nil, err
	}
	x.w = bufio.NewWriterSize(f, recordBuffer)
	x.size = int64(len(head))
	return x, nil
}

func (x *recordFile) writeTag(tagType uint8, timestamp uint32, payload []byte) error {
	x.audio = x.audio || tagType&^flv.EncryptedBit == flv.TagAudio
	x.video = x.video || tagType&^flv.EncryptedBit == flv.TagVideo
	x.tag = flv.AppendTagHeader(x.tag[:0], tagType, timestamp, len(payload))
	x.w.Write(x.tag) // errors stay until the last Write
	x.w.Write(payload)
	x.tag = flv.AppendBackPointer(x.tag[:0], len(payload))
	_, err := x.w.Write(x.tag)
	x.size += int64(flv.TagHeaderSize + len(payload) + flv.BackPointerSize)
	return err
}

// mostEarly is how much earlier than a file its packets may be, in milliseconds, as audio may come late: those that are
// earlier have another clock.
const mostEarly = 10_000

// reduce turns a time of the stream into one of the file. What is earlier than the file is at its beginning; a clock that
// was set back goes on from where the file is.
func (x *recordFile) reduce(ms int64) int64 {
	if !x.later {
		return ms
	}
	if x.begun-ms > mostEarly {
		x.begun = ms - x.last
	}
	return max(0, ms-x.begun)
}

// since is reduce for a timestamp that need not be near the media's.
func (x *recordFile) since(timestamp uint32) uint32 {
	if !x.later {
		return timestamp
	}
	return uint32(max(0, int32(timestamp-uint32(x.begun))))
}

// extend makes the file reach to a packet's time.
func (x *recordFile) extend(ms int64) {
	if !x.started {
		x.started, x.first, x.last, x.flushed = true, ms, ms, ms
	}
	x.first, x.last = min(x.first, ms), max(x.last, ms)
}

// flushIfDue empties the buffer after a keyframe, and when a second has passed since it was empty.
func (x *recordFile) flushIfDue(ms int64, key bool) error {
	if passed := ms - x.flushed; !key && passed < flushInterval && passed > -flushInterval {
		return nil
	}
	x.flushed = ms
	return x.w.Flush()
}

// finish fills in what is known now, and closes the file.
func (x *recordFile) finish() error {
	err := x.w.Flush()
	if err == nil {
		head := flv.AppendHeader(nil, x.audio, x.video)
		_, err = x.f.WriteAt(x.index.AppendTag(head, x.last-x.first, x.size), 0)
	}
	if err == nil {
		err = x.f.Sync()
	}
	return errors.Join(err, x.f.Close())
}

// fileNamer creates files that did not exist: base, base-2, base-3, ….
type fileNamer struct {
	base, extension string
	number          int // of the last file created
	clock           func() time.Time
}

const (
	maxFileNumber = 999
	maxFileName   = 128 // bytes of a safe name
)

func newFileNamer(o *RecorderOptions) (fileNamer, error) {
	n := fileNamer{extension: ".flv", clock: o.Clock}
	if o.Path != "" {
		n.extension = filepath.Ext(o.Path)
		n.base = strings.TrimSuffix(o.Path, n.extension)
		return n, nil
	}
	if o.Directory != "" {
		if err := os.MkdirAll(o.Directory, 0o777); err != nil {
			return n, err
		}
	}
	n.base = filepath.Join(o.Directory, safeFileName(o.Name))
	return n, nil
}

// create creates the next file whose name is free. It follows no links: a name that exists as one is not free.
func (n *fileNamer) create() (*os.File, error) {
	for n.number < maxFileNumber {
		n.number++
		name := n.base + n.extension
		if n.number > 1 {
			name = fmt.Sprintf("%s-%d%s", n.base, n.number, n.extension)
		}
		f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if !errors.Is(err, os.ErrExist) {
			return f, err
		}
	}
	name := fmt.Sprintf("%s-%d%s", n.base, n.clock().UnixNano(), n.extension)
	return os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
}

// safeFileName makes of any text a file name that stays in its directory on every system: letters, digits, '-', '_'
// and '.' are kept, all else becomes '_', the first character is no '.', and names that Windows reserves for devices
// get a '_' before them.
func safeFileName(name string) string {
	var b strings.Builder
	for i, c := range name {
		switch {
		case c == utf8.RuneError:
			c = '_'
		case c == '.' && i == 0, !unicode.In(c, unicode.Letter, unicode.Digit, unicode.Mark) && !strings.ContainsRune("-_.", c):
			c = '_'
		}
		if b.Len()+utf8.RuneLen(c) > maxFileName {
			break
		}
		b.WriteRune(c)
	}
	device, _, _ := strings.Cut(strings.ToUpper(b.String()), ".")
	switch {
	case b.Len() == 0:
		return "stream"
	case isDeviceName(device):
		return "_" + b.String()
	}
	return b.String()
}

// isDeviceName reports whether a name in upper case is one of Windows's devices.
func isDeviceName(name string) bool {
	switch name {
	case "CON", "PRN", "AUX", "NUL":
		return true
	}
	number, ok := strings.CutPrefix(name, "COM")
	if !ok {
		number, ok = strings.CutPrefix(name, "LPT")
	}
	return ok && len(number) == 1 && number[0] >= '0' && number[0] <= '9'
}
