package main

// #include "bridge.h"
import "C"

import (
	"encoding/json"
	"time"

	"oxrtmp/capi/internal/handle"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/hub"
)

//export oxgo_hub_create
func oxgo_hub_create(o *C.oxrtmp_hub_options, out *C.oxrtmp_hub) (status C.oxrtmp_status) {
	defer guard(&status)
	h, err := rtmp.NewHub(&rtmp.HubOptions{
		Cache: hub.CacheOptions{
			Policy: hub.CachePolicy(o.cache_policy), Bytes: int(o.cache_bytes), Frames: int(o.cache_frames),
		},
		Player: hub.PlayerOptions{
			Slow: hub.SlowPolicy(o.slow_policy), SoftBytes: int(o.slow_bytes), HardBytes: int(o.disconnect_bytes),
		},
		Takeover: rtmp.Takeover(o.takeover), SilentAfter: duration(o.silent_after_ms), Grace: duration(o.grace_ms),
		WaitForPublisher: o.wait_for_publisher != 0, Coalesce: time.Duration(o.coalesce_ms) * time.Millisecond,
		ChunkSize: int(o.chunk_size), Allocator: blocks,
	})
	if err != nil {
		return failSetup(err)
	}
	return fail(open(hubs, h, &out.id, (*rtmp.Hub).Close))
}

// withHub calls f with the hub behind h, nil if that is no handle.
func withHub(h C.oxrtmp_hub, f func(*rtmp.Hub) C.oxrtmp_status) C.oxrtmp_status {
	if h.id == 0 {
		return f(nil)
	}
	ref, err := hubs.Acquire(handle.ID(h.id))
	if err != nil {
		return fail(err)
	}
	defer ref.Release()
	return f(ref.Value)
}

//export oxgo_hub_accept
func oxgo_hub_accept(h C.oxrtmp_hub, request C.oxrtmp_request) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(hubs, h.id, func(hub *rtmp.Hub) error {
		ref, err := requests.Acquire(handle.ID(request.id))
		if err != nil {
			return err
		}
		defer ref.Release()
		r, ok := ref.Value.wish.(*rtmp.Request)
		if !ok {
			return errArgument
		}
		taken, err := requests.Remove(handle.ID(request.id))
		if err != nil { // another answer came first
			return err
		}
		defer taken.Release()
		return hub.Accept(r)
	})
}

//export oxgo_hub_publish
func oxgo_hub_publish(h C.oxrtmp_hub, app, name *C.char, o *C.oxrtmp_client_options, client *C.oxrtmp_client) (status C.oxrtmp_status) {
	defer guard(&status)
	return hubClient(h, client, func(h *rtmp.Hub) (*rtmp.HubClient, error) {
		return h.PublishClient(goString(app), goString(name), clientOptions(o))
	})
}

//export oxgo_hub_play
func oxgo_hub_play(h C.oxrtmp_hub, app, name *C.char, o *C.oxrtmp_client_options, client *C.oxrtmp_client) (status C.oxrtmp_status) {
	defer guard(&status)
	return hubClient(h, client, func(h *rtmp.Hub) (*rtmp.HubClient, error) {
		return h.PlayClient(goString(app), goString(name), hub.Mask{}, clientOptions(o))
	})
}

// hubClient makes a client without a connection by create.
func hubClient(h C.oxrtmp_hub, client *C.oxrtmp_client, create func(*rtmp.Hub) (*rtmp.HubClient, error)) C.oxrtmp_status {
	ref, err := hubs.Acquire(handle.ID(h.id))
	if err != nil {
		return fail(err)
	}
	defer ref.Release()
	c, err := create(ref.Value)
	if err != nil {
		return failSetup(err)
	}
	return fail(open(clients, &heldClient{carrier: c}, &client.id, (*heldClient).close))
}

// hubFigures are the figures of a hub, under the names of oxrtmp_hub_info.
type hubFigures struct {
	Streams       int             `json:"-"`
	Publishers    int             `json:"publishers"`
	Players       int             `json:"players"`
	Bytes         uint64          `json:"bytes"`
	Packets       uint64          `json:"packets"`
	FramesSent    uint64          `json:"frames_sent"`
	FramesDropped uint64          `json:"frames_dropped"`
	CachedBytes   int             `json:"cached_bytes"`
	List          []streamFigures `json:"streams"`
}

