"""What FFmpeg of today gets of an H.265 stream, by what it has said in connect and by the server's policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from media import Library
from peers import PYAV
from process import Nursery
from programs import SERVER, Server, push

ALL, SOUND = {"hevc", "aac"}, {"aac"}


def check(
    nursery: Nursery, library: Library, tmp_path: Path, language: str, policy: str, codecs: str, gets: set[str] | None
) -> None:
    source = tmp_path / "source.flv"
    PYAV.publish(nursery, library.clip("hevc", "aac", "mp4"), source).succeed(60)
    server = Server(nursery, language, "-codecs", policy)
    publisher = push(nursery, "go", source, server.url(), "-loop")
    server.published()
    player = PYAV.read(nursery, server.url(), codecs)
    if gets is None:
        assert player.wait(60) != 0, str(player)
        assert not PYAV.parse(player)
    else:
        player.wait_line(lambda line: '"codec"' in line, 30, 100)
        publisher.interrupt()
        player.succeed(60)
        assert {packet["codec"] for packet in PYAV.parse(player)} == gets
    server.stop()


@pytest.mark.parametrize(
    ("policy", "codecs", "gets"),
    [
        ("pass", "none", ALL),
        ("refuse", "none", None),
        ("filter", "none", SOUND),
        ("pass", "hvc1", ALL),
        ("refuse", "av01,hvc1", ALL),
        ("refuse", "av01", None),
        ("filter", "hvc1", ALL),
        ("filter", "av01", SOUND),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_codec_policies(
    nursery: Nursery, library: Library, tmp_path: Path, policy: str, codecs: str, gets: set[str] | None
) -> None:
    """C21, D45: ffmpeg with and without rtmp_enhanced_codecs."""
    check(nursery, library, tmp_path, "go", policy, codecs, gets)


@pytest.mark.parametrize("language", [name for name in SERVER if name != "go"])
@pytest.mark.parametrize(
    ("policy", "codecs", "gets"), [("refuse", "none", None), ("filter", "none", SOUND), ("filter", "hvc1", ALL)]
)
def test_codec_policies_of_every_language(
    nursery: Nursery, library: Library, tmp_path: Path, language: str, policy: str, codecs: str, gets: set[str] | None
) -> None:
    check(nursery, library, tmp_path, language, policy, codecs, gets)
