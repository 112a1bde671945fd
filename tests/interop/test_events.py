"""What the servers of every language tell of encoders and players: each occurrence once, however they go."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import flv
import pytest
from media import Library
from peers import FFMPEG, FLV_OPTIONS, ffmpeg_send
from players import frames
from process import Nursery
from programs import SERVER, Server

ONCE = [
    "connection",
    "handshake_complete",
    "connect",
    "fc_publish",
    "publish",
    "metadata",
    "publish_stop",
    "unpublish",
    "disconnect",
]


def told(server: Server) -> dict[int, list[str]]:
    """The events of each connection, in order."""
    events: dict[int, list[str]] = {}
    for line in list(server.process.lines):
        word, *rest = line.split(" ")
        if word == "event":
            events.setdefault(int(rest[1]), []).append(rest[0])
    return events


@pytest.mark.parametrize("language", list(SERVER))
@pytest.mark.parametrize("end", ["ends", "is killed"])
def test_an_encoder_and_a_player(nursery: Nursery, language: str, end: str, library: Library, tmp_path: Path) -> None:
    """A172, A173, A174, A198: ffmpeg publishes and ffmpeg plays."""
    server = Server(nursery, language, "-events")
    clip = library.clip("h264", "aac")
    if end == "ends":
        encoder = nursery.start(
            [*FFMPEG, "-re", "-i", clip, "-c", "copy", "-f", "flv", *("-" + FLV_OPTIONS).split("="), server.url()]
        )
    else:
        encoder = ffmpeg_send(nursery, clip, server.url())
    server.published()
    player = nursery.start([*FFMPEG, "-i", server.url(), "-c", "copy", "-f", "flv", tmp_path / "played.flv"])
    server.played()
    if end == "ends":
        encoder.succeed(30)
        player.wait(30)
    else:
        server.process.wait_line(lambda line: line.startswith("event video_frame"), 20, 20)
        player.signal(signal.SIGKILL)
        server.process.wait_line(lambda line: line.startswith("event play_stop 2 "), 20)
        encoder.signal(signal.SIGKILL)
    for connection in (1, 2):
        server.process.wait_line(lambda line, n=connection: line.startswith(f"event disconnect {n} "), 20)
    server.stop()

    events = told(server)
    count = Counter(events[1])
    assert {word: count[word] for word in ONCE} == dict.fromkeys(ONCE, 1)
    assert [word for word in events[1] if word in ONCE] == ONCE
    assert [word for word in events[2] if not word.startswith("handshake")] == [
        "connection",
        "connect",
        "play",
        "play_stop",
        "disconnect",
    ]
    assert count["keyframe"] >= 1 and count["media_tag"] >= count["video_frame"] + count["audio_frame"] > 0
    if end == "ends":
        sent = Counter(t.type for t in frames(flv.read(clip)))
        assert (count["audio_frame"], count["video_frame"]) == (sent[flv.AUDIO], sent[flv.VIDEO])
        assert events.keys() == {1, 2}
