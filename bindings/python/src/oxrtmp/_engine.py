"""Engine: the protocol of one connection, for a transport of your own."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Self, Unpack

from . import _log, _native, amf
from ._base import BaseRequest, values_in, words
from ._channel import UNREADABLE
from ._enums import EventKind
from ._errors import Error
from ._event import Event, values_of
from ._native import Packet
from ._options import ClientOptions, ServerOptions, milliseconds, native_options, play2_options
from ._owned import Managed, Owned
from ._records import EngineStatistics, Metadata
from ._shared import SharedObject
from ._stream import call_id

if TYPE_CHECKING:
    from typing_extensions import Buffer

SHAKEN = 1  # the library's flag


class EngineRequest(BaseRequest):
    """A peer's wish to publish, or to play, for the one who drives the engine.

    While it is not answered nothing more is received. Its event's stream_id says which stream it is about.
    """

    def accept(self) -> None:
        """Grant it: a publisher's packets come as events of the engine, a player gets what send_packet sends to its stream."""
        self._grant(0, 0)

    def reject(self, description: str | None = None, *, code: str | None = None) -> None:
        """Refuse it: the engine's output tells the peer. The code is "NetStream.Publish.BadName" if not given, or for
        players "NetStream.Play.StreamNotFound"."""
        self._refuse(description, code)

    def redirect(self, url: str, description: str | None = None) -> None:
        """Refuse it, and tell the peer where to go instead: a tcUrl, "rtmp://host[:port]/app"."""
        self._redirect(url, description)


