package hub

import "oxrtmp/rtmp/media"

// Ability is what a player has said that it decodes. Its zero value is one that said nothing: it is taken to decode
// every codec that has a number of old, and none of Enhanced RTMP.
type Ability struct {
	// LegacyVideo and LegacyAudio have a bit for each codec number of legacy headers; 0 stands for all of them.
	LegacyVideo, LegacyAudio uint32
	// Video and Audio are the codecs that are decoded with Enhanced RTMP headers; AnyVideo and AnyAudio say: all.
	Video, Audio       []media.FourCC
	AnyVideo, AnyAudio bool
}

// use is how a stream carries a codec.
type use struct {
	typeID   uint8
	enhanced bool
	number   uint8 // of a legacy header
	codec    media.FourCC
}

func useOf(p *media.Packet) use {
	u := use{typeID: p.Type, enhanced: p.Flags&media.FlagEnhanced != 0, codec: p.Codec}
	switch {
	case u.enhanced || len(p.Raw) == 0:
	case p.Type == media.TypeVideo:
		u.number = p.Raw[0] & 15
	case p.Type == media.TypeAudio:
		u.number = p.AudioHeader.Format()
	}
	return u
}

// Decodes reports that the player can decode a packet. It is true for those without a codec.
func (a *Ability) Decodes(p *media.Packet) bool { return a.decodes(useOf(p)) }

func (a *Ability) decodes(u use) bool {
	if u.codec == 0 {
		return true
	}
	legacy, list, all := a.LegacyVideo, a.Video, a.AnyVideo
	if u.typeID == media.TypeAudio {
		legacy, list, all = a.LegacyAudio, a.Audio, a.AnyAudio
	}
	if !u.enhanced && u.number < 12 && (legacy == 0 || legacy&legacyBit(u) != 0) {
		return true
	}
	if !u.enhanced && u.typeID == media.TypeAudio && u.number >= 12 { // MP3 at 8 kHz, and what is reserved
		return true
	}
	if !u.enhanced && u.number < 12 {
		return false
	}
	for _, c := range list {
		all = all || c == u.codec
	}
	return all
}

// legacyBit returns the bits of which one must be set. The numbers of audio codecs and their bits agree but for those
// that every player decodes, and for Nellymoser at 16 kHz. RTMP 1.0 §7.2.1.1.
func legacyBit(u use) uint32 {
	if u.typeID == media.TypeAudio {
		switch u.number {
		case 0, 3: // linear PCM
			return 1<<32 - 1
		case 4:
			return 0x200
		}
	}
	return 1 << u.number
}

// Undecodable returns a codec of the stream's first audio or video track that a player cannot decode, or 0.
func (c *Cache) Undecodable(a *Ability) media.FourCC {
	for _, u := range c.uses {
		if !a.decodes(u) {
			return u.codec
		}
	}
	return 0
}

// Uses returns a number that changes when another codec is used for the stream's first audio or video track.
func (c *Cache) Uses() int { return c.useChanges }

// Codecs returns the codecs of the stream's first video and audio track, 0 where there is none.
func (c *Cache) Codecs() (video, audio media.FourCC) { return c.uses[1].codec, c.uses[0].codec }

// noteUse notes the codec of the first track of a type.
func (c *Cache) noteUse(p *media.Packet) {
	if p.Codec == 0 || p.Track != 0 || p.Kind != media.KindSequenceHeader && p.Kind != media.KindFrame {
		return
	}
	i := 0
	if p.Type == media.TypeVideo {
		i = 1
	}
	if u := useOf(p); u != c.uses[i] {
		c.uses[i] = u
		c.useChanges++
	}
}
