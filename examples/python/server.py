"""Server is a live server: what publishers send goes to everybody who plays it.

    python server.py -listen localhost:1935 -record /tmp
    ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
    ffplay rtmp://localhost/live/test

It shows a line per stream, and records FLV files if it is told to. server_aio.py is the same program for asyncio.
"""

from __future__ import annotations

import argparse
import contextlib
import hmac
import signal
import sys
import threading
import time
from types import FrameType

import oxrtmp
import oxrtmp.aio
from live import Screen, Stream, printable

CACHE = {p.name.lower(): p for p in oxrtmp.CachePolicy}
SLOW = {p.name.lower(): p for p in oxrtmp.SlowPolicy}
CODECS = {p.name.lower(): p for p in oxrtmp.CodecPolicy}
TAKEOVER = {
    "reject": oxrtmp.Takeover.REJECT,
    "replace": oxrtmp.Takeover.REPLACE,
    "silent": oxrtmp.Takeover.IF_SILENT,
}
LOGIN = {scheme.name.lower(): scheme for scheme in oxrtmp.LoginScheme}
TAKEN_OVER = "another publisher has taken over"


def name_of(peer: oxrtmp.Request | oxrtmp.Session) -> str:
    return f"{peer.app}/{peer.stream_name}"


class Station:
    """Takes publishers into a hub, hands players on to it, records, and shows who comes."""

    def __init__(self, flags: argparse.Namespace, hub: oxrtmp.Hub, screen: Screen) -> None:
        self.flags, self.hub, self.screen = flags, hub, screen

    def serve(self, request: oxrtmp.Request) -> None:
        """Answer one request. That of a publisher is served to the stream's end."""
        if request.kind is oxrtmp.RequestKind.PLAY:
            if self.hub.accept(request):
                self.screen.print(f"play {printable(name_of(request))} to {request.peer_address}")
            return
        key: str = self.flags.key
        if key and not hmac.compare_digest(request.stream_name.encode(), key.encode()):
            request.reject("unauthorized", code="NetStream.Publish.BadName")
            return
        try:
            publisher = self.publish(request)
        except oxrtmp.Error as error:
            request.reject(str(error), code="NetStream.Publish.BadName")
            return
        with publisher, request.accept() as session:
            if not session.closed:  # or the publisher has gone
                self.receive(session, publisher)

    def publish(self, request: oxrtmp.Request) -> oxrtmp.Client:
        """Begin to publish what is requested.

        An encoder that stops and begins again at once may be here before its last stream has ended, with its
        recording: that gets a moment, before the encoder is told that it has a rival.
        """
        patience = time.monotonic() + 2
        while True:
            try:
                return self.hub.publish(request.app, request.stream_name, send_timeout=None)
            except oxrtmp.BusyError:
                if time.monotonic() > patience:
                    raise
                time.sleep(0.01)

    def receive(self, session: oxrtmp.Session, publisher: oxrtmp.Client) -> None:
        """Show a stream and hand it on to its end."""
        stream = Stream(session, name_of(session), lambda: players(self.hub, session))
        self.screen.print(f"publish {stream.name} from {session.peer_address} ({session.encoder})")
        self.screen.add(stream)
        threading.Thread(target=end_replaced, args=(session, publisher), daemon=True).start()
        path, reason = forward(session, publisher, stream, self.flags.record)
        self.screen.remove(stream)
        self.screen.print(f"end {stream.name} {stream.summary()} file={path} reason={reason}")


def end_replaced(session: oxrtmp.Session, publisher: oxrtmp.Client) -> None:
    """End a session once another publisher has its stream: its peer may send nothing by which forward would notice."""
    with contextlib.suppress(oxrtmp.Error):
        for _ in publisher.events():
            pass
    session.close(TAKEN_OVER, code="NetStream.Publish.BadName")


def players(hub: oxrtmp.Hub | oxrtmp.aio.Hub, session: oxrtmp.Session | oxrtmp.aio.Session) -> int:
    """How many play what a session publishes."""
    with contextlib.suppress(oxrtmp.Error):
        return hub.stream_statistics(session.app, session.stream_name).players
    return 0


def forward(session: oxrtmp.Session, publisher: oxrtmp.Client, stream: Stream, directory: str) -> tuple[str, str]:
    """Publish what a session brings, and record it, until it ends: the file's path, and why it ended."""
    path = ""
    try:
        with contextlib.ExitStack() as stack:
            recorder = None
            if directory:
                recorder = stack.enter_context(oxrtmp.Recorder.in_directory(directory, session.stream_name))
                path = recorder.path
            for packet in session:
                stream.extend(packet)
                publisher.send_packet(packet)
                if recorder:
                    recorder.write(packet)
    except oxrtmp.Error as error:
        if publisher.error is None and not isinstance(error, (oxrtmp.ClosedError, oxrtmp.EndOfStreamError)):
            return path, str(error)
        session.close(TAKEN_OVER, code="NetStream.Publish.BadName")
        return path, "closed"
    return path, "closed" if publisher.error else str(session.error or session.end_reason)


