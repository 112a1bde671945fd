package main

// #include "bridge.h"
import "C"

import (
	"time"
	"unsafe"

	"oxrtmp/capi/internal/handle"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/hub"
	"oxrtmp/rtmp/media"
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
		ChunkSize: int(o.chunk_size), Allocator: blocks, Timestamps: hub.TimestampMode(o.timestamps),
		WaitLimit: time.Duration(o.wait_limit_ms) * time.Millisecond, Mask: getMask(o.mask), Codecs: rtmp.CodecPolicy(o.codecs),
	})
	if err != nil {
		return failSetup(err)
	}
	return fail(open(hubs, h, &out.id, (*rtmp.Hub).Close))
}

// getMask converts a mask that is complete.
func getMask(m *C.oxrtmp_mask) hub.Mask {
	mask := hub.Mask{
		NoAudio: m.no_audio != 0, NoVideo: m.no_video != 0, NoData: m.no_data != 0, KeyframesOnly: m.keyframes_only != 0,
		Track: int(min(m.track, 257)),
	}
	for _, c := range unsafe.Slice(m.codecs, int(m.codec_count)) {
		mask.Codecs = append(mask.Codecs, media.FourCC(c))
	}
	return mask
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
	return acceptByHub(h, request, nil)
}

//export oxgo_hub_accept_masked
func oxgo_hub_accept_masked(h C.oxrtmp_hub, request C.oxrtmp_request, m *C.oxrtmp_mask) (status C.oxrtmp_status) {
	defer guard(&status)
	mask := getMask(m)
	return acceptByHub(h, request, &mask)
}

// acceptByHub ends a request's handle and gives the request to the hub; a nil mask stands for the hub's own.
func acceptByHub(h C.oxrtmp_hub, request C.oxrtmp_request, mask *hub.Mask) C.oxrtmp_status {
	return with(hubs, h.id, func(hub *rtmp.Hub) error {
		taken, err := requests.Remove(handle.ID(request.id))
		if err != nil {
			return err
		}
		defer taken.Release()
		switch r := taken.Value.wish.(type) {
		case *engineRequest:
			return r.join(hub, mask)
		case *rtmp.Request:
			if mask != nil {
				return hub.AcceptMasked(r, *mask)
			}
			return hub.Accept(r)
		}
		return errArgument
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
		return h.PlayClient(goString(app), goString(name), getMask(o.mask), clientOptions(o))
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

//export oxgo_hub_statistics
func oxgo_hub_statistics(h C.oxrtmp_hub, out *C.oxrtmp_hub_info) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(hubs, h.id, func(h *rtmp.Hub) error {
		s := h.Statistics()
		out.streams, out.publishers, out.players = C.uint32_t(s.Streams), C.uint32_t(s.Publishers), C.uint32_t(s.Players)
		out.bytes, out.packets, out.messages_lost = C.uint64_t(s.Bytes), C.uint64_t(s.Received), C.uint64_t(s.Lost)
		out.frames_sent, out.frames_dropped = C.uint64_t(s.Sent), C.uint64_t(s.Dropped)
		out.cached_bytes, out.duration_ns = C.uint64_t(s.Cached), C.int64_t(s.Duration)
		return nil
	})
}

//export oxgo_hub_stream_statistics
func oxgo_hub_stream_statistics(h C.oxrtmp_hub, app, name *C.char, out *C.oxrtmp_stream_info) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(hubs, h.id, func(h *rtmp.Hub) error {
		i, err := h.Stream(goString(app), goString(name))
		if err == nil {
			putStream(out, &i)
		}
		return err
	})
}

func putStream(out *C.oxrtmp_stream_info, i *rtmp.StreamInfo) {
	s := &i.Received
	out.published, out.players, out.timestamp_ms = flag(i.Publisher != ""), C.uint32_t(i.Players), C.uint32_t(s.Timestamp)
	out.duration_ns, out.keyframe_interval_ns = C.int64_t(i.Duration), C.int64_t(s.KeyInterval)
	out.bytes, out.packets, out.messages_lost = C.uint64_t(s.Bytes), C.uint64_t(s.Packets), C.uint64_t(i.Lost)
	out.audio_packets, out.video_packets, out.data_packets = C.uint64_t(s.Audio), C.uint64_t(s.Video), C.uint64_t(s.Data)
	out.keyframes, out.malformed = C.uint64_t(s.Keyframes), C.uint64_t(s.Malformed)
	out.frames_sent, out.frames_dropped = C.uint64_t(i.Sent), C.uint64_t(i.Dropped)
	out.cached_bytes, out.published_ns = C.uint64_t(i.Cached), C.int64_t(i.Published)
	out.video_codec, out.audio_codec = C.uint32_t(i.Video), C.uint32_t(i.Audio)
	putArray(out.publisher[:], i.Publisher)
}

//export oxgo_hub_json
func oxgo_hub_json(h C.oxrtmp_hub, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(hubs, h.id, func(h *rtmp.Hub) error {
		text, err := hubJSON(h)
		if err != nil {
			return err
		}
		return putText(text, buf, capacity, length)
	})
}

//export oxgo_hub_data_frames_json
func oxgo_hub_data_frames_json(h C.oxrtmp_hub, app, name, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(hubs, h.id, func(h *rtmp.Hub) error {
		frames, err := h.DataFrames(goString(app), goString(name))
		if err != nil {
			return err
		}
		return putText(dataFramesJSON(frames), buf, capacity, length)
	})
}

//export oxgo_hub_close
func oxgo_hub_close(h C.oxrtmp_hub) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(hubs, h.id, (*rtmp.Hub).Close)
}
