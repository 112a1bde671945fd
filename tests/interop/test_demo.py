"""What `make run` shows."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from peers import ffmpeg_publish
from process import BUILD, Nursery, free_port

LIVE = re.compile(r"^(\S+) +\d:\d\d:\d\d +(\d+) packets +(\d+) kbit/s +([\d.]+) fps +(\d+) playing$")


def live_line(stream: str, players: int = 0) -> Callable[[str], bool]:
    """Recognises the stream's live line once something flows, and so many play it."""

    def wanted(line: str) -> bool:
        m = LIVE.match(line)
        return bool(
            m and m[1] == stream and int(m[2]) > 10 and int(m[3]) > 0 and float(m[4]) > 1 and int(m[5]) == players
        )

    return wanted


def test_demo_shows_sample_and_encoder(nursery: Nursery, tmp_path: Path) -> None:
    port = free_port()
    demo = nursery.start([BUILD / "bin/demo", "-listen", f"localhost:{port}"])
    demo.wait_line(lambda line: line.startswith("listening on ") and str(port) in line, 10)
    demo.wait_line(lambda line: f"rtmp://localhost:{port}/live/test" in line, 10)
    demo.wait_line(live_line("live/demo"), 10)
    url = f"rtmp://localhost:{port}/live/test"
    ffmpeg_publish(nursery, url, tmp_path / "copy.flv", "h264", "aac", seconds=6, realtime=True).succeed(30)
    demo.wait_line(live_line("live/test"), 10)
    demo.wait_line(lambda line: line.startswith("end live/test "), 10)
    demo.wait_line(live_line("live/demo"), 10, nth=2)
    assert demo.interrupt() == 0, str(demo)
    assert demo.lines[-1].startswith("end live/demo "), str(demo)


def test_demo_plays(nursery: Nursery) -> None:
    """The line that the demo shows plays the sample: at once, with sound and picture."""
    port = free_port()
    demo = nursery.start([BUILD / "bin/demo", "-listen", f"localhost:{port}"])
    line = demo.wait_line(lambda line: line.strip().startswith("ffplay "), 10)
    player, url = line.split()[1:]
    demo.wait_line(live_line("live/demo"), 10)
    headless = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy"}
    playing = nursery.start([player, "-loglevel", "info", url], env=headless)
    for kind in ("Video: h264", "Audio: aac"):
        playing.wait_line(lambda line, kind=kind: kind in line, 20)
    demo.wait_line(live_line("live/demo", players=1), 10)
    demo.wait_line(lambda line: line.startswith("play live/demo to "), 10)
    assert playing.running, str(playing)
    playing.end()
    last = len(demo.lines)
    demo.wait_line(lambda line: live_line("live/demo")(line) and line in demo.lines[last:], 10)
    assert demo.interrupt() == 0, str(demo)


def test_demo_says_when_the_port_is_taken(nursery: Nursery) -> None:
    port = free_port()
    first = nursery.start([BUILD / "bin/demo", "-bare", "-listen", f"localhost:{port}"])
    first.wait_line(lambda line: line.startswith("listening on "), 10)
    second = nursery.start([BUILD / "bin/demo", "-listen", f"localhost:{port}"])
    assert second.wait(10) == 1
    assert "-listen" in second.output, str(second)
    assert first.interrupt() == 0
