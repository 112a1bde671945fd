"""Server, Request and Session for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self, Unpack

from . import _log, _native
from ._base import CLOSED, BaseRequest, BaseServer, BaseSession, End, end_of, error_of, is_own_fault
from ._channel import PACKET, REQUEST, SERVER_CLOSED, STREAM_END
from ._errors import Error, Status
from ._native import AsyncTake, Inbox, Packet
from ._opening import Done, Opening, Ready
from ._reactor import Reactor, Waiters
from ._types import ServerOptions, milliseconds

# Packets that a session holds for a task that is slower than its peer. Beyond, they wait in the library, and then the
# peer's connection is not read.
MOST_PACKETS = 256
MOST_BYTES = 4 << 20
# Packets that a task may take before other tasks have their turn.
MOST_LOOKED_AT = 1024


class Session(BaseSession):
    """An accepted stream that a peer publishes. Packets come out of it.

    An `async for` loop over it ends when the stream does, however that happens: `end_reason` and `error` tell. Memory is
    bounded: when the tasks that take packets are slower than the peer, the peer has to wait.
    """

    _held = 0  # bytes that came since there were no packets
    _paused = False
    _looked_at = 0  # packets that were found without the loop having its turn

    def __init__(self, request: Request) -> None:
        self._packets = Inbox()
        self._waiters = Waiters()
        self._reactor, self._number = Reactor.attach(self, self._packets)
        try:
            handle, end = request._grant(self._reactor.queue, self._number)
        except BaseException:
            self._reactor.detach(self._number)
            raise
        super().__init__(request, handle, end)
        if self._closed:
            self._reactor.detach(self._number)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[Packet]:
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
        await self._fill()
        if not self._packets and self._end is not None:
            raise error_of(self._end)
        return self._packets.take(most)

    async def _fill(self) -> None:
        """Wait for packets or the end.

        It looks for itself before it leaves that to the loop, which is cheaper for who gets many packets; but the loop
        gets its turn after MOST_LOOKED_AT of them.
        """
        looked = False
        while not self._packets and self._end is None:
            if self._paused:
                self._pause(False)
            if self._looked_at < MOST_LOOKED_AT and not looked:
                looked = True  # once for each wait
                self._reactor.drain()
                self._looked_at += len(self._packets)
            else:
                await self._waiters.wait()
                self._looked_at = 0

    def _pause(self, paused: bool) -> None:
        self._paused = paused
        with contextlib.suppress(Error):
            _native.session_set_queue(self._handle, 0 if paused else self._reactor.queue, self._number)

    def _event(self, kind: int, payload: Any, size: int) -> None:
        if self._closed:
            return
        if kind == PACKET:  # payload of them are in the inbox now
            before = len(self._packets) - payload
            self._held = self._held + size if before else size
            # One batch always finds room; the next one must find that some of it was taken.
            if not self._paused and before and (before > MOST_PACKETS or self._held > MOST_BYTES):
                self._pause(True)
        elif kind == STREAM_END:
            self._end = self._end or end_of(payload)
        self._waiters.wake()

    def _drop(self) -> None:
        if self._close(None, None):
            self._reactor.detach(self._number)

    async def close(self, description: str | None = None, *, code: str | None = None) -> None:
        """End the stream and its connection. With words, the peer is told: code is "NetStream.Publish.Rejected" if not given.

        Tasks that wait are woken. Packets that were taken stay valid. Closing again does nothing.
        """
        if self._close(description, code):
            self._packets.clear()
            self._reactor.detach(self._number)
            self._waiters.wake()


class Request(BaseRequest):
    """A peer's wish to publish. It waits for accept or reject for 10 seconds by default."""

    _session: Session | None = None

    def accept(self) -> Opening[Session]:
        """Grant it, at once. To be used as `async with request.accept() as session`, or awaited.

        If the peer has gone meanwhile, the session has ended already. For a request that is not about a stream (see
        ServerOptions.ask_connection) the session is a closed one.
        """
        self._session = Session(self)
        return Opening(Ready(self._session))

    def reject(self, description: str | None = None, *, code: str | None = None) -> Done:
        """Refuse it, at once: the peer is told, and disconnected. The code is "NetStream.Publish.BadName" if not given.

        Encoders give up at once on the codes BadName, Denied and Rejected.
        """
        self._refuse(description, code)
        return Done()


