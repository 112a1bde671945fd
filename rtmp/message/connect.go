package message

import (
	"encoding/binary"
	"math"
	"strings"

	"oxrtmp/rtmp/amf"
)

// Connect is what a connect command says of the client. RTMP 1.0 §7.2.1.1.
type Connect struct {
	App            string  // application, as sent: it may have a query, slashes around it, or be empty
	Type           string  // "nonprivate" from publishers
	FlashVer       string  // the client's software
	SWFURL         string  // the SWF file that the client runs in
	TCURL          string  // scheme://host[:port]/app, without quotes around it
	FPad           bool    // a proxy is used
	Capabilities   float64 // bit mask of old
	AudioCodecs    float64 // bit mask of legacy audio codecs
	VideoCodecs    float64 // bit mask of legacy video codecs
	VideoFunction  float64 // bit mask: 1 client seek; Enhanced RTMP has further ones
	PageURL        string  // the page that loaded the SWF file
	ObjectEncoding float64 // 0 AMF0, 3 AMF3

	// Properties is the complete command object, in order: those above and all others. Never nil after ParseConnect.
	Properties *amf.Object
	// Extra are the arguments after the command object.
	Extra []amf.Value
}

// connectNames are the properties with a field of their own, in the order in which they are written.
var connectNames = [...]string{"app", "type", "flashVer", "swfUrl", "tcUrl", "fpad", "capabilities", "audioCodecs",
	"videoCodecs", "videoFunction", "pageUrl", "objectEncoding"}

// maxConnectName is the length of the longest of them.
const maxConnectName = len("objectEncoding")

// field returns where the property of that name, in any case, is kept: a *string, *float64 or *bool, or nil.
func (c *Connect) field(name string) any {
	if len(name) > maxConnectName {
		return nil
	}
	switch strings.ToLower(name) {
	case "app":
		return &c.App
	case "type":
		return &c.Type
	case "flashver":
		return &c.FlashVer
	case "swfurl":
		return &c.SWFURL
	case "tcurl":
		return &c.TCURL
	case "fpad":
		return &c.FPad
	case "capabilities":
		return &c.Capabilities
	case "audiocodecs":
		return &c.AudioCodecs
	case "videocodecs":
		return &c.VideoCodecs
	case "videofunction":
		return &c.VideoFunction
	case "pageurl":
		return &c.PageURL
	case "objectencoding":
		return &c.ObjectEncoding
	}
	return nil
}

// ParseConnect reads a connect command. Property names are recognized in any case, the last of equal ones counts, and
// properties of an unexpected kind are ignored, as are those of a command object that is no object. The error is
// ErrNUL, for App or TCURL; c is complete even so.
func ParseConnect(command Command) (c Connect, err error) {
	properties, _ := amf.Properties(command.Object)
	c.Properties = &amf.Object{Properties: properties}
	c.Extra = command.Arguments
	for _, p := range properties {
		switch field := c.field(p.Name).(type) {
		case *string:
			if s, ok := amf.AsString(p.Value); ok {
				*field = s
			}
		case *float64:
			if n, ok := lenientNumber(p.Value); ok {
				*field = n
			}
		case *bool:
			if b, ok := truth(p.Value); ok {
				*field = b
			}
		}
	}
	c.TCURL = strings.Trim(c.TCURL, `'"`)
	switch {
	case strings.IndexByte(c.App, 0) >= 0:
		return c, &Error{Field: "app", Err: ErrNUL}
	case strings.IndexByte(c.TCURL, 0) >= 0:
		return c, &Error{Field: "tcUrl", Err: ErrNUL}
	}
	return c, nil
}

