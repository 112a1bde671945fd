package amf

import (
	"sync"

	"oxrtmp/rtmp/internal/wire"
)

// Markers of AMF 0, §2.1. MovieClip (0x04) and RecordSet (0x0E) are reserved.
const (
	amf0Number      = 0x00
	amf0Boolean     = 0x01
	amf0String      = 0x02
	amf0Object      = 0x03
	amf0Null        = 0x05
	amf0Undefined   = 0x06
	amf0Reference   = 0x07
	amf0ECMAArray   = 0x08
	amf0ObjectEnd   = 0x09
	amf0StrictArray = 0x0A
	amf0Date        = 0x0B
	amf0LongString  = 0x0C
	amf0Unsupported = 0x0D
	amf0XMLDocument = 0x0F
	amf0TypedObject = 0x10
	amf0AMF3        = 0x11 // one AMF3 value follows
)

// DecodeAMF0 decodes all values of a message body or script tag; references reach across them. A value may be AMF3,
// with reference tables of its own, behind the marker for it. Nothing in the result aliases p.
//
// It is lenient: objects and ECMA arrays may end where the input ends, between two properties, without their end
// marker; a property may have an empty name; counts of ECMA arrays are not believed. On error it returns the values
// before the faulty one too, and of that, if it is a container, as much as could be read. Errors are of type [*Error].
func DecodeAMF0(p []byte, l Limits) ([]Value, error) {
	d := newAMF0Decoder(p, l)
	defer d.free()
	return d.all()
}

// DecodeStrictAMF0 decodes as [DecodeAMF0] does, but takes only what the specification permits: every object and ECMA
// array has its end marker, and no property has an empty name.
func DecodeStrictAMF0(p []byte, l Limits) ([]Value, error) {
	d := newAMF0Decoder(p, l)
	defer d.free()
	d.strict = true
	return d.all()
}

// DecodeValueAMF0 decodes the value at the start of p, as leniently as [DecodeAMF0], and returns how many bytes it
// takes. References reach containers inside this value only. On error v is nil and n is 0.
func DecodeValueAMF0(p []byte, l Limits) (v Value, n int, err error) {
	d := newAMF0Decoder(p, l)
	defer d.free()
	d.input = nil // the strings of one value would keep all that follows it
	if v, err = d.value(); err != nil {
		return nil, 0, err
	}
	return v, d.cur.Offset(), nil
}

// amf0Decoder reads the values of one message body.
type amf0Decoder struct {
	reader
	strict bool
	table  []entry // containers by their reference index
	whole  string  // a copy of the input, once a string of it is wanted
}

// decoders keep the room that open containers need, for the next message.
var decoders = sync.Pool{New: func() any { return new(amf0Decoder) }}

func newAMF0Decoder(p []byte, l Limits) *amf0Decoder {
	d := decoders.Get().(*amf0Decoder)
	d.input, d.cur, d.limits = p, wire.NewCursor(p), l.withDefaults()
	return d
}

// maxRoom bounds the properties, elements and table entries that a decoder keeps room for.
const maxRoom = 256

// free gives a decoder back. Nothing it has decoded refers to it.
func (d *amf0Decoder) free() {
	if max(cap(d.properties), cap(d.items), cap(d.table)) > maxRoom {
		return
	}
	clear(d.properties) // what an error has left there
	clear(d.items)
	clear(d.table)
	*d = amf0Decoder{
		reader: reader{properties: d.properties[:0], items: d.items[:0]},
		table:  d.table[:0],
	}
	decoders.Put(d)
}

// maxWhole is the longest input whose strings share one copy of all of it. A longer one would be kept too long by a short
// string.
const maxWhole = 4 << 10

func (d *amf0Decoder) all() (values []Value, err error) {
	for d.cur.Len() > 0 {
		v, err := d.value()
		if v != nil {
			if values == nil {
				values = make([]Value, 0, 4) // as many as most commands have
			}
			values = append(values, v)
		}
		if err != nil {
			return values, err
		}
	}
	return values, nil
}

// text reads a string with a 16-bit length, without marker.
func (d *amf0Decoder) text() (string, error) {
	n, err := d.uint16()
	if err != nil {
		return "", err
	}
	return d.copied(int(n))
}

// longText reads a string with a 32-bit length, without marker.
func (d *amf0Decoder) longText() (string, error) {
	n, err := d.uint32()
	if err != nil {
		return "", err
	}
	return d.copied(int(n))
}

// copied reads a string of n bytes.
func (d *amf0Decoder) copied(n int) (string, error) {
	at := d.cur.Offset()
	p, err := d.take(n)
	switch {
	case err != nil || n == 0:
		return "", err
	case d.borrow || len(d.input) == 0 || len(d.input) > maxWhole:
		return d.string(p), nil
	case d.whole == "":
		d.whole = string(d.input)
	}
	return d.whole[at : at+n], nil
}

