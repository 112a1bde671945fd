"""What sessions and clients have in common, blocking and for asyncio: everything but the waiting."""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from . import _native, amf
from ._base import CLOSED, BaseRequest, End, Handle, Peer, error_of, values_in, words
from ._enhanced import Capabilities
from ._enums import RequestKind
from ._errors import ClosedError, Error, ForkedError, Status, make_error
from ._event import MOST_EVENTS, TOLD, Event, event_of
from ._native import Inbox, Packet
from ._options import milliseconds, play2_options
from ._records import ConnectionStatistics, Metadata, PlayInfo, Statistics
from ._shared import SharedObject

if TYPE_CHECKING:
    from typing_extensions import Buffer


@dataclass(frozen=True, slots=True)
class Calls:
    """The functions of the extension that sessions and clients both have."""

    statistics: Callable[[int], dict[str, Any]]
    connection_statistics: Callable[[int], dict[str, Any]]
    set_queue: Callable[[int, int, int], None]
    metadata: Callable[[int], dict[str, Any] | None]
    metadata_json: Callable[[int], str | None]
    metadata_raw: Callable[[int], bytes | None]
    ping: Callable[[int, int], int]
    flush: Callable[[int, int], bool]
    send_video_sequence_header: Callable[[int, Buffer], bool]
    send_audio_sequence_header: Callable[[int, Buffer], bool]
    send_video: Callable[[int, int, bool, Buffer], bool]
    send_video_at: Callable[[int, int, int, bool, Buffer], bool]
    send_audio: Callable[[int, int, Buffer], bool]
    send_data: Callable[[int, int, Buffer], bool]
    send_metadata: Callable[[int, dict[str, Any]], bool]
    send_metadata_json: Callable[[int, str], bool]
    send_packet: Callable[[int, Packet, int], bool]
    send_packets: Callable[[int, list[Packet], int], int]
    call: Callable[[int, str, Buffer, int], bytes]
    notify: Callable[[int, str, Buffer], None]
    answer: Callable[[int, int, Buffer], None]
    refuse: Callable[[int, int, str | None, str | None], None]
    send_shared_object: Callable[[int, Buffer], None]

    @classmethod
    def of(cls, kind: str) -> Calls:
        return cls(**{field.name: getattr(_native, f"{kind}_{field.name}") for field in fields(cls)})


def call_id(call: Event | int) -> int:
    return call if isinstance(call, int) else call.value


class Stream(Handle):
    """Something that packets come out of, or go into."""

    _end: End | None = None
    _last: Statistics | None = None
    _last_connection: ConnectionStatistics | None = None
    _receives = True  # whether packets come out of it
    _packets: Inbox
    _told: deque[Event]  # for next_event

    _calls: Calls

    def _check_receives(self, most: int = 1) -> None:
        if most < 1:
            raise ValueError(f"{most} packets cannot be waited for")
        if not self._receives:
            raise make_error(Status.STATE, "packets go into this stream, none come out of it", "", "", "")

    def _tell(self, kind: int, payload: Any) -> None:
        """Keep what is for next_event."""
        if kind in TOLD and len(self._told) < MOST_EVENTS:
            self._told.append(event_of(kind, payload))

    def _metadata_call(self, metadata: Metadata | Mapping[str, Any]) -> tuple[Callable[..., bool], Any]:
        """The function of the extension that sends metadata, and what it takes."""
        if isinstance(metadata, Metadata):
            return self._calls.send_metadata, metadata._native()
        return self._calls.send_metadata_json, json.dumps(metadata, allow_nan=False)

    def _ping(self, timeout: float | None) -> float:
        """Seconds. Waits in the library."""
        return self._calls.ping(self._handle, milliseconds(timeout)) / 1e9

    def _call(self, name: str, values: bytes, timeout: float | None) -> list[Any]:
        """What call returns. Waits in the library."""
        return values_in(self._calls.call(self._handle, name, values, milliseconds(timeout)))

    def _has_ended(self) -> bool:
        """Whether the library knows the end."""
        try:
            self._calls.flush(self._handle, 0)
        except Error:
            return True
        return False

    def notify(self, name: str, *arguments: amf.Value) -> None:
        """Call a procedure of the peer's whose answer nobody wants."""
        self._calls.notify(self._handle, name, amf.encode(*arguments))

    def answer(self, call: Event | int, *values: amf.Value) -> None:
        """Answer a CALL event, or its `value`. UsageError when it was answered, or its time is over."""
        self._calls.answer(self._handle, call_id(call), amf.encode(*values))

    def refuse(self, call: Event | int, description: str = "", *, code: str | None = None) -> None:
        """Refuse a CALL event, or its `value`; code is "NetConnection.Call.Failed" if not given."""
        self._calls.refuse(self._handle, call_id(call), words(code), words(description))

    def send_shared_object(self, shared_object: SharedObject) -> None:
        """Tell the peer what happens to a shared object."""
        self._calls.send_shared_object(self._handle, shared_object._values())

    def _remember(self) -> None:
        """Keep the statistics beyond the end of the handle."""
        with contextlib.suppress(Error):
            self._last = self.statistics()
            self._last_connection = self.connection_statistics()

    def statistics(self) -> Statistics:
        """What has arrived, or was sent. Of one that is closed: until then."""
        if self._closed and self._last is not None:
            return self._last
        if not self._handle:
            raise ClosedError("it never ran", Status.CLOSED)
        return Statistics(**self._calls.statistics(self._handle))

    def connection_statistics(self) -> ConnectionStatistics:
        """What its connection has carried, with round trip times. Of one that is closed: until then."""
        if self._closed and self._last_connection is not None:
            return self._last_connection
        if not self._handle:
            raise ClosedError("it never ran", Status.CLOSED)
        return ConnectionStatistics(**self._calls.connection_statistics(self._handle))

    @property
    def error(self) -> Error | None:
        """The fault that ended the stream: None while it runs, and when the peer or this side ended it."""
        if self._end is None or self._end[0] in (Status.EOF, Status.CLOSED):
            return None
        return error_of(self._end)

    def metadata(self) -> Metadata | None:
        """What the stream said about itself last (onMetaData); None if it did not."""
        found = self._calls.metadata(self._handle)
        return None if found is None else Metadata._of(found)

    def metadata_values(self) -> dict[str, Any] | None:
        """Every property of the last onMetaData, in its order."""
        text = self._calls.metadata_json(self._handle)
        return None if text is None else json.loads(text)

    def metadata_raw(self) -> bytes | None:
        """The last onMetaData as the AMF0 bytes that arrived, from the name "onMetaData" on."""
        return self._calls.metadata_raw(self._handle)


