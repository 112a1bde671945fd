package handshake

import (
	"bytes"
	"testing"

	"oxrtmp/rtmp/internal/vectors"
)

// Each target demands that how the input is split changes nothing, and that no more is taken or given than a handshake has.

// run gives input to x in pieces of the sizes in split, repeated, and returns all that can be observed.
func run(x peer, input, split []byte) (n int, out []byte, text string, done bool, r Result) {
	out = x.AppendOutput(nil)
	for i := 0; n < len(input); i++ {
		size := len(input) - n
		if len(split) > 0 {
			size = min(size, 1+int(split[i%len(split)]))
		}
		k, err := x.Receive(input[n : n+size])
		n += k
		out = x.AppendOutput(out)
		if err != nil {
			text = err.Error()
			break
		}
		if x.Done() {
			break
		}
	}
	return n, out, text, x.Done(), x.Result()
}

func fuzz(f *testing.F, makePeer func() peer) {
	for _, v := range vectors.Load(f, "handshake.json") {
		b := v.Bytes(f)
		if len(b) == Size {
			f.Add(append(append([]byte{Version}, b...), b...), []byte{0})
			f.Add(append(append([]byte{Version}, b...), b[:Size-1]...), []byte{255, 3})
		} else {
			f.Add(b, []byte{})
		}
	}
	f.Fuzz(func(t *testing.T, input, split []byte) {
		n, out, text, done, result := run(makePeer(), input, nil)
		if done != (n == 1+2*Size) && text == "" {
			t.Errorf("done %v after %d bytes", done, n)
		}
		if n > 1+2*Size || len(out) > 1+2*Size {
			t.Errorf("took %d bytes, gave %d", n, len(out))
		}
		n2, out2, text2, done2, result2 := run(makePeer(), input, split)
		if n != n2 || !bytes.Equal(out, out2) || text != text2 || done != done2 || result != result2 {
			t.Errorf("split %v changes the outcome: %d %q %v %+v, else %d %q %v %+v", split, n2, text2, done2, result2, n, text, done, result)
		}
	})
}

func FuzzServer(f *testing.F) {
	fuzz(f, func() peer { return NewServer(Config{Rand: zeros{}}) })
}

func FuzzClient(f *testing.F) {
	fuzz(f, func() peer { return NewClient(Config{Rand: zeros{}}) })
}

func FuzzDigestClient(f *testing.F) {
	fuzz(f, func() peer { return NewClient(Config{Rand: zeros{}, Digest: true}) })
}
