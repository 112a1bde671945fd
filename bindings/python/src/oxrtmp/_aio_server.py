"""Server, Request and Session for asyncio."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self, Unpack

from . import _log, _native
from ._aio_receiving import Receiver
from ._aio_sending import Sender
from ._base import CLOSED, BaseRequest, BaseServer, End, end_of, error_of
from ._channel import PACKET, REQUEST, SERVER_CLOSED, STREAM_END, WRITABLE
from ._errors import Error, Status
from ._native import Inbox
from ._opening import Done, Opening, Ready
from ._reactor import Reactor, Waiters
from ._stream import BaseSession
from ._types import ServerOptions, milliseconds


class Session(Receiver, Sender, BaseSession):
    """An accepted stream: packets come out of one that a peer publishes, and go into one that a peer plays.

    An `async for` loop over it ends when the stream does, however that happens: `end_reason` and `error` tell. Sending to
    a player is as sending from a client, and waits as the server's options say; what the player has paused or does not
    want counts as sent; when it has left EndOfStreamError is raised. Memory is bounded: when the tasks that take packets
    are slower than the peer, the peer has to wait.
    """

    def __init__(self, request: Request) -> None:
        self._packets = Inbox()
        self._told = deque()
        self._waiters = Waiters()
        self._sending = asyncio.Lock()
        self._send_timeout = request._send_timeout
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

    def _event(self, kind: int, payload: Any, size: int) -> None:
        if self._closed:
            return
        if kind == PACKET:
            self._came(payload, size)
        elif kind == STREAM_END:
            self._end = self._end or end_of(payload)
        elif kind == WRITABLE:
            self._writable = True
        else:
            self._tell(kind, payload)
        self._waiters.wake()

    def _drop(self) -> None:
        if self._close(None, None):
            self._reactor.detach(self._number)

    async def close(self, description: str | None = None, *, code: str | None = None) -> None:
        """End the stream and its connection. With words, the peer is told: code is "NetStream.Publish.Rejected" if not given.

        Tasks that wait are woken. Packets that were taken stay valid; those sent to a player are delivered within the
        server's `linger`, for which this does not wait. Closing again does nothing.
        """
        if self._close(description, code):
            self._packets.clear()
            self._reactor.detach(self._number)
            self._waiters.wake()


class Request(BaseRequest):
    """A peer's wish to publish or play. It waits for accept or reject for 10 seconds by default."""

    _session: Session | None = None

    def __init__(self, handle: int, send_timeout: float | None) -> None:
        super().__init__(handle)
        self._send_timeout = send_timeout

    def accept(self) -> Opening[Session]:
        """Grant it, at once. To be used as `async with request.accept() as session`, or awaited.

        If the peer has gone meanwhile, the session has ended already. For a request that is not about a stream (see
        ServerOptions.ask_connection) the session is a closed one.
        """
        self._session = Session(self)
        return Opening(Ready(self._session))

    def reject(self, description: str | None = None, *, code: str | None = None) -> Done:
        """Refuse it, at once: the peer is told, and a publisher disconnected; a player may ask for another stream instead.

        The code is "NetStream.Publish.BadName" or "NetStream.Play.StreamNotFound" if not given. Encoders give up at once on the codes BadName, Denied and Rejected.
        """
        self._refuse(description, code)
        return Done()


class Server(BaseServer):
    """Listens on an address ("host:port", ":1935" for every interface) and lets publishers in, and players if asked to.

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
                request = Request(payload, self._send_timeout)
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
