"""The example that serves all publishers on one thread, from an epoll loop over the queue's descriptor."""

from __future__ import annotations

from pathlib import Path

import flv
from media import Library
from peers import ffmpeg_publish, ffmpeg_send
from process import BUILD, Nursery
from programs import parse_end


def test_epoll_ingest(nursery: Nursery, library: Library, tmp_path: Path) -> None:
    """Four encoders at once: every packet is counted; a wrong key is refused; Ctrl-C ends a running stream in order."""
    server = nursery.start([BUILD / "bin/epoll_ingest-c", "127.0.0.1:0"])
    address = server.wait_line(lambda line: line.startswith("listening on "), 10).split()[-1]
    encoders = [
        ffmpeg_publish(nursery, f"rtmp://{address}/live/{i}", tmp_path / f"{i}.flv", "flv1", "mp3", realtime=i % 2 == 0)
        for i in range(4)
    ]
    for encoder in encoders:
        encoder.succeed(60)
    for i in range(4):
        end = parse_end(server.wait_line(lambda line, i=i: line.startswith(f"end {i} "), 10))
        tags = flv.read(tmp_path / f"{i}.flv")
        assert end.number("packets") == len(tags)

    ffmpeg_send(nursery, library.clip("h264", "aac"), f"rtmp://{address}/live/last")
    server.wait_line(lambda line: line == "publish last", 10)
    assert server.interrupt() == 0, str(server)
    assert any(line.startswith("end last ") for line in server.lines), str(server)


def test_epoll_ingest_checks_the_key(nursery: Nursery, library: Library) -> None:
    server = nursery.start([BUILD / "bin/epoll_ingest-c", "127.0.0.1:0", "secret"])
    address = server.wait_line(lambda line: line.startswith("listening on "), 10).split()[-1]
    refused = ffmpeg_send(nursery, library.clip("h264", "aac"), f"rtmp://{address}/live/wrong")
    assert refused.wait(10) != 0 and "unauthorized" in refused.output, str(refused)
    assert server.interrupt() == 0, str(server)
