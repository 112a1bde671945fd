"""Client for asyncio."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from . import _native
from ._base import BaseClient, end_of, error_of, metadata_call
from ._channel import CLIENT_CLOSED, CLIENT_END, CONNECTED, FAILED, WRITABLE
from ._errors import Error, Status, make_error
from ._native import Packet
from ._opening import Opening
from ._reactor import Reactor, Waiters
from ._types import ClientOptions, Metadata, native_options

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Client(BaseClient):
    """An outgoing connection that publishes a stream. Make one with Client.publish.

    Sending queues a message, whole or not at all, and waits while the queue is full, `send_timeout` at most, which is
    TimeoutError. When the server has ended the stream or the connection broke it raises EndOfStreamError, RefusedError
    or ConnectionError. Timestamps are milliseconds, modulo 2**32, and should not go backwards; headers go before the
    first frame.
    """

    _connected = False
    _writable = False
    _waiting = 0  # sends that wait for room, in their order; others have to queue up behind them
    _done: int | None = None  # the status of closing
    _send_timeout: float | None = 10

    def __init__(self) -> None:
        self._waiters = Waiters()
        self._sending = asyncio.Lock()  # held by the one who waits for room
        self._reactor, self._number = Reactor.attach(self)

    @classmethod
    def publish(
        cls, url: str, *, connection: socket.socket | None = None, **options: Unpack[ClientOptions]
    ) -> Opening[Self]:
        """Connect to url, rtmp://host[:port]/app/name; done once the server has accepted the stream.

        To be used as `async with Client.publish(url) as client`, or awaited. Over a connection of yours, on which no
        byte has been exchanged yet, url only names the stream; the client takes the connection over.
        RefusedError with the server's words when it does not accept; TimeoutError, ConnectionError, ProtocolError.
        """
        return Opening(cls._publish(url, connection, options))

    @classmethod
    async def _publish(cls, url: str, connection: socket.socket | None, options: Any) -> Self:
        client = cls()
        try:
            await client._connect(url, connection, options)
        except BaseException:
            client._release()
            raise
        return client

    async def _connect(self, url: str, connection: socket.socket | None, options: Any) -> None:
        plain, limits, timeouts = native_options(options)
        self._send_timeout = plain.pop("send_timeout", 10)
        plain["no_wait"] = True
        self._url = url
        if connection is not None:
            self._handle = await publish_over(connection, url, plain, limits, timeouts)
            self._closed = False
            _native.client_set_queue(self._handle, self._reactor.queue, self._number)
            return
        self._handle = _native.client_publish_open(url, plain, limits, timeouts, self._reactor.queue, self._number)
        self._closed = False
        while not self._connected:
            if self._end is not None:
                raise error_of(self._end)
            await self._waiters.wait()

    def _event(self, kind: int, payload: Any, size: int) -> None:
        if kind == CONNECTED:
            self._connected = True
        elif kind == WRITABLE:
            self._writable = True
        elif kind in (FAILED, CLIENT_END):
            self._end = self._end or end_of(payload)
        elif kind == CLIENT_CLOSED:
            self._done = payload[0]
            self._release()
        self._waiters.wake()

    def _release(self) -> None:
        """End the handle. Does not wait for a client that is not connected, or whose closing is done."""
        self._closed = True
        reactor, self._reactor = self._reactor, None  # type: ignore[assignment]
        if reactor is None:
            return
        closing.discard(self)
        try:
            if self._handle:
                with contextlib.suppress(Error):
                    _native.client_close(self._handle)
        finally:
            reactor.detach(self._number)

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

    async def send_video_sequence_header(self, avcc: Buffer) -> None:
        """The H.264 configuration: an AVCDecoderConfigurationRecord (avcC, ISO 14496-15)."""
        if self._waiting or not _native.client_send_video_sequence_header(self._handle, avcc):
            await self._send_later(_native.client_send_video_sequence_header, avcc)

    async def send_audio_sequence_header(self, asc: Buffer) -> None:
        """The AAC configuration: an AudioSpecificConfig (ISO 14496-3)."""
        if self._waiting or not _native.client_send_audio_sequence_header(self._handle, asc):
            await self._send_later(_native.client_send_audio_sequence_header, asc)

    async def send_video(self, timestamp_ms: int, keyframe: bool, nalus: Buffer) -> None:
        """One H.264 frame: NAL units, each after its length as avcC says. Presentation time = timestamp_ms."""
        if self._waiting or not _native.client_send_video(self._handle, timestamp_ms, keyframe, nalus):
            await self._send_later(_native.client_send_video, timestamp_ms, keyframe, nalus)

    async def send_video_at(self, timestamp_ms: int, composition_ms: int, keyframe: bool, nalus: Buffer) -> None:
        """send_video for streams with B-frames: timestamp_ms is the decoding time, presentation is composition_ms later."""
        if self._waiting or not _native.client_send_video_at(
            self._handle, timestamp_ms, composition_ms, keyframe, nalus
        ):
            await self._send_later(_native.client_send_video_at, timestamp_ms, composition_ms, keyframe, nalus)

    async def send_audio(self, timestamp_ms: int, aac: Buffer) -> None:
        """One AAC frame, without ADTS header."""
        if self._waiting or not _native.client_send_audio(self._handle, timestamp_ms, aac):
            await self._send_later(_native.client_send_audio, timestamp_ms, aac)

    async def send_metadata(self, metadata: Metadata | Mapping[str, Any]) -> None:
        """onMetaData: the fields of Metadata that are not 0, or the items of a mapping."""
        call, argument = metadata_call(metadata)
        if self._waiting or not call(self._handle, argument):
            await self._send_later(call, argument)

    async def send_data(self, timestamp_ms: int, body: Buffer) -> None:
        """A data message: AMF0 values, the first of them the handler's name."""
        if self._waiting or not _native.client_send_data(self._handle, timestamp_ms, body):
            await self._send_later(_native.client_send_data, timestamp_ms, body)

    async def send_packet(self, packet: Packet, *, timestamp_ms: int | None = None) -> None:
        """A packet that was received or read, or one you made; with another timestamp, if one is given.

        If it has raw, that is sent as it is; else its header is built from its fields.
        """
        timestamp = packet.timestamp_ms if timestamp_ms is None else timestamp_ms
        if self._waiting or not _native.client_send_packet(self._handle, packet, timestamp):
            await self._send_later(_native.client_send_packet, packet, timestamp)

    async def send_packets(self, packets: Iterable[Packet]) -> None:
        """Packets in order, as send_packet does each."""
        items = list(packets)
        start = 0
        while start < len(items):
            sent = 0 if self._waiting else _native.client_send_packets(self._handle, items, start)
            if not sent:
                await self._send_later(_native.client_send_packet, items[start], items[start].timestamp_ms)
                sent = 1
            start += sent

    async def _send_later(self, call: Callable[..., bool], *args: object) -> None:
        """Send when there is room."""
        self._waiting += 1
        try:
            async with asyncio.timeout(self._send_timeout), self._sending:
                while True:
                    self._writable = False
                    if call(self._handle, *args):
                        return
                    while not self._writable and self._end is None and not self._closed:
                        await self._waiters.wait()
        except TimeoutError as error:
            if isinstance(error, Error):
                raise
            detail = f"media: timeout: no room in {self._send_timeout} s"
            raise make_error(Status.TIMEOUT, detail, "media", "", "") from None
        finally:
            self._waiting -= 1

    async def flush(self) -> None:
        """Wait until everything queued is with the operating system."""
        while not _native.client_flush(self._handle, 0):
            await asyncio.to_thread(_native.client_flush, self._handle, 250)

    async def close(self) -> None:
        """End the stream politely and hang up. Waits for queued data to leave, `linger` at most: else TimeoutError.

        Tasks that wait are woken. Cancelling this does not stop the closing. Closing again waits for the first time.
        """
        began = not self._closed
        if began:
            self._closed = True
            with contextlib.suppress(Error):
                self._last = self.statistics()
            closing.add(self)
            try:
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


async def publish_over(
    connection: socket.socket, url: str, options: dict[str, Any], limits: dict[str, int], timeouts: dict[str, int]
) -> int:
    """A client's handle over a connection. The library waits here, on a thread, as long as its timeouts say."""
    fd = connection.dup().detach()

    def publish() -> int:
        try:
            return _native.client_publish_fd(fd, url, options, limits, timeouts, -1)
        except BaseException:
            socket.close(fd)
            raise

    coming = asyncio.get_running_loop().run_in_executor(None, publish)
    try:
        handle = await asyncio.shield(coming)
    except asyncio.CancelledError:
        coming.add_done_callback(close_unwanted)
        raise
    connection.close()
    return handle
