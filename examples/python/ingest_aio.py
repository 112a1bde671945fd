"""Ingest for asyncio: the same program as ingest.py, with a task for each publisher in place of a thread.

python ingest_aio.py -listen localhost:1935 -key test -record /tmp
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hmac
import signal
import sys

import oxrtmp
import oxrtmp.aio
from ingest import arguments
from live import Screen, Stream


async def receive(session: oxrtmp.aio.Session, stream: Stream, directory: str) -> tuple[str, str]:
    """Take packets, and record them, until the stream ends: the file's path, and why it ended."""
    path = ""
    try:
        with contextlib.ExitStack() as stack:
            recorder = None
            if directory:
                recorder = stack.enter_context(oxrtmp.Recorder.in_directory(directory, session.stream_name))
                path = recorder.path
            async for packet in session:
                stream.extend(packet)
                if recorder:
                    recorder.write(packet)
    except oxrtmp.Error as error:
        return path, str(error)
    return path, str(session.error or session.end_reason)


class Ingest:
    def __init__(self, flags: argparse.Namespace, screen: Screen) -> None:
        self.flags, self.screen = flags, screen
        self.stop = asyncio.Event()

    async def serve(self, request: oxrtmp.aio.Request) -> None:
        """Answer one request and receive its stream to the end."""
        key: str = self.flags.key
        if key and not hmac.compare_digest(request.stream_name.encode(), key.encode()):
            await request.reject("unauthorized", code="NetStream.Publish.BadName")
            return
        async with request.accept() as session:
            if session.closed:
                return  # the publisher has gone
            stream = Stream(session, f"{session.app}/{session.stream_name}")
            self.screen.print(f"publish {stream.name} from {session.peer_address} ({session.encoder})")
            self.screen.add(stream)
            path, reason = await receive(session, stream, self.flags.record)
            self.screen.remove(stream)
            self.screen.print(f"end {stream.name} {stream.summary()} file={path} reason={reason}")
        if self.flags.once:
            self.stop.set()

    async def refresh(self) -> None:
        while True:
            await asyncio.sleep(1)
            self.screen.refresh()

    async def run(self) -> None:
        """Serve publishers until a signal comes, or with -once until the first stream has ended."""
        async with oxrtmp.aio.Server(self.flags.listen) as server:
            self.screen.print("listening on " + ", ".join(server.addresses))
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self.stop.set)
            serving = loop.create_task(server.serve(self.serve))
            live = loop.create_task(self.refresh())
            await self.stop.wait()
            await server.close()  # ends every stream
            await serving
            live.cancel()


async def ingest(flags: argparse.Namespace) -> None:
    await Ingest(flags, Screen(flags.quiet)).run()


def main() -> int:
    try:
        asyncio.run(ingest(arguments()))
    except oxrtmp.Error as error:
        print(f"ingest: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
