"""Ingest for trio: accepts publishers and records FLV files, in tasks of trio's.

    pip install trio
    python ingest_trio.py -listen localhost:1935 -record /tmp
    ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test

The library's objects for threads have a file descriptor each, which is readable while something waits: trio waits for that,
and then takes what is there without waiting. Any other event loop does as well (anyio.wait_readable is the same function;
for asyncio there is oxrtmp.aio).
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import AsyncIterator, Callable
from typing import Protocol, TypeVar

import oxrtmp
import trio

T = TypeVar("T")


class Readable(Protocol):
    """A server, session or client."""

    def fileno(self) -> int: ...


async def wait_for(source: Readable, look: Callable[[], T]) -> T:
    """What look finds, which does not wait but raises TimeoutError while there is nothing."""
    while True:
        try:
            return look()
        except TimeoutError:  # all that was there has been taken: now the descriptor tells of more
            await trio.lowlevel.wait_readable(source.fileno())


async def packets_of(session: oxrtmp.Session) -> AsyncIterator[oxrtmp.Packet]:
    """A session's packets, to its end."""
    while True:
        try:
            batch = await wait_for(session, lambda: session.next_packets(timeout=0))
        except oxrtmp.EndOfStreamError:
            return
        for packet in batch:
            yield packet
        await trio.lowlevel.checkpoint()  # others have their turn, and a cancellation is noticed


async def receive(request: oxrtmp.Request, directory: str) -> None:
    """Record a stream to its end."""
    with request.accept() as session:
        name = f"{session.app}/{session.stream_name}"
        print(f"publish {name!r} from {session.peer_address}", flush=True)
        try:
            with oxrtmp.Recorder.in_directory(directory, session.stream_name) as recorder:
                async for packet in packets_of(session):
                    recorder.write(packet)
                print(f"end {name!r} packets={session.statistics().packets} file={recorder.path}", flush=True)
        except oxrtmp.Error as error:  # of one stream: the others go on
            print(f"end {name!r} {error}", flush=True)


async def serve(flags: argparse.Namespace) -> None:
    """Serve publishers until a signal comes."""
    with oxrtmp.Server(flags.listen) as server:
        print("listening on " + ", ".join(server.addresses), flush=True)
        async with trio.open_nursery() as nursery:

            async def accept() -> None:
                while True:
                    request = await wait_for(server, lambda: server.accept(timeout=0))
                    nursery.start_soon(receive, request, flags.record)

            nursery.start_soon(accept)
            with trio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                async for _ in signals:
                    nursery.cancel_scope.cancel()
                    break


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ingest_trio", description="Receive RTMP streams.")
    parser.add_argument("-listen", metavar="ADDRESS", default="127.0.0.1:1935", help="accept publishers here")
    parser.add_argument("-record", metavar="DIRECTORY", default=".", help="write every stream to an FLV file there")
    return parser.parse_args()


def main() -> int:
    try:
        trio.run(serve, arguments())
    except oxrtmp.Error as error:
        print(f"ingest_trio: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
