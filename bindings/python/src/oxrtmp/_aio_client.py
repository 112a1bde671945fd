"""Client for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, Unpack

from . import _native, amf
from ._aio_receiving import Receiver
from ._aio_sending import Sender
from ._base import CLOSED, end_of, error_of
from ._channel import CLIENT_CLOSED, CLIENT_END, CONNECTED, FAILED, PACKET, WRITABLE
from ._errors import Error, Status, make_error
from ._native import Inbox
from ._opening import Opening
from ._options import ClientOptions, native_options
from ._reactor import Reactor, Waiters
from ._stream import BaseClient


class Client(Receiver, Sender, BaseClient):
    """An outgoing connection that publishes a stream or plays one. Make one with Client.publish or Client.play.

    Sending queues a message, whole or not at all, and waits while the queue is full, `send_timeout` at most, which is
    TimeoutError. When the server has ended the stream or the connection broke it raises EndOfStreamError, RefusedError
    or ConnectionError. Timestamps are milliseconds, modulo 2**32, and should not go backwards; headers go before the
    first frame.

    An `async for` loop over a client that plays ends when the stream does, however that happens: `error` tells.
    """

    _connected = False
    _done: int | None = None  # the status of closing
    _released = False

    def __init__(self, *given: object, **options: object) -> None:
        raise TypeError("make a client with Client.publish(url) or Client.play(url)")

    @classmethod
    def _new(cls) -> Self:
        client = cls.__new__(cls)
        client._packets = Inbox()
        client._told = deque()
        client._waiters = Waiters()
        client._sending = asyncio.Lock()
        client._reactor, client._number = Reactor.attach(client, client._packets)
        return client

    @classmethod
    def publish(
        cls, url: str, *, connection: socket.socket | None = None, **options: Unpack[ClientOptions]
    ) -> Opening[Self]:
        """Connect to url, rtmp://host[:port]/app/name; done once the server has accepted the stream.

        To be used as `async with Client.publish(url) as client`, or awaited. Over a connection of yours, on which no
        byte has been exchanged yet, url only names the stream; the client takes the connection over.
        RefusedError with the server's words when it does not accept; TimeoutError, ConnectionError, ProtocolError.
        """
        return Opening(cls._open(url, connection, options, receives=False))

    @classmethod
    def play(
        cls, url: str, *, connection: socket.socket | None = None, **options: Unpack[ClientOptions]
    ) -> Opening[Self]:
        """Connect to url, as publish does; done once the server has said that the stream there will come.

        For a stream that nobody publishes some servers say that too.
        """
        return Opening(cls._open(url, connection, options, receives=True))

    async def set_data_frame(self, handler: str, *values: amf.Value) -> None:
        """Send data that the server keeps under handler, such as "onA", for players that come later (@setDataFrame).

        Until it is set anew or cleared. onMetaData is such data too; see send_metadata.
        """
        body = amf.encode(*values)
        if self._waiting or not _native.client_set_data_frame(self._handle, handler, body):
            await self._send_later(_native.client_set_data_frame, handler, body)

    async def clear_data_frame(self, handler: str) -> None:
        """Make players that come later get nothing under handler, onMetaData among them (@clearDataFrame)."""
        if self._waiting or not _native.client_clear_data_frame(self._handle, handler):
            await self._send_later(_native.client_clear_data_frame, handler)

    @classmethod
    async def _open(cls, url: str, connection: socket.socket | None, options: Any, *, receives: bool) -> Self:
        client = cls._new()
        client._receives = receives
        try:
            await client._connect(url, connection, options)
        except BaseException:
            client._release()
            raise
        return client

    @classmethod
    def _of(cls, handle: int, url: str, receives: bool, send_timeout: float | None) -> Self:
        """A client that the library has made already, of a hub."""
        client = cls._new()
        client._receives, client._url, client._send_timeout = receives, url, send_timeout
        client._handle, client._closed, client._connected = handle, False, True
        _native.client_set_queue(handle, client._reactor.queue, client._number)
        return client

    async def _connect(self, url: str, connection: socket.socket | None, options: Any) -> None:
        plain, limits, timeouts = native_options(options)
        self._send_timeout = plain.pop("send_timeout", 10)
        plain["no_wait"] = True
        self._url = url
        if connection is not None:
            over = _native.client_play_fd if self._receives else _native.client_publish_fd
            self._handle = await open_over(connection, over, url, plain, limits, timeouts)
            self._closed = False
            _native.client_set_queue(self._handle, self._reactor.queue, self._number)
            return
        begin = _native.client_play_open if self._receives else _native.client_publish_open
        self._handle = begin(url, plain, limits, timeouts, self._reactor.queue, self._number)
        self._closed = False
        while not self._connected:
            if self._end is not None:
                raise error_of(self._end)
            await self._waiters.wait()

    def _event(self, kind: int, payload: Any, size: int) -> None:
        if kind == PACKET:
            if not self._closed:
                self._came(payload, size)
        elif kind == CONNECTED:
            self._connected = True
        elif kind == WRITABLE:
            self._writable = True
        elif kind in (FAILED, CLIENT_END):
            self._end = self._end or end_of(payload)
        elif kind == CLIENT_CLOSED:
            self._done = payload[0]
            self._release()
        else:
            self._tell(kind, payload)
        self._waiters.wake()

    def _release(self) -> None:
        """End the handle. Does not wait for a client that is not connected, or whose closing is done."""
        self._closed = True
        self._packets.clear()
        if self._released:
            return
        self._released = True
        closing.discard(self)
        try:
            if self._handle:
                with contextlib.suppress(Error):
                    _native.client_close(self._handle)
        finally:
            self._reactor.detach(self._number)

    def _drop(self) -> None:
        self._release()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None
    ) -> None:
        if kind is None:
            await self.close()
            return
        with contextlib.suppress(Error):  # the exception that is on its way says more
            await self.close()

    async def close(self) -> None:
        """End the stream politely and hang up. Waits for queued data to leave, `linger` at most: else TimeoutError.

        Tasks that wait are woken. Cancelling this does not stop the closing. Closing again waits for the first time.
        """
        began = not self._closed
        if began:
            self._closed = True
            self._end = self._end or CLOSED
            self._remember()
            closing.add(self)
            try:
                if self._paused:
                    self._pause(False)
                _native.client_close_start(self._handle)
            except Error as error:
                self._release()
                if error.status != Status.FORKED:
                    raise
            self._waiters.wake()
        while self in closing:  # begun by this call, or by another one
            await self._waiters.wait()
        if began and self._done not in (None, Status.OK, Status.CLOSED):
            raise make_error(self._done or 0, "media: queued data was lost", "media", "", "")


closing: set[Client] = set()  # clients that deliver what is queued, kept until that is done


def close_unwanted(done: asyncio.Future[int]) -> None:
    """Close a client that came after nobody waited for it any more."""
    if not done.cancelled() and done.exception() is None:
        _native.client_close(done.result())


async def open_over(
    connection: socket.socket,
    over: Callable[[int, str, dict[str, Any], dict[str, int], dict[str, int], int], int],
    url: str,
    options: dict[str, Any],
    limits: dict[str, int],
    timeouts: dict[str, int],
) -> int:
    """A client's handle over a connection. The library waits here, on a thread, as long as its timeouts say."""
    fd = connection.dup().detach()

    def open() -> int:
        try:
            return over(fd, url, options, limits, timeouts, -1)
        except BaseException:
            socket.close(fd)
            raise

    coming = asyncio.get_running_loop().run_in_executor(None, open)
    try:
        handle = await asyncio.shield(coming)
    except asyncio.CancelledError:
        coming.add_done_callback(close_unwanted)
        raise
    connection.close()
    return handle
