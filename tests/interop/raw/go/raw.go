// Raw publishes a byte stream of x264's, whose frames begin with an AUD, and AAC in ADTS.
//
//	go run ./tests/interop/raw/go VIDEO.h264 AUDIO.aac URL
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"slices"

	"oxrtmp/rtmp"
	"oxrtmp/rtmp/codec"
	"oxrtmp/rtmp/media"
)

const (
	frameMS = 40
	aud     = 9
)

func main() {
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		log.Fatal(err)
	}
}

func run(videoFile, audioFile, url string) error {
	stream, err := os.ReadFile(videoFile)
	if err != nil {
		return err
	}
	adts, err := os.ReadFile(audioFile)
	if err != nil {
		return err
	}
	record, err := codec.NewAVC(slices.Collect(codec.AnnexB(stream))...)
	if err != nil {
		return err
	}
	avc, err := record.Append(nil)
	if err != nil {
		return err
	}
	first, err := codec.ParseADTS(adts)
	if err != nil {
		return err
	}
	aac, err := first.Config.Append(nil)
	if err != nil {
		return err
	}
	client, err := rtmp.Publish(context.Background(), url, nil)
	if err != nil {
		return err
	}
	video, audio, err := send(client, stream, avc, adts, aac, first.Config.SampleRate)
	err = cmp.Or(err, client.Close())
	fmt.Printf("sent video=%d audio=%d\n", video, audio)
	return err
}

// send sends both streams, audio behind the video that is due at its time.
func send(client *rtmp.Client, stream, avc, adts, aac []byte, sampleRate int) (video, audio int, err error) {
	if err := cmp.Or(client.SendVideoSequenceHeader(avc), client.SendAudioSequenceHeader(aac)); err != nil {
		return 0, 0, err
	}
	for _, unit := range accessUnits(stream) {
		now := uint32(video * frameMS)
		if err := client.SendVideo(now, unit.keyframe, unit.data); err != nil {
			return video, audio, err
		}
		video++
		for len(adts) > 0 {
			due := uint32(audio * 1024 * 1000 / sampleRate)
			if due > now {
				break
			}
			frame, _, rest, err := codec.CutADTS(adts)
			if err != nil {
				return video, audio, err
			}
			if err := client.SendAudio(due, frame); err != nil {
				return video, audio, err
			}
			adts = rest
			audio++
		}
	}
	return video, audio, nil
}

type accessUnit struct {
	keyframe bool
	data     []byte // NAL units behind lengths of four bytes
}

func accessUnits(stream []byte) (units []accessUnit) {
	for unit := range codec.AnnexB(stream) {
		if codec.NALUType(media.AVC1, unit) == aud {
			units = append(units, accessUnit{})
			continue
		}
		u := &units[len(units)-1]
		u.keyframe = u.keyframe || codec.IsRandomAccess(media.AVC1, unit)
		u.data, _ = codec.AppendNALU(u.data, unit, 4) // a unit of a file fits into four bytes
	}
	return units
}
