package amf_test

import (
	"testing"

	"oxrtmp/rtmp/amf"
)

// Of several properties of one name the last counts.
func TestGetAndSet(t *testing.T) {
	o := object("a", amf.Number(1), "b", amf.Number(2), "a", amf.Number(3))
	a := &amf.ECMAArray{Properties: object("a", amf.Number(1), "a", amf.Number(3)).Properties}
	for _, v := range []amf.Value{o, a} {
		if got, ok := amf.Lookup(v, "a"); !ok || got != amf.Number(3) {
			t.Errorf("Lookup = %v, %v", got, ok)
		}
		if _, ok := amf.Lookup(v, "A"); ok {
			t.Error("names are compared without regard to case")
		}
	}
	o.Set("a", amf.Number(4))
	o.Set("c", amf.Number(5))
	a.Set("c", amf.Number(6))
	if got := string(amf.AppendJSON(nil, o)); got != `{"a":1,"b":2,"a":4,"c":5}` {
		t.Error(got)
	}
	if v, ok := a.Get("c"); !ok || v != amf.Number(6) {
		t.Error(v, ok)
	}
	if v, ok := o.Get("c"); !ok || v != amf.Number(5) {
		t.Error(v, ok)
	}
}

// Nothing of what a peer may send in the place of an object makes the accessors panic.
func TestAccessorsOfOtherKinds(t *testing.T) {
	for _, v := range []amf.Value{nil, (*amf.Object)(nil), (*amf.ECMAArray)(nil), (*amf.StrictArray)(nil),
		amf.Null{}, amf.Undefined{}, amf.Unsupported{}, amf.XMLDocument("a"), amf.Date{}, amf.Reference(0)} {
		if properties, ok := amf.Properties(v); ok || properties != nil {
			t.Errorf("Properties(%#v) = %v, %v", v, properties, ok)
		}
		if got, ok := amf.Lookup(v, "a"); ok || got != nil {
			t.Errorf("Lookup(%#v) = %v, %v", v, got, ok)
		}
		_, number := amf.AsNumber(v)
		_, text := amf.AsString(v)
		_, boolean := amf.AsBoolean(v)
		if number || text || boolean {
			t.Errorf("%#v: number %v, string %v, boolean %v", v, number, text, boolean)
		}
	}
	if _, ok := (*amf.Object)(nil).Get("a"); ok {
		t.Error("nil object has a property")
	}
	if _, ok := (*amf.ECMAArray)(nil).Get("a"); ok {
		t.Error("nil array has a property")
	}
	if n, ok := amf.AsNumber(amf.Number(2)); !ok || n != 2 {
		t.Error(n, ok)
	}
	if s, ok := amf.AsString(amf.String("s")); !ok || s != "s" {
		t.Error(s, ok)
	}
	if b, ok := amf.AsBoolean(amf.Boolean(true)); !ok || !b {
		t.Error(b, ok)
	}
}
