package rtmp

import (
	"cmp"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/flv"
	"oxrtmp/rtmp/media"
)

// RecorderOptions says where a [Recorder] writes and when it begins another file. The zero value records into
// stream.flv in the working directory.
type RecorderOptions struct {
	// Directory is where the files are; it is created if missing. "" is the working directory.
	Directory string
	// Name is what the files are called, normally the stream's name: whatever it is, the file stays in Directory.
	// Path separators, control characters and all but letters, digits, '-', '_' and '.' become '_'; it is cut at
	// 128 bytes; .flv is added. "" is "stream".
	Name string
	// Path names the file, in place of Directory and Name, and is taken as it is.
	Path string

	// RotateBytes begins another file at the first keyframe after the current one has this many bytes; 0 never does.
	RotateBytes int64
	// RotateDuration begins another file at the first keyframe after the current one spans this much stream time;
	// 0 never does.
	RotateDuration time.Duration

	// IndexBytes is the room for the keyframe index at the beginning of each file; 0 is [flv.DefaultIndexRoom].
	IndexBytes int
	// Clock gives the time for file names where the first thousand of a name exist; nil is [time.Now].
	Clock func() time.Time
}

// Recorder writes the packets of one stream into FLV files: every message payload as it came, and in the first file every
// timestamp. Later files count their time from their first keyframe, so that each of them is a recording of its own: its
// duration and its keyframe index are that of its own tags. If the publisher sets its clock back to before that, by more than
// ten seconds, the file's time goes on from where it is.
//
// The first tag of a file is an onMetaData of the recorder's own with duration, file size and keyframe index
// ([flv.Index]); the publisher's follows as it was sent. Until Close, or the next file, that first tag says that the
// duration is 0. The file can be played at any moment, and after a crash: what was buffered then is lost, which is
// what came after the last keyframe and within the last second of stream time, and a tag may be cut.
//
// A new file never replaces an old one: "name.flv" is followed by "name-2.flv", "name-3.flv", … With rotation, a file
// begins with the last onMetaData, without what it said of another file (duration, size, keyframes), and the last headers
// of each track, then a keyframe; in a stream without video, or whose video has ended or has not come for ten seconds, any audio
// frame will do. A video stream that has no recognizable keyframes is not rotated.
//
// Data messages lose the @setDataFrame that publishers wrap them in, as readers of files do not know it.
//
// WritePacket, Close and Path may be called from several goroutines; the packets must come in order.
type Recorder struct {
	options RecorderOptions

	mu      sync.Mutex
	namer   fileNamer
	file    *recordFile
	path    string
	err     error // of the disk, or errRecorderClosed; nothing is done after it
	unwrap  media.Unwrapper
	video   bool  // there is video
	main    uint8 // the video track whose keyframes count
	shown   int64 // when that came last, and
	at      int64 // when audio or video did, in milliseconds
	headers []trackHeader
	scratch []byte
}

// noTrack is no track of the video, or the last one, whose keyframes count for as long as there is no other.
const noTrack = 255

// videoPatience is for how long the video may not come, in milliseconds of stream time, before a file may begin without.
const videoPatience = 10_000

var errRecorderClosed = fmt.Errorf("rtmp: recorder: %w", os.ErrClosed)

// trackHeader is what a new file begins with: the latest payload of its kind.
type trackHeader struct {
	class   uint8 // message type, with one number for both forms of data
	track   uint8
	kind    media.Kind
	flags   media.Flags // those that tell headers of one track apart
	typeID  uint8
	payload []byte
}

// maxHeaderBytes bounds what is kept for later files. Headers that do not fit are recorded, but not repeated.
const maxHeaderBytes = 4 << 20

// NewRecorder creates the first file. o may be nil. The error is that of the file system.
func NewRecorder(o *RecorderOptions) (*Recorder, error) {
	r := &Recorder{main: noTrack}
	if o != nil {
		r.options = *o
	}
	if r.options.Clock == nil {
		r.options.Clock = time.Now
	}
	var err error
	if r.namer, err = newFileNamer(&r.options); err != nil {
		return nil, fmt.Errorf("rtmp: recorder: %w", err)
	}
	if err := r.open(); err != nil {
		return nil, fmt.Errorf("rtmp: recorder: %w", err)
	}
	return r, nil
}

