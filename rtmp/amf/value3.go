package amf

// Integer is a whole number of AMF3 from -268435456 to 268435455; the encoders write others as a double. AMF3 marker
// 0x04. AMF0 has numbers only: there it is written as a [Number].
type Integer int32

// XML is the text of an XML document of the newer kind (E4X), not parsed. AMF3 marker 0x0B; [XMLDocument] is the older
// one, 0x07 in AMF3. In AMF0 it is written as an XMLDocument.
type XML string

// ByteArray is a list of bytes. AMF3 marker 0x0C.
type ByteArray []byte

// VectorInt is a list of signed integers. AMF3 marker 0x0D.
type VectorInt struct {
	Fixed  bool // its length must not change
	Values []int32
}

// VectorUint is a list of unsigned integers. AMF3 marker 0x0E.
type VectorUint struct {
	Fixed  bool
	Values []uint32
}

// VectorDouble is a list of doubles. AMF3 marker 0x0F.
type VectorDouble struct {
	Fixed  bool
	Values []float64
}

// VectorObject is a list of values of one class. AMF3 marker 0x10.
type VectorObject struct {
	Fixed  bool
	Class  string // "*" or "" stands for any
	Values []Value
}

// Dictionary is a list of values under keys of any kind. AMF3 marker 0x11.
type Dictionary struct {
	Weak    bool // entries whose key nobody else holds may vanish
	Entries []Entry
}

// Entry is one key of a [Dictionary] and what is under it.
type Entry struct{ Key, Value Value }

// External is an object whose class writes itself, in a form that only the class knows. AMF3 marker 0x0A with
// externalizable traits.
type External struct {
	Class string
	// Value is all that objects of the class consist of, as for Flex's collections. Nil: see Data.
	Value Value
	// Data is what the class wrote, verbatim, where a [Resolver] said how much that is.
	Data []byte
}

func (Integer) amfValue()       {}
func (XML) amfValue()           {}
func (ByteArray) amfValue()     {}
func (*VectorInt) amfValue()    {}
func (*VectorUint) amfValue()   {}
func (*VectorDouble) amfValue() {}
func (*VectorObject) amfValue() {}
func (*Dictionary) amfValue()   {}
func (*External) amfValue()     {}

// Resolver says how many bytes an externalizable object of a class takes, which begins at p and may end before p does.
// It returns ok = false for a class that it does not know. p is borrowed for the call.
type Resolver func(class string, p []byte) (n int, ok bool)

// Decoder decodes in ways that the functions of this package do not offer. The zero value decodes as they do.
type Decoder struct {
	Limits   Limits
	Strict   bool     // AMF0 as [DecodeStrictAMF0] takes it
	External Resolver // for externalizable classes other than Flex's ArrayCollection, ArrayList and ObjectProxy
	// Borrow makes texts and bytes of the result alias p, which then must not change as long as they are in use.
	Borrow bool
}

// AMF0 decodes as [DecodeAMF0] does.
func (d Decoder) AMF0(p []byte) ([]Value, error) {
	a := newAMF0Decoder(p, d.Limits)
	defer a.free()
	a.strict, a.external, a.borrow = d.Strict, d.External, d.Borrow
	return a.all()
}

// AMF3 decodes as [DecodeAMF3] does.
func (d Decoder) AMF3(p []byte) ([]Value, error) {
	r := newReader(p, d.Limits)
	r.external, r.borrow = d.External, d.Borrow
	a := amf3Decoder{reader: &r}
	return a.all()
}
