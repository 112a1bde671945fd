package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
)

// receiver is a session or client whose packets we take.
type receiver interface {
	NextPackets(dst []media.Packet, timeout time.Duration) (int, error)
	Close() error
}

// track is what was seen of one.
type track struct {
	id          trackID
	what        string // "h264 320x180"
	frames      int
	bytes       int64
	first, last int64 // decoding times of its frames, in ns
}

func (t *track) String() string {
	fps, kbits := 0.0, 0.0
	if span := float64(t.last-t.first) / 1e9; span > 0 { // from the first frame's beginning to the last one's
		fps = float64(t.frames-1) / span
		kbits = float64(t.bytes) * 8 / 1000 / span
	}
	return fmt.Sprintf("%v %s frames=%d bytes=%d fps=%.1f kbits=%.0f", t.id, t.what, t.frames, t.bytes, fps, kbits)
}

// selection writes the chosen tracks of a stream to a file.
type selection struct {
	recorder *rtmp.Recorder
	tracks   map[trackID]*track
	written  int
}

// take looks at a packet, and writes it if it is of a chosen track.
func (s *selection) take(p *media.Packet) error {
	id := trackID{p.Type, p.Track}
	t := s.tracks[id]
	if t == nil && introduces(p) {
		t = &track{id: id, what: describe(p), first: p.DTS}
		s.tracks[id] = t
		fmt.Printf("found %v %s\n", id, t.what)
	}
	if t == nil || p.Codec == 0 {
		return nil
	}
	if p.Kind == media.KindFrame {
		t.frames++
		t.bytes += int64(len(p.Data))
		t.last = p.DTS
	}
	if id != (trackID{media.TypeVideo, uint8(*video)}) && id != (trackID{media.TypeAudio, uint8(*audio)}) ||
		id.typ == media.TypeVideo && *video == none || id.typ == media.TypeAudio && *audio == none {
		return nil
	}
	single := p.Single()
	if single.Codec == media.AVC1 || single.Codec == media.MP4A { // as every player knows them
		if single.Kind == media.KindMetadata {
			return nil // layouts of channels and colours have no old form
		}
		single.Flags &^= media.FlagEnhanced
	}
	s.written++
	return s.recorder.WritePacket(&single)
}

// run takes packets until there are no more, io.EOF, or enough of them, nil.
func (s *selection) run(from receiver) error {
	packets := make([]media.Packet, 64)
	for enough := false; !enough; {
		n, err := from.NextPackets(packets, -1)
		for i := range packets[:n] {
			p := &packets[i]
			if err == nil && !enough {
				err = s.take(p)
				t := s.tracks[trackID{p.Type, p.Track}]
				enough = *seconds > 0 && t != nil && float64(t.last-t.first) >= *seconds*1e9
			}
			p.Release()
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// selectTracks writes what is wanted of a stream to a file, and lists its tracks.
func selectTracks(ctx context.Context, from receiver, name, path string) error {
	defer from.Close()
	recorder, err := rtmp.NewRecorder(&rtmp.RecorderOptions{Path: path}) // beside a file that exists, not over it
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { from.Close() })
	s := &selection{recorder: recorder, tracks: make(map[trackID]*track)}
	err = s.run(from)
	reason := "ended"
	switch {
	case ctx.Err() != nil:
		reason, err = "interrupted", nil
	case errors.Is(err, io.EOF):
		err = nil
	case err != nil:
		reason = err.Error()
	}
	err = errors.Join(err, recorder.Close())
	for _, typ := range []uint8{media.TypeVideo, media.TypeAudio} {
		for number := range 256 {
			if t := s.tracks[trackID{typ, uint8(number)}]; t != nil {
				fmt.Println("track", t)
			}
		}
	}
	fmt.Printf("end %s written=%d file=%s reason=%s\n", name, s.written, recorder.Path(), reason)
	if err == nil && s.written == 0 {
		err = errNoTrack
	}
	return err
}

// selectPlayed plays a stream.
func selectPlayed(ctx context.Context, url, path string) error {
	client, err := rtmp.Play(ctx, url, clientOptions())
	if err != nil {
		return err
	}
	return selectTracks(ctx, client, url, path)
}

// selectPublished takes the first publisher that comes.
func selectPublished(ctx context.Context, address, path string) error {
	server, err := rtmp.Bind(address, nil)
	if err != nil {
		return err
	}
	defer server.Close()
	fmt.Println("listening on", server.Addr())
	context.AfterFunc(ctx, func() { server.Close() })
	request, err := server.Accept(-1)
	if err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	session, err := request.Accept()
	if err != nil {
		return err
	}
	return selectTracks(ctx, session, session.App()+"/"+session.StreamName(), path)
}
