"""What the blocking and the asyncio classes have in common: handles, requests, servers."""

from __future__ import annotations

import contextlib
import json
import socket
import warnings
from collections.abc import Generator
from typing import Any, NoReturn, SupportsIndex

from . import _native, amf
from ._enhanced import Capabilities
from ._enums import LoginScheme, RequestKind
from ._errors import Error, ForkedError, Status, make_error
from ._options import TLS, native_options
from ._records import ConnectInfo, Failure, PlayInfo

# How something ended: the arguments of make_error.
End = tuple[int, str, str, str, str]


def end_of(payload: Any) -> End:
    """What an event says about an end: status, one line, phase, the peer's code and words."""
    status, phase, code, text, *_ = payload
    detail = ": ".join(part for part in (phase, code, text or _native.status_text(status)) if part)
    return status, detail, phase, code, text


def error_of(end: End) -> Error:
    """A new exception, so that each one raised has its own traceback."""
    return make_error(*end)


def is_own_fault(end: End) -> bool:
    """Whether it was a fault of this side, and not what a peer does: memory that ran out, a fault of the library."""
    return end[0] not in (Status.EOF, Status.CLOSED) and (end[0] > -200 or end[0] <= -900)


def values_in(data: bytes) -> list[Any]:
    """Values in AMF0 that the library hands on: it has read them before, within the limits of their connection."""
    return amf.decode(data, depth=1024, values=2**31 - 1)


def words(text: str | None) -> str | None:
    """A text for the peer, None if it is empty. It may hold what a peer has chosen, a name in a refusal: what cannot be
    said, bytes that were no UTF-8 and NUL, becomes "?"."""
    return str.encode(text, errors="replace").decode().replace("\0", "?") if text else None


CLOSED: End = (Status.CLOSED, "it was closed here", "", "", "")


class Handle:
    """Something of the library's that must be closed. Closing twice is harmless; forgetting it is a ResourceWarning."""

    _handle = 0
    _closed = True  # until there is something to close

    @property
    def closed(self) -> bool:
        """Whether it was closed on this side."""
        return self._closed

    def _forgotten(self) -> bool:
        """Whether it is a fault to drop it like this."""
        return True

    def _drop(self) -> None:
        """Close without waiting."""

    def __reduce_ex__(self, protocol: SupportsIndex) -> NoReturn:
        raise TypeError(f"cannot copy or pickle {type(self).__name__!r} object")

    def __del__(self) -> None:
        if self._closed:
            return
        with contextlib.suppress(ForkedError):
            warning = f"unclosed {self!r}" if self._forgotten() else ""
            self._drop()
            if warning:
                warnings.warn(warning, ResourceWarning, stacklevel=2, source=self)


class Peer:
    """What a peer has said about itself. Bytes that are no UTF-8 appear as \\xNN."""

    kind: RequestKind  #: what it asks for
    app: str  #: the application, without its query and without slashes at its ends
    stream_name: str  #: the stream's name, without a query
    raw_stream_name: str  #: the stream's name as it was sent, query included
    query: str  #: the parameters of name, app and tcUrl, joined by "&"
    publish_type: str  #: "live", "record" or "append", or what was sent instead
    tc_url: str  #: the tcUrl of its connect command
    peer_address: str  #: its address, such as "192.0.2.7:50123"
    flash_version: str  #: what it says it is, such as "FMLE/3.0 (compatible; FMSc/1.0)"
    swf_url: str  #: the swfUrl of its connect command
    page_url: str  #: the pageUrl of its connect command
    encoder: str  #: the software it seems to be: "OBS", "FFmpeg", ..., "other" or "unknown"
    user: str  #: the user that has logged in, or that a connect request wants to log in as; "" without a login
    connection: int  #: the number of its connection on its server, from 1; 0 of an engine's request
    _connect_json: str
    _connect_info: ConnectInfo
    _play: PlayInfo
    _play2_json: str | None

    def _ask(self, request: int) -> None:
        """Read everything while the request's handle lives, which is until the answer."""
        kind, *texts, self.connection = _native.request_describe(request)
        self.kind = RequestKind(kind)
        self.app, self.stream_name, self.raw_stream_name, self.query, self.publish_type, self.tc_url = texts[:6]
        self.peer_address, self.flash_version, self.swf_url, self.page_url, self.encoder = texts[6:11]
        self.user, self._connect_json = texts[11:13]
        self._connect_info = ConnectInfo(**_native.request_connect(request))
        self._play = PlayInfo(**_native.request_play(request))
        self._play2_json = _native.request_play2_json(request) if self._play.play2 else None

    def _copy(self, other: Peer) -> None:
        for name in Peer.__annotations__:
            setattr(self, name, getattr(other, name))

    @property
    def connect(self) -> dict[str, Any]:
        """The whole object of the connect command, in its order."""
        found: Any = json.loads(self._connect_json or "{}")
        properties: dict[str, Any] = found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType]
        return properties

    @property
    def play2(self) -> dict[str, Any] | None:
        """The whole object of the play2 command, in its order: of a player that switches to this stream. Else None."""
        return None if self._play2_json is None else json.loads(self._play2_json)

    @property
    def connect_info(self) -> ConnectInfo:
        """The numbers of the connect command."""
        return self._connect_info

    def _words(self) -> str:
        return f"{self.app}/{self.stream_name} from {self.peer_address}"


