"""FFmpeg of today publishes Enhanced RTMP; the recording is Enhanced FLV that it reads back."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import flv
import oxrtmp
import pytest
from media import Library
from peers import MODERN, ModernPeer
from process import Nursery
from programs import Ingest, push

Start = Callable[..., Ingest]


@pytest.fixture(params=MODERN, ids=lambda peer: peer.name)
def peer(request: pytest.FixtureRequest) -> ModernPeer:
    return request.param


def publish(nursery: Nursery, server: Ingest, peer: ModernPeer, source: Path, copy: Path) -> Path:
    """Publishes the source; demands that the recording equals the peer's own file; returns it."""
    done = peer.publish(nursery, source, server.url(), copy).succeed(60)
    assert "published" in done.output, str(done)
    ended = server.ended()
    want, got = flv.read(copy), flv.read(ended.file)
    assert len(want) > 100
    assert flv.difference(want, got[1:]) == ""
    assert ended.number("malformed") == 0
    return ended.file


@pytest.mark.parametrize(
    ("video", "audio"),
    [("hevc", "aac"), ("av1", "opus"), ("vp9", "flac"), ("h264", "ac3"), ("hevc", "eac3")],
)
def test_modern_ffmpeg_publishes(
    nursery: Nursery, ingest: Start, library: Library, peer: ModernPeer, tmp_path: Path, video: str, audio: str
) -> None:
    source = library.clip(video, audio, "mp4")
    server = ingest()
    recorded = publish(nursery, server, peer, source, tmp_path / "sent.flv")
    server.stop()

    original = peer.packets(nursery, source)
    back = peer.packets(nursery, recorded)
    assert len(original) > 100
    # The same packets in each stream. The muxer may move all times of a stream by one amount
    # (FLV has no negative times); it rounds them to milliseconds.
    for stream in (0, 1):
        want = [p for p in original if p["stream"] == stream]
        got = [p for p in back if p["codec"] == want[0]["codec"]]
        assert [p["sha256"] for p in got] == [p["sha256"] for p in want]
        for time in ("dts_ms", "pts_ms"):
            shift = got[0][time] - want[0][time]
            assert 0 <= shift < 200
            assert [p[time] for p in got] == [pytest.approx(p[time] + shift, abs=1) for p in want]


def test_modern_ffmpeg_publishes_multitrack(
    nursery: Nursery, ingest: Start, library: Library, peer: ModernPeer, tmp_path: Path
) -> None:
    """Two video and two audio tracks: every message recorded as it came, both tracks read back."""
    source = library.multitrack()
    server = ingest()
    recorded = publish(nursery, server, peer, source, tmp_path / "sent.flv")
    server.stop()

    # A video packet type 6 or an audio packet type 5 is Multitrack; 0 in the high half is OneTrack.
    tags = flv.read(recorded)
    assert any(t.type == flv.VIDEO and t.data[0] & 0x8F == 0x86 for t in tags)
    assert any(t.type == flv.AUDIO and t.data[0] == 0x95 for t in tags)
    original, back = peer.packets(nursery, source), peer.packets(nursery, recorded)
    assert sorted(p["sha256"] for p in back) == sorted(p["sha256"] for p in original)
    assert len({p["stream"] for p in back}) == 4


def test_tracks_are_published_again(
    nursery: Nursery, ingest: Start, language: str, library: Library, peer: ModernPeer, tmp_path: Path
) -> None:
    """Two video and two audio tracks, each with the configuration of its own; sent on by us, they are still the same."""
    source = library.multitrack()
    server = ingest()
    recorded = publish(nursery, server, peer, source, tmp_path / "sent.flv")
    with oxrtmp.FLVReader(str(recorded)) as reader:
        headers = [p for p in reader if p.kind == oxrtmp.PacketKind.SEQUENCE_HEADER and p.size > 0]
    tracks = {(p.type, p.track): oxrtmp.codec.describe(p) for p in headers}
    assert set(tracks) == {(9, 0), (9, 1), (8, 0), (8, 1)}
    assert [(tracks[9, n].width, tracks[9, n].height) for n in (0, 1)] == [(320, 180), (160, 90)]
    assert {(tracks[8, n].codec, tracks[8, n].sample_rate) for n in (0, 1)} == {("mp4a", 48000)}

    push(nursery, language, recorded, server.url("again"), "-fast").succeed(30)
    again = server.ended(2).file
    server.stop()
    assert flv.difference(flv.media(flv.read(recorded)), flv.media(flv.read(again))) == ""
    assert peer.packets(nursery, again) == peer.packets(nursery, recorded)
