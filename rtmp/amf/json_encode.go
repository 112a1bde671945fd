package amf

import (
	"encoding/base64"
	"math"
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends v as one line of JSON. Objects and ECMA arrays become objects, properties in their order,
// duplicates included, without their class; strict arrays become arrays; XML documents become strings.
//
// Of the kinds that only AMF3 has, vectors become arrays, dictionaries arrays of arrays of key and value, a [ByteArray]
// and the data of an [External] {"$bytes":"base64"}, and an External with a value that value.
//
// A [Date] becomes {"$date":milliseconds}, or {"$date":milliseconds,"$zone":zone} when its zone is not 0. What JSON
// cannot say becomes null: NaN, the infinities, [Undefined], [Unsupported], [Reference], and what is nested more than
// 1024 deep. Bytes of a string that are not UTF-8 become U+FFFD; control characters are escaped, those above ASCII too.
func AppendJSON(dst []byte, v Value) []byte { return appendJSON(dst, v, 0) }

const (
	jsonDate  = "$date"
	jsonZone  = "$zone"
	jsonBytes = "$bytes"
)

func appendJSON(dst []byte, v Value, depth int) []byte {
	switch v := v.(type) {
	case Number:
		return appendJSONNumber(dst, float64(v))
	case Integer:
		return strconv.AppendInt(dst, int64(v), 10)
	case Boolean:
		return strconv.AppendBool(dst, bool(v))
	case String:
		return appendJSONString(dst, string(v))
	case XMLDocument:
		return appendJSONString(dst, string(v))
	case XML:
		return appendJSONString(dst, string(v))
	case ByteArray:
		return appendJSONBytes(dst, v)
	case Date:
		dst = appendJSONNumber(append(dst, `{"`+jsonDate+`":`...), v.Milliseconds)
		if v.Zone != 0 {
			dst = strconv.AppendInt(append(dst, `,"`+jsonZone+`":`...), int64(v.Zone), 10)
		}
		return append(dst, '}')
	}
	if depth >= maxDepth {
		return append(dst, "null"...)
	}
	return appendJSONContainer(dst, v, depth+1)
}

func appendJSONContainer(dst []byte, v Value, depth int) []byte {
	item := func(dst []byte, v Value) []byte { return appendJSON(dst, v, depth) }
	switch v := v.(type) {
	case *StrictArray:
		if v != nil {
			return appendJSONArray(dst, v.Values, item)
		}
	case *VectorObject:
		if v != nil {
			return appendJSONArray(dst, v.Values, item)
		}
	case *VectorInt:
		if v != nil {
			return appendJSONArray(dst, v.Values, appendJSONInteger)
		}
	case *VectorUint:
		if v != nil {
			return appendJSONArray(dst, v.Values, appendJSONInteger)
		}
	case *VectorDouble:
		if v != nil {
			return appendJSONArray(dst, v.Values, appendJSONNumber)
		}
	case *Dictionary:
		if v != nil {
			return appendJSONArray(dst, v.Entries, func(dst []byte, e Entry) []byte {
				return appendJSONArray(dst, []Value{e.Key, e.Value}, item)
			})
		}
	case *External:
		if v != nil && v.Value != nil {
			return item(dst, v.Value)
		} else if v != nil {
			return appendJSONBytes(dst, v.Data)
		}
	case *Object:
		if v != nil {
			return appendJSONObject(dst, v.Properties, nil, depth)
		}
	case *ECMAArray:
		if v != nil {
			return appendJSONObject(dst, v.Properties, v.Dense, depth)
		}
	}
	return append(dst, "null"...)
}

func appendJSONArray[T any](dst []byte, items []T, add func([]byte, T) []byte) []byte {
	dst = append(dst, '[')
	for i := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = add(dst, items[i])
	}
	return append(dst, ']')
}

func appendJSONInteger[T int32 | uint32](dst []byte, n T) []byte {
	return strconv.AppendInt(dst, int64(n), 10)
}

func appendJSONBytes(dst, p []byte) []byte {
	dst = append(dst, `{"`+jsonBytes+`":"`...)
	return append(base64.StdEncoding.AppendEncode(dst, p), `"}`...)
}

// appendJSONObject writes an object; dense are its members "0" and following.
func appendJSONObject(dst []byte, properties []Property, dense []Value, depth int) []byte {
	dst = append(dst, '{')
	for i := range properties {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONString(dst, properties[i].Name), ':')
		dst = appendJSON(dst, properties[i].Value, depth)
	}
	for i, v := range dense {
		if i > 0 || len(properties) > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONString(dst, strconv.Itoa(i)), ':')
		dst = appendJSON(dst, v, depth)
	}
	return append(dst, '}')
}

// appendJSONNumber writes the shortest form that reads back as the same double, whole numbers below 10^21 without
// exponent, as ECMAScript does.
func appendJSONNumber(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	return strconv.AppendFloat(dst, f, format, -1, 64)
}

func appendJSONString(dst []byte, s string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(s); {
		c := s[i]
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if r < 0xA0 { // a control character, which a terminal may obey
				dst = append(dst, '\\', 'u', '0', '0', hex[r>>4], hex[r&15])
			} else {
				dst = utf8.AppendRune(dst, r) // U+FFFD for a byte that is not UTF-8
			}
			i += size
			continue
		}
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < ' ' || c == 0x7F:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
		i++
	}
	return append(dst, '"')
}
