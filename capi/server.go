package main

// #include "bridge.h"
import "C"

import (
	"net"
	"os"
	"strings"
	"syscall"

	"oxrtmp/capi/internal/handle"
	"oxrtmp/rtmp"
)

//export oxgo_server_bind
func oxgo_server_bind(address *C.char, o *C.oxrtmp_server_options, server *C.oxrtmp_server) (status C.oxrtmp_status) {
	defer guard(&status)
	return newServer(o, server, func(o *rtmp.ServerOptions) (*rtmp.Server, error) {
		return rtmp.Bind(goString(address), o)
	})
}

//export oxgo_server_create
func oxgo_server_create(o *C.oxrtmp_server_options, server *C.oxrtmp_server) (status C.oxrtmp_status) {
	defer guard(&status)
	return newServer(o, server, rtmp.NewServer)
}

func newServer(o *C.oxrtmp_server_options, server *C.oxrtmp_server, create func(*rtmp.ServerOptions) (*rtmp.Server, error)) C.oxrtmp_status {
	return withHub(o.hub, func(h *rtmp.Hub) C.oxrtmp_status {
		held := &heldServer{before: -1, calls: o.answer_calls != 0}
		options := serverOptions(o)
		options.Logger, options.Hub, options.AskPublish = held.logger(), h, o.ask_publish != 0
		err := tellingOptions(o, options)
		if err != nil {
			return fail(err)
		}
		held.silent = options.Events == 0 && !options.AskMediaTag
		if held.Server, err = create(options); err != nil {
			return failSetup(err)
		}
		return fail(open(servers, held, &server.id, (*heldServer).Close))
	})
}

//export oxgo_server_listen
func oxgo_server_listen(h C.oxrtmp_server, address *C.char) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error { return s.Listen(goString(address)) })
}

//export oxgo_server_adopt_listener
func oxgo_server_adopt_listener(h C.oxrtmp_server, fd C.int) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		return adopt(fd, listenerOf, s.Serve)
	})
}

//export oxgo_server_adopt_connection
func oxgo_server_adopt_connection(h C.oxrtmp_server, fd C.int) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		return adopt(fd, connectionOf, s.ServeConn)
	})
}

//export oxgo_server_adopt_tls_listener
func oxgo_server_adopt_tls_listener(h C.oxrtmp_server, fd C.int) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		return adopt(fd, listenerOf, s.ServeTLS)
	})
}

//export oxgo_server_adopt_tls_connection
func oxgo_server_adopt_tls_connection(h C.oxrtmp_server, fd C.int) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		return adopt(fd, connectionOf, s.ServeTLSConn)
	})
}

//export oxgo_server_set_certificate
func oxgo_server_set_certificate(h C.oxrtmp_server, name *C.char, o *C.oxrtmp_tls_options) (status C.oxrtmp_status) {
	defer guard(&status)
	var setup error
	status = with(servers, h.id, func(s *heldServer) error {
		setup = s.SetCertificate(goString(name), tlsOptions(o))
		return nil
	})
	if setup != nil {
		return failSetup(setup)
	}
	return status
}

// tlsOptions converts TLS options; nil stays nil.
func tlsOptions(o *C.oxrtmp_tls_options) *rtmp.TLSOptions {
	if o == nil {
		return nil
	}
	return &rtmp.TLSOptions{
		CertificateFile: goString(o.certificate_file), KeyFile: goString(o.key_file),
		CertificatePEM: []byte(goString(o.certificate_pem)), KeyPEM: []byte(goString(o.key_pem)),
		CAFile: goString(o.ca_file), CAPEM: []byte(goString(o.ca_pem)),
		ServerName: goString(o.server_name), Pin: goString(o.pin), Insecure: o.insecure != 0,
	}
}

// adopt makes a Go socket of the caller's descriptor by convert and hands it to use, which closes it if it fails. On
// success the caller's descriptor is closed, as Go works on a duplicate; on error it stays open, as it was: Go changes
// whether a socket blocks, which it has in common with its duplicates.
func adopt[T any](fd C.int, convert func(*os.File) (T, error), use func(T) error) (err error) {
	flags, err := control(int(fd), syscall.F_GETFL, 0)
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			control(int(fd), syscall.F_SETFL, flags)
		}
	}()
	// The File must not close fd when it is collected, so it gets a duplicate of its own.
	duplicate, err := control(int(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return err
	}
	file := os.NewFile(uintptr(duplicate), "socket")
	v, err := convert(file)
	file.Close()
	if err != nil {
		return err
	}
	if err := use(v); err != nil {
		return err
	}
	syscall.Close(int(fd))
	return nil
}

// control is fcntl.
func control(fd, command, argument int) (int, error) {
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), uintptr(command), uintptr(argument))
	if errno != 0 {
		return -1, os.NewSyscallError("fcntl", errno)
	}
	return int(n), nil
}

// listenerOf is net.FileListener for stream sockets that listen.
func listenerOf(file *os.File) (net.Listener, error) {
	fd := int(file.Fd())
	if err := checkStream(fd); err != nil {
		return nil, err
	}
	switch listens, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ACCEPTCONN); {
	case err != nil:
		return nil, os.NewSyscallError("getsockopt", err)
	case listens == 0:
		return nil, os.NewSyscallError("accept", syscall.EINVAL)
	}
	return net.FileListener(file)
}

