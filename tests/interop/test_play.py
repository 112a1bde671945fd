"""The players of others play from our server what encoders publish to it; our pull plays from it and from others."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import flv
import pytest
from media import Library
from peers import FFMPEG, PYAV, Nginx, ffmpeg_publish, ffmpeg_send, gstreamer_publish
from players import OTHERS, OURS, Player, Watching, frames
from process import ROOT, Nursery, Process, free_port, wait_listening
from programs import PULL, SERVER, Server, parse_end, pull, push

Publisher = Callable[[Nursery, Library, str, Path], Process]


@pytest.fixture(params=list(SERVER))
def server_language(request: pytest.FixtureRequest) -> str:
    return request.param


def watch(nursery: Nursery, players: list[Player], url: str, directory: Path) -> list[Watching]:
    return [Watching(nursery, player, url, directory) for player in players]


def check(watching: list[Watching], copy: Path, *, late: bool) -> None:
    """Every player ends by itself, and got what was published; all faults are told."""
    faults = [fault for w in watching if (fault := w.check(copy, late=late))]
    assert not faults, "\n\n".join(faults)


def wait_for_size(file: Path, size: int, timeout: float = 20) -> None:
    deadline = time.monotonic() + timeout
    while not file.exists() or file.stat().st_size < size:
        assert time.monotonic() < deadline, f"{file} does not grow to {size} bytes"
        time.sleep(0.05)


def test_players_come_late(nursery: Nursery, server_language: str, tmp_path: Path) -> None:
    """C4: every player, coming when a stream is under way, gets all of it from the last keyframe on, to its end."""
    server, copy = Server(nursery, server_language), tmp_path / "sent.flv"
    encoder = ffmpeg_publish(nursery, server.url(), copy, "h264", "aac", seconds=60, realtime=True)
    server.published()
    wait_for_size(copy, 150_000)  # about 1.5 seconds, of which each begins with a keyframe
    watching = watch(nursery, OTHERS + OURS, server.url(), tmp_path)
    server.played(len(watching))
    wait_for_size(copy, copy.stat().st_size + 150_000)
    encoder.interrupt()
    check(watching, copy, late=True)
    server.stop()


def gstreamer(nursery: Nursery, library: Library, url: str, copy: Path) -> Process:
    video = "x264enc key-int-max=30 bframes=2 threads=1 speed-preset=ultrafast"
    return gstreamer_publish(nursery, url, copy, video, "avenc_aac")


def clip(name: str) -> Publisher:
    """A clip of the repository, which push sends as it is."""

    def publish(nursery: Nursery, library: Library, url: str, copy: Path) -> Process:
        copy.symlink_to(ROOT / "testdata/flv" / name)
        return push(nursery, "go", copy, url, "-fast")

    return publish


def modern(video: str, audio: str) -> Publisher:
    """Enhanced RTMP by an FFmpeg of today."""
    return lambda nursery, library, url, copy: PYAV.publish(nursery, library.clip(video, audio, "mp4"), url, copy)


@pytest.mark.parametrize(
    ("publish", "enhanced"),
    [
        pytest.param(gstreamer, False, id="gstreamer"),
        pytest.param(clip("sample-h264-aac.flv"), False, id="h264-aac clip"),
        pytest.param(clip("veovera-av1-opus-10s.flv"), True, id="av1-opus clip"),
        pytest.param(modern("hevc", "aac"), True, id="hevc-aac"),
        pytest.param(modern("vp9", "flac"), True, id="vp9-flac"),
    ],
)
def test_players_wait(nursery: Nursery, library: Library, tmp_path: Path, publish: Publisher, enhanced: bool) -> None:
    """Players that are there before the publisher get everything, as fast as it comes, where the hub may wait for them."""
    server, copy = Server(nursery, "go", "-wait", "-slow", "block"), tmp_path / "sent.flv"
    players = [p for p in OTHERS + OURS if p.enhanced or not enhanced]
    watching = watch(nursery, players, server.url(), tmp_path)
    server.played(len(players))
    publish(nursery, library, server.url(), copy).succeed(60)
    check(watching, copy, late=False)
    server.stop()


def test_players_outlive_their_publisher(nursery: Nursery, server_language: str, tmp_path: Path) -> None:
    """A publisher that is killed, and comes back within the grace period: its players get both parts, and then an end."""
    server = Server(nursery, server_language, "-grace-ms", "4000")
    parts = [tmp_path / "first.flv", tmp_path / "second.flv"]
    lost = ffmpeg_publish(nursery, server.url(), parts[0], "h264", "aac", seconds=60, realtime=True)
    server.published()
    file = tmp_path / "pulled.flv"
    playing = pull(nursery, "go", server.url(), file)
    stream = nursery.start([*FFMPEG, "-i", server.url(), "-c", "copy", "-f", "flv", tmp_path / "ffmpeg.flv"])
    server.played(2)
    wait_for_size(parts[0], 200_000)
    lost.end()
    ffmpeg_publish(nursery, server.url(), parts[1], "h264", "aac", seconds=2, realtime=True).succeed(30)
    server.published(2)
    playing.succeed(20)
    stream.succeed(20)

    got, again = frames(flv.read(file)), frames(flv.read(parts[1]))
    times = [t.timestamp for t in got if t.type == flv.AUDIO]
    assert times == sorted(times)
    second = [t.digest for t in got][-len(again) :]
    assert second == [t.digest for t in again]
    assert len(got) > len(again) + 30
    through_ffmpeg = [t.digest for t in frames(flv.read(tmp_path / "ffmpeg.flv")) if t.type == flv.VIDEO]
    assert through_ffmpeg[-50:] == [t.digest for t in again if t.type == flv.VIDEO][-50:]
    server.stop()


@pytest.fixture(params=list(PULL))
def pull_language(request: pytest.FixtureRequest) -> str:
    return request.param


def test_pull_from_nginx(nursery: Nursery, pull_language: str, tmp_path: Path) -> None:
    server, copy, file = Nginx(nursery, tmp_path / "nginx"), tmp_path / "sent.flv", tmp_path / "pulled.flv"
    encoder = ffmpeg_publish(nursery, server.url("test"), copy, "h264", "aac", seconds=20, realtime=True)
    wait_for_size(copy, 100_000)
    pull(nursery, pull_language, server.url("test"), file, "-seconds", "2").succeed(20)
    encoder.interrupt()
    for kind in (flv.AUDIO, flv.VIDEO):  # of which nginx begins with the one or the other
        sent, got = flv.only(frames(flv.read(copy)), kind), flv.only(frames(flv.read(file)), kind)
        assert len(got) > 20
        at = sent.index(got[0])
        assert flv.difference(sent[at : at + len(got)], got) == ""


def test_pull_from_ffmpeg(nursery: Nursery, pull_language: str, library: Library, tmp_path: Path) -> None:
    """ffmpeg -listen 1 serves one player; what it sends is the clip, all of it, and then the connection ends."""
    port, source, file = free_port(), library.clip("h264", "aac"), tmp_path / "pulled.flv"
    server = nursery.start(
        [*FFMPEG, "-i", source, "-c", "copy", "-f", "flv", "-listen", "1", f"rtmp://127.0.0.1:{port}/live/test"]
    )
    wait_listening(port, server)
    pull(nursery, pull_language, f"rtmp://127.0.0.1:{port}/live/test", file).wait(20)
    assert [t.digest for t in frames(flv.read(file))] == [t.digest for t in frames(flv.read(source))]


def test_pull_is_refused(nursery: Nursery, pull_language: str, tmp_path: Path) -> None:
    """There is no such stream: exit code 1, with phase and code; no file is left."""
    server, file = Server(nursery, "go"), tmp_path / "pulled.flv"
    refused = pull(nursery, pull_language, server.url("none"), file)
    assert refused.wait(10) == 1, str(refused)
    for word in ("play", "NetStream.Play.StreamNotFound"):
        assert word in refused.output, str(refused)
    assert not file.exists()
    server.stop()


def test_pull_is_interrupted(nursery: Nursery, pull_language: str, library: Library, tmp_path: Path) -> None:
    """Ctrl-C ends it in order: the file is complete."""
    server, file = Server(nursery, "go"), tmp_path / "pulled.flv"
    ffmpeg_send(nursery, library.clip("h264", "aac"), server.url())
    server.published()
    playing = pull(nursery, pull_language, server.url(), file)
    wait_for_size(file, 50_000)
    assert playing.interrupt() == 0, str(playing)
    tags = flv.read(file)
    assert len(flv.media(tags)) > 30
    assert flv.metadata(tags[0])["duration"] > 0
    end = parse_end(playing.lines[-1])
    assert (end.stream, end.file) == ("live/test", file)
    server.stop()


def test_server_records(nursery: Nursery, server_language: str, library: Library, tmp_path: Path) -> None:
    """What is published is in a file when it ends, all of it; its name is taken by one publisher at a time."""
    server, copy = Server(nursery, server_language, "-record", tmp_path / "recorded"), tmp_path / "sent.flv"
    encoder = ffmpeg_publish(nursery, server.url(), copy, "h264", "aac", realtime=True)
    server.published()
    refused = ffmpeg_send(nursery, library.clip("h264", "aac"), server.url())
    assert refused.wait(20) != 0 and "publisher already" in refused.output, str(refused)
    encoder.succeed(30)
    assert flv.difference(flv.media(flv.read(copy)), flv.media(flv.read(server.ended().file))) == ""
    server.stop()


def test_server_checks_the_key(nursery: Nursery, server_language: str, library: Library) -> None:
    server = Server(nursery, server_language, "-key", "secret")
    refused = ffmpeg_send(nursery, library.clip("h264", "aac"), server.url("wrong"))
    assert refused.wait(10) != 0 and "unauthorized" in refused.output, str(refused)
    ffmpeg_send(nursery, library.clip("h264", "aac"), server.url("secret"))
    server.published()
    server.stop()
