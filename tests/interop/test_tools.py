"""oxrtmp-dump and oxrtmp-probe, on what real encoders sent and on live streams."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from process import BUILD, ROOT, Nursery, free_port
from programs import Ingest, Server, push

DUMP = BUILD / "bin/oxrtmp-dump"
PROBE = BUILD / "bin/oxrtmp-probe"
CAPTURES = ROOT / "testdata/captures"
CLIP = ROOT / "testdata/flv/sample-h264-aac.flv"
LINE = re.compile(r"^(.) ([0-9a-f]{8,}) +(\d+) ms  chunk stream (\d+), stream (\d+), (\d+) bytes  (.*)$")
TYPES = {8: "audio", 9: "video", 18: "data"}


@pytest.mark.parametrize("capture", sorted(p.stem for p in CAPTURES.glob("*.json")))
def test_dump_shows_each_message(nursery: Nursery, capture: str) -> None:
    """The media messages are those that the encoder's own muxer wrote; the offsets are those of the file."""
    dump = nursery.run([DUMP, "-bytes", "1", CAPTURES / f"{capture}.bin"], 30)
    assert dump.lines[0].strip().startswith("00000000 handshake: version 3, "), str(dump)
    lines = [LINE.match(line) for line in dump.lines[1:]]
    assert all(lines), str(dump)
    shown = [m for m in lines if m and m[7].split(":")[0] in TYPES.values()]
    tags = json.loads((CAPTURES / f"{capture}.json").read_text())
    media = [(TYPES[t["type"]], t["timestamp"], t["size"]) for t in tags if t["type"] != 18]
    assert [(m[7].split(":")[0], int(m[3]), int(m[6])) for m in shown if not m[7].startswith("data")] == media
    raw = (CAPTURES / f"{capture}.bin").read_bytes()
    assert int(lines[0][2], 16) == 3073
    offsets = [int(m[2], 16) for m in lines if m]
    assert offsets == sorted(set(offsets)) and offsets[-1] < len(raw)
    for m in lines:
        assert m
        first = raw[int(m[2], 16)] & 0x3F
        assert first == int(m[4]) or first in (0, 1) and int(m[4]) > 63
    commands = [m[7].split(" ")[1] for m in lines if m and m[7].startswith("command ")]
    assert commands[0] == "connect" and "publish" in commands


def test_dump_names_what_is_wrong(nursery: Nursery, tmp_path: Path) -> None:
    whole = (CAPTURES / "ffmpeg-5-1-h264-aac.bin").read_bytes()
    cut = tmp_path / "cut"
    for size, code, last in (
        (5000, 0, "bytes of messages without an end"),
        (3000, 1, "3000 bytes of a handshake without an end"),
        (0, 1, "0 bytes of a handshake without an end"),
    ):
        cut.write_bytes(whole[:size])
        dump = nursery.start([DUMP, cut])
        assert dump.wait(10) == code and last in dump.lines[-1], str(dump)
    cut.write_bytes(b"GET / HTTP/1.1\r\n\r\n")
    dump = nursery.start([DUMP, cut])
    assert dump.wait(10) == 1 and "no RTMP: it begins with 47" in dump.output, str(dump)
    cut.write_bytes(whole[3073:])
    dump = nursery.run([DUMP, "-chunks", cut], 10)
    assert LINE.match(dump.lines[0]) and "command connect 1" in dump.lines[0], str(dump)


def test_dump_steers_no_terminal(nursery: Nursery, tmp_path: Path) -> None:
    """A command's name and its words, with control characters of ASCII and above."""
    name, word = "\u009b31m\x1b[2J".encode(), "\u009b31m\x1b[2J\x7f".encode()
    body = b"\x02" + len(name).to_bytes(2, "big") + name + bytes(9) + b"\x02" + len(word).to_bytes(2, "big") + word
    sent = tmp_path / "sent"
    sent.write_bytes(b"\x03\0\0\0" + len(body).to_bytes(3, "big") + b"\x14" + bytes(4) + body)
    shown = subprocess.run([DUMP, "-chunks", sent], capture_output=True, check=True, timeout=30).stdout
    assert shown.endswith(b' command ??31m?[2J 0 ["\\u009b31m\\u001b[2J\\u007f"]\n'), shown


@pytest.mark.parametrize(
    "command",
    [
        [DUMP, "-help"],
        [DUMP, "-bytes", "x", "-"],
        [DUMP, "-bytes", "-1", "-"],
        [PROBE, "-h"],
        [PROBE, "-seconds", "x", "rtmp://127.0.0.1:1/live/x"],
        [PROBE, "-seconds", "1e99", "rtmp://127.0.0.1:1/live/x"],
        [PROBE, "-timeout", "", "rtmp://127.0.0.1:1/live/x"],
    ],
)
def test_what_is_no_flag_is_told(command: list[str | Path]) -> None:
    """It is taken for neither a file nor a URL, and what is no number not for 0."""
    ended = subprocess.run(command, capture_output=True, check=False, timeout=30, stdin=subprocess.DEVNULL)
    assert ended.returncode == 2 and ended.stderr.startswith(b"usage: "), ended


