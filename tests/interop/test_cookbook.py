"""Python's cookbook: the programs in examples/python that are not those of every language, with real encoders."""

from __future__ import annotations

import json
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import flv
import numpy as np
import oxrtmp
import pytest
from media import Library
from peers import FFMPEG, PYAV, ffmpeg_publish, ffmpeg_send, frame_counts
from process import BUILD, ROOT, Nursery, Process, free_port
from programs import Ingest, Listening


def program(name: str) -> list[str | Path]:
    return [BUILD / "venv/bin/python", ROOT / "examples/python" / name]


def is_header(tag: flv.Tag) -> bool:
    """A sequence header of H.264 or AAC."""
    return tag.data[:1] in (b"\x17", b"\xaf") and tag.data[1] == 0


# --- stills.py ---


def pixels(nursery: Nursery, source: Path) -> np.ndarray:
    """All pictures of a file as Debian's ffmpeg decodes them: by number, height, width and colour."""
    out = source.with_name(f"{source.name}.rgb")
    nursery.run([*FFMPEG, "-i", source, "-map", "0:v", "-pix_fmt", "rgb24", "-f", "rawvideo", out])
    return np.frombuffer(out.read_bytes(), np.uint8).reshape(-1, 180, 320, 3).astype(float)


def psnr(a: np.ndarray, b: np.ndarray) -> float:
    """How like two pictures are, in dB."""
    error = np.mean((a - b) ** 2)
    return float(10 * np.log10(255**2 / error)) if error else np.inf


@pytest.mark.parametrize("codecs", [("h264", "aac"), ("hevc", "aac"), ("av1", "opus")], ids=lambda codecs: codecs[0])
def test_stills(nursery: Nursery, library: Library, tmp_path: Path, codecs: tuple[str, str]) -> None:
    """The pictures are those that ffmpeg decodes at these times, and no others."""
    clip = library.clip(*codecs, "mp4", 1.5)
    stills = Listening(nursery, program("stills.py"), "-every", "0.5", tmp_path / "stills")
    copy = tmp_path / "copy.flv"
    PYAV.publish(nursery, clip, stills.url(), copy).succeed(30)
    end = stills.process.wait_line(lambda line: line.startswith("end "), 20)
    stills.stop()
    assert end == "end test stills=3 broken=0", str(stills.process)
    lines = [line for line in stills.process.lines if line.startswith("still ")]
    assert all(" 320x180 rgb " in line for line in lines)
    assert -24 < float(lines[-1].split()[-2]) < -18, "the sine's loudness is -21 dB"

    sent = [p for p in PYAV.packets(nursery, copy) if p["stream"] == 0]
    shift = min(p["pts_ms"] for p in sent)  # the clip's times begin at 0
    pictures = sorted((tmp_path / "stills/test").iterdir())
    assert len(pictures) == 3
    frames = pixels(nursery, clip)
    for n, picture in enumerate(pictures):
        number = round((int(picture.stem) - shift) * 30 / 1000)  # of the frame in the clip
        assert number == 15 * n
        (got,) = pixels(nursery, picture)
        assert psnr(got, frames[number]) > 40, f"picture {n} is not frame {number}"
        assert psnr(got, frames[number + 3]) < 35, "one frame is like another: the test shows nothing"


# --- sqlite_keys.py ---


def test_keys_in_sqlite(nursery: Nursery, library: Library, tmp_path: Path) -> None:
    """A wrong key is refused; while the database is locked who has one has to wait, and everything else goes on."""
    database, clip = tmp_path / "keys.db", library.clip("h264", "aac")
    keys = {
        name: nursery.run([*program("sqlite_keys.py"), "-database", database, "-add", name]).lines[0]
        for name in ("alice", "bob", "carol")
    }
    server = Listening(nursery, program("sqlite_keys.py"), "-database", database)

    def publish(name: str) -> Process:
        return ffmpeg_send(nursery, clip, server.url(f"{name}?key={keys[name]}"))

    def said(start: str, timeout: float = 10) -> str:
        return server.process.wait_line(lambda line: line.startswith(start), timeout)

    assert keys["alice"].encode() not in database.read_bytes()
    for name in ("alice", f"alice?key={keys['bob']}", f"dave?key={keys['bob']}"):
        refused = ffmpeg_send(nursery, clip, server.url(name))
        assert refused.wait(10) != 0 and "unauthorized" in refused.output, str(refused)

    publish("alice"), said("publish live/alice from ")
    carol, _ = publish("carol"), said("publish live/carol from ")
    with oxrtmp.Client.play(server.url("alice")) as player, sqlite3.connect(database, isolation_level=None) as db:
        db.execute("BEGIN EXCLUSIVE")
        asks, until, frames = publish("bob"), time.monotonic() + 2, 0
        while time.monotonic() < until:
            frames += player.next_packet(1).type == 9
        carol.interrupt()
        said("end live/carol", 1.5)  # the event loop turns
        assert frames > 45, f"{frames} frames in 2 s of a stream that runs"
        assert asks.running and not any("live/bob" in line for line in server.process.lines)
        db.execute("ROLLBACK")
        said("publish live/bob from ")
    db.close()
    server.stop()


# --- segments.py ---


