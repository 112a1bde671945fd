package main

// #include "bridge.h"
import "C"

import (
	"fmt"
	"math"
	"unsafe"

	"oxrtmp/rtmp/amf"
)

//export oxgo_amf_next
func oxgo_amf_next(c *C.oxrtmp_amf_cursor, out *C.oxrtmp_amf_value) (status C.oxrtmp_status) {
	defer guard(&status)
	if c.depth > amf.ScanDepth || c.offset > c.size {
		return fail(fmt.Errorf("%w: this is no cursor: depth %d, offset %d of %d", errArgument, c.depth, c.offset, c.size))
	}
	s := amf.Scanner{Input: bytesAt(c.data, c.size), Offset: int(c.offset), Depth: int(c.depth)}
	for i := range s.Depth {
		s.Left[i] = uint32(c.left[i])
	}
	t, err := s.Next()
	if err != nil {
		return fail(err)
	}
	c.offset, c.depth = C.size_t(s.Offset), C.uint32_t(s.Depth)
	for i := range s.Depth {
		c.left[i] = C.uint32_t(s.Left[i])
	}
	out._type, out.depth, out.count = C.uint32_t(t.Type), C.uint32_t(t.Depth), C.uint32_t(t.Count)
	out.zone, out.number = C.int32_t(t.Zone), C.double(t.Number)
	out.name, out.name_size = chars(t.Name)
	out.text, out.text_size = chars(t.Text)
	return C.OXRTMP_OK
}

// chars is a pointer into the caller's memory; NULL for nil, and not for what is empty.
func chars(p []byte) (*C.char, C.size_t) {
	return (*C.char)(unsafe.Pointer(unsafe.SliceData(p))), C.size_t(len(p))
}

// charsAt is the caller's memory, valid for the call; nil for NULL.
func charsAt(p *C.char, n C.size_t) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(p)), int(n))
}

// checkZone refuses a date whose zone has no room in AMF.
func checkZone(v *C.oxrtmp_amf_value) error {
	if v._type == C.OXRTMP_AMF_DATE && (v.zone < math.MinInt16 || v.zone > math.MaxInt16) {
		return fmt.Errorf("%w: zone %d of a date", errArgument, v.zone)
	}
	return nil
}

//export oxgo_amf_build
func oxgo_amf_build(v *C.oxrtmp_amf_value, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	if v._type > 0xFF {
		return fail(fmt.Errorf("%w: type %d", amf.ErrMarker, v._type))
	}
	if err := checkZone(v); err != nil {
		return fail(err)
	}
	if v._type == C.OXRTMP_AMF_REFERENCE && v.count > math.MaxUint16 {
		return fail(fmt.Errorf("%w: reference %d", errArgument, v.count))
	}
	scratch := scratches.Get().(*[]byte)
	defer keepScratch(scratch)
	p, err := amf.AppendToken((*scratch)[:0], amf.Token{
		Type: amf.TokenType(v._type), Name: charsAt(v.name, v.name_size), Text: charsAt(v.text, v.text_size),
		Number: float64(v.number), Count: uint32(v.count), Zone: int16(v.zone),
	})
	if err != nil {
		return fail(err)
	}
	*scratch = p
	return fail(putBytes(p, buf, capacity, length))
}

// limitsOf are the limits for n bytes of the caller's, which may be more than a message can hold.
func limitsOf(n C.size_t) amf.Limits { return amf.Limits{Bytes: amf.DefaultLimits.Bytes + int(n)} }

// limitsToSend are those for what the caller sends: what it may cost is the caller's to know, and the peer's to bound.
func limitsToSend(n C.size_t) amf.Limits {
	l := limitsOf(n)
	l.Depth, l.Values = amfDepth, math.MaxInt32
	return l
}

//export oxgo_amf_to_json
func oxgo_amf_to_json(p *C.uint8_t, n C.size_t, flags C.uint32_t, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	decode := amf.DecodeAMF0
	switch {
	case flags&C.OXRTMP_AMF_3 != 0:
		decode = amf.DecodeAMF3
	case flags&C.OXRTMP_AMF_STRICT != 0:
		decode = amf.DecodeStrictAMF0
	}
	values, err := decode(bytesAt(p, n), limitsOf(n))
	if err != nil {
		return fail(err)
	}
	return fail(putText(string(amf.AppendJSON(nil, &amf.StrictArray{Values: values})), buf, capacity, length))
}

//export oxgo_amf_from_json
func oxgo_amf_from_json(json *C.char, flags C.uint32_t, buf *C.uint8_t, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	text := []byte(goString(json))
	v, err := amf.ParseJSON(text, limitsOf(C.size_t(len(text))))
	if amf.IsLimit(err) {
		return fail(err)
	}
	if err != nil {
		return fail(fmt.Errorf("%w: %w", errArgument, err))
	}
	array, ok := v.(*amf.StrictArray)
	if !ok {
		return fail(fmt.Errorf("%w: the JSON is no array", errArgument))
	}
	write := amf.AppendValuesAMF0
	if flags&C.OXRTMP_AMF_3 != 0 {
		write = amf.AppendValuesAMF3
	}
	return fail(putBytes(write(nil, array.Values...), buf, capacity, length))
}
