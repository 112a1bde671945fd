package message

import "oxrtmp/rtmp/amf"

// Handlers of data messages that the library itself acts on.
const (
	HandlerMetadata   = "onMetaData"
	handlerSetFrame   = "@setDataFrame"
	handlerClearFrame = "@clearDataFrame"
)

// Data is a data message: a call of a handler of the players' without answer.
type Data struct {
	Handler string // "onMetaData", "onTextData", "|RtmpSampleAccess", …
	Values  []amf.Value
	// Set: the publisher wrapped the message in @setDataFrame, to be kept for players that join later.
	Set bool
	// Clear: it is @clearDataFrame: what was kept under Handler is void. There are no Values.
	Clear bool
	// Body is the payload from the string that names the handler on: what players get. From ParseData it aliases p; it
	// is nil if that is AMF3 from the start.
	Body []byte
	// Incomplete says why Values end before the message does, or what is wrong inside the last of them: an
	// [*amf.Error]. It is nil for a message that could be read to its end, and never written.
	Incomplete error
}

// maxStray bounds how many values before a name are skipped.
const maxStray = 16

// ParseData parses the payload of a data message: type id 18, or 15 in any of the forms that senders give it.
// @setDataFrame and @clearDataFrame are unwrapped. Up to 16 stray values that are no strings are skipped before each name. Of damaged values those before the damage remain, and Incomplete is set.
//
// The errors are ErrName when there is no handler, ErrFormat when the body of a type 15 message is of an unknown
// format, and those of package amf when l does not permit the message. The payload can be passed on all the same.
func ParseData(typeID uint8, p []byte, l amf.Limits) (Data, error) {
	body, form := splitBody(typeID, p)
	switch form {
	case formUnknown:
		return Data{Body: p}, &Error{Field: "data", Err: ErrFormat}
	case formAMF3:
		return parseDataAMF3(body, l)
	case formSwitch:
		if d, err := parseDataAMF0(body, l); err == nil && d.Incomplete == nil || amf.IsLimit(err) {
			return d, err
		}
		return parseDataAMF3(body[1:], l)
	}
	return parseDataAMF0(body, l)
}

func parseDataAMF0(body []byte, l amf.Limits) (Data, error) {
	d := Data{Body: body}
	name, start, end, err := findString(body, 0, l)
	if err == nil && (name == handlerSetFrame || name == handlerClearFrame) {
		d.Set, d.Clear = name == handlerSetFrame, name == handlerClearFrame
		name, start, end, err = findString(body, end, l)
	}
	if err != nil {
		return d, &Error{Field: "data handler", Err: err}
	}
	d.Handler, d.Body = name, body[start:]
	if d.Clear {
		return d, nil
	}
	d.Values, err = amf.DecodeAMF0(body[end:], l)
	if amf.IsLimit(err) {
		d.Values = nil
		return d, &Error{Field: "data", Err: err}
	}
	d.Incomplete = err
	return d, nil
}

func parseDataAMF3(body []byte, l amf.Limits) (d Data, err error) {
	values, err := amf.DecodeAMF3(body, l)
	if amf.IsLimit(err) {
		return d, &Error{Field: "data", Err: err}
	}
	var ok bool
	if d.Handler, values, ok = cutString(values); ok && (d.Handler == handlerSetFrame || d.Handler == handlerClearFrame) {
		d.Set, d.Clear = d.Handler == handlerSetFrame, d.Handler == handlerClearFrame
		d.Handler, values, ok = cutString(values)
	}
	if !ok {
		return d, &Error{Field: "data handler", Err: ErrName}
	}
	if !d.Clear {
		d.Values, d.Incomplete = values, err
	}
	return d, nil
}

// cutString returns the first string among the values, and those after it.
func cutString(values []amf.Value) (s string, rest []amf.Value, ok bool) {
	for i, v := range values[:min(len(values), maxStray+1)] {
		if s, ok := amf.AsString(v); ok {
			return s, values[i+1:], true
		}
	}
	return "", nil, false
}

// findString returns the first string at or after offset from, and where it begins and ends.
func findString(p []byte, from int, l amf.Limits) (s string, start, end int, err error) {
	for range maxStray + 1 {
		v, n, err := amf.DecodeValueAMF0(p[from:], l)
		if err != nil {
			if amf.IsLimit(err) {
				return "", 0, 0, err
			}
			break
		}
		if s, ok := amf.AsString(v); ok {
			return s, from, from + n, nil
		}
		from += n
	}
	return "", 0, 0, ErrName
}

// AppendData appends the payload of a type 18 message. Body, when there is one, is written in the place of Handler and
// Values.
func AppendData(dst []byte, d Data) []byte {
	switch {
	case d.Clear:
		dst = amf.AppendAMF0(dst, amf.String(handlerClearFrame))
	case d.Set:
		dst = amf.AppendAMF0(dst, amf.String(handlerSetFrame))
	}
	if d.Body != nil {
		return append(dst, d.Body...)
	}
	dst = amf.AppendAMF0(dst, amf.String(d.Handler))
	return amf.AppendValuesAMF0(dst, d.Values...)
}

// Metadata returns what an onMetaData message says of the stream: its first object or array. ok is false for other
// messages, and when there is none.
func (d *Data) Metadata() (m Metadata, ok bool) {
	if d.Handler != HandlerMetadata || d.Clear {
		return Metadata{}, false
	}
	for _, v := range d.Values {
		if _, ok := amf.Properties(v); ok {
			return ParseMetadata(v), true
		}
	}
	return Metadata{}, false
}
