package amf_test

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
)

// unhex reads hexadecimal digits, spaces allowed.
func unhex(t testing.TB, s string) []byte {
	t.Helper()
	p, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func object(pairs ...any) *amf.Object {
	o := new(amf.Object)
	for i := 0; i < len(pairs); i += 2 {
		o.Properties = append(o.Properties, amf.Property{Name: pairs[i].(string), Value: pairs[i+1].(amf.Value)})
	}
	return o
}

// A44, A45: what the lenient decoder mends, and the strict one (A46) refuses.
func TestLenient(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		want      amf.Value
		strict    error // nil: the strict decoder takes it too
	}{
		{"no end of object", "03 0001 61 05", object("a", amf.Null{}), amf.ErrTruncated},
		{"no end of ECMA array", "08 00000000 0001 61 05",
			&amf.ECMAArray{Properties: object("a", amf.Null{}).Properties}, amf.ErrTruncated},
		{"no end, twice", "03 0001 61 03 0001 62 06", object("a", object("b", amf.Undefined{})), amf.ErrTruncated},
		{"no property at all", "03", new(amf.Object), amf.ErrTruncated},
		{"empty name", "03 0000 05 0001 62 0100 000009",
			object("", amf.Null{}, "b", amf.Boolean(false)), amf.ErrMarker},
		{"count too small", "08 00000000 0001 61 05 000009",
			&amf.ECMAArray{Properties: object("a", amf.Null{}).Properties}, nil},
		{"count far too large", "08 ffffffff 0001 61 05 000009",
			&amf.ECMAArray{Properties: object("a", amf.Null{}).Properties}, nil},
		{"duplicate names", "03 0001 61 05 0001 61 06 000009",
			object("a", amf.Null{}, "a", amf.Undefined{}), nil},
		{"text that is not UTF-8", "02 0002 e9ff", amf.String("\xe9\xff"), nil},
		{"name that is not UTF-8", "03 0001 e9 05 000009", object("\xe9", amf.Null{}), nil},
		{"boolean 2", "01 02", amf.Boolean(true), nil},
		{"infinity", "00 7ff0000000000000", amf.Number(math.Inf(1)), nil},
		{"zone below 0", "0b 0000000000000000 ffc4", amf.Date{Zone: -60}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := unhex(t, c.hex)
			values, err := amf.DecodeAMF0(p, amf.Limits{})
			if err != nil || len(values) != 1 || !reflect.DeepEqual(values[0], c.want) {
				t.Fatalf("DecodeAMF0 = %#v, %v; want %#v", values, err, c.want)
			}
			if _, err := amf.DecodeStrictAMF0(p, amf.Limits{}); !errors.Is(err, c.strict) {
				t.Fatalf("DecodeStrictAMF0: %v, want %v", err, c.strict)
			}
		})
	}
}