// streamFigures are those of a stream, under the names of oxrtmp_stream_info.
type streamFigures struct {
	App              string `json:"app"`
	StreamName       string `json:"stream_name"`
	Published        bool   `json:"published"`
	Publisher        string `json:"publisher"`
	Players          int    `json:"players"`
	TimestampMS      uint32 `json:"timestamp_ms"`
	DurationNS       int64  `json:"duration_ns"`
	KeyframeInterval int64  `json:"keyframe_interval_ns"`
	Bytes            uint64 `json:"bytes"`
	Packets          uint64 `json:"packets"`
	AudioPackets     uint64 `json:"audio_packets"`
	VideoPackets     uint64 `json:"video_packets"`
	DataPackets      uint64 `json:"data_packets"`
	Keyframes        uint64 `json:"keyframes"`
	Malformed        uint64 `json:"malformed"`
	FramesSent       uint64 `json:"frames_sent"`
	FramesDropped    uint64 `json:"frames_dropped"`
	CachedBytes      int    `json:"cached_bytes"`
}

func figuresOf(h *rtmp.Hub) *hubFigures {
	f := &hubFigures{List: []streamFigures{}}
	for _, i := range h.Streams() {
		s := &i.Received
		f.List = append(f.List, streamFigures{
			App: i.App, StreamName: i.Name, Published: i.Publisher != "", Publisher: i.Publisher, Players: i.Players,
			TimestampMS: s.Timestamp, DurationNS: int64(i.Duration), KeyframeInterval: int64(s.KeyInterval),
			Bytes: s.Bytes, Packets: s.Packets, AudioPackets: s.Audio, VideoPackets: s.Video, DataPackets: s.Data,
			Keyframes: s.Keyframes, Malformed: s.Malformed, FramesSent: i.Sent, FramesDropped: i.Dropped,
			CachedBytes: i.Cached,
		})
		f.Streams++
		if i.Publisher != "" {
			f.Publishers++
		}
		f.Players += i.Players
		f.Bytes, f.Packets = f.Bytes+s.Bytes, f.Packets+s.Packets
		f.FramesSent, f.FramesDropped = f.FramesSent+i.Sent, f.FramesDropped+i.Dropped
		f.CachedBytes += i.Cached
	}
	return f
}

//export oxgo_hub_statistics
func oxgo_hub_statistics(h C.oxrtmp_hub, out *C.oxrtmp_hub_info) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(hubs, h.id, func(h *rtmp.Hub) error {
		f := figuresOf(h)
		out.streams, out.publishers, out.players = C.uint32_t(f.Streams), C.uint32_t(f.Publishers), C.uint32_t(f.Players)
		out.bytes, out.packets = C.uint64_t(f.Bytes), C.uint64_t(f.Packets)
		out.frames_sent, out.frames_dropped = C.uint64_t(f.FramesSent), C.uint64_t(f.FramesDropped)
		out.cached_bytes = C.uint64_t(f.CachedBytes)
		return nil
	})
}

//export oxgo_hub_stream_statistics
func oxgo_hub_stream_statistics(h C.oxrtmp_hub, app, name *C.char, out *C.oxrtmp_stream_info) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(hubs, h.id, func(h *rtmp.Hub) error {
		for _, f := range figuresOf(h).List {
			if f.App == goString(app) && f.StreamName == goString(name) {
				putStream(out, &f)
				return nil
			}
		}
		return rtmp.ErrNoStream
	})
}

func putStream(out *C.oxrtmp_stream_info, f *streamFigures) {
	out.published, out.players, out.timestamp_ms = flag(f.Published), C.uint32_t(f.Players), C.uint32_t(f.TimestampMS)
	out.duration_ns, out.keyframe_interval_ns = C.int64_t(f.DurationNS), C.int64_t(f.KeyframeInterval)
	out.bytes, out.packets = C.uint64_t(f.Bytes), C.uint64_t(f.Packets)
	out.audio_packets, out.video_packets = C.uint64_t(f.AudioPackets), C.uint64_t(f.VideoPackets)
	out.data_packets, out.keyframes, out.malformed = C.uint64_t(f.DataPackets), C.uint64_t(f.Keyframes), C.uint64_t(f.Malformed)
	out.frames_sent, out.frames_dropped = C.uint64_t(f.FramesSent), C.uint64_t(f.FramesDropped)
	out.cached_bytes = C.uint64_t(f.CachedBytes)
	putArray(out.publisher[:], f.Publisher)
}

//export oxgo_hub_json
func oxgo_hub_json(h C.oxrtmp_hub, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(hubs, h.id, func(h *rtmp.Hub) error {
		text, err := json.Marshal(figuresOf(h))
		if err != nil {
			return err
		}
		return putText(string(text), buf, capacity, length)
	})
}

//export oxgo_hub_close
func oxgo_hub_close(h C.oxrtmp_hub) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(hubs, h.id, (*rtmp.Hub).Close)
}
