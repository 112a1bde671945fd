"""Our push sends FLV files to the servers of others and to our own."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import flv
import pytest
from media import Library
from peers import NODEAV, FFmpegServer, Nginx, frame_counts
from process import ROOT, Nursery, Process
from programs import LANGUAGES, Ingest, push

Start = Callable[..., Ingest]
VEOVERA = ROOT / "testdata/flv/veovera-av1-opus-10s.flv"
LEGACY = [("h264", "aac"), ("flv1", "mp3"), ("h264", "speex")]


@pytest.mark.parametrize(("video", "audio"), LEGACY)
def test_push_to_nginx(
    nursery: Nursery, language: str, library: Library, tmp_path: Path, video: str, audio: str
) -> None:
    """nginx-rtmp records what we push: same frame counts by ffprobe, same tags by our own reader.

    nginx drops onMetaData from its recording and writes codec headers once
    more at its start.
    """
    clip = library.clip(video, audio)
    server = Nginx(nursery, tmp_path / "nginx")
    push(nursery, language, clip, server.url("pushed"), "-fast").succeed(30)
    recorded = server.recorded("pushed")
    assert frame_counts(nursery, recorded) == frame_counts(nursery, clip)
    want, got = flv.media(flv.read(clip)), flv.media(flv.read(recorded))
    assert flv.difference(without_headers(want), without_headers(got)) == ""
    assert {t.data for t in want if is_header(t)} == {t.data for t in got if is_header(t)}


@pytest.mark.parametrize(("video", "audio"), LEGACY)
def test_push_to_ffmpeg(
    nursery: Nursery, language: str, library: Library, tmp_path: Path, video: str, audio: str
) -> None:
    """ffmpeg -listen 1 receives what we push: same frame counts, same frames."""
    clip = library.clip(video, audio)
    server = FFmpegServer(nursery, tmp_path / "received.flv")
    push(nursery, language, clip, server.url("test"), "-fast").succeed(30)
    server.process.succeed(20)
    assert frame_counts(nursery, server.file) == frame_counts(nursery, clip)
    # ffmpeg remuxes: it writes headers of its own, and may move all timestamps by one amount.
    for kind in (flv.AUDIO, flv.VIDEO):
        want = without_headers(flv.only(flv.read(clip), kind))
        got = without_headers(flv.only(flv.read(server.file), kind))
        assert [t.digest for t in got] == [t.digest for t in want]
        shift = got[0].timestamp - want[0].timestamp
        assert [t.timestamp for t in got] == [t.timestamp + shift for t in want]


def push_veovera(nursery: Nursery, language: str, server: Ingest, *flags: str) -> float:
    """AV1 and Opus that nobody here made: all 807 tags arrive with their bytes and timestamps. Returns the seconds."""
    want = flv.read(VEOVERA)
    assert len(want) == 807
    started = time.monotonic()
    pushed = push(nursery, language, VEOVERA, server.url("veovera"), *flags).succeed(40)
    seconds = time.monotonic() - started
    assert pushed.lines[-1].startswith("sent packets=807 "), str(pushed)
    got = flv.read(server.ended().file)
    assert flv.difference(want, got[1:]) == ""
    server.stop()
    return seconds


@pytest.mark.parametrize("server_language", LANGUAGES)
def test_push_veovera_clip_to_ingest(nursery: Nursery, language: str, server_language: str, tmp_path: Path) -> None:
    """As fast as it goes, from every language to every language."""
    assert push_veovera(nursery, language, Ingest(nursery, server_language, tmp_path / "recorded"), "-fast") < 5


def test_push_veovera_clip_in_real_time(nursery: Nursery, language: str, ingest: Start) -> None:
    assert 9.5 < push_veovera(nursery, language, ingest()) < 20


def test_push_every_clip_of_the_repository(nursery: Nursery, language: str, ingest: Start, clips: list[Path]) -> None:
    server = ingest()
    for i, clip in enumerate(clips):
        push(nursery, language, clip, server.url(f"clip{i}"), "-fast").succeed(60)
        got = flv.read(server.ended(i + 1).file)
        assert flv.difference(flv.read(clip), got[1:]) == "", clip.name
    server.stop()


@pytest.mark.parametrize("start", [16777214, 2**31 - 20, 2**32 - 40])
def test_push_timestamps_at_every_boundary(
    nursery: Nursery, language: str, ingest: Start, library: Library, tmp_path: Path, start: int
) -> None:
    """C3: 24-bit, 31-bit and 32-bit boundaries crossed in the middle of a stream."""
    clip = tmp_path / "late.flv"
    tags = [
        flv.Tag(t.type, (t.timestamp + start) % 2**32, t.data) for t in flv.media(flv.read(library.clip("h264", "aac")))
    ]
    flv.write(clip, tags)
    server = ingest()
    push(nursery, language, clip, server.url("late"), "-fast").succeed(30)
    got = flv.read(server.ended().file)
    assert flv.difference(tags, flv.media(got)) == ""
    server.stop()


def test_push_timestamps_past_24_bits_to_ffmpeg(
    nursery: Nursery, language: str, library: Library, tmp_path: Path
) -> None:
    """ffmpeg as a server reads our extended timestamps: same deltas, same frames."""
    clip = tmp_path / "late.flv"
    tags = flv.media(flv.read(library.clip("h264", "aac")))
    flv.write(clip, [flv.Tag(t.type, t.timestamp + 16777214 - 1000, t.data) for t in tags])
    server = FFmpegServer(nursery, tmp_path / "received.flv")
    push(nursery, language, clip, server.url("test"), "-fast").succeed(30)
    server.process.succeed(20)
    for kind in (flv.AUDIO, flv.VIDEO):
        want = without_headers(flv.only(tags, kind))
        got = without_headers(flv.only(flv.read(server.file), kind))
        assert [(t.digest, t.timestamp - got[0].timestamp) for t in got] == [
            (t.digest, t.timestamp - want[0].timestamp) for t in want
        ]


def test_push_is_refused(nursery: Nursery, language: str, ingest: Start) -> None:
    """A wrong key: exit code 1, with phase, code and description."""
    server = ingest("-key", "secret")
    refused = push(nursery, language, VEOVERA, server.url("wrong"))
    assert refused.wait(5) == 1, str(refused)
    for word in ("publish", "NetStream.Publish.BadName", "unauthorized"):
        assert word in refused.output, str(refused)
    push(nursery, language, VEOVERA, server.url("secret"), "-fast").succeed(20)
    server.stop()


def test_push_to_nobody(nursery: Nursery, language: str) -> None:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))  # bound, not listening: refused at once
        failed = push(nursery, language, VEOVERA, f"rtmp://127.0.0.1:{s.getsockname()[1]}/live/x")
        assert failed.wait(5) == 1
        assert "tcp" in failed.output, str(failed)


@contextmanager
def peer_that(behaves: str) -> Iterator[int]:
    """A server that accepts and then does what it is named after; its port."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(1)
        s.settimeout(10)
        port = s.getsockname()[1]
        if behaves == "closes":

            def close() -> None:
                conn, _ = s.accept()
                conn.recv(1537)
                conn.close()

            thread = threading.Thread(target=close, daemon=True)
            thread.start()
            yield port
            thread.join(10)
        else:
            yield port


