"""Shared objects: messages about properties that the clients of an application share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from . import _native, amf
from ._base import values_in
from ._enums import Named

if TYPE_CHECKING:
    from typing_extensions import Buffer


class SharedEventKind(Named):
    """What an event of a shared object says, and who says it."""

    USE = 1  #: client: wants to use the object
    RELEASE = 2  #: client: does not want to any more
    REQUEST_CHANGE = 3  #: client: the one of `slots` should have a value
    CHANGE = 4  #: server: `slots` have new values
    SUCCESS = 5  #: server: what was requested of the slot `name` is done
    SEND_MESSAGE = 6  #: both: calls everybody's handler `name` with `arguments`
    STATUS = 7  #: server: what was requested failed: `name` is a code, and `level`
    CLEAR = 8  #: server: forget all slots
    REMOVE = 9  #: server: the slot `name` is gone
    REQUEST_REMOVE = 10  #: client: wants the slot `name` gone
    USE_SUCCESS = 11  #: server: the object may be used


@dataclass
class SharedEvent:
    """One event of a shared object. What its kind has no use for stays None."""

    kind: int  #: a SharedEventKind, or another number
    name: str | None = None  #: a slot, a handler, or a code
    level: str | None = None  #: of STATUS: such as "error"
    slots: dict[str, Any] | None = None  #: of CHANGE and REQUEST_CHANGE: names and values
    arguments: list[Any] | None = None  #: of SEND_MESSAGE
    data: bytes | None = None  #: of a kind that is not known, as it came


@dataclass
class SharedObject:
    """A shared object message: what happens to an object. Who shares what is the application's to know.

    >>> says = oxrtmp.SharedEvent(oxrtmp.SharedEventKind.SEND_MESSAGE, name="say", arguments=["hi"])
    >>> oxrtmp.SharedObject.parse(19, oxrtmp.SharedObject("chat", [says]).build()).events[0].arguments
    ['hi']
    """

    name: str  #: the name that its users know it by
    events: list[SharedEvent] = field(default_factory=list[SharedEvent])  #: what happens to it, in order
    version: int = 0  #: the version of its contents, as the server counts
    flags: int = 0  #: 2: it outlives its users

    def _values(self) -> bytes:
        events = [{name: value for name, value in vars(e).items() if value is not None} for e in self.events]
        return amf.encode(self.name, self.version, self.flags, *events)

    @classmethod
    def _of(cls, values: bytes) -> Self:
        name, version, flags, *events = values_in(values)
        found = [SharedEvent(kind=int(e.pop("kind")), **e) for e in events]
        return cls(name, found, int(version), int(flags))

    @classmethod
    def parse(cls, type: int, data: Buffer) -> Self:
        """The payload of a message of type 19 or 16. ProtocolError when it ends inside an event, or has more than 256."""
        return cls._of(_native.shared_object_parse(type, data))

    def build(self) -> bytes:
        """The payload of a message of type 19."""
        return _native.shared_object_build(self._values())
