"""`python -m oxrtmp`: serve, play, push, relay and probe RTMP streams from a terminal."""

from __future__ import annotations

import argparse
import contextlib
import hmac
import json
import signal
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator
from types import FrameType
from typing import BinaryIO

from . import Client, Hub, Recorder, Relay, Request, Server, build_info
from ._enums import RelayState, RequestKind, Takeover
from ._errors import EndOfStreamError, Error, ProtocolError, Status
from ._flv import FLVReader
from ._lowlevel_media import flv_header, flv_tag
from ._native import Packet
from ._options import TLS, ClientOptions, Limits, ServerOptions
from ._probe import Probe
from ._report import Rates, Report, Row

DESCRIPTION = """\
Serve, play, push, relay and probe RTMP streams.

On a terminal a live line shows bit rate, frame rate and what was dropped. To a pipe
or a file the same goes as lines of JSON, one object each, whose "event" says what it
is: "progress" once a second, and "listening", "publish", "play", "refused",
"recorded", "publishing", "playing", "relay", "error" and "end" when that happens."""

EXAMPLES = """\
A URL is rtmp://host/app/name, or rtmps:// for TLS; [user:password@] before the host
logs in, and :port follows it where that is not 1935, or 443 for rtmps.

To try it, in three terminals:
  python -m oxrtmp listen
  ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test
  python -m oxrtmp play rtmp://localhost/live/test -o - | ffplay -

"python -m oxrtmp COMMAND --help" says more, with examples. Ctrl-C ends a command in
order. The exit code is 0, 1 when something failed, and 2 for a wrong command line.
"""

LISTEN = """\
Publishers send to rtmp://ADDRESS/app/name, and whoever plays that URL gets what they
send: at once, from the last keyframe on. Without an address it serves this machine
only; :1935 is every interface.

examples:
  python -m oxrtmp listen
  python -m oxrtmp listen :1935 --key s3cret --record recordings
  python -m oxrtmp listen :1935 rtmps://:443 --tls-cert cert.pem --tls-key key.pem"""

PLAY = """\
Without -o the stream is counted, and thrown away. It ends with the stream.

examples:
  python -m oxrtmp play rtmp://localhost/live/test -o show.flv
  python -m oxrtmp play rtmp://localhost/live/test -o - | ffplay -"""

PUSH = """\
The file is sent as it is, at the pace of its timestamps.

examples:
  ffmpeg -i clip.mp4 -c copy clip.flv
  python -m oxrtmp push clip.flv rtmp://localhost/live/test --loop"""

RELAY = """\
Each connection that is lost, or cannot be made, is made again, with pauses of up to
30 seconds. What is shown of URLs is their hosts only: names are often secrets.

example:
  python -m oxrtmp relay rtmp://localhost/live/test rtmps://a.example/app/key rtmp://b.example/app/key"""

PROBE = """\
Codecs, frame and bit rates and keyframe intervals of each track, and how soon they
came. The exit code is 1 when nothing came.

example:
  python -m oxrtmp probe rtmp://localhost/live/test --seconds 5"""


# ---- listen ----


