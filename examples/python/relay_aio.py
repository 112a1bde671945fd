"""Relay for asyncio: the same program as relay.py, without threads.

python relay_aio.py -listen localhost:1935 -stream live/test rtmp://a.example/live/key
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import signal
import sys

import oxrtmp
import oxrtmp.aio
from relay import allowed, arguments, host, pull_options, relay_options, server_options, state_of, summary_of


async def tell(name: str, relay: oxrtmp.aio.Relay) -> None:
    """Print each state that a relay comes to, and at the end what it has done."""
    async for event in relay.events():
        print(state_of(name, event), flush=True)
    print(summary_of(name, relay.statistics()), flush=True)


def connect(flags: argparse.Namespace, hub: oxrtmp.aio.Hub) -> dict[str, oxrtmp.aio.Relay]:
    """Begin the relays: by what they are called."""
    app, _, name = flags.stream.rpartition("/")
    relays: dict[str, oxrtmp.aio.Relay] = {}
    for number, url in enumerate(flags.urls, 1):
        relays[f"push {number} to {host(url)}"] = hub.push(app, name, url, **relay_options(flags))
    if flags.source:
        relays[f"pull from {host(flags.source)}"] = hub.pull(app, name, flags.source, **pull_options(flags))
    return relays


async def serve(flags: argparse.Namespace) -> None:
    """Serve the stream and send it on until a signal comes."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with contextlib.AsyncExitStack() as stack:
        hub = await stack.enter_async_context(oxrtmp.aio.Hub())
        server = await stack.enter_async_context(oxrtmp.aio.Server(**server_options(flags, hub)))
        for address in flags.listen.split(","):
            server.listen(address)
        print("listening on " + ", ".join(server.addresses), flush=True)
        relays = connect(flags, hub)
        tellers = [loop.create_task(tell(*item)) for item in relays.items()]

        async def answer(request: oxrtmp.aio.Request) -> None:
            if allowed(flags, request):
                hub.accept(request)
            else:
                await request.reject("not here")

        serving = loop.create_task(server.serve(answer))
        await stop.wait()
        await server.close()
        await serving
        for relay in relays.values():
            await relay.close()
        await asyncio.gather(*tellers)


def main() -> int:
    try:
        asyncio.run(serve(arguments()))
    except oxrtmp.Error as error:
        print(f"relay: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
