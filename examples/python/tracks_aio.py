"""Tracks for asyncio: the same program as tracks.py, which many streams can run in one process.

python tracks_aio.py camera-1.flv camera-2.flv rtmp://localhost/live/test
python tracks_aio.py -video 1 -audio none rtmp://localhost/live/test out.flv
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

import oxrtmp
import oxrtmp.aio
import trust
from tracks import Schedule, Selection, arguments, reason_of


async def publish(flags: argparse.Namespace) -> None:
    """Publish the files' tracks, and print what was sent. A signal ends it early, but in order."""
    schedule = Schedule(flags.files, fast=flags.fast)
    client = await oxrtmp.aio.Client.publish(flags.url, **trust.client_options(flags))
    print(*schedule.lines, sep="\n", flush=True)
    try:
        async with client:
            try:
                await client.send_metadata(schedule.metadata)
                for packet, wait in schedule:
                    if wait > 0:
                        await asyncio.sleep(wait)
                    await client.send_packet(packet)
                    schedule.count(packet)
            except asyncio.CancelledError:
                forget_cancelling()
    finally:
        print(schedule, flush=True)


async def select(stream: oxrtmp.aio.Client | oxrtmp.aio.Session, flags: argparse.Namespace, name: str) -> None:
    """Select until the stream ends, -seconds have passed or a signal comes."""
    selection, reason = Selection(flags, name), "interrupted"
    try:
        async for packet in stream:
            if not selection.take(packet):
                break
        reason = reason_of(stream.error)
    except asyncio.CancelledError:
        forget_cancelling()
    selection.end(reason)


async def select_published(flags: argparse.Namespace) -> None:
    """Select from the first publisher that comes."""
    async with oxrtmp.aio.Server(flags.listen) as server:
        print(f"listening on {server.address}", flush=True)
        async with (await server.accept()).accept() as session:
            await select(session, flags, f"{session.app}/{session.stream_name}")


async def select_played(flags: argparse.Namespace) -> None:
    async with oxrtmp.aio.Client.play(flags.url, **trust.client_options(flags)) as client:
        await select(client, flags, flags.url)


def forget_cancelling() -> None:
    """A signal ends what is done, not what is left to do."""
    task = asyncio.current_task()
    assert task is not None
    task.uncancel()


async def run(flags: argparse.Namespace) -> None:
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    if flags.listen:
        await select_published(flags)
    elif flags.files:
        await publish(flags)
    else:
        await select_played(flags)


def main() -> int:
    flags = arguments()
    try:
        asyncio.run(run(flags))
    except oxrtmp.Error as error:
        print(f"tracks: {error}", file=sys.stderr)  # names the phase, and the server's code and description
        return 1
    except asyncio.CancelledError:  # a signal before the stream began
        return 0 if flags.listen else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
