package main

// #include "bridge.h"
import "C"

import (
	"context"
	"errors"
	"net"
	"time"

	"oxrtmp/capi/internal/handle"
	"oxrtmp/rtmp"
	"oxrtmp/rtmp/message"
)

//export oxgo_client_publish
func oxgo_client_publish(url *C.char, o *C.oxrtmp_client_options, timeout C.int32_t, client *C.oxrtmp_client) (status C.oxrtmp_status) {
	defer guard(&status)
	ctx, cancel := contextFor(timeout)
	defer cancel()
	return newClient(o, client, func(o *rtmp.ClientOptions) (*rtmp.Client, error) {
		return rtmp.Publish(ctx, goString(url), o)
	})
}

//export oxgo_client_publish_fd
func oxgo_client_publish_fd(fd C.int, url *C.char, o *C.oxrtmp_client_options, timeout C.int32_t, client *C.oxrtmp_client) (status C.oxrtmp_status) {
	defer guard(&status)
	return adoptClient(fd, url, o, timeout, client, rtmp.PublishConn)
}

// adoptClient makes a client by open over a socket of the caller's.
func adoptClient(fd C.int, url *C.char, o *C.oxrtmp_client_options, timeout C.int32_t, client *C.oxrtmp_client,
	open func(context.Context, net.Conn, string, *rtmp.ClientOptions) (*rtmp.Client, error)) C.oxrtmp_status {
	ctx, cancel := contextFor(timeout)
	defer cancel()
	return newClient(o, client, func(o *rtmp.ClientOptions) (c *rtmp.Client, err error) {
		err = adopt(fd, connectionOf, func(nc net.Conn) (err error) {
			c, err = open(ctx, nc, goString(url), o)
			return err
		})
		return c, err
	})
}

//export oxgo_client_publish_open
func oxgo_client_publish_open(url *C.char, o *C.oxrtmp_client_options, h C.oxrtmp_queue, userData C.uint64_t, client *C.oxrtmp_client) (status C.oxrtmp_status) {
	defer guard(&status)
	return openClient(url, o, h, userData, client, rtmp.OpenPublish)
}

// openClient makes a client by create, whose events go to a queue from the first on.
func openClient(url *C.char, o *C.oxrtmp_client_options, h C.oxrtmp_queue, userData C.uint64_t, client *C.oxrtmp_client,
	create func(string, *rtmp.ClientOptions) (*rtmp.Client, error)) C.oxrtmp_status {
	var setup error
	err := withQueue(h, func(q *eventQueue) (err error) {
		if q == nil {
			return handle.ErrInvalid
		}
		held := &heldClient{}
		options := clientOptions(o)
		options.Logger = held.logger()
		var c *rtmp.Client
		if c, setup = create(goString(url), options); setup != nil {
			return nil
		}
		held.carrier = c
		if err := open(clients, held, &client.id, (*heldClient).close); err != nil {
			return err
		}
		err = held.attach(held, client.id, q, uint64(userData))
		if err != nil { // the queue was destroyed at this moment
			closing(clients, client.id, (*heldClient).close)
			client.id = 0
		}
		return err
	})
	if setup != nil {
		return failSetup(setup)
	}
	return fail(err)
}

func newClient(o *C.oxrtmp_client_options, client *C.oxrtmp_client, create func(*rtmp.ClientOptions) (*rtmp.Client, error)) C.oxrtmp_status {
	held := &heldClient{}
	options := clientOptions(o)
	options.Logger = held.logger()
	c, err := create(options)
	held.carrier = c
	if errors.Is(err, rtmp.ErrTimeout) { // of a phase or of the call: to the caller they are the same
		return failAs(C.OXRTMP_E_TIMEOUT, err)
	}
	if err != nil {
		return failSetup(err)
	}
	held.NextEvent(0) // that it is connected the caller knows
	return fail(open(clients, held, &client.id, (*heldClient).close))
}

// clientOptions converts options that are complete: the C side has filled them up.
func clientOptions(o *C.oxrtmp_client_options) *rtmp.ClientOptions {
	return &rtmp.ClientOptions{
		Limits: limits(o.limits), Timeouts: timeouts(o.timeouts),
		App: goString(o.app), StreamName: goString(o.stream_name), TCURL: goString(o.tc_url),
		FlashVer: goString(o.flash_version), SWFURL: goString(o.swf_url), PageURL: goString(o.page_url),
		PublishType: goString(o.publish_type), ChunkSize: uint32(o.chunk_size),
		DigestHandshake: o.digest_handshake != 0, NoWait: o.no_wait != 0,
		SendTimeout: duration(o.send_timeout_ms), Linger: linger(o.linger_ms), OutputBytes: int(o.output_bytes),
		Play: rtmp.PlayOptions{
			LiveOnly: o.live_only != 0, Start: float64(o.start_ms) / 1000, Duration: float64(o.duration_ms) / 1000,
			BufferLength: span(o.buffer_length_ms),
		},
		TLS: tlsOptions(o.tls), User: goString(o.user), Password: goString(o.password),
		FollowRedirects: o.follow_redirects != 0, AnswerCalls: o.answer_calls != 0, Allocator: blocks,
		Enhanced: rtmp.EnhancedMode(o.enhanced), Capabilities: capabilities(o.capabilities),
		DropVideo: o.drop_video != 0, Reconnect: reconnect(o), FollowReconnects: o.follow_reconnects != 0,
		KeepAlive: duration(o.keep_alive_ms), UserTimeout: span(o.user_timeout_ms),
		ReceiveBufferBytes: int(o.receive_buffer_bytes), SendBufferBytes: int(o.send_buffer_bytes),
	}
}

// reconnect is how a lost connection is made again, if it is.
func reconnect(o *C.oxrtmp_client_options) *rtmp.Reconnect {
	if o.reconnect == 0 {
		return nil
	}
	return &rtmp.Reconnect{RetryMin: span(o.retry_min_ms), RetryMax: span(o.retry_max_ms), Attempts: int(o.attempts)}
}

// linger converts a linger time: 0 is the default, negative is none.
func linger(ms C.int32_t) time.Duration {
	if ms < 0 {
		return time.Nanosecond
	}
	return duration(ms)
}

//export oxgo_client_set_data_frame
func oxgo_client_set_data_frame(h C.oxrtmp_client, handler *C.char, p *C.uint8_t, n C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error {
		body := message.AppendData(nil, message.Data{Handler: goString(handler), Set: true})
		return c.SendData(0, append(body, bytesAt(p, n)...))
	})
}

//export oxgo_client_clear_data_frame
func oxgo_client_clear_data_frame(h C.oxrtmp_client, handler *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error {
		return c.SendData(0, message.AppendData(nil, message.Data{Handler: goString(handler), Clear: true}))
	})
}

//export oxgo_client_statistics
func oxgo_client_statistics(h C.oxrtmp_client, out *C.oxrtmp_statistics) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error {
		putStatistics(out, c.Statistics())
		return nil
	})
}

//export oxgo_client_peer_address
func oxgo_client_peer_address(h C.oxrtmp_client, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(clients, h.id, func(c *heldClient) error { return putText(c.PeerAddr(), buf, capacity, length) })
}

//export oxgo_client_close
func oxgo_client_close(h C.oxrtmp_client) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(clients, h.id, (*heldClient).close)
}

// contextFor returns a context that ends with a timeout; negative is never.
func contextFor(timeout C.int32_t) (context.Context, context.CancelFunc) {
	if timeout < 0 {
		return context.WithCancel(context.Background())
	}
	return context.WithTimeout(context.Background(), duration(timeout))
}
