package main

// #include "bridge.h"
import "C"

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
	"unsafe"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// errBuffer is the answer to a caller's buffer that is too small.
var errBuffer = errors.New("capi: the buffer is too small")

// goString copies a C string; NULL is "".
func goString(p *C.char) string { return C.GoString(p) }

// bytesAt is the caller's memory, valid for the call.
func bytesAt(p *C.uint8_t, n C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), int(n))
}

// putText writes s to the caller's buffer, with a NUL, and its length to *length if that is not nil. The C side has made
// the buffer empty. A NUL inside, which a peer may have put there, becomes '?': to C the text would end there.
func putText(s string, buf *C.char, capacity C.size_t, length *C.size_t) error {
	s = strings.ReplaceAll(s, "\x00", "?")
	if length != nil {
		*length = C.size_t(len(s))
	}
	if C.size_t(len(s)) >= capacity {
		return errBuffer
	}
	to := unsafe.Slice((*byte)(unsafe.Pointer(buf)), len(s)+1)
	to[copy(to, s)] = 0
	return nil
}

// putBytes is putText for bytes: no NUL is added.
func putBytes(p []byte, buf *C.uint8_t, capacity C.size_t, length *C.size_t) error {
	if length != nil {
		*length = C.size_t(len(p))
	}
	if C.size_t(len(p)) > capacity {
		return errBuffer
	}
	copy(bytesAt(buf, capacity), p)
	return nil
}

// scratches are where results are put together before it is known whether they fit.
var scratches = sync.Pool{New: func() any { return new([]byte) }}

// maxScratch is how much of such memory is kept.
const maxScratch = 256 << 10

// build writes what f appends to the caller's buffer.
func build(buf *C.uint8_t, capacity C.size_t, length *C.size_t, f func(dst []byte) ([]byte, error)) C.oxrtmp_status {
	scratch := scratches.Get().(*[]byte)
	defer keepScratch(scratch)
	p, err := f((*scratch)[:0])
	if err != nil {
		return fail(err)
	}
	*scratch = p
	return fail(putBytes(p, buf, capacity, length))
}

// keepScratch gives memory back, unless it has become large.
func keepScratch(scratch *[]byte) {
	if cap(*scratch) > maxScratch {
		*scratch = nil
	}
	scratches.Put(scratch)
}

// duration converts a timeout: negative waits for ever.
func duration(ms C.int32_t) time.Duration {
	if ms < 0 {
		return -1
	}
	return time.Duration(ms) * time.Millisecond
}

// span converts a length of time.
func span(ms C.uint32_t) time.Duration { return time.Duration(ms) * time.Millisecond }

// putArray writes s to an array inside a struct, cut to fit at a character's boundary, with a NUL.
func putArray(to []C.char, s string) {
	n := min(len(s), len(to)-1)
	for n < len(s) && n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	for i := range n {
		to[i] = C.char(s[i])
	}
	to[n] = 0
}

// getArray reads a string from an array inside a struct; it may fill the array without a NUL.
func getArray(from []C.char) string {
	s := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(from))), len(from))
	if n := bytes.IndexByte(s, 0); n >= 0 {
		s = s[:n]
	}
	return string(s)
}

func flag(b bool) C.uint32_t {
	if b {
		return 1
	}
	return 0
}

// putMetadata writes all fields.
func putMetadata(out *C.oxrtmp_metadata, m *message.Metadata) {
	out.width, out.height, out.frame_rate = C.double(m.Width), C.double(m.Height), C.double(m.FrameRate)
	out.video_data_rate, out.audio_data_rate = C.double(m.VideoDataRate), C.double(m.AudioDataRate)
	out.video_codec, out.audio_codec = codecSaid(m.VideoCodecID, media.VideoCodec), codecSaid(m.AudioCodecID, media.AudioCodec)
	out.audio_sample_rate, out.audio_sample_size = C.double(m.AudioSampleRate), C.double(m.AudioSampleSize)
	out.audio_channels, out.audio_delay = C.double(m.AudioChannels), C.double(m.AudioDelay)
	out.stereo, out.can_seek_to_end = flag(m.Stereo), flag(m.CanSeekToEnd)
	out.duration, out.file_size = C.double(m.Duration), C.double(m.FileSize)
	putArray(out.surround[:], m.Surround)
	putArray(out.creation_date[:], m.CreationDate)
	putArray(out.encoder[:], m.Encoder)
}

