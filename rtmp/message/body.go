package message

import "oxrtmp/rtmp/amf"

// bodyForm is how the values of a command or data message are written.
type bodyForm uint8

const (
	formAMF0   bodyForm = iota
	formSwitch          // AMF0 that switches to AMF3 for its first value, or for all of them: senders differ
	formAMF3
	formUnknown
)

// splitBody returns the values of a command or data message without what precedes them, and their form. In messages of
// the AMF3 types a format byte of 0 precedes AMF0 values; some senders omit it, others write AMF3 from the start.
// Enhanced RTMP v2, "Action Message Format".
func splitBody(typeID uint8, p []byte) ([]byte, bodyForm) {
	if typeID != TypeCommandAMF3 && typeID != TypeDataAMF3 && typeID != TypeSharedObjectAMF3 || len(p) == 0 {
		return p, formAMF0
	}
	switch first := p[0]; {
	case first == 0x00:
		return p[1:], formAMF0
	case first == 0x02: // an AMF0 string
		return p, formAMF0
	case first == 0x11: // the switch
		return p, formSwitch
	case first == 0x06, first >= 0x0A && first <= 0x10: // an AMF3 string or object
		return p, formAMF3
	}
	return nil, formUnknown
}

// decodeBody decodes the values of a command or data message. The error is ErrFormat or one of package amf, with the
// values before what is wrong.
func decodeBody(typeID uint8, p []byte, l amf.Limits) ([]amf.Value, error) {
	body, form := splitBody(typeID, p)
	switch form {
	case formUnknown:
		return nil, ErrFormat
	case formAMF3:
		return amf.DecodeAMF3(body, l)
	}
	values, err := amf.DecodeAMF0(body, l)
	if err != nil && form == formSwitch && !amf.IsLimit(err) {
		if all, err := amf.DecodeAMF3(body[1:], l); err == nil {
			return all, nil
		}
	}
	return values, err
}
