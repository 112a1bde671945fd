package rtmp

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"oxrtmp/rtmp/buffer"
	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/handshake"
	"oxrtmp/rtmp/message"
)

// recording is what one side of a conversation sent.
type recording struct {
	name  string
	bytes []byte
	marks []int // where a message ends, the handshake first
}

// conversationOf finds the messages of recorded bytes, which begin with a handshake.
func conversationOf(t testing.TB, name string, p []byte) recording {
	t.Helper()
	r := recording{name: name, bytes: p, marks: []int{1 + 2*handshake.Size}}
	d := chunk.NewDecoder(buffer.Heap, chunk.Limits{})
	defer d.Close()
	for at := r.marks[0]; at < len(p); {
		m, n, ok, err := d.Next(p[at:])
		if err != nil {
			t.Fatalf("%s at %d: %v", name, at, err)
		}
		if at += n; !ok {
			break // the recording was cut
		}
		r.marks = append(r.marks, at)
		if m.TypeID == message.TypeSetChunkSize {
			if size, err := message.ParseSetChunkSize(m.Payload.Bytes()); err == nil {
				d.SetChunkSize(size)
			}
		}
		m.Payload.Release()
	}
	if len(r.marks) < 3 {
		t.Fatalf("%s has %d messages", name, len(r.marks))
	}
	return r
}

// recordings are the conversations of real encoders.
func recordings(t testing.TB) (list []recording) {
	t.Helper()
	files, err := filepath.Glob("../testdata/captures/*.bin")
	if err != nil || len(files) < 9 {
		t.Fatalf("%d captures, %v", len(files), err)
	}
	for _, f := range files {
		p, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, conversationOf(t, filepath.Base(f), p))
	}
	return list
}

// mutator changes recorded conversations, by its random numbers alone.
type mutator struct {
	*rand.Rand
	from []recording
}

func newMutator(seed uint64, from []recording) *mutator {
	return &mutator{rand.New(rand.NewPCG(seed, 0x9E3779B97F4A7C15)), from}
}

// conversation returns a changed conversation of up to most bytes. What comes before skip, as a handshake does, is rarely
// changed, as nothing else would be tried then.
func (m *mutator) conversation(most, skip int) []byte {
	r := &m.from[m.IntN(len(m.from))]
	p := slices.Clone(r.bytes[:min(len(r.bytes), skip+200+m.IntN(1+m.IntN(most)))])
	if m.IntN(20) == 0 {
		skip = 0
	}
	for range 1 + m.IntN(1+m.IntN(6)) {
		if p = m.change(p, r, skip); len(p) <= skip {
			break
		}
	}
	return p[:min(len(p), 2*most+skip)]
}

// place is where something changes: mostly where messages begin.
func (m *mutator) place(n int, r *recording, skip int) int {
	at := skip
	switch m.IntN(5) {
	case 0:
		at += m.IntN(max(1, n-skip))
	case 1: // commands, and what codecs begin with
		at = r.marks[m.IntN(len(r.marks))] + 12 + m.IntN(30)
	case 2:
		at = r.marks[m.IntN(min(12, len(r.marks)))] + m.IntN(16)
	default:
		at = r.marks[m.IntN(len(r.marks))] + m.IntN(20)
	}
	return max(skip, min(at, n))
}

// span is a part of p: some bytes, or whole messages.
func (m *mutator) span(p []byte, r *recording, skip int) (from, to int) {
	if m.IntN(2) == 0 {
		i := m.IntN(len(r.marks) - 1)
		from, to = r.marks[i], r.marks[min(len(r.marks)-1, i+1+m.IntN(3))]
	} else {
		from = m.place(len(p), r, skip)
		to = from + 1 + m.IntN(40)
	}
	from = max(skip, min(from, len(p)))
	return from, max(from, min(to, len(p)))
}

// odd are values at which length and count fields tip over.
var odd = [][]byte{{0}, {1}, {0x7F}, {0x80}, {0xFF}, {0xFF, 0xFF}, {0, 0, 0}, {0xFF, 0xFF, 0xFF}, {0xFF, 0xFF, 0xFE},
	{0, 0, 0, 0}, {0xFF, 0xFF, 0xFF, 0xFF}, {0x7F, 0xFF, 0xFF, 0xFF}, {0x80, 0, 0, 0}, {0, 0, 0, 1}}

// change makes one change.
func (m *mutator) change(p []byte, r *recording, skip int) []byte {
	at := m.place(len(p), r, skip)
	from, to := m.span(p, r, skip)
	switch m.IntN(10) {
	case 0: // bits flip
		for range 1 + m.IntN(8) {
			if i := min(at+m.IntN(8), len(p)-1); i >= 0 {
				p[i] ^= 1 << m.IntN(8)
			}
		}
	case 1: // another byte
		if at < len(p) {
			p[at] = byte(m.Uint32())
		}
	case 2: // an odd number
		copy(p[at:], odd[m.IntN(len(odd))])
	case 3: // a part is missing
		return slices.Delete(p, from, to)
	case 4: // a part comes again, there or elsewhere
		return slices.Insert(p, []int{to, at}[m.IntN(2)], slices.Clone(p[from:to])...)
	case 5: // a part comes earlier or later
		part := slices.Clone(p[from:to])
		p = slices.Delete(p, from, to)
		return slices.Insert(p, min(at, len(p)), part...)
	case 6: // the rest is another's
		other := &m.from[m.IntN(len(m.from))]
		i := other.marks[m.IntN(len(other.marks))]
		return append(p[:at], other.bytes[i:min(len(other.bytes), i+m.IntN(20000))]...)
	case 7: // a part of another's
		other := &m.from[m.IntN(len(m.from))]
		i := m.IntN(len(other.marks) - 1)
		return slices.Insert(p, at, other.bytes[other.marks[i]:other.marks[i+1]]...)
	case 8: // noise
		noise := make([]byte, m.IntN(30))
		for i := range noise {
			noise[i] = byte(m.Uint32())
		}
		return slices.Insert(p, at, noise...)
	case 9: // the end
		if m.IntN(3) == 0 {
			return p[:at]
		}
	}
	return p
}

// pieces cuts p at random places.
func (m *mutator) pieces(p []byte) (list [][]byte) {
	longest := []int{1 << 20, 5000, 1000, 100}[m.IntN(4)]
	if len(p) < 3000 && m.IntN(4) == 0 {
		longest = 1
	}
	for len(p) > 0 {
		n := min(len(p), 1+m.IntN(longest))
		list = append(list, p[:n])
		p = p[n:]
	}
	return list
}
