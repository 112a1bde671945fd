package main

import (
	"encoding/json"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// jsonText is a text that a peer may have chosen: control characters are escaped, those above ASCII too.
type jsonText string

func (s jsonText) MarshalJSON() ([]byte, error) { return amf.AppendJSON(nil, amf.String(s)), nil }

// The parts of what oxrtmp_hub_json writes. Names are those of the header's structs.
type (
	jsonHub struct {
		DurationNS    int64        `json:"duration_ns"`
		Publishers    int          `json:"publishers"`
		Players       int          `json:"players"`
		Bytes         uint64       `json:"bytes"`
		Packets       uint64       `json:"packets"`
		FramesSent    uint64       `json:"frames_sent"`
		FramesDropped uint64       `json:"frames_dropped"`
		MessagesLost  uint64       `json:"messages_lost"`
		CachedBytes   int          `json:"cached_bytes"`
		Streams       []jsonStream `json:"streams"`
		Relays        []jsonRelay  `json:"relays"`
	}
	jsonStream struct {
		App                jsonText     `json:"app"`
		StreamName         jsonText     `json:"stream_name"`
		Published          bool         `json:"published"`
		Publisher          jsonText     `json:"publisher"`
		PublishedNS        int64        `json:"published_ns"`
		TimestampMS        uint32       `json:"timestamp_ms"`
		DurationNS         int64        `json:"duration_ns"`
		KeyframeIntervalNS int64        `json:"keyframe_interval_ns"`
		Bytes              uint64       `json:"bytes"`
		Packets            uint64       `json:"packets"`
		AudioPackets       uint64       `json:"audio_packets"`
		VideoPackets       uint64       `json:"video_packets"`
		DataPackets        uint64       `json:"data_packets"`
		Keyframes          uint64       `json:"keyframes"`
		Malformed          uint64       `json:"malformed"`
		FramesSent         uint64       `json:"frames_sent"`
		FramesDropped      uint64       `json:"frames_dropped"`
		MessagesLost       uint64       `json:"messages_lost"`
		CachedBytes        int          `json:"cached_bytes"`
		VideoCodec         uint32       `json:"video_codec"`
		AudioCodec         uint32       `json:"audio_codec"`
		Players            int          `json:"players"`
		PlayerList         []jsonPlayer `json:"player_list"`
	}
	jsonPlayer struct {
		Peer          jsonText `json:"peer"`
		DurationNS    int64    `json:"duration_ns"`
		Bytes         uint64   `json:"bytes"`
		Packets       uint64   `json:"packets"`
		QueuedBytes   int      `json:"queued_bytes"`
		FramesDropped uint64   `json:"frames_dropped"`
		Paused        bool     `json:"paused"`
		Waiting       bool     `json:"waiting"`
		NoAudio       bool     `json:"no_audio"`
		NoVideo       bool     `json:"no_video"`
	}
	jsonRelay struct {
		App           jsonText `json:"app"`
		StreamName    jsonText `json:"stream_name"`
		Pull          bool     `json:"pull"`
		State         string   `json:"state"`
		SinceNS       int64    `json:"since_ns"`
		Connections   uint64   `json:"connections"`
		Retries       uint64   `json:"retries"`
		Bytes         uint64   `json:"bytes"`
		Packets       uint64   `json:"packets"`
		QueuedBytes   int      `json:"queued_bytes"`
		FramesDropped uint64   `json:"frames_dropped"`
	}
)

// hubJSON describes a hub as text.
func hubJSON(h *rtmp.Hub) (string, error) {
	s := h.Statistics()
	out := jsonHub{
		DurationNS: int64(s.Duration), Publishers: s.Publishers, Players: s.Players, Bytes: s.Bytes, Packets: s.Received,
		FramesSent: s.Sent, FramesDropped: s.Dropped, MessagesLost: s.Lost, CachedBytes: s.Cached,
		Streams: []jsonStream{}, Relays: []jsonRelay{},
	}
	for _, i := range h.Streams() {
		out.Streams = append(out.Streams, streamJSON(h, &i))
	}
	for _, r := range h.Relays() {
		i := r.Statistics()
		out.Relays = append(out.Relays, jsonRelay{
			App: jsonText(i.App), StreamName: jsonText(i.Name), Pull: i.Pull, State: i.State.String(), SinceNS: int64(i.Since),
			Connections: i.Connections, Retries: i.Retries, Bytes: i.Stream.Bytes, Packets: i.Stream.Packets,
			QueuedBytes: i.Stream.Queued, FramesDropped: i.Dropped,
		})
	}
	text, err := json.Marshal(&out)
	return string(text), err
}

func streamJSON(h *rtmp.Hub, i *rtmp.StreamInfo) jsonStream {
	s := &i.Received
	out := jsonStream{
		App: jsonText(i.App), StreamName: jsonText(i.Name), Published: i.Publisher != "", Publisher: jsonText(i.Publisher), PublishedNS: int64(i.Published),
		TimestampMS: s.Timestamp, DurationNS: int64(i.Duration), KeyframeIntervalNS: int64(s.KeyInterval),
		Bytes: s.Bytes, Packets: s.Packets, AudioPackets: s.Audio, VideoPackets: s.Video, DataPackets: s.Data,
		Keyframes: s.Keyframes, Malformed: s.Malformed, FramesSent: i.Sent, FramesDropped: i.Dropped,
		MessagesLost: i.Lost, CachedBytes: i.Cached, VideoCodec: uint32(i.Video), AudioCodec: uint32(i.Audio),
		Players: i.Players, PlayerList: []jsonPlayer{},
	}
	players, _ := h.Players(i.App, i.Name) // none once the stream has ended
	for _, p := range players {
		out.PlayerList = append(out.PlayerList, jsonPlayer{
			Peer: jsonText(p.Peer), DurationNS: int64(p.Sent.Duration), Bytes: p.Sent.Bytes, Packets: p.Sent.Packets,
			QueuedBytes: p.Sent.Queued, FramesDropped: p.Dropped, Paused: p.Paused, Waiting: p.Waiting,
			NoAudio: p.NoAudio, NoVideo: p.NoVideo,
		})
	}
	return out
}

// dataFramesJSON describes data frames as text; of one that cannot be read there is the handler's name alone.
func dataFramesJSON(frames []rtmp.DataFrame) string {
	list := &amf.StrictArray{}
	for _, f := range frames {
		values := []amf.Value{amf.String(f.Handler)}
		if d, err := message.ParseData(message.TypeData, f.Data, amf.Limits{}); err == nil {
			values = append(values, d.Values...)
		}
		list.Values = append(list.Values, &amf.StrictArray{Values: values})
	}
	return string(amf.AppendJSON(nil, list))
}
