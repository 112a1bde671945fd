package rtmp

import (
	"context"
	"errors"
	"reflect"
	"testing"
)

// A157, A158, A161, A163: what a server and a client say of themselves reaches the other's application, whatever it is.
func TestCapabilitiesReachTheApplication(t *testing.T) {
	mine := Capabilities{FourCCs: []string{"av01", "Opus"}, Ex: 2}
	mine.SetVideo("av01", CanEncode)
	mine.SetAudio("Opus", CanEncode)
	for _, c := range []struct {
		name               string
		server             ServerOptions
		client             ClientOptions
		byClient, byServer func(Capabilities) bool
	}{
		{"default", ServerOptions{}, ClientOptions{},
			func(c Capabilities) bool {
				return c.VideoMask("vvc1") == CanForward && c.AudioMask("ac-3") == CanForward && c.Ex == 15
			},
			func(c Capabilities) bool {
				return c.VideoMask("hvc1") == CanEncode && c.AudioMask("fLaC") == CanEncode && c.Ex == 14
			}},
		{"given", ServerOptions{Capabilities: &mine}, ClientOptions{Capabilities: &mine},
			func(c Capabilities) bool { return reflect.DeepEqual(c, mine) },
			func(c Capabilities) bool { return reflect.DeepEqual(c, mine) }},
		{"off", ServerOptions{Enhanced: EnhancedOff}, ClientOptions{Enhanced: EnhancedOff}, Capabilities.IsZero, Capabilities.IsZero},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := bind(t, &c.server)
			client, session := published(t, s, &c.client)
			if got := session.Capabilities(); !c.byServer(got) {
				t.Errorf("the server learned %+v", got)
			}
			if got := client.Capabilities(); !c.byClient(got) {
				t.Errorf("the client learned %+v", got)
			}
		})
	}
}

// A161: a server that requires Enhanced RTMP tells a client without it why it may not connect.
func TestEnhancedRequiredRefuses(t *testing.T) {
	s := bind(t, &ServerOptions{Enhanced: EnhancedRequired})
	_, err := Publish(context.Background(), "rtmp://"+s.Addr()+"/live/key", &ClientOptions{Enhanced: EnhancedOff})
	var status *StatusError
	if !errors.As(err, &status) || status.Code != "NetConnection.Connect.Rejected" {
		t.Fatal(err)
	}
}
