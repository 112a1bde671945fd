package amf_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/internal/vectors"
)

// scan reads p to its end, and writes what it read; ends of objects that are missing are added.
func scan(p []byte) (again []byte, tokens int, err error) {
	s := amf.Scanner{Input: p}
	for {
		t, err := s.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return again, tokens, err
		}
		tokens++
		if again, err = amf.AppendToken(again, t); err != nil {
			return again, tokens, err
		}
	}
	for range s.Depth { // of strict arrays that are complete nothing is missing
		if s.Left[s.Depth-1] != 0 {
			again = append(again, 0, 0, 9)
		}
		s.Depth--
	}
	return again, tokens, nil
}

// A36 to A43 without values being built: every vector is read and written as it is.
func TestScannerVectors(t *testing.T) {
	tested := 0
	for _, v := range vectors.Load(t, "amf0.json") {
		p := v.Bytes(t)
		tested++
		want := p
		if v.ID == "A11" { // a long string that needs none
			want = unhex(t, "02 0002 6869")
		}
		again, _, err := scan(p)
		if err != nil || !bytes.Equal(again, want) {
			t.Errorf("%s: %x, %v", v.ID, again, err)
		}
		for n := 1; n < len(p); n++ {
			s := amf.Scanner{Input: p[:n]}
			for err = nil; err == nil; {
				_, err = s.Next()
			}
			if err == io.EOF && s.Depth == 0 {
				t.Errorf("%s: %x is taken for whole", v.ID, p[:n])
			}
		}
	}
	if tested < 15 {
		t.Fatalf("only %d vectors", tested)
	}
}

func TestScannerTokens(t *testing.T) {
	p := unhex(t, "0a 00000002 03 0001 61 0a 00000000 0000 05 0001 62 00 3ff0000000000000 000009 0101 06")
	want := []amf.Token{
		{Type: amf.TokenStrictArray, Count: 2},
		{Type: amf.TokenObject, Depth: 1},
		{Type: amf.TokenStrictArray, Name: []byte("a"), Depth: 2},
		{Type: amf.TokenNull, Name: []byte{}, Depth: 2},
		{Type: amf.TokenNumber, Name: []byte("b"), Number: 1, Depth: 2},
		{Type: amf.TokenObjectEnd, Depth: 1},
		{Type: amf.TokenBoolean, Number: 1, Depth: 1},
		{Type: amf.TokenUndefined},
	}
	s := amf.Scanner{Input: p}
	for i, w := range want {
		got, err := s.Next()
		if err != nil || got.Type != w.Type || got.Count != w.Count || got.Number != w.Number || got.Depth != w.Depth ||
			string(got.Name) != string(w.Name) || (got.Name == nil) != (w.Name == nil) {
			t.Errorf("token %d: %+v, %v; want %+v", i, got, err, w)
		}
	}
	if _, err := s.Next(); err != io.EOF {
		t.Errorf("at the end %v", err)
	}
}

func TestScannerErrors(t *testing.T) {
	for name, c := range map[string]struct {
		input  []byte
		err    error
		offset int
	}{
		"marker":         {unhex(t, "05 04"), amf.ErrMarker, 2},
		"end outside":    {unhex(t, "000009"), amf.ErrTruncated, 1},
		"number cut":     {unhex(t, "00 3ff0"), amf.ErrTruncated, 1},
		"name cut":       {unhex(t, "03 0005 6162"), amf.ErrTruncated, 3},
		"string cut":     {unhex(t, "02 0005 6162"), amf.ErrTruncated, 3},
		"count too high": {unhex(t, "0a 00000003 05 05"), amf.ErrTruncated, 5},
		"hostile count":  {unhex(t, "0a ffffffff 05 05"), amf.ErrTruncated, 5},
		"too deep":       {nested("object", amf.ScanDepth+1), amf.ErrDepth, 0},
	} {
		s := amf.Scanner{Input: c.input}
		var err error
		for err == nil {
			_, err = s.Next()
		}
		before := s
		_, again := s.Next()
		var placed *amf.Error
		if !errors.Is(err, c.err) || !errors.As(err, &placed) || c.offset != 0 && placed.Offset != c.offset {
			t.Errorf("%s: %v, want %v at %d", name, err, c.err, c.offset)
		}
		if again.Error() != err.Error() || s.Offset != before.Offset || s.Depth != before.Depth {
			t.Errorf("%s: then %v", name, again)
		}
	}
	for _, s := range []amf.Scanner{{Depth: -1}, {Depth: amf.ScanDepth + 1}, {Offset: 1}, {Offset: -1}} {
		if _, err := s.Next(); err != amf.ErrSyntax {
			t.Errorf("%+v: %v", s, err)
		}
	}
}

func TestAppendTokenErrors(t *testing.T) {
	long := make([]byte, 65536)
	for _, c := range []struct {
		token amf.Token
		err   error
	}{
		{amf.Token{Type: amf.TokenNull, Name: long}, amf.ErrBytes},
		{amf.Token{Type: amf.TokenObject, Text: long}, amf.ErrBytes},
		{amf.Token{Type: 4}, amf.ErrMarker},
	} {
		if out, err := amf.AppendToken([]byte("x"), c.token); err != c.err || string(out) != "x" {
			t.Errorf("%q, %v; want %v", out, err, c.err)
		}
	}
	out, err := amf.AppendToken(nil, amf.Token{Type: amf.TokenString, Text: long})
	if err != nil || len(out) != 5+len(long) || out[0] != 0x0C {
		t.Errorf("%d bytes, %v", len(out), err)
	}
}

func FuzzScanner(f *testing.F) {
	for _, v := range vectors.Load(f, "amf0.json") {
		f.Add(v.Bytes(f))
	}
	for _, v := range vectors.Load(f, "commands.json") {
		f.Add(v.Bytes(f)[12:])
	}
	f.Add(nested("object", 70))
	f.Add(unhex(f, "0a 00000002 0a 00000001 05 08 00000000 0001 61 06"))
	f.Fuzz(func(t *testing.T, p []byte) {
		limits := amf.Limits{Values: 1 << 20}
		again, tokens, err := scan(p)
		if tokens > len(p) {
			t.Fatalf("%d tokens of %d bytes", tokens, len(p))
		}
		values, decodeErr := amf.DecodeAMF0(p, limits)
		if decodeErr == nil && err != nil {
			t.Fatalf("%x: %v", p, err)
		}
		if decodeErr != nil {
			return
		}
		back, err := amf.DecodeAMF0(again, limits)
		if err != nil || !bytes.Equal(amf.AppendValuesAMF0(nil, back...), amf.AppendValuesAMF0(nil, values...)) {
			t.Fatalf("%x became %x: %v", p, again, err)
		}
	})
}
