"""RTMP for Python: accept, send and record live streams, with Enhanced RTMP.

    import oxrtmp

    with oxrtmp.Server("127.0.0.1:1935") as server:
        for request in server:
            if request.stream_name != "secret":
                request.reject("unauthorized")
                continue
            with request.accept() as session:
                for packet in session:
                    print(packet.timestamp_ms, packet.track, packet.codec, len(packet.data))

    with oxrtmp.Client.publish("rtmp://127.0.0.1/live/secret") as client:
        client.send_video_sequence_header(avcc)
        client.send_video(timestamp_ms, keyframe, nalus)

These classes are for threads: their methods wait. The same names for asyncio are in oxrtmp.aio; the parts that the
protocol is made of, on bytes of yours, in oxrtmp.lowlevel. In a process that is forked off by one that has imported
oxrtmp everything raises ForkedError: use multiprocessing's "spawn" method, or import it after forking.
"""

from __future__ import annotations

import atexit
import os

from . import _platform

_platform.check()

if _path := os.environ.get("OXRTMP_LIBRARY"):
    # Another libxrtmp.so.0 than the one beside this file: the first to be loaded is used.
    import ctypes

    ctypes.CDLL(_path)

try:
    from . import _native, amf, codec
except ImportError as _error:
    raise ImportError(_platform.refusal(_error)) from _error
atexit.register(_native.ending)
from ._client import Client
from ._engine import Engine, EngineRequest
from ._enhanced import Can, Capabilities, Caps, ChannelOrder, Channels, Enhanced, ModEx, TrackForm
from ._enums import (
    CachePolicy,
    Codec,
    CodecPolicy,
    EventKind,
    LoginScheme,
    PacketFlags,
    PacketKind,
    RelayState,
    RequestKind,
    ServerEventKind,
    SlowPolicy,
    Strict,
    Takeover,
    Timestamps,
)
from ._errors import (
    AgainError,
    ArgumentError,
    BusyError,
    ClosedError,
    ConnectionError,
    EndOfStreamError,
    Error,
    ForkedError,
    InternalError,
    OutOfMemoryError,
    ProtocolError,
    RefusedError,
    Status,
    TimeoutError,
    TransportError,
    UnsupportedError,
    UsageError,
    make_error,
)
from ._event import Event
from ._flv import FLVReader, Recorder
from ._hooks import Hooks, Refusal
from ._hub import Hub
from ._native import Packet
from ._options import TLS, ClientOptions, HubOptions, Limits, Mask, RelayOptions, ServerOptions, Timeouts
from ._records import (
    ConnectInfo,
    ConnectionStatistics,
    EngineStatistics,
    Failure,
    HubStatistics,
    LibraryStatistics,
    Metadata,
    PlayerStatistics,
    PlayInfo,
    RelayStatistics,
    Statistics,
    StreamStatistics,
    TrackInfo,
)
from ._relay import Relay
from ._server import Request, Server, Session, serve
from ._server_event import ServerEvent
from ._shared import SharedEvent, SharedEventKind, SharedObject

__all__ = [
    "TLS",
    "AgainError",
    "ArgumentError",
    "BusyError",
    "CachePolicy",
    "Can",
    "Capabilities",
    "Caps",
    "ChannelOrder",
    "Channels",
    "Client",
    "ClientOptions",
    "ClosedError",
    "Codec",
    "CodecPolicy",
    "ConnectInfo",
    "ConnectionError",
    "ConnectionStatistics",
    "EndOfStreamError",
    "Engine",
    "EngineRequest",
    "EngineStatistics",
    "Enhanced",
    "Error",
    "Event",
    "EventKind",
    "Failure",
    "FLVReader",
    "ForkedError",
    "Hooks",
    "Hub",
    "HubOptions",
    "HubStatistics",
    "InternalError",
    "LibraryStatistics",
    "Limits",
    "LoginScheme",
    "Mask",
    "Metadata",
    "ModEx",
    "OutOfMemoryError",
    "Packet",
    "PacketFlags",
    "PacketKind",
    "PlayInfo",
    "PlayerStatistics",
    "ProtocolError",
    "Recorder",
    "Refusal",
    "RefusedError",
    "Relay",
    "RelayOptions",
    "RelayState",
    "RelayStatistics",
    "Request",
    "RequestKind",
    "Server",
    "ServerEvent",
    "ServerEventKind",
    "ServerOptions",
    "Session",
    "SharedEvent",
    "SharedEventKind",
    "SharedObject",
    "SlowPolicy",
    "Statistics",
    "Status",
    "StreamStatistics",
    "Strict",
    "Takeover",
    "TimeoutError",
    "Timeouts",
    "TrackInfo",
    "Timestamps",
    "TrackForm",
    "TransportError",
    "UnsupportedError",
    "UsageError",
    "__version__",
    "amf",
    "build_info",
    "codec",
    "library_statistics",
    "memory_limit",
    "runtime_configure",
    "serve",
]

for _class in (
    Client, Engine, EngineRequest, FLVReader, Hooks, Hub, Recorder, Refusal, Relay, Request, Server, ServerEvent, Session,
):  # fmt: skip
    _class.__module__ = __name__  # what tracebacks and the objects show

_native.setup(make_error, tuple(PacketKind), PacketFlags)

#: The version of the package and its library, such as "0.1.0".
__version__ = ".".join(str(_native.version() >> shift & 0xFF) for shift in (16, 8, 0))


def build_info() -> str:
    """One line about the library: version, platform, compilers.

    >>> oxrtmp.build_info()
    'oxrtmp ..., linux/..., go..., ...'
    """
    return _native.build_info()


def memory_limit(bytes: int) -> None:
    """Bound the memory of all message payloads in the process. 2 GiB by default; 0 restores that."""
    _native.memory_limit(bytes)


def runtime_configure(*, processors: int = 0, heap_bytes: int = 0) -> None:
    """Set how many threads of the library's Go code run at a time (1 to 1024), and above how much memory of its heap and
    stacks, without payloads, it is collected more often. For the whole process; 0 restores the default, which the
    environment (GOMAXPROCS, GOMEMLIMIT) or the machine sets.
    """
    if not (0 <= processors <= 1024 and 0 <= heap_bytes < 2**64):
        raise ValueError("processors must be from 0 to 1024, heap_bytes from 0 on")
    _native.runtime_configure(processors, heap_bytes)


def library_statistics() -> LibraryStatistics:
    """What the library holds at this moment. For tests, and for now and then.

    >>> with oxrtmp.FLVReader() as reader:
    ...     oxrtmp.library_statistics().handles >= 1
    True
    """
    return LibraryStatistics(**_native.library_statistics())