class BaseSession(Stream, Peer):
    """A stream on the server's side. Everything about it is known without waiting."""

    _calls = Calls.of("session")

    def __init__(self, request: BaseRequest, handle: int, end: End | None) -> None:
        self._copy(request)
        self._receives = self.kind != RequestKind.PLAY
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
        said = words(code), words(description)
        if self._closed:
            return False
        self._remember()
        with contextlib.suppress(Error):
            self._play = self.play
        self._closed = True
        if self._end is None:
            self._end = CLOSED
        with contextlib.suppress(ForkedError):
            if description is None and code is None:
                _native.session_close(self._handle)
            else:
                _native.session_close_with_status(self._handle, *said)
        return True

    @property
    def end_reason(self) -> str:
        """How the stream ended, such as "FCUnpublish" or "connection closed by peer"; "" while it runs."""
        return "" if self._end is None else self._end[4] or self._end[1]

    def capabilities(self) -> Capabilities:
        """What the peer said in connect that it can do of Enhanced RTMP."""
        return Capabilities._of(_native.session_capabilities(self._handle))

    def request_reconnect(self, tc_url: str | None = None, description: str | None = None) -> None:
        """Ask the peer to connect to another server, or anew to this one; see Server.request_reconnect.

        UnsupportedError for one that did not say that it knows such requests.
        """
        _native.session_request_reconnect(self._handle, tc_url, words(description))

    def complete(self) -> None:
        """End a stream that is played because all of it has been sent: the player hears NetStream.Play.Complete.

        It may play something else on its connection. The session is still to be closed.
        """
        _native.session_complete(self._handle)

    @property
    def play(self) -> PlayInfo:
        """What a player asked for; the buffer's length as it said last."""
        return self._play if self._closed else PlayInfo(**_native.session_play(self._handle))


class BaseClient(Stream):
    """An outgoing connection that publishes a stream or plays one."""

    _calls = Calls.of("client")

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
        """What ended the stream on the other side; None while it goes on, as far as is known."""
        return None if self._end is None or self._end[0] == Status.CLOSED else error_of(self._end)

    @property
    def peer_address(self) -> str:
        """The server's address."""
        if not self._address and not self._closed:
            self._address = _native.client_peer_address(self._handle)
        return self._address

    def capabilities(self) -> Capabilities:
        """What the server said in its answer to connect that it can do of Enhanced RTMP."""
        return Capabilities._of(_native.client_capabilities(self._handle))

    def pause(self) -> None:
        """Ask the server to stop sending. Its word comes as an event: STATUS with "NetStream.Pause.Notify"."""
        _native.client_pause(self._handle, True)

    def resume(self) -> None:
        """Ask the server to go on sending. Its word comes as an event: STATUS with "NetStream.Unpause.Notify"."""
        _native.client_pause(self._handle, False)

    def seek(self, position_ms: int) -> None:
        """Ask for another position of a recorded stream."""
        _native.client_seek(self._handle, position_ms)

    def play2(
        self,
        stream_name: str,
        *,
        old_stream_name: str | None = None,
        transition: str | None = None,
        live_only: bool = False,
        start_ms: int = 0,
        duration_ms: int = 0,
        offset_ms: int = 0,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        """Ask for another stream in the place of the one that plays, normally the same content at another bit rate.

        The name has its query; old_stream_name is the stream whose place it takes, if not the one that plays; transition is
        "switch", "swap", "append", "stop", "reset", "resume" or "appendAndWait"; offset_ms is where in the new stream to
        switch; properties are further ones. The server answers with an event, STATUS with "NetStream.Play.Transition", and
        goes on in the same stream of packets; when it has no such stream the play ends.
        """
        _native.client_play2(
            self._handle,
            play2_options(
                stream_name, old_stream_name, transition, live_only, start_ms, duration_ms, offset_ms, properties
            ),
        )

    def receive_audio(self, on: bool) -> None:
        """Tell the server whether audio is wanted."""
        _native.client_receive_audio(self._handle, on)

    def receive_video(self, on: bool) -> None:
        """Tell the server whether video is wanted."""
        _native.client_receive_video(self._handle, on)

    def set_buffer_length(self, length_ms: int) -> None:
        """Tell the server how much this side buffers, as the option buffer_length_ms did."""
        _native.client_set_buffer_length(self._handle, length_ms)