class Station:
    """Takes publishers and players into a hub, and records."""

    def __init__(self, flags: argparse.Namespace, hub: Hub, report: Report) -> None:
        self.flags, self.hub, self.report = flags, hub, report
        self._rates: dict[tuple[str, str], Rates] = {}
        self._lock, self._recorded = threading.Lock(), set[tuple[str, str]]()

    def answer(self, request: Request) -> None:
        """Grant or refuse one request."""
        name, peer, key = f"{request.app}/{request.stream_name}", request.peer_address, self.flags.key
        stream = request.app, request.stream_name
        publishes = request.kind is RequestKind.PUBLISH
        if publishes and key and not hmac.compare_digest(request.stream_name.encode(), key.encode()):
            request.reject("unauthorized", code="NetStream.Publish.BadName")
            self.report.say("refused", f"{peer} may not publish {name}", stream=name, peer=peer)
            return
        encoder = request.encoder
        if not self.hub.accept(request):
            return
        event = "publish" if publishes else "play"
        self.report.say(
            event,
            f"{peer} {event}es {name}" if publishes else f"{peer} plays {name}",
            stream=name,
            peer=peer,
            encoder=encoder,
        )
        if publishes and self.flags.record:
            self.record(*stream)

    def record(self, app: str, stream_name: str) -> None:
        """Write a stream to a file until it ends, unless that is being done already."""
        with self._lock:
            if (app, stream_name) in self._recorded:
                return
            self._recorded.add((app, stream_name))
        try:
            with (
                self.hub.play(app, stream_name) as client,
                Recorder.in_directory(self.flags.record, stream_name) as recorder,
            ):
                path = recorder.path
                for packet in client:
                    recorder.write(packet)
            self.report.say("recorded", f"{app}/{stream_name} is in {path}", stream=f"{app}/{stream_name}", file=path)
        except Error as error:
            self.report.say("error", f"{app}/{stream_name}: {error}", stream=f"{app}/{stream_name}", error=str(error))
        finally:
            with self._lock:
                self._recorded.discard((app, stream_name))

    def rows(self) -> list[Row]:
        """Every stream of the hub."""
        found = self.hub.streams()
        self._rates = {name: self._rates.get(name) or Rates(s.duration_ns / 1e9) for name, s in found.items()}
        return [
            {
                "stream": "/".join(name),
                **self._rates[name](s),
                "players": s.players - (name in self._recorded),
                "dropped": s.frames_dropped,
            }
            for name, s in found.items()
        ]


def listen(flags: argparse.Namespace, report: Report) -> int:
    takeover = Takeover.REPLACE if flags.replace else Takeover.REJECT
    with Hub(takeover=takeover, grace=flags.grace) as hub, Server(**server_options(flags, hub)) as server:
        for address in flags.address:
            server.listen(address)
        report.say("listening", "listening on " + ", ".join(server.addresses), addresses=server.addresses)
        station = Station(flags, hub, report)
        with report.every_second(station.rows), contextlib.suppress(KeyboardInterrupt):
            server.serve(station.answer)
    return 0


def server_options(flags: argparse.Namespace, hub: Hub) -> ServerOptions:
    limits = Limits(connections=flags.connections)
    options: ServerOptions = {"hub": hub, "ask_publish": True, "ask_play": True, "limits": limits}
    if flags.tls_cert:
        options["tls"] = TLS(certificate_file=flags.tls_cert, key_file=flags.tls_key)
    return options


# ---- play ----


def sink(path: str) -> contextlib.AbstractContextManager[Callable[[Packet], None]]:
    """Where packets go: to a file, to the standard output, or nowhere."""
    if path == "-":
        return standard_output()
    if path:
        return recorded(path)
    return contextlib.nullcontext(lambda packet: None)


@contextlib.contextmanager
def standard_output() -> Generator[Callable[[Packet], None]]:
    out: BinaryIO = sys.stdout.buffer
    out.write(flv_header())

    def write(packet: Packet) -> None:
        if not packet.continued:
            out.write(flv_tag(packet))
            out.flush()

    yield write


@contextlib.contextmanager
def recorded(path: str) -> Generator[Callable[[Packet], None]]:
    with Recorder(path) as recorder:
        yield recorder.write


def play(flags: argparse.Namespace, report: Report) -> int:
    rates = Rates()
    with Client.play(flags.url, **client_options(flags)) as client:
        report.say("playing", f"playing from {client.peer_address}", peer=client.peer_address)

        def rows() -> list[Row]:
            return [{"stream": flags.url.rpartition("/")[2], **rates(client.statistics())}]

        end = time.monotonic() + flags.seconds if flags.seconds else None
        with sink(flags.output) as write, report.every_second(rows), contextlib.suppress(KeyboardInterrupt):
            for packet in client:
                write(packet)
                if end and time.monotonic() > end:
                    break
        return ended(report, client, client.error)


def ended(report: Report, client: Client, error: Error | None) -> int:
    """Say what there was. A stream that ended by itself is no fault."""
    n = client.statistics()
    fault = None if error is None or isinstance(error, EndOfStreamError) else str(error)
    text = f"{n.packets} packets, {n.bytes} bytes" + (f": {fault}" if fault else "")
    report.say("end", text, packets=n.packets, bytes=n.bytes, error=fault)
    return 1 if fault else 0


