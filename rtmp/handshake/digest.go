package handshake

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
)

// The two places of a digest: a packet has one block of 764 bytes at 8 and one at 772. One holds the digest, the other the
// public key that encrypted RTMP exchanges and plain RTMP fills with random bytes.
const (
	Scheme772 = 772 // digest in the second block; tried first
	Scheme8   = 8   // digest in the first block; what Client offers
)

const (
	digestSize = sha256.Size
	// A digest starts within 728 bytes after its block's pointer, a key within 632 from its block's start.
	digestRange = 764 - 4 - digestSize
	keyRange    = 764 - 4 - 128
)

// The keys: a text, and in full the text followed by 32 bytes. Texts alone make the digests, whole keys the signatures.
var (
	playerKey = []byte("Genuine Adobe Flash Player 001" + keyTail)
	serverKey = []byte("Genuine Adobe Flash Media Server 001" + keyTail)
)

const (
	keyTail = "\xf0\xee\xc2\x4a\x80\x68\xbe\xe8\x2e\x00\xd0\xd1\x02\x9e\x7e\x57" +
		"\x6e\xec\x5d\x2d\x29\x80\x6f\xab\x93\xb8\xe6\x36\xcf\xeb\x31\xae"
	playerText = len("Genuine Adobe Flash Player 001")
	serverText = len("Genuine Adobe Flash Media Server 001")
)

func newHash() hash.Hash { return sha256.New() }

// DigestOffset returns where in C1 or S1 the 32 bytes of the digest begin, as the four pointer bytes at the start of the
// scheme's block say. It panics on a scheme other than [Scheme772] and [Scheme8].
func DigestOffset(packet *[Size]byte, scheme int) int {
	checkScheme(scheme)
	return scheme + 4 + pointer(packet, scheme)%digestRange
}

// KeyOffset returns where in C1 or S1 the 128 bytes of a Diffie-Hellman public key begin, as the four pointer bytes at the
// end of the other block say. Only encrypted RTMP has a key there, which this library detects and refuses. It panics on
// a scheme other than [Scheme772] and [Scheme8].
func KeyOffset(packet *[Size]byte, scheme int) int {
	checkScheme(scheme)
	block := Scheme8 + Scheme772 - scheme
	return block + pointer(packet, block+764-4)%keyRange
}

func checkScheme(scheme int) {
	if scheme != Scheme772 && scheme != Scheme8 {
		panic("handshake: no such scheme")
	}
}

func pointer(packet *[Size]byte, at int) int {
	return int(packet[at]) + int(packet[at+1]) + int(packet[at+2]) + int(packet[at+3])
}

// packetDigest returns the HMAC of a packet without the 32 bytes at offset.
func packetDigest(packet *[Size]byte, offset int, key []byte) []byte {
	h := hmac.New(newHash, key)
	h.Write(packet[:offset])
	h.Write(packet[offset+digestSize:])
	return h.Sum(nil)
}

// insertDigest writes a packet's digest into it and returns it.
func insertDigest(packet *[Size]byte, scheme int, key []byte) []byte {
	offset := DigestOffset(packet, scheme)
	d := packetDigest(packet, offset, key)
	copy(packet[offset:], d)
	return d
}

// findDigest returns the scheme in which a packet holds a valid digest, and the digest, which aliases packet; or 0.
func findDigest(packet *[Size]byte, key []byte) (scheme int, digest []byte) {
	for _, scheme := range []int{Scheme772, Scheme8} {
		offset := DigestOffset(packet, scheme)
		d := packet[offset : offset+digestSize]
		if hmac.Equal(packetDigest(packet, offset, key), d) {
			return scheme, d
		}
	}
	return 0, nil
}

// answerKey returns the key that signs the answer to the packet with this digest.
func answerKey(key, digest []byte) []byte {
	h := hmac.New(newHash, key)
	h.Write(digest)
	return h.Sum(nil)
}
