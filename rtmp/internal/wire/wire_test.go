package wire

import "testing"

func TestUint24(t *testing.T) {
	for _, v := range []uint32{0, 1, 0x7FFFFF, 0x800000, 0xFFFFFF} {
		b := AppendUint24(nil, v)
		if got := Uint24(b); got != v {
			t.Errorf("Uint24(%x) = %#x, want %#x", b, got, v)
		}
	}
	for _, c := range []struct {
		b    []byte
		want int32
	}{
		{[]byte{0, 0, 0x50}, 80},
		{[]byte{0xFF, 0xFF, 0xD8}, -40},
		{[]byte{0x80, 0, 0}, -8388608},
		{[]byte{0x7F, 0xFF, 0xFF}, 8388607},
	} {
		if got := Int24(c.b); got != c.want {
			t.Errorf("Int24(%x) = %d, want %d", c.b, got, c.want)
		}
	}
}

func TestCursorNeverPassesItsEnd(t *testing.T) {
	c := NewCursor([]byte{1, 2, 3})
	if _, ok := c.Uint32(); ok || c.Offset() != 0 {
		t.Fatalf("Uint32 on 3 bytes: ok %v, offset %d", ok, c.Offset())
	}
	if _, ok := c.Bytes(-1); ok {
		t.Fatal("Bytes(-1) succeeded")
	}
	if v, ok := c.Uint24(); !ok || v != 0x010203 {
		t.Fatalf("Uint24 = %#x, %v", v, ok)
	}
	if _, ok := c.Uint8(); ok {
		t.Fatal("Uint8 at the end succeeded")
	}
	if p, ok := c.Bytes(0); !ok || len(p) != 0 {
		t.Fatal("Bytes(0) at the end failed")
	}
}