class Server(BaseServer):
    """Listens on an address ("host:port", ":1935" for every interface) and lets publishers in.

    Without an address it listens nowhere yet. Made in a running event loop.
    """

    _shut: int = Status.OK

    def __init__(self, address: str | None = None, **options: Unpack[ServerOptions]) -> None:
        self._requests: deque[Request] = deque()
        self._waiters = Waiters()
        self._ended: End | None = None
        self._reactor, self._number = Reactor.attach(self)
        try:
            self._open(address, options, self._reactor.queue, self._number)
        except BaseException:
            self._reactor.detach(self._number)
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncIterator[Request]:
        """Requests as they come, until the server is closed."""
        return self

    async def __anext__(self) -> Request:
        try:
            return await self.accept()
        except Error as error:
            if error.status != Status.CLOSED:
                raise
            raise StopAsyncIteration from None

    async def accept(self) -> Request:
        """The next request. ClosedError when the server is closed."""
        while not self._requests:
            if self._ended is not None:
                raise error_of(self._ended)
            await self._waiters.wait()
        return self._requests.popleft()

    def _event(self, kind: int, payload: Any, size: int) -> None:
        if kind == REQUEST:
            try:
                request = Request(payload)
            except Error:  # gone before it was looked at
                return
            if self._closed:
                request._drop()
                return
            self._requests.append(request)
        elif kind == SERVER_CLOSED:
            self._shut = payload[0]
            self._ended = CLOSED
        self._waiters.wake()

    async def serve(self, handler: Callable[[Request], Awaitable[object]]) -> None:
        """Await handler for each request, in a task of its own, until the server is closed, and wait for the tasks.

        A request that the handler has not answered is rejected. An exception in a handler is logged, and ends the
        session of that request only. When this is cancelled, the server is closed and the tasks are cancelled.
        """
        tasks: set[asyncio.Task[None]] = set()
        try:
            async for request in self:
                task = asyncio.create_task(handle(request, handler), name=f"oxrtmp {request._words()}")
                tasks.add(task)
                task.add_done_callback(tasks.discard)
        except BaseException:
            for task in tasks:
                task.cancel()
            raise
        finally:
            await self.close()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def shutdown(self, timeout: float | None = None) -> bool:
        """Stop listening, let the sessions that run go on for so many seconds (None: until they end), then close.

        Whether all sessions had ended.
        """
        if self._closed:
            return True
        _native.server_shutdown_start(self._handle, milliseconds(timeout))
        while self._ended is None:
            await self._waiters.wait()
        await self.close()
        return self._shut == Status.OK

    async def close(self) -> None:
        """Stop listening and end all connections. Tasks that wait are woken. Closing again does nothing."""
        if not self._closed:
            self._drop()
            self._waiters.wake()

    def _drop(self) -> None:
        self._closed = True
        self._ended = self._ended or CLOSED
        try:
            _native.server_close(self._handle)
        except Error as error:
            if error.status != Status.FORKED:
                raise
        finally:
            while self._requests:
                self._requests.popleft()._drop()
            self._reactor.detach(self._number)


async def handle(request: Request, handler: Callable[[Request], Awaitable[object]]) -> None:
    """Await a handler, and put in order what it leaves behind."""
    try:
        await handler(request)
    except Exception:  # noqa: BLE001 it is the caller's, and logged
        _log.logger.exception("the handler of %s failed", request._words())
        if request._session is not None:
            await request._session.close()
    finally:
        if not request.closed:
            request.reject()


async def serve(
    address: str, handler: Callable[[Request], Awaitable[object]], **options: Unpack[ServerOptions]
) -> None:
    """Listen on address and await handler for each request, in a task of its own. See Server.serve."""
    async with Server(address, **options) as server:
        await server.serve(handler)
