package main

// #include "bridge.h"
import "C"

import (
	"errors"
	"fmt"
	"math"
	"unsafe"

	"oxrtmp/rtmp/amf"
)

//export oxgo_amf_decode
func oxgo_amf_decode(p *C.uint8_t, n C.size_t, o *C.oxrtmp_amf_options, out *C.oxrtmp_amf_value, most C.size_t, count *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	w := amfWriter{out: unsafe.Slice(out, int(most))}
	sizes := unsafe.Slice(o.external_sizes, int(o.external_count))
	unknown := false
	limits := limitsOf(n)
	limits.Depth, limits.Values = int(min(o.depth, math.MaxInt32)), int(min(o.values, math.MaxInt32))
	d := amf.Decoder{
		Limits: limits,
		Strict: o.flags&C.OXRTMP_AMF_STRICT != 0,
		Borrow: true,
		External: func(class string, rest []byte) (int, bool) {
			if amf.IsCollection(class) {
				return 0, false
			}
			if len(sizes) == 0 {
				unknown = true
				w.put(C.oxrtmp_amf_value{_type: C.OXRTMP_AMF_EXTERNAL}, rest, class)
				return 0, false
			}
			size := sizes[0]
			sizes = sizes[1:]
			return int(min(size, math.MaxInt32)), true
		},
	}
	decode := d.AMF0
	if o.flags&C.OXRTMP_AMF_3 != 0 {
		decode = d.AMF3
	}
	values, err := decode(bytesAt(p, n))
	if unknown {
		*count = C.size_t(w.n)
		return fail(fmt.Errorf("%w: the length of an external object is not known", errors.ErrUnsupported))
	}
	if err != nil {
		return fail(err)
	}
	for _, v := range values {
		w.value(v, nil, 0)
	}
	*count = C.size_t(w.n)
	if w.n > len(w.out) {
		return fail(errBuffer)
	}
	return C.OXRTMP_OK
}

// amfWriter writes values as steps, as many as there is room for, and counts them all.
type amfWriter struct {
	out []C.oxrtmp_amf_value
	n   int
}

// put writes one step. A nil name is none.
func (w *amfWriter) put(v C.oxrtmp_amf_value, name []byte, text string) {
	if w.n < len(w.out) {
		v.text, v.text_size = texts(text)
		if name != nil {
			v.name, v.name_size = texts(unsafe.String(unsafe.SliceData(name), len(name)))
		}
		w.out[w.n] = v
	}
	w.n++
}

// texts is a text that lies in the caller's memory. What is empty may lie anywhere: it has a place of its own.
func texts(s string) (*C.char, C.size_t) {
	if s == "" {
		return (*C.char)(unsafe.Pointer(&C.ox_empty)), 0
	}
	return (*C.char)(unsafe.Pointer(unsafe.StringData(s))), C.size_t(len(s))
}

// label is a property's name for put.
func label(name string) []byte {
	if name == "" {
		return []byte{}
	}
	return unsafe.Slice(unsafe.StringData(name), len(name))
}

// value writes a value with what is inside it.
func (w *amfWriter) value(v amf.Value, name []byte, depth C.uint32_t) {
	s := C.oxrtmp_amf_value{depth: depth}
	text := ""
	switch v := v.(type) {
	case amf.Number:
		s._type, s.number = C.OXRTMP_AMF_NUMBER, C.double(v)
	case amf.Integer:
		s._type, s.number = C.OXRTMP_AMF_INTEGER, C.double(v)
	case amf.Boolean:
		s._type, s.number = C.OXRTMP_AMF_BOOLEAN, C.double(flag(bool(v)))
	case amf.String:
		s._type, text = C.OXRTMP_AMF_STRING, string(v)
	case amf.Undefined:
		s._type = C.OXRTMP_AMF_UNDEFINED
	case amf.Unsupported:
		s._type = C.OXRTMP_AMF_UNSUPPORTED
	case amf.Date:
		s._type, s.number, s.zone = C.OXRTMP_AMF_DATE, C.double(v.Milliseconds), C.int32_t(v.Zone)
	case amf.XMLDocument:
		s._type, text = C.OXRTMP_AMF_XML, string(v)
	case amf.XML:
		s._type, text = C.OXRTMP_AMF_E4X, string(v)
	case amf.ByteArray:
		s._type, text = C.OXRTMP_AMF_BYTES, unsafe.String(unsafe.SliceData(v), len(v))
	case amf.Reference:
		s._type, s.count = C.OXRTMP_AMF_REFERENCE, C.uint32_t(v)
	case *amf.Object, *amf.ECMAArray, *amf.StrictArray:
		w.container(v, s, name)
		return
	case *amf.Dictionary, *amf.VectorObject, *amf.External:
		w.container3(v, s, name)
		return
	case *amf.VectorInt:
		vector(w, s, name, C.OXRTMP_AMF_VECTOR_INT, v.Fixed, v.Values)
		return
	case *amf.VectorUint:
		vector(w, s, name, C.OXRTMP_AMF_VECTOR_UINT, v.Fixed, v.Values)
		return
	case *amf.VectorDouble:
		vector(w, s, name, C.OXRTMP_AMF_VECTOR_DOUBLE, v.Fixed, v.Values)
		return
	default:
		s._type = C.OXRTMP_AMF_NULL
	}
	w.put(s, name, text)
}

