"""Numbers and records that the rest of the package speaks in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from enum import IntEnum, IntFlag, StrEnum
from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from ._enhanced import Capabilities, Enhanced
    from ._hub import BaseHub


class PacketKind(IntEnum):
    """What a packet is for."""

    NONE = 0
    SEQUENCE_HEADER = 1
    FRAME = 2
    SEQUENCE_END = 3
    METADATA = 4
    DATA = 5
    COMMAND = 6
    SILENCE = 7


class Strict(IntFlag):
    """Departures from the specification that end a connection instead of being put up with.

    Encoders in use make most of them: this is for tests of encoders.
    """

    HANDSHAKE = 1 << 0  #: a C2 that does not repeat S1: the peer has not waited for the handshake
    CONNECT = 1 << 1  #: commands, such as releaseStream and FCPublish, before connect was accepted
    AMF = 1 << 2  #: AMF0 without the ends of its objects, in commands and data
    TIMESTAMPS = 1 << 3  #: audio, or video, with a timestamp before that of the one before it
    METADATA = 1 << 4  #: onMetaData a second time in a stream
    APP = 1 << 5  #: a connect without an app
    CHUNK_SIZE = 1 << 6  #: a chunk size of 0, or above 65536
    ORDER = 1 << 7  #: commands and media out of the order of RTMP 1.0, section 7.2
    ALL = (1 << 8) - 1  #: all of them


class PacketFlags(IntFlag):
    """Properties of a packet."""

    KEYFRAME = 1 << 0
    ENHANCED = 1 << 1
    MALFORMED = 1 << 2
    DISPOSABLE = 1 << 3
    MULTITRACK = 1 << 4
    MPEG2TS = 1 << 5
    MULTICHANNEL_CONFIG = 1 << 6
    COLOR_INFO = 1 << 7
    CONTINUED = 1 << 8
    SET_DATA_FRAME = 1 << 9
    UNOFFICIAL_ID = 1 << 10


class Codec(StrEnum):
    """A codec's four characters, as Packet.codec has them."""

    AVC1 = "avc1"
    HVC1 = "hvc1"
    VVC1 = "vvc1"
    AV01 = "av01"
    VP08 = "vp08"
    VP09 = "vp09"
    MP4A = "mp4a"
    OPUS = "Opus"
    FLAC = "fLaC"
    AC3 = "ac-3"
    EC3 = "ec-3"
    MP3 = ".mp3"
    # only in legacy headers
    JPEG = "jpeg"
    SORENSON_H263 = "flv1"
    SCREEN_VIDEO = "fsv1"
    SCREEN_VIDEO_2 = "fsv2"
    VP6 = "vp6f"
    VP6_ALPHA = "vp6a"
    H263 = "h263"
    MPEG4_VISUAL = "mp4v"
    PCM_PLATFORM = "pcmp"
    PCM_LITTLE = "pcml"
    ADPCM = "swfa"
    NELLYMOSER = "nmos"
    NELLYMOSER_16 = "nm16"
    NELLYMOSER_8 = "nm08"
    ALAW = "alaw"
    MULAW = "ulaw"
    SPEEX = "spex"
    DEVICE_SPECIFIC = "devs"


class RequestKind(IntEnum):
    """What a peer asks for. Only publish requests come unless the server's options ask for others."""

    PUBLISH = 1
    PLAY = 2
    CONNECTION = 3
    CONNECT = 4
    FC_PUBLISH = 5


class ServerEventKind(IntEnum):
    """What a ServerEvent tells. The name in lower case is that of the hook.

    What was granted is followed by its end exactly once, however the connection ends: CONNECTION by DISCONNECT, PUBLISH
    by PUBLISH_STOP and UNPUBLISH, PLAY by PLAY_STOP.
    """

    CONNECTION = 1  #: a peer was let in, before its first byte is read
    HANDSHAKE_COMPLETE = 2  #: its handshake is complete
    CONNECT = 3  #: its connect was granted: app
    DISCONNECT = 4  #: it is gone: text, status
    FC_PUBLISH = 5  #: its FCPublish was granted
    PUBLISH = 6  #: its publish was granted
    PUBLISH_STOP = 7  #: nothing more comes of what it published: text
    UNPUBLISH = 8  #: and the session has ended by that, so that its name is free
    PLAY = 9  #: its play was granted
    PLAY_STOP = 10  #: it plays no longer: text
    PAUSE = 11  #: a player pauses: position_ms
    UNPAUSE = 12  #: and goes on: position_ms
    METADATA = 13  #: onMetaData came: packet
    MEDIA_TAG = 14  #: an audio or video message came: packet (its first)
    VIDEO_FRAME = 15  #: a video frame with a legacy header: packet
    AUDIO_FRAME = 16  #: an audio frame with a legacy header: packet
    ENHANCED_VIDEO_FRAME = 17  #: a video frame of Enhanced RTMP: packet
    ENHANCED_AUDIO_FRAME = 18  #: an audio frame of Enhanced RTMP: packet
    KEYFRAME = 19  #: a video frame that needs no earlier one, before it is told as a frame: packet
    STATS_UPDATE = 20  #: stats_interval has passed for a stream: statistics


