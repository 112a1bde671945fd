"""Server, Request and Session for threads."""

from __future__ import annotations

import inspect
import threading
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, Unpack

from . import _native
from ._base import CLOSED, BaseRequest, End, end_of, error_of
from ._channel import REQUEST, SERVER, SERVER_CLOSED, STREAM_END, WRITABLE, Channel, Kept, deadline_of, first_of
from ._enums import LoginScheme
from ._errors import Error, Status, make_error
from ._hooks import Hooks
from ._log import logger
from ._native import Inbox
from ._options import ServerOptions, milliseconds
from ._owned import Managed
from ._receiving import Receiver
from ._sending import Sender
from ._server_event import ServerEvent, server_event_of
from ._stream import BaseSession
from ._telling import LAST_WORDS, TellingServer


class Session(Receiver, Sender, BaseSession, Managed):
    """An accepted stream: packets come out of one that a peer publishes, and go into one that a peer plays.

    A `for` loop over it ends when the stream does, however that happens: `end_reason` and `error` tell. Sending to a
    player is as sending from a client, and waits as the server's options say; what the player has paused or does not
    want counts as sent; when it has left EndOfStreamError is raised. Any method may be called from any thread.
    """

    def __init__(
        self,
        request: Request,
        handle: int,
        end: End | None,
        inbox: Inbox,
        channel: Channel,
        send_timeout: float | None,
    ) -> None:
        super().__init__(request, handle, end)
        self._packets = inbox
        self._told = deque()
        self._waiting = deque()
        self._holding = threading.RLock()
        self._send_timeout = send_timeout
        self._channel = channel
        if self._closed:
            channel.close()

    def _event(self, kind: int, payload: Any) -> Kept | None:
        if kind == STREAM_END:
            self._end = self._end or end_of(payload)
        elif kind == WRITABLE:
            self._writable = True
        else:
            return self._kept(kind, payload)
        return None

    def fileno(self) -> int:
        """A descriptor that is readable while packets or events wait, for select, poll, trio, ...

        Then take with timeout=0 until TimeoutError: what was taken over from the library no longer shows there.
        """
        return self._channel.fileno()

    def close(self, description: str | None = None, *, code: str | None = None) -> None:
        """End the stream and its connection. With words, the peer is told: code is "NetStream.Publish.Rejected" if not given.

        Who waits is woken. Packets that were taken stay valid; those sent to a player are delivered within the server's
        `linger`, for which this does not wait. Closing again does nothing.
        """
        if self._close(description, code):
            self._packets.clear()
            self._channel.close()

    def _drop(self) -> None:
        self.close()


class Request(BaseRequest):
    """A peer's wish to publish or play. It waits for accept or reject, from any thread, for 10 seconds by default."""

    _session: Session | None = None
    _offered = False  # whether it waits to be taken, or was

    def __init__(self, handle: int, send_timeout: float | None) -> None:
        super().__init__(handle)
        self._send_timeout = send_timeout

    def __del__(self) -> None:
        if self._offered:
            super().__del__()

    def accept(self) -> Session:
        """Grant it. The session is to be closed: use it in a `with` statement.

        If the peer has gone meanwhile, the session has ended already. For a request that is not about a stream (see
        ServerOptions.ask_connection) the session is a closed one.
        """
        inbox = Inbox()
        channel = Channel(inbox)
        try:
            handle, end = self._grant(channel.queue, 0)
        except BaseException:
            channel.close()
            raise
        self._session = Session(self, handle, end, inbox, channel, self._send_timeout)
        return self._session

    def reject(self, description: str | None = None, *, code: str | None = None) -> None:
        """Refuse it: the peer is told, and a publisher disconnected; a player may ask for another stream instead.

        The code is "NetStream.Publish.BadName" or "NetStream.Play.StreamNotFound" if not given. Encoders give up at once on the codes BadName, Denied and Rejected.
        """
        self._refuse(description, code)

    def redirect(self, url: str, description: str | None = None) -> None:
        """Refuse it, and tell the peer where to go instead: a tcUrl, "rtmp://host[:port]/app".

        Clients that do not follow (see ClientOptions.follow_redirects) take it for a refusal.
        """
        self._redirect(url, description)

    def login(self, scheme: LoginScheme, password: str | None) -> bool:
        """Answer a connect request by what it says about a login of `user`, whose password is given: None for nobody.

        If the login is complete and right it is granted. Otherwise the peer is refused, with the demand to log in or the
        challenge, which encoders answer by connecting again, or the word that the login failed. Whether it was granted.
        """
        return self._login(scheme, password)