// connectionOf is net.FileConn for stream sockets that are connected, or were until the peer cut the connection: that is for
// its user to find out, not for the one who hands it over.
func connectionOf(file *os.File) (net.Conn, error) {
	fd := int(file.Fd())
	if err := checkStream(fd); err != nil {
		return nil, err
	}
	if _, err := syscall.Getpeername(fd); err != nil {
		if cut, _ := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_ERROR); cut == 0 {
			return nil, os.NewSyscallError("getpeername", err)
		}
	}
	return net.FileConn(file)
}

// checkStream refuses what is no stream socket.
func checkStream(fd int) error {
	kind, err := syscall.GetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_TYPE)
	if err == nil && kind != syscall.SOCK_STREAM {
		err = syscall.EPROTOTYPE
	}
	return os.NewSyscallError("getsockopt", err)
}

//export oxgo_server_address
func oxgo_server_address(h C.oxrtmp_server, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error { return putText(s.Addr(), buf, capacity, length) })
}

//export oxgo_server_addresses
func oxgo_server_addresses(h C.oxrtmp_server, buf *C.char, capacity C.size_t, length *C.size_t) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		return putText(strings.Join(s.Addrs(), ", "), buf, capacity, length)
	})
}

//export oxgo_server_accept
func oxgo_server_accept(h C.oxrtmp_server, timeout C.int32_t, request *C.oxrtmp_request) (status C.oxrtmp_status) {
	defer guard(&status)
	return with(servers, h.id, func(s *heldServer) error {
		if s.attached() {
			return errBusy
		}
		r, err := s.Accept(duration(timeout))
		if err != nil {
			return err
		}
		return s.openRequest(r, request)
	})
}

//export oxgo_server_shutdown
func oxgo_server_shutdown(h C.oxrtmp_server, timeout C.int32_t) (status C.oxrtmp_status) {
	defer guard(&status)
	status = with(servers, h.id, func(s *heldServer) error {
		ctx, cancel := contextFor(timeout)
		defer cancel()
		defer s.Close()
		return s.Shutdown(ctx)
	})
	if ref, err := servers.Remove(handle.ID(h.id)); err == nil {
		ref.Release()
	}
	return status
}

//export oxgo_server_close
func oxgo_server_close(h C.oxrtmp_server) (status C.oxrtmp_status) {
	defer guard(&status)
	return closing(servers, h.id, (*heldServer).Close)
}

// serverOptions converts options that are complete: the C side has filled them up.
func serverOptions(o *C.oxrtmp_server_options) *rtmp.ServerOptions {
	return &rtmp.ServerOptions{
		Limits: limits(o.limits), Timeouts: timeouts(o.timeouts), ChunkSize: uint32(o.chunk_size),
		WindowAckSize: uint32(o.window_ack_size), PeerBandwidth: uint32(o.peer_bandwidth),
		AskConnection: o.ask_connection != 0, AskConnect: o.ask_connect != 0, AskFCPublish: o.ask_fc_publish != 0,
		AskPlay: o.ask_play != 0, NoWait: o.no_wait != 0, SendTimeout: duration(o.send_timeout_ms),
		PlayAnswer: rtmp.PlayAnswer{
			Recorded: o.play_recorded != 0, NoSampleAccess: o.no_sample_access != 0, DataStart: o.data_start != 0,
		},
		TLS:         tlsOptions(o.tls),
		AnswerCalls: o.answer_calls != 0,
		Strict:      rtmp.Strictness(o.strict), KeepBytes: int(o.keep_bytes),
		Enhanced: rtmp.EnhancedMode(o.enhanced), Capabilities: capabilities(o.capabilities),
		KeepAlive: duration(o.keep_alive_ms), UserTimeout: span(o.user_timeout_ms),
		ReceiveBufferBytes: int(o.receive_buffer_bytes), SendBufferBytes: int(o.send_buffer_bytes),
		OutputBytes: int(o.output_bytes), SendOnBWDone: o.send_on_bw_done != 0, Linger: linger(o.linger_ms),
		Allocator: blocks,
	}
}

func limits(l *C.oxrtmp_limits) rtmp.Limits {
	return rtmp.Limits{
		MessageBytes: int(l.message_bytes), PartialBytes: int(l.partial_bytes),
		EarlyMessageBytes: int(l.early_message_bytes), EarlyPartialBytes: int(l.early_partial_bytes),
		ChunkStreams: int(l.chunk_streams), MessageStreams: int(l.message_streams),
		AMFDepth: int(l.amf_depth), AMFValues: int(l.amf_values), EarlyAMFValues: int(l.early_amf_values),
		NameBytes: int(l.name_bytes), IdleMessages: int(l.idle_messages), OutputBytes: int(l.output_bytes),
		QueueBytes: int(l.queue_bytes), Connections: int(l.connections),
		ConnectionsPerAddress: int(l.connections_per_address), PendingRequests: int(l.pending_requests),
		PendingCalls: int(l.pending_calls), ReadChunks: int(l.read_chunks), Handshakes: int(l.handshakes),
	}
}

func timeouts(t *C.oxrtmp_timeouts) rtmp.Timeouts {
	return rtmp.Timeouts{
		Resolve: duration(t.resolve_ms), Dial: duration(t.dial_ms), Handshake: duration(t.handshake_ms),
		Connect: duration(t.connect_ms), CreateStream: duration(t.create_stream_ms), Publish: duration(t.publish_ms),
		Decision: duration(t.decision_ms), Setup: duration(t.setup_ms), FirstMedia: duration(t.first_media_ms),
		Idle: duration(t.idle_ms), Write: duration(t.write_ms),
	}
}
