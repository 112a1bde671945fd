"""Messages inside aggregate messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from . import _native

if TYPE_CHECKING:
    from typing_extensions import Buffer


class Aggregated(NamedTuple):
    """A message inside an aggregate message."""

    type: int  #: message type: 8 audio, 9 video, 18 data
    timestamp_ms: int  #: modulo 2**32
    payload: bytes


def aggregate_parse(timestamp_ms: int, data: Buffer) -> list[Aggregated]:
    """The messages inside the payload of a message of type 22 that has this timestamp. ProtocolError where it is cut."""
    return [Aggregated(*found) for found in _native.aggregate_parse(timestamp_ms, data)]


def aggregate_build(messages: Iterable[Aggregated]) -> bytes:
    """The payload of a message of type 22, which has the timestamp of the first of them.

    >>> from oxrtmp import lowlevel
    >>> payload = lowlevel.aggregate_build([lowlevel.Aggregated(8, 0, b"audio"), lowlevel.Aggregated(9, 0, b"video")])
    >>> [m.payload for m in lowlevel.aggregate_parse(0, payload)]
    [b'audio', b'video']
    """
    return _native.aggregate_build([(m.type, m.timestamp_ms, bytes(m.payload)) for m in messages])
