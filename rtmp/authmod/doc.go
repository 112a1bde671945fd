// Package authmod is the login by user and password that encoders use on connect, for both roles, without any I/O.
//
// Layer L1. No document describes it; it is what Adobe's and Limelight's servers ask for, and what OBS, FFmpeg,
// GStreamer and librtmp answer. A login takes three connections. The server refuses the first connect and names the
// scheme in the description of its refusal; the client comes back with parameters behind both the app and the tcUrl:
//
//	connect app                                      refused: […] : [ code=403 need auth; authmod=adobe ] :
//	connect app?authmod=adobe&user=U                 refused: […] : [ authmod=adobe ] : ?reason=needauth&user=U&salt=…
//	connect app?authmod=adobe&user=U&challenge=…&response=…      accepted, or refused: … ?reason=authfailed
//
// [Client] makes the parameters from the descriptions; [Verifier] makes the descriptions and checks the parameters.
// [AdobeResponse] and [LLNWResponse] are the responses alone, for who writes either side anew.
// The password itself never crosses the wire, but an MD5 that contains it does: over a connection without TLS whoever
// listens can try passwords against it.
//
// Values in parameters are raw: neither percent-encoded nor decoded.
package authmod
