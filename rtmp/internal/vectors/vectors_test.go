package vectors

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every file must be readable by any language: known fields only, lower-case hexadecimal, a source for each vector.
func TestFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(Root(t), "testdata", "vectors", "*.json"))
	if err != nil || len(files) < 13 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, path := range files {
		name := filepath.Base(path)
		t.Run(name, func(t *testing.T) {
			checkFields(t, path)
			known := make(map[string]bool)
			for _, v := range Load(t, name) {
				if len(v.Bytes(t)) == 0 && name != "auth.json" {
					t.Errorf("%s: no bytes", v.ID)
				}
				if v.Hex != strings.ToLower(v.Hex) {
					t.Errorf("%s: upper-case digits", v.ID)
				}
				if v.Meaning == "" || v.Source == "" {
					t.Errorf("%s: no meaning or no source", v.ID)
				}
				for _, id := range v.After {
					if !known[id] {
						t.Errorf("%s: comes after %s, which is not before it", v.ID, id)
					}
				}
				known[v.ID] = true
			}
		})
	}
}

func checkFields(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(strings.NewReader(string(b)))
	d.DisallowUnknownFields()
	var file struct {
		Title   string   `json:"title"`
		Source  string   `json:"source"`
		Vectors []Vector `json:"vectors"`
	}
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	if file.Title == "" || file.Source == "" {
		t.Error("no title or no source")
	}
}

func TestFind(t *testing.T) {
	v := Find(t, Load(t, "control.json"), "K16")
	var value struct{ Type, Length int }
	v.Decode(t, &value)
	if value.Type != 1 || value.Length != 4 || len(v.Bytes(t)) != 16 || !v.IsCanonical() {
		t.Errorf("%+v, %d bytes", value, len(v.Bytes(t)))
	}
}
