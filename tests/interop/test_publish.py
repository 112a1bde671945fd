"""Debian's encoders publish to our ingest; the recording holds what they sent, all of it."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from pathlib import Path

import flv
import pytest
from peers import FFMPEG, FLV_OPTIONS, ffmpeg_publish, gstreamer_publish
from process import Nursery, free_port
from programs import Ended, Ingest

Start = Callable[..., Ingest]


def check(sent: Path, ended: Ended) -> None:
    """Demands that the recording holds every tag of the file: payload, timestamp, order.

    The recorder puts an onMetaData of its own first; every tag after it is the
    publisher's, its onMetaData included (FLV muxers name it without
    @setDataFrame in a file and with it in a stream; a player sees it without).
    """
    want, got = flv.read(sent), flv.read(ended.file)
    assert len(flv.media(want)) > 60, "the encoder made too little to say anything"
    assert flv.metadata(got[0])["duration"] == pytest.approx(max(t.timestamp for t in got) / 1000, abs=0.1)
    assert flv.difference(flv.media(want), flv.media(got)) == ""
    assert flv.difference(want, got[1:]) == ""
    assert ended.number("audio") == len(flv.only(want, flv.AUDIO))
    assert ended.number("video") == len(flv.only(want, flv.VIDEO))
    assert ended.number("malformed") == 0


@pytest.mark.parametrize(
    ("video", "audio"),
    [
        ("h264", "aac"),
        ("flv1", "mp3"),
        ("h264", "speex"),
        ("flv1", "nellymoser"),
        ("flashsv", "adpcm_swf"),
        ("flashsv2", "pcm_s16le"),
        ("h264", "pcm_u8"),
    ],
)
def test_ffmpeg_publishes(nursery: Nursery, ingest: Start, tmp_path: Path, video: str, audio: str) -> None:
    server = ingest()
    ffmpeg_publish(nursery, server.url(), tmp_path / "sent.flv", video, audio).succeed(60)
    check(tmp_path / "sent.flv", server.ended())
    server.stop()


@pytest.mark.parametrize(
    ("video", "audio"),
    [
        ("x264enc key-int-max=30 bframes=2 threads=1 speed-preset=ultrafast", "avenc_aac"),
        ("x264enc tune=zerolatency key-int-max=30 threads=1 speed-preset=ultrafast", "lamemp3enc ! mpegaudioparse"),
        ("avenc_flv", "speexenc"),
    ],
    ids=["h264-aac", "h264-mp3", "flv1-speex"],
)
def test_gstreamer_publishes(nursery: Nursery, ingest: Start, tmp_path: Path, video: str, audio: str) -> None:
    server = ingest()
    gstreamer_publish(nursery, server.url(), tmp_path / "sent.flv", video, audio).succeed(60)
    check(tmp_path / "sent.flv", server.ended())
    server.stop()


@pytest.mark.parametrize("start_ms", [16777214 - 1000, 2**31 - 1 - 60000])
def test_ffmpeg_timestamps_past_24_bits(nursery: Nursery, ingest: Start, tmp_path: Path, start_ms: int) -> None:
    """C3: streams must not die after 4 h 39 min, where timestamps leave 24 bits."""
    server = ingest()
    ffmpeg_publish(
        nursery, server.url(), tmp_path / "sent.flv", "h264", "aac", "-output_ts_offset", f"{start_ms}ms"
    ).succeed(60)
    sent = flv.read(tmp_path / "sent.flv")
    assert max(t.timestamp for t in sent) > max(start_ms, 0xFFFFFF)
    check_media_only(tmp_path / "sent.flv", server.ended())
    server.stop()


def check_media_only(sent: Path, ended: Ended) -> None:
    want, got = flv.media(flv.read(sent)), flv.media(flv.read(ended.file))
    assert len(want) > 60
    assert flv.difference(want, got) == ""


def test_ffmpeg_publishes_by_every_name_of_localhost(nursery: Nursery, ingest: Start, tmp_path: Path) -> None:
    """README's line: rtmp://localhost/live/test, where localhost may be ::1 or 127.0.0.1."""
    port = free_port()
    server = ingest(listen=f"localhost:{port}")
    hosts = ["localhost", "127.0.0.1"]
    if any(a[0] == socket.AF_INET6 for a in socket.getaddrinfo("localhost", port)):
        hosts.append("[::1]")
    for i, host in enumerate(hosts):
        copy = tmp_path / f"sent{i}.flv"
        ffmpeg_publish(nursery, f"rtmp://{host}:{port}/live/test{i}", copy, "h264", "aac").succeed(60)
        check(copy, server.ended(i + 1))
    server.stop()


