"""Control and command messages: their payloads as fields, and back."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from typing import TYPE_CHECKING

from . import _native

if TYPE_CHECKING:
    from typing_extensions import Buffer


@dataclass(slots=True)
class Control:
    """A protocol control or user control message."""

    #: message type: 1 Set Chunk Size, 2 Abort, 3 Acknowledgement, 4 User Control, 5 Window Acknowledgement Size, 6 Set Peer
    #: Bandwidth
    type: int
    value: int = 0  #: 1: the size; 2: the chunk stream; 3: bytes received, modulo 2**32; 5 and 6: the window
    limit_type: int = 0  #: 6: 0 hard, 1 soft, 2 dynamic
    #: 4: 0 StreamBegin, 1 StreamEOF, 2 StreamDry, 3 SetBufferLength, 4 StreamIsRecorded, 6 PingRequest, 7 PingResponse, 31
    #: BufferEmpty, 32 BufferReady, or another
    event: int = 0
    stream_id: int = 0  #: 4: the message stream, of all those named but pings
    timestamp_ms: int = 0  #: 4: of pings
    buffer_ms: int = 0  #: 4: of SetBufferLength
    data: bytes = b""  #: 4: what follows the number of another event


def control_parse(type: int, data: Buffer) -> Control:
    """Read the payload of a message of type 1 to 6. Bytes past its fields are passed over.

    ProtocolError when it is too short, ArgumentError for other types.

    >>> from oxrtmp import lowlevel
    >>> lowlevel.control_parse(1, bytes.fromhex("00010000")).value
    65536
    """
    return Control(*_native.control_parse(type, data))


def control_build(control: Control) -> bytes:
    """The payload of a control message. ArgumentError when the type, the event or the limit type is none.

    >>> from oxrtmp import lowlevel
    >>> lowlevel.control_build(lowlevel.Control(1, value=65536)).hex()
    '00010000'
    """
    return _native.control_build(astuple(control), None)


def control_build_into(control: Control, buffer: Buffer) -> int:
    """control_build to a buffer: how many bytes."""
    return _native.control_build(astuple(control), buffer)


@dataclass(slots=True)
class Command:
    """A command message."""

    name: str  #: "connect", "_result", ...
    transaction_id: float = 0  #: ties an answer to its command; 0 wants none
    values: bytes = b""  #: AMF0: the command object and the arguments; see oxrtmp.amf.decode and AMFCursor


def command_parse(type: int, data: Buffer) -> Command:
    """Read the payload of a message of type 20, or 17 with AMF0 in it. A transaction id that is none is 0.

    ProtocolError when it begins with no name, or is in AMF3; ArgumentError for other types.
    """
    return Command(*_native.command_parse(type, data))


def command_build(command: Command) -> bytes:
    """The payload of a message of type 20.

    >>> from oxrtmp import lowlevel
    >>> payload = lowlevel.command_build(lowlevel.Command("ping", 1))
    >>> lowlevel.command_parse(20, payload).name
    'ping'
    """
    return _native.command_build(_name(command), command.transaction_id, command.values, None)


def command_build_into(command: Command, buffer: Buffer) -> int:
    """command_build to a buffer: how many bytes."""
    return _native.command_build(_name(command), command.transaction_id, command.values, buffer)


def _name(command: Command) -> bytes:
    return command.name.encode("utf-8", "surrogateescape")
