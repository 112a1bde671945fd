"""Receiving, for asyncio: what a session that is published and a client that plays have in common."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from time import monotonic
from typing import Any

from . import amf
from ._base import error_of, is_own_fault
from ._errors import Error
from ._event import Event
from ._native import AsyncTake, Packet
from ._reactor import Reactor, Waiters
from ._stream import Stream

# Packets that a stream holds for a task that is slower than its peer. Beyond, they wait in the library, and then the
# peer's connection is not read.
MOST_PACKETS = 256
MOST_BYTES = 4 << 20
LOOK = 0.5  # seconds after which who waits for events looks for the end, while packets wait in the library
TURN = 0.001  # seconds for which a task may look for packets itself before other tasks have their turn


class Receiver(Stream):
    """Packets come out of it, and what its peer tells besides.

    Memory is bounded: when the tasks that take packets are slower than the peer, the peer has to wait.
    """

    _reactor: Reactor
    _number: int
    _waiters: Waiters
    _held = 0  # bytes that came since there were no packets
    _paused = False
    _turn_ends = 0.0

    def __aiter__(self) -> AsyncIterator[Packet]:
        self._check_receives()
        return AsyncTake(self._packets, self.__anext__)

    async def __anext__(self) -> Packet:
        await self._fill()
        for packet in self._packets:
            return packet
        if self._end is not None and is_own_fault(self._end):
            raise error_of(self._end)
        raise StopAsyncIteration

    async def next_packet(self) -> Packet:
        """The next packet.

        EndOfStreamError when the peer has ended the stream and all its packets were taken, ClosedError when this side
        has; ConnectionError or ProtocolError when the connection broke.
        """
        return (await self.next_packets(1))[0]

    async def next_packets(self, most: int = 4096) -> list[Packet]:
        """Wait as next_packet does, then take all packets that are there, at most so many."""
        self._check_receives(most)
        await self._fill()
        if not self._packets and self._end is not None:
            raise error_of(self._end)
        return self._packets.take(most)

    async def _fill(self) -> None:
        """Wait for packets or the end.

        It looks for itself before it leaves that to the loop, which is cheaper for who gets many packets; but the loop
        gets its turn when TURN is over.
        """
        looked = False  # once for each wait
        while not self._packets and self._end is None:
            if self._paused:
                self._pause(False)
            if looked:
                await self._waiters.wait()
            elif monotonic() < self._turn_ends:
                looked = True
                self._reactor.drain()
                continue
            else:
                await asyncio.sleep(0)
            self._turn_ends = monotonic() + TURN

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        with contextlib.suppress(Error):
            self._calls.set_queue(self._handle, 0 if paused else self._reactor.queue, self._number)

    def _came(self, count: int, size: int) -> None:
        """So many packets, of so many bytes, are in the inbox now."""
        before = len(self._packets) - count
        self._held = self._held + size if before else size
        # One batch always finds room; the next one must find that some of it was taken.
        if not self._paused and before and (before > MOST_PACKETS or self._held > MOST_BYTES):
            self._pause(True)

    async def next_event(self) -> Event:
        """The next that its peer tells besides packets; raises what next_packet raises.

        Of a session that is played PAUSE, UNPAUSE, SEEK, RECEIVE and BUFFER_LENGTH; of a client that plays STATUS and
        CONTROL; with answer_calls of both, and of any session, CALL and SHARED_OBJECT. What nobody takes is dropped past
        256.

        Events come behind the packets that the peer has sent before them. While more than 256 packets wait to be taken no
        event comes, and of the end only what is known without reading from the peer, who has to wait.
        """
        while not self._told:
            if self._end is not None:
                raise error_of(self._end)
            await self._change()
        return self._told.popleft()

    async def events(self) -> AsyncIterator[Event]:
        """What next_event gives, until the stream ends. Packets have to be taken meanwhile, or the peer has to wait."""
        while self._told or self._end is None:
            if self._told:
                yield self._told.popleft()
            else:
                await self._change()

    async def _change(self) -> None:
        """Wait for something to change, though packets wait in the library, and with them what comes behind them.

        When the stream has ended they are so few as it holds, and are taken over.
        """
        if self._paused and self._has_ended():
            self._pause(False)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK if self._paused else None):
                await self._waiters.wait()

    async def ping(self, timeout: float | None = 10) -> float:
        """Ask the peer for a sign of life: how many seconds it took. Some never answer, OBS for one.

        TimeoutError when it does not answer in time, which does not say that it is gone; errors as of next_packet.
        The library waits on a thread.
        """
        return await asyncio.to_thread(self._ping, timeout)

    async def call(self, name: str, *arguments: amf.Value, timeout: float | None = 10) -> list[Any]:
        """Call a procedure of the application at the other end, and wait for what it answers.

        RefusedError when it refuses, as most peers do with everything; TimeoutError; errors as of next_packet.
        The library waits on a thread.
        """
        return await asyncio.to_thread(self._call, name, amf.encode(*arguments), timeout)
