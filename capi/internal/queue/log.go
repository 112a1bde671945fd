package queue

import (
	"fmt"
	"log/slog"
	"sync"
	"time"
)

const (
	// LogSize is how many records a log holds.
	LogSize = 256
	// LogRate is how many records per second a log takes in the long run.
	LogRate = 200
)

// Record is a log record.
type Record struct {
	Time     time.Time
	Level    slog.Level
	Source   uint64 // the handle it is about
	UserData uint64
	Text     string
}

// Log keeps log records until they are taken. It is bounded in number and in rate; what it cannot take it counts, and
// says so in a record of its own. Make one with [NewLog]. All methods may be called from any goroutine.
type Log struct {
	mu      sync.Mutex
	ring    []Record // made with the first record
	head    int
	count   int
	dropped int
	allowed float64 // records that the rate allows at the time of filled
	filled  time.Time
}

// NewLog returns an empty log.
func NewLog(now time.Time) *Log { return &Log{allowed: LogSize, filled: now} }

// Post adds a record, unless there are too many, or too many per second. It reports whether it did.
func (l *Log) Post(r Record) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if d := r.Time.Sub(l.filled); d > 0 {
		l.allowed, l.filled = min(LogSize, l.allowed+LogRate*d.Seconds()), r.Time
	}
	needed := 1
	if l.dropped > 0 {
		needed = 2
	}
	if l.count+needed > LogSize || l.allowed < float64(needed) {
		l.dropped++
		return false
	}
	l.allowed -= float64(needed)
	if l.dropped > 0 {
		text := fmt.Sprintf("%d log records were dropped", l.dropped)
		l.put(Record{Time: r.Time, Level: slog.LevelWarn, Text: text})
		l.dropped = 0
	}
	l.put(r)
	return true
}

func (l *Log) put(r Record) {
	if l.ring == nil {
		l.ring = make([]Record, LogSize)
	}
	l.ring[(l.head+l.count)%LogSize] = r
	l.count++
}

// Take removes the oldest record; false if there is none.
func (l *Log) Take() (Record, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.count == 0 {
		return Record{}, false
	}
	r := l.ring[l.head]
	l.ring[l.head] = Record{}
	l.head = (l.head + 1) % LogSize
	l.count--
	return r, true
}

// Len returns how many records wait.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.count
}
