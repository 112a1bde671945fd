// Package message turns the payloads of RTMP messages, given with their type id, into typed values, and back.
//
// Layer L2, upon amf. It knows nothing of chunks, of connections or of the order in which messages may come; audio
// and video payloads are the business of package media.
//
//   - control messages (types 1 to 6): [ParseSetChunkSize], [ParseUserControl], …, and [BandwidthLimiter]
//   - commands (types 20 and 17): [Command], and what they say: [Connect], [Status], [ParsePublish], [ParsePlay]
//   - data messages (types 18 and 15): [Data], [Metadata]
//
// Parsers are liberal: what is missing, of an odd kind or damaged in the arguments of a command is left out, not
// refused, as long as the command can be told. Encoders write AMF0 only, objects for what peers expect as objects.
//
// Specification: RTMP 1.0 §5.4 (protocol control), §7.1 (message types), §7.2 (commands).
package message
