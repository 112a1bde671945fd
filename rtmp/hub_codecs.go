package rtmp

import (
	"errors"
	"fmt"

	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// CodecPolicy says what becomes of players that have not said in connect that they decode what a stream carries. Most
// players say nothing of Enhanced RTMP, and decode much of it.
type CodecPolicy uint8

// The policies. Their numbers do not change.
const (
	CodecsPass   CodecPolicy = 0 // they get everything
	CodecsRefuse CodecPolicy = 1 // they are told NetStream.Play.Failed, when they ask or once the stream turns to such a codec
	CodecsFilter CodecPolicy = 2 // they get what they have said that they decode, data, and what has no codec
)

// ErrCodec says that a player does not decode the codecs of a stream.
var ErrCodec = errors.New("rtmp: the player does not decode the stream")

// undecodable is ErrCodec for one codec, in the words that the player is told.
func undecodable(codec media.FourCC) error {
	return fmt.Errorf("%w: it has %s", ErrCodec, codec)
}

// abilityOf returns what a player has said that it decodes.
func abilityOf(c *message.Connect, e Capabilities) *hub.Ability {
	a := &hub.Ability{LegacyVideo: bits(c.VideoCodecs), LegacyAudio: bits(c.AudioCodecs)}
	a.Video, a.AnyVideo = decoded(e.FourCCs, e.Video, e.VideoMask)
	a.Audio, a.AnyAudio = decoded(e.FourCCs, e.Audio, e.AudioMask)
	return a
}

// bits returns a number of connect as the bit mask that it is; 0, which says nothing, if it is none.
func bits(n float64) uint32 {
	if n >= 1 && n <= 1<<32-1 {
		return uint32(n)
	}
	return 0
}

// decoded returns the codecs of a list and a map that are decoded, or passed on to somebody who does.
func decoded(list []string, infos []message.FourCCInfo, mask func(name string) uint32) (codecs []media.FourCC, all bool) {
	names := list[:len(list):len(list)]
	for _, i := range infos {
		names = append(names, i.Name)
	}
	for _, name := range names {
		switch {
		case mask(name)&(CanDecode|CanForward) == 0:
		case name == message.AnyCodec:
			all = true
		case len(name) == 4:
			codecs = append(codecs, media.FourCC(name[0])<<24|media.FourCC(name[1])<<16|media.FourCC(name[2])<<8|media.FourCC(name[3]))
		}
	}
	return codecs, all
}

// mayDecode reports that the policy lets the player have what the stream carries by now; otherwise the player has been
// told so. The link is locked.
func (p *hubPlayer) mayDecode(st *hubStream) bool {
	if p.ability == nil || p.uses == st.cache.Uses() {
		return true
	}
	p.uses = st.cache.Uses()
	codec := st.cache.Undecodable(p.ability)
	if codec == 0 {
		return true
	}
	p.session.conn.engine.FailPlay(p.session.streamID, message.CodePlayFailed, inWords(undecodable(codec)))
	p.link.events()
	p.link.flush()
	return false
}
