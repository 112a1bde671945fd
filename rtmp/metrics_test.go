package rtmp

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"oxrtmp/rtmp/chunk"
	"oxrtmp/rtmp/engine"
	"oxrtmp/rtmp/media"
	"oxrtmp/rtmp/message"
)

// interval is a time that lies between two moments, and ends between two others.
type interval struct{ from, begun, ended, until time.Time }

// rate reports that so much a second is what n is in that time, within a hundredth.
func (i interval) rate(is float64, n int) bool {
	slowest, fastest := float64(n)/i.until.Sub(i.from).Seconds(), float64(n)/i.ended.Sub(i.begun).Seconds()
	return is >= slowest*0.99 && is <= fastest*1.01
}

// C20: the figures of a stream are those of what was sent, within a hundredth: counts, bytes, frame rate, bitrates,
// keyframe interval; on both sides.
func TestStatisticsAreRight(t *testing.T) {
	s := bind(t, nil)
	earliest := time.Now()
	c, session := published(t, s, nil)
	go func() {
		for {
			p, err := session.NextPacket(-1)
			if err != nil {
				return
			}
			p.Release()
		}
	}()
	begun := time.Now()
	const frames = 60
	audio, video := 0, 0
	send := func(first int) {
		for i := range frames {
			at := uint32(1000 + (first+i)*20)
			if err := c.SendVideo(at, i%15 == 0, make([]byte, 900+i)); err != nil {
				t.Fatal(err)
			}
			if err := c.SendAudio(at, make([]byte, 100)); err != nil {
				t.Fatal(err)
			}
			video, audio = video+5+900+i, audio+2+100
			time.Sleep(20 * time.Millisecond)
		}
		waitFor(t, "what was sent", func() bool { return session.received.video.Load() == uint64(first+frames) })
	}
	check := func(who string, begun, from time.Time, of func() Statistics, frames, audio, video int) Statistics {
		t.Helper()
		i := interval{from: from, begun: begun, ended: time.Now()}
		st := of()
		i.until = time.Now()
		if !i.rate(st.FrameRate, frames) || !i.rate(float64(st.AudioBitrate), 8*audio) || !i.rate(float64(st.VideoBitrate), 8*video) {
			t.Errorf("%s: %v frames a second, %d and %d bits of audio and video a second; sent %d frames, %d and %d bytes in %v", who,
				st.FrameRate, st.AudioBitrate, st.VideoBitrate, frames, audio, video, i.ended.Sub(begun))
		}
		return st
	}
	send(0)
	from := time.Now()
	check("since the beginning", begun, earliest, session.Statistics, frames, audio, video)
	begun = time.Now()
	check("of the client", begun, earliest, c.Statistics, frames, audio, video)
	audio, video = 0, 0
	send(frames)
	second := check("since then", begun, from, session.Statistics, frames, audio, video)
	if second.Packets != 4*frames || second.Audio != 2*frames || second.Video != 2*frames || second.Keyframes != 8 ||
		second.KeyInterval != 300*time.Millisecond || second.Timestamp != 1000+119*20 ||
		second.AudioBytes != uint64(2*audio) || second.VideoBytes != uint64(2*video) || second.Bytes != uint64(2*(audio+video)) {
		t.Errorf("%+v", second)
	}
	if c := c.Statistics(); c.Packets != second.Packets || c.Bytes != second.Bytes || c.Keyframes != second.Keyframes || c.KeyInterval != second.KeyInterval {
		t.Errorf("of the client: %+v", c)
	}
	time.Sleep(time.Second)
	if still := session.Statistics(); still.FrameRate != 0 && still.FrameRate >= second.FrameRate {
		t.Errorf("%v frames a second when nothing comes", still.FrameRate)
	}
}

