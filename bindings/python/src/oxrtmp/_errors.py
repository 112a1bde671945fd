"""The exceptions. Every status of the library has a class; those of a group share a base."""

from __future__ import annotations

import builtins
from enum import IntEnum

from . import _native


class Status(IntEnum):
    """What a call of the library can end with. The numbers never change; an unknown one belongs to its group."""

    OK = 0
    # how the call was used, or ended
    ARGUMENT = -101
    HANDLE = -102
    BUFFER = -103
    STATE = -104
    BUSY = -105
    AGAIN = -106
    TIMEOUT = -107
    CLOSED = -108
    EOF = -109
    FORKED = -110
    MEMORY = -111
    UNSUPPORTED = -112
    # transport and files
    RESOLVE = -201
    CONNECT = -202
    TLS = -203
    IO = -204
    ADDRESS = -205
    FILE = -206
    SILENT = -207
    # protocol
    PROTOCOL = -301
    HANDSHAKE = -302
    CHUNK = -303
    AMF = -304
    MESSAGE = -305
    LIMIT = -306
    MEDIA = -307
    FLV = -308
    # refused by the peer
    REFUSED = -401
    AUTH = -402
    NAME = -403
    NOT_FOUND = -404
    # the library
    INTERNAL = -901


class Error(Exception):
    """What every exception of this package is.

    `status` says what happened, `phase` where in a connection's life ("resolve", "tcp", "handshake", "connect",
    "createStream", "publish", "media", or ""), `code` and `description` are the peer's own words, `detail` is all of it
    in one line. `os_error` is the operating system's errno, 0 if it had no part; `tls_alert` is -1 if there was none.
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
        self.detail = detail
        self.status: int = _status(status)
        self.phase = phase
        self.code = code
        self.description = description
        self.os_error = os_error
        self.tls_alert = tls_alert

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
    """Closed on this side."""


class EndOfStreamError(UsageError, EOFError):
    """The peer has ended the stream."""


class ForkedError(UsageError, RuntimeError):
    """In a forked child, where the library cannot be used. Use the "spawn" method, or open after forking."""


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
    Status.HANDLE: UsageError,
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
