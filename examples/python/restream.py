"""Restream is a live server that sends every stream it gets on to several other servers, under the name that it has here.

    python restream.py -listen localhost:1935 rtmp://a.example/live rtmps://b.example/app
    ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test

Each target has a relay of its own for each stream, which knows nothing of the others: it connects again when it is lost,
after a second, then two, four, and begins anew with headers and a keyframe. What a target is too slow for is dropped for that
one alone, up to a keyframe. relay.py sends on one stream whose targets have full URLs, as platforms with keys want it.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys

import oxrtmp
import oxrtmp.aio
import trust
from live import printable
from relay import host, state_of, summary_of

Stream = tuple[str, str]  # app and name


class Restreamer:
    """Has a relay to each target for each stream that is published."""

    def __init__(self, flags: argparse.Namespace, hub: oxrtmp.aio.Hub) -> None:
        self.flags, self.hub = flags, hub
        self.relays: dict[Stream, list[oxrtmp.aio.Relay]] = {}
        self.telling: set[asyncio.Task[None]] = set()

    def hooks(self) -> oxrtmp.Hooks:
        return oxrtmp.Hooks(publish=self.begin, unpublish=self.end)

    async def begin(self, request: oxrtmp.aio.Request) -> None:
        """A stream is about to be published. Its relays wait for it."""
        stream = request.app, request.stream_name
        if stream in self.relays:
            return  # who publishes it already has them; the hub decides whether another one may
        relays = self.relays[stream] = []
        for number, target in enumerate(self.flags.targets, 1):
            url = f"{target.rstrip('/')}/{request.stream_name}"
            options: oxrtmp.RelayOptions = {"retry_max": 8, "client": trust.client_options(self.flags)}
            relay = self.hub.push(*stream, url, **options)
            relays.append(relay)
            name = f"{printable(f'{request.app}/{request.stream_name}')} to {number} {host(target)}"
            task = asyncio.create_task(self.tell(name, relay))
            self.telling.add(task)
            task.add_done_callback(self.telling.discard)

    async def tell(self, name: str, relay: oxrtmp.aio.Relay) -> None:
        """Print each state that a relay comes to, and at the end what it has done."""
        async for event in relay.events():
            print(state_of(name, event), flush=True)
        print(summary_of(name, relay.statistics()), flush=True)

    async def end(self, event: oxrtmp.ServerEvent) -> None:
        """A publisher has gone, and so do the relays, once they have sent what they have."""
        for relay in self.relays.pop((event.app, event.stream_name), []):
            while relay.statistics().queued_bytes and relay.statistics().state is oxrtmp.RelayState.RUNNING:
                await asyncio.sleep(0.05)
            await relay.close()


async def serve(flags: argparse.Namespace) -> None:
    """Serve publishers and players until a signal comes."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        hub = await stack.enter_async_context(oxrtmp.aio.Hub())
        restreamer = Restreamer(flags, hub)
        listening = oxrtmp.aio.Server(flags.listen, hub=hub, hooks=restreamer.hooks())
        server = await stack.enter_async_context(listening)
        print("listening on " + ", ".join(server.addresses), flush=True)
        serving = loop.create_task(server.serve())
        await stop.wait()
        await server.close()
        await serving
        for relays in restreamer.relays.values():
            for relay in relays:
                await relay.close()
        await asyncio.gather(*restreamer.telling)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="restream", description="Send streams on to several servers.")
    parser.add_argument("-listen", metavar="ADDRESS", default="127.0.0.1:1935", help="serve here")
    trust.add_flags(parser)
    parser.add_argument(
        "targets", metavar="URL", nargs="+", help="app of another server, to which stream names are added"
    )
    return parser.parse_args()


def main() -> int:
    try:
        asyncio.run(serve(arguments()))
    except oxrtmp.Error as error:
        print(f"restream: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
