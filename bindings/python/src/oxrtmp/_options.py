"""Options, as the keyword arguments that they are, and as the library takes them."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar

from ._enums import CachePolicy, CodecPolicy, LoginScheme, ServerEventKind, SlowPolicy, Strict, Takeover, Timestamps

if TYPE_CHECKING:
    from ._enhanced import Capabilities, Enhanced
    from ._hub import BaseHub


MOST = 2**31 - 1  # milliseconds

File = str | os.PathLike[str]


def milliseconds(seconds: float | None) -> int:
    """A time in seconds for a call that takes milliseconds: None and infinity are -1, for ever."""
    if seconds is None or seconds == math.inf:
        return -1
    return max(0, min(math.ceil(seconds * 1000), MOST))


# Options that are times, and what the library takes for 0 and for infinity.
TIMES = {
    "linger": (-1, MOST),
    "keep_alive": (1, -1),
    "user_timeout": (1, MOST),
    "stats_interval": (1, MOST),
    "retry_min": (1, MOST),
    "retry_max": (1, MOST),
    "idle_after": (1, MOST),
    "silent_after": (1, MOST),
    "grace": (-1, MOST),
    "coalesce": (0, MOST),
    "wait_limit": (1, 0),
}


def time_of(name: str, seconds: Any) -> int:
    """The time that an option gives, -1 for ever."""
    try:
        if seconds is not None:
            return milliseconds(seconds)
    except TypeError:
        pass
    raise TypeError(f"the option {name!r} is a number of seconds, not a {type(seconds).__name__}")


def set_times(plain: dict[str, Any]) -> None:
    """Make the times of options what the library takes."""
    for name, (none, endless) in TIMES.items():
        if name in plain:
            time = time_of(name, plain.pop(name))
            plain[f"{name}_ms"] = endless if time < 0 else time or none


@dataclass(kw_only=True)
class Limits:
    """Bounds on what a peer may cost. 0 is the default.

    >>> with oxrtmp.Server("127.0.0.1:0", limits=oxrtmp.Limits(connections=100)) as server:
    ...     server.statistics()["connections"]
    0
    """

    message_bytes: int = 0  #: longest message once a stream is accepted; 16777215, the most there can be
    partial_bytes: int = 0  #: memory of incomplete messages per connection from then on; 32 MiB
    early_message_bytes: int = 0  #: longest message before that; 32 KiB
    early_partial_bytes: int = 0  #: memory of incomplete messages per connection before that; 32 KiB
    chunk_streams: int = 0  #: chunk streams in use per connection; 64
    message_streams: int = 0  #: message streams per connection; 16
    amf_depth: int = 0  #: nesting of AMF values; 64
    amf_values: int = 0  #: AMF values in one message; 65536
    early_amf_values: int = 0  #: the same before a stream is accepted; 512
    name_bytes: int = 0  #: each of app, stream name and tcUrl; 8 KiB, at most 65535
    idle_messages: int = 0  #: messages per second that bring nothing forward; 500
    output_bytes: int = 0  #: output that waits because the peer does not read, per connection; 4 MiB
    queue_bytes: int = 0  #: received packets that wait for you, per stream; 1 MiB, past it nothing is read
    connections: int = 0  #: open connections of a server; 10000
    connections_per_address: int = 0  #: open connections from one IP address; 5000
    pending_requests: int = 0  #: requests of a server that wait for an answer; 1024
    pending_calls: int = 0  #: calls of either side that wait for their answer, per connection; 64
    read_chunks: int = 0  #: chunks of a connection taken before others have their turn; 4096
    handshakes: int = 0  #: connections a server lets in per second; the rest wait in the kernel; 10000

    def _native(self) -> dict[str, int]:
        return asdict(self)


@dataclass(kw_only=True)
class Timeouts:
    """How long each phase of a connection may last, in seconds. None is the default, math.inf is without bound."""

    resolve: float | None = None  #: client: looking the host up; 10
    dial: float | None = None  #: client: the TCP connection; 10
    handshake: float | None = None  #: the whole handshake; 10
    connect: float | None = None  #: server: from the handshake to connect; client: from connect to its answer; 10
    create_stream: float | None = None  #: client: from createStream to its answer; 10
    publish: float | None = None  #: client: from publish or play to its answer; 10
    decision: float | None = None  #: server: your answer to a request; 10
    setup: float | None = None  #: server: from the beginning, or the end of a stream, to an accepted one; 30
    first_media: float | None = None  #: server: from an accepted publish to its first packet; 20
    idle: float | None = None  #: without a byte received (after half of it the peer is pinged); 60
    write: float | None = None  #: without progress of the output towards the peer; 10

    def _native(self) -> dict[str, int]:
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return {f"{name}_ms": time_of(name, value) or 1 for name, value in given.items() if value is not None}


@dataclass(kw_only=True)
class TLS:
    """Who this side is, and whom it trusts, where a connection is rtmps: RTMP over TLS 1.2 or later.

    A client needs none of it: it verifies the server's certificate by the system's authorities and the name in the URL. A
    server needs a certificate and its key, from files or from memory.
    """

    certificate_file: File = ""  #: PEM: a certificate, and after it those that lead to its authority
    key_file: File = ""  #: PEM: its key
    certificate_pem: str = ""  #: the certificate as text, instead of certificate_file
    key_pem: str = ""  #: the key as text, instead of key_file
    ca_file: File = ""  #: PEM: who is trusted, by a client instead of the system's authorities; by a server, to vouch
    ca_pem: str = ""  #: for clients, which then must show a certificate
    server_name: str = ""  #: client: the name it asks for, and the certificate must be for; the URL's host
    pin: str = ""  #: client: trust these certificates only, by their SHA-256 in hex, with commas
    insecure: bool = False  #: client: trust everybody: the connection can be listened to and changed

    def _native(self) -> dict[str, Any]:
        given = {name: value for name, value in asdict(self).items() if value}
        return {name: os.fspath(value) if name.endswith("_file") else value for name, value in given.items()}


@dataclass(kw_only=True)
class Mask:
    """What is left out of a stream; nothing by default.

    >>> hub = oxrtmp.Hub(mask=oxrtmp.Mask(no_data=True, codecs=["avc1", "mp4a"]))
    >>> hub.close()
    """

    no_audio: bool = False  #: audio
    no_video: bool = False  #: video
    no_data: bool = False  #: data, metadata too
    keyframes_only: bool = False  #: video frames that need an earlier one
    track: int | None = None  #: audio and video of other tracks than this one
    codecs: Sequence[str] | None = None  #: all but these codecs

    def _native(self) -> dict[str, Any]:
        plain: dict[str, Any] = {n: getattr(self, n) for n in ("no_audio", "no_video", "no_data", "keyframes_only")}
        if self.track is not None:
            plain["track"] = self.track + 1
        if self.codecs is not None:
            plain["codecs"] = list(self.codecs)
        return plain


class ServerOptions(TypedDict, total=False):
    """The keyword arguments of Server and serve."""

    limits: Limits  #: bounds on what a peer may cost
    timeouts: Timeouts  #: how long each phase of a connection may last
    chunk_size: int  #: size of the chunks sent, 1 to 65536; 4096
    window_ack_size: int  #: bytes after which the peer is asked to acknowledge; 5000000
    peer_bandwidth: int  #: announced by Set Peer Bandwidth; 5000000
    ask_connection: bool  #: each connection raises a request first, before a byte of it is read
    ask_connect: bool  #: connect raises a request
    ask_fc_publish: bool  #: FCPublish raises a request
    send_on_bw_done: bool  #: onBWDone follows the answer to connect
    linger: float  #: seconds that a connection which ends may take to deliver its last words; 2
    ask_play: bool  #: play raises a request; else players are told that there is no such stream
    send_timeout: float | None  #: seconds that sending to a player waits for room, None for ever, 0 not at all; 10
    output_bytes: int  #: data that may be queued for a player before sending waits; 1 MiB
    hub: BaseHub  #: answers every publish and play, without a request
    ask_publish: bool  #: publish raises a request though there is a hub
    tls: TLS  #: for addresses that begin with rtmps://
    play_recorded: bool  #: players are told that streams are recorded ones
    no_sample_access: bool  #: leave out |RtmpSampleAccess, which lets Flash players read samples
    data_start: bool  #: players get NetStream.Data.Start as data, as some servers do
    enhanced: Enhanced  #: how to speak of Enhanced RTMP; Enhanced.AUTO
    capabilities: Capabilities  #: what the answer to connect says; every codec, to be forwarded
    answer_calls: bool  #: what peers call, and shared objects, are events of sessions; else calls are refused
    keep_alive: float  #: seconds of silence after which the kernel probes the peer, math.inf: never; 15
    user_timeout: float  #: seconds that the peer may leave what was sent unacknowledged (Linux); the system's
    receive_buffer_bytes: int  #: size of the kernel's receive buffer; the system's, which grows with need
    send_buffer_bytes: int  #: size of the kernel's send buffer; likewise
    strict: Strict  #: which departures from the specification end a connection; none
    keep_bytes: int  #: how much of what each peer sent last is kept for take_failure, at most 1 MiB; nothing
    events: Iterable[ServerEventKind]  #: what the server tells by next_event and events, which must take them; nothing
    ask_media_tag: bool  #: each MEDIA_TAG is told, and its message waits for ServerEvent.keep or drop
    stats_interval: float  #: seconds between two STATS_UPDATE of a stream; 5
    users: Mapping[str, str]  #: who may connect, by name and password; everybody. Or decide by Request.login
    login_scheme: LoginScheme  #: how users log in; ADOBE
    proxy_from: Iterable[str]  #: networks of load balancers with PROXY protocol, such as "10.0.0.0/8" or "192.0.2.1"


class ClientOptions(TypedDict, total=False):
    """The keyword arguments of Client.publish and Client.play."""

    limits: Limits  #: bounds on what the server may cost
    timeouts: Timeouts  #: how long each phase of the connection may last
    app: str  #: application; what the URL says
    stream_name: str  #: stream name; what the URL says
    tc_url: str  #: tcUrl; the URL without the stream name
    flash_version: str  #: flashVer; "FMLE/3.0 (compatible; oxrtmp)"
    swf_url: str  #: swfUrl; not sent
    page_url: str  #: pageUrl; not sent
    publish_type: str  #: "live", "record" or "append"; "live"
    chunk_size: int  #: size of the chunks sent, 1 to 65536; 4096
    digest_handshake: bool  #: offer the digest handshake, which some servers ask for
    output_bytes: int  #: data that may be queued before sending waits; 1 MiB
    send_timeout: float | None  #: seconds that sending waits for room, None for ever, 0 not at all; 10
    linger: float  #: seconds that closing waits for queued data to leave; 2
    live_only: bool  #: playing: a live stream only; else, if there is none, a recorded one of that name
    buffer_length_ms: int  #: playing: what the server is told about this side's buffer; 1000
    start_ms: int  #: playing: position in a recorded stream, if above 0
    duration_ms: int  #: playing: how much of a recorded stream; all of it
    tls: TLS  #: for URLs that begin with rtmps://; the system's authorities
    mask: Mask  #: of Hub.play: what is left out of the stream
    user: str  #: for servers that ask for a login; what the URL says
    password: str  #: its password
    follow_redirects: bool  #: go where the server sends the client, up to five times in a row
    enhanced: Enhanced  #: how to speak of Enhanced RTMP; Enhanced.AUTO
    capabilities: Capabilities  #: what connect says; every codec
    answer_calls: bool  #: what the server calls, and shared objects, are events; else calls are refused
    keep_alive: float  #: seconds of silence after which the kernel probes the peer, math.inf: never; 15
    user_timeout: float  #: seconds that the peer may leave what was sent unacknowledged (Linux); the system's
    receive_buffer_bytes: int  #: size of the kernel's receive buffer; the system's, which grows with need
    send_buffer_bytes: int  #: size of the kernel's send buffer; likewise
    drop_video: bool  #: publishing: video up to a keyframe is dropped instead of waiting for room; audio waits as ever
    reconnect: bool  #: publishing: a lost connection is made again; what is sent meanwhile is dropped
    retry_min: float  #: seconds to wait after a failure, half of it to all of it; doubled by each one; 1
    retry_max: float  #: the most it waits; 30
    attempts: int  #: end the stream after so many failures in a row; never
    follow_reconnects: bool  #: obey a server that asks to connect anew; the new connection is made first


class HubOptions(TypedDict, total=False):
    """The keyword arguments of Hub."""

    cache_policy: CachePolicy  #: what late players get; GOP
    cache_bytes: int  #: most bytes of memory that a stream's cache holds since the last keyframe; 24 MiB
    cache_frames: int  #: and most frames; 4096
    slow_policy: SlowPolicy  #: what happens to slow players; DROP
    slow_bytes: int  #: waiting output past which a player is slow; 1 MiB
    disconnect_bytes: int  #: waiting output past which it is disconnected; 8 MiB, at least twice slow_bytes
    takeover: Takeover  #: a second publisher of a name; REJECT
    silent_after: float  #: for Takeover.IF_SILENT, seconds; 5
    grace: float  #: seconds that players stay when their publisher has gone, 0: not at all; 10
    wait_for_publisher: bool  #: players wait for a stream that is not there yet
    coalesce: float  #: seconds that frames are held back, to send several at once; 0
    chunk_size: int  #: chunk size towards players, 1 to 65536; 4096
    timestamps: Timestamps  #: which timestamps players see; KEEP
    mask: Mask  #: what is left out, for every player that a server brings
    codecs: CodecPolicy  #: players that have not said that they decode a stream; PASS
    wait_limit: float  #: with wait_for_publisher: seconds that players wait before the stream ends; for ever


class RelayOptions(TypedDict, total=False):
    """The keyword arguments of Hub.push and Hub.pull."""

    on_demand: bool  #: pull: begin with the first player, who waits for it
    idle_after: float  #: on demand: end so many seconds after the last player has left; 10
    retry_min: float  #: seconds to wait after a failure, half of it to all of it; doubled by each one; 1
    retry_max: float  #: the most it waits, if no player comes on demand; 30
    attempts: int  #: give up after so many failures in a row; never
    client: ClientOptions  #: of its connections, TLS among them
    mask: Mask  #: push: what is left out of the stream


T = TypeVar("T")


def take(kind: type[T], options: dict[str, Any], name: str) -> T | None:
    """An option that has to be of a class; None if it is not there."""
    value = options.pop(name, None)
    if value is not None and not isinstance(value, kind):
        made = kind.__name__.removeprefix("Base")
        raise TypeError(f"the option {name!r} is an oxrtmp.{made}(...), not a {type(value).__name__}")
    return value


def native_relay_options(options: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, int], dict[str, int]]:
    """Options of a relay as the extension takes them: its own, and its client's three kinds."""
    plain = dict(options)
    client, limits, timeouts = native_options(plain.pop("client", {}))
    client.pop("send_timeout", None)
    set_times(plain)
    if mask := take(Mask, plain, "mask"):
        plain["mask"] = mask._native()
    return plain, client, limits, timeouts


