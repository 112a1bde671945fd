"""What the blocking and the asyncio classes have in common: everything but the waiting."""

from __future__ import annotations

import contextlib
import json
import socket
import warnings
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from . import _native
from ._errors import ClosedError, Error, ForkedError, Status, make_error
from ._types import ConnectInfo, Metadata, RequestKind, Statistics, native_options

# How something ended: the arguments of make_error.
End = tuple[int, str, str, str, str]


def end_of(payload: Any) -> End:
    """What an event says about an end: status, one line, phase, the peer's code and words."""
    status, phase, code, text, _, _ = payload
    detail = ": ".join(part for part in (phase, code, text or _native.status_text(status)) if part)
    return status, detail, phase, code, text


def error_of(end: End) -> Error:
    """A new exception, so that each one raised has its own traceback."""
    return make_error(*end)


def is_own_fault(end: End) -> bool:
    """Whether it was a fault of this side, and not what a peer does: memory that ran out, a fault of the library."""
    return end[0] not in (Status.EOF, Status.CLOSED) and (end[0] > -200 or end[0] <= -900)


CLOSED: End = (Status.CLOSED, "closed", "", "", "")


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

    def __del__(self) -> None:
        if self._closed:
            return
        forgotten = self._forgotten()
        with contextlib.suppress(ForkedError):
            self._drop()
            if forgotten:
                warnings.warn(f"unclosed {self!r}", ResourceWarning, stacklevel=2, source=self)


class Peer:
    """What a publisher has said about itself. Bytes that are no UTF-8 appear as \\xNN."""

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
    _connect_json: str
    _connect_info: ConnectInfo

    def _ask(self, request: int) -> None:
        """Read everything while the request's handle lives, which is until the answer."""
        kind, *texts = _native.request_describe(request)
        self.kind = RequestKind(kind)
        self.app, self.stream_name, self.raw_stream_name, self.query, self.publish_type, self.tc_url = texts[:6]
        self.peer_address, self.flash_version, self.swf_url, self.page_url, self.encoder = texts[6:11]
        self._connect_json = texts[11]
        self._connect_info = ConnectInfo(**_native.request_connect(request))

    def _copy(self, other: Peer) -> None:
        for name in Peer.__annotations__:
            setattr(self, name, getattr(other, name))

    @property
    def connect(self) -> dict[str, Any]:
        """The whole object of the connect command, in its order."""
        found = json.loads(self._connect_json or "{}")
        return found if isinstance(found, dict) else {}

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

    def __repr__(self) -> str:
        return f"<oxrtmp.Request {self.kind.name} {self._words()}>"

    def _drop(self) -> None:
        self._refuse("not answered", None)

    def _answer(self) -> None:
        """The one answer that a request gets."""
        if self._closed:
            raise make_error(Status.STATE, "the request was answered already", "", "", "")
        self._closed = True

    def _refuse(self, description: str | None, code: str | None) -> None:
        self._answer()
        try:
            _native.request_reject(self._handle, code or None, description or None)
        except Error as error:
            if error.status not in (Status.TIMEOUT, Status.CLOSED, Status.HANDLE):  # the peer has gone
                raise

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