def test_segments(nursery: Nursery, tmp_path: Path) -> None:
    """Files of a second at least, each of which begins with headers and a keyframe; together they are what was sent."""
    server = Listening(nursery, program("segments.py"), "-seconds", "1", tmp_path / "segments")
    copy = tmp_path / "copy.flv"
    ffmpeg_publish(nursery, server.url(), copy, "h264", "aac", "-g", "15", seconds=4).succeed(30)
    server.process.wait_line(lambda line: line.startswith("end test "), 20)
    server.stop()
    directory = tmp_path / "segments/test"
    index = [json.loads(line) for line in (directory / "segments.jsonl").read_text().splitlines()]
    files = sorted(directory.glob("*.flv"))
    assert [f.name for f in files] == [about["file"] for about in index] and len(files) == 4
    assert set(directory.iterdir()) == {*files, directory / "segments.jsonl"}
    whole: list[flv.Tag] = []
    for file, about in zip(files, index):
        tags = flv.media(flv.read(file))
        counts = frame_counts(nursery, file)
        assert set(counts) == {"video h264", "audio aac"} and sum(counts.values()) == about["packets"]
        assert sorted(t.type for t in tags[:2]) == [8, 9] and all(is_header(t) for t in tags[:2])
        frames = [t for t in tags if not is_header(t)]
        assert flv.only(frames, flv.VIDEO)[0].data[0] == 0x17, "it does not begin with a keyframe"
        whole += frames
    assert all(0.9 <= about["seconds"] < 1.6 for about in index[:-1]), index
    sent = [t for t in flv.media(flv.read(copy)) if not is_header(t)]
    assert [t.data for t in whole] == [t.data for t in sent]


# --- restream.py ---


def test_restream_to_several(nursery: Nursery, tmp_path: Path) -> None:
    """One target gets all, while another one never answers, and a third one comes late and then gets the stream too."""
    good, late_port, copy = Ingest(nursery, "go", tmp_path / "good"), free_port(), tmp_path / "copy.flv"
    with socket.create_server(("127.0.0.1", 0)) as mute:
        targets = [f"rtmp://127.0.0.1:{port}/live" for port in (good.port, mute.getsockname()[1], late_port)]
        server = Listening(nursery, program("restream.py"), *targets)
        encoder = ffmpeg_publish(nursery, server.url(), copy, "h264", "aac", seconds=5, realtime=True)
        prefix = f"live/test to 3 rtmp://127.0.0.1:{late_port}: "
        server.process.wait_line(lambda line: line.startswith(f"{prefix}waiting"), 10)
        late = Ingest(nursery, "go", tmp_path / "late", listen=f"127.0.0.1:{late_port}")
        server.process.wait_line(lambda line: line == f"{prefix}running", 10)
        encoder.succeed(20)
        first, second = good.ended().file, late.ended().file
        server.stop()
    want, got = flv.media(flv.read(copy)), flv.media(flv.read(first))
    assert flv.difference(want, got) == ""
    tail = [t for t in flv.media(flv.read(second)) if not is_header(t)]
    assert flv.only(tail, flv.VIDEO)[0].data[0] == 0x17 and len(flv.only(tail, flv.VIDEO)) >= 15
    assert flv.difference(want[-len(tail) :], tail) == ""


# --- monitor.py ---


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_monitor(nursery: Nursery, library: Library, loop: str) -> None:
    """What Prometheus scrapes while a stream runs, and the lines about it."""
    server = Listening(
        nursery,
        program("monitor.py"),
        "-http",
        "127.0.0.1:0",
        "-seconds",
        "1",
        *(["-uvloop"] if loop == "uvloop" else []),
    )
    url, module = server.process.wait_line(lambda line: line.startswith("http://"), 5).split()
    assert module.partition(".")[0] == loop

    def get(path: str) -> str:
        with urllib.request.urlopen(url + path, timeout=5) as response:
            return response.read().decode()

    ffmpeg_send(nursery, library.clip("h264", "aac"), server.url('te"st'))
    line = server.process.wait_line(lambda line: line.startswith('stream live/te"st avc1/mp4a kbits='), 10, nth=2)
    assert int(line.partition("kbits=")[2].split()[0]) > 100
    metrics = dict(m.rsplit(" ", 1) for m in get("/metrics").splitlines() if not m.startswith("#"))
    assert metrics["oxrtmp_publishers"] == "1"
    labels = r'{app="live",stream="te\"st"}'
    assert int(metrics[f"oxrtmp_stream_video_packets_total{labels}"]) > 30
    assert float(metrics[f"oxrtmp_stream_keyframe_interval_seconds{labels}"]) == pytest.approx(1, abs=0.1)
    (stream,) = json.loads(get("/streams"))
    assert (stream["app"], stream["name"], stream["published"], stream["players"]) == ("live", 'te"st', True, 0)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        get("/nothing")
    with socket.create_connection(("127.0.0.1", int(url.rpartition(":")[2]))) as odd:
        odd.sendall(b"\0" * 70000)  # no HTTP, and too much of it
    assert get("/metrics")
    server.stop()


# --- ingest_trio.py ---


def test_trio(nursery: Nursery, tmp_path: Path) -> None:
    """Two publishers at a time, whose recordings are what they have sent."""
    server = Listening(nursery, program("ingest_trio.py"), "-record", tmp_path / "recorded")
    encoders = {
        name: ffmpeg_publish(nursery, server.url(name), tmp_path / f"{name}.flv", "h264", "aac", seconds=2)
        for name in ("one", "two")
    }
    for name, encoder in encoders.items():
        encoder.succeed(30)
        server.process.wait_line(lambda line, name=name: line.startswith(f"end 'live/{name}' packets="), 10)
        got = flv.read(tmp_path / f"recorded/{name}.flv")
        assert flv.difference(flv.media(flv.read(tmp_path / f"{name}.flv")), flv.media(got)) == ""
    assert server.process.running
    waiting = subprocess.run(["cat", f"/proc/{server.process.pid}/stat"], capture_output=True, text=True, check=True)
    assert waiting.stdout.rpartition(")")[2].split()[0] == "S", "it does not wait, it turns"
    server.stop()
