package amf

import (
	"math"
	"strconv"

	"oxrtmp/rtmp/internal/wire"
)

// AppendAMF3 appends v in AMF3. Strings, traits and objects that occur again, the latter as the same pointer, are
// written as references, so that a value may contain itself.
//
// What AMF3 has no form for is replaced: a nil value, and whatever is nested more than 1024 deep, by [Null];
// [Unsupported], a [Reference], and strings or lists of 2^28 and more by [Undefined]. Named values of arrays and dynamic
// members of objects are left out if their name is empty.
func AppendAMF3(dst []byte, v Value) []byte { return AppendValuesAMF3(dst, v) }

// AppendValuesAMF3 appends several values one after the other; references reach across them.
func AppendValuesAMF3(dst []byte, values ...Value) []byte {
	e := amf3Encoder{dst: dst}
	for _, v := range values {
		e.value(v, 0)
	}
	return e.dst
}

// maxLength3 is the greatest length or count that fits beside the flag of its integer.
const maxLength3 = 1<<28 - 1

// amf3Encoder appends values that share reference tables. The maps have the index of what was written.
type amf3Encoder struct {
	dst     []byte
	strings map[string]int
	traits  map[string]int
	objects map[Value]int // only of pointers
	written int           // objects, those without identity included
}

func (e *amf3Encoder) byte(b byte) { e.dst = append(e.dst, b) }

func (e *amf3Encoder) uint29(n uint32) {
	switch n &= 1<<29 - 1; {
	case n < 1<<7:
		e.dst = append(e.dst, byte(n))
	case n < 1<<14:
		e.dst = append(e.dst, byte(n>>7)|0x80, byte(n)&0x7F)
	case n < 1<<21:
		e.dst = append(e.dst, byte(n>>14)|0x80, byte(n>>7)|0x80, byte(n)&0x7F)
	default:
		e.dst = append(e.dst, byte(n>>22)|0x80, byte(n>>15)|0x80, byte(n>>8)|0x80, byte(n))
	}
}

// head writes a length or count that is no reference.
func (e *amf3Encoder) head(n int) { e.uint29(uint32(n)<<1 | 1) }

// text writes a string without marker.
func (e *amf3Encoder) text(s string) {
	if s == "" {
		e.byte(1)
		return
	}
	if index, ok := e.strings[s]; ok {
		e.uint29(uint32(index) << 1)
		return
	}
	if e.strings == nil {
		e.strings = make(map[string]int)
	}
	e.strings[s] = len(e.strings)
	e.head(len(s))
	e.dst = append(e.dst, s...)
}

func (e *amf3Encoder) value(v Value, depth int) {
	switch v := v.(type) {
	case Boolean:
		if v {
			e.byte(amf3True)
		} else {
			e.byte(amf3False)
		}
	case Integer:
		if v < -1<<28 || v >= 1<<28 {
			e.dst = appendFloat(append(e.dst, amf3Double), float64(v))
			return
		}
		e.byte(amf3Integer)
		e.uint29(uint32(v))
	case Number:
		e.dst = appendFloat(append(e.dst, amf3Double), float64(v))
	case String:
		if len(v) > maxLength3 {
			e.byte(amf3Undefined)
			return
		}
		e.byte(amf3String)
		e.text(string(v))
	case Undefined, Unsupported, Reference:
		e.byte(amf3Undefined)
	case Date:
		e.byte(amf3Date)
		e.head(0)
		e.dst = appendFloat(e.dst, v.Milliseconds)
		e.written++
	case XMLDocument:
		e.leaf(amf3XMLDocument, string(v))
	case XML:
		e.leaf(amf3XML, string(v))
	case ByteArray:
		e.leaf(amf3ByteArray, string(v))
	default:
		e.object(v, depth+1)
	}
}

// leaf writes an object of bytes.
func (e *amf3Encoder) leaf(marker byte, s string) {
	if len(s) > maxLength3 {
		e.byte(amf3Undefined)
		return
	}
	e.byte(marker)
	e.head(len(s))
	e.dst = append(e.dst, s...)
	e.written++
}

// object writes an object with identity, or Null for what is none.
func (e *amf3Encoder) object(v Value, depth int) {
	marker, n := shape3(v)
	switch {
	case marker == amf3Null || depth > maxDepth:
		e.byte(amf3Null)
		return
	case n > maxLength3:
		e.byte(amf3Undefined)
		return
	}
	e.byte(marker)
	if index, ok := e.objects[v]; ok {
		e.uint29(uint32(index) << 1)
		return
	}
	if e.objects == nil {
		e.objects = make(map[Value]int)
	}
	e.objects[v] = e.written
	e.written++
	switch v := v.(type) {
	case *Object:
		e.instance(v, depth)
	case *External:
		e.external(v, depth)
	default:
		e.head(n)
		e.list(v, depth)
	}
}

