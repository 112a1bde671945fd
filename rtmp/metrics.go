package rtmp

import (
	"strconv"
	"strings"

	"oxrtmp/rtmp/amf"
)

// metric is one figure: by name in JSON, behind a prefix in Prometheus's format, where times are in seconds.
type metric[T any] struct {
	name    string // ends in _ns if it is a time
	counter bool   // it never goes down
	help    string
	value   func(*T) float64
}

var serverMetrics = []metric[ServerStatistics]{
	{"duration_ns", false, "time since the server began", func(s *ServerStatistics) float64 { return float64(s.Duration) }},
	{"connections", false, "open connections", func(s *ServerStatistics) float64 { return float64(s.Connections) }},
	{"publishers", false, "streams that are published to the server", func(s *ServerStatistics) float64 { return float64(s.Publishers) }},
	{"players", false, "streams that are played from the server", func(s *ServerStatistics) float64 { return float64(s.Players) }},
	{"accepted", true, "connections let in", func(s *ServerStatistics) float64 { return float64(s.Accepted) }},
	{"refused_connections", true, "connections refused as too many were open", func(s *ServerStatistics) float64 { return float64(s.RefusedConnections) }},
	{"refused_address", true, "connections refused as too many of their address were open", func(s *ServerStatistics) float64 { return float64(s.RefusedAddress) }},
	{"refused_handshakes", true, "connections refused as too many handshakes were begun at a time", func(s *ServerStatistics) float64 { return float64(s.RefusedHandshakes) }},
	{"refused_proxy", true, "connections refused for their PROXY header", func(s *ServerStatistics) float64 { return float64(s.RefusedProxy) }},
	{"accept_errors", true, "failures to accept a connection", func(s *ServerStatistics) float64 { return float64(s.AcceptErrors) }},
	{"ended", true, "connections that have ended", func(s *ServerStatistics) float64 { return float64(s.Ended) }},
	{"timed_out", true, "connections ended by a deadline", func(s *ServerStatistics) float64 { return float64(s.TimedOut) }},
	{"failed", true, "connections ended by another error", func(s *ServerStatistics) float64 { return float64(s.Failed) }},
	{"panics", true, "panics that ended a connection or a handler", func(s *ServerStatistics) float64 { return float64(s.Panics) }},
	{"log_suppressed", true, "log records that were too many", func(s *ServerStatistics) float64 { return float64(s.LogSuppressed) }},
	{"bytes_received", true, "bytes of RTMP received", func(s *ServerStatistics) float64 { return float64(s.BytesReceived) }},
	{"bytes_sent", true, "bytes of RTMP sent", func(s *ServerStatistics) float64 { return float64(s.BytesSent) }},
	{"messages_received", true, "messages of every kind received", func(s *ServerStatistics) float64 { return float64(s.Counters.MessagesReceived) }},
	{"packets_received", true, "audio, video and data packets received", func(s *ServerStatistics) float64 { return float64(s.Counters.PacketsReceived) }},
	{"malformed", true, "of these, packets whose header was not understood", func(s *ServerStatistics) float64 { return float64(s.Counters.Malformed) }},
	{"ignored", true, "media and data outside a publishing stream", func(s *ServerStatistics) float64 { return float64(s.Counters.Ignored) }},
	{"unknown", true, "messages, commands and control events that the library does not know", func(s *ServerStatistics) float64 { return float64(s.Counters.Unknown) }},
	{"faulty", true, "control, command and data messages that could not be parsed", func(s *ServerStatistics) float64 { return float64(s.Counters.Faulty) }},
	{"requests_rejected", true, "requests that were rejected", func(s *ServerStatistics) float64 { return float64(s.Counters.RequestsRejected) }},
	{"requests_expired", true, "requests that were not answered in time", func(s *ServerStatistics) float64 { return float64(s.Counters.RequestsExpired) }},
}

// hubMetrics are those of a server with a hub.
var hubMetrics = []metric[HubStatistics]{
	{"streams", false, "streams of the hub", func(h *HubStatistics) float64 { return float64(h.Streams) }},
	{"frames_sent", true, "frames sent to all players", func(h *HubStatistics) float64 { return float64(h.Sent) }},
	{"frames_dropped", true, "frames dropped as players were slow", func(h *HubStatistics) float64 { return float64(h.Dropped) }},
	{"messages_lost", true, "messages that reached no player for want of memory", func(h *HubStatistics) float64 { return float64(h.Lost) }},
	{"cached_bytes", false, "bytes of memory held for late players", func(h *HubStatistics) float64 { return float64(h.Cached) }},
}

