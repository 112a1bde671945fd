"""Files as encoders write them, a byte stream of x264's and AAC in ADTS, go through our helpers to nginx-rtmp; what encoders
publish becomes such files."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from media import Library
from peers import PYAV, Nginx, ffmpeg_publish
from process import BUILD, ROOT, Nursery
from programs import Listening

RAW = ROOT / "tests/interop/raw"


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """What Debian's ffmpeg makes: 75 frames of H.264 with access unit delimiters, and three seconds of AAC."""
    directory = tmp_path_factory.mktemp("raw")
    video, audio = directory / "video.h264", directory / "audio.aac"
    nursery = Nursery()
    try:
        quiet = ["ffmpeg", "-hide_banner", "-loglevel", "error", "-y", "-f", "lavfi", "-i"]
        nursery.run([*quiet, "testsrc2=size=320x180:rate=25", "-t", "3", "-c:v", "libx264", "-preset", "ultrafast",
                     "-tune", "zerolatency", "-x264-params", "aud=1:keyint=25:bframes=0:sliced-threads=0:threads=1",
                     video], timeout=60)  # fmt: skip
        nursery.run(
            [*quiet, "sine=frequency=440:sample_rate=48000", "-t", "3", "-c:a", "aac", "-f", "adts", audio], timeout=60
        )
    finally:
        nursery.close()
    return video, audio


@pytest.fixture(params=["go", "c", "python", "node"])
def program(request: pytest.FixtureRequest, tmp_path: Path) -> list[str | Path]:
    if request.param == "python":
        return [BUILD / "venv/bin/python", RAW / "raw.py"]
    if request.param == "node":
        return ["node", RAW / "raw.mjs"]
    binary = tmp_path / "raw"
    if request.param == "go":
        subprocess.run(["go", "build", "-o", binary, "./tests/interop/raw/go"], cwd=ROOT, check=True)
        return [binary]
    command = ["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-I", ROOT / "include", RAW / "raw.c", "-o", binary]
    subprocess.run([*command, "-L", BUILD, "-lxrtmp", f"-Wl,-rpath,{BUILD}"], check=True)
    return [binary]


def probe(nursery: Nursery, file: Path, *what: str) -> str:
    return nursery.run(["ffprobe", "-v", "error", *what, "-of", "csv=p=0", file], timeout=30).output


def hashes(nursery: Nursery, file: Path, stream: str) -> list[str]:
    """The decoded frames of a stream, by their hashes."""
    out = nursery.run(
        ["ffmpeg", "-v", "error", "-i", file, "-map", f"0:{stream}", "-f", "framemd5", "-"], timeout=60
    ).output
    return [line.rsplit(",", 1)[1].strip() for line in out.splitlines() if line and not line.startswith("#")]


def test_raw_files_through_helpers(
    nursery: Nursery, program: list[str | Path], files: tuple[Path, Path], tmp_path: Path
) -> None:
    video, audio = files
    server = Nginx(nursery, tmp_path / "nginx")
    done = nursery.start([*program, video, audio, server.url("raw")]).succeed(30)
    assert done.lines[-1].startswith("sent video=75 audio="), str(done)
    recorded = server.recorded("raw")
    streams = probe(nursery, recorded, "-show_entries", "stream=codec_name,profile,width,height,sample_rate")
    assert "h264" in streams and "320,180" in streams and "aac,LC" in streams and "48000" in streams
    assert hashes(nursery, recorded, "v") == hashes(nursery, video, "v")
    want, got = hashes(nursery, audio, "a"), hashes(nursery, recorded, "a")
    assert len(got) > 100 and got == want[: len(got)]


RECEIVE: list[str | Path] = [BUILD / "venv/bin/python", RAW / "receive.py"]


def check_raw_file(nursery: Nursery, receiver: Listening, directory: Path, name: str, same: Path) -> None:
    """The raw file is read as the codec it is, and its pictures are those of another file."""
    receiver.process.succeed(30)
    assert receiver.process.lines[-1] == "frames=90", str(receiver.process)
    raw = next(directory.glob("raw.*"))
    assert probe(nursery, raw, "-show_entries", "stream=codec_name,width,height").strip() == f"{name},320,180"
    want = hashes(nursery, same, "v")
    assert len(want) == 90 and hashes(nursery, raw, "v") == want


def test_raw_h264_of_a_stream(nursery: Nursery, tmp_path: Path) -> None:
    receiver = Listening(nursery, RECEIVE, tmp_path)
    ffmpeg_publish(nursery, receiver.url(), tmp_path / "sent.flv", "h264", "aac").succeed(60)
    check_raw_file(nursery, receiver, tmp_path, "h264", tmp_path / "recorded.flv")


def test_raw_h265_of_a_stream(nursery: Nursery, library: Library, tmp_path: Path) -> None:
    """Debian's ffmpeg cannot read H.265 in FLV: the source's pictures are wanted."""
    source = library.clip("hevc", "aac", "mp4")
    receiver = Listening(nursery, RECEIVE, tmp_path)
    PYAV.publish(nursery, source, receiver.url()).succeed(60)
    check_raw_file(nursery, receiver, tmp_path, "hevc", source)