// What a stream brings at once when it begins, as a player gets a whole GOP, is not taken for its rate.
func TestRatesOfYoungStreams(t *testing.T) {
	var of tally
	begun := time.Now()
	for _, c := range []struct {
		at     time.Duration
		frames uint64
		want   float64
	}{
		{0, 100, 100}, {time.Millisecond, 100, 100}, {500 * time.Millisecond, 120, 120}, {2 * time.Second, 150, 75},
		{2500 * time.Millisecond, 150, 60}, {4 * time.Second, 200, 25},
	} {
		var st Statistics
		of.rates(&st, begun, sample{begun.Add(c.at), c.frames, 1000 * c.frames, 2000 * c.frames})
		if st.FrameRate != c.want || st.AudioBitrate != uint64(8000*c.want) || st.VideoBitrate != uint64(16000*c.want) {
			t.Errorf("after %v: %v frames, %d and %d bits a second; want %v frames", c.at, st.FrameRate, st.AudioBitrate, st.VideoBitrate, c.want)
		}
	}
}

// The time between keyframes is that of different moments: neither those of several tracks at one time, nor a clock that is
// set back, change it.
func TestKeyInterval(t *testing.T) {
	var of tally
	for i, c := range []struct {
		at, want uint32
		tracks   int
	}{
		{1000, 0, 2}, {3000, 2000, 2}, {3500, 500, 1}, {100, 500, 2}, {1100, 1000, 1}, {0xFFFFFF00, 1000, 1}, {0x100, 0x200, 1},
	} {
		for track := range c.tracks {
			p := media.Packet{Type: media.TypeVideo, Kind: media.KindFrame, Flags: media.FlagKeyframe, Track: uint8(track), Timestamp: c.at}
			if of.packet(&p, 100); of.keyInterval.Load() != c.want {
				t.Errorf("keyframe %d, track %d: %d ms, want %d", i, track, of.keyInterval.Load(), c.want)
			}
		}
	}
	if n := of.keyframes.Load(); n != 10 {
		t.Errorf("%d keyframes", n)
	}
}

// C20: round trips are known from the kernel and from pings; what is counted below streams is counted.
func TestConnectionStatistics(t *testing.T) {
	s := bind(t, nil)
	c, session := published(t, s, nil)
	for i := range 20 {
		if err := c.SendVideo(uint32(i*40), i == 0, make([]byte, 5000)); err != nil {
			t.Fatal(err)
		}
		p, err := session.NextPacket(5 * time.Second)
		if err != nil {
			t.Fatal(err)
		}
		p.Release()
	}
	if _, err := session.Ping(5 * time.Second); err != nil {
		t.Fatal(err)
	}
	of := session.ConnectionStatistics()
	if of.Number != session.Connection() || of.Peer != session.PeerAddr() || of.Phase != engine.PhaseMedia || of.Duration <= 0 ||
		of.RTT <= 0 || of.RTT > time.Second || of.RTTVariation <= 0 || of.PingRTT <= 0 || of.PingRTT > 5*time.Second ||
		of.BytesReceived < 20*5000 || of.BytesSent < 3000 || of.Counters.PacketsReceived != 20 || len(of.Streams) != 1 {
		t.Errorf("%+v", of)
	}
	if st := of.Streams[0]; st.Kind != RequestPublish || st.App != "live" || st.Name != "key" || st.Video != 20 {
		t.Errorf("%+v", st)
	}
	waitFor(t, "the client's writer", func() bool { return c.ConnectionStatistics().BytesSent == of.BytesReceived })
	own := c.ConnectionStatistics()
	if own.Peer != s.Addr() || own.RTT <= 0 || own.Queued != 0 || own.Streams[0].Video != 20 || own.Streams[0].Name != "key" {
		t.Errorf("of the client: %+v; the server received %d bytes", own, of.BytesReceived)
	}
	waitFor(t, "the client to read all", func() bool {
		return c.ConnectionStatistics().BytesReceived == session.ConnectionStatistics().BytesSent
	})
}

