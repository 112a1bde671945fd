// Package vectors loads the test vectors of testdata/vectors, whose format is in the README there.
//
// It is outside the layers: only tests import it.
//
//	for _, v := range vectors.Load(t, "amf0.json") {
//		t.Run(v.ID, func(t *testing.T) { decode(v.Bytes(t)) … })
//	}
package vectors

import (
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Vector is one entry of a file. Fields that a file does not have are zero.
type Vector struct {
	ID        string          `json:"id"`
	Hex       string          `json:"hex"`
	Meaning   string          `json:"meaning"`
	Source    string          `json:"source"`
	Value     json.RawMessage `json:"value"`
	After     []string        `json:"after"`     // what the same parser has read before, in order
	Partial   bool            `json:"partial"`   // further bytes follow in real streams
	Canonical *bool           `json:"canonical"` // false: a writer produces other bytes
}

// Bytes returns the vector's bytes, a new slice on each call. It fails the test if Hex is not hexadecimal.
func (v *Vector) Bytes(t testing.TB) []byte {
	t.Helper()
	b, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatalf("vector %s: %v", v.ID, err)
	}
	return b
}

// Decode stores Value in what target points to, as [json.Unmarshal] does. It fails the test if that is not possible.
func (v *Vector) Decode(t testing.TB, target any) {
	t.Helper()
	if err := json.Unmarshal(v.Value, target); err != nil {
		t.Fatalf("vector %s: value: %v", v.ID, err)
	}
}

// IsCanonical reports whether building Value must give exactly the vector's bytes.
func (v *Vector) IsCanonical() bool { return v.Canonical == nil || *v.Canonical }

// Load returns the vectors of a file in testdata/vectors, in order. It fails the test if the file cannot be read,
// holds none, or names an id twice.
func Load(t testing.TB, name string) []Vector {
	t.Helper()
	path := filepath.Join(Root(t), "testdata", "vectors", name)
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []Vector }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	if len(file.Vectors) == 0 {
		t.Fatalf("%s: no vectors", path)
	}
	seen := make(map[string]bool)
	for i := range file.Vectors {
		v := &file.Vectors[i]
		if v.ID == "" || seen[v.ID] {
			t.Fatalf("%s: vector %d: id %q is empty or used before", path, i, v.ID)
		}
		seen[v.ID] = true
	}
	return file.Vectors
}

// Find returns the vector with the given id. It fails the test if there is none.
func Find(t testing.TB, vs []Vector, id string) *Vector {
	t.Helper()
	for i := range vs {
		if vs[i].ID == id {
			return &vs[i]
		}
	}
	t.Fatalf("no vector %q", id)
	return nil
}

// Root returns the directory of the module, found upwards from the working directory of the test.
func Root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for d := dir; ; d = filepath.Dir(d) {
		if _, err := os.Stat(filepath.Join(d, "testdata", "vectors")); err == nil {
			return d
		}
		if d == filepath.Dir(d) {
			t.Fatalf("no testdata/vectors above %s", dir)
		}
	}
}