// shape3 returns the marker of an object with identity, and how many parts its head counts. The marker is Null for
// nil and for what is no such object.
func shape3(v Value) (marker byte, n int) {
	switch v := v.(type) {
	case *Object:
		if v != nil {
			return amf3Object, 0
		}
	case *External:
		if v != nil {
			return amf3Object, 0
		}
	case *ECMAArray:
		if v != nil {
			return amf3Array, len(v.Dense)
		}
	case *StrictArray:
		if v != nil {
			return amf3Array, len(v.Values)
		}
	case *VectorInt:
		if v != nil {
			return amf3VectorInt, len(v.Values)
		}
	case *VectorUint:
		if v != nil {
			return amf3VectorUint, len(v.Values)
		}
	case *VectorDouble:
		if v != nil {
			return amf3VectorDouble, len(v.Values)
		}
	case *VectorObject:
		if v != nil {
			return amf3VectorObject, len(v.Values)
		}
	case *Dictionary:
		if v != nil {
			return amf3Dictionary, len(v.Entries)
		}
	}
	return amf3Null, 0
}

// list writes what follows the count of a list.
func (e *amf3Encoder) list(v Value, depth int) {
	switch v := v.(type) {
	case *ECMAArray:
		e.named(v.Properties, depth)
		e.values(v.Dense, depth)
	case *StrictArray:
		e.named(nil, depth)
		e.values(v.Values, depth)
	case *VectorInt:
		e.flag(v.Fixed)
		for _, n := range v.Values {
			e.dst = wire.AppendUint32(e.dst, uint32(n))
		}
	case *VectorUint:
		e.flag(v.Fixed)
		for _, n := range v.Values {
			e.dst = wire.AppendUint32(e.dst, n)
		}
	case *VectorDouble:
		e.flag(v.Fixed)
		for _, n := range v.Values {
			e.dst = wire.AppendUint64(e.dst, math.Float64bits(n))
		}
	case *VectorObject:
		e.flag(v.Fixed)
		e.text(v.Class)
		e.values(v.Values, depth)
	case *Dictionary:
		e.flag(v.Weak)
		for _, entry := range v.Entries {
			e.value(entry.Key, depth)
			e.value(entry.Value, depth)
		}
	}
}

func (e *amf3Encoder) flag(set bool) {
	if set {
		e.byte(1)
	} else {
		e.byte(0)
	}
}

func (e *amf3Encoder) values(values []Value, depth int) {
	for _, v := range values {
		e.value(v, depth)
	}
}

// named writes the named values of an array or object, and the empty name that ends them.
func (e *amf3Encoder) named(properties []Property, depth int) {
	for i := range properties {
		if name := properties[i].Name; name != "" && len(name) <= maxLength3 {
			e.text(name)
			e.value(properties[i].Value, depth)
		}
	}
	e.byte(1)
}

// Bits of the head of an object that is no reference.
const (
	inlineTraits   = 1 << 1
	externalTraits = 1 << 2
	dynamicTraits  = 1 << 3
)

func (e *amf3Encoder) instance(o *Object, depth int) {
	sealed := o.Properties[:min(max(o.Sealed, 0), len(o.Properties))]
	rest := o.Properties[len(sealed):]
	flags := uint32(len(sealed))<<4 | 1
	if !o.Static || len(rest) > 0 {
		flags |= dynamicTraits
	}
	if e.newTraits(o.Class, flags, sealed) {
		for i := range sealed {
			e.text(sealed[i].Name)
		}
	}
	for i := range sealed {
		e.value(sealed[i].Value, depth)
	}
	if flags&dynamicTraits != 0 {
		e.named(rest, depth)
	}
}

func (e *amf3Encoder) external(x *External, depth int) {
	e.newTraits(x.Class, externalTraits|1, nil)
	if x.Value != nil {
		e.value(x.Value, depth)
		return
	}
	e.dst = append(e.dst, x.Data...)
}

// newTraits writes the head of an object: a reference to traits that were written before, or new ones up to the name of
// the class, and whether the names of the members must follow.
func (e *amf3Encoder) newTraits(class string, flags uint32, sealed []Property) bool {
	key := strconv.AppendUint(nil, uint64(flags), 16)
	key = append(append(key, ' '), class...)
	for i := range sealed {
		key = strconv.AppendUint(append(key, ' '), uint64(len(sealed[i].Name)), 10)
		key = append(append(key, ' '), sealed[i].Name...)
	}
	if index, ok := e.traits[string(key)]; ok {
		e.uint29(uint32(index)<<2 | 1)
		return false
	}
	if e.traits == nil {
		e.traits = make(map[string]int)
	}
	e.traits[string(key)] = len(e.traits)
	e.uint29(flags | inlineTraits)
	e.text(class)
	return true
}