// getMetadata reads all fields. Codecs that have an official number in legacy headers are written as that.
func getMetadata(in *C.oxrtmp_metadata) *message.Metadata {
	m := &message.Metadata{
		Width: float64(in.width), Height: float64(in.height), FrameRate: float64(in.frame_rate),
		VideoDataRate: float64(in.video_data_rate), AudioDataRate: float64(in.audio_data_rate),
		VideoCodecID: uint32(in.video_codec), AudioCodecID: uint32(in.audio_codec),
		AudioSampleRate: float64(in.audio_sample_rate), AudioSampleSize: float64(in.audio_sample_size),
		AudioChannels: float64(in.audio_channels), AudioDelay: float64(in.audio_delay),
		Stereo: in.stereo != 0, CanSeekToEnd: in.can_seek_to_end != 0,
		Duration: float64(in.duration), FileSize: float64(in.file_size),
		Surround: getArray(in.surround[:]), CreationDate: getArray(in.creation_date[:]), Encoder: getArray(in.encoder[:]),
	}
	m.VideoCodecID, m.AudioCodecID = videoID(m.VideoCodecID), audioID(m.AudioCodecID)
	for _, t := range unsafe.Slice(in.tracks, int(in.track_count)) {
		info := message.TrackInfo{
			ID: uint8(t.track), DataRate: float64(t.data_rate), Width: float64(t.width), Height: float64(t.height),
			SampleRate: float64(t.sample_rate), Channels: float64(t.channels),
		}
		if t._type == message.TypeVideo {
			info.CodecID = videoID(uint32(t.codec))
			m.VideoTracks = append(m.VideoTracks, info)
		} else {
			info.CodecID = audioID(uint32(t.codec))
			m.AudioTracks = append(m.AudioTracks, info)
		}
	}
	return m
}

// videoID is what stands for a codec in metadata.
func videoID(codec uint32) uint32 {
	if id, ok := media.FourCC(codec).VideoID(); ok && id < 12 {
		return uint32(id)
	}
	return codec
}

func audioID(codec uint32) uint32 {
	if id, ok := media.FourCC(codec).SoundFormat(); ok {
		return uint32(id)
	}
	return codec
}

// codecSaid is the codec that metadata name by a number: 0 if they do not.
func codecSaid(id uint32, codec func(uint32) media.FourCC) C.uint32_t {
	if id == 0 {
		return 0
	}
	return C.uint32_t(codec(id))
}

// putTracks writes all tracks to out, which has room for them: video before audio.
func putTracks(out []C.oxrtmp_track_info, m *message.Metadata) {
	for i, t := range m.VideoTracks {
		out[i] = C.oxrtmp_track_info{_type: message.TypeVideo, codec: codecSaid(t.CodecID, media.VideoCodec), width: C.double(t.Width), height: C.double(t.Height)}
		out[i].track, out[i].data_rate = C.uint32_t(t.ID), C.double(t.DataRate)
	}
	out = out[len(m.VideoTracks):]
	for i, t := range m.AudioTracks {
		out[i] = C.oxrtmp_track_info{_type: message.TypeAudio, codec: codecSaid(t.CodecID, media.AudioCodec), sample_rate: C.double(t.SampleRate), channels: C.double(t.Channels)}
		out[i].track, out[i].data_rate = C.uint32_t(t.ID), C.double(t.DataRate)
	}
}

func putStatistics(out *C.oxrtmp_statistics, s rtmp.Statistics) {
	out.timestamp_ms = C.uint32_t(s.Timestamp)
	out.duration_ns, out.keyframe_interval_ns = C.int64_t(s.Duration), C.int64_t(s.KeyInterval)
	out.bytes, out.packets = C.uint64_t(s.Bytes), C.uint64_t(s.Packets)
	out.audio_packets, out.video_packets, out.data_packets = C.uint64_t(s.Audio), C.uint64_t(s.Video), C.uint64_t(s.Data)
	out.keyframes, out.malformed = C.uint64_t(s.Keyframes), C.uint64_t(s.Malformed)
	out.queued_bytes = C.uint64_t(s.Queued)
	out.audio_bytes, out.video_bytes, out.dropped = C.uint64_t(s.AudioBytes), C.uint64_t(s.VideoBytes), C.uint64_t(s.Dropped)
	out.audio_bitrate, out.video_bitrate = C.uint64_t(s.AudioBitrate), C.uint64_t(s.VideoBitrate)
	out.frame_rate = C.double(s.FrameRate)
}
