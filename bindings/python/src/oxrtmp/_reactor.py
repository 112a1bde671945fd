"""How tasks wait: all objects of an event loop share a queue of the library's, whose descriptor the loop watches."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import weakref
from typing import Any, ClassVar, Protocol

from . import _log, _native
from ._channel import LOG, REQUEST, SERVER
from ._errors import Error, ForkedError
from ._server_event import server_event_of


class Source(Protocol):
    """Something that events come from."""

    def _event(self, kind: int, payload: Any, size: int) -> None: ...


class Reactor:
    """One loop's queue. It lives as long as something is attached to it."""

    _running: ClassVar[weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Reactor]] = weakref.WeakKeyDictionary()

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = weakref.ref(loop)
        self._sources: weakref.WeakValueDictionary[int, Source] = weakref.WeakValueDictionary()
        self._inboxes: dict[int, _native.Inbox] = {}
        self._numbers = itertools.count(1)
        self._attached = 0
        self.queue = _native.queue_create(_log.level())
        loop.add_reader(_native.queue_fd(self.queue), self.drain)

    @classmethod
    def attach(cls, source: Source, inbox: _native.Inbox | None = None) -> tuple[Reactor, int]:
        """The running loop's reactor, and the number by which the source's events find it, and packets its inbox."""
        loop = asyncio.get_running_loop()
        reactor = cls._running.get(loop)
        if reactor is None:
            reactor = cls._running[loop] = Reactor(loop)
        number = next(reactor._numbers)
        reactor._sources[number] = source
        if inbox is not None:
            reactor._inboxes[number] = inbox
        reactor._attached += 1
        return reactor, number

    def detach(self, number: int) -> None:
        """The source is closed: no event of it comes any more. Called once for each attach, from any thread."""
        self._sources.pop(number, None)
        self._inboxes.pop(number, None)
        self._attached -= 1
        if self._attached > 0:
            return
        loop = self._loop()
        if loop is None or loop.is_closed():
            self._stop(None)
            return
        try:
            inside = asyncio.get_running_loop() is loop
        except RuntimeError:
            inside = False
        if inside:
            self._stop(loop)
        else:
            with contextlib.suppress(RuntimeError):  # closed at this moment
                loop.call_soon_threadsafe(self._stop, loop)

    def _stop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        if self._attached > 0 or self.queue == 0:
            return
        queue, self.queue = self.queue, 0
        with contextlib.suppress(ForkedError):
            if loop is not None:
                self._running.pop(loop, None)
                loop.remove_reader(_native.queue_fd(queue))
            _native.queue_destroy(queue)

    def drain(self) -> None:
        """Deliver what is there, once: the loop calls again while there is more, and runs others between."""
        try:
            items = _native.queue_drain(self.queue, self._inboxes)
        except ForkedError:
            loop = self._loop()
            if loop is not None:
                loop.stop()
            raise
        for item in items:
            try:
                self._deliver(*item)
            except Exception:  # noqa: BLE001 the others are other people's, and whoever has called this may be too
                _log.fault("an event could not be delivered")

    def _deliver(self, kind: int, number: int, payload: Any, size: int) -> None:
        source = self._sources.get(number)
        if kind == LOG:
            _, _, _, text, level, time_ns, *_ = payload
            _log.write(text, level, time_ns)
        elif source is not None:
            source._event(kind, payload, size)
        elif kind == REQUEST:
            with contextlib.suppress(Error):
                _native.request_reject(payload, None, "not answered")
        elif kind == SERVER:
            server_event_of(payload).keep()


class Waiters:
    """The tasks that wait for something to change. Cancelling one does not touch the others."""

    __slots__ = ("_futures",)

    def __init__(self) -> None:
        self._futures: list[asyncio.Future[None]] = []

    async def wait(self) -> None:
        """Until wake."""
        future = asyncio.get_running_loop().create_future()
        self._futures.append(future)
        try:
            await future
        finally:
            if future in self._futures:  # cancelled
                self._futures.remove(future)

    def wake(self) -> None:
        if self._futures:
            futures, self._futures = self._futures, []
            for future in futures:
                if not future.done():
                    future.set_result(None)
