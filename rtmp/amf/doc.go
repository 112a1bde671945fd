// Package amf decodes and encodes the values of the Action Message Format: the arguments of RTMP commands, data
// messages and FLV script tags.
//
// Layer L1. It knows values and bytes only; which value means what is for the packages above.
//
// A [Value] is one of [Number], [Boolean], [String], [Null], [Undefined], [Unsupported], [*Object], [*ECMAArray],
// [*StrictArray], [Date], [XMLDocument] and [Reference], or one of the kinds that AMF3 adds. Objects keep their properties in the order of the wire,
// duplicates and empty names included, so that what was decoded can be encoded again as it was; look-ups take the
// last of several properties of one name. Strings are bytes: text that is not UTF-8 is neither refused nor changed.
//
//   - AMF0: [DecodeAMF0], [DecodeValueAMF0], [DecodeStrictAMF0], [AppendAMF0]
//   - AMF3: [DecodeAMF3], [DecodeValueAMF3], [AppendAMF3]; inside AMF0 by the switch marker, in both directions
//   - from one to the other: [ToAMF0]
//   - externalizable objects of classes of one's own: [Decoder]
//   - JSON, for people and for other languages: [AppendJSON], [ParseJSON]
//
// What a peer may cost is bounded by [Limits]. Every count and length is compared with the bytes that are left before
// anything is allocated for it, nesting is bounded, and decoding takes time and memory in proportion to the input.
//
// Specification: AMF 0 (Adobe, December 2007), AMF 3 (Adobe, January 2013).
package amf