// Command returns the connect command, transaction 1. The fields that are set come first, in the order that encoders
// use, each with the value that Properties gives it where the field is zero; then the other properties. app is always
// written.
func (c *Connect) Command() Command {
	object := new(amf.Object)
	for _, name := range connectNames {
		var value amf.Value
		switch field := c.field(name).(type) {
		case *string:
			if *field != "" {
				value = amf.String(*field)
			}
		case *float64:
			if *field != 0 {
				value = amf.Number(*field)
			}
		case *bool:
			if *field {
				value = amf.Boolean(true)
			}
		}
		if value == nil {
			value, _ = c.property(name)
		}
		if value == nil && name == "app" {
			value = amf.String("")
		}
		if value != nil {
			object.Properties = append(object.Properties, amf.Property{Name: name, Value: value})
		}
	}
	if c.Properties != nil {
		for _, p := range c.Properties.Properties {
			if c.field(p.Name) == nil {
				object.Properties = append(object.Properties, p)
			}
		}
	}
	return Command{Name: "connect", TransactionID: 1, Object: object, Arguments: c.Extra}
}

// AppName returns the application without the slashes around it and without its query, and that query, without its
// question mark. Only a client that sends no app at all has it taken from its tcUrl.
func (c *Connect) AppName() (name, query string) {
	name = c.App
	if _, sent := c.property("app"); name == "" && !sent {
		_, rest, _ := strings.Cut(c.TCURL, "://")
		if i := strings.IndexAny(rest, "/?"); i >= 0 {
			name = rest[i:]
		}
	}
	name, query, _ = strings.Cut(name, "?")
	return strings.Trim(name, "/"), query
}

// property returns the last property of that name, in any case.
func (c *Connect) property(name string) (v amf.Value, ok bool) {
	properties, _ := amf.Properties(c.Properties)
	for _, p := range properties {
		if strings.EqualFold(p.Name, name) {
			v, ok = p.Value, true
		}
	}
	return v, ok
}

// Encoder returns which software the client says it is.
func (c *Connect) Encoder() Encoder { return DetectEncoder(c.FlashVer) }

// ConnectResult returns the answer to a connect command that was accepted. Its command object (a fresh [*amf.Object]:
// the server's properties) and its one argument (another: the information) may be added to. objectEncoding is what the
// server answers with: 0, or 3 when the client asked for it.
func ConnectResult(transactionID, objectEncoding float64) Command {
	properties := &amf.Object{Properties: []amf.Property{
		{Name: "fmsVer", Value: amf.String("FMS/3,0,1,123")},
		{Name: "capabilities", Value: amf.Number(31)},
		{Name: "mode", Value: amf.Number(1)},
	}}
	info := NewStatus(CodeConnectSuccess, "Connection succeeded.")
	info.Properties = []amf.Property{{Name: "objectEncoding", Value: amf.Number(objectEncoding)}}
	return Result(transactionID, properties, info.Value())
}

// ConnectAnswer is the payload of [ConnectResult], encoded once for all clients that a server accepts.
type ConnectAnswer struct {
	payload               []byte
	transaction, encoding int // offsets of the two numbers that differ from client to client
}

// NewConnectAnswer returns the answer of a server with these capabilities.
func NewConnectAnswer(e Capabilities) ConnectAnswer {
	encode := func(transactionID, objectEncoding float64) []byte {
		return AppendCommand(nil, ConnectResult(transactionID, objectEncoding).WithEnhanced(e))
	}
	a := ConnectAnswer{payload: encode(0, 0)}
	for one := encode(1, 0); one[a.transaction] == a.payload[a.transaction]; { // 0 and 1 differ in their first byte
		a.transaction++
	}
	for one := encode(0, 1); one[a.encoding] == a.payload[a.encoding]; {
		a.encoding++
	}
	return a
}

// Append appends the payload of the answer to a connect command.
func (a *ConnectAnswer) Append(dst []byte, transactionID, objectEncoding float64) []byte {
	base := len(dst)
	dst = append(dst, a.payload...)
	binary.BigEndian.PutUint64(dst[base+a.transaction:], math.Float64bits(transactionID))
	binary.BigEndian.PutUint64(dst[base+a.encoding:], math.Float64bits(objectEncoding))
	return dst
}
