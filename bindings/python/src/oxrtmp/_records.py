"""Records: what the library tells about streams, peers and itself."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from ._enums import RelayState


@dataclass(kw_only=True)
class TrackInfo:
    """What metadata says of one track besides track 0, which it describes itself: a 0 or "" is as there."""

    track: int  #: its number
    codec: str = ""  #: a Codec
    data_rate: float = 0  #: kbit/s
    width: float = 0  #: of video: pixels
    height: float = 0  #: of video: pixels
    sample_rate: float = 0  #: of audio: Hz
    channels: float = 0  #: of audio: number of channels


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
    stereo: bool = False  #: two channels
    surround: str = ""  #: "2.1", "3.1", "4.0", "4.1", "5.1" or "7.1": which of OBS's flags is set
    duration: float = 0  #: seconds; files only
    file_size: float = 0  #: bytes; files only
    can_seek_to_end: bool = False  #: files only
    creation_date: str = ""  #: as the software writes it
    encoder: str = ""  #: name of the software
    video_tracks: list[TrackInfo] = field(default_factory=list[TrackInfo])  #: other tracks than 0 (videoTrackIdInfoMap)
    audio_tracks: list[TrackInfo] = field(default_factory=list[TrackInfo])  #: likewise (audioTrackIdInfoMap)

    def _native(self) -> dict[str, Any]:
        """As the extension wants it."""
        plain = asdict(self)
        plain["tracks"] = [{"type": type, **track} for type, name in TRACKS for track in plain.pop(name)]
        return plain

    @classmethod
    def _of(cls, plain: dict[str, Any]) -> Self:
        tracks = plain.pop("tracks")
        for type, name in TRACKS:
            plain[name] = [
                TrackInfo(**{k: v for k, v in t.items() if k != "type"}) for t in tracks if t["type"] == type
            ]
        return cls(**plain)


TRACKS = ((9, "video_tracks"), (8, "audio_tracks"))  # message types, and what metadata says of their tracks


@dataclass(frozen=True, kw_only=True)
class Statistics:
    """What a session or a client has carried."""

    timestamp_ms: int  #: of the last packet
    duration_ns: int  #: since the stream was accepted, or the client began
    keyframe_interval_ns: int  #: between the last two keyframes, by decoding time
    bytes: int  #: payload bytes
    packets: int  #: all packets, of these:
    audio_packets: int  #: audio
    video_packets: int  #: video
    data_packets: int  #: data, metadata included
    keyframes: int  #: packets that are keyframes
    malformed: int  #: packets that were not understood
    queued_bytes: int  #: received and not yet taken by you, or taken from you and not yet sent
    audio_bytes: int  #: payload bytes of audio
    video_bytes: int  #: payload bytes of video
    dropped: int  #: messages dropped instead of sent: by a client, or a hub's slow player
    #: bits of audio payload a second: since statistics were taken before, at least a second ago, or since the stream
    #: began; in its first second what has come so far
    audio_bitrate: int
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
    play2: bool = False  #: the command was play2: the stream takes the place of the one that plays
    offset: float = 0  #: of play2: where in the new stream to switch, in seconds; -1 if it did not say
    transition: str = ""  #: of play2: "switch", "swap", "append", "stop", "reset", "resume" or "appendAndWait"


@dataclass(frozen=True, kw_only=True)
class ConnectInfo:
    """The numbers of a peer's connect command, 0 where it sent none."""

    encoder: int  #: the software it seems to be, as a number: see Request.encoder for its name
    fpad: bool  #: the peer is behind a proxy
    capabilities: float  #: as sent
    audio_codecs: float  #: as sent
    video_codecs: float  #: as sent
    video_function: float  #: as sent
    object_encoding: float  #: 0 or 3: the AMF version that it asks for


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
    cached_bytes: int  #: of memory, held for late players
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
    audio_packets: int  #: audio
    video_packets: int  #: video
    data_packets: int  #: data, metadata included
    keyframes: int  #: video frames that are keyframes
    malformed: int  #: not understood
    frames_sent: int  #: to all players
    frames_dropped: int  #: because players were slow
    cached_bytes: int  #: of memory, held for late players
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
    paused: bool  #: it has asked to be sent nothing
    waiting: bool  #: for a publisher, or a keyframe
    no_audio: bool  #: it has asked for no audio
    no_video: bool  #: it has asked for no video


@dataclass(frozen=True, kw_only=True)
class RelayStatistics:
    """A relay at one moment."""

    pull: bool  #: or push
    state: RelayState  #: what it does
    status: int  #: how the latest connection failed or ended: a Status
    since_ns: int  #: how long it is in its state
    connections: int  #: that were accepted
    retries: int  #: attempts after one that failed
    bytes: int  #: payload bytes sent or received, by all connections
    packets: int  #: all packets, of these:
    audio_packets: int  #: audio
    video_packets: int  #: video
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
