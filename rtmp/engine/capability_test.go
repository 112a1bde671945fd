package engine

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// theirs are capabilities as a peer might have them.
func theirs() message.Capabilities {
	c := message.Capabilities{FourCCs: []string{"av01"}, Ex: message.CapsReconnect | message.CapsMultitrack}
	c.SetVideo("av01", message.CanDecode)
	return c
}

// A163, C22: what the server can do stands in both objects of its answer to connect, byte for byte as the specification
// has it.
func TestServerSaysWhatItCan(t *testing.T) {
	one := message.Capabilities{Ex: 3}
	one.SetVideo("av01", message.CanForward)
	k := newTalk(t, ServerConfig{Capabilities: &one})
	k.connect()
	properties := spell(t, `'fourCcList' 0a 00000001 02 'av01' 'videoFourCcInfoMap' 03 'av01' 00 4010000000000000 000009
		'capsEx' 00 4008000000000000 000009`)
	k.l.d = nil
	found := false
	for _, m := range k.l.hear(t, k.s.AppendOutput(nil)) {
		if m.TypeID == message.TypeCommand {
			found = true
			if n := bytes.Count(m.payload, properties); n != 2 {
				t.Errorf("in %d objects of %x", n, m.payload)
			}
		}
	}
	if !found {
		t.Fatal("no answer")
	}
}

// A157, A158, A160, A161: what each side learns of the other, in each mode.
func TestCapabilitiesAreExchanged(t *testing.T) {
	ours := theirs()
	for _, c := range []struct {
		name           string
		client         ClientConfig
		server         ServerConfig
		byClient, bySv message.Capabilities // what the server said to the client, and the other way
	}{
		{"auto", ClientConfig{}, ServerConfig{}, AllCapabilities(message.CanForward), AllCapabilities(message.CanEncode)},
		{"a playing client", ClientConfig{Play: &PlayRequest{}}, ServerConfig{AskPlay: true},
			AllCapabilities(message.CanForward), AllCapabilities(message.CanDecode)},
		{"given", ClientConfig{Capabilities: &ours}, ServerConfig{Capabilities: &ours}, ours, ours},
		{"the client says nothing", ClientConfig{Enhanced: EnhancedOff}, ServerConfig{}, message.Capabilities{}, message.Capabilities{}},
		{"the server says nothing", ClientConfig{}, ServerConfig{Enhanced: EnhancedOff}, message.Capabilities{}, message.Capabilities{}},
		{"minimal", ClientConfig{Capabilities: &message.Capabilities{}}, ServerConfig{}, AllCapabilities(message.CanForward), message.Capabilities{}},
		{"required", ClientConfig{Enhanced: EnhancedRequired}, ServerConfig{Enhanced: EnhancedRequired},
			AllCapabilities(message.CanForward), AllCapabilities(message.CanEncode)},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newPair(t, c.client, c.server)
			p.mustRun()
			if !p.c.Publishing() && !p.c.Playing() {
				t.Fatal("the conversation ended")
			}
			for _, side := range []struct {
				name      string
				got, want message.Capabilities
			}{{"client", p.c.Capabilities(), c.byClient}, {"server", p.s.Capabilities(), c.bySv}} {
				side.got.FourCCs, side.want.FourCCs = nil, nil // derived from the maps
				if !reflect.DeepEqual(side.got, side.want) {
					t.Errorf("the %s knows %+v, want %+v", side.name, side.got, side.want)
				}
			}
		})
	}
}

// A161: who requires Enhanced RTMP refuses a peer without it, with a reason.
func TestEnhancedRequired(t *testing.T) {
	k := newTalk(t, ServerConfig{Enhanced: EnhancedRequired})
	k.connect()
	expect(t, "a connect without capabilities", k.replies(), "csid 3 msid 0 _error 1 error NetConnection.Connect.Rejected")
	if !k.s.Closing() || k.err != nil {
		t.Errorf("closing %v, %v", k.s.Closing(), k.err)
	}
	k = newTalk(t, ServerConfig{Enhanced: EnhancedRequired})
	k.connect(append([]amf.Property{{Name: "app", Value: amf.String("live")}}, theirs().Properties()...)...)
	if got := strings.Join(k.replies(), ", "); !strings.Contains(got, "_result 1 status NetConnection.Connect.Success") {
		t.Error(got)
	}
	h := newHost(t, ClientConfig{Enhanced: EnhancedRequired})
	h.says("02 000000 000000 01 00000000 00001000\n" + connected)
	if e := h.events[len(h.events)-1]; e.Kind != EventRefused || e.Status.Code != message.CodeConnectRejected || !h.c.Closing() {
		t.Errorf("the client goes on with %+v", e)
	}
}

// What a client says is added to the properties that it was given, which stay as they are.
func TestClientConnectWithCapabilities(t *testing.T) {
	given := &amf.Object{Properties: []amf.Property{{Name: "token", Value: amf.String("x")}}}
	ours := theirs()
	h := newHost(t, ClientConfig{Capabilities: &ours, Connect: message.Connect{App: "live", Properties: given}})
	out := h.l.hear(t, h.c.AppendOutput(nil))
	want := spell(t, `02 'connect' 00 3ff0000000000000 03 'app' 02 'live' 'token' 02 'x' 'fourCcList' 0a 00000001 02 'av01'
		'videoFourCcInfoMap' 03 'av01' 00 3ff0000000000000 000009 'capsEx' 00 4008000000000000 000009`)
	if got := out[len(out)-1].payload; !bytes.Equal(got, want) {
		t.Errorf("\n%x, want\n%x", got, want)
	}
	if len(given.Properties) != 1 {
		t.Errorf("the given properties became %v", given.Properties)
	}
}
