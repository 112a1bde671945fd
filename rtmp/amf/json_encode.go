package amf

import (
	"math"
	"strconv"
	"unicode/utf8"
)

// AppendJSON appends v as one line of JSON. Objects and ECMA arrays become objects, properties in their order,
// duplicates included, without their class; strict arrays become arrays; XML documents become strings.
//
// A [Date] becomes {"$date":milliseconds}, or {"$date":milliseconds,"$zone":zone} when its zone is not 0. What JSON
// cannot say becomes null: NaN, the infinities, [Undefined], [Unsupported], [Reference], and what is nested more than
// 1024 deep. Bytes of a string that are not UTF-8 become U+FFFD.
func AppendJSON(dst []byte, v Value) []byte { return appendJSON(dst, v, 0) }

const (
	jsonDate = "$date"
	jsonZone = "$zone"
)

func appendJSON(dst []byte, v Value, depth int) []byte {
	switch v := v.(type) {
	case Number:
		return appendJSONNumber(dst, float64(v))
	case Boolean:
		return strconv.AppendBool(dst, bool(v))
	case String:
		return appendJSONString(dst, string(v))
	case XMLDocument:
		return appendJSONString(dst, string(v))
	case Date:
		dst = appendJSONNumber(append(dst, `{"`+jsonDate+`":`...), v.Milliseconds)
		if v.Zone != 0 {
			dst = strconv.AppendInt(append(dst, `,"`+jsonZone+`":`...), int64(v.Zone), 10)
		}
		return append(dst, '}')
	case *StrictArray:
		if v == nil || depth >= maxDepth {
			break
		}
		dst = append(dst, '[')
		for i, item := range v.Values {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = appendJSON(dst, item, depth+1)
		}
		return append(dst, ']')
	case *Object, *ECMAArray:
		if properties, ok := Properties(v); ok && depth < maxDepth {
			return appendJSONObject(dst, properties, depth+1)
		}
	}
	return append(dst, "null"...)
}

func appendJSONObject(dst []byte, properties []Property, depth int) []byte {
	dst = append(dst, '{')
	for i := range properties {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONString(dst, properties[i].Name), ':')
		dst = appendJSON(dst, properties[i].Value, depth)
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
			dst = utf8.AppendRune(dst, r) // U+FFFD for a byte that is not UTF-8
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
