"""What encoders and players make of a redirection."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import oxrtmp
import pytest
from peers import FFMPEG
from process import ROOT, Nursery

CLIP = str(ROOT / "testdata/flv/sample-h264-aac.flv")
GST = ["gst-launch-1.0", "-q"]
PEERS = {
    "ffmpeg publishes": lambda url: [*map(str, FFMPEG), "-i", CLIP, "-t", "1", "-c", "copy", "-f", "flv", url],
    "ffmpeg plays": lambda url: [*map(str, FFMPEG), "-i", url, "-f", "null", "-"],
    "GStreamer publishes": lambda url: [*GST, "filesrc", f"location={CLIP}", "!", "rtmp2sink", f"location={url}"],
    "GStreamer plays": lambda url: [*GST, "rtmp2src", f"location={url}", "!", "fakesink"],
    "rtmpdump plays": lambda url: ["rtmpdump", "--live", "-r", url, "-o", "/dev/null"],
    "mpv plays": lambda url: ["mpv", "--no-video", "--no-audio", url],
}


@contextmanager
def redirecting(when: str) -> Iterator[tuple[str, list[str]]]:
    """A server that sends everybody elsewhere: a URL there, and who has come to the other place."""
    came: list[str] = []
    with (
        oxrtmp.Server("127.0.0.1:0", ask_play=True) as target,
        oxrtmp.Server("127.0.0.1:0", ask_play=True, ask_connect=True) as server,
    ):

        def arrive() -> None:
            for request in target:
                came.append(request.stream_name)
                request.reject("arrived")

        def redirect() -> None:
            for request in server:
                if request.kind is oxrtmp.RequestKind.CONNECT and when != "connect":
                    request.accept()
                else:
                    request.redirect(f"rtmp://{target.address}/live", "elsewhere")

        for serve in (arrive, redirect):
            threading.Thread(target=serve, daemon=True).start()
        yield f"rtmp://{server.address}/live/key", came


@pytest.mark.parametrize("when", ["connect", "stream"])
@pytest.mark.parametrize("peer", list(PEERS))
def test_nobody_follows_and_nobody_hangs(nursery: Nursery, peer: str, when: str) -> None:
    """C47: for those who do not know redirections they are refusals, which end them at once."""
    with redirecting(when) as (url, came):
        began = time.monotonic()
        process = nursery.start(PEERS[peer](url))
        assert process.wait(20) != 0, str(process)
        assert time.monotonic() - began < 15
        assert came == [], f"{peer} follows redirections: docs/encoders.md says that it does not"
