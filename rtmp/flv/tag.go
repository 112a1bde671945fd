package flv

import (
	"errors"
	"fmt"
	"io"

	"oxrtmp/rtmp/internal/wire"
)

// Tag types, the same numbers as RTMP message types. FLV 10.1 §E.4.1; Enhanced RTMP v2 for 15.
const (
	TagAudio      = 8
	TagVideo      = 9
	TagScriptAMF3 = 15
	TagScript     = 18
)

// Sizes in bytes.
const (
	HeaderSize      = 9         // of a file header without additional bytes
	TagHeaderSize   = 11        // of what precedes a tag's data
	BackPointerSize = 4         // of what follows each tag, and the file header
	MaxTagSize      = 1<<24 - 1 // of a tag's data
)

// Tag is one tag of a file.
type Tag struct {
	// Type is the tag type, 0 to 31.
	Type uint8
	// Timestamp is in milliseconds, modulo 2^32.
	Timestamp uint32
	// Encrypted says that Data is encrypted; it then begins with the headers of FLV 10.1 Annex F.
	Encrypted bool
	// Data is the payload, at most [MaxTagSize] bytes.
	Data []byte
}

// Header is a file header.
type Header struct {
	// Audio and Video say what the file claims to have. Many files claim wrongly.
	Audio, Video bool
	// DataOffset is where the first back pointer stands, at least [HeaderSize].
	DataOffset uint32
}

// What is wrong with a file or a tag. Reader returns them in an [*Error].
var (
	// ErrHeader is a file that does not begin as an FLV file of version 1 does.
	ErrHeader = errors.New("not an FLV file of version 1")
	// ErrTagSize is a tag larger than the reader's limit, or than [MaxTagSize].
	ErrTagSize = errors.New("tag too large")
	// ErrTruncated is a file that ends in the middle of a tag or of its header. It is io.ErrUnexpectedEOF.
	ErrTruncated = fmt.Errorf("file is cut: %w", io.ErrUnexpectedEOF)
)

// Error says where in a file something is wrong.
type Error struct {
	// Offset is where the header or tag in question begins.
	Offset int64
	Err    error
}

// Error returns "flv: byte N: " and what is wrong.
func (e *Error) Error() string { return fmt.Sprintf("flv: byte %d: %v", e.Offset, e.Err) }

// Unwrap returns Err.
func (e *Error) Unwrap() error { return e.Err }

// AppendHeader appends a file header and the back pointer that follows it. FLV 10.1 §E.2, §E.3.
func AppendHeader(dst []byte, audio, video bool) []byte {
	return append(dst, 'F', 'L', 'V', 1, HeaderFlags(audio, video), 0, 0, 0, HeaderSize, 0, 0, 0, 0)
}

// HeaderFlags returns the byte at offset 4 of a file, which says what the file has.
func HeaderFlags(audio, video bool) byte {
	var flags byte
	if audio {
		flags |= headerAudio
	}
	if video {
		flags |= headerVideo
	}
	return flags
}

const (
	headerVideo = 1 << 0
	headerAudio = 1 << 2
)

// AppendTag appends t and its back pointer. It returns dst unchanged and an error for data of more than [MaxTagSize]
// bytes or a type above 31.
func AppendTag(dst []byte, t Tag) ([]byte, error) {
	if t.Type > tagTypeMask {
		return dst, fmt.Errorf("flv: tag type %d", t.Type)
	}
	if len(t.Data) > MaxTagSize {
		return dst, fmt.Errorf("flv: %w: %d bytes", ErrTagSize, len(t.Data))
	}
	dst = AppendTagHeader(dst, t.Type, t.Timestamp, len(t.Data))
	if t.Encrypted {
		dst[len(dst)-TagHeaderSize] |= EncryptedBit
	}
	dst = append(dst, t.Data...)
	return AppendBackPointer(dst, len(t.Data)), nil
}

// EncryptedBit is set in the first byte of an encrypted tag; the bits below it are the tag's type.
const EncryptedBit = 0x20

const tagTypeMask = EncryptedBit - 1

// AppendTagHeader appends the 11 bytes that precede size bytes of data, for writers that write the data themselves.
// typ is below 32, or has [EncryptedBit] besides; size is at most [MaxTagSize]. FLV 10.1 §E.4.1.
func AppendTagHeader(dst []byte, typ uint8, timestamp uint32, size int) []byte {
	dst = append(dst, typ)
	dst = wire.AppendUint24(dst, uint32(size))
	dst = wire.AppendUint24(dst, timestamp)
	return append(dst, byte(timestamp>>24), 0, 0, 0)
}

// AppendBackPointer appends the 4 bytes that follow size bytes of data.
func AppendBackPointer(dst []byte, size int) []byte {
	return wire.AppendUint32(dst, uint32(TagHeaderSize+size))
}
