// Package replay sends FLV files to a server, each tag when it is due.
package replay

import (
	"context"
	"io"
	"time"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/media"
)

// Sender sends the tags of a file, once or several times in sequence.
type Sender struct {
	Client *rtmp.Client
	Fast   bool // as fast as the server takes it, instead of in real time

	Tags  int   // sent so far
	Bytes int64 // of their payload

	started     time.Time
	first, last uint32 // timestamps of the file's first and latest tag, in ms
	shift       uint32 // what is added to them in this pass through the file
	clock       media.Unwrapper
	packets     []media.Packet
}

// Seconds returns the time since the first tag.
func (s *Sender) Seconds() float64 { return time.Since(s.started).Seconds() }

// SendFile sends all tags of the file. A further file, or the same from its beginning, continues the stream: its first
// tag is due one frame after the last one so far.
func (s *Sender) SendFile(ctx context.Context, file io.Reader) error {
	reader := flv.NewTagReader(file)
	if s.Tags > 0 {
		s.shift += s.last - s.first + 40
	} else {
		s.started = time.Now()
	}
	for ctx.Err() == nil {
		tag, err := reader.ReadTag()
		if err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if tag.Encrypted {
			continue // RTMP has no word for it
		}
		if s.Tags == 0 {
			s.first = tag.Timestamp
		}
		s.last = tag.Timestamp
		if err := s.wait(ctx, tag.Timestamp-s.first+s.shift); err != nil {
			return err
		}
		s.packets = media.AppendPackets(s.packets[:0], tag.Type, tag.Timestamp+s.shift, tag.Data)
		if _, err := s.Client.SendPackets(s.packets); err != nil {
			return err
		}
		s.Tags++
		s.Bytes += int64(len(tag.Data))
	}
	return ctx.Err()
}

// wait waits until so many milliseconds, modulo 2^32, have passed since the start.
func (s *Sender) wait(ctx context.Context, ms uint32) error {
	if s.Fast {
		return nil
	}
	due := s.started.Add(time.Duration(s.clock.Unwrap(ms)) * time.Millisecond)
	select {
	case <-time.After(time.Until(due)):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
