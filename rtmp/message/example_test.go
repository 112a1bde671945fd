package message_test

import (
	"fmt"

	"oxrtmp/rtmp/amf"
	"oxrtmp/rtmp/message"
)

// A publisher's metadata, as a server reads it.
func ExampleParseData() {
	payload := message.AppendData(nil, message.Data{
		Handler: message.HandlerMetadata,
		Set:     true,
		Values:  []amf.Value{(&message.Metadata{Width: 1280, Height: 720, VideoCodecID: 7}).Value()},
	})
	data, err := message.ParseData(message.TypeData, payload, amf.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	metadata, _ := data.Metadata()
	fmt.Println(data.Handler, data.Set, metadata.Width, metadata.Height)
	// Output: onMetaData true 1280 720
}

// A server refuses a name that is taken; the client reads why.
func ExampleStatus() {
	refusal := message.NewStatus(message.CodePublishBadName, "live/key is being published already")
	payload := message.AppendCommand(nil, refusal.Command())

	command, err := message.ParseCommand(message.TypeCommand, payload, amf.Limits{})
	if err != nil {
		fmt.Println(err)
		return
	}
	status, _ := message.ParseStatus(command)
	fmt.Println(status.Level, status.Code)
	// Output: error NetStream.Publish.BadName
}

func ExampleConnect() {
	connect := message.Connect{
		App:      "live",
		Type:     "nonprivate",
		FlashVer: "FMLE/3.0 (compatible; example)",
		TCURL:    "rtmp://example.org/live",
		Properties: &amf.Object{Properties: []amf.Property{
			{Name: "capsEx", Value: amf.Number(15)},
		}},
	}
	fmt.Printf("%s\n", amf.AppendJSON(nil, connect.Command().Object))
	// Output: {"app":"live","type":"nonprivate","flashVer":"FMLE/3.0 (compatible; example)","tcUrl":"rtmp://example.org/live","capsEx":15}
}

func ExampleParseUserControl() {
	u, err := message.ParseUserControl([]byte{0, 3, 0, 0, 0, 1, 0, 0, 0x0B, 0xB8})
	fmt.Println(u.Event == message.EventSetBufferLength, u.StreamID, u.BufferLength, err)
	// Output: true 1 3000 <nil>
}

func ExampleBandwidthLimiter() {
	var limiter message.BandwidthLimiter
	fmt.Println(limiter.Apply(5000000, message.LimitHard))
	fmt.Println(limiter.Apply(6000000, message.LimitSoft))
	// Output:
	// 5000000 true
	// 5000000 false
}