func (w *amfWriter) container(v amf.Value, s C.oxrtmp_amf_value, name []byte) {
	inside := s.depth + 1
	text := ""
	properties, named := amf.Properties(v)
	var dense []amf.Value
	switch v := v.(type) {
	case *amf.Object:
		s._type, s.count, text = C.OXRTMP_AMF_OBJECT, C.uint32_t(v.Sealed), v.Class
		if v.Static {
			s.flags = C.OXRTMP_AMF_STATIC
		}
	case *amf.ECMAArray:
		s._type, s.count, dense = C.OXRTMP_AMF_ECMA_ARRAY, C.uint32_t(len(v.Properties)+len(v.Dense)), v.Dense
	case *amf.StrictArray:
		s._type, s.count, dense = C.OXRTMP_AMF_STRICT_ARRAY, C.uint32_t(len(v.Values)), v.Values
	}
	w.put(s, name, text)
	for i := range properties {
		w.value(properties[i].Value, label(properties[i].Name), inside)
	}
	w.list(dense, inside)
	if named {
		w.put(C.oxrtmp_amf_value{_type: C.OXRTMP_AMF_OBJECT_END, depth: s.depth}, nil, "")
	}
}

func (w *amfWriter) list(values []amf.Value, depth C.uint32_t) {
	for _, v := range values {
		w.value(v, nil, depth)
	}
}

// container3 writes the containers that only AMF3 has.
func (w *amfWriter) container3(v amf.Value, s C.oxrtmp_amf_value, name []byte) {
	inside := s.depth + 1
	switch v := v.(type) {
	case *amf.Dictionary:
		s._type, s.count = C.OXRTMP_AMF_DICTIONARY, C.uint32_t(len(v.Entries))
		if v.Weak {
			s.flags = C.OXRTMP_AMF_WEAK
		}
		w.put(s, name, "")
		for _, e := range v.Entries {
			w.value(e.Key, nil, inside)
			w.value(e.Value, nil, inside)
		}
	case *amf.VectorObject:
		s._type, s.count = C.OXRTMP_AMF_VECTOR_OBJECT, C.uint32_t(len(v.Values))
		if v.Fixed {
			s.flags = C.OXRTMP_AMF_FIXED
		}
		w.put(s, name, v.Class)
		w.list(v.Values, inside)
	case *amf.External:
		s._type, s.count = C.OXRTMP_AMF_EXTERNAL, 1
		content := v.Value
		if content == nil {
			s.flags, content = C.OXRTMP_AMF_VERBATIM, amf.ByteArray(v.Data)
		}
		w.put(s, name, v.Class)
		w.value(content, nil, inside)
	}
}

// vector writes a list of numbers.
func vector[T int32 | uint32 | float64](w *amfWriter, s C.oxrtmp_amf_value, name []byte, kind C.uint32_t, fixed bool, list []T) {
	s._type, s.count = kind, C.uint32_t(len(list))
	if fixed {
		s.flags = C.OXRTMP_AMF_FIXED
	}
	w.put(s, name, "")
	for _, n := range list {
		w.put(C.oxrtmp_amf_value{_type: C.OXRTMP_AMF_NUMBER, depth: s.depth + 1, number: C.double(n)}, nil, "")
	}
}
