"""Server for asyncio: the same program as server.py, with a task for each publisher in place of a thread.

python server_aio.py -listen localhost:1935 -record /tmp
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import hmac
import signal
import sys
import time

import oxrtmp
import oxrtmp.aio
from live import Screen, Stream, printable
from server import (
    DRAIN_SECONDS,
    TAKEN_OVER,
    arguments,
    ask_to_leave,
    hub_options,
    line_of,
    players,
    reload,
    server_options,
)


class Station:
    """Takes publishers into a hub, hands players on to it, records, and shows who comes."""

    def __init__(self, flags: argparse.Namespace, hub: oxrtmp.aio.Hub, screen: Screen) -> None:
        self.flags, self.hub, self.screen = flags, hub, screen

    async def serve(self, request: oxrtmp.aio.Request) -> None:
        """Answer one request. That of a publisher is served to the stream's end."""
        name = f"{request.app}/{request.stream_name}"
        if request.kind is oxrtmp.RequestKind.PLAY:
            if self.hub.accept(request):
                self.screen.print(f"play {printable(name)} to {request.peer_address}")
            return
        key: str = self.flags.key
        if key and not hmac.compare_digest(request.stream_name.encode(), key.encode()):
            await request.reject("unauthorized", code="NetStream.Publish.BadName")
            return
        try:
            publisher = await self.publish(request)
        except oxrtmp.Error as error:
            await request.reject(str(error), code="NetStream.Publish.BadName")
            return
        async with publisher, request.accept() as session:
            if session.closed:
                return  # the publisher has gone
            stream = Stream(session, name, lambda: players(self.hub, session))
            self.screen.print(f"publish {stream.name} from {session.peer_address} ({session.encoder})")
            self.screen.add(stream)
            ending = asyncio.create_task(end_replaced(session, publisher))
            path, reason = await forward(session, publisher, stream, self.flags.record)
            ending.cancel()
            self.screen.remove(stream)
            self.screen.print(f"end {stream.name} {stream.summary()} file={path} reason={reason}")

    async def publish(self, request: oxrtmp.aio.Request) -> oxrtmp.aio.Client:
        """Begin to publish what is requested.

        An encoder that stops and begins again at once may be here before its last stream has ended, with its
        recording: that gets a moment, before the encoder is told that it has a rival.
        """
        patience = time.monotonic() + 2
        while True:
            try:
                return await self.hub.publish(request.app, request.stream_name, send_timeout=None)
            except oxrtmp.BusyError:
                if time.monotonic() > patience:
                    raise
                await asyncio.sleep(0.01)


async def end_replaced(session: oxrtmp.aio.Session, publisher: oxrtmp.aio.Client) -> None:
    """End a session once another publisher has its stream: its peer may send nothing by which forward would notice."""
    with contextlib.suppress(oxrtmp.Error):
        async for _ in publisher.events():
            pass
    await session.close(TAKEN_OVER, code="NetStream.Publish.BadName")


async def forward(
    session: oxrtmp.aio.Session, publisher: oxrtmp.aio.Client, stream: Stream, directory: str
) -> tuple[str, str]:
    """Publish what a session brings, and record it, until it ends: the file's path, and why it ended."""
    path = ""
    try:
        with contextlib.ExitStack() as stack:
            recorder = None
            if directory:
                recorder = stack.enter_context(oxrtmp.Recorder.in_directory(directory, session.stream_name))
                path = recorder.path
            async for packet in session:
                stream.extend(packet)
                await publisher.send_packet(packet)
                if recorder:
                    recorder.write(packet)
    except oxrtmp.Error as error:
        if publisher.error is None and not isinstance(error, (oxrtmp.ClosedError, oxrtmp.EndOfStreamError)):
            return path, str(error)
        await session.close(TAKEN_OVER, code="NetStream.Publish.BadName")
        return path, "closed"
    return path, "closed" if publisher.error else str(session.error or session.end_reason)


async def refresh(screen: Screen) -> None:
    while True:
        await asyncio.sleep(1)
        screen.refresh()


async def show(server: oxrtmp.aio.Server, screen: Screen) -> None:
    """Show everything that happens, until the server is closed."""
    async for event in server.events():
        screen.print(line_of(event))


async def serve(flags: argparse.Namespace) -> None:
    """Serve publishers and players until a signal comes."""
    screen, stop, loop = Screen(flags.quiet), asyncio.Event(), asyncio.get_running_loop()
    async with (
        oxrtmp.aio.Hub(**hub_options(flags)) as hub,
        oxrtmp.aio.Server(**server_options(flags, hub)) as server,
    ):
        for address in flags.listen.split(","):
            server.listen(address)
        screen.print("listening on " + ", ".join(server.addresses))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        if flags.tls_cert:
            loop.add_signal_handler(signal.SIGHUP, reload, flags, server, screen)
        serving = loop.create_task(server.serve(Station(flags, hub, screen).serve))
        live = loop.create_task(refresh(screen))
        showing = loop.create_task(show(server, screen)) if flags.events else None
        await stop.wait()
        if flags.drain:
            ask_to_leave(flags, server, screen)
            await server.shutdown(DRAIN_SECONDS)
        await server.close()  # ends every stream
        await serving
        live.cancel()
        if showing:
            await showing


def main() -> int:
    try:
        asyncio.run(serve(arguments()))
    except oxrtmp.Error as error:
        print(f"server: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