// What cannot be decoded, where it is, and what comes out all the same.
func TestDecodeErrors(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		err       error
		offset    int
		want      string // the values, as JSON, one after the other
	}{
		{"cut number", "05 00 3ff00000", amf.ErrTruncated, 2, `null`},
		{"cut boolean", "01", amf.ErrTruncated, 1, ``},
		{"cut length", "02 00", amf.ErrTruncated, 1, ``},
		{"cut string", "05 02 0004 6c6976", amf.ErrTruncated, 4, `null`},
		{"long string past the end", "0c ffffffff 61", amf.ErrTruncated, 5, ``},
		{"XML past the end", "0f 00000002 61", amf.ErrTruncated, 5, ``},
		{"cut date", "0b 0000000000000000 00", amf.ErrTruncated, 9, ``},
		{"cut reference", "03 000009 07 00", amf.ErrTruncated, 5, `{}`},
		{"cut class", "10 0003 46", amf.ErrTruncated, 3, `{}`},
		{"cut count", "08 0000", amf.ErrTruncated, 1, `{}`},
		{"cut name", "03 0001 61 05 0002 62", amf.ErrTruncated, 7, `{"a":null}`},
		{"cut after a name", "03 0001 61 05 0001 62", amf.ErrTruncated, 8, `{"a":null}`},
		{"cut end of object", "03 0001 61 05 0000", amf.ErrTruncated, 7, `{"a":null}`},
		{"cut inside, twice", "03 0001 61 03 0001 62 05 0001 63 02 0009", amf.ErrTruncated, 15, `{"a":{"b":null}}`},
		{"array longer than the input", "0a 7fffffff 05", amf.ErrTruncated, 5, `[]`},
		{"array cut inside", "0a 00000003 05 02 0004", amf.ErrTruncated, 9, `[null]`},
		{"movie clip", "05 04", amf.ErrMarker, 1, `null`},
		{"record set", "0e", amf.ErrMarker, 0, ``},
		{"end of object outside", "09", amf.ErrMarker, 0, ``},
		{"unknown marker inside", "03 0001 61 05 0001 62 ff", amf.ErrMarker, 8, `{"a":null}`},
		{"reference to nothing", "03 000009 07 0001", amf.ErrReference, 4, `{}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := unhex(t, c.hex)
			values, err := amf.DecodeAMF0(p, amf.Limits{})
			var where *amf.Error
			if !errors.Is(err, c.err) || !errors.As(err, &where) || where.Offset != c.offset {
				t.Fatalf("error %v, want %v at %d", err, c.err, c.offset)
			}
			if !strings.HasPrefix(err.Error(), fmt.Sprintf("amf: byte %d: ", c.offset)) || amf.IsLimit(err) {
				t.Fatalf("error text %q, limit %v", err, amf.IsLimit(err))
			}
			var got string
			for _, v := range values {
				got += string(amf.AppendJSON(nil, v))
			}
			if got != c.want {
				t.Fatalf("values %s, want %s", got, c.want)
			}
			if len(values) == 0 || values[0] != (amf.Null{}) {
				if v, n, err := amf.DecodeValueAMF0(p, amf.Limits{}); err == nil && n == len(p) || err != nil && (v != nil || n != 0) {
					t.Fatalf("DecodeValueAMF0 = %v, %d, %v", v, n, err)
				}
			}
		})
	}
}

// A37: the border between the two kinds of strings.
func TestLongString(t *testing.T) {
	for _, c := range []struct {
		length int
		marker byte
		head   int
	}{{65535, 0x02, 3}, {65536, 0x0C, 5}} {
		s := amf.String(strings.Repeat("x", c.length))
		p := amf.AppendAMF0(nil, s)
		if p[0] != c.marker || len(p) != c.head+c.length {
			t.Errorf("%d bytes: marker %#x, %d bytes", c.length, p[0], len(p))
		}
		if v, n, err := amf.DecodeValueAMF0(p, amf.Limits{}); v != s || n != len(p) || err != nil {
			t.Errorf("%d bytes: read back %d, %v", c.length, n, err)
		}
	}
}

// A39: a reference is the container that it means, of whatever kind, counted from 0 in the order of their beginnings.
func TestReferenceToEarlierValue(t *testing.T) {
	values, err := amf.DecodeAMF0(unhex(t, "03 0001 61 0a 00000001 05 000009  10 0001 43 000009  07 0001  07 0002  07 0000"), amf.Limits{})
	if err != nil || len(values) != 5 {
		t.Fatalf("%d values, %v", len(values), err)
	}
	inner, _ := amf.Lookup(values[0], "a")
	if values[2] != inner || values[3] != values[1] || values[4] != values[0] {
		t.Fatalf("references are %v", values)
	}
}

// A container that holds a reference to itself is no cycle in memory.
func TestReferenceToItself(t *testing.T) {
	p := unhex(t, "03 0001 61 070000 0001 62 0a 00000001 070001 000009 070000")
	values, err := amf.DecodeAMF0(p, amf.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	want := object("a", amf.Reference(0), "b", &amf.StrictArray{Values: []amf.Value{amf.Reference(1)}})
	if len(values) != 2 || !reflect.DeepEqual(values[0], want) || values[1] != values[0] {
		t.Fatalf("%#v", values)
	}
	if got := amf.AppendAMF0(nil, values[0]); !reflect.DeepEqual(got, unhex(t, "03 0001 61 06 0001 62 0a 00000001 06 000009")) {
		t.Fatalf("written as %x", got)
	}
}

// References reach across the values of a message, but not out of one that is decoded by itself.
func TestReferenceScope(t *testing.T) {
	p := unhex(t, "03 000009 07 0000")
	if values, err := amf.DecodeAMF0(p, amf.Limits{}); err != nil || len(values) != 2 {
		t.Fatal(values, err)
	}
	if _, _, err := amf.DecodeValueAMF0(p[4:], amf.Limits{}); !errors.Is(err, amf.ErrReference) {
		t.Fatal(err)
	}
}

// What has no form in AMF0.
func TestAppendReplaces(t *testing.T) {
	long := strings.Repeat("n", 65536)
	deep := amf.Value(amf.Boolean(true))
	for range 1025 {
		deep = &amf.StrictArray{Values: []amf.Value{deep}}
	}
	for _, c := range []struct {
		name string
		v    amf.Value
		hex  string
	}{
		{"nil", nil, "05"},
		{"nil object", (*amf.Object)(nil), "05"},
		{"nil ECMA array", (*amf.ECMAArray)(nil), "05"},
		{"nil strict array", (*amf.StrictArray)(nil), "05"},
		{"reference", amf.Reference(3), "06"},
		{"nil property", &amf.Object{Properties: []amf.Property{{Name: "a"}}}, "03 0001 61 05 000009"},
		{"long name", object(long, amf.Null{}, "b", amf.Null{}), "03 0001 62 05 000009"},
		{"long class", &amf.Object{Class: long}, "03 000009"},
		{"nested too deeply", deep, strings.Repeat("0a00000001", 1024) + "05"},
	} {
		if got := amf.AppendAMF0(nil, c.v); hex.EncodeToString(got) != strings.ReplaceAll(c.hex, " ", "") {
			t.Errorf("%s: %.60x, want %.60s", c.name, got, c.hex)
		}
	}
}

// Decoders are used again, and short inputs share memory among their strings: neither shows.
func TestDecodeAMF0Apart(t *testing.T) {
	broken := amf.AppendAMF0(nil, object("left", amf.String("over"), "array", &amf.StrictArray{
		Values: []amf.Value{amf.String("left"), amf.String("over")},
	}))
	for _, size := range []int{1, 100, 4000, 5000} {
		want := []amf.Value{
			amf.String("publish"), amf.String(strings.Repeat("x", size)),
			object("name", amf.String("value"), "", amf.String("")), &amf.StrictArray{Values: []amf.Value{amf.Null{}}},
		}
		for n := range broken {
			amf.DecodeAMF0(broken[:n], amf.Limits{})
			p := amf.AppendValuesAMF0(nil, want...)
			got, err := amf.DecodeAMF0(p, amf.Limits{})
			clear(p)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("%d bytes, after %d of another message: %v, %v", size, n, got, err)
			}
		}
	}
}
