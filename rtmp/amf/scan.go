package amf

import (
	"errors"
	"io"
	"math"

	"oxrtmp/rtmp/internal/wire"
)

// TokenType says what a [Token] is. The numbers are AMF0's markers, §2.1, and part of the ABI.
type TokenType uint8

// Types of tokens. A long string is a TokenString, a typed object a TokenObject with a class.
const (
	TokenNumber      TokenType = amf0Number
	TokenBoolean     TokenType = amf0Boolean
	TokenString      TokenType = amf0String
	TokenObject      TokenType = amf0Object // properties follow, then a TokenObjectEnd
	TokenNull        TokenType = amf0Null
	TokenUndefined   TokenType = amf0Undefined
	TokenReference   TokenType = amf0Reference
	TokenECMAArray   TokenType = amf0ECMAArray // properties follow, then a TokenObjectEnd
	TokenObjectEnd   TokenType = amf0ObjectEnd
	TokenStrictArray TokenType = amf0StrictArray // Count values follow, and nothing ends them
	TokenDate        TokenType = amf0Date
	TokenUnsupported TokenType = amf0Unsupported
	TokenXMLDocument TokenType = amf0XMLDocument
	TokenAMF3        TokenType = amf0AMF3 // one value in AMF3: Text, as it stands there
)

// Token is one step through AMF0 data: a value without parts, or the beginning or the end of one with parts.
type Token struct {
	Type TokenType
	// Name is that of a property; nil outside of objects and ECMA arrays, and of TokenObjectEnd.
	Name []byte
	// Text is the bytes of TokenString, TokenXMLDocument and TokenAMF3, and the class of TokenObject, empty if it has
	// none.
	Text []byte
	// Number is the value of TokenNumber, 0 or 1 of TokenBoolean, the milliseconds of TokenDate.
	Number float64
	// Count is how many values follow TokenStrictArray, what TokenECMAArray says of itself, which means nothing, and
	// the index of TokenReference.
	Count uint32
	// Zone is that of TokenDate.
	Zone int16
	// Depth is how many containers are open around the token.
	Depth int
}

// ScanDepth is how many containers a [Scanner] follows into one another.
const ScanDepth = defaultDepth

// inObject marks a container that ends by TokenObjectEnd.
const inObject = math.MaxUint32

// Scanner reads AMF0 data token by token, where [DecodeAMF0] builds values of it. It allocates nothing but while it
// finds out how long a value in AMF3 is, and leaves references as they are. Set Input and begin; the other fields are its state, exported for those who keep it in
// memory of their own. It is for one goroutine at a time.
type Scanner struct {
	Input  []byte
	Offset int               // bytes of Input that were read
	Depth  int               // containers that are open
	Left   [ScanDepth]uint32 // of each of them: how many elements are to come
}

// Next returns the next token, whose Name and Text alias Input. At the end of Input, also inside an object that has no
// end, the error is io.EOF. Other errors are of type [*Error], and stay. If the state is one that no Scanner was ever
// in, the error is ErrSyntax.
func (s *Scanner) Next() (Token, error) {
	if s.Depth < 0 || s.Depth > ScanDepth || s.Offset < 0 || s.Offset > len(s.Input) {
		return Token{}, ErrSyntax
	}
	depth := s.open()
	cur := wire.NewCursor(s.Input[s.Offset:])
	if cur.Len() == 0 {
		return Token{}, io.EOF
	}
	t := Token{Depth: depth}
	var err error
	if depth > 0 && s.Left[depth-1] == inObject {
		err = t.readName(&cur)
	}
	switch {
	case err != nil:
	case t.Type == TokenObjectEnd:
		depth--
		t.Depth = depth
	default:
		err = t.read(&cur)
	}
	if err == nil && t.opens() && depth == ScanDepth {
		err = ErrDepth
	}
	if err != nil {
		return Token{}, &Error{Offset: s.Offset + cur.Offset(), Err: err}
	}
	if t.Type != TokenObjectEnd && depth > 0 && s.Left[depth-1] != inObject {
		s.Left[depth-1]--
	}
	switch {
	case t.Type == TokenStrictArray:
		s.Left[depth] = t.Count
		depth++
	case t.opens():
		s.Left[depth] = inObject
		depth++
	}
	s.Depth = depth
	s.Offset += cur.Offset()
	return t, nil
}

// Open reports whether something has begun that has not ended yet, so that the next token belongs to it.
func (s *Scanner) Open() bool { return s.open() > 0 }

// open returns how many containers are open but for strict arrays that are complete.
func (s *Scanner) open() int {
	depth := s.Depth
	for depth > 0 && s.Left[depth-1] == 0 {
		depth--
	}
	return depth
}

// opens reports whether other tokens are inside what t begins.
func (t *Token) opens() bool {
	return t.Type == TokenObject || t.Type == TokenECMAArray || t.Type == TokenStrictArray
}

