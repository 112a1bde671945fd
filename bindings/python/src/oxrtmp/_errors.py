"""The exceptions. Every status of the library has a class; those of a group share a base."""

from __future__ import annotations

import builtins

from . import _native
from ._enums import Named


class Status(Named):
    """What a call of the library can end with. The numbers never change; an unknown one belongs to its group."""

    OK = 0  #: ok
    # how the call was used, or ended
    ARGUMENT = -101  #: an argument is not valid
    HANDLE = -102  #: not a live handle of this kind, or a packet that was released already
    BUFFER = -103  #: the buffer is too small
    STATE = -104  #: not possible in this state
    BUSY = -105  #: in use in another way
    AGAIN = -106  #: nothing there yet, or no room yet; nothing was taken
    TIMEOUT = -107  #: the time given is over
    CLOSED = -108  #: closed on this side
    EOF = -109  #: the stream has ended
    FORKED = -110  #: in a forked child, where the library cannot be used
    MEMORY = -111  #: out of memory, or past the memory limit
    UNSUPPORTED = -112  #: not supported
    # transport and files
    RESOLVE = -201  #: the host name could not be resolved
    CONNECT = -202  #: the connection could not be made
    TLS = -203  #: TLS failed
    IO = -204  #: the connection broke
    ADDRESS = -205  #: the address cannot be listened on
    FILE = -206  #: the file could not be opened, read or written
    SILENT = -207  #: the peer was silent, or took no data, for too long
    # protocol
    PROTOCOL = -301  #: the peer broke the protocol
    HANDSHAKE = -302  #: the RTMP handshake failed
    CHUNK = -303  #: the chunk stream is broken
    AMF = -304  #: AMF data is not valid
    MESSAGE = -305  #: a message is not valid
    LIMIT = -306  #: a limit was exceeded
    MEDIA = -307  #: media data is not valid
    FLV = -308  #: the FLV data is not valid
    # refused by the peer
    REFUSED = -401  #: refused by the peer
    AUTH = -402  #: refused by the peer: not authorized
    NAME = -403  #: refused by the peer: the stream name is in use or not allowed
    NOT_FOUND = -404  #: refused by the peer: no such application or stream
    # the library
    INTERNAL = -901  #: a fault inside the library


class Error(Exception):
    """What every exception of this package is.

    `status` says what happened, `phase` where in a connection's life, `code` and `description` are the peer's own words,
    and str() gives all of it in one line.

    >>> try:
    ...     oxrtmp.Client.publish("http://example.org/live/x")
    ... except oxrtmp.Error as error:
    ...     print(error.name, isinstance(error, ValueError))
    ARGUMENT True
    """

    def __init__(
        self,
        detail: str,
        status: int = Status.STATE,
        *,
        phase: str = "",
        code: str = "",
        description: str = "",
        os_error: int = 0,
        tls_alert: int = -1,
    ) -> None:
        super().__init__(detail)
        self.detail = detail  #: all of it in one line
        self.status: int = _status(status)  #: a Status, or a number of its group that this package does not know
        #: "resolve", "tcp", "tls", "handshake", "connect", "createStream", "publish", "play", "media", or ""
        self.phase = phase
        self.code = code  #: the peer's code, such as "NetStream.Publish.BadName"
        self.description = description  #: the peer's words
        self.os_error = os_error  #: the operating system's errno, 0 if it had no part
        self.tls_alert = tls_alert  #: the alert by which TLS ended, -1 if there was none

    @property
    def name(self) -> str:
        """The status in words, such as "TIMEOUT"."""
        return self.status.name if isinstance(self.status, Status) else "?"

    def __str__(self) -> str:
        return self.detail

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (type(self), self.__dict__.copy())


def _again(cls: type[Error], state: dict[str, object]) -> Error:
    """Makes an exception from what one was pickled as."""
    error = cls(str(state["detail"]))
    error.__dict__.update(state)
    return with_errno(error)


def with_errno(error: Error) -> Error:
    """OSError's own attribute, where the operating system had a part."""
    if error.os_error and isinstance(error, OSError):
        error.errno = error.os_error
    return error


