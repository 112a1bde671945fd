package queue

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestLogIsBounded(t *testing.T) {
	start := time.Now()
	l := NewLog(start)
	post := func(n int, at time.Duration) bool {
		return l.Post(Record{Time: start.Add(at), Level: slog.LevelError, Text: fmt.Sprint(n)})
	}
	taken := 0
	for n := range LogSize {
		if !post(n, 0) {
			t.Fatalf("record %d was not taken", n)
		}
	}
	for range 10 {
		if post(-1, time.Hour) {
			t.Fatal("a record too many was taken")
		}
	}
	for ; taken < LogSize; taken++ {
		if r, ok := l.Take(); !ok || r.Text != fmt.Sprint(taken) {
			t.Fatalf("record %d: %q, %v", taken, r.Text, ok)
		}
	}
	if _, ok := l.Take(); ok {
		t.Fatal("one more record")
	}
	if !post(1000, 2*time.Hour) {
		t.Fatal("not taken although there is room again")
	}
	if r, _ := l.Take(); r.Text != "10 log records were dropped" || r.Level != slog.LevelWarn {
		t.Fatalf("got %+v", r)
	}
	if r, _ := l.Take(); r.Text != "1000" || l.Len() != 0 {
		t.Fatalf("got %+v, %d left", r, l.Len())
	}
}

func TestLogRate(t *testing.T) {
	start := time.Now()
	l := NewLog(start)
	taken := 0
	for n := range 100_000 { // 10 s, 10,000 records per second, each taken at once
		if l.Post(Record{Time: start.Add(time.Duration(n) * 100 * time.Microsecond)}) {
			for _, ok := l.Take(); ok; _, ok = l.Take() {
				taken++
			}
		}
	}
	if most := LogSize + 10*LogRate; taken > most || taken < most-2 {
		t.Fatalf("%d records, want %d", taken, most)
	}
	if l.Post(Record{Time: start}) { // a clock that goes back allows nothing
		t.Fatal("taken")
	}
}

type valuer struct{}

func (valuer) LogValue() slog.Value { return slog.StringValue("resolved") }

func TestLogText(t *testing.T) {
	record := func(message string, args ...any) slog.Record {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, message, 0)
		r.Add(args...)
		return r
	}
	var zero LogText
	told := LogText{Words: func(err error) string { return "the words of " + err.Error() }}.WithGroup("g").WithAttrs(nil)
	grouped := zero.WithAttrs([]slog.Attr{slog.Int("a", 1)}).WithGroup("g").WithAttrs([]slog.Attr{slog.Bool("b", true)})
	tests := []struct {
		text   LogText
		record slog.Record
		want   string
	}{
		{zero, record("connection ended"), "connection ended"},
		{zero, record("m", "peer", "192.0.2.7:5", "error", errors.New("it broke")), `m peer=192.0.2.7:5 error="it broke"`},
		{told, record("m", "error", errors.New("it")), `m g.error="the words of it"`},
		{zero, record("m", "n", 7, "d", time.Second, "nil", nil), "m n=7 d=1s nil=<nil>"},
		{zero, record("a\nb\x1b[2J"), `a\nb\x1b[2J`},
		{zero, record("m", "k", "x\r\nforged=1"), `m k="x\r\nforged=1"`},
		{zero, record("m", "k\n", "\x7f\u2028"), `m k\n="\x7f\u2028"`},
		{zero, record("m", "k", "\xff"), `m k="\xff"`},
		{zero, record("m", "k", ""), `m k=""`},
		{zero, record("m", "k", "é"), "m k=é"},
		{zero, record("m", "v", valuer{}), "m v=resolved"},
		{zero, record("m", slog.Group("g", "x", 1, "y", "2 3")), `m g.x=1 g.y="2 3"`},
		{grouped, record("m", "c", "d"), "m a=1 g.b=true g.c=d"},
		{zero.WithGroup(""), record("m", slog.Attr{}), "m"},
	}
	for _, test := range tests {
		if got := test.text.Format(test.record); got != test.want {
			t.Errorf("got %s, want %s", got, test.want)
		}
	}
}

func TestLogTextIsBounded(t *testing.T) {
	r := slog.NewRecord(time.Now(), slog.LevelInfo, strings.Repeat("é", 10_000), 0)
	for range 100 {
		r.Add("k", strings.Repeat("x y", 10_000))
	}
	if got := (LogText{}).Format(r); len(got) > maxLine || !utf8.ValidString(got) {
		t.Errorf("%d bytes, valid %v", len(got), utf8.ValidString(got))
	}
}

func FuzzLogText(f *testing.F) {
	f.Add("m", "k", "v")
	f.Add("a\nb", "\x00", "\u202e\xff")
	f.Fuzz(func(t *testing.T, message, key, value string) {
		r := slog.NewRecord(time.Now(), slog.LevelInfo, message, 0)
		r.Add(key, value)
		got := LogText{}.WithGroup(key).WithAttrs([]slog.Attr{slog.String(key, value)}).Format(r)
		if len(got) > maxLine || !utf8.ValidString(got) {
			t.Fatalf("%d bytes, valid %v", len(got), utf8.ValidString(got))
		}
		for _, c := range got {
			if c < 0x20 || c == 0x7F {
				t.Fatalf("control character in %q", got)
			}
		}
	})
}