class Engine(Owned, Managed):
    """The protocol of one connection, without socket, thread or clock.

    Make one with Engine.server, Engine.publish or Engine.play.

    Give it the bytes that arrived and the time, take the events that result, and send what it wants sent:

        rest = memoryview(data)
        while rest:
            taken = engine.receive(rest, now)
            rest = rest[taken:]
            for event in engine.events():
                ...  # answer requests, use packets
            if not taken:
                break  # a request waits for its answer: give it the rest after that
        send(engine.output())

    and call advance() at `deadline`. Times are seconds since the connection began. No method waits. Any method may be
    called from any thread.

    A hub can have the streams of the accepting side: with the option `hub`, or by Hub.accept(event.request). What is
    published then goes to the hub instead of coming as events, and what the hub has for a player is part of the output:
    `fileno()` says when.
    """

    _queue: int | None = None

    def __init__(self, *given: object, **options: object) -> None:
        raise TypeError("make an engine with Engine.server(), Engine.publish(url) or Engine.play(url)")

    @classmethod
    def server(cls, *, shaken: bool = False, **options: Unpack[ServerOptions]) -> Self:
        """The accepting side of a connection. `shaken`: the handshake was done elsewhere.

        Of the options, what concerns listening, connections, sending and events has no meaning. A `hub` answers every
        publish and play, unless `ask_publish` or `ask_play` wants to see them.
        """
        self = cls.__new__(cls)
        handle = _native.engine_server_create(*native_options(options), SHAKEN if shaken else 0)
        self._own(handle, _native.engine_close)
        return self

    @classmethod
    def publish(cls, url: str, *, shaken: bool = False, **options: Unpack[ClientOptions]) -> Self:
        """The calling side of a connection, which publishes. url only names the stream; output is at hand."""
        return cls._calling(_native.engine_publish_create, url, shaken, options)

    @classmethod
    def play(cls, url: str, *, shaken: bool = False, **options: Unpack[ClientOptions]) -> Self:
        """The calling side of a connection, which plays: what the server sends comes as PACKET events after CONNECTED."""
        return cls._calling(_native.engine_play_create, url, shaken, options)

    @classmethod
    def _calling(cls, create: Callable[..., int], url: str, shaken: bool, options: Any) -> Self:
        self = cls.__new__(cls)
        plain, limits, timeouts = native_options(options)
        plain.pop("send_timeout", None)
        self._own(create(url, plain, limits, timeouts, SHAKEN if shaken else 0), _native.engine_close)
        return self

    def receive(self, data: Buffer, now: float) -> int:
        """Give it bytes that arrived. How many it took: not all while events, a request or a hub wait; give it the rest
        then.

        ClosedError when the conversation is over; ProtocolError when the peer broke the protocol or a limit: the engine
        is dead then, and its output should still be sent.
        """
        return _native.engine_receive(self._handle, _milliseconds(now), data)

    def events(self) -> list[Event]:
        """Take the events that there are. One that cannot be read is logged, and left out."""
        events: list[Event] = []
        for item in _native.engine_events(self._handle):
            try:
                events.append(_event(*item))
            except UNREADABLE:
                _log.fault("an event could not be read")
        return events

    def output(self) -> bytes:
        """Take the bytes that are to be sent, all of them and in order."""
        if self._queue is not None:
            _native.queue_drain(self._queue, {})
        return _native.engine_output(self._handle)

    def fileno(self) -> int:
        """A descriptor, for selectors and loop.add_reader, that is readable while a hub has output for a player, and when
        a hub takes again what receive() did not: then call output(), receive() with the rest if there is some, and
        events(). output() makes it unreadable."""
        if self._queue is None:
            queue = _native.queue_create(0)
            try:
                _native.engine_set_queue(self._handle, queue)
            except BaseException:
                _native.queue_destroy(queue)
                raise
            self._queue = queue
        return _native.queue_fd(self._queue)

    @property
    def deadline(self) -> float | None:
        """The time at which advance must be called next; None if there is none. Every other call may change it."""
        milliseconds = _native.engine_deadline(self._handle)
        return None if milliseconds < 0 else milliseconds / 1000

    def advance(self, now: float) -> None:
        """Tell it what time it is. ConnectionError when a phase has lasted too long: the engine is dead then."""
        _native.engine_advance(self._handle, _milliseconds(now))

    def send_packet(self, packet: Packet, *, timestamp_ms: int | None = None, stream_id: int = 0) -> None:
        """Send a packet: the output grows by it. Publishing: to the server, after CONNECTED.

        Accepting side: to the player of a stream, whose stream_id is that of the play's REQUEST event. What the player has
        paused, or does not want, is left out. It needs ask_play of the options.
        """
        timestamp = packet.timestamp_ms if timestamp_ms is None else timestamp_ms
        _native.engine_send_packet(self._handle, packet, timestamp, stream_id)

    def complete(self, stream_id: int) -> None:
        """Accepting side: tell the player of a stream that all of it has been sent. The connection goes on."""
        _native.engine_complete(self._handle, stream_id)

    def pause(self) -> None:
        """Calling side that plays: ask the server to stop sending."""
        _native.engine_pause(self._handle, 1)

    def resume(self) -> None:
        """Ask the server to go on sending."""
        _native.engine_pause(self._handle, 0)

    def seek(self, position_ms: int) -> None:
        """Ask for another position of a recorded stream."""
        _native.engine_seek(self._handle, position_ms)

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
        """Calling side that plays: ask for another stream in the place of the one that plays, as Client.play2 does."""
        _native.engine_play2(
            self._handle,
            play2_options(
                stream_name, old_stream_name, transition, live_only, start_ms, duration_ms, offset_ms, properties
            ),
        )

    def call(self, name: str, *arguments: amf.Value, timeout: float | None = 10) -> int:
        """Call a procedure of the application at the other end, once connect was accepted.

        A REPLY event comes with the number that is returned here as its value, and with the values of the answer, or with
        an error: a refusal, or the end of timeout, by the clock of receive and advance.
        """
        return _native.engine_call(self._handle, name, amf.encode(*arguments), milliseconds(timeout))

    def notify(self, name: str, *arguments: amf.Value) -> None:
        """Call a procedure of the peer's whose answer nobody wants."""
        _native.engine_notify(self._handle, name, amf.encode(*arguments))

    def answer(self, call: Event | int, *values: amf.Value) -> None:
        """Answer a CALL event, or its `value`. UsageError when it was answered, or its time is over."""
        _native.engine_answer(self._handle, call_id(call), amf.encode(*values))

    def refuse(self, call: Event | int, description: str = "", *, code: str | None = None) -> None:
        """Refuse a CALL event, or its `value`; code is "NetConnection.Call.Failed" if not given."""
        _native.engine_refuse(self._handle, call_id(call), words(code), words(description))

    def send_shared_object(self, shared_object: SharedObject) -> None:
        """Tell the peer what happens to a shared object."""
        _native.engine_send_shared_object(self._handle, shared_object._values())

    def request_reconnect(self, tc_url: str | None = None, description: str | None = None) -> None:
        """Accepting side: ask the peer to connect anew, as Session.request_reconnect does.

        A calling side gets a RECONNECT event; where to go then is yours.
        """
        _native.engine_request_reconnect(self._handle, tc_url, words(description))

    def receive_audio(self, on: bool) -> None:
        """Tell the server whether audio is wanted."""
        _native.engine_receive_audio(self._handle, on)

    def receive_video(self, on: bool) -> None:
        """Tell the server whether video is wanted."""
        _native.engine_receive_video(self._handle, on)

    def set_buffer_length(self, length_ms: int) -> None:
        """Tell the server how much this side buffers."""
        _native.engine_set_buffer_length(self._handle, length_ms)

    def send_metadata(self, metadata: Metadata) -> None:
        """onMetaData to the server: the fields that are not 0."""
        _native.engine_send_metadata(self._handle, metadata._native())

    def close_stream(self, stream_id: int, description: str | None = None, *, code: str | None = None) -> None:
        """Accepting side: end a stream and tell its publisher or player why. The connection goes on.

        A player that is given no code hears that its publisher has ended.
        """
        _native.engine_close_stream(self._handle, stream_id, words(code), words(description))

    def end(self) -> None:
        """End the conversation politely: the output holds the good-byes. Send it and hang up."""
        _native.engine_end(self._handle)

    @property
    def closing(self) -> bool:
        """Whether the conversation is over or the engine dead, so that the connection is to be closed after the output."""
        return _native.engine_closing(self._handle)

    def statistics(self) -> EngineStatistics:
        """What the connection has done."""
        return EngineStatistics(**_native.engine_statistics(self._handle))

    def _drop(self) -> None:
        super()._drop()
        if self._queue is not None:
            with contextlib.suppress(Error):
                _native.queue_destroy(self._queue)


def _milliseconds(now: float) -> int:
    """Whole milliseconds, also of those that were seconds before."""
    return int(now * 1000 + 0.001)


def _event(
    kind: int,
    stream_id: int,
    value: int,
    on: int,
    status: int,
    phase: str,
    code: str,
    text: str,
    payload: Packet | bytes | int | None,
) -> Event:
    if isinstance(payload, bytes):
        if kind != EventKind.REPLY:
            return values_of(kind, value, payload)
        return Event(kind=EventKind.REPLY, value=value, values=values_in(payload))
    return Event(
        kind=EventKind(kind),
        stream_id=stream_id,
        value=value,
        on=bool(on),
        status=status,
        phase=phase,
        code=code,
        text=text,
        packet=payload if isinstance(payload, Packet) else None,
        request=EngineRequest(payload) if isinstance(payload, int) else None,
    )
