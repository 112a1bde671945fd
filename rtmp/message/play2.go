package message

import "oxrtmp/rtmp/amf"

// Play2 is what a play2 command asks for: another stream in the place of the one that plays, normally the same content
// at another bit rate. RTMP 1.0 §7.2.2.2 and the NetStreamPlayOptions of Flash.
type Play2 struct {
	StreamName    string  // as sent, with its query
	OldStreamName string  // the stream that it is to replace; "": the one that plays
	Start         float64 // PlayAny, PlayLive, or an offset
	Duration      float64 // len; -1: all of it
	Offset        float64 // where in the new stream to switch, in seconds; -1 when missing
	Transition    string  // "switch", "swap", "append", "stop", "reset", "resume" or "appendAndWait"; "" when missing

	// Properties is the complete object, in order. Never nil after ParsePlay2.
	Properties *amf.Object
}

// ParsePlay2 reads a play2 command. Properties of an unexpected kind are ignored; without an object everything is
// missing.
func ParsePlay2(c Command) Play2 {
	p := Play2{Start: PlayAny, Duration: -1, Offset: -1, Properties: new(amf.Object)}
	properties, ok := amf.Properties(c.Argument(0))
	if !ok {
		properties, _ = amf.Properties(c.Object)
	}
	p.Properties.Properties = properties
	for _, property := range properties {
		text, isText := amf.AsString(property.Value)
		n, isNumber := finite(property.Value)
		switch {
		case property.Name == "streamName" && isText:
			p.StreamName = text
		case property.Name == "oldStreamName" && isText:
			p.OldStreamName = text
		case property.Name == "transition" && isText:
			p.Transition = text
		case property.Name == "start" && isNumber:
			p.Start = playStart(n)
		case property.Name == "len" && isNumber && n >= 0:
			p.Duration = n
		case property.Name == "offset" && isNumber:
			p.Offset = n
		}
	}
	return p
}

// Command returns the play2 command: the properties of the fields that are set, then those of Properties that no field
// stands for.
func (p *Play2) Command() Command {
	o := new(amf.Object)
	if p.OldStreamName != "" {
		o.Set("oldStreamName", amf.String(p.OldStreamName))
	}
	o.Set("streamName", amf.String(p.StreamName))
	o.Set("start", amf.Number(p.Start))
	o.Set("len", amf.Number(p.Duration))
	o.Set("offset", amf.Number(p.Offset))
	if p.Transition != "" {
		o.Set("transition", amf.String(p.Transition))
	}
	if p.Properties != nil {
		for _, property := range p.Properties.Properties {
			switch property.Name {
			case "oldStreamName", "streamName", "start", "len", "offset", "transition":
			default:
				o.Properties = append(o.Properties, property)
			}
		}
	}
	return NewCommand("play2", 0, o)
}
