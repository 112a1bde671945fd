"""raw.py VIDEO.h264 AUDIO.aac URL: publish a byte stream of x264's, whose frames begin with an AUD, and AAC in ADTS."""

from __future__ import annotations

import sys
from pathlib import Path

import oxrtmp
from oxrtmp import codec

FRAME_MS = 40
AUD = 9


def access_units(stream: bytes) -> list[list[codec.NALU]]:
    units: list[list[codec.NALU]] = []
    for unit in codec.nalus("avc1", stream, length_size=0):
        if unit.type == AUD:
            units.append([])
        else:
            units[-1].append(unit)
    return units


def annexb(units: list[codec.NALU]) -> bytes:
    return b"".join(b"\0\0\0\1" + unit.data for unit in units)


def main() -> None:
    stream, adts = Path(sys.argv[1]).read_bytes(), Path(sys.argv[2]).read_bytes()
    frames = list(codec.adts_frames(adts))
    with oxrtmp.Client.publish(sys.argv[3]) as client:
        client.send_video_sequence_header(codec.record("avc1", stream))
        client.send_audio_sequence_header(frames[0].config)
        sent = 0
        for n, units in enumerate(access_units(stream)):
            keyframe = any(unit.random_access for unit in units)
            client.send_video(n * FRAME_MS, keyframe, codec.from_annexb(annexb(units)))
            while sent < len(frames) and sent * 1024 * 1000 // frames[0].sample_rate <= n * FRAME_MS:
                client.send_audio(sent * 1024 * 1000 // frames[0].sample_rate, frames[sent].data)
                sent += 1
    print(f"sent video={n + 1} audio={sent}")


main()
