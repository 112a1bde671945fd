package amf_test

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
)

func list(values ...amf.Value) *amf.StrictArray { return &amf.StrictArray{Values: values} }

// A47, A50, A51: what Py3AMF 0.9.1 writes, read, and written alike.
func TestAMF3OfAnotherImplementation(t *testing.T) {
	one := object("a", amf.Integer(1))
	foo := func(x amf.Integer) *amf.Object {
		o := object("x", x, "y", amf.String("s"))
		o.Class = "org.Foo"
		return o
	}
	long := strings.Repeat("x", 200)
	for _, c := range []struct {
		name, hex string
		want      amf.Value
	}{
		{"one object twice", "0905010a0b0103610401010a02", list(one, one)},
		{"mixed array", "0905036b060378010602060379", &amf.ECMAArray{
			Properties: object("k", amf.String("x")).Properties,
			Dense:      []amf.Value{amf.String("x"), amf.String("y")},
		}},
		{"class, twice", "0905010a0b0f6f72672e466f6f037804010379060373010a0102040204060601", list(foo(1), foo(2))},
		{"numbers", "090f01040004ffffffff04bfffffff04c08080000541b0000000000000054270000000000000053ff8000000000000",
			list(amf.Integer(0), amf.Integer(-1), amf.Integer(1<<28-1), amf.Integer(-1<<28), amf.Number(1<<28),
				amf.Number(1<<40), amf.Number(1.5))},
		{"date", "08014278bcfe56800000", amf.Date{Milliseconds: 1700000000000}},
		{"bytes", "0c070102ff", amf.ByteArray{1, 2, 255}},
		{"strings", "090b0106096c69766506000601068311" + strings.Repeat("78", 200) + "0600",
			list(amf.String("live"), amf.String("live"), amf.String(""), amf.String(long), amf.String("live"))},
		{"array collection", "0a0743666c65782e6d6573736167696e672e696f2e4172726179436f6c6c656374696f6e0905010401060361",
			&amf.External{Class: "flex.messaging.io.ArrayCollection", Value: list(amf.Integer(1), amf.String("a"))}},
		{"object proxy", "0a073b666c65782e6d6573736167696e672e696f2e4f626a65637450726f78790a0b01036b0301",
			&amf.External{Class: "flex.messaging.io.ObjectProxy", Value: object("k", amf.Boolean(true))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := unhex(t, c.hex)
			got, n, err := amf.DecodeValueAMF3(p, amf.Limits{})
			if err != nil || n != len(p) || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("%#v, %d of %d bytes, %v; want %#v", got, n, len(p), err, c.want)
			}
			if again := amf.AppendAMF3(nil, got); !bytes.Equal(again, p) {
				t.Errorf("written %x, want %x", again, p)
			}
			if again := amf.AppendAMF3(nil, c.want); !bytes.Equal(again, p) {
				t.Errorf("the wanted value written %x, want %x", again, p)
			}
		})
	}
}

// References to objects without identity, and to what is not finished, become what they mean, or a Reference.
func TestAMF3References(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      amf.Value
		again     string // as written
	}{
		{"date", "09050108014278bcfe568000000802", // Py3AMF
			list(amf.Date{Milliseconds: 1700000000000}, amf.Date{Milliseconds: 1700000000000}),
			"09050108014278bcfe5680000008014278bcfe56800000"},
		{"itself", "0903010900", list(amf.Reference(0)), "09030100"}, // Py3AMF
		{"XML, bytes", "0909010b03610c03ff0b020c04",
			list(amf.XML("a"), amf.ByteArray{255}, amf.XML("a"), amf.ByteArray{255}), "0909010b03610c03ff0b03610c03ff"},
		{"traits of an object with sealed and dynamic members",
			"0905010a1b0346036104010362040201" + "0a010403036204040 1",
			list(&amf.Object{Class: "F", Properties: object("a", amf.Integer(1), "b", amf.Integer(2)).Properties, Sealed: 1},
				&amf.Object{Class: "F", Properties: object("a", amf.Integer(3), "b", amf.Integer(4)).Properties, Sealed: 1}),
			"0905010a1b0346036104010362040201" + "0a010403040404 01"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _, err := amf.DecodeValueAMF3(unhex(t, c.hex), amf.Limits{})
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Fatalf("%#v, %v; want %#v", got, err, c.want)
			}
			if again := amf.AppendAMF3(nil, got); !bytes.Equal(again, unhex(t, c.again)) {
				t.Errorf("written %x, want %s", again, c.again)
			}
		})
	}
}