def words(text: str) -> list[str]:
    """What is between commas."""
    return [word for word in text.split(",") if word]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="server", description="Serve live streams to everybody who plays them.")
    add = parser.add_argument
    add("-listen", metavar="ADDRESSES", default="127.0.0.1:1935", help="serve on these; rtmps://host:port for TLS")
    add("-key", metavar="NAME", default="", help="the one stream name that may be published")
    add("-record", metavar="DIRECTORY", default="", help="write every stream to an FLV file")
    add("-quiet", action="store_true", help="no live lines")
    add("-tls-cert", metavar="FILE", default="", help="the certificate for rtmps://; SIGHUP reads it again")
    add("-tls-key", metavar="FILE", default="", help="its private key")
    add("-cache", choices=CACHE, default="gop", help="what late players get")
    add("-slow", choices=SLOW, default="drop", help="what happens to slow players")
    add("-codecs", choices=CODECS, default="pass", help="and to those that have not said that they decode a stream")
    add("-takeover", choices=TAKEOVER, default="reject", help="a second publisher of a name")
    add("-grace-ms", type=int, default=10000, help="how long players stay when their publisher has gone")
    add("-coalesce-ms", type=int, default=0, help="how long packets are held back, to send several at once")
    add("-wait", action="store_true", help="players may wait for a publisher")
    add("-connections", type=int, default=10000, help="serve so many connections at most")
    add("-connections-per-address", type=int, default=5000, help="and so many from one address")
    add("-idle-ms", type=int, default=60000, help="end those that are silent for so long, and take nothing")
    add("-events", action="store_true", help="show everything that happens")
    add("-users", type=words, default=[], metavar="NAME:PASSWORD,...", help="who may connect; everybody")
    add("-login", choices=LOGIN, default="adobe", help="how they log in")
    add("-drain", metavar="URL", default="", help="when a signal ends it, ask everybody to go on there, and wait 10 s")
    add("-proxy-from", type=words, default=[], metavar="NETWORK,...", help="load balancers with PROXY protocol")
    return parser.parse_args()


def hub_options(flags: argparse.Namespace) -> oxrtmp.HubOptions:
    return {
        "cache_policy": CACHE[flags.cache],
        "slow_policy": SLOW[flags.slow],
        "codecs": CODECS[flags.codecs],
        "takeover": TAKEOVER[flags.takeover],
        "grace": flags.grace_ms / 1000,
        "coalesce": flags.coalesce_ms / 1000,
        "wait_for_publisher": flags.wait,
    }


def server_options(flags: argparse.Namespace, hub: oxrtmp.Hub | oxrtmp.aio.Hub) -> oxrtmp.ServerOptions:
    limits = oxrtmp.Limits(
        connections=flags.connections,
        connections_per_address=flags.connections_per_address,
    )
    timeouts = oxrtmp.Timeouts(idle=flags.idle_ms / 1000)
    options: oxrtmp.ServerOptions = {
        "hub": hub,
        "ask_publish": True,
        "ask_play": True,
        "limits": limits,
        "timeouts": timeouts,
    }
    if flags.events:
        options["events"] = set(oxrtmp.ServerEventKind) - {oxrtmp.ServerEventKind.STATS_UPDATE}
    options["users"] = dict(user.partition(":")[::2] for user in flags.users)
    options["login_scheme"] = LOGIN[flags.login]
    options["proxy_from"] = flags.proxy_from
    if flags.tls_cert:
        options["tls"] = oxrtmp.TLS(certificate_file=flags.tls_cert, key_file=flags.tls_key)
    return options


def reload(flags: argparse.Namespace, server: oxrtmp.Server | oxrtmp.aio.Server, screen: Screen) -> None:
    """Read the certificate again: the next connections get it, those that are open stay."""
    try:
        server.set_certificate(oxrtmp.TLS(certificate_file=flags.tls_cert, key_file=flags.tls_key))
    except oxrtmp.Error as error:
        screen.print(f"the certificate stays as it is: {error}")
    else:
        screen.print("the certificate is new")


def line_of(event: oxrtmp.ServerEvent) -> str:
    name = printable(f"{event.app}/{event.stream_name}")
    return f"event {event.kind.name.lower()} {event.connection} {name}"


def show(server: oxrtmp.Server, screen: Screen) -> None:
    """Show everything that happens, until the server is closed."""
    for event in server.events():
        screen.print(line_of(event))


DRAIN_SECONDS = 10  # that everybody has to go on elsewhere


def ask_to_leave(flags: argparse.Namespace, server: oxrtmp.Server | oxrtmp.aio.Server, screen: Screen) -> None:
    """Send everybody who knows such requests to another server."""
    asked = server.request_reconnect(flags.drain, "this server is about to end")
    screen.print(f"draining: {asked} asked to go to {flags.drain}")


def drain_on_signal(flags: argparse.Namespace, server: oxrtmp.Server, screen: Screen) -> None:
    """Have a signal drain the server, which ends its serving; a second one ends the process."""

    def leave() -> None:
        ask_to_leave(flags, server, screen)
        server.shutdown(DRAIN_SECONDS)

    def begin(number: int, frame: FrameType | None) -> None:
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.SIG_DFL)
        threading.Thread(target=leave, daemon=True).start()  # a handler of a signal must not wait

    for ending in (signal.SIGINT, signal.SIGTERM):
        signal.signal(ending, begin)


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def serve(flags: argparse.Namespace) -> None:
    """Serve publishers and players until a signal comes."""
    screen, stopped = Screen(flags.quiet), threading.Event()
    with oxrtmp.Hub(**hub_options(flags)) as hub, oxrtmp.Server(**server_options(flags, hub)) as server:
        for address in flags.listen.split(","):
            server.listen(address)
        screen.print("listening on " + ", ".join(server.addresses))
        if flags.drain:
            drain_on_signal(flags, server, screen)
        if flags.tls_cert:
            signal.signal(signal.SIGHUP, lambda number, frame: reload(flags, server, screen))
        threading.Thread(target=screen.keep, args=(stopped,), daemon=True).start()
        if flags.events:
            threading.Thread(target=show, args=(server, screen), daemon=True).start()
        with contextlib.suppress(KeyboardInterrupt):
            server.serve(Station(flags, hub, screen).serve)
    stopped.set()


def main() -> int:
    flags = arguments()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        serve(flags)
    except oxrtmp.Error as error:
        print(f"server: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