// value decodes one value. On error the value is nil, or a container that holds what could be read of it.
func (d *amf0Decoder) value() (Value, error) {
	if d.values >= d.limits.Values {
		return nil, d.fail(ErrValues)
	}
	d.values++
	p, err := d.take(1)
	if err != nil {
		return nil, err
	}
	switch marker := p[0]; marker {
	case amf0Null:
		return Null{}, nil
	case amf0Undefined:
		return Undefined{}, nil
	case amf0Unsupported:
		return Unsupported{}, nil
	case amf0Object, amf0TypedObject, amf0ECMAArray, amf0StrictArray:
		return d.container(marker)
	case amf0Reference:
		return d.reference()
	case amf0AMF3:
		return d.amf3()
	default:
		return d.scalar(marker)
	}
}

func (d *amf0Decoder) scalar(marker byte) (v Value, err error) {
	switch marker {
	case amf0Number:
		var n float64
		n, err = d.float64()
		v = Number(n)
	case amf0Boolean:
		var p []byte
		p, err = d.take(1)
		v = Boolean(err == nil && p[0] != 0)
	case amf0String:
		var s string
		s, err = d.text()
		v = String(s)
	case amf0LongString:
		var s string
		s, err = d.longText()
		v = String(s)
	case amf0XMLDocument:
		var s string
		s, err = d.longText()
		v = XMLDocument(s)
	case amf0Date:
		v, err = d.date()
	default:
		err = &Error{Offset: d.cur.Offset() - 1, Err: ErrMarker}
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

func (d *amf0Decoder) date() (Value, error) {
	ms, err := d.float64()
	if err != nil {
		return nil, err
	}
	zone, err := d.uint16()
	return Date{Milliseconds: ms, Zone: int16(zone)}, err
}

// reference puts the container that is meant in the place of the reference.
func (d *amf0Decoder) reference() (Value, error) {
	marker := d.cur.Offset() - 1
	index, err := d.uint16()
	if err != nil {
		return nil, err
	}
	return d.repeat(d.table, int(index), marker)
}

// amf3 decodes the AMF3 value after a marker that was counted for it.
func (d *amf0Decoder) amf3() (Value, error) {
	d.values--
	a := amf3Decoder{reader: &d.reader}
	return a.value()
}

// container decodes the rest of an object, ECMA array or strict array.
func (d *amf0Decoder) container(marker byte) (v Value, err error) {
	f, err := d.open(&d.table, d.cur.Offset()-1)
	if err != nil {
		return nil, err
	}
	switch marker {
	case amf0StrictArray:
		array := new(StrictArray)
		array.Values, err = d.elements()
		v = array
	case amf0ECMAArray:
		array := new(ECMAArray)
		if _, err = d.uint32(); err == nil {
			array.Properties, err = d.pairs()
		}
		v = array
	default:
		object := new(Object)
		if marker == amf0TypedObject {
			object.Class, err = d.text()
		}
		if err == nil {
			object.Properties, err = d.pairs()
		}
		v = object
	}

	d.shut(d.table, f, v)
	return v, err
}

// pairs decodes properties up to the end of the object. On error it returns those before it too.
func (d *amf0Decoder) pairs() ([]Property, error) {
	base := len(d.properties)
	var failure error
	for {
		name, end, err := d.name()
		if end || err != nil {
			failure = err
			break
		}
		v, err := d.value()
		if v != nil {
			d.properties = append(d.properties, Property{Name: name, Value: v})
		}
		if err != nil {
			failure = err
			break
		}
	}
	return cut(&d.properties, base), failure
}

// name reads the name of a property, or the end of the object: an empty name and the end marker, or, when lenient,
// the end of the input.
func (d *amf0Decoder) name() (name string, end bool, err error) {
	if d.cur.Len() == 0 && !d.strict {
		return "", true, nil
	}
	if name, err = d.text(); err != nil || name != "" {
		return name, false, err
	}
	switch marker, ok := d.cur.Peek(); {
	case !ok:
		return "", false, d.fail(ErrTruncated)
	case marker == amf0ObjectEnd:
		_, err = d.take(1)
		return "", err == nil, err
	case d.strict:
		return "", false, d.fail(ErrMarker)
	}
	return "", false, nil
}

// elements decodes a strict array. On error it returns the elements before it too.
func (d *amf0Decoder) elements() ([]Value, error) {
	n, err := d.uint32()
	if err != nil {
		return nil, err
	}
	if uint64(n) > uint64(d.cur.Len()) { // a value takes a byte at least
		return nil, d.fail(ErrTruncated)
	}
	if int64(n) > int64(d.limits.Values-d.values) {
		return nil, d.fail(ErrValues)
	}
	base := len(d.items)
	var failure error
	for range n {
		v, err := d.value()
		if v != nil {
			d.items = append(d.items, v)
		}
		if err != nil {
			failure = err
			break
		}
	}
	return cut(&d.items, base), failure
}