// A value may contain itself, and is then written with a reference.
func TestAMF3Cycle(t *testing.T) {
	array := new(amf.StrictArray)
	array.Values = []amf.Value{array}
	if p := amf.AppendAMF3(nil, array); !bytes.Equal(p, unhex(t, "0903010900")) { // Py3AMF
		t.Errorf("%x", p)
	}
}

func TestAMF3Errors(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		limits    amf.Limits
		err       error
	}{
		{"unknown marker", "12", amf.Limits{}, amf.ErrMarker},
		{"string reference", "0600", amf.Limits{}, amf.ErrReference},
		{"string reference to an empty string", "09050106010600", amf.Limits{}, amf.ErrReference},
		{"object reference", "0a00", amf.Limits{}, amf.ErrReference},
		{"traits reference", "0a01", amf.Limits{}, amf.ErrReference},
		{"externalizable", "0a0703463132", amf.Limits{}, amf.ErrExternal},
		{"integer", "04808080", amf.Limits{}, amf.ErrTruncated},
		{"string of 2^28-1", "06ffffffff61", amf.Limits{}, amf.ErrTruncated},
		{"bytes of 2^28-1", "0cffffffff61", amf.Limits{}, amf.ErrTruncated},
		{"array of 2^28-1", "09ffffffff0101", amf.Limits{}, amf.ErrTruncated},
		{"vector of 2^28-1", "0dffffffff0101", amf.Limits{}, amf.ErrTruncated},
		{"vector of 2^28-1 objects", "10ffffffff0101", amf.Limits{}, amf.ErrTruncated},
		{"dictionary of 2^28-1", "11ffffffff0101", amf.Limits{}, amf.ErrTruncated},
		{"2^25-1 sealed members", "0afffffff30101", amf.Limits{}, amf.ErrTruncated},
		{"names without end", "09010361", amf.Limits{}, amf.ErrTruncated},
		{"depth", "0903010903010901 01", amf.Limits{Depth: 2}, amf.ErrDepth},
		{"depth inside AMF0", "", amf.Limits{Depth: 2}, amf.ErrDepth},
		{"values", "090701010101", amf.Limits{Values: 3}, amf.ErrValues},
		{"vector's values", "0d07000000000100000002 00000003", amf.Limits{Values: 3}, amf.ErrValues},
		{"bytes", "060961626364", amf.Limits{Bytes: 5}, amf.ErrBytes},
		{"bytes of a reference", "060961626364 0600", amf.Limits{Bytes: 11}, amf.ErrBytes},
		{"bytes of traits", "0905010a1307466f6f037804010a010402", amf.Limits{Bytes: 22}, amf.ErrBytes},
	} {
		p := unhex(t, c.hex)
		values, err := amf.DecodeAMF3(p, c.limits)
		if c.name == "depth inside AMF0" {
			values, err = amf.DecodeAMF0(unhex(t, "0a0000000111 090301090101"), c.limits)
		}
		if !errors.Is(err, c.err) {
			t.Errorf("%s: %v, %v; want %v", c.name, values, err, c.err)
		}
	}
	for _, ok := range []struct {
		hex    string
		limits amf.Limits
	}{
		{"0903010903010901 01", amf.Limits{Depth: 3}},
		{"090701010101", amf.Limits{Values: 4}},
		{"0d07000000000100000002 00000003", amf.Limits{Values: 4}},
		{"060961626364 0600", amf.Limits{Bytes: 12}},
		{"0905010a1307466f6f037804010a010402", amf.Limits{Bytes: 23}},
	} {
		if _, err := amf.DecodeAMF3(unhex(t, ok.hex), ok.limits); err != nil {
			t.Errorf("%s: %v", ok.hex, err)
		}
	}
}

