package rtmp

import (
	"testing"
	"time"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// Calls that nobody takes are held up to a number of bytes too; more are refused, as nobody answers.
func TestCallsHeld(t *testing.T) {
	const queue, size = 256 << 10, 100 << 10
	s := bind(t, &ServerOptions{AnswerCalls: true, Limits: Limits{QueueBytes: queue}})
	p := newPlainPeer(t, s.Addr())
	p.command(1, message.NewCommand("publish", 3, amf.String("x")))
	session := accept(t, s)
	p.until(message.CodePublishStart)
	for range 30 {
		p.command(1, message.NewCommand("hello", 7, amf.String(string(make([]byte, size)))))
	}
	for range 20 {
		p.until(message.CodeCallFailed)
	}
	if n := session.events.waitingCost(); n > queue+2*size {
		t.Errorf("%d bytes are held, of at most %d", n, queue)
	}
	if e, err := session.NextEvent(5 * time.Second); err != nil || e.Kind != SessionCall {
		t.Error(e, err)
	}
}

// Who waits for room hears of it, however much else there was to hear that nobody has taken.
func TestWritableIsNotDropped(t *testing.T) {
	s := bind(t, &ServerOptions{AskPlay: true, NoWait: true, OutputBytes: 64 << 10})
	p := newPlainPeer(t, s.Addr())
	p.command(1, message.NewCommand("play", 3, amf.String("x")))
	session := accept(t, s)
	p.until(message.CodePlayStart)
	var err error
	for n := uint32(0); err == nil; n++ { // nobody reads, until there is no room
		err = session.SendVideo(n, true, make([]byte, 32<<10))
	}
	for range maxEvents {
		p.command(1, message.NewCommand("pause", 0, amf.Boolean(true), amf.Number(0)))
		p.command(1, message.NewCommand("pause", 0, amf.Boolean(false), amf.Number(0)))
	}
	waitFor(t, "as many events as are kept", func() bool { return session.events.crowded(1 << 30) })
	go func() { // the player reads again
		for buf := make([]byte, 64<<10); ; {
			if _, err := p.conn.Read(buf); err != nil {
				return
			}
		}
	}()
	for {
		e, err := session.NextEvent(10 * time.Second)
		if err != nil {
			t.Fatal("it never came: ", err)
		}
		if e.Kind == SessionWritable {
			break
		}
	}
}

// An onMetaData of any length arrives; one that is very long is not kept after that.
func TestLongMetadataIsNotKept(t *testing.T) {
	s := bind(t, nil)
	p := newPlainPeer(t, s.Addr())
	p.command(1, message.NewCommand("publish", 3, amf.String("x")))
	session := accept(t, s)
	p.until(message.CodePublishStart)
	for _, c := range []struct{ size, kept int }{{1000, 1000}, {maxMetadata, 0}, {2000, 2000}} {
		name := amf.AppendValuesAMF0(nil, amf.String("onMetaData"))
		overhead := len(amf.AppendValuesAMF0(nil, amf.String("onMetaData"), amf.String("")))
		body := amf.AppendValuesAMF0(name, amf.String(string(make([]byte, c.size-overhead+len(name)))))
		p.send(message.TypeData, 1, 0, body)
		k, err := session.NextPacket(5 * time.Second)
		if err != nil || len(k.Raw) != len(body) {
			t.Fatal(len(k.Raw), len(body), err)
		}
		k.Release()
		if got := len(session.RawMetadata()); got != 0 && c.kept == 0 || got == 0 && c.kept > 0 {
			t.Errorf("of %d bytes %d are kept", len(body), got)
		}
	}
}