// Path returns the path of the file that is being written, or was written last.
func (r *Recorder) Path() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.path
}

// WritePacket records the message that p came in: Raw, or what [media.AppendPayload] makes of p if it has none. Of a
// multitrack message, the first packet stands for all; packets with [media.FlagContinued] write nothing, but must be
// passed too. p is not kept.
//
// When the file system fails, that error is returned by this and every later call; the file is closed. After Close
// the error is os.ErrClosed. An error from a packet that cannot be recorded concerns that packet only.
func (r *Recorder) WritePacket(p *media.Packet) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	payload, err := flv.Payload(p, &r.scratch)
	if err != nil {
		return fmt.Errorf("rtmp: recorder: %w", err)
	}
	seen := understood(p)
	r.remember(seen, payload)
	if p.Flags&media.FlagContinued != 0 {
		return nil
	}
	if err := r.write(seen, payload); err != nil {
		return r.fail(err)
	}
	return nil
}

// Close completes the file: buffered packets are written, duration, size and keyframe index are filled in, and all is
// brought to the disk. It waits for a running WritePacket. The error is that of the file system, also if WritePacket
// has returned it before; a second call does nothing and returns nil.
func (r *Recorder) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.err == errRecorderClosed:
		return nil
	case r.err != nil:
		err := r.err
		r.err = errRecorderClosed
		return err
	}
	r.err = errRecorderClosed
	if err := r.file.finish(); err != nil {
		return fmt.Errorf("rtmp: recorder: %w", err)
	}
	return nil
}

// fail makes err the recorder's last.
func (r *Recorder) fail(err error) error {
	r.err = fmt.Errorf("rtmp: recorder: %w", err)
	if r.file != nil {
		r.file.f.Close()
		r.file = nil
	}
	return r.err
}

// write writes a tag, into the next file if it is time for that. The clock is that of audio and video: many publishers
// send data messages with timestamp 0 at any time.
func (r *Recorder) write(p *media.Packet, payload []byte) error {
	if p.Type != media.TypeAudio && p.Type != media.TypeVideo {
		err := r.file.writeTag(flv.TagType(p), r.file.since(p.Timestamp), payload)
		if err == nil && !r.file.started { // no clock yet to tell when a second has passed
			err = r.file.w.Flush()
		}
		return err
	}
	ms := r.unwrap.Unwrap(p.Timestamp)
	entry := r.isEntry(p, ms)
	if entry && r.isDue(ms) {
		if err := r.rotate(ms); err != nil {
			return err
		}
	}
	ms = r.file.reduce(ms)
	if entry && p.Type == media.TypeVideo {
		r.file.index.Add(ms, r.file.size)
	}
	if err := r.file.writeTag(flv.TagType(p), uint32(ms), payload); err != nil {
		return err
	}
	r.file.extend(ms)
	return r.file.flushIfDue(ms, p.Keyframe())
}

// isEntry reports whether a file may begin with p: a keyframe of the first video track, or, while there is no video,
// any audio frame.
func (r *Recorder) isEntry(p *media.Packet, ms int64) bool {
	if step := ms - r.at; step > videoPatience || step < -videoPatience { // another clock
		r.shown = ms
	}
	r.at = ms
	if ms-r.shown > videoPatience {
		r.video, r.main = false, noTrack
	}
	if p.Type == media.TypeAudio {
		return !r.video && p.Kind == media.KindFrame
	}
	if p.Kind == media.KindSequenceEnd {
		if p.Track == r.main {
			r.video, r.main = false, noTrack
		}
		return false
	}
	r.video = true
	if p.Kind == media.KindFrame && !p.Malformed() {
		r.main = min(r.main, p.Track)
	}
	if p.Track <= r.main {
		r.shown = ms
	}
	return p.Keyframe() && p.Track == r.main
}

