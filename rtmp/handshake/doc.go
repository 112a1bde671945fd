// Package handshake is the opening exchange of an RTMP connection, for both roles, without any I/O: bytes in, bytes out.
//
// Layer L1. Each side sends a version byte, a packet of 1536 bytes, and an answer to the other's packet:
//
//	client                      server
//	C0 (3)  C1 (1536)  ──────▶
//	        ◀──────  S0 (3)  S1 (1536)  S2 (1536, answers C1)
//	C2 (1536, answers S1)  ──────▶
//
// In the simple handshake (RTMP 1.0 §5.2) the packets are random and the answer repeats them. In the digest handshake, which
// no document describes but Flash Player 9 and its successors use, bytes 4 to 7 of C1 and S1 hold a version, each packet
// hides an HMAC-SHA256 of itself, and the answers are signed with keys made from those digests. [Server] serves both and
// answers in kind; [Client] speaks the simple one unless [Config].Digest is set, and falls back to it.
//
// What the peer answers is compared and reported ([Result].PeerVerified), never enforced: FFmpeg sends a digest and then
// a plain echo, GStreamer changes the echo's second field, and some servers answer with random bytes. Only a version
// other than 3 ends a handshake ([VersionError]).
//
// A side holds at most 4 KiB while it waits. Values are not safe for concurrent use.
package handshake
