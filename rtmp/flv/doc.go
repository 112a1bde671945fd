// Package flv reads and writes FLV: the file format whose tags have the payloads of RTMP audio, video and data messages.
//
// Layer L2. It needs the layers below only for bytes and AMF values, and never opens a file. FLV 10.1 Annex E; tag type
// 15 comes from Enhanced RTMP v2.
//
//   - [Reader] takes a file in pieces of any size and gives its tags; [TagReader] does so from an [io.Reader].
//   - [AppendHeader] and [AppendTag] build a file; [Payload] is what a packet's tag holds.
//   - [Index] builds the script tag by which players seek, in room that was reserved for it.
//
// What is inside a tag is for package media:
//
//	var r flv.Reader
//	for len(p) > 0 {
//		tag, n, ok, err := r.Next(p)
//		if err != nil {
//			return err
//		}
//		p = p[n:]
//		if ok {
//			packets = media.AppendPackets(packets[:0], tag.Type, tag.Timestamp, tag.Data)
//		}
//	}
//	return r.End() // complains of a file that was cut
package flv