// Statistics are read without the locks that media wait for: also while those are held.
func TestStatisticsWaitForNoLock(t *testing.T) {
	s := bind(t, nil)
	c, session := published(t, s, nil)
	for _, l := range []*link{session.conn.link, c.link} {
		l.mu.Lock()
		defer l.mu.Unlock()
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		all := s.Statistics()
		if len(all.AppendJSON(nil)) == 0 || len(all.AppendPrometheus(nil)) == 0 || all.Publishers != 1 {
			t.Errorf("%+v", all)
		}
		session.ConnectionStatistics()
		c.ConnectionStatistics()
	}()
	select {
	case <-done:
	case <-time.After(5 * time.Second):
		t.Fatal("statistics wait for media")
	}
}

// parsePrometheus reads the text format as strictly as a scraper does: each series once, after its HELP and TYPE.
func parsePrometheus(t *testing.T, text []byte) map[string]float64 {
	t.Helper()
	line := regexp.MustCompile(`^([a-z_]+)(\{([a-z_]+="([^"\\]|\\["\\n])*",?)*\})? ([0-9.]+)$`)
	values, typed := map[string]float64{}, map[string]bool{}
	last := ""
	for lines := bufio.NewScanner(strings.NewReader(string(text))); lines.Scan(); {
		l := lines.Text()
		if fields := strings.Fields(l); fields[0] == "#" {
			if fields[1] == "TYPE" {
				if typed[fields[2]] || fields[2] != last || fields[3] != "gauge" && fields[3] != "counter" ||
					(fields[3] == "counter") != strings.HasSuffix(fields[2], "_total") {
					t.Errorf("%q", l)
				}
				typed[fields[2]] = true
			}
			last = fields[2]
			continue
		}
		m := line.FindStringSubmatch(l)
		if m == nil || m[1] != last || !typed[m[1]] {
			t.Fatalf("%q", l)
		}
		v, err := strconv.ParseFloat(m[5], 64)
		if _, twice := values[m[1]+m[2]]; twice || err != nil {
			t.Fatalf("%q: %v", l, err)
		}
		values[m[1]+m[2]] = v
	}
	return values
}

