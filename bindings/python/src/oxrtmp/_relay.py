"""Relay for threads, and what it shares with the one for asyncio."""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from typing import Any, Self

from . import _native
from ._base import Handle
from ._channel import RELAY, Channel, Kept, deadline_of, first_of
from ._enums import RelayState
from ._errors import ClosedError, Error, Status, make_error
from ._event import MOST_EVENTS, Event, event_of
from ._owned import Managed
from ._records import RelayStatistics


class BaseRelay(Handle):
    """Everything but the waiting."""

    _told: deque[Event]
    _keeper: set[BaseRelay] = set()  # its hub's, which keeps it until one of both is closed
    _ended = False  # the last event was told
    _last: RelayStatistics | None = None

    def __repr__(self) -> str:
        state = "closed" if self._closed else self.statistics().state.name
        return f"<{type(self).__module__}.Relay {state}>"

    def _forgotten(self) -> bool:
        return False  # the hub goes with it, and tells

    def _kept(self, keeper: set[BaseRelay]) -> Self:
        self._keeper = keeper
        keeper.add(self)
        return self

    def statistics(self) -> RelayStatistics:
        """The relay at this moment. Of one that is closed: until then."""
        if self._closed and self._last is not None:
            return self._last
        found = _native.relay_statistics(self._handle)
        found["state"] = RelayState(found["state"])
        return RelayStatistics(**found)

    def _tell(self, kind: int, payload: Any) -> None:
        if kind == RELAY:
            event = event_of(kind, payload)
            self._told.append(event)
            self._ended = self._ended or event.value == RelayState.CLOSED

    def _over(self) -> Error:
        return ClosedError("the relay is closed", Status.CLOSED)

    def _end(self) -> None:
        """Close the handle, once."""
        with contextlib.suppress(Error):
            self._last = self.statistics()
        self._closed = self._ended = True
        self._keeper.discard(self)
        with contextlib.suppress(Error):
            _native.relay_close(self._handle)


class Relay(BaseRelay, Managed):
    """Carries a stream of a hub to another server, or from there, until it is closed. Hub.push and Hub.pull make it.

    It connects again when the connection is lost, and each connection begins with metadata, sequence headers and what
    the hub keeps for late players.
    """

    def __init__(self, handle: int) -> None:
        self._told = deque(maxlen=MOST_EVENTS)
        self._channel = Channel()
        self._handle = handle
        self._closed = False
        _native.relay_set_queue(handle, self._channel.queue, 0)

    def _event(self, kind: int, payload: Any) -> Kept | None:
        if kind != RELAY:
            return None
        event = event_of(kind, payload)
        self._ended = self._ended or event.value == RelayState.CLOSED
        return self._told, event, None

    def next_event(self, timeout: float | None = None) -> Event:
        """The next state that it comes into: an event of kind RELAY, whose value is a RelayState.

        Waits as long as timeout says, in seconds: TimeoutError. ClosedError after the event that tells so, and when it is
        closed. What nobody takes is dropped past 256, the oldest first.
        """
        deadline = deadline_of(timeout)
        while True:
            try:
                return first_of(self._told)
            except IndexError:
                if self._ended:
                    raise self._over() from None
            if (
                not self._channel.wait(lambda: bool(self._told) or self._ended, self._event, deadline)
                and not self._ended
            ):
                raise make_error(Status.TIMEOUT, f"no event in {timeout} s", "", "", "")

    def events(self) -> Iterator[Event]:
        """What next_event gives, until it is closed."""
        while True:
            try:
                yield self.next_event()
            except ClosedError:
                return

    def fileno(self) -> int:
        """A descriptor that is readable while events wait; see Session.fileno."""
        return self._channel.fileno()

    def close(self) -> None:
        """End it; a connection ends politely, for which this may wait. Closing again does nothing."""
        super().close()

    def _drop(self) -> None:
        self._end()
        self._channel.close()
