package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/codec"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// file is one that is published: its packets in turn.
type file struct {
	path    string
	closer  io.Closer
	reader  *flv.TagReader
	first   uint32                    // the timestamp that its time begins with, in ms
	headers map[trackID]*media.Packet // what introduced each of its tracks
	numbers map[trackID]uint8         // which track of the stream each is
	packets []media.Packet            // what is left of its current tag
}

// openFile looks through a file for its tracks, and goes back to its beginning.
func openFile(path string) (*file, error) {
	opened, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	f := &file{path: path, closer: opened, reader: flv.NewTagReader(opened), headers: make(map[trackID]*media.Packet)}
	for begun := false; err == nil; f.packets = f.packets[1:] {
		var p *media.Packet
		if p, err = f.peek(); err != nil {
			break
		}
		if !begun && p.Type != media.TypeData {
			begun, f.first = true, p.Timestamp
		}
		if id := (trackID{p.Type, p.Track}); introduces(p) && f.headers[id] == nil {
			header := *p
			header.Data = slices.Clone(p.Data)
			f.headers[id] = &header
		}
	}
	if err == io.EOF {
		_, err = opened.Seek(0, io.SeekStart)
	}
	if err != nil {
		opened.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f.reader, f.packets = flv.NewTagReader(opened), nil
	return f, nil
}

// peek returns the packet that is next; io.EOF at the end.
func (f *file) peek() (*media.Packet, error) {
	for len(f.packets) == 0 {
		tag, err := f.reader.ReadTag()
		if err != nil {
			return nil, err
		}
		if !tag.Encrypted { // RTMP has no word for it
			f.packets = media.AppendPackets(nil, tag.Type, tag.Timestamp, tag.Data)
		}
	}
	return &f.packets[0], nil
}

// due returns when a packet is to be sent, in ms since the stream's beginning.
func (f *file) due(p *media.Packet) uint32 {
	return uint32(max(0, int32(p.Timestamp-f.first)))
}

// stream is what is made of all files.
type stream struct {
	files    []*file
	metadata message.Metadata
	packets  int
	bytes    int64
}

// openStream numbers the tracks of all files in their order.
func openStream(paths []string) (*stream, error) {
	s := &stream{}
	next := map[uint8]int{}
	for _, path := range paths {
		f, err := openFile(path)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.files = append(s.files, f)
		f.numbers = make(map[trackID]uint8)
		ids := []trackID{}
		for id := range f.headers {
			ids = append(ids, id)
		}
		slices.SortFunc(ids, func(a, b trackID) int { return cmp.Compare(a.number, b.number) })
		for _, id := range ids {
			if next[id.typ] > 255 {
				continue // there are no numbers for more
			}
			f.numbers[id] = uint8(next[id.typ])
			next[id.typ]++
			s.announce(trackID{id.typ, f.numbers[id]}, f.headers[id])
		}
	}
	return s, nil
}

// announce has the stream's metadata tell of a track: of track 0 as ever, of the others in maps.
func (s *stream) announce(id trackID, header *media.Packet) {
	info, _ := codec.Describe(header)
	m := &s.metadata
	t := message.TrackInfo{ID: id.number, CodecID: uint32(header.Codec), Width: float64(info.Width), Height: float64(info.Height),
		SampleRate: float64(info.SampleRate), Channels: float64(info.Channels)}
	switch {
	case id.number > 0 && id.typ == media.TypeVideo:
		m.VideoTracks = append(m.VideoTracks, t)
	case id.number > 0:
		m.AudioTracks = append(m.AudioTracks, t)
	case id.typ == media.TypeVideo:
		m.Width, m.Height = t.Width, t.Height
	default:
		m.AudioSampleRate, m.AudioChannels = t.SampleRate, t.Channels
	}
}

func (s *stream) Close() error {
	var err error
	for _, f := range s.files {
		err = errors.Join(err, f.closer.Close())
	}
	return err
}

// next returns the packet that is due first, and its file; io.EOF when all files are at their end.
func (s *stream) next() (from *file, first *media.Packet, err error) {
	for _, f := range s.files {
		p, err := f.peek()
		if err == io.EOF {
			continue
		} else if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", f.path, err)
		}
		if first == nil || f.due(p) < from.due(first) {
			from, first = f, p
		}
	}
	if first == nil {
		return nil, nil, io.EOF
	}
	return from, first, nil
}

// send sends everything, each packet when it is due.
func (s *stream) send(ctx context.Context, client *rtmp.Client) error {
	if err := client.SendMetadata(&s.metadata); err != nil {
		return err
	}
	started := time.Now()
	for ctx.Err() == nil {
		f, p, err := s.next()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		number, known := f.numbers[trackID{p.Type, p.Track}]
		due := f.due(p)
		if known && belongs(p, number) {
			if !*fast {
				wait(ctx, started.Add(time.Duration(due)*time.Millisecond))
			}
			single := p.Single()
			single.Track, single.Timestamp = number, due
			if err := client.SendPacket(&single); err != nil {
				return err
			}
			s.packets++
			s.bytes += int64(len(p.Data))
		}
		f.packets = f.packets[1:]
	}
	return ctx.Err()
}

// belongs reports whether a packet is sent on a track: data, and what cannot be read, belong to none, and FFmpeg 8 takes the
// colours of a track other than 0 for a frame.
func belongs(p *media.Packet, number uint8) bool {
	return p.Codec != 0 && (p.Type != media.TypeVideo || p.Kind != media.KindMetadata || number == 0)
}

func wait(ctx context.Context, due time.Time) {
	select {
	case <-time.After(time.Until(due)):
	case <-ctx.Done():
	}
}

// publish publishes the files' tracks and prints what was sent. A signal ends it early, but in order.
func publish(ctx context.Context, paths []string, url string) error {
	s, err := openStream(paths)
	if err != nil {
		return err
	}
	defer s.Close()
	client, err := rtmp.Publish(ctx, url, clientOptions())
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { client.Close() }) // also ends a send that waits for a server that does not read
	for _, typ := range []uint8{media.TypeVideo, media.TypeAudio} {
		for _, f := range s.files {
			for number := range 256 {
				id := trackID{typ, uint8(number)}
				if as, ok := f.numbers[id]; ok {
					fmt.Printf("publishing %v %s from %s\n", trackID{typ, as}, describe(f.headers[id]), f.path)
				}
			}
		}
	}
	started := time.Now()
	err = s.send(ctx, client)
	if ctx.Err() != nil {
		err = nil // a signal, not a fault
	}
	closed := client.Close() // sends what is queued
	fmt.Printf("sent packets=%d bytes=%d seconds=%.1f\n", s.packets, s.bytes, time.Since(started).Seconds())
	return cmp.Or(err, closed)
}
