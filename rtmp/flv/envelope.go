package flv

import (
	"bytes"
	"errors"

	"oxrtmp/rtmp/internal/wire"
	"oxrtmp/rtmp/media"
)

// Names of the filters that encrypt. FLV 10.1 §F.3.3.
const (
	FilterEncryption = "Encryption" // version 1: every body is encrypted
	FilterSelective  = "SE"         // version 2: some are
)

// Envelope is the data of an encrypted tag, taken apart. The library has no key: it reads and writes what is around the
// encrypted bytes. FLV 10.1 Annex F.
type Envelope struct {
	// Head is the audio or video header in front, which is not encrypted: up to five bytes.
	Head []byte
	// Filter is FilterEncryption, FilterSelective, or one that this package does not know.
	Filter string
	// Params are the filter's parameters, verbatim.
	Params []byte
	// Encrypted says that Body is encrypted, with IV, its 16 bytes of initialization vector. Selective encryption leaves
	// some bodies as they are. Of an unknown filter it is not known.
	Encrypted bool
	IV        []byte
	// Body is what follows: AES-128-CBC with its padding, or as it is.
	Body []byte
}

// ErrEnvelope is a tag that is marked as encrypted, but whose data does not begin as it should.
var ErrEnvelope = errors.New("flv: malformed envelope of an encrypted tag")

// IVSize is the size of an initialization vector, in bytes.
const IVSize = 16

// ParseEnvelope takes the data of a tag apart that has Encrypted set. Everything in the result aliases t.Data.
func ParseEnvelope(t Tag) (e Envelope, err error) {
	c := wire.NewCursor(t.Data)
	var ok bool
	if e.Head, ok = c.Bytes(headSize(t.Type, t.Data)); !ok || !t.Encrypted {
		return Envelope{}, ErrEnvelope
	}
	filters, _ := c.Uint8()
	name := bytes.IndexByte(c.Rest(), 0)
	if filters != 1 || name < 0 {
		return Envelope{}, ErrEnvelope
	}
	text, _ := c.Bytes(name + 1)
	e.Filter = string(text[:name])
	size, ok := c.Uint24()
	if ok {
		e.Params, ok = c.Bytes(int(size))
	}
	if !ok {
		return Envelope{}, ErrEnvelope
	}
	e.Body = c.Rest()
	switch e.Filter {
	case FilterEncryption:
		e.Encrypted, e.IV = true, e.Params
	case FilterSelective:
		if len(e.Params) == 0 {
			return Envelope{}, ErrEnvelope
		}
		if e.Encrypted = e.Params[0]&0x80 != 0; e.Encrypted {
			e.IV = e.Params[1:]
		}
	}
	if e.Encrypted {
		if len(e.IV) < IVSize {
			return Envelope{}, ErrEnvelope
		}
		e.IV = e.IV[:IVSize:IVSize]
	}
	return e, nil
}

// headSize returns the size of the header in front of a tag's body: one byte, two for AAC, five for codecs with AVC's
// header, none for script data.
func headSize(tagType uint8, data []byte) int {
	if len(data) == 0 {
		return 0
	}
	switch tagType {
	case media.TypeAudio:
		if data[0]>>4 == 10 {
			return 2
		}
		return 1
	case media.TypeVideo:
		if media.VideoCodec(uint32(data[0]&0x0F)) == media.AVC1 {
			return 5
		}
		return 1
	}
	return 0
}

// Append appends the data of an encrypted tag. Params counts if it is not nil, else the parameters of the known filters
// are made of Encrypted and IV. The error is ErrEnvelope for an initialization vector that is not 16 bytes, a name with a
// NUL byte, and parameters above 16 MiB.
func (e *Envelope) Append(dst []byte) ([]byte, error) {
	params := e.Params
	if params == nil {
		switch {
		case e.Encrypted && len(e.IV) != IVSize:
			return dst, ErrEnvelope
		case e.Filter == FilterEncryption && e.Encrypted:
			params = e.IV
		case e.Filter == FilterSelective && e.Encrypted:
			params = append([]byte{0x80}, e.IV...)
		case e.Filter == FilterSelective:
			params = []byte{0}
		default:
			return dst, ErrEnvelope
		}
	}
	if len(params) >= 1<<24 || bytes.IndexByte([]byte(e.Filter), 0) >= 0 {
		return dst, ErrEnvelope
	}
	dst = append(append(dst, e.Head...), 1)
	dst = append(append(dst, e.Filter...), 0)
	dst = append(wire.AppendUint24(dst, uint32(len(params))), params...)
	return append(dst, e.Body...), nil
}
