package main

import (
	"os"
	"sync"
	"time"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/media"
)

// flvReader gives the packets of an FLV file, or of FLV bytes that are fed to it.
type flvReader struct {
	mu      sync.Mutex
	file    *os.File
	tags    *flv.TagReader // over file
	fed     flv.Reader     // without a file
	waiting []media.Packet
	bytes   int   // of the packets that wait
	err     error // after which nothing more comes
	unwrap  media.Unwrapper
}

// maxFed bounds the bytes that wait in a fed reader.
const maxFed = 16 << 20

func openFLV(path string) (*flvReader, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	return &flvReader{file: f, tags: flv.NewTagReader(f)}, nil
}

// feed parses p and keeps its packets.
func (r *flvReader) feed(p []byte) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.tags != nil:
		return errState
	case r.err != nil:
		return r.err
	case r.bytes > maxFed:
		return rtmp.ErrAgain
	}
	for len(p) > 0 {
		tag, n, ok, err := r.fed.Next(p)
		p = p[n:]
		if err == nil && ok {
			err = r.add(&tag)
		}
		if err != nil {
			r.err = err
			return err
		}
	}
	return nil
}

// next returns the next packet.
func (r *flvReader) next() (media.Packet, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.waiting) == 0 {
		switch {
		case r.err != nil:
			return media.Packet{}, r.err
		case r.tags == nil:
			return media.Packet{}, errNothing
		}
		tag, err := r.tags.ReadTag()
		if err == nil {
			err = r.add(&tag)
		}
		if err != nil {
			r.err = err
		}
	}
	p := r.waiting[0]
	r.waiting[0] = media.Packet{}
	r.waiting = r.waiting[1:]
	r.bytes -= len(p.Raw)
	return p, nil
}

// add appends the packets of a tag, whose data it copies.
func (r *flvReader) add(tag *flv.Tag) error {
	b := blocks.Allocate(len(tag.Data))
	if b == nil {
		return errMemory
	}
	copy(b.Bytes(), tag.Data)
	first := len(r.waiting)
	r.waiting = flv.AppendPackets(r.waiting, flv.Tag{Type: tag.Type, Timestamp: tag.Timestamp, Encrypted: tag.Encrypted, Data: b.Bytes()})
	dts := r.unwrap.Unwrap(tag.Timestamp) * int64(time.Millisecond)
	for i := range r.waiting[first:] {
		p := &r.waiting[first+i]
		p.DTS, p.PTS = dts, dts+int64(p.Composition)*int64(time.Millisecond)+int64(p.NanoOffset)
		p.Buffer = b.Retain()
		r.bytes += len(p.Raw)
	}
	b.Release()
	return nil
}

// close makes every later call fail. What it holds is given back by free, when no call is inside any more.
func (r *flvReader) close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.err = rtmp.ErrClosed
	return nil
}

// free gives back what the reader holds.
func (r *flvReader) free() {
	for i := range r.waiting {
		r.waiting[i].Release()
	}
	r.waiting = nil
	if r.file != nil {
		r.file.Close()
	}
}
