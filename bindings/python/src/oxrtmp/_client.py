"""Client for threads."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterable, Mapping
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack

from . import _native
from ._base import BaseClient, end_of, error_of, metadata_call
from ._channel import CLIENT_CLOSED, CLIENT_END, CONNECTED, FAILED, WRITABLE, Channel, deadline_of
from ._errors import Error, Status, make_error
from ._native import Packet
from ._types import ClientOptions, Metadata, milliseconds, native_options

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Client(BaseClient):
    """An outgoing connection that publishes a stream. Make one with Client.publish.

    Sending queues a message, whole or not at all, and waits while the queue is full, `send_timeout` at most, which is
    TimeoutError. When the server has ended the stream or the connection broke it raises EndOfStreamError, RefusedError
    or ConnectionError. Timestamps are milliseconds, modulo 2**32, and should not go backwards; headers go before the
    first frame. Any method may be called from any thread.
    """

    _connected = False
    _writable = False
    _waiting = 0  # sends that wait for room, in their order; others have to queue up behind them
    _done: int | None = None  # the status of closing

    def __init__(self) -> None:
        self._sending = threading.RLock()  # held by the one who waits for room
        self._channel = Channel()
        self._send_timeout: float | None = 10

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
        client = cls()
        try:
            client._connect(url, timeout, connection, options)
        except BaseException:
            client.close()
            client._channel.close()
            raise
        return client

    def _connect(self, url: str, timeout: float | None, connection: socket.socket | None, options: Any) -> None:
        plain, limits, timeouts = native_options(options)
        self._send_timeout = plain.pop("send_timeout", 10)
        plain["no_wait"] = True
        self._url = url
        if connection is not None:
            fd, limit = connection.fileno(), milliseconds(timeout)
            self._handle = _native.client_publish_fd(fd, url, plain, limits, timeouts, limit)
            self._closed = False
            connection.detach()
            _native.client_set_queue(self._handle, self._channel.queue, 0)
            return
        self._handle = _native.client_publish_open(url, plain, limits, timeouts, self._channel.queue, 0)
        self._closed = False
        if not self._wait(lambda: self._connected or self._end is not None, deadline_of(timeout)):
            raise make_error(Status.TIMEOUT, f"not connected in {timeout} s", "", "", "")
        if not self._connected and self._end is not None:
            raise error_of(self._end)

    def _wait(self, ready: Callable[[], bool], deadline: float | None) -> bool:
        return self._channel.wait(ready, self._event, deadline)

    def _event(self, kind: int, payload: Any) -> None:
        if kind == CONNECTED:
            self._connected = True
        elif kind == WRITABLE:
            self._writable = True
        elif kind in (FAILED, CLIENT_END):
            self._end = self._end or end_of(payload)
        elif kind == CLIENT_CLOSED:
            self._done = payload[0]

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

    def send_video_sequence_header(self, avcc: Buffer) -> None:
        """The H.264 configuration: an AVCDecoderConfigurationRecord (avcC, ISO 14496-15)."""
        if self._waiting or not _native.client_send_video_sequence_header(self._handle, avcc):
            self._send_later(_native.client_send_video_sequence_header, avcc)

    def send_audio_sequence_header(self, asc: Buffer) -> None:
        """The AAC configuration: an AudioSpecificConfig (ISO 14496-3)."""
        if self._waiting or not _native.client_send_audio_sequence_header(self._handle, asc):
            self._send_later(_native.client_send_audio_sequence_header, asc)

    def send_video(self, timestamp_ms: int, keyframe: bool, nalus: Buffer) -> None:
        """One H.264 frame: NAL units, each after its length as avcC says. Presentation time = timestamp_ms."""
        if self._waiting or not _native.client_send_video(self._handle, timestamp_ms, keyframe, nalus):
            self._send_later(_native.client_send_video, timestamp_ms, keyframe, nalus)

    def send_video_at(self, timestamp_ms: int, composition_ms: int, keyframe: bool, nalus: Buffer) -> None:
        """send_video for streams with B-frames: timestamp_ms is the decoding time, presentation is composition_ms later."""
        if self._waiting or not _native.client_send_video_at(
            self._handle, timestamp_ms, composition_ms, keyframe, nalus
        ):
            self._send_later(_native.client_send_video_at, timestamp_ms, composition_ms, keyframe, nalus)

    def send_audio(self, timestamp_ms: int, aac: Buffer) -> None:
        """One AAC frame, without ADTS header."""
        if self._waiting or not _native.client_send_audio(self._handle, timestamp_ms, aac):
            self._send_later(_native.client_send_audio, timestamp_ms, aac)

    def send_metadata(self, metadata: Metadata | Mapping[str, Any]) -> None:
        """onMetaData: the fields of Metadata that are not 0, or the items of a mapping."""
        call, argument = metadata_call(metadata)
        if self._waiting or not call(self._handle, argument):
            self._send_later(call, argument)

    def send_data(self, timestamp_ms: int, body: Buffer) -> None:
        """A data message: AMF0 values, the first of them the handler's name."""
        if self._waiting or not _native.client_send_data(self._handle, timestamp_ms, body):
            self._send_later(_native.client_send_data, timestamp_ms, body)

    def send_packet(self, packet: Packet, *, timestamp_ms: int | None = None) -> None:
        """A packet that was received or read, or one you made; with another timestamp, if one is given.

        If it has raw, that is sent as it is; else its header is built from its fields.
        """
        timestamp = packet.timestamp_ms if timestamp_ms is None else timestamp_ms
        if self._waiting or not _native.client_send_packet(self._handle, packet, timestamp):
            self._send_later(_native.client_send_packet, packet, timestamp)

    def send_packets(self, packets: Iterable[Packet]) -> None:
        """Packets in order, as send_packet does each."""
        items = list(packets)
        start = 0
        while start < len(items):
            sent = 0 if self._waiting else _native.client_send_packets(self._handle, items, start)
            if not sent:
                self._send_later(_native.client_send_packet, items[start], items[start].timestamp_ms)
                sent = 1
            start += sent

    def _send_later(self, call: Callable[..., bool], *args: object) -> None:
        """Send when there is room."""
        deadline = deadline_of(self._send_timeout)
        self._waiting += 1
        try:
            left = -1.0 if deadline is None else max(0.0, deadline - monotonic())
            if not self._sending.acquire(timeout=left):
                raise self._no_room()
            try:
                while True:
                    self._writable = False
                    if call(self._handle, *args):
                        return
                    if not self._wait(lambda: self._writable or self._end is not None, deadline) and not self._closed:
                        raise self._no_room()
            finally:
                self._sending.release()
        finally:
            self._waiting -= 1

    def _no_room(self) -> Error:
        return make_error(Status.TIMEOUT, f"media: timeout: no room in {self._send_timeout} s", "media", "", "")

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything queued is with the operating system. False when the time is over before."""
        deadline = deadline_of(timeout)
        while True:  # in pieces, so that Ctrl-C is noticed
            left = 0.1 if deadline is None else min(0.1, deadline - monotonic())
            if _native.client_flush(self._handle, milliseconds(max(0, left))):
                return True
            if left < 0.1:
                return False

    def fileno(self) -> int:
        """A descriptor that is readable while something has happened to the client."""
        return self._channel.fileno()

    def close(self) -> None:
        """End the stream politely and hang up. Waits for queued data to leave, `linger` at most: else TimeoutError.

        Who waits is woken. Closing again does nothing.
        """
        if self._closed:
            return
        self._closed = True
        try:
            with contextlib.suppress(Error):
                self._last = self.statistics()
            _native.client_close_start(self._handle)
            self._wait(lambda: self._done is not None, None)
        except Error as error:
            if error.status != Status.FORKED:
                raise
        finally:
            with contextlib.suppress(Error):
                _native.client_close(self._handle)
            self._channel.close()
        if self._done and self._done != Status.CLOSED:
            raise make_error(self._done, "media: queued data was lost", "media", "", "")