// A50: a resolver says how long an externalizable object is; what it says is not believed.
// What is borrowed is the same, and changes with the input; what is not does not.
func TestBorrow(t *testing.T) {
	p := unhex(t, "06096c697665 0c05 6869 070561 62 0a07034601 31")
	decode := func(borrow bool) []amf.Value {
		values, err := amf.Decoder{Borrow: borrow, External: func(string, []byte) (int, bool) { return 2, true }}.AMF3(p)
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	want := []amf.Value{amf.String("live"), amf.ByteArray("hi"), amf.XMLDocument("ab"),
		&amf.External{Class: "F", Data: []byte{1, '1'}}}
	own, borrowed := decode(false), decode(true)
	if !reflect.DeepEqual(own, want) || !reflect.DeepEqual(borrowed, want) {
		t.Fatalf("%#v; borrowed %#v", own, borrowed)
	}
	for i := range p {
		p[i] = 'x'
	}
	xs := []amf.Value{amf.String("xxxx"), amf.ByteArray("xx"), amf.XMLDocument("xx"),
		&amf.External{Class: "x", Data: []byte("xx")}}
	if !reflect.DeepEqual(own, want) || !reflect.DeepEqual(borrowed, xs) {
		t.Fatalf("after a change %#v; borrowed %#v", own, borrowed)
	}
}

func TestAMF3Resolver(t *testing.T) {
	p := unhex(t, "0a070346 313233 0105")
	decode := func(n int) ([]amf.Value, error) {
		return amf.Decoder{External: func(class string, rest []byte) (int, bool) {
			return n, class == "F" && bytes.HasPrefix(rest, []byte("123"))
		}}.AMF3(p[:len(p)-1])
	}
	values, err := decode(3)
	want := []amf.Value{&amf.External{Class: "F", Data: []byte("123")}, amf.Null{}}
	if err != nil || !reflect.DeepEqual(values, want) {
		t.Errorf("%#v, %v", values, err)
	}
	if again := amf.AppendValuesAMF3(nil, values...); !bytes.Equal(again, p[:len(p)-1]) {
		t.Errorf("written %x", again)
	}
	for _, n := range []int{-1, 5, 1 << 40} {
		if _, err := decode(n); !errors.Is(err, amf.ErrTruncated) {
			t.Errorf("length %d: %v", n, err)
		}
	}
	values, err = amf.Decoder{External: func(string, []byte) (int, bool) { return 3, true }}.AMF0(
		append([]byte{0x11}, p[:len(p)-2]...))
	if err != nil || !reflect.DeepEqual(values, want[:1]) {
		t.Errorf("inside AMF0: %#v, %v", values, err)
	}
}

// A41: values may switch to AMF3 anywhere in a message, each with tables of its own, and AMF0 goes on after them.
func TestAMF3InsideAMF0(t *testing.T) {
	p := unhex(t, "02 0003 6f6e46  03 0001 61 11 0a0b01 0362 0401 01  0001 63 11 0603 62 000009  11 0603 78 07 0000 0101")
	values, err := amf.DecodeAMF0(p, amf.Limits{})
	o := object("a", object("b", amf.Integer(1)), "c", amf.String("b"))
	want := []amf.Value{amf.String("onF"), o, amf.String("x"), o, amf.Boolean(true)}
	if err != nil || !reflect.DeepEqual(values, want) {
		t.Fatalf("%#v, %v", values, err)
	}
	if _, err := amf.DecodeAMF0(unhex(t, "11 060378 11 0600"), amf.Limits{}); !errors.Is(err, amf.ErrReference) {
		t.Errorf("a reference to another value's table: %v", err)
	}
}

// What AMF0 has no form for is written behind the switch.
func TestAppendAMF0SwitchesToAMF3(t *testing.T) {
	for _, c := range []struct {
		v    amf.Value
		want string
	}{
		{amf.Integer(5), "00 4014000000000000"},
		{amf.XML("<a/>"), "0f 00000004 3c612f3e"},
		{amf.ByteArray{1, 2}, "11 0c 05 0102"},
		{&amf.VectorUint{Values: []uint32{7}}, "11 0e 03 00 00000007"},
		{&amf.ECMAArray{Properties: object("a", amf.Null{}).Properties, Dense: []amf.Value{amf.Undefined{}}},
			"08 00000002 0001 61 05 0001 30 06 000009"},
		{object("d", &amf.Dictionary{Entries: []amf.Entry{{Key: amf.String("a"), Value: amf.Integer(1)}}}),
			"03 0001 64 11 11 03 00 06 03 61 04 01 000009"},
	} {
		p := amf.AppendAMF0(nil, c.v)
		if !bytes.Equal(p, unhex(t, c.want)) {
			t.Errorf("%#v: %x, want %s", c.v, p, c.want)
		}
		if _, _, err := amf.DecodeValueAMF0(p, amf.Limits{}); err != nil {
			t.Errorf("%x: %v", p, err)
		}
	}
}

// A52: what becomes of each kind in AMF0.
func TestToAMF0(t *testing.T) {
	for _, c := range []struct{ v, want amf.Value }{
		{nil, amf.Null{}},
		{amf.String("a"), amf.String("a")},
		{amf.Integer(-3), amf.Number(-3)},
		{amf.XML("<a/>"), amf.XMLDocument("<a/>")},
		{amf.Date{Milliseconds: 1}, amf.Date{Milliseconds: 1}},
		{amf.ByteArray{1, 255}, list(amf.Number(1), amf.Number(255))},
		{&amf.VectorInt{Values: []int32{-1}}, list(amf.Number(-1))},
		{&amf.VectorUint{Values: []uint32{1 << 31}}, list(amf.Number(1 << 31))},
		{&amf.VectorDouble{Values: []float64{0.5}}, list(amf.Number(0.5))},
		{&amf.VectorObject{Values: []amf.Value{amf.Integer(1)}}, list(amf.Number(1))},
		{&amf.Object{Class: "F", Properties: object("a", amf.Integer(1), "b", list(amf.Integer(2))).Properties, Sealed: 1},
			&amf.Object{Class: "F", Properties: object("a", amf.Number(1), "b", list(amf.Number(2))).Properties}},
		{&amf.ECMAArray{Properties: object("k", amf.Integer(1)).Properties, Dense: []amf.Value{amf.Integer(2)}},
			&amf.ECMAArray{Properties: object("k", amf.Number(1), "0", amf.Number(2)).Properties}},
		{&amf.Dictionary{Entries: []amf.Entry{
			{Key: amf.String("s"), Value: amf.Integer(1)}, {Key: amf.Integer(2), Value: amf.Null{}},
			{Key: amf.Number(0.5), Value: amf.Null{}}, {Key: amf.Boolean(true), Value: amf.Null{}},
			{Key: object(), Value: amf.Null{}},
		}}, &amf.ECMAArray{Properties: object("s", amf.Number(1), "2", amf.Null{}, "0.5", amf.Null{}, "true", amf.Null{},
			"[object]", amf.Null{}).Properties}},
		{&amf.External{Class: "F", Value: list(amf.Integer(1))}, list(amf.Number(1))},
		{&amf.External{Class: "F", Data: []byte{1}}, amf.Unsupported{}},
		{(*amf.Dictionary)(nil), amf.Null{}},
	} {
		got := amf.ToAMF0(c.v)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%#v: %#v, want %#v", c.v, got, c.want)
		}
		if p := amf.AppendAMF0(nil, got); bytes.IndexByte(p[:1], 0x11) >= 0 {
			t.Errorf("%#v: %x", c.v, p)
		}
	}
}

