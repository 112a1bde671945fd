"""A refused publisher ends at once and says why."""

from __future__ import annotations

import time
from collections.abc import Callable

from media import Library
from peers import NODE_AV, PYAV, ffmpeg_send, gstreamer_publish
from process import Nursery
from programs import Ingest

Start = Callable[..., Ingest]


def test_refused_key_ends_ffmpeg(nursery: Nursery, ingest: Start, library: Library) -> None:
    """In under a second, with our description in its output; the right key is taken."""
    clip = library.clip("h264", "aac")
    server = ingest("-key", "secret")
    times = []
    for _ in range(3):  # a busy machine may spoil a try; a refusal that is not understood spoils all
        refused = ffmpeg_send(nursery, clip, server.url("wrong"))
        assert refused.wait(10) != 0, str(refused)
        times.append(time.monotonic() - refused.started)
        assert "unauthorized" in refused.output, str(refused)
    assert min(times) < 1, f"{times}\n{refused}"

    taken = ffmpeg_send(nursery, clip, server.url("secret"))
    server.process.wait_line(lambda line: line.startswith("publish live/secret "), 10)
    assert not any("wrong" in line for line in server.process.lines if line.startswith("publish ")), str(server.process)
    taken.interrupt()
    assert server.ended().stream == "live/secret"
    server.stop()


def test_refused_key_ends_gstreamer(nursery: Nursery, ingest: Start, tmp_path) -> None:
    server = ingest("-key", "secret")
    refused = gstreamer_publish(
        nursery, server.url("wrong"), tmp_path / "copy.flv", "x264enc tune=zerolatency", "avenc_aac"
    )
    assert refused.wait(10) != 0, str(refused)
    assert "publish" in refused.output.lower(), str(refused)
    server.stop()


def test_refused_key_ends_modern_ffmpeg(nursery: Nursery, ingest: Start, library: Library) -> None:
    assert NODE_AV.is_dir()
    server = ingest("-key", "secret")
    refused = PYAV.publish(nursery, library.clip("hevc", "aac", "mp4"), server.url("wrong"))
    assert refused.wait(10) != 0, str(refused)
    server.stop()


def test_killed_publisher_is_noticed(nursery: Nursery, ingest: Start, library: Library) -> None:
    """kill -9 of ffmpeg ends its stream at once; the recording is whole."""
    server = ingest()
    encoder = ffmpeg_send(nursery, library.clip("h264", "aac"), server.url())
    server.process.wait_line(lambda line: line.startswith("publish "), 10)
    time.sleep(1)
    encoder.end()
    ended = server.ended(timeout=5)
    assert ended.number("packets") > 30
    assert ended.file.stat().st_size > 10_000
    server.stop()


def test_transport_stream_is_named(nursery: Nursery, ingest: Callable[..., Ingest]) -> None:
    """ffmpeg with the wrong format for RTMP: it is told, and so is whoever runs the server."""
    server = ingest()
    noise = ["-f", "lavfi", "-i", "nullsrc=size=320x240:rate=25,geq=random(1)*255:128:128"]
    ffmpeg = nursery.start(
        ["ffmpeg", "-v", "error", *noise, "-t", "30", "-c:v", "mpeg2video", "-q:v", "1", "-f", "mpegts", server.url()]
    )
    assert "MPEG transport stream" in server.ended().fields["reason"], str(server.process)
    ffmpeg.wait(40)
    server.stop()
