// Package media turns the payload of an RTMP audio, video or data message into [Packet] values, and back: the legacy
// FLV headers of every codec, and Enhanced RTMP with its FourCC codecs, multitrack messages and ModEx prefixes.
//
// Layer L2. It uses rtmp/buffer and rtmp/internal/wire, and rtmp/amf for [ColorInfo] only; it does not know chunks.
// FLV 10.1 Annex E; Enhanced RTMP v2, "Enhanced Audio" and "Enhanced Video".
//
// [AppendPackets] never fails. A payload whose header cannot be read still becomes one packet, with [FlagMalformed],
// so that it can be relayed and recorded; what it means is then for others to find out. The codec's own bytes are
// never looked into. [AppendPayload] is the inverse.
//
//	packets = media.AppendPackets(packets[:0], media.TypeVideo, timestamp, payload)
//	for i := range packets {
//		p := &packets[i]
//		if p.Kind == media.KindFrame && p.Keyframe() {
//			fmt.Println(p.Codec, p.Track, len(p.Data))
//		}
//	}
package media