var connectionMetrics = []metric[ConnectionStatistics]{
	{"duration_ns", false, "time since the connection was accepted", func(c *ConnectionStatistics) float64 { return float64(c.Duration) }},
	{"bytes_received", true, "bytes of RTMP received", func(c *ConnectionStatistics) float64 { return float64(c.BytesReceived) }},
	{"bytes_sent", true, "bytes of RTMP sent", func(c *ConnectionStatistics) float64 { return float64(c.BytesSent) }},
	{"queued_bytes", false, "bytes of output that wait for the network", func(c *ConnectionStatistics) float64 { return float64(c.Queued) }},
	{"rtt_ns", false, "round trip time, measured by the kernel", func(c *ConnectionStatistics) float64 { return float64(c.RTT) }},
	{"rtt_variation_ns", false, "mean deviation of the round trip time", func(c *ConnectionStatistics) float64 { return float64(c.RTTVariation) }},
	{"ping_rtt_ns", false, "round trip time of the last answered ping", func(c *ConnectionStatistics) float64 { return float64(c.PingRTT) }},
	{"resent_segments", true, "TCP segments sent again", func(c *ConnectionStatistics) float64 { return float64(c.Resent) }},
	{"messages_received", true, "messages of every kind received", func(c *ConnectionStatistics) float64 { return float64(c.Counters.MessagesReceived) }},
	{"packets_received", true, "audio, video and data packets received", func(c *ConnectionStatistics) float64 { return float64(c.Counters.PacketsReceived) }},
	{"malformed", true, "of these, packets whose header was not understood", func(c *ConnectionStatistics) float64 { return float64(c.Counters.Malformed) }},
	{"unknown", true, "messages, commands and control events that the library does not know", func(c *ConnectionStatistics) float64 { return float64(c.Counters.Unknown) }},
	{"faulty", true, "control, command and data messages that could not be parsed", func(c *ConnectionStatistics) float64 { return float64(c.Counters.Faulty) }},
	{"ignored", true, "media and data outside a publishing stream", func(c *ConnectionStatistics) float64 { return float64(c.Counters.Ignored) }},
}

var streamMetrics = []metric[StreamStatistics]{
	{"duration_ns", false, "time since the stream was accepted", func(s *StreamStatistics) float64 { return float64(s.Duration) }},
	{"timestamp_ms", false, "timestamp of the last packet", func(s *StreamStatistics) float64 { return float64(s.Timestamp) }},
	{"keyframe_interval_ns", false, "time between the last two keyframes", func(s *StreamStatistics) float64 { return float64(s.KeyInterval) }},
	{"frame_rate", false, "video frames a second", func(s *StreamStatistics) float64 { return s.FrameRate }},
	{"audio_bitrate", false, "bits of audio payload a second", func(s *StreamStatistics) float64 { return float64(s.AudioBitrate) }},
	{"video_bitrate", false, "bits of video payload a second", func(s *StreamStatistics) float64 { return float64(s.VideoBitrate) }},
	{"bytes", true, "bytes of payload", func(s *StreamStatistics) float64 { return float64(s.Bytes) }},
	{"audio_bytes", true, "bytes of audio payload", func(s *StreamStatistics) float64 { return float64(s.AudioBytes) }},
	{"video_bytes", true, "bytes of video payload", func(s *StreamStatistics) float64 { return float64(s.VideoBytes) }},
	{"packets", true, "packets", func(s *StreamStatistics) float64 { return float64(s.Packets) }},
	{"audio_packets", true, "audio packets", func(s *StreamStatistics) float64 { return float64(s.Audio) }},
	{"video_packets", true, "video packets", func(s *StreamStatistics) float64 { return float64(s.Video) }},
	{"data_packets", true, "data packets", func(s *StreamStatistics) float64 { return float64(s.Data) }},
	{"keyframes", true, "keyframes", func(s *StreamStatistics) float64 { return float64(s.Keyframes) }},
	{"malformed", true, "packets whose header was not understood", func(s *StreamStatistics) float64 { return float64(s.Malformed) }},
	{"dropped", true, "messages dropped as the player was slow", func(s *StreamStatistics) float64 { return float64(s.Dropped) }},
	{"queued_bytes", false, "bytes that wait", func(s *StreamStatistics) float64 { return float64(s.Queued) }},
}

func appendNumber(dst []byte, v float64) []byte { return strconv.AppendFloat(dst, v, 'f', -1, 64) }

// appendString appends a JSON string.
func appendString(dst []byte, s string) []byte { return amf.AppendJSON(dst, amf.String(s)) }

func appendFigures[T any](dst []byte, metrics []metric[T], of *T) []byte {
	for i := range metrics {
		dst = append(dst, '"')
		dst = append(dst, metrics[i].name...)
		dst = append(dst, `":`...)
		dst = append(appendNumber(dst, metrics[i].value(of)), ',')
	}
	return dst
}

