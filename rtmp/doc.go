// Package rtmp is the live RTMP library: servers that accept publishers and players, clients that publish and play, and
// hubs that distribute streams, over RTMP and RTMPS.
//
// Layer L4. It joins the engines of package engine to sockets; it is the only layer with connections, goroutines and
// clocks. The words are those of the specification and of every other language of this library:
//
//   - a [Server] listens and hands out a [Request] for each peer that wants to publish;
//   - a Request is accepted, and becomes a [Session], or rejected;
//   - a Session gives the peer's packets, in order, as [media.Packet] values over shared memory;
//   - a [Client] connects elsewhere and publishes packets;
//   - a [Hub] distributes what is published to those who play it, and its [Relay] carries a stream to another server or
//     from there;
//   - [Hooks], or the events of [Server.NextEvent], tell everything that happens on a server;
//   - a [Recorder] writes packets to FLV files.
//
// A recorder of everything that is published under one key:
//
//	server, err := rtmp.Bind("127.0.0.1:1935", nil)
//	if err != nil {
//		log.Fatal(err)
//	}
//	server.HandleRequests(func(r *rtmp.Request) {
//		if r.StreamName() != "secret" {
//			r.Reject("", "unauthorized")
//			return
//		}
//		session, err := r.Accept()
//		if err != nil {
//			return
//		}
//		defer session.Close()
//		for {
//			packet, err := session.NextPacket(-1)
//			if err != nil {
//				return // io.EOF: the peer ended the stream
//			}
//			fmt.Println(packet.Timestamp, packet.Codec, len(packet.Data))
//			packet.Release()
//		}
//	})
//
// Every wait takes a timeout: negative waits for ever, 0 polls. Close, from any goroutine, ends every wait with
// [ErrClosed]. Every method may be called from any goroutine.
//
// Addresses and URLs that begin with rtmps:// are for TLS; [TLSOptions] says with which certificate, and whom to trust.
// A server may listen with TLS and without, change its certificates while it runs ([Server.SetCertificate]), and vouch
// for its clients by theirs.
//
// What a peer may cost is bounded by [Limits], how long it may take by [Timeouts]; both have defaults that suit a
// public port.
package rtmp
