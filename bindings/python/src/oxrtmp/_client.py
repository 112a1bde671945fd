"""Client for threads."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self, Unpack

from . import _native, amf
from ._base import CLOSED, end_of, error_of
from ._channel import CLIENT_CLOSED, CLIENT_END, CONNECTED, FAILED, WRITABLE, Channel, Kept, deadline_of
from ._errors import Error, Status, make_error
from ._native import Inbox
from ._options import ClientOptions, milliseconds, native_options
from ._receiving import Receiver
from ._sending import Sender
from ._stream import BaseClient


class Client(Receiver, Sender, BaseClient):
    """An outgoing connection that publishes a stream or plays one. Make one with Client.publish or Client.play.

    Sending queues a message, whole or not at all, and waits while the queue is full, `send_timeout` at most, which is
    TimeoutError. When the server has ended the stream or the connection broke it raises EndOfStreamError, RefusedError
    or ConnectionError. Timestamps are milliseconds, modulo 2**32, and should not go backwards; headers go before the
    first frame.

    A `for` loop over a client that plays ends when the stream does, however that happens: `error` tells. Any method may
    be called from any thread.
    """

    _connected = False
    _done: int | None = None  # the status of closing

    def __init__(self, *given: object, **options: object) -> None:
        raise TypeError("make a client with Client.publish(url) or Client.play(url)")

    @classmethod
    def _new(cls) -> Self:
        client = cls.__new__(cls)
        client._packets = Inbox()
        client._told = deque()
        client._waiting = deque()
        client._holding = threading.RLock()
        client._channel = Channel(client._packets)
        return client

    @classmethod
    def publish(
        cls,
        url: str,
        *,
        timeout: float | None = None,
        connection: socket.socket | None = None,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """Connect to url, rtmp://host[:port]/app/name, and return once the server has accepted the stream.

        That may take `timeout` seconds; None leaves it to the options' timeouts. Over a connection of yours, on which no
        byte has been exchanged, url only names the stream; the client takes the connection over.
        RefusedError with the server's words when it does not accept; TimeoutError, ConnectionError, ProtocolError.
        """
        return cls._open(url, timeout, connection, options, receives=False)

    @classmethod
    def play(
        cls,
        url: str,
        *,
        timeout: float | None = None,
        connection: socket.socket | None = None,
        **options: Unpack[ClientOptions],
    ) -> Self:
        """Connect to url, as publish does, and return once the server has said that the stream there will come.

        For a stream that nobody publishes some servers say that too.
        """
        return cls._open(url, timeout, connection, options, receives=True)

    def set_data_frame(self, handler: str, *values: amf.Value) -> None:
        """Send data that the server keeps under handler, such as "onA", for players that come later (@setDataFrame).

        Until it is set anew or cleared. onMetaData is such data too; see send_metadata.
        """
        body = amf.encode(*values)
        if self._waiting or not _native.client_set_data_frame(self._handle, handler, body):
            self._send_later(_native.client_set_data_frame, handler, body)

    def clear_data_frame(self, handler: str) -> None:
        """Make players that come later get nothing under handler, onMetaData among them (@clearDataFrame)."""
        if self._waiting or not _native.client_clear_data_frame(self._handle, handler):
            self._send_later(_native.client_clear_data_frame, handler)

    @classmethod
    def _open(
        cls, url: str, timeout: float | None, connection: socket.socket | None, options: Any, *, receives: bool
    ) -> Self:
        client = cls._new()
        client._receives = receives
        try:
            client._connect(url, timeout, connection, options)
        except BaseException:
            client.close()
            client._channel.close()
            raise
        return client

    @classmethod
    def _of(cls, handle: int, url: str, receives: bool, send_timeout: float | None) -> Self:
        """A client that the library has made already, of a hub."""
        client = cls._new()
        client._receives, client._url, client._send_timeout = receives, url, send_timeout
        client._handle, client._closed, client._connected = handle, False, True
        _native.client_set_queue(handle, client._channel.queue, 0)
        return client

    def _connect(self, url: str, timeout: float | None, connection: socket.socket | None, options: Any) -> None:
        plain, limits, timeouts = native_options(options)
        self._send_timeout = plain.pop("send_timeout", 10)
        plain["no_wait"] = True
        self._url = url
        if connection is not None:
            fd, limit = connection.fileno(), milliseconds(timeout)
            over = _native.client_play_fd if self._receives else _native.client_publish_fd
            self._handle = over(fd, url, plain, limits, timeouts, limit)
            self._closed = False
            connection.detach()
            _native.client_set_queue(self._handle, self._channel.queue, 0)
            return
        begin = _native.client_play_open if self._receives else _native.client_publish_open
        self._handle = begin(url, plain, limits, timeouts, self._channel.queue, 0)
        self._closed = False
        if not self._wait(lambda: self._connected or self._end is not None, deadline_of(timeout)):
            raise make_error(Status.TIMEOUT, f"not connected in {timeout} s", "", "", "")
        if not self._connected and self._end is not None:
            raise error_of(self._end)

    def _wait(self, ready: Callable[[], bool], deadline: float | None) -> bool:
        return self._channel.wait(ready, self._event, deadline)

    def _event(self, kind: int, payload: Any) -> Kept | None:
        if kind == CONNECTED:
            self._connected = True
        elif kind == WRITABLE:
            self._writable = True
        elif kind in (FAILED, CLIENT_END):
            self._end = self._end or end_of(payload)
        elif kind == CLIENT_CLOSED:
            self._done = payload[0]
        else:
            return self._kept(kind, payload)
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, tb: TracebackType | None) -> None:
        if kind is None:
            self.close()
            return
        with contextlib.suppress(Error):  # the exception that is on its way says more
            self.close()

    def _drop(self) -> None:
        super()._drop()
        self._channel.close()

    def fileno(self) -> int:
        """A descriptor that is readable while packets wait or something has happened to the client; see Session.fileno."""
        return self._channel.fileno()

    def close(self) -> None:
        """End the stream politely and hang up. Waits for queued data to leave, `linger` at most: else TimeoutError.

        Who waits is woken. Closing again does nothing.
        """
        if self._closed:
            return
        self._closed = True
        self._end = self._end or CLOSED
        try:
            self._remember()
            self._hold_back(False)
            _native.client_close_start(self._handle)
            self._channel.wake()
            self._wait(lambda: self._done is not None, None)
        except Error as error:
            if error.status != Status.FORKED:
                raise
        finally:
            with contextlib.suppress(Error):
                _native.client_close(self._handle)
            self._packets.clear()
            self._channel.close()
        if self._done and self._done != Status.CLOSED:
            raise make_error(self._done, "media: queued data was lost", "media", "", "")
