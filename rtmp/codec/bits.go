package codec

// bits reads bits from the highest down. Past the end it gives zeros, and is bad from then on.
type bits struct {
	p   []byte
	at  int // in bits
	bad bool
}

func (b *bits) left() int { return len(b.p)*8 - b.at }

// read returns the next n bits, at most 32.
func (b *bits) read(n int) (v uint32) {
	if n > b.left() {
		b.bad, b.at = true, len(b.p)*8
		return 0
	}
	for range n {
		v = v<<1 | uint32(b.p[b.at>>3]>>(7-b.at&7)&1)
		b.at++
	}
	return v
}

func (b *bits) flag() bool { return b.read(1) == 1 }

func (b *bits) skip(n int) {
	if n < 0 || n > b.left() {
		b.bad, n = true, b.left()
	}
	b.at += n
}

// ue reads an Exp-Golomb code. ISO/IEC 14496-10 §9.1.
func (b *bits) ue() uint32 {
	zeros := 0
	for !b.bad && !b.flag() {
		if zeros++; zeros > 31 {
			b.bad = true
		}
	}
	if b.bad {
		return 0
	}
	return 1<<zeros - 1 + b.read(zeros)
}

// se reads a signed Exp-Golomb code. ISO/IEC 14496-10 §9.1.1.
func (b *bits) se() int32 {
	v := b.ue()
	if v&1 == 1 {
		return int32(v>>1) + 1
	}
	return -int32(v >> 1)
}

// leb128 reads AV1's variable-length integer. AV1 §4.10.5.
func (b *bits) leb128() (v uint64) {
	for i := range 8 {
		c := b.read(8)
		v |= uint64(c&0x7F) << (7 * i)
		if c&0x80 == 0 {
			break
		}
	}
	return v
}

// unescape returns the bits of a NAL unit's payload, without the bytes that keep start codes out of it, of at most its
// first 4096 bytes: no field that is read here lies beyond. ISO/IEC 14496-10 §7.4.1.
func unescape(p []byte) []byte {
	p = p[:min(len(p), 4096)]
	out := make([]byte, 0, len(p))
	zeros := 0
	for _, c := range p {
		if zeros >= 2 && c == 3 {
			zeros = 0
			continue
		}
		out = append(out, c)
		if zeros++; c != 0 {
			zeros = 0
		}
	}
	return out
}
