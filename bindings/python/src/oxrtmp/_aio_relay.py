"""Relay for asyncio."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from . import _native
from ._event import MOST_EVENTS, Event
from ._reactor import Reactor, Waiters
from ._relay import BaseRelay


class Relay(BaseRelay):
    """Carries a stream of a hub to another server, or from there, until it is closed. Hub.push and Hub.pull make it.

    It connects again when the connection is lost, and each connection begins with metadata, sequence headers and what
    the hub keeps for late players.
    """

    def __init__(self, handle: int) -> None:
        self._told = deque(maxlen=MOST_EVENTS)
        self._waiters = Waiters()
        self._reactor, self._number = Reactor.attach(self)
        self._handle = handle
        self._closed = False
        _native.relay_set_queue(handle, self._reactor.queue, self._number)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    def _event(self, kind: int, payload: Any, size: int) -> None:
        self._tell(kind, payload)
        self._waiters.wake()

    async def next_event(self) -> Event:
        """The next state that it comes into: an event of kind RELAY, whose value is a RelayState.

        ClosedError after the event that tells so, and when it is closed. What nobody takes is dropped past 256, the oldest
        first.
        """
        while not self._told:
            if self._ended:
                raise self._over()
            await self._waiters.wait()
        return self._told.popleft()

    async def events(self) -> AsyncIterator[Event]:
        """What next_event gives, until it is closed."""
        while self._told or not self._ended:
            if self._told:
                yield self._told.popleft()
            else:
                await self._waiters.wait()

    async def close(self) -> None:
        """End it; its connection ends politely meanwhile. Closing again does nothing."""
        if not self._closed:
            self._drop()
            self._waiters.wake()

    def _drop(self) -> None:
        self._end()
        self._reactor.detach(self._number)
