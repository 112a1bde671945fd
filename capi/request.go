package main

// #include "bridge.h"
import "C"

import (
	"oxrtmp/capi/internal/handle"
	"oxrtmp/rtmp"
)

//export oxgo_request_kind
func oxgo_request_kind(h C.oxrtmp_request, kind *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(requests, h.id, func(r *heldRequest) error {
		*kind = C.uint32_t(r.Kind())
		return nil
	})
}

//export oxgo_request_app
func oxgo_request_app(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, peer.App, buf, capacity, length)
}

//export oxgo_request_stream_name
func oxgo_request_stream_name(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, peer.StreamName, buf, capacity, length)
}

//export oxgo_request_raw_stream_name
func oxgo_request_raw_stream_name(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, peer.RawStreamName, buf, capacity, length)
}

//export oxgo_request_query
func oxgo_request_query(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, peer.Query, buf, capacity, length)
}

//export oxgo_request_publish_type
func oxgo_request_publish_type(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, peer.PublishType, buf, capacity, length)
}

//export oxgo_request_tc_url
func oxgo_request_tc_url(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, peer.TCURL, buf, capacity, length)
}

//export oxgo_request_peer_address
func oxgo_request_peer_address(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, peer.PeerAddr, buf, capacity, length)
}

//export oxgo_request_flash_version
func oxgo_request_flash_version(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, flashVersion, buf, capacity, length)
}

//export oxgo_request_swf_url
func oxgo_request_swf_url(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, swfURL, buf, capacity, length)
}

//export oxgo_request_page_url
func oxgo_request_page_url(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, pageURL, buf, capacity, length)
}

//export oxgo_request_encoder
func oxgo_request_encoder(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, encoder, buf, capacity, length)
}

//export oxgo_request_connect_json
func oxgo_request_connect_json(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, connectJSON, buf, capacity, length)
}

//export oxgo_request_connect
func oxgo_request_connect(h C.oxrtmp_request, info *C.oxrtmp_connect_info) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(requests, h.id, func(p *heldRequest) error { return putConnect(info, p) })
}

//export oxgo_request_connection
func oxgo_request_connection(h C.oxrtmp_request, connection *C.uint64_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(requests, h.id, func(r *heldRequest) error {
		if r, ok := r.wish.(*rtmp.Request); ok {
			*connection = C.uint64_t(r.Connection())
		}
		return nil
	})
}

//export oxgo_request_user
func oxgo_request_user(h C.oxrtmp_request, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return text(requests, h.id, user, buf, capacity, length)
}

//export oxgo_request_redirect
func oxgo_request_redirect(h C.oxrtmp_request, url, description *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return answer(h, func(r *heldRequest) error { return r.Redirect(goString(url), goString(description)) })
}

//export oxgo_request_login
func oxgo_request_login(h C.oxrtmp_request, scheme C.uint32_t, password *C.char, granted *C.uint32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	status = with(requests, h.id, func(r *heldRequest) error {
		if r, ok := r.wish.(*rtmp.Request); !ok || r.Kind() != rtmp.RequestConnect {
			return errState
		}
		return nil
	})
	if status != C.OXRTMP_OK {
		return status
	}
	return answer(h, func(r *heldRequest) error {
		yes, err := r.wish.(*rtmp.Request).Login(loginScheme(scheme), goString(password), password != nil)
		*granted = flag(yes)
		return err
	})
}

//export oxgo_request_accept
func oxgo_request_accept(h C.oxrtmp_request, o *C.oxrtmp_session_options, session *C.oxrtmp_session) (status C.oxrtmp_status) {
	defer guard(&status)
	err := withQueue(o.queue, func(q *eventQueue) error {
		status = answer(h, func(r *heldRequest) error { return r.accept(q, o, session) })
		return nil
	})
	if err != nil {
		return fail(err)
	}
	return status
}

//export oxgo_request_reject
func oxgo_request_reject(h C.oxrtmp_request, code, description *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return answer(h, func(r *heldRequest) error { return r.Reject(goString(code), goString(description)) })
}

// answer ends a request's handle. Of several answers, one gets to f.
func answer(h C.oxrtmp_request, f func(*heldRequest) error) C.oxrtmp_status {
	ref, err := requests.Remove(handle.ID(h.id))
	if err != nil {
		return fail(err)
	}
	defer ref.Release()
	return fail(f(ref.Value))
}
