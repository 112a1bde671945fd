"""Ingest accepts RTMP publishers, checks their key, shows a live line per stream and records FLV files.

    python ingest.py -listen localhost:1935 -key test -record /tmp
    ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test

Each publisher is served by a thread; ingest_aio.py is the same program in tasks.
"""

from __future__ import annotations

import argparse
import contextlib
import hmac
import signal
import sys
import threading
from types import FrameType

import oxrtmp
from live import Screen, Stream


def receive(session: oxrtmp.Session, stream: Stream, directory: str) -> tuple[str, str]:
    """Take packets, and record them, until the stream ends: the file's path, and why it ended."""
    path = ""
    try:
        with contextlib.ExitStack() as stack:
            recorder = None
            if directory:
                recorder = stack.enter_context(oxrtmp.Recorder.in_directory(directory, session.stream_name))
                path = recorder.path
            for packet in session:
                stream.extend(packet)
                if recorder:
                    recorder.write(packet)
    except oxrtmp.Error as error:
        return path, str(error)
    return path, str(session.error or session.end_reason)


class Ingest:
    def __init__(self, flags: argparse.Namespace, server: oxrtmp.Server, screen: Screen) -> None:
        self.flags, self.server, self.screen = flags, server, screen

    def serve(self, request: oxrtmp.Request) -> None:
        """Answer one request and receive its stream to the end."""
        key: str = self.flags.key
        if key and not hmac.compare_digest(request.stream_name.encode(), key.encode()):
            request.reject("unauthorized", code="NetStream.Publish.BadName")
            return
        with request.accept() as session:
            if session.closed:
                return  # the publisher has gone
            stream = Stream(session, f"{session.app}/{session.stream_name}")
            self.screen.print(f"publish {stream.name} from {session.peer_address} ({session.encoder})")
            self.screen.add(stream)
            path, reason = receive(session, stream, self.flags.record)
            self.screen.remove(stream)
            self.screen.print(f"end {stream.name} {stream.summary()} file={path} reason={reason}")
        if self.flags.once:
            self.server.close()


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="ingest", description="Receive RTMP streams.")
    parser.add_argument("-listen", metavar="ADDRESS", default="127.0.0.1:1935", help="accept publishers here")
    parser.add_argument("-key", metavar="NAME", default="", help="the one stream name that may be published")
    parser.add_argument("-record", metavar="DIRECTORY", default="", help="write every stream to an FLV file")
    parser.add_argument("-once", action="store_true", help="end after the first stream")
    parser.add_argument("-quiet", action="store_true", help="no live lines")
    return parser.parse_args()


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main() -> int:
    flags = arguments()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        server = oxrtmp.Server(flags.listen)
    except oxrtmp.Error as error:
        print(f"ingest: {error}", file=sys.stderr)
        return 1
    screen = Screen(flags.quiet)
    ingest = Ingest(flags, server, screen)
    stopped = threading.Event()
    with server:
        screen.print("listening on " + ", ".join(server.addresses))
        threading.Thread(target=screen.keep, args=(stopped,), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve(ingest.serve)
    stopped.set()
    return 0


if __name__ == "__main__":
    sys.exit(main())