func TestJSONOfAMF3(t *testing.T) {
	for _, c := range []struct {
		v    amf.Value
		want string
	}{
		{amf.Integer(-7), `-7`},
		{amf.XML("<a/>"), `"<a/>"`},
		{amf.ByteArray{1, 2, 255}, `{"$bytes":"AQL/"}`},
		{&amf.VectorInt{Values: []int32{1, -1}}, `[1,-1]`},
		{&amf.VectorUint{Values: []uint32{1 << 31}}, `[2147483648]`},
		{&amf.VectorDouble{Values: []float64{0.5}}, `[0.5]`},
		{&amf.VectorObject{Values: []amf.Value{amf.Boolean(true)}}, `[true]`},
		{&amf.Dictionary{Entries: []amf.Entry{{Key: amf.String("a"), Value: amf.Integer(1)}}}, `[["a",1]]`},
		{&amf.External{Value: amf.Integer(1)}, `1`},
		{&amf.External{Data: []byte{1}}, `{"$bytes":"AQ=="}`},
		{&amf.ECMAArray{Properties: object("k", amf.Null{}).Properties, Dense: []amf.Value{amf.Integer(1), amf.Integer(2)}},
			`{"k":null,"0":1,"1":2}`},
		{(*amf.VectorInt)(nil), `null`},
	} {
		if got := string(amf.AppendJSON(nil, c.v)); got != c.want {
			t.Errorf("%#v: %s, want %s", c.v, got, c.want)
		}
	}
	v, err := amf.ParseJSON([]byte(`[{"$bytes":"AQL/"},{"$bytes":"A"},{"$bytes":1}]`), amf.Limits{})
	want := list(amf.ByteArray{1, 2, 255}, object("$bytes", amf.String("A")), object("$bytes", amf.Number(1)))
	if err != nil || !reflect.DeepEqual(v, want) {
		t.Errorf("%#v, %v", v, err)
	}
}

