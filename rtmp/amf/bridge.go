package amf

import (
	"math"
	"strconv"
)

// ToAMF0 returns v with every kind of value that only AMF3 has replaced by what AMF0 has in its place, for peers that do
// not know AMF3: numbers for integers, strict arrays for vectors and byte arrays, ECMA arrays for dictionaries, whose
// keys become texts, an XMLDocument for XML, what it consists of for an [External], or [Unsupported] where that is not
// known. v is not changed. What is nested more than 1024 deep becomes [Null].
func ToAMF0(v Value) Value { return toAMF0(v, 0) }

func toAMF0(v Value, depth int) Value {
	switch v := v.(type) {
	case Integer:
		return Number(v)
	case XML:
		return XMLDocument(v)
	case ByteArray:
		return numbers(v)
	case *VectorInt:
		if v != nil {
			return numbers(v.Values)
		}
	case *VectorUint:
		if v != nil {
			return numbers(v.Values)
		}
	case *VectorDouble:
		if v != nil {
			return numbers(v.Values)
		}
	case *VectorObject, *Dictionary, *External, *Object, *ECMAArray, *StrictArray:
		if depth < maxDepth {
			return containerToAMF0(v, depth+1)
		}
	default:
		if v != nil {
			return v
		}
	}
	return Null{}
}

func numbers[T byte | int32 | uint32 | float64](list []T) *StrictArray {
	array := &StrictArray{Values: make([]Value, len(list))}
	for i, n := range list {
		array.Values[i] = Number(n)
	}
	return array
}

func containerToAMF0(v Value, depth int) Value {
	switch v := v.(type) {
	case *VectorObject:
		if v != nil {
			return &StrictArray{Values: listToAMF0(v.Values, depth)}
		}
	case *StrictArray:
		if v != nil {
			return &StrictArray{Values: listToAMF0(v.Values, depth)}
		}
	case *Object:
		if v != nil {
			return &Object{Class: v.Class, Properties: propertiesToAMF0(v.Properties, depth)}
		}
	case *ECMAArray:
		if v == nil {
			break
		}
		array := &ECMAArray{Properties: propertiesToAMF0(v.Properties, depth)}
		for i, item := range v.Dense {
			array.Properties = append(array.Properties, Property{Name: strconv.Itoa(i), Value: toAMF0(item, depth)})
		}
		return array
	case *Dictionary:
		if v == nil {
			break
		}
		array := new(ECMAArray)
		for _, e := range v.Entries {
			array.Properties = append(array.Properties, Property{Name: keyText(e.Key), Value: toAMF0(e.Value, depth)})
		}
		return array
	case *External:
		switch {
		case v == nil:
		case v.Value == nil:
			return Unsupported{}
		default:
			return toAMF0(v.Value, depth)
		}
	}
	return Null{}
}

func listToAMF0(list []Value, depth int) []Value {
	if list == nil {
		return nil
	}
	values := make([]Value, len(list))
	for i, v := range list {
		values[i] = toAMF0(v, depth)
	}
	return values
}

func propertiesToAMF0(list []Property, depth int) []Property {
	if list == nil {
		return nil
	}
	properties := make([]Property, len(list))
	for i, p := range list {
		properties[i] = Property{Name: p.Name, Value: toAMF0(p.Value, depth)}
	}
	return properties
}

// keyText returns the text of a dictionary's key, as ECMAScript would give it.
func keyText(v Value) string {
	switch v := v.(type) {
	case String:
		return string(v)
	case Integer:
		return strconv.Itoa(int(v))
	case Number:
		switch f := float64(v); {
		case math.IsNaN(f):
			return "NaN"
		case math.IsInf(f, 1):
			return "Infinity"
		case math.IsInf(f, -1):
			return "-Infinity"
		default:
			return string(appendJSONNumber(nil, f))
		}
	case Boolean:
		return strconv.FormatBool(bool(v))
	case Null, nil:
		return "null"
	case Undefined:
		return "undefined"
	}
	return "[object]"
}