class BaseRequest(Handle, Peer):
    def __init__(self, handle: int) -> None:
        self._handle = handle
        try:
            self._ask(handle)
        except Error:
            with contextlib.suppress(Error):
                _native.request_reject(handle, None, None)
            raise
        self._closed = False

    @property
    def play(self) -> PlayInfo:
        """What a player asks for besides the stream."""
        return self._play

    def capabilities(self) -> Capabilities:
        """What the peer said in connect that it can do of Enhanced RTMP. To be asked before the request is answered.

        UnsupportedError for the request of an engine.
        """
        return Capabilities._of(_native.request_capabilities(self._handle))

    def __repr__(self) -> str:
        return f"<oxrtmp.Request {self.kind.name} {self._words()}>"

    def _drop(self) -> None:
        with contextlib.suppress(Error):  # it may have been decided without us: its time over, its server closed
            self._refuse("not answered", None)

    def _answer(self) -> None:
        """The one answer that a request gets."""
        if self._closed:
            raise make_error(Status.STATE, "the request was answered already", "", "", "")
        self._closed = True

    @contextlib.contextmanager
    def _answering(self, *gone: Status) -> Generator[None]:
        """The answer by a call of the library: none if an argument is not valid. gone is what it fails with if the peer is."""
        self._answer()
        try:
            yield
        except (TypeError, ValueError):
            self._closed = False
            raise
        except Error as error:
            if error.status not in gone:
                raise

    def _refuse(self, description: str | None, code: str | None) -> None:
        said = words(code), words(description)
        with self._answering(Status.TIMEOUT, Status.CLOSED, Status.HANDLE):
            _native.request_reject(self._handle, *said)

    def _redirect(self, url: str, description: str | None) -> None:
        said = words(description)
        with self._answering(Status.STATE, Status.CLOSED, Status.HANDLE):
            _native.request_redirect(self._handle, url, said)

    def _login(self, scheme: LoginScheme, password: str | None) -> bool:
        if self.kind is not RequestKind.CONNECT:
            raise make_error(Status.STATE, "only a connect request logs in", "", "", "")
        with self._answering(Status.STATE, Status.CLOSED, Status.HANDLE):
            return _native.request_login(self._handle, scheme, password)
        return False

    def _grant(self, queue: int, user_data: int) -> tuple[int, End | None]:
        """The session's handle; 0 and why when there is none."""
        self._answer()
        try:
            handle = _native.request_accept(self._handle, queue, user_data)
        except Error as error:
            if error.status not in (Status.TIMEOUT, Status.CLOSED, Status.HANDLE):
                raise
            return 0, (Status.EOF, "the peer has gone before it was accepted", "", "", "the peer has gone")
        return handle, None if handle else CLOSED


class BaseServer(Handle):
    """A listening endpoint. Making one does not wait, except for looking up a name that it shall listen on."""

    _send_timeout: float | None = 10  # of its sessions

    def request_reconnect(self, tc_url: str | None = None, description: str | None = None) -> int:
        """Ask every peer that knows such requests to connect to another server, or anew to this one; how many were asked.

        tc_url is where, absolute or relative to where a peer has connected to. For a server that is about to end.
        """
        return _native.server_request_reconnect(self._handle, tc_url, words(description))

    def _open(self, address: str | None, options: Any, queue: int, user_data: int) -> None:
        plain, limits, timeouts = native_options(options)
        self._send_timeout = plain.pop("send_timeout", 10)
        plain["no_wait"] = True
        self._handle = _native.server_open(address, plain, limits, timeouts)
        self._closed = False
        _native.server_set_queue(self._handle, queue, user_data)

    def __repr__(self) -> str:
        state = "closed" if self._closed else self.address or "without address"
        return f"<{type(self).__module__}.Server {state}>"

    def listen(self, address: str) -> None:
        """Listen on one more address: "host:port", ":1935" (every interface), "[::1]:0" (any free port).

        With "rtmps://" before it for TLS.
        """
        _native.server_listen(self._handle, address)

    def adopt_listener(self, listener: socket.socket, *, tls: bool = False) -> None:
        """Accept connections from a listening socket of yours, which the server takes over; with tls, TLS on them."""
        adopt = _native.server_adopt_tls_listener if tls else _native.server_adopt_listener
        adopt(self._handle, listener.fileno())
        listener.detach()

    def adopt_connection(self, connection: socket.socket, *, tls: bool = False) -> None:
        """Serve a connected socket of yours, on which no byte has been exchanged; the server takes it over."""
        adopt = _native.server_adopt_tls_connection if tls else _native.server_adopt_connection
        adopt(self._handle, connection.fileno())
        connection.detach()

    def set_certificate(self, tls: TLS | None, name: str = "") -> None:
        """Show a certificate to clients that ask for name, from the next handshake on; open connections stay.

        name is a host name, "*.example.org" for all names with one label before the dot, or "" for everybody whose name
        has none of its own, in the place of the options' one. None removes it.
        """
        _native.server_set_certificate(self._handle, name, {} if tls is None else {"tls": tls._native()})

    def statistics(self) -> dict[str, Any]:
        """What the server did so far, with figures of each connection and stream in "connection_list".

        Connections open, accepted, refused and why, ended, failed and in which phase, what was not known or not
        understood, figures of the hub. Stream names are masked: "se…".
        """
        figures: dict[str, Any] = json.loads(_native.server_json(self._handle))
        return figures

    def prometheus(self) -> str:
        """The same in Prometheus's text format, for your HTTP server to answer with."""
        return _native.server_prometheus(self._handle)

    def take_failure(self) -> Failure | None:
        """The oldest failed connection that was not taken yet, of a server with keep_bytes, which keeps the latest 16."""
        found = _native.server_take_failure(self._handle)
        return None if found is None else Failure(**found)

    @property
    def address(self) -> str:
        """The first address it listens on, with its real port, such as "127.0.0.1:1935"; with TLS it begins with "rtmps://"."""
        return _native.server_address(self._handle)

    @property
    def addresses(self) -> list[str]:
        """All addresses it listens on."""
        return [a for a in _native.server_addresses(self._handle).split(", ") if a]
