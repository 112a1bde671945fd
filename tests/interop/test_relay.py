"""Relays: our relay pushes to nginx-rtmp and over TLS to our own server, and pulls from others, which come and go."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import flv
import pytest
from authority import Authority
from media import Library
from peers import Nginx, ffmpeg_publish, ffmpeg_send
from players import frames
from process import BUILD, ROOT, Nursery, free_port
from programs import Listening, Server, parse_end, pull

# How each language's relay is started. The other languages' packages add theirs here.
RELAY: dict[str, list[str | Path]] = {
    "go": [BUILD / "bin/relay-go"],
    "c": [BUILD / "bin/relay-c"],
    "python": [BUILD / "venv/bin/python", ROOT / "examples/python/relay.py"],
    "python-aio": [BUILD / "venv/bin/python", ROOT / "examples/python/relay_aio.py"],
    "node": ["node", ROOT / "examples/node/relay.mjs"],
}
SOON = ["-retry-min-ms", "50", "-retry-max-ms", "200"]
GOP = 30  # frames between the keyframes of what ffmpeg_publish encodes


@pytest.fixture(params=list(RELAY))
def relay_language(request: pytest.FixtureRequest) -> str:
    return request.param


class Relay(Listening):
    def __init__(self, nursery: Nursery, language: str, *arguments: str | Path):
        super().__init__(nursery, RELAY[language], *SOON, *arguments)

    def reaches(self, state: str, nth: int = 1, which: str = "push 1") -> None:
        """Waits until a relay comes into a state for the nth time."""
        self.process.wait_line(lambda line: line.startswith(which) and f": {state}" in line, 20, nth)


def video(file: Path) -> list[str]:
    """The video frames of a file, by what is in them."""
    return [t.digest for t in frames(flv.read(file)) if t.type == flv.VIDEO]


def eventually(what: str, done: Callable[[], bool], timeout: float = 20) -> None:
    deadline = time.monotonic() + timeout
    while not done():
        assert time.monotonic() < deadline, f"{what} does not happen within {timeout} s"
        time.sleep(0.05)


def check_parts(sent: Path, parts: list[Path], pause: int) -> None:
    """Each part is a run of what was sent that begins at a keyframe; besides what was sent during the pause, in frames, at
    most one GOP is missing."""
    wanted = video(sent)
    ends = 0
    for i, part in enumerate(parts):
        got = video(part)
        assert got, f"{part} is empty"
        begin = wanted.index(got[0])
        assert got == wanted[begin : begin + len(got)], f"{part} is not a run of what was sent"
        assert begin % GOP == 0, f"{part} begins at frame {begin}"
        if i > 0:
            assert begin - ends <= pause + GOP, (
                f"{begin - ends} frames are missing, {pause} of them while nobody listened"
            )
        ends = begin + len(got)


def test_push_to_nginx_that_restarts(nursery: Nursery, relay_language: str, tmp_path: Path) -> None:
    """A126: nginx is stopped and comes back: the relay does as well, headers first, at a keyframe."""
    port = free_port()
    first = Nginx(nursery, tmp_path / "first", port)
    relay = Relay(nursery, relay_language, first.url("relayed"))
    sent = tmp_path / "sent.flv"
    encoder = ffmpeg_publish(nursery, relay.url(), sent, "h264", "aac", seconds=12, realtime=True)
    relay.reaches("running")
    recorded = tmp_path / "first/relayed.flv"
    eventually("a recording", lambda: recorded.exists() and recorded.stat().st_size > 150_000)
    stopped = time.monotonic()
    first.process.interrupt()
    relay.reaches("waiting")
    time.sleep(0.5)
    second = Nginx(nursery, tmp_path / "second", port)
    relay.reaches("running", 2)
    pause = int(30 * (time.monotonic() - stopped)) + 15
    encoder.succeed(60)
    relay.stop()
    check_parts(sent, [recorded, second.recorded("relayed")], pause)


def test_push_over_tls_to_a_server_that_restarts(
    nursery: Nursery, relay_language: str, authority: Authority, tmp_path: Path
) -> None:
    """A126: the same with a second instance of ours, over RTMPS, while nginx, the other target, sees nothing of it."""
    certificate = authority.issue("localhost")
    port = free_port()

    def serve(directory: Path) -> Server:
        return Server(
            nursery, "go", "-tls-cert", certificate.certificate, "-tls-key", certificate.key, "-record", directory,
            listen=f"rtmps://127.0.0.1:{port}",
        )  # fmt: skip

    first = serve(tmp_path / "first")
    nginx = Nginx(nursery, tmp_path / "nginx")
    target = f"rtmps://localhost:{port}/live/relayed"
    relay = Relay(nursery, relay_language, "-ca", authority.file, target, nginx.url("relayed"))
    sent = tmp_path / "sent.flv"
    encoder = ffmpeg_publish(nursery, relay.url(), sent, "h264", "aac", seconds=10, realtime=True)
    first.published()
    relay.reaches("running", which="push 2")
    time.sleep(2)
    stopped = time.monotonic()
    first.stop()
    relay.reaches("waiting")
    second = serve(tmp_path / "second")
    second.published()
    pause = int(30 * (time.monotonic() - stopped)) + 15
    encoder.succeed(60)
    relay.stop()
    check_parts(sent, [first.ended().file, second.ended().file], pause)
    check_parts(sent, [nginx.recorded("relayed")], 0)


def test_pull_on_demand_from_nginx(nursery: Nursery, relay_language: str, library: Library, tmp_path: Path) -> None:
    """A126: nginx is played from as long as somebody plays here, and not before or after."""
    clip = library.clip("h264", "aac")
    nginx = Nginx(nursery, tmp_path / "nginx")
    encoder = ffmpeg_send(nursery, clip, nginx.url("source"))
    relay = Relay(nursery, relay_language, "-from", nginx.url("source"), "-on-demand", "-idle-ms", "300")

    def connected() -> int:
        """How many connections nginx has had."""
        return (tmp_path / "nginx/error.log").read_text(errors="replace").count("client connected")

    eventually("the encoder", lambda: connected() == 1)
    time.sleep(0.5)
    assert connected() == 1, "it was pulled before anybody played"
    want = {t.digest for t in frames(flv.read(clip))}
    for turn in range(1, 3):
        players = [
            pull(nursery, "go", relay.url(), tmp_path / f"{turn}-{i}.flv", "-seconds", "2", "-quiet") for i in range(2)
        ]
        for player in players:
            player.succeed(60)
            file = parse_end(next(line for line in player.lines if line.startswith("end "))).file
            got = [t.digest for t in frames(flv.read(file))]
            assert len(got) > 60 and set(got) <= want
        relay.reaches("idle", turn, "pull")
        assert connected() == 1 + turn
    encoder.interrupt()
    relay.stop()
