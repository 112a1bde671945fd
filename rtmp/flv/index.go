package flv

import (
	"oxrtmp/rtmp/amf"
)

// Index collects where the keyframes of a file are, and builds the script tag by which players seek. The tag is as
// large at the end of a recording as at its beginning: it is written first, and again in the same place when all is
// known. When there are more keyframes than fit, every second one is given up, so that those kept stay evenly spread.
//
// The tag is an onMetaData with duration (seconds), filesize (bytes), metadatacreator, and keyframes: an object of two
// arrays, times (seconds) and filepositions (offsets of video tags). It is absent while there are fewer than two, as
// FFmpeg complains of it then. Room that is not used is taken by a further value, a string of spaces; readers of
// onMetaData stop before it.
//
// An Index takes 16 bytes of memory per keyframe kept. The zero value has the default room. It is for one goroutine at
// a time.
type Index struct {
	// Room is the size of the tag's data in bytes, at most [MaxTagSize]; it must not change between calls. 0 stands
	// for [DefaultIndexRoom]; less than what the tag needs without keyframes stands for that.
	Room int

	times     []float64
	positions []float64
	seen      int // keyframes added
	stride    int // every stride-th of them is kept
}

// DefaultIndexRoom has room for about 900 keyframes: half an hour of one each two seconds, then each second one, ….
const DefaultIndexRoom = 16 << 10

// Sizes in bytes of what appendMetadata appends.
const (
	emptySize     = 85    // without keyframes
	keyframesSize = 47    // of the keyframes object without its numbers
	keyframeSize  = 18    // of the two numbers of a keyframe
	paddingSize   = 1 + 4 // marker and length of the string that pads
)

// Add records a keyframe at a time in milliseconds, whose tag begins at position.
func (x *Index) Add(milliseconds, position int64) {
	if x.stride == 0 {
		x.stride = 1
	}
	if x.seen++; (x.seen-1)%x.stride != 0 || x.capacity() == 0 {
		return
	}
	x.times = append(x.times, float64(milliseconds)/1000)
	x.positions = append(x.positions, float64(position))
	if len(x.times) > x.capacity() {
		x.times, x.positions = everySecond(x.times), everySecond(x.positions)
		x.stride *= 2
	}
}

func everySecond(v []float64) []float64 {
	kept := v[:0]
	for i := 0; i < len(v); i += 2 {
		kept = append(kept, v[i])
	}
	return kept
}

// Keyframes returns how many keyframes the tag will hold: none, or at least two.
func (x *Index) Keyframes() int {
	if len(x.times) < 2 {
		return 0
	}
	return len(x.times)
}

// TagSize returns the size of what AppendTag appends, in bytes. It never changes.
func (x *Index) TagSize() int { return TagHeaderSize + x.room() + BackPointerSize }

// AppendTag appends the script tag, with timestamp 0, for a file of this duration and size.
func (x *Index) AppendTag(dst []byte, milliseconds, fileSize int64) []byte {
	room := x.room()
	start := len(dst) + TagHeaderSize
	dst = AppendTagHeader(dst, TagScript, 0, room)
	dst = x.appendMetadata(dst, float64(milliseconds)/1000, float64(fileSize))
	if free := room - (len(dst) - start); free >= paddingSize {
		free -= paddingSize
		dst = append(dst, amf0LongString, byte(free>>24), byte(free>>16), byte(free>>8), byte(free))
		for range free {
			dst = append(dst, ' ')
		}
	} else {
		for range free {
			dst = append(dst, amf0Null)
		}
	}
	return AppendBackPointer(dst, room)
}

// AMF0 markers of the padding.
const (
	amf0Null       = 0x05
	amf0LongString = 0x0C
)

func (x *Index) appendMetadata(dst []byte, duration, fileSize float64) []byte {
	array := &amf.ECMAArray{Properties: []amf.Property{
		{Name: "duration", Value: amf.Number(duration)},
		{Name: "filesize", Value: amf.Number(fileSize)},
		{Name: "metadatacreator", Value: amf.String("oxrtmp")},
	}}
	if x.Keyframes() > 0 {
		array.Properties = append(array.Properties, amf.Property{Name: "keyframes", Value: &amf.Object{Properties: []amf.Property{
			{Name: "times", Value: strictArray(x.times)},
			{Name: "filepositions", Value: strictArray(x.positions)},
		}}})
	}
	dst = amf.AppendAMF0(dst, amf.String("onMetaData"))
	return amf.AppendAMF0(dst, array)
}

func strictArray(numbers []float64) *amf.StrictArray {
	values := make([]amf.Value, len(numbers))
	for i, n := range numbers {
		values[i] = amf.Number(n)
	}
	return &amf.StrictArray{Values: values}
}

// room returns the size of the tag's data.
func (x *Index) room() int {
	room := x.Room
	if room == 0 {
		room = DefaultIndexRoom
	}
	return min(max(room, emptySize), MaxTagSize)
}

// capacity returns how many keyframes fit, at least 0.
func (x *Index) capacity() int {
	return max(0, x.room()-emptySize-keyframesSize) / keyframeSize
}
