package flv

import (
	"io"

	"oxrtmp/rtmp/internal/wire"
)

// Reader takes a file in pieces and gives its tags. However the file is split, the tags are the same.
//
// The header's flags, the back pointers, stream ids and reserved bits are not trusted, so that the dumps of live
// servers can be read as well. The zero value is ready. A Reader is for one goroutine at a time.
type Reader struct {
	// MaxTagSize is the largest data of a tag that is accepted; 0 stands for the format's own limit.
	// Memory is used for what has arrived, not for what a tag header promises.
	MaxTagSize int

	stage  stage
	err    error
	header Header

	fixed [TagHeaderSize]byte // what has arrived of a header or back pointer
	have  int                 // bytes in fixed
	skip  uint32              // bytes of the file header still to be skipped

	tag      Tag // the tag whose data is arriving
	size     int // of its data
	body     []byte
	position int64 // bytes consumed
	start    int64 // where the current stage's header or tag begins
	last     int64 // where the tag that Next returned last begins
	pointer  uint32
	wrong    int
}

// stage says what comes next.
type stage uint8

const (
	stageHeader stage = iota
	stageSkip
	stageBackPointer
	stageTagHeader
	stageData
)

// Next consumes n bytes of p. ok tells that they completed a tag; otherwise all of p was consumed. After a tag, call
// again with the rest of p.
//
// t.Data aliases p or the reader's memory: it is valid until the next call, and no longer than p is. After an error,
// an [*Error], every later call returns the same one.
func (r *Reader) Next(p []byte) (t Tag, n int, ok bool, err error) {
	if r.err != nil {
		return Tag{}, 0, false, r.err
	}
	for n < len(p) {
		used, ok := r.step(p[n:])
		n += used
		r.position += int64(used)
		if r.err != nil {
			return Tag{}, n, false, r.err
		}
		if ok {
			t, r.tag.Data = r.tag, nil
			r.last, r.start = r.start, r.position
			r.stage = stageBackPointer
			return t, n, true, nil
		}
	}
	return Tag{}, n, false, nil
}

// step consumes some of p, of at least one byte, for the current stage. ok reports a complete tag.
func (r *Reader) step(p []byte) (n int, ok bool) {
	switch r.stage {
	case stageHeader:
		if n, ok = r.fill(p, HeaderSize); ok {
			r.parseHeader()
		}
		return n, false
	case stageSkip:
		n = int(min(uint64(r.skip), uint64(len(p))))
		if r.skip -= uint32(n); r.skip == 0 {
			r.stage, r.start = stageBackPointer, r.position+int64(n)
		}
		return n, false
	case stageBackPointer:
		if n, ok = r.fill(p, BackPointerSize); ok {
			c := wire.NewCursor(r.fixed[:])
			if pointer, _ := c.Uint32(); pointer != r.pointer {
				r.wrong++
			}
			r.stage, r.start = stageTagHeader, r.position+int64(n)
		}
		return n, false
	case stageTagHeader:
		if n, ok = r.fill(p, TagHeaderSize); !ok {
			return n, false
		}
		r.parseTagHeader()
		return n, r.err == nil && r.size == 0
	default:
		return r.fillBody(p)
	}
}

// fill adds bytes of p to fixed until it has size of them.
func (r *Reader) fill(p []byte, size int) (n int, ok bool) {
	n = copy(r.fixed[r.have:size], p)
	r.have += n
	if r.have < size {
		return n, false
	}
	r.have = 0
	return n, true
}

func (r *Reader) parseHeader() {
	c := wire.NewCursor(r.fixed[:])
	signature, _ := c.Bytes(4)
	flags, _ := c.Uint8()
	offset, _ := c.Uint32()
	if string(signature) != "FLV\x01" || offset < HeaderSize {
		r.err = &Error{Offset: r.start, Err: ErrHeader}
		return
	}
	r.header = Header{Audio: flags&headerAudio != 0, Video: flags&headerVideo != 0, DataOffset: offset}
	r.stage, r.skip = stageSkip, offset-HeaderSize
	if r.skip == 0 {
		r.stage, r.start = stageBackPointer, HeaderSize
	}
}

