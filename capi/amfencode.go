package main

// #include "bridge.h"
import "C"

import (
	"fmt"
	"math"
	"unsafe"

	"oxrtmp/rtmp/amf"
)

//export oxgo_amf_encode
func oxgo_amf_encode(in *C.oxrtmp_amf_value, n C.size_t, flags C.uint32_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	r := amfReader{in: unsafe.Slice(in, int(n))}
	var values []amf.Value
	for r.at < len(r.in) {
		v, err := r.next()
		if err != nil {
			return fail(err)
		}
		if flags&C.OXRTMP_AMF_TO_AMF0 != 0 {
			v = amf.ToAMF0(v)
		}
		values = append(values, v)
	}
	write := amf.AppendValuesAMF0
	if flags&C.OXRTMP_AMF_3 != 0 {
		write = amf.AppendValuesAMF3
	}
	return fail(putBytes(write(nil, values...), buf, capacity, length))
}

// amfReader makes values of steps.
type amfReader struct {
	in        []C.oxrtmp_amf_value
	at, depth int
}

// amfDepth bounds the recursion, as the encoders do.
const amfDepth = 1024

// next makes the value that begins with the next step.
func (r *amfReader) next() (amf.Value, error) {
	if r.at == len(r.in) {
		return nil, fmt.Errorf("%w: the values end inside of one", errArgument)
	}
	s := &r.in[r.at]
	r.at++
	if s.name_size > math.MaxUint16 {
		return nil, amf.ErrBytes
	}
	if err := checkZone(s); err != nil {
		return nil, err
	}
	text := charsAt(s.text, s.text_size)
	switch s._type {
	case C.OXRTMP_AMF_NUMBER:
		return amf.Number(s.number), nil
	case C.OXRTMP_AMF_INTEGER:
		if n, ok := whole[int32](s.number); ok {
			return amf.Integer(n), nil
		}
		return amf.Number(s.number), nil
	case C.OXRTMP_AMF_BOOLEAN:
		return amf.Boolean(s.number != 0), nil
	case C.OXRTMP_AMF_STRING:
		return amf.String(text), nil
	case C.OXRTMP_AMF_NULL:
		return amf.Null{}, nil
	case C.OXRTMP_AMF_UNDEFINED:
		return amf.Undefined{}, nil
	case C.OXRTMP_AMF_UNSUPPORTED:
		return amf.Unsupported{}, nil
	case C.OXRTMP_AMF_REFERENCE:
		return amf.Reference(s.count), nil
	case C.OXRTMP_AMF_DATE:
		return amf.Date{Milliseconds: float64(s.number), Zone: int16(s.zone)}, nil
	case C.OXRTMP_AMF_XML:
		return amf.XMLDocument(text), nil
	case C.OXRTMP_AMF_E4X:
		return amf.XML(text), nil
	case C.OXRTMP_AMF_BYTES:
		return append(amf.ByteArray{}, text...), nil
	}
	if r.depth == amfDepth {
		return nil, amf.ErrDepth
	}
	r.depth++
	defer func() { r.depth-- }()
	return r.container(s, string(text))
}