class LoginScheme(IntEnum):
    """Ways in which encoders log in by user and password."""

    ADOBE = 1  #: authmod=adobe, which FFmpeg, OBS, FMLE, Wirecast and many others know
    LLNW = 2  #: authmod=llnw, Limelight's


class EventKind(IntEnum):
    """What an Event tells."""

    REQUEST = 1  #: the peer asks: answer `request`
    PACKET = 2  #: `packet` has arrived
    STREAM_END = 3  #: the stream has ended; `text` says how
    CONNECTED = 4  #: the server has accepted the stream: send, or packets come
    FAILED = 5  #: it has not; `status`, `code` and `text` say why
    PAUSE = 11  #: the player pauses: what is sent is left out; `value` is where it stands, in milliseconds
    UNPAUSE = 12  #: the player goes on, and needs sequence headers and a keyframe; `value` as of PAUSE
    SEEK = 13  #: the player wants to be elsewhere in a recorded stream; `value` is where, in milliseconds
    RECEIVE = 14  #: the player wants packets of a type or not: `value` is 8 for audio, 9 for video; `on`
    BUFFER_LENGTH = 15  #: the player says how much it buffers; `value` in milliseconds
    CALL = 48  #: with answer_calls: the peer calls `name` with `values`; `value` is for answer and refuse, 0: none is wanted
    SHARED_OBJECT = 49  #: with answer_calls: `shared_object` has come
    RECONNECT = 51  #: the server asks the client to connect anew; `text` is where
    RELAY = 16  #: the relay has come into a state: `value` is a RelayState; `status` and `text` say why
    RECONNECTING = 18  #: with reconnect: the connection is lost, `status` says why; it is made again
    RECONNECTED = 19  #: with reconnect: the server has accepted again
    CONGESTED = 20  #: with drop_video or reconnect: half of output_bytes is queued
    RELIEVED = 21  #: with drop_video or reconnect: no more than a quarter is queued again
    HANDSHAKE = 32  #: the handshake is done; `text` is "simple" or "digest"
    STATUS = 33  #: the server said something else; `code` and `text`
    COMMAND = 34  #: a command that the library does not answer; `code` is its name
    CONTROL = 35  #: a user control event; `value` is its number
    ACKNOWLEDGED = 36  #: `value` is how many bytes the peer has received, modulo 2**32
    CHUNK_SIZE = 37  #: `value` is the size of the chunks that the peer sends from now on


def milliseconds(seconds: float | None) -> int:
    """A time in seconds for a call that takes milliseconds: None and infinity are -1, for ever."""
    if seconds is None or seconds == math.inf:
        return -1
    return max(0, min(math.ceil(seconds * 1000), 2**31 - 1))


@dataclass(kw_only=True)
class Limits:
    """Bounds on what a peer may cost. 0 is the default."""

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
        return {f"{name}_ms": milliseconds(value) or 1 for name, value in given.items() if value is not None}


@dataclass(kw_only=True)
class TLS:
    """Who this side is, and whom it trusts, where a connection is rtmps: RTMP over TLS 1.2 or later.

    A client needs none of it: it verifies the server's certificate by the system's authorities and the name in the URL. A
    server needs a certificate and its key, from files or from memory.
    """

    certificate_file: str = ""  #: PEM: a certificate, and after it those that lead to its authority
    key_file: str = ""  #: PEM: its key
    certificate_pem: str = ""  #: the certificate as text, instead of certificate_file
    key_pem: str = ""  #: the key as text, instead of key_file
    ca_file: str = ""  #: PEM: who is trusted, by a client instead of the system's authorities; by a server, to vouch
    ca_pem: str = ""  #: for clients, which then must show a certificate
    server_name: str = ""  #: client: the name it asks for, and the certificate must be for; the URL's host
    pin: str = ""  #: client: trust these certificates only, by their SHA-256 in hex, with commas
    insecure: bool = False  #: client: trust everybody: the connection can be listened to and changed

    def _native(self) -> dict[str, Any]:
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(kw_only=True)
class Mask:
    """What is left out of a stream; nothing by default."""

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