func (r *Reader) parseTagHeader() {
	c := wire.NewCursor(r.fixed[:])
	first, _ := c.Uint8()
	size, _ := c.Uint24()
	low, _ := c.Uint24()
	high, _ := c.Uint8()
	limit := r.MaxTagSize
	if limit == 0 {
		limit = MaxTagSize
	}
	if int(size) > limit {
		r.err = &Error{Offset: r.start, Err: ErrTagSize}
		return
	}
	r.tag = Tag{Type: first & tagTypeMask, Timestamp: uint32(high)<<24 | low, Encrypted: first&EncryptedBit != 0, Data: r.fixed[:0:0]}
	r.size, r.pointer = int(size), TagHeaderSize+size
	r.stage = stageData
	if cap(r.body) > keepBody && r.size < cap(r.body)/4 {
		r.body = nil
	}
	r.body = r.body[:0]
}

const (
	keepBody  = 1 << 20  // memory for data above this is given back when smaller tags follow
	firstBody = 64 << 10 // memory for data that is taken before it has arrived
)

// fillBody takes data from p: all of it where it lies, if it is all there, else a copy of what there is.
func (r *Reader) fillBody(p []byte) (n int, ok bool) {
	if len(r.body) == 0 && len(p) >= r.size {
		r.tag.Data = p[:r.size:r.size]
		return r.size, true
	}
	if r.body == nil {
		r.body = make([]byte, 0, min(r.size, firstBody))
	}
	n = min(len(p), r.size-len(r.body))
	r.body = append(r.body, p[:n]...)
	r.tag.Data = r.body
	return n, len(r.body) == r.size
}

// End tells whether the file may end here: it returns nil after the file header and after each tag, with or without
// the back pointer. Else the error is [ErrTruncated] in an [*Error] with the place where the cut tag begins; all tags
// before it have been returned. After an error of Next, End returns that.
func (r *Reader) End() error {
	switch {
	case r.err != nil:
		return r.err
	case r.have == 0 && (r.stage == stageBackPointer || r.stage == stageTagHeader):
		return nil
	}
	return &Error{Offset: r.start, Err: ErrTruncated}
}

// Header returns the file header; ok is false until it has arrived.
func (r *Reader) Header() (h Header, ok bool) { return r.header, r.header.DataOffset != 0 }

// Offset returns where in the file the tag begins that Next returned last.
func (r *Reader) Offset() int64 { return r.last }

// WrongBackPointers returns how many back pointers did not hold the size of the tag before them.
func (r *Reader) WrongBackPointers() int { return r.wrong }

// TagReader reads the tags of a file from an [io.Reader]. It is for one goroutine at a time.
type TagReader struct {
	Reader // for its settings and observers; call ReadTag, not Next

	r       io.Reader
	buf     []byte
	pending []byte // what is read but not consumed
	err     error  // of r
}

// NewTagReader returns a TagReader that reads r in large pieces.
func NewTagReader(r io.Reader) *TagReader { return &TagReader{r: r} }

// ReadTag returns the next tag, whose Data is valid until the next call. The error is io.EOF after the last tag, an
// [*Error] for what is wrong with the file (where it is cut: [ErrTruncated]), and else that of the underlying reader.
func (t *TagReader) ReadTag() (Tag, error) {
	if t.buf == nil {
		t.buf = make([]byte, firstBody)
	}
	for {
		tag, n, ok, err := t.Next(t.pending)
		t.pending = t.pending[n:]
		if ok || err != nil {
			return tag, err
		}
		if t.err == io.EOF {
			if err := t.End(); err != nil {
				return Tag{}, err
			}
		}
		if t.err != nil {
			return Tag{}, t.err
		}
		n, t.err = t.r.Read(t.buf)
		t.pending = t.buf[:n]
	}
}