class BaseSession(Handle, Peer):
    """A publisher's stream. Everything about it is known without waiting."""

    _end: End | None = None
    _last: Statistics | None = None

    def __init__(self, request: BaseRequest, handle: int, end: End | None) -> None:
        self._copy(request)
        self._handle = handle
        self._end = end
        self._closed = handle == 0

    def __repr__(self) -> str:
        state = "closed " if self._closed else "ended " if self._end else ""
        return f"<{type(self).__module__}.Session {state}{self._words()}>"

    def _forgotten(self) -> bool:
        return self._end is None

    def _close(self, description: str | None, code: str | None) -> bool:
        """Ends it, once. Whether this call did."""
        if self._closed:
            return False
        with contextlib.suppress(Error):
            self._last = self.statistics()
        self._closed = True
        if self._end is None:
            self._end = CLOSED
        with contextlib.suppress(ForkedError):
            if description is None and code is None:
                _native.session_close(self._handle)
            else:
                _native.session_close_with_status(self._handle, code or None, description or None)
        return True

    @property
    def end_reason(self) -> str:
        """How the stream ended, such as "FCUnpublish" or "connection closed by peer"; "" while it runs."""
        return "" if self._end is None else self._end[4] or self._end[1]

    @property
    def error(self) -> Error | None:
        """The fault that ended the stream: None while it runs, and when the peer or this side ended it."""
        if self._end is None or self._end[0] in (Status.EOF, Status.CLOSED):
            return None
        return error_of(self._end)

    def statistics(self) -> Statistics:
        """What has arrived. Of a closed session: until then."""
        if self._closed:
            if self._last is None:
                raise ClosedError("the session never ran", Status.CLOSED)
            return self._last
        return Statistics(**_native.session_statistics(self._handle))

    def metadata(self) -> Metadata | None:
        """What the stream said about itself last (onMetaData); None if it did not."""
        found = _native.session_metadata(self._handle)
        return None if found is None else Metadata(**found)

    def metadata_values(self) -> dict[str, Any] | None:
        """Every property of the last onMetaData, in its order."""
        text = _native.session_metadata_json(self._handle)
        return None if text is None else json.loads(text)

    def metadata_raw(self) -> bytes | None:
        """The last onMetaData as the AMF0 bytes that arrived, from the name "onMetaData" on."""
        return _native.session_metadata_raw(self._handle)


class BaseServer(Handle):
    """A listening endpoint. Making one does not wait, except for looking up a name that it shall listen on."""

    def _open(self, address: str | None, options: Any, queue: int, user_data: int) -> None:
        self._handle = _native.server_open(address, *native_options(options))
        self._closed = False
        _native.server_set_queue(self._handle, queue, user_data)

    def __repr__(self) -> str:
        state = "closed" if self._closed else self.address or "without address"
        return f"<{type(self).__module__}.Server {state}>"

    def listen(self, address: str) -> None:
        """Listen on one more address: "host:port", ":1935" (every interface), "[::1]:0" (any free port)."""
        _native.server_listen(self._handle, address)

    def adopt_listener(self, listener: socket.socket) -> None:
        """Accept connections from a listening socket of yours, which the server takes over."""
        _native.server_adopt_listener(self._handle, listener.fileno())
        listener.detach()

    def adopt_connection(self, connection: socket.socket) -> None:
        """Serve a connected socket of yours, on which no byte has been exchanged; the server takes it over."""
        _native.server_adopt_connection(self._handle, connection.fileno())
        connection.detach()

    @property
    def address(self) -> str:
        """The first address it listens on, with its real port, such as "127.0.0.1:1935"; "" if there is none."""
        return _native.server_address(self._handle)

    @property
    def addresses(self) -> list[str]:
        """All addresses it listens on."""
        return [a for a in _native.server_addresses(self._handle).split(", ") if a]


class BaseClient(Handle):
    """An outgoing connection that publishes a stream."""

    _end: End | None = None
    _last: Statistics | None = None
    _address = ""
    _url = ""

    def __repr__(self) -> str:
        state = "closed " if self._closed else "ended " if self._end else ""
        return f"<{type(self).__module__}.Client {state}{self._url.partition('?')[0].rpartition('/')[0]}/...>"

    def _drop(self) -> None:
        """Cut off: the peer is not waited for."""
        self._closed = True
        _native.client_close(self._handle)

    @property
    def error(self) -> Error | None:
        """What ended the stream on the other side; None while it is published, as far as is known."""
        return None if self._end is None or self._end[0] == Status.CLOSED else error_of(self._end)

    @property
    def peer_address(self) -> str:
        """The server's address."""
        if not self._address and not self._closed:
            self._address = _native.client_peer_address(self._handle)
        return self._address

    def statistics(self) -> Statistics:
        """What was sent. Of a closed client: until then."""
        if self._closed and self._last is not None:
            return self._last
        return Statistics(**_native.client_statistics(self._handle))


def metadata_call(metadata: Metadata | Mapping[str, Any]) -> tuple[Any, Any]:
    """The function of the extension that sends metadata, and what it takes."""
    if isinstance(metadata, Metadata):
        return _native.client_send_metadata, asdict(metadata)
    return _native.client_send_metadata_json, json.dumps(metadata, allow_nan=False)
