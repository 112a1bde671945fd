"""Pull for asyncio: the same program as pull.py, without a thread.

python pull_aio.py rtmp://localhost/live/test test.flv
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys

import oxrtmp
import oxrtmp.aio
import trust
from live import Screen, Stream
from pull import arguments, name_of, reason_of


async def receive(client: oxrtmp.aio.Client, recorder: oxrtmp.Recorder, stream: Stream, seconds: float) -> str:
    """Record packets until there are no more, or enough of them: why it ended."""
    async for packet in client:
        stream.extend(packet)
        if seconds and stream.duration >= seconds:
            break
        recorder.write(packet)
    return reason_of(client.error)


async def refresh(screen: Screen) -> None:
    while True:
        await asyncio.sleep(1)
        screen.refresh()


async def pull(flags: argparse.Namespace) -> str:
    """Play and record until the stream ends, -seconds have passed or a signal comes: why it ended."""
    loop, task, reason = asyncio.get_running_loop(), asyncio.current_task(), "interrupted"
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    async with oxrtmp.aio.Client.play(flags.url, **trust.following_options(flags)) as client:
        with oxrtmp.Recorder(flags.file) as recorder:  # beside a file that exists, not over it
            screen, stream = Screen(flags.quiet), Stream(client, name_of(flags.url))
            screen.print(f"playing {stream.name} from {client.peer_address}")
            screen.add(stream)
            live = loop.create_task(refresh(screen))
            try:
                reason = await receive(client, recorder, stream, flags.seconds)
            except asyncio.CancelledError:
                task.uncancel()
            live.cancel()
            screen.remove(stream)
            screen.print(f"end {stream.name} {stream.summary()} file={recorder.path} reason={reason}")
    return reason


def main() -> int:
    try:
        reason = asyncio.run(pull(arguments()))
    except oxrtmp.Error as error:
        print(f"pull: {error}", file=sys.stderr)  # names the phase, and the server's code and description
        return 1
    except asyncio.CancelledError:  # a signal before the stream began
        return 1
    if reason not in ("ended", "interrupted"):
        print(f"pull: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
