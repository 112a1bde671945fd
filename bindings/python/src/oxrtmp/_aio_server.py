"""Server, Request and Session for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from types import TracebackType
from typing import Any, Self, Unpack

from . import _log, _native
from ._aio_receiving import Receiver
from ._aio_sending import Sender
from ._base import CLOSED, BaseRequest, End, end_of, error_of
from ._channel import PACKET, REQUEST, SERVER, SERVER_CLOSED, STREAM_END, WRITABLE
from ._enums import LoginScheme
from ._errors import Error, Status
from ._hooks import Hooks
from ._native import Inbox
from ._opening import Done, Opening, Ready
from ._options import ServerOptions, milliseconds
from ._reactor import Reactor, Waiters
from ._server_event import ServerEvent
from ._stream import BaseSession
from ._telling import LAST_WORDS, TellingServer


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

    def redirect(self, url: str, description: str | None = None) -> Done:
        """Refuse it, at once, and tell the peer where to go instead: a tcUrl, "rtmp://host[:port]/app".

        Clients that do not follow (see ClientOptions.follow_redirects) take it for a refusal.
        """
        self._redirect(url, description)
        return Done()

    async def login(self, scheme: LoginScheme, password: str | None) -> bool:
        """Answer a connect request by what it says about a login of `user`, whose password is given: None for nobody.

        If the login is complete and right it is granted. Otherwise the peer is refused, with the demand to log in or the
        challenge, which encoders answer by connecting again, or the word that the login failed. Whether it was granted.
        """
        return self._login(scheme, password)


class Server(TellingServer):
    """Listens on an address ("host:port", ":1935" for every interface) and lets publishers in, and players if asked to.

    Without an address it listens nowhere yet. Made in a running event loop. Hooks are called by tasks of its own.
    """

    _shut: int = Status.OK

    def __init__(
        self, address: str | None = None, *, hooks: Hooks | None = None, **options: Unpack[ServerOptions]
    ) -> None:
        self._requests: deque[Request] = deque()
        self._lines: dict[int, deque[Request | ServerEvent]] = {}  # for hooks, by connection
        self._tellers: set[asyncio.Task[None]] = set()
        self._waiters = Waiters()
        self._ended: End | None = None
        self._reactor, self._number = Reactor.attach(self)
        self._queue = self._reactor.queue
        try:
            self._open(address, self._prepare(options, hooks), self._queue, self._number)
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
            if self._hooks is None:
                self._requests.append(request)
            else:
                self._stand_in_line(request)
        elif kind == SERVER:
            event = self._arrived(payload)
            if event is not None:
                self._stand_in_line(event)
        elif kind == SERVER_CLOSED:
            self._shut = payload[0]
            self._all_told = True
            self._ended = CLOSED
        self._waiters.wake()

    def _stand_in_line(self, about: Request | ServerEvent) -> None:
        line = self._lines.get(about.connection)
        if line is not None:
            line.append(about)
            return
        line = self._lines[about.connection] = deque([about])
        teller = asyncio.get_running_loop().create_task(self._call_hooks(about.connection, line))
        self._tellers.add(teller)
        teller.add_done_callback(self._tellers.discard)

    async def _call_hooks(self, connection: int, line: deque[Request | ServerEvent]) -> None:
        """Call the hooks for what has happened on one connection, in order."""
        try:
            while line:
                about = line[0]
                if isinstance(about, Request) and self._closed:
                    about._drop()
                    line.popleft()
                    continue
                kept = await self._call_hook(about)
                line.popleft()
                request = self._after(about, kept)
                if isinstance(request, Request):
                    self._requests.append(request)
                self._waiters.wake()
        finally:  # nothing is left, unless the task was cancelled
            del self._lines[connection]
            for about in line:
                if isinstance(about, Request):
                    about._drop()
                else:
                    self._told.done(about)

    async def _call_hook(self, about: Request | ServerEvent) -> object:
        """What the hook returns; None if it fails, or there is none."""
        name, hook = self._hook_of(about)
        if hook is None:
            return None
        try:
            kept = hook(about)
            return await kept if inspect.isawaitable(kept) else kept
        except Exception as error:  # noqa: BLE001 it is the caller's, and logged
            self._failed(name, about, error)
        except asyncio.CancelledError as error:  # something that the hook waited for was cancelled
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            self._failed(name, about, error)
        return None

    async def next_event(self) -> ServerEvent:
        """The next of the events that the option `events` asks for.

        The message of a MEDIA_TAG that waits goes on by `keep`, or when the event is forgotten. ClosedError when the server
        is closed and every event was taken.
        """
        while not self._told.events:
            if self._ended is not None and self._is_over():
                raise error_of(self._ended)
            await self._waiters.wait()
        return self._told.take()

    async def events(self) -> AsyncIterator[ServerEvent]:
        """What next_event gives, until the server is closed. What was not dropped goes on when the next one is wanted."""
        while True:
            try:
                event = await self.next_event()
            except Error as error:
                if error.status != Status.CLOSED:
                    raise
                return
            yield event
            event.keep()

    async def serve(self, handler: Callable[[Request], Awaitable[object]] | None = None) -> None:
        """Await handler for each request, in a task of its own, until the server is closed, and wait for the tasks.

        A request that the handler has not answered is rejected, and so are those that come without a handler. An
        exception in a handler is logged, and ends the session of that request only. When this is cancelled, the server is
        closed and the tasks are cancelled.
        """
        handler = handler or refuse
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

        Whether all sessions had ended. Events hold nothing up meanwhile: of those that nobody takes the oldest are dropped.
        """
        if self._closed:
            return True
        left = milliseconds(timeout)
        self._told.hurry()
        _native.server_shutdown_start(self._handle, left)
        while self._ended is None:
            await self._waiters.wait()
        await self.close()
        return self._shut == Status.OK

    async def close(self) -> None:
        """Stop listening and end all connections, and tell hooks so. Tasks that wait are woken. Closing again does nothing.

        Events that wait to be taken may still be taken. It does not wait for hooks.
        """
        if self._closed:
            return
        self._told.resume()
        try:
            self._end()
            self._waiters.wake()
            with contextlib.suppress(asyncio.TimeoutError):
                async with asyncio.timeout(LAST_WORDS):
                    while self._tells and not self._all_told:
                        await self._waiters.wait()
        finally:
            self._all_told = True
            self._reactor.detach(self._number)
            self._waiters.wake()

    def _end(self) -> None:
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

    def _drop(self) -> None:
        try:
            self._end()
        finally:
            self._reactor.detach(self._number)


async def refuse(request: Request) -> None:
    """Handle requests where nobody does."""
    request.reject()


async def handle(request: Request, handler: Callable[[Request], Awaitable[object]]) -> None:
    """Await a handler, and put in order what it leaves behind."""
    try:
        await handler(request)
    except Exception:  # noqa: BLE001 it is the caller's, and logged
        _log.logger.exception("the handler of %s failed", request._words())
        await end_session(request)
    except BaseException:  # cancelled, for example; the task tells of it
        await end_session(request)
        raise
    finally:
        if not request.closed:
            request.reject()


async def end_session(request: Request) -> None:
    """End what became of a request. Does not wait."""
    if request._session is not None:
        await request._session.close()


async def serve(
    address: str, handler: Callable[[Request], Awaitable[object]], **options: Unpack[ServerOptions]
) -> None:
    """Listen on address and await handler for each request, in a task of its own. See Server.serve."""
    async with Server(address, **options) as server:
        await server.serve(handler)