def _status(number: int) -> int:
    try:
        return Status(number)
    except ValueError:
        return number


class UsageError(Error):
    """The call was not possible: -1xx."""


class ArgumentError(UsageError, ValueError):
    """An argument is not valid."""


class BusyError(UsageError):
    """What was asked is in use in another way."""


class AgainError(UsageError, BlockingIOError):
    """Nothing there yet, or no room yet; nothing was taken."""


class TimeoutError(UsageError, builtins.TimeoutError):
    """The time given is over."""


class ClosedError(UsageError):
    """Closed on this side; of a request, answered too."""


class EndOfStreamError(UsageError, EOFError):
    """The peer has ended the stream or has gone."""


class ForkedError(UsageError, RuntimeError):
    """In a forked child, where the library cannot be used. Use the "spawn" method, or import oxrtmp after forking."""


class OutOfMemoryError(UsageError, MemoryError):
    """Out of memory, or past the limit that memory_limit has set."""


class UnsupportedError(UsageError, NotImplementedError):
    """Not supported."""


class TransportError(Error, OSError):
    """Network and files: -2xx."""


class ConnectionError(TransportError, builtins.ConnectionError):
    """The connection could not be made, or broke."""


class ProtocolError(Error):
    """The peer broke the protocol, or data is not what it should be: -3xx."""


class RefusedError(Error):
    """The peer has refused: -4xx. `code` and `description` are its words."""


class InternalError(Error):
    """A fault inside the library: -9xx."""


CLASSES: dict[int, type[Error]] = {
    Status.ARGUMENT: ArgumentError,
    Status.HANDLE: ClosedError,
    Status.BUFFER: UsageError,
    Status.STATE: UsageError,
    Status.BUSY: BusyError,
    Status.AGAIN: AgainError,
    Status.TIMEOUT: TimeoutError,
    Status.CLOSED: ClosedError,
    Status.EOF: EndOfStreamError,
    Status.FORKED: ForkedError,
    Status.MEMORY: OutOfMemoryError,
    Status.UNSUPPORTED: UnsupportedError,
    Status.RESOLVE: ConnectionError,
    Status.CONNECT: ConnectionError,
    Status.TLS: ConnectionError,
    Status.IO: ConnectionError,
    Status.ADDRESS: TransportError,
    Status.FILE: TransportError,
    Status.SILENT: ConnectionError,
    Status.PROTOCOL: ProtocolError,
    Status.HANDSHAKE: ProtocolError,
    Status.CHUNK: ProtocolError,
    Status.AMF: ProtocolError,
    Status.MESSAGE: ProtocolError,
    Status.LIMIT: ProtocolError,
    Status.MEDIA: ProtocolError,
    Status.FLV: ProtocolError,
    Status.REFUSED: RefusedError,
    Status.AUTH: RefusedError,
    Status.NAME: RefusedError,
    Status.NOT_FOUND: RefusedError,
    Status.INTERNAL: InternalError,
}

GROUPS: dict[int, type[Error]] = {1: UsageError, 2: TransportError, 3: ProtocolError, 4: RefusedError, 9: InternalError}

for _class in (Error, *CLASSES.values(), *GROUPS.values()):
    _class.__module__ = "oxrtmp"  # what tracebacks show


def class_of(status: int) -> type[Error]:
    """The class of a status; of one that is newer than this package, that of its group."""
    return CLASSES.get(status) or GROUPS.get(-status // 100, Error)


def make_error(
    status: int, detail: str, phase: str, code: str, description: str, os_error: int = 0, tls_alert: int = -1
) -> Error:
    """The exception for what a call or an event says."""
    if status == Status.HANDLE:  # of which Python's users know nothing
        detail = "it is closed, or was answered"
    error = class_of(status)(
        detail or _native.status_text(status),
        status,
        phase=phase,
        code=code,
        description=description,
        os_error=os_error,
        tls_alert=tls_alert,
    )
    return with_errno(error)
