"""Push sends an FLV file to an RTMP server, in real time.

    python push.py clip.flv rtmp://localhost/live/test

push_aio.py is the same program for asyncio.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from types import FrameType

import oxrtmp
import trust


class Schedule:
    """The packets of a file, once or again and again, with the time at which each is due."""

    def __init__(self, path: str, *, fast: bool, loop: bool) -> None:
        self.path, self.fast, self.loop = path, fast, loop
        self.packets = self.bytes = 0  # messages that were sent, and their bytes
        self.started = time.monotonic()
        oxrtmp.FLVReader(path).close()  # a file that cannot be read is found before the server is asked

    def __iter__(self) -> Iterator[tuple[oxrtmp.Packet, int, float]]:
        """Packet, timestamp, and for how many seconds to wait before it is sent."""
        self.started = time.monotonic()
        first, last, shift = None, 0, 0
        while True:
            with oxrtmp.FLVReader(self.path) as reader:
                for packet in reader:
                    last = packet.timestamp_ms
                    first = last if first is None else first
                    due = (last - first + shift) % 2**32
                    wait = 0.0
                    if not self.fast and due < 2**31:  # a timestamp before the first one is due at once
                        wait = max(0.0, self.started + due / 1000 - time.monotonic())
                    yield packet, last + shift, wait
            if not self.loop or first is None:
                return
            shift += (last - first) % 2**32 + 40  # the next pass begins one frame after the last message

    def count(self, packet: oxrtmp.Packet) -> None:
        """That it was sent."""
        if not packet.continued:
            self.packets += 1
            self.bytes += packet.raw_size

    def __str__(self) -> str:
        return f"sent packets={self.packets} bytes={self.bytes} seconds={time.monotonic() - self.started:.1f}"


def push(schedule: Schedule, flags: argparse.Namespace) -> None:
    """Publish the file, and print what was sent. A signal ends it early, but in order."""
    client = oxrtmp.Client.publish(flags.url, **trust.following_options(flags))
    try:
        with client, contextlib.suppress(KeyboardInterrupt):
            for packet, timestamp, wait in schedule:
                if wait > 0:
                    time.sleep(wait)
                client.send_packet(packet, timestamp_ms=timestamp)
                schedule.count(packet)
    finally:
        print(schedule, flush=True)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="push", description="Send an FLV file to an RTMP server.")
    parser.add_argument("-fast", action="store_true", help="send as fast as the server takes it")
    parser.add_argument("-loop", action="store_true", help="begin again at the end of the file, until interrupted")
    trust.add_follow_flag(parser)
    trust.add_flags(parser)
    parser.add_argument("file", metavar="FILE")
    parser.add_argument("url", metavar="URL")
    return parser.parse_args()


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    flags = arguments()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        push(Schedule(flags.file, fast=flags.fast, loop=flags.loop), flags)
    except oxrtmp.Error as error:
        print(f"push: {error}", file=sys.stderr)  # names the phase, and the server's code and description
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
