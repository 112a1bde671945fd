package main

import (
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/hub"
)

// structFields returns the names of the fields of a struct in the header.
func structFields(t *testing.T, header, name string) map[string]bool {
	t.Helper()
	body := regexp.MustCompile(`(?s)typedef struct ` + name + ` \{\n(.*?)\n\} ` + name + `;`).FindStringSubmatch(header)
	if body == nil {
		t.Fatalf("the header has no struct %s", name)
	}
	fields := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  [a-z][\w *]*?[ *](\w+);`).FindAllStringSubmatch(body[1], -1) {
		fields[m[1]] = true
	}
	return fields
}

// A196: every option of Go's is one of C's, by the same name, or stands here with what it is called there.
func TestEveryOptionIsInC(t *testing.T) {
	p, err := os.ReadFile("../include/oxrtmp.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		options any
		name    string
		other   map[string]string // in C; "-": what is for Go only
	}{
		{rtmp.ServerOptions{}, "oxrtmp_server_options", map[string]string{
			"PlayAnswer": "play_recorded no_sample_access data_start", "Hooks": "events", "Allocator": "-", "Logger": "-",
		}},
		{rtmp.ClientOptions{}, "oxrtmp_client_options", map[string]string{
			"TCURL": "tc_url", "FlashVer": "flash_version", "SWFURL": "swf_url", "Play": "live_only start_ms duration_ms buffer_length_ms",
			"Reconnect": "reconnect retry_min_ms retry_max_ms attempts", "Dial": "-", "Allocator": "-", "Logger": "-",
		}},
		{rtmp.Limits{}, "oxrtmp_limits", nil},
		{rtmp.Timeouts{}, "oxrtmp_timeouts", nil},
		{rtmp.HubOptions{}, "oxrtmp_hub_options", map[string]string{
			"Cache": "cache_policy cache_bytes cache_frames", "Slow": "slow_policy slow_bytes disconnect_bytes",
			"Player": "slow_policy slow_bytes disconnect_bytes", "Filter": "mask", "Logger": "-", "Allocator": "-",
		}},
		{rtmp.RelayOptions{}, "oxrtmp_relay_options", map[string]string{"Logger": "-"}},
		{rtmp.RecorderOptions{}, "oxrtmp_recorder_options", map[string]string{"Directory": "-", "Name": "-", "Path": "-", "Clock": "-"}},
		{rtmp.TLSOptions{}, "oxrtmp_tls_options", map[string]string{"CAPEM": "ca_pem"}},
		{hub.Mask{}, "oxrtmp_mask", map[string]string{"Tracks": "track"}},
	} {
		fields := structFields(t, string(p), c.name)
		of := reflect.TypeOf(c.options)
		for i := range of.NumField() {
			field := of.Field(i)
			if !field.IsExported() {
				continue
			}
			names := []string{snakeCase(field.Name)}
			if other := c.other[field.Name]; other != "" {
				names = strings.Fields(other)
			}
			for _, name := range names {
				if name != "-" && !fields[name] && !fields[name+"_ms"] {
					t.Errorf("%s.%s: %s has no %s", of, field.Name, c.name, name)
				}
			}
		}
	}
}
