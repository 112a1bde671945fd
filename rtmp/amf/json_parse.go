package amf

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math"
)

// ParseJSON returns the value that one JSON text describes: objects become [*Object], properties in their order,
// duplicates included; arrays become [*StrictArray]; null becomes [Null]; numbers become [Number]. An object of the
// form that [AppendJSON] gives to a [Date] or [ByteArray] becomes one. Nothing in the result aliases p. Errors are of type [*Error].
func ParseJSON(p []byte, l Limits) (Value, error) {
	l = l.withDefaults()
	if len(p) > l.Bytes {
		return nil, &Error{Offset: max(l.Bytes, 0), Err: ErrBytes}
	}
	d := jsonDecoder{tokens: json.NewDecoder(bytes.NewReader(p)), limits: l}
	v, err := d.value()
	if err != nil {
		return nil, err
	}
	if _, err := d.tokens.Token(); err != io.EOF {
		return nil, d.fail(ErrSyntax)
	}
	return v, nil
}

// jsonDecoder makes values of the tokens of encoding/json, which does not recurse and checks the syntax.
type jsonDecoder struct {
	tokens        *json.Decoder
	limits        Limits
	values, depth int
}

func (d *jsonDecoder) fail(err error) error {
	return &Error{Offset: int(d.tokens.InputOffset()), Err: err}
}

func (d *jsonDecoder) token() (json.Token, error) {
	token, err := d.tokens.Token()
	switch {
	case err == nil:
		return token, nil
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return nil, d.fail(ErrTruncated)
	}
	return nil, d.fail(ErrSyntax)
}

func (d *jsonDecoder) value() (Value, error) {
	token, err := d.token()
	if err != nil {
		return nil, err
	}
	if d.values >= d.limits.Values {
		return nil, d.fail(ErrValues)
	}
	d.values++
	switch token := token.(type) {
	case float64:
		return Number(token), nil
	case bool:
		return Boolean(token), nil
	case string:
		return String(token), nil
	case json.Delim:
		if d.depth >= d.limits.Depth {
			return nil, d.fail(ErrDepth)
		}
		d.depth++
		defer func() { d.depth-- }()
		if token == '[' {
			return d.array()
		}
		return d.object()
	}
	return Null{}, nil
}

func (d *jsonDecoder) array() (Value, error) {
	array := new(StrictArray)
	for d.tokens.More() {
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		array.Values = append(array.Values, v)
	}
	_, err := d.token() // the closing bracket
	return array, err
}

func (d *jsonDecoder) object() (Value, error) {
	object := new(Object)
	for d.tokens.More() {
		token, err := d.token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, d.fail(ErrSyntax)
		}
		if len(name) > math.MaxUint16 {
			return nil, d.fail(ErrBytes)
		}
		v, err := d.value()
		if err != nil {
			return nil, err
		}
		object.Properties = append(object.Properties, Property{Name: name, Value: v})
	}
	if _, err := d.token(); err != nil {
		return nil, err
	}
	if date, ok := asDate(object.Properties); ok {
		return date, nil
	}
	if p, ok := asBytes(object.Properties); ok {
		return p, nil
	}
	return object, nil
}

// asDate recognizes the form in which AppendJSON writes dates.
func asDate(properties []Property) (Date, bool) {
	if len(properties) == 0 || len(properties) > 2 || properties[0].Name != jsonDate {
		return Date{}, false
	}
	ms, ok := AsNumber(properties[0].Value)
	if !ok || len(properties) == 1 {
		return Date{Milliseconds: ms}, ok
	}
	zone, ok := AsNumber(properties[1].Value)
	if !ok || properties[1].Name != jsonZone || zone != math.Trunc(zone) || zone < math.MinInt16 || zone > math.MaxInt16 {
		return Date{}, false
	}
	return Date{Milliseconds: ms, Zone: int16(zone)}, true
}

// asBytes recognizes the form in which AppendJSON writes byte arrays.
func asBytes(properties []Property) (ByteArray, bool) {
	if len(properties) != 1 || properties[0].Name != jsonBytes {
		return nil, false
	}
	s, ok := AsString(properties[0].Value)
	if !ok {
		return nil, false
	}
	p, err := base64.StdEncoding.Strict().DecodeString(s)
	return p, err == nil
}
