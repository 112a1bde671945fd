"""Pull plays a stream from an RTMP server and writes it to an FLV file.

    python pull.py rtmp://localhost/live/test test.flv

pull_aio.py is the same program for asyncio.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from types import FrameType

import oxrtmp
import trust
from live import Screen, Stream


def name_of(url: str) -> str:
    """What stands behind the host in a URL, without the query."""
    return url.partition("://")[2].partition("/")[2].partition("?")[0]


def reason_of(error: oxrtmp.Error | None) -> str:
    """Why a stream ended by itself: "ended" where that is no fault."""
    return "ended" if error is None or isinstance(error, oxrtmp.EndOfStreamError) else str(error)


def pull(flags: argparse.Namespace) -> str:
    """Play and record until the stream ends, -seconds have passed or a signal comes: why it ended."""
    reason = "interrupted"
    with contextlib.ExitStack() as stack:
        client = stack.enter_context(oxrtmp.Client.play(flags.url, **trust.following_options(flags)))
        recorder = stack.enter_context(oxrtmp.Recorder(flags.file))  # beside a file that exists, not over it
        screen, stream = Screen(flags.quiet), Stream(client, name_of(flags.url))
        screen.print(f"playing {stream.name} from {client.peer_address}")
        screen.add(stream)
        stopped = threading.Event()
        stack.callback(stopped.set)
        threading.Thread(target=screen.keep, args=(stopped,), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            for packet in client:
                stream.extend(packet)
                if flags.seconds and stream.duration >= flags.seconds:
                    break
                recorder.write(packet)
            reason = reason_of(client.error)
        screen.remove(stream)
        screen.print(f"end {stream.name} {stream.summary()} file={recorder.path} reason={reason}")
    return reason


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="pull", description="Write a stream of an RTMP server to an FLV file.")
    parser.add_argument("-seconds", metavar="SECONDS", type=float, default=0, help="end after so much of the stream")
    parser.add_argument("-quiet", action="store_true", help="no live line")
    trust.add_follow_flag(parser)
    trust.add_flags(parser)
    parser.add_argument("url", metavar="URL")
    parser.add_argument("file", metavar="FILE")
    return parser.parse_args()


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    flags = arguments()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        reason = pull(flags)
    except oxrtmp.Error as error:
        print(f"pull: {error}", file=sys.stderr)  # names the phase, and the server's code and description
        return 1
    except KeyboardInterrupt:
        return 1
    if reason not in ("ended", "interrupted"):
        print(f"pull: {reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
