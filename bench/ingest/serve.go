package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"sync/atomic"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/media"
)

// serve takes streams in by the Go package.
func serve(args []string) {
	flags := flag.NewFlagSet("serve", flag.ExitOnError)
	batch := flags.Int("batch", 64, "")
	flags.Parse(args)
	server, err := rtmp.Bind("127.0.0.1:0", nil)
	if err != nil {
		fatal(err)
	}
	fmt.Println("listening on", server.Addr())
	var total, count atomic.Int64
	go server.HandleRequests(func(r *rtmp.Request) {
		session, err := r.Accept()
		if err != nil {
			return
		}
		packets := make([]media.Packet, *batch)
		for {
			n, err := session.NextPackets(packets, -1)
			if err != nil {
				return
			}
			size := 0
			for i := range packets[:n] {
				size += len(packets[i].Data)
				packets[i].Release()
			}
			total.Add(int64(size))
			count.Add(int64(n))
		}
	})
	io.Copy(io.Discard, os.Stdin)
	fmt.Println(total.Load(), count.Load())
	server.Close()
}
