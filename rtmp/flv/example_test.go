package flv_test

import (
	"bytes"
	"fmt"
	"io"

	"oxrtmp/rtmp/flv"
)

func Example() {
	file := flv.AppendHeader(nil, true, false)
	file, _ = flv.AppendTag(file, flv.Tag{Type: flv.TagAudio, Timestamp: 0, Data: []byte{0xAF, 0, 0x12, 0x10}})
	file, _ = flv.AppendTag(file, flv.Tag{Type: flv.TagAudio, Timestamp: 23, Data: []byte{0xAF, 1, 0x21}})

	r := flv.NewTagReader(bytes.NewReader(file))
	for {
		tag, err := r.ReadTag()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(tag.Type, tag.Timestamp, len(tag.Data), r.Offset())
	}
	// Output:
	// 8 0 4 13
	// 8 23 3 32
}
