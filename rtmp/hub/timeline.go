package hub

// Timeline gives the messages of publishers that follow one another on a stream timestamps that do not go back where
// one takes over from another. Those of the first publisher stay as they are. Its zero value is ready to use.
type Timeline struct {
	offset uint32
	last   uint32 // the latest timestamp given out
	used   bool
	change bool // the next message is the first of a new publisher,
	gap    uint32
}

// Takeover tells that another publisher begins, so many milliseconds after the last message.
func (t *Timeline) Takeover(gap uint32) {
	if t.used {
		t.change, t.gap = true, max(1, gap)
	}
}

// Map returns the timestamp that players see, in milliseconds modulo 2^32.
func (t *Timeline) Map(timestamp uint32) uint32 {
	if t.change {
		t.change = false
		t.offset = t.last + t.gap - timestamp
	}
	out := timestamp + t.offset
	if !t.used || int32(out-t.last) > 0 {
		t.last = out
	}
	t.used = true
	return out
}