class CachePolicy(IntEnum):
    """What late players get besides metadata and sequence headers."""

    GOP = 0  #: everything since the last keyframe
    KEYFRAME = 1  #: the last keyframe; then no video until the next one
    OFF = 2  #: nothing: the video begins with the next keyframe


class SlowPolicy(IntEnum):
    """What happens to a player that takes less than it is sent."""

    DROP = 0  #: video is dropped up to the next keyframe, audio flows
    DISCONNECT = 1  #: it is disconnected
    BLOCK = 2  #: its stream waits for it, and with it every other player


class Takeover(IntEnum):
    """What happens when somebody publishes under a name that has a publisher."""

    REJECT = 0  #: the newcomer is refused: NetStream.Publish.BadName
    REPLACE = 1  #: the newcomer takes over, the players stay
    IF_SILENT = 2  #: it takes over if nothing has come from the other one for `silent_after`


class Timestamps(IntEnum):
    """Which timestamps players see. Those of a publisher that takes over go on where the last ones were."""

    KEEP = 0  #: the first publisher's, whatever they do
    MONOTONIC = 1  #: its too, but those of audio, and those of video, never go back
    REBASE = 2  #: as monotonic, from 0 with the first frame


class CodecPolicy(IntEnum):
    """What becomes of players that have not said in connect that they decode what a stream carries."""

    PASS = 0  #: they get everything
    REFUSE = 1  #: they are told NetStream.Play.Failed
    FILTER = 2  #: they get what they have said that they decode, data, and what has no codec


class RelayState(IntEnum):
    """What a relay does."""

    IDLE = 0  #: nothing to relay: no publisher here, or on demand no player, or another publisher
    CONNECTING = 1  #: to the other server
    RUNNING = 2  #: the other server has accepted
    WAITING = 3  #: the connection failed: it will try again
    CLOSED = 4  #: it was closed, or its hub, or it gave up


class HubOptions(TypedDict, total=False):
    """The keyword arguments of Hub."""

    cache_policy: CachePolicy  #: what late players get; GOP
    cache_bytes: int  #: most bytes that a stream's cache holds since the last keyframe; 8 MiB
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
    retry_max: float  #: the most it waits; 30
    attempts: int  #: give up after so many failures in a row; never
    client: ClientOptions  #: of its connections, TLS among them
    mask: Mask  #: push: what is left out of the stream


def native_relay_options(options: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, int], dict[str, int]]:
    """Options of a relay as the extension takes them: its own, and its client's three kinds."""
    plain = dict(options)
    client, limits, timeouts = native_options(plain.pop("client", {}))
    client.pop("send_timeout", None)
    for name in ("idle_after", "retry_min", "retry_max"):
        if name in plain:
            plain[f"{name}_ms"] = max(1, milliseconds(plain.pop(name)))
    if "mask" in plain:
        plain["mask"] = plain["mask"]._native()
    return plain, client, limits, timeouts


def native_hub_options(options: Any) -> dict[str, Any]:
    """Options of a hub as the extension takes them."""
    plain = dict(options)
    if "mask" in plain:
        plain["mask"] = plain["mask"]._native()
    for name in ("silent_after", "grace", "coalesce", "wait_limit"):
        if name in plain:
            plain[f"{name}_ms"] = milliseconds(plain.pop(name))
    if plain.get("grace_ms") == 0:
        plain["grace_ms"] = -1
    return plain


def native_options(options: Any) -> tuple[dict[str, Any], dict[str, int], dict[str, int]]:
    """Options as the extension takes them: the plain ones, the limits, the timeouts."""
    plain = dict(options)
    limits = plain.pop("limits", None) or Limits()
    timeouts = plain.pop("timeouts", None) or Timeouts()
    for name in ("tls", "mask", "capabilities"):
        if name in plain:
            plain[name] = plain[name]._native()
    if "hub" in plain:
        plain["hub"] = plain["hub"]._handle
    if "events" in plain:
        plain["events"] = sum(1 << ServerEventKind(kind) for kind in set(plain["events"]))
    if "users" in plain:
        plain["users"] = [text for user in plain["users"].items() for text in user]
    if "proxy_from" in plain:
        networks = plain["proxy_from"]
        plain["proxy_from"] = networks if isinstance(networks, str) else ",".join(networks)
    if "stats_interval" in plain:
        plain["stats_interval_ms"] = milliseconds(plain.pop("stats_interval")) or 1
    if "linger" in plain:
        plain["linger_ms"] = milliseconds(plain.pop("linger")) or -1
    if "keep_alive" in plain:
        plain["keep_alive_ms"] = milliseconds(plain.pop("keep_alive")) or 1
    for name in ("retry_min", "retry_max"):
        if name in plain:
            plain[f"{name}_ms"] = max(1, milliseconds(plain.pop(name)))
    if "user_timeout" in plain:
        plain["user_timeout_ms"] = max(1, milliseconds(plain.pop("user_timeout")))
    return plain, limits._native(), timeouts._native()