// Hostile AMF3 costs memory in proportion to what is permitted, not to what it promises or repeats.
func TestHostileMemoryAMF3(t *testing.T) {
	bomb := []byte{9, 5, 1, 1, 1} // [null, null], then arrays of twice the one before
	for i := range 1000 {
		ref := []byte{9, byte(i<<1&0x7F) | 0x00}
		if i >= 64 {
			ref = []byte{9, byte(i>>6) | 0x80, byte(i << 1 & 0x7F)}
		}
		bomb = append(bomb, 9, 5, 1)
		bomb = append(append(bomb, ref...), ref...)
	}
	text := append([]byte{6, 0x9F, 0x8D, 0x01}, bytes.Repeat([]byte("x"), 31<<13|13<<6)...)
	text = append(text, bytes.Repeat([]byte{6, 0}, 100000)...)
	sealed := []byte{0x0A, 0x80 | 0x3F, 0xFF, 0x73} // 65,527 sealed members without names, the first of which is another
	names := bytes.Repeat([]byte{1}, 65535)
	var nest []byte
	for range 60 {
		nest = append(append(append(nest, sealed...), 1), names...)
	}
	for _, c := range []struct {
		name   string
		p      []byte
		limits amf.Limits
		most   uint64
	}{
		{"arrays in one another", bytes.Repeat([]byte{9, 3, 1}, 100000), amf.Limits{}, 64 << 10},
		{"objects in one another", bytes.Repeat([]byte{10, 0x0B, 1, 3, 'a'}, 100000), amf.Limits{}, 64 << 10},
		{"expanding references", bomb, amf.Limits{Depth: 1024}, 64 << 10},
		{"expanding text", text, amf.Limits{Bytes: 1 << 20}, 1 << 20},
		{"sealed members in one another", nest, amf.Limits{}, 4 << 20},
		{"a million nulls before login", append([]byte{9, 0xBF, 0x89, 0x01, 1}, bytes.Repeat([]byte{1}, 1<<20)...),
			amf.Limits{Values: 512}, 4 << 10},
		{"vector before login", append([]byte{0xD, 0xBF, 0x89, 0x01, 1}, make([]byte, 4<<20)...), amf.Limits{Values: 512}, 4 << 10},
	} {
		t.Run(c.name, func(t *testing.T) {
			var err error
			got := allocated(func() { _, err = amf.DecodeAMF3(c.p, c.limits) })
			if !amf.IsLimit(err) {
				t.Errorf("error %v", err)
			}
			if got > c.most {
				t.Errorf("%d bytes allocated, at most %d expected", got, c.most)
			}
		})
	}
}

// A list of everything, for the fuzzer's sake and as an example of each kind.
func everything() []amf.Value {
	shared := object("a", amf.Integer(1))
	return []amf.Value{
		amf.Undefined{}, amf.Null{}, amf.Boolean(false), amf.Integer(-1), amf.Number(0.5), amf.String("s"),
		amf.XMLDocument("<a/>"), amf.XML("<b/>"), amf.Date{Milliseconds: 1}, amf.ByteArray{1, 2},
		list(shared, shared, list()), &amf.ECMAArray{Properties: shared.Properties, Dense: []amf.Value{amf.String("s")}},
		&amf.Object{Class: "C", Properties: object("x", amf.Null{}, "y", amf.Null{}).Properties, Sealed: 1},
		&amf.Object{Class: "C", Properties: object("x", amf.Null{}).Properties, Sealed: 1, Static: true},
		&amf.VectorInt{Fixed: true, Values: []int32{-1}}, &amf.VectorUint{Values: []uint32{1}},
		&amf.VectorDouble{Values: []float64{1}}, &amf.VectorObject{Class: "C", Values: []amf.Value{shared}},
		&amf.Dictionary{Weak: true, Entries: []amf.Entry{{Key: shared, Value: list()}}},
		&amf.External{Class: "flex.messaging.io.ArrayList", Value: list(shared)},
	}
}

func TestEverythingAMF3(t *testing.T) {
	values := everything()
	p := amf.AppendValuesAMF3(nil, values...)
	total := 0
	for _, v := range values {
		total += amf.Count(v)
	}
	if _, err := amf.DecodeAMF3(p, amf.Limits{Values: total - 1}); !errors.Is(err, amf.ErrValues) {
		t.Errorf("%d values are counted, but fewer suffice: %v", total, err)
	}
	got, err := amf.DecodeAMF3(p, amf.Limits{Values: total})
	if err != nil || len(got) != len(values) {
		t.Fatalf("%d values, %v", len(got), err)
	}
	for i := range values {
		if !reflect.DeepEqual(got[i], values[i]) {
			t.Errorf("value %d: %#v, want %#v", i, got[i], values[i])
		}
	}
	if again := amf.AppendValuesAMF3(nil, got...); !bytes.Equal(again, p) {
		t.Errorf("%x became %x", p, again)
	}
}

func ExampleAppendAMF3() {
	v := &amf.Object{Properties: []amf.Property{{Name: "app", Value: amf.String("live")}, {Name: "id", Value: amf.Integer(1)}}}
	fmt.Printf("% x\n", amf.AppendAMF3(nil, v))
	// Output: 0a 0b 01 07 61 70 70 06 09 6c 69 76 65 05 69 64 04 01 01
}
