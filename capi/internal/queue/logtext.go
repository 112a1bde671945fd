package queue

import (
	"log/slog"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// LogText makes lines of log records: the message, then key=value for each attribute, values in quotes where they need
// them. Control characters come out escaped, so that a record is one line whatever a peer put into it. The zero value
// has no attributes of its own.
type LogText struct {
	// Words says what an error says; nil: its Error method.
	Words func(error) string

	attrs  string // formatted, each after a space
	prefix string // of the keys to come: the open groups
}

// maxLine bounds a record's line; what is over it is cut off.
const maxLine = 1024

// WithAttrs returns t with attributes that each record gets.
func (t LogText) WithAttrs(attrs []slog.Attr) LogText {
	b := []byte(t.attrs)
	for _, a := range attrs {
		b = t.append(b, t.prefix, a)
	}
	return LogText{t.Words, string(b), t.prefix}
}

// WithGroup returns t with a group opened: the keys that come later get its name in front.
func (t LogText) WithGroup(name string) LogText {
	if name == "" {
		return t
	}
	return LogText{t.Words, t.attrs, t.prefix + name + "."}
}

// Format returns the line of a record.
func (t LogText) Format(r slog.Record) string {
	b := appendEscaped(nil, r.Message)
	b = append(b, t.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		b = t.append(b, t.prefix, a)
		return len(b) < maxLine
	})
	if len(b) > maxLine {
		b = b[:maxLine]
	}
	return strings.ToValidUTF8(string(b), "")
}

func (t LogText) append(b []byte, prefix string, a slog.Attr) []byte {
	v := a.Value.Resolve()
	if v.Kind() == slog.KindGroup {
		if a.Key != "" {
			prefix += a.Key + "."
		}
		for _, inner := range v.Group() {
			b = t.append(b, prefix, inner)
		}
		return b
	}
	if a.Key == "" && v.Equal(slog.Value{}) {
		return b
	}
	b = append(b, ' ')
	b = appendEscaped(b, prefix+a.Key)
	b = append(b, '=')
	s := v.String()
	if err, ok := v.Any().(error); ok && t.Words != nil {
		s = t.Words(err)
	}
	if len(s) > maxLine {
		s = s[:maxLine]
	}
	if s == "" || strings.ContainsFunc(s, needsQuotes) || !utf8.ValidString(s) {
		return strconv.AppendQuote(b, s)
	}
	return append(b, s...)
}

func needsQuotes(r rune) bool {
	return r == ' ' || r == '"' || r == '=' || r == '\\' || !unicode.IsPrint(r)
}

// appendEscaped appends text with what cannot be printed escaped.
func appendEscaped(b []byte, s string) []byte {
	if !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }) {
		return append(b, s...)
	}
	quoted := strconv.Quote(s)
	return append(b, quoted[1:len(quoted)-1]...)
}