func (r *amfReader) container(s *C.oxrtmp_amf_value, class string) (amf.Value, error) {
	if len(class) > math.MaxUint16 {
		return nil, amf.ErrBytes
	}
	has := func(flag C.uint32_t) bool { return s.flags&flag != 0 }
	switch s._type {
	case C.OXRTMP_AMF_OBJECT:
		properties, rest, err := r.members()
		if len(rest) > 0 {
			err = fmt.Errorf("%w: a value in an object has no name", errArgument)
		}
		sealed := min(int(min(s.count, math.MaxInt32)), len(properties))
		return &amf.Object{Class: class, Properties: properties, Sealed: sealed, Static: has(C.OXRTMP_AMF_STATIC)}, err
	case C.OXRTMP_AMF_ECMA_ARRAY:
		properties, dense, err := r.members()
		return &amf.ECMAArray{Properties: properties, Dense: dense}, err
	case C.OXRTMP_AMF_STRICT_ARRAY:
		list, err := r.list(s.count)
		return &amf.StrictArray{Values: list}, err
	case C.OXRTMP_AMF_VECTOR_OBJECT:
		list, err := r.list(s.count)
		return &amf.VectorObject{Fixed: has(C.OXRTMP_AMF_FIXED), Class: class, Values: list}, err
	case C.OXRTMP_AMF_VECTOR_INT:
		list, err := numbers[int32](r, s.count)
		return &amf.VectorInt{Fixed: has(C.OXRTMP_AMF_FIXED), Values: list}, err
	case C.OXRTMP_AMF_VECTOR_UINT:
		list, err := numbers[uint32](r, s.count)
		return &amf.VectorUint{Fixed: has(C.OXRTMP_AMF_FIXED), Values: list}, err
	case C.OXRTMP_AMF_VECTOR_DOUBLE:
		list, err := numbers[float64](r, s.count)
		return &amf.VectorDouble{Fixed: has(C.OXRTMP_AMF_FIXED), Values: list}, err
	case C.OXRTMP_AMF_DICTIONARY:
		return r.dictionary(s)
	case C.OXRTMP_AMF_EXTERNAL:
		content, err := r.next()
		if !has(C.OXRTMP_AMF_VERBATIM) || err != nil {
			return &amf.External{Class: class, Value: content}, err
		}
		data, ok := content.(amf.ByteArray)
		if !ok {
			return nil, fmt.Errorf("%w: what an external class wrote is no BYTES", errArgument)
		}
		return &amf.External{Class: class, Data: data}, nil
	}
	return nil, fmt.Errorf("%w: type %d", amf.ErrMarker, s._type)
}

// members makes values up to the end of the object: those with a name, and those without.
func (r *amfReader) members() (properties []amf.Property, dense []amf.Value, err error) {
	for r.at < len(r.in) && r.in[r.at]._type != C.OXRTMP_AMF_OBJECT_END {
		s := &r.in[r.at]
		v, err := r.next()
		if err != nil {
			return nil, nil, err
		}
		if s.name == nil {
			dense = append(dense, v)
		} else {
			properties = append(properties, amf.Property{Name: string(charsAt(s.name, s.name_size)), Value: v})
		}
	}
	if r.at == len(r.in) {
		return nil, nil, fmt.Errorf("%w: an object has no end", errArgument)
	}
	r.at++
	return properties, dense, nil
}

func (r *amfReader) list(n C.uint32_t) (list []amf.Value, err error) {
	for range n {
		v, err := r.next()
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (r *amfReader) dictionary(s *C.oxrtmp_amf_value) (amf.Value, error) {
	d := &amf.Dictionary{Weak: s.flags&C.OXRTMP_AMF_WEAK != 0}
	for range s.count {
		pair, err := r.list(2)
		if err != nil {
			return nil, err
		}
		d.Entries = append(d.Entries, amf.Entry{Key: pair[0], Value: pair[1]})
	}
	return d, nil
}

// numbers makes the elements of a vector.
func numbers[T int32 | uint32 | float64](r *amfReader, n C.uint32_t) (list []T, err error) {
	for range n {
		v, err := r.next()
		if err != nil {
			return nil, err
		}
		f, ok := amf.AsNumber(v)
		number, fits := whole[T](C.double(f))
		if !ok || !fits {
			return nil, fmt.Errorf("%w: an element of a vector does not fit", errArgument)
		}
		list = append(list, number)
	}
	return list, nil
}

// whole converts a number to a type, if that has it.
func whole[T int32 | uint32 | float64](n C.double) (T, bool) {
	var least, most float64
	switch any(T(0)).(type) {
	case int32:
		least, most = math.MinInt32, math.MaxInt32
	case uint32:
		most = math.MaxUint32
	default:
		return T(n), true
	}
	f := float64(n)
	if !(f >= least && f <= most) || f != math.Trunc(f) {
		return 0, false
	}
	return T(f), true
}
