"""What happens on a server, as it tells it."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from . import _native
from ._enums import ServerEventKind
from ._errors import Error, Status, make_error
from ._native import Packet
from ._records import Statistics


class Question:
    """Whether the message of a MEDIA_TAG that waits goes on. It does when that was forgotten."""

    __slots__ = ("_number",)

    def __init__(self, number: int) -> None:
        self._number = number

    def answer(self, goes_on: bool) -> None:
        number, self._number = self._number, 0
        if number != 0:
            with contextlib.suppress(Error):  # the server has ended
                _native.event_answer(number, goes_on)

    def forget(self) -> None:
        """Leave it to another one."""
        self._number = 0

    def __del__(self) -> None:
        self.answer(True)


@dataclass(kw_only=True, slots=True)
class ServerEvent:
    """Something that happened on a connection of a server."""

    kind: ServerEventKind  #: what happened
    connection: int  #: the connection's number on its server, from 1
    peer_address: str  #: its address, such as "192.0.2.7:50123"
    app: str = ""  #: the application, once it has connected
    stream_name: str = ""  #: the stream's name, without a query
    text: str = ""  #: of ends: why, in words
    packet: Packet | None = None  #: of METADATA to KEYFRAME
    statistics: Statistics | None = None  #: of STATS_UPDATE
    position_ms: int = 0  #: of PAUSE and UNPAUSE: where the player says it stands
    status: int = Status.OK  #: of DISCONNECT: a Status, unless the connection ended as it should
    phase: str = ""  #: of DISCONNECT with a status: where in the connection's life
    _question: Question | None = field(default=None, repr=False, compare=False)  # the same one in every copy
    _size: int = field(default=0, repr=False, compare=False)

    @property
    def error(self) -> Error | None:
        """What status and text say as an exception; None where status is OK."""
        if self.status == Status.OK:
            return None
        return make_error(self.status, self.text, self.phase, "", self.text)

    def keep(self) -> None:
        """Let the message of a MEDIA_TAG that waits (ServerOptions.ask_media_tag) go on. Else it does nothing."""
        self._answer(True)

    def drop(self) -> None:
        """Drop the message of a MEDIA_TAG that waits: nobody else sees it. Else it does nothing."""
        self._answer(False)

    def _answer(self, goes_on: bool) -> None:
        if self._question is not None:
            self._question.answer(goes_on)


def server_event_of(payload: Any) -> ServerEvent:
    """An event as the queue has it."""
    kind, connection, peer, app, name, text, packet, statistics, position, question, status, phase = payload
    return ServerEvent(
        kind=ServerEventKind(kind), connection=connection, peer_address=peer, app=app, stream_name=name, text=text,
        packet=packet, statistics=None if statistics is None else Statistics(**statistics), position_ms=position,
        status=status, phase=phase, _question=Question(question) if question else None, _size=0 if packet is None else len(packet.raw),
    )  # fmt: skip


class Backlog:
    """What a server has told and nobody has dealt with yet, counted. When it is too much the rest is left in the library,
    which then does not read from the server's connections, until there is room; but once the server shuts down, whose last
    word comes after all that, the oldest events to be taken are dropped."""

    MOST = 1024
    MOST_BYTES = 4 << 20

    def __init__(self, pause: Callable[[bool], None]) -> None:
        self.events: deque[ServerEvent] = deque()  # to be taken
        self._count = self._bytes = 0  # with those that hooks have before them
        self._pause = pause
        self._paused = self._ending = False

    def came(self, event: ServerEvent) -> bool:
        """Whether there is room for it: always, before the server shuts down."""
        if self._ending and not self._make_room():
            return False
        self.count(event)
        if not self._ending and not self._paused and self._is_full():
            self._paused = True
            self._pause(True)
            if self._ending:  # another thread has said so meanwhile
                self.resume()
        return True

    def count(self, event: ServerEvent) -> None:
        """Count one that came, whether or not there is room."""
        self._count += 1
        self._bytes += event._size

    def _is_full(self) -> bool:
        return self._count >= self.MOST or self._bytes >= self.MOST_BYTES

    def _make_room(self) -> bool:
        """Drop the oldest that nobody has taken. Whether that is enough: what waits for hooks stays."""
        while self._is_full():
            try:
                self.take().keep()
            except IndexError:
                return False
        return True

    def done(self, event: ServerEvent) -> None:
        self._count -= 1
        self._bytes -= event._size
        if self._paused and self._count < self.MOST // 2 and self._bytes < self.MOST_BYTES // 2:
            self.resume()

    def take(self) -> ServerEvent:
        """The first one to be taken. IndexError if there is none."""
        event = self.events.popleft()
        self.done(event)
        return event

    def hurry(self) -> None:
        """The server shuts down."""
        self._ending = True
        self.resume()

    def resume(self) -> None:
        if self._paused:
            self._paused = False
            self._pause(False)
