package message

import (
	"oxrtmp/rtmp/amf"
)

// Levels of a [Status].
const (
	LevelStatus  = "status"
	LevelWarning = "warning"
	LevelError   = "error"
)

// Status is the information object of onStatus, of _error, and of the answer to connect. RTMP 1.0 §7.2.
type Status struct {
	Level       string // LevelStatus, LevelWarning or LevelError; an error ends the operation that it answers
	Code        string // one of the Code… constants, or what else the peer says
	Description string // for people
	// Properties are those besides the three above: details, clientid, ex, …
	Properties []amf.Property
}

// NewStatus returns a status with the level that its code has by convention.
func NewStatus(code, description string) Status {
	return Status{Level: LevelOf(code), Code: code, Description: description}
}

// Value returns the information object: level, code, description, then the other properties. Empty ones of the three
// are left out. It is an object, not an ECMA array: peers look for its marker.
func (s Status) Value() *amf.Object {
	o := new(amf.Object)
	for _, p := range [...]amf.Property{
		{Name: "level", Value: amf.String(s.Level)},
		{Name: "code", Value: amf.String(s.Code)},
		{Name: "description", Value: amf.String(s.Description)},
	} {
		if p.Value != amf.String("") {
			o.Properties = append(o.Properties, p)
		}
	}
	o.Properties = append(o.Properties, s.Properties...)
	return o
}

// Command returns the onStatus message with this information: transaction 0, no command object.
func (s Status) Command() Command { return NewCommand("onStatus", 0, s.Value()) }

// ErrorReply returns the answer to a command of that transaction that was refused or failed. Its command object is
// Null: some peers take the first object for the information.
func ErrorReply(transactionID float64, s Status) Command {
	return NewCommand("_error", transactionID, s.Value())
}

// ParseStatus returns the information of an onStatus command. ok is false for other commands, and without information.
func ParseStatus(c Command) (s Status, ok bool) {
	if c.Name != "onStatus" {
		return Status{}, false
	}
	return c.Info()
}

// Info returns the information object of an answer, of onStatus, onFCPublish and the like: the first object or array
// among the arguments that has a code, level or description, or else the command object if it has.
func (c Command) Info() (s Status, ok bool) {
	for _, v := range c.Arguments {
		if s, ok = parseInfo(v); ok {
			return s, true
		}
	}
	return parseInfo(c.Object)
}

func parseInfo(v amf.Value) (s Status, ok bool) {
	properties, _ := amf.Properties(v)
	for _, p := range properties {
		text, isText := amf.AsString(p.Value)
		switch {
		case p.Name == "level" && isText:
			s.Level, ok = text, true
		case p.Name == "code" && isText:
			s.Code, ok = text, true
		case p.Name == "description" && isText:
			s.Description, ok = text, true
		default:
			s.Properties = append(s.Properties, p)
		}
	}
	if !ok {
		return Status{}, false
	}
	return s, true
}

// Get returns the last of s.Properties called name.
func (s Status) Get(name string) (amf.Value, bool) {
	return (&amf.Object{Properties: s.Properties}).Get(name)
}

// Redirect returns the tcUrl to connect to instead, when the status is a redirection: its ex property has the code 302
// and a redirect (or redirect2) text.
func (s Status) Redirect() (url string, ok bool) {
	ex, _ := s.Get("ex")
	if code, _ := amf.Lookup(ex, "code"); code != amf.Number(302) {
		return "", false
	}
	for _, name := range [...]string{"redirect", "redirect2"} {
		v, _ := amf.Lookup(ex, name)
		if url, ok := amf.AsString(v); ok && url != "" {
			return url, true
		}
	}
	return "", false
}

// Redirection returns the information with which a server sends a client elsewhere, in the answer to connect (see
// [ErrorReply]) or by onStatus on message stream 0: url is the tcUrl there, and full, if it is not empty, the same with
// the stream's name behind it, which some clients want.
func Redirection(url, full, description string) Status {
	ex := &amf.Object{Properties: []amf.Property{
		{Name: "code", Value: amf.Number(302)},
		{Name: "redirect", Value: amf.String(url)},
	}}
	if full != "" {
		ex.Properties = append(ex.Properties, amf.Property{Name: "redirect2", Value: amf.String(full)})
	}
	s := NewStatus(CodeConnectRejected, description)
	s.Properties = []amf.Property{{Name: "ex", Value: ex}}
	return s
}