# ---- push ----


def schedule(path: str, *, fast: bool, loop: bool) -> Iterator[tuple[Packet, int]]:
    """The packets of a file and their timestamps, each when it is due."""
    started, first, last, shift = time.monotonic(), None, 0, 0
    while True:
        with FLVReader(path) as reader:
            for packet in reader:
                last = packet.timestamp_ms
                first = last if first is None else first
                due = (last - first + shift) % 2**32
                if not fast and due < 2**31:
                    time.sleep(max(0.0, started + due / 1000 - time.monotonic()))
                yield packet, (last + shift) % 2**32
        if not loop or first is None:
            return
        shift += (last - first) % 2**32 + 40


def push(flags: argparse.Namespace, report: Report) -> int:
    with FLVReader(flags.file) as reader:  # a file that cannot be read is found before the server is asked
        try:
            if reader.next_packet() is None:
                raise ProtocolError("there is nothing in it", Status.FLV)
        except ProtocolError as error:
            hint = f"{flags.file}: {error}; to make an FLV file: ffmpeg -i {flags.file} -c copy clip.flv"
            raise ProtocolError(hint, error.status) from error
    rates = Rates()
    with Client.publish(flags.url, **client_options(flags)) as client:
        report.say("publishing", f"publishing to {client.peer_address}", peer=client.peer_address)

        def rows() -> list[Row]:
            n = client.statistics()
            return [{"stream": "sent", **rates(n), "queued": n.queued_bytes}]

        with report.every_second(rows), contextlib.suppress(KeyboardInterrupt):
            for packet, timestamp_ms in schedule(flags.file, fast=flags.fast, loop=flags.loop):
                client.send_packet(packet, timestamp_ms=timestamp_ms)
            client.flush()
        return ended(report, client, client.error)


# ---- relay ----


