package rtmp

import (
	"context"
	"errors"
	"net"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/message"
)

// A99: the applications on both sides call one another while media flows, and get answers, refusals and timeouts.
func TestCallsBothWays(t *testing.T) {
	s := bind(t, &ServerOptions{AnswerCalls: true})
	client, session := published(t, s, &ClientOptions{AnswerCalls: true})
	go func() {
		for {
			e, err := session.NextEvent(-1)
			if err != nil {
				return
			}
			if e.Kind == SessionCall && e.Call.Name == "double" {
				n, _ := amf.AsNumber(e.Call.Argument(0))
				session.Answer(e.CallID, amf.Number(2*n), amf.String("and more"))
			} else if e.Kind == SessionCall && e.Call.Name == "refused" {
				session.Refuse(e.CallID, "App.No", "not today")
			}
		}
	}()
	go func() {
		for {
			e, err := client.NextEvent(-1)
			if err != nil {
				return
			}
			if e.Kind == ClientCall && e.CallID != 0 {
				client.Answer(e.CallID, e.Call.Argument(0))
			}
		}
	}()
	values, err := client.Call(10*time.Second, "double", amf.Number(21))
	if want := []amf.Value{amf.Number(42), amf.String("and more")}; err != nil || !reflect.DeepEqual(values, want) {
		t.Errorf("%v, %v", values, err)
	}
	var status *StatusError
	if _, err := client.Call(10*time.Second, "refused"); !errors.As(err, &status) || status.Code != "App.No" || status.Description != "not today" {
		t.Errorf("refused: %v", err)
	}
	values, err = session.Call(10*time.Second, "echo", amf.String("x"))
	if want := []amf.Value{amf.String("x")}; err != nil || !reflect.DeepEqual(values, want) {
		t.Errorf("%v, %v", values, err)
	}
	if _, err := client.Call(50*time.Millisecond, "never"); err != ErrTimeout {
		t.Errorf("nobody answers: %v", err)
	}
	if err := client.SendAudio(5, []byte("still")); err != nil {
		t.Fatal(err)
	}
	if p, err := session.NextPacket(10 * time.Second); err != nil || string(p.Data) != "still" {
		t.Errorf("media: %q, %v", p.Data, err)
	} else {
		p.Release()
	}
}

// A100: what nobody wanted to answer is refused at once, with NetConnection.Call.Failed.
func TestCallsAreRefusedByDefault(t *testing.T) {
	s := bind(t, nil)
	client, session := published(t, s, nil)
	for name, call := range map[string]func(time.Duration, string, ...amf.Value) ([]amf.Value, error){"client": client.Call, "session": session.Call} {
		var status *StatusError
		if _, err := call(10*time.Second, "unheardOf"); !errors.As(err, &status) || status.Code != message.CodeCallFailed {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A call ends when the stream does, on either side.
func TestCallsEndWithTheStream(t *testing.T) {
	s := bind(t, &ServerOptions{AnswerCalls: true})
	client, session := published(t, s, nil)
	done := make(chan error, 1)
	go func() {
		_, err := client.Call(-1, "never")
		done <- err
	}()
	if e, err := session.NextEvent(10 * time.Second); err != nil || e.Kind != SessionCall || e.Call.Name != "never" {
		t.Fatalf("%+v, %v", e, err)
	}
	session.Close()
	select {
	case err := <-done:
		if err == nil || err == ErrTimeout {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the call did not end")
	}
	if _, err := session.Call(-1, "f"); err != ErrClosed {
		t.Errorf("after Close: %v", err)
	}
}

// Calls that wait when a connection is lost, and made again, have no answer: those of the next one have numbers of their own.
func TestCallsEndWithTheConnection(t *testing.T) {
	s := bind(t, &ServerOptions{AnswerCalls: true})
	client, session := published(t, s, persistent())
	expectEvent(t, client, ClientConnected)
	waited := make(chan error, 1)
	go func() {
		_, err := client.Call(-1, "wait")
		waited <- err
	}()
	waitFor(t, "the call", func() bool { return session.events.length() > 0 })
	id, err := client.StartCall(time.Hour, "wait too")
	if err != nil {
		t.Fatal(err)
	}
	session.conn.link.shut(&Error{Err: errors.New("cut")})
	expectEvent(t, client, ClientReconnecting)
	if e := expectEvent(t, client, ClientReply); e.CallID != id || e.Err != ErrTimeout {
		t.Errorf("reply to %d, want %d: %v", e.CallID, id, e.Err)
	}
	select {
	case err := <-waited:
		if err != ErrTimeout {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Error("a call waits for an answer that cannot come")
	}
	accept(t, s)
	expectEvent(t, client, ClientReconnected)
}

// A call that comes too early for a connection that is being made leaves it its deadlines.
func TestCallWhileConnecting(t *testing.T) {
	mute, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer mute.Close()
	var dials atomic.Int32
	begun, called := make(chan struct{}), make(chan struct{})
	o := persistent()
	o.Timeouts.Handshake = time.Second
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if dials.Add(1) == 2 {
			close(begun)
			<-called
			address = mute.Addr().String()
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	s := bind(t, nil)
	client, session := published(t, s, o)
	expectEvent(t, client, ClientConnected)
	session.conn.link.shut(&Error{Err: errors.New("cut")})
	expectEvent(t, client, ClientReconnecting)
	<-begun
	if _, err := client.StartCall(time.Second, "early"); err != engine.ErrState {
		t.Error(err)
	}
	close(called)
	r, err := s.Accept(20 * time.Second)
	if err != nil {
		t.Fatal(err)
	}
	r.Accept()
	expectEvent(t, client, ClientReconnected)
}

// A139: shared object messages reach the application on both sides.
func TestSharedObjectsBothWays(t *testing.T) {
	s := bind(t, &ServerOptions{AnswerCalls: true})
	client, session := published(t, s, &ClientOptions{AnswerCalls: true})
	use := message.SharedObject{Name: "chat", Events: []message.SharedEvent{{Kind: message.SharedUse}}}
	if err := client.SendSharedObject(use); err != nil {
		t.Fatal(err)
	}
	if e, err := session.NextEvent(10 * time.Second); err != nil || e.Kind != SessionSharedObject || !reflect.DeepEqual(*e.SharedObject, use) {
		t.Errorf("%+v, %v", e, err)
	}
	change := message.SharedObject{Name: "chat", Version: 1, Events: []message.SharedEvent{
		{Kind: message.SharedChange, Slots: []amf.Property{{Name: "n", Value: amf.Number(1)}}}}}
	if err := session.SendSharedObject(change); err != nil {
		t.Fatal(err)
	}
	for {
		e, err := client.NextEvent(10 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if e.Kind == ClientSharedObject {
			if !reflect.DeepEqual(*e.SharedObject, change) {
				t.Errorf("%+v", e.SharedObject)
			}
			break
		}
	}
}
