"""How threads wait: every object that something can be waited for has a queue of the library's of its own."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

from . import _log, _native
from ._errors import Error
from ._options import milliseconds

# Event types of the library.
REQUEST, PACKET, STREAM_END, CONNECTED, FAILED, CLIENT_END, WRITABLE, SERVER_CLOSED, LOG, CLIENT_CLOSED = range(1, 11)
RELAY, SERVER = 16, 17

MOMENT = 0.005  # seconds

Deliver = Callable[[int, Any], None]


def deadline_of(timeout: float | None) -> float | None:
    return None if timeout is None else monotonic() + timeout


_wakeups: list[int] = []  # a pipe, once a main thread has waited


def is_main_thread() -> bool:
    """Whether this is the thread in which signals' handlers run."""
    return threading.current_thread() is threading.main_thread()


def wait_readable(fd: int, seconds: float) -> None:
    """Wait in the main thread until fd is readable, the time is over (negative: never), or Python has dealt with a signal.

    The kernel may give a process's signal to any thread, whose part is to note it for the main thread: that one has to be
    woken then.
    """
    if not _wakeups:
        _wakeups.extend(os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC))
    wake, write = _wakeups
    try:
        before = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    except ValueError:  # of a subinterpreter, which gets no signals
        _native.wait_readable(fd, seconds, -1)
        return
    try:
        if before not in (-1, write):  # the program has one of its own
            signal.set_wakeup_fd(before)
            wake = -1
        _native.wait_readable(fd, seconds, wake)
    finally:
        signal.set_wakeup_fd(before)


class Channel:
    """A queue, and the waiting in it. One thread at a time waits and delivers; the others look at what that has delivered."""

    __slots__ = ("_brisk", "_delivered", "_fd", "_inboxes", "_lock", "_open", "_turn", "queue")

    def __init__(self, inbox: _native.Inbox | None = None) -> None:
        self._inboxes = {} if inbox is None else {0: inbox}  # where packets go
        self.queue: int = _native.queue_create(_log.level())
        self._fd = _native.queue_fd(self.queue)
        self._lock = threading.RLock()  # a signal's handler may come back here
        self._delivered = threading.Condition(threading.RLock())
        self._brisk = False  # the last event came soon after it was waited for
        self._turn = 0  # changes when there may be something for the others, or the lock
        self._open = True

    def fileno(self) -> int:
        """The descriptor that is readable while events wait; -1 when closed."""
        return self._fd if self._open else -1

    def wait(self, ready: Callable[[], bool], deliver: Deliver, deadline: float | None) -> bool:
        """Deliver events until ready says so. False when the time is over, or the channel was closed, before that."""
        while True:
            turn = self._turn
            if self._lock.acquire(blocking=False):
                break
            if ready():
                return True
            if self._open:
                _native.queue_fd(self.queue)  # in a forked child: raises, where the lock may be held by nobody
            with self._delivered:
                left = None if deadline is None else max(0.0, deadline - monotonic())
                if self._turn == turn and not self._delivered.wait(left):
                    return ready()
        try:
            while not ready():
                if not self._open:
                    return False
                if self._drain(deliver):
                    self._tell_others()
                if ready():
                    break
                left = None if deadline is None else deadline - monotonic()
                if not self._open or (left is not None and left <= 0):
                    return False
                if self._await(left, deliver):
                    self._tell_others()
            return True
        finally:
            self._lock.release()
            self._tell_others()
            if not self._open:
                self._destroy()

    def _await(self, seconds: float | None, deliver: Deliver) -> bool:
        """Wait for something, and maybe deliver it: whether it did.

        To wait inside the library costs less than to wait for the descriptor. In the main thread signals could not end that:
        it waits there for a moment only, where events come quickly.
        """
        if not is_main_thread():
            return self._deliver(_native.queue_wait(self.queue, self._inboxes, milliseconds(seconds)), deliver)
        if self._brisk and (seconds is None or seconds > MOMENT):
            items = _native.queue_wait(self.queue, self._inboxes, milliseconds(MOMENT))
            self._brisk = bool(items)
            return self._deliver(items, deliver)
        begun = monotonic()
        wait_readable(self._fd, -1.0 if seconds is None else seconds)
        self._brisk = monotonic() - begun < MOMENT
        return False

    def _tell_others(self) -> None:
        with self._delivered:
            self._turn += 1
            self._delivered.notify_all()

    def look(self, deliver: Deliver) -> None:
        """Deliver what is there, unless another thread is at it."""
        if self._lock.acquire(blocking=False):
            try:
                if self._open:
                    self._drain(deliver)
            finally:
                self._lock.release()
                self._tell_others()
                if not self._open:
                    self._destroy()

    def _drain(self, deliver: Deliver) -> bool:
        """Deliver what is there. Whether there was something."""
        return self._deliver(_native.queue_drain(self.queue, self._inboxes), deliver)

    def _deliver(self, items: list[tuple[int, int, Any, int]], deliver: Deliver) -> bool:
        for kind, _, payload, _ in items:
            if kind == PACKET:
                continue
            if kind == LOG:
                _, _, _, text, level, time_ns, *_ = payload
                _log.write(text, level, time_ns)
            else:
                deliver(kind, payload)
        return bool(items)

    def wake(self) -> None:
        """Have who waits look again."""
        _native.queue_wake(self.queue)

    def close(self) -> None:
        """End the queue. Who waits is woken; it is destroyed when nobody is in it any more."""
        if self._open:
            self._open = False
            with contextlib.suppress(Error):
                _native.queue_wake(self.queue)
            self._destroy()

    def _destroy(self) -> None:
        if self._lock.acquire(blocking=False):
            try:
                _native.queue_destroy(self.queue)
            except Error:  # in a forked child
                pass
            finally:
                self._lock.release()
