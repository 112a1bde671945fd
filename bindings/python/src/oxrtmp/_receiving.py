"""Receiving, for threads: what a session that is published and a client that plays have in common."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from itertools import islice
from time import monotonic
from typing import Any, TypeVar

from . import amf
from ._base import error_of, is_own_fault
from ._channel import Channel, Deliver, Kept, deadline_of, first_of
from ._errors import Error, Status, make_error
from ._event import MOST_EVENTS, TOLD, Event, event_of
from ._native import Packet, Take
from ._stream import Stream

T = TypeVar("T")

# Packets that a stream holds while somebody waits for its events and nobody takes packets. Beyond, they wait in the library,
# and then the peer's connection is not read.
MOST_PACKETS = 256
MOST_BYTES = 4 << 20
LOOK = 0.5  # seconds after which who waits for events looks for the end, while packets wait in the library


class Receiver(Stream):
    """Packets come out of it, from any thread, and what its peer tells besides."""

    _channel: Channel
    _event: Deliver
    _holding: threading.RLock  # of the next two
    _held_back = False  # whether packets wait in the library
    _ending = False  # whether the library knows the end: what it holds is not much then

    def __iter__(self) -> Iterator[Packet]:
        self._check_receives()
        return Take(self._packets, self._more)

    def _more(self) -> bool:
        """Wait for packets. False at the end, which is raised if it is a fault of this side."""
        if self._fill(None):
            return True
        if self._end is not None and is_own_fault(self._end):
            raise error_of(self._end)
        return False

    def next_packet(self, timeout: float | None = None) -> Packet:
        """The next packet. Waits for it as long as timeout says, in seconds: 0 looks, None waits for ever.

        TimeoutError when the time is over; EndOfStreamError when the peer has ended the stream and all its packets
        were taken, ClosedError when this side has; ConnectionError or ProtocolError when the connection broke.
        """
        self._check_receives()
        deadline = deadline_of(timeout)
        while True:
            for packet in self._packets:  # not by a call, at whose end a signal's handler could raise; nor below
                return packet
            self._await_packets(deadline, timeout)

    def next_packets(self, most: int = 4096, timeout: float | None = None) -> list[Packet]:
        """Wait as next_packet does, then take all packets that are there, at most so many."""
        self._check_receives(most)
        deadline = deadline_of(timeout)
        while not (taken := [*islice(self._packets, most)]):
            self._await_packets(deadline, timeout)
        return taken

    def _await_packets(self, deadline: float | None, timeout: float | None) -> None:
        """Wait for packets, which another thread may take before this one does."""
        if not self._fill(deadline):
            if self._end is not None:
                raise error_of(self._end)
            raise make_error(Status.TIMEOUT, f"no packet in {timeout} s", "", "", "")

    def _fill(self, deadline: float | None) -> bool:
        """Wait for packets. False when the time or the stream is over before."""
        self._channel.look(self._event)
        if self._packets:
            return True
        while self._channel.wait(self._ready, self._event, deadline):
            if self._packets:
                return True
            if self._end is not None:
                return False
        return bool(self._packets)

    def _kept(self, kind: int, payload: Any) -> Kept | None:
        """What is for next_event."""
        if kind in TOLD and len(self._told) < MOST_EVENTS:
            return self._told, event_of(kind, payload), None
        return None

    def _ready(self) -> bool:
        if len(self._packets) > 0 or self._end is not None:
            return True
        if self._held_back:
            self._hold_back(False)
        return False

    def _hold_back(self, on: bool) -> None:
        """Leave packets in the library as long as too many wait here, or have them come again."""
        with self._holding, contextlib.suppress(Error):
            if on and self._is_crowded():
                self._held_back = True
                self._calls.set_queue(self._handle, 0, 0)
            elif not on and self._held_back:
                self._calls.set_queue(self._handle, self._channel.queue, 0)
                self._held_back = False

    def _is_crowded(self) -> bool:
        if self._held_back or self._ending or self._end is not None:
            return False
        return len(self._packets) > MOST_PACKETS or self._packets.bytes > MOST_BYTES

    def _await_event(self, deadline: float | None) -> bool:
        """Wait for an event or the end. False when the time is over, or it was closed, before that."""
        while True:
            look = monotonic() + LOOK if self._held_back else None
            limit = min((time for time in (deadline, look) if time is not None), default=None)
            came = self._channel.wait(lambda: self._is_told() or self._is_crowded(), self._event, limit)
            if self._is_told():
                return True
            if not came and (self._closed or limit == deadline):
                return False
            self._ending = self._has_ended()
            self._hold_back(not self._ending)

    def _is_told(self) -> bool:
        return bool(self._told) or self._end is not None

    def next_event(self, timeout: float | None = None) -> Event:
        """The next that its peer tells besides packets. Waits as next_packet does, and raises what that raises.

        Of a session that is played PAUSE, UNPAUSE, SEEK, RECEIVE and BUFFER_LENGTH; of a client that plays STATUS and
        CONTROL; of one that publishes, with reconnect or drop_video, RECONNECTING, RECONNECTED, CONGESTED and RELIEVED; with
        answer_calls of both, and of any session, CALL and SHARED_OBJECT. What nobody takes is dropped past 256.

        Events come behind the packets that the peer has sent before them. While more than 256 packets wait to be taken no
        event comes, and of the end only what is known without reading from the peer, who has to wait.
        """
        deadline = deadline_of(timeout)
        while True:
            try:
                return first_of(self._told)
            except IndexError:
                if self._end is not None:
                    raise error_of(self._end) from None
            if not self._await_event(deadline):
                if self._end is not None:
                    continue
                raise make_error(Status.TIMEOUT, f"no event in {timeout} s", "", "", "")

    def events(self) -> Iterator[Event]:
        """What next_event gives, until the stream ends. Packets have to be taken meanwhile, or the peer has to wait."""
        while True:
            self._await_event(None)
            try:
                event = first_of(self._told)
            except IndexError:
                if self._end is None and not self._closed:
                    continue  # another thread was quicker
                return
            yield event

    def ping(self, timeout: float | None = 10) -> float:
        """Ask the peer for a sign of life: how many seconds it took. Some never answer, OBS for one.

        TimeoutError when it does not answer in time, which does not say that it is gone; errors as of next_packet.
        """
        return beside(lambda: self._ping(timeout))

    def call(self, name: str, *arguments: amf.Value, timeout: float | None = 10) -> list[Any]:
        """Call a procedure of the application at the other end, and wait for what it answers.

        RefusedError when it refuses, as most peers do with everything; TimeoutError, also when the connection is lost before
        the answer and made again; errors as of next_packet.
        """
        values = amf.encode(*arguments)
        return beside(lambda: self._call(name, values, timeout))


def beside(work: Callable[[], T]) -> T:
    """What work returns, which waits in the library: on a thread of its own, so that Ctrl-C ends the wait at once."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    found: list[T] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            found.append(work())
        except BaseException as error:  # noqa: BLE001 it is raised below
            failed.append(error)

    waiting = threading.Thread(target=run, name="oxrtmp call", daemon=True)
    waiting.start()
    waiting.join()
    if failed:
        raise failed[0]
    return found[0]
