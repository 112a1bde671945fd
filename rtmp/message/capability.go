package message

import (
	"math"

	"oxrtmp/rtmp/amf"
)

// What a side can do with a codec: the bits of [FourCCInfo]. Enhanced RTMP v2, "Enhancing NetConnection connect Command".
const (
	CanDecode  = 1
	CanEncode  = 2
	CanForward = 4
)

// Bits of capsEx.
const (
	CapsReconnect           = 1 // it follows a request to reconnect
	CapsMultitrack          = 2 // it reads messages of several tracks
	CapsModEx               = 4 // it reads ModEx entries
	CapsTimestampNanoOffset = 8 // it uses their nanoseconds
)

// Bits of videoFunction.
const (
	VideoFunctionSeek           = 1 // client-side seeks
	VideoFunctionHDR            = 2 // colorInfo means something to it
	VideoFunctionMetadata       = 4 // it reads video metadata packets
	VideoFunctionLargeScaleTile = 8
)

// AnyCodec stands for every codec where the name of one is expected.
const AnyCodec = "*"

// maxCodecs bounds the codecs that a peer may name in one list.
const maxCodecs = 256

// FourCCInfo says what a side can do with a codec.
type FourCCInfo struct {
	Name string // the four characters, or AnyCodec
	Mask uint32 // CanDecode, CanEncode, CanForward
}

// Capabilities is what a side says that it can do beyond the original protocol, in connect or in the answer to it. The
// zero value says nothing, as peers do that do not know Enhanced RTMP (and some that do: OBS Studio sends such media
// without a word).
type Capabilities struct {
	// FourCCs is fourCcList: the codecs that it can receive. Nil: those of Video and Audio with any bit.
	FourCCs []string
	Video   []FourCCInfo // videoFourCcInfoMap
	Audio   []FourCCInfo // audioFourCcInfoMap
	Ex      uint32       // capsEx
}

// ParseCapabilities reads the properties of the given objects or ECMA arrays; any other value has none. Of a property
// in several of them the first counts: a server may put them into either object of its answer. What is malformed is
// left out.
func ParseCapabilities(objects ...amf.Value) (c Capabilities) {
	find := func(name string) amf.Value {
		for _, o := range objects {
			if v, ok := amf.Lookup(o, name); ok {
				return v
			}
		}
		return nil
	}
	c.FourCCs = parseFourCCs(find("fourCcList"))
	c.Video = parseInfoMap(find("videoFourCcInfoMap"))
	c.Audio = parseInfoMap(find("audioFourCcInfoMap"))
	c.Ex, _ = mask(find("capsEx"))
	return c
}

// parseFourCCs reads a list of names: a strict array, or an ECMA array whose keys are indices.
func parseFourCCs(v amf.Value) (names []string) {
	var items []amf.Value
	if array, ok := v.(*amf.StrictArray); ok && array != nil {
		items = array.Values
	}
	properties, _ := amf.Properties(v)
	for _, p := range properties[:min(len(properties), maxCodecs)] {
		items = append(items, p.Value)
	}
	for i, item := range items[:min(len(items), maxCodecs)] {
		if name, ok := amf.AsString(item); ok && isCodecName(name) {
			if names == nil {
				names = make([]string, 0, min(len(items), maxCodecs)-i)
			}
			names = append(names, name)
		}
	}
	return names
}

func parseInfoMap(v amf.Value) (infos []FourCCInfo) {
	properties, _ := amf.Properties(v)
	for i, p := range properties[:min(len(properties), maxCodecs)] {
		if bits, ok := mask(p.Value); ok && isCodecName(p.Name) {
			if infos == nil {
				infos = make([]FourCCInfo, 0, min(len(properties), maxCodecs)-i)
			}
			infos = setInfo(infos, p.Name, bits)
		}
	}
	return infos
}

func isCodecName(name string) bool { return len(name) == 4 || name == AnyCodec }

// mask returns the bit mask that v is. Numbers that are too large have all bits.
func mask(v amf.Value) (bits uint32, ok bool) {
	n, ok := finite(v)
	switch {
	case !ok || n < 0:
		return 0, false
	case n > math.MaxUint32:
		return math.MaxUint32, true
	}
	return uint32(n), true
}

func setInfo(infos []FourCCInfo, name string, bits uint32) []FourCCInfo {
	for i := range infos {
		if infos[i].Name == name {
			infos[i].Mask = bits
			return infos
		}
	}
	return append(infos, FourCCInfo{Name: name, Mask: bits})
}

// IsZero reports that nothing is said.
func (c Capabilities) IsZero() bool {
	return c.FourCCs == nil && c.Video == nil && c.Audio == nil && c.Ex == 0
}

// SetVideo says what can be done with a video codec.
func (c *Capabilities) SetVideo(name string, mask uint32) { c.Video = setInfo(c.Video, name, mask) }

