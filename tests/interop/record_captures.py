"""Records testdata/captures: what real encoders say to a server, and what they meant.

    build/venv/bin/python tests/interop/record_captures.py [NAME …]

Needs `make deps` and build/bin/ingest-go. Each NAME.bin is every byte that the
encoder sent; NAME.json lists the tags that the encoder's own FLV muxer wrote
into a file at the same time: what a server must make of these bytes.
"""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import flv
from media import Library
from peers import NODEAV, PYAV, ffmpeg_publish, gstreamer_publish
from process import ROOT, Nursery, Process
from programs import Ingest
from tap import Tap

OUT = ROOT / "testdata/captures"
LIMIT = 150_000
SMALL = ["-s", "128x72"]


def ffmpeg_5_1_h264_aac(n: Nursery, url: str, copy: Path, _: Library) -> Process:
    return ffmpeg_publish(n, url, copy, "h264", "aac", *SMALL, seconds=2)


def ffmpeg_5_1_extended_timestamp(n: Nursery, url: str, copy: Path, _: Library) -> Process:
    return ffmpeg_publish(n, url, copy, "h264", "mp3", *SMALL, "-output_ts_offset", "16776.2", seconds=2)


def ffmpeg_5_1_flv1_speex(n: Nursery, url: str, copy: Path, _: Library) -> Process:
    return ffmpeg_publish(n, url, copy, "flv1", "speex", *SMALL, "-b:v", "100k", seconds=2)


def gstreamer_1_22_h264_aac(n: Nursery, url: str, copy: Path, _: Library) -> Process:
    encoder = "x264enc key-int-max=30 bframes=2 threads=1 speed-preset=ultrafast bitrate=200"
    return gstreamer_publish(n, url, copy, encoder, "avenc_aac", frames=60, size=(128, 72))


def ffmpeg_8_1_hevc_aac(n: Nursery, url: str, copy: Path, library: Library) -> Process:
    return PYAV.publish(n, library.clip("hevc", "aac", "mp4", 2), url, copy)


def ffmpeg_8_1_av1_opus(n: Nursery, url: str, copy: Path, library: Library) -> Process:
    return PYAV.publish(n, library.clip("av1", "opus", "mp4", 2), url, copy)


def ffmpeg_8_1_multitrack(n: Nursery, url: str, copy: Path, library: Library) -> Process:
    return NODEAV.publish(n, library.multitrack(1), url, copy)


RECORD = [
    ffmpeg_5_1_h264_aac,
    ffmpeg_5_1_extended_timestamp,
    ffmpeg_5_1_flv1_speex,
    gstreamer_1_22_h264_aac,
    ffmpeg_8_1_hevc_aac,
    ffmpeg_8_1_av1_opus,
    ffmpeg_8_1_multitrack,
]


def describe(copy: Path) -> str:
    rows = [
        json.dumps({"type": t.type, "timestamp": t.timestamp, "size": len(t.data),
                    "sha256": hashlib.sha256(t.data).hexdigest()})
        for t in flv.read(copy)
    ]  # fmt: skip
    return "[\n" + ",\n".join(rows) + "\n]\n"


def main(wanted: list[str]) -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        temporary = Path(directory)
        library = Library(temporary)
        for record in RECORD:
            name = record.__name__.replace("_", "-")
            if wanted and name not in wanted:
                continue
            nursery = Nursery()
            try:
                server = Ingest(nursery, "go", temporary / name)
                out, copy = temporary / f"{name}.bin", temporary / f"{name}.flv"
                tap = Tap(server.port, [out])
                record(nursery, f"rtmp://127.0.0.1:{tap.port}/live/test", copy, library).succeed(60)
                tap.wait(20)
                got = flv.read(server.ended().file)
                assert flv.difference(flv.read(copy), got[1:]) == "", name
            finally:
                nursery.close()
            size = out.stat().st_size
            assert size <= LIMIT, f"{name}: {size} bytes are too many for a test vector"
            (OUT / out.name).write_bytes(out.read_bytes())
            (OUT / f"{name}.json").write_text(describe(copy))
            print(f"{name}: {size} bytes, {len(flv.read(copy))} tags")


if __name__ == "__main__":
    main(sys.argv[1:])