def test_output_that_cannot_be_written(nursery: Nursery) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [DUMP, CAPTURES / "obs-29-publish.bin"]
        dump = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=30)
    assert dump.returncode == 1 and b"No space left on device" in dump.stderr, dump
    server = Server(nursery, "c")
    publishing = push(nursery, "c", CLIP, server.url())
    server.published()
    with Path("/dev/full").open("wb") as full:
        command = [PROBE, "-seconds", "1", server.url()]
        probe = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, check=False, timeout=30)
    publishing.end()
    assert probe.returncode == 1 and b"No space left on device" in probe.stderr, probe


def test_dump_of_a_live_session(nursery: Nursery, tmp_path: Path) -> None:
    """Passed through the dump, a stream arrives whole, and both sides' words are shown."""
    ingest = Ingest(nursery, "c", tmp_path / "recorded")
    dump = nursery.start([DUMP, "-listen", "127.0.0.1:0", f"127.0.0.1:{ingest.port}"])
    port = dump.wait_line(lambda line: line.startswith("listening on port "), 10).rsplit(" ", 1)[1]
    push(nursery, "c", CLIP, f"rtmp://127.0.0.1:{port}/live/test", "-fast").succeed(30)
    ended = ingest.ended()
    dump.wait_line(lambda line: line == "closed", 10)
    for words in ("> 00000000 handshake", "< 00000000 handshake"):
        assert any(line.startswith(words) for line in dump.lines), str(dump)
    said = [m for m in map(LINE.match, dump.lines) if m]
    assert any(m[1] == ">" and m[7].startswith("command publish ") for m in said), str(dump)
    assert any(m[1] == "<" and "NetStream.Publish.Start" in m[7] for m in said), str(dump)
    assert any(m[1] == "<" and "StreamBegin stream 1" in m[7] for m in said), str(dump)
    video = [m for m in said if m[1] == ">" and m[7].startswith("video: ")]
    assert len(video) == ended.number("video"), str(dump)
    dump.end()


def test_probe(nursery: Nursery) -> None:
    server = Server(nursery, "c")
    publishing = push(nursery, "c", CLIP, server.url())
    server.published()
    probe = json.loads(nursery.run([PROBE, "-json", "-seconds", "2", server.url()], 30).output)
    publishing.end()
    assert probe["connect_ms"] > 0 and probe["rtt_ms"] > 0
    assert probe["metadata"]["videocodecid"] in (7, "avc1")
    assert {"avc1", "hvc1", "av01", "Opus"} <= set(probe["enhanced_codecs"])
    tracks = {t["type"]: t for t in probe["tracks"]}
    assert tracks["video"]["codec"] == "avc1" and tracks["audio"]["codec"] == "mp4a"
    assert tracks["video"]["configuration"].startswith("01") and len(tracks["video"]["configuration"]) > 20
    assert tracks["video"]["parameter"] == "avc1.4D401F" and tracks["audio"]["parameter"] == "mp4a.40.2"
    assert (tracks["video"]["width"], tracks["video"]["height"]) == (640, 360)
    assert (tracks["audio"]["sample_rate"], tracks["audio"]["channels"]) == (44100, 2)
    assert tracks["video"]["frames"] > 10 and tracks["video"]["keyframes"] > 0 and tracks["audio"]["frames"] > 10
    assert 20 < tracks["video"]["frame_rate"] < 70 and tracks["audio"]["data_rate"] > 10
    missing = nursery.start([PROBE, server.url("missing")])
    assert missing.wait(20) == 1 and "OXRTMP_E_NOT_FOUND" in missing.output, str(missing)
    nobody = nursery.start([PROBE, "-timeout", "2000", f"rtmp://127.0.0.1:{free_port()}/live/test"])
    assert nobody.wait(20) == 1 and "OXRTMP_E_CONNECT" in nobody.output, str(nobody)


def test_probe_in_words(nursery: Nursery) -> None:
    server = Server(nursery, "c")
    publishing = push(nursery, "c", ROOT / "testdata/flv/veovera-av1-opus-10s.flv", server.url())
    server.published()
    probe = nursery.run([PROBE, "-seconds", "2", server.url()], 30)
    publishing.end()
    assert re.match(r"server 127\.0\.0\.1:\d+, playing after \d+ ms, answers a ping in [\d.]+ ms$", probe.lines[0])
    assert any(
        re.match(r"video track 0: av01 \(enhanced\), av01\.\S+, \d+ x \d+, \d+ frames, [\d.]+ each", x)
        for x in probe.lines
    )
    assert any(x.startswith("audio track 0: Opus (enhanced), ") for x in probe.lines), str(probe)
