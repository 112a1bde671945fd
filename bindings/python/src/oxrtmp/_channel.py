"""How threads wait: every object that something can be waited for has a queue of the library's of its own."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

from . import _log, _native
from ._errors import Error
from ._native import Inbox, Intake
from ._options import milliseconds

# Event types of the library.
REQUEST, PACKET, STREAM_END, CONNECTED, FAILED, CLIENT_END, WRITABLE, SERVER_CLOSED, LOG, CLIENT_CLOSED = range(1, 11)
RELAY, SERVER = 16, 17

# Those that have nothing in them that may be unreadable.
PLAIN = {STREAM_END, CONNECTED, FAILED, CLIENT_END, WRITABLE, SERVER_CLOSED, CLIENT_CLOSED}
# What one that cannot be read raises.
UNREADABLE = (Error, ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

MOMENT = 0.005  # seconds

T = TypeVar("T")

Item = tuple[int, int, Any, int]  # an event as the queue has it
# What an event becomes: where it is to be appended to, itself, and what is called with it and whether that was done. It is
# not if the event was delivered twice, which is harmless where it becomes nothing.
Kept = tuple[deque[Any], Any, Callable[[Any, bool], None] | None]
Deliver = Callable[[int, Any], Kept | None]


def deadline_of(timeout: float | None) -> float | None:
    if timeout is None:
        return None
    if timeout != timeout:
        raise ValueError("a timeout is a number, not nan")
    return monotonic() + timeout


def first_of(waiting: deque[T]) -> T:
    """Take the first out; IndexError if there is none. Without a call, at whose end a signal's handler could raise."""
    first = waiting[0]
    del waiting[0]
    return first


_wakeups: list[int] = []  # a pipe, once a main thread has waited


def is_main_thread() -> bool:
    """Whether this is the thread in which signals' handlers run."""
    return threading.current_thread() is threading.main_thread()


def wakeups() -> list[int]:
    """The two ends of a pipe that tells the main thread of signals.

    The kernel may give a process's signal to any thread, whose part is to note it for the main thread: that one has to be
    woken then.
    """
    if not _wakeups:
        _wakeups.extend(os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC))
    return _wakeups


class Channel:
    """A queue, and the waiting in it. One thread at a time waits for events; then all of them look at what has come.

    A signal's handler may raise an exception in the main thread, or wait here itself, between any two steps. So no thread
    has a lock, and events stay in a list until they are delivered: who comes next goes on with them.
    """

    __slots__ = ("_brisk", "_fd", "_intake", "_items", "_others", "queue", "wake")

    def __init__(self, inbox: Inbox | None = None) -> None:
        self.queue: int = _native.queue_create(_log.level())
        self._fd = _native.queue_fd(self.queue)
        self._items: list[Item] = []  # what came and is not delivered yet; packets are in the inbox
        self._others: list[Any] = []  # locks of threads that wait for the one that waits for events
        self._intake = Intake(self.queue, {} if inbox is None else {0: inbox}, self._items, self._others)
        self.wake: Callable[[], None] = self._intake.wake  # has who waits look again
        self._brisk = False  # the last event came soon after it was waited for

    def fileno(self) -> int:
        """The descriptor that is readable while events wait; -1 when closed."""
        return -1 if self._intake.closed else self._fd

    def wait(self, ready: Callable[[], bool], deliver: Deliver, deadline: float | None) -> bool:
        """Deliver events until ready says so. False when the time is over, or the channel was closed, before that."""
        while True:
            turn = self._intake.turn
            if ready():
                return True
            came = self.look(deliver)
            if came and ready():
                return True
            left = None if deadline is None else deadline - monotonic()
            if self._intake.closed or (left is not None and left <= 0):
                return False
            if not came and self._await(turn, left) is None:
                self._stand_by(turn, left)

    def _await(self, turn: int, seconds: float | None) -> bool | None:
        """Wait until there may be something, if it is still that turn. None if another thread does so.

        To wait inside the library costs less than to wait for the descriptor. In the main thread signals could not end that:
        it waits there for a moment only, where events come quickly.
        """
        if not is_main_thread():
            return self._intake.wait(turn, milliseconds(seconds))
        if self._brisk and (seconds is None or seconds > MOMENT):
            came = self._intake.wait(turn, milliseconds(MOMENT))
            self._brisk = bool(came)
            return came
        begun = monotonic()
        came = self._intake.poll(turn, -1.0 if seconds is None else seconds, signal.set_wakeup_fd, *wakeups())
        self._brisk = monotonic() - begun < MOMENT
        return came

    def _stand_by(self, turn: int, seconds: float | None) -> None:
        """Wait until the thread that waits for events has got some, or leaves."""
        mine = threading.Lock()
        mine.acquire()
        try:
            self._others.append(mine)
            if self._intake.turn == turn:
                mine.acquire(timeout=-1 if seconds is None else min(seconds, threading.TIMEOUT_MAX))
        finally:
            if mine in self._others:
                self._others.remove(mine)

    def look(self, deliver: Deliver) -> bool:
        """Deliver what is there, unless another thread waits for it. Whether there was something."""
        came = self._intake.drain()
        while first := self._items[:1]:
            came = True
            self._deliver(first[0], deliver)
        return came

    def _deliver(self, item: Item, deliver: Deliver) -> None:
        """Deliver the first event, unless somebody else does at this moment: another thread, or a signal's handler."""
        kind, _, payload, _ = item
        if kind == LOG:
            if self._intake.settle(item):
                _, _, _, text, level, time_ns, *_ = payload
                _log.write(text, level, time_ns)
            return
        try:
            kept = deliver(kind, payload)
        except UNREADABLE:
            if kind in PLAIN:  # of a signal's handler
                raise
            if self._intake.settle(item):
                _log.fault("an event could not be delivered")
            return
        if kept is None:
            self._intake.settle(item)
            return
        where, what, settled = kept
        done = self._intake.settle(item, where, what)
        if settled is not None:
            settled(what, done)

    def close(self) -> None:
        """End the queue. Who waits is woken; it is destroyed when nobody is in it any more."""
        self._intake.close()