// AppendJSON appends the statistics as a JSON object. Stream names are masked; see [Masked].
func (s *ServerStatistics) AppendJSON(dst []byte) []byte {
	dst = appendFigures(append(dst, '{'), serverMetrics, s)
	if s.Hub != nil {
		dst = appendFigures(dst, hubMetrics, s.Hub)
	}
	dst = append(dst, `"failed_in":{`...)
	for i, n := range s.FailedIn {
		dst = append(appendString(dst, failedIn(i)), ':')
		dst = append(appendNumber(dst, float64(n)), ',')
	}
	dst = append(dst[:len(dst)-1], `},"connection_list":[`...)
	for i := range s.List {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = s.List[i].AppendJSON(dst)
	}
	return append(dst, "]}"...)
}

// failedIn names a phase of ServerStatistics.FailedIn.
func failedIn(i int) string {
	if i == 0 {
		return "none"
	}
	return Phase(i).String()
}

// AppendJSON appends the statistics as a JSON object. Stream names are masked; see [Masked].
func (c *ConnectionStatistics) AppendJSON(dst []byte) []byte {
	dst = append(appendNumber(append(dst, `{"number":`...), float64(c.Number)), `,"peer":`...)
	dst = append(appendString(dst, c.Peer), `,"phase":`...)
	dst = append(appendString(dst, c.Phase.String()), ',')
	dst = append(appendFigures(dst, connectionMetrics, c), `"stream_list":[`...)
	for i := range c.Streams {
		st := &c.Streams[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendNumber(append(dst, `{"stream":`...), float64(st.ID))
		dst = appendString(append(dst, `,"kind":`...), st.Kind.String())
		dst = appendString(append(dst, `,"app":`...), st.App)
		dst = appendString(append(dst, `,"stream_name":`...), Masked(st.Name))
		dst = appendFigures(append(dst, ','), streamMetrics, st)
		dst = append(dst[:len(dst)-1], '}')
	}
	return append(dst, "]}"...)
}

// exposition is text in Prometheus's format.
type exposition []byte

// series appends one figure of everything that is described alike. labels are of the form {name="value"}, or empty.
func series[T any](e exposition, prefix string, m *metric[T], of []*T, labels []string) exposition {
	name, isTime := strings.CutSuffix(m.name, "_ns")
	kind := "gauge"
	if name = prefix + name; isTime {
		name += "_seconds"
	}
	if m.counter {
		name, kind = name+"_total", "counter"
	}
	e = append(e, "# HELP "+name+" "+m.help+"\n# TYPE "+name+" "+kind+"\n"...)
	for i := range of {
		e = append(append(e, name...), labels[i]...)
		v := m.value(of[i])
		if isTime {
			v /= 1e9
		}
		e = append(appendNumber(append(e, ' '), v), '\n')
	}
	return e
}

// AppendPrometheus appends the statistics in Prometheus's text format. Stream names are masked; see [Masked].
func (s *ServerStatistics) AppendPrometheus(dst []byte) []byte {
	e := exposition(dst)
	none := []string{""}
	for i := range serverMetrics {
		e = series(e, "oxrtmp_", &serverMetrics[i], []*ServerStatistics{s}, none)
	}
	if s.Hub != nil {
		for i := range hubMetrics {
			e = series(e, "oxrtmp_hub_", &hubMetrics[i], []*HubStatistics{s.Hub}, none)
		}
	}
	const name = "oxrtmp_failed_in_total"
	e = append(e, "# HELP "+name+" connections ended by a deadline or an error, by the phase they were in\n# TYPE "+name+" counter\n"...)
	for i, n := range s.FailedIn {
		e = append(e, name+`{phase="`+failedIn(i)+`"} `...)
		e = append(appendNumber(e, float64(n)), '\n')
	}
	connections, connectionLabels := make([]*ConnectionStatistics, 0, len(s.List)), make([]string, 0, len(s.List))
	var streams []*StreamStatistics
	var streamLabels []string
	for i := range s.List {
		c := &s.List[i]
		label := `connection="` + strconv.FormatUint(c.Number, 10) + `",peer="` + labelValue(c.Peer) + `"`
		connections, connectionLabels = append(connections, c), append(connectionLabels, "{"+label+"}")
		for j := range c.Streams {
			st := &c.Streams[j]
			streams = append(streams, st)
			streamLabels = append(streamLabels, "{"+label+`,stream="`+strconv.FormatUint(uint64(st.ID), 10)+`",kind="`+st.Kind.String()+`",app="`+labelValue(st.App)+`",stream_name="`+labelValue(Masked(st.Name))+`"}`)
		}
	}
	for i := range connectionMetrics {
		e = series(e, "oxrtmp_connection_", &connectionMetrics[i], connections, connectionLabels)
	}
	for i := range streamMetrics {
		e = series(e, "oxrtmp_stream_", &streamMetrics[i], streams, streamLabels)
	}
	return e
}

// labelValue is a text as a label holds it.
func labelValue(s string) string {
	return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(escaped(s))
}
