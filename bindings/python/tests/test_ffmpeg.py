"""Real peers: ffmpeg publishes to us, and receives what we publish. All else with real peers is in tests/interop."""

from __future__ import annotations

import asyncio
import hashlib
import subprocess
import time
from pathlib import Path

import oxrtmp
import pytest
from conftest import ROOT
from oxrtmp import aio

CLIP = ROOT / "testdata/flv/sample-h264-aac.flv"
FFMPEG = ["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-y"]


def frames_of(path: Path) -> list[str]:
    """What ffmpeg makes of each packet of a file: stream and checksum."""
    out = subprocess.run(
        [*FFMPEG, "-i", path, "-map", "0", "-c", "copy", "-f", "framemd5", "-"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [f"{line.split(',')[0]} {line.split(',')[5].strip()}" for line in out.splitlines() if line[:1].isdigit()]


def frames_in(packets: list[oxrtmp.Packet]) -> list[str]:
    """The same of our packets: video is stream 0, audio stream 1."""
    return [
        f"{0 if p.type == 9 else 1} {hashlib.md5(p.data, usedforsecurity=False).hexdigest()}"
        for p in packets
        if p.kind is oxrtmp.PacketKind.FRAME
    ]


def test_clip_has_video_first() -> None:
    assert frames_of(CLIP)[0].startswith("0 ") and len(frames_of(CLIP)) > 100


def test_ffmpeg_publishes() -> None:
    """C9: the frames of a publisher, in Python, without another program between."""
    with oxrtmp.Server("127.0.0.1:0") as server:
        command = [*FFMPEG, "-i", CLIP, "-c", "copy", "-f", "flv", f"rtmp://{server.address}/live/secret"]
        with subprocess.Popen(command) as encoder:
            request = server.accept(20)
            assert (request.stream_name, request.app, request.encoder) == ("secret", "live", "FFmpeg")
            with request.accept() as session:
                packets = list(session)
                metadata = session.metadata()
            assert encoder.wait(10) == 0
    assert sorted(frames_in(packets)) == sorted(frames_of(CLIP))
    assert metadata and metadata.video_codec == "avc1" and metadata.audio_codec == "mp4a" and metadata.width > 0
    packets.clear()


def test_ffmpeg_publishes_to_asyncio() -> None:
    async def main() -> list[str]:
        async with aio.Server("127.0.0.1:0") as server:
            command = [*FFMPEG, "-i", CLIP, "-c", "copy", "-f", "flv", f"rtmp://{server.address}/live/secret"]
            encoder = await asyncio.create_subprocess_exec(*map(str, command))
            async with (await server.accept()).accept() as session:
                found = frames_in([p async for p in session])
            assert await encoder.wait() == 0
            return found

    assert sorted(asyncio.run(main())) == sorted(frames_of(CLIP))


@pytest.mark.parametrize("asynchronous", [False, True], ids=["threads", "asyncio"])
def test_ffmpeg_receives(tmp_path: Path, asynchronous: bool) -> None:
    """C9: frames from Python to a server, byte for byte."""
    import socket

    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    out = tmp_path / "received.flv"
    url = f"rtmp://127.0.0.1:{port}/live/test"
    with subprocess.Popen([*FFMPEG, "-listen", "1", "-i", url, "-c", "copy", "-f", "flv", out]) as server:
        deadline = time.monotonic() + 10
        while True:
            try:
                asyncio.run(send(url)) if asynchronous else send_blocking(url)
                break
            except oxrtmp.ConnectionError:  # it does not listen yet
                assert time.monotonic() < deadline
                time.sleep(0.05)
        assert server.wait(20) == 0
    assert sorted(frames_of(out)) == sorted(frames_of(CLIP))


def send_blocking(url: str) -> None:
    with oxrtmp.Client.publish(url) as client, oxrtmp.FLVReader(CLIP) as reader:
        for packet in reader:
            match packet.type, packet.kind:
                case 9, oxrtmp.PacketKind.SEQUENCE_HEADER:
                    client.send_video_sequence_header(packet.data)
                case 8, oxrtmp.PacketKind.SEQUENCE_HEADER:
                    client.send_audio_sequence_header(packet.data)
                case 9, oxrtmp.PacketKind.FRAME:
                    client.send_video_at(packet.timestamp_ms, packet.composition_ms, packet.keyframe, packet.data)
                case 8, oxrtmp.PacketKind.FRAME:
                    client.send_audio(packet.timestamp_ms, packet.data)
                case 18, oxrtmp.PacketKind.METADATA:
                    client.send_metadata(packet.values()[1])


async def send(url: str) -> None:
    async with aio.Client.publish(url) as client:
        with oxrtmp.FLVReader(CLIP) as reader:
            for packet in reader:
                await client.send_packet(packet)