class Server(TellingServer, Managed):
    """Listens on an address ("host:port", ":1935" for every interface) and lets publishers in, and players if asked to.

        with oxrtmp.Server("127.0.0.1:1935") as server:
            for request in server:
                with request.accept() as session:
                    for packet in session:
                        ...

    Without an address it listens nowhere yet. Any method may be called from any thread. Hooks are called while requests are
    waited for, by `for`, accept or serve.
    """

    _shut: int = Status.OK  # what a shutdown ended with
    _number = 0

    def __init__(
        self, address: str | None = None, *, hooks: Hooks | None = None, **options: Unpack[ServerOptions]
    ) -> None:
        self._requests: deque[Request] = deque()
        self._line: deque[Request | ServerEvent] = deque()  # for hooks
        self._telling = threading.RLock()
        self._ended: End | None = None
        self._channel = Channel()
        self._queue = self._channel.queue
        try:
            self._open(address, self._prepare(options, hooks), self._queue, 0)
        except BaseException:
            self._channel.close()
            raise

    def __iter__(self) -> Iterator[Request]:
        """Requests as they come, until the server is closed."""
        while True:
            try:
                yield self.accept()
            except Error as error:
                if error.status != Status.CLOSED:
                    raise
                return

    def accept(self, timeout: float | None = None) -> Request:
        """The next request. Waits for it as long as timeout says, in seconds: 0 looks, None waits for ever.

        TimeoutError when the time is over, ClosedError when the server is closed.

        >>> with oxrtmp.Server("127.0.0.1:0") as server:
        ...     try:
        ...         server.accept(timeout=0)
        ...     except TimeoutError:
        ...         print("nobody")
        nobody
        """
        deadline = deadline_of(timeout)
        while True:
            self._call_hooks()
            try:
                return first_of(self._requests)
            except IndexError:
                if self._ended is not None:
                    raise error_of(self._ended) from None
            if not self._channel.wait(self._ready, self._event, deadline) and not self._closed:
                raise make_error(Status.TIMEOUT, f"no request in {timeout} s", "", "", "")

    def _ready(self) -> bool:
        return bool(self._requests) or bool(self._line) or self._ended is not None

    def _event(self, kind: int, payload: Any) -> Kept | None:
        if kind == REQUEST:
            try:
                request = Request(payload, self._send_timeout)
            except Error:  # gone before it was looked at
                return None
            return self._requests if self._hooks is None else self._line, request, self._settled
        if kind == SERVER:
            event = server_event_of(payload)
            return self._told.events if self._hooks is None else self._line, event, self._settled
        if kind == SERVER_CLOSED:
            self._shut = payload[0]
            self._all_told = True
            self._ended = CLOSED
        return None

    def _settled(self, about: Request | ServerEvent, done: bool) -> None:
        """It is where it belongs, unless its event was delivered twice: then another one is."""
        if isinstance(about, Request):
            about._offered = done
        elif not done:
            if about._question is not None:
                about._question.forget()
        elif not self._told.came(about):  # hooks have to be told of it
            self._told.count(about)

    def _call_hooks(self) -> None:
        """Call the hooks for what has happened, in order, one thread at a time."""
        if not self._line:
            return
        with self._telling:
            while self._line:
                try:
                    about = first_of(self._line)
                except IndexError:  # taken by a hook that waits for requests itself
                    return
                if isinstance(about, Request) and self._closed:
                    about._drop()
                    continue
                name, hook = self._hook_of(about)
                kept: object = None
                if hook is not None:
                    try:
                        kept = call(hook, about)
                    except Exception as error:  # noqa: BLE001 it is the caller's, and logged
                        self._failed(name, about, error)
                request = self._after(about, kept)
                if isinstance(request, Request):
                    self._requests.append(request)
                if self._requests or self._told.events:  # another thread may wait for that
                    self._channel.wake()

    def next_event(self, timeout: float | None = None) -> ServerEvent:
        """The next of the events that the option `events` asks for. Waits as long as timeout says, as accept does.

        The message of a MEDIA_TAG that waits goes on by `keep`, or when the event is forgotten. TimeoutError when the time
        is over; ClosedError when the server is closed and every event was taken.
        """
        deadline = deadline_of(timeout)
        while True:
            self._call_hooks()
            try:
                return self._told.take()
            except IndexError:
                if self._ended is not None and self._is_over():
                    raise error_of(self._ended) from None
            if not self._channel.wait(self._happened, self._event, deadline) and not self._closed:
                raise make_error(Status.TIMEOUT, f"no event in {timeout} s", "", "", "")

    def _happened(self) -> bool:
        return bool(self._told.events) or bool(self._line) or self._is_over()

    def events(self) -> Iterator[ServerEvent]:
        """What next_event gives, until the server is closed. What was not dropped goes on when the next one is wanted."""
        while True:
            try:
                event = self.next_event()
            except Error as error:
                if error.status != Status.CLOSED:
                    raise
                return
            yield event
            event.keep()

    def fileno(self) -> int:
        """A descriptor that is readable while requests wait; see Session.fileno.

        >>> import select
        >>> with oxrtmp.Server("127.0.0.1:0") as server:
        ...     select.select([server], [], [], 0)
        ([], [], [])
        """
        return self._channel.fileno()

    def serve(self, handler: Callable[[Request], object] | None = None) -> None:
        """Call handler for each request, on a thread of its own, until the server is closed, and wait for the threads.

        A request that the handler has not answered is rejected, and so are those that come without a handler, or for which
        there can be no more threads; hooks are called meanwhile. An exception in a handler is logged, and ends the session
        of that request only. The server is closed when this is left, by Ctrl-C for example.
        """
        handler = handler or (lambda request: request.reject())
        threads: set[threading.Thread] = set()

        def run(request: Request) -> None:
            try:
                handle(request, handler)
            finally:
                threads.discard(threading.current_thread())

        try:
            for request in self:
                thread = threading.Thread(target=run, args=(request,), name=f"oxrtmp {request._words()}", daemon=True)
                threads.add(thread)
                try:
                    thread.start()
                except RuntimeError:  # there can be no more of them
                    threads.discard(thread)
                    logger.exception("no thread for %s", request._words())
                    request.reject()
        finally:
            self.close()
            for thread in list(threads):
                if thread.ident is not None:  # it was started
                    thread.join()

    def shutdown(self, timeout: float | None = None) -> bool:
        """Stop listening, let the sessions that run go on for so many seconds (None: until they end), then close.

        Whether all sessions had ended. Events hold nothing up meanwhile: of those that nobody takes the oldest are dropped.
        """
        if self._closed:
            return True
        left = milliseconds(timeout)
        self._told.hurry()
        _native.server_shutdown_start(self._handle, left)
        while self._ended is None:
            self._channel.wait(lambda: bool(self._line) or self._ended is not None, self._event, None)
            self._call_hooks()
        self.close()
        return self._shut == Status.OK

    def close(self) -> None:
        """Stop listening and end all connections, and tell hooks so. Who waits is woken. Closing again does nothing.

        Events that wait to be taken may still be taken.
        """
        if self._closed:
            return
        self._told.hurry()
        try:
            self._end()
            if self._tells:
                self._channel.wait(lambda: self._all_told, self._event, deadline_of(LAST_WORDS))
        finally:
            self._all_told = True
            self._channel.close()
            self._call_hooks()

    def _drop(self) -> None:
        self._all_told = True
        try:
            self._end()
        finally:
            self._channel.close()

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


def call(function: Callable[[Any], object], about: Any) -> object:
    """What a hook or handler returns: no awaitable, which would never be awaited."""
    result = function(about)
    if inspect.isawaitable(result):
        raise TypeError("coroutine functions are for oxrtmp.aio: oxrtmp.Server calls plain functions")
    return result


def handle(request: Request, handler: Callable[[Request], object]) -> None:
    """Call a handler, and put in order what it leaves behind."""
    try:
        call(handler, request)
    except Exception:  # noqa: BLE001 it is the caller's, and logged
        logger.exception("the handler of %s failed", request._words())
        end_session(request)
    except BaseException:  # threading tells of it, SystemExit apart
        end_session(request)
        raise
    finally:
        if not request.closed:
            request.reject()


def end_session(request: Request) -> None:
    """End what became of a request."""
    if request._session is not None:
        request._session.close()


def serve(address: str, handler: Callable[[Request], object], **options: Unpack[ServerOptions]) -> None:
    """Listen on address and call handler for each request, on a thread of its own, until Ctrl-C. See Server.serve."""
    with Server(address, **options) as server:
        server.serve(handler)
