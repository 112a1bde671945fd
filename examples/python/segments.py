"""Segments records what publishers send in files of a few seconds, each of which can be played alone.

    python segments.py -listen localhost:1935 -seconds 10 recordings
    ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test

The recorder begins another file at the first keyframe that comes so many seconds after the first one of the file: metadata
and headers are repeated, and no packet is lost or comes twice. A finished file is moved to where nobody sees it grow, and a
line of JSON about it is appended to segments.jsonl beside it, from which an uploader or a playlist can be made.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import oxrtmp


class Segments:
    """The files of one stream. While one is written it is in the directory `unfinished`."""

    def __init__(self, directory: Path, seconds: float) -> None:
        self.directory = directory
        self._unfinished = directory / "unfinished"
        self._unfinished.mkdir(parents=True, exist_ok=True)
        self._recorder = oxrtmp.Recorder(self._unfinished / "segment.flv", rotate_duration=seconds)
        self._path = Path(self._recorder.path)
        self._begin()

    def _begin(self) -> None:
        self._packets, self._bytes = 0, 0
        self._first: int | None = None
        self._last = 0

    def write(self, packet: oxrtmp.Packet) -> None:
        self._recorder.write(packet)
        path = Path(self._recorder.path)
        if path != self._path:  # this packet is the first one of another file
            self._finish()
            self._path = path
        if packet.kind == oxrtmp.PacketKind.FRAME:
            self._packets += 1
            self._bytes += packet.size
            self._first = packet.dts_ns if self._first is None else self._first
            self._last = packet.dts_ns

    def _finish(self) -> None:
        """Move a complete file to its place, and tell of it."""
        if self._first is None:  # nothing but headers
            self._path.unlink()
            return
        seconds, fraction = divmod(time.time_ns(), 10**9)
        file = self.directory / f"{time.strftime('%Y%m%d-%H%M%S', time.localtime(seconds))}-{fraction:09}.flv"
        self._path.rename(file)
        span = (self._last - self._first) / 1e9
        about = {"file": file.name, "start_ms": self._first // 10**6, "seconds": span, "packets": self._packets}
        with (self.directory / "segments.jsonl").open("a") as index:
            index.write(json.dumps(about) + "\n")
        print(f"segment {file} seconds={span:.2f} packets={self._packets} bytes={self._bytes}", flush=True)
        self._begin()

    def close(self) -> None:
        self._recorder.close()
        self._finish()
        with contextlib.suppress(OSError):  # another publisher of the name is not finished
            self._unfinished.rmdir()


def receive(session: oxrtmp.Session, flags: argparse.Namespace) -> None:
    """Record a stream to its end."""
    name = re.sub(r"[^\w-]", "_", session.stream_name)  # a peer may have sent anything
    with contextlib.closing(Segments(flags.directory / name, flags.seconds)) as segments:
        for packet in session:
            segments.write(packet)
    print(f"end {name} reason={session.error or session.end_reason}", flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="segments", description="Record streams in files of a few seconds.")
    parser.add_argument("-listen", metavar="ADDRESS", default="127.0.0.1:1935", help="accept publishers here")
    parser.add_argument("-seconds", metavar="SECONDS", type=float, default=10, help="of a file, at least")
    parser.add_argument("directory", metavar="DIRECTORY", type=Path, help="one below it for each stream")
    return parser.parse_args()


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    flags = arguments()
    signal.signal(signal.SIGTERM, interrupt)

    def serve(request: oxrtmp.Request) -> None:
        with request.accept() as session:
            receive(session, flags)

    try:
        with oxrtmp.Server(flags.listen) as server, contextlib.suppress(KeyboardInterrupt):
            print("listening on " + ", ".join(server.addresses), flush=True)
            server.serve(serve)  # each on a thread of its own
    except oxrtmp.Error as error:
        print(f"segments: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
