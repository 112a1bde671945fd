package amf

// Count returns how many values v is, as [Limits].Values counts them: itself and, of a container, all inside it, those of
// a container that occurs several times each time. What is nested more than 1024 deep is not counted.
func Count(v Value) int { return countValue(v, 0) }

func countValue(v Value, depth int) int {
	n := 1
	if depth > maxDepth {
		return n
	}
	each := func(values []Value) {
		for _, v := range values {
			n += countValue(v, depth+1)
		}
	}
	properties, _ := Properties(v)
	for i := range properties {
		n += countValue(properties[i].Value, depth+1)
	}
	switch v := v.(type) {
	case *StrictArray:
		if v != nil {
			each(v.Values)
		}
	case *ECMAArray:
		if v != nil {
			each(v.Dense)
		}
	case *VectorObject:
		if v != nil {
			each(v.Values)
		}
	case *Dictionary:
		if v != nil {
			for _, e := range v.Entries {
				each([]Value{e.Key, e.Value})
			}
		}
	case *External:
		if v != nil && v.Value != nil {
			each([]Value{v.Value})
		}
	case *VectorInt:
		if v != nil {
			n += len(v.Values)
		}
	case *VectorUint:
		if v != nil {
			n += len(v.Values)
		}
	case *VectorDouble:
		if v != nil {
			n += len(v.Values)
		}
	}
	return n
}
