package amf

// Markers of AMF 3, §3.1.
const (
	amf3Undefined    = 0x00
	amf3Null         = 0x01
	amf3False        = 0x02
	amf3True         = 0x03
	amf3Integer      = 0x04
	amf3Double       = 0x05
	amf3String       = 0x06
	amf3XMLDocument  = 0x07
	amf3Date         = 0x08
	amf3Array        = 0x09
	amf3Object       = 0x0A
	amf3XML          = 0x0B
	amf3ByteArray    = 0x0C
	amf3VectorInt    = 0x0D
	amf3VectorUint   = 0x0E
	amf3VectorDouble = 0x0F
	amf3VectorObject = 0x10
	amf3Dictionary   = 0x11
)

// DecodeAMF3 decodes all values of p; the three reference tables reach across them. Nothing in the result aliases p. On
// error it returns the values before the faulty one too, and of that, if it is a container, as much as could be read.
// Errors are of type [*Error]. Externalizable objects of unknown classes are ErrExternal; see [Decoder].
//
// Arrays with names become an [*ECMAArray], others a [*StrictArray].
func DecodeAMF3(p []byte, l Limits) ([]Value, error) { return Decoder{Limits: l}.AMF3(p) }

// DecodeValueAMF3 decodes the value at the start of p, and returns how many bytes it takes. On error v is nil and n
// is 0.
func DecodeValueAMF3(p []byte, l Limits) (v Value, n int, err error) {
	r := newReader(p, l)
	d := amf3Decoder{reader: &r}
	if v, err = d.value(); err != nil {
		return nil, 0, err
	}
	return v, r.cur.Offset(), nil
}

// amf3Decoder reads values that share reference tables. AMF 3, §2.2.
type amf3Decoder struct {
	*reader
	strings []string
	objects []entry
	traits  []traits
	members int // names of sealed members read
}

func (d *amf3Decoder) all() (values []Value, err error) {
	for d.cur.Len() > 0 {
		v, err := d.value()
		if v != nil {
			values = append(values, v)
		}
		if err != nil {
			return values, err
		}
	}
	return values, nil
}

// value decodes one value. On error the value is nil, or a container that holds what could be read of it.
func (d *amf3Decoder) value() (Value, error) {
	if d.values >= d.limits.Values {
		return nil, d.fail(ErrValues)
	}
	d.values++
	p, err := d.take(1)
	if err != nil {
		return nil, err
	}
	switch marker := p[0]; marker {
	case amf3Undefined:
		return Undefined{}, nil
	case amf3Null:
		return Null{}, nil
	case amf3False, amf3True:
		return Boolean(marker == amf3True), nil
	case amf3Integer:
		n, err := d.uint29()
		if err != nil {
			return nil, err
		}
		return Integer(int32(n<<3) >> 3), nil
	case amf3Double:
		n, err := d.float64()
		if err != nil {
			return nil, err
		}
		return Number(n), nil
	case amf3String:
		s, err := d.text()
		if err != nil {
			return nil, err
		}
		return String(s), nil
	default:
		if marker > amf3Dictionary {
			return nil, &Error{Offset: d.cur.Offset() - 1, Err: ErrMarker}
		}
		return d.object(marker)
	}
}

// uint29 reads an integer of one to four bytes, of which longer forms than needed are accepted too. AMF 3, §1.3.1.
func (d *amf3Decoder) uint29() (uint32, error) {
	var n uint32
	for i := range 4 {
		p, err := d.take(1)
		if err != nil {
			return 0, err
		}
		b := uint32(p[0])
		if i == 3 {
			return n<<8 | b, nil
		}
		n = n<<7 | b&0x7F
		if b < 0x80 {
			break
		}
	}
	return n, nil
}

// text reads a string without marker: its bytes, or a reference to an earlier one.
func (d *amf3Decoder) text() (string, error) {
	start := d.cur.Offset()
	n, err := d.uint29()
	if err != nil {
		return "", err
	}
	if n&1 == 0 {
		index := int(n >> 1)
		if index >= len(d.strings) {
			return "", &Error{Offset: start, Err: ErrReference}
		}
		s := d.strings[index]
		if len(s) > d.bytesLeft() {
			return "", &Error{Offset: start, Err: ErrBytes}
		}
		d.extra += len(s)
		return s, nil
	}
	p, err := d.take(int(n >> 1))
	if err != nil || len(p) == 0 {
		return "", err
	}
	s := d.string(p)
	d.strings = append(d.strings, s)
	return s, nil
}

// object decodes the rest of a value that takes a place in the table of objects, or that refers to one.
func (d *amf3Decoder) object(marker byte) (Value, error) {
	start := d.cur.Offset() - 1
	n, err := d.uint29()
	if err != nil {
		return nil, err
	}
	if n&1 == 0 {
		return d.repeat(d.objects, int(n>>1), start)
	}
	switch n >>= 1; marker {
	case amf3Array, amf3VectorObject, amf3Dictionary:
		f, err := d.open(&d.objects, start)
		if err != nil {
			return nil, err
		}
		v, err := d.container(marker, int(n))
		d.shut(d.objects, f, v)
		return v, err
	case amf3Object:
		return d.instance(n, start)
	}
	before := d.values - 1
	v, err := d.leaf(marker, int(n))
	if err != nil {
		return nil, err
	}
	d.objects = append(d.objects, entry{value: v, values: d.values - before, bytes: d.cur.Offset() - start})
	return v, nil
}

// leaf decodes the rest of an object that no other is inside of.
func (d *amf3Decoder) leaf(marker byte, n int) (Value, error) {
	switch marker {
	case amf3Date:
		ms, err := d.float64()
		return Date{Milliseconds: ms}, err
	case amf3VectorInt, amf3VectorUint, amf3VectorDouble:
		return d.vector(marker, n)
	}
	p, err := d.take(n)
	if err != nil {
		return nil, err
	}
	switch marker {
	case amf3XMLDocument:
		return XMLDocument(d.string(p)), nil
	case amf3XML:
		return XML(d.string(p)), nil
	default:
		return ByteArray(d.bytes(p)), nil
	}
}

// vector decodes the rest of a vector of n numbers.
func (d *amf3Decoder) vector(marker byte, n int) (Value, error) {
	fixed, err := d.flag()
	if err != nil {
		return nil, err
	}
	size := 4
	if marker == amf3VectorDouble {
		size = 8
	}
	if err := d.count(n, size); err != nil {
		return nil, err
	}
	d.values += n
	if size*n > d.bytesLeft() {
		return nil, d.fail(ErrBytes)
	}
	switch marker {
	case amf3VectorInt:
		v := &VectorInt{Fixed: fixed, Values: make([]int32, n)}
		for i := range v.Values {
			u, _ := d.uint32()
			v.Values[i] = int32(u)
		}
		return v, nil
	case amf3VectorUint:
		v := &VectorUint{Fixed: fixed, Values: make([]uint32, n)}
		for i := range v.Values {
			v.Values[i], _ = d.uint32()
		}
		return v, nil
	default:
		v := &VectorDouble{Fixed: fixed, Values: make([]float64, n)}
		for i := range v.Values {
			v.Values[i], _ = d.float64()
		}
		return v, nil
	}
}

func (d *amf3Decoder) flag() (bool, error) {
	p, err := d.take(1)
	return err == nil && p[0] != 0, err
}
