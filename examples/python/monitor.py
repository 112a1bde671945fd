"""Monitor is a live server that tells how its streams do: a line for each every few seconds, and figures for Prometheus.

    python monitor.py -listen localhost:1935 -http localhost:9100
    ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
    curl http://localhost:9100/metrics http://localhost:9100/streams

/metrics is what Prometheus scrapes: the server's own figures, and those of each stream with its name as labels; /streams is
the same of the streams as JSON. The library keeps the figures, and reading them holds up no media. -uvloop runs it all on
uvloop's event loop (pip install uvloop), which the library does not tell from asyncio's own.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import signal
import sys
from collections.abc import Callable, Coroutine
from http import HTTPStatus
from typing import Any

import oxrtmp
import oxrtmp.aio
from live import printable

# What /metrics says of each stream: a figure's name, its type, and where it comes from.
METRICS: list[tuple[str, str, Callable[[oxrtmp.StreamStatistics], float]]] = [
    ("players", "gauge", lambda s: s.players),
    ("received_bytes_total", "counter", lambda s: s.bytes),
    ("audio_packets_total", "counter", lambda s: s.audio_packets),
    ("video_packets_total", "counter", lambda s: s.video_packets),
    ("keyframes_total", "counter", lambda s: s.keyframes),
    ("keyframe_interval_seconds", "gauge", lambda s: s.keyframe_interval_ns / 1e9),
    ("malformed_total", "counter", lambda s: s.malformed),
    ("frames_sent_total", "counter", lambda s: s.frames_sent),
    ("frames_dropped_total", "counter", lambda s: s.frames_dropped),
]


def label(text: str) -> str:
    """A label's value in Prometheus's text format: names are what peers have sent."""
    escaped = text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'"{escaped}"'


class Monitor:
    def __init__(self, hub: oxrtmp.aio.Hub, server: oxrtmp.aio.Server) -> None:
        self.hub, self.server = hub, server

    def metrics(self) -> str:
        streams = self.hub.streams()
        lines = [self.server.prometheus().rstrip("\n")]
        for name, kind, figure in METRICS:
            lines.append(f"# TYPE oxrtmp_stream_{name} {kind}")
            for (app, stream), statistics in streams.items():
                labels = f"app={label(app)},stream={label(stream)}"
                lines.append(f"oxrtmp_stream_{name}{{{labels}}} {figure(statistics)}")
        return "\n".join(lines) + "\n"

    def streams(self) -> str:
        found = self.hub.streams().items()
        return json.dumps([{"app": app, "name": name, **dataclasses.asdict(s)} for (app, name), s in found])

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request of HTTP/1.1, and the connection is over: what a scraper or curl needs."""
        pages = {
            "/metrics": (self.metrics, "text/plain; version=0.0.4"),
            "/streams": (self.streams, "application/json"),
        }
        try:
            async with asyncio.timeout(10):
                head = await reader.readuntil(b"\r\n\r\n")  # 64 KiB at most
                method, path, *_ = head.decode("latin-1").split(" ", 2)
                page, kind = pages.get(path.partition("?")[0], (lambda: "not found\n", "text/plain"))
                status = HTTPStatus.OK if path.partition("?")[0] in pages else HTTPStatus.NOT_FOUND
                body = page().encode()
                lines = [f"HTTP/1.1 {status.value} {status.phrase}", f"Content-Type: {kind}; charset=utf-8"]
                lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
                writer.write("\r\n".join(lines).encode() + (b"" if method == "HEAD" else body))
                await writer.drain()
        except (ValueError, OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # it is no HTTP, or nobody is there any more
        finally:
            writer.close()

    async def show(self, seconds: float) -> None:
        """A line for each stream, every so many seconds."""
        before: dict[tuple[str, str], int] = {}
        while True:
            await asyncio.sleep(seconds)
            now = self.hub.streams()
            for (app, name), s in now.items():
                kbits = max(0, s.bytes - before.get((app, name), 0)) * 8 / 1000 / seconds
                print(
                    f"stream {printable(f'{app}/{name}')} {s.video_codec or '-'}/{s.audio_codec or '-'} "
                    f"kbits={kbits:.0f} packets={s.packets} players={s.players} dropped={s.frames_dropped}",
                    flush=True,
                )
            before = {key: s.bytes for key, s in now.items()}


async def serve(flags: argparse.Namespace) -> None:
    """Serve publishers, players and HTTP until a signal comes."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    host, _, port = flags.http.rpartition(":")
    async with oxrtmp.aio.Hub() as hub, oxrtmp.aio.Server(flags.listen, hub=hub) as server:
        monitor = Monitor(hub, server)
        async with await asyncio.start_server(monitor.answer, host, int(port)) as http:
            print("listening on " + ", ".join(server.addresses), flush=True)
            print("http://{}:{}".format(*http.sockets[0].getsockname()[:2]), type(loop).__module__, flush=True)
            serving = loop.create_task(server.serve())
            showing = loop.create_task(monitor.show(flags.seconds))
            await stop.wait()
            showing.cancel()
        await server.close()
        await serving


def run(main: Coroutine[Any, Any, None], on_uvloop: bool) -> None:
    if on_uvloop:
        import uvloop

        uvloop.run(main)
    else:
        asyncio.run(main)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="monitor", description="A live server that tells how its streams do.")
    parser.add_argument("-listen", metavar="ADDRESS", default="127.0.0.1:1935", help="serve streams here")
    parser.add_argument("-http", metavar="ADDRESS", default="127.0.0.1:9100", help="answer /metrics and /streams here")
    parser.add_argument("-seconds", metavar="SECONDS", type=float, default=5, help="between two lines about a stream")
    parser.add_argument("-uvloop", action="store_true", help="run on uvloop")
    return parser.parse_args()


def main() -> int:
    flags = arguments()
    try:
        run(serve(flags), flags.uvloop)
    except (oxrtmp.Error, OSError) as error:
        print(f"monitor: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