def test_push_to_mute_server(nursery: Nursery, language: str) -> None:
    """C2: a server that takes the connection and says nothing: the handshake's 10 s, then an error."""
    with peer_that("is mute") as port:
        mute = push(nursery, language, VEOVERA, f"rtmp://127.0.0.1:{port}/live/x")
        assert mute.wait(14) == 1
        assert time.monotonic() - mute.started < 13
        assert "handshake" in mute.output, str(mute)


def test_push_to_closing_server(nursery: Nursery, language: str) -> None:
    """C2: a server that closes in the handshake: an error at once."""
    with peer_that("closes") as port:
        closed = push(nursery, language, VEOVERA, f"rtmp://127.0.0.1:{port}/live/x")
        assert closed.wait(5) == 1
        assert "handshake" in closed.output, str(closed)


@contextmanager
def frozen(nursery: Nursery, language: str, clip: Path, directory: Path) -> Iterator[Process]:
    """A push to an nginx that stops living in the middle of the stream: the connection stays, nobody reads."""
    server = Nginx(nursery, directory)
    pushing = push(nursery, language, clip, server.url("frozen"), "-fast", "-loop")
    deadline = time.monotonic() + 10
    while not (directory / "frozen.flv").exists():
        assert pushing.running and time.monotonic() < deadline, str(pushing)
        time.sleep(0.02)
    server.process.signal(signal.SIGSTOP)
    yield pushing


def test_push_to_frozen_server(nursery: Nursery, language: str, library: Library, tmp_path: Path) -> None:
    """C2: a server that no longer reads: an error after the 10 s that sending waits, not a hang."""
    with frozen(nursery, language, library.clip("h264", "aac"), tmp_path / "nginx") as pushing:
        since = time.monotonic()
        assert pushing.wait(20) == 1
        assert time.monotonic() - since < 15
        assert "timeout" in pushing.output.lower(), str(pushing)


def test_push_is_interrupted_while_the_server_is_frozen(
    nursery: Nursery, language: str, library: Library, tmp_path: Path
) -> None:
    """Ctrl-C ends push although nobody reads: after the 10 s of a send that waits, and 2 s of linger."""
    with frozen(nursery, language, library.clip("h264", "aac"), tmp_path / "nginx") as pushing:
        time.sleep(1)
        pushing.signal(signal.SIGINT)
        since = time.monotonic()
        pushing.wait(20)
        assert time.monotonic() - since < 14


def test_push_multitrack(nursery: Nursery, language: str, ingest: Start, library: Library, tmp_path: Path) -> None:
    """Two video and two audio tracks, muxed by FFmpeg 8: every message leaves as it stands in the file."""
    clip = tmp_path / "multitrack.flv"
    NODEAV.publish(nursery, library.multitrack(), clip).succeed(30)
    tags = flv.read(clip)
    assert sum(t.type == flv.VIDEO and t.data[0] & 0x8F == 0x86 for t in tags) > 50
    server = ingest()
    push(nursery, language, clip, server.url(), "-fast").succeed(20)
    assert flv.difference(tags, flv.read(server.ended().file)[1:]) == ""
    server.stop()


def is_header(t: flv.Tag) -> bool:
    """AVC and AAC sequence headers, and AVC's end of sequence."""
    if t.type == flv.VIDEO:
        return t.data[0] & 0x0F == 7 and t.data[1] != 1
    return t.data[0] >> 4 == 10 and t.data[1] == 0


def without_headers(tags: list[flv.Tag]) -> list[flv.Tag]:
    return [t for t in tags if not is_header(t)]
