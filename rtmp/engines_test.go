package rtmp

import (
	"testing"

	"oxrtmp/rtmp/engine"
)

// Two engines made from options talk to each other, with and without their handshake.
func TestEngines(t *testing.T) {
	for _, shaken := range []bool{false, true} {
		server, err := ServerEngine(nil, shaken)
		if err != nil {
			t.Fatal(err)
		}
		client, err := PublishEngine("rtmp://host/app/name?key=1", &ClientOptions{FlashVer: "me"}, shaken)
		if err != nil {
			t.Fatal(err)
		}
		var request *engine.Request
		for range 20 {
			for e, ok := server.NextEvent(); ok; e, ok = server.NextEvent() {
				if e.Kind == engine.EventRequest {
					request = e.Request
					server.Accept(request.ID)
				}
			}
			for _, ok := client.NextEvent(); ok; _, ok = client.NextEvent() {
			}
			if p := client.AppendOutput(nil); len(p) > 0 {
				if n, err := server.Receive(p, 0); err != nil || n != len(p) {
					t.Fatal(n, err)
				}
			}
			if p := server.AppendOutput(nil); len(p) > 0 {
				if _, err := client.Receive(p, 0); err != nil {
					t.Fatal(err)
				}
			}
		}
		if request == nil || request.App != "app" || request.Name != "name" || request.Query != "key=1" || !client.Publishing() {
			t.Fatalf("shaken %v: %+v", shaken, request)
		}
		if c := server.ConnectInfo(); c.FlashVer != "me" || c.TCURL != "rtmp://host/app" {
			t.Fatalf("connect %+v", c)
		}
	}
	if _, err := ServerEngine(&ServerOptions{ChunkSize: 1 << 20}, false); err == nil {
		t.Error("a chunk size of 1 MiB was accepted")
	}
	if _, err := PublishEngine("nonsense", nil, false); err == nil {
		t.Error("a URL of nonsense was accepted")
	}
}
