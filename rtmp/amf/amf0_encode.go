package amf

import (
	"math"
	"strconv"

	"oxrtmp/rtmp/internal/wire"
)

// AppendAMF0 appends v in AMF0. Strings above 65,535 bytes become long strings; bytes of strings are written as they
// are. References are never written: a container that occurs several times is written several times. The kinds that
// only AMF3 has are written as the [Number] or [XMLDocument] they are, or else in AMF3, behind the marker that switches
// to it for one value; see [ToAMF0] for peers that do not know AMF3.
//
// What AMF0 has no form for is replaced: a nil value, and whatever is nested more than 1024 deep, by [Null]; a
// [Reference] by [Undefined]. A property whose name is above 65,535 bytes is left out; an object whose class is becomes
// anonymous. A value must not contain itself.
func AppendAMF0(dst []byte, v Value) []byte { return appendAMF0(dst, v, 0) }

// AppendValuesAMF0 appends several values one after the other: the body of a command or data message.
func AppendValuesAMF0(dst []byte, values ...Value) []byte {
	for _, v := range values {
		dst = appendAMF0(dst, v, 0)
	}
	return dst
}

func appendAMF0(dst []byte, v Value, depth int) []byte {
	switch v := v.(type) {
	case Number:
		return appendFloat(append(dst, amf0Number), float64(v))
	case Integer:
		return appendFloat(append(dst, amf0Number), float64(v))
	case Boolean:
		if v {
			return append(dst, amf0Boolean, 1)
		}
		return append(dst, amf0Boolean, 0)
	case String:
		return appendString(dst, string(v))
	case Undefined, Reference:
		return append(dst, amf0Undefined)
	case Unsupported:
		return append(dst, amf0Unsupported)
	case XMLDocument:
		return appendLong(append(dst, amf0XMLDocument), string(v))
	case XML:
		return appendLong(append(dst, amf0XMLDocument), string(v))
	case Date:
		dst = appendFloat(append(dst, amf0Date), v.Milliseconds)
		return wire.AppendUint16(dst, uint16(v.Zone))
	case ByteArray, *VectorInt, *VectorUint, *VectorDouble, *VectorObject, *Dictionary, *External:
		e := amf3Encoder{dst: append(dst, amf0AMF3)}
		e.value(v, depth)
		return e.dst
	default:
		return appendContainer(dst, v, depth+1)
	}
}

// appendContainer appends the three kinds of containers, and Null for what is none.
func appendContainer(dst []byte, v Value, depth int) []byte {
	if depth > maxDepth {
		return append(dst, amf0Null)
	}
	switch v := v.(type) {
	case *Object:
		if v == nil {
			break
		}
		if v.Class == "" || len(v.Class) > math.MaxUint16 {
			dst = append(dst, amf0Object)
		} else {
			dst = append(dst, amf0TypedObject)
			dst = appendName(dst, v.Class)
		}
		dst = appendProperties(dst, v.Properties, depth)
		return append(dst, 0, 0, amf0ObjectEnd)
	case *ECMAArray:
		if v == nil {
			break
		}
		dst = append(dst, amf0ECMAArray)
		dst = wire.AppendUint32(dst, uint32(len(v.Properties)+len(v.Dense)))
		dst = appendProperties(dst, v.Properties, depth)
		for i, item := range v.Dense {
			dst = appendName(dst, strconv.Itoa(i))
			dst = appendAMF0(dst, item, depth)
		}
		return append(dst, 0, 0, amf0ObjectEnd)
	case *StrictArray:
		if v == nil {
			break
		}
		dst = append(dst, amf0StrictArray)
		dst = wire.AppendUint32(dst, uint32(len(v.Values)))
		for _, item := range v.Values {
			dst = appendAMF0(dst, item, depth)
		}
		return dst
	}
	return append(dst, amf0Null)
}

func appendProperties(dst []byte, properties []Property, depth int) []byte {
	for i := range properties {
		if len(properties[i].Name) > math.MaxUint16 {
			continue
		}
		dst = appendName(dst, properties[i].Name)
		dst = appendAMF0(dst, properties[i].Value, depth)
	}
	return dst
}

func appendString(dst []byte, s string) []byte {
	if len(s) > math.MaxUint16 {
		return appendLong(append(dst, amf0LongString), s)
	}
	return appendName(append(dst, amf0String), s)
}

// appendName appends a string with a 16-bit length, which it must fit, without marker.
func appendName(dst []byte, s string) []byte {
	return append(wire.AppendUint16(dst, uint16(len(s))), s...)
}

// appendLong appends a string with a 32-bit length, without marker.
func appendLong(dst []byte, s string) []byte {
	return append(wire.AppendUint32(dst, uint32(len(s))), s...)
}

func appendFloat(dst []byte, f float64) []byte { return wire.AppendUint64(dst, math.Float64bits(f)) }
