package rtmp

import (
	"testing"
	"time"

	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// tracksOfNothing returns a multitrack video message with a frame of no bytes for each of 256 tracks.
func tracksOfNothing() []byte {
	p := []byte{0x80 | 1<<4 | 6, 1<<4 | 1, 'a', 'v', '0', '1'}
	for i := range 256 {
		p = append(p, byte(i), 0, 0, 0)
	}
	return p
}

// aggregateOf returns an aggregate message of so many messages, a millisecond apart.
func aggregateOf(parts int, payload []byte) (p []byte) {
	for i := range parts {
		p = message.AppendAggregated(p, message.TypeVideo, uint32(i), payload)
	}
	return p
}

// An aggregate message of very many packets comes as fast as they are taken: what waits is bounded as ever, and who
// closes need not wait for it.
func TestAggregateOfVeryManyPackets(t *testing.T) {
	const parts = 200
	const queue = 256 << 10
	s := bind(t, &ServerOptions{Limits: Limits{QueueBytes: queue}})
	c, session := published(t, s, nil)
	if err := c.SendPacket(&media.Packet{Type: message.TypeAggregate, Raw: aggregateOf(parts, tracksOfNothing())}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the queue to be full", func() bool { return session.inbox.full(queue) })
	most := 0
	for part := range parts {
		for track := range 256 {
			most = max(most, session.inbox.waitingCost())
			p, err := session.NextPacket(10 * time.Second)
			if err != nil || p.Timestamp != uint32(part) || int(p.Track) != track {
				t.Fatal(part, track, p.Timestamp, p.Track, err)
			}
			p.Release()
		}
	}
	if most > 2*queue {
		t.Errorf("%d bytes waited, of at most %d", most, queue)
	}
	if err := c.SendVideo(4711, true, []byte{0, 0, 0, 1, 0x65}); err != nil {
		t.Fatal(err)
	}
	if p, err := session.NextPacket(10 * time.Second); err != nil || p.Timestamp != 4711 {
		t.Error("what comes after it:", p.Timestamp, err)
	} else {
		p.Release()
	}
}

// A session that is closed in the middle of one gives everything back.
func TestCloseInAnAggregate(t *testing.T) {
	s := bind(t, nil)
	c, session := published(t, s, nil)
	if err := c.SendPacket(&media.Packet{Type: message.TypeAggregate, Raw: aggregateOf(200, tracksOfNothing())}); err != nil {
		t.Fatal(err)
	}
	waitFor(t, "packets", func() bool { return session.inbox.length() > 0 })
	session.Close()
	if _, err := session.NextPacket(0); err != ErrClosed {
		t.Error(err)
	}
}
