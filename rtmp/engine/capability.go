package engine

import (
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// EnhancedMode says how a side speaks of Enhanced RTMP. Media is taken in whatever form it comes in every mode.
type EnhancedMode uint8

// The modes. Their numbers do not change.
const (
	EnhancedAuto     EnhancedMode = 0 // say what we can do, take what the peer says, or does not
	EnhancedOff      EnhancedMode = 1 // say nothing, and do not heed what the peer says
	EnhancedRequired EnhancedMode = 2 // refuse a peer that says nothing
)

// capsEx is all that there is: the engine reads tracks, ModEx entries and nanoseconds, and reports requests to reconnect.
const capsEx = message.CapsReconnect | message.CapsMultitrack | message.CapsModEx | message.CapsTimestampNanoOffset

// AllCapabilities returns capabilities with every codec of Enhanced RTMP v2, each with the given mask, and all of capsEx.
func AllCapabilities(mask uint32) message.Capabilities {
	c := message.Capabilities{Ex: capsEx}
	for _, codec := range [...]media.FourCC{media.AVC1, media.HVC1, media.VVC1, media.AV01, media.VP08, media.VP09} {
		c.SetVideo(codec.String(), mask)
	}
	for _, codec := range [...]media.FourCC{media.MP4A, media.Opus, media.FLAC, media.AC3, media.EC3, media.MP3} {
		c.SetAudio(codec.String(), mask)
	}
	return c
}

// capabilities returns what a side says of itself: nothing, what it was told, or everything with a mask.
func capabilities(mode EnhancedMode, given *message.Capabilities, mask uint32) message.Capabilities {
	switch {
	case mode == EnhancedOff:
		return message.Capabilities{}
	case given != nil:
		return *given
	}
	return AllCapabilities(mask)
}

// Capabilities returns what the peer said that it can do, in connect or in the answer to it: nothing before that, and in
// EnhancedOff.
func (c *core) Capabilities() message.Capabilities { return c.peerCapabilities }