// readName reads a property's name, or the end of the object.
func (t *Token) readName(c *wire.Cursor) error {
	name, err := scanText(c)
	if err != nil {
		return err
	}
	if marker, ok := c.Peek(); len(name) == 0 && ok && marker == amf0ObjectEnd {
		c.Uint8()
		t.Type = TokenObjectEnd
		return nil
	}
	t.Name = name
	return nil
}

// read reads a marker and what it stands for.
func (t *Token) read(c *wire.Cursor) (err error) {
	marker, ok := c.Uint8()
	t.Type = TokenType(marker)
	switch {
	case !ok:
	case marker == amf0Number:
		t.Number, ok = scanFloat(c)
	case marker == amf0Boolean:
		var b uint8
		if b, ok = c.Uint8(); b != 0 {
			t.Number = 1
		}
	case marker == amf0String:
		t.Text, err = scanText(c)
	case marker == amf0LongString, marker == amf0XMLDocument:
		if marker == amf0LongString {
			t.Type = TokenString
		}
		t.Text, err = scanLongText(c)
	case marker == amf0TypedObject:
		t.Type = TokenObject
		t.Text, err = scanText(c)
	case marker == amf0Reference:
		var index uint16
		index, ok = c.Uint16()
		t.Count = uint32(index)
	case marker == amf0ECMAArray:
		t.Count, ok = c.Uint32()
	case marker == amf0StrictArray:
		t.Count, ok = c.Uint32()
		ok = ok && uint64(t.Count) <= uint64(c.Len()) && t.Count < inObject // a value takes a byte at least
	case marker == amf0Date:
		if t.Number, ok = scanFloat(c); ok {
			var zone uint16
			zone, ok = c.Uint16()
			t.Zone = int16(zone)
		}
	case marker == amf0AMF3:
		var n int
		if _, n, err = DecodeValueAMF3(c.Rest(), Limits{}); err == nil {
			t.Text, _ = c.Bytes(n)
		} else {
			err = errors.Unwrap(err)
		}
	case marker == amf0Object, marker == amf0Null, marker == amf0Undefined, marker == amf0Unsupported:
	default:
		err = ErrMarker
	}
	if !ok {
		err = ErrTruncated
	}
	return err
}

func scanFloat(c *wire.Cursor) (float64, bool) {
	bits, ok := c.Uint64()
	return math.Float64frombits(bits), ok
}

func scanText(c *wire.Cursor) ([]byte, error) {
	n, ok := c.Uint16()
	if !ok {
		return nil, ErrTruncated
	}
	return scanBytes(c, uint32(n))
}

func scanLongText(c *wire.Cursor) ([]byte, error) {
	n, ok := c.Uint32()
	if !ok {
		return nil, ErrTruncated
	}
	return scanBytes(c, n)
}

func scanBytes(c *wire.Cursor, n uint32) ([]byte, error) {
	if uint64(n) > uint64(c.Len()) {
		return nil, ErrTruncated
	}
	p, _ := c.Bytes(int(n))
	return p, nil
}

// AppendToken appends t as it stands in AMF0: the name if it is not nil, then the value, the beginning or the end.
// Text above 65,535 bytes is written as a long string. That what begins is ended, that Count is the number of values
// that follow a TokenStrictArray, and that properties have names and other values none, is the caller's part.
//
// It returns dst unchanged and ErrBytes for a name or class above 65,535 bytes, or ErrMarker for an unknown type.
func AppendToken(dst []byte, t Token) ([]byte, error) {
	if len(t.Name) > math.MaxUint16 || t.Type == TokenObject && len(t.Text) > math.MaxUint16 {
		return dst, ErrBytes
	}
	out := dst
	if t.Name != nil {
		out = appendName(out, string(t.Name))
	}
	switch t.Type {
	case TokenNumber:
		out = appendFloat(append(out, amf0Number), t.Number)
	case TokenBoolean:
		out = appendAMF0(out, Boolean(t.Number != 0), 0)
	case TokenString:
		out = appendString(out, string(t.Text))
	case TokenXMLDocument:
		out = appendLong(append(out, amf0XMLDocument), string(t.Text))
	case TokenAMF3:
		out = append(append(out, amf0AMF3), t.Text...)
	case TokenObject:
		if len(t.Text) == 0 {
			return append(out, amf0Object), nil
		}
		out = appendName(append(out, amf0TypedObject), string(t.Text))
	case TokenNull, TokenUndefined, TokenUnsupported:
		out = append(out, byte(t.Type))
	case TokenReference:
		out = wire.AppendUint16(append(out, amf0Reference), uint16(t.Count))
	case TokenECMAArray, TokenStrictArray:
		out = wire.AppendUint32(append(out, byte(t.Type)), t.Count)
	case TokenDate:
		out = appendAMF0(out, Date{Milliseconds: t.Number, Zone: t.Zone}, 0)
	case TokenObjectEnd:
		out = append(out, 0, 0, amf0ObjectEnd)
	default:
		return dst, ErrMarker
	}
	return out, nil
}
