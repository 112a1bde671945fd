"""Chunks: messages from bytes, and bytes from messages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _native
from ._options import Limits
from ._owned import Managed, Owned

if TYPE_CHECKING:
    from typing_extensions import Buffer


@dataclass(slots=True)
class Message:
    """A message, and what its chunks say of it."""

    chunk_stream_id: int  #: 2 to 65599
    timestamp_ms: int  #: milliseconds modulo 2**32
    stream_id: int  #: message stream, 0 for the connection's own messages
    type: int  #: message type, 0 to 255: 8 audio, 9 video, 20 command, ...
    payload: bytes | memoryview = b""  #: memoryview: of the buffer that it was written to


class ChunkDecoder(Owned, Managed):
    """Reads the chunks of one direction, at a chunk size of 128. Of limits three hold: message_bytes, partial_bytes, chunk_streams."""

    def __init__(self, limits: Limits | None = None) -> None:
        self._own(_native.chunk_decoder_create((limits or Limits())._native()), _native.chunk_decoder_close)

    def feed(self, data: Buffer) -> int:
        """Give it bytes that follow those before, up to the end of the next message. How many it took.

        None while a message waits to be taken. ProtocolError, OutOfMemoryError, at every later call too.
        """
        return _native.chunk_decoder_feed(self._handle, data)

    def next(self) -> Message | None:
        """Take the message that has come to its end; None when more bytes are needed."""
        found = _native.chunk_decoder_next(self._handle, None)
        return None if found is None else Message(*found)

    def next_into(self, buffer: Buffer) -> Message | None:
        """Take it with its payload written to a buffer, of which the message has a view."""
        found = _native.chunk_decoder_next(self._handle, buffer)
        return None if found is None else Message(*found[:4], memoryview(buffer).cast("B")[: found[4]])

    def set_chunk_size(self, size: int) -> None:
        """The peer's chunks have up to size bytes of payload from the next one on: what a Set Chunk Size message asks for.

        Bit 31 is ignored, 0 changes nothing.
        """
        _native.chunk_decoder_set_chunk_size(self._handle, size)

    def abort(self, chunk_stream_id: int) -> None:
        """Drop the incomplete message of a chunk stream, if there is one: what an Abort message asks for."""
        _native.chunk_decoder_abort(self._handle, chunk_stream_id)


class ChunkEncoder(Owned, Managed):
    """Writes the chunks of one direction, at a chunk size of 128, with headers as short as the messages before permit."""

    def __init__(self) -> None:
        self._own(_native.chunk_encoder_create(), _native.chunk_encoder_close)

    def write(self, message: Message) -> bytes:
        """The chunks of a message. ArgumentError when an id, the type or the size is out of range."""
        m = message
        return _native.chunk_encoder_write(
            self._handle, m.chunk_stream_id, m.timestamp_ms, m.stream_id, m.type, m.payload, None
        )

    def write_into(self, message: Message, buffer: Buffer) -> int:
        """Write them to a buffer: how many bytes."""
        m = message
        return _native.chunk_encoder_write(
            self._handle, m.chunk_stream_id, m.timestamp_ms, m.stream_id, m.type, m.payload, buffer
        )

    def set_chunk_size(self, size: int) -> None:
        """Chunks have up to size bytes of payload from the next message on, 1 to 0x7FFFFFFF.

        You tell the peer before, by a Set Chunk Size message.
        """
        _native.chunk_encoder_set_chunk_size(self._handle, size)

    def set_full_headers(self, on: bool = True) -> None:
        """Begin every message with a complete header from now on, which refers to nothing before it, or no longer do so."""
        _native.chunk_encoder_set_full_headers(self._handle, int(on))

    def forget(self, chunk_stream_id: int) -> None:
        """Make the next message of a chunk stream begin with a complete header, after one that was written but not sent."""
        _native.chunk_encoder_forget(self._handle, chunk_stream_id)


def timestamp_before(a: int, b: int) -> bool:
    """Whether timestamp a comes before b, where both wrap around: whether b is less than 2**31 ms ahead of a.

    >>> from oxrtmp import lowlevel
    >>> lowlevel.timestamp_before(2**32 - 1, 5)
    True
    """
    return _native.timestamp_before(a, b)
