package message

import (
	"math"

	"oxrtmp/rtmp/amf"
)

// Command is a command message, or the answer to one. RTMP 1.0 §7.2.
type Command struct {
	// Name of the procedure, or "_result" or "_error" in an answer.
	Name string
	// TransactionID ties an answer to its command. 0 wants no answer.
	TransactionID float64
	// Object is the command object: an object, or amf.Null. Answers to connect have one; some peers leave it out of
	// answers, so that what it should be followed by stands here.
	Object amf.Value
	// Arguments are all values after the command object.
	Arguments []amf.Value
	// Incomplete says why the arguments end before the message does, or what is wrong inside the last of them: an
	// [*amf.Error]. It is nil for a message that could be read to its end, and never written.
	Incomplete error
}

// NewCommand returns a command without a command object.
func NewCommand(name string, transactionID float64, arguments ...amf.Value) Command {
	return Command{Name: name, TransactionID: transactionID, Object: amf.Null{}, Arguments: arguments}
}

// Result returns the answer to the command of that transaction that was carried out. A nil object is Null.
func Result(transactionID float64, object amf.Value, values ...amf.Value) Command {
	if object == nil {
		object = amf.Null{}
	}
	return Command{Name: "_result", TransactionID: transactionID, Object: object, Arguments: values}
}

// Argument returns the argument at index i, or amf.Undefined when there are fewer.
func (c Command) Argument(i int) amf.Value {
	if i < 0 || i >= len(c.Arguments) {
		return amf.Undefined{}
	}
	return c.Arguments[i]
}

// ParseCommand parses the payload of a command message: type id 20, or 17 in any of the forms that senders give it.
// Nothing in the result aliases p.
//
// It fails with ErrName when there is no name, ErrFormat when the body of a type 17 message is of an unknown format,
// and with an error of package amf when l does not permit the message. All else is mended: a transaction id that is
// missing, no number, negative or not finite is 0, a missing command object is amf.Null, and of damaged arguments
// those before the damage remain, and Incomplete is set.
func ParseCommand(typeID uint8, p []byte, l amf.Limits) (Command, error) {
	values, err := decodeBody(typeID, p, l)
	if amf.IsLimit(err) || err == ErrFormat {
		return Command{}, &Error{Field: "command", Err: err}
	}
	c := Command{Object: amf.Null{}, Incomplete: err}
	if len(values) == 0 {
		return Command{}, &Error{Field: "command name", Err: ErrName}
	}
	name, ok := amf.AsString(values[0])
	if !ok {
		return Command{}, &Error{Field: "command name", Err: ErrName}
	}
	c.Name = name
	if len(values) > 1 {
		c.TransactionID = transactionID(values[1])
	}
	if len(values) > 2 {
		c.Object = values[2]
	}
	if len(values) > 3 {
		c.Arguments = values[3:]
	}
	return c, nil
}

// ParseCommandHead parses the beginning of the payload of a command message, as [ParseCommand] does, and no more: values
// are those from the command object on, as they stand there, in AMF0. name and values alias p. The errors are ErrName,
// and ErrFormat also for a type 17 message whose values are in AMF3 from the first on.
func ParseCommandHead(typeID uint8, p []byte) (name []byte, transaction float64, values []byte, err error) {
	body, form := splitBody(typeID, p)
	if form != formAMF0 {
		return nil, 0, nil, &Error{Field: "command", Err: ErrFormat}
	}
	s := amf.Scanner{Input: body}
	t, err := s.Next()
	if err == nil {
		name, err = headName(&t)
	}
	if err != nil {
		return nil, 0, nil, &Error{Field: "command name", Err: ErrName}
	}
	switch t, err = s.Next(); {
	case err != nil:
	case t.Type == amf.TokenNumber:
		transaction = transactionID(amf.Number(t.Number))
	case t.Type == amf.TokenAMF3:
		if v, _, err := amf.DecodeValueAMF3(t.Text, amf.Limits{}); err == nil {
			transaction = transactionID(v)
		}
	}
	for err == nil && s.Open() { // what is there instead of a number is skipped whole
		_, err = s.Next()
	}
	if err != nil {
		return name, transaction, nil, nil
	}
	return name, transaction, body[s.Offset:], nil
}

// headName returns the name that a token is, which may have been switched to AMF3.
func headName(t *amf.Token) ([]byte, error) {
	switch t.Type {
	case amf.TokenString:
		return t.Text, nil
	case amf.TokenAMF3:
		v, n, err := amf.DecodeValueAMF3(t.Text, amf.Limits{})
		if name, ok := amf.AsString(v); err == nil && ok {
			return t.Text[n-len(name) : n], nil // its text is what it ends with
		}
	}
	return nil, ErrName
}

func transactionID(v amf.Value) float64 {
	id, ok := amf.AsNumber(v)
	if !ok || !(id > 0) || id > math.MaxFloat64 {
		return 0
	}
	return id
}

// AppendCommand appends the payload of a type 20 message. A nil Object is written as Null.
func AppendCommand(dst []byte, c Command) []byte {
	dst = amf.AppendValuesAMF0(dst, amf.String(c.Name), amf.Number(c.TransactionID), c.Object)
	return amf.AppendValuesAMF0(dst, c.Arguments...)
}
