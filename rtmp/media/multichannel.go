package media

import (
	"errors"
	"slices"

	"oxrtmp/rtmp/internal/wire"
)

// How a channel layout names its channels. Enhanced RTMP v2, "AudioChannelOrder".
const (
	ChannelsUnspecified = 0 // only their number is known
	ChannelsNative      = 1 // a mask: channels come in the order of its bits
	ChannelsCustom      = 2 // a list
)

// Channels of a layout: their number is their bit in a mask. Enhanced RTMP v2, "AudioChannel".
const (
	ChannelFrontLeft Channel = iota
	ChannelFrontRight
	ChannelFrontCenter
	ChannelLowFrequency1
	ChannelBackLeft
	ChannelBackRight
	ChannelFrontLeftCenter
	ChannelFrontRightCenter
	ChannelBackCenter
	ChannelSideLeft
	ChannelSideRight
	ChannelTopCenter
	ChannelTopFrontLeft
	ChannelTopFrontCenter
	ChannelTopFrontRight
	ChannelTopBackLeft
	ChannelTopBackCenter
	ChannelTopBackRight
	ChannelLowFrequency2
	ChannelTopSideLeft
	ChannelTopSideRight
	ChannelBottomFrontCenter
	ChannelBottomFrontLeft
	ChannelBottomFrontRight

	ChannelUnused  Channel = 0xFE // to be skipped
	ChannelUnknown Channel = 0xFF
)

// Channel is the place of a loudspeaker.
type Channel uint8

var channelNames = [...]string{
	"front left", "front right", "front center", "low frequency 1", "back left", "back right", "front left center",
	"front right center", "back center", "side left", "side right", "top center", "top front left", "top front center",
	"top front right", "top back left", "top back center", "top back right", "low frequency 2", "top side left",
	"top side right", "bottom front center", "bottom front left", "bottom front right",
}

// String returns the place in words, "unused" or "unknown".
func (c Channel) String() string {
	switch {
	case int(c) < len(channelNames):
		return channelNames[c]
	case c == ChannelUnused:
		return "unused"
	}
	return "unknown"
}

// MultichannelConfig is the channel layout of an audio track: the Data of a [KindMetadata] packet with
// [FlagMultichannelConfig]. Enhanced RTMP v2, "MultichannelConfig".
type MultichannelConfig struct {
	Order   uint8     // ChannelsUnspecified, ChannelsNative, ChannelsCustom, or reserved
	Count   uint8     // channels
	Mask    uint32    // ChannelsNative: bit n stands for channel n
	Mapping []Channel // ChannelsCustom: Count channels, in the order of the codec's
	Rest    []byte    // of a reserved order: what follows, verbatim
}

// ErrMultichannelConfig is a channel layout that is cut.
var ErrMultichannelConfig = errors.New("media: channel layout is cut")

// ParseMultichannelConfig reads a channel layout. Only Rest aliases data; bytes after a layout of a known order are
// ignored.
func ParseMultichannelConfig(data []byte) (m MultichannelConfig, err error) {
	c := wire.NewCursor(data)
	head, ok := c.Bytes(2)
	if !ok {
		return m, ErrMultichannelConfig
	}
	m.Order, m.Count = head[0], head[1]
	switch m.Order {
	case ChannelsUnspecified:
	case ChannelsNative:
		m.Mask, ok = c.Uint32()
	case ChannelsCustom:
		var mapping []byte
		if mapping, ok = c.Bytes(int(m.Count)); ok {
			m.Mapping = make([]Channel, m.Count)
			for i, b := range mapping {
				m.Mapping[i] = Channel(b)
			}
		}
	default:
		m.Rest = c.Rest()
	}
	if !ok {
		return MultichannelConfig{}, ErrMultichannelConfig
	}
	return m, nil
}

// AppendMultichannelConfig appends a channel layout. Of ChannelsCustom the Mapping counts, up to 255 channels, not Count.
func AppendMultichannelConfig(dst []byte, m *MultichannelConfig) []byte {
	switch m.Order {
	case ChannelsUnspecified:
		return append(dst, m.Order, m.Count)
	case ChannelsNative:
		return wire.AppendUint32(append(dst, m.Order, m.Count), m.Mask)
	case ChannelsCustom:
		mapping := m.Mapping[:min(len(m.Mapping), 255)]
		dst = append(dst, m.Order, uint8(len(mapping)))
		for _, c := range mapping {
			dst = append(dst, uint8(c))
		}
		return dst
	}
	return append(append(dst, m.Order, m.Count), m.Rest...)
}

// Channels returns where each channel is, in the order of the codec's; nil if that is not said.
func (m *MultichannelConfig) Channels() []Channel {
	switch m.Order {
	case ChannelsCustom:
		return slices.Clone(m.Mapping)
	case ChannelsNative:
		var channels []Channel
		for n := range 32 {
			if m.Mask&(1<<n) != 0 && len(channels) < int(m.Count) {
				channels = append(channels, Channel(n))
			}
		}
		return channels
	}
	return nil
}
