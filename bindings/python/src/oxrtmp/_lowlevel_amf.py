"""AMF0 step by step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import _native
from ._enums import Named

if TYPE_CHECKING:
    from typing_extensions import Buffer


class AMFType(Named):
    """What stands in AMF0 data. The numbers are its markers."""

    NUMBER = 0  #: number
    BOOLEAN = 1  #: number: 0 or 1
    STRING = 2  #: text, of any length
    OBJECT = 3  #: text: its class, or ""; properties follow, then OBJECT_END
    NULL = 5  #: nothing more
    UNDEFINED = 6  #: nothing more
    REFERENCE = 7  #: count: which of the objects and arrays of the data it stands for, from 0 on
    ECMA_ARRAY = 8  #: count: what it says of itself; properties follow, then OBJECT_END
    OBJECT_END = 9  #: ends the OBJECT or ECMA_ARRAY that began last
    STRICT_ARRAY = 10  #: count: how many values follow; nothing ends them
    DATE = 11  #: number: milliseconds since 1970-01-01 UTC; zone
    UNSUPPORTED = 13  #: nothing more
    XML = 15  #: text: an XML document
    AMF3 = 17  #: data: one value in AMF3, as it stands there


@dataclass(slots=True)
class AMFValue:
    """One step through AMF data: a value, or the beginning or end of one that has others inside."""

    type: AMFType  #: what stands there
    depth: int = 0  #: how many objects and arrays are around it; not looked at when building
    count: int = 0  #: of arrays and REFERENCE
    zone: int = 0  #: of DATE: minutes, normally 0
    number: float = 0  #: of NUMBER, BOOLEAN and DATE
    name: str | None = None  #: of a property, at most 65535 bytes; None where there is none
    text: str = ""  #: of STRING, XML and OBJECT
    data: bytes = b""  #: of AMF3


class AMFCursor(Iterator[AMFValue]):
    """A walk through AMF0 values that stand one after the other. oxrtmp.amf.decode makes Python's types of them at once.

    for value in lowlevel.AMFCursor(command.values):
        ...

    It ends with the data, also where the end of an object is missing. ProtocolError for what is no AMF, or is nested more
    than 64 deep.
    """

    def __init__(self, data: Buffer) -> None:
        self._data = memoryview(data)
        self._state = _native.amf_cursor()

    def __next__(self) -> AMFValue:
        found = _native.amf_next(self._data, self._state)
        if found is None:
            raise StopIteration
        return AMFValue(AMFType(found[0]), *found[1:])

    @property
    def offset(self) -> int:
        """Bytes that were read."""
        return _native.amf_offset(self._state)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


def amf_build(value: AMFValue) -> bytes:
    """One step in AMF0, so that AMFCursor reads the same.

    A name is for what is in an OBJECT or ECMA_ARRAY; to end those, and to have count values follow a STRICT_ARRAY, is
    your part. ProtocolError for a name or class of more than 65535 bytes.

    >>> from oxrtmp import lowlevel
    >>> lowlevel.amf_build(lowlevel.AMFValue(lowlevel.AMFType.STRING, text="a")).hex()
    '02000161'
    """
    v, name = value, None if value.name is None else _bytes(value.name)
    text = v.data if v.type == AMFType.AMF3 else _bytes(v.text)
    return _native.amf_build(v.type, v.count, v.zone, v.number, name, text, None)


def amf_build_into(value: AMFValue, buffer: Buffer) -> int:
    """amf_build to a buffer: how many bytes."""
    v, name = value, None if value.name is None else _bytes(value.name)
    text = v.data if v.type == AMFType.AMF3 else _bytes(v.text)
    return _native.amf_build(v.type, v.count, v.zone, v.number, name, text, buffer)