// SetAudio says what can be done with an audio codec.
func (c *Capabilities) SetAudio(name string, mask uint32) { c.Audio = setInfo(c.Audio, name, mask) }

// VideoMask returns what can be done with a video codec: what its map says of it and of every codec, together. A side
// that has no map but names the codec in its list can decode and forward it.
func (c Capabilities) VideoMask(name string) uint32 { return c.mask(c.Video, name) }

// AudioMask is VideoMask for an audio codec.
func (c Capabilities) AudioMask(name string) uint32 { return c.mask(c.Audio, name) }

func (c Capabilities) mask(infos []FourCCInfo, name string) (bits uint32) {
	for _, i := range infos {
		if i.Name == name || i.Name == AnyCodec {
			bits |= i.Mask
		}
	}
	if c.Video != nil || c.Audio != nil {
		return bits
	}
	for _, listed := range c.FourCCs {
		if listed == name || listed == AnyCodec {
			return CanDecode | CanForward
		}
	}
	return 0
}

// Intersect returns what this side and a peer have in common: the codecs that both can do anything with, with what the
// peer can do, and the bits that both have of capsEx. One side's decoding goes with the other's encoding or
// forwarding, so their masks need no bit in common. AnyCodec stands for what the other one names.
func (c Capabilities) Intersect(peer Capabilities) Capabilities {
	common := Capabilities{Ex: c.Ex & peer.Ex}
	common.Video = intersect(c.names(c.Video), peer.names(peer.Video), c.VideoMask, peer.VideoMask)
	common.Audio = intersect(c.names(c.Audio), peer.names(peer.Audio), c.AudioMask, peer.AudioMask)
	return common
}

// names returns the names of a map, or those of the list if there is no map.
func (c Capabilities) names(infos []FourCCInfo) (names []string) {
	if c.Video == nil && c.Audio == nil {
		return c.FourCCs
	}
	for _, i := range infos {
		names = append(names, i.Name)
	}
	return names
}

func intersect(own, peer []string, ownMask, peerMask func(string) uint32) (infos []FourCCInfo) {
	for _, list := range [...][]string{own, peer} {
		for _, name := range list {
			if bits := peerMask(name); bits != 0 && ownMask(name) != 0 {
				infos = setInfo(infos, name, bits)
			}
		}
	}
	return infos
}

// Properties returns the properties that say it, in the order of the specification. There are none for the zero value.
func (c Capabilities) Properties() (properties []amf.Property) {
	add := func(name string, v amf.Value) {
		properties = append(properties, amf.Property{Name: name, Value: v})
	}
	if names := c.list(); len(names) > 0 {
		list := new(amf.StrictArray)
		for _, name := range names {
			list.Values = append(list.Values, amf.String(name))
		}
		add("fourCcList", list)
	}
	if len(c.Video) > 0 {
		add("videoFourCcInfoMap", infoMap(c.Video))
	}
	if len(c.Audio) > 0 {
		add("audioFourCcInfoMap", infoMap(c.Audio))
	}
	if c.Ex != 0 {
		add("capsEx", amf.Number(c.Ex))
	}
	return properties
}

func (c Capabilities) list() []string {
	if c.FourCCs != nil {
		return c.FourCCs
	}
	var all []FourCCInfo
	for _, infos := range [...][]FourCCInfo{c.Video, c.Audio} {
		for _, i := range infos {
			if i.Mask != 0 {
				all = setInfo(all, i.Name, i.Mask)
			}
		}
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return names
}

func infoMap(infos []FourCCInfo) *amf.Object {
	o := new(amf.Object)
	for _, i := range infos {
		o.Set(i.Name, amf.Number(i.Mask))
	}
	return o
}

// Enhanced returns what the client says that it can do of Enhanced RTMP.
func (c *Connect) Enhanced() Capabilities { return ParseCapabilities(c.Properties) }

// SetEnhanced puts capabilities into the properties of the command.
func (c *Connect) SetEnhanced(e Capabilities) {
	if c.Properties == nil {
		c.Properties = new(amf.Object)
	}
	for _, p := range e.Properties() {
		c.Properties.Set(p.Name, p.Value)
	}
}

// Enhanced returns the capabilities in the answer to connect: in its information, or in its command object.
func (c Command) Enhanced() Capabilities {
	return ParseCapabilities(append(c.Arguments[:len(c.Arguments):len(c.Arguments)], c.Object)...)
}

// WithEnhanced adds capabilities to both objects of an answer to connect, as clients differ in where they look.
func (c Command) WithEnhanced(e Capabilities) Command {
	for _, v := range [...]amf.Value{c.Object, c.Argument(0)} {
		if o, ok := v.(*amf.Object); ok && o != nil {
			for _, p := range e.Properties() {
				o.Set(p.Name, p.Value)
			}
		}
	}
	return c
}