// isDue reports whether the file is as large or as long as it may become.
func (r *Recorder) isDue(ms int64) bool {
	o := &r.options
	return o.RotateBytes > 0 && r.file.size >= o.RotateBytes ||
		o.RotateDuration > 0 && r.file.started && time.Duration(r.file.reduce(ms)-r.file.first)*time.Millisecond >= o.RotateDuration
}

// rotate completes the file and begins the next one, whose time begins at ms, with what is known of the stream.
func (r *Recorder) rotate(ms int64) error {
	err := r.file.finish()
	r.file = nil
	if err != nil {
		return err
	}
	if err := r.open(); err != nil {
		return err
	}
	r.file.later, r.file.begun = true, ms
	for _, h := range r.headers {
		payload := h.payload
		if h.kind == media.KindMetadata && h.class == media.TypeData {
			payload = withoutExtent(payload)
		}
		if err := r.file.writeTag(h.typeID, 0, payload); err != nil {
			return err
		}
	}
	return nil
}

// withoutExtent returns an onMetaData without what it says of the extent of a file, or as it is if it says nothing, or
// cannot be read.
func withoutExtent(payload []byte) []byte {
	form := 0
	if len(payload) > 0 && payload[0] == 0 { // a data message of type 15
		form = 1
	}
	values, err := amf.DecodeAMF0(payload[form:], amf.Limits{})
	if err != nil || len(values) != 2 {
		return payload
	}
	ofFile := func(p amf.Property) bool {
		switch p.Name {
		case "duration", "filesize", "fileSize", "keyframes", "lasttimestamp", "lastkeyframetimestamp", "lastkeyframelocation", "datasize":
			return true
		}
		return false
	}
	switch v := values[1].(type) {
	case *amf.ECMAArray:
		v.Properties = slices.DeleteFunc(v.Properties, ofFile)
	case *amf.Object:
		v.Properties = slices.DeleteFunc(v.Properties, ofFile)
	default:
		return payload
	}
	return amf.AppendValuesAMF0(slices.Clone(payload[:form]), values...)
}

func (r *Recorder) open() error {
	f, err := r.namer.create()
	if err != nil {
		return err
	}
	file, err := newRecordFile(f, r.options.IndexBytes)
	if err != nil {
		f.Close()
		os.Remove(f.Name())
		return err
	}
	r.file, r.path = file, f.Name()
	return nil
}

// remember keeps the payload if a later file is to begin with it. A track of a multitrack message is kept as a message
// of its own.
func (r *Recorder) remember(p *media.Packet, payload []byte) {
	if r.options.RotateBytes <= 0 && r.options.RotateDuration <= 0 {
		return
	}
	if p.Kind == media.KindSequenceEnd {
		r.headers = slices.DeleteFunc(r.headers, func(h trackHeader) bool { return h.class == p.Type && h.track == p.Track })
	}
	if p.Kind != media.KindSequenceHeader && p.Kind != media.KindMetadata || p.Malformed() {
		return
	}
	if p.Flags&media.FlagMultitrack != 0 {
		var err error
		if payload, err = media.AppendPayload(nil, p); err != nil {
			return
		}
	}
	h := trackHeader{class: p.Type, track: p.Track, kind: p.Kind, flags: p.Flags & media.FlagMPEG2TS, typeID: p.Type}
	if p.Type == media.TypeDataAMF3 {
		h.class = media.TypeData
	}
	total := len(payload)
	for i := range r.headers {
		total += len(r.headers[i].payload)
	}
	i, found := slices.BinarySearchFunc(r.headers, h, compareHeaders)
	if found {
		total -= len(r.headers[i].payload)
	}
	if total > maxHeaderBytes {
		return
	}
	h.payload = slices.Clone(payload)
	if found {
		r.headers[i] = h
	} else {
		r.headers = slices.Insert(r.headers, i, h)
	}
}

// compareHeaders orders headers as a file begins with them: data, video, audio, each by track; sequence headers before
// what describes the track further.
func compareHeaders(a, b trackHeader) int {
	return cmp.Or(cmp.Compare(b.class, a.class), cmp.Compare(a.track, b.track), cmp.Compare(a.kind, b.kind), cmp.Compare(a.flags, b.flags))
}
