"""OBS Studio publishes to ingest: refused with a wrong key, taken with the right one, stopped and started again."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import flv
import pytest
from peers import FFMPEG, frame_counts
from process import ROOT, Nursery
from programs import Ingest
from studio import Studio
from tap import Tap


def stream_for(studio: Studio, server: Ingest, nth: int, seconds: float) -> Path:
    """Streams, stops, and checks what was recorded against what OBS counted."""
    studio.start_stream()
    server.process.wait_line(lambda line: line.startswith("publish live/secret "), 15, nth)
    time.sleep(seconds)
    frames = studio.call("GetStreamStatus")["outputTotalFrames"]
    studio.stop_stream()
    ended = server.ended(nth)
    assert ended.number("malformed") == 0
    assert ended.number("keyframes") >= int(seconds)
    counts = frame_counts_of(ended.file)
    # OBS goes on for a few frames between the count and the stop.
    assert frames <= counts["video h264"] <= frames + 60
    assert counts["audio aac"] > seconds * 40
    return ended.file


def frame_counts_of(file: Path) -> dict[str, int]:
    nursery = Nursery()
    try:
        played = nursery.run([*FFMPEG, "-xerror", "-err_detect", "explode", "-i", file, "-f", "null", "-"])
        assert played.output == "", str(played)
        return frame_counts(nursery, file)
    finally:
        nursery.close()


def test_obs(
    nursery: Nursery, ingest: Callable[..., Ingest], language: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    server = ingest("-key", "secret")
    talks = [tmp_path / f"{name}.bin" for name in ("refused", "published", "again")]
    tap = Tap(server.port, talks)
    studio = Studio(nursery, tmp_path / "obs", f"rtmp://127.0.0.1:{tap.port}/live", "wrong")

    studio.start_stream()
    studio.process.wait_line(lambda line: "NetStream.Publish.BadName" in line or "unauthorized" in line, 15)
    studio.wait_streaming(False)
    assert not any(line.startswith("publish ") for line in server.process.lines), str(server.process)

    studio.set_key("secret")
    first = stream_for(studio, server, 1, 2.0)
    second = stream_for(studio, server, 2, 3.0)
    assert first != second
    tap.wait(10)
    studio.close()
    server.stop()

    metadata = flv.metadata(flv.only(flv.read(first), flv.SCRIPT)[1])
    assert (metadata["width"], metadata["height"]) == (320, 180)
    assert "obs" in str(metadata["encoder"]).lower()

    if request.config.getoption("--record"):
        to = ROOT / "testdata/captures"
        shutil.copy(talks[0], to / "obs-29-refused.bin")
        shutil.copy(talks[1], to / "obs-29-publish.bin")
        for name in ("refused", "publish"):
            size = (to / f"obs-29-{name}.bin").stat().st_size
            assert size <= 150_000, f"{size} bytes are too many for a test vector"
