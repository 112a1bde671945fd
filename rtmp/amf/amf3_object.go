package amf

// traits are what the objects of a class have in common. AMF 3, §3.12.
type traits struct {
	class    string
	members  []string // names of the sealed members
	dynamic  bool     // further members may follow
	external bool     // the class writes itself
	bytes    int      // what one more mention of the names costs
}

// container decodes the rest of an array, vector of objects or dictionary, n of whose parts were announced. On error
// the value holds what could be read.
func (d *amf3Decoder) container(marker byte, n int) (Value, error) {
	switch marker {
	case amf3Array:
		names, err := d.dynamic(len(d.properties))
		var dense []Value
		if err == nil {
			dense, err = d.elements(n)
		}
		if len(names) == 0 {
			return &StrictArray{Values: dense}, err
		}
		return &ECMAArray{Properties: names, Dense: dense}, err
	case amf3VectorObject:
		v := new(VectorObject)
		var err error
		if v.Fixed, err = d.flag(); err != nil {
			return v, err
		}
		if v.Class, err = d.text(); err == nil {
			v.Values, err = d.elements(n)
		}
		return v, err
	default:
		v := new(Dictionary)
		weak, err := d.flag()
		if err == nil {
			v.Weak = weak
			v.Entries, err = d.entries(n)
		}
		return v, err
	}
}

// elements decodes n values. On error it returns those before it too.
func (d *amf3Decoder) elements(n int) ([]Value, error) {
	if err := d.count(n, 1); err != nil {
		return nil, err
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

// entries decodes n keys and values. On error it returns those before it too.
func (d *amf3Decoder) entries(n int) ([]Entry, error) {
	if err := d.count(n, 2); err != nil {
		return nil, err
	}
	list, err := d.elements(min(2*n, d.limits.Values))
	entries := make([]Entry, len(list)/2)
	for i := range entries {
		entries[i] = Entry{Key: list[2*i], Value: list[2*i+1]}
	}
	if len(entries) == 0 {
		entries = nil
	}
	return entries, err
}

// dynamic decodes named values up to the empty name, and returns them with those that lie above base on the stack
// already. On error it returns those before it too.
func (d *amf3Decoder) dynamic(base int) ([]Property, error) {
	var failure error
	for {
		name, err := d.text()
		if err != nil || name == "" {
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

// instance decodes the rest of an object whose head, without its lowest bit, was read.
func (d *amf3Decoder) instance(head uint32, start int) (Value, error) {
	t, err := d.traitsOf(head)
	if err != nil {
		return nil, err
	}
	f, err := d.open(&d.objects, start)
	if err != nil {
		return nil, err
	}
	var v Value
	if t.external {
		v, err = d.externalizable(t.class)
	} else {
		v, err = d.membersOf(t)
	}
	d.shut(d.objects, f, v)
	return v, err
}

// membersOf decodes the members of an object.
func (d *amf3Decoder) membersOf(t traits) (*Object, error) {
	o := &Object{Class: t.class, Sealed: len(t.members), Static: !t.dynamic}
	base := len(d.properties)
	for i, name := range t.members {
		v, err := d.value()
		if v != nil {
			d.properties = append(d.properties, Property{Name: name, Value: v})
		}
		if err != nil {
			o.Properties = cut(&d.properties, base)
			o.Sealed = min(i+1, len(o.Properties))
			return o, err
		}
	}
	if !t.dynamic {
		o.Properties = cut(&d.properties, base)
		return o, nil
	}
	var err error
	o.Properties, err = d.dynamic(base)
	return o, err
}

// traitsOf reads the traits of an object, or finds those that it refers to.
func (d *amf3Decoder) traitsOf(head uint32) (t traits, err error) {
	if head&1 == 0 {
		index := int(head >> 1)
		if index >= len(d.traits) {
			return t, d.fail(ErrReference)
		}
		if t = d.traits[index]; t.bytes > d.bytesLeft() {
			return t, d.fail(ErrBytes)
		}
		d.extra += t.bytes
		return t, nil
	}
	start := d.cur.Offset() + d.extra
	t.external, t.dynamic = head&2 != 0, head&4 != 0
	if t.class, err = d.text(); err != nil {
		return t, err
	}
	if n := int(head >> 3); !t.external {
		if t.members, err = d.names(n); err != nil {
			return t, err
		}
	}
	t.bytes = d.cur.Offset() + d.extra - start
	d.traits = append(d.traits, t)
	return t, nil
}

// names reads the names of n sealed members, each of which must be followed by a value.
func (d *amf3Decoder) names(n int) ([]string, error) {
	if err := d.count(n, 1); err != nil {
		return nil, err
	}
	if n > d.limits.Values-d.members {
		return nil, d.fail(ErrValues)
	}
	d.members += n
	if n == 0 {
		return nil, nil
	}
	names := make([]string, n)
	for i := range names {
		var err error
		if names[i], err = d.text(); err != nil {
			return nil, err
		}
	}
	return names, nil
}

// externalizable decodes what the class of an object wrote: its length is for the resolver to say, unless the class is
// one of Flex's collections, whose objects are one value. On error it returns nil, or what that value could be read to.
func (d *amf3Decoder) externalizable(class string) (Value, error) {
	if d.external != nil {
		if n, ok := d.external(class, d.cur.Rest()); ok {
			p, err := d.take(n)
			if err != nil {
				return nil, err
			}
			return &External{Class: class, Data: d.bytes(p)}, nil
		}
	}
	if IsCollection(class) {
		v, err := d.value()
		if v == nil {
			return nil, err
		}
		return &External{Class: class, Value: v}, err
	}
	return nil, d.fail(ErrExternal)
}

// IsCollection reports whether a class is one of Flex's that need no [Resolver]: their objects are one value.
func IsCollection(class string) bool {
	switch class {
	case "flex.messaging.io.ArrayCollection", "flex.messaging.io.ArrayList", "flex.messaging.io.ObjectProxy":
		return true
	}
	return false
}
