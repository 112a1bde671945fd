package amf_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
)

func FuzzDecodeAMF0(f *testing.F) {
	for _, v := range vectors.Load(f, "amf0.json") {
		f.Add(v.Bytes(f))
	}
	for _, v := range vectors.Load(f, "commands.json") {
		f.Add(v.Bytes(f)[12:])
	}
	f.Add(expansion(20))
	f.Add(nested("object", 70))
	f.Add(unhex(f, "03 0001 61 05 0000 02 0001 62 0001 63 07 0000"))
	f.Add(unhex(f, "03 0001 61 11 0a0b01 0362 0401 01 0001 63 11 0603 62 000009 11 0c0501ff 0101"))
	limits := amf.Limits{Depth: 16, Values: 1000, Bytes: 20000}
	more := amf.Limits{Depth: 16, Values: 1000, Bytes: 40000} // ends of objects that were missing take room
	f.Fuzz(func(t *testing.T, given []byte) {
		p := bytes.Clone(given)
		values, err := amf.DecodeAMF0(p, limits)
		if !bytes.Equal(p, given) {
			t.Fatal("the input was changed")
		}
		total := 0
		for _, v := range values {
			total += amf.Count(v)
			if !json.Valid(amf.AppendJSON(nil, v)) {
				t.Fatalf("not JSON: %s", amf.AppendJSON(nil, v))
			}
		}
		if total > limits.Values {
			t.Fatalf("%d values", total)
		}
		encoded := amf.AppendValuesAMF0(nil, values...)
		clear(p) // nothing of the result aliases the input
		if again := amf.AppendValuesAMF0(nil, values...); !bytes.Equal(again, encoded) {
			t.Fatal("values alias the input")
		}
		checkStable(t, encoded, more)
		if strict, strictErr := amf.DecodeStrictAMF0(given, limits); strictErr == nil {
			if err != nil || !bytes.Equal(amf.AppendValuesAMF0(nil, strict...), encoded) {
				t.Fatalf("the strict decoder differs: %v", err)
			}
		}
	})
}

// checkStable demands that what was encoded is decoded and encoded alike, at once and value by value.
func checkStable(t *testing.T, encoded []byte, limits amf.Limits) {
	t.Helper()
	values, err := amf.DecodeAMF0(encoded, limits)
	if err != nil {
		t.Fatalf("%x: %v", encoded, err)
	}
	if again := amf.AppendValuesAMF0(nil, values...); !bytes.Equal(again, encoded) {
		t.Fatalf("%x became %x", encoded, again)
	}
	rest := encoded
	for i := range values {
		v, n, err := amf.DecodeValueAMF0(rest, limits)
		if err != nil || n < 1 || n > len(rest) {
			t.Fatalf("value %d of %x: %d bytes, %v", i, encoded, n, err)
		}
		if !bytes.Equal(amf.AppendAMF0(nil, v), rest[:n]) {
			t.Fatalf("value %d of %x differs by itself", i, encoded)
		}
		rest = rest[n:]
	}
	if len(rest) != 0 {
		t.Fatalf("%d bytes too many", len(rest))
	}
}

func FuzzDecodeAMF3(f *testing.F) {
	for _, v := range vectors.Load(f, "amf3.json") {
		f.Add(v.Bytes(f))
	}
	f.Add(amf.AppendValuesAMF3(nil, everything()...))
	f.Add(unhex(f, "0905010a1b0346036104010362040201 0a0104030362040401 0904"))
	limits := amf.Limits{Depth: 16, Values: 1000, Bytes: 20000}
	more := amf.Limits{Depth: 16, Values: 1000, Bytes: 40000} // for references that are not written as such
	decoder := amf.Decoder{Limits: limits, External: func(class string, p []byte) (int, bool) { return 3, class == "C" }}
	f.Fuzz(func(t *testing.T, given []byte) {
		p := bytes.Clone(given)
		values, _ := decoder.AMF3(p)
		if !bytes.Equal(p, given) {
			t.Fatal("the input was changed")
		}
		total := 0
		for _, v := range values {
			total += amf.Count(v)
			if !json.Valid(amf.AppendJSON(nil, v)) {
				t.Fatalf("not JSON: %s", amf.AppendJSON(nil, v))
			}
			if _, _, err := amf.DecodeValueAMF0(amf.AppendAMF0(nil, amf.ToAMF0(v)), amf.Limits{Values: 1 << 20}); err != nil {
				t.Fatalf("%#v has no AMF0: %v", v, err)
			}
		}
		if total > limits.Values {
			t.Fatalf("%d values", total)
		}
		encoded := amf.AppendValuesAMF3(nil, values...)
		clear(p) // nothing of the result aliases the input
		if again := amf.AppendValuesAMF3(nil, values...); !bytes.Equal(again, encoded) {
			t.Fatal("values alias the input")
		}
		again := decoder
		again.Limits = more
		stable, err := again.AMF3(encoded)
		if err != nil {
			t.Fatalf("%x: %v", encoded, err)
		}
		if p := amf.AppendValuesAMF3(nil, stable...); !bytes.Equal(p, encoded) {
			t.Fatalf("%x became %x", encoded, p)
		}
	})
}

func FuzzParseJSON(f *testing.F) {
	f.Add([]byte(`{"app":"live","fourCcList":["hvc1"],"capsEx":15,"x":null,"y":-1.5e-3}`))
	f.Add([]byte(`[{"$date":1700000000000,"$zone":1},true,"\ud800\u00e9"]`))
	f.Add([]byte(`{"a":{"a":{"a":[[[]]]}},"a":1}`))
	f.Add([]byte("\"\xff\""))
	f.Fuzz(func(t *testing.T, p []byte) {
		v, err := amf.ParseJSON(p, amf.Limits{Depth: 32})
		if err != nil {
			if v != nil {
				t.Fatal("value and error")
			}
			return
		}
		if !json.Valid(p) {
			t.Fatalf("%q is no JSON", p)
		}
		text := amf.AppendJSON(nil, v)
		again, err := amf.ParseJSON(text, amf.Limits{Depth: 32})
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got := amf.AppendJSON(nil, again); !bytes.Equal(got, text) {
			t.Fatalf("%s became %s", text, got)
		}
		encoded := amf.AppendAMF0(nil, v)
		if back, _, err := amf.DecodeValueAMF0(encoded, amf.Limits{}); err != nil || !bytes.Equal(amf.AppendJSON(nil, back), text) {
			t.Fatalf("%s is another in AMF0: %v", text, err)
		}
	})
}
