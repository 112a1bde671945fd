"""Push for asyncio: the same program as push.py, which many streams can run in one process.

python push_aio.py clip.flv rtmp://localhost/live/test
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
from push import Schedule, arguments


async def send(client: oxrtmp.aio.Client, schedule: Schedule) -> None:
    for packet, timestamp, wait in schedule:
        if wait > 0:
            await asyncio.sleep(wait)
        await client.send_packet(packet, timestamp_ms=timestamp)
        schedule.count(packet)


async def push(schedule: Schedule, flags: argparse.Namespace) -> None:
    """Publish the file, and print what was sent. A signal ends it early, but in order."""
    client = await oxrtmp.aio.Client.publish(flags.url, **trust.following_options(flags))
    try:
        async with client:
            sending = asyncio.create_task(send(client, schedule))
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, sending.cancel)
            with contextlib.suppress(asyncio.CancelledError):
                await sending
    finally:
        print(schedule, flush=True)


def main() -> int:
    flags = arguments()
    try:
        asyncio.run(push(Schedule(flags.file, fast=flags.fast, loop=flags.loop), flags))
    except oxrtmp.Error as error:
        print(f"push: {error}", file=sys.stderr)  # names the phase, and the server's code and description
        return 1
    except KeyboardInterrupt:
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