@dataclass(kw_only=True)
class Metadata:
    """What a stream says about itself. A number that is not known is 0, a text ""."""

    width: float = 0  #: pixels
    height: float = 0  #: pixels
    frame_rate: float = 0  #: frames per second
    video_codec: str = ""  #: a Codec
    video_data_rate: float = 0  #: kbit/s
    audio_codec: str = ""  #: a Codec
    audio_data_rate: float = 0  #: kbit/s
    audio_sample_rate: float = 0  #: Hz
    audio_sample_size: float = 0  #: bits
    audio_channels: float = 0  #: number of channels
    audio_delay: float = 0  #: seconds
    stereo: bool = False
    surround: str = ""  #: "2.1", "3.1", "4.0", "4.1", "5.1" or "7.1": which of OBS's flags is set
    duration: float = 0  #: seconds; files only
    file_size: float = 0  #: bytes; files only
    can_seek_to_end: bool = False  #: files only
    creation_date: str = ""
    encoder: str = ""  #: name of the software


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What a session or a client has carried."""

    timestamp_ms: int  #: of the last packet
    duration_ns: int  #: since the stream was accepted, or the client began
    keyframe_interval_ns: int  #: between the last two keyframes, by decoding time
    bytes: int  #: payload bytes
    packets: int  #: all packets, of these:
    audio_packets: int
    video_packets: int
    data_packets: int  #: data, metadata included
    keyframes: int  #: packets that are keyframes
    malformed: int  #: packets that were not understood
    queued_bytes: int  #: received and not yet taken by you, or taken from you and not yet sent
    audio_bytes: int  #: payload bytes of audio
    video_bytes: int  #: payload bytes of video
    dropped: int  #: messages dropped instead of sent: by a client, or a hub's slow player
    audio_bitrate: int  #: bits of audio payload a second; since statistics were taken before, at least a second ago
    video_bitrate: int  #: bits of video payload a second, likewise
    frame_rate: float  #: video frames a second, likewise


@dataclass(frozen=True, kw_only=True)
class Failure:
    """A connection that has ended by a deadline or an error, and the last bytes of its peer."""

    status: int  #: why: Status
    phase: str  #: "handshake", "connect", "publish", "media", ...
    connection: int  #: its number on the server
    offset: int  #: how many bytes of the peer came before data; 0: an engine that is fed with it comes to the same end
    peer: str  #: its address
    text: str  #: the error in words
    data: bytes  #: handshake included, without TLS


@dataclass(frozen=True, kw_only=True)
class ConnectionStatistics:
    """What the connection of a session or a client has carried."""

    phase: str  #: "handshake", "connect", "publish", "media", ...
    number: int  #: of the connection on its server, from 1; 0 of a client's
    duration_ns: int  #: since it was accepted, or the client began
    bytes_received: int  #: of RTMP, handshake included, without what TLS adds
    bytes_sent: int  #: likewise
    queued_bytes: int  #: output that waits for the network
    rtt_ns: int  #: round trip time as the kernel has measured it; 0 where it has not
    rtt_variation_ns: int  #: its mean deviation
    ping_rtt_ns: int  #: how long the last ping that was answered took; 0: none was
    resent_segments: int  #: TCP segments that were sent again
    messages_received: int  #: of every kind
    packets_received: int  #: audio, video and data handed on
    malformed: int  #: packets received whose header was not understood
    ignored: int  #: media and data outside a publishing stream
    unknown: int  #: messages, commands and control events that the library does not know
    faulty: int  #: control, command and data messages that could not be parsed


@dataclass(frozen=True, kw_only=True)
class PlayInfo:
    """What a player asks for besides the stream's name."""

    reset: bool  #: what was to be played before is dropped
    buffer_length_ms: int  #: how much it buffers; 0 if it did not say
    start: float  #: -2: live, or else recorded; -1: live only; else a position. Some send seconds, some milliseconds
    duration: float  #: of the same kind; -1: all of it


