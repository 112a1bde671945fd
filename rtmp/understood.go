package rtmp

import "oxrtmp/rtmp/media"

// understood returns a packet that is to be sent or recorded as its receiver will see it: callers need to say no more than
// what the message is made of, its payload alone or its frame type. It is p itself where nothing is missing.
func understood(p *media.Packet) *media.Packet {
	unread := p.Kind == 0 || p.Kind == media.KindFrame && p.Codec == 0 && !p.Malformed()
	if unread && p.Raw != nil {
		if packets := media.AppendPackets(nil, p.Type, p.Timestamp, p.Raw); len(packets) > 0 {
			return &packets[0]
		}
		return p
	}
	if p.Raw != nil || p.Type != media.TypeVideo || p.Kind != media.KindFrame || p.FrameType == 0 {
		return p
	}
	if key := p.FrameType == media.FrameKey || p.FrameType == media.FrameGeneratedKey; key != p.Keyframe() {
		seen := *p
		seen.Flags ^= media.FlagKeyframe
		return &seen
	}
	return p
}
