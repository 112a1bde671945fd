package engine

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode"
)

// docs/options.md says what every limit and timeout is by default, which is never none.
func TestDefaultsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/options.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, defaults := range []any{DefaultLimits, DefaultTimeouts} {
		v := reflect.ValueOf(defaults)
		for i := range v.NumField() {
			name, value := snake(v.Type().Field(i).Name), fmt.Sprint(v.Field(i).Interface())
			if d, ok := v.Field(i).Interface().(time.Duration); ok {
				value = fmt.Sprintf("%.0f s", d.Seconds())
			}
			if v.Field(i).Int() <= 0 {
				t.Errorf("%s has no default", name)
			}
			if row := fmt.Sprintf("| `%s` | %s | ", name, value); !strings.Contains(string(text), row) {
				t.Errorf("docs/options.md has no row that begins with %s", row)
			}
		}
	}
}

// snake returns the name in C of a field in Go.
func snake(name string) string {
	var b strings.Builder
	for i, r := range strings.ReplaceAll(name, "AMF", "Amf") {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
