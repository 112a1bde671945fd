"""Several tracks in one stream: published by every language's tracks and by FFmpeg 8, and one of each kind selected."""

from __future__ import annotations

from pathlib import Path

import flv
import pytest
from media import Library
from peers import NODEAV, PYAV, ModernPeer, frame_counts
from process import Nursery, Process
from programs import LANGUAGES, TRACKS, Ingest, Listening, Server

SECONDS = 1.5
# What each language publishes another one selects from.
RING = list(zip(LANGUAGES, LANGUAGES[1:] + LANGUAGES[:1]))
PUBLISHED = ["video 0 h264 320x180", "video 1 hevc 320x180", "audio 0 aac 48000 Hz 1 channels", "audio 1 opus 48000 Hz 1 channels"]  # fmt: skip


@pytest.fixture(params=RING, ids=lambda pair: f"{pair[0]}-to-{pair[1]}")
def pair(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture(scope="session")
def files(library: Library, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """H.264 and AAC as ever, H.265 and Opus by Enhanced RTMP."""
    nursery, enhanced = Nursery(), tmp_path_factory.mktemp("tracks") / "enhanced.flv"
    try:
        PYAV.publish(nursery, library.clip("hevc", "opus", "mp4", SECONDS), enhanced).succeed(30)
    finally:
        nursery.close()
    return library.clip("h264", "aac", seconds=SECONDS), enhanced


def publish(nursery: Nursery, language: str, files: tuple[Path, ...], url: str, *flags: str) -> Process:
    return nursery.start([*TRACKS[language], *flags, *files, url])


class Selecting(Listening):
    """A tracks that waits for a publisher, and writes the tracks that the flags say."""

    def __init__(self, nursery: Nursery, language: str, file: Path, *flags: str):
        super().__init__(nursery, TRACKS[language], *flags, file)


def lines(process: Process, word: str) -> list[str]:
    """The rest of the lines that begin with a word."""
    return [line.removeprefix(f"{word} ") for line in process.lines if line.startswith(f"{word} ")]


def colours(tag: flv.Tag) -> bool:
    """Whether it is colour information, which is not sent on tracks other than 0."""
    return tag.type == flv.VIDEO and tag.data[0] == 0xD4


def same_media(want: Path, got: Path) -> str:
    tags = [t for t in flv.media(flv.read(want)) if not colours(t)]
    return flv.difference(tags, flv.media(flv.read(got)))


def test_files_are_published_as_tracks(
    nursery: Nursery, language: str, files: tuple[Path, Path], tmp_path: Path
) -> None:
    """Two files are one stream, whose tracks its metadata names; FFmpeg 8 reads each of them from the recording."""
    server = Ingest(nursery, "go", tmp_path / "recorded")
    done = publish(nursery, language, files, server.url(), "-fast").succeed(30)
    recorded = server.ended().file
    server.stop()
    names = [line.partition(" from ")[0] for line in lines(done, "publishing")]
    assert names == PUBLISHED, str(done)

    metadata = flv.metadata(flv.only(flv.read(recorded), flv.SCRIPT)[1])
    assert (metadata["width"], metadata["height"], metadata["audiosamplerate"]) == (320, 180, 48000)
    hvc1, opus = (float(int.from_bytes(name, "big")) for name in (b"hvc1", b"Opus"))
    assert metadata["videoTrackIdInfoMap"] == {"1": {"videocodecid": hvc1, "width": 320, "height": 180}}
    assert metadata["audioTrackIdInfoMap"] == {"1": {"audiocodecid": opus, "samplerate": 48000, "channels": 1}}

    got = PYAV.packets(nursery, recorded)
    assert {p["stream"] for p in got} == {0, 1, 2, 3}
    for file in files:
        for want in (0, 1):
            original = [p for p in PYAV.packets(nursery, file) if p["stream"] == want]
            back = [p for p in got if p["codec"] == original[0]["codec"]]
            assert [(p["sha256"], p["pts_ms"]) for p in back] == [(p["sha256"], p["pts_ms"]) for p in original]


def test_tracks_are_selected(nursery: Nursery, pair: tuple[str, str], files: tuple[Path, Path], tmp_path: Path) -> None:
    """In real time; the selected tracks are, byte for byte, the file that they came from."""
    publisher, selector = pair
    server = Server(nursery, "go", "-wait")
    selecting = [
        nursery.start([*TRACKS[selector], "-video", n, "-audio", n, server.url(), tmp_path / f"{n}.flv"])
        for n in ("0", "1")
    ]
    server.played(2)
    sent = publish(nursery, publisher, files, server.url()).succeed(30)
    seconds = float(sent.lines[-1].rpartition("seconds=")[2])
    assert SECONDS * 0.9 <= seconds < SECONDS + 5, str(sent)
    for n, selected in enumerate(selecting):
        selected.succeed(20)
        assert sorted(lines(selected, "found")) == sorted(PUBLISHED), str(selected)
        assert [line.partition(" frames=")[0] for line in lines(selected, "track")] == PUBLISHED
        assert same_media(files[n], tmp_path / f"{n}.flv") == ""
    server.stop()
    track = lines(selecting[0], "track")[0]
    assert track.startswith(f"video 0 h264 320x180 frames={round(SECONDS * 30)} ") and " fps=30." in track


@pytest.mark.parametrize(
    ("selector", "peer"), list(zip(LANGUAGES, [PYAV, NODEAV, NODEAV, PYAV, PYAV], strict=True)), ids=LANGUAGES
)
def test_tracks_of_modern_ffmpeg(
    nursery: Nursery, selector: str, peer: ModernPeer, library: Library, tmp_path: Path
) -> None:
    """FFmpeg 8 publishes two tracks of a kind; the second of each is written so that Debian's old FFmpeg knows it."""
    source, file = library.multitrack(SECONDS), tmp_path / "second.flv"
    selecting = Selecting(nursery, selector, file, "-video", "1", "-audio", "1")
    peer.publish(nursery, source, selecting.url()).succeed(30)
    selecting.process.succeed(10)
    assert lines(selecting.process, "found")[:2] == ["video 0 h264 320x180", "video 1 h264 160x90"]
    original, got = PYAV.packets(nursery, source), PYAV.packets(nursery, file)
    for stream, codec in ((1, "h264"), (3, "aac")):
        want = [p["sha256"] for p in original if p["stream"] == stream]
        assert len(want) > 40 and [p["sha256"] for p in got if p["codec"] == codec] == want
    counts = frame_counts(nursery, file)
    assert set(counts) == {"video h264", "audio aac"} and counts["video h264"] == round(SECONDS * 30)


def test_what_is_not_there_cannot_be_selected(
    nursery: Nursery, language: str, files: tuple[Path, Path], tmp_path: Path
) -> None:
    selecting = Selecting(nursery, language, tmp_path / "none.flv", "-video", "2", "-audio", "none")
    publish(nursery, "go", files[:1], selecting.url(), "-fast").succeed(20)
    assert selecting.process.wait(10) == 1
    assert "tracks: the stream has no such track" in selecting.process.lines, str(selecting.process)