def host(url: str) -> str:
    """What of a URL may be shown: its path is a secret."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('/')[0].rpartition('@')[2]}"


def relay(flags: argparse.Namespace, report: Report) -> int:
    options = client_options(flags)
    with Hub() as hub:
        relays = {f"from {host(flags.source)}": hub.pull("relay", "stream", flags.source, client=options)}
        for number, url in enumerate(flags.url, 1):
            relays[f"{number} to {host(url)}"] = hub.push("relay", "stream", url, client=options)
        rates = {name: Rates() for name in relays}

        def rows() -> list[Row]:
            found = {name: r.statistics() for name, r in relays.items()}
            return [
                {
                    "stream": name,
                    **rates[name](s),
                    "state": RelayState(s.state).name.lower(),
                    "dropped": s.frames_dropped,
                    "retries": s.retries,
                }
                for name, s in found.items()
            ]

        tellers = [threading.Thread(target=tell, args=(report, *item)) for item in relays.items()]
        for teller in tellers:
            teller.start()
        with report.every_second(rows), contextlib.suppress(KeyboardInterrupt):
            while True:
                time.sleep(3600)
        for r in relays.values():
            r.close()
        for teller in tellers:
            teller.join()
    return 0


def tell(report: Report, name: str, relay: Relay) -> None:
    """Say each state that a relay comes to."""
    for event in relay.events():
        state, error = RelayState(event.value).name.lower(), str(event.error) if event.error else None
        report.say("relay", f"{name}: {state}" + (f": {error}" if error else ""), stream=name, state=state, error=error)


# ---- probe ----


def probe(flags: argparse.Namespace, report: Report) -> int:
    """Play for some seconds, and tell what the stream is made of."""
    found = Probe.of(flags.url, seconds=flags.seconds, **client_options(flags))
    if flags.json or not sys.stdout.isatty():
        print(json.dumps(found.as_dict()))
    else:
        print("\n".join(found.lines()))
    return 0 if found.tracks else 1


# ---- the command line ----


def client_options(flags: argparse.Namespace) -> ClientOptions:
    return {"tls": TLS(ca_file=flags.ca, insecure=flags.insecure), "follow_redirects": True}


def arguments(argv: list[str] | None) -> argparse.Namespace:
    formatter = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python -m oxrtmp", description=DESCRIPTION, epilog=EXAMPLES, formatter_class=formatter
    )
    parser.add_argument("--version", action="version", version=build_info(), help="the version, and end")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    trust = argparse.ArgumentParser(add_help=False)
    trust.add_argument(
        "--ca", metavar="FILE", default="", help="PEM: who vouches for rtmps servers; default: the system's authorities"
    )
    trust.add_argument("--insecure", action="store_true", help="do not check the certificates of rtmps servers")

    def command(
        name: str, run: Callable[[argparse.Namespace, Report], int], help: str, more: str, *, calls: bool = True
    ) -> Callable[..., argparse.Action]:
        added = commands.add_parser(
            name,
            help=help,
            description=f"{help[0].upper()}{help[1:]}.",
            epilog=more,
            parents=[trust] if calls else [],
            formatter_class=formatter,
        )
        added.set_defaults(run=run, output="")
        return added.add_argument

    add = command("listen", listen, "serve publishers, and everybody who plays what they send", LISTEN, calls=False)
    add(
        "address",
        metavar="ADDRESS",
        nargs="*",
        default=["127.0.0.1:1935"],
        help="host:port, or rtmps://host:port; default: 127.0.0.1:1935",
    )
    add("--key", metavar="NAME", default="", help="the one stream name that may be published; default: any")
    add("--record", metavar="DIRECTORY", default="", help="write every stream to an FLV file there")
    add("--replace", action="store_true", help="a second publisher of a name takes over; default: it is refused")
    add(
        "--grace",
        metavar="SECONDS",
        type=float,
        default=10,
        help="how long players stay when their publisher has gone; default: 10",
    )
    add("--connections", metavar="NUMBER", type=int, default=10000, help="serve so many at most; default: 10000")
    add("--tls-cert", metavar="FILE", default="", help="PEM: the certificate for rtmps:// addresses")
    add("--tls-key", metavar="FILE", default="", help="PEM: its private key")

    add = command("play", play, "play a stream: count it, or write it as FLV", PLAY)
    add("url", metavar="URL", help="rtmp://host/app/name")
    add(
        "-o",
        "--output",
        metavar="FILE",
        default="",
        help="write there; - is the standard output, for players that read FLV",
    )
    add("--seconds", metavar="SECONDS", type=float, default=0, help="end after so long")

    add = command("push", push, "publish an FLV file, in real time", PUSH)
    add("file", metavar="FILE", help="an FLV file")
    add("url", metavar="URL", help="rtmp://host/app/name")
    add("--fast", action="store_true", help="as fast as the server takes it")
    add("--loop", action="store_true", help="begin again at the file's end")

    add = command("relay", relay, "play a stream and send it to other servers, until Ctrl-C", RELAY)
    add("source", metavar="FROM", help="rtmp://host/app/name")
    add("url", metavar="TO", nargs="+", help="where to send it: rtmp://host/app/name")

    add = command("probe", probe, "tell what a stream is made of", PROBE)
    add("url", metavar="URL", help="rtmp://host/app/name")
    add("--seconds", metavar="SECONDS", type=float, default=3, help="look at it for so long; default: 3")
    add("--json", action="store_true", help="JSON on a terminal too")

    if not (sys.argv[1:] if argv is None else argv):
        parser.print_help(sys.stderr)
        parser.exit(2)
    flags = parser.parse_args(argv)
    if flags.run is listen and bool(flags.tls_cert) != bool(flags.tls_key):
        parser.error("--tls-cert and --tls-key belong together")
    if flags.run is listen and not flags.tls_cert and any(a.startswith("rtmps://") for a in flags.address):
        parser.error("rtmps:// addresses need --tls-cert and --tls-key")
    return flags


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def main(argv: list[str] | None = None) -> int:
    """Run a command: the exit code, 0 unless something failed."""
    flags = arguments(argv)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        code: int = flags.run(flags, Report(sys.stderr if flags.output == "-" else sys.stdout))
        return code
    except Error as error:
        print(f"oxrtmp: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # whoever read the output has gone
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        return 130