// Everything that a server refuses, drops or does not know is counted, and both texts say so.
func TestServerStatistics(t *testing.T) {
	h, err := NewHub(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	s := bind(t, &ServerOptions{Hub: h, AskPublish: true, Limits: Limits{ConnectionsPerAddress: 3}, Timeouts: Timeouts{Handshake: 100 * time.Millisecond}})
	go s.HandleRequests(func(r *Request) {
		if r.StreamName() == "no" {
			r.Reject("", "no")
		} else {
			h.Accept(r)
		}
	})
	url := "rtmp://" + s.Addr() + "/li%22ve%0a/"
	if _, err := Publish(context.Background(), url+"no", nil); err == nil {
		t.Fatal("accepted")
	}
	waitFor(t, "room for others", func() bool { return s.Connections() == 0 })
	c, err := Publish(context.Background(), url+"secret-stream-key", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SendVideo(0, true, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	// A message of a type that nobody knows, and a command that is none.
	c.link.mu.Lock()
	encoder := chunk.Encoder{}
	wire := encoder.AppendMessage(nil, chunk.Header{ChunkStreamID: 7, TypeID: 77}, []byte("what"))
	wire = encoder.AppendMessage(wire, chunk.Header{ChunkStreamID: 7, TypeID: message.TypeCommand}, []byte{1, 2})
	c.link.seal()
	c.link.output.add(wire, nil)
	c.link.flushNow()
	c.link.mu.Unlock()
	silent, err := net.Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	var open []net.Conn
	for range 5 { // the client, and what else there is room for
		conn, err := net.Dial("tcp", s.Addr())
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, conn)
	}
	waitFor(t, "refusals, and silent peers that time out", func() bool {
		st := s.Statistics()
		return st.RefusedAddress >= 3 && st.TimedOut >= 2
	})
	for _, conn := range open {
		conn.Close()
	}
	all := s.Statistics()
	if all.Connections != 1 || all.Publishers != 1 || all.Players != 0 || all.Accepted != all.Ended+1 || all.RefusedAddress != 4 ||
		all.TimedOut != 2 || all.FailedIn[engine.PhaseHandshake] != 2 || all.Failed != 0 || all.Panics != 0 ||
		all.Counters.Unknown != 1 || all.Counters.Faulty != 1 || all.Counters.RequestsRejected != 1 || all.Counters.PacketsReceived != 1 ||
		all.BytesReceived < 8000 || all.BytesSent < 6000 || all.Hub == nil || all.Hub.Streams != 1 {
		t.Errorf("%+v", all)
	}
	text := all.AppendJSON([]byte("x"))
	var read map[string]any
	if err := json.Unmarshal(text[1:], &read); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	list := read["connection_list"].([]any)
	if read["refused_address"] != 4.0 || read["unknown"] != 1.0 || read["faulty"] != 1.0 || read["requests_rejected"] != 1.0 || read["streams"] != 1.0 ||
		read["failed_in"].(map[string]any)["handshake"] != 2.0 || len(list) != 1 {
		t.Errorf("%s", text)
	}
	if stream := list[0].(map[string]any)["stream_list"].([]any)[0].(map[string]any); stream["stream_name"] != "se…" || stream["video_packets"] != 1.0 || stream["kind"] != "publish" {
		t.Errorf("%v", stream)
	}
	prometheus := all.AppendPrometheus(nil)
	values := parsePrometheus(t, prometheus)
	if values["oxrtmp_refused_address_total"] != 4 || values["oxrtmp_unknown_total"] != 1 || values[`oxrtmp_failed_in_total{phase="handshake"}`] != 2 ||
		values["oxrtmp_connections"] != 1 || values["oxrtmp_hub_streams"] != 1 || values["oxrtmp_duration_seconds"] <= 0 || values["oxrtmp_duration_seconds"] > 600 {
		t.Errorf("%s", prometheus)
	}
	found := 0
	for series, v := range values {
		if strings.HasPrefix(series, "oxrtmp_stream_video_packets_total{connection=") && strings.Contains(series, `,kind="publish",app=`) && strings.HasSuffix(series, `,stream_name="se…"}`) && v == 1 {
			found++
		}
	}
	if found != 1 || strings.Contains(string(prometheus)+string(text), "secret") {
		t.Errorf("%s", prometheus)
	}
}

// Labels and masks hold whatever a peer may have called its stream.
func TestLabelsOfAnyName(t *testing.T) {
	for name, want := range map[string]string{
		"": "…", "cam1": "…", "camera": "ca…", "secret-stream-key": "se…", "日本語": "日本…", "\xff\xff\xff\xff\xff": "\xff\xff…",
	} {
		if got := Masked(name); got != want {
			t.Errorf("%q is masked as %q, want %q", name, got, want)
		}
	}
	for value, want := range map[string]string{
		"plain": "plain", `a"b\c`: `a\"b\\c`, "line\nbreak": `line\\nbreak`, "\x1b[31m": `\\x1b[31m`, "\xff": `\\xff`, "é": "é",
	} {
		if got := labelValue(value); got != want {
			t.Errorf("%q becomes %q, want %q", value, got, want)
		}
	}
	all := ServerStatistics{List: []ConnectionStatistics{{Peer: "a\n\"", Streams: []StreamStatistics{{App: "\x00\x1b\"\\\x7f\u009b", Name: "\n\n\n\n\n\n\n\n"}}}}}
	parsePrometheus(t, all.AppendPrometheus(nil))
	text := all.AppendJSON(nil)
	var read any
	if err := json.Unmarshal(text, &read); err != nil || strings.ContainsFunc(string(text), unicode.IsControl) {
		t.Errorf("%v: %q", err, text)
	}
}