@dataclass(frozen=True, kw_only=True)
class ConnectInfo:
    """The numbers of a peer's connect command, 0 where it sent none."""

    encoder: int
    fpad: bool
    capabilities: float
    audio_codecs: float
    video_codecs: float
    video_function: float
    object_encoding: float


@dataclass(frozen=True, kw_only=True)
class HubStatistics:
    """A hub at one moment."""

    streams: int  #: streams that there are
    publishers: int  #: of them with a publisher
    players: int  #: of all streams
    bytes: int  #: payload bytes received from publishers
    packets: int  #: messages received from publishers
    frames_sent: int  #: to all players
    frames_dropped: int  #: because players were slow
    cached_bytes: int  #: that wait for late players
    messages_lost: int  #: that reached no player, as there was no memory for them
    duration_ns: int  #: since the hub began


@dataclass(frozen=True, kw_only=True)
class StreamStatistics:
    """A stream of a hub at one moment."""

    published: bool  #: whether it has a publisher
    players: int  #: who play it
    timestamp_ms: int  #: of the last message received
    duration_ns: int  #: since the stream began
    keyframe_interval_ns: int  #: between the last two keyframes received, by decoding time
    bytes: int  #: payload bytes received from publishers
    packets: int  #: messages received from publishers, of these:
    audio_packets: int
    video_packets: int
    data_packets: int  #: data, metadata included
    keyframes: int
    malformed: int  #: not understood
    frames_sent: int  #: to all players
    frames_dropped: int  #: because players were slow
    cached_bytes: int  #: that wait for late players
    publisher: str  #: the publisher's address, "application" of Hub.publish, or ""
    messages_lost: int  #: that reached no player, as there was no memory for them
    published_ns: int  #: since the publisher began
    video_codec: str  #: of the first video track: a Codec, "" while there is none
    audio_codec: str  #: and of the first audio track


@dataclass(frozen=True, kw_only=True)
class PlayerStatistics:
    """A player of a hub's stream at one moment."""

    peer: str  #: its address; "" of Hub.play
    duration_ns: int  #: since it began
    bytes: int  #: payload bytes sent
    packets: int  #: messages sent
    queued_bytes: int  #: not sent yet
    frames_dropped: int  #: because it was slow
    paused: bool
    waiting: bool  #: for a publisher, or a keyframe
    no_audio: bool
    no_video: bool


@dataclass(frozen=True, kw_only=True)
class RelayStatistics:
    """A relay at one moment."""

    pull: bool  #: or push
    state: RelayState
    status: int  #: how the latest connection failed or ended: a Status
    since_ns: int  #: how long it is in its state
    connections: int  #: that were accepted
    retries: int  #: attempts after one that failed
    bytes: int  #: payload bytes sent or received, by all connections
    packets: int  #: all packets, of these:
    audio_packets: int
    video_packets: int
    data_packets: int  #: data, metadata included
    queued_bytes: int  #: not sent yet
    frames_dropped: int  #: by a push whose server was slow
    text: str  #: status in words, the other server's too


@dataclass(frozen=True, kw_only=True)
class LibraryStatistics:
    """What the library holds at this moment, in the whole process."""

    handles: int  #: live servers, requests, sessions, clients, queues, ...
    packets: int  #: packets received by you and not yet released
    payload_bytes: int  #: memory of message payloads in use, which memory_limit bounds
    pooled_bytes: int  #: memory of payloads kept for the next ones
    heap_bytes: int  #: memory in use on Go's heap
    goroutines: int  #: concurrent activities inside the library
    faults: int  #: internal faults caught since the start
    processors: int  #: threads that run Go code at a time: see runtime_configure
    heap_limit: int  #: soft limit of Go's memory in bytes, 0: none: see runtime_configure


@dataclass(frozen=True, kw_only=True)
class EngineStatistics:
    """What the connection of an engine has done."""

    phase: str  #: "handshake", "connect", "publish", "media", ...
    bytes_received: int  #: after the handshake
    messages_received: int  #: of every kind
    packets_received: int  #: audio, video and data handed on
    packets_sent: int  #: audio, video and data
    malformed: int  #: packets received whose header was not understood
    ignored: int  #: media and data outside a publishing stream
    unknown: int  #: messages, commands and control events that the library does not know
    faulty: int  #: control, command and data messages that could not be parsed
    requests_rejected: int  #: requests that were rejected
    requests_expired: int  #: requests that were not answered in time
