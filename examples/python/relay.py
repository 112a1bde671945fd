"""Relay is a live server for one stream, which it sends to other servers as well.

    python relay.py -listen localhost:1935 -stream live/test rtmp://a.example/live/key rtmps://b.example/live/key
    ffmpeg -re -i clip.mp4 -c copy -f flv rtmp://localhost/live/test

The stream comes from a publisher, or with -from from another server. relay_aio.py is the same program for asyncio.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import threading
from types import FrameType
from urllib.parse import urlsplit

import oxrtmp
import oxrtmp.aio
import trust


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="relay", description="Serve one stream, and send it on to other servers.")
    add = parser.add_argument
    add("-listen", metavar="ADDRESSES", default="127.0.0.1:1935", help="serve on these; rtmps://host:port for TLS")
    add("-stream", metavar="APP/NAME", default="live/test", help="what may be published and played")
    add("-from", metavar="URL", dest="source", default="", help="play the stream from there instead")
    add("-on-demand", action="store_true", help="only while somebody plays it here")
    add("-idle-ms", type=int, default=10000, help="and so much longer")
    add("-retry-min-ms", type=int, default=1000, help="wait so long after a failure, and twice as long after each more")
    add("-retry-max-ms", type=int, default=30000, help="up to so long")
    add("-tls-cert", metavar="FILE", default="", help="the certificate for addresses that begin with rtmps://")
    add("-tls-key", metavar="FILE", default="", help="its private key")
    trust.add_flags(parser)
    add("urls", metavar="URL", nargs="*", help="send the stream there")
    return parser.parse_args()


def server_options(flags: argparse.Namespace, hub: oxrtmp.Hub | oxrtmp.aio.Hub) -> oxrtmp.ServerOptions:
    options: oxrtmp.ServerOptions = {"hub": hub, "ask_publish": True, "ask_play": True}
    if flags.tls_cert:
        options["tls"] = oxrtmp.TLS(certificate_file=flags.tls_cert, key_file=flags.tls_key)
    return options


def relay_options(flags: argparse.Namespace) -> oxrtmp.RelayOptions:
    return {
        "retry_min": flags.retry_min_ms / 1000,
        "retry_max": flags.retry_max_ms / 1000,
        "client": trust.client_options(flags),
    }


def pull_options(flags: argparse.Namespace) -> oxrtmp.RelayOptions:
    return {**relay_options(flags), "on_demand": flags.on_demand, "idle_after": flags.idle_ms / 1000}


def host(url: str) -> str:
    """What of a URL may be shown: its path is a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def state_of(name: str, event: oxrtmp.Event) -> str:
    """The line for a state that a relay has come into."""
    line = f"{name}: {oxrtmp.RelayState(event.value).name.lower()}"
    return f"{line}: {event.error}" if event.error else line


def summary_of(name: str, s: oxrtmp.RelayStatistics) -> str:
    """The line for a relay's end."""
    return (
        f"{name}: connections={s.connections} retries={s.retries} packets={s.packets} bytes={s.bytes} "
        f"dropped={s.frames_dropped}"
    )


def allowed(flags: argparse.Namespace, request: oxrtmp.Request | oxrtmp.aio.Request) -> bool:
    """Whether a request is for the stream; nobody publishes it when it comes from a server."""
    publishes = request.kind is oxrtmp.RequestKind.PUBLISH
    return f"{request.app}/{request.stream_name}" == flags.stream and not (publishes and flags.source)


def tell(name: str, relay: oxrtmp.Relay) -> None:
    """Print each state that a relay comes to, and at the end what it has done."""
    for event in relay.events():
        print(state_of(name, event), flush=True)
    print(summary_of(name, relay.statistics()), flush=True)


def connect(flags: argparse.Namespace, hub: oxrtmp.Hub) -> dict[str, oxrtmp.Relay]:
    """Begin the relays: by what they are called."""
    app, _, name = flags.stream.rpartition("/")
    relays: dict[str, oxrtmp.Relay] = {}
    for number, url in enumerate(flags.urls, 1):
        relays[f"push {number} to {host(url)}"] = hub.push(app, name, url, **relay_options(flags))
    if flags.source:
        relays[f"pull from {host(flags.source)}"] = hub.pull(app, name, flags.source, **pull_options(flags))
    return relays


def interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def serve(flags: argparse.Namespace) -> None:
    """Serve the stream and send it on until a signal comes."""
    with oxrtmp.Hub() as hub, oxrtmp.Server(**server_options(flags, hub)) as server:
        for address in flags.listen.split(","):
            server.listen(address)
        print("listening on " + ", ".join(server.addresses), flush=True)
        relays = connect(flags, hub)
        tellers = [threading.Thread(target=tell, args=item) for item in relays.items()]
        for teller in tellers:
            teller.start()

        def answer(request: oxrtmp.Request) -> None:
            if allowed(flags, request):
                hub.accept(request)
            else:
                request.reject("not here")

        with contextlib.suppress(KeyboardInterrupt):
            server.serve(answer)
        for relay in relays.values():
            relay.close()
        for teller in tellers:
            teller.join()


def main() -> int:
    flags = arguments()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        serve(flags)
    except oxrtmp.Error as error:
        print(f"relay: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