def test_two_publishers_at_once(nursery: Nursery, ingest: Start, tmp_path: Path) -> None:
    server = ingest()
    names = ["one", "two"]
    encoders = [
        ffmpeg_publish(nursery, server.url(name), tmp_path / f"{name}.flv", "h264", "aac", realtime=True)
        for name in names
    ]
    for encoder in encoders:
        encoder.succeed(60)
    ended = {e.stream: e for e in (server.ended(1), server.ended(2))}
    for name in names:
        check(tmp_path / f"{name}.flv", ended[f"live/{name}"])
    server.stop()


def test_publish_again_under_the_same_name(nursery: Nursery, ingest: Start, tmp_path: Path) -> None:
    """A stream that ended can be published again; the first recording stays."""
    server = ingest()
    files = []
    for i in (1, 2):
        ffmpeg_publish(nursery, server.url(), tmp_path / f"{i}.flv", "h264", "aac").succeed(60)
        ended = server.ended(i)
        check(tmp_path / f"{i}.flv", ended)
        files.append(ended.file)
    assert files[0] != files[1], "the second recording replaced the first"
    server.stop()


def test_once_ends_with_the_stream(nursery: Nursery, ingest: Start, tmp_path: Path) -> None:
    server = ingest("-once")
    ffmpeg_publish(nursery, server.url(), tmp_path / "sent.flv", "h264", "aac").succeed(60)
    assert server.process.wait(10) == 0, str(server.process)
    check(tmp_path / "sent.flv", server.ended())


def test_recording_outlives_kill(nursery: Nursery, ingest: Start, tmp_path: Path) -> None:
    """kill -9 of the recorder leaves a file that ffprobe reads to its last whole tag."""
    server = ingest()
    encoder = ffmpeg_publish(nursery, server.url(), tmp_path / "sent.flv", "h264", "aac", seconds=60, realtime=True)
    server.process.wait_line(lambda line: line.startswith("publish "), 20)
    file = wait_for_growth(server.directory, 100_000)
    server.process.end()
    encoder.end()
    probe = nursery.run(
        ["ffprobe", "-v", "error", "-count_packets", "-show_entries", "stream=nb_read_packets", "-of", "csv=p=0", file]
    )
    counts = [int(line) for line in probe.lines if line.isdigit()]
    assert len(counts) == 2 and min(counts) > 10, str(probe)
    played = nursery.run([*FFMPEG, "-xerror", "-err_detect", "explode", "-i", file, "-f", "null", "-"])
    assert played.output == "", str(played)


def wait_for_growth(directory: Path, size: int, timeout: float = 20) -> Path:
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        for file in directory.glob("*.flv"):
            if file.stat().st_size >= size:
                return file
        time.sleep(0.05)
    raise AssertionError(f"no recording of {size} bytes in {directory} after {timeout} s")


def test_tee_itself_is_exact(nursery: Nursery, tmp_path: Path) -> None:
    """The measure measured: ffmpeg's tee writes the same tags to two targets."""
    a, b = tmp_path / "a.flv", tmp_path / "b.flv"
    clip = [*FFMPEG, "-f", "lavfi", "-i", "testsrc2=size=64x64:rate=30", "-t", "1", "-c:v", "flv", "-map", "0"]
    nursery.run([*clip, "-f", "tee", f"[f=flv:{FLV_OPTIONS}]{a}|[f=flv:{FLV_OPTIONS}]{b}"])
    assert flv.difference(flv.read(a), flv.read(b)) == ""
    tags = flv.read(a)
    assert flv.difference(tags, tags[:-1]) != "" and flv.difference(tags, [*tags[1:], tags[0]]) != ""
