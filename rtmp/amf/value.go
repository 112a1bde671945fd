package amf

// Value is an AMF value: one of [Number], [Boolean], [String], [Null], [Undefined], [Unsupported], [*Object],
// [*ECMAArray], [*StrictArray], [Date], [XMLDocument] and [Reference], or of those that only AMF3 has: [Integer], [XML],
// [ByteArray], [*VectorInt], [*VectorUint], [*VectorDouble], [*VectorObject], [*Dictionary] and [*External]. A nil Value,
// and a nil pointer to one of the containers, is written as [Null] by the encoders.
//
// Values are plain memory: safe for concurrent reading, not for reading while another goroutine changes them.
type Value interface{ amfValue() }

// Number is an IEEE 754 double. NaN and the infinities are legal on the wire: check finiteness and range before
// converting to an integer. Marker 0x00.
type Number float64

// Boolean is true or false. Marker 0x01; every byte but 0 reads as true.
type Boolean bool

// String is the bytes of a text, normally UTF-8, not checked. Marker 0x02 up to 65,535 bytes, 0x0C above.
type String string

// Null is the absence of an object. Marker 0x05.
type Null struct{}

// Undefined is the value of a variable that was never set. Marker 0x06.
type Undefined struct{}

// Unsupported stands where the sender had a value it could not serialize. Marker 0x0D.
type Unsupported struct{}

// XMLDocument is the text of an XML document, not parsed. Marker 0x0F.
type XMLDocument string

// Reference stands inside a container that the sender refers to from within itself: it is the index of that container
// among the containers of the message (in AMF3: among all objects that share a table), in the order in which they begin.
// References to finished containers do not appear as such: the decoder puts the container itself in their place, shared
// by pointer. Marker 0x07.
type Reference uint32

// Date is a point in time. Marker 0x0B.
type Date struct {
	Milliseconds float64 // since 1970-01-01 00:00 UTC
	Zone         int16   // reserved, minutes in FLV's text; senders write 0, readers ignore it
}

// Property is a named value of an [Object] or an [ECMAArray].
type Property struct {
	Name  string // at most 65,535 bytes; may be empty
	Value Value
}

// Object is a list of properties in the order of the wire. Marker 0x03, or 0x10 when it has a class; 0x0A in AMF3.
type Object struct {
	Class      string // "" for an anonymous object
	Properties []Property

	// Sealed is how many of the first properties are members that the class prescribes; AMF3 writes their names
	// once for all objects of the class. Static says that the class permits no others: it is obeyed if there are none.
	// Neither means anything in AMF0.
	Sealed int
	Static bool
}

// ECMAArray is an associative array. It differs from [Object] only on the wire: readers should accept either wherever
// one of them is expected. Marker 0x08; the count that precedes its properties on the wire is a hint of no value.
type ECMAArray struct {
	Properties []Property
	// Dense are the elements 0 and following of an AMF3 array that has names as well. In AMF0 and JSON, and for
	// [ToAMF0], they are properties "0", "1", …, after the others.
	Dense []Value
}

// StrictArray is a list of values without names. Marker 0x0A; 0x09 in AMF3.
type StrictArray struct {
	Values []Value
}

func (Number) amfValue()       {}
func (Boolean) amfValue()      {}
func (String) amfValue()       {}
func (Null) amfValue()         {}
func (Undefined) amfValue()    {}
func (Unsupported) amfValue()  {}
func (XMLDocument) amfValue()  {}
func (Reference) amfValue()    {}
func (Date) amfValue()         {}
func (*Object) amfValue()      {}
func (*ECMAArray) amfValue()   {}
func (*StrictArray) amfValue() {}

// Get returns the value of the last property called name. It reads the list from its end: for many look-ups in a
// large object, range over Properties once instead.
func (o *Object) Get(name string) (Value, bool) {
	if o == nil {
		return nil, false
	}
	return lookup(o.Properties, name)
}

// Set gives the last property called name the value v, or appends the property.
func (o *Object) Set(name string, v Value) { o.Properties = set(o.Properties, name, v) }

// Get returns the value of the last property called name, as [Object.Get] does.
func (a *ECMAArray) Get(name string) (Value, bool) {
	if a == nil {
		return nil, false
	}
	return lookup(a.Properties, name)
}

// Set gives the last property called name the value v, or appends the property.
func (a *ECMAArray) Set(name string, v Value) { a.Properties = set(a.Properties, name, v) }

func lookup(properties []Property, name string) (Value, bool) {
	for i := len(properties) - 1; i >= 0; i-- {
		if properties[i].Name == name {
			return properties[i].Value, true
		}
	}
	return nil, false
}

func set(properties []Property, name string, v Value) []Property {
	for i := len(properties) - 1; i >= 0; i-- {
		if properties[i].Name == name {
			properties[i].Value = v
			return properties
		}
	}
	return append(properties, Property{Name: name, Value: v})
}

// Lookup returns the value of the last property called name of an [*Object] or [*ECMAArray]. Any other v has none.
func Lookup(v Value, name string) (Value, bool) {
	properties, ok := Properties(v)
	if !ok {
		return nil, false
	}
	return lookup(properties, name)
}

// Properties returns the properties of an [*Object] or [*ECMAArray], not copied. Any other v, and a nil pointer, has
// none, and ok is false.
func Properties(v Value) (properties []Property, ok bool) {
	switch v := v.(type) {
	case *Object:
		if v != nil {
			return v.Properties, true
		}
	case *ECMAArray:
		if v != nil {
			return v.Properties, true
		}
	}
	return nil, false
}

// AsNumber returns the number that v is, a [Number] or [Integer]. Nothing is converted: ok is false for every other kind
// of value.
func AsNumber(v Value) (n float64, ok bool) {
	switch v := v.(type) {
	case Number:
		return float64(v), true
	case Integer:
		return float64(v), true
	}
	return 0, false
}

// AsString returns the string that v is. Nothing is converted: ok is false for every other kind of value.
func AsString(v Value) (s string, ok bool) {
	text, ok := v.(String)
	return string(text), ok
}

// AsBoolean returns the boolean that v is. Nothing is converted: ok is false for every other kind of value.
func AsBoolean(v Value) (b bool, ok bool) {
	boolean, ok := v.(Boolean)
	return bool(boolean), ok
}