def native_hub_options(options: Any) -> dict[str, Any]:
    """Options of a hub as the extension takes them."""
    plain = dict(options)
    if mask := take(Mask, plain, "mask"):
        plain["mask"] = mask._native()
    set_times(plain)
    return plain


def native_options(options: Any) -> tuple[dict[str, Any], dict[str, int], dict[str, int]]:
    """Options as the extension takes them: the plain ones, the limits, the timeouts."""
    from ._enhanced import Capabilities
    from ._hub import BaseHub

    plain = dict(options)
    limits = take(Limits, plain, "limits") or Limits()
    timeouts = take(Timeouts, plain, "timeouts") or Timeouts()
    for name, kind in (("tls", TLS), ("mask", Mask), ("capabilities", Capabilities)):
        value: Any = take(kind, plain, name)
        if value is not None:
            plain[name] = value._native()
    if hub := take(BaseHub, plain, "hub"):
        plain["hub"] = hub._handle
    if "events" in plain:
        plain["events"] = sum(1 << ServerEventKind(kind) for kind in set(plain["events"]))
    if "users" in plain:
        items = getattr(plain["users"], "items", None)
        if items is None:
            raise TypeError(f"the option 'users' is a mapping, not a {type(plain['users']).__name__}")
        plain["users"] = [text for user in items() for text in user]
    if "proxy_from" in plain:
        networks = plain["proxy_from"]
        plain["proxy_from"] = networks if isinstance(networks, str) else ",".join(networks)
    set_times(plain)
    return plain, limits._native(), timeouts._native()


def play2_options(
    stream_name: str,
    old_stream_name: str | None,
    transition: str | None,
    live_only: bool,
    start_ms: int,
    duration_ms: int,
    offset_ms: int,
    properties: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What play2 says, as the extension wants it."""
    texts = {
        "stream_name": stream_name,
        "old_stream_name": old_stream_name,
        "transition": transition,
        "json": None if properties is None else json.dumps(properties, allow_nan=False),
    }
    numbers = {"live_only": live_only, "start_ms": start_ms, "duration_ms": duration_ms, "offset_ms": offset_ms}
    return {**numbers, **{name: text for name, text in texts.items() if text is not None}}
